"""Recall: the lines of reasoning that answer a question, best first.

What the index finds in the project and a scan finds in the session is one list. Claims are
scored, chains ranked by them, and a chain comes back as an excerpt around what matched.
"""

import functools
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from git_mnemo import listing, ranking, session, words
from git_mnemo.errors import MnemoError
from git_mnemo.index import Found, rows, silently
from git_mnemo.index.scan import Claim, Line, Scan
from git_mnemo.index.search import Wanted, search
from git_mnemo.index.stems import Stems
from git_mnemo.node import CLAIMS, Node
from git_mnemo.ranking import Hit
from git_mnemo.repository import Repository
from git_mnemo.session import Session
from git_mnemo.showing import NodeInfo
from git_mnemo.telling import Retold, Telling
from git_mnemo.view import title
from git_mnemo.words import Term

if TYPE_CHECKING:
    from git_mnemo.index.filling import Progress
    from git_mnemo.semantic import Meaning

CHAINS, NODES, BUDGET = 3, 10, 6000
"""Chains and nodes that are told when nobody says how many, and characters for the chains."""

SINCE = "git mnemo recall --since 2.weeks WORDS"
"""The hint where a date is none."""

POOL = 200
"""Claims that are scored before chains are ranked."""

SMALL = 200
"""A project of fewer claims is scanned: how rare a word is among so few says nothing."""

MOST_TERMS, LOOKED_AT, COMMON = 48, 10_000, 1000
"""Of a long paste, this many of the rarest words are asked for, chosen among so many; what is in
more rows than `COMMON` counts as in that many."""


class Scope(NamedTuple):
    """Where to look. `since` in unix seconds; `paths` from the top of the work tree;
    `everything`: what is hidden, stashed or archived, too; `to_agents`: nothing that is not
    trusted, or reads like an instruction."""

    session: str | None = None
    paths: tuple[str, ...] = ()
    domain: str | None = None
    since: int | None = None
    everything: bool = False
    project_only: bool = False
    session_only: bool = False
    to_agents: bool = False


class Question(NamedTuple):
    """Plain words, and how much is wanted: `limit` chains, or nodes where `flat`."""

    text: str
    limit: int | None = None
    budget: int = BUDGET
    flat: bool = False


class Recollection(NamedTuple):
    """A claim by itself, the chain it was found in, and how well it fits."""

    info: NodeInfo
    chain: str
    score: float


class Answer(NamedTuple):
    """What was found; `truncated`: the budget left something out of the chains."""

    chains: tuple[Retold, ...]
    hits: tuple[Recollection, ...]
    truncated: bool


class Recall:
    """A memory to ask questions of, as it stood when it was opened.

    `trouble` is why it was asked without the encoder that is set; None where nothing is wrong, or
    nothing was asked yet.
    `progress` is told how many claims were encoded, where a question waits for that.
    """

    trouble: str | None = None

    def __init__(
        self, repository: Repository, scope: Scope, now: int, progress: "Progress" = silently
    ) -> None:
        if scope.project_only and scope.session_only:
            raise MnemoError(
                "usage", "the project only, or the session only.", "git mnemo recall -h"
            )
        self._scope = scope
        members = _members(repository, scope, now)
        self._view = listing.open_view(repository, members)
        self._telling = Telling(repository, self._view, members, to_agents=scope.to_agents)
        self._own = frozenset(self._view.own_chains())
        self._first = self._own | {id_ for id_, _ in self._about()}
        project = self._view.project
        self._asks_index = not scope.session_only and project.rows() >= SMALL
        self._lines = self._scanned()
        self._stems = Stems()
        self._scan = Scan(self._lines, project if self._asks_index else None, self._stems)
        self._repository = repository
        self._progress = progress
        self._stashed: dict[str, bool] = {}
        self._judged: dict[str, bool] = {}
        self._may_be_stashed = self._own | set(project.chains_with_stash())

    def ask(self, question: Question) -> Answer:
        """What answers the question. Nothing found is an empty answer."""
        terms = self._rarest(words.asked(question.text))
        found = list(self._pool(terms))
        meaning = self._meaning if terms else None
        if meaning is not None:
            places = [(hit.chain, hit.address) for hit in found]
            alike = self._on_the_table(meaning.search(question.text, POOL, places))
            found = ranking.mixed(found, alike)
        pool = ranking.with_chains(found)
        chains = 0 if question.flat else (question.limit or CHAINS)
        nodes = max(question.limit or NODES, NODES)
        hits = self._best(pool, nodes, chains)
        ranked = list(dict.fromkeys(hit.chain for hit in hits))[:chains]
        scores: dict[str, dict[str, float]] = {id_: {} for id_ in ranked}
        for hit in [*pool, *hits]:
            if hit.chain in scores and self._is_fit(hit.address):
                scores[hit.chain][hit.address] = hit.score
        retold, truncated = self._telling.chains(ranked, scores, terms, question.budget)
        told = tuple(
            Recollection(self._telling.info(hit.address), hit.chain, hit.score)
            for hit in hits[:nodes]
        )
        return Answer(retold, told, truncated)

    # -- finding -------------------------------------------------------------------------------

    def _pool(self, terms: Sequence[Term]) -> Iterator[Hit]:
        dates = words.names_a_date(list(terms))
        if not terms and self._scope.paths:
            yield from (Hit(id_, address, 1.0, at) for id_, address, at in self._about_told())
            return
        found = self._scan.search(terms, dates=dates)
        if self._asks_index:
            wanted = Wanted(POOL, dates, self._scope.domain, self._scope.since)
            found += search(self._view.project, self._stems, terms, wanted)
        yield from self._on_the_table(found)

    def _on_the_table(self, found: Iterable[Found]) -> Iterator[Hit]:
        """What of it was not put aside, as hits."""
        for one in found:
            if self._scope.everything or not self._is_stashed(one.chain):
                yield Hit(*one)

    @functools.cached_property
    def _meaning(self) -> "Meaning | None":
        """What there is to ask, understood by the encoder; None without one."""
        named = self._repository.config.get("mnemo.encoder")
        if not named:
            return None
        # Only who has an encoder pays for loading what it needs.
        from git_mnemo import encoder

        found = encoder.load(named, self._repository.top)
        if isinstance(found, encoder.Unusable):
            self.trouble = found.why
            return None
        from git_mnemo import semantic

        project, scope = self._view.project, self._scope
        said = [*semantic.of_lines(self._lines)]
        if self._asks_index:
            said += semantic.of_project(project, scope.domain, scope.since)
        return semantic.understand(found, project, self._repository.store, said, self._progress)

    def _rarest(self, terms: list[Term]) -> list[Term]:
        """The terms, or of very many those that the memory has least of, in their order."""
        if len(terms) <= MOST_TERMS:
            return terms
        looked_at = terms[:LOOKED_AT]
        here = self._scan.rarity(looked_at)
        held = (self._view.project.rarity(term, COMMON) for term in looked_at)
        rarity = {
            term: often + known
            for term, often, known in zip(looked_at, here, held, strict=True)
            if often + known
        }
        rare = set(sorted(rarity, key=lambda term: rarity[term])[:MOST_TERMS])
        return [term for term in rarity if term in rare]

    def _best(self, pool: list[Hit], nodes: int, chains: int) -> list[Hit]:
        """The visible hits in their order: at least so many, of so many chains, if there are."""
        taken: list[Hit] = []
        found: set[str] = set()
        floor = 0.0
        for hit in ranking.replaced(pool, self._successors):
            if floor and hit.score < floor:
                break
            taken.append(hit)
            found.add(hit.chain)
            if not floor and len(taken) >= nodes and len(found) >= chains:
                floor = hit.score - ranking.CLOSE * taken[0].score  # what may be its equal
        stale = self._telling.stale(hit.address for hit in taken)
        return ranking.ordered(taken, self._first, stale)

    def _successors(self, hit: Hit) -> list[Hit] | None:
        """What took the place of a hidden claim, in the chains where that stands; nothing where the
        claim may not be told. Asked of the best hits only: judging all would take half the time."""
        if not self._is_fit(hit.address):
            return []
        if self._scope.everything or not self._view.hiding.hidden(hit.address):
            return None
        return [
            Hit(place.chain, address, hit.score, self._telling.claimed_at(place.chain, address))
            for address, _ in self._view.hiding.above(hit.address)
            for place in self._view.places(address)[:1]
            if self._is_meant(place.chain, address)
        ]

    def _is_meant(self, chain_id: str, address: str) -> bool:
        """Whether a claim that was not searched for itself is within the scope."""
        scope = self._scope
        found = self._view.node(address)
        at = self._telling.claimed_at(chain_id, address)
        return (
            found is not None
            and not self._is_stashed(chain_id)
            and (scope.domain is None or found.domain == scope.domain)
            and (scope.since is None or (at is not None and at >= scope.since))
            and (not scope.session_only or address in self._view.own_nodes())
            and self._is_fit(address)
        )

    def _is_fit(self, address: str) -> bool:
        """Whether a claim may be told to whom it is told."""
        if not self._scope.to_agents:
            return True
        if address not in self._judged:
            self._judged[address] = self._telling.info(address).is_fit()
        return self._judged[address]

    def _is_stashed(self, chain_id: str) -> bool:
        if chain_id not in self._may_be_stashed:
            return False
        if chain_id not in self._stashed:
            self._stashed[chain_id] = self._view.stashed(chain_id)
        return self._stashed[chain_id]

    def _scanned(self) -> list[Line]:
        """What the index does not search: the session's claims, and those of a small project."""
        small = not self._asks_index and not self._scope.session_only
        ids = self._view.project.chain_ids() if small else []
        return [self._line(id_) for id_ in sorted({*self._own, *ids})]

    def _line(self, id_: str) -> Line:
        """What is searched for in a chain, and the claims around that: a chain may be very long."""
        held = self._view.held(id_)
        told = [one.address for one in held.entries if self._view.type_of(one.address) in CLAIMS]
        if self._scope.session_only:
            searched = set(self._view.own_nodes())
        else:
            searched = (
                {entry.address for entry in held.preliminary} if self._asks_index else set(told)
            )
        spots = [at for at, address in enumerate(told) if address in searched]
        near = (range(at - rows.REACH, at + rows.REACH + 1) for at in spots)
        shown = sorted({at for spot in near for at in spot if 0 <= at < len(told)})
        claims = [self._claim(id_, told[at], searched) for at in shown]
        named, first = title(self._view, id_), self._view.node(told[0]) if told else None
        own_title = first is not None and rows.is_own_title(named, first.text)
        return Line(id_, named, own_title, shown[:1] == [0], claims)

    def _claim(self, id_: str, address: str, searched: set[str]) -> Claim:
        found = self._view.node(address)
        assert found is not None  # it has a type
        at = self._telling.claimed_at(id_, address)
        return Claim(address, found, at, address in searched and self._fits(found, at))

    def _fits(self, found: Node, at: int | None) -> bool:
        since = self._scope.since
        return (self._scope.domain is None or found.domain == self._scope.domain) and (
            since is None or (at is not None and at >= since)
        )

    def _about(self) -> Iterator[tuple[str, str]]:
        """The places of the claims that are about one of the named files: chain and address."""
        wanted = set(self._scope.paths)
        own = (
            address
            for address, found in (self._view.own_nodes() if wanted else {}).items()
            if any(anchor.path in wanted for anchor in found.anchors)
        )
        shared = (one for path in self._scope.paths for one in self._view.project.anchored(path))
        for address in dict.fromkeys([*own, *shared]):
            for place in self._view.places(address):
                yield place.chain, address

    def _about_told(self) -> Iterator[tuple[str, str, int | None]]:
        for id_, address in self._about():
            if self._is_meant(id_, address):
                yield id_, address, self._telling.claimed_at(id_, address)


def path_from_top(repository: Repository, path: str, folder: str) -> str:
    """The path as anchors have it, seen from `folder`; what is outside stays as it is."""
    if repository.top is None:
        return path
    top = os.path.realpath(repository.top)
    whole = os.path.join(folder, path)
    found = os.path.join(os.path.realpath(os.path.dirname(whole)), os.path.basename(whole))
    return os.path.relpath(found, top) if found.startswith(top + os.sep) else path


def _members(repository: Repository, scope: Scope, now: int) -> list[Session]:
    """The sessions to look into."""
    if scope.project_only:
        return []
    members = listing.current_members(repository, scope.session, now)
    if scope.everything:
        members += [
            one for one in session.all_archived(repository) if session.is_sound(repository, one)
        ]
    return members
