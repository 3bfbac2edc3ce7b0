"""Notes of what this clone did to refs and no ref tells any more: pruned archives, restored ones.

One line each, `<ref> <tip> <unix time>`, appended in one write, so that two processes never mix.
"""

from __future__ import annotations

import os

from git_mnemo import moment
from git_mnemo.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from git_mnemo.repository import Repository

ARCHIVED = "archived"
PUSHED = "pushed"
PRUNED = "pruned"
RESTORED = "restored"


class Note(NamedTuple):
    """A ref that stood at `tip` until `at` (unix seconds)."""

    ref: str
    tip: str
    at: int


_NO_LINK: int = getattr(os, "O_NOFOLLOW", 0)  # not on Windows


def write(repository: Repository, kind: str, notes: Iterable[Note]) -> None:
    """Append notes of one kind, on disk before this returns."""
    lines = "".join(f"{note.ref} {note.tip} {note.at}\n" for note in notes).encode()
    if not lines:
        return
    os.makedirs(repository.shared_state, exist_ok=True)
    path = os.path.join(repository.shared_state, kind)
    if os.path.islink(path):  # never ours, and it may lead anywhere
        os.remove(path)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _NO_LINK, 0o666)
    try:
        if _ends_cut_short(descriptor):
            lines = b"\n" + lines
        while lines:  # a disk that is nearly full takes a part
            lines = lines[os.write(descriptor, lines) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def keep(repository: Repository, kind: str, wanted: Callable[[Note], bool]) -> None:
    """Drop the notes of one kind that are not wanted any more."""
    known = read(repository, kind)
    kept = [note for note in known if wanted(note)]
    if len(kept) == len(known):
        return
    path = os.path.join(repository.shared_state, kind)
    os.replace(path, f"{path}.{os.getpid()}")
    os.remove(f"{path}.{os.getpid()}")
    write(repository, kind, kept)


def _ends_cut_short(descriptor: int) -> bool:
    """Whether the last line lacks its end: whoever wrote it died, or the disk was full."""
    if not os.lseek(descriptor, 0, os.SEEK_END):
        return False
    os.lseek(descriptor, -1, os.SEEK_END)
    return os.read(descriptor, 1) != b"\n"


def read(repository: Repository, kind: str) -> list[Note]:
    """All notes of one kind, oldest first; lines that are no notes are passed over."""
    try:
        with open(
            os.path.join(repository.shared_state, kind), encoding="utf-8", errors="replace"
        ) as file:
            fields = [line.split() for line in file]
    except FileNotFoundError:
        return []
    return [
        Note(field[0], field[1], int(field[2]))
        for field in fields
        if len(field) == 3 and moment.is_epoch(field[2])
    ]
