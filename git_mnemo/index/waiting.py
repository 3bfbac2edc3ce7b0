"""Waiting: new rows are written many together, table by table."""

from typing import NamedTuple

from git_mnemo.index import rows, sizes
from git_mnemo.index.engine import sqlite3

SAID = f"said (rowid, {', '.join(rows.COLUMNS)})"
"""Where rows go that are searched."""

Row = tuple[object, ...]


class Handed(NamedTuple):
    """Rows by where they go, sizes by the numbers of rows, and how many characters there are."""

    rows: dict[str, list[Row]]
    sizes: dict[int, int]
    length: int


class Waiting:
    """The rows, and the sizes of those that are searched, that are not written yet."""

    much = 2000
    """How many rows are worth being written together."""

    long = 1 << 20
    """How many characters are."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.words = 0
        """By how much the sum of all sizes has grown with what was written."""

        self.sizes: dict[int, int] = {}
        self._database = database
        self._rows: dict[str, list[Row]] = {}
        self._count = self._length = 0

    def put(self, into: str, rows: list[Row], length: int = 0) -> None:
        """Have rows inserted into a table, or some columns of one, with the next flush; `length` is
        how many characters they have, where those may be many."""
        self._rows.setdefault(into, []).extend(rows)
        self._count += len(rows)
        self._length += length

    def is_much(self) -> bool:
        """Whether it is time to flush."""
        return self._count > self.much or self._length > self.long

    def flush(self) -> None:
        """Write all of them."""
        self._write(self._taken())

    def finish(self) -> None:
        """Write all of them, the last ones."""
        self.flush()

    def close(self) -> None:
        """Write nothing more, whatever is left."""

    def _taken(self) -> Handed:
        taken = Handed(self._rows, self.sizes, self._length)
        self._rows, self.sizes, self._count, self._length = {}, {}, 0, 0
        return taken

    def _write(self, handed: Handed) -> None:
        for into, found in handed.rows.items():
            self._insert(into, found)
        self.words += sizes.put(self._database, handed.sizes)

    def _insert(self, into: str, found: list[Row]) -> None:
        # Row by row: a statement of many has the words that are collected written down before it.
        if found:
            values = ", ".join("?" * len(found[0]))
            self._database.executemany(f"INSERT INTO {into} VALUES ({values})", found)
