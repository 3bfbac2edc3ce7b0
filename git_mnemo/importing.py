"""Importing: lines that come from outside, into the project or a session, all of them or none.

First every line is read, made a node, and noted in a ledger; then what is new of it is filed in
chains and committed, with one move of one ref. What stands there already is left as it is, so
importing twice is importing once.
"""

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from git_mnemo import chain, project, refs, session, signatures
from git_mnemo.chain import Member
from git_mnemo.errors import MnemoError, RefMoved
from git_mnemo.formats.line import Line
from git_mnemo.index import Index
from git_mnemo.ledger import Ledger, Noted
from git_mnemo.making import Lay, Source
from git_mnemo.message import MAX_NODES, Stamp, Told, compose
from git_mnemo.moment import day
from git_mnemo.reading import Reading
from git_mnemo.refs import PROJECT, RefUpdate
from git_mnemo.repository import Repository
from git_mnemo.store import history, layout, lock, objects
from git_mnemo.store.packing import PackedStore
from git_mnemo.target import Target
from git_mnemo.translating import Translation

TRIES = 1000

VERB = "import"


class Wish(NamedTuple):
    """Where an import goes: the project, or a session (`wanted`: which one, None the current)."""

    source: str
    into_session: bool = False
    wanted: str | None = None
    dry_run: bool = False


class Imported(NamedTuple):
    """What an import did, or would do. `nodes` are new in `chains` chains, titles not counted;
    `skipped` stood there already or must not exist."""

    ref: str
    nodes: int
    chains: int
    skipped: int
    warnings: list[str]
    old: str | None
    new: str | None


def run(
    repository: Repository, stamp: Stamp, wish: Wish, lines: Iterable[Line], lay: Lay
) -> Imported:
    """Import all lines with one ref move, or nothing; the first bad line is refused by its number.

    `lay` turns a place in the code into an anchor. Another import into this repository is waited
    for. Starts over from the ref's new tip as often as another process moves it meanwhile.
    """
    if wish.dry_run:
        return _Import(repository, stamp, wish).run(lines, lay)
    with lock.Held(os.path.join(repository.shared_state, "importing")):
        return _Import(repository, stamp, wish).run(lines, lay)


class _New(NamedTuple):
    """What one chain gets: entries in order, each with the session it was claimed in."""

    chain: str
    title: str | None
    added: list[tuple[Told, str | None]]
    nodes: int


class _Import:
    def __init__(self, repository: Repository, stamp: Stamp, wish: Wish) -> None:
        self._repository = repository
        self._stamp = stamp
        self._wish = wish
        self._ledger = Ledger()

    def run(self, lines: Iterable[Line], lay: Lay) -> Imported:
        repository = self._repository
        with PackedStore(
            repository.store, repository.git_dir, repository.common_dir, dry=self._wish.dry_run
        ) as store:
            self._store = store
            source = Source(self._wish.source, repository, lay)
            reading = Reading(source, store, self._ledger, self._target())
            translation = Translation(store.width, self._ledger)
            reading.read(translation.lines(lines))
            reading.skipped += translation.left_out
            for said in translation.told():
                reading.warnings.add(said)
            store.pause()
            for attempt in range(TRIES):
                target = self._target()
                reading.settle(target, day(self._stamp.now), again=attempt > 0)
                try:
                    return self._apply(target, reading)
                except RefMoved:
                    continue
        raise RefMoved(PROJECT)

    def _target(self) -> Target:
        """What the import adds to, as it stands now."""
        store = self._repository.store
        index = Index(store, self._repository.shared_state)
        id_ = self._session_id() if self._wish.into_session else None
        tip = store.ref(refs.session_ref(id_)) if id_ is not None else None
        return Target(store, index, id_, tip)

    def _session_id(self) -> str | None:
        now = self._stamp.now
        current = session.current(self._repository, self._wish.wanted, now)
        if current is None and not self._wish.dry_run:
            current = session.begin(self._repository, now)
        return current.id if current is not None else session.draw(self._repository)

    # -- planning ------------------------------------------------------------------------------

    def _plan(self, target: Target, counted: dict[str, int]) -> Iterator[_New]:
        """What each chain gets that the target lacks; `counted` learns what was left out."""
        group: list[Noted] = []
        before: str | None = None
        for chain_id, noted in self._ledger.in_order():
            if chain_id != before and before is not None:
                yield from self._chain(target, before, group, counted)
                group = []
            before = chain_id
            group.append(noted)
        if before is not None:
            yield from self._chain(target, before, group, counted)

    def _chain(
        self, target: Target, chain_id: str, group: list[Noted], counted: dict[str, int]
    ) -> Iterator[_New]:
        held = target.entries(chain_id)
        there = {entry.address for entry in held}
        taken: set[tuple[int, str]] = {*held}
        last = max((entry.position for entry in held), default=0)
        added: list[tuple[Told, str | None]] = []
        nodes = 0
        for noted in group:
            if (
                noted.address in target.purged
                or noted.address in there
                or (noted.position or 0, noted.address) in taken
            ):
                counted["skipped"] += noted.claim
                continue
            if noted.position is None:
                there.add(noted.address)
            position = last + 1 if noted.position is None else noted.position
            last = max(last, position)
            if position > chain.MAX_POSITION:
                raise MnemoError("too-large", f"chain {chain_id} is full.", line=noted.line)
            taken.add((position, noted.address))
            added.append((self._told(chain_id, position, noted), noted.session))
            nodes += noted.claim
        if added:
            title = min((address for at, address in taken if at == 0), default=None)
            brought = any(told.member.position == 0 for told, _ in added)
            if title is not None and not brought and target.lacks_title(chain_id, title):
                first = Told(Member(chain_id, 0, title), self._stamp.now, self._stamp.agent)
                added.insert(0, (first, None))
            yield _New(chain_id, title, added, nodes)

    def _told(self, chain_id: str, position: int, noted: Noted) -> Told:
        at = self._stamp.now if noted.at is None else noted.at
        return Told(Member(chain_id, position, noted.address), at, noted.agent)

    # -- writing -------------------------------------------------------------------------------

    def _apply(self, target: Target, reading: Reading) -> Imported:
        counted = {"skipped": reading.skipped, "nodes": 0, "chains": 0}
        plan = self._counting(self._plan(target, counted), counted)
        old = new = target.tip
        if self._wish.dry_run:
            for _ in plan:
                pass
        else:
            for commit in self._commits(plan):
                new = self._commit(target, new, commit)
            if new is not None and new != old:
                new = self._move(target, new)
        return Imported(
            target.ref, counted["nodes"], counted["chains"], counted["skipped"],
            reading.warnings.told(), old, new,
        )  # fmt: skip

    def _counting(self, plan: Iterator[_New], counted: dict[str, int]) -> Iterator[_New]:
        for one in plan:
            counted["nodes"] += one.nodes
            counted["chains"] += 1
            yield one

    def _commits(self, plan: Iterator[_New]) -> "Iterator[_Commit]":
        """The entries, cut where the session changes, and into commits of a size."""
        part: list[Told] = []
        title, of = None, None
        for one in plan:
            for told, session_id in one.added:
                if part and (len(part) == MAX_NODES or session_id != of):
                    yield _Commit(title, of, part)
                    part = []
                if not part:
                    title, of = one.title, session_id
                part.append(told)
        if part:
            yield _Commit(title, of, part)

    def _commit(self, target: Target, parent: str | None, commit: "_Commit") -> str:
        for told in commit.told:
            data = self._ledger.spooled(told.member.address)
            if data is not None:
                self._store.put(told.member.address, objects.BLOB, data)
        members = (told.member for told in commit.told)
        tree = layout.add(self._store, history.tree_of(self._store, parent), members)
        assert tree is not None  # something was added
        found = layout.node_at(self._store, commit.title) if commit.title is not None else None
        text = compose(
            VERB,
            commit.told[0].member.chain,
            found.text if found is not None else "",
            session=target.session or commit.session,
            nodes=commit.told,
            base=target.project_tip if target.session and parent is None else None,
        )
        return history.write(self._store, tree, parent, text, self._stamp)

    def _move(self, target: Target, new: str) -> str:
        """Where the ref stands then: at `new`, or at its signed copy."""
        reason = f"{VERB}: {self._wish.source}"
        if target.session is None:
            self._store.flush()  # git signs what it can read
            signed = signatures.sign_all(self._repository, target.tip, new)
            project.move(self._store, target.tip, signed, reason)
            return signed
        self._store.update_refs([RefUpdate(target.ref, target.tip, new)], reason)
        return new


class _Commit(NamedTuple):
    """What one commit adds; `title` is the title's node of the chain that its subject names."""

    title: str | None
    session: str | None
    told: list[Told]
