"""The index: which address is what, who has it as an input, where it stands, and what it says.

A cache in SQLite over the project, keyed by the tip it was built from and brought up to date from
the difference of two trees. Deleting it loses nothing. Where it cannot be written, the same tables
are filled in memory, only slower.
"""

from __future__ import annotations

import os

from git_mnemo import chain, hiding
from git_mnemo.chain import Entry, Member
from git_mnemo.errors import MissingObject
from git_mnemo.index import tables
from git_mnemo.index.engine import sqlite3
from git_mnemo.index.tables import FILE as FILE
from git_mnemo.node import CLAIMS
from git_mnemo.record import NamedTuple
from git_mnemo.refs import PROJECT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from git_mnemo.index.filling import Progress
    from git_mnemo.store.interface import Store
    from git_mnemo.terms import Term


def silently(_: int) -> None:
    """No progress to show."""


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


class Found(NamedTuple):
    """A claim that a question found in a chain, and how well it fits (more is better)."""

    chain: str
    address: str
    score: float
    at: int | None


class _Chain(NamedTuple):
    """A chain that was looked at, and the types of its nodes."""

    id: str
    entries: list[Entry]
    types: dict[str, str | None]


_NO_CHAIN = _Chain("", [], {})


class Index:
    """The project as of `tip` (None: nothing was ever promoted), kept in the file `path`."""

    generation = 0

    def __init__(self, store: Store, folder: str, progress: Progress = silently) -> None:
        self._store = store
        self.path = os.path.join(folder, FILE)
        self._progress = progress
        self._chain = _NO_CHAIN
        self._database = tables.connect(self.path)
        try:
            self.tip = self._catch_up()
        except sqlite3.DatabaseError as error:
            self.tip = self._in_memory(error)

    # -- asking --------------------------------------------------------------------------------

    def has(self, address: str) -> bool:
        """Whether the project holds the node."""
        return self._one("SELECT 1 FROM node WHERE address = ?", _raw(address)) is not None

    def type_of(self, address: str) -> str | None:
        """The node's type; None where it is opaque or not in the project."""
        if address in self._chain.types:
            return self._chain.types[address]
        row = self._one("SELECT type FROM node WHERE address = ?", _raw(address))
        return row[0] if row is not None else None

    def of_type(self, type_: str) -> list[str]:
        """The nodes of a type, in order."""
        rows = self.ask("SELECT address FROM node WHERE type = ? ORDER BY address", type_)
        return [address.hex() for (address,) in rows]

    def users(self, address: str) -> list[hiding.Hider]:
        """The nodes of the project that have this one as an input."""
        rows = self.ask("SELECT address, type FROM input WHERE input = ?", _raw(address))
        return [(user.hex(), type_) for user, type_ in rows]

    def inputs(self) -> list[str]:
        """Every address that some node of the project has as an input, once."""
        return [raw.hex() for (raw,) in self.ask("SELECT DISTINCT input FROM input")]

    def places(self, address: str) -> list[Member]:
        """Every entry of the node, in order of chains."""
        rows = self.ask(
            "SELECT chain.id, position FROM entry JOIN chain ON chain.number = entry.chain"
            " WHERE node = (SELECT number FROM node WHERE address = ?)"
            " ORDER BY chain.id, position",
            _raw(address),
        )
        return [Member(id_, position, address) for id_, position in rows]

    def entries(self, chain_id: str) -> list[Entry]:
        """The entries of one chain, in order. Who asks for them asks for their types next."""
        if self._chain.id != chain_id:
            rows = self.ask(
                "SELECT position, address, type FROM entry JOIN node ON node.number = entry.node"
                " WHERE chain = (SELECT number FROM chain WHERE id = ?)",
                chain_id,
            )
            found = [(Entry(position, raw.hex()), type_) for position, raw, type_ in rows]
            self._chain = _Chain(
                chain_id,
                chain.ordered(entry for entry, _ in found),
                {entry.address: type_ for entry, type_ in found},
            )
        return list(self._chain.entries)

    def chain_ids(self) -> list[str]:
        """All chains, in order."""
        return [id_ for (id_,) in self.ask("SELECT id FROM chain ORDER BY id")]

    def latest_chains(self, most: int) -> list[str]:
        """The chains begun last, by their days."""
        rows = self.ask("SELECT id FROM chain ORDER BY id DESC LIMIT ?", most)
        return [id_ for (id_,) in rows]

    def chains_with_stash(self) -> list[str]:
        """The chains that were ever put aside."""
        rows = self.ask(
            "SELECT DISTINCT chain.id FROM node JOIN entry ON entry.node = node.number"
            " JOIN chain ON chain.number = entry.chain WHERE type = 'stash'"
        )
        return [id_ for (id_,) in rows]

    def addresses_from(self, prefix: str) -> list[str]:
        """The nodes whose address begins so."""
        width = self._store.width
        low, high = (bytes.fromhex(prefix.ljust(width, fill)) for fill in "0f")
        rows = self.ask(
            "SELECT address FROM node WHERE address BETWEEN ? AND ? ORDER BY address", low, high
        )
        return [address.hex() for (address,) in rows]

    def chains_from(self, prefix: str) -> list[str]:
        """The chains whose hash part begins so."""
        rows = self.ask(
            "SELECT id FROM chain WHERE hash BETWEEN ? AND ?", prefix, prefix.ljust(16, "f")
        )
        return [id_ for (id_,) in rows]

    def saying(self, domain: str, text: str) -> list[str]:
        """The nodes that may say this text in this domain; a hash may lie, so look again."""
        rows = self.ask("SELECT address FROM node WHERE says = ?", tables.says_hash(domain, text))
        return [address.hex() for (address,) in rows]

    def anchored(self, path: str) -> list[str]:
        """The nodes that have an anchor in this file, in the order of addresses."""
        rows = self.ask(
            "SELECT address FROM anchor JOIN node ON node.number = anchor.node"
            " WHERE path = ? ORDER BY address",
            path.encode("utf-8", "surrogateescape"),
        )
        return [address.hex() for (address,) in rows]

    def has_anchors(self) -> bool:
        """Whether any node has an anchor."""
        return self._one("SELECT 1 FROM anchor LIMIT 1") is not None

    def anchored_nodes(self, most: int = -1) -> list[str]:
        """The nodes that have an anchor, `most` of them if that is said."""
        rows = self.ask(
            "SELECT address FROM node WHERE number IN (SELECT node FROM anchor) LIMIT ?", most
        )
        return [address.hex() for (address,) in rows]

    def anchored_paths(self) -> list[str]:
        """The files that some node has an anchor in."""
        rows = self.ask("SELECT DISTINCT path FROM anchor")
        return [bytes(path).decode("utf-8", "surrogateescape") for (path,) in rows]

    def claimed(self, address: str) -> list[Claimed]:
        """Who claimed the node, once for each of its chains, earliest first."""
        rows = self.ask(
            "SELECT DISTINCT at, agent, author, session FROM node"
            " JOIN entry ON entry.node = node.number"
            " JOIN teller ON teller.number = entry.teller WHERE address = ? ORDER BY at",
            _raw(address),
        )
        return [Claimed(*row) for row in rows]

    def told(self, member: Member) -> Claimed | None:
        """Who claimed one entry; None when no commit tells."""
        row = self._one(
            "SELECT at, agent, author, session FROM node"
            " JOIN chain ON chain.id = ?"
            " JOIN entry ON entry.chain = chain.number AND entry.node = node.number"
            " JOIN teller ON teller.number = entry.teller WHERE address = ?",
            member.chain,
            _raw(member.address),
        )
        return Claimed(*row) if row is not None else None

    def span(self, chain_id: str) -> tuple[int, int] | None:
        """When the chain's first and last entry were claimed; None when no commit tells."""
        row = self._one(
            "SELECT min(at), max(at) FROM entry WHERE chain ="
            " (SELECT number FROM chain WHERE id = ?)",
            chain_id,
        )
        return row if row is not None and row[0] is not None else None

    def chains_of(self, session: str) -> list[str]:
        """The chains that the session, or a store of its agents, claimed into; newest first."""
        rows = self.ask(
            "SELECT chain.id FROM entry JOIN teller ON teller.number = entry.teller"
            " JOIN chain ON chain.number = entry.chain"
            " WHERE session = ? OR substr(session, 1, ?) = ?"
            " GROUP BY chain.id ORDER BY max(at) DESC",
            session, len(session) + 1, session + "@",
        )  # fmt: skip
        return [id_ for (id_,) in rows]

    def counts(self) -> Counts:
        """How much there is; kept, so that asking costs the same at any size."""
        return Counts(*(self._count(name) for name in Counts._fields))

    # -- searching -----------------------------------------------------------------------------

    def rows(self) -> int:
        """How many claims in chains can be found."""
        return self._count("rows")

    def words(self) -> int:
        """How many words all rows have, those of the claims around each included."""
        return self._count("words")

    def next_row(self) -> int:
        """The number of the row to come."""
        return self._count("next")

    def claims(self) -> list[tuple[str, str, int | None, str]]:
        """Chain, address, time and domain of each claim that can be found, chain by chain."""
        rows = self.ask(
            "SELECT chain.id, address, at, domain FROM entry"
            " JOIN chain ON chain.number = entry.chain JOIN node ON node.number = entry.node"
            f" WHERE type IN ({', '.join('?' * len(CLAIMS))}) ORDER BY entry.chain, position",
            *CLAIMS,
        )
        once: dict[tuple[str, bytes], tuple[str, str, int | None, str]] = {}
        for id_, raw, at, domain in rows:
            once.setdefault((id_, raw), (id_, raw.hex(), at, domain))
        return list(once.values())

    def rarity(self, term: Term, most: int) -> int:
        """In how many rows a term is, counted up to `most`."""
        row = self._one(
            "SELECT count(*) FROM (SELECT 1 FROM said WHERE said MATCH ? LIMIT ?)",
            said(term),
            most,
        )
        return int(row[0]) if row is not None else 0

    def holding(self, term: Term, most: int) -> list[str]:
        """The claims that hold a term themselves, or the title of a chain of theirs; at most so
        many rows are looked at."""
        rows = self.ask(
            "SELECT address FROM (SELECT rowid AS row FROM said WHERE said MATCH ? LIMIT ?)"
            " JOIN entry ON entry.number = row JOIN node ON node.number = entry.node",
            said(term),
            most,
        )
        return [address.hex() for (address,) in rows]

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
        known = tables.is_ready(self._database)
        return known and tables.meta(self._database, "tip") == (tip or "")

    def _follow(self, tip: str | None) -> None:
        # An index that is up to date, as it mostly is, is read without what fills it.
        from git_mnemo.index.filling import Filling

        ready = tables.is_ready(self._database)
        known = str(tables.meta(self._database, "tip")) if ready else ""
        if known and self._store.exists(known):
            try:
                Filling(self._store, self._database, known, self._progress).follow(tip)
                return
            except MissingObject:
                # A text that was taken away cannot be taken out of the index by itself. Where it
                # is missing from the project, too, this fails again below.
                pass
        tables.make(self._database)
        Filling(self._store, self._database, None, self._progress).follow(tip)
        tables.finish(self._database)

    def _in_memory(self, error: sqlite3.DatabaseError) -> str | None:
        """Give the file up, for now or for good, and do the same in memory."""
        self.generation += 1
        self._chain = _NO_CHAIN
        self._database.close()
        if not isinstance(error, sqlite3.OperationalError):
            tables.forget(self.path)
        self._database = tables.in_memory()
        return self._catch_up()

    # -- rows ----------------------------------------------------------------------------------

    def _count(self, name: str) -> int:
        row = self._one("SELECT value FROM meta WHERE name = ?", name)
        return int(row[0]) if row is not None else 0

    def _one(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        rows = self.ask(sql, *values)
        return rows[0] if rows else None

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a query; `generation` counts how often all rows got other numbers."""
        try:
            return self._database.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:
            # The damage was not where the first look went. The project may have moved on.
            self.tip = self._in_memory(error)
            return self._database.execute(sql, values).fetchall()


def discard(folder: str) -> None:
    """Delete the index with all it remembers; the next command builds a new one."""
    tables.forget(os.path.join(folder, FILE))


def said(term: Term, *columns: str) -> str:
    """A term as FTS5 reads it: quoted, so that nothing in it is syntax; said anywhere but in dates,
    or in these columns."""
    if not columns and tables.DATED in term.text:
        columns = tables.SAID
    named = f"{{{' '.join(columns)}}} : " if columns else ""  # to look into columns takes longer
    return f'{named}"{term.text}"' + ("*" if term.is_prefix else "")


def _raw(address: str) -> bytes:
    return bytes.fromhex(address)
