"""What is imported from: files, folders of documents, older stores, the history of the code.

A folder is read file by file and never followed out of: links, huge files and what is no text are
passed over, and named.
"""

import os
import re
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple

from git_mnemo.errors import MnemoError
from git_mnemo.formats import (
    DOCUMENTS,
    STORE,
    STREAMS,
    commits,
    mcp_graph,
    mnemo_store,
    records,
    relations,
)
from git_mnemo.formats.document import Document, Spots
from git_mnemo.formats.line import MAX_LINE, Line
from git_mnemo.repository import Repository

MOST_BYTES = 4 * 1024 * 1024
"""Bytes of one document."""
MOST_FILES = 200_000
MOST_OF_A_STORE = 256 * 1024 * 1024
"""Bytes of one file of an older store, which lists all of it in one."""

_MARKDOWN = (".md", ".markdown", ".mdc")
_OTHERS = ("node_modules", "vendor", "third_party")
"""Folders of what others wrote, below one that is read; hidden ones are passed over, too."""
_HINT = "git mnemo import -h"
_ORIGIN = re.compile(rb"(\d+)")

_LATEST = 253402300799
"""The last second of the year 9999."""

Count = Callable[[Iterator[bytes]], Iterator[bytes]]
Watch = Callable[[Iterator[commits.Commit]], Iterator[commits.Commit]]


class Source(NamedTuple):
    """What a source holds. `sessions` are lines that only a session of the old store had, and
    `archived` those of them that had ended. `warnings` were found before any line was read."""

    name: str
    format: str
    lines: Iterable[Line]
    spots: Spots
    sessions: dict[str, list[Line]]
    archived: set[str]
    warnings: list[str]


class History(NamedTuple):
    """Commits that explain themselves, as lines; of how many that were looked at."""

    lines: list[Line]
    explained: int
    seen: int


def opened(repository: Repository, path: str, format_: str | None, count: Count) -> Source:
    """The source at a path (`-`: stdin); its format is seen from what it is, where none is named.

    `count` may watch the lines of a stream go by.
    """
    if path != "-" and os.path.isdir(path):
        return _folder(repository, path, format_)
    if (
        path != "-"
        and format_ in (None, *DOCUMENTS)
        and (format_ or path.lower().endswith(_MARKDOWN))
    ):
        document = _document(os.path.realpath(path), os.path.basename(path))  # a link that is named
        if isinstance(document, str):
            raise MnemoError("invalid-node", f"{document}.", _HINT)
        return _documents(repository, path, [document], format_, [])
    if format_ in (*DOCUMENTS, STORE):
        raise MnemoError("usage", f"{format_} is read from a folder{_or_file(format_)}.", _HINT)
    return _stream(path, format_, count)


def _or_file(format_: str) -> str:
    return "" if format_ == STORE else " or a file"


# -- lines -------------------------------------------------------------------------------------


def _stream(path: str, format_: str | None, count: Count) -> Source:
    lines = _lines(path)
    first = next(lines, b"")
    if format_ is None:
        format_ = "mcp" if mcp_graph.is_one(first) else "jsonl"
    name = "-" if path == "-" else os.path.basename(path)
    spots = Spots()
    read = STREAMS[format_](count(chain([first], lines)), spots)
    return Source(name, format_, read, spots, {}, set(), [])


def _lines(path: str) -> Iterator[bytes]:
    if path == "-":
        while line := sys.stdin.buffer.readline(MAX_LINE + 1):
            yield line
        return
    try:
        with open(path, "rb") as stream:
            while line := stream.readline(MAX_LINE + 1):
                yield line
    except OSError as error:
        raise MnemoError(
            "not-found", f"{path}: {error.strerror}.", "git mnemo import memory.jsonl"
        ) from None


# -- documents ---------------------------------------------------------------------------------


def _folder(repository: Repository, path: str, format_: str | None) -> Source:
    warnings: list[str] = []
    store = format_ == STORE or (format_ is None and _is_store(path))
    if store:
        spots = Spots()
        content = mnemo_store.read(_read(path, (".json",), warnings, MOST_OF_A_STORE), spots)
        return Source(_name(path), STORE, content.project, spots, content.sessions,
                      content.archived, [*warnings, *content.warnings])  # fmt: skip
    if format_ in STREAMS:
        raise MnemoError("usage", f"{format_} is read from a file, and that is a folder.", _HINT)
    return _documents(repository, path, list(_read(path, _MARKDOWN, warnings)), format_, warnings)


def _is_store(path: str) -> bool:
    names = ("nodes", "chains.json", "active.json")
    there = sum(os.path.exists(os.path.join(path, name)) for name in names)
    return there >= 2 or _name(path) == ".mnemo"


def _name(path: str) -> str:
    return os.path.basename(os.path.abspath(path))


def _documents(
    repository: Repository,
    path: str,
    found: list[Document],
    format_: str | None,
    warnings: list[str],
) -> Source:
    if format_ is None:
        numbered = any(relations.NAME.match(one.name.rpartition("/")[2]) for one in found)
        alone = len(found) == 1 and records.is_one(found[0].text)
        format_ = "adr" if numbered or alone else "markdown"
    if format_ == "adr" and len(found) > 1:
        kept = [one for one in found if _is_record(one)]
        if len(kept) < len(found):
            warnings.append(f"{len(found) - len(kept):,} files are no records, and passed over")
        found = kept
    if not found:
        raise MnemoError("not-found", f"there is nothing to import in {path}.", _HINT)
    known = _since(repository, path)
    dated = [one._replace(at=known.get(one.name)) for one in found]
    spots = Spots()
    return Source(
        _name(path), format_, DOCUMENTS[format_](dated, spots), spots, {}, set(), warnings
    )


def _is_record(one: Document) -> bool:
    name = one.name.rpartition("/")[2].lower()
    if "template" in name or name in ("readme.md", "index.md"):
        return False
    return relations.NAME.match(name) is not None or records.is_one(one.text)


def _since(repository: Repository, path: str) -> dict[str, int]:
    """Since when the files at a path are in the history of the code, in unix seconds."""
    if repository.top is None:
        return {}
    top, place = os.path.realpath(repository.top), os.path.realpath(path)
    if not os.path.join(place, "").startswith(os.path.join(top, "")):
        return {}
    ran = repository.git(
        "-C", top, "--literal-pathspecs", "log", "--no-show-signature", "--no-renames", "-z",
        "--diff-filter=A", "--format=%x01%ct", "--name-only", "--", os.path.relpath(place, top),
    )  # fmt: skip
    below = place if os.path.isdir(place) else os.path.dirname(place)
    since: dict[str, int] = {}
    at = 0
    for part in ran.out.split(b"\0"):
        text = part.lstrip(b"\n")
        if text.startswith(b"\x01"):
            head, _, text = text[1:].partition(b"\n")
            found = _ORIGIN.match(head)
            at = int(found[1]) if found else at
        if text:
            name = os.path.relpath(os.path.join(top, os.fsdecode(text)), below)
            since[name.replace(os.sep, "/")] = at  # the last one told is the first that was
    return since


def _read(
    folder: str, endings: tuple[str, ...], warnings: list[str], most: int = MOST_BYTES
) -> Iterator[Document]:
    """The documents below a folder, in the order of their names."""
    passed: dict[str, int] = {}
    names = islice(_names(folder, endings), MOST_FILES + 1)
    for count, name in enumerate(names):
        if count == MOST_FILES:
            raise MnemoError("too-large", f"{folder} holds over {MOST_FILES:,} files.", _HINT)
        document = _document(os.path.join(folder, name), name.replace(os.sep, "/"), most)
        if isinstance(document, str):
            why = document.partition(": ")[2]
            passed[why] = passed.get(why, 0) + 1
            if passed[why] == 1:
                warnings.append(f"passed over: {document}")
        else:
            yield document
    warnings += [f"and {n - 1:,} more: {why}" for why, n in passed.items() if n > 1]


def _names(folder: str, endings: tuple[str, ...]) -> Iterator[str]:
    def failed(error: OSError) -> None:
        raise MnemoError("refused", f"{error.filename}: {error.strerror}.", _HINT)

    for at, below, files in os.walk(folder, onerror=failed):
        below[:] = sorted(one for one in below if one[0] != "." and one not in _OTHERS)
        for name in sorted(files):
            if name.lower().endswith(endings):
                yield os.path.relpath(os.path.join(at, name), folder)


def _document(path: str, name: str, most: int = MOST_BYTES) -> Document | str:
    """The document; or why there is none, with its name before it."""
    try:
        told = os.lstat(path)
        if not stat.S_ISREG(told.st_mode):
            return f"{name}: no file of its own, but a link or the like"
        if told.st_size > most:
            return f"{name}: over {most:,} bytes"
        with open(path, "rb") as stream:
            return Document(name, stream.read(most + 1).decode())
    except UnicodeDecodeError:
        return f"{name}: no UTF-8"
    except FileNotFoundError as error:
        raise MnemoError("not-found", f"{path}: {error.strerror}.", _HINT) from None
    except OSError as error:
        return f"{name}: {error.strerror}"


# -- history -----------------------------------------------------------------------------------


def history(repository: Repository, revisions: str, limit: int, watch: Watch) -> History:
    """The newest `limit` commits of some revisions that explain themselves, oldest first.

    No more of the history is read than it takes to find these. `watch` may watch it go by.
    """
    flow = repository.flow_of_git(
        "log", "-z", "--no-merges", "--no-show-signature", "--encoding=UTF-8",
        "--format=%H%x00%ct%x00%an <%ae>%x00%s%x00%b", "--end-of-options", revisions, "--",
    )  # fmt: skip
    seen, chosen = 0, list[commits.Commit]()
    try:
        for one in watch(_commits(flow.parts())):
            seen += 1
            if commits.explains(one):
                chosen.append(one)
                if len(chosen) == limit:
                    break
    finally:
        code, said = flow.end()
    if code and len(chosen) < limit:
        raise MnemoError(
            "not-found",
            f"git knows no commits of {revisions!r}: {'; '.join(said.splitlines())}.",
            "git log --oneline",
        )
    return History(list(commits.read(chosen[::-1])), len(chosen), seen)


def of_history(told: History) -> Source:
    """The source that commits are."""
    return Source("history", "history", told.lines, Spots(), {}, set(), [])


def _commits(parts: Iterable[bytes]) -> Iterator[commits.Commit]:
    fields: list[str] = []
    rest: list[bytes] = []
    for part in parts:
        *whole, last = part.split(b"\0")
        if whole:
            whole[0] = b"".join([*rest, whole[0]])
            rest = []
            fields += [one.decode("utf-8", "replace") for one in whole]
        rest.append(last)
        full = len(fields) // 5 * 5
        for at in range(0, full, 5):
            id_, time, author, subject, body = fields[at : at + 5]
            yield commits.Commit(id_, _second(time), author, subject, body)
        del fields[:full]


def _second(text: str) -> int:
    """A commit's time, which may be any number, or none where the commit is damaged."""
    return min(int(text[:15]), _LATEST) if text.isascii() and text.isdigit() else 0
