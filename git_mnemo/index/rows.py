"""The rows that are searched: a claim in its chain, with words of the claims around it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from git_mnemo import moment, node, words
from git_mnemo.node import Node

REACH = 3
"""How many claims before and after one it is found by."""


class Text(NamedTuple):
    """A claim's text with what is derived from it, made once for all rows it stands in."""

    whole: str
    telling: str
    inside: str


class Line(NamedTuple):
    """A row to be: its claim, the chain's title, and the claims around it by distance.

    All that makes the row is in here, by address: equal lines are equal rows. `title` is the
    address of a title that tells of the whole chain, `opens` whether the claim opens a chain
    whose title only repeats it.
    """

    address: str
    near: tuple[str, ...]
    far: tuple[str, ...]
    title: str | None
    opens: bool
    at: int | None


def text_of(claim: Node) -> Text:
    """A claim's text with its derived forms; the files that it is about are words of it, too."""
    return Text(claim.text, words.telling(claim.text), inside(claim))


def inside(claim: Node) -> str:
    """The words of a claim that stand not in its text as the tokenizer reads it."""
    paths = dict.fromkeys(anchor.path for anchor in claim.anchors)
    files = [path.encode("utf-8", "replace").decode() for path in paths]
    return " ".join([words.inside(claim.text), *files]) if files else words.inside(claim.text)


def is_own_title(title: str, first: str) -> bool:
    """Whether somebody chose the title; else it repeats the claim that opened the chain."""
    return title != node.title_of(first)


def lines(
    claims: Sequence[tuple[str, int | None]], title: str | None, *, own_title: bool
) -> Iterator[Line]:
    """The rows of a chain; `claims` are addresses and times, in order."""
    addresses = [address for address, _ in claims]
    for at, (address, told) in enumerate(claims):
        near = (*addresses[max(0, at - 1) : at], *addresses[at + 1 : at + 2])
        far = (
            *addresses[max(0, at - REACH) : max(0, at - 1)],
            *addresses[at + 2 : at + 1 + REACH],
        )
        yield Line(
            address,
            near,
            far,
            title if own_title else None,
            at == 0 and title is not None and not own_title,
            told,
        )


def columns(line: Line, texts: dict[str, Text], title: str | None) -> tuple[str, ...]:
    """Title, text, near, far, date and inside, as the index has them."""
    said = texts[line.address]
    first, _, rest = said.whole.partition("\n") if line.opens else ("", "", said.whole)
    return (
        (title or "") if line.title is not None else first,
        rest,
        " ".join([texts[address].telling for address in line.near]),
        " ".join([texts[address].telling for address in line.far]),
        date(line.at),
        said.inside,
    )


def date(at: int | None) -> str:
    """The day in words, `8 May 2023`; nothing where it is not known."""
    if at is None:
        return ""
    year, month, day, *_ = moment.civil(at)
    return f"{day} {words.MONTHS[month - 1]} {year}" if 1 <= year <= 9999 else ""
