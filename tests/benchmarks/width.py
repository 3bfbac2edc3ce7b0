"""width: 100,000 chains begun on one day, and one claim and one promotion among them."""

from collections import Counter
from pathlib import Path

from git_mnemo.refs import PROJECT
from tests.benchmarks.measure import Case, Report, interleave
from tests.benchmarks.projects import Library
from tests.benchmarks.sessions import Promoter
from tests.support import run_git

CHAINS = 100_000


def run(folder: Path, library: Library, report: Report, rounds: int) -> None:
    """The largest folder, and what it costs to write beside so many."""
    narrow, wide = (Promoter(library.wide(chains)) for chains in (CHAINS // 100, CHAINS))
    listed = run_git("ls-tree", "-r", "-t", "-d", "--name-only", PROJECT, cwd=wide.path)
    largest = max(Counter(path.rpartition("/")[0] for path in listed.splitlines()).values())
    report.fact(f"largest folder, {CHAINS:,} chains of one day", f"{largest:,} entries", "< 3,000")
    times = interleave(
        [
            Case(
                f"git mnemo claim, {CHAINS // 100:,} chains of one day", narrow.claim, narrow.begin
            ),
            Case(f"git mnemo claim, {CHAINS:,} chains of one day", wide.claim, wide.begin),
            Case(f"git mnemo promote, {CHAINS // 100:,} chains", narrow.process, narrow.begin),
            Case(f"git mnemo promote, {CHAINS:,} chains", wide.process, wide.begin),
        ],
        rounds,
    )
    report.times(times)
    few, many, few_promoted, many_promoted = times
    report.ratio("claim among 100,000 chains of a day / among 1,000", many, few)
    report.ratio("promote among 100,000 chains of a day / among 1,000", many_promoted, few_promoted)
