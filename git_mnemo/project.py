"""Project: what the team knows, and promotion, the one way into it.

A promotion copies chosen entries of a session, closed over their inputs, onto the project's tip.
It never has a session's commit as a parent, so what was thought out loud stays behind.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from git_mnemo import node, session, signatures, trust
from git_mnemo.chain import Entry, Member
from git_mnemo.errors import MnemoError, RefMoved
from git_mnemo.index import Index
from git_mnemo.message import MAX_NODES, Stamp, Told, compose
from git_mnemo.refs import PROJECT, RefUpdate
from git_mnemo.repository import Repository
from git_mnemo.store import history, layout, objects, trees
from git_mnemo.store.interface import Store
from git_mnemo.store.objects import Person
from git_mnemo.trace import Traced, told_by
from git_mnemo.view import View, title
from git_mnemo.writing import TRIES, last_chain


class Choice(NamedTuple):
    """What to promote: chains and nodes as typed, or `all` that can be; nothing: the current chain.

    `with_stashed` lets chains that are put aside come too.
    """

    ids: tuple[str, ...] = ()
    all: bool = False
    with_stashed: bool = False


class Part(NamedTuple):
    """One chain's share of a promotion: its new entries, and those of them that are claims."""

    chain: str
    title: str
    added: list[Entry]
    claims: list[str]
    commit: str | None


class Promotion(NamedTuple):
    """What a promotion did, or would do; `already` are chains that the project knew whole."""

    parts: list[Part]
    already: list[str]
    old: str | None
    new: str | None


def promote(
    repository: Repository, stamp: Stamp, session_id: str, choice: Choice, *, dry_run: bool = False
) -> Promotion:
    """Bring the chosen entries into the project with one ref move, or none of them.

    `session_id` is a live session; its agents' stores belong to it. Starts over from the project's
    new tip as often as another process moves it meanwhile.
    """
    for _ in range(TRIES):
        planning = _Planning(repository, session_id)
        parts, already = planning.plan(choice)
        old = planning.view.project.tip
        if dry_run or not parts:
            return Promotion(parts, already, old, old)
        parts = planning.write(parts, stamp)
        new = parts[-1].commit
        assert new is not None  # written just now
        try:
            move(repository.store, old, new, f"promote: {', '.join(p.chain for p in parts[:3])}")
        except RefMoved:
            continue
        return Promotion(parts, already, old, new)
    raise RefMoved(PROJECT)


def move(store: Store, old: str | None, new: str, reason: str) -> None:
    """Move the project from `old` to `new`: every move but a purge goes through here.

    Refused unless it is a fast-forward on which every old entry still stands, or is purged.
    Raises `RefMoved` when the project stands elsewhere.
    """
    if old is not None:
        if not history.descends(store, new, old):
            raise _no_move(f"{new} does not descend from {old}")
        was_tree, tree = (history.read(store, tip).tree for tip in (old, new))
        gone = layout.purged(store, tree)
        for path, was in trees.lost(store, was_tree, tree):
            if was.oid not in gone or path[0] == layout.PURGED:
                raise _no_move(f"{'/'.join(path)} would be lost")
    store.update_refs([RefUpdate(PROJECT, old, new)], reason)


def _no_move(why: str) -> MnemoError:
    return MnemoError("refused", f"the project only ever grows: {why}.", "git mnemo status")


class _Planning:
    """One attempt: the session family and the project as they stand now."""

    def __init__(self, repository: Repository, session_id: str) -> None:
        self._repository = repository
        self._store = repository.store
        self._session = session_id
        self._tips = {one.id: one.tip for one in session.members(repository, session_id)}
        if not self._tips:
            raise MnemoError(
                "not-found", f"session {session_id} holds nothing.", "git mnemo session list"
            )
        roots = {id_: history.tree_of(self._store, tip) for id_, tip in self._tips.items()}
        index = Index(self._store, repository.shared_state)
        self.view = View(self._store, index, roots, trust.doubts(repository, index.tip))
        self._chosen: set[Member] = set()
        self._needs: dict[str, set[str]] = {}

    # -- choosing ------------------------------------------------------------------------------

    def plan(self, choice: Choice) -> tuple[list[Part], list[str]]:
        """The parts of the promotion in the order of their commits, and what is known already."""
        self._with_stashed = choice.with_stashed
        already: list[str] = []
        for id_ in self._targets(choice):
            before = len(self._chosen)
            if isinstance(id_, Member):
                self._choose(id_)
            else:
                self._refuse_stashed(id_)
                for entry in self.view.held(id_).preliminary:
                    self._choose(Member(id_, *entry))
            name = id_.chain if isinstance(id_, Member) else id_
            if len(self._chosen) == before and not self._holds(name):
                already.append(name)
        self._close()
        by_chain: dict[str, list[Entry]] = {}
        for member in sorted(self._chosen):
            by_chain.setdefault(member.chain, []).append(Entry(member.position, member.address))
        return [self._part(id_, by_chain[id_]) for id_ in self._in_order(by_chain)], already

    def _targets(self, choice: Choice) -> list[str | Member]:
        if choice.all:
            return [
                id_
                for id_ in self.view.own_chains()
                if self.view.held(id_).preliminary
                and (choice.with_stashed or not self.view.stashed(id_))
            ]
        if choice.ids:
            return list(dict.fromkeys(self._target(text) for text in choice.ids))
        chain_id = last_chain(
            self._store,
            self._tips.get(self._session),
            lambda member: member in self.view.places(member.address),
        )
        if chain_id is None:
            raise MnemoError(
                "not-found", f"session {self._session} has no current chain.", "git mnemo chains"
            )
        return [chain_id]

    def _target(self, text: str) -> str | Member:
        kind, id_ = self.view.resolve(text)
        if kind == "chain":
            return id_
        places = self._own_places(id_)
        if not places:
            return self.view.places(id_)[0].chain
        return self._best_place(places, id_)

    def _choose(self, member: Member) -> None:
        entries = {entry.address for entry in self.view.project.entries(member.chain)}
        first = self.view.entries(member.chain)[0]
        if first.position == 0 and first.address not in entries:
            self._chosen.add(Member(member.chain, *first))
        if member.address not in entries:
            self._chosen.add(member)

    def _holds(self, chain_id: str) -> bool:
        return any(member.chain == chain_id for member in self._chosen)

    def _refuse_stashed(self, chain_id: str) -> None:
        if not self._with_stashed and self.view.stashed(chain_id):
            raise MnemoError(
                "stashed",
                f"{chain_id} is stashed (--with-stashed promotes it): {title(self.view, chain_id)}",
                f"git mnemo pop {chain_id}",
                chain=chain_id,
            )

    # -- closing over inputs -------------------------------------------------------------------

    def _close(self) -> None:
        """Choose what the chosen need, until nothing promoted refers to something absent."""
        purged = frozenset[str]().union(
            *(layout.purged(self._store, history.tree_of(self._store, tip))
              for tip in (*self._tips.values(), self.view.project.tip))
        )  # fmt: skip
        waiting = sorted(self._chosen)
        if doomed := sorted({m.address for m in waiting} & purged):
            raise MnemoError("refused", f"node {doomed[0]} was purged.", "git mnemo log")
        while waiting:
            member = waiting.pop()
            found = self.view.node(member.address)
            for address in found.inputs if found is not None else ():
                if address in purged or self.view.project.has(address):
                    continue
                needed = self._needed(member, address)
                if needed.chain != member.chain:
                    self._needs.setdefault(member.chain, set()).add(needed.chain)
                before = set(self._chosen)
                self._choose(needed)
                waiting += sorted(self._chosen - before)

    def _needed(self, member: Member, address: str) -> Member:
        places = self._own_places(address)
        if not places:
            raise MnemoError(
                "refused",
                f"node {member.address} needs {address}, which stands nowhere here: a session"
                " that was fetched may rest on a project that was not.",
                "git mnemo pull",
            )
        beside = [place for place in places if place.chain == member.chain]
        chosen = [place for place in places if place in self._chosen]
        return (beside or chosen or [self._best_place(places, address)])[0]

    def _own_places(self, address: str) -> list[Member]:
        own = set(self.view.own_chains())
        return [place for place in self.view.places(address) if place.chain in own]

    def _best_place(self, places: Sequence[Member], address: str) -> Member:
        for place in places:
            if self._with_stashed or not self.view.stashed(place.chain):
                return place
        raise MnemoError(
            "stashed",
            f"node {address} stands only in {places[0].chain}, which is stashed"
            " (--with-stashed promotes it).",
            f"git mnemo pop {places[0].chain}",
            chain=places[0].chain,
        )

    def _in_order(self, chains: Iterable[str]) -> list[str]:
        """Chains that others need come before them; apart from that, by id."""
        left, order = sorted(chains), list[str]()
        while left:
            free = (id_ for id_ in left if not (self._needs.get(id_, set()) & set(left)) - {id_})
            order.append(next(free, left[0]))  # two that need each other: by id
            left.remove(order[-1])
        return order

    def _part(self, chain_id: str, added: list[Entry]) -> Part:
        types = {entry.address: self.view.type_of(entry.address) for entry in added}
        claims = [entry.address for entry in added if types[entry.address] in node.CLAIMS]
        return Part(chain_id, title(self.view, chain_id), added, claims, None)

    # -- writing -------------------------------------------------------------------------------

    def write(self, parts: list[Part], stamp: Stamp) -> list[Part]:
        """Write the commits of a plan, each the parent of the next; no ref moves."""
        wanted = {Member(part.chain, *entry) for part in parts for entry in part.added}
        traced: dict[Member, Traced] = {}
        for tip in self._tips.values():
            traced |= told_by(self._store, tip, wanted - traced.keys())
        tip, written = self.view.project.tip, []
        for part in parts:
            for start in range(0, len(part.added), MAX_NODES):
                piece = part.added[start : start + MAX_NODES]
                members = [Member(part.chain, *entry) for entry in piece]
                tip = self._commit(tip, members, traced, stamp)
            written.append(part._replace(commit=tip))
        return written

    def _commit(
        self,
        parent: str | None,
        members: list[Member],
        traced: dict[Member, Traced],
        stamp: Stamp,
    ) -> str:
        tree = layout.add(self._store, history.tree_of(self._store, parent), members)
        known = [traced[member] for member in members if member in traced]
        last = max(known, key=lambda one: (one.author.at, one.author), default=None)
        author = last.author if last else Person(stamp.name, stamp.email, stamp.now)
        told = [
            traced[member].told if member in traced else Told(member, stamp.now, None)
            for member in members
        ]
        chain_id = members[0].chain
        text = compose(
            "promote",
            chain_id,
            title(self.view, chain_id),
            session=last.session if last and last.session else self._session,
            nodes=told,
            head=stamp.head,
        )
        tree = tree or self._store.write(objects.TREE, b"")
        if not self._repository.is_on("mnemo.sign"):
            return history.write(self._store, tree, parent, text, stamp, author)
        commit = history.commit_by(tree, parent, text, stamp, author)
        return signatures.write(self._repository, commit)
