"""The ledger of an import: what its lines said, kept beside memory while the rest is read.

A nameless SQLite database that the system removes with the process. A million lines need as
little memory as ten.
"""

import sqlite3
from collections.abc import Iterator
from typing import Any, NamedTuple

from git_mnemo.errors import MnemoError

_SCHEMA = """
    CREATE TABLE chain (number INTEGER PRIMARY KEY, id TEXT, title BLOB, day TEXT, known INTEGER,
        opened INTEGER, session TEXT, final TEXT, cluster TEXT);
    CREATE INDEX chain_title ON chain (title);
    CREATE INDEX chain_id ON chain (id);
    CREATE TABLE name (name TEXT PRIMARY KEY, chain INTEGER) WITHOUT ROWID;
    CREATE TABLE entry (line INTEGER PRIMARY KEY, chain INTEGER, position INTEGER, turn INTEGER,
        address BLOB, claim INTEGER, at INTEGER, agent TEXT, session TEXT);
    CREATE TABLE ident (id TEXT PRIMARY KEY, line INTEGER, chain INTEGER) WITHOUT ROWID;
    CREATE TABLE need (address BLOB PRIMARY KEY, line INTEGER) WITHOUT ROWID;
    CREATE TABLE gone (address BLOB PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE translated (there BLOB PRIMARY KEY, here BLOB) WITHOUT ROWID;
    CREATE TABLE spool (address BLOB PRIMARY KEY, data BLOB) WITHOUT ROWID;
"""

_AT_ONCE = 1000
"""Lines that are written together."""

_RECENT = 10_000
"""How many `id`s and names are remembered beside the database: most lines come soon after another.
"""

_SLOTS = 1 << 22
"""What tells, in as many bytes, that an `id` is new: most are, and the database is not asked."""


class Chain(NamedTuple):
    """A chain of the import. `id` is one that it was given; without one, or where nothing in the
    import or beside it has `opened` that, its title and its day (None: any day) make one.
    `known`: the title may stand somewhere here already."""

    id: str | None
    title: str | None
    day: str | None
    known: bool
    opened: bool
    session: str | None


class Noted(NamedTuple):
    """One line as it goes into a chain; no `position`: after those before it. Without a chain it
    is left out, and others may still name it. A title that no line is has a number below zero."""

    line: int
    chain: int | None
    position: int | None
    address: str
    claim: bool
    at: int | None
    agent: str | None
    session: str | None


class Ledger:
    """What was read so far. Line numbers, chain numbers and `id`s are those of the import."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._do("PRAGMA journal_mode = OFF")
        self._do("PRAGMA cache_size = -32768")
        for statement in _SCHEMA.split(";"):
            self._do(statement)
        self._do("BEGIN")
        self._turn = 0
        self._by_address = False
        self._spooled = False
        self._recent: dict[str, tuple[int, int | None]] = {}
        self._recent_names: dict[str, int] = {}
        self._met = bytearray(_SLOTS)
        # What is not written yet, the lines by their numbers; such `id`s are recent ones.
        self._entries: dict[int, tuple[object, ...]] = {}
        self._idents: list[tuple[str, int, int | None]] = []

    # -- chains --------------------------------------------------------------------------------

    def add_chain(self, new: Chain) -> int:
        """Its number."""
        done = self._do(
            "INSERT INTO chain (id, title, day, known, opened, session) VALUES (?, ?, ?, ?, ?, ?)",
            (new.id, _raw(new.title), *new[2:]),
        )
        assert done.lastrowid is not None
        return done.lastrowid

    def chain_of_title(self, title: str, day: str | None) -> int | None:
        """The chain without a given id of that title and day."""
        return self._number(
            "SELECT number FROM chain WHERE title = ? AND day IS ? AND id IS NULL", _raw(title), day
        )

    def days_of_title(self, title: str) -> list[tuple[int, str]]:
        """The chains without a given id of that title and some day: their numbers and days."""
        return self._all(
            "SELECT number, day FROM chain WHERE title = ? AND day IS NOT NULL AND id IS NULL",
            _raw(title),
        )

    def chains(self) -> Iterator[tuple[int, Chain]]:
        """All of them; the ledger may change meanwhile."""
        last = 0
        while rows := self._all(
            "SELECT number, id, title, day, known, opened, session FROM chain"
            " WHERE number > ? ORDER BY number LIMIT 1000", last
        ):  # fmt: skip
            for number, id_, title, *rest in rows:
                yield number, Chain(id_, _hex(title), *rest)
            last = rows[-1][0]

    def opened(self, number: int) -> None:
        """Say that the title of a chain with a given id is here."""
        self._do("UPDATE chain SET opened = 1 WHERE number = ?", (number,))

    def retitle(self, number: int, title: str) -> None:
        """Let a chain begin with this title; what had a position in it stays in that order."""
        self._write()
        self._do("CREATE INDEX IF NOT EXISTS entry_chain ON entry (chain, position)")
        self._do(
            "UPDATE entry SET turn = (SELECT count(*) FROM entry) + position, position = NULL"
            " WHERE chain = ? AND line > 0 AND position IS NOT NULL", (number,)
        )  # fmt: skip
        self._do(
            "INSERT OR IGNORE INTO entry SELECT -?, ?, 0, 0, ?, 0, at, agent, session"
            " FROM entry WHERE chain = ? ORDER BY turn LIMIT 1",
            (number, number, _raw(title), number),
        )

    def settle(self, number: int, id_: str) -> None:
        """Say the id that a chain has in the end."""
        self._do("UPDATE chain SET final = ? WHERE number = ?", (id_, number))

    def name(self, name: str, number: int) -> None:
        """Let a name mean a chain."""
        self._do("INSERT OR REPLACE INTO name VALUES (?, ?)", (name, number))
        if len(self._recent_names) >= _RECENT:
            self._recent_names.clear()
        self._recent_names[name] = number

    def named(self, name: str) -> int | None:
        """The chain that a name means."""
        known = self._recent_names.get(name)
        return known if known is not None else self._number(
            "SELECT chain FROM name WHERE name = ?", name
        )  # fmt: skip

    def title_of(self, name: str) -> str | None:
        """The title of the chain that a name means."""
        rows = self._all("SELECT title FROM chain WHERE number ="
                         " (SELECT chain FROM name WHERE name = ?)", name)  # fmt: skip
        return _hex(rows[0][0]) if rows else None

    # -- lines ---------------------------------------------------------------------------------

    def note(self, one: Noted) -> None:
        """Take a line in, after all that were taken before."""
        self._turn += 1
        line, chain, position, address, *rest = one
        self._entries[line] = line, chain, position, self._turn, bytes.fromhex(address), *rest
        if len(self._entries) >= _AT_ONCE:
            self._write()

    def identify(self, id_: str, line: int, chain: int | None) -> None:
        """Let an `id` mean a line, and the chain that it went to."""
        if len(self._recent) >= _RECENT:
            self._write()
            self._recent.clear()
        self._recent[id_] = line, chain
        self._idents.append((id_, line, chain))
        self._met[hash(id_) % _SLOTS] = 1

    def identified(self, id_: str) -> tuple[int, int | None] | None:
        """The line that an `id` means, and its chain."""
        known = self._recent.get(id_)
        if known is None and self._met[hash(id_) % _SLOTS]:
            rows = self._all("SELECT line, chain FROM ident WHERE id = ?", id_)
            known = rows[0] if rows else None
        return known

    def address_of(self, line: int) -> str | None:
        """The node that a line came to."""
        waiting = self._entries.get(line)
        if waiting is not None:
            raw = waiting[4]
            assert isinstance(raw, bytes)  # `note` put it there
            return raw.hex()
        rows = self._all("SELECT address FROM entry WHERE line = ?", line)
        return _hex(rows[0][0]) if rows else None

    def addresses_from(self, low: str, high: str) -> list[str]:
        """The nodes of the import with addresses between these two."""
        self._index_addresses()
        rows = self._all(
            "SELECT DISTINCT address FROM entry WHERE address BETWEEN ? AND ?",
            _raw(low), _raw(high),
        )  # fmt: skip
        return [raw.hex() for (raw,) in rows]

    def _index_addresses(self) -> None:
        self._write()
        # Not from the start: most imports never ask, and this costs more than all the rest.
        if not self._by_address:
            self._do("CREATE INDEX entry_address ON entry (address)")
            self._by_address = True

    def in_order(self) -> Iterator[tuple[str, Noted]]:
        """Every line with its chain's id, chain by chain, those of one session together."""
        self._write()
        self._do("CREATE INDEX IF NOT EXISTS chain_final ON chain (final)")
        self._do(
            "UPDATE chain SET cluster ="
            " (SELECT min(session) FROM chain AS other WHERE other.final = chain.final)"
        )
        rows = self._do(
            "SELECT final, line, entry.chain, position, address, claim, entry.at,"
            " entry.agent, entry.session FROM entry JOIN chain ON chain.number = entry.chain"
            " ORDER BY cluster, final, position IS NULL, position, turn"
        )
        for final, line, number, position, address, claim, at, agent, session in rows:
            yield final, Noted(line, number, position, address.hex(), claim, at, agent, session)

    # -- inputs --------------------------------------------------------------------------------

    def need(self, address: str, line: int) -> None:
        """Remember that a line rests on a node."""
        self._do("INSERT OR IGNORE INTO need VALUES (?, ?)", (_raw(address), line))

    def gone(self, address: str) -> None:
        """Remember that a node was purged where the lines come from."""
        self._do("INSERT OR IGNORE INTO gone VALUES (?)", (_raw(address),))

    def needed(self) -> list[tuple[str, int]]:
        """What lines rest on that is no line itself, and was not purged; with the first line."""
        self._index_addresses()
        rows = self._all(
            "SELECT address, line FROM need WHERE address NOT IN (SELECT address FROM entry)"
            " AND address NOT IN (SELECT address FROM gone) ORDER BY line"
        )
        return [(raw.hex(), line) for raw, line in rows]

    # -- ids of another length ------------------------------------------------------------------

    def translate(self, there: str, here: str | None) -> None:
        """Remember what a node of another repository is here; None: it is left out."""
        self._do("INSERT OR REPLACE INTO translated VALUES (?, ?)", (_raw(there), _raw(here)))

    def is_translated(self, there: str) -> bool:
        """Whether that is known."""
        return bool(self._all("SELECT 1 FROM translated WHERE there = ?", _raw(there)))

    def translated(self, there: str) -> str | None:
        """What it is here, if anything."""
        rows = self._all("SELECT here FROM translated WHERE there = ?", _raw(there))
        return _hex(rows[0][0]) if rows else None

    # -- what may not be new -------------------------------------------------------------------

    def spool(self, address: str, data: bytes) -> None:
        """Keep a node that is written only if it is new."""
        self._spooled = True
        self._do("INSERT OR IGNORE INTO spool VALUES (?, ?)", (_raw(address), data))

    def spooled(self, address: str) -> bytes | None:
        """A node that was kept so."""
        if not self._spooled:  # as in an empty project, a million times
            return None
        rows = self._all("SELECT data FROM spool WHERE address = ?", _raw(address))
        return rows[0][0] if rows else None

    # -- rows ----------------------------------------------------------------------------------

    def _write(self) -> None:
        """Write what waits, before a question that it may answer."""
        entries, idents = [*self._entries.values()], self._idents
        self._entries, self._idents = {}, []
        try:
            self._database.executemany(
                "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", entries
            )
            self._database.executemany("INSERT INTO ident VALUES (?, ?, ?)", idents)
        except sqlite3.OperationalError as error:
            raise _unusable(error) from None

    def _do(self, sql: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        try:
            return self._database.execute(sql, values)
        except sqlite3.OperationalError as error:
            raise _unusable(error) from None

    def _all(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self._do(sql, values).fetchall()

    def _number(self, sql: str, *values: object) -> int | None:
        rows = self._all(sql, *values)
        number: int | None = rows[0][0] if rows else None
        return number


def _unusable(error: sqlite3.OperationalError) -> MnemoError:
    return MnemoError(
        "refused",
        f"the folder for temporary files cannot be used: {error}.",
        "df ${TMPDIR:-/tmp}",
        fatal=True,
    )


def _raw(address: str | None) -> bytes | None:
    return bytes.fromhex(address) if address is not None else None


def _hex(raw: bytes | None) -> str | None:
    return raw.hex() if raw is not None else None
