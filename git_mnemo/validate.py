"""Validating what came from a remote, before any ref of ours may point at it.

Structure only: a commit whose trees, names, sizes or growth break the format is refused with its
whole ref, and named. What a node says is content, and never a reason to refuse.
"""

from typing import NamedTuple

from git_mnemo.errors import MnemoError
from git_mnemo.message import printable
from git_mnemo.store import history, layout, shape
from git_mnemo.store.interface import Store


class Fault(NamedTuple):
    """The first bad thing in a fetched history, who brought it, and the commit before it."""

    what: str
    commit: str
    author: str
    good: str | None = None

    def __str__(self) -> str:
        return f"{self.what} (commit {self.commit[:10]} by {printable(self.author)})"


def first_fault(
    store: Store, tip: str, known: str | None, gone: frozenset[str] = frozenset()
) -> Fault | None:
    """The first fault among the commits behind `tip` that are not behind the tip `known`.

    Oldest first, so that the commit that brought the fault is the one named. `gone` is what the
    project purges: a session has no tombstones of its own, and lacks what they name.
    """
    try:
        history.read(store, tip)  # a tag or a tree walks like the commit behind it, or like none
        fresh = store.commits_between(known, tip)
    except MnemoError as error:
        return Fault(_bad(error), tip, "nobody we know")
    purged = _purged(store, tip) | gone
    for oid in fresh:
        fault = _fault_of(store, oid, purged)
        if fault is not None:
            return fault
    return None


def _purged(store: Store, tip: str) -> frozenset[str]:
    """What the tip purges; a folder of tombstones that is none is found with its commit."""
    try:
        return layout.purged(store, history.tree_of(store, tip))
    except MnemoError:
        return frozenset()


def _fault_of(store: Store, oid: str, purged: frozenset[str]) -> Fault | None:
    author, good = "nobody we know", None
    try:
        commit = history.read(store, oid)
        author, good = commit.author.name, next(iter(commit.parents), None)
        parents = [history.read(store, old).tree for old in commit.parents if store.exists(old)]
        if not parents:
            shape.check(store, None, commit.tree, purged)
        for before in parents:
            shape.check(store, before, commit.tree, purged)
    except MnemoError as error:
        return Fault(_bad(error), oid, author, good)
    return None


def _bad(error: MnemoError) -> str:
    """What is wrong with the history. A failure of this machine is raised again: it is no fault
    of whoever wrote that history."""
    if error.code != "corrupt":
        raise error
    return error.message.rstrip(".")
