"""Reading ahead: whatever git tells or fails to tell, what is read is what was read before."""

import itertools
import os
import random
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from git_mnemo import chain, message, moment, node
from git_mnemo.chain import Member
from git_mnemo.errors import MissingObject
from git_mnemo.index import Index
from git_mnemo.message import Told, compose
from git_mnemo.refs import RefUpdate
from git_mnemo.repository import discover
from git_mnemo.store import ahead, history, layout, objects, talking, trees
from git_mnemo.store.catfile import Asked
from git_mnemo.store.interface import Store
from git_mnemo.store.known import Known
from git_mnemo.store.objects import BLOB, COMMIT, Commit, Item, Person
from tests.support import run_git
from tests.verbs import NOW, ask, claim

MANY = 3 * ahead.BLOCK + 7


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask git even for one, and for few at once."""
    monkeypatch.setattr(ahead, "BLOCK", 1)
    monkeypatch.setattr(ahead, "SLICE", 8)


@pytest.fixture
def many() -> list[str]:
    """The ids of many blobs, some of them long, all of them in packs."""
    texts = [f"text {number}\n" * (1 + number % 7 * 300) for number in range(MANY)]
    stream = "".join(f"blob\ndata {len(text)}\n{text}\n" for text in texts)
    run_git("fast-import", "--quiet", input=stream)
    width = len(run_git("hash-object", "-t", "blob", "--stdin", input=""))
    listed = run_git("cat-file", "--batch-all-objects", "--batch-check").splitlines()
    return [line[:width] for line in listed if " blob " in line]


def fresh() -> Store:
    return discover().store


def taken(store: Store, groups: list[list[str]]) -> list[tuple[int, list[str]]]:
    """All that comes back, with what can be read then without asking the repository for it."""
    known: Known = store._read  # type: ignore[attr-defined]
    found = []
    for number in store.ahead(enumerate(groups)):
        found.append((number, [oid for oid in groups[number] if known.get(oid) is not None]))
    return found


def test_all_comes_in_order_and_is_known_by_then(repo: Path, many: list[str]) -> None:
    groups = [many[:2], [], many[2:900], *([oid] for oid in many[900:]), many[:1]]
    assert taken(fresh(), groups) == list(enumerate(groups))
    one = fresh()
    assert list(one.ahead((oid, [oid]) for oid in many)) == many
    again = fresh()
    assert [one.read(oid) for oid in many] == [again.read(oid) for oid in many]


def test_for_a_few_no_process_is_started(
    repo: Path, many: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "talking", None)
    few = many[: ahead.BLOCK - 1]
    assert [number for number, _ in taken(fresh(), [[oid] for oid in few])] == list(range(len(few)))
    assert taken(fresh(), []) == []


def test_what_is_missing_is_told_to_who_reads_it(repo: Path, many: list[str]) -> None:
    gone = "1" * len(many[0])
    groups = [[oid, gone] for oid in many]
    store = fresh()
    assert taken(store, groups) == [(number, [oid]) for number, oid in enumerate(many)]
    with pytest.raises(MissingObject):
        store.read(gone)


@pytest.mark.parametrize("error", [OSError, ImportError])
def test_a_pipe_that_may_not_be_wider_will_do(
    repo: Path, many: list[str], monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    fcntl = pytest.importorskip("fcntl")

    def refuses(*_: object) -> None:
        raise error

    monkeypatch.setattr(fcntl, "fcntl", refuses)
    store = fresh()
    assert taken(store, [many]) == [(0, many)]


@pytest.mark.parametrize("after", [0, 1, 5])
def test_a_git_that_ends_early_costs_nothing_but_time(
    repo: Path, many: list[str], monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr(ahead, "talking", short_lived(after))
    store = fresh()
    read = [store.read(oid) for oid in store.ahead((oid, [oid]) for oid in many)]
    again = fresh()
    assert read == [again.read(oid) for oid in many]


def short_lived(after: int) -> Any:
    """Gits to talk to that are killed once they were told so many things."""

    def talk(*arguments: Any, **named: Any) -> talking.Talking:
        begun = talking.talk(*arguments, **named)
        say, said = begun.say, iter(range(after))

        def dies(data: bytes) -> None:
            if next(said, None) is None:
                os.kill(begun._pid, 9)
            say(data)

        begun.say = dies  # type: ignore[method-assign]
        return begun

    return SimpleNamespace(talk=talk)


def test_a_few_at_once_are_told_without_what_is_missing(repo: Path, many: list[str]) -> None:
    store = fresh()
    asked = Asked(discover().git_dir, contents=True)
    told = {oid: store.read(oid) for oid in many[:300]}
    assert asked.ask_all([*many[:150], "1" * len(many[0]), *many[150:300]]) == told
    assert asked.ask_all(["1" * len(many[0])]) == asked.ask_all([]) == {}
    assert asked.ask(many[0]) == store.read(many[0])


def test_an_older_git_is_asked_as_it_can_be(
    repo: Path, many: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[list[str]] = []

    def talk(arguments: list[str], **named: Any) -> talking.Talking:
        begun.append(arguments)
        new = "--batch-command" in arguments
        return talking.talk(["cat-file", "--no-such-option"] if new else arguments, **named)

    monkeypatch.setattr(ahead, "talking", SimpleNamespace(talk=talk))
    groups = [[oid] for oid in many]
    found = dict(taken(fresh(), groups))
    lost = 2 * ahead.SLICE
    assert [found[at] for at in range(len(groups))] == [[]] * lost + groups[lost:]
    assert [arguments[-1] for arguments in begun] == ["--buffer", "--batch"]


@pytest.mark.parametrize("seed", range(20))
def test_answers_are_the_same_in_whatever_pieces_they_come(seed: int) -> None:
    draw = random.Random(seed)
    told: list[tuple[str, tuple[str, bytes] | None]] = []
    for number in range(draw.randrange(1, 9)):
        bodies = [b"", b"\n", b"x blob 2\n", draw.randbytes(draw.randrange(200_000)), None]
        body = draw.choice(bodies)
        told.append((f"{number:040x}", ("blob", body) if body is not None else None))
    lines = [
        f"{oid} blob {len(one[1])}\n".encode() + one[1] + b"\n"
        if one
        else f"{oid} missing\n".encode()
        for oid, one in told
    ]
    said = b"".join(lines)
    end = draw.choice([len(said), draw.randrange(len(said))])  # it may end in the middle
    heard, number = heard_of(said[:end], len(told), draw)
    complete = sum(size <= end for size in itertools.accumulate(map(len, lines)))
    assert number == complete
    assert heard == {oid: one for oid, one in told[:complete] if one is not None}


def heard_of(
    said: bytes, most: int, draw: random.Random
) -> tuple[dict[str, tuple[str, bytes]], int]:
    """What is heard of a git that says this bit by bit, and how many answers that is."""
    out, feed = os.pipe()
    heard = talking.Talking(0, os.open(os.devnull, os.O_WRONLY), out, lambda _: None)

    def say() -> None:
        left = said
        with os.fdopen(feed, "wb", buffering=0) as pipe:
            while left:
                left = left[pipe.write(left[: draw.choice([1, 7, 50, 1000, 100_000])]) :]

    speaker = threading.Thread(target=say)
    speaker.start()
    found: dict[str, tuple[str, bytes]] = {}
    number = 0
    while number < most:
        more, told = heard.objects(most - number)
        if not more:
            break
        number += more
        found |= told
    speaker.join()
    return found, number


# -- what commits add --------------------------------------------------------------------------


class Writer:
    """Commits of entries, of one kind or another."""

    def __init__(self, store: Store) -> None:
        self.store = store
        title = self.write(node.build(node.CHAIN, "Walrus", key="s_00000000"))
        self.chain = chain.chain_id(moment.day(NOW), title)

    def write(self, one: node.Node) -> str:
        return self.store.write(BLOB, node.encode(one))

    def member(self, number: int) -> Member:
        return Member(self.chain, number, self.write(node.build(node.LEAF, f"Claim {number}")))

    def commit(self, members: set[Member], parents: list[str], told: list[Member]) -> str:
        tree = layout.add(self.store, None, members) or self.store.write(objects.TREE, b"")
        return self.commit_tree(tree, parents, told)

    def commit_tree(self, tree: str, parents: list[str], told: list[Member]) -> str:
        said = compose("promote", self.chain, "x", session=None,
                       nodes=[Told(one, NOW, None) for one in told])  # fmt: skip
        by = Person("Ada Example", "ada@example.com", NOW)
        made = Commit(tree, tuple(parents), by, by, said)
        return self.store.write(COMMIT, objects.encode_commit(made))


def histories(store: Store) -> Iterator[str]:
    """Tips of histories that tell the truth, or do not."""
    on = Writer(store)
    one, two, three, four = (on.member(number) for number in range(1, 5))
    every = [one, two, three, four]
    first = on.commit({one}, [], every)
    yield first
    second = on.commit({one, two}, [first], every)
    yield second
    yield on.commit({one, two}, [second], every)  # adds nothing
    yield on.commit(set(), [second], every)  # takes all away
    other = on.commit({one, three}, [first], every)
    yield on.commit({one, two, three}, [second, other], every)  # a join adds nothing of its own
    joined = on.commit({one, two, three, four}, [second, other], every)  # but this one does
    yield joined
    yield on.commit({one, two, three, four}, [joined, second, other], every)
    yield on.commit({four}, [joined], every)
    root = layout.add(store, None, {one})
    assert root is not None
    path = layout.path_of(two)
    for mode, oid in (("100755", two.address), ("100644", one.address), ("120000", two.address)):
        tree = spoilt(store, root, path, Item(mode, oid))  # the name is right, and no more
        yield on.commit_tree(tree, [first], every)


def spoilt(store: Store, root: str, path: layout.Path, item: Item) -> str:
    tree = trees.read(store, root)
    if len(path) == 1:
        tree[path[0]] = item
    else:
        below = spoilt(store, tree[path[0]].oid, path[1:], item)
        tree[path[0]] = Item("40000", below)
    written = trees.write(store, tree)
    assert written is not None
    return written


def both_ways(store: Store, tip: str) -> tuple[list[Any], list[Any]]:
    """What each commit adds of what it tells, by reading its trees, and as git tells it."""
    walked = list(history.walk(store, tip))
    by_trees = [
        (oid, list(layout.told_and_added(store, commit, message.parse(commit.message).nodes)))
        for oid, commit in walked
    ]
    by_git = []
    for oid, commit, added in store.additions((oid, commit, 1) for oid, commit in walked):
        assert added is not None
        told = message.parse(commit.message).nodes
        by_git.append((oid, list(layout.told_and_added(store, commit, told, added))))
    return by_trees, by_git


@pytest.mark.usefixtures("eager")
def test_git_and_the_trees_tell_the_same_additions(repo: Path) -> None:
    store = fresh()
    tips = list(histories(store))
    held = [RefUpdate(f"refs/test/{number}", None, tip) for number, tip in enumerate(tips)]
    store.update_refs(held, "test")
    store = fresh()
    seen = []
    for tip in tips:
        by_trees, by_git = both_ways(store, tip)
        assert by_git == by_trees
        seen.append(len(by_git[0][1]))
    assert seen == [1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0]


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("after", [0, 1, 3])
def test_an_index_is_the_same_if_git_ends_early(
    repo: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    for number in range(12):
        claim(f"Walrus {number}", "--new-chain", now=NOW + number)
        ask("promote", "--all", now=NOW + number)

    def built(folder: Path) -> list[Any]:
        index = Index(fresh(), str(folder))
        return [index.counts(), index.claims(), index.words(), index.ask("SELECT * FROM entry")]

    whole = built(repo / ".git" / "whole")
    assert whole[0].chains == 12
    monkeypatch.setattr(ahead, "talking", short_lived(after))
    assert built(repo / ".git" / "cut") == whole
