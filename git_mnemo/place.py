"""Opening one repository again and again, for processes that live long and may have many threads.

Each opening has a store of its own, so threads do not meet, and no ref, pack or index that was seen
before is believed after a gc, a repack or a moved ref. Kept are the bytes of objects, which never
change, and git's configuration, for as long as its usual files stay as they are.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from typing import NamedTuple

from git_mnemo.repository import Repository, discover, shared_umask
from git_mnemo.store import libgit2

SETTINGS_AGE = 60
"""Seconds after which the configuration is read again all the same: it may include other files."""

_LOADING = threading.Lock()
_RIGHTS = threading.RLock()


class Place:
    """The repository that a folder is in; without a folder, that of the current one and GIT_DIR."""

    def __init__(self, folder: str | None) -> None:
        with _LOADING:  # it puts a stand-in among the modules for a moment
            libgit2.load()
        self._folder = folder
        self._known = _Known.of(discover(folder))

    @property
    def found(self) -> Repository:
        """The repository as it was found last: where it is. Not for use by more than one thread."""
        return self._known.repository

    @contextlib.contextmanager
    def opened(self) -> Iterator[Repository]:
        """The repository as it is now. What is made in it has the rights that git would give."""
        known = self._known
        if known.is_old():
            known = self._known = _Known.of(self._look(known.repository))
        repository = known.repository.again()
        with _rights(repository):
            yield repository

    def _look(self, known: Repository) -> Repository:
        """The repository with its configuration as it is now, wherever this process has gone."""
        if self._folder is not None:
            return discover(self._folder)
        now = discover(known.git_dir)
        return Repository(now.git_dir, now.common_dir, known.top, now.config)


class _Known(NamedTuple):
    """A repository, how the files of git's configuration stood when it was found, and when."""

    repository: Repository
    files: tuple[object, ...]
    at: float

    @classmethod
    def of(cls, repository: Repository) -> _Known:
        return cls(repository, _stamps(repository), time.monotonic())

    def is_old(self) -> bool:
        aged = time.monotonic() - self.at > SETTINGS_AGE
        return aged or _stamps(self.repository) != self.files


def _stamps(repository: Repository) -> tuple[object, ...]:
    """What changes when one of the usual files of git's configuration does."""
    home = os.path.expanduser("~")
    xdg = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    everybody = os.environ.get("GIT_CONFIG_GLOBAL")
    files = (
        os.path.join(repository.common_dir, "config"),
        os.path.join(repository.git_dir, "config.worktree"),
        *((everybody,) if everybody is not None else (
            os.path.join(home, ".gitconfig"), os.path.join(xdg, "git", "config"))),
        os.environ.get("GIT_CONFIG_SYSTEM") or "/etc/gitconfig",
    )  # fmt: skip
    return tuple(map(_stamp, files))


def _stamp(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


@contextlib.contextmanager
def _rights(repository: Repository) -> Iterator[None]:
    """Let new files have the rights that `core.sharedRepository` asks for.

    The umask belongs to the whole process, so where it is set at all, one call runs at a time.
    """
    if "core.sharedrepository" not in repository.config:
        yield
        return
    with _RIGHTS:
        inherited = os.umask(0o077)
        os.umask(shared_umask(repository.config, inherited))
        try:
            yield
        finally:
            os.umask(inherited)
