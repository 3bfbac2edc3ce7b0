"""Decision records in Markdown (Nygard's form, MADR, adr-tools): a chain for each, with a claim for
each section; a record that supersedes another hides what that one says.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from git_mnemo.formats.blocks import HEADING, Block, blocks, front_matter
from git_mnemo.formats.document import Document, Spots, cut, fitting, key_of
from git_mnemo.formats.line import Line, time_of
from git_mnemo.node import LEAF, SUPERSEDE

NAME = re.compile(r"(?i)^(?:adr[-_ ]?)?(\d{1,6})[-_. ].*\.(?:md|markdown)$")
"""How the file of a record is called, with its number."""

_NUMBERED = re.compile(
    r"(?i)^(?:adr[-_ #]*)?(\d{1,6})\s*[.:)\u2013\u2014-]\s+|^adr[-_ #]*(\d{1,6})\s+"
)
_FIELD = re.compile(r"(?im)^[*\-\s]*\**(status|date)\**:\**\s*(.+?)\s*$")
_DAY = re.compile(r"\b(\d{4}-\d{2}-\d{2})\b")
_OTHER = r"[^\n.;]{0,80}?(?:\(|adr[-_ #]*|\[|/|\s)0*(\d{1,6})\b"
_SUPERSEDES = re.compile(r"(?i)\b(?:supersedes|supercedes|replaces)\b" + _OTHER)
_SUPERSEDED = re.compile(r"(?i)\b(?:superseded|superceded|replaced)\s+by\b" + _OTHER)


class _Record(NamedTuple):
    document: Document
    number: int | None
    title: str
    at: int | None
    sections: list[tuple[str, str, int]]
    replaces: set[int]
    replaced_by: set[int]


def is_one(text: str) -> bool:
    """Whether a document is built like a record: it has a decision, and what it follows from."""
    names = [block.text.lower() for block in blocks(text) if block.kind == HEADING]
    return any("decision" in name for name in names) and any(
        name.startswith(("context", "problem", "status", "consequences")) for name in names
    )


def read(documents: Iterable[Document], spots: Spots) -> Iterator[Line]:
    """The lines of some records, what is replaced before what replaces it."""
    records = [_record(one) for one in documents]
    numbered = {one.number: one for one in records if one.number is not None}
    replaces = {
        one.document.name: {
            *(one.replaces & numbered.keys()),
            *(other.number for other in numbered.values() if one.number in other.replaced_by),
        }
        - {one.number}
        for one in records
    }
    done: dict[str, tuple[str, ...]] = {}
    waiting = list(records)
    while waiting:
        ready = [one for one in waiting if _settled(one, replaces, numbered, done)]
        one = (ready or waiting)[0]  # a circle is cut where it is met first
        waiting.remove(one)
        hides = [
            id_
            for number in sorted(filter(None, replaces[one.document.name]))
            for id_ in done.get(numbered[number].document.name, ())
        ]
        lines = list(_lines(one, hides, spots))
        done[one.document.name] = tuple(line.id for line in lines if line.id)
        yield from lines


def _settled(
    one: _Record,
    replaces: dict[str, set[int | None]],
    numbered: dict[int, _Record],
    done: dict[str, tuple[str, ...]],
) -> bool:
    return all(
        numbered[number].document.name in done
        for number in replaces[one.document.name]
        if number is not None
    )


def _record(document: Document) -> _Record:
    fields = front_matter(document.text)
    fields |= {name.lower(): value for name, value in _FIELD.findall(document.text)[::-1]}
    named = NAME.match(document.name.rpartition("/")[2])
    title, sections = _sections(document)
    found = _NUMBERED.match(title)
    number = named[1] if named else (found[1] or found[2]) if found else None
    status = "\n".join(text for name, text, _ in sections if name.lower() in ("status", "links"))
    status = f"{status}\n{fields.get('status', '')}"
    day = _DAY.search(fields.get("date", "")) or _DAY.search(status)
    return _Record(
        document,
        int(number) if number else None,
        fitting(title[found.end() :] if found else title) or document.name,
        (time_of(day[1]) if day else None) or document.at,
        _with_status(sections, fields.get("status", "")),
        {int(other) for other in _SUPERSEDES.findall(status)},
        {int(other) for other in _SUPERSEDED.findall(status)},
    )


def _with_status(sections: list[tuple[str, str, int]], status: str) -> list[tuple[str, str, int]]:
    """The sections, with a status that stands in a field and in none of them."""
    told = any(name.lower() == "status" for name, _, _ in sections)
    return sections if told or not status else [("Status", status, 1), *sections]


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
    _, preface, at = found[0]
    found[0] = ("", _FIELD.sub("", preface).strip(), at) if not found[0][0] else found[0]
    return title or document.name, [one for one in found if one[1].strip()]


def _joined(parts: list[Block]) -> str:
    texts: list[str] = []
    for block in parts:
        if block.kind == HEADING:
            texts.append(f"\n{'#' * block.level} {block.text}\n")
        elif block.kind == "item":
            texts.append("- " + block.text.replace("\n", "\n  "))
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
            hiding = at == decisive and bool(hides)
            yield Line(
                spots.add(name, line), text=piece, type=SUPERSEDE if hiding else LEAF,
                inputs=tuple(hides) if hiding else (), domain="decisions", title=record.title,
                key=key_of("adr", name), id=f"{name}#{count}", at=record.at,
            )  # fmt: skip
            hides = [] if hiding else hides
            count += 1


def _said(head: str, text: str) -> str:
    """A section in words: its name before the text, in one line where the text is one."""
    if not head:
        return text
    begins = text.startswith(("- ", "#", "```", "~~~", "|"))
    return f"{head}:\n\n{text}" if begins or "\n\n" in text else f"{head}: {text}"
