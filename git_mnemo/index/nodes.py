"""Nodes: each has a number from when it is first seen, and what it says is kept while its chain is
looked at."""

from collections.abc import Iterable, Sequence

from git_mnemo import node
from git_mnemo.index import rows, tables
from git_mnemo.index.engine import sqlite3
from git_mnemo.index.rows import Text
from git_mnemo.index.seen import Seen
from git_mnemo.index.waiting import Row, Waiting
from git_mnemo.store import layout
from git_mnemo.store.interface import Store

Taken = tuple[int, str | None]
"""The number of a node, and its type; None for an opaque one."""


class Nodes:
    """The nodes that the tables hold, or will with what waits; `fresh` tables hold none so far."""

    def __init__(
        self, store: Store, database: sqlite3.Connection, waiting: Waiting, *, fresh: bool
    ) -> None:
        self.claims = self.opaque = 0
        """How many more of them there are than before."""

        self._store = store
        self._database = database
        self._waiting = waiting
        self._taken: dict[str, Taken] = {}
        self._texts: dict[str, Text] = {}
        self._titles: dict[str, str] = {}
        self._seen = Seen(store.width // 2) if fresh else None
        (top,) = database.execute("SELECT max(number) FROM node").fetchone()
        self._next = (top or 0) + 1

    def take(self, addresses: Iterable[str]) -> list[Taken]:
        """These nodes; those that are not known yet are added."""
        addresses = list(addresses)
        taken, seen = self._taken, self._seen
        new: list[tuple[str, bytes]] = []
        for address in dict.fromkeys(addresses):
            if address in taken:
                continue
            raw = bytes.fromhex(address)
            if seen is None:
                known = self._looked_up(raw)
            else:
                number, is_new = seen.number(raw)
                known = (number, seen.types[number]) if not is_new else None
            if known is not None:
                taken[address] = known
            else:
                new.append((address, raw))
        self._add(new)
        return [taken[address] for address in addresses]

    def _looked_up(self, raw: bytes) -> Taken | None:
        found: Taken | None = self._database.execute(
            "SELECT number, type FROM node WHERE address = ?", (raw,)
        ).fetchone()
        return found

    def _add(self, new: Sequence[tuple[str, bytes]]) -> None:
        added: list[Row] = []
        for number, (address, raw) in enumerate(new, self._next):
            found = layout.node_once(self._store, address)
            if found is None:
                self.opaque += 1
                added.append((number, raw, None, None, None))
                self._taken[address] = number, None
                continue
            type_, domain, text, _, _, inputs, anchors, _ = found
            added.append((number, raw, type_, domain, tables.says_hash(domain, text)))
            self._taken[address] = number, type_
            if type_ in node.CLAIMS:
                self.claims += 1
                self._texts[address] = rows.text_of(found)
            elif type_ == node.CHAIN:
                self._titles[address] = text
            if inputs:
                self._waiting.put("input", [(bytes.fromhex(one), raw, type_) for one in inputs])
            if anchors:
                paths = dict.fromkeys(anchor.path for anchor in anchors)
                coded = [path.encode("utf-8", "surrogateescape") for path in paths]
                self._waiting.put("anchor", [(path, number) for path in coded])
        self._next += len(added)
        self._waiting.put("node", added)
        if self._seen is not None:
            self._seen.types += [self._taken[address][1] for address, _ in new]

    def text(self, address: str) -> Text:
        """The text of a claim."""
        known = self._texts.get(address)
        if known is None:
            found = layout.node_at(self._store, address)
            assert found is not None  # only claims are asked for, and what is opaque is none
            known = self._texts[address] = rows.text_of(found)
        return known

    def title(self, address: str) -> str:
        """The text of a title."""
        known = self._titles.get(address)
        if known is None:
            found = layout.node_at(self._store, address)
            known = self._titles[address] = found.text if found is not None else ""
        return known

    def forget_texts(self) -> None:
        """The chain is done."""
        self._texts.clear()
        self._titles.clear()

    def forget_taken(self) -> None:
        """All that waited is written."""
        self._taken.clear()

    def sweep(self, addresses: Sequence[str]) -> None:
        """Forget those of these nodes that no entry holds any more."""
        ask = self._database.execute
        for raw in map(bytes.fromhex, dict.fromkeys(addresses)):
            row = ask("SELECT number, type FROM node WHERE address = ?", (raw,)).fetchone()
            if row is None:
                continue
            number, type_ = row
            if ask("SELECT 1 FROM entry WHERE node = ?", (number,)).fetchone() is not None:
                continue
            self.opaque -= type_ is None
            self.claims -= type_ in node.CLAIMS
            ask("DELETE FROM node WHERE number = ?", (number,))
            ask("DELETE FROM input WHERE address = ?", (raw,))
            ask("DELETE FROM vector WHERE address = ?", (raw,))
            ask("DELETE FROM anchor WHERE node = ?", (number,))
