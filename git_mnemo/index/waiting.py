"""Waiting: new rows are written many together, table by table."""

from git_mnemo.index import rows, sizes
from git_mnemo.index.engine import sqlite3

SAID = f"said (rowid, {', '.join(rows.COLUMNS)})"
"""Where rows go that are searched."""

Row = tuple[object, ...]
Handed = tuple[dict[str, list[Row]], dict[int, int]]
"""Rows by where they go, and sizes by the numbers of rows."""


class Waiting:
    """The rows, and the sizes of those that are searched, that are not written yet."""

    much = 2000
    """How many rows are worth being written together."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.words = 0
        """By how much the sum of all sizes has grown with what was written."""

        self.sizes: dict[int, int] = {}
        self._database = database
        self._rows: dict[str, list[Row]] = {}
        self._count = 0

    def put(self, into: str, rows: list[Row]) -> None:
        """Have rows inserted into a table, or some columns of one, with the next flush."""
        self._rows.setdefault(into, []).extend(rows)
        self._count += len(rows)

    def is_much(self) -> bool:
        """Whether it is time to flush."""
        return self._count > self.much

    def flush(self) -> None:
        """Write all of them."""
        self._write(*self._taken())

    def finish(self) -> None:
        """Write all of them, the last ones."""
        self.flush()

    def close(self) -> None:
        """Write nothing more, whatever is left."""

    def _taken(self) -> Handed:
        taken = self._rows, self.sizes
        self._rows, self.sizes, self._count = {}, {}, 0
        return taken

    def _write(self, waiting: dict[str, list[Row]], measured: dict[int, int]) -> None:
        for into, found in waiting.items():
            self._insert(into, found)
        self.words += sizes.put(self._database, measured)

    def _insert(self, into: str, found: list[Row]) -> None:
        # Row by row: a statement of many has the words that are collected written down before it.
        if found:
            values = ", ".join("?" * len(found[0]))
            self._database.executemany(f"INSERT INTO {into} VALUES ({values})", found)
