"""Refs read from their files, without git, which takes longer to start than a hook has.

Only where each ref is a file of its own or a line of `packed-refs`, and only as git writes them:
what looks otherwise is not judged here, but left to git.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HEX = "0123456789abcdef"


class _Unusual(Exception):
    """A file that is not what git writes there, or that cannot be read."""


def below(common_dir: str, prefixes: Iterable[str], width: int) -> dict[str, str] | None:
    """The refs below these prefixes, by name and in order; None where only git can tell.

    A prefix is a folder of refs, with its `/`, or one ref. `width` is the length of an id.
    """
    asked = list(prefixes)
    try:
        # Git packs a ref before it removes its file: in this order, none is missed.
        loose = {name: id_ for one in asked for name, id_ in _loose(common_dir, one)}
        found = dict(_packed(common_dir, asked)) | loose
    except (_Unusual, OSError):
        return None
    return (
        dict(sorted(found.items())) if all(_is_id(one, width) for one in found.values()) else None
    )


def branch(git_dir: str) -> str | None:
    """The branch that is checked out in a worktree; None where it is none, or git has to tell."""
    try:
        head = _content(os.path.join(git_dir, "HEAD"))
    except OSError:
        return None
    name = head.removeprefix("ref: refs/heads/")
    return name if name != head and name else None


def _is_id(text: str, width: int) -> bool:
    return len(text) == width and not text.strip(_HEX) and text.strip("0") != ""


def _loose(common_dir: str, prefix: str) -> Iterator[tuple[str, str]]:
    folder, _, wanted = prefix.rpartition("/")
    try:
        entries = list(os.scandir(os.path.join(common_dir, folder)))
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.name.endswith(".lock") or (wanted and entry.name != wanted):
            continue
        if not entry.is_file(follow_symlinks=False):
            raise _Unusual
        try:
            yield f"{folder}/{entry.name}", _content(entry.path)
        except FileNotFoundError:
            continue  # deleted just now, or packed: then it is found there


def _packed(common_dir: str, prefixes: list[str]) -> Iterator[tuple[str, str]]:
    try:
        with open(os.path.join(common_dir, "packed-refs"), "rb") as file:
            packed = file.read()
    except FileNotFoundError:
        return
    for prefix in prefixes:
        mark = f" {prefix}".encode()
        at = packed.find(mark)
        while at >= 0:
            end = packed.find(b"\n", at)
            start = packed.rfind(b"\n", 0, at) + 1
            name = packed[at + 1 : end if end >= 0 else None].decode("utf-8", "surrogateescape")
            if prefix.endswith("/") or name == prefix:
                yield name, packed[start:at].decode("ascii", "replace")
            at = packed.find(mark, at + 1)


def _content(path: str) -> str:
    with open(path, "rb") as file:
        return file.read(4096).decode("utf-8", "surrogateescape").rstrip()
