"""Showing one thing by its id: a chain, a node, a session, an archived session, in that order."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from git_mnemo import listing, origin, session, suspicion, verdicts
from git_mnemo.errors import MnemoError
from git_mnemo.hiding import Hider
from git_mnemo.index import Claimed
from git_mnemo.listing import ChainInfo, SessionInfo, Spans
from git_mnemo.message import printable
from git_mnemo.node import Node
from git_mnemo.relocation import Verdict
from git_mnemo.repository import Repository
from git_mnemo.session import Session
from git_mnemo.trace import told_by
from git_mnemo.view import View, ambiguous, pick, short

KINDS = ("chain", "node", "session")


class NodeInfo(NamedTuple):
    """A node as a view shows it; `node` is None where it is opaque. `position` is its place in
    the chain it is shown with, `verdicts` are those on its anchors, in their order; `trusted` as of
    the view; `remote` is the shared one that has the node too, as far as was fetched."""

    address: str
    node: Node | None
    hidden_by: list[Hider]
    chains: list[str]
    claimed: list[Claimed]
    position: int | None = None
    verdicts: tuple[Verdict, ...] = ()
    trusted: bool = True
    remote: str | None = None

    def suspect(self) -> tuple[str, ...]:
        """The ids of what reads like an instruction to an agent, in its text or beside it."""
        if self.node is None:
            return ()
        told = (known.author for known in self.claimed)
        return suspicion.of_node(self.node, told)

    def is_fit(self) -> bool:
        """Whether the node may be given to an agent that did not ask for this very node."""
        return self.node is not None and self.trusted and not self.suspect()


class Shown(NamedTuple):
    """What an id names: exactly one of the three, with what belongs to it."""

    node: NodeInfo | None = None
    chain: ChainInfo | None = None
    members: tuple[NodeInfo, ...] = ()
    session: SessionInfo | None = None
    chains: tuple[ChainInfo, ...] = ()

    def for_agents(self) -> "Shown":
        """What of a chain or a session an agent may be told unasked."""
        return self._replace(
            chain=self.chain and self.chain.for_agents(),
            members=tuple(one for one in self.members if one.is_fit()),
            chains=tuple(one.for_agents() for one in self.chains),
        )


class _Place(NamedTuple):
    """A view, and the sessions in it whose history tells who claimed what."""

    view: View
    members: list[Session]
    archived: bool
    remote: origin.Remote


def show(repository: Repository, wanted: str | None, now: int, text: str) -> Shown:
    """What `text` names. The working view is asked first, then other sessions, then archives."""
    kind, _, rest = text.partition(":")
    kinds = (kind,) if rest and kind in KINDS else KINDS
    text = rest if rest and kind in KINDS else text
    if kinds != ("session",) and not text.startswith(("s_", "refs/")):
        for place in _places(repository, wanted, now):
            shown = _in_view(repository, place, text, kinds)
            if shown is not None:
                return shown
    if "session" not in kinds or (kinds == KINDS and _is_too_long_for_a_session(text)):
        return pick("chain or node" if kinds == KINDS else kinds[0], text, [])  # type: ignore[return-value]  # it always raises
    return _show_session(repository, text)


def _is_too_long_for_a_session(text: str) -> bool:
    """Whether the beginning of a chain's or node's id can be none of a session's."""
    return not text.startswith(("s_", "refs/")) and len(short(text)) > 8


def _places(repository: Repository, wanted: str | None, now: int) -> Iterator[_Place]:
    own = listing.current_members(repository, wanted, now)
    remote = origin.Remote(repository)
    yield _Place(listing.open_view(repository, own), own, False, remote)
    for one in session.live(repository):
        if one not in own and session.is_sound(repository, one):
            yield _Place(listing.open_view(repository, [one]), [one], False, remote)
    for one in filter(
        lambda one: session.is_sound(repository, one), session.all_archived(repository)
    ):
        yield _Place(listing.open_view(repository, [one]), [one], True, remote)


def _in_view(
    repository: Repository, place: _Place, text: str, kinds: tuple[str, ...]
) -> Shown | None:
    try:
        prefix = short(text)
    except MnemoError:
        if kinds == KINDS and not text.startswith("ch_"):
            return None  # it may still be short for a session
        raise
    chains = place.view.find_chains(prefix) if "chain" in kinds else []
    if len(chains) > 1:
        raise ambiguous("chain", text, chains)
    if chains:
        return _show_chain(repository, place, chains[0])
    nodes = place.view.find_nodes(prefix) if "node" in kinds and "_" not in prefix else []
    if len(nodes) > 1:
        raise ambiguous("node", text, nodes)
    return Shown(node=_node_info(repository, place, nodes[0])) if nodes else None


def _show_chain(repository: Repository, place: _Place, id_: str) -> Shown:
    when = listing.session_spans(repository, place.members)
    known = bool(place.view.project.entries(id_))
    info = listing.describe(place.view, id_, when, archived=place.archived and not known)
    entries = place.view.entries(id_)
    told = _claimed(repository, place, [entry.address for entry in entries])
    return Shown(
        chain=info,
        members=_judged(
            repository,
            [
                _info(place, entry.address, told[entry.address])._replace(position=entry.position)
                for entry in entries
            ],
        ),
    )


def _node_info(repository: Repository, place: _Place, address: str) -> NodeInfo:
    told = _claimed(repository, place, [address])[address]
    return _judged(repository, [_info(place, address, told)])[0]


def _judged(repository: Repository, infos: Iterable[NodeInfo]) -> tuple[NodeInfo, ...]:
    """The nodes with the verdicts on their anchors, against the work tree."""
    kept = list(infos)
    known = verdicts.of_nodes(repository, {one.address: one.node for one in kept})
    return tuple(one._replace(verdicts=tuple(known[one.address])) for one in kept)


def _info(place: _Place, address: str, claimed: set[Claimed]) -> NodeInfo:
    view = place.view
    places = view.places(address)
    return NodeInfo(
        address,
        view.node(address),
        view.hiding.hiders(address),
        list(dict.fromkeys(member.chain for member in places)),
        sorted(claimed, key=lambda one: (one.at, one.session or "", one.agent or "")),
        trusted=view.trusted(address),
        remote=place.remote.having(places),
    )


def _claimed(
    repository: Repository, place: _Place, addresses: list[str]
) -> dict[str, set[Claimed]]:
    """Who claimed each node, from the index and one walk through each session's history."""
    found = {address: set(place.view.project.claimed(address)) for address in addresses}
    places = [member for address in addresses for member in place.view.places(address)]
    for one in place.members:
        for member, traced in told_by(repository.store, one.tip, places).items():
            told = traced.told
            known = Claimed(told.at, told.agent, printable(traced.author.name), traced.session)
            found[member.address].add(known)
    return found


def _show_session(repository: Repository, text: str) -> Shown:
    known = [*session.live(repository), *session.all_archived(repository)]
    exact = [one for one in known if text in (one.id, one.ref, one.ref.rpartition("/")[2])]
    if not exact:
        ids = session.beginning(session.short_session(text), known)
        id_ = pick("chain, node or session", text, ids)
        exact = [one for one in known if one.id == id_]
    one = min(exact, key=lambda one: (one.archived_at is not None, -(one.archived_at or 0)))
    view = listing.open_view(repository, [one])
    when: Spans = listing.session_spans(repository, [one])
    chains = listing.chains(view, view.own_chains(), when, archived=one.archived_at is not None)
    return Shown(session=listing.session_info(repository, one), chains=tuple(chains))
