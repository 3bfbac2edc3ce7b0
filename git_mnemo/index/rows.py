"""The rows that are searched: a claim in its chain, and how long it is with the claims around it.

A claim is found by the words of its neighbours, too, for less. They are not written down again in
its row: its neighbours' rows have the numbers next to its own, and `search` looks there.
"""

import functools
from collections.abc import Sequence
from itertools import accumulate
from operator import sub
from typing import NamedTuple

from git_mnemo import moment, node, words
from git_mnemo.index.tables import DATE as DATE
from git_mnemo.index.tables import DATED
from git_mnemo.index.tables import SAID as SAID
from git_mnemo.node import Node

REACH = 3
"""How many claims before and after one it is found by."""

COLUMNS = (*SAID, *DATE)
WEIGHTS = (1.5, 1.5, 1.0, 1.0, 0.5, 0.5)
"""What a word counts in each column."""

SPREADS = (False, True, True, False, False, False)
"""Whether the claims around it are found by the words of a column."""

NEAR, FAR = 0.4, 0.2
"""What such a word counts for the rows next to its own, and for those two and three places away."""


class Text(NamedTuple):
    """A claim's text with what is derived from it: how many words it has, and by how many of them
    its neighbours are found."""

    whole: str
    inside: str
    size: int
    telling: int


class Line(NamedTuple):
    """A row to be: its claim, and what of its chain makes the row, too.

    Equal lines are equal rows. `title` is the address of a title that tells of the whole chain,
    `opens` whether the claim opens a chain whose title only repeats it.
    """

    address: str
    title: str | None
    opens: bool
    at: int | None


def text_of(claim: Node) -> Text:
    """A claim's text with its derived forms; the files that it is about are words of it, too."""
    beside = inside(claim)
    size, telling = words.sizes(claim.text)
    return Text(claim.text, beside, size + (words.size(beside) if beside else 0), telling)


def inside(claim: Node) -> str:
    """The words of a claim that stand not in its text as the tokenizer reads it."""
    if not claim.anchors:
        return words.inside(claim.text)
    paths = dict.fromkeys(anchor.path for anchor in claim.anchors)
    files = [path.encode("utf-8", "replace").decode() for path in paths]
    return " ".join([words.inside(claim.text), *files])


def is_own_title(title: str, first: str) -> bool:
    """Whether somebody chose the title; else it repeats the claim that opened the chain."""
    return title != node.title_of(first)


def lines(
    claims: Sequence[tuple[str, int | None]], title: str | None, *, own_title: bool
) -> list[Line]:
    """The rows of a chain; `claims` are addresses and times, in order."""
    own = title if own_title else None
    opens = title is not None and not own_title
    return [
        Line(address, own, opens and at == 0, told) for at, (address, told) in enumerate(claims)
    ]


def columns(text: Text, title: str, at: int | None, *, opens: bool) -> tuple[str, ...]:
    """What the index has of a claim of that time in each of `COLUMNS`; `title` is empty unless it
    tells of the whole chain, and `opens` whether the claim opens one whose title repeats it."""
    whole, inside, size, _ = text
    if size <= words.AROUND and not opens:
        return title, "", whole, "", inside, date(at)
    first, _, said = whole.partition("\n") if opens else ("", "", whole)
    rest = ""
    if size > words.AROUND:
        cut = words.end_of_telling(whole) - (len(whole) - len(said))
        said, rest = said[: max(cut, 0)], said[max(cut, 0) :]
    return title, first, said, rest, inside, date(at)


def sizes(texts: Sequence[Text], title: str | None, dated: Sequence[bool]) -> list[int]:
    """How many words each row of a chain is found by, those of the claims around it included."""
    own = words.size(title) if title is not None else 0
    beyond = [0] * REACH
    sums = [0, *accumulate([*beyond, *(text.telling for text in texts), *beyond])]
    around = map(sub, sums[2 * REACH + 1 :], sums)
    return [
        own + text.size + (3 if has_day else 0) + near - text.telling
        for text, near, has_day in zip(texts, around, dated, strict=True)
    ]


def date(at: int | None) -> str:
    """The day in words that nobody writes, as `dated` has them; nothing where it is not known."""
    return _day(at // 86400) if at is not None else ""


@functools.lru_cache(maxsize=1000)
def _day(number: int) -> str:
    year, month, day, *_ = moment.civil(number * 86400)
    if not 1 <= year <= 9999:
        return ""
    return " ".join(map(dated, (str(day), words.MONTHS[month - 1].lower(), str(year))))


def dated(word: str) -> str:
    """A word of a date as the days of claims have it, where no other word is like it."""
    return DATED + word
