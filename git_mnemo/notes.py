"""Notes of what this clone did to refs and no ref tells any more: pruned archives, restored ones.

One line each, `<ref> <tip> <unix time>`, appended in one write, so that two processes never mix.
"""

from __future__ import annotations

import os

from git_mnemo.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

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


def write(repository: Repository, kind: str, notes: Iterable[Note]) -> None:
    """Append notes of one kind, on disk before this returns."""
    lines = "".join(f"{note.ref} {note.tip} {note.at}\n" for note in notes)
    if not lines:
        return
    os.makedirs(repository.shared_state, exist_ok=True)
    path = os.path.join(repository.shared_state, kind)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        os.write(descriptor, lines.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
        if len(field) == 3 and field[2].isascii() and field[2].isdigit()
    ]
