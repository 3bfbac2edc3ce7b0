"""Waiting: new rows are written many together, table by table."""

from collections.abc import Iterable

from git_mnemo.index import sizes
from git_mnemo.index.engine import sqlite3

_BATCH = 2000
"""Rows that are many."""

Row = tuple[object, ...]


class Waiting:
    """The rows, and the sizes of those that are searched, that are not written yet."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.words = 0
        """By how much the sum of all sizes has grown with what was written."""

        self.sizes: dict[int, int] = {}
        self._database = database
        self._rows: dict[str, list[Row]] = {}

    def put(self, into: str, rows: Iterable[Row]) -> None:
        """Have rows inserted into a table, or some columns of one, with the next flush."""
        self._rows.setdefault(into, []).extend(rows)

    def is_much(self) -> bool:
        """Whether it is time to flush."""
        return sum(map(len, self._rows.values())) > _BATCH

    def flush(self) -> None:
        """Write all of them."""
        # Row by row: a statement of many has the words that are collected written down before it.
        for into, rows in self._rows.items():
            if rows:
                values = ", ".join("?" * len(rows[0]))
                self._database.executemany(f"INSERT INTO {into} VALUES ({values})", rows)
        self._rows.clear()
        self.words += sizes.put(self._database, self.sizes)
        self.sizes.clear()
