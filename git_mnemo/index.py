"""The index: which address is what, who has it as an input, and where it stands, for the project.

A cache in SQLite, keyed by the tip it was built from and brought up to date from the difference of
two trees. Deleting it loses nothing. Where it cannot be written, the same tables are filled in
memory, only slower.
"""

import contextlib
import hashlib
import os
import sqlite3
from typing import Any, NamedTuple

from git_mnemo import chain, hiding, message, node
from git_mnemo.chain import Entry, Member
from git_mnemo.refs import PROJECT
from git_mnemo.store import history, layout, trees
from git_mnemo.store.interface import Store

VERSION = 1
FILE = "index.sqlite3"
_SCHEMA = """
    CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
    CREATE TABLE chain (number INTEGER PRIMARY KEY, id TEXT UNIQUE, hash TEXT);
    CREATE INDEX chain_hash ON chain (hash);
    CREATE TABLE node (address BLOB PRIMARY KEY, type TEXT, says INTEGER) WITHOUT ROWID;
    CREATE INDEX node_says ON node (says);
    CREATE TABLE input (input BLOB, address BLOB, type TEXT, PRIMARY KEY (input, address))
        WITHOUT ROWID;
    CREATE TABLE entry (chain INTEGER, position INTEGER, address BLOB,
        PRIMARY KEY (chain, position, address)) WITHOUT ROWID;
    CREATE INDEX entry_address ON entry (address);
    CREATE TABLE told (address BLOB, chain INTEGER, at INTEGER, agent TEXT, author TEXT,
        session TEXT, PRIMARY KEY (address, chain)) WITHOUT ROWID;
    CREATE TABLE walked (oid BLOB PRIMARY KEY) WITHOUT ROWID;
"""
_COUNTED = ("chains", "nodes", "opaque")


class Counts(NamedTuple):
    """How much the project holds; `nodes` counts claims."""

    chains: int
    nodes: int
    opaque: int


class Claimed(NamedTuple):
    """Who claimed an entry, as the commit that added it tells; `at` in unix seconds."""

    at: int
    agent: str | None
    author: str
    session: str | None


class Index:
    """The project as of `tip` (None: nothing was ever promoted)."""

    def __init__(self, store: Store, folder: str) -> None:
        self._store = store
        self._database = _connect(os.path.join(folder, FILE))
        try:
            self.tip = self._catch_up()
        except sqlite3.DatabaseError as error:
            self._database.close()
            if not isinstance(error, sqlite3.OperationalError):
                _forget(os.path.join(folder, FILE))
            self._database = sqlite3.connect(":memory:", isolation_level=None)
            self.tip = self._catch_up()

    # -- asking --------------------------------------------------------------------------------

    def has(self, address: str) -> bool:
        """Whether the project holds the node."""
        return self._one("SELECT 1 FROM node WHERE address = ?", _raw(address)) is not None

    def type_of(self, address: str) -> str | None:
        """The node's type; None where it is opaque or not in the project."""
        row = self._one("SELECT type FROM node WHERE address = ?", _raw(address))
        return row[0] if row is not None else None

    def users(self, address: str) -> list[hiding.Hider]:
        """The nodes of the project that have this one as an input."""
        rows = self._all("SELECT address, type FROM input WHERE input = ?", _raw(address))
        return [(user.hex(), type_) for user, type_ in rows]

    def inputs(self) -> list[str]:
        """Every address that some node of the project has as an input, once."""
        return [raw.hex() for (raw,) in self._all("SELECT DISTINCT input FROM input")]

    def places(self, address: str) -> list[Member]:
        """Every entry of the node, in order of chains."""
        rows = self._all(
            "SELECT chain.id, position FROM entry JOIN chain ON chain.number = entry.chain"
            " WHERE address = ? ORDER BY chain.id, position",
            _raw(address),
        )
        return [Member(id_, position, address) for id_, position in rows]

    def entries(self, chain_id: str) -> list[Entry]:
        """The entries of one chain, in order."""
        rows = self._all(
            "SELECT position, address FROM entry WHERE chain ="
            " (SELECT number FROM chain WHERE id = ?)",
            chain_id,
        )
        return chain.ordered(Entry(position, address.hex()) for position, address in rows)

    def chain_ids(self) -> list[str]:
        """All chains, in order."""
        return [id_ for (id_,) in self._all("SELECT id FROM chain ORDER BY id")]

    def addresses_from(self, prefix: str) -> list[str]:
        """The nodes whose address begins so."""
        width = self._store.width
        low, high = (bytes.fromhex(prefix.ljust(width, fill)) for fill in "0f")
        rows = self._all("SELECT address FROM node WHERE address BETWEEN ? AND ?", low, high)
        return [address.hex() for (address,) in rows]

    def chains_from(self, prefix: str) -> list[str]:
        """The chains whose hash part begins so."""
        rows = self._all(
            "SELECT id FROM chain WHERE hash BETWEEN ? AND ?", prefix, prefix.ljust(16, "f")
        )
        return [id_ for (id_,) in rows]

    def saying(self, domain: str, text: str) -> list[str]:
        """The nodes that may say this text in this domain; a hash may lie, so look again."""
        rows = self._all("SELECT address FROM node WHERE says = ?", _says(domain, text))
        return [address.hex() for (address,) in rows]

    def claimed(self, address: str) -> list[Claimed]:
        """Who claimed the node, once for each of its chains, earliest first."""
        rows = self._all(
            "SELECT DISTINCT at, agent, author, session FROM told WHERE address = ? ORDER BY at",
            _raw(address),
        )
        return [Claimed(*row) for row in rows]

    def told(self, member: Member) -> Claimed | None:
        """Who claimed one entry; None when no commit tells."""
        row = self._one(
            "SELECT at, agent, author, session FROM told WHERE address = ? AND chain ="
            " (SELECT number FROM chain WHERE id = ?)",
            _raw(member.address), member.chain,
        )  # fmt: skip
        return Claimed(*row) if row is not None else None

    def span(self, chain_id: str) -> tuple[int, int] | None:
        """When the chain's first and last entry were claimed; None when no commit tells."""
        row = self._one(
            "SELECT min(at), max(at) FROM told WHERE chain ="
            " (SELECT number FROM chain WHERE id = ?)",
            chain_id,
        )
        return row if row is not None and row[0] is not None else None

    def counts(self) -> Counts:
        """How much there is; kept, so that asking costs the same at any size."""
        return Counts(*(self._count(name) for name in _COUNTED))

    # -- catching up ---------------------------------------------------------------------------

    def _catch_up(self) -> str | None:
        """Bring the tables to the project's tip; stay in a snapshot of exactly that tip."""
        while True:
            tip = self._store.ref(PROJECT)
            self._database.execute("BEGIN")
            if self._is_at(tip):
                return tip
            self._database.execute("ROLLBACK")
            self._database.execute("BEGIN IMMEDIATE")
            try:
                self._follow(tip)
                self._database.execute("COMMIT")
            except BaseException:
                self._database.execute("ROLLBACK")
                raise

    def _is_at(self, tip: str | None) -> bool:
        return self._ready() and self._meta("tip") == (tip or "")

    def _follow(self, tip: str | None) -> None:
        known = str(self._meta("tip")) if self._ready() else ""
        old = known if known and self._store.exists(known) else None
        if old is None:
            self._reset()
        old_tree = history.tree_of(self._store, old)
        new_tree = history.tree_of(self._store, tip)
        self._follow_tree(old_tree, new_tree)
        self._follow_history(tip)
        self._set("tip", tip or "")

    def _ready(self) -> bool:
        tables = self._one("SELECT count(*) FROM sqlite_master WHERE name = 'walked'")
        return tables is not None and bool(tables[0]) and self._meta("version") == VERSION

    def _reset(self) -> None:
        names = self._all("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (name,) in names:
            self._database.execute(f'DROP TABLE "{name}"')
        for statement in _SCHEMA.split(";"):
            self._database.execute(statement)
        for name in _COUNTED:
            self._set(name, 0)
        self._set("version", VERSION)

    def _follow_tree(self, old: str | None, new: str | None) -> None:
        for root in filter(None, (old, new)):
            layout.check_root(trees.read(self._store, root))
        numbers: dict[str, int] = {}
        counted = dict.fromkeys(_COUNTED, 0)
        dropped = False
        for path, was, is_ in trees.diff(self._store, old, new):
            if not layout.is_month(path[0]):
                continue
            if was is not None:
                self._drop(layout.member_at(path, was, self._store.width), counted)
                dropped = True
            if is_ is not None:
                member = layout.member_at(path, is_, self._store.width)
                if member.chain not in numbers:
                    numbers[member.chain] = self._number(member.chain, counted)
                self._take(member, numbers[member.chain], counted)
        for name, change in counted.items():
            self._set(name, self._count(name) + change)
        if dropped:  # what was told of it is forgotten, and may stand again one day
            self._database.execute("DELETE FROM walked")

    def _number(self, id_: str, counted: dict[str, int]) -> int:
        row = self._one("SELECT number FROM chain WHERE id = ?", id_)
        if row is not None:
            return int(row[0])
        counted["chains"] += 1
        done = self._database.execute("INSERT INTO chain (id, hash) VALUES (?, ?)", (id_, id_[12:]))
        assert done.lastrowid is not None
        return done.lastrowid

    def _take(self, member: Member, number: int, counted: dict[str, int]) -> None:
        raw = _raw(member.address)
        self._database.execute(
            "INSERT OR IGNORE INTO entry VALUES (?, ?, ?)", (number, member.position, raw)
        )
        if self.has(member.address):
            return
        found = layout.node_at(self._store, member.address)
        if found is None:
            counted["opaque"] += 1
            self._database.execute("INSERT INTO node VALUES (?, NULL, NULL)", (raw,))
            return
        counted["nodes"] += found.type in node.CLAIMS
        self._database.execute(
            "INSERT INTO node VALUES (?, ?, ?)", (raw, found.type, _says(found.domain, found.text))
        )
        self._database.executemany(
            "INSERT INTO input VALUES (?, ?, ?)",
            ((_raw(address), raw, found.type) for address in found.inputs),
        )

    def _drop(self, member: Member, counted: dict[str, int]) -> None:
        """Forget an entry that a purge, or a project set back, took away."""
        raw = _raw(member.address)
        number = self._number(member.chain, counted)
        self._database.execute(
            "DELETE FROM entry WHERE chain = ? AND position = ? AND address = ?",
            (number, member.position, raw),
        )
        self._database.execute("DELETE FROM told WHERE chain = ? AND address = ?", (number, raw))
        if self._one("SELECT 1 FROM entry WHERE chain = ?", number) is None:
            self._database.execute("DELETE FROM chain WHERE number = ?", (number,))
            counted["chains"] -= 1
        if self._one("SELECT 1 FROM entry WHERE address = ?", raw) is None:
            type_ = self.type_of(member.address)
            counted["opaque"] -= type_ is None
            counted["nodes"] -= type_ in node.CLAIMS
            self._database.execute("DELETE FROM node WHERE address = ?", (raw,))
            self._database.execute("DELETE FROM input WHERE address = ?", (raw,))

    def _follow_history(self, tip: str | None) -> None:
        """Learn who claimed what, from the commits not walked before."""
        fresh = list(history.walk(self._store, tip, known=self._was_walked))
        for oid, commit in reversed(fresh):
            self._database.execute("INSERT INTO walked VALUES (?)", (_raw(oid),))
            said = message.parse(commit.message)
            for member, at, agent in layout.told_and_added(self._store, commit, said.nodes):
                self._database.execute(
                    "INSERT OR IGNORE INTO told SELECT ?, number, ?, ?, ?, ? FROM chain"
                    " WHERE id = ?",
                    (_raw(member.address), at, agent, commit.author.name, said.session,
                     member.chain),
                )  # fmt: skip

    def _was_walked(self, oid: str) -> bool:
        return self._one("SELECT 1 FROM walked WHERE oid = ?", _raw(oid)) is not None

    # -- rows ----------------------------------------------------------------------------------

    def _meta(self, name: str) -> int | str | None:
        row = self._one("SELECT value FROM meta WHERE name = ?", name)
        return row[0] if row is not None else None

    def _count(self, name: str) -> int:
        return int(self._meta(name) or 0)

    def _set(self, name: str, value: int | str) -> None:
        self._database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def _one(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._database.execute(sql, values).fetchone()
        return row

    def _all(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self._database.execute(sql, values).fetchall()


def _raw(address: str) -> bytes:
    return bytes.fromhex(address)


def _says(domain: str, text: str) -> int:
    digest = hashlib.blake2b(f"{domain}\0{text}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _connect(path: str) -> sqlite3.Connection:
    """The database at `path`, private to its user; one in memory where that cannot be had."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        # Only ever to make it: closing a file drops the locks that SQLite has on it in this
        # process, and others then delete its log under it (sqlite.org/howtocorrupt.html, 2.2).
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        database = sqlite3.connect(path, timeout=10, isolation_level=None)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
    except (sqlite3.OperationalError, OSError):
        return sqlite3.connect(":memory:", isolation_level=None)
    except sqlite3.DatabaseError:
        _forget(path)
        return sqlite3.connect(":memory:", isolation_level=None)
    return database


def _forget(path: str) -> None:
    """Remove a damaged index; the next command builds a new one."""
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(OSError):
            os.remove(path + suffix)
