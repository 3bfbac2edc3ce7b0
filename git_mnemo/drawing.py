"""A drawing of chains: the nodes of each in order, and what they rest on, as one view shows it."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from git_mnemo import listing, node, session, showing
from git_mnemo.hiding import Hider
from git_mnemo.listing import ChainInfo
from git_mnemo.repository import Repository
from git_mnemo.session import Session
from git_mnemo.view import View

MOST_CHAINS = 50
"""Chains that are drawn if nothing else is said."""
MOST_NODES = 500
"""Nodes of one drawing; a chain that has more is drawn with its last ones."""


class Dot(NamedTuple):
    """A node in a chain; `type`, `domain` and `text` are None where it is opaque. `inputs` are in
    the order of the node, but for titles, which a stash names; `hidden_by` is as of the view."""

    address: str
    position: int
    type: str | None
    domain: str | None
    text: str | None
    inputs: tuple[str, ...]
    hidden_by: tuple[Hider, ...]
    trusted: bool


class Lane(NamedTuple):
    """A chain with its nodes, the title left out; `before` counts those before the first drawn."""

    info: ChainInfo
    dots: tuple[Dot, ...]
    before: int


class Elsewhere(NamedTuple):
    """An input that stands in no chain of the drawing; `chain` is one that it stands in, `text` is
    None where it is opaque or not known here."""

    address: str
    chain: str | None
    text: str | None


class Drawing(NamedTuple):
    """The chains, the inputs that are not in them, and how many chains are left out."""

    lanes: tuple[Lane, ...]
    elsewhere: tuple[Elsewhere, ...]
    left_out: int

    def edges(self) -> Iterator[tuple[str, str, str]]:
        """Each once: the node, its input, and the type of the node."""
        seen: set[tuple[str, str]] = set()
        for lane in self.lanes:
            for dot in lane.dots:
                for input_ in dot.inputs:
                    if (dot.address, input_) not in seen:
                        seen.add((dot.address, input_))
                        yield dot.address, input_, dot.type or node.LEAF


def draw(
    repository: Repository, wanted: str | None, now: int, text: str | None, most: int
) -> Drawing:
    """The working view, those chains first that began last; or what `text` names: a chain, the
    chains of a session, or a node's chains with those of what it rests on and what builds on it.

    At most `most` chains are drawn.
    """
    members = listing.current_members(repository, wanted, now)
    if text is None:
        view = listing.open_view(repository, members)
        shared = view.project.latest_chains(most)
        ids = sorted({*view.own_chains(), *shared}, reverse=True)
        count = len({*view.own_chains(), *view.project.chain_ids()})
    else:
        shown = showing.show(repository, wanted, now, text)
        view, members, ids = _around(repository, members, shown)
        count = len(ids)
    when = listing.session_spans(repository, members)
    lanes: list[Lane] = []
    room = MOST_NODES
    for info in listing.chains(view, ids[:most], when):
        lane = _lane(view, info, max(room, 1))
        room -= len(lane.dots)
        lanes.append(lane)
        if room <= 0:
            break
    return Drawing(tuple(lanes), tuple(_elsewhere(view, lanes)), count - len(lanes))


def _around(
    repository: Repository, members: list[Session], shown: showing.Shown
) -> tuple[View, list[Session], list[str]]:
    """The view to draw, its sessions, and the chains: those asked for first."""
    if shown.session is not None:
        members = _members(repository, shown.session.id)
        view = listing.open_view(repository, members)
        return view, members, sorted(view.own_chains(), reverse=True)
    asked = [shown.chain.id] if shown.chain is not None else []
    asked += shown.node.chains if shown.node is not None else []
    view = listing.open_view(repository, members)
    if not any(view.entries(id_) for id_ in asked):  # it stands elsewhere, perhaps in an archive
        members = _holding(repository, asked)
        view = listing.open_view(repository, members)
    if shown.node is not None:
        near = [*_inputs(view, shown.node.address), *(a for a, _ in view.users(shown.node.address))]
        asked += [one.chain for address in near for one in view.places(address)]
    return view, members, [id_ for id_ in dict.fromkeys(asked) if view.entries(id_)]


def _members(repository: Repository, id_: str) -> list[Session]:
    """The session of that id; the archived one where it is not live."""
    known = [*session.live(repository), *session.all_archived(repository)[::-1]]
    return [one for one in known if one.id == id_][:1]


def _holding(repository: Repository, ids: list[str]) -> list[Session]:
    """The first session, live or archived, that holds one of these chains."""
    for one in (*session.live(repository), *session.all_archived(repository)):
        if session.is_sound(repository, one):
            own = listing.open_view(repository, [one]).own_chains()
            if not set(own).isdisjoint(ids):
                return [one]
    return []


def _inputs(view: View, address: str) -> list[str]:
    """What the node rests on, and what that rests on in turn, nearest first."""
    found: dict[str, None] = {}
    waiting = [address]
    while waiting and len(found) < MOST_NODES:
        current = waiting.pop(0)
        known = view.node(current) if view.has(current) else None
        for one in known.inputs if known is not None else ():
            if one not in found:
                found[one] = None
                waiting.append(one)
    return list(found)


def _lane(view: View, info: ChainInfo, room: int) -> Lane:
    entries = [entry for entry in view.entries(info.id) if entry.position]
    kept = entries[-room:]
    dots = tuple(_dot(view, entry.address, entry.position) for entry in kept)
    return Lane(info, dots, len(entries) - len(kept))


def _dot(view: View, address: str, position: int) -> Dot:
    found = view.node(address)
    inputs = found.inputs if found is not None else ()
    return Dot(
        address,
        position,
        found.type if found is not None else None,
        found.domain if found is not None else None,
        found.text if found is not None else None,
        tuple(one for one in inputs if view.type_of(one) != node.CHAIN),
        tuple(view.hiding.hiders(address)),
        view.trusted(address),
    )


def _elsewhere(view: View, lanes: Iterable[Lane]) -> Iterator[Elsewhere]:
    lanes = list(lanes)
    drawn = {dot.address for lane in lanes for dot in lane.dots}
    named = dict.fromkeys(one for lane in lanes for dot in lane.dots for one in dot.inputs)
    for address in named:
        if address in drawn:
            continue
        known = view.node(address) if view.has(address) else None
        places = view.places(address)
        yield Elsewhere(address, places[0].chain if places else None, known.text if known else None)
