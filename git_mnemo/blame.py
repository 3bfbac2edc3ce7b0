"""Blame: the commits that lines, files and names of commits stand for, as git tells them."""

from __future__ import annotations

from git_mnemo import files
from git_mnemo.errors import MissingObject
from git_mnemo.record import NamedTuple
from git_mnemo.store import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from git_mnemo.repository import Repository

MOST_COMMITS = 50
"""Commits asked of the history of a file."""

_HEX = "0123456789abcdef"
_SESSION = "Mnemo-Session: "


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
        *files.at_top(repository), "blame", "--porcelain", "-L", f"{first},{last}", *rev, "--", path
    )


def finish(started: git.Started) -> list[str] | None:
    """The commits that `start` asked for, in the order of the lines; none for lines that are not
    committed, None where git knows no such lines."""
    ran = git.finish(started)
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
    """What these commits say; one that is not here says nothing."""
    return [found for commit in commits if (found := _told(repository, commit)) is not None]


def _told(repository: Repository, commit: str) -> Told | None:
    try:
        kind, raw = repository.store.read(commit)
    except MissingObject:
        return None
    if kind != "commit":
        return None
    header, _, message = raw.decode("utf-8", "replace").partition("\n\n")
    author = next((line[7:] for line in header.split("\n") if line.startswith("author ")), "")
    name, _, rest = author.partition(" <")
    seconds = rest.rpartition("> ")[2].split(" ")[0]
    lines = message.lstrip("\n").split("\n")
    # Everywhere, and not only in the last paragraph: a squash puts whole messages in a row.
    sessions = (line[len(_SESSION) :].strip() for line in lines if line.startswith(_SESSION))
    return Told(
        commit,
        lines[0],
        name,
        int(seconds) if seconds.isascii() and seconds.isdigit() and len(seconds) < 12 else 0,
        tuple(dict.fromkeys(sessions)),
    )
