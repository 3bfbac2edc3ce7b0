"""Provenance: why a file, a line or a commit is as it is, by the reasoning tied to it."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from git_mnemo import anchored, blame, code, files, listing, refs, session, showing, verdicts
from git_mnemo.anchor import Anchor
from git_mnemo.blame import Told
from git_mnemo.errors import MnemoError
from git_mnemo.node import Node
from git_mnemo.relocation import FRESH, MOVED, UNKNOWN, Spot, Verdict
from git_mnemo.repository import Repository
from git_mnemo.session import Session
from git_mnemo.showing import NodeInfo, Place, Shown
from git_mnemo.store import git
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
    chains: list[Shown]
    commits: list[Told]
    truncated: bool


class Limits(NamedTuple):
    """How much of an answer is wanted: chains, and characters of their members."""

    chains: int
    budget: int


def why(
    repository: Repository, wanted: str | None, now: int, text: str, folder: str, limits: Limits
) -> Reasons:
    """The reasoning behind what `text` names: FILE, FILE:LINE, FILE:FIRST-LAST or a commit.

    Refused as not found where nothing is known. A file wins over a commit of that name.
    """
    question = ask(repository, text, folder)
    started = _start_blame(repository, question)
    place = showing.working_place(repository, wanted, now)
    ranked = _ranked(repository, place.view, question)
    commits = _commits(repository, question, started)
    known = _Answer(repository, place, limits)
    nodes = known.nodes(ranked)
    known.add_chains(id_ for one in nodes for id_ in one.chains)
    known.add_chains(_linked(place.view, commits))
    known.add_sessions(id_ for told in commits for id_ in told.sessions)
    if not nodes and not known.chains:
        raise _nothing(text, question)
    of_line = commits[0].commit if question.first is not None and commits else None
    return Reasons(
        question,
        question.commit or of_line,
        nodes,
        known.chains,
        commits,
        known.truncated or len(ranked) > len(nodes),
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
    except MnemoError:
        if path is None:
            raise
        return Question(path)


def _path(repository: Repository, text: str, folder: str) -> str | None:
    try:
        return code.inside(repository, text, folder)
    except MnemoError:
        return None


def _nothing(text: str, question: Question) -> MnemoError:
    if question.commit is not None:
        return MnemoError("not-found", f"nothing is known of commit {text}.", "git mnemo chains")
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


def _linked(view: View, commits: Iterable[Told]) -> Iterator[str]:
    """The chains that hold a commit node of these commits, or of what replaced or was replaced by
    one; the chains of the first commit come first."""
    for told in commits:
        for address in anchored.commit_nodes(view, told.commit, told.subject):
            yield from (member.chain for member in view.places(address))


# -- the answer --------------------------------------------------------------------------------


class _Answer:
    """Collects chains until there are enough of them."""

    def __init__(self, repository: Repository, place: Place, limits: Limits) -> None:
        self._repository = repository
        self._place = place
        self._limits = limits
        self._room = limits.budget
        self._seen: set[str] = set()
        self.chains: list[Shown] = []
        self.truncated = False

    def nodes(self, ranked: list[_Ranked]) -> list[NodeInfo]:
        """The best of the nodes, the newest of equal ones first."""
        ranks = {one.address: one.rank for one in ranked}
        infos = showing.nodes(self._repository, self._place, list(ranks))
        newest_first = sorted(infos, key=lambda one: (-_newest(one), one.address))
        best = sorted(newest_first, key=lambda one: ranks[one.address])[:MOST_NODES]
        return list(showing.judged(self._repository, best))

    def add_chains(self, ids: Iterable[str]) -> None:
        """Chains of the working view."""
        self._add(self._place, ids)

    def add_sessions(self, ids: Iterable[str]) -> None:
        """The chains of these sessions, live, archived or promoted."""
        for id_ in dict.fromkeys(filter(refs.is_session, ids)):
            for one in _stores(self._repository, id_):
                view = listing.open_view(self._repository, [one])
                place = Place(view, [one], one.archived_at is not None)
                self._add(place, reversed(view.own_chains()))
            self._add(self._place, self._place.view.project.chains_of(id_))

    def _add(self, place: Place, ids: Iterable[str]) -> None:
        for id_ in ids:
            if id_ in self._seen:
                continue
            self._seen.add(id_)
            if len(self.chains) >= self._limits.chains or self._room <= 0:
                self.truncated = True
                return
            self.chains.append(self._cut(showing.chain_at(self._repository, place, id_)))

    def _cut(self, shown: Shown) -> Shown:
        """The chain with as many of its members as there is room for."""
        kept: list[NodeInfo] = []
        for member in shown.members:
            size = len(member.node.text) if member.node is not None else 0
            if kept and size > self._room:
                self.truncated = True
                break
            self._room -= size
            kept.append(member)
        return shown._replace(members=tuple(kept))


def _newest(one: NodeInfo) -> int:
    return max((known.at for known in one.claimed), default=0)


def _stores(repository: Repository, id_: str) -> list[Session]:
    """The session of that id and its agents' stores, live or else archived."""
    live = [one for one in session.live(repository) if _belongs(one, id_)]
    found = live or [one for one in session.all_archived(repository) if _belongs(one, id_)]
    return [one for one in found if session.is_sound(repository, one)]


def _belongs(one: Session, id_: str) -> bool:
    return one.id == id_ or one.id.startswith(id_ + "@")
