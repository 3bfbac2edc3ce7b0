"""Markdown, cut into what stands alone: headings, paragraphs, items of lists, fenced code.

Not a rendering: a block keeps the text that its author wrote.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

HEADING, ITEM, CODE, TEXT = "heading", "item", "code", "text"

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_BREAK = re.compile(r" {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$")
_ITEM = re.compile(r" {0,3}(?:[-*+]|\d{1,9}[.)])(?:[ \t]+|$)")
_FRONT = re.compile(r"(?s)\A---[ \t]*\n(.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_FIELD = re.compile(r"([A-Za-z][\w-]{0,39}):[ \t]*(.*)")
_COMMENT = re.compile(r"(?s)<!--.*?(?:-->|\Z)")


class Block(NamedTuple):
    """One block; `level` is that of a heading, and `line` where it begins, counted from 1."""

    kind: str
    text: str
    line: int
    level: int = 0


def front_matter(text: str) -> dict[str, str]:
    """The plain fields before the text, by their names in lower case."""
    found = _FRONT.match(text)
    fields = map(_FIELD.match, (found[1] or "").splitlines()) if found else ()
    return {one[1].lower(): one[2].strip().strip("\"'") for one in fields if one}


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a document, in order; front matter, comments and rules are left out."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    text = _FRONT.sub(_emptied, text, count=1)
    lines = _COMMENT.sub(_emptied, text).split("\n")
    at = 0
    while at < len(lines):
        block, end = _block(lines, at)
        if block is not None and block.text.strip():
            yield block
        at = max(end, at + 1)


def _emptied(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


def _block(lines: list[str], at: int) -> tuple[Block | None, int]:
    line = lines[at]
    heading = _HEADING.match(line)
    if not line.strip() or (_BREAK.match(line)):
        return None, at + 1
    if heading:
        return Block(HEADING, (heading[2] or "").strip(), at + 1, len(heading[1])), at + 1
    if _FENCE.match(line):
        end = _after_fence(lines, at)
        return Block(CODE, "\n".join(lines[at:end]), at + 1), end
    if _ITEM.match(line):
        end = _after_item(lines, at)
        return Block(ITEM, _item_text(lines[at:end]), at + 1), end
    return _paragraph(lines, at)


def _after_fence(lines: list[str], at: int) -> int:
    opened = _FENCE.match(lines[at].lstrip(" "))
    assert opened is not None
    for number in range(at + 1, len(lines)):
        closing = lines[number].strip()
        if closing.startswith(opened[1]) and not closing.strip(opened[1][0]):
            return number + 1
    return len(lines)


def _after_item(lines: list[str], at: int) -> int:
    """Where an item ends: at the next one as far left, a heading, or text that is not indented
    after an empty line."""
    indent = _indent(lines[at])
    end = at + 1
    while end < len(lines):
        line = lines[end]
        if not line.strip():
            following = next((one for one in lines[end:] if one.strip()), "")
            if _indent(following) <= indent:
                break
            end += 1
            continue
        nested = _indent(line) > indent
        if nested and _FENCE.match(line.lstrip(" ")):
            end = _after_fence(lines, end)
            continue
        if not nested and (_ITEM.match(line) or _HEADING.match(line) or _FENCE.match(line)):
            break
        end += 1
    return end


def _indent(line: str) -> int:
    spread = line.expandtabs(4)
    return len(spread) - len(spread.lstrip(" "))


def _item_text(lines: list[str]) -> str:
    """The text of an item without its mark; what is below it keeps its place to it."""
    mark = _ITEM.match(lines[0])
    assert mark is not None
    rest = [line.expandtabs(4) for line in lines[1:]]
    indent = min((_indent(line) for line in rest if line.strip()), default=0)
    return "\n".join([lines[0][mark.end() :], *(line[indent:] for line in rest)]).strip()


def _paragraph(lines: list[str], at: int) -> tuple[Block, int]:
    end = at + 1
    while end < len(lines):
        line = lines[end]
        underline = _UNDERLINE.match(line)
        if underline:
            level = 1 if underline[1][0] == "=" else 2
            title = " ".join(one.strip() for one in lines[at:end])
            return Block(HEADING, title, at + 1, level), end + 1
        bullet = _ITEM.match(line)
        if not line.strip() or _HEADING.match(line) or _FENCE.match(line) or bullet:
            break
        end += 1
    return Block(TEXT, "\n".join(lines[at:end]).strip(), at + 1), end
