"""Files that belong to others: changed only where asked, shown before, and put back exactly.

Each change leaves a receipt: what the file was, and what it became. Where it still is that, undoing
puts the old bytes back; where somebody changed it since, only what is ours is taken out.
"""

from __future__ import annotations

import base64
import contextlib
import difflib
import hashlib
import json
import os
import shlex
import stat
from typing import Any, NamedTuple

from git_mnemo.errors import MnemoError

FOLDER = "receipts"


class Edit(NamedTuple):
    """What a file is and what it shall be; None is no file. `bare` is what it is without anything
    of ours, where something of ours is put in."""

    path: str
    before: bytes | None
    after: bytes | None
    bare: bytes | None = None

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""
        return self.before != self.after


class Receipt(NamedTuple):
    """What a file was without anything of ours, the hash of what it became, and the folders that
    were made for it."""

    path: str
    before: bytes | None
    after: str
    made: tuple[str, ...]


def load(path: str) -> bytes | None:
    """The file's bytes; None where there is none. Refuses what is no file or cannot be read."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise _unreadable(path, "it is no file")
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from None


def _unreadable(path: str, why: str) -> MnemoError:
    return MnemoError("refused", f"{path} cannot be read: {why}.", f"ls -ld {shlex.quote(path)}")


def text_of(content: bytes | None, path: str) -> str:
    """The file's text; refuses what is not UTF-8."""
    try:
        return (content or b"").decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MnemoError("refused", f"{path} is not UTF-8 text.", "git mnemo agent -h") from None


def bytes_of(text: str, like: bytes | None) -> bytes:
    """The text as bytes, with the mark in front that the file had."""
    mark = b"\xef\xbb\xbf" if (like or b"").startswith(b"\xef\xbb\xbf") else b""
    return mark + text.encode()


def diff(edits: list[Edit]) -> str:
    """The changes as a unified diff."""
    parts = []
    for edit in edits:
        before, after = (
            (content or b"").decode("utf-8", "replace").splitlines(keepends=True)
            for content in (edit.before, edit.after)
        )
        old = edit.path if edit.before is not None else os.devnull
        new = edit.path if edit.after is not None else os.devnull
        for line in difflib.unified_diff(before, after, old, new):
            parts.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(parts)


# -- doing -------------------------------------------------------------------------------------


def apply(edits: list[Edit], state: str) -> None:
    """Write the files, each in one move, and keep a receipt of each below `state`."""
    for edit in edits:
        if not edit.changes:
            continue
        known = receipt(state, edit.path)
        # Where others changed it since our last change, what it was before that is out of date.
        ours = known is not None and untouched(known, edit.before)
        first = known.before if known is not None and ours else edit.bare
        made = _make_folders(os.path.dirname(_real(edit.path)))
        _keep(state, edit, first, (*(known.made if known is not None else ()), *made))
        _write(edit)


def undo(edits: list[Edit], state: str) -> None:
    """Write the files back, and forget the receipts and the folders that were made for them."""
    for edit in edits:
        known = receipt(state, edit.path)
        _write(edit)
        if known is None:
            continue
        os.remove(_receipt_file(state, edit.path))
        for folder in reversed(known.made):
            if os.path.isdir(folder) and not os.listdir(folder):
                os.rmdir(folder)


def _write(edit: Edit) -> None:
    if not edit.changes:
        return
    path = _real(edit.path)
    if load(path) != edit.before:
        raise MnemoError("conflict", f"{edit.path} changed meanwhile.", "git mnemo agent status")
    if edit.after is None:
        os.remove(path)
        return
    draft = f"{path}.{os.getpid()}"
    try:
        with open(draft, "xb") as file:
            file.write(edit.after)
        if os.path.exists(path):
            os.chmod(draft, os.stat(path).st_mode & 0o7777)
        os.replace(draft, path)
    except OSError:
        with contextlib.suppress(FileNotFoundError):
            os.remove(draft)
        raise


def _real(path: str) -> str:
    """The file itself, where the path is a link to it."""
    return os.path.realpath(path)


def _make_folders(folder: str) -> list[str]:
    missing = []
    while folder and not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for one in reversed(missing):
        os.mkdir(one)
    return missing[::-1]


# -- receipts ----------------------------------------------------------------------------------

_NONSENSE = (OSError, ValueError, KeyError, TypeError, RecursionError)
"""What reading a receipt raises that is none."""


def receipt(state: str, path: str) -> Receipt | None:
    """The receipt of a file; None where it was never changed, or the receipt is nonsense."""
    try:
        with open(_receipt_file(state, path), encoding="utf-8") as file:
            told = json.load(file)
        return _receipt(told)
    except _NONSENSE:
        return None


def receipts(state: str) -> list[Receipt]:
    """All receipts, in the order of paths."""
    try:
        names = os.listdir(os.path.join(state, FOLDER))
    except OSError:
        return []
    found = []
    for name in names:
        try:
            with open(os.path.join(state, FOLDER, name), encoding="utf-8") as file:
                found.append(_receipt(json.load(file)))
        except _NONSENSE:
            continue
    return sorted(found)


def _receipt(told: dict[str, Any]) -> Receipt:
    before = told["before"]
    return Receipt(
        str(told["path"]),
        base64.b64decode(before) if before is not None else None,
        str(told["after"]),
        tuple(map(str, told["made"])),
    )


def untouched(known: Receipt, content: bytes | None) -> bool:
    """Whether the file is what our last change made of it."""
    return content is not None and _hash(content) == known.after


def _keep(state: str, edit: Edit, before: bytes | None, made: tuple[str, ...]) -> None:
    os.makedirs(os.path.join(state, FOLDER), exist_ok=True)
    told = {
        "path": edit.path,
        "before": base64.b64encode(before).decode() if before is not None else None,
        "after": _hash(edit.after or b""),
        "made": list(made),
    }
    path = _receipt_file(state, edit.path)
    draft = f"{path}.{os.getpid()}"
    with open(draft, "w", encoding="utf-8") as file:
        json.dump(told, file)
    os.replace(draft, path)


def _receipt_file(state: str, path: str) -> str:
    digest = hashlib.sha256(os.path.abspath(path).encode("utf-8", "surrogateescape"))
    return os.path.join(state, FOLDER, digest.hexdigest()[:32])


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
