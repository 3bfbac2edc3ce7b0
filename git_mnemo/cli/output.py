"""Where an export goes: a file that is written whole."""

import os
from collections.abc import Iterable
from typing import TextIO

from git_mnemo.errors import MnemoError

HINT = "git mnemo export --out memory.jsonl"


def write(path: str, pieces: Iterable[str]) -> int:
    """Write a file whole, or leave what was there; how many pieces it was.

    A link stays, and so does what is no file, such as a pipe or `/dev/stdout`: it is written into.
    """
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):
        return _fill(_made(target, path), pieces)
    draft = f"{target}.{os.getpid()}.part"
    try:
        count = _fill(_made(draft, path), pieces)
        os.replace(draft, target)
    finally:
        if os.path.exists(draft):
            os.remove(draft)
    return count


def _made(path: str, shown: str) -> TextIO:
    try:
        return open(path, "w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise MnemoError("refused", f"{shown}: {error.strerror}.", HINT) from None


def _fill(file: TextIO, pieces: Iterable[str]) -> int:
    count = 0
    with file:
        for piece in pieces:
            file.write(piece)
            count += 1
    return count
