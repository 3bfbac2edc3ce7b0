"""The store over libgit2, for repositories that it can open (SHA-1 objects, refs in files).

Only pygit2's compiled part is loaded: its package spends 60 ms on enums and ssl that no claim
needs. Which of its calls keep their promises is in docs/decisions/0002-moving-refs.md.
"""

from __future__ import annotations

import os
import sys
import time

from git_mnemo.errors import MissingObject, MnemoError, RefMoved
from git_mnemo.refs import PROJECT, RefUpdate
from git_mnemo.store import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import ModuleType
    from typing import Any

PATIENCE = 10.0
"""Seconds to wait for locks that other processes hold before giving up."""

REMEMBERED = 32 * 1024 * 1024
"""Bytes of objects that are kept in memory."""

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


class Read:
    """Objects that were read, by id, for as long as memory allows. Several stores may share one.

    What an id names never changes; whether it is still here is never asked of this.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, bytes]] = {}
        self._size = 0

    def get(self, oid: str) -> tuple[str, bytes] | None:
        """Kind and bytes, if they are known."""
        return self._known.get(oid)

    def keep(self, oid: str, content: tuple[str, bytes]) -> None:
        """Know this object from now on."""
        if self._size > REMEMBERED:
            self._known.clear()
            self._size = 0
        self._known[oid] = content
        self._size += len(content[1])


class Libgit2Store:
    """The objects and refs of the repository at `git_dir`; see `Store` for the promises."""

    width = 40

    def __init__(
        self, git_dir: str, common_dir: str, *, durable: bool = False, read: Read | None = None
    ) -> None:
        self._library = load()
        keep_memory()
        if durable:
            import pygit2

            pygit2.settings.enable_fsync_gitdir(True)
        self._git_dir = git_dir
        self._common_dir = common_dir
        try:
            backend = self._library.init_file_backend(git_dir, 1)  # 1: open this, do not search
            self._repository: Any = self._library.Repository(backend)
        except self._library.GitError as error:
            raise MnemoError(
                "refused", f"libgit2 cannot open this repository: {error}.", fatal=True
            ) from None
        self._objects = self._repository.odb
        self._written: dict[str, tuple[str, bytes]] = {}
        self._read = Read() if read is None else read
        self._cruft: bool | None = None

    # -- objects -------------------------------------------------------------------------------

    def address(self, blob: bytes) -> str:
        return str(self._library.hash(blob))

    def exists(self, oid: str) -> bool:
        # What was written here stands, even if a gc takes it away before a ref holds it.
        return oid in self._written or bool(self._objects.exists(oid))

    def read(self, oid: str) -> tuple[str, bytes]:
        # What an id names never changes, and one claim asks for the same folders many times.
        known = self._read.get(oid)
        if known is None:
            known = self._read_stored(oid)
            self._read.keep(oid, known)
        return known

    def _read_stored(self, oid: str) -> tuple[str, bytes]:
        try:
            found = self._repository.git_object_lookup_prefix(oid)
        except (ValueError, self._library.GitError) as error:
            raise MnemoError(
                "corrupt", f"object {oid} cannot be read: {error}.", "git fsck"
            ) from None
        if found is None:
            raise MissingObject(oid)
        return found.type_str, found.read_raw()

    def sizes(self, oids: Iterable[str]) -> dict[str, tuple[str, int]]:
        wanted = list(oids)
        if not wanted:
            return {}
        listed = self._git(
            ["cat-file", "--batch-check"], "".join(f"{o}\n" for o in wanted).encode()
        )
        found: dict[str, tuple[str, int]] = {}
        for line in listed.out.decode().splitlines():
            oid, kind, *size = line.split(" ")
            if kind == "missing" or not size:
                raise MissingObject(oid)
            found[oid] = kind, int(size[0])
        return found

    def write(self, kind: str, data: bytes) -> str:
        oid = self._write(kind, data)
        if self._has_cruft() and self._stands_only_packed(oid):
            self._write_loose(kind, data)
        self._written[oid] = (kind, data)
        self._read.keep(oid, (kind, data))
        return oid

    def _write(self, kind: str, data: bytes) -> str:
        # A gc may take the empty folder away that the object was just about to go to.
        for left in range(5, -1, -1):
            try:
                return str(self._objects.write(_KINDS[kind], data))
            except (OSError, self._library.GitError) as error:
                if not left:
                    raise _cannot_write(error) from None
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
            raise _cannot_write(done.err)

    def descends(self, new: str, old: str) -> bool:
        self._write_missing()  # no ref holds a new commit yet, and a gc may have been by
        try:
            return bool(self._repository.descendant_of(new, old))
        except (KeyError, ValueError, self._library.GitError) as error:
            raise MnemoError("corrupt", f"{new} cannot be walked: {error}.", "git fsck") from None

    def commits_between(self, known: str | None, tip: str) -> list[str]:
        hidden = [f"^{known}"] if known is not None else []
        listed = self._git(["rev-list", "--topo-order", "--reverse", tip, *hidden, "--"])
        if listed.code:
            raise MnemoError("corrupt", f"{tip} cannot be walked: {listed.err}", "git fsck")
        return listed.out.decode().split()

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
        listed = self._git(["for-each-ref", "--format=%(objectname) %(refname)", prefix])
        if listed.code:
            raise MnemoError("corrupt", f"refs cannot be listed: {listed.err}", "git fsck")
        # Not splitlines: a ref's name may hold what Python takes for the end of a line.
        lines = listed.out.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n")
        return {name: oid for oid, _, name in (line.partition(" ") for line in lines if line)}

    def update_refs(self, plan: Sequence[RefUpdate], reason: str) -> None:
        deadline = time.monotonic() + PATIENCE
        unexplained = 0
        while (failure := self._attempt(plan, reason)) is not None:
            for update in plan:
                if self.ref(update.name) != update.old:
                    raise RefMoved(update.name)
            self._write_missing()  # no ref moves to an object that a gc removed
            # Without a lock in sight, either one was just released or the disk says no.
            lock = self._lock_in_the_way(plan)
            unexplained += lock is None
            abandoned = lock is not None and _age(lock) > PATIENCE
            if abandoned or time.monotonic() > deadline or unexplained > 5:
                raise _cannot_move(plan[0].name, failure, lock)
            pause()
        self._write_missing()
        self._written.clear()
        self._cruft = None

    def _attempt(self, plan: Sequence[RefUpdate], reason: str) -> str | None:
        """Try once. None when all moved; else nothing moved, and this is what git said."""
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

    def _transact(self, plan: Sequence[RefUpdate], reason: str) -> str | None:
        """Move several refs, create or delete: git's own transaction creates before it deletes.

        Without `commit` git does nothing: so a plan that is cut short, because this process died
        while it wrote it, is no plan.
        """
        zero = "0" * self.width
        lines = (
            f"verify {update.name}\0{update.old or zero}\0"
            if update.old == update.new
            else f"update {update.name}\0{update.new or zero}\0{update.old or zero}\0"
            for update in plan
        )
        logged = any(update.name == PROJECT for update in plan)
        done = self._git(
            ["update-ref", *(["--create-reflog"] if logged else []), "-m", reason, "--stdin", "-z"],
            "".join(("start\0", *lines, "commit\0")).encode(),
        )
        if done.code < 0 and all(self.ref(update.name) == update.new for update in plan):
            return None  # git was killed when it had done its work
        return (done.err.splitlines() or ["git update-ref failed"])[0] if done.code else None

    def _lock_in_the_way(self, plan: Sequence[RefUpdate]) -> str | None:
        names = [*(update.name for update in plan), "packed-refs"]
        locks = (os.path.join(self._common_dir, name + ".lock") for name in names)
        return next((lock for lock in locks if os.path.exists(lock)), None)

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

    def _git(self, arguments: list[str], stdin: bytes = b"") -> git.Ran:
        return git.run(
            ["-c", "core.hooksPath=" + os.devnull, *arguments],
            env=git.environment(self._git_dir),
            stdin=stdin,
        )


def _age(path: str) -> float:
    """Seconds since the file was made; 0 when it has gone meanwhile."""
    try:
        return time.time() - os.path.getmtime(path)
    except OSError:
        return 0


def pause() -> None:
    """Wait up to 20 ms, differently in every process, so that racing writers part."""
    time.sleep(os.urandom(1)[0] / 255 * 0.02)


def _cannot_write(error: object) -> MnemoError:
    return MnemoError(
        "refused", f"the repository cannot be written: {error}.", "df .git", fatal=True
    )


def _cannot_move(name: str, failure: str, lock: str | None) -> MnemoError:
    if lock is not None:
        return MnemoError(
            "conflict",
            f"{name} could not be moved: {lock} is held by another process, or left by a dead one.",
            f"rm '{lock}', once no git process runs here",
            fatal=True,
        )
    return MnemoError("refused", f"{name} could not be moved: {failure}", "git fsck", fatal=True)
