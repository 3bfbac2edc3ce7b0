"""claim: one process of `git mnemo claim` against the shell script that does the same."""

import sys
from itertools import count
from pathlib import Path

from tests.benchmarks import shell
from tests.benchmarks.measure import Case, Report, interleave
from tests.benchmarks.projects import Library
from tests.benchmarks.scratch import mnemo, new_repository, process


def run(folder: Path, library: Library, report: Report, rounds: int) -> None:
    """One claim at the end of a chain of ten."""
    repository = new_repository(folder / "repository")
    numbers = count(1)

    def claim() -> None:
        mnemo(repository, "claim", f"Claim {next(numbers)}: the pool is created per request.")

    for _ in range(9):
        claim()
    times = interleave(
        [
            Case("python -c pass", lambda: process([sys.executable, "-c", "pass"], repository)),
            Case("plumbing, one mktree", shell.short(repository)),
            Case("plumbing, the five folders", shell.nested(repository)),
            Case("git mnemo claim", claim),
            Case("git mnemo", lambda: mnemo(repository)),
        ],
        rounds,
    )
    report.times(times)
    start, short, nested, claimed, bare = times
    report.ratio("claim / plumbing (one mktree)", claimed, short, "at most 6, goal 4")
    report.ratio("claim / plumbing (the five folders)", claimed, nested)
    report.ratio("claim / python -c pass", claimed, start)
    report.ratio("git mnemo / plumbing (one mktree)", bare, short)
