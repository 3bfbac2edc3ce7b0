"""Provenance: why a file, a line or a commit is as it is, by the reasoning tied to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from git_mnemo import anchored, blame, code, files, listing, refs, session, verdicts
from git_mnemo.anchor import Anchor
from git_mnemo.blame import Told
from git_mnemo.errors import MnemoError
from git_mnemo.node import CLAIMS, Node
from git_mnemo.relocation import FRESH, MOVED, UNKNOWN, Spot, Verdict
from git_mnemo.repository import Repository
from git_mnemo.session import Session
from git_mnemo.showing import NodeInfo
from git_mnemo.store import git
from git_mnemo.telling import Retold, Telling
from git_mnemo.view import View

MOST_NODES = 20
"""Anchored nodes in one answer."""


class Question(NamedTuple):
    """What is asked about: a file by its path from the top, perhaps lines of it, or a commit."""

    path: str | None = None
    first: int | None = None
    last: int | None = None
    commit: str | None = None


class Reasons(NamedTuple):
    """The answer: anchored nodes, the best first, chains with their members, and the commits that
    were looked at. `commit` is the one asked about, or that of the line asked about."""

    question: Question
    commit: str | None
    nodes: list[NodeInfo]
    chains: list[Retold]
    commits: list[Told]
    truncated: bool


class Limits(NamedTuple):
    """How much of an answer is wanted: chains, and characters of their members; `to_agents`: only
    what may be given to them unasked."""

    chains: int
    budget: int
    to_agents: bool = False

    def without(self, told: Sequence[Retold]) -> Limits:
        """What is left of them behind these chains."""
        used = sum(len(member.text) for one in told for member in one.members)
        left = max(0, self.budget - used)
        return self._replace(chains=self.chains - len(told), budget=left)


def why(
    repository: Repository, wanted: str | None, now: int, text: str, folder: str, limits: Limits
) -> Reasons:
    """The reasoning behind what `text` names: FILE, FILE:LINE, FILE:FIRST-LAST or a commit.

    Refused as not found where nothing is known. A file wins over a commit of that name.
    """
    question = ask(repository, text, folder)
    started = _start_blame(repository, question)
    members = listing.current_members(repository, wanted, now)
    memory = _Memory(repository, members, to_agents=limits.to_agents)
    ranked = _ranked(repository, memory.view, question)
    commits = _commits(repository, question, started)
    nodes = memory.nodes(ranked)
    sought = [*_anchored(nodes), *_linked(memory.view, commits)]
    chains, truncated = memory.tell(sought, limits)
    of_sessions, more = _of_sessions(repository, memory, commits, chains, limits)
    chains, truncated = chains + of_sessions, truncated or more
    if not nodes and not chains:
        raise _nothing(repository, text, question)
    of_line = commits[0].commit if question.first is not None and commits else None
    return Reasons(
        question,
        question.commit or of_line,
        nodes,
        chains,
        commits,
        truncated or len(ranked) > len(nodes),
    )


# -- the question ------------------------------------------------------------------------------


def ask(repository: Repository, text: str, folder: str) -> Question:
    """What the user's words name, seen from `folder`."""
    spot = code.parse_spot(text, folder)
    if spot.first is not None and spot.last is not None and not 1 <= spot.first <= spot.last:
        raise MnemoError("refused", f"{text}: there are no such lines.", "git mnemo why FILE:LINE")
    path = _path(repository, spot.path, folder)
    if path is not None and (spot.first is not None or code.stands(repository, path)):
        if code.is_folder(repository, path):
            raise MnemoError(
                "refused",
                f"{text} is a folder; ask about a file in it.",
                f"git mnemo verify {text}",
            )
        return Question(path, spot.first, spot.last)
    try:
        return Question(commit=files.commit_of(repository, text))
    except MnemoError as error:
        if path is None:
            raise _unknown(text) from error
        return Question(path)


def _path(repository: Repository, text: str, folder: str) -> str | None:
    try:
        return code.inside(repository, text, folder)
    except MnemoError:
        return None


def _unknown(text: str) -> MnemoError:
    return MnemoError(
        "not-found",
        f"{text!r} is no file of the work tree, and no commit.",
        "git mnemo why FILE:LINE",
    )


def _nothing(repository: Repository, text: str, question: Question) -> MnemoError:
    if question.commit is not None:
        return MnemoError("not-found", f"nothing is known of commit {text}.", "git mnemo chains")
    assert question.path is not None  # it asks for one of the two
    if not code.stands(repository, question.path):
        return _unknown(text)
    return MnemoError(
        "not-found",
        f"nothing says why {text} is as it is.",
        f'git mnemo claim --anchor {text} "why it is so"',
    )


# -- anchors -----------------------------------------------------------------------------------


class _Ranked(NamedTuple):
    """An anchored node and how well it answers; 0 is best."""

    rank: int
    address: str
    node: Node


def _ranked(repository: Repository, view: View, question: Question) -> list[_Ranked]:
    """The visible nodes about the file or the lines, those about what still stands first."""
    if question.path is None:
        return []
    paths = {question.path} | files.absent(repository, anchored.paths(view))
    candidates = anchored.on_paths(view, paths)
    laid = (anchor for found in candidates.values() for anchor in found.anchors)
    known = verdicts.of(repository, (anchor for anchor in laid if anchor.path in paths))
    ranked = []
    for address, found in candidates.items():
        ranks = [
            rank
            for anchor in found.anchors
            if anchor in known and (rank := _rank(question, anchor, known[anchor])) is not None
        ]
        if ranks:
            ranked.append(_Ranked(min(ranks), address, found))
    return ranked


def _rank(question: Question, anchor: Anchor, verdict: Verdict) -> int | None:
    """How well the anchor answers; None where it is about something else."""
    here = verdict.now or Spot(anchor.path, anchor.first, anchor.last)
    if question.path not in (here.path, anchor.path):
        return None
    holds = verdict.name in (FRESH, MOVED)
    if question.first is None or question.last is None:
        return 0 if holds else 1 if verdict.name == UNKNOWN else 2
    if here.first is None or here.last is None:
        return 1 if holds else 3
    if here.first <= question.last and question.first <= here.last:
        return 0 if holds else 2
    return None


# -- commits -----------------------------------------------------------------------------------


def _start_blame(repository: Repository, question: Question) -> git.Started | None:
    if question.path is None or question.first is None or question.last is None:
        return None
    return blame.start(repository, question.path, question.first, question.last)


def _commits(repository: Repository, question: Question, started: git.Started | None) -> list[Told]:
    """The commits that the question leads to, the newest first."""
    if question.commit is not None:
        return blame.told(repository, [question.commit])
    assert question.path is not None  # a question has one of the two
    if started is None:
        return blame.told(repository, blame.touched(repository, question.path))
    commits = blame.finish(started)
    if commits is None:
        code.refuse_lines(repository, code.Spot(question.path, question.first, question.last))
    return sorted(blame.told(repository, commits or []), key=lambda told: -told.at)


def _anchored(nodes: Iterable[NodeInfo]) -> Iterator[_Sought]:
    """The chains of anchored nodes, and those nodes in them."""
    return ((id_, one.address) for one in nodes for id_ in one.chains)


def _linked(view: View, commits: Iterable[Told]) -> Iterator[_Sought]:
    """The chains that hold a commit node of these commits, or of what replaced or was replaced by
    one, and that node; those of the first commit come first."""
    for told in commits:
        for address in anchored.commit_nodes(view, told.commit, told.subject):
            yield from ((member.chain, address) for member in view.places(address))


def _of_sessions(
    repository: Repository,
    memory: _Memory,
    commits: Iterable[Told],
    known: Sequence[Retold],
    limits: Limits,
) -> tuple[list[Retold], bool]:
    """Chains of the sessions that commits name: live, archived or promoted; and whether there was
    more."""
    found: list[Retold] = []
    seen = {one.info.id for one in known}
    truncated = False
    for id_ in dict.fromkeys(id_ for told in commits for id_ in told.sessions):
        if not refs.is_session(id_):
            continue
        stores = [
            _Memory(repository, [one], to_agents=limits.to_agents)
            for one in _stores(repository, id_)
        ]
        for store in [*stores, memory]:
            own = store is not memory
            ids = reversed(store.view.own_chains()) if own else store.view.project.chains_of(id_)
            sought = [(one, claim) for one in ids if one not in seen for claim in store.claims(one)]
            chains, more = store.tell(sought, limits.without([*known, *found]))
            found += chains
            seen |= {one.info.id for one in chains}
            truncated |= more
    return found, truncated


def _stores(repository: Repository, id_: str) -> list[Session]:
    """The session of that id and its agents' stores, live or else archived."""
    live = [one for one in session.live(repository) if _belongs(one, id_)]
    found = live or [one for one in session.all_archived(repository) if _belongs(one, id_)]
    return [one for one in found if session.is_sound(repository, one)]


def _belongs(one: Session, id_: str) -> bool:
    return one.id == id_ or one.id.startswith(id_ + "@")


# -- the answer --------------------------------------------------------------------------------

_Sought = tuple[str, str]
"""A chain, and a node in it that matters."""


class _Memory:
    """The project and some sessions, as they are told."""

    def __init__(self, repository: Repository, members: list[Session], *, to_agents: bool) -> None:
        self.view = listing.open_view(repository, members)
        self._to_agents = to_agents
        self._telling = Telling(repository, self.view, members, to_agents=to_agents)

    def nodes(self, ranked: list[_Ranked]) -> list[NodeInfo]:
        """The best of the nodes, the newest of equal ones first."""
        ranks = {one.address: one.rank for one in ranked}
        told = (self._telling.info(address) for address in ranks)
        kept = (one for one in told if not self._to_agents or one.is_fit())
        infos = sorted(kept, key=lambda one: (-_newest(one), one.address))
        best = sorted(infos, key=lambda one: ranks[one.address])[:MOST_NODES]
        self._telling.judge(one.address for one in best)
        return [self._telling.info(one.address) for one in best]

    def claims(self, chain_id: str) -> list[str]:
        """The claims of a chain, in order."""
        entries = self.view.entries(chain_id)
        return [one.address for one in entries if self.view.type_of(one.address) in CLAIMS]

    def tell(self, sought: Iterable[_Sought], limits: Limits) -> tuple[list[Retold], bool]:
        """The chains in the order they are first named in, and whether there was more to tell."""
        scores: dict[str, dict[str, float]] = {}
        for id_, address in sought:
            scores.setdefault(id_, {})[address] = 1.0
        ids = list(scores)[: limits.chains]
        told, cut = self._telling.chains(ids, scores, [], limits.budget)
        return list(told), cut or len(scores) > len(ids)


def _newest(one: NodeInfo) -> int:
    return max((known.at for known in one.claimed), default=0)
