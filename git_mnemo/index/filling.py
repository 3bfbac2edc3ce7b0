"""Filling the index: from the difference of two trees, chain by chain, and from fresh history."""

import gc
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

from git_mnemo import node
from git_mnemo.chain import Entry
from git_mnemo.index import rows, tables
from git_mnemo.index.engine import sqlite3
from git_mnemo.index.hearing import Hearing, Teller, Told
from git_mnemo.index.nodes import Nodes
from git_mnemo.index.numbers import Kept, Numbers, claims_of
from git_mnemo.index.rows import Line
from git_mnemo.index.waiting import SAID, Waiting
from git_mnemo.store import history, layout
from git_mnemo.store.interface import Store

_UNTOLD: tuple[None, None] = None, None

Progress = Callable[[int], None]
"""Told, now and then, how many entries are done."""


class _Change(NamedTuple):
    """What happened to one chain."""

    dropped: list[Entry]
    added: list[Entry]


class Filling:
    """One run from the commit `old` (None: the tables are empty), inside of one transaction."""

    def __init__(
        self, store: Store, database: sqlite3.Connection, old: str | None, progress: Progress
    ) -> None:
        self._store = store
        self._database = database
        self._old = old
        self._progress = progress
        self._waiting = _waiting(database, fresh=old is None)
        self._nodes = Nodes(store, database, self._waiting, fresh=old is None)
        self._tellers: dict[Teller, int] = {}
        self._chains = self._rows = 0
        self._next = {
            name: self._top(f"max(number) FROM {name}") + 1 for name in ("chain", "teller")
        }
        following = int(tables.meta(database, "next") or 0) or rows.REACH + 1
        self._numbers = Numbers(following, min(self._top("min(number) FROM entry"), 0))

    def follow(self, tip: str | None) -> None:
        """Bring the tables to the commit `tip`."""
        # To look for cycles among so many objects, none of which is in one, takes time.
        collects = self._old is None and gc.isenabled()
        if collects:
            gc.disable()
        try:
            self._follow(tip)
        finally:
            if collects:
                gc.enable()
            self._waiting.close()

    def _follow(self, tip: str | None) -> None:
        old = self._old
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
            self._waiting.put("walked", [(bytes.fromhex(oid),)])
            self._flush_much()
        done = 0
        needed = (((id_, one), [entry.address for entry in one.added]) for id_, one in changes)
        for id_, change in self._store.ahead(needed):
            self._follow_chain(id_, change, hearing.take(id_))
            done += len(change.added)
            if self._flush_much():
                self._progress(done)
        for id_ in hearing.left():
            self._follow_chain(id_, _Change([], []), hearing.take(id_))
        self._waiting.finish()
        self._nodes.sweep(forgotten)
        counted = (self._chains, self._nodes.claims, self._nodes.opaque, self._rows,
                   self._waiting.words)  # fmt: skip
        for name, number in zip(tables.COUNTED, counted, strict=True):
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
        if self._old is None:
            return False
        return self._one("SELECT 1 FROM walked WHERE oid = ?", bytes.fromhex(oid)) is not None

    def _teller(self, teller: Teller) -> int:
        if teller not in self._tellers:
            where = "SELECT number FROM teller WHERE agent IS ? AND author = ? AND session IS ?"
            row = self._one(where, *teller) if self._old is not None else None
            if row is None:
                row = (self._number("teller"),)
                self._waiting.put("teller", [(*row, *teller)])
            self._tellers[teller] = row[0]
        return self._tellers[teller]

    # -- a chain -------------------------------------------------------------------------------

    def _follow_chain(self, id_: str, change: _Change, told: dict[str, Told]) -> None:
        number, added = self._chain(id_), {address for _, address in change.added}
        if number is None and len(added) == len(change.added):
            if added:
                self._begin_chain(id_, change.added, told)
            return
        fresh = number is None
        if number is None:
            number = self._number("chain")
            self._chains += 1
        old = self._kept(number) if not fresh else []
        gone = set(change.dropped)
        stay = [kept for kept in old if kept.entry not in gone]
        # What was told of what is gone may be told of another entry of the same node, or of none.
        lost = {kept.node for kept in old if kept.entry in gone}
        heard = {kept.node: (kept.at, kept.teller) for kept in stay if kept.at is not None}
        heard = {of: one for of, one in heard.items() if of not in lost}
        taken_all = self._nodes.take([address for _, address in change.added])
        come = [(entry, *taken) for entry, taken in zip(change.added, taken_all, strict=True)]
        nodes = [(kept.node, kept.entry.address) for kept in stay]
        nodes += [(taken, entry.address) for entry, taken, _ in come]
        for of, address in nodes:
            if of not in heard and address in told:
                heard[of] = told[address]
        new = [Kept(*kept[:4], *heard.get(kept.node, _UNTOLD)) for kept in stay]
        new += [Kept(entry, 0, of, type_, *heard.get(of, _UNTOLD)) for entry, of, type_ in come]
        new.sort()
        new, room = self._numbers.placed(old, new, self._room(number) if old else 0)
        if fresh:
            self._waiting.put("chain", [(number, id_, id_[12:], room)])
        elif room is not None:
            self._database.execute("UPDATE chain SET room = ? WHERE number = ?", (room, number))
        self._replace_rows(old, new)
        self._replace_entries(number, old, new)
        if not new:
            self._database.execute("DELETE FROM chain WHERE number = ?", (number,))
            self._chains -= 1

    def _begin_chain(self, id_: str, entries: list[Entry], told: dict[str, Told]) -> None:
        """As `_follow_chain`, in fewer steps, for a chain that is new and holds no node twice."""
        chain = self._number("chain")
        self._chains += 1
        entries.sort()
        title = None
        claims: list[tuple[str, int | None]] = []
        stood: list[tuple[object, ...]] = []
        first = row = self._numbers.next
        taken = self._nodes.take([address for _, address in entries])
        for (position, address), (of, type_) in zip(entries, taken, strict=True):
            at, teller = told.get(address, _UNTOLD)
            if type_ in node.CLAIMS:
                number, row = row, row + 1
                claims.append((address, at))
            else:
                number = self._numbers.beside()
                title = title or (address if type_ == node.CHAIN else None)
            stood.append((number, chain, position, of, at, teller))
        room = self._numbers.keep(row - first) if claims else None
        self._waiting.put("chain", [(chain, id_, id_[12:], room)])
        self._waiting.put("entry", stood)
        self._begin_rows(first, claims, title)

    def _begin_rows(
        self, first: int, claims: list[tuple[str, int | None]], title: str | None
    ) -> None:
        texts = [self._nodes.text(address) for address, _ in claims]
        own, opens = "", title is not None
        if title is not None and texts:
            named = self._nodes.title(title)
            if rows.is_own_title(named, texts[0].whole):
                own, opens = named, False
        found: list[tuple[object, ...]] = []
        for number, (text, (_, at)) in enumerate(zip(texts, claims, strict=True), first):
            found.append((number, *rows.columns(text, own, at, opens=opens)))
            opens = False
        self._waiting.put(SAID, found, sum([len(text.whole) for text in texts]))
        dated = [at is not None for _, at in claims]
        sizes = rows.sizes(texts, own or None, dated)
        self._waiting.sizes.update(enumerate(sizes, first))
        self._rows += len(texts)
        self._nodes.forget_texts()

    def _room(self, chain: int) -> int:
        """The last number that is kept free for a chain."""
        (room,) = self._one("SELECT room FROM chain WHERE number = ?", chain) or (None,)
        return room or 0

    def _replace_entries(self, chain: int, old: list[Kept], new: list[Kept]) -> None:
        stood = set(old)
        for kept in stood.difference(new):
            self._database.execute("DELETE FROM entry WHERE number = ?", (kept.number,))
        come = [kept for kept in new if kept not in stood]
        self._waiting.put(
            "entry",
            [(one.number, chain, one.entry.position, one.node, one.at, one.teller) for one in come],
        )

    def _chain(self, id_: str) -> int | None:
        row = (
            self._one("SELECT number FROM chain WHERE id = ?", id_)
            if self._old is not None
            else None
        )
        return int(row[0]) if row is not None else None

    def _kept(self, chain: int) -> list[Kept]:
        found = self._database.execute(
            "SELECT position, address, entry.number, node.number, type, at, teller FROM entry"
            " JOIN node ON node.number = entry.node WHERE chain = ?",
            (chain,),
        )
        return sorted(Kept(Entry(position, raw.hex()), *rest) for position, raw, *rest in found)

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
                self._waiting.sizes[number] = 0
                self._rows -= 1
                changed.add(number)
        come = {number: line for number, line in after.items() if before.get(number) != line}
        found = [(number, *self._columns(line)) for number, line in come.items()]
        length = sum([len(self._nodes.text(line.address).whole) for line in come.values()])
        self._waiting.put(SAID, found, length)
        self._rows += len(come)
        changed |= come.keys()
        self._measure(after, changed, own)
        self._nodes.forget_texts()

    def _measure(self, lines: dict[int, Line], changed: set[int], title: str | None) -> None:
        """Note the sizes of the rows around what changed; `changed` may be gone."""
        if not changed:
            return
        reach = rows.REACH
        first, last = min(changed) - reach, max(changed) + reach
        window = [number for number in lines if first - reach <= number <= last + reach]
        found = rows.sizes(
            [self._nodes.text(lines[number].address) for number in window],
            self._nodes.title(title) if title is not None else None,
            [lines[number].at is not None for number in window],
        )
        for number, size in zip(window, found, strict=True):
            if first <= number <= last:
                self._waiting.sizes[number] = size

    def _lines(self, entries: list[Kept]) -> tuple[dict[int, Line], str | None]:
        """The rows of a chain by the numbers of their entries, and the title of all of them."""
        title = next((kept.entry.address for kept in entries if kept.type == node.CHAIN), None)
        claims = claims_of(entries)
        own = bool(
            title
            and claims
            and rows.is_own_title(
                self._nodes.title(title), self._nodes.text(claims[0].entry.address).whole
            )
        )
        told = [(kept.entry.address, kept.at) for kept in claims]
        lines = rows.lines(told, title, own_title=own)
        found = {kept.number: line for kept, line in zip(claims, lines, strict=True)}
        return found, title if own else None

    def _columns(self, line: Line) -> tuple[str, ...]:
        title = self._nodes.title(line.title) if line.title is not None else ""
        return rows.columns(self._nodes.text(line.address), title, line.at, opens=line.opens)

    # -- writing -------------------------------------------------------------------------------

    def _number(self, name: str) -> int:
        self._next[name] += 1
        return self._next[name] - 1

    def _flush_much(self) -> bool:
        """Write what waits, if that is much; whether it was."""
        is_much = self._waiting.is_much()
        if is_much:
            self._flush()
        return is_much

    def _flush(self) -> None:
        self._waiting.flush()
        self._nodes.forget_taken()

    def _top(self, what: str) -> int:
        (found,) = self._one(f"SELECT {what}") or (None,)
        return found or 0

    def _one(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._database.execute(sql, values).fetchone()
        return row


def _waiting(database: sqlite3.Connection, *, fresh: bool) -> Waiting:
    if fresh:
        from git_mnemo.index import beside

        if beside.is_possible(database):
            return beside.Beside(database)
    return Waiting(database)
