"""Commits: reading them, writing ours, and walking from one to its ancestors."""

from __future__ import annotations

from git_mnemo import message
from git_mnemo.errors import MnemoError
from git_mnemo.store import objects
from git_mnemo.store.objects import Commit, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from git_mnemo.message import Message, Stamp
    from git_mnemo.store.interface import Store

_SHORT, _MOST_KNOWN = 4096, 1024
"""Messages of so many characters, and how many of them, are kept for those who ask again."""

_known: dict[str, Message] = {}


def read(store: Store, oid: str) -> Commit:
    """The commit of that id; anything else there is an error that names it."""
    kind, data = store.read(oid)
    if kind != objects.COMMIT:
        raise MnemoError("corrupt", f"{oid} is a {kind}, not a commit.", "git fsck")
    try:
        return objects.decode_commit(data)
    except objects.Malformed as error:
        raise MnemoError("corrupt", f"commit {oid}: {error}.", "git fsck") from None


def is_commit(store: Store, oid: str) -> bool:
    """Whether a commit of that id is here: what a remote's ref points at may be anything."""
    return store.exists(oid) and store.read(oid)[0] == objects.COMMIT


def tree_of(store: Store, tip: str | None) -> str | None:
    """The tree of a commit; None for no commit."""
    return read(store, tip).tree if tip is not None else None


def write(
    store: Store,
    tree: str,
    parent: str | None,
    message: str,
    stamp: Stamp,
    author: Person | None = None,
) -> str:
    """A commit by whoever acts, on behalf of `author` where that is someone else."""
    new = commit_by(tree, parent, message, stamp, author)
    return store.write(objects.COMMIT, objects.encode_commit(new))


def commit_by(
    tree: str, parent: str | None, message: str, stamp: Stamp, author: Person | None = None
) -> Commit:
    """The commit that `write` writes."""
    committer = Person(stamp.name, stamp.email, stamp.now)
    parents = (parent,) if parent is not None else ()
    return Commit(tree, parents, author or committer, committer, message)


def walk(
    store: Store, tip: str | None, known: Callable[[str], bool] = lambda oid: False
) -> Iterator[tuple[str, Commit]]:
    """Every commit from `tip` back, each once, newest first.

    A `known` commit ends its line, and so does one that is not here (a shallow clone).
    """
    waiting = [] if tip is None or known(tip) else [(read(store, tip), tip)]
    seen = {tip}
    while waiting:
        newest = max(range(len(waiting)), key=lambda at: waiting[at][0].committer.at)
        commit, oid = waiting.pop(newest)
        yield oid, commit
        for parent in commit.parents:
            if parent not in seen and not known(parent) and store.exists(parent):
                seen.add(parent)
                waiting.append((read(store, parent), parent))


def descends(store: Store, new: str, old: str) -> bool:
    """Whether `old` is `new` or one of its ancestors."""
    return new == old or store.descends(new, old)


def message_of(commit: Commit) -> Message:
    """What a commit says, taken apart."""
    known = _known.get(commit.message)
    if known is not None:
        return known
    found = message.parse(commit.message)
    if len(commit.message) <= _SHORT:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[commit.message] = found
    return found
