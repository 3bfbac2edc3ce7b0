"""The shape of a tree of memory, checked to the letter: for trees that somebody else made.

Reading trusts a tree of our own and looks only where it reads. This looks at everything that is
new, folders included: an empty folder or a doubled spelling would give one set of nodes two ids.
"""

from __future__ import annotations

from git_mnemo import chain, moment
from git_mnemo.errors import MnemoError
from git_mnemo.node import MAX_BYTES
from git_mnemo.record import NamedTuple
from git_mnemo.store import layout, objects, trees
from git_mnemo.store.interface import Store
from git_mnemo.store.objects import FILE_MODE, FOLDER_MODE, Item

Path = tuple[str, ...]

_HEX = "0123456789abcdef"
_NAME = "abcdefghijklmnopqrstuvwxyz0123456789-"


class _Looked(NamedTuple):
    """What is purged, the files that are new and where, and the reserved folders looked at: depth,
    what stood there, what stands there."""

    gone: frozenset[str]
    added: dict[str, Path]
    reserved: set[tuple[int, str | None, str]]


def check(
    store: Store, before: str | None, after: str, purged: frozenset[str] = frozenset()
) -> None:
    """Refuse `after` unless it has the shape of a memory and grew from the tree `before`.

    Only what differs is looked at. The first fault is raised, with its path. `purged` are addresses
    that a later tree of the same history purges: what was scrubbed of them may lack them before.
    """
    looked = _Looked(layout.purged(store, after) | purged, {}, set())
    if trees.read(store, after):
        _check_folder(store, (), before, after, looked)
    elif before is not None:
        _check_lost(store, (), Item(FOLDER_MODE, before), looked.gone)
    for oid, (kind, size) in store.sizes(looked.added).items():
        if kind != objects.BLOB or size > MAX_BYTES:
            raise fault(looked.added[oid], f"is a {kind} of {size:,} bytes, and no node")


def fault(path: Path, what: str) -> MnemoError:
    """The refusal of what stands at a path."""
    return MnemoError("corrupt", f"{'/'.join(path)!r} {what}.", "git mnemo status")


def _check_folder(
    store: Store,
    path: Path,
    before: str | None,
    after: str,
    looked: _Looked,
) -> None:
    if path and path[0] != layout.PURGED and not layout.is_month(path[0]):
        # A few small folders that stand in each other many times spell out more paths than anybody
        # can walk. What a reserved folder may hold depends on its depth, and on nothing above it.
        if (len(path), before, after) in looked.reserved:
            return
        looked.reserved.add((len(path), before, after))
    old = trees.read(store, before) if before is not None else {}
    new = trees.read(store, after)
    if not new:
        raise fault(path, "is an empty folder")
    for name, was in old.items():
        if name not in new or (new[name] != was and FILE_MODE in (was.mode, new[name].mode)):
            _check_lost(store, (*path, name), was, looked.gone)
    for name, item in new.items():
        if old.get(name) == item:
            continue
        here = (*path, name)
        if item.mode == FOLDER_MODE and _is_folder(here):
            there = old.get(name)
            below = there.oid if there is not None and there.mode == FOLDER_MODE else None
            _check_folder(store, here, below, item.oid, looked)
        elif item.mode == FILE_MODE and _is_file(here, item, store.width):
            looked.added[item.oid] = here
        else:
            raise fault(here, f"(mode {item.mode}) has no place in a memory")
    if len(path) == 4 and layout.is_month(path[0]) and not _has_title(path[3], new, looked.gone):
        raise fault(path, "has no title")


def _check_lost(store: Store, path: Path, was: Item, gone: frozenset[str]) -> None:
    lost = trees.walk(store, was.oid, path) if was.mode == FOLDER_MODE else [(path, was)]
    for where, item in lost:
        if item.oid not in gone or path[0] == layout.PURGED:
            raise fault(where, "was there before, and a memory only grows")


def _is_folder(path: Path) -> bool:
    root = path[0]
    if not layout.is_month(root):
        named = all(1 <= len(name) <= 32 and not name.strip(_NAME) for name in path)
        return named and len(path) <= (1 if root == layout.PURGED else 3) and "a" <= root[0] <= "z"
    return (
        (
            len(path) == 1
            and len(root) == 7
            and root[4] == "-"
            and moment.is_day(root[:4], root[5:], "01")
        )
        or (len(path) == 2 and moment.is_day(root[:4], root[5:], path[1]))
        or (len(path) == 3 and len(path[2]) == 2 and not path[2].strip(_HEX))
        or (len(path) == 4 and chain.is_chain_id(path[3]) and chain.folders(path[3]) == path)
    )


def _is_file(path: Path, item: Item, width: int) -> bool:
    if len(path) < 2:
        return False
    name = path[-1]
    if path[0] == layout.PURGED:
        empty = len(path) == 2 and len(name) == width and not name.strip(_HEX)
        return empty and item.oid in _EMPTY_BLOBS
    if not layout.is_month(path[0]):
        return name.endswith("-" + item.oid)
    entry = chain.parse_entry(name, width) if len(path) == 5 else None
    return (
        entry is not None
        and entry.address == item.oid
        and (entry.position == 0) == (entry.address[:16] == path[3][12:])
    )


_EMPTY_BLOBS = (
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)
"""The empty blob in SHA-1 and SHA-256."""


def _has_title(chain_id: str, folder: objects.Tree, gone: frozenset[str]) -> bool:
    begins = chain_id[12:]
    return any(name.startswith("0000-") for name in folder) or any(
        address.startswith(begins) for address in gone
    )
