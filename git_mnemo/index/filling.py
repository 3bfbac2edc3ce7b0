"""Filling the index: from the difference of two trees, chain by chain, and from fresh history."""

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

from git_mnemo import node
from git_mnemo.chain import Entry
from git_mnemo.index import rows, sizes, tables
from git_mnemo.index.engine import sqlite3
from git_mnemo.index.hearing import Hearing, Teller, Told
from git_mnemo.index.numbers import Kept, Numbers, claims_of
from git_mnemo.index.rows import Line, Text
from git_mnemo.store import history, layout
from git_mnemo.store.interface import Store

_BATCH = 2000
_SEEN = 1 << 22
"""Bytes in which each node leaves a bit: a new index is not asked for what left none."""

_SAID = f"said (rowid, {', '.join(rows.COLUMNS)})"

Progress = Callable[[int], None]
"""Told, now and then, how many entries are done."""


class _Change(NamedTuple):
    """What happened to one chain."""

    dropped: list[Entry]
    added: list[Entry]


class Filling:
    """One run from what the tables hold to the project's tip, inside of one transaction."""

    def __init__(self, store: Store, database: sqlite3.Connection, progress: Progress) -> None:
        self._store = store
        self._database = database
        self._progress = progress
        self._fresh = True
        self._counted = dict.fromkeys(tables.COUNTED, 0)
        self._waiting: dict[str, list[tuple[object, ...]]] = {}
        self._taken = 0
        self._nodes: dict[str, tuple[int, str | None]] = {}
        self._texts: dict[str, Text] = {}
        self._titles: dict[str, str] = {}
        self._tellers: dict[Teller, int] = {}
        self._seen = bytearray(_SEEN)
        self._next = {"chain": 1, "node": 1, "teller": 1}
        self._numbers = Numbers()
        self._sized: dict[int, int] = {}

    def follow(self, old: str | None, tip: str | None) -> None:
        """Bring the tables from the commit `old` (None: they are empty) to `tip`."""
        self._fresh = old is None
        if not self._fresh:
            for name in self._next:
                (top,) = self._one(f"SELECT max(number) FROM {name}") or (None,)
                self._next[name] = (top or 0) + 1
            (low,) = self._one("SELECT min(number) FROM entry") or (None,)
            following = int(tables.meta(self._database, "next") or 0)
            self._numbers = Numbers(following, min(low or 0, 0))
        before, after = (history.tree_of(self._store, one) for one in (old, tip))
        changes = self._changes(before, after)
        forgotten: list[str] = []
        if before is not None:  # else there may be very many, and nothing is taken away
            listed = list(changes)
            forgotten = [entry.address for _, change in listed for entry in change.dropped]
            changes = iter(listed)
        if forgotten:  # what was told of it is forgotten, and may stand again one day
            self._database.execute("DELETE FROM walked")
        hearing = Hearing(self._store, self._teller)
        for oid in hearing.walk(old, tip, self._was_walked):
            self._put("walked", (_raw(oid),))
            self._flush_many()
        done = 0
        needed = (((id_, one), [entry.address for entry in one.added]) for id_, one in changes)
        for id_, change in self._store.ahead(needed):
            self._follow_chain(id_, change, hearing.take(id_))
            done += len(change.added)
            if self._flush_many():
                self._progress(done)
        for id_ in hearing.left():
            self._follow_chain(id_, _Change([], []), hearing.take(id_))
        self._flush()
        self._sweep(forgotten)
        for name, number in self._counted.items():
            known = int(tables.meta(self._database, name) or 0)
            tables.put(self._database, name, known + number)
        tables.put(self._database, "next", self._numbers.next)
        tables.put(self._database, "tip", tip or "")

    # -- what changed --------------------------------------------------------------------------

    def _changes(self, before: str | None, after: str | None) -> Iterator[tuple[str, _Change]]:
        """The chains that differ, in the order of their days."""
        if before is None:
            for id_, entries in layout.chains(self._store, after):
                yield id_, _Change([], entries)
            return
        differing = layout.diff(self._store, before, after)
        for id_, members in groupby(differing, key=lambda one: one[0].chain):
            change = _Change([], [])
            for member, is_new in members:
                change[is_new].append(Entry(member.position, member.address))
            yield id_, change

    def _was_walked(self, oid: str) -> bool:
        if self._fresh:
            return False
        return self._one("SELECT 1 FROM walked WHERE oid = ?", _raw(oid)) is not None

    def _teller(self, teller: Teller) -> int:
        if teller not in self._tellers:
            row = self._one(
                "SELECT number FROM teller WHERE agent IS ? AND author = ? AND session IS ?",
                *teller,
            )
            if row is None:
                number = self._number("teller")
                self._database.execute("INSERT INTO teller VALUES (?, ?, ?, ?)", (number, *teller))
            self._tellers[teller] = row[0] if row is not None else number
        return self._tellers[teller]

    # -- a chain -------------------------------------------------------------------------------

    def _follow_chain(self, id_: str, change: _Change, told: dict[str, Told]) -> None:
        number = self._chain(id_)
        if number is None and not change.added:
            return
        fresh = number is None
        if number is None:
            number = self._number("chain")
            self._counted["chains"] += 1
        old = self._kept(number) if not fresh else []
        gone = set(change.dropped)
        stay = [kept for kept in old if kept.entry not in gone]
        if gone:  # what was told of it may be told of another entry of the same node, or of none
            lost = ((number, kept.node) for kept in old if kept.entry in gone)
            self._database.executemany("DELETE FROM told WHERE chain = ? AND node = ?", lost)
        come = [(entry, *self._take(entry.address)) for entry in change.added]
        nodes = [(kept.node, kept.entry.address) for kept in stay]
        nodes += [(taken, entry.address) for entry, taken, _ in come]
        heard = self._heard(number, nodes, told, fresh=fresh)
        new = [Kept(*kept[:4], heard.get(kept.node)) for kept in stay]
        new += [Kept(entry, 0, taken, type_, heard.get(taken)) for entry, taken, type_ in come]
        new.sort()
        new, room = self._numbers.placed(old, new, self._room(number) if old else 0)
        if fresh:
            self._put("chain", (number, id_, id_[12:], room))
        elif room is not None:
            self._database.execute("UPDATE chain SET room = ? WHERE number = ?", (room, number))
        self._replace_rows(old, new)
        self._replace_entries(number, old, new)
        if not new:
            self._database.execute("DELETE FROM chain WHERE number = ?", (number,))
            self._counted["chains"] -= 1

    def _room(self, chain: int) -> int:
        """The last number that is kept free for a chain."""
        (room,) = self._one("SELECT room FROM chain WHERE number = ?", chain) or (None,)
        return room or 0

    def _replace_entries(self, chain: int, old: list[Kept], new: list[Kept]) -> None:
        stood = set(old)
        for kept in stood.difference(new):
            self._database.execute("DELETE FROM entry WHERE number = ?", (kept.number,))
        come = [kept for kept in new if kept not in stood]
        self._put(
            "entry",
            *((number, chain, entry.position, of, at) for entry, number, of, _, at in come),
        )

    def _chain(self, id_: str) -> int | None:
        row = self._one("SELECT number FROM chain WHERE id = ?", id_) if not self._fresh else None
        return int(row[0]) if row is not None else None

    def _kept(self, chain: int) -> list[Kept]:
        found = self._database.execute(
            "SELECT position, address, entry.number, node.number, type, at FROM entry"
            " JOIN node ON node.number = entry.node WHERE chain = ?",
            (chain,),
        )
        return sorted(
            Kept(Entry(position, raw.hex()), number, of, type_, at)
            for position, raw, number, of, type_, at in found
        )

    def _heard(
        self, chain: int, nodes: list[tuple[int, str]], told: dict[str, Told], *, fresh: bool
    ) -> dict[int, int]:
        """Keep what was told of the chain's nodes, by number and address; when each was claimed."""
        if fresh:
            known: dict[int, int] = {}
        else:
            listed = self._database.execute("SELECT node, at FROM told WHERE chain = ?", (chain,))
            known = dict(listed.fetchall())
        rows: list[tuple[int, int, int, int]] = []
        for of, address in nodes:
            if of not in known and address in told:
                at, teller = told[address]
                known[of] = at
                rows.append((chain, of, at, teller))
        self._put("told", *rows)
        return known

    # -- nodes ---------------------------------------------------------------------------------

    def _take(self, address: str) -> tuple[int, str | None]:
        """The number and the type of a node, which is added where it is not known yet."""
        known = self._nodes.get(address)  # all that waits to be written
        if known is not None:
            return known
        row = None
        if not self._is_new(address):
            row = self._one("SELECT number, type FROM node WHERE address = ?", _raw(address))
        taken = (row[0], row[1]) if row is not None else self._add(address)
        self._nodes[address] = taken
        return taken

    def _is_new(self, address: str) -> bool:
        """Whether it is sure that the node was never taken; from now on it was."""
        at, bit = divmod(int(address[:8], 16) % (8 * _SEEN), 8)
        was_seen = self._seen[at] >> bit & 1
        self._seen[at] |= 1 << bit
        return self._fresh and not was_seen

    def _add(self, address: str) -> tuple[int, str | None]:
        raw, number = _raw(address), self._number("node")
        found = layout.node_once(self._store, address)
        if found is None:
            self._counted["opaque"] += 1
            self._put("node", (number, raw, None, None, None))
            return number, None
        self._counted["nodes"] += found.type in node.CLAIMS
        says = tables.says_hash(found.domain, found.text)
        self._put("node", (number, raw, found.type, found.domain, says))
        for input_ in found.inputs:
            self._put("input", (_raw(input_), raw, found.type))
        for path in dict.fromkeys(anchor.path for anchor in found.anchors):
            self._put("anchor", (path.encode("utf-8", "surrogateescape"), number))
        if found.type in node.CLAIMS:
            self._texts[address] = rows.text_of(found)
        elif found.type == node.CHAIN:
            self._titles[address] = found.text
        return number, found.type

    def _sweep(self, forgotten: list[str]) -> None:
        """Forget the nodes that no entry holds any more."""
        for address in dict.fromkeys(forgotten):
            raw = _raw(address)
            row = self._one("SELECT number, type FROM node WHERE address = ?", raw)
            if row is None or self._one("SELECT 1 FROM entry WHERE node = ?", row[0]) is not None:
                continue
            self._counted["opaque"] -= row[1] is None
            self._counted["nodes"] -= row[1] in node.CLAIMS
            self._database.execute("DELETE FROM node WHERE number = ?", (row[0],))
            self._database.execute("DELETE FROM input WHERE address = ?", (raw,))
            self._database.execute("DELETE FROM vector WHERE address = ?", (raw,))
            self._database.execute("DELETE FROM anchor WHERE node = ?", (row[0],))

    # -- what is searched ----------------------------------------------------------------------

    def _replace_rows(self, old: list[Kept], new: list[Kept]) -> None:
        """Change those rows of the chain that are not the same after as before, and the sizes of
        those around them."""
        (before, _), (after, own) = self._lines(old), self._lines(new)
        changed = set()
        for number, line in before.items():
            if after.get(number) != line:
                self._database.execute(
                    f"INSERT INTO said (said, rowid, {', '.join(rows.COLUMNS)})"
                    " VALUES ('delete', ?, ?, ?, ?, ?, ?, ?)",
                    (number, *self._columns(line)),
                )
                self._sized[number] = 0
                self._counted["rows"] -= 1
                changed.add(number)
        come = {number: line for number, line in after.items() if before.get(number) != line}
        self._put(_SAID, *((number, *self._columns(line)) for number, line in come.items()))
        self._counted["rows"] += len(come)
        changed |= come.keys()
        self._measure(after, changed, own)
        self._texts.clear()
        self._titles.clear()

    def _measure(self, lines: dict[int, Line], changed: set[int], title: str | None) -> None:
        """Note the sizes of the rows around what changed; `changed` may be gone."""
        if not changed:
            return
        reach = rows.REACH
        first, last = min(changed) - reach, max(changed) + reach
        window = [number for number in lines if first - reach <= number <= last + reach]
        found = rows.sizes(
            [self._text(lines[number].address) for number in window],
            self._said(title) if title is not None else None,
            [lines[number].at is not None for number in window],
        )
        for number, size in zip(window, found, strict=True):
            if first <= number <= last:
                self._sized[number] = size

    def _lines(self, entries: list[Kept]) -> tuple[dict[int, Line], str | None]:
        """The rows of a chain by the numbers of their entries, and the title of all of them."""
        title = next((kept.entry.address for kept in entries if kept.type == node.CHAIN), None)
        claims = claims_of(entries)
        own = bool(
            title
            and claims
            and rows.is_own_title(self._said(title), self._text(claims[0].entry.address).whole)
        )
        told = [(kept.entry.address, kept.at) for kept in claims]
        lines = rows.lines(told, title, own_title=own)
        found = {kept.number: line for kept, line in zip(claims, lines, strict=True)}
        return found, title if own else None

    def _columns(self, line: Line) -> tuple[str, ...]:
        title = self._said(line.title) if line.title is not None else ""
        return rows.columns(line, self._text(line.address), title)

    def _text(self, address: str) -> Text:
        known = self._texts.get(address)
        if known is None:
            found = layout.node_at(self._store, address)
            assert found is not None  # only claims have rows, and what is opaque is none
            known = self._texts[address] = rows.text_of(found)
        return known

    def _said(self, address: str) -> str:
        known = self._titles.get(address)
        if known is None:
            found = layout.node_at(self._store, address)
            known = self._titles[address] = found.text if found is not None else ""
        return known

    # -- writing -------------------------------------------------------------------------------

    def _number(self, name: str) -> int:
        self._next[name] += 1
        return self._next[name] - 1

    def _put(self, into: str, *rows: tuple[object, ...]) -> None:
        """Have rows inserted into a table, or some columns of one, with the next flush."""
        self._waiting.setdefault(into, []).extend(rows)
        self._taken += len(rows)

    def _flush_many(self) -> bool:
        """Write what waits, if that is much; whether it was."""
        is_much = self._taken > _BATCH
        if is_much:
            self._flush()
        return is_much

    def _flush(self) -> None:
        # Row by row: a statement of many has the words that are collected written down before it.
        for into, values in self._waiting.items():
            if values:
                row = ", ".join("?" * len(values[0]))
                self._database.executemany(f"INSERT INTO {into} VALUES ({row})", values)
        self._waiting.clear()
        self._taken = 0
        self._nodes.clear()
        self._counted["words"] += sizes.put(self._database, self._sized)
        self._sized.clear()

    def _one(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._database.execute(sql, values).fetchone()
        return row


def _raw(address: str) -> bytes:
    return bytes.fromhex(address)
