"""recall: questions to projects of three sizes, one process, and what the index costs.

The words are drawn as natural language has them once its stop words are gone: some are common,
most are rare, so that a question finds some claims and not all of them.
"""

import itertools
import random
import sqlite3
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import chdir, closing
from functools import partial
from pathlib import Path

from git_mnemo.index import FILE, Index
from git_mnemo.recall import Question, Recall, Scope
from git_mnemo.repository import Repository
from tests.benchmarks import projects
from tests.benchmarks.measure import Case, Report, interleave
from tests.benchmarks.peaks import peak
from tests.benchmarks.projects import CHAIN, Filed, Library, make_chain
from tests.benchmarks.scratch import mnemo, new_repository, opened, process

SIZES = (1_000, 10_000, 20_000, 100_000)
MILLION = 1_000_000
QUESTIONS = 300
_SYLLABLES = tuple(first + second for first in "klmnrstv" for second in "aeiou")
_WORDS = [
    "".join(parts) for length in (2, 3, 4) for parts in itertools.product(_SYLLABLES, repeat=length)
][:20_000]
_WEIGHTS = list(itertools.accumulate(1 / (rank + 30) for rank in range(len(_WORDS))))
_NUMBERS = itertools.count(10_000_000)


def say(number: int) -> str:
    """A claim of 10 to 40 words."""
    draw = random.Random(number)
    words = draw.choices(_WORDS, cum_weights=_WEIGHTS, k=draw.randint(10, 40))
    return f"Finding {number}: {' '.join(words)}."


def run(folder: Path, library: Library, report: Report, rounds: int) -> None:
    """Ask warm, ask by a process, build, and follow one promotion."""
    sizes = [*SIZES, *([MILLION] if library.million else [])]
    made = {size: _project(folder / str(size), size) for size in sizes}
    for size, path in made.items():
        _build(path, size, report)
    for size, path in made.items():
        _ask(path, size, report)
    _process(made[10_000], report, rounds)
    _peak(made[sizes[-1]], sizes[-1], report)
    _update(made[SIZES[0]], made[sizes[-1]], sizes[-1], report, rounds)


def _project(path: Path, nodes: int) -> Path:
    made = new_repository(path)
    now = int(time.time())
    count = nodes // CHAIN

    def promotions() -> Iterator[list[Filed]]:
        for number in range(count):
            at = now - 60 - (count - number) * 30_000_000 // count
            yield [make_chain(number, at, say=say)]

    projects.write(made, promotions())
    return made


def _build(path: Path, size: int, report: Report) -> None:
    repository = opened(path)
    began, used = time.perf_counter(), time.process_time()
    counts = Index(repository.store, repository.shared_state).counts()
    wall, used = time.perf_counter() - began, time.process_time() - used
    held = _size(path / ".git" / "mnemo" / FILE)
    text = sum(len(say(number)) for number in range(size) if number % CHAIN)
    assert counts.nodes == size // CHAIN * (CHAIN - 1)
    report.fact(
        f"build of {size:,} nodes, nodes a second of wall and of processor time",
        f"{size / wall:,.0f}, {size / used:,.0f}",
        "at least 20,000",
    )
    report.fact(f"index of {size:,} nodes / its text", f"{held / text:.2f}x")


def _size(index: Path) -> int:
    """Bytes of an index, once what waits beside it is in it."""
    with closing(sqlite3.connect(index)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return index.stat().st_size


def _ask(path: Path, size: int, report: Report) -> None:
    draw = random.Random(1)
    repository = opened(path)
    seconds: list[float] = []
    used: list[float] = []
    for _ in range(QUESTIONS):
        words = say(draw.randrange(size)).split()[2:]
        question = " ".join(draw.sample(words, min(len(words), draw.randint(3, 9))))
        began, processor = time.perf_counter(), time.process_time()
        _answer(repository, question)
        seconds.append(time.perf_counter() - began)
        used.append(time.process_time() - processor)
    target = {20_000: "p95 at most 25 ms", MILLION: "p95 at most 300 ms"}.get(size, "")
    for what, kept in (("wall", seconds), ("processor", used)):
        ranks = statistics.quantiles(kept, n=20)
        told = f"p50 {ranks[9] * 1000:.1f} ms, p95 {ranks[18] * 1000:.1f} ms"
        report.fact(f"warm recall, {size:,} nodes, {what} time", told, target)


def _answer(repository: Repository, question: str) -> None:
    with chdir(repository.top or "."):
        Recall(repository, Scope(), int(time.time())).ask(Question(question))


def _process(path: Path, report: Report, rounds: int) -> None:
    words = say(77).split()[3:7]
    times = interleave(
        [
            Case("git mnemo recall, 10,000 nodes", lambda: mnemo(path, "recall", *words)),
            Case("python -c 'import click'",
                 lambda: process([sys.executable, "-c", "import click"], path)),
        ],
        rounds,
    )  # fmt: skip
    report.times(times)
    report.ratio("git mnemo recall / python and click", times[0], times[1], "at most 3")


def _peak(path: Path, size: int, report: Report) -> None:
    """The most memory that a process takes to answer, and to make the index again."""
    for words in (["recall", *say(77).split()[3:7]], ["reindex"]):
        needed = peak(path, *words)
        told = f"{needed.own >> 20} MB, the largest git {needed.git >> 20} MB"
        report.fact(f"memory of git mnemo {words[0]}, {size:,} nodes", told, "under 300 MB")


def _update(small: Path, large: Path, size: int, report: Report, rounds: int) -> None:
    times = interleave(
        [
            Case(f"index after a promotion, {nodes:,} nodes", partial(_open, path),
                 partial(_promote, path))
            for nodes, path in ((SIZES[0], small), (size, large))
        ],
        rounds,
    )  # fmt: skip
    report.times(times)
    report.ratio(f"following a promotion at {size:,} / at 1,000", times[1], times[0], "at most 1.5")


def _promote(path: Path) -> None:
    """One chain more; the index learns of it when it is opened next."""
    mnemo(path, "claim", "--new-chain", say(next(_NUMBERS)))
    mnemo(path, "promote", "--all")


def _open(path: Path) -> None:
    repository = opened(path)
    Index(repository.store, repository.shared_state)
