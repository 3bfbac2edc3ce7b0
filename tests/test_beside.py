"""A new index is written by a thread of its own: whole, or not at all, and without hanging."""

import gc
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_mnemo.index import FILE, Index, beside, filling, seen, tables
from git_mnemo.index.beside import Beside
from git_mnemo.index.engine import sqlite3
from git_mnemo.index.seen import Seen
from git_mnemo.index.waiting import SAID, Handed, Waiting
from git_mnemo.repository import discover
from tests.test_search import Project, said, write_by_few
from tests.verbs import NOW, ask, claim


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few rows are many."""
    write_by_few(monkeypatch, 3)


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    """The tables of an index, empty."""
    made = tables.in_memory()
    made.execute("BEGIN")
    tables.make(made)
    yield made
    made.close()


def threads() -> int:
    return sum(thread.name == "index" for thread in threading.enumerate())


def rows_of(words: list[str]) -> list[tuple[object, ...]]:
    return [(number, "", "", word, "", "", "") for number, word in enumerate(words, 4)]


def searched(database: sqlite3.Connection) -> list[tuple[int, str]]:
    asked = database.execute("SELECT doc, term FROM word ORDER BY doc")
    return [(number, term) for number, term in asked.fetchall()]


def remember(claims: int) -> None:
    for number in range(claims):
        claim(f"Walrus {number:03d}", "--new-chain", now=NOW + number)
    ask("promote", "--all")


def dump(index: Index) -> list[object]:
    tables_ = ("node", "chain", "entry", "teller", "walked", "size", "input", "anchor", "word")
    return [(one, index.ask(f"SELECT * FROM {one}")) for one in tables_]


# -- writing -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("few")
@given(sizes=st.lists(st.integers(0, 9), max_size=12))
def test_all_that_was_put_is_written_in_order_however_it_comes(sizes: list[int]) -> None:
    database = tables.in_memory()
    database.execute("BEGIN")
    tables.make(database)
    waiting = Beside(database)
    number = count(4)
    put: list[int] = []
    for size in sizes:
        some = [next(number) for _ in range(size)]
        put += some
        waiting.put(SAID, [(one, "", "", f"w{one}", "", "", "") for one in some])
        waiting.put("walked", [(bytes([one]),) for one in some])
        waiting.sizes.update((one, 1) for one in some)
        if waiting.is_much():
            waiting.flush()
    waiting.finish()
    waiting.close()
    assert searched(database) == [(one, f"w{one}") for one in put]
    walked = database.execute("SELECT oid FROM walked ORDER BY oid").fetchall()
    assert walked == [(bytes([one]),) for one in put]
    assert waiting.words == len(put)
    assert threads() == 0


@pytest.mark.usefixtures("few")
def test_who_puts_more_than_can_be_written_waits(
    database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes = threading.Semaphore(0)
    write = Waiting._write

    def slowly(self: Waiting, *handed: object) -> None:
        writes.acquire(timeout=10)
        write(self, *handed)  # type: ignore[arg-type]

    monkeypatch.setattr(Waiting, "_write", slowly)
    waiting = Beside(database)

    def put() -> None:
        for number in range(8):
            waiting.put("walked", [(bytes([number]),)])
            waiting.flush()

    putting = threading.Thread(target=put)
    putting.start()
    putting.join(0.2)
    assert putting.is_alive()
    for _ in range(9):
        writes.release()
    putting.join(10)
    assert not putting.is_alive()
    waiting.finish()
    assert database.execute("SELECT count(*) FROM walked").fetchone() == (8,)


@pytest.mark.usefixtures("few")
def test_what_goes_wrong_in_the_thread_is_raised_and_nobody_waits_for_ever(
    database: sqlite3.Connection,
) -> None:
    waiting = Beside(database)

    def put_much() -> None:
        for _ in range(20):
            waiting.put("nowhere", [(1,), (2,), (3,)])
            waiting.flush()

    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        put_much()
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        waiting.finish()
    waiting.close()
    assert threads() == 0


@pytest.mark.usefixtures("few")
def test_the_last_rows_can_fail_too(database: sqlite3.Connection) -> None:
    waiting = Beside(database)
    waiting.put("walked", [(b"a",), (b"b",), (b"c",)])
    waiting.flush()
    waiting.put("nowhere", [(1,)])  # too few for a statement of the thread
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        waiting.finish()
    waiting.close()
    assert threads() == 0


# -- an index ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("few")
def test_an_index_is_the_same_however_it_is_written(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(17)
    store = discover().store
    here = dump(Index(store, str(repo / ".git" / "here")))
    with monkeypatch.context() as patched:
        patched.setattr(beside, "is_possible", lambda database: False)
        alone = dump(Index(store, str(repo / ".git" / "alone")))
    assert here == alone
    assert threads() == 0


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(("joined", "pieces"), [(18 * 9, 3), (18 * 10, 1)])
def test_the_words_of_a_new_index_are_one_piece_unless_there_are_many(
    repo: Path, monkeypatch: pytest.MonkeyPatch, joined: int, pieces: int
) -> None:
    monkeypatch.setattr(beside, "_JOINED", joined)
    remember(18)
    index = Index(discover().store, str(repo / ".git" / "new"))
    assert index.ask("SELECT count(DISTINCT segid) FROM said_idx") == [(pieces,)]
    assert index.ask("SELECT count(*) FROM temp.sqlite_master") == [(0,)]


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("failing", [KeyboardInterrupt, sqlite3.OperationalError])
def test_a_build_that_is_cut_short_leaves_nothing_behind(
    repo: Path, failing: type[BaseException]
) -> None:
    remember(17)
    store = discover().store
    folder = repo / ".git" / "cut"
    told: list[int] = []

    def progress(done: int) -> None:
        told.append(done)
        if len(told) == 2:
            raise failing

    if failing is KeyboardInterrupt:
        with pytest.raises(KeyboardInterrupt):
            Index(store, str(folder), progress)
    else:
        assert Index(store, str(folder), progress).counts().nodes == 17  # in memory
    assert len(told) >= 2
    assert gc.isenabled()
    assert threads() == 0
    found = sqlite3.connect(str(folder / FILE))
    assert found.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    found.close()
    assert Index(store, str(folder)).counts().nodes == 17


@pytest.mark.usefixtures("few")
def test_a_full_disk_in_the_thread_is_served_from_memory(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(17)
    connect = tables.connect

    def small(path: str) -> sqlite3.Connection:
        made = connect(path)
        made.execute("PRAGMA max_page_count = 40")
        return made

    class Large(Beside):
        def put(self, into: str, rows: list[tuple[object, ...]], length: int = 0) -> None:
            if into == "walked":
                rows = [(one[0] + bytes(9000),) for one in rows]  # type: ignore[operator]
            super().put(into, rows, length)

    monkeypatch.setattr(tables, "connect", small)
    monkeypatch.setattr(beside, "Beside", Large)
    index = Index(discover().store, str(repo / ".git" / "small"))
    assert index.generation == 1
    assert index.counts().nodes == 17
    assert threads() == 0


def test_a_small_index_needs_no_thread(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remember(3)
    monkeypatch.setattr(Beside, "_begin", lambda self: pytest.fail("a thread"))
    assert Index(discover().store, str(repo / ".git" / "few")).counts().nodes == 3


@pytest.mark.parametrize("texts", [["walrus otter", "heron"], ["walrus otter"] * 2])
def test_few_claims_that_are_long_do_not_wait_for_more(
    repo: Path, monkeypatch: pytest.MonkeyPatch, texts: list[str]
) -> None:
    project = Project(repo)
    project.step([said(position, text) for position, text in enumerate(texts, 1)])
    monkeypatch.setattr(Waiting, "long", 10)
    begun: list[Beside] = []
    begin = Beside._begin

    def noted(self: Beside) -> bool:
        begun.append(self)
        return begin(self)

    monkeypatch.setattr(Beside, "_begin", noted)
    assert Index(project.store, str(repo / ".git" / "long")).rows() == len({*texts})
    assert len(begun) == 1


@pytest.mark.usefixtures("few")
def test_where_no_thread_can_be_had_rows_are_written_without(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(17)
    store = discover().store
    here = dump(Index(store, str(repo / ".git" / "here")))

    def none(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", none)
    assert dump(Index(store, str(repo / ".git" / "alone"))) == here


@pytest.mark.usefixtures("few")
def test_who_is_interrupted_again_still_waits_for_the_thread(
    database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = Beside(database)
    waiting.put("walked", [(b"a",)])
    waiting.flush()
    thread, join = waiting._thread, threading.Thread.join
    assert thread is not None
    pressed = iter([True, True])

    def interrupted(self: threading.Thread, timeout: float | None = None) -> None:
        if next(pressed, False):
            raise KeyboardInterrupt
        join(self, timeout)

    monkeypatch.setattr(threading.Thread, "join", interrupted)
    with pytest.raises(KeyboardInterrupt):
        waiting.close()
    assert not thread.is_alive()
    assert waiting._thread is None


def test_where_a_thread_is_no_help_there_is_none(
    database: sqlite3.Connection, tmp_path: Path
) -> None:
    assert type(filling._waiting(database, fresh=True)) is Waiting  # in memory
    kept = tables.connect(str(tmp_path / FILE))
    tables.make(kept)
    assert type(filling._waiting(kept, fresh=True)) is Beside
    assert type(filling._waiting(kept, fresh=False)) is Waiting
    kept.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)
    assert type(filling._waiting(kept, fresh=True)) is Waiting
    kept.close()


@pytest.mark.usefixtures("few")
def test_long_claims_are_not_collected(
    database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "_LONG", 100)
    monkeypatch.setattr(Waiting, "long", 100)
    waiting = Beside(database)
    monkeypatch.setattr(beside, "_AT_ONCE", 4)
    waiting.put(SAID, rows_of(["word " * 30]), 150)
    assert waiting.is_much()
    waiting.flush()
    waiting._handed.put(Handed({}, {}, 0))  # once there is room for this and one more,
    waiting._handed.put(Handed({}, {}, 0))
    waiting._handed.put(Handed({}, {}, 0))  # the first is done
    assert searched(database) == [(4, "word")] * 30
    assert not waiting.is_much()
    waiting.finish()


@pytest.mark.usefixtures("few")
def test_what_was_handed_over_is_not_much_any_more(database: sqlite3.Connection) -> None:
    waiting = Beside(database)
    for number in range(12):
        waiting.put("walked", [(bytes([number]),)], Waiting.long // 10)
        assert not waiting.is_much()
        waiting.flush()
    waiting.finish()


# -- the nodes that were seen ------------------------------------------------------------------


@given(ids=st.lists(st.binary(min_size=2, max_size=2), max_size=200))
def test_a_node_keeps_the_number_that_it_got_first(ids: list[bytes]) -> None:
    few = Seen(2, places=2)
    known: dict[bytes, int] = {}
    for id_ in ids:
        is_new = id_ not in known
        number = known.setdefault(id_, len(known) + 1)
        assert few.number(id_) == (number, is_new)
    for id_, number in known.items():
        assert few.number(id_) == (number, False)


def test_nodes_of_one_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "hash", lambda id_: 7, raising=False)
    few = Seen(1, places=2)
    for number in range(40):
        assert few.number(bytes([number])) == (number + 1, True)
    for number in range(40):
        assert few.number(bytes([number])) == (number + 1, False)
