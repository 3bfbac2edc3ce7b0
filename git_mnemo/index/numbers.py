"""Numbers: those that claims have in a chain stand next to each other, and next to no others.

So the claims around one are found by its number alone.
"""

from typing import NamedTuple

from git_mnemo import node
from git_mnemo.chain import Entry
from git_mnemo.index import rows

SLACK = 16
"""Numbers kept free for a chain that has grown once, at least; else as many as it has claims."""


class Kept(NamedTuple):
    """An entry with what the index needs to know of its node; `number` is 0 until it has one."""

    entry: Entry
    number: int
    node: int
    type: str | None
    at: int | None
    teller: int | None


def claims_of(entries: list[Kept]) -> list[Kept]:
    """The entries that can be found, in order: those of claims, of each the first."""
    first: dict[str, Kept] = {}
    for kept in entries:
        if kept.type in node.CLAIMS:
            first.setdefault(kept.entry.address, kept)
    return list(first.values())


class Numbers:
    """The numbers to give: `next` to a claim, and what is below `beside` to all other entries."""

    def __init__(self, following: int = rows.REACH + 1, beside: int = 0) -> None:
        self.next = following
        self._beside = beside

    def placed(self, old: list[Kept], new: list[Kept], room: int) -> tuple[list[Kept], int | None]:
        """A chain's entries with their numbers, and its room where that is another from now on.

        A chain that grows stays where it is while there is room; else it moves, to where it can
        grow as much again. So growing at its end costs what is new, however long the chain is, and
        growing elsewhere what comes after that.
        """
        before, claims = claims_of(old), claims_of(new)
        first, moved = (before[0].number if before else 0), None
        if claims and (not before or first + len(claims) - 1 > room):
            first = self.next
            moved = self.keep(len(claims) + (max(SLACK, len(claims)) if before else 0))
        numbers = {kept.entry: first + at for at, kept in enumerate(claims)}
        return [self._numbered(kept, numbers.get(kept.entry)) for kept in new], moved

    def keep(self, count: int) -> int:
        """The last of so many numbers from `next` on, which are given to one chain."""
        last = self.next + count - 1
        self.next = last + 1 + rows.REACH
        return last

    def beside(self) -> int:
        """A number for an entry that is no claim."""
        self._beside -= 1
        return self._beside

    def _numbered(self, kept: Kept, number: int | None) -> Kept:
        if number is None and kept.number < 0:
            return kept
        if number is None:
            number = self.beside()
        return Kept(kept.entry, number, *kept[2:])
