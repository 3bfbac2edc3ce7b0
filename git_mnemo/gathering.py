"""Gathering: the project as people read it, chain by chain: what stands, what is hidden, and why.

Unlike an export that is to be imported, this tells what follows from the nodes, too: statuses,
verdicts on anchors, trust.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from git_mnemo import listing, origin, session, verdicts
from git_mnemo.anchor import Anchor
from git_mnemo.chain import Member
from git_mnemo.index import Claimed
from git_mnemo.listing import ChainInfo
from git_mnemo.message import printable
from git_mnemo.relocation import Verdict
from git_mnemo.repository import Repository
from git_mnemo.showing import NodeInfo
from git_mnemo.store import history, layout
from git_mnemo.trace import told_by
from git_mnemo.view import title


class Place(NamedTuple):
    """A chain that a node stands in, by id and title."""

    chain: str
    title: str


class Gathered(NamedTuple):
    """A chain, its members in order, and where else their inputs stand, by address."""

    chain: ChainInfo
    members: tuple[NodeInfo, ...]
    inputs: dict[str, Place]


class Tally:
    """Chains as they pass by, and how many went by; `nodes` counts claims."""

    def __init__(self, gathered: Iterable[Gathered]) -> None:
        self._gathered = gathered
        self.chains = self.nodes = 0

    def __iter__(self) -> Iterator[Gathered]:
        for one in self._gathered:
            self.chains += 1
            self.nodes += one.chain.nodes
            yield one


class Gathering:
    """The project; with a session, what that session (with its agents' stores) adds to it, too."""

    def __init__(self, repository: Repository, wanted: str | None) -> None:
        held = []
        if wanted is not None:
            held = session.members(repository, session.existing(repository, wanted))
        self._repository = repository
        self._view = listing.open_view(repository, held)
        self._when = listing.session_spans(repository, held)
        self._remote = origin.Remote(repository)
        self._titles: dict[str, str] = {}
        self._told = {}
        store = repository.store
        for one in held:
            standing = layout.members(store, history.tree_of(store, one.tip))
            for member, traced in told_by(store, one.tip, standing).items():
                said = traced.told
                author = printable(traced.author.name)
                self._told[member] = Claimed(said.at, said.agent, author, traced.session)

    def chains(self) -> Iterator[Gathered]:
        """Each chain with all that it holds, oldest day first."""
        view = self._view
        known = verdicts.of(self._repository, self._anchors())
        for id_ in sorted({*view.project.chain_ids(), *view.own_chains()}):
            info = listing.describe(view, id_, self._when)
            members = tuple(
                self._info(Member(id_, entry.position, entry.address), known)
                for entry in view.entries(id_)
            )
            yield Gathered(info, members, self._inputs(id_, members))

    def _anchors(self) -> Iterator[Anchor]:
        """The anchors of all nodes, hidden ones too."""
        view = self._view
        for address in {*view.project.anchored_nodes(), *view.own_nodes()}:
            found = view.node(address)
            yield from found.anchors if found is not None else ()

    def _info(self, member: Member, known: dict[Anchor, Verdict]) -> NodeInfo:
        view = self._view
        found = view.node(member.address)
        told = view.project.told(member) or self._told.get(member)
        return NodeInfo(
            member.address,
            found,
            view.hiding.hiders(member.address),
            [member.chain],
            [told] if told is not None else [],
            member.position,
            tuple(known[anchor] for anchor in found.anchors) if found is not None else (),
            view.trusted(member.address),
            self._remote.having([member]),
        )

    def _inputs(self, id_: str, members: tuple[NodeInfo, ...]) -> dict[str, Place]:
        """Where the inputs and the hiders of a chain's members stand, but for the chain itself."""
        own = {one.address for one in members}
        named = {
            address
            for one in members
            for address in (
                *(one.node.inputs if one.node is not None else ()),
                *(hider for hider, _ in one.hidden_by),
            )
        }
        places = {address: self._view.places(address) for address in sorted(named - own)}
        return {
            address: Place(found[0].chain, self._title(found[0].chain))
            for address, found in places.items()
            if found
        }

    def _title(self, id_: str) -> str:
        if id_ not in self._titles:
            self._titles[id_] = title(self._view, id_)
        return self._titles[id_]
