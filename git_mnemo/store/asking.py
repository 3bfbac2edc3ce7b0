"""What every store asks of the git program: to list, to walk, and to move refs, all or none."""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod

from git_mnemo.errors import WRITABLE, MnemoError, RefMoved
from git_mnemo.refs import PROJECT, RefUpdate
from git_mnemo.store import git
from git_mnemo.store.catfile import Asked, reading
from git_mnemo.store.known import Known

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TypeVar

    T = TypeVar("T")

PATIENCE = 10.0
"""Seconds to wait for locks that other processes hold before giving up."""

SHARED_LOCKS = ("packed-refs", os.path.join("reftable", "tables.list"))
"""The files, in the common directory, whose `.lock` stands in the way of more than one ref."""


class Asking(ABC):
    """The part of a store that is the same whichever way it reads and writes objects.

    `written` are the objects of the ref move to come: they must be there when it is done.
    """

    def __init__(self, git_dir: str, common_dir: str, width: int, read: Known | None) -> None:
        self.width = width
        self.patience: float | None = None
        self._git_dir = git_dir
        self._common_dir = common_dir
        self._written: dict[str, tuple[str, bytes]] = {}
        self._read = Known() if read is None else read
        self._heads = Asked(git_dir)

    # -- for those that read and write objects -------------------------------------------------

    @abstractmethod
    def ref(self, name: str) -> str | None:
        """As of `Store`."""

    @abstractmethod
    def _read_stored(self, oid: str) -> tuple[str, bytes]:
        """Kind and bytes of an object that is not known yet. Raises `MissingObject`."""

    @abstractmethod
    def _write_missing(self) -> None:
        """Have all objects of the move to come in the repository, those gone again too."""

    def _moved(self) -> None:
        """The refs have moved, and what was written is held by them."""
        self._written.clear()

    def read(self, oid: str) -> tuple[str, bytes]:
        """As of `Store`."""
        # What an id names never changes, and one claim asks for the same folders many times.
        known = self._read.get(oid)
        if known is None:
            known = self._read_stored(oid)
            self._read.keep({oid: known})
        return known

    def ahead(self, wanted: Iterable[tuple[T, Sequence[str]]]) -> Iterator[T]:
        """As of `Store`."""
        # Only what reads many objects pays for loading this.
        from git_mnemo.store.ahead import read_ahead

        return read_ahead(self._git_dir, self._read, wanted)

    def additions(
        self, commits: Iterable[tuple[str, T, int]]
    ) -> Iterator[tuple[str, T, dict[bytes, bytes] | None]]:
        """As of `Store`."""
        from git_mnemo.store.ahead import added_ahead

        return added_ahead(self._git_dir, commits)

    @abstractmethod
    def flush(self) -> None:
        """As of `Store`."""

    # -- asking git ----------------------------------------------------------------------------

    def sizes(self, oids: Iterable[str]) -> dict[str, tuple[str, int]]:
        return self._heads.sizes(oids)

    def commits_between(self, known: str | None, tip: str) -> list[str]:
        hidden = [f"^{known}"] if known is not None else []
        how = ["rev-list", "--topo-order", "--reverse"]
        listed = self._git([*git.SPARINGLY, *how, tip, *hidden, "--"])
        if listed.code < 0:  # which says nothing of the history
            raise MnemoError("refused", "git was killed.", "git mnemo doctor", fatal=True)
        if listed.code:
            raise MnemoError("corrupt", f"{tip} cannot be walked: {listed.said}", "git fsck")
        return listed.out.decode().split()

    def refs(self, prefix: str) -> dict[str, str]:
        listed = self._git(["for-each-ref", "--format=%(objectname) %(refname)", prefix])
        if listed.code:
            raise MnemoError("corrupt", f"refs cannot be listed: {listed.said}", "git fsck")
        # Not splitlines: a ref's name may hold what Python takes for the end of a line.
        lines = listed.out.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n")
        return {name: oid for oid, _, name in (line.partition(" ") for line in lines if line)}

    def update_refs(self, plan: Sequence[RefUpdate], reason: str) -> None:
        deadline = time.monotonic() + (PATIENCE if self.patience is None else self.patience)
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
                raise self._cannot_move(plan[0].name, failure, lock)
            pause()
        self._write_missing()
        self._moved()

    def _attempt(self, plan: Sequence[RefUpdate], reason: str) -> str | None:
        """Try once. None when all moved; else nothing moved, and this is what git said."""
        return self._transact(plan, reason)

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
        names = [*(update.name for update in plan), *SHARED_LOCKS]
        locks = (os.path.join(self._common_dir, name + ".lock") for name in names)
        return next((lock for lock in locks if os.path.exists(lock)), None)

    def _cannot_move(self, name: str, failure: str, lock: str | None) -> MnemoError:
        if lock is not None:
            return MnemoError(
                "conflict",
                f"{name} could not be moved: {lock} is held by another process, or left by a dead"
                " one.",
                f"rm '{lock}', once no git process runs here",
                fatal=True,
            )
        hint = "git fsck" if self._can_write(name) else WRITABLE
        return MnemoError("refused", f"{name} could not be moved: {failure}", hint, fatal=True)

    def _can_write(self, name: str) -> bool:
        """Whether the folders that a ref is written to can be, and the disk has room."""
        folders = [self._common_dir]
        for folder in ("refs", *os.path.dirname(name).split("/")[1:]):
            folders.append(os.path.join(folders[-1], folder))
        disk = os.statvfs(self._common_dir)
        there = filter(os.path.isdir, folders)
        return disk.f_bavail > 0 and all(os.access(one, os.W_OK | os.X_OK) for one in there)

    def _git(self, arguments: list[str], stdin: bytes = b"") -> git.Ran:
        return git.run(
            ["-c", "core.hooksPath=" + os.devnull, *arguments],
            env=reading(self._git_dir),
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


def cannot_write(error: object) -> MnemoError:
    """The error for a disk that is full, or a repository that may not be written."""
    return MnemoError(
        "refused", f"the repository cannot be written: {error}.", WRITABLE, fatal=True
    )
