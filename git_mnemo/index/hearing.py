"""Hearing: who claimed what and when, from the commits of the project, kept small.

A long history tells of as many claims as there are. What it says of a chain is one short string of
bytes for each commit until the chain's turn comes.
"""

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from git_mnemo import message
from git_mnemo.message import Message
from git_mnemo.store import history, layout
from git_mnemo.store.interface import Store
from git_mnemo.store.objects import Commit


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

    def walk(self, tip: str | None, known: Callable[[str], bool]) -> Iterator[str]:
        """Listen to each commit behind the tip, the newest first; their ids as they are walked."""
        for oid, (commit, said), added in self._store.additions(self._said(tip, known)):
            author = message.printable(commit.author.name)
            told: dict[str, bytes] = {}
            for member, at, agent in layout.told_and_added(self._store, commit, said.nodes, added):
                teller = self._number(Teller(agent, author, said.session))
                line = self._line.pack(bytes.fromhex(member.address), at, teller)
                told[member.chain] = told.get(member.chain, b"") + line
            for chain, lines in told.items():
                self._heard.setdefault(chain, []).append(lines)
            yield oid

    def _said(
        self, tip: str | None, known: Callable[[str], bool]
    ) -> Iterator[tuple[str, tuple[Commit, Message], int]]:
        """Each commit with what it says, and of how many entries that is."""
        for oid, commit in history.walk(self._store, tip, known=known):
            said = message.parse(commit.message)
            yield oid, (commit, said), len(said.nodes)

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
