"""The user's code as git sees it: files of the work tree, and anchors on them."""

from __future__ import annotations

import os

from git_mnemo.anchor import Anchor, line_hash
from git_mnemo.errors import MnemoError
from git_mnemo.record import NamedTuple
from git_mnemo.store import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from git_mnemo.repository import Repository

_HINT = "git mnemo claim --anchor FILE:10-20 TEXT"
_TOP = "git rev-parse --show-toplevel"


class Spot(NamedTuple):
    """A place in a file as the user wrote it: the path, and the lines, or None for all of it."""

    path: str
    first: int | None
    last: int | None


def parse_spot(text: str, folder: str) -> Spot:
    """The place that `PATH`, `PATH:LINE` or `PATH:FIRST-LAST` names, seen from `folder`.

    A file whose name really ends like that is that file.
    """
    path, colon, lines = text.rpartition(":")
    if not colon or os.path.lexists(os.path.join(folder, text)):
        return Spot(text, None, None)
    first, dash, last = lines.partition("-")
    numbers = (first, last) if dash else (first, first)
    if not all(number.isascii() and number.isdigit() for number in numbers):
        return Spot(text, None, None)
    # No file has a line of ten digits, and Python does not read a number of five thousand.
    return Spot(path, *(int(number[:10]) for number in numbers))


def anchor(repository: Repository, text: str, folder: str) -> Anchor:
    """The anchor of one place, as `unnamed` and `with_blobs` lay many."""
    return with_blobs(repository, [unnamed(repository, text, folder)])[0]


def unnamed(repository: Repository, text: str, folder: str) -> Anchor:
    """The anchor of a place in the work tree, as its content is now, without the file's id.

    The file is read and never stored. Refused: what is no regular text file inside the work tree,
    lines that the file does not have, and lines with nothing on them.
    """
    spot = parse_spot(text, folder)
    if repository.top is None:
        raise MnemoError("refused", "a bare repository has no files to anchor to.", _HINT)
    path = inside(repository, spot.path, folder)
    _refuse_other_repositories(repository.top, path)
    content = _read(os.path.join(repository.top, path), spot.path)
    digest = line_hash(_lines(content, spot))
    if digest is None:
        raise MnemoError("refused", f"{text}: there is nothing on these lines.", _HINT)
    return Anchor(None, spot.first, spot.last, digest, path)


def with_blobs(repository: Repository, anchors: Iterable[Anchor]) -> tuple[Anchor, ...]:
    """The anchors with HEAD's ids for their files, where the work tree holds what HEAD does.

    Git is asked for all of them at once.
    """
    kept = tuple(anchors)
    blobs: dict[str, str] = {}
    for part in git.batches(sorted({one.path for one in kept})):
        blobs |= _blobs(repository, part)
    return tuple(one._replace(blob=blobs.get(one.path)) for one in kept)


def inside(repository: Repository, path: str, folder: str) -> str:
    """The path from the top of the work tree, seen from `folder`; refuses what leads outside.

    The top itself is `.`. Without a work tree, a path from the top is what it says.
    """
    if "\0" in path or not path:
        raise MnemoError("not-found", f"{path!r} is no file.", _HINT)
    top = os.path.realpath(repository.top if repository.top is not None else "/")
    # The folder is resolved, the last part is not: a link is refused below, not followed.
    whole = os.path.join(folder if repository.top is not None else top, path)
    name = os.path.basename(whole)
    parent = os.path.realpath(os.path.dirname(whole) if name not in ("", ".", "..") else whole)
    found = os.path.join(parent, name) if name not in ("", ".", "..") else parent
    if found != top and not found.startswith(top.rstrip(os.sep) + os.sep):
        raise MnemoError("refused", f"{path} is outside the work tree.", _TOP)
    relative = os.path.relpath(found, top).replace(os.sep, "/")
    if ".git" in relative.lower().split("/"):
        raise MnemoError("refused", f"{path} is git's own, and no file of the work tree.", _HINT)
    return relative


def stands(repository: Repository, path: str) -> bool:
    """Whether something is at a path from the top: in the work tree, without one in HEAD."""
    if repository.top is not None:
        return os.path.lexists(os.path.join(repository.top, path))
    return path == "." or repository.git("cat-file", "-e", f"HEAD:{path}").code == 0


def is_folder(repository: Repository, path: str) -> bool:
    """Whether a folder of the work tree is at a path from the top."""
    return repository.top is not None and os.path.isdir(os.path.join(repository.top, path))


def refuse_lines(repository: Repository, spot: Spot) -> None:
    """Refuse lines that a file of the work tree does not have; of others nothing is known."""
    if repository.top is not None:
        whole = os.path.join(repository.top, spot.path)
        if not os.path.islink(whole) and os.path.isfile(whole):
            _lines(_read(whole, spot.path), spot)


def _refuse_other_repositories(top: str, path: str) -> None:
    folder = top
    for part in path.split("/")[:-1]:
        folder = os.path.join(folder, part)
        if os.path.lexists(os.path.join(folder, ".git")):
            raise MnemoError(
                "refused",
                f"{path} is in another repository, which has a memory of its own.",
                f"git -C {os.path.relpath(folder, top)} mnemo claim --anchor FILE TEXT",
            )


def _read(path: str, shown: str) -> bytes:
    if os.path.islink(path):
        raise MnemoError("refused", f"{shown} is a symbolic link; anchor its target.", _HINT)
    if os.path.isdir(path):
        raise MnemoError("refused", f"{shown} is a directory; anchor a file in it.", _HINT)
    if not os.path.isfile(path):
        raise MnemoError("not-found", f"{shown} does not exist.", _HINT)
    with open(path, "rb") as file:
        content = file.read()
    if b"\0" in content:
        raise MnemoError("refused", f"{shown} is not a text file.", _HINT)
    return content


def _lines(content: bytes, spot: Spot) -> bytes:
    if spot.first is None or spot.last is None:
        return content
    lines = content.split(b"\n")
    count = len(lines) - (lines[-1] == b"")
    if not 1 <= spot.first <= spot.last or spot.last > count:
        raise MnemoError(
            "refused",
            f"{spot.path} has {count:,} lines; there is no {spot.first}-{spot.last}.",
            f"cat -n {spot.path}",
        )
    return b"\n".join(lines[spot.first - 1 : spot.last])


def _blobs(repository: Repository, paths: list[str]) -> dict[str, str]:
    """HEAD's ids for those files whose content in the work tree is that, by git's comparison."""
    # Paths are arguments of the system: bytes that are not UTF-8 travel as surrogates.
    place = git.at_top(repository.top)
    listed = repository.git(*place, "ls-tree", "-z", "--full-tree", "HEAD", "--", *paths)
    found: dict[str, str] = {}
    for line in listed.out.decode("utf-8", "surrogateescape").split("\0"):
        about, tab, path = line.partition("\t")
        if tab and about.split(" ")[1] == "blob":
            found[path] = about.split(" ")[2]
    if listed.code or not found:
        return {}
    differing = repository.git(
        *place, "diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv",
        "HEAD", "--", *found,
    )  # fmt: skip
    if differing.code:
        return {}
    changed = set(differing.out.decode("utf-8", "surrogateescape").split("\0"))
    return {path: oid for path, oid in found.items() if path not in changed}
