"""Joining two tips of one memory: the same commit on every clone that joins them.

No merge base and no history is needed, because trees of memory only grow: the join of two trees is
their union.
"""

from typing import NamedTuple

from git_mnemo.store import history, layout, objects
from git_mnemo.store.interface import Store
from git_mnemo.store.objects import Commit, Person

NAME, EMAIL = "git mnemo", "mnemo@localhost"


class Joined(NamedTuple):
    """What two tips come to: `outcome` is `up-to-date`, `fast-forwarded` or `joined`."""

    tip: str
    outcome: str


def join(store: Store, ours: str, theirs: str) -> Joined:
    """The tip that holds what both hold: one of the two where it is behind the other."""
    if ours == theirs or history.descends(store, ours, theirs):
        return Joined(ours, "up-to-date")
    if history.descends(store, theirs, ours):
        return Joined(theirs, "fast-forwarded")
    return Joined(commit(store, ours, theirs), "joined")


def commit(store: Store, one: str, other: str) -> str:
    """The join commit of two tips, byte for byte the same whoever makes it, in either order."""
    commits = [history.read(store, tip) for tip in (one, other)]
    tree = layout.union(store, commits[0].tree, commits[1].tree)
    at = max(commit.committer.at for commit in commits)
    person = Person(NAME, EMAIL, at)
    joined = Commit(
        tree or store.write(objects.TREE, b""),
        tuple(sorted((one, other))),
        person,
        person,
        "join\n",
    )
    return store.write(objects.COMMIT, objects.encode_commit(joined))
