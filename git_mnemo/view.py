"""The working view: what the project knows, and what one session adds to it.

Every question about what is visible, and every short id, is answered over a view. The project's
half comes from the index, the session's few nodes are read.
"""

from __future__ import annotations

from git_mnemo import chain, hiding
from git_mnemo.chain import Entry, Member
from git_mnemo.errors import MnemoError
from git_mnemo.hiding import Hiding
from git_mnemo.node import CLAIMS, RESUME, STASH, Node
from git_mnemo.record import NamedTuple
from git_mnemo.store import layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from git_mnemo.index import Index
    from git_mnemo.store.interface import Store

_HEX = "0123456789abcdef"
SHORTEST = 4
SAFE = 8


class Held(NamedTuple):
    """A chain's entries in a view: all of them, and those that only the session has."""

    entries: list[Entry]
    preliminary: list[Entry]


class View:
    """The project (by its index) and the trees of some sessions, by session id.

    `doubted(address)` tells whether a node of the project is not trusted; None: every node is.
    """

    def __init__(
        self,
        store: Store,
        project: Index,
        roots: Mapping[str, str | None],
        doubted: Callable[[str], bool] | None = None,
    ) -> None:
        self._store = store
        self.project = project
        self._doubted = doubted
        self._nodes: dict[str, Node | None] = {}
        self._own: dict[str, dict[str, list[Entry]]] = {}
        self._places: dict[str, list[Member]] = {}
        self._users: dict[str, list[hiding.Hider]] = {}
        self.hiding = self._new_hiding()
        for session, root in roots.items():
            for member in layout.members(store, root):
                self.add(session, member)

    def add(self, session: str, member: Member) -> None:
        """Let the view hold one more entry, whose node is written already."""
        self._own.setdefault(session, {}).setdefault(member.chain, []).append(
            Entry(member.position, member.address)
        )
        self._places.setdefault(member.address, []).append(member)
        if member.address in self._nodes:
            return
        found = layout.node_at(self._store, member.address)
        self._nodes[member.address] = found
        if found is not None:
            for address in found.inputs:
                self._users.setdefault(address, []).append((member.address, found.type))
        self.hiding = self._new_hiding()

    def _new_hiding(self) -> Hiding:
        doubted = None if self._doubted is None else lambda address: not self.trusted(address)
        return Hiding(self.users, self.type_of, doubted)

    # -- nodes ---------------------------------------------------------------------------------

    def has(self, address: str) -> bool:
        """Whether the view holds the node."""
        return address in self._nodes or self.project.has(address)

    def trusted(self, address: str) -> bool:
        """Whether a node of the view is trusted: what the sessions hold always is."""
        return self._doubted is None or address in self._nodes or not self._doubted(address)

    def node(self, address: str) -> Node | None:
        """The node of an address that the view holds; None where it is opaque."""
        if address in self._nodes:
            return self._nodes[address]
        return layout.node_at(self._store, address)

    def type_of(self, address: str) -> str | None:
        """The type of a node of the view; None where it is opaque or not there."""
        if address in self._nodes:
            found = self._nodes[address]
            return found.type if found is not None else None
        return self.project.type_of(address)

    def users(self, address: str) -> list[hiding.Hider]:
        """The nodes of the view that have this one as an input."""
        return list(dict.fromkeys([*self._users.get(address, ()), *self.project.users(address)]))

    def saying(self, domain: str, text: str) -> list[str]:
        """The visible nodes of claims that say this text in this domain."""
        own = [address for address, found in self._nodes.items() if found is not None]
        return sorted(
            address
            for address in {*own, *self.project.saying(domain, text)}
            if self._says(address, domain, text) and not self.hiding.hidden(address)
        )

    def _says(self, address: str, domain: str, text: str) -> bool:
        found = self.node(address)
        return (
            found is not None
            and (found.domain, found.text) == (domain, text)
            and found.type in ("leaf", "supersede", "compress")
        )

    def own_opaque(self) -> list[str]:
        """The nodes of the sessions that this version does not understand."""
        return sorted(address for address, found in self._nodes.items() if found is None)

    def claims(self) -> list[str]:
        """The claims of the sessions."""
        return sorted(
            address for address, found in self.own_nodes().items() if found.type in CLAIMS
        )

    def own_nodes(self) -> dict[str, Node]:
        """The nodes of the sessions that this version understands."""
        return {address: found for address, found in self._nodes.items() if found is not None}

    # -- chains --------------------------------------------------------------------------------

    def own_chains(self) -> list[str]:
        """The chains that the sessions hold, in order."""
        return sorted({id_ for chains in self._own.values() for id_ in chains})

    def sessions_of(self, chain_id: str) -> list[str]:
        """The sessions that hold a part of the chain."""
        return sorted(session for session, chains in self._own.items() if chain_id in chains)

    def entries(self, chain_id: str) -> list[Entry]:
        """The chain's entries over the whole view, in order."""
        return self.held(chain_id).entries

    def held(self, chain_id: str) -> Held:
        """The chain's entries, and those of them that the project lacks."""
        shared = self.project.entries(chain_id)
        known = {entry.address for entry in shared}
        own = [entry for chains in self._own.values() for entry in chains.get(chain_id, ())]
        preliminary = [entry for entry in chain.ordered(own) if entry.address not in known]
        return Held(chain.ordered([*shared, *own]), preliminary)

    def places(self, address: str) -> list[Member]:
        """Every place of the node in the view, in order of chains."""
        return sorted({*self._places.get(address, ()), *self.project.places(address)})

    def stashed(self, chain_id: str) -> bool:
        """Whether some stash in the chain has no resume that names it."""
        return bool(self.open_stashes(chain_id))

    def open_stashes(self, chain_id: str) -> list[str]:
        """The stash nodes of a chain that no resume answers."""
        addresses = [entry.address for entry in self.entries(chain_id)]
        kept = [address for address in addresses if self.type_of(address) in (STASH, RESUME)]
        nodes = ((address, self.node(address)) for address in kept)
        return open_stashes({address: found for address, found in nodes if found is not None})

    # -- short ids -----------------------------------------------------------------------------

    def find_nodes(self, prefix: str) -> list[str]:
        """The nodes whose address begins so; none for what begins a chain's id."""
        if prefix.startswith("ch_"):
            return []
        own = (address for address in self._nodes if address.startswith(prefix))
        return sorted({*own, *self.project.addresses_from(prefix)})

    def find_chains(self, prefix: str) -> list[str]:
        """The chains whose id, or the hash part of it, begins so."""
        if prefix.startswith("ch_"):
            own = [id_ for id_ in self.own_chains() if id_.startswith(prefix)]
            shared = [id_ for id_ in self.project.chain_ids() if id_.startswith(prefix)]
            return sorted({*own, *shared})
        own = [id_ for id_ in self.own_chains() if id_[12:].startswith(prefix)]
        return sorted({*own, *self.project.chains_from(prefix)})

    def address(self, text: str) -> str:
        """The one node of the view that `text` names, whole or short."""
        return pick("node", text, self.find_nodes(short(text, "node:")))

    def chain(self, text: str) -> str:
        """The one chain of the view that `text` names, whole or short."""
        return pick("chain", text, self.find_chains(short(text, "chain:")))

    def resolve(self, text: str) -> tuple[str, str]:
        """`chain` or `node`, and the whole id, of what a command that changes something takes.

        A prefix under eight hex digits that fits a chain and a node alike is refused.
        """
        if text.startswith("chain:"):
            return "chain", self.chain(text)
        if text.startswith("node:"):
            return "node", self.address(text)
        prefix = short(text)
        chains = self.find_chains(prefix)
        nodes = [] if prefix.startswith("ch_") else self.find_nodes(prefix)
        if chains and nodes and len(prefix) < SAFE:
            raise ambiguous("chain or node", text, [*chains, *nodes])
        return (
            ("node", pick("node", text, nodes))
            if nodes and not chains
            else ("chain", pick("chain or node", text, chains))
        )


def open_stashes(known: Mapping[str, Node]) -> list[str]:
    """Of a chain's stash and resume nodes by address, the stashes that no resume answers."""
    answered = {
        address for found in known.values() if found.type == RESUME for address in found.inputs
    }
    return sorted(
        address
        for address, found in known.items()
        if found.type == STASH and address not in answered
    )


def short(text: str, *kinds: str) -> str:
    """The id in what the user typed, in lower case: a kind in front is taken off.

    Refuses what no id begins with, and fewer than four hex digits.
    """
    for kind in kinds:
        text = text.removeprefix(kind)
    id_ = text.strip().lower()
    digits = id_[12:] if id_.startswith("ch_") and len(id_) > 12 else id_.removeprefix("ch_")
    if not id_.startswith("ch_") and (len(id_) < SHORTEST or id_.strip(_HEX) or len(id_) > 64):
        raise invalid(text)
    if id_.startswith("ch_") and (not digits or digits.strip(_HEX + "_")):
        raise invalid(text)
    return id_


def invalid(text: str) -> MnemoError:
    """The refusal of something that is no id."""
    return MnemoError(
        "invalid-id",
        f"{text!r} is no id: give {SHORTEST} or more hex digits of one.",
        "git mnemo chains",
    )


def pick(kind: str, text: str, found: Iterable[str]) -> str:
    """The one that was found; none or several is an error that says so."""
    candidates = list(found)
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise MnemoError("not-found", f"no {kind} {text!r} is known here.", "git mnemo chains")
    raise ambiguous(kind, text, candidates)


def ambiguous(kind: str, text: str, candidates: list[str]) -> MnemoError:
    """The refusal of a prefix that fits several, with all of them."""
    listed = ", ".join(candidates[:8]) + (", …" if len(candidates) > 8 else "")
    return MnemoError(
        "ambiguous",
        f"{text!r} fits more than one {kind}: {listed}.",
        f"git mnemo show {candidates[0]}",
        candidates=candidates,
    )


def title(view: View, chain_id: str) -> str:
    """The chain's title; its id where the title's node is gone or opaque."""
    for entry in view.entries(chain_id):
        if entry.position == 0:
            found = view.node(entry.address)
            return found.text if found is not None else chain_id
    return chain_id
