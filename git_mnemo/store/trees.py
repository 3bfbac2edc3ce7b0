"""Changing and comparing git trees. Only the folders on the way to a change are read or written."""

from __future__ import annotations

from git_mnemo.errors import MnemoError
from git_mnemo.store import objects
from git_mnemo.store.objects import FILE_MODE, FOLDER_MODE, Item, Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from git_mnemo.store.interface import Store

Path = tuple[str, ...]
_Plan = dict[str, "str | _Plan"]
Pair = tuple[str, str | None]

DEEPEST = 5
"""As many folders as a path has names, at most; only files stand at that depth."""

# What an id names never changes, and one claim takes the same few folders apart a dozen times.
_decoded: dict[str, Tree] = {}
_DECODED_MOST, _DECODED_SIZE = 128, 16384


def read(store: Store, oid: str) -> Tree:
    """The tree of that id, the caller's to change; what is no tree is an error that names it."""
    kind, data = store.read(oid)
    if kind != objects.TREE:
        raise MnemoError("corrupt", f"{oid} is a {kind}, not a tree.", "git fsck")
    known = _decoded.get(oid)
    if known is None:
        try:
            known = objects.decode_tree(data, store.width)
        except objects.Malformed as error:
            raise MnemoError("corrupt", f"tree {oid}: {error}.", "git fsck") from None
        if len(data) > _DECODED_SIZE:
            return known
        if len(_decoded) >= _DECODED_MOST:
            _decoded.clear()
        _decoded[oid] = known
    return known.copy()


def write(store: Store, tree: Tree) -> str | None:
    """The id of the tree, written; None for an empty one, which git folders never are."""
    return store.write(objects.TREE, objects.encode_tree(tree)) if tree else None


def find(store: Store, root: str, path: Path) -> Item | None:
    """What stands at a path, or None."""
    item = Item(FOLDER_MODE, root)
    for name in path:
        if item.mode != FOLDER_MODE:
            return None
        below = read(store, item.oid).get(name)
        if below is None:
            return None
        item = below
    return item


def add(store: Store, root: str | None, files: Iterable[tuple[Path, str]]) -> str | None:
    """The tree with these files added or replaced."""
    plan: _Plan = {}
    folders: dict[Path, _Plan] = {}
    for path, oid in files:
        folder = folders.get(path[:-1])
        if folder is None:
            folder = folders[path[:-1]] = _planned(plan, path[:-1])
        folder[path[-1]] = oid
    return _add(store, root, plan) if plan else root


def _planned(plan: _Plan, path: Path) -> _Plan:
    """What a plan holds for a folder; nothing yet where it is new."""
    for name in path:
        below = plan.setdefault(name, {})
        assert isinstance(below, dict)
        plan = below
    return plan


def _add(store: Store, root: str | None, plan: _Plan) -> str | None:
    tree = read(store, root) if root is not None else {}
    for name, new in plan.items():
        if isinstance(new, str):
            tree[name] = Item(FILE_MODE, new)
            continue
        old = tree.get(name)
        below = _add(store, old.oid if old and old.mode == FOLDER_MODE else None, new)
        if below is not None:
            tree[name] = Item(FOLDER_MODE, below)
    return write(store, tree)


def remove(store: Store, root: str, paths: Iterable[Path]) -> str | None:
    """The tree without these files, and without the folders that this leaves empty."""
    tree = read(store, root)
    deeper: dict[str, list[Path]] = {}
    for path in paths:
        if len(path) == 1:
            tree.pop(path[0], None)
        elif path[0] in tree:
            deeper.setdefault(path[0], []).append(path[1:])
    for name, below in deeper.items():
        kept = remove(store, tree[name].oid, below)
        if kept is None:
            del tree[name]
        else:
            tree[name] = Item(FOLDER_MODE, kept)
    return write(store, tree)


def union(
    store: Store, left: str | None, right: str | None, known: dict[Pair, str | None] | None = None
) -> str | None:
    """The tree that holds what either holds; equal folders are not opened, nor two of them twice.

    One path holding two things is refused: in a tree of memory every file's name says what it is.
    """
    if left == right or right is None:
        return left
    if left is None:
        return right
    known = {} if known is None else known
    if (left, right) not in known:
        known[left, right] = _union(store, left, right, known)
    return known[left, right]


def _union(store: Store, left: str, right: str, known: dict[Pair, str | None]) -> str | None:
    tree = read(store, left)
    for name, item in read(store, right).items():
        mine = tree.get(name)
        if mine is None or mine == item:
            tree[name] = item
        elif mine.mode == item.mode == FOLDER_MODE:
            below = union(store, mine.oid, item.oid, known)
            assert below is not None  # neither side is empty
            tree[name] = Item(FOLDER_MODE, below)
        else:
            raise MnemoError("corrupt", f"two trees of memory disagree about {name!r}.", "git fsck")
    return write(store, tree)


def walk(store: Store, root: str, prefix: Path = ()) -> Iterator[tuple[Path, Item]]:
    """Every file of a tree with its path."""
    for name, item in read(store, root).items():
        if item.mode == FOLDER_MODE:
            yield from walk(store, item.oid, (*prefix, name))
        else:
            yield (*prefix, name), item


def diff(
    store: Store, old: str | None, new: str | None, prefix: Path = ()
) -> Iterator[tuple[Path, Item | None, Item | None]]:
    """The files in which two trees differ: path, what was there, what is; equal folders unread.

    A tree that nobody has checked may be deeper than any tree of memory: that is an error.
    """
    if old == new:
        return
    if len(prefix) >= DEEPEST:
        raise MnemoError("corrupt", f"{'/'.join(prefix)!r} is a folder too deep.", "git fsck")
    before = read(store, old) if old is not None else {}
    after = read(store, new) if new is not None else {}
    for name in sorted(before.keys() | after.keys()):
        was, is_ = before.get(name), after.get(name)
        if was == is_:
            continue
        folders = [side if side and side.mode == FOLDER_MODE else None for side in (was, is_)]
        files = [side if side and side.mode != FOLDER_MODE else None for side in (was, is_)]
        if any(folders):
            old_oid, new_oid = (side.oid if side else None for side in folders)
            yield from diff(store, old_oid, new_oid, (*prefix, name))
        if any(files):
            yield (*prefix, name), files[0], files[1]


def lost(
    store: Store, old: str, new: str | None, prefix: Path = (), seen: set[Pair] | None = None
) -> Iterator[tuple[Path, Item]]:
    """The files of `old` that `new` lacks or has otherwise; what two folders lost is told once.

    A few small folders that stand in each other many times have more paths than can be walked.
    """
    seen = set() if seen is None else seen
    if old == new or (old, new) in seen:
        return
    seen.add((old, new))
    after = read(store, new) if new is not None else {}
    for name, was in read(store, old).items():
        is_ = after.get(name)
        if was.mode == FOLDER_MODE:
            below = is_.oid if is_ is not None and is_.mode == FOLDER_MODE else None
            yield from lost(store, was.oid, below, (*prefix, name), seen)
        elif was != is_:
            yield (*prefix, name), was
