"""Which commits of the project added which nodes, and what was found out about signatures.

Only who limits trust asks; so these tables are filled when they are asked for, and stand in the
index's file beside the others. They are a cache like those.
"""

from __future__ import annotations

import os

from git_mnemo.index import tables
from git_mnemo.index.engine import sqlite3
from git_mnemo.record import NamedTuple
from git_mnemo.store import history, layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from git_mnemo.store.interface import Store
    from git_mnemo.store.objects import Commit

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS added_until (tip TEXT);
    CREATE TABLE IF NOT EXISTS adder (number INTEGER PRIMARY KEY, oid BLOB UNIQUE, email TEXT);
    CREATE TABLE IF NOT EXISTS added (address BLOB, adder INTEGER, PRIMARY KEY (address, adder))
        WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS checked (settings TEXT, oid BLOB, good INTEGER,
        PRIMARY KEY (settings, oid)) WITHOUT ROWID
"""


class Adder(NamedTuple):
    """A commit that added something, and its committer's address as the commit has it."""

    number: int
    oid: str
    email: str


class Adders:
    """What the history behind a tip of the project added, commit by commit."""

    def __init__(self, store: Store, folder: str, tip: str | None) -> None:
        self._store = store
        self._tip = tip
        self._database = tables.connect(os.path.join(folder, tables.FILE))
        try:
            self._catch_up()
        except sqlite3.DatabaseError:
            self._in_memory()

    def all(self) -> list[Adder]:
        """Every commit that added something, in no order."""
        rows = self._rows("SELECT number, oid, email FROM adder")
        return [Adder(number, oid.hex(), email) for number, oid, email in rows]

    def of(self, address: str) -> list[int]:
        """The numbers of the commits that added the node."""
        rows = self._rows("SELECT adder FROM added WHERE address = ?", bytes.fromhex(address))
        return [number for (number,) in rows]

    def checked(self, settings: str) -> dict[str, bool]:
        """Of each commit that was looked at under these settings whether its signature is good."""
        rows = self._rows("SELECT oid, good FROM checked WHERE settings = ?", settings)
        return {oid.hex(): bool(good) for oid, good in rows}

    def keep(self, settings: str, found: Mapping[str, bool]) -> None:
        """Remember what was found out; what was found under other settings is forgotten."""
        rows = [(settings, bytes.fromhex(oid), good) for oid, good in found.items()]
        try:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute("DELETE FROM checked WHERE settings <> ?", (settings,))
            self._database.executemany("INSERT OR REPLACE INTO checked VALUES (?, ?, ?)", rows)
            self._database.execute("COMMIT")
        except sqlite3.DatabaseError:
            self._in_memory()  # it is asked again next time

    # -- catching up ---------------------------------------------------------------------------

    def _catch_up(self) -> None:
        for statement in _SCHEMA.split(";"):
            self._database.execute(statement)
        if self._is_known(self._until()):
            return
        self._database.execute("BEGIN IMMEDIATE")
        try:
            self._follow(self._until())
            self._database.execute("COMMIT")
        except BaseException:
            self._database.execute("ROLLBACK")
            raise

    def _is_known(self, until: str | None) -> bool:
        return until is not None and until == (self._tip or "")

    def _until(self) -> str | None:
        row = self._database.execute("SELECT tip FROM added_until").fetchone()
        return str(row[0]) if row is not None else None

    def _follow(self, until: str | None) -> None:
        if self._is_known(until) or self._is_behind(until):
            return
        if until and not self._leads_on(until):
            for table in ("adder", "added", "added_until"):  # a purge: the commits are others
                self._database.execute(f"DELETE FROM {table}")
        walked = history.walk(self._store, self._tip, known=self._was_walked)
        for oid, commit in walked:
            self._take(oid, commit)
        self._database.execute("DELETE FROM added_until")
        self._database.execute("INSERT INTO added_until VALUES (?)", (self._tip or "",))

    def _leads_on(self, until: str) -> bool:
        tip = self._tip
        return (
            tip is not None
            and self._store.exists(until)
            and history.descends(self._store, tip, until)
        )

    def _is_behind(self, until: str | None) -> bool:
        """Whether another process, which saw a later tip, did all this already."""
        tip, store = self._tip, self._store
        return bool(until and tip and store.exists(until) and history.descends(store, until, tip))

    def _was_walked(self, oid: str) -> bool:
        row = self._database.execute(
            "SELECT 1 FROM adder WHERE oid = ?", (bytes.fromhex(oid),)
        ).fetchone()
        return row is not None

    def _take(self, oid: str, commit: Commit) -> None:
        number = self._database.execute(
            "INSERT INTO adder (oid, email) VALUES (?, ?)",
            (bytes.fromhex(oid), commit.committer.email.encode("utf-8", "replace").decode()),
        ).lastrowid
        self._database.executemany(
            "INSERT OR IGNORE INTO added VALUES (?, ?)",
            ((bytes.fromhex(address), number) for address in additions(self._store, commit)),
        )

    # -- rows ----------------------------------------------------------------------------------

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            return self._database.execute(sql, values).fetchall()
        except sqlite3.DatabaseError:
            self._in_memory()
            return self._database.execute(sql, values).fetchall()

    def _in_memory(self) -> None:
        self._database.close()
        self._database = tables.in_memory()
        self._catch_up()


def additions(store: Store, commit: Commit) -> Iterable[str]:
    """The addresses of the nodes that a commit adds.

    None where there are several parents: a join vouches for nothing. None where the parent is not
    here (a shallow clone): what the commit added is not known then.
    """
    if len(commit.parents) > 1 or not all(map(store.exists, commit.parents)):
        return []
    before = history.read(store, commit.parents[0]).tree if commit.parents else None
    return {member.address for member, is_new in layout.diff(store, before, commit.tree) if is_new}
