"""Blame: the commits that lines, files and names of commits stand for, as git tells them."""

from __future__ import annotations

from git_mnemo import files, moment
from git_mnemo.record import NamedTuple
from git_mnemo.repository import answered
from git_mnemo.store import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from git_mnemo.repository import Repository

MOST_COMMITS = 50
"""Commits asked of the history of a file."""

_HEX = "0123456789abcdef"
_SESSION = "Mnemo-Session: "
_FORMAT, _FIELDS = "%H%x00%at%x00%an%x00%s%x00%B", 5


class Told(NamedTuple):
    """What a commit of the code says: its subject, its author, its time in unix seconds, and the
    sessions that its trailers name. The first two are its author's words, and may be anything."""

    commit: str
    subject: str
    author: str
    at: int
    sessions: tuple[str, ...]


def start(repository: Repository, path: str, first: int, last: int) -> git.Started:
    """Ask git which commits last changed these lines, and do not wait for it.

    Of the file as it is in the work tree, in a bare repository at HEAD.
    """
    rev = ["HEAD"] if repository.top is None else []
    return repository.start_git(
        *git.at_top(repository.top),
        "blame",
        "--porcelain",
        "--no-textconv",
        "-L",
        f"{first},{last}",
        *rev,
        "--",
        path,
    )


def finish(started: git.Started) -> list[str] | None:
    """The commits that `start` asked for, in the order of the lines; none for lines that are not
    committed, None where git knows no such lines."""
    ran = answered(git.finish(started))
    if ran.code:
        return None
    first_words = (line.split(b" ", 1)[0].decode("latin-1") for line in ran.out.split(b"\n"))
    found = [word for word in first_words if len(word) in (40, 64) and not word.strip(_HEX)]
    return [commit for commit in dict.fromkeys(found) if commit.strip("0")]


def touched(repository: Repository, path: str) -> list[str]:
    """The commits that changed a file, newest first, also under its older names."""
    listed = files.git(
        repository, "log", "--no-show-signature", "--follow", f"--max-count={MOST_COMMITS}",
        "--format=%H", "--", path,
    )  # fmt: skip
    return listed.split()


def told(repository: Repository, commits: Iterable[str]) -> list[Told]:
    """What these commits say, in their order."""
    asked = list(commits)
    if not asked:
        return []
    ran = repository.git(
        "log", "--no-walk=unsorted", "--no-show-signature", "--encoding=UTF-8", "-z", "--stdin",
        f"--format={_FORMAT}", stdin="".join(f"{commit}\n" for commit in asked).encode(),
    )  # fmt: skip
    fields = ran.out.decode("utf-8", "replace").split("\0")
    rows = (fields[at : at + _FIELDS] for at in range(0, len(fields) - _FIELDS + 1, _FIELDS))
    return [_told(*row) for row in rows]


def _told(commit: str, at: str, author: str, subject: str, message: str) -> Told:
    # Everywhere, and not only in the last paragraph: a squash puts whole messages in a row.
    lines = (line.strip() for line in message.split("\n"))
    sessions = (line[len(_SESSION) :] for line in lines if line.startswith(_SESSION))
    made = int(at) if moment.is_epoch(at) else 0  # a damaged commit says nothing, or nonsense
    return Told(commit, subject, author, made, tuple(dict.fromkeys(sessions)))
