"""Writing: what one command adds to one session, collected and then committed in one ref move."""

from __future__ import annotations

from git_mnemo import chain, marks, node, refs, session
from git_mnemo.chain import Entry, Member
from git_mnemo.errors import MnemoError, RefMoved
from git_mnemo.message import MAX_NODES, Stamp, Told, compose
from git_mnemo.moment import day
from git_mnemo.node import CHAIN, RESUME, STASH, Node
from git_mnemo.refs import RefUpdate
from git_mnemo.store import history, layout, objects
from git_mnemo.trace import told_by
from git_mnemo.view import View, open_stashes, pick, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeVar

    from git_mnemo.repository import Repository
    from git_mnemo.session import Session
    from git_mnemo.store.interface import Store

    T = TypeVar("T")

TRIES = 1000
"""How often a command starts over on a session that others move; each time one of them got on."""


class Writing:
    """A session's tree and the project's as they stood when this began, and what is to be added.

    The common case, new text at the end of a chain, reads two small folders and nothing else; the
    view is made only when a question needs it.
    """

    def __init__(self, repository: Repository, session_id: str, stamp: Stamp) -> None:
        self.repository = repository
        self.store = repository.store
        self.session = session_id
        self.stamp = stamp
        self.tip = self.store.ref(refs.session_ref(session_id))
        self.root = history.tree_of(self.store, self.tip)
        self.project_tip = self.store.ref(refs.PROJECT)
        self.project_root = history.tree_of(self.store, self.project_tip)
        self.added: list[Told] = []
        self._copied: set[Member] = set()
        self._entries: dict[str, list[Entry]] = {}
        self._places: dict[tuple[str, str], Entry] = {}
        self._own: dict[str, set[str]] = {}
        self._stashed: dict[str, bool] = {}
        self._view: View | None = None
        self._purged: frozenset[str] | None = None

    @property
    def view(self) -> View:
        """The working view: the project, this session, and what has been added so far."""
        if self._view is None:
            self._view = self._open_view()
        return self._view

    def _open_view(self) -> View:
        # Loading SQLite costs a claim as much as writing it, and new text never needs it.
        from git_mnemo import trust
        from git_mnemo.index import Index

        index = Index(self.store, self.repository.shared_state)
        doubts = trust.doubts(self.repository, index.tip)
        view = View(self.store, index, {self.session: self.root}, doubts)
        for told in self.added:
            view.add(self.session, told.member)
        return view

    @property
    def purged(self) -> frozenset[str]:
        """The addresses that must not exist."""
        if self._purged is None:
            roots = (self.root, self.project_root)
            self._purged = frozenset().union(*(layout.purged(self.store, root) for root in roots))
        return self._purged

    # -- chains --------------------------------------------------------------------------------

    def entries(self, chain_id: str) -> list[Entry]:
        """The chain over session, project and what was added, in order."""
        if chain_id not in self._entries:
            own = layout.entries(self.store, self.root, chain_id)
            shared = layout.entries(self.store, self.project_root, chain_id)
            self._own[chain_id] = {entry.address for entry in own}
            self._entries[chain_id] = chain.ordered([*own, *shared])
            for entry in self._entries[chain_id]:
                self._places[chain_id, entry.address] = entry
        return self._entries[chain_id]

    def place(self, chain_id: str, address: str) -> Entry | None:
        """Where the node stands in the chain, or None."""
        self.entries(chain_id)
        return self._places.get((chain_id, address))

    def current_chain(self) -> str | None:
        """The chain that the session's newest claim went to, unless it is stashed since."""
        claimed = next(self._claimed(reversed(self.added)), None)
        chain_id = (
            last_chain(self.store, self.tip, self._holds) if claimed is None else claimed.chain
        )
        return None if chain_id is None or self.stashed(chain_id) else chain_id

    def _claimed(self, added: Iterable[Told]) -> Iterator[Member]:
        """Those of the entries that were claimed now, not copied in because a claim needs them."""
        return (told.member for told in added if told.member not in self._copied)

    def _holds(self, member: Member) -> bool:
        return self.place(member.chain, member.address) is not None

    def stashed(self, chain_id: str) -> bool:
        """Whether the chain is shelved, over session, project and what was added."""
        if chain_id not in self._stashed:
            addresses = (entry.address for entry in self.entries(chain_id))
            shelved = layout.nodes_of(self.store, addresses, (STASH, RESUME))
            self._stashed[chain_id] = bool(open_stashes(dict(shelved)))
        return self._stashed[chain_id]

    def chain(self, text: str) -> str:
        """The chain that the user named, whole or short."""
        id_ = text.removeprefix("chain:").strip()
        if not chain.is_chain_id(id_):
            return self.view.chain(text)
        if not self.entries(id_):
            raise MnemoError("not-found", f"no chain {id_} is known here.", "git mnemo chains")
        return id_

    def open_chain(self, title: str, domain: str) -> str:
        """A new chain of that title, its title node added; its id."""
        for number in range(1, 1_000_000):
            key = self.session if number == 1 else f"{self.session}.{number}"
            written = node.encode(self.title_node(title, domain, key))
            address = self.store.address(written)
            # What is no object here yet cannot stand in any tree here either.
            if not self.store.exists(address) or not self.view.has(address):
                break
        self._refuse_purged(address)
        chain_id = chain.chain_id(day(self.stamp.now), address)
        self.store.write(objects.BLOB, written)
        self.put(Member(chain_id, 0, address))
        return chain_id

    @staticmethod
    def title_node(title: str, domain: str, key: str) -> Node:
        """The node that a chain is named by."""
        return node.build(CHAIN, title, domain=domain, key=key)

    # -- adding --------------------------------------------------------------------------------

    def write(self, new: Node) -> str:
        """Write the node; its address."""
        data = node.encode(new)
        self._refuse_purged(self.store.address(data))
        return self.store.write(objects.BLOB, data)

    def append(self, chain_id: str, address: str) -> Entry:
        """Put a node at the end of a chain, after the chain's title where only the project has it.

        A node that the chain holds already stays where it is.
        """
        there = self.place(chain_id, address)
        if there is not None:
            return there
        entries = self.entries(chain_id)
        if entries[0].position == 0 and entries[0].address not in self._own[chain_id]:
            self.put(Member(chain_id, 0, entries[0].address))
        position = 1 + entries[-1].position
        if position > chain.MAX_POSITION:
            raise MnemoError(
                "too-large", f"chain {chain_id} is full.", "git mnemo claim --new-chain TEXT"
            )
        return self.put(Member(chain_id, position, address))

    def put(self, member: Member, at: int | None = None, agent: str | None = None) -> Entry:
        """Add one entry as it is; claimed now by whoever acts, unless told otherwise."""
        entry = Entry(member.position, member.address)
        entries = self.entries(member.chain)
        if self.place(member.chain, member.address) is None:
            entries.append(entry)
            if len(entries) > 1 and entry < entries[-2]:  # only what is copied goes in between
                entries.sort()
            self._places[member.chain, member.address] = entry
        self._own[member.chain].add(member.address)
        told = Told(member, at, agent) if at is not None else Told(
            member, self.stamp.now, self.stamp.agent
        )  # fmt: skip
        self.added.append(told)
        if member.chain in self._stashed:
            found = layout.node_at(self.store, member.address)
            if found is not None and found.type in (STASH, RESUME):
                del self._stashed[member.chain]
        if self._view is not None:
            self._view.add(self.session, member)
        return entry

    def _refuse_purged(self, address: str) -> None:
        if address in self.purged:
            raise MnemoError(
                "refused", f"node {address} was purged: it must not exist again.", "git mnemo log"
            )

    # -- inputs --------------------------------------------------------------------------------

    def bring(self, text: str) -> str:
        """The address of an input, whole or short.

        What stands in another session or an archive is copied in, with what it needs.
        """
        id_ = text.removeprefix("node:").strip().lower()
        if id_ in self.purged:
            return id_
        prefix = short(text, "node:")
        found = self.view.find_nodes(prefix)
        if found:
            return pick("node", text, found)
        elsewhere = [
            (held, member)
            for held in (*session.live(self.repository), *session.all_archived(self.repository))
            if session.is_sound(self.repository, held)
            for member in layout.members(self.store, history.tree_of(self.store, held.tip))
            if member.address.startswith(prefix)
        ]
        if not elsewhere:
            raise self._no_node(text, prefix)
        address = pick("node", text, sorted({member.address for _, member in elsewhere}))
        held = next(held for held, member in elsewhere if member.address == address)
        self._copy(held, address)
        return address

    def _no_node(self, text: str, prefix: str) -> MnemoError:
        if len(prefix) == self.store.width and self.store.exists(prefix):
            why = "is an object of this repository, but a node of no session, archive or project."
        else:
            why = "is no node of any session, any archive or the project."
        return MnemoError("not-found", f"{text} {why}", "git mnemo chains")

    def _copy(self, held: Session, wanted: str) -> None:
        """Bring a node of another store here, closed over its inputs as it is there."""
        root = history.tree_of(self.store, held.tip)
        there: dict[str, list[Member]] = {}
        chains: dict[str, list[Entry]] = {}
        for member in layout.members(self.store, root):
            there.setdefault(member.address, []).append(member)
            chains.setdefault(member.chain, []).append(Entry(member.position, member.address))
        waiting, brought = [wanted], set[Member]()
        while waiting:
            address = waiting.pop()
            if self.view.has(address) or address in self.purged or address not in there:
                continue
            for member in self._with_bookkeeping(there[address][0], chains):
                if member in brought or self._stands_here(member):
                    continue
                brought.add(member)
                found = layout.node_at(self.store, member.address)
                waiting += found.inputs if found is not None else ()
        self._copied |= brought
        told = told_by(self.store, held.tip, brought)
        for member in sorted(brought):
            line = told.get(member)
            self.put(member, *((line.told.at, line.told.agent) if line else (None, None)))

    def _stands_here(self, member: Member) -> bool:
        """Whether the entry need not be copied. A session holds the title of each of its chains,
        even where the project has it, too."""
        known = self.place(member.chain, member.address) is not None
        return known and (member.position > 0 or member.address in self._own[member.chain])

    def _with_bookkeeping(self, member: Member, chains: dict[str, list[Entry]]) -> Iterable[Member]:
        """The entry, its chain's title, and that chain's stash and resume nodes."""
        yield member
        for entry in chains[member.chain]:
            found = layout.node_at(self.store, entry.address)
            if entry.position == 0 or (found is not None and found.type in (STASH, RESUME)):
                yield Member(member.chain, *entry)

    # -- committing ----------------------------------------------------------------------------

    def commit(self, verb: str, reason: str = "") -> str | None:
        """Move the session's ref to hold all that was added; the new tip, None for nothing.

        Raises `RefMoved` when the session went on meanwhile: then nothing of this is known.
        """
        if not self.added:
            return None
        tip, root = self.tip, self.root
        for start in range(0, len(self.added), MAX_NODES):
            part = self.added[start : start + MAX_NODES]
            root = layout.add(self.store, root, (told.member for told in part))
            assert root is not None  # something was added
            tip = history.write(self.store, root, tip, self._message(verb, part, tip), self.stamp)
        name = refs.session_ref(self.session)
        # Before the ref, so that no hook overlooks it; and after, because whoever archived the
        # last session meanwhile may have taken the mark and not seen this one yet.
        marks.put(self.repository, marks.LIVE)
        self.store.update_refs([RefUpdate(name, self.tip, tip)], reason or f"mnemo: {verb}")
        marks.put(self.repository, marks.LIVE)
        return tip

    def _message(self, verb: str, part: list[Told], parent: str | None) -> str:
        claimed = (member for member in self._claimed(part) if member.position)
        first = next(claimed, part[0].member)
        found = layout.node_at(self.store, first.address)
        return compose(
            verb,
            first.chain,
            found.text if found is not None else "",
            session=self.session,
            nodes=part,
            base=self.project_tip if parent is None else None,
            head=self.stamp.head,
        )


def last_chain(store: Store, tip: str | None, holds: Callable[[Member], bool]) -> str | None:
    """The chain that the newest `claim` commit of a session ended in.

    Lines that name what the session's tree does not hold are passed over.
    """
    for _, commit in history.walk(store, tip):
        said = history.message_of(commit)
        if said.verb == "claim":
            for told in reversed(said.nodes):
                if holds(told.member):
                    return told.member.chain
    return None


def into_session(
    repository: Repository, stamp: Stamp, wanted: str | None, verb: str, act: Callable[[Writing], T]
) -> tuple[T, str | None]:
    """What `act` answers for the session meant by `wanted`, and the commit of what it added.

    Starts over from the session's new tip as often as another process moves it meanwhile.
    """
    for _ in range(TRIES):
        current = session.current(repository, wanted, stamp.now)
        if current is None:
            current = session.begin(repository, stamp.now)
        writing = Writing(repository, current.id, stamp)
        if current.drawn and writing.tip is not None:
            continue  # someone else has the id that this process drew: draw again
        answer = act(writing)
        try:
            return answer, writing.commit(verb)
        except RefMoved:
            continue
    raise RefMoved(refs.session_ref(wanted) if wanted else refs.SESSIONS)
