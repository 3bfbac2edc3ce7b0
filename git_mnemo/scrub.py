"""Scrubbing: a history without what was purged, the same on every clone that scrubs it.

A pure function of a tip and the addresses that must not exist. A commit that has nothing to do with
them keeps its id, so what came before the first of them stays shared.
"""

from collections.abc import Collection
from typing import NamedTuple

from git_mnemo.errors import MnemoError
from git_mnemo.store import history, layout, objects, trees
from git_mnemo.store.interface import Store
from git_mnemo.store.objects import Commit

MESSAGE = "[purged]"
_TRAILER = "Mnemo-"


class _Doomed(NamedTuple):
    """The addresses to take out, and the paths on which they stood in the commits seen so far."""

    addresses: frozenset[str]
    paths: set[trees.Path]


def scrub(store: Store, tip: str, purged: Collection[str], known: str | None = None) -> str:
    """The tip without the purged nodes in its trees and messages; `tip` where none was there.

    `known` is a commit behind which everything is scrubbed already. Refuses a history that is cut
    off (a shallow clone), whose scrubbed ids nobody can know.
    """
    if not purged:
        return tip
    doomed = _Doomed(frozenset(purged), set())
    scrubbed: dict[str, str] = {}
    for oid in store.commits_between(known, tip):
        scrubbed[oid] = _commit(store, oid, doomed, scrubbed)
    return scrubbed.get(tip, tip)


def tombstones(store: Store, root: str | None, addresses: Collection[str]) -> str:
    """The tree with a tombstone for each address."""
    empty = store.write(objects.BLOB, b"")
    marked = trees.add(store, root, (((layout.PURGED, one), empty) for one in sorted(addresses)))
    assert marked is not None  # there is an address
    return marked


def _commit(store: Store, oid: str, doomed: _Doomed, scrubbed: dict[str, str]) -> str:
    commit = history.read(store, oid)
    before = [_tree(store, parent) for parent in commit.parents]
    for parent in before or (None,):
        for path, _, is_ in trees.diff(store, parent, commit.tree):
            if is_ is not None and is_.oid in doomed.addresses and path[0] != layout.PURGED:
                doomed.paths.add(path)
    here = [path for path in doomed.paths if trees.find(store, commit.tree, path) is not None]
    added = any(
        not any(parent and trees.find(store, parent, path) for parent in before) for path in here
    )
    parents = tuple(scrubbed.get(parent, parent) for parent in commit.parents)
    if len(parents) > 1:
        parents = tuple(sorted(parents))
    new = commit._replace(
        tree=_without(store, commit.tree, here),
        parents=parents if parents != tuple(sorted(commit.parents)) else commit.parents,
        message=_message(commit.message) if added or _names(commit, doomed) else commit.message,
    )
    return oid if new == commit else store.write(objects.COMMIT, objects.encode_commit(new))


def _tree(store: Store, parent: str) -> str:
    if not store.exists(parent):
        raise MnemoError(
            "refused",
            "the history of this memory is cut off, so that it cannot be scrubbed.",
            "git fetch --unshallow",
        )
    return history.read(store, parent).tree


def _without(store: Store, root: str, paths: list[trees.Path]) -> str:
    if not paths:
        return root
    return trees.remove(store, root, paths) or store.write(objects.TREE, b"")


def _names(commit: Commit, doomed: _Doomed) -> bool:
    """Whether the message names a chain whose title is purged."""
    said = history.message_of(commit)
    named = {said.chain, *(told.member.chain for told in said.nodes)} - {None}
    titles = {address[:16] for address in doomed.addresses}
    return any(id_ is not None and id_[12:] in titles for id_ in named)


def _message(message: str) -> str:
    """The message without what it quotes: its trailers are ours, and stay."""
    last = message.rstrip("\n").rpartition("\n\n")[2].split("\n")
    trailers = [line for line in last if line.startswith(_TRAILER)]
    return "\n".join([MESSAGE, *([""] if trailers else []), *trailers]) + "\n"
