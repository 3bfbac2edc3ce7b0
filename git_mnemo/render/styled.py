"""Lines for people: pieces of text, each with what it is; plain, or in colour for a terminal.

What a text is made of and how it looks are kept apart until the last moment, so that no text, of
whoever, can bring a colour or a movement of the cursor along: each piece is cleaned by itself.
"""

from __future__ import annotations

from git_mnemo.message import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ID, SESSION, WHO, WHEN = "id", "session", "who", "when"
TITLE, FAINT, GONE = "title", "faint", "gone"
GOOD, NEW, ASIDE, BAD, KIND = "good", "new", "aside", "bad", "kind"

PALETTE = {
    ID: "33", SESSION: "36", WHO: "34", WHEN: "32", TITLE: "1", FAINT: "2", GONE: "2;9",
    GOOD: "32", NEW: "1;33", ASIDE: "35", BAD: "31", KIND: "35",
}  # fmt: skip
"""What each kind of piece looks like, as the terminal is told; eight colours and attributes."""

MARK = "~~"
"""Stands on both sides of what is struck out, where nothing can be struck out."""

Piece = tuple[str, str]
"""What a text is, or ""; and the text."""


class Line:
    """One line: pieces, which are never taken apart. Lines and texts can be added."""

    __slots__ = ("pieces",)

    def __init__(self, *pieces: Piece) -> None:
        self.pieces = pieces

    def __add__(self, other: Line | str) -> Line:
        return Line(*self.pieces, *_pieces(other))

    def __radd__(self, other: str) -> Line:
        return Line(*_pieces(other), *self.pieces)

    def __bool__(self) -> bool:
        return any(text for _, text in self.pieces)


def _pieces(other: Line | str) -> tuple[Piece, ...]:
    return other.pieces if isinstance(other, Line) else (("", other),)


def of(kind: str, text: str) -> Line:
    """A line of one piece."""
    return Line((kind, text))


def joined(between: str, lines: Iterable[Line | str]) -> Line:
    """The lines in one, those that are empty left out."""
    found: Line = Line()
    for one in lines:
        if one:
            found = found + (between if found else "") + one
    return found


def plain(line: Line) -> str:
    """The line without colour; what is struck out has a mark on both sides."""
    text = "".join(
        f"{MARK}{_clean(text)}{MARK}" if kind == GONE and text else _clean(text)
        for kind, text in line.pieces
    )
    return text.rstrip(" ")


def painted(line: Line) -> str:
    """The line for a terminal with colours."""
    return "".join(
        f"\x1b[{PALETTE[kind]}m{_clean(text)}\x1b[m" if kind and text.strip() else _clean(text)
        for kind, text in line.pieces
    )


def _clean(text: str) -> str:
    return printable(text.replace("\t", "    ").replace("\n", " "))


# -- columns -----------------------------------------------------------------------------------


def cells(text: str) -> int:
    """How many columns a terminal takes for the text."""
    return len(text) if text.isascii() else sum(map(_cells_of, text))


def _cells_of(char: str) -> int:
    """2 for East Asian wide characters and emoji, 0 for what stands on the character before."""
    if char.isascii():
        return 1
    import unicodedata

    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        # The sign that turns a character into its picture makes it wide: one column is known.
        return 1 if char == "\ufe0f" else 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def width_of(line: Line) -> int:
    """The columns of the line as a terminal with colours shows it."""
    return sum(cells(_clean(text)) for _, text in line.pieces)


def cut(text: str, width: int | None) -> str:
    """The first line of a text in at most that many columns; None is no limit."""
    first = _clean(text.partition("\n")[0]).strip(" ")
    if width is None or cells(first) <= width:
        return first
    kept, left = "", max(width, 1) - 1
    for char in first:
        left -= _cells_of(char)
        if left < 0:
            break
        kept += char
    return kept.rstrip(" ") + "…"


def padded(text: str, width: int) -> str:
    """The text with blanks behind it, up to that many columns."""
    return text + " " * (width - cells(text))


def wrapped(text: str, width: int | None) -> Iterator[str]:
    """The lines of a text, broken between words where they are too long for a terminal.

    Lines that begin with a blank are code or a table, and stay as they are.
    """
    for line in text.split("\n"):
        line = _clean(line)
        if width is None or line.startswith(" ") or cells(line) <= width:
            yield line.rstrip(" ")
        else:
            yield from _broken(line, max(width, 20))


def _broken(line: str, width: int) -> Iterator[str]:
    kept = ""
    for word in line.split(" "):
        longer = f"{kept} {word}" if kept else word
        if kept and cells(longer) > width:
            yield kept
            longer = word
        kept = longer
    yield kept
