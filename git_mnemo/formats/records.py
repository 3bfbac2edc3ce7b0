"""Decision records in Markdown (Nygard's form, MADR, adr-tools): a chain for each, with a claim for
each section; a record that supersedes another hides what that one says.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from git_mnemo.formats.blocks import HEADING, Block, blocks, front_matter
from git_mnemo.formats.days import day_of
from git_mnemo.formats.document import Document, Spots, cut, fitting, in_order, key_of
from git_mnemo.formats.line import Line
from git_mnemo.formats.relations import NAME, Named, Records, named
from git_mnemo.node import LEAF, MAX_INPUTS, SUPERSEDE

_NUMBERED = re.compile(
    r"(?i)^(?:adr[-_ #]*)?(\d{1,6})\s*[.:)\u2013\u2014-]\s+|^adr[-_ #]*(\d{1,6})\s+"
)
_FIELD = re.compile(
    r"(?i)(status|date|supersedes|(?:superseded|replaced)[-_ ]by)[*_ ]{0,4}[:|][*_ ]{0,4}(.*)"
)
_DAY = re.compile(r"\b(\d{4}-\d{2}-\d{2})\b")
_RELATED = ("status", "links")


class _Record(NamedTuple):
    document: Document
    number: int | None
    title: str
    at: int | None
    sections: list[tuple[str, str, int]]
    replaces: list[Named]
    replaced_by: list[Named]


def is_one(text: str) -> bool:
    """Whether a document is built like a record: it has a decision, and what it follows from."""
    names = [block.text.lower() for block in blocks(text) if block.kind == HEADING]
    return any("decision" in name for name in names) and any(
        name.startswith(("context", "problem", "status", "consequences")) for name in names
    )


def read(documents: Iterable[Document], spots: Spots) -> Iterator[Line]:
    """The lines of some records, what is replaced before what replaces it."""
    records = {one.name: _record(one) for one in documents}
    known = Records({name: one.number for name, one in records.items()})
    replaces: dict[str, list[str]] = {name: [] for name in records}
    for name, one in records.items():
        replaces[name] += filter(None, (known.find(name, other) for other in one.replaces))
        for other in filter(None, (known.find(name, other) for other in one.replaced_by)):
            replaces[other].append(name)
    done: dict[str, tuple[str, ...]] = {}
    for name in in_order(replaces, replaces.__getitem__):
        replaced = dict.fromkeys(replaces[name])
        lines = list(
            _lines(records[name], [id_ for other in replaced for id_ in done.get(other, ())], spots)
        )
        done[name] = tuple(line.id for line in lines if line.id)
        yield from lines


def _record(document: Document) -> _Record:
    title, sections = _sections(document)
    told = "\n".join(text for name, text, _ in sections if name.lower() in _RELATED)
    preface = sections[0][1] if sections and not sections[0][0] else ""
    fields = _fields(f"{preface}\n{told}") | front_matter(document.text)
    named_so = NAME.match(document.name.rpartition("/")[2])
    found = _NUMBERED.match(title)
    number = named_so[1] if named_so else (found[1] or found[2]) if found else None
    status = fields.get("status", "")
    relations = [f"{name} {fields[name]}" for name in fields if name.startswith(("supers", "repl"))]
    replaces, replaced_by = named("\n".join([status, told, *relations]).strip())
    at = day_of(fields.get("date", ""))
    if at is None and (day := _DAY.search(f"{told}\n{status}")):
        at = day_of(day[1])
    return _Record(
        document,
        int(number) if number else None,
        fitting(title[found.end() :] if found else title) or document.name,
        document.at if at is None else at,
        _with_status(sections, status),
        replaces,
        replaced_by,
    )


def _fields(text: str) -> dict[str, str]:
    """What lines such as `* Status: accepted` say, by the names in lower case; the first counts."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        found = _field(line)
        if found:
            fields.setdefault(found[1].lower(), found[2].strip(" \t*_|"))
    return fields


def _field(line: str) -> re.Match[str] | None:
    return _FIELD.match(line.lstrip(" \t*->_|"))


def _with_status(sections: list[tuple[str, str, int]], status: str) -> list[tuple[str, str, int]]:
    """The sections, with a status that stands in a field and in none of them; fields are none."""
    if sections and not sections[0][0]:
        kept = [line for line in sections[0][1].split("\n") if not _is_told(line)]
        preface = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
        sections = [("", preface, sections[0][2])] * bool(preface) + sections[1:]
    told = any(name.lower() == "status" for name, _, _ in sections)
    return sections if told or not status else [("Status", status, 1), *sections]


def _is_told(line: str) -> bool:
    """Whether a line is a field that stands elsewhere: the status as a section, the day as that."""
    found = _field(line)
    return found is not None and found[1].lower() in ("status", "date")


def _sections(document: Document) -> tuple[str, list[tuple[str, str, int]]]:
    """The title, and each section's name, text and line; smaller headings stay in their section."""
    title, found = "", []
    name, parts, line = "", list[Block](), 1
    top: int | None = None
    for block in blocks(document.text):
        if block.kind == HEADING and not title and not parts:
            title, top = block.text, block.level
            continue
        if block.kind == HEADING and block.level <= (top or 1) + 1:
            found.append((name, _joined(parts), line))
            name, parts, line = block.text, [], block.line
        else:
            parts.append(block)
    found.append((name, _joined(parts), line))
    return title or document.name, [one for one in found if one[1].strip()]


def _joined(parts: list[Block]) -> str:
    texts: list[str] = []
    for block in parts:
        if block.kind == HEADING:
            texts.append(f"\n{'#' * block.level} {block.text}\n")
        elif block.kind == "item":
            mark = block.mark if block.mark[0].isdigit() else "-"
            texts.append(f"{mark} " + block.text.replace("\n", "\n" + " " * (len(mark) + 1)))
        else:
            texts.append(f"\n{block.text}\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(texts)).strip()


def _lines(record: _Record, hides: list[str], spots: Spots) -> Iterator[Line]:
    """A claim for each section. The decision is what hides the claims of the records replaced."""
    name = record.document.name
    decisive = next(
        (at for at, (head, _, _) in enumerate(record.sections) if "decision" in head.lower()
         and "driver" not in head.lower()), 0
    )  # fmt: skip
    count = 0
    for at, (head, text, line) in enumerate(record.sections):
        for piece in cut(_said(head, text)):
            hidden = hides[:MAX_INPUTS] if at >= decisive else []
            hides = hides[len(hidden) :]
            yield Line(
                spots.add(name, line), text=piece, type=SUPERSEDE if hidden else LEAF,
                inputs=tuple(hidden), domain="decisions", title=record.title,
                key=key_of("adr", name), id=f"{name}#{count}", at=record.at, dated=False,
            )  # fmt: skip
            count += 1


def _said(head: str, text: str) -> str:
    """A section in words: its name before the text, in one line where the text is one."""
    if not head:
        return text
    begins = text.startswith(("- ", "#", "```", "~~~", "|"))
    return f"{head}:\n\n{text}" if begins or "\n\n" in text else f"{head}: {text}"
