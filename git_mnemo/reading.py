"""Reading an import: every line becomes a node, and gets a chain, before anything is filed."""

import hashlib
from collections.abc import Iterable

from git_mnemo import chain, node
from git_mnemo.errors import MnemoError
from git_mnemo.formats.line import Line
from git_mnemo.ledger import Chain, Ledger, Noted
from git_mnemo.making import Made, Nodes, Source
from git_mnemo.moment import day
from git_mnemo.node import CHAIN, STASH
from git_mnemo.screening import is_secret_key, screen
from git_mnemo.store import objects
from git_mnemo.store.packing import PackedStore
from git_mnemo.target import Target
from git_mnemo.view import SAFE, pick, short

_HEX = "0123456789abcdef"


class Reading:
    """Takes lines into a ledger, and their nodes into a store; `skipped` must not exist here."""

    def __init__(self, source: Source, store: PackedStore, ledger: Ledger, target: Target) -> None:
        self._source = source
        self._store = store
        self._ledger = ledger
        self._target = target
        self._nodes = Nodes(source, store, ledger, target)
        self._waiting: dict[str, list[Line]] = {}
        self._of_any_day: set[int] = set()
        self.warnings = self._nodes.warnings
        self.skipped = 0

    # -- lines ---------------------------------------------------------------------------------

    def read(self, lines: Iterable[Line]) -> None:
        """Take all lines in. A line waits for the one it comes after."""
        for line in lines:
            self._in_turn(line)
        while self._waiting:
            self._in_turn(self._let_go()._replace(after=None))
        self._check_needs()

    def _in_turn(self, line: Line) -> None:
        ready = [line]
        while ready:
            one = ready.pop()
            if one.after is not None and self._ledger.identified(one.after) is None:
                self._waiting.setdefault(one.after, []).append(one)
                continue
            try:
                self._take(one)
            except MnemoError as error:
                error.details.setdefault("line", one.number)
                raise
            if one.id is not None and one.id in self._waiting:
                ready += reversed(self._waiting.pop(one.id))

    def _let_go(self) -> Line:
        """The first line that waits for what no line is; it goes without, and is named."""
        waiting = [line for lines in self._waiting.values() for line in lines]
        ids = {line.id for line in waiting}
        free = [line for line in waiting if line.after not in ids]
        if not free:
            first = min(waiting, key=lambda line: line.number)
            raise MnemoError(
                "invalid-node",
                f"`after` {first.after!r} leads back to this line in a circle.",
                line=first.number,
            )
        first = min(free, key=lambda line: line.number)
        assert first.after is not None  # it waits
        self._waiting[first.after].remove(first)
        if not self._waiting[first.after]:
            del self._waiting[first.after]
        self.warnings.add(
            f"line {first.number}: no line has the id {first.after[:40]!r} that it is after"
        )
        return first

    def _take(self, line: Line) -> None:
        """Take one line in. What it says is screened before anything is made of it."""
        if line.purged is not None:
            self._ledger.gone(line.purged)
            return
        screened = screen(self._source.repository, line)
        for note in (screened or line).notes:
            self.warnings.add(note)
        if screened is not None:
            self._take_screened(screened)
            return
        made = self._nodes.own(line)
        self.warnings.add(
            f"line {line.number}: node {made.address} holds what looks like a secret,"
            " and is left out"
        )
        self._leave_out(line, made)

    def _take_screened(self, line: Line) -> None:
        if line.type == STASH and line.address is None and not self._has_title(line):
            self.skipped += 1  # all that stood in the chain was left out
            return
        made = self._nodes.own(line) if line.address is not None else self._nodes.claim(line)
        if made.address in self._target.purged:
            self.warnings.add(
                f"line {line.number}: node {made.address} was purged, and is left out"
            )
            self._leave_out(line, made)
        elif line.id is not None and self._is_again(line, made):
            self._leave_out(line, made)
        else:
            number = self._chain(line, made)
            self._write(made)
            self._note(line, made, number)
            if line.id is not None:
                self._ledger.identify(line.id, line.number, number)

    def _has_title(self, line: Line) -> bool:
        return self._ledger.title_of(f"chain\0{line.chain}") is not None

    def _leave_out(self, line: Line, made: Made) -> None:
        self.skipped += not made.is_title
        self._note(line, made, None)
        if line.id is not None and self._ledger.identified(line.id) is None:
            self._ledger.identify(line.id, line.number, None)

    def _note(self, line: Line, made: Made, number: int | None) -> None:
        self._ledger.note(
            Noted(line.number, number, line.position, made.address, not made.is_title,
                  line.at, line.agent, line.session)
        )  # fmt: skip

    def _is_again(self, line: Line, made: Made) -> bool:
        assert line.id is not None
        other = self._ledger.identified(line.id)
        if other is None:
            return False
        if self._ledger.address_of(other[0]) != made.address:
            raise MnemoError(
                "invalid-node", f"`id` {line.id[:40]!r} is that of line {other[0]}, too."
            )
        return True

    def _write(self, made: Made) -> None:
        # What is an object already may stand in the chain, too: that is seen in the end.
        if self._store.dry or (not self._target.empty and self._store.exists(made.address)):
            self._ledger.spool(made.address, made.data)
        else:
            self._store.put(made.address, objects.BLOB, made.data)

    def _check_needs(self) -> None:
        for address, line in self._ledger.needed():
            if address not in self._target.purged and not self._target.has(address):
                raise MnemoError(
                    "not-found",
                    f"node {address}, which the line rests on, is neither here nor imported.",
                    line=line,
                )

    # -- chains --------------------------------------------------------------------------------

    def _chain(self, line: Line, made: Made) -> int:
        if line.chain:
            return self._chain_named(line.chain, line, made)
        if line.after is not None:
            other = self._ledger.identified(line.after)
            if other is not None and other[1] is not None:
                return other[1]
        if not line.title:
            return self._open(_title(line, made), line.key or line.id, line, made)
        name = f"title\0{line.title}\0{line.key or ''}"
        number = self._ledger.named(name)
        if number is None:
            number = self._open(line.title, line.key or line.id, line, made)
            self._ledger.name(name, number)
        return number

    def _chain_named(self, given: str, line: Line, made: Made) -> int:
        """The chain of a whole or short id; of any other name, the chain that the source has so."""
        name = f"chain\0{given}"
        number = self._ledger.named(name)
        if number is None:
            id_ = self._chain_id(given)
            if id_ is None:
                number = self._open(line.title or _title(line, made), line.key or given, line, made)
            else:
                number = self._given(id_, line, made)
            self._ledger.name(name, number)
        if line.position == 0:
            self._ledger.opened(number)
        return number

    def _chain_id(self, given: str) -> str | None:
        text = given.removeprefix("chain:").strip()
        if chain.is_chain_id(text):
            return text
        if text.startswith("ch_") or text != given:
            return pick("chain", given, self._target.chains_from(short(text)))
        if len(text) < SAFE or text.strip(_HEX):
            return None
        found = self._target.chains_from(text)
        return found[0] if len(found) == 1 else None

    def _given(self, id_: str, line: Line, made: Made) -> int:
        """A chain of an id; where nothing has its title in the end, it gets one by this line."""
        name = f"id\0{id_}"
        number = self._ledger.named(name)
        if number is None:
            title = None
            if line.position != 0 and not self._target.entries(id_):
                title = self._title_node(line.title or _title(line, made), id_, made)
                self._ledger.spool(title.address, title.data)
            new = Chain(
                id_, title.address if title else None, _day(line), True, False, line.session
            )
            number = self._ledger.add_chain(new)
            self._ledger.name(name, number)
        return number

    def _open(self, title: str, key: str | None, line: Line, made: Made) -> int:
        """The chain of that title, key and day, which this line opens."""
        opening = self._title_node(title, key or _short_hash(self._source.name), made)
        number = self._ledger.chain_of_title(opening.address, _day(line))
        if number is None:
            # Of a day that is said, the chain is a new one, wherever its title may stand.
            known = (line.at is None or not line.dated) and self._store.exists(opening.address)
            new = Chain(None, opening.address, _day(line), known, False, line.session)
            number = self._ledger.add_chain(new)
            if not line.dated:
                self._of_any_day.add(number)
            self._write(opening)
            self._note_title(number, opening.address, line)
        return number

    def _note_title(self, number: int, address: str, line: Line) -> None:
        self._ledger.note(
            Noted(-number, number, 0, address, False, line.at, line.agent, line.session)
        )

    def _title_node(self, title: str, key: str, made: Made) -> Made:
        secret = is_secret_key(self._source.repository, key)
        kept = key if node.is_key(key) and not secret else _short_hash(key)
        built = node.build(CHAIN, title, domain=made.domain, key=kept)
        data = node.encode(built)
        return Made(self._store.address(data), data, built)

    def settle(self, target: Target, today: str, *, again: bool) -> None:
        """Say the id of every chain: its own, that of its title there, or one of a new chain."""
        for number, one in self._ledger.chains():
            if one.id is not None and (one.opened or target.entries(one.id)):
                self._ledger.settle(number, one.id)
                continue
            if one.title is None:  # what opened it was purged
                assert one.id is not None
                raise MnemoError("not-found", f"chain {one.id} has no title here.")
            if one.id is not None:
                self.warnings.add(
                    f"the title of {one.id} is not here: its lines get a chain of their own"
                )
                self._ledger.retitle(number, one.title)
            any_day = one.day is None or number in self._of_any_day
            there = None
            if any_day and (one.known or again):
                there = target.titled(one.title, self._of_some_day(one.title))
            self._ledger.settle(number, there or chain.chain_id(one.day or today, one.title))

    def _of_some_day(self, title: str) -> set[str]:
        """The chains of that title that are other ones of this import, each with its own day."""
        days = self._ledger.days_of_title(title)
        return {chain.chain_id(day, title) for of, day in days if of not in self._of_any_day}


def _day(line: Line) -> str | None:
    return day(line.at) if line.at is not None else None


def _title(line: Line, made: Made) -> str:
    """The title of a chain that has none: its first line's."""
    return node.title_of(made.node.text) if made.node is not None else line.chain or "imported"


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]
