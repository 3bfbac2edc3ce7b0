"""Hearing: who claimed what and when, from the commits of the project, kept small.

A long history tells of as many claims as there are. What it says of a chain is one short string of
bytes for each commit until the chain's turn comes.
"""

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from git_mnemo import message
from git_mnemo.errors import MnemoError
from git_mnemo.message import Message
from git_mnemo.store import history, layout
from git_mnemo.store.interface import Store
from git_mnemo.store.objects import Commit

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
        self._line = struct.Struct(f">{store.width // 2}sqI")
        self._heard: dict[str, list[bytes]] = {}

    def walk(self, old: str | None, tip: str | None, known: Callable[[str], bool]) -> Iterator[str]:
        """Listen to each commit behind the tip that is not `known`, nor behind such a one, as those
        behind `old` are; their ids, the newest first, as they are walked."""
        pack = self._line.pack
        for oid, (commit, said), added in self._store.additions(self._said(old, tip, known)):
            author = message.printable(commit.author.name)
            told: dict[str, bytearray] = {}
            tellers: dict[str | None, int] = {}
            lines = layout.told_and_added(self._store, commit, said.nodes, added)
            for (chain, _, address), at, agent in lines:
                if agent not in tellers:
                    tellers[agent] = self._number(Teller(agent, author, said.session))
                packed = told.get(chain)
                if packed is None:
                    packed = told[chain] = bytearray()
                packed += pack(bytes.fromhex(address), at, tellers[agent])
            for chain, packed in told.items():
                self._heard.setdefault(chain, []).append(bytes(packed))
            yield oid

    def _said(
        self, old: str | None, tip: str | None, known: Callable[[str], bool]
    ) -> Iterator[tuple[str, tuple[Commit, Message], int]]:
        """Each commit with what it says, and of how many entries that is."""
        coming: Iterator[str] = iter(())
        for number, (oid, commit) in enumerate(history.walk(self._store, tip, known=known)):
            if number == _FEW and tip is not None:
                coming = self._ahead(old, tip)
            next(coming, None)
            said = message.parse(commit.message)
            yield oid, (commit, said), len(said.nodes)

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
        for lines in reversed(self._heard.pop(chain, [])):
            for raw, at, teller in self._line.iter_unpack(lines):
                told.setdefault(raw.hex(), (at, teller))
        return told

    def left(self) -> list[str]:
        """The chains that were not taken."""
        return list(self._heard)
