"""Seen: the nodes that a new index was given, so that its tables are never asked for one.

A table of hashes with open addressing, of 30 bytes for each node where a `dict` takes 250.
"""

from array import array


class Seen:
    """The ids of nodes, of `width` bytes each, that are numbered 1, 2, 3 as they come.

    There are so many `places` to begin with, a power of two.
    """

    def __init__(self, width: int, places: int = 1 << 16) -> None:
        self.types: list[str | None] = [None]
        """The type of each by its number, as far as they were told."""

        self._width = width
        self._ids = bytearray(width)
        self._places = array("I", bytes(4 * places))
        self._last = 0

    def number(self, id_: bytes) -> tuple[int, bool]:
        """The number of an id, and whether it has just got it."""
        places, width, ids = self._places, self._width, self._ids
        mask = len(places) - 1
        place = hash(id_) & mask
        while number := places[place]:
            at = number * width
            if ids[at : at + width] == id_:
                return number, False
            place = (place + 1) & mask
        self._last = number = self._last + 1
        places[place] = number
        self._ids += id_
        if 2 * number > mask:
            self._grow()
        return number, True

    def _grow(self) -> None:
        """Twice as many places."""
        places = array("I", bytes(8 * len(self._places)))
        mask, width, ids = len(places) - 1, self._width, self._ids
        for number in range(1, self._last + 1):
            place = hash(bytes(ids[number * width : (number + 1) * width])) & mask
            while places[place]:
                place = (place + 1) & mask
            places[place] = number
        self._places = places
