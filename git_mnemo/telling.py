"""Telling: chains as lines of reasoning, within a budget of characters.

What recall and its kin have found is told the same way: an excerpt of each chain around what
matters in it, with who claimed what and when.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from git_mnemo import excerpt, listing, origin, relocation, verdicts, words
from git_mnemo.excerpt import Part
from git_mnemo.index import Claimed
from git_mnemo.listing import ChainInfo, Spans
from git_mnemo.message import printable
from git_mnemo.node import CLAIMS, COMMIT
from git_mnemo.relocation import Verdict
from git_mnemo.repository import Repository
from git_mnemo.session import Session
from git_mnemo.showing import NodeInfo
from git_mnemo.store import history, layout
from git_mnemo.view import View
from git_mnemo.words import Term

SURROUNDINGS = 20
"""Claims on either side of a match that an excerpt may show."""

REMEMBERED = 2000
"""Claims whose places and tellers are known while questions are asked."""

HEAD, BESIDE, INDENT = 130, 120, 6
"""Characters that are printed beside a title, beside a claim, and in front of each of its lines."""

Scores = Mapping[str, float]
"""How much claims of a chain matter, by address; those that are not in it stand around."""


class Member(NamedTuple):
    """A claim of a recalled chain: `score` is 0 where it only stands near to what matched.

    `text` is what is shown of it; `before` and `after` say whether sentences were left out.
    """

    info: NodeInfo
    score: float
    text: str
    before: bool
    after: bool


class Retold(NamedTuple):
    """A chain with what is shown of it, oldest first; `left_out` counts what is not."""

    info: ChainInfo
    score: float
    members: tuple[Member, ...]
    left_out: int

    def is_cut(self) -> bool:
        """Whether anything was left out."""
        return self.left_out > 0 or any(one.before or one.after for one in self.members)


class Telling:
    """What a view holds, as it is told. `members` are the sessions in it.

    `to_agents`: what is not fit for them (`NodeInfo.is_fit`) is left out, and counted as such.
    """

    def __init__(
        self,
        repository: Repository,
        view: View,
        members: Sequence[Session],
        *,
        to_agents: bool = False,
    ) -> None:
        self._repository = repository
        self._remote = origin.Remote(repository)
        self._to_agents = to_agents
        self._view = view
        self._verdicts: dict[str, tuple[Verdict, ...]] = {}
        self._infos: dict[str, NodeInfo] = {}
        self._told = dict(_heard(repository, members))
        self._spans = _spans(self._told)
        self._archived = {one.id for one in members if one.archived_at is not None}

    def claimed_at(self, chain_id: str, address: str) -> int | None:
        """When an entry was claimed; None where no commit tells."""
        told = self._told.get((chain_id, address))
        if told is not None:
            return told.at
        known = self._view.project.claimed(address)
        return known[0].at if known else None

    def judge(self, addresses: Iterable[str]) -> None:
        """Let `info` tell the verdicts on the anchors of these nodes; all are found at once."""
        nodes = {one: self._view.node(one) for one in addresses if one not in self._verdicts}
        found = verdicts.of_nodes(self._repository, nodes)
        self._verdicts |= {address: tuple(known) for address, known in found.items()}

    def stale(self, addresses: Iterable[str]) -> frozenset[str]:
        """Those of these nodes whose code has changed, or is gone."""
        asked = list(addresses)
        self.judge(asked)
        return frozenset(one for one in asked if relocation.is_stale(self._verdicts[one]))

    def info(self, address: str) -> NodeInfo:
        """A node with what hides it, where it stands, who claimed it, and, once it was judged,
        with the verdicts on its anchors."""
        known = self._infos.get(address)
        if known is None:
            if len(self._infos) >= REMEMBERED:
                self._infos.clear()
            known = self._infos[address] = self._looked_up(address)
        judged = self._verdicts.get(address)
        return known._replace(verdicts=judged) if judged else known

    def _looked_up(self, address: str) -> NodeInfo:
        places = self._view.places(address)
        told = (self._told.get((place.chain, address)) for place in places)
        claimed = {*self._view.project.claimed(address), *filter(None, told)}
        return NodeInfo(
            address,
            self._view.node(address),
            self._view.hiding.hiders(address),
            list(dict.fromkeys(place.chain for place in places)),
            sorted(claimed, key=lambda one: (one.at, one.session or "", one.agent or "")),
            trusted=self._view.trusted(address),
            remote=self._remote.having(places),
        )

    def chains(
        self, ids: Sequence[str], scores: Mapping[str, Scores], terms: Sequence[Term], budget: int
    ) -> tuple[tuple[Retold, ...], bool]:
        """The chains, best first, within the budget; and whether it left anything out.

        The first may take half of it where there are three, the second two thirds of the rest, and
        so on; what one leaves, the next may have.
        """
        told: list[Retold] = []
        left, cut = budget, False
        for number, id_ in enumerate(ids):
            waiting = len(ids) - number
            one, size = self.chain(id_, scores[id_], terms, left * 2 // (waiting + 1))
            if one is not None:
                told.append(one)
                left -= size
            cut |= one is None or one.is_cut()
        return tuple(told), cut

    def chain(
        self, id_: str, scores: Scores, terms: Sequence[Term], room: int
    ) -> tuple[Retold | None, int]:
        """A chain in that many characters, and how many it takes; None where nothing fits."""
        info = listing.describe(self._view, id_, self._spans, archived=self._is_archived(id_))
        if self._to_agents:
            info = info.for_agents()
        head = HEAD + len(info.title)
        members, beyond = self._around(id_, scores)
        parts = [_part(one, scores.get(one.address, 0.0), terms) for one in members]
        shown = excerpt.excerpt(parts, room - head)
        if not shown.kept:
            return None, 0
        kept = tuple(
            Member(members[k.at], scores.get(members[k.at].address, 0.0), k.text, k.before, k.after)
            for k in shown.kept
        )
        best = max(scores.values(), default=0.0)
        return Retold(info, best, kept, shown.left_out + beyond), shown.size + head

    def _around(self, id_: str, scores: Scores) -> tuple[list[NodeInfo], int]:
        """The chain's claims and commits that are not far from a match, and how many others."""
        entries = [
            entry
            for entry in self._view.entries(id_)
            if self._view.type_of(entry.address) in CLAIMS | {COMMIT}
        ]
        near: set[int] = set()
        for at, entry in enumerate(entries):
            if entry.address in scores:
                near.update(range(max(0, at - SURROUNDINGS), at + SURROUNDINGS + 1))
        kept = [entry for at, entry in enumerate(entries) if at in near]
        self.judge(one.address for one in kept)
        infos = [self.info(one.address)._replace(position=one.position) for one in kept]
        if self._to_agents:
            infos = [one for one in infos if one.is_fit()]
        return infos, len(entries) - len(infos)

    def _is_archived(self, id_: str) -> bool:
        holders = self._view.sessions_of(id_)
        return (
            bool(holders)
            and all(one in self._archived for one in holders)
            and not self._view.project.entries(id_)
        )


def _part(one: NodeInfo, score: float, terms: Sequence[Term]) -> Part:
    text = one.node.text if one.node is not None else ""
    anchors = one.node.anchors if one.node is not None else ()
    beside = BESIDE + INDENT * (text.count("\n") + 1)
    beside += sum(2 * len(anchor.path) + BESIDE for anchor in anchors)
    place = words.focus(excerpt.sentences(text), terms) if score > 0 else 0
    return Part(text, score, place, beside, quiet=bool(one.hidden_by))


def _heard(
    repository: Repository, members: Iterable[Session]
) -> Iterator[tuple[tuple[str, str], Claimed]]:
    """Who claimed what in the sessions, by chain and address; the earliest commit comes last."""
    store = repository.store
    for one in members:
        standing = set(layout.members(store, history.tree_of(store, one.tip)))
        for _, commit in history.walk(store, one.tip):
            said = history.message_of(commit)
            for told in said.nodes:
                if told.member in standing:
                    claimed = Claimed(
                        told.at, told.agent, printable(commit.author.name), said.session
                    )
                    yield (told.member.chain, told.member.address), claimed


def _spans(told: dict[tuple[str, str], Claimed]) -> Spans:
    found: dict[str, tuple[int, int]] = {}
    for (id_, _), claimed in told.items():
        first, last = found.get(id_, (claimed.at, claimed.at))
        found[id_] = min(first, claimed.at), max(last, claimed.at)
    return found
