"""What a tree of memory looks like: which names stand where, and what each of them means.

    2026-11/23/8a/ch_20261123_8a…/0001-51c0…    entries of chains, filed by day
    purged/51c0…                                 this node must not exist
    <reserved>/…                                 kept for versions to come

Anything else in a tree on one of our refs is an error, named with its path.
"""

from __future__ import annotations

from git_mnemo import chain, moment, node, refs
from git_mnemo.chain import Entry, Member
from git_mnemo.errors import MnemoError
from git_mnemo.store import history, objects, trees
from git_mnemo.store.objects import FILE_MODE, FOLDER_MODE, Commit, Item, Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from git_mnemo.message import Columns, Told
    from git_mnemo.node import Node
    from git_mnemo.store.interface import Store

PURGED = "purged"
Path = tuple[str, ...]

_SHORT, _MOST_KNOWN = 4096, 1024
"""Nodes of so many bytes, and how many of them, are kept taken apart for those who ask again."""

_known: dict[bytes, tuple[int, Node | None]] = {}

_PLAIN = f"{FILE_MODE} %b-%b\0%b".encode()
"""An entry in a folder: the digits of its position, its address, and that in bytes."""

_HEX = "0123456789abcdef"
_RESERVED = "abcdefghijklmnopqrstuvwxyz0123456789-"


def path_of(member: Member) -> Path:
    """Where an entry stands in a tree."""
    return *chain.folders(member.chain), chain.entry_name(member.position, member.address)


def add(store: Store, root: str | None, members: Iterable[Member]) -> str | None:
    """The tree `root` (None: the empty one) with these entries added; None if it stays empty."""
    return trees.add(store, root, ((path_of(member), member.address) for member in members))


def entries(store: Store, root: str | None, chain_id: str) -> list[Entry]:
    """The entries of one chain, ordered; none where the tree lacks the chain."""
    if root is None:
        return []
    check_root(trees.read(store, root))
    return chain.ordered(_all_entries(store, root, chain_id))


def _all_entries(store: Store, root: str, chain_id: str) -> Iterator[Entry]:
    folder = trees.find(store, root, chain.folders(chain_id))
    if folder is not None:
        yield from _entries_in(chain_id, trees.read(store, folder.oid), store.width)


def members(store: Store, root: str | None) -> Iterator[Member]:
    """Every entry of every chain, chains in the order of their days and ids."""
    return (Member(id_, *entry) for id_, found in chains(store, root) for entry in found)


def members_of_month(store: Store, month: str, oid: str) -> Iterator[Member]:
    """Every entry below one `YYYY-MM` folder."""
    found = _chains(store, [(month, oid)])
    return (Member(id_, *entry) for id_, entries in found for entry in entries)


def chains(store: Store, root: str | None) -> Iterator[tuple[str, list[Entry]]]:
    """Every chain with its entries as they stand, in the order of their days and ids."""
    if root is None:
        return iter(())
    months = ((name, item.oid) for name, item in _folders_of(trees.read(store, root)))
    return _chains(store, ((name, oid) for name, oid in months if is_month(name)))


def _chains(store: Store, months: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[Entry]]]:
    # Where there are many, the folders to come are asked for while those that are here are read.
    fans = store.ahead((fan, [fan[1]]) for fan in _fans(store, months))
    ids = store.ahead((one, [one[1]]) for path, oid in fans for one in _ids(store, path, oid))
    for id_, oid in ids:
        kind, data = store.read(oid)
        found = _plain_entries(data, store.width) if kind == objects.TREE else None
        yield id_, found or list(_entries_in(id_, trees.read(store, oid), store.width))


def _fans(store: Store, months: Iterable[tuple[str, str]]) -> Iterator[tuple[Path, str]]:
    for month, oid in months:
        for day, day_item in trees.read(store, oid).items():
            right = moment.is_day(month[:4], month[5:], day)
            _check(right, (month, day), day_item, FOLDER_MODE)
            for fan, item in trees.read(store, day_item.oid).items():
                path = (month, day, fan)
                _check(len(fan) == 2 and not fan.strip(_HEX), path, item, FOLDER_MODE)
                yield path, item.oid


def _ids(store: Store, path: Path, oid: str) -> Iterator[tuple[str, str]]:
    for id_, item in trees.read(store, oid).items():
        right = chain.is_chain_id(id_) and chain.folders(id_) == (*path, id_)
        _check(right, (*path, id_), item, FOLDER_MODE)
        yield id_, item.oid


def diff(store: Store, old: str | None, new: str | None) -> Iterator[tuple[Member, bool]]:
    """The entries that only one of two trees has, each with whether that is `new`.

    Reserved folders are not opened. The first name that has no place in a memory is an error.
    """
    before, after = (
        {name: item.oid for name, item in _folders_of(trees.read(store, root)) if is_month(name)}
        if root is not None
        else {}
        for root in (old, new)
    )
    for month in sorted(before.keys() | after.keys()):
        months = before.get(month), after.get(month)
        for path, was, is_ in trees.diff(store, *months, (month,)):
            if was is not None:
                yield member_at(path, was, store.width), False
            if is_ is not None:
                yield member_at(path, is_, store.width), True


def chain_ids(store: Store, root: str | None) -> Iterator[str]:
    """The chains of a tree, without looking into them."""
    if root is None:
        return
    for month, month_item in _folders_of(trees.read(store, root)):
        if not is_month(month):
            continue
        for day_item in trees.read(store, month_item.oid).values():
            for fan_item in trees.read(store, day_item.oid).values():
                yield from filter(chain.is_chain_id, trees.read(store, fan_item.oid))


def lacking(store: Store, root: str | None, known: str | None) -> Iterator[Member]:
    """The entries below `root` whose node `known` lacks in that chain. Folders that both have alike
    are not opened."""
    if root is None:
        return
    waiting: list[tuple[Path, str, str | None]] = [((), root, known)] if root != known else []
    while waiting:
        path, oid, other = waiting.pop()
        here = trees.read(store, oid)
        there = trees.read(store, other) if other is not None else {}
        if len(path) == 4:
            has = {entry.address for entry in _entries_in(path[3], there, store.width)}
            new = _entries_in(path[3], here, store.width)
            yield from (Member(path[3], *entry) for entry in new if entry.address not in has)
            continue
        for name, item in here.items() if path else _folders_of(here):
            twin = there.get(name)
            if (path or is_month(name)) and (twin is None or twin.oid != item.oid):
                below: Path = (*path, name)
                _check(len(below) < 4 or _is_chain(below), below, item, FOLDER_MODE)
                waiting.append((below, item.oid, twin.oid if twin is not None else None))


def _is_chain(path: Path) -> bool:
    return chain.is_chain_id(path[3]) and chain.folders(path[3]) == path


def member_at(path: Path, item: Item, width: int) -> Member:
    """The entry that stands at a path below a month folder."""
    entry = chain.parse_entry(path[-1], width)
    right = (
        len(path) == 5
        and entry is not None
        and entry.address == item.oid
        and chain.is_chain_id(path[3])
        and chain.folders(path[3]) == path[:4]
    )
    _check(right, path, item, FILE_MODE)
    assert entry is not None  # _check raised otherwise
    return Member(path[3], entry.position, entry.address)


def node_at(store: Store, address: str) -> Node | None:
    """The node of an address; None where the blob is opaque."""
    data = _blob(store, address)
    known = _known.get(data)
    if known is not None and known[0] == store.width:
        return known[1]
    found = node.decode(data, store.width)
    if len(data) <= _SHORT:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[data] = store.width, found
    return found


def node_once(store: Store, address: str) -> Node | None:
    """As `node_at`, for who asks for each node once."""
    kind, data = store.read(address)
    return node.decode(data if kind == objects.BLOB else _blob(store, address), store.width)


def _blob(store: Store, address: str) -> bytes:
    kind, data = store.read(address)
    if kind != objects.BLOB:
        raise MnemoError("corrupt", f"{address} is a {kind}, not a node.", "git fsck")
    return data


def nodes_of(
    store: Store, addresses: Iterable[str], types: Iterable[str]
) -> Iterator[tuple[str, Node]]:
    """Those of the nodes that are of these types. All are read, only these are taken apart."""
    beginnings = tuple(node.beginning(type_) for type_ in types)
    for address in addresses:
        kind, data = store.read(address)
        if kind == objects.BLOB and data.startswith(beginnings):
            found = node.decode(data, store.width)
            if found is not None:
                yield address, found


def told_and_added(
    store: Store, commit: Commit, told: Iterable[Told], added: Mapping[bytes, bytes] | None = None
) -> Iterator[Told]:
    """Those lines of a commit's message that name an entry which the commit adds, as `added` tells
    where that is known (`Store.additions`)."""
    if added is None:
        return _found_added(store, commit, told)
    return _among(added, told)


def _among(added: Mapping[bytes, bytes], told: Iterable[Told]) -> Iterator[Told]:
    last = folder = ""
    for line in told:
        id_, position, address = line[0]
        if id_ != last:
            last, folder = id_, "/".join(chain.folders(id_))
        path = f"{folder}/{chain.entry_name(position, address)}"
        if added.get(path.encode()) == address.encode():
            yield line


def has_added(added: Mapping[bytes, bytes], lines: Columns) -> bool:
    """Whether each of these lines names an entry that is among the `added`."""
    folder = {id_: "/".join(chain.folders(id_)) for id_ in {*lines.chains}}
    named = zip(lines.chains, lines.digits, lines.addresses, strict=True)
    paths = [f"{folder[id_]}/{digits}-{address}" for id_, digits, address in named]
    oids = " ".join(lines.addresses).encode().split(b" ")
    wanted = dict(zip("\n".join(paths).encode().split(b"\n"), oids, strict=True))
    return wanted.items() <= added.items()


def _found_added(store: Store, commit: Commit, told: Iterable[Told]) -> Iterator[Told]:
    by_chain: dict[str, list[Told]] = {}
    for line in told:
        by_chain.setdefault(line.member.chain, []).append(line)
    parents = [history.read(store, parent) for parent in commit.parents if store.exists(parent)]
    for chain_id, lines in by_chain.items():
        after = _raw_folder(store, commit.tree, chain_id)
        before = [_raw_folder(store, parent.tree, chain_id) for parent in parents]
        for line in lines:
            name = chain.entry_name(line.member.position, line.member.address)
            item = f"{FILE_MODE} {name}\0".encode() + bytes.fromhex(line.member.address)
            if item in after and not any(item in folder for folder in before):
                yield line


def _raw_folder(store: Store, root: str, chain_id: str) -> bytes:
    """The bytes of a chain's folder; empty where there is none.

    All folders on the way are searched and not taken apart: days and chains can be long, and each
    commit of a long history has its own.
    """
    oid = root
    for name in chain.folders(chain_id):
        begins = f"{FOLDER_MODE} {name}\0".encode()
        kind, data = store.read(oid)
        at = data.find(begins)
        if kind != objects.TREE or at < 0:
            return b""
        at += len(begins)
        oid = data[at : at + store.width // 2].hex()
    return store.read(oid)[1]


def purged(store: Store, root: str | None) -> frozenset[str]:
    """The addresses that must not exist."""
    folder = trees.read(store, root).get(PURGED) if root is not None else None
    if folder is None:
        return frozenset()
    _check(True, (PURGED,), folder, FOLDER_MODE)
    tombstones = trees.read(store, folder.oid)
    for name, item in tombstones.items():
        address = len(name) == store.width and not name.strip(_HEX)
        _check(address, (PURGED, name), item, FILE_MODE)
    return frozenset(tombstones)


def union(store: Store, left: str | None, right: str | None) -> str | None:
    """The tree that holds what either holds, without the nodes that either has purged.

    Commutative, associative and idempotent; None is the empty tree.
    """
    gone = purged(store, left) | purged(store, right)
    joined = trees.union(store, left, right)
    if joined is None or not gone:
        return joined
    doomed = [
        path for path, item in trees.walk(store, joined) if item.oid in gone and path[0] != PURGED
    ]
    return trees.remove(store, joined, doomed)


def has_reserved(store: Store, root: str | None) -> bool:
    """Whether a tree holds more than months and tombstones. Only in what is more can a few small
    folders, standing in each other many times, spell out more paths than anybody can walk."""
    names = trees.read(store, root) if root is not None else ()
    return any(not is_month(name) and name != PURGED for name in names)


def check_root(tree: Tree) -> None:
    """Refuse a tree whose root holds what no tree of memory holds."""
    for _ in _folders_of(tree):
        pass


def is_month(name: str) -> bool:
    """Whether a root folder holds the chains of a month."""
    return name[:1].isdigit()


def _folders_of(tree: Tree) -> Iterator[tuple[str, Item]]:
    for name, item in tree.items():
        known = (
            len(name) == 7 and name[4] == "-" and moment.is_day(name[:4], name[5:], "01")
            if is_month(name)
            else 1 <= len(name) <= 32 and not name.strip(_RESERVED) and name[0] != "-"
        )
        _check(known, (name,), item, FOLDER_MODE)
        yield name, item


def _entries_in(chain_id: str, folder: Tree, width: int) -> Iterator[Entry]:
    for name, item in folder.items():
        entry = chain.parse_entry(name, width)
        right = entry is not None and entry.address == item.oid
        _check(right, (*chain.folders(chain_id), name), item, FILE_MODE)
        assert entry is not None  # _check raised otherwise
        yield entry


def _plain_entries(folder: bytes, width: int) -> list[Entry] | None:
    """The entries of a chain's folder, from its bytes, in a fraction of the time that the two steps
    take; None where it holds anything but entries of four digits, to be looked at with care."""
    from struct import Struct  # for who reads all there is

    line = Struct(f"{len(FILE_MODE) + 1}x4s{1 + width + 1}x{width // 2}s")
    if not folder or len(folder) % line.size:
        return None
    digits, raw = zip(*line.iter_unpack(folder), strict=True)
    addresses = [*map(bytes.hex, raw)]
    lines = zip(digits, map(str.encode, addresses), raw, strict=True)
    if not b"".join(digits).isdigit() or folder != b"".join([_PLAIN % one for one in lines]):
        return None
    found = chain.entries(map(int, digits), addresses)
    return found if len({*found}) == len(found) else None


def _check(right: bool, path: Path, item: Item, mode: str) -> None:
    if not right or item.mode != mode:
        raise MnemoError(
            "corrupt",
            f"{'/'.join(path)!r} ({item.mode}) has no place in a tree of memory:"
            " the ref points at something else.",
            f"git for-each-ref {refs.ROOT}",
        )
