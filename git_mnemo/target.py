"""The target of an import: the project, and the session where it goes to one, as they stand now."""

from collections.abc import Container

from git_mnemo import chain, refs
from git_mnemo.chain import Entry
from git_mnemo.index import Index
from git_mnemo.refs import PROJECT
from git_mnemo.store import history, layout
from git_mnemo.store.interface import Store


class Target:
    """What an import adds to: the project, and the session where it goes to one."""

    def __init__(self, store: Store, index: Index, session: str | None, tip: str | None) -> None:
        self._store = store
        self._index = index
        self.session = session
        self.project_tip = index.tip
        self.ref = refs.session_ref(session) if session is not None else PROJECT
        self.tip = tip if session is not None else index.tip
        self._project_root = history.tree_of(store, index.tip)
        self._root = history.tree_of(store, tip)
        self.purged = layout.purged(store, self._project_root) | layout.purged(store, self._root)
        self._own: dict[str, list[tuple[str, Entry]]] | None = None
        self.empty = self._project_root is None and self._root is None

    def entries(self, chain_id: str) -> list[Entry]:
        """The chain as it stands in project and session."""
        if self.empty:
            return []
        shared = layout.entries(self._store, self._project_root, chain_id)
        own = layout.entries(self._store, self._root, chain_id)
        return chain.ordered([*shared, *own])

    def lacks_title(self, chain_id: str, title: str) -> bool:
        """Whether the title has to come along with what the chain gets."""
        root = self._root if self.session is not None else self._project_root
        return Entry(0, title) not in layout.entries(self._store, root, chain_id)

    def has(self, address: str) -> bool:
        """Whether the node stands there."""
        return self._index.has(address) or address in self._places()

    def titled(self, title: str, others: Container[str] = ()) -> str | None:
        """The first chain there that this title opens; one of the `others` only if all are."""
        shared = [one.chain for one in self._index.places(title) if one.position == 0]
        own = [id_ for id_, entry in self._places().get(title, ()) if entry.position == 0]
        return min([*shared, *own], key=lambda id_: (id_ in others, id_), default=None)

    def chains_from(self, prefix: str) -> list[str]:
        """The chains there whose id, or the hash part of it, begins so."""
        known = {id_ for places in self._places().values() for id_, _ in places}
        if prefix.startswith("ch_"):
            known |= set(self._index.chain_ids())
            return sorted(id_ for id_ in known if id_.startswith(prefix))
        own = (id_ for id_ in known if id_[12:].startswith(prefix))
        return sorted({*own, *self._index.chains_from(prefix)}) if len(prefix) <= 16 else []

    def addresses_from(self, prefix: str) -> list[str]:
        """The nodes there whose address begins so."""
        own = (address for address in self._places() if address.startswith(prefix))
        return [*own, *self._index.addresses_from(prefix)]

    def _places(self) -> dict[str, list[tuple[str, Entry]]]:
        if self._own is None:
            self._own = {}
            for member in layout.members(self._store, self._root):
                place = member.chain, Entry(member.position, member.address)
                self._own.setdefault(member.address, []).append(place)
        return self._own
