"""Trees of memory against git's own: written, changed, joined, compared, and refused when wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from git_mnemo.chain import Entry, Member, entry_name, folders
from git_mnemo.errors import MissingObject, MnemoError
from git_mnemo.store import layout, objects, trees
from git_mnemo.store.interface import Store
from git_mnemo.store.objects import BLOB, FILE_MODE, FOLDER_MODE, TREE, Item
from git_mnemo.store.trees import Path as Names
from tests import plain
from tests.support import run_git

# Objects are only ever added, so one repository serves all examples of a test.
in_one_repository = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60
)

Files = dict[Names, int]
"""Which of the blobs stands at which path."""

NAMES = ["a", "a-b", "a.b", "a0", "b", "é", "\udcff", "two\nlines"]
COUNT = 4


@pytest.fixture
def store(empty_repo: Path) -> Store:
    return plain.store()


@pytest.fixture
def blobs(store: Store) -> list[str]:
    return [store.write(BLOB, b"%d\n" % number) for number in range(COUNT)]


def flat(tree: object, prefix: Names = ()) -> Files:
    if not isinstance(tree, dict):
        assert isinstance(tree, int)
        return {prefix: tree}
    return {
        path: blob
        for name, below in tree.items()
        for path, blob in flat(below, (*prefix, name)).items()
    }


files = st.dictionaries(
    st.sampled_from(NAMES),
    st.recursive(
        st.integers(0, COUNT - 1),
        lambda below: st.dictionaries(st.sampled_from(NAMES), below, min_size=1, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
).map(flat)
"""Any tree without empty folders."""


def made(store: Store, files: Files, blobs: list[str]) -> str | None:
    return trees.add(store, None, ((path, blobs[at]) for path, at in files.items()))


def made_by_git(files: Files, blobs: list[str]) -> str:
    rows = "".join(f"100644 {blobs[at]}\t{'/'.join(path)}\0" for path, at in files.items())
    run_git("read-tree", "--empty")
    run_git("update-index", "--add", "-z", "--index-info", input=rows)
    return run_git("write-tree")


# -- trees -------------------------------------------------------------------------------------


@in_one_repository
@given(given_files=files)
def test_a_tree_is_the_one_git_writes(store: Store, blobs: list[str], given_files: Files) -> None:
    empty = run_git("hash-object", "-t", "tree", "--stdin")
    root = made(store, given_files, blobs)
    assert (root or empty) == made_by_git(given_files, blobs)
    read = dict(trees.walk(store, root)) if root is not None else {}
    assert read == {path: Item(FILE_MODE, blobs[at]) for path, at in given_files.items()}


def test_a_tree_is_read_as_git_lists_it(store: Store, blobs: list[str]) -> None:
    below = run_git("mktree", input=f"100644 blob {blobs[0]}\tz\n")
    rows = f"040000 tree {below}\ta\n100755 blob {blobs[1]}\ta.b\n120000 blob {blobs[2]}\ta-b\n"
    root = run_git("mktree", input=rows)
    tree = trees.read(store, root)
    assert tree == {
        "a-b": Item("120000", blobs[2]),
        "a.b": Item("100755", blobs[1]),
        "a": Item(FOLDER_MODE, below),
    }
    listed = run_git("ls-tree", root).split("\n")
    assert list(tree) == [line.partition("\t")[2] for line in listed]
    assert trees.write(store, tree) == root


@in_one_repository
@given(given_files=files, added=files)
def test_adding_replaces_what_stands_at_a_path(
    store: Store, blobs: list[str], given_files: Files, added: Files
) -> None:
    def clear(path: Names) -> bool:
        return not any(path[: len(new)] == new or new[: len(path)] == path for new in added)

    both = {path: at for path, at in given_files.items() if clear(path)} | added
    plan = ((path, blobs[at]) for path, at in added.items())
    assert trees.add(store, made(store, given_files, blobs), plan) == made(store, both, blobs)


@in_one_repository
@given(given_files=files, data=st.data())
def test_removing_leaves_no_empty_folder(
    store: Store, blobs: list[str], given_files: Files, data: st.DataObject
) -> None:
    root = made(store, given_files, blobs)
    if root is None:
        return
    gone = data.draw(st.lists(st.sampled_from(sorted(given_files)), unique=True))
    kept = {path: at for path, at in given_files.items() if path not in gone}
    assert trees.remove(store, root, [*gone, ("nothing",)]) == made(store, kept, blobs)


@in_one_repository
@given(given_files=files, path=st.lists(st.sampled_from(NAMES), max_size=3).map(tuple))
def test_a_path_is_found_or_not(
    store: Store, blobs: list[str], given_files: Files, path: Names
) -> None:
    root = made(store, given_files, blobs)
    if root is None:
        return
    for file, at in given_files.items():
        assert trees.find(store, root, file) == Item(FILE_MODE, blobs[at])
        assert trees.find(store, root, (*file, "below a file")) is None
    found = trees.find(store, root, path)
    there = any(file[: len(path)] == path for file in given_files)
    assert (found is not None) is there


@in_one_repository
@given(old=files, new=files)
def test_a_difference_is_the_one_git_sees(
    store: Store, blobs: list[str], old: Files, new: Files
) -> None:
    before, after = made(store, old, blobs), made(store, new, blobs)
    absent = "0" * plain.WIDTH
    ours = {
        ("/".join(path), was.oid if was else absent, is_.oid if is_ else absent)
        for path, was, is_ in trees.diff(store, before, after)
    }
    empty = run_git("hash-object", "-t", "tree", "-w", "--stdin")
    raw = run_git("diff-tree", "-r", "-z", "--no-renames", before or empty, after or empty)
    fields = raw.rstrip("\0").split("\0") if raw else []
    theirs = {
        (path, *line.split(" ")[2:4]) for line, path in zip(fields[::2], fields[1::2], strict=True)
    }
    assert ours == theirs


def test_what_is_no_tree_is_named(store: Store, blobs: list[str]) -> None:
    cut = store.write(TREE, b"100644 name\0cut short")
    for oid, message in ((blobs[0], f"{blobs[0]} is a blob, not a tree."), (cut, cut)):
        with pytest.raises(MnemoError) as caught:
            trees.read(store, oid)
        assert caught.value.code == "corrupt"
        assert message in caught.value.message
    with pytest.raises(MissingObject) as missing:
        trees.read(store, "5e" * (plain.WIDTH // 2))
    assert missing.value.oid == "5e" * (plain.WIDTH // 2)


# -- unions ------------------------------------------------------------------------------------

CHAINS = [
    "ch_20261123_8a1b2c3d4e5f6a7b",
    "ch_20261123_8a00000000000000",
    "ch_20251231_00ff00ff00ff00ff",
]


class Drawn(NamedTuple):
    """Members, purged nodes and reserved files of one tree; nodes and files are blobs by number."""

    members: set[tuple[str, int, int]]
    purged: set[int]
    reserved: set[tuple[str, int]]

    def __or__(self, other: "Drawn") -> "Drawn":
        return Drawn(
            self.members | other.members, self.purged | other.purged, self.reserved | other.reserved
        )

    def without_purged(self) -> "Drawn":
        return Drawn(
            {member for member in self.members if member[2] not in self.purged},
            self.purged,
            {file for file in self.reserved if file[1] not in self.purged},
        )

    def write(self, store: Store, blobs: list[str]) -> str | None:
        nothing = store.write(BLOB, b"")
        root = layout.add(
            store, None, (Member(id_, at, blobs[blob]) for id_, at, blob in self.members)
        )
        extra: list[tuple[Names, str]] = [
            ((layout.PURGED, blobs[at]), nothing) for at in self.purged
        ]
        extra += [((name, f"x-{blobs[at]}"), blobs[at]) for name, at in self.reserved]
        return trees.add(store, root, extra)


numbers = st.integers(0, COUNT - 1)
drawn = st.builds(
    Drawn,
    st.sets(st.tuples(st.sampled_from(CHAINS), st.integers(0, 2), numbers), max_size=6),
    st.sets(numbers, max_size=2),
    st.sets(st.tuples(st.sampled_from(["notes", "later"]), numbers), max_size=2),
)


@in_one_repository
@given(a=drawn, b=drawn)
def test_a_union_holds_what_either_holds_without_the_purged(
    store: Store, blobs: list[str], a: Drawn, b: Drawn
) -> None:
    joined = layout.union(store, a.write(store, blobs), b.write(store, blobs))
    expected = (a | b).without_purged()
    assert joined == expected.write(store, blobs)
    assert {(id_, at, blobs.index(oid)) for id_, at, oid in layout.members(store, joined)} == (
        expected.members
    )
    assert layout.purged(store, joined) == {blobs[at] for at in expected.purged}
    assert set(layout.chain_ids(store, joined)) == {member[0] for member in expected.members}


@in_one_repository
@given(a=drawn, b=drawn, c=drawn)
def test_a_union_does_not_depend_on_order_or_repetition(
    store: Store, blobs: list[str], a: Drawn, b: Drawn, c: Drawn
) -> None:
    def union(left: str | None, right: str | None) -> str | None:
        return layout.union(store, left, right)

    x, y, z = (one.write(store, blobs) for one in (a, b, c))
    xy = union(x, y)
    assert union(y, x) == xy
    assert union(xy, z) == union(x, union(y, z))
    assert union(xy, xy) == xy
    assert union(xy, x) == union(xy, y) == xy
    assert union(None, xy) == union(xy, None) == xy


def test_two_contents_at_one_path_are_refused(store: Store, blobs: list[str]) -> None:
    one, other = (trees.add(store, None, [(("notes", "x"), blob)]) for blob in blobs[:2])
    for left, right in ((one, other), (other, one)):
        with pytest.raises(MnemoError, match="two trees of memory disagree about 'x'"):
            layout.union(store, left, right)


def test_equal_folders_are_not_opened(store: Store, blobs: list[str]) -> None:
    missing = Item(FOLDER_MODE, "5e" * (plain.WIDTH // 2))
    left = trees.write(store, {"same": missing, "a": Item(FILE_MODE, blobs[0])})
    right = trees.write(store, {"same": missing, "b": Item(FILE_MODE, blobs[1])})
    joined = trees.union(store, left, right)
    assert joined is not None
    assert list(trees.read(store, joined)) == ["a", "b", "same"]
    assert len(list(trees.diff(store, left, right))) == 2
    assert trees.union(store, missing.oid, missing.oid) == missing.oid


# -- the layout --------------------------------------------------------------------------------


def test_entries_are_read_in_order_and_a_chain_elsewhere_has_none(
    store: Store, blobs: list[str]
) -> None:
    at = [(0, blobs[0]), (9999, blobs[1]), (10000, blobs[2]), (2, blobs[1])]
    root = layout.add(store, None, (Member(CHAINS[0], *place) for place in at))
    read = [Entry(0, blobs[0]), Entry(2, blobs[1]), Entry(10000, blobs[2])]
    assert layout.entries(store, root, CHAINS[0]) == read
    assert layout.entries(store, root, CHAINS[1]) == []
    assert not layout.entries(store, None, CHAINS[0])
    assert not list(layout.members(store, None))
    assert layout.purged(store, root) == frozenset()


def test_one_write_touches_five_trees(store: Store, blobs: list[str]) -> None:
    members = [
        Member(f"ch_2026{month:02}01_{month:02}00000000000000", 0, blobs[0])
        for month in range(1, 13)
    ]
    root = layout.add(store, None, members)
    writes: list[str] = []
    write = store.write

    def counted(kind: str, data: bytes) -> str:
        writes.append(kind)
        return write(kind, data)

    store.write = counted  # type: ignore[method-assign]
    layout.add(store, root, [Member(members[0].chain, 1, blobs[1])])
    assert writes == [TREE] * 5


Spoil = Callable[[list[str]], tuple[Names, Item]]
ENTRY = "5e" * (plain.WIDTH // 2)
CHAIN_FOLDER = folders(CHAINS[0])
WRONG: dict[str, Spoil] = {
    "a file at the root": lambda b: (("README.md",), Item(FILE_MODE, b[0])),
    "a folder with a capital": lambda b: (("Notes", "x"), Item(FILE_MODE, b[0])),
    "a month that is none": lambda b: (("2026-13", "x"), Item(FILE_MODE, b[0])),
    "a month as a file": lambda b: (("2026-12",), Item(FILE_MODE, b[0])),
    "a day that is none": lambda b: (("2026-02", "29", "x"), Item(FILE_MODE, b[0])),
    "a day as a file": lambda b: (("2026-02", "28"), Item(FILE_MODE, b[0])),
    "a fan-out that is no hex": lambda b: (("2026-11", "23", "8g", "x"), Item(FILE_MODE, b[0])),
    "a chain that is none": lambda b: ((*CHAIN_FOLDER[:3], "ch_x", "x"), Item(FILE_MODE, b[0])),
    "a chain of another day": lambda b: (
        ("2026-11", "24", "8a", CHAINS[0], "x"),
        Item(FILE_MODE, b[0]),
    ),
    "a chain as a file": lambda b: ((*CHAIN_FOLDER[:3], CHAINS[1]), Item(FILE_MODE, b[0])),
    "an entry that is none": lambda b: ((*CHAIN_FOLDER, "notes.txt"), Item(FILE_MODE, b[0])),
    "an entry of another object": lambda b: (
        (*CHAIN_FOLDER, entry_name(3, b[1])),
        Item(FILE_MODE, b[0]),
    ),
    "an entry that can be run": lambda b: (
        (*CHAIN_FOLDER, entry_name(3, b[0])),
        Item("100755", b[0]),
    ),
    "an entry that is a link": lambda b: (
        (*CHAIN_FOLDER, entry_name(3, b[0])),
        Item("120000", b[0]),
    ),
    "an entry that is a repository": lambda b: (
        (*CHAIN_FOLDER, entry_name(3, ENTRY)),
        Item("160000", ENTRY),
    ),
    "an entry that is a folder": lambda b: (
        (*CHAIN_FOLDER, entry_name(3, ENTRY), "x"),
        Item(FILE_MODE, b[0]),
    ),
}


def spoiled(root: str | None, path: Names, item: Item) -> str:
    """The tree with one more entry, as git itself would write it."""
    run_git("read-tree", *([root] if root else ["--empty"]))
    run_git("update-index", "--add", "--cacheinfo", f"{item.mode},{item.oid},{'/'.join(path)}")
    return run_git("write-tree", "--missing-ok")


@pytest.mark.parametrize("name", WRONG)
def test_a_tree_of_another_shape_is_refused_by_its_path(
    store: Store, blobs: list[str], name: str
) -> None:
    good = layout.add(store, None, [Member(CHAINS[0], 0, blobs[0])])
    good = spoiled(good, ("reserved", "x"), Item(FILE_MODE, blobs[1]))
    assert list(layout.members(store, good)) == [Member(CHAINS[0], 0, blobs[0])]
    path, item = WRONG[name](blobs)
    with pytest.raises(MnemoError) as caught:
        list(layout.members(store, spoiled(good, path, item)))
    assert caught.value.code == "corrupt"
    named = caught.value.message.split("'")[1]
    assert "/".join(path).startswith(named)
    assert named.split("/")[-1] in path
    assert "has no place in a tree of memory" in caught.value.message


@pytest.mark.parametrize(
    ("path", "mode"),
    [(("purged",), FILE_MODE), (("purged", "README"), FILE_MODE), (("purged", ENTRY), "100755")],
)
def test_tombstones_of_another_shape_are_refused(store: Store, path: Names, mode: str) -> None:
    nothing = store.write(BLOB, b"")
    good = spoiled(None, ("purged", ENTRY), Item(FILE_MODE, nothing))
    assert layout.purged(store, good) == {ENTRY}
    with pytest.raises(MnemoError, match=f"^'{'/'.join(path)}'"):
        layout.purged(store, spoiled(None, path, Item(mode, nothing)))


@pytest.mark.parametrize("data", [b"100644", b"100644 a\0", b"100644 a\0" + b"x" * 19])
def test_a_tree_cut_short_is_malformed(data: bytes) -> None:
    assert objects.decode_tree(b"100644 a\0" + b"x" * 20, 40) == {"a": Item(FILE_MODE, "78" * 20)}
    with pytest.raises(objects.Malformed):
        objects.decode_tree(data, 40)


def test_trees_are_encoded_and_decoded_for_wide_ids_too() -> None:
    tree = {"a": Item(FOLDER_MODE, "5e" * 32), "a.b": Item(FILE_MODE, "4b" * 32)}
    assert objects.decode_tree(objects.encode_tree(tree), 64) == tree
