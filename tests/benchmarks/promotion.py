"""promote: a chain of ten into projects of 1,000, 10,000 and 100,000 nodes."""

from pathlib import Path

from tests.benchmarks.measure import Case, Report, interleave
from tests.benchmarks.projects import Library
from tests.benchmarks.scratch import count_objects
from tests.benchmarks.sessions import Promoter

SIZES = (1_000, 10_000, 100_000)


def run(folder: Path, library: Library, report: Report, rounds: int) -> None:
    """Time by size, in this process and in one of its own; and the objects that one writes."""
    promoters = [Promoter(library.sized(size)) for size in SIZES]
    verbs = [
        Case(f"the verb, {size:,} nodes", one.verb, one.begin)
        for size, one in zip(SIZES, promoters, strict=True)
    ]
    processes = [
        Case(f"git mnemo promote, {size:,} nodes", one.process, one.begin)
        for size, one in zip(SIZES, promoters, strict=True)
    ]
    times = interleave([*verbs, *processes], rounds)
    report.times(times)
    for what, (small, middle, large) in (("the verb", times[:3]), ("process", times[3:])):
        report.ratio(f"promote at 10k / at 1k, {what}", middle, small)
        report.ratio(f"promote at 100k / at 1k, {what}", large, small, "at most 2")
    for size, one in zip(SIZES, promoters, strict=True):
        one.begin()
        before = count_objects(one.path)
        one.process()
        new = count_objects(one.path) - before
        report.fact(f"new objects of a promotion at {size:,}", str(new), "at most 20")
