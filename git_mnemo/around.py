"""What the user is working on, as git tells: branch, changed files, the last commits.

The git processes are started before anything else is loaded and read when they are needed. One that
takes too long, in a very large work tree, is done without.
"""

from __future__ import annotations

import os

from git_mnemo import refs
from git_mnemo.record import NamedTuple
from git_mnemo.store import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from git_mnemo.repository import Repository

PATIENCE = 1.0
"""Seconds in which git has to tell."""
COMMITS = 10
"""How many of the last commits count."""
FILES = 200
"""How many files of each kind count."""

_SAFE = ["-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false"]
_STATUS = [
    "status", "--porcelain=v2", "--branch", "-z", "--untracked-files=no",
    "--ignore-submodules=all", "--no-renames",
]  # fmt: skip
_LOG = [
    "log", f"-n{COMMITS}", "--first-parent", "-m", "--name-only", "-z", "--no-renames",
    "--no-ext-diff", "--no-show-signature", "--format=%x01%H%x02%s%x02",
]  # fmt: skip
_REFS = ["for-each-ref", "--format=%(objectname) %(refname)"]


class Commit(NamedTuple):
    """One of the last commits: its id, subject, and the files it touched, from the top."""

    id: str
    subject: str
    files: tuple[str, ...]


class Around(NamedTuple):
    """What is being worked on; paths from the top of the work tree. What git did not tell in time
    is None or empty."""

    branch: str | None
    changed: tuple[str, ...]
    commits: tuple[Commit, ...]


class Asked:
    """Git processes under way, in that repository; else where the caller stands."""

    def __init__(self, refs_below: Sequence[str], repository: Repository | None) -> None:
        place: list[str] = []
        env = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_REPLACE_OBJECTS": "1"}
        if repository is not None:
            place = ["-C", repository.top or repository.git_dir]
            env = git.environment(repository.git_dir)
        self._refs = git.start([*place, *_SAFE, *_REFS, *refs_below], env=env)
        self._work: tuple[git.Started, git.Started] | None = None

    def start_work(self, repository: Repository) -> tuple[git.Started, git.Started]:
        """Ask what is being worked on: with the repository's settings known, for its own filters
        would be run by `git status`."""
        if self._work is None:
            place = "-C", repository.top or repository.git_dir
            status, log = (repository.start_git(*place, *asked) for asked in (_STATUS, _LOG))
            self._work = status, log
        return self._work

    def refs(self, deadline: float) -> dict[str, str] | None:
        """The refs that were asked for, by name; None where git did not tell."""
        told = git.finish_by(self._refs, deadline)
        if told is None or told.code:
            return None
        lines = told.out.decode("utf-8", "surrogateescape").split("\n")
        return {name: oid for oid, _, name in (line.partition(" ") for line in lines if line)}

    def around(self, repository: Repository, deadline: float) -> Around:
        """What is being worked on, asked now if it was not before."""
        started = self.start_work(repository)
        status, log = (git.finish_by(one, deadline) for one in started)
        branch, changed = _status(status.out if status is not None and not status.code else b"")
        commits = _log(log.out if log is not None and not log.code else b"")
        return Around(branch, changed, commits)


def ask(repository: Repository | None = None, *, work: bool) -> Asked:
    """Ask git for our project and sessions, and with `work` for the archive, too."""
    # The archive is looked at only where a session's id is drawn.
    below = [refs.PROJECT, refs.SESSIONS, *([refs.ARCHIVE] if work else [])]
    return Asked(below, repository)


def _status(out: bytes) -> tuple[str | None, tuple[str, ...]]:
    branch, changed = None, []
    for field in out.decode("utf-8", "surrogateescape").split("\0"):
        if field.startswith("# branch.head ") and field != "# branch.head (detached)":
            branch = field[14:]
        elif field[:2] in ("1 ", "u "):
            # One entry's path is the ninth field, a conflict's the eleventh; paths hold blanks.
            parts = field.split(" ", 8 if field[0] == "1" else 10)
            changed.append(parts[-1])
    return branch, tuple(changed[:FILES])


def _log(out: bytes) -> tuple[Commit, ...]:
    commits = []
    for record in out.decode("utf-8", "surrogateescape").split("\x01")[1:]:
        id_, _, rest = record.partition("\x02")
        subject, _, files = rest.partition("\x02")
        names = [name.strip("\n") for name in files.split("\0")]
        commits.append(Commit(id_, subject, tuple(filter(None, names))[:FILES]))
    return tuple(commits)
