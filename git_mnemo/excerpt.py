"""Excerpt: what of a chain is shown where there is room for a certain number of characters.

The claims that matched come first, then what stands around them, nearest first. A claim that is
too long is cut around the place that matched, between sentences and never within one; what was
left out is told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

# A sentence ends at the end of a line, at `.`, `!` or `?` before a blank, or at their CJK kin.
_END = re.compile(r"[.!?][\"')\]]*[ \t]+|[。！？]|\n+")

NEIGHBOUR = 0.5
"""A claim beside one that matched counts half of it, the next one a quarter, and so on."""


class Part(NamedTuple):
    """A claim of the chain, in order.

    `score` is above 0 where it matched; `focus` is the place in the text that did. `extra` is how
    many characters are printed beside the text; `quiet` claims come after all others.
    """

    text: str
    score: float = 0.0
    focus: int = 0
    extra: int = 0
    quiet: bool = False


class Kept(NamedTuple):
    """A claim that is shown: the number of its part from 0, and its text or a piece of it.

    `before` and `after` say whether sentences were left out in front of the piece and behind it.
    """

    at: int
    text: str
    before: bool = False
    after: bool = False


class Excerpt(NamedTuple):
    """What is shown, in order, and how many claims are not; `size` in characters."""

    kept: tuple[Kept, ...]
    left_out: int
    size: int

    def is_cut(self) -> bool:
        """Whether anything was left out."""
        return self.left_out > 0 or any(one.before or one.after for one in self.kept)


def excerpt(parts: Sequence[Part], budget: int) -> Excerpt:
    """The most telling claims of a chain within `budget` characters, oldest to newest."""
    kept: list[Kept] = []
    left = budget
    for at in _in_order_of_worth(parts):
        part = parts[at]
        piece = _fitting(at, part, left - part.extra)
        if piece is not None:
            kept.append(piece)
            left -= len(piece.text) + part.extra
    return Excerpt(tuple(sorted(kept)), len(parts) - len(kept), budget - left)


def sentences(text: str) -> list[str]:
    """The sentences of a text with the blanks behind them; joined they are the text."""
    found, start = [], 0
    for end in _END.finditer(text):
        found.append(text[start : end.end()])
        start = end.end()
    return [*found, text[start:]] if start < len(text) else found


def _in_order_of_worth(parts: Sequence[Part]) -> list[int]:
    """The numbers of the parts: what matched, then what is near to it; early before late."""
    worth = [part.score for part in parts]
    for step, order in ((1, range(1, len(parts))), (-1, range(len(parts) - 2, -1, -1))):
        for at in order:
            worth[at] = max(worth[at], worth[at - step] * NEIGHBOUR)
    return sorted(
        range(len(parts)),
        key=lambda at: (parts[at].quiet, parts[at].score <= 0, -worth[at], at),
    )


def _fitting(at: int, part: Part, room: int) -> Kept | None:
    """The part whole, or the sentences around its focus; None where not even one fits.

    What did not match is shown whole or not at all.
    """
    if len(part.text) <= room:
        return Kept(at, part.text)
    if part.score <= 0:
        return None
    said = sentences(part.text)
    first = last = _sentence_at(said, part.focus)
    if len(said[first].rstrip()) > room:
        return None
    size = len(said[first])
    while True:
        if last + 1 < len(said) and size + len(said[last + 1].rstrip()) <= room:
            last += 1
            size += len(said[last])
        elif first > 0 and size + len(said[first - 1]) <= room:
            first -= 1
            size += len(said[first])
        else:
            break
    piece = "".join(said[first : last + 1]).rstrip()
    return Kept(at, piece, first > 0, last + 1 < len(said))


def _sentence_at(said: Sequence[str], focus: int) -> int:
    passed = 0
    for number, sentence in enumerate(said):
        passed += len(sentence)
        if focus < passed:
            return number
    return len(said) - 1
