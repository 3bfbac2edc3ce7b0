"""Loose refs: ours that are a file each. Git opens every one of them, twice for each fetch of the
user's, and reads them in one go once they stand in its `packed-refs`.
"""

from __future__ import annotations

import os

from git_mnemo import refs
from git_mnemo.errors import MnemoError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_mnemo.repository import Repository

MANY = 100
"""From so many loose refs of ours on it is worth writing them together."""

_OURS = (refs.ROOT, refs.TRACKING)
_WRONG_USAGE = 129


def pack(repository: Repository) -> bool:
    """Let git pack our refs where many are loose; whether it did.

    No ref moves, and nothing depends on it: where git cannot, a later command tries again. A git
    older than 2.42 packs either all refs or only tags: then all, as each `git gc` does.
    `gc.packRefs=false` is heeded.
    """
    if not _are_many(repository):
        return False
    try:
        if repository.git("config", "--type=bool", "gc.packRefs").out.strip() == b"false":
            return False
        ours = [f"--include={root}*" for root in _OURS]
        done = repository.git("pack-refs", *ours)
        if done.code == _WRONG_USAGE:
            done = repository.git("pack-refs", "--all")
    except MnemoError:  # git was killed
        return False
    return done.code == 0


def _are_many(repository: Repository) -> bool:
    found = _loose(repository)
    return all(next(found, None) is not None for _ in range(MANY))


def _loose(repository: Repository) -> Iterator[str]:
    """The files of our loose refs; nothing where refs stand in a table."""
    for root in _OURS:
        for folder, _, names in os.walk(os.path.join(repository.common_dir, *root.split("/"))):
            yield from (os.path.join(folder, name) for name in names)
