"""The tables of the index, and the file they are in."""

from __future__ import annotations

import os
from zlib import crc32

from git_mnemo.index.engine import sqlite3

VERSION = 7
FILE = "index.sqlite3"
SAID, DATE = ("title", "first", "text", "rest", "inside"), ("date",)
"""What is searched: the columns of what was said, and of when."""

DATED = "on0"
"""What each word of a day begins with, so that it is like no other word."""

TOKENIZER = "tokenize = 'porter unicode61 remove_diacritics 2'"

# `said` holds no text, only its words: a row of it is changed by giving it the old text again.
# `word` tells where each of them stands. An entry that can be found has the number of its row, and
# its neighbours in the chain have the numbers next to it: `room` is the last one that is kept free
# for the chain. All other entries have numbers below zero.
_SCHEMA = f"""
    CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
    CREATE TABLE chain (number INTEGER PRIMARY KEY, id TEXT, hash TEXT, room INTEGER);
    CREATE TABLE node (number INTEGER PRIMARY KEY, address BLOB, type TEXT, domain TEXT,
        says INTEGER);
    CREATE TABLE input (input BLOB, address BLOB, type TEXT, PRIMARY KEY (input, address))
        WITHOUT ROWID;
    CREATE TABLE anchor (path BLOB, node INTEGER, PRIMARY KEY (path, node)) WITHOUT ROWID;
    CREATE TABLE entry (number INTEGER PRIMARY KEY, chain INTEGER, position INTEGER, node INTEGER,
        at INTEGER, teller INTEGER);
    CREATE TABLE teller (number INTEGER PRIMARY KEY, agent TEXT, author TEXT, session TEXT);
    CREATE TABLE vector (address BLOB PRIMARY KEY, encoder TEXT, value BLOB);
    CREATE TABLE walked (oid BLOB PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE size (block INTEGER PRIMARY KEY, words BLOB);
    CREATE VIRTUAL TABLE said USING fts5 ({", ".join(SAID + DATE)}, content = '', columnsize = 0,
        {TOKENIZER});
    CREATE VIRTUAL TABLE word USING fts5vocab (said, instance)
"""
# Where all of a large project is written, these are made when it is: that is less work.
_INDEXES = """
    CREATE UNIQUE INDEX chain_id ON chain (id);
    CREATE INDEX chain_hash ON chain (hash);
    CREATE UNIQUE INDEX node_address ON node (address);
    CREATE INDEX node_says ON node (says);
    CREATE INDEX node_stash ON node (type) WHERE type = 'stash';
    CREATE INDEX entry_chain ON entry (chain, position);
    CREATE INDEX entry_node ON entry (node)
"""
_COLLECTED = 32 * 1024 * 1024
_CACHE = 8_000
"""KiB of the file that are kept in memory while it is filled for the first time."""

COUNTED = ("chains", "nodes", "opaque", "rows", "words")


def connect(path: str) -> sqlite3.Connection:
    """The database at `path`, private to its user; one in memory where that cannot be had."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        # Only ever to make it: closing a file drops the locks that SQLite has on it in this
        # process, and others then delete its log under it (sqlite.org/howtocorrupt.html, 2.2).
        if os.path.islink(path):
            os.remove(path)  # never ours, and it may lead to anybody's database
        if not os.path.exists(path):
            _make_file(path)
        database = _connect(path)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
    except (sqlite3.OperationalError, OSError):
        return in_memory()
    except sqlite3.DatabaseError:
        forget(path)
        return in_memory()
    return database


def _make_file(path: str) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return  # somebody was faster


def in_memory() -> sqlite3.Connection:
    """An empty database that ends with its connection."""
    return _connect(":memory:")


def _connect(path: str) -> sqlite3.Connection:
    # Another thread may fill it (`beside`); no two ever use it at a time.
    return sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)


def forget(path: str) -> None:
    """Remove a damaged index; the next command builds a new one."""
    for suffix in ("", "-wal", "-shm"):
        try:
            os.remove(path + suffix)
        except OSError:
            continue


def is_ready(database: sqlite3.Connection) -> bool:
    """Whether the tables are there, and of this version."""
    found = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'walked'").fetchone()
    return found is not None and meta(database, "version") == VERSION


def make(database: sqlite3.Connection) -> None:
    """Make the tables anew, empty and without what `finish` makes."""
    # What is filled all at once is spread over the whole file.
    database.execute(f"PRAGMA cache_size = -{_CACHE}")
    # Dropping a virtual table drops the tables that it is made of.
    virtual = database.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%'")
    for (name,) in virtual.fetchall():
        database.execute(f'DROP TABLE "{name}"')
    for (name,) in database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table'"
    ).fetchall():
        database.execute(f'DROP TABLE "{name}"')
    for statement in _SCHEMA.split(";"):
        database.execute(statement)
    # What is collected before it is written: more of it is fewer, larger and smaller-in-all pieces.
    database.execute(f"INSERT INTO said (said, rank) VALUES ('hashsize', {_COLLECTED})")
    for name in COUNTED:
        put(database, name, 0)
    put(database, "version", VERSION)


def finish(database: sqlite3.Connection) -> None:
    """Make what tables that are filled for the first time lack."""
    for statement in _INDEXES.split(";"):
        database.execute(statement)


def meta(database: sqlite3.Connection, name: str) -> int | str | None:
    """One of the few values that are kept by name."""
    row = database.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return row[0] if row is not None else None


def put(database: sqlite3.Connection, name: str, value: int | str) -> None:
    """Keep a value by its name."""
    database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def says_hash(domain: str, text: str) -> int:
    """A short hash of what a claim says; what it finds is compared with the text itself."""
    return crc32(text.encode(), crc32(domain.encode()))
