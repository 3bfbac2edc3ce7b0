"""The join of two tips: the same commit for everyone, whatever the order, without any history."""

import contextlib
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from git_mnemo import join
from git_mnemo.chain import Member, chain_id
from git_mnemo.errors import MnemoError
from git_mnemo.refs import PROJECT
from git_mnemo.repository import discover
from git_mnemo.store import history, layout, objects, trees
from git_mnemo.store.interface import Store
from git_mnemo.store.objects import BLOB, COMMIT, Commit, Person
from tests import plain
from tests.clones import Hub
from tests.support import run_git
from tests.test_vectors import Case, cases, load, written
from tests.verbs import NOW

ADA = ("Ada Example", "ada@example.com")
CHAINS, NODES = 3, 4


@pytest.fixture
def store(empty_repo: Path) -> Store:
    return plain.store()


def commit(store: Store, tree: str, *parents: str, at: int = NOW) -> str:
    person = Person(*ADA, at)
    return store.write(
        COMMIT, objects.encode_commit(Commit(tree, parents, person, person, "promote\n"))
    )


def member(store: Store, number: int) -> Member:
    """Entry `number` of a small memory; position 0 is a chain's title."""
    at, position = divmod(number, NODES)
    title = store.write(BLOB, b"title %d\n" % at)
    address = store.write(BLOB, b"node %d\n" % number) if position else title
    return Member(chain_id("20261123", title), position, address)


def tree(store: Store, numbers: set[int]) -> str:
    root = layout.add(store, None, [member(store, number) for number in sorted(numbers)])
    return root or store.write(objects.TREE, b"")


def files(store: Store, tip: str) -> dict[str, str]:
    root = history.read(store, tip).tree
    return {"/".join(path): item.oid for path, item in trees.walk(store, root)}


@cases("join")
def test_a_golden_join(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load("join", case["width"])
    format_ = "sha256" if case["width"] == 64 else "sha1"
    run_git("init", "--quiet", f"--object-format={format_}", str(tmp_path / "repo"))
    monkeypatch.chdir(tmp_path / "repo")
    store = discover().store
    for blob in loaded["blobs"]:
        store.write(BLOB, bytes.fromhex(blob))
    for tip in (loaded["base"], case["a"], case["b"]):
        written(store, tip["tree"])
        assert store.write(COMMIT, bytes.fromhex(tip["bytes_hex"])) == tip["id"]
    a, b = case["a"]["id"], case["b"]["id"]
    for one, other in ((a, b), (b, a)):
        assert join.join(store, one, other) == join.Joined(case["id"], "joined")
        assert store.read(case["id"]) == (COMMIT, bytes.fromhex(case["bytes_hex"]))
    assert run_git("rev-parse", f"{case['id']}^{{tree}}") == case["tree"]
    run_git("fsck", "--strict", "--no-dangling")


class Line(NamedTuple):
    """A root, two commits on it one after the other, and one beside them."""

    root: str
    next: str
    last: str
    side: str


@pytest.fixture
def line(store: Store) -> Line:
    root = commit(store, tree(store, {0, 1}))
    after = commit(store, tree(store, {0, 1, 2}), root, at=NOW + 1)
    last = commit(store, tree(store, {0, 1, 2, 3}), after, at=NOW + 2)
    return Line(root, after, last, commit(store, tree(store, {0, 1, 4, 5}), root, at=NOW + 3))


def test_equal_and_behind_need_nothing(store: Store, line: Line) -> None:
    assert join.join(store, line.last, line.last) == (line.last, "up-to-date")
    assert join.join(store, line.last, line.root) == (line.last, "up-to-date")
    assert join.join(store, line.last, line.next) == (line.last, "up-to-date")


def test_ahead_is_a_fast_forward(store: Store, line: Line) -> None:
    assert join.join(store, line.root, line.last) == (line.last, "fast-forwarded")
    assert join.join(store, line.next, line.last) == (line.last, "fast-forwarded")


def test_what_went_two_ways_is_joined(store: Store, line: Line) -> None:
    joined = join.join(store, line.last, line.side)
    assert joined.outcome == "joined"
    assert joined == join.join(store, line.side, line.last)
    made = history.read(store, joined.tip)
    assert made.parents == tuple(sorted([line.last, line.side]))
    assert made.tree == tree(store, {0, 1, 2, 3, 4, 5})
    assert made.committer == made.author == Person("git mnemo", "mnemo@localhost", NOW + 3)
    assert join.join(store, joined.tip, line.side) == (joined.tip, "up-to-date")
    assert join.join(store, line.side, joined.tip) == (joined.tip, "fast-forwarded")


def test_what_never_met_is_joined(store: Store) -> None:
    one = commit(store, tree(store, {0, 1}))
    other = commit(store, tree(store, {4, 5}), at=NOW - 1)
    joined = join.join(store, one, other)
    assert joined == join.join(store, other, one)
    assert files(store, joined.tip) == files(store, one) | files(store, other)


def test_two_empty_memories_are_joined(store: Store) -> None:
    empty = tree(store, set())
    one, other = commit(store, empty), commit(store, empty, at=NOW + 1)
    assert history.read(store, join.join(store, one, other).tip).tree == empty


def test_a_committer_with_another_clock_and_zone_decides_only_the_time(
    store: Store,
) -> None:
    person = Person("Ben\u202eExample", "ben@example.com", NOW + 900, "-1130")
    early = Person("Ben", "ben@example.com", NOW - 900, "+0545")
    ahead = store.write(
        COMMIT,
        objects.encode_commit(Commit(tree(store, {0, 1}), (), early, person, "anything\n")),
    )
    behind = commit(store, tree(store, {4}))
    joined = history.read(store, join.commit(store, behind, ahead))
    assert joined.committer == joined.author == Person("git mnemo", "mnemo@localhost", NOW + 900)


def test_a_purged_node_of_either_side_is_in_no_join(store: Store) -> None:
    kept, doomed = member(store, 1), member(store, 2)
    mark = store.write(BLOB, b"")
    purging = trees.add(store, tree(store, {0, 1}), [(("purged", doomed.address), mark)])
    assert purging is not None
    one, other = commit(store, purging), commit(store, tree(store, {0, 1, 2}), at=NOW + 1)
    found = files(store, join.join(store, one, other).tip)
    assert "purged/" + doomed.address in found
    assert kept.address in found.values()
    assert sum(oid == doomed.address for oid in found.values()) == 0


def test_two_things_at_one_path_are_refused(store: Store) -> None:
    one, other = (store.write(BLOB, data) for data in (b"one\n", b"two\n"))
    tips = [
        commit(store, trees.add(store, None, [(("kept", "x"), oid)]) or "") for oid in (one, other)
    ]
    with pytest.raises(MnemoError, match="disagree about 'x'") as refused:
        join.join(store, *tips)
    assert refused.value.code == "corrupt"


subsets = st.sets(st.integers(0, CHAINS * NODES - 1), max_size=8)
purges = st.sets(st.integers(0, CHAINS * NODES - 1).filter(lambda n: n % NODES), max_size=2)


def memory(store: Store, held: set[int], gone: set[int]) -> str:
    """A tree that holds these entries without those purged, and says so."""
    mark = store.write(BLOB, b"")
    doomed = [(("purged", member(store, number).address), mark) for number in sorted(gone)]
    return trees.add(store, tree(store, held - gone), doomed) or ""


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(st.lists(st.tuples(subsets, purges), min_size=3, max_size=3))
def test_joins_do_not_depend_on_order_grouping_or_repetition(
    store: Store, sides: list[tuple[set[int], set[int]]]
) -> None:
    a, b, c = (memory(store, held, gone) for held, gone in sides)

    def union(left: str, right: str) -> str:
        return layout.union(store, left, right) or store.write(objects.TREE, b"")

    assert union(a, b) == union(b, a)
    assert union(union(a, b), c) == union(a, union(b, c))
    assert union(a, a) == a
    assert union(union(a, b), b) == union(a, b)
    gone = set[int]().union(*(purged for _, purged in sides))
    held = set[int]().union(*(numbers for numbers, _ in sides))
    assert union(union(a, b), c) == memory(store, held, gone)
    one, other = commit(store, a), commit(store, b, at=NOW + 1)
    assert join.commit(store, one, other) == join.commit(store, other, one)


def test_two_clones_that_join_the_same_tips_make_the_same_commit(hub: Hub) -> None:
    ada, ben = hub.clone("ada"), hub.clone("ben")
    tips = ada.learn("Ada found this."), ben.learn("Ben found that.", now=NOW + 60)
    for one, other in ((ada, ben), (ben, ada)):
        one.git("fetch", "--quiet", str(other.path), PROJECT)
    made = []
    for clone, pair in ((ada, tips), (ben, tips[::-1])):
        with contextlib.chdir(clone.path):
            made.append(join.join(plain.store(), *pair))
    assert made[0] == made[1]
    assert made[0].outcome == "joined"
    raw = [clone.git("cat-file", "commit", made[0].tip) for clone in (ada, ben)]
    assert raw[0] == raw[1]
