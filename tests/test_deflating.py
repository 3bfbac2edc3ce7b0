"""Deflating beside us: what comes back, in order, whatever becomes of the other process."""

import random
import sys
import zlib
from collections.abc import Iterator, Sequence

import pytest

from git_mnemo.store import deflating
from git_mnemo.store.deflating import Deflating

TEXTS = [random.Random(size).randbytes(size) for size in (0, 1, 1700, 1701, 300_000)] + [
    b"ab" * 850
]
GIVEN = [TEXTS, [b"claim %d" % number for number in range(128)], [], TEXTS[::-1]]


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deflating]:
    """One that starts another process at once, on a machine that has two processors."""
    monkeypatch.setattr(deflating, "ALONE", 0)
    monkeypatch.setattr(deflating, "_processors", lambda: 2)
    made = Deflating()
    yield made
    made.close()


def back(made: Deflating, given: Sequence[Sequence[bytes]]) -> list[list[bytes]]:
    """What is inflated of the answers to these, each of which comes with the next."""
    done = [made.swap(texts) for texts in (*given, ())]
    assert done[0] == []
    return [[zlib.decompress(one) for one in texts] for texts in done[1:]]


def test_what_is_given_comes_back_with_the_next(beside: Deflating) -> None:
    assert back(beside, GIVEN) == GIVEN
    process = beside._process
    assert process is not None
    assert process.poll() is None
    beside.close()
    assert process.returncode is not None


def test_short_texts_are_as_small_as_git_makes_them(beside: Deflating) -> None:
    texts = [" ".join(f"word {number % 7}" for number in range(n)).encode() for n in range(200)]
    beside.swap(texts)
    here, there = (sum(map(len, one)) for one in (map(zlib.compress, texts), beside.swap(())))
    assert there <= here * 1.01


@pytest.mark.parametrize("when", ["before", "while it has some"])
def test_a_process_that_dies_is_done_without(beside: Deflating, when: str) -> None:
    assert back(beside, GIVEN) == GIVEN
    assert beside._process is not None
    if when == "before":
        beside._process.kill()
        beside._process.wait()
    else:
        beside.swap(TEXTS)
        beside._process.kill()
        assert [zlib.decompress(one) for one in beside.swap(())] == TEXTS
    assert back(beside, GIVEN) == GIVEN
    assert beside._process is None


def test_without_another_process_all_is_done_here(
    beside: Deflating, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert back(beside, GIVEN) == GIVEN
    assert beside._process is None


def test_few_texts_start_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deflating, "_processors", lambda: 2)
    made = Deflating()
    assert back(made, GIVEN) == GIVEN
    assert made._process is None
    assert back(made, [[b"x"] * deflating.ALONE, [b"y"], [b"z"]])[1:] == [[b"y"], [b"z"]]
    assert made._process is not None
    made.close()
