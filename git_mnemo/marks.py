"""Marks: empty files in the clone's state that say, for one look at the disk, whether there is
anything to do. The shell shim reads them before Python starts, so they are names of a contract.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from git_mnemo.repository import Repository

LIVE = "live"
"""There may be a live session: made before a session's ref, taken away with the last of them."""

LINKED = "linked"
"""Commits of the code were linked here, so that a rewritten one may have links to carry on."""

SHARED = "shared"
"""The memory is shared through a remote, so that a push may have something to publish."""

FOLLOWED = "followed"
"""`init` was asked for hooks: what they missed is made up for by the next command."""

REWRITTEN = "rewritten"
"""A folder: git's lists of rewritten commits that nobody went by yet."""


def put(repository: Repository, mark: str) -> None:
    """Make the mark. Where the state cannot be written there are no hooks that would read it."""
    path = _path(repository, mark)
    if os.path.exists(path):
        return
    try:
        os.makedirs(repository.shared_state, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o666))
    except OSError:
        return


def take(repository: Repository, mark: str) -> None:
    """Remove the mark, if it is there."""
    try:
        os.remove(_path(repository, mark))
    except OSError:
        return


def stands(repository: Repository, mark: str) -> bool:
    """Whether the mark is there."""
    return os.path.exists(_path(repository, mark))


def has_lists(repository: Repository) -> bool:
    """Whether there may be lists of rewritten commits that nobody went by yet."""
    try:
        return bool(os.listdir(_path(repository, REWRITTEN)))
    except OSError:
        return False


def _path(repository: Repository, mark: str) -> str:
    return os.path.join(repository.shared_state, mark)
