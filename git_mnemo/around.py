"""What the user is working on, as git tells: branch, changed files, the last commits.

The git processes are started as soon as it is known that they are needed, and read when they are.
One that takes too long, in a very large work tree, is done without.
"""

from __future__ import annotations

from git_mnemo.record import NamedTuple
from git_mnemo.store import bounded, git, reffiles

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

_STATUS = [
    "status", "--porcelain=v2", "--branch", "-z", "--untracked-files=no",
    "--ignore-submodules=all", "--no-renames",
]  # fmt: skip
_LOG = [
    "log", f"-n{COMMITS}", "--first-parent", "-m", "--name-only", "-z", "--no-renames",
    "--no-ext-diff", "--no-show-signature", "--format=%x01%H%x02%s%x02",
]  # fmt: skip


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
    """What is being worked on in that repository, as git is asked for it."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._log: git.Started | None = None
        self._status: git.Started | None = None

    def commits(self) -> None:
        """Ask for the last commits now, for `around` to have them."""
        self._log = self._log or self._start(_LOG)

    def changes(self) -> None:
        """Ask for the changed files now. Without this, `around` knows of none: in a large work
        tree they are what takes long."""
        self._status = self._status or self._start(_STATUS)

    def around(self, deadline: float) -> Around:
        """What git tells until the deadline, a moment of `time.monotonic`."""
        started = (self._status, self._log)
        status, log = (_out(one, deadline) if one is not None else b"" for one in started)
        branch, changed = _status(status)
        if self._status is None:
            branch = reffiles.branch(self._repository.git_dir)
        return Around(branch, changed, _log(log))

    def _start(self, arguments: Sequence[str]) -> git.Started:
        place = self._repository.top or self._repository.git_dir
        return self._repository.start_git("-C", place, *arguments)


def _out(started: git.Started, deadline: float) -> bytes:
    done = bounded.finish_by(started, deadline)
    return done.out if done is not None and not done.code else b""


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
