"""Git's lists of rewritten commits, as the shell put them aside for whoever catches up first.

The shim writes one file for each rewrite into a folder that all worktrees share: a line that names
the worktree, git's own lines `<old> <new>`, and a last line that says the list is whole. What is
not whole after a while never will be, and counts for nothing: the reflogs tell most of it, too.
"""

from __future__ import annotations

import os
import time

from git_mnemo.marks import REWRITTEN
from git_mnemo.record import NamedTuple
from git_mnemo.store import lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from git_mnemo.repository import Repository

_LOCK = "following.lock"
_BEGIN, _END = "rewritten 1 ", "end"
_HEX = "0123456789abcdef"
_YOUNG = 10
"""Seconds for which a list that is not whole may be one that is being written."""


class List(NamedTuple):
    """One file: the worktree it came from (its git directory; None where that cannot be told), and
    the lists in it, oldest first, each a map of old commits to new ones."""

    path: str
    git_dir: str | None
    rewrites: list[dict[str, str]]


def waiting(repository: Repository) -> list[List]:
    """The lists that nobody went by yet, of all worktrees, oldest first."""
    found = []
    try:
        with os.scandir(_folder(repository)) as entries:
            for entry in entries:
                found.append((entry.stat().st_mtime_ns, entry.path))
    except OSError:
        return []
    lists = (_read(repository, path, at / 1e9) for at, path in sorted(found))
    return [one for one in lists if one is not None]


def drop(one: List) -> None:
    """Take away a list that was gone by."""
    _remove(one.path)


def turn(repository: Repository, patience: float) -> lock.Held:
    """The lock of those who catch up, for a `with`; after so many seconds they go on without."""
    return lock.Held(os.path.join(repository.shared_state, _LOCK), patience)


def forget(repository: Repository) -> None:
    """Take away all lists, and the lock."""
    folder = _folder(repository)
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        _remove(os.path.join(folder, name))
    _remove(os.path.join(repository.shared_state, _LOCK))
    try:
        os.rmdir(folder)
    except OSError:
        return


def _remove(path: str) -> None:
    try:
        os.remove(path)
    except OSError:
        return


def _read(repository: Repository, path: str, written: float) -> List | None:
    """The list at a path; None for one that is being written, or that went meanwhile."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().split("\n")
    except OSError:
        return None
    if lines[-2:] != [_END, ""] and 0 <= time.time() - written < _YOUNG:
        return None
    git_dir, rewrites, pairs = None, [], dict[str, str]()
    for line in lines:
        if line.startswith(_BEGIN):
            git_dir, pairs = _place(repository, line.removeprefix(_BEGIN)), {}
        elif line == _END:
            rewrites.append(pairs)
        elif (pair := pair_in(line)) is not None:
            pairs[pair[0]] = pair[1]
    return List(path, git_dir, rewrites)


def pair_in(line: str) -> tuple[str, str] | None:
    """The old and the new commit of a line of git's list; None where it says none."""
    ids = line.split()[:2]
    if len(ids) < 2 or any(len(one) not in (40, 64) or one.strip(_HEX) for one in ids):
        return None
    return ids[0], ids[1]


def _place(repository: Repository, where: str) -> str | None:
    """The git directory of a worktree: `.` is the main one, else a name among the linked."""
    if where == ".":
        return repository.common_dir
    path = os.path.join(repository.common_dir, "worktrees", where)
    return path if "/" not in where and os.path.isdir(path) else None


def _folder(repository: Repository) -> str:
    return os.path.join(repository.shared_state, REWRITTEN)
