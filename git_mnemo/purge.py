"""Purge: what must not exist is taken out of every tree and message, here and on a remote.

A tombstone in the project keeps it out: no command writes, adopts or joins it again. The only move
of the project that is no fast-forward. Every clone that accepts it comes to the same commits.
"""

from collections.abc import Iterable
from typing import NamedTuple

from git_mnemo import join, network, node, notes, refs, scrub, sync
from git_mnemo.errors import MnemoError, RefMoved
from git_mnemo.index import discard
from git_mnemo.message import Stamp
from git_mnemo.refs import PROJECT, RefUpdate
from git_mnemo.repository import Repository
from git_mnemo.store import history, layout
from git_mnemo.store.interface import Store
from git_mnemo.view import pick, short
from git_mnemo.writing import TRIES


class Purged(NamedTuple):
    """What was purged, and the refs that were rewritten for it, on the remote too."""

    addresses: list[str]
    rewrote: list[RefUpdate]
    remote: str | None = None
    failed: str | None = None
    """Why the remote could not be rewritten."""


# -- here --------------------------------------------------------------------------------------


def chosen(repository: Repository, texts: Iterable[str]) -> list[str]:
    """The nodes that were named, with the titles that quote them, and for a title what it quotes.

    Looked for in the project, in every session, archive and tracking ref; a whole address need not
    be known.
    """
    store = repository.store
    known = {
        member.address: member
        for tip in set(_tips(repository).values())
        for member in layout.members(store, history.tree_of(store, tip))
    }
    meant: dict[str, None] = {}
    for text in texts:
        prefix = short(text.strip().lower(), "node:")
        if len(prefix) == store.width:
            meant[prefix] = None
        else:
            meant[pick("node", text, sorted(one for one in known if one.startswith(prefix)))] = None
    titles = {address for address, member in known.items() if member.position == 0}
    named = {_quote(store, address) for address in meant if address in known}
    opened = {_quote(store, address) for address in meant if address in titles}
    for address in sorted(known if opened else titles):
        if _quote(store, address) in (named if address in titles else opened):
            meant[address] = None
    return list(meant)


def _quote(store: Store, address: str) -> str:
    """What a chain opened by this node is titled, or the title of a title."""
    found = layout.node_at(store, address) if store.exists(address) else None
    return node.title_of(found.text) if found is not None else address


def purge(repository: Repository, stamp: Stamp, addresses: Iterable[str]) -> Purged:
    """Take these nodes out of every ref of this clone, with one move of all of them."""
    wanted = sorted(set(addresses))
    for _ in range(TRIES):
        ours = repository.store.ref(PROJECT)
        gone = frozenset(wanted) | _purged(repository, ours)
        tip = scrub.scrub(repository.store, ours, gone) if ours is not None else None
        try:
            rewrote = _rewrite(repository, gone, _with_tombstones(repository, stamp, tip, wanted))
        except RefMoved:
            continue
        return Purged(wanted, rewrote)
    raise RefMoved(PROJECT)


def accept(repository: Repository, remote: str) -> Purged:
    """Follow the purges of the remote's project, as last fetched: scrub what is here, then join."""
    store = repository.store
    theirs = store.ref(refs.tracking(remote, PROJECT))
    for _ in range(TRIES):
        ours = store.ref(PROJECT)
        if theirs is None:
            raise MnemoError("not-found", f"{remote} has no project.", f"git mnemo fetch {remote}")
        fault = sync.fault(repository, remote, ours, theirs)
        if fault is not None:
            raise MnemoError("refused", f"{remote}: {fault}.", f"git mnemo fetch {remote}")
        new = sync.new_tombstones(repository, ours, theirs)
        gone = new | _purged(repository, ours) | _purged(repository, theirs)
        tip = scrub.scrub(store, theirs, gone)
        if ours is not None:
            tip = join.join(store, scrub.scrub(store, ours, gone), tip).tip
        try:
            return Purged(sorted(new), _rewrite(repository, gone, tip))
        except RefMoved:
            continue
    raise RefMoved(PROJECT)


def _with_tombstones(
    repository: Repository, stamp: Stamp, tip: str | None, wanted: list[str]
) -> str | None:
    store = repository.store
    root = history.tree_of(store, tip)
    fresh = set(wanted) - layout.purged(store, root)
    if not fresh:
        return tip
    tree = scrub.tombstones(store, root, fresh)
    nodes = "1 node" if len(fresh) == 1 else f"{len(fresh)} nodes"
    return history.write(store, tree, tip, f"purge {nodes}\n", stamp)


def _rewrite(repository: Repository, gone: frozenset[str], project: str | None) -> list[RefUpdate]:
    """Move every ref of this clone to its scrubbed tip, and forget where they stood."""
    store = repository.store
    moves = [
        RefUpdate(name, tip, project if name == PROJECT else scrub.scrub(store, tip, gone))
        for name, tip in _tips(repository).items()
    ]
    if project is not None and not any(move.name == PROJECT for move in moves):
        moves.append(RefUpdate(PROJECT, None, project))
    moves = [move for move in moves if move.old != move.new]
    if moves:
        store.update_refs(moves, "mnemo: purge")
    _forget(repository, gone, moves)
    return moves


def _forget(repository: Repository, gone: frozenset[str], moves: list[RefUpdate]) -> None:
    """Expire the reflogs of what moved, the index, and the notes from which it could come back."""
    logged = [
        move.name for move in moves if repository.git("reflog", "exists", move.name).code == 0
    ]
    if logged:
        repository.git("reflog", "expire", "--expire=all", "--expire-unreachable=all", *logged)
    notes.keep(repository, notes.PRUNED, lambda note: _is_clean(repository, note.tip, gone))
    discard(repository.shared_state)


def _is_clean(repository: Repository, tip: str, gone: frozenset[str]) -> bool:
    """Whether a pruned archive could be restored without bringing a purged node back."""
    store = repository.store
    try:
        return not store.exists(tip) or scrub.scrub(store, tip, gone) == tip
    except MnemoError:
        return False


def _tips(repository: Repository) -> dict[str, str]:
    """Every ref that holds memory: project, sessions, archives, and what was fetched."""
    every = repository.store.refs(refs.ROOT) | repository.store.refs(refs.TRACKING)
    return {name: tip for name, tip in every.items() if history.is_commit(repository.store, tip)}


def _purged(repository: Repository, tip: str | None) -> frozenset[str]:
    return layout.purged(repository.store, history.tree_of(repository.store, tip))


# -- on a remote -------------------------------------------------------------------------------


def purge_remote(repository: Repository, remote: str, *, yes: bool) -> Purged:
    """Rewrite the refs of a remote that hold what is purged here, each only as it was seen.

    What others promoted there meanwhile is scrubbed and joined first.
    """
    for _ in range(sync.ROUNDS):
        sync.fetch(repository, remote, sessions=True)
        moves = _moves_there(repository, remote, yes=yes)
        if not moves:
            return Purged([], [], remote)
        answers = network.push(
            repository,
            remote,
            [f"{move.new}:{move.name}" for move in moves],
            *(f"{move.name}:{move.old}" for move in moves),
        )
        kept = {answer.ref: answer.reason for answer in answers if answer.flag == "!"}
        done = [move for move in moves if move.name not in kept]
        for move in done:
            assert move.new is not None  # nothing is deleted here
            sync.note_pushed(repository, refs.tracking(remote, move.name), move.new)
        if not kept:
            return Purged([], moves, remote)
    told = "; ".join(f"{name}: {reason}" for name, reason in kept.items())
    return Purged([], done, remote, f"{remote} kept {told}")


def _moves_there(repository: Repository, remote: str, *, yes: bool) -> list[RefUpdate]:
    store = repository.store
    gone = _purged(repository, store.ref(PROJECT))
    moves = []
    for name, tip in store.refs(refs.tracking_root(remote)).items():
        there = refs.tracked(remote, name)
        if not history.is_commit(store, tip) or not refs.is_shared(there):
            continue
        if there == PROJECT:
            joined = sync.join_project(repository, remote, tip, yes=yes)
            if joined.outcome == sync.REFUSED:
                raise MnemoError("refused", f"{remote}: {joined.reason}.", "git mnemo sync")
            clean = store.ref(PROJECT) or tip
            needed = scrub.scrub(store, tip, gone) != tip or not _purged(repository, tip) >= gone
        else:
            clean = scrub.scrub(store, tip, gone)
            needed = clean != tip
        if needed:
            moves.append(RefUpdate(there, tip, clean))
    return moves
