"""Beside: a new index is written by a thread of its own, while the next claims are looked at.

SQLite lets go of the interpreter for as long as one statement runs, and each time that it takes it
back it may wait for longer than a row takes. So here a statement has thousands of rows.
"""

from __future__ import annotations

from itertools import chain

from git_mnemo.index import rows
from git_mnemo.index.engine import sqlite3
from git_mnemo.index.waiting import SAID, Handed, Row, Waiting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from queue import Queue
    from threading import Thread

_STAGE = "temp.staged"

_AT_ONCE = 2000
"""Rows that one statement inserts."""

_STAGED, _MOST_STAGED = 4000, 16000
"""Rows that are collected before they are searched, at first and later: each statement that makes
rows of them has SQLite write down the words that it has collected."""

_CACHE = 48_000
"""KiB of memory for them, at most."""

_JOINED = 1 << 26
"""Characters whose words are joined into one piece at the end, which is asked faster than several.
With many more that takes long and leaves holes, and SQLite has joined the most of them by itself.
"""

_LONG = 1 << 23
"""Characters that are not collected, however few rows they are."""

_HANDED = 2
"""How often more may be handed over than was written."""


def is_possible(database: sqlite3.Connection) -> bool:
    """Whether SQLite takes so much at once, and from any thread; what is filled in memory is where
    no files can be had, and a large table beside it may need one."""
    most = database.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
    _, _, file = database.execute("PRAGMA database_list").fetchone()
    return bool(file) and most >= _AT_ONCE * (1 + len(rows.COLUMNS)) and sqlite3.threadsafety > 0


class Beside(Waiting):
    """As `Waiting`, for tables that are new and that nobody asks before `finish` or `close`.

    What goes wrong in the thread is raised by what is called next.
    """

    much = 4 * _AT_ONCE

    def __init__(self, database: sqlite3.Connection) -> None:
        super().__init__(database)
        self._thread: Thread | None = None
        self._handed: Queue[Handed | None]
        self._error: BaseException | None = None
        self._left: dict[str, list[Row]] = {}
        self._staged = self._searched = self._characters = 0
        self._due = _STAGED

    def flush(self) -> None:
        """Hand all of them over."""
        if self._thread is None and not self._begin():
            super().flush()
            return
        if self._error is None:
            self._handed.put(self._taken())
        self._raise()

    def finish(self) -> None:
        """Write all of them, the last ones, and wait for it."""
        if self._thread is None:  # there are so few
            super().flush()
            return
        self.flush()
        self._end()
        self._raise()
        for into, found in self._left.items():
            self._insert(into, found)
        self._search_staged()
        self._database.execute(f"DROP TABLE {_STAGE}")
        if self._searched <= _JOINED:
            self._database.execute("INSERT INTO said (said) VALUES ('optimize')")

    def close(self) -> None:
        """Write nothing more, whatever is left."""
        self._error = self._error or RuntimeError("closed")
        interrupted: KeyboardInterrupt | None = None
        while self._thread is not None:
            try:
                self._end()
            except KeyboardInterrupt as error:
                # Who takes the transaction back must be alone: what is written after that stays.
                interrupted = error
        if interrupted is not None:
            raise interrupted

    def _begin(self) -> bool:
        """Whether there is a thread now; where none can be had, its work is done here."""
        # Most indexes are so small that they need neither of them.
        from queue import Queue
        from threading import Thread

        self._handed = Queue(_HANDED)
        thread = Thread(target=self._listen, name="index", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            return False
        self._thread = thread
        # Enough for all that is ever staged: a folder for temporary files may be small, or full.
        self._database.execute(f"PRAGMA temp.cache_size = -{_CACHE}")
        columns = ", ".join(rows.COLUMNS)
        self._database.execute(f"CREATE TEMP TABLE staged (number INTEGER PRIMARY KEY, {columns})")
        return True

    def _end(self) -> None:
        from queue import Full

        while self._thread is not None and self._thread.is_alive():
            try:
                self._handed.put(None, timeout=1)
            except Full:  # it is at work, or has ended in between
                continue
            self._thread.join()
        self._thread = None

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    # -- in the thread -------------------------------------------------------------------------

    def _listen(self) -> None:
        while (handed := self._handed.get()) is not None:
            if self._error is not None:
                continue  # who hands over must not wait for ever
            try:
                self._write(handed)
            except BaseException as error:  # noqa: BLE001
                self._error = error

    def _write(self, handed: Handed) -> None:
        self._characters += handed.length
        super()._write(handed)

    def _insert(self, into: str, found: list[Row]) -> None:
        """Insert the rows. In the thread, what does not fill a statement waits for what comes."""
        if self._thread is None:
            super()._insert(into, found)
            return
        into = _STAGE if into == SAID else into
        left = self._left.setdefault(into, [])
        left += found
        is_long = self._characters > _LONG
        most = _AT_ONCE // 4 if is_long else _AT_ONCE  # no others: SQLite keeps each statement
        while len(left) >= most:
            now = left[:most]
            del left[:most]
            one = f"({', '.join('?' * len(now[0]))})"
            values = ", ".join([one] * most)
            self._database.execute(f"INSERT INTO {into} VALUES {values}", [*chain(*now)])
            if into == _STAGE:
                self._staged += most
        if into == _STAGE and (self._staged >= self._due or is_long):
            self._search_staged()

    def _search_staged(self) -> None:
        """Have the staged rows searched."""
        self._database.execute(f"INSERT INTO {SAID} SELECT * FROM {_STAGE}")
        self._database.execute(f"DELETE FROM {_STAGE}")
        self._searched += self._characters
        self._staged = self._characters = 0
        self._due = min(2 * self._due, _MOST_STAGED)
