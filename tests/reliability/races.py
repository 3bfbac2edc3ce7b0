"""Races of real processes, counted: what they said is done, and what is there afterwards."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from tests import clones, soundness
from tests.support import mnemo, run_git, sealed_environment
from tests.test_races_verbs import CLAIM, PROJECT, PROMOTE, S, Workers, all_texts, said

PROCESSES = (2, 4, 8, 16)
CLAIMS = 48
"""Claims of all processes of one run together."""

ARCHIVING = f"""
for number in range(times):
    os.environ["GIT_MNEMO_SESSION"] = f"s_5e55101{{number % 2}}"
    git_mnemo("claim", f"{{me}}/{{number}}")
    if me == "0":
        git_mnemo("archive", "{S}")
        git_mnemo("restore", "{S}")
"""

SYNCING = """
session = f"s_{os.getpid():08x}"
name = os.path.basename(os.getcwd())
for number in range(times):
    assert git_mnemo("claim", f"{name}/{number}", "--session", session) == 0
    assert git_mnemo("promote", "--session", session) == 0
    git_mnemo("sync")
"""

BESIDE: Mapping[str, str] = {
    "nothing, loose refs": "",
    "git pack-refs --all": "git pack-refs --all",
    "git repack -ad": "git repack -adq",
    "git gc": "git pack-refs --all; git gc --quiet --prune=5.seconds.ago",
}
"""What loops beside the processes. What is younger than five seconds is left to live, as git leaves
two weeks: decision 0002 tells what a loop of `--prune=now` does to any git."""


Outcome = tuple[list[str], set[str]]
"""The claims that were said to be done, and those that are there, of one run."""

Act = Callable[[Path, int, str], Outcome]
"""One run in a folder: of so many processes, with a command looping beside."""


class Race(NamedTuple):
    """The runs of one verb with one thing beside, and what was claimed and lost in them."""

    verb: str
    beside: str
    runs: int
    claims: int
    lost: int


def run_all() -> Iterator[Race]:
    """Every verb, with everything beside, by 2 to 16 processes."""
    for verb, act in (("claim", _claim), ("promote", _promote), ("archive", _archive)):
        for name, command in BESIDE.items():
            yield _several(verb, name, command, act)
    yield _several("sync", "git gc", BESIDE["git gc"], _sync)


def _several(verb: str, name: str, command: str, act: "Act") -> Race:
    claims = lost = 0
    for processes in PROCESSES:
        folder = Path(tempfile.mkdtemp(prefix="race-"))
        try:
            home = folder / "home"
            home.mkdir()
            with mock.patch.dict(os.environ, sealed_environment(home), clear=True):
                done, there = act(folder, processes, command)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        claims += len(done)
        lost += len(set(done) - there)
    return Race(verb, name, len(PROCESSES), claims, lost)


def _claim(folder: Path, processes: int, beside: str) -> Outcome:
    return _one(folder, beside, [(CLAIM, CLAIMS // processes)] * processes)


def _promote(folder: Path, processes: int, beside: str) -> Outcome:
    done, _ = _one(folder, beside, [(PROMOTE, CLAIMS // processes)] * processes)
    soundness.check(folder / "repo")
    return done, set(soundness.texts(folder / "repo", PROJECT))


def _archive(folder: Path, processes: int, beside: str) -> Outcome:
    return _one(folder, beside, [(ARCHIVING, CLAIMS // processes)] * processes)


def _one(folder: Path, beside: str, programs: list[tuple[str, int]]) -> Outcome:
    """Processes in one repository."""
    repo = folder / "repo"
    run_git("init", "--quiet", str(repo))
    run_git("commit", "--quiet", "--allow-empty", "--message", "Start", cwd=repo)
    assert mnemo("claim", "first", "--session", S, cwd=repo).code == 0
    with _looping(beside, repo):
        done = said(Workers(repo, *programs).ended())
    soundness.check(repo)
    return done, all_texts(repo)


def _sync(folder: Path, processes: int, beside: str) -> Outcome:
    """Processes that share through one remote, each from a clone of its own."""
    hub = clones.hub(folder)
    members = hub.shared(*(f"c{number}" for number in range(processes)))
    with _looping(beside, *(one.path for one in members)):
        working = [Workers(one.path, (SYNCING, CLAIMS // processes)) for one in members]
        done = [text for one in working for text in said(one.ended())]
    for _ in range(2):  # those who were told that others were faster come again, one by one
        for one in members:
            one.only("sync")
    tips = {one.ref() for one in members}
    assert tips == {hub.ref()}, tips
    for one in members:
        soundness.check(one.path)
    return done, hub.knows()


@contextmanager
def _looping(command: str, *repos: Path) -> Iterator[None]:
    """A command over and over in each repository, until the processes are done."""
    if not command:
        yield
        return
    loop = f"while :; do {command}; sleep 0.1; done"
    quiet = subprocess.DEVNULL
    running = [
        subprocess.Popen(
            ["sh", "-c", loop], cwd=repo, stdout=quiet, stderr=quiet, start_new_session=True
        )
        for repo in repos
    ]
    try:
        yield
    finally:
        for one in running:
            os.killpg(one.pid, signal.SIGTERM)
            one.wait()
        time.sleep(0.3)
        for repo in repos:
            for lock in (repo / ".git").rglob("*.lock"):  # of a git that was ended here
                lock.unlink()
