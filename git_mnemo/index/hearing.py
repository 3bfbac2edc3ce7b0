"""Hearing: who claimed what and when, from the commits of the project, kept small.

A long history tells of as many claims as there are. What it says of a chain is one short string of
bytes for each commit until the chain's turn comes.
"""

from array import array
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import NamedTuple

from git_mnemo import message
from git_mnemo.errors import MnemoError
from git_mnemo.message import Columns
from git_mnemo.store import history, layout
from git_mnemo.store.interface import Store
from git_mnemo.store.objects import Commit

_TELLER, _TIME = "I", "q"
"""How a commit's lines are kept: the numbers of who told, the times, and the addresses."""

_FEW = 300
"""Commits that are read one by one before more of them are read ahead."""


class Teller(NamedTuple):
    """Who told: the agent, the author of the commit, and the session."""

    agent: str | None
    author: str
    session: str | None


Told = tuple[int, int]
"""When an entry was claimed, and the number of who told it."""


class Hearing:
    """What the commits told that were not walked before. `number` gives tellers their numbers."""

    def __init__(self, store: Store, number: Callable[[Teller], int]) -> None:
        self._store = store
        self._number = number
        self._width = store.width // 2
        self._heard: dict[str, list[bytes]] = {}

    def walk(self, old: str | None, tip: str | None, known: Callable[[str], bool]) -> Iterator[str]:
        """Listen to each commit behind the tip that is not `known`, nor behind such a one, as those
        behind `old` are; their ids, the newest first, as they are walked."""
        for oid, (commit, session, lines), added in self._store.additions(
            self._said(old, tip, known)
        ):
            told = message.columns(lines) if added is not None else None
            if told is None or added is None or not layout.has_added(added, told):
                found = layout.told_and_added(self._store, commit, message.told(lines), added)
                told = message.side_by_side(found)
            self._keep(told, message.printable(commit.author.name), session)
            yield oid

    def _keep(self, told: Columns, author: str, session: str | None) -> None:
        """Note what a commit told until the turn of its chains comes."""
        number = {
            agent: self._number(Teller(agent, author, session))
            for agent in dict.fromkeys(told.agents)
        }
        tellers = array(_TELLER, [*map(number.__getitem__, told.agents)])
        times = array(_TIME, told.times)
        raw, width = bytes.fromhex("".join(told.addresses)), self._width
        end = len(told.chains)
        for chain, run in groupby(reversed(told.chains)):
            begin = end - len([*run])
            lines = tellers[begin:end].tobytes() + times[begin:end].tobytes()
            lines += raw[begin * width : end * width]
            self._heard.setdefault(chain, []).append(lines)
            end = begin

    def _said(
        self, old: str | None, tip: str | None, known: Callable[[str], bool]
    ) -> Iterator[tuple[str, tuple[Commit, str | None, list[str]], int]]:
        """Each commit with its session and the lines that name nodes, and how many those are."""
        coming: Iterator[str] = iter(())
        for number, (oid, commit) in enumerate(history.walk(self._store, tip, known=known)):
            if number == _FEW and tip is not None:
                coming = self._ahead(old, tip)
            next(coming, None)
            session, lines = message.node_lines(commit.message)
            yield oid, (commit, session, lines), len(lines)

    def _ahead(self, old: str | None, tip: str) -> Iterator[str]:
        """The commits to come, read ahead: all that is won by it is time."""
        try:
            listed = self._store.commits_between(old, tip)
        except MnemoError:  # if that is in the way, who reads them one by one is told
            return iter(())
        listed.reverse()
        return self._store.ahead((oid, [oid]) for oid in listed[_FEW:])

    def take(self, chain: str) -> dict[str, Told]:
        """What was told of a chain's entries first, by their addresses; it is forgotten here."""
        told: dict[str, Told] = {}
        for lines in self._heard.pop(chain, []):  # what was told last comes first
            tellers, times = array(_TELLER), array(_TIME)
            count = len(lines) // (tellers.itemsize + times.itemsize + self._width)
            tellers.frombytes(lines[: (first := count * tellers.itemsize)])
            times.frombytes(lines[first : (first := first + count * times.itemsize)])
            addresses = lines[first:].hex(" ", self._width).split(" ")
            heard = zip(addresses, zip(times, tellers, strict=True), strict=True)
            told.update(reversed([*heard]))
        return told

    def left(self) -> list[str]:
        """The chains that were not taken."""
        return list(self._heard)
