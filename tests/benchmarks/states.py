"""status: with 1,000 and 100,000 nodes in the project and a current index; and its first build."""

from pathlib import Path

from git_mnemo.index import FILE
from tests.benchmarks.measure import Case, Report, interleave
from tests.benchmarks.projects import Library
from tests.benchmarks.scratch import mnemo, process
from tests.benchmarks.sessions import Promoter

SMALL, LARGE = 1_000, 100_000


def run(folder: Path, library: Library, report: Report, rounds: int) -> None:
    """The command that everybody types, and what it stands on."""
    small, large = library.sized(SMALL), library.sized(LARGE)
    for path in (small, large):
        _with_session(path)
    times = interleave(
        [
            Case(f"git mnemo status, {SMALL:,} nodes", lambda: mnemo(small, "status")),
            Case(f"git mnemo status, {LARGE:,} nodes", lambda: mnemo(large, "status")),
        ],
        rounds,
    )
    report.times(times)
    report.ratio("status at 100k / at 1k", times[1], times[0], "at most 1.5")
    first_build(large, report)


def _with_session(path: Path) -> None:
    """Make the worktree's session one with a chain promoted and a chain not."""
    promoter = Promoter(path)
    promoter.begin()
    promoter.process()
    mnemo(path, "claim", "--new-chain", "What is not promoted yet.")
    mnemo(path, "status")


def first_build(path: Path, report: Report) -> None:
    """The index from nothing, against git reading every object once."""
    read_all = ["git", "cat-file", "--batch-all-objects", "--unordered", "--batch"]
    times = interleave(
        [
            Case("first build of the index, a node", lambda: mnemo(path, "reindex"), units=LARGE),
            Case("git cat-file of every object, a node", lambda: process(read_all, path),
                 units=LARGE),
        ],
        rounds=3,
        warm=False,
    )  # fmt: skip
    report.times(times)
    size = (path / ".git" / "mnemo" / FILE).stat().st_size
    report.fact("first build of the index, nodes a second", f"{1 / times[0].median:,.0f}")
    report.ratio("first build of the index / git cat-file of every object", times[0], times[1])
    report.fact(f"size of the index, {LARGE:,} nodes", f"{size / 1e6:.1f} MB")
