"""Markdown, cut into what stands alone: headings, paragraphs, items of lists, fenced code.

Not a rendering: a block keeps the text that its author wrote.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

HEADING, ITEM, CODE, TEXT = "heading", "item", "code", "text"

_FENCE = re.compile(r"(?:[-*+]|\d{1,9}[.)])?[ \t]*(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*))?$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_BREAK = re.compile(r" {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$")
_ITEM = re.compile(r" {0,3}([-*+]|\d{1,9}[.)])(?:[ \t]+|$)")
_FRONT = re.compile(r"(?s)\A---[ \t]*\n(.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_FIELD = re.compile(r"([A-Za-z][\w-]{0,39}):[ \t]*(.*)")
_MARK = re.compile(r"<!--|`+")


class Block(NamedTuple):
    """One block; `level` is that of a heading, `mark` that of an item, and `line` where it begins,
    counted from 1."""

    kind: str
    text: str
    line: int
    level: int = 0
    mark: str = ""


def front_matter(text: str) -> dict[str, str]:
    """The plain fields before the text, by their names in lower case."""
    found = _FRONT.match(_plain(text))
    fields = map(_FIELD.match, (found[1] or "").splitlines()) if found else ()
    return {one[1].lower(): one[2].strip().strip("\"'") for one in fields if one}


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a document, in order; front matter, comments and rules are left out."""
    lines = _uncommented(_FRONT.sub(_emptied, _plain(text), count=1).split("\n"))
    at = 0
    while at < len(lines):
        block, end = _block(lines, at)
        if block is not None and block.text.strip():
            yield block
        at = max(end, at + 1)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")


def _emptied(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


# -- comments ----------------------------------------------------------------------------------


def _uncommented(lines: list[str]) -> list[str]:
    """The lines without comments; in code they are text, and so is one that nothing ends."""
    last = max((at for at, line in enumerate(lines) if "-->" in line), default=-1)
    kept: list[str] = []
    code, inside = "", False
    for at, line in enumerate(lines):
        if code:
            code = "" if _closes(line, code) else code
            kept.append(line)
            continue
        if not inside:
            code = _fence(line)
        if not code and at <= last and (inside or "<!--" in line):
            line, inside = _without_comments(line, inside, ends_later=at < last)
        kept.append(line)
    return kept


def _without_comments(line: str, inside: bool, *, ends_later: bool) -> tuple[str, bool]:
    """What a line has outside of comments, and whether one goes on below it."""
    kept: list[str] = []
    runs = {len(one[0]) for one in re.finditer("`+", line)}
    last = line.rfind("-->")
    at = 0
    while True:
        if inside:
            end = line.find("-->", at)
            if end < 0:
                return "".join(kept), True
            at, inside = end + 3, False
        found = _MARK.search(line, at)
        if found is None:
            return "".join([*kept, line[at:]]), False
        if found[0] == "<!--":
            inside = ends_later or last >= found.end()
            kept.append(line[at : found.start() if inside else found.end()])
            at = found.end()
            continue
        end = _after_code(line, found) if len(found[0]) in runs else found.end()
        if end == found.end():
            runs.discard(len(found[0]))  # no later one has an end, either
        kept.append(line[at:end])
        at = end


def _after_code(line: str, opened: re.Match[str]) -> int:
    """Where a span of code ends; where its mark does, if nothing ends it."""
    for one in re.compile("`+").finditer(line, opened.end()):
        if len(one[0]) == len(opened[0]):
            return one.end()
    return opened.end()


# -- blocks ------------------------------------------------------------------------------------


def _block(lines: list[str], at: int) -> tuple[Block | None, int]:
    line = lines[at]
    if not line.strip() or _BREAK.match(line):
        return None, at + 1
    heading = _HEADING.match(line)
    if heading:
        return Block(HEADING, _title(heading[2] or ""), at + 1, len(heading[1])), at + 1
    item = _ITEM.match(line)
    if item:
        end = _after_item(lines, at, item.end())
        return Block(ITEM, _item_text(lines[at:end], item.end()), at + 1, mark=item[1]), end
    if _fence(line) and _indent(line) < 4:
        end = _after_fence(lines, at, _fence(line))
        return Block(CODE, "\n".join(lines[at:end]), at + 1), end
    return _paragraph(lines, at)


def _title(text: str) -> str:
    """A heading's text without the marks that close it."""
    text = text.strip()
    rest = text.rstrip("#")
    return rest.rstrip() if not rest or rest[-1] in " \t" else text


def _fence(line: str) -> str:
    """The marks of a fence that a line opens, also one that begins an item; else nothing."""
    found = _FENCE.match(line.lstrip(" \t"))
    if found is None or (found[1][0] == "`" and "`" in line.lstrip(" \t")[found.end() :]):
        return ""
    return found[1]


def _closes(line: str, fence: str) -> bool:
    closing = line.strip()
    return closing.startswith(fence) and not closing.strip(fence[0])


def _after_fence(lines: list[str], at: int, fence: str, outside: int = -1) -> int:
    """Where code ends: behind the fence that closes it, or before what is as far left as the item
    that it is in."""
    for number in range(at + 1, len(lines)):
        if _closes(lines[number], fence):
            return number + 1
        if lines[number].strip() and _indent(lines[number]) <= outside:
            return number
    return len(lines)


def _after_item(lines: list[str], at: int, begins: int) -> int:
    """Where an item ends: at the next one as far left, a heading, or text that is not indented
    after an empty line."""
    indent = _indent(lines[at])
    end, fence = at + 1, _fence(lines[at][begins:])
    if fence:
        end = _after_fence(lines, at, fence, indent)
    while end < len(lines):
        line = lines[end]
        if not line.strip():
            following = end
            while following < len(lines) and not lines[following].strip():
                following += 1
            if following == len(lines) or _indent(lines[following]) <= indent:
                break
            end = following
            continue
        nested = _indent(line) > indent
        fence = _fence(line)
        if nested and fence:
            end = _after_fence(lines, end, fence, indent)
            continue
        if not nested and (fence or _interrupts(line) or _ITEM.match(line)):
            break
        end += 1
    return end


def _interrupts(line: str) -> bool:
    return bool(_HEADING.match(line) or _BREAK.match(line))


def _indent(line: str) -> int:
    """The column, from 0, of a line's first character that is no blank."""
    blank = line[: len(line) - len(line.lstrip(" \t"))]
    return len(blank.expandtabs(4)) if "\t" in blank else len(blank)


def _outdented(line: str, columns: int) -> str:
    """The line without so many columns of blanks; all other characters stay what they are."""
    column = at = 0
    while column < columns and at < len(line) and line[at] in " \t":
        column = column + 1 if line[at] == " " else column // 4 * 4 + 4
        at += 1
    return " " * max(column - columns, 0) + line[at:]


def _item_text(lines: list[str], begins: int) -> str:
    """The text of an item without its mark; what is below it keeps its place to it."""
    rest = lines[1:]
    indent = min((_indent(line) for line in rest if line.strip()), default=0)
    return "\n".join([lines[0][begins:], *(_outdented(line, indent) for line in rest)]).strip()


def _paragraph(lines: list[str], at: int) -> tuple[Block, int]:
    end = at + 1
    while end < len(lines):
        line = lines[end]
        underline = _UNDERLINE.match(line)
        if underline:
            level = 1 if underline[1][0] == "=" else 2
            title = " ".join(one.strip() for one in lines[at:end])
            return Block(HEADING, title, at + 1, level), end + 1
        item = _ITEM.match(line)
        begins_list = item and (not item[1][0].isdigit() or item[1][:-1] == "1")
        if not line.strip() or begins_list or _interrupts(line) or _fence(line):
            break
        end += 1
    return Block(TEXT, "\n".join(lines[at:end]).strip(), at + 1), end
