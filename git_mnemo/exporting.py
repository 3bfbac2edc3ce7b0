"""Exporting: every entry of the project, or of a session's view, chain by chain and in order."""

import heapq
from collections.abc import Iterator

from git_mnemo import node, session
from git_mnemo.chain import Member
from git_mnemo.formats.line import Exported, Told
from git_mnemo.index import Index
from git_mnemo.message import printable
from git_mnemo.repository import Repository
from git_mnemo.session import Session
from git_mnemo.store import history, layout, trees
from git_mnemo.trace import told_by


class Export:
    """The project; with a session, what that session (with its agents' stores) adds to it, too."""

    def __init__(self, repository: Repository, wanted: str | None) -> None:
        store = repository.store
        self._store = store
        self._index = Index(store, repository.shared_state)
        held = []
        if wanted is not None:
            held = session.members(repository, session.existing(repository, wanted))
        self._sessions: list[Session] = held
        self._roots = [history.tree_of(store, tip) for tip in
                       (self._index.tip, *(one.tip for one in held))]  # fmt: skip

    def entries(self) -> Iterator[Exported]:
        """First what was purged, then every entry, titles first in their chains."""
        for address in sorted(set().union(*(layout.purged(self._store, r) for r in self._roots))):
            yield Exported(address, None, b"", None, ())
        told = self._told_in_sessions()
        for member in self._members():
            _, data = self._store.read(member.address)
            known = self._index.told(member) or told.get(member)
            yield Exported(
                member.address,
                member,
                data,
                node.decode(data, self._store.width),
                (Told(*known),) if known is not None else (),
            )

    def left_out(self) -> list[str]:
        """Folders that only a later version can tell of."""
        names = {name for root in self._roots if root is not None
                 for name in trees.read(self._store, root)}  # fmt: skip
        return sorted(n for n in names if not layout.is_month(n) and n != layout.PURGED)

    def _members(self) -> Iterator[Member]:
        project = self._roots[0]
        shared = layout.members(self._store, project)
        own = {member for root in self._roots[1:] for member in layout.members(self._store, root)}
        # The project may be large: only the chains that sessions hold are looked up in it.
        known = {
            Member(id_, *entry)
            for id_ in {member.chain for member in own}
            for entry in layout.entries(self._store, project, id_)
        }
        there = {(member.chain, member.address) for member in known}
        yield from heapq.merge(shared, sorted(m for m in own if (m.chain, m.address) not in there))

    def _told_in_sessions(self) -> dict[Member, Told]:
        told: dict[Member, Told] = {}
        for one, root in zip(self._sessions, self._roots[1:], strict=True):
            members = layout.members(self._store, root)
            for member, traced in told_by(self._store, one.tip, members).items():
                said = traced.told
                told[member] = Told(
                    said.at, said.agent, printable(traced.author.name), traced.session
                )
        return told
