"""The session that a worktree goes on with: a line in a file of its own git directory.

It is written under a lock, so that two agents that start at the same moment in the same place share
one session.
"""

from __future__ import annotations

import os

from git_mnemo import refs
from git_mnemo.store import lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from git_mnemo.repository import Repository


def locked(repository: Repository) -> lock.Held:
    """The lock under which the line is read and written anew."""
    return lock.Held(os.path.join(repository.worktree_state, "session.lock"))


def read(repository: Repository) -> tuple[str, int] | None:
    """The worktree's session and when it was made current; None when there is none, or nonsense."""
    try:
        with open(_file(repository), "rb") as file:
            id_, _, at = file.read(100).decode("ascii", "replace").strip().partition(" ")
    except FileNotFoundError:
        return None
    if not refs.is_session(id_) or not at.isascii() or not at.isdigit():
        return None
    return id_, int(at)


def write(repository: Repository, id_: str, now: int) -> None:
    """Note the worktree's session; replaced in one move, so that nobody reads half a line."""
    draft = f"{_file(repository)}.{os.getpid()}"
    with open(draft, "wb") as file:
        file.write(f"{id_} {now}\n".encode("ascii"))
    os.replace(draft, _file(repository))


def make(repository: Repository, id_: str, now: int) -> None:
    """Let this worktree go on with that session."""
    with locked(repository):
        write(repository, id_, now)


def leave(repository: Repository, ended: set[str]) -> None:
    """Forget the worktree's session if it is one of these."""
    with locked(repository):
        state = read(repository)
        if state is not None and state[0] in ended:
            os.remove(_file(repository))


def _file(repository: Repository) -> str:
    return os.path.join(repository.worktree_state, "session")
