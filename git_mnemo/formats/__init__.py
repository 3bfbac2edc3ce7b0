"""Formats: one module for each, between bytes and lines; the table that finds a format's module.

A module here has `read`, from a file's lines, or from documents, to values of `line`, and where it
can be written `write`, from an entry of a memory to its text. Nothing here touches a file or a
repository.
"""

from collections.abc import Callable, Iterable, Iterator

from git_mnemo.formats import jsonl, markdown, mcp_graph, records
from git_mnemo.formats.document import Document, Spots
from git_mnemo.formats.line import Exported, Line

STREAMS: dict[str, Callable[[Iterable[bytes], Spots], Iterator[Line]]] = {
    "jsonl": jsonl.read_numbered,
    "mcp": mcp_graph.read,
}
"""What import understands of a file's lines."""

DOCUMENTS: dict[str, Callable[[Iterable[Document], Spots], Iterator[Line]]] = {
    "adr": records.read,
    "markdown": markdown.read,
}
"""What it understands of documents, one or a folder of them."""

STORE = "mnemo-store"
"""The file-based store, which holds sessions beside its project."""

READERS = (*STREAMS, *DOCUMENTS, STORE)
"""All names."""

WRITERS: dict[str, Callable[[Iterable[Exported]], Iterator[str]]] = {"jsonl": jsonl.write}
"""What export writes; the first where none is named."""
