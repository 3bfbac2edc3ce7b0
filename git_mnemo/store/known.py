"""Known: objects that were read, so that they need not be read again."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

REMEMBERED = 32 * 1024 * 1024
"""Bytes of memory for objects that were read."""

_BESIDE = 400
"""Bytes that each of them takes beside its own, which are often fewer."""


class Known(dict[str, tuple[str, bytes]]):
    """Kind and bytes of the objects that were read, by id, for as long as memory allows. Several
    stores may share one.

    What an id names never changes; whether it is still here is never asked of this.
    """

    _size = 0

    def keep(self, found: Mapping[str, tuple[str, bytes]]) -> None:
        """Know these objects from now on."""
        if self._size > REMEMBERED:
            self.clear()
            self._size = 0
        self.update(found)
        self._size += sum([len(data) for _, data in found.values()]) + _BESIDE * len(found)
