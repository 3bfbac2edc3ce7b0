"""How things are shown: the time now, how wide the terminal is, how dates are written."""

from __future__ import annotations

from git_mnemo import moment
from git_mnemo.record import NamedTuple
from git_mnemo.render.styled import ID, Line, of
from git_mnemo.render.text import SHORT, ago

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

SHORT_CHAIN = 8
"""Hex digits of a chain's id on a terminal; enough for every command."""
READABLE = 100
"""Columns beyond which lines of text are hard to read."""


class Look(NamedTuple):
    """`now` in unix seconds. `width` is that of a terminal; None is a pipe or a file, where
    nothing is cut and ids are whole. `date` writes a time where a way was asked for."""

    now: int
    width: int | None = None
    date: Callable[[int], str] | None = None

    def when(self, at: int) -> str:
        """A time, as the user wants times; else how long ago, and on no terminal exactly."""
        if self.date is not None:
            return self.date(at)
        return moment.iso(at) if self.width is None else ago(at, self.now)

    def since(self, at: int) -> str:
        """A time as the user wants times; else how long ago it was."""
        return self.date(at) if self.date is not None else ago(at, self.now)

    def chain(self, id_: str) -> Line:
        """A chain's id: on a terminal the digits that commands take for it."""
        return of(ID, id_ if self.width is None else chain_short(id_))

    def left(self, *taken: int) -> int | None:
        """The columns that are left for text."""
        return None if self.width is None else max(self.width - sum(taken), 20)

    def room(self, indent: int) -> int | None:
        """The columns for lines of text behind an indent."""
        return None if self.width is None else min(self.width, READABLE) - indent


def chain_short(id_: str) -> str:
    """The first digits of the part of a chain's id that tells it from all others."""
    return id_[12 : 12 + SHORT_CHAIN] if id_.startswith("ch_") else id_


def address(oid: str) -> Line:
    """A node's address, as short as everywhere."""
    return of(ID, oid[:SHORT])
