"""Where a node may have come from: the remote that the project is shared through, if it has it."""

from __future__ import annotations

from git_mnemo import refs
from git_mnemo.errors import MnemoError
from git_mnemo.store import history, layout, trees

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from git_mnemo.chain import Member
    from git_mnemo.repository import Repository


class Remote:
    """The shared remote's project, as it was last seen; nothing is fetched."""

    def __init__(self, repository: Repository) -> None:
        self._store = repository.store
        self._name = repository.config.get("mnemo.remote")
        self._root = self._seen(self._name) if self._name else None

    def having(self, places: Iterable[Member]) -> str | None:
        """The remote's name, where it has one of these entries and there is one; else None."""
        root = self._root
        if root is None:
            return None
        try:
            found = any(trees.find(self._store, root, layout.path_of(one)) for one in places)
        except MnemoError:  # what was fetched may have been refused, and be of any shape
            return None
        return self._name if found else None

    def _seen(self, name: str) -> str | None:
        tip = self._store.ref(refs.tracking(name, refs.PROJECT))
        if tip is None or not history.is_commit(self._store, tip):
            return None
        return history.tree_of(self._store, tip)
