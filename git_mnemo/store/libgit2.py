"""The store over libgit2, for repositories that it can open (SHA-1 objects, refs in files).

Only pygit2's compiled part is loaded: its package spends 60 ms on enums and ssl that no claim
needs. Which of its calls keep their promises is in docs/decisions/0002-moving-refs.md.
"""

from __future__ import annotations

import os
import sys

from git_mnemo.errors import MissingObject, MnemoError
from git_mnemo.refs import PROJECT, RefUpdate
from git_mnemo.store import reffiles
from git_mnemo.store.asking import Asking, cannot_write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType
    from typing import Any

    from git_mnemo.store.known import Known

MANY = 5000
"""Objects that are read before it is a command that reads all there are."""

_PART = 4 * 1024 * 1024

_KINDS = {"commit": 1, "tree": 2, "blob": 3}


def load() -> ModuleType:
    """pygit2's compiled module, without running its package's `__init__` where that is avoidable.

    The stand-in package is taken away again, so a later `import pygit2` works as always.
    """
    loaded = sys.modules.get("pygit2._pygit2")
    if loaded is not None:
        return loaded
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec("pygit2")
    if spec is None:
        raise MnemoError("refused", "pygit2 is not installed.", "pip install pygit2", fatal=True)
    package = sys.modules["pygit2"] = type(sys)("pygit2")
    package.__path__ = list(spec.submodule_search_locations or ())
    try:
        from pygit2 import _pygit2
    finally:
        del sys.modules["pygit2"]
    return _pygit2


def keep_memory() -> None:
    """Let glibc keep what is freed at the top of the heap.

    Each object written has libgit2 and zlib take half a megabyte there and give it back; glibc
    returns that to the system and faults it in again, which is two thirds of the time of a write.
    Freeing one large block raises the threshold from which it does so (mallopt(3)).
    """
    bytes(1 << 20)


class Libgit2Store(Asking):
    """The objects and refs of the repository at `git_dir`; see `Store` for the promises."""

    def __init__(
        self, git_dir: str, common_dir: str, *, durable: bool = False, read: Known | None = None
    ) -> None:
        super().__init__(git_dir, common_dir, 40, read)
        self._library = load()
        keep_memory()
        if durable:
            import pygit2

            pygit2.settings.enable_fsync_gitdir(True)
        self._repository: Any
        self._objects: Any
        self._open()
        self._cruft: bool | None = None
        self._reads = 0

    def _open(self) -> None:
        try:
            # 1: open this, do not search
            backend = self._library.init_file_backend(self._git_dir, 1)
            self._repository = self._library.Repository(backend)
        except self._library.GitError as error:
            raise MnemoError(
                "refused", f"libgit2 cannot open this repository: {error}.", fatal=True
            ) from None
        self._objects = self._repository.odb

    def _open_by_parts(self) -> None:
        """Open it once more, with packs mapped in parts: whole ones may be larger than memory."""
        import pygit2

        pygit2.settings.mwindow_size = _PART
        pygit2.settings.mwindow_mapped_limit = 4 * _PART
        pygit2.settings.enable_caching(False)  # what is read is kept by `Known` already
        self._repository = self._objects = None  # a pack stays mapped as long as it is open
        self._open()

    # -- objects -------------------------------------------------------------------------------

    def address(self, blob: bytes) -> str:
        return str(self._library.hash(blob))

    def exists(self, oid: str) -> bool:
        # What was written here stands, even if a gc takes it away before a ref holds it.
        return oid in self._written or bool(self._objects.exists(oid))

    def _read_stored(self, oid: str) -> tuple[str, bytes]:
        self._reads += 1
        if self._reads == MANY:
            self._open_by_parts()
        try:
            found = self._repository.git_object_lookup_prefix(oid)
        except (ValueError, self._library.GitError) as error:
            raise MnemoError(
                "corrupt", f"object {oid} cannot be read: {error}.", "git fsck"
            ) from None
        if found is None:
            raise MissingObject(oid)
        return found.type_str, found.read_raw()

    def write(self, kind: str, data: bytes) -> str:
        oid = self._write(kind, data)
        if self._has_cruft() and self._stands_only_packed(oid):
            self._write_loose(kind, data)
        self._written[oid] = (kind, data)
        self._read.keep({oid: (kind, data)})
        return oid

    def flush(self) -> None:
        """As of `Store`: each object is a file as soon as it is written."""

    def _write(self, kind: str, data: bytes) -> str:
        # A gc may take the empty folder away that the object was just about to go to.
        for left in range(5, -1, -1):
            try:
                return str(self._objects.write(_KINDS[kind], data))
            except (OSError, self._library.GitError) as error:
                if not left:
                    raise cannot_write(error) from None
        raise AssertionError("unreachable")

    def _stands_only_packed(self, oid: str) -> bool:
        return not os.path.exists(os.path.join(self._common_dir, "objects", oid[:2], oid[2:]))

    def _has_cruft(self) -> bool:
        """Whether git keeps unreachable objects in a pack here, which writing does not refresh.

        Looked at once for each move of refs; what comes in between, `_write_missing` finds.
        """
        if self._cruft is None:
            try:
                packs = os.listdir(os.path.join(self._common_dir, "objects", "pack"))
            except OSError:
                packs = []
            self._cruft = any(name.endswith(".mtimes") for name in packs)
        return self._cruft

    def _write_loose(self, kind: str, data: bytes) -> None:
        done = self._git(["hash-object", "-t", kind, "-w", "--stdin"], data)
        if done.code:
            raise cannot_write(done.err)

    def descends(self, new: str, old: str) -> bool:
        self._write_missing()  # no ref holds a new commit yet, and a gc may have been by
        try:
            return bool(self._repository.descendant_of(new, old))
        except (KeyError, ValueError, self._library.GitError) as error:
            raise MnemoError("corrupt", f"{new} cannot be walked: {error}.", "git fsck") from None

    # -- refs ----------------------------------------------------------------------------------

    def ref(self, name: str) -> str | None:
        try:
            target = self._repository.lookup_reference(name).resolve().target
        except KeyError:
            return None
        except (ValueError, self._library.GitError) as error:
            raise MnemoError("corrupt", f"{name} cannot be read: {error}.", "git fsck") from None
        return str(target)

    def refs(self, prefix: str) -> dict[str, str]:
        found = reffiles.below(self._common_dir, [prefix], self.width)
        return super().refs(prefix) if found is None else found

    def _attempt(self, plan: Sequence[RefUpdate], reason: str) -> str | None:
        if len(plan) == 1 and plan[0].old and plan[0].new and plan[0].name != PROJECT:
            return self._swap(plan[0], reason)
        return self._transact(plan, reason)

    def _swap(self, update: RefUpdate, reason: str) -> str | None:
        """Move one ref that exists. libgit2 compares with the value of the reference it is given,
        under the lock; so it must be the one that was looked at here, never a fresh one."""
        try:
            reference = self._repository.lookup_reference(update.name)
            if str(reference.target) != update.old:
                return "it moved"
            reference.set_target(update.new, reason)
        except (KeyError, OSError, ValueError, self._library.GitError) as error:
            return str(error)
        return None

    def _moved(self) -> None:
        super()._moved()
        self._cruft = None

    def _write_missing(self) -> None:
        """Write again what a gc removed between the write and the move of the ref.

        What is not loose is looked for with fresh eyes: libgit2 goes on reading a pack that it
        has open after a gc has deleted it.
        """
        unsure = [oid for oid in self._written if self._stands_only_packed(oid)]
        if unsure:
            now = self._library.Odb(os.path.join(self._common_dir, "objects"))
            for oid in unsure:
                if not now.exists(oid):
                    self._write_loose(*self._written[oid])
