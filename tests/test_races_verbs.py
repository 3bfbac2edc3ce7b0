"""Real processes that use the verbs at the same time, with git tidying up beside them."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from tests import soundness
from tests.support import mnemo, run, run_git

TIMES = 20
S = "s_5e551011"
SESSION = f"refs/mnemo/sessions/{S}"
PROJECT = "refs/mnemo/project"

PRELUDE = """
import os, sys
from git_mnemo.__main__ import run
from git_mnemo.cli.boundary import guard

me, times = sys.argv[1], int(sys.argv[2])


def git_mnemo(*arguments):
    return guard(run, arguments)


print("ready", file=sys.stderr, flush=True)
sys.stdin.readline()
"""

CLAIM = f"""
for number in range(times):
    assert git_mnemo("claim", f"{{me}}/{{number}}", "--session", "{S}") == 0
"""

CLAIM_BY_PROCESS = f"""
import subprocess
for number in range(times):
    command = [sys.executable, "-m", "git_mnemo", "claim", f"{{me}}/{{number}}", "--session", "{S}"]
    subprocess.run(command, check=True)
"""

PROMOTE = """
session = f"s_{int(me):08x}"
for number in range(times):
    assert git_mnemo("claim", f"{me}/{number}", "--session", session) == 0
    assert git_mnemo("promote", "--session", session) == 0
"""

PROMOTE_ALL = f"""
for number in range(times):
    git_mnemo("promote", "--all", "--session", "{S}")
"""

ARCHIVE = f"""
import time
for number in range(times):
    assert git_mnemo("archive", "{S}") == 0
    time.sleep(0.05)
"""

CLAIM_ANYHOW = """
for number in range(times):
    os.environ["GIT_MNEMO_SESSION"] = f"s_5e55101{number % 2}"
    git_mnemo("claim", f"{me}/{number}")
"""

RESTORE = f"""
for number in range(times):
    git_mnemo("restore", "{S}")
    git_mnemo("archive", "{S}")
"""

COLLECT = """
for number in range(times):
    git_mnemo("gc", "--expire", "now")
"""

READ = """
for number in range(times):
    for command in (["status"], ["chains"], ["log"]):
        assert git_mnemo(*command) == 0, command
"""


class Workers:
    """Processes that wait for each other and then run."""

    def __init__(self, repo: Path, *programs: tuple[str, int]) -> None:
        self._running = [
            subprocess.Popen(
                [sys.executable, "-c", PRELUDE + program, str(number), str(times)],
                cwd=repo,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for number, (program, times) in enumerate(programs)
        ]
        for worker in self._running:
            assert worker.stderr is not None
            assert worker.stderr.readline() == "ready\n"
        for worker in self._running:
            assert worker.stdin is not None
            worker.stdin.write("go\n")
            worker.stdin.flush()

    def ended(self) -> list[str]:
        """What each printed."""
        both = [worker.communicate(timeout=120) for worker in self._running]
        for worker, (_, err) in zip(self._running, both, strict=True):
            assert worker.returncode == 0, err
            assert "bug" not in err
            assert "Traceback" not in err
        return [out for out, _ in both]


def race(repo: Path, *programs: tuple[str, int]) -> list[str]:
    return Workers(repo, *programs).ended()


@contextmanager
def tidying(repo: Path) -> Iterator[None]:
    """git packs refs and collects garbage beside, over and over, for a bounded time.

    What is younger than five seconds is left alone, as git leaves two weeks: a gc that looked at
    the refs just before one moved may delete just after, and then any git command loses, too.
    """
    loop = (
        "for n in $(seq 100); do git pack-refs --all;"
        " git gc --quiet --prune=5.seconds.ago; sleep 0.1; done"
    )
    quiet = subprocess.DEVNULL
    beside = subprocess.Popen(
        ["sh", "-c", loop], cwd=repo, stdout=quiet, stderr=quiet, start_new_session=True
    )
    try:
        yield
    finally:
        os.killpg(beside.pid, signal.SIGTERM)
        beside.wait()
        time.sleep(0.3)
        for lock in (repo / ".git").rglob("*.lock"):  # of a git that was ended here
            lock.unlink()


@contextmanager
def alone(repo: Path) -> Iterator[None]:
    yield


def said(printed: list[str]) -> list[str]:
    """The claims that were said to be done."""
    lines = "".join(printed).splitlines()
    return [line.partition("] ")[2] for line in lines if line.startswith("[ch_")]


def all_texts(repo: Path) -> set[str]:
    return {text for name in soundness.refs_of(repo) for text in soundness.texts(repo, name)}


def subjects(repo: Path, name: str) -> list[str]:
    return run_git("log", "--format=%s", name, cwd=repo).splitlines()


def positions_are_unique(repo: Path) -> None:
    for name, entries in soundness.held(repo).items():
        places = Counter((one.chain, one.position) for one in entries)
        assert max(places.values()) == 1, name


Beside = Callable[[Path], AbstractContextManager[None]]
beside = pytest.mark.parametrize("beside", [alone, tidying])


@pytest.mark.parametrize(
    ("beside", "program", "workers", "times"),
    [
        (alone, CLAIM, 8, 50),
        (tidying, CLAIM, 4, 20),
        (alone, CLAIM_BY_PROCESS, 4, 8),
        (tidying, CLAIM_BY_PROCESS, 4, 8),
    ],
)
def test_claims_into_one_session(
    repo: Path, beside: Beside, program: str, workers: int, times: int
) -> None:
    with beside(repo):
        race(repo, *[(program, times)] * workers)
    expected = sorted(f"{me}/{number}" for me in range(workers) for number in range(times))
    soundness.check(repo)
    claims = soundness.texts(repo, SESSION)
    titles = Counter(claims) - Counter(expected)
    assert sorted((Counter(claims) - titles).elements()) == expected
    assert sorted(line.partition(": ")[2] for line in subjects(repo, SESSION)) == expected
    positions_are_unique(repo)


@pytest.mark.parametrize(("beside", "workers", "times"), [(alone, 8, 50), (tidying, 4, 12)])
def test_promotions_into_one_project(repo: Path, beside: Beside, workers: int, times: int) -> None:
    with beside(repo):
        race(repo, *[(PROMOTE, times)] * workers)
    soundness.check(repo)
    expected = {f"{me}/{number}" for me in range(workers) for number in range(times)}
    assert expected <= set(soundness.texts(repo, PROJECT))
    assert len(subjects(repo, PROJECT)) == workers * times
    assert run_git("rev-list", "--merges", PROJECT, cwd=repo) == ""
    positions_are_unique(repo)
    log = run("git", "log", "-g", "--format=%H", PROJECT, cwd=repo).out.split()
    assert len(log) == workers * times
    for new, old in pairwise(log):
        assert run("git", "merge-base", "--is-ancestor", old, new, cwd=repo).code == 0


@beside
def test_claims_while_the_session_is_archived(repo: Path, beside: Beside) -> None:
    assert mnemo("claim", "first", "--session", S).code == 0
    with beside(repo):
        printed = race(repo, *[(CLAIM_ANYHOW, TIMES)] * 4, (ARCHIVE, 8))
    soundness.check(repo)
    done = said(printed)
    assert len(done) > TIMES
    assert set(done) <= all_texts(repo)
    assert any("/archive/" in name for name in soundness.refs_of(repo))


@beside
def test_claims_while_their_session_is_promoted(repo: Path, beside: Beside) -> None:
    assert mnemo("claim", "first", "--session", S).code == 0
    with beside(repo):
        printed = race(repo, *[(CLAIM, TIMES)] * 2, *[(PROMOTE_ALL, 10)] * 2)
    soundness.check(repo)
    assert set(said(printed)) <= set(soundness.texts(repo, SESSION))
    assert len(said(printed)) == 2 * TIMES
    assert mnemo("promote", "--all", "--session", S).code == 0
    assert soundness.held(repo)[SESSION] == soundness.held(repo)[PROJECT]
    assert run_git("rev-list", "--merges", PROJECT, cwd=repo) == ""


def test_gc_while_archives_are_restored(repo: Path) -> None:
    assert mnemo("claim", "kept", "--session", S).code == 0
    tip = soundness.refs_of(repo)[SESSION]
    race(repo, *[(RESTORE, 15)] * 2, *[(COLLECT, 15)] * 2)
    soundness.check(repo)
    mnemo("restore", S)  # a gc may have been the last: its note brings it back
    assert soundness.refs_of(repo)[SESSION] == tip


def test_the_index_is_removed_and_damaged_while_it_is_read(repo: Path) -> None:
    index = repo / ".git" / "mnemo" / "index.sqlite3"
    for number in range(30):
        assert mnemo("claim", f"claim {number}", "--session", S, "--new-chain").code == 0
        if number % 10 == 9:
            assert mnemo("promote", "--all", "--session", S).code == 0
    readers = Workers(repo, *[(READ, 12)] * 3, (PROMOTE, 8))
    end = time.monotonic() + 5
    turn = 0
    while time.monotonic() < end:
        turn += 1
        size = index.stat().st_size if index.exists() else 0
        if turn % 3 == 0:
            index.unlink(missing_ok=True)
        elif turn % 3 == 1 and size:
            with index.open("r+b") as file:
                file.write(os.urandom(min(size, 4096)))
        elif size:
            with index.open("r+b") as file:
                file.seek(size // 2)
                file.write(os.urandom(size // 2))
        time.sleep(0.02)
    readers.ended()
    soundness.check(repo)
    right = mnemo("status", "--json").out
    index.unlink(missing_ok=True)
    assert mnemo("status", "--json").out == right


def test_the_tests_see_what_they_read(repo: Path) -> None:
    """The reading that the other tests rely on finds a blob that is gone."""
    assert mnemo("claim", "one", "--session", S).code == 0
    soundness.check(repo)
    one = next(iter(soundness.held(repo)[SESSION]))
    (repo / ".git" / "objects" / one.address[:2] / one.address[2:]).unlink()
    with pytest.raises(AssertionError):
        soundness.check(repo)
