"""sync: one promotion out of one clone and into another, against git's own push and fetch of code.

Both go through one bare repository on this disk, in the same two clones, at three sizes of memory.
"""

import itertools
from functools import partial
from pathlib import Path

from tests.benchmarks.measure import Case, Report, interleave
from tests.benchmarks.projects import Library, text
from tests.benchmarks.scratch import mnemo
from tests.support import run_git

SIZES = (1_000, 10_000, 100_000)
_NUMBERS = itertools.count(10_000_000)


def run(folder: Path, library: Library, report: Report, rounds: int) -> None:
    """Time a sync on both sides, and git's push and fetch beside it."""
    for size in SIZES:
        here, there = _clones(folder / str(size), library, size)
        cases = [
            Case(
                f"sync out and in, {size:,} nodes",
                partial(_sync, here, there),
                partial(_promote, here),
            ),
            Case(
                f"git push and fetch, {size:,} nodes",
                partial(_code, here, there),
                partial(_commit, here),
            ),
        ]
        times = interleave(cases, min(rounds, 7))
        report.times(times)
        report.ratio(f"sync / git push + fetch, {size:,} nodes", times[0], times[1])


def _clones(folder: Path, library: Library, size: int) -> tuple[Path, Path]:
    folder.mkdir()
    here = library.sized(size)
    hub = folder / "hub"
    run_git("init", "--quiet", "--bare", str(hub), cwd=folder)
    run_git("remote", "add", "origin", str(hub), cwd=here)
    _commit(here)
    run_git("push", "--quiet", "origin", "HEAD:refs/heads/main", cwd=here)
    mnemo(here, "init", "--share", "origin", "--yes")
    there = folder / "there"
    run_git("clone", "--quiet", "--branch", "main", f"file://{hub}", str(there), cwd=folder)
    mnemo(there, "init", "--share", "origin", "--yes")
    return here, there


def _promote(here: Path) -> None:
    mnemo(here, "claim", "--new-chain", text(next(_NUMBERS)))
    mnemo(here, "promote")


def _sync(here: Path, there: Path) -> None:
    mnemo(here, "sync")
    mnemo(there, "sync")


def _commit(here: Path) -> None:
    (here / "code.txt").write_text(text(next(_NUMBERS)))
    run_git("add", "code.txt", cwd=here)
    run_git("commit", "--quiet", "--message", "Change the code", cwd=here)


def _code(here: Path, there: Path) -> None:
    run_git("push", "--quiet", "origin", "HEAD:refs/heads/main", cwd=here)
    run_git("fetch", "--quiet", "origin", cwd=there)
