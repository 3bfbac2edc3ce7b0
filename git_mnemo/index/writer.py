"""Writing many rows: another thread puts them into the tables while the next ones are made.

SQLite works without Python's lock for as long as one statement takes, and waits for that lock after
it. So a statement takes many rows. It always takes as many, since each that was prepared is kept.
"""

import threading
from collections.abc import Iterable
from itertools import chain

from git_mnemo.index.engine import sqlite3

ROWS, MANY = 2000, 2500
"""Rows of one statement, where SQLite takes so many values, and from how many on there are enough:
of the tables that grow alike none is left for the next time."""

Row = tuple[object, ...]


class Writer:
    """Rows on their way into the tables of a database that is asked through this alone."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._most = database.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
        self._waiting: dict[str, list[Row]] = {}
        self.has_many = False
        self._thread: threading.Thread | None = None
        self._failed: list[sqlite3.Error] = []

    @property
    def database(self) -> sqlite3.Connection:
        """The database, with nothing on its way; what still waits is not in it."""
        self._settle()
        return self._database

    def put(self, into: str, rows: Iterable[Row]) -> None:
        """Have rows inserted into a table, or some columns of one, in a while."""
        waiting = self._waiting.setdefault(into, [])
        waiting.extend(rows)
        self.has_many = self.has_many or len(waiting) >= MANY

    def waiting(self, into: str) -> list[Row]:
        """The rows that are neither in the table nor on their way."""
        return self._waiting.get(into, [])

    def write_many(self) -> None:
        """Send the rows of which there are many on their way."""
        self._settle()
        plan: list[tuple[str, list[object]]] = []
        for into, rows in self._waiting.items():
            size = max(1, min(ROWS, self._most // len(rows[0]))) if rows else 1
            end = len(rows) - len(rows) % size if len(rows) >= ROWS else 0
            for at in range(0, end, size):
                values = list(chain.from_iterable(rows[at : at + size]))
                plan.append((_insert(into, len(rows[0]), size), values))
            del rows[:end]
        self.has_many = False
        self._thread = threading.Thread(target=self._write, args=(plan,))
        self._thread.start()

    def write(self) -> None:
        """Write all that waits; it is in the tables then."""
        self._settle()
        for into, rows in self._waiting.items():
            if rows:
                self._database.executemany(_insert(into, len(rows[0]), 1), rows)
        self._waiting.clear()
        self.has_many = False

    def end(self) -> None:
        """Leave the database alone, whatever became of the rows."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _settle(self) -> None:
        self.end()
        if self._failed:
            raise self._failed.pop()

    def _write(self, plan: list[tuple[str, list[object]]]) -> None:
        try:
            for statement, values in plan:
                self._database.execute(statement, values)
        except sqlite3.Error as error:  # raised again where the rows came from
            self._failed.append(error)


def _insert(into: str, columns: int, rows: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return f"INSERT INTO {into} VALUES {', '.join([row] * rows)}"
