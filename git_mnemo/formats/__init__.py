"""Formats: one module for each, between bytes and lines; the table that finds a format's module.

A module here has `read`, from a file's lines to values of `line`, and where it can be written
`write`, from an entry of a memory to its text. Nothing here touches a file or a repository.
"""

from collections.abc import Callable, Iterable, Iterator

from git_mnemo.formats import jsonl
from git_mnemo.formats.line import Exported, Line

READERS: dict[str, Callable[[Iterable[bytes]], Iterator[Line]]] = {"jsonl": jsonl.read}
"""What import understands; the first is tried where none is named."""

WRITERS: dict[str, Callable[[Iterable[Exported]], Iterator[str]]] = {"jsonl": jsonl.write}
"""What export writes; the first where none is named."""
