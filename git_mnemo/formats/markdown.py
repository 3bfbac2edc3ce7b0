"""Markdown that tells agents how things are (AGENTS.md, CLAUDE.md and the like): a chain for each
heading, a claim for each paragraph and item below it.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from git_mnemo.formats.blocks import CODE, HEADING, ITEM, Block, blocks
from git_mnemo.formats.document import Document, Spots, cut, fitting, key_of
from git_mnemo.formats.line import Line

_DOMAINS = {
    "architecture": ("architect", "structure", "overview", "layout", "design"),
    "decisions": ("decision", "rationale", "why "),
    "dependencies": ("dependenc", "package", "version", "tooling"),
    "issues": ("issue", "gotcha", "troubleshoot", "pitfall", "known ", "caveat", "bug"),
    "patterns": ("style", "convention", "pattern", "test", "guideline", "naming", "commit",
                 "rule", "practice", "lint", "format", "review", "never", "always"),
    "tasks": ("task", "todo", "roadmap", "plan", "command", "workflow", "build", "setup"),
}  # fmt: skip
"""What a heading has in it, by the domain that its claims get; the first that fits."""


class _Part(NamedTuple):
    heading: str
    trail: tuple[str, ...]
    blocks: list[Block]


def read(documents: Iterable[Document], spots: Spots) -> Iterator[Line]:
    """The lines of some documents. A heading without text below it makes no chain."""
    for document in documents:
        for part in _parts(document):
            title = fitting(part.heading) or document.name
            key = key_of(document.name, *part.trail)
            for text, line in _claims(part.blocks):
                for piece in cut(text):
                    yield Line(
                        spots.add(document.name, line), text=piece, title=title, key=key,
                        domain=_domain(part), at=document.at, dated=False,
                    )  # fmt: skip


def _parts(document: Document) -> Iterator[_Part]:
    trail: list[tuple[int, str]] = []
    seen: dict[tuple[str, ...], int] = {}
    part = _Part(document.name, (), [])
    for block in blocks(document.text):
        if block.kind != HEADING:
            part.blocks.append(block)
            continue
        if part.blocks:
            yield part
        trail = [(level, name) for level, name in trail if level < block.level]
        trail.append((block.level, block.text))
        names = tuple(name for _, name in trail)
        seen[names] = seen.get(names, 0) + 1
        again = (str(seen[names]),) if seen[names] > 1 else ()
        part = _Part(block.text or document.name, names + again, [])
    if part.blocks:
        yield part


def _claims(found: list[Block]) -> Iterator[tuple[str, int]]:
    """Each claim and its line: what announces code or a list stands before it, in one claim."""
    head: Block | None = None
    for block in found:
        text = block.text
        if head is not None:
            if block.kind == CODE:
                yield f"{head.text}\n\n{text}", head.line
                head = None
                continue
            if block.kind != ITEM or len(head.text) > 200:
                yield head.text, head.line
                head = None
        if head is not None:  # the items of a list share what announces them
            yield f"{head.text} {text}", block.line
        elif block.kind not in (CODE, ITEM) and text.rstrip().endswith(":"):
            head = block
        else:
            yield text, block.line
    if head is not None and found[-1] is head:
        yield head.text, head.line


def _domain(part: _Part) -> str | None:
    """The domain of the nearest heading that tells one: its own, or one above it."""
    for heading in (part.heading, *reversed(part.trail)):
        words = f"{heading.lower()} "
        for name, parts in _DOMAINS.items():
            if any(one in words for one in parts):
                return name
    return None
