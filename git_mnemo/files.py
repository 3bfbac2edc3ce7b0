"""The user's files as they are now, in the work tree or at a commit; read, and never written.

Paths come from nodes, and nodes from anywhere: one that leads out of the work tree, into a git
directory or through a symbolic link is not opened.
"""

from __future__ import annotations

import errno
import os
import stat

from git_mnemo.errors import MnemoError
from git_mnemo.record import NamedTuple
from git_mnemo.store import git as git_

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from git_mnemo.repository import Repository
    from git_mnemo.store.interface import Store

MOST_BYTES = 16 * 1024 * 1024
_MOST_PATH = 4096
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_AS_IT_IS = _NO_LINK | sum(
    getattr(os, f"O_{flag}", 0) for flag in ("NONBLOCK", "CLOEXEC", "BINARY")
)
"""Without waiting for whoever may write to a pipe of that name; as far as the system knows it."""

OUTSIDE = "path outside the work tree"
ELSEWHERE = "path in another repository"
LINK = "a symbolic link stands there"
FOLDER = "a folder stands there"
NOT_TEXT = "not a text file"
TOO_BIG = "the file is too large"
UNREADABLE = "the file cannot be read"


class File(NamedTuple):
    """What stands at a path: its content; or that no file does (`gone`); or why nobody can say."""

    content: bytes | None = None
    gone: bool = False
    reason: str | None = None


def is_inside(path: str) -> bool:
    """Whether a path, read as git writes it, stays inside a work tree and out of git's own."""
    odd = any(part in ("", ".", "..") or _is_git(part) for part in path.split("/"))
    return not odd and "\0" not in path and len(path) <= _MOST_PATH


def _is_git(name: str) -> bool:
    # Some file systems take these for the same name, or see no characters of no width.
    plain = "".join(char for char in name.lower() if char.isascii())
    return plain.rstrip(" .") in (".git", "git~1")


def refuse_gits(repository: Repository, path: str) -> None:
    """Refuse to write to a file of git's own: below a git directory, or a `.git` that names one."""
    target = os.path.realpath(path)
    gits = {os.path.realpath(one) for one in (repository.git_dir, repository.common_dir)}
    below = any(os.path.commonpath([one, target]) == one for one in gits)
    if below or any(map(_is_git, target.split(os.sep))):
        raise MnemoError(
            "refused", f"{path} belongs to git.", "git mnemo export --out memory.jsonl"
        )


def is_text(content: bytes) -> bool:
    """Whether lines of it can be followed: git's own rule, no NUL byte."""
    return b"\0" not in content


# -- the work tree -----------------------------------------------------------------------------


def in_work_tree(repository: Repository, paths: Iterable[str]) -> dict[str, File]:
    """The files of the work tree at these paths from its top, local changes included.

    What a sparse checkout leaves out is as the index has it.
    """
    assert repository.top is not None  # who asks for a work tree has one
    top = os.path.realpath(repository.top)
    folders: dict[str, File | None] = {}
    found = {path: _standing(top, path, folders) for path in paths}
    gone = [path for path, file in found.items() if file.gone]
    if gone and repository.config.get("core.sparsecheckout", "").lower() in ("true", "1", "yes"):
        found |= _of_blobs(repository.store, dict(_left_out(repository, gone)))
    return found


def _standing(top: str, path: str, folders: dict[str, File | None]) -> File:
    if not is_inside(path):
        return File(reason=OUTSIDE)
    folder = os.path.dirname(path)
    if folder not in folders:
        folders[folder] = _way(top, folder)
    return folders[folder] or _opened(os.path.join(top, path))


def _way(top: str, folder: str) -> File | None:
    """Why nothing below a folder is a file of this work tree; None where it may be."""
    at = top
    for part in folder.split("/") if folder else ():
        at = os.path.join(at, part)
        try:
            mode = os.lstat(at).st_mode
        except OSError:
            return File(gone=True)
        if not stat.S_ISDIR(mode):
            return File(gone=True, reason=LINK if stat.S_ISLNK(mode) else None)
        if os.path.lexists(os.path.join(at, ".git")):
            return File(reason=ELSEWHERE)
    return None


def _opened(path: str) -> File:
    if not _NO_LINK and os.path.islink(path):
        return File(gone=True, reason=LINK)
    try:
        descriptor = os.open(path, os.O_RDONLY | _AS_IT_IS)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK):
            return File(gone=True, reason=LINK)
        absent = error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EINVAL)
        return File(gone=True) if absent else File(reason=UNREADABLE)
    try:
        return _read(descriptor)
    except OSError:
        return File(reason=UNREADABLE)
    finally:
        os.close(descriptor)


def _read(descriptor: int) -> File:
    found = os.fstat(descriptor)
    if stat.S_ISDIR(found.st_mode):
        return File(gone=True, reason=FOLDER)
    if not stat.S_ISREG(found.st_mode):
        return File(reason=NOT_TEXT)
    if found.st_size > MOST_BYTES:
        return File(reason=TOO_BIG)
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        return _of_content(file.read(MOST_BYTES))


def _of_content(content: bytes) -> File:
    return File(content) if is_text(content) else File(reason=NOT_TEXT)


def _left_out(repository: Repository, paths: list[str]) -> Iterator[tuple[str, str]]:
    """The paths that are in the index and marked as not to be in the work tree, and their ids."""
    for part in git_.batches(paths):
        listed = git(repository, "ls-files", "-z", "-t", "-s", "--full-name", "--", *part)
        for line in listed.split("\0"):
            about, _, path = line.partition("\t")
            fields = about.split(" ")
            if len(fields) == 4 and fields[0] == "S" and fields[1].startswith("100"):
                yield path, fields[2]


def absent(repository: Repository, paths: Iterable[str]) -> set[str]:
    """Those of the paths at which nothing stands now, in the work tree or, without one, at HEAD."""
    asked = {path for path in paths if is_inside(path)}
    if repository.top is not None:
        top = repository.top
        return {path for path in asked if not os.path.lexists(os.path.join(top, path))}
    head = repository.store.ref("HEAD")
    return asked - standing_at(repository, head, asked) if head is not None else asked


# -- a commit ----------------------------------------------------------------------------------


def at_commit(repository: Repository, commit: str, paths: Iterable[str]) -> dict[str, File]:
    """The files of a commit at these paths."""
    asked = list(paths)
    found = {path: File(gone=True) if is_inside(path) else File(reason=OUTSIDE) for path in asked}
    oids: dict[str, str] = {}
    for path, about in _items(repository, commit, asked):
        mode, kind, oid = about.split(" ")
        if kind == "blob" and mode != "120000":
            oids[path] = oid
        else:
            found[path] = File(gone=True, reason=LINK if kind == "blob" else FOLDER)
    return found | _of_blobs(repository.store, oids)


def standing_at(repository: Repository, commit: str, paths: Iterable[str]) -> set[str]:
    """Those of the paths at which the commit has a file."""
    listed = _items(repository, commit, list(paths))
    return {path for path, about in listed if about.startswith("100")}


def _items(repository: Repository, commit: str, paths: list[str]) -> Iterator[tuple[str, str]]:
    """Mode, kind and id of what a commit has at those of the paths where it has something."""
    wanted = set(filter(is_inside, paths))
    for part in git_.batches(sorted(wanted)):
        listed = git(repository, "ls-tree", "-z", "--full-tree", commit, "--", *part)
        for line in listed.split("\0"):
            about, tab, path = line.partition("\t")
            if tab and path in wanted:
                yield path, about


def _of_blobs(store: Store, oids: Mapping[str, str]) -> dict[str, File]:
    read = blobs(store, oids.values())
    return {path: read[oid] for path, oid in oids.items()}


def blobs(store: Store, oids: Iterable[str]) -> dict[str, File]:
    """The files that objects are; partial clones and odd nodes name some that are none."""
    asked = set(oids)
    sizes = store.sizes(sorted(filter(store.exists, asked)))
    return {oid: _blob(store, oid, *sizes.get(oid, ("", 0))) for oid in asked}


def _blob(store: Store, oid: str, kind: str, size: int) -> File:
    if size > MOST_BYTES:
        return File(reason=TOO_BIG)
    return _of_content(store.read(oid)[1]) if kind == "blob" else File(reason=UNREADABLE)


def commit_of(repository: Repository, rev: str) -> str:
    """The id of the commit that the user means; refuses what git does not know as one."""
    asked = (
        repository.git("rev-parse", "--quiet", "--verify", "--end-of-options", rev + "^{commit}")
        if rev and "\0" not in rev
        else None
    )
    if asked is None or asked.code:
        raise MnemoError("not-found", f"{rev!r} is no commit of this repository.", "git log")
    return asked.out.decode().strip()


# -- git ---------------------------------------------------------------------------------------


def git(repository: Repository, *arguments: str) -> str:
    """What git prints at the top of the work tree; nothing where it fails. Paths are literal, and
    bytes of them that are not UTF-8 are surrogates."""
    return repository.git(*git_.at_top(repository.top), *arguments).out.decode(
        "utf-8", "surrogateescape"
    )
