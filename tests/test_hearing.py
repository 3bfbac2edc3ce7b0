"""Who claimed what and when is heard from commits, as far as their trees confirm it."""

from itertools import count
from pathlib import Path

import pytest

from git_mnemo import chain, moment, node
from git_mnemo.chain import Member
from git_mnemo.index.hearing import Hearing, Teller
from git_mnemo.message import Told, compose
from git_mnemo.refs import RefUpdate
from git_mnemo.repository import discover
from git_mnemo.store import ahead, history, layout, objects
from git_mnemo.store.interface import Store
from git_mnemo.store.objects import BLOB, COMMIT, Commit, Person
from tests.verbs import NOW

ADA, BOB = "ada", "bob"


class Writer:
    """Writes commits of two chains that tell whatever they are told to."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.members: set[Member] = set()
        self.tip: str | None = None
        self.chains = [chain.chain_id(moment.day(NOW), digit * 40) for digit in "ab"]
        self._at = count(NOW)

    def entry(self, of: int, position: int, text: str) -> Member:
        written = self.store.write(BLOB, node.encode(node.build(node.LEAF, text)))
        return Member(self.chains[of], position, written)

    def commit(self, *told: Told, adds: list[Member]) -> None:
        self.members |= {*adds}
        tree = layout.add(self.store, None, self.members)
        assert tree is not None
        said = compose("promote", self.chains[0], "x", session="s_0000000a", nodes=told)
        by = Person("Ada Example", "ada@example.com", next(self._at))
        made = Commit(tree, (self.tip,) if self.tip else (), by, by, said)
        self.tip = self.store.write(COMMIT, objects.encode_commit(made))


@pytest.fixture(params=["git", "trees"])
def store(request: pytest.FixtureRequest, repo: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store that asks git what a commit adds, or compares the trees itself."""
    monkeypatch.setattr(ahead, "BLOCK", 1 if request.param == "git" else 10**9)
    return discover(str(repo)).store


def heard(writer: Writer) -> dict[str, dict[str, tuple[int, str | None]]]:
    """When and by which agent each entry was claimed, by chain and address."""
    tellers: list[Teller] = []
    assert writer.tip is not None
    writer.store.update_refs([RefUpdate("refs/test/tip", None, writer.tip)], "test")
    store = discover().store  # another, that knows of nothing yet

    def number(teller: Teller) -> int:
        assert (teller.author, teller.session) == ("Ada Example", "s_0000000a")
        if teller not in tellers:
            tellers.append(teller)
        return tellers.index(teller)

    hearing = Hearing(store, number)
    walked = list(hearing.walk(None, writer.tip, lambda oid: False))
    assert walked == [oid for oid, _ in history.walk(store, writer.tip)]
    found = {id_: hearing.take(id_) for id_ in hearing.left()}
    assert hearing.left() == []
    return {
        id_: {address: (at, tellers[by].agent) for address, (at, by) in told.items()}
        for id_, told in found.items()
    }


def test_lines_of_several_chains_and_agents_are_told_apart(store: Store) -> None:
    on = Writer(store)
    lines = [
        Told(on.entry(0, 1, "one"), NOW, ADA),
        Told(on.entry(1, 1, "two"), NOW + 1, BOB),
        Told(on.entry(0, 2, "three"), NOW + 2, BOB),
        Told(on.entry(0, 3, "four"), NOW + 3, None),
    ]
    on.commit(*lines, adds=[line.member for line in lines])
    assert heard(on) == {
        id_: {
            line.member.address: (line.at, line.agent) for line in lines if line.member.chain == id_
        }
        for id_ in on.chains
    }


def test_the_first_that_is_told_of_an_entry_counts(store: Store) -> None:
    on = Writer(store)
    first, again, third = (on.entry(0, position, "walrus") for position in (3, 1, 2))
    other = on.entry(1, 1, "otter")
    on.commit(
        Told(first, NOW + 50, ADA),
        Told(other, NOW, None),
        Told(again, NOW + 20, BOB),
        Told(again, NOW + 10, None),
        adds=[first, again, other],
    )
    on.commit(Told(third, NOW, BOB), adds=[third])
    found = heard(on)
    assert found[first.chain] == {first.address: (NOW + 50, ADA)}
    assert found[other.chain] == {other.address: (NOW, None)}


def test_what_a_commit_did_not_add_is_not_believed(store: Store) -> None:
    on = Writer(store)
    one, two, never = (on.entry(0, position, f"walrus {position}") for position in (1, 2, 3))
    on.commit(Told(one, NOW, ADA), adds=[one, two])
    on.commit(Told(two, NOW, BOB), Told(never, NOW, BOB), adds=[])  # was there; never came
    assert heard(on) == {one.chain: {one.address: (NOW, ADA)}}


def test_what_is_malformed_is_passed_over(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    on = Writer(store)
    one, two = (on.entry(0, position, f"walrus {position}") for position in (1, 2))
    with monkeypatch.context() as patched:
        patched.setattr(moment, "iso", lambda at: "2026-13-01T00:00:00Z")
        on.commit(Told(two, NOW, ADA), adds=[two])
    on.commit(Told(one, NOW, ADA), adds=[one])
    assert heard(on) == {one.chain: {one.address: (NOW, ADA)}}
