"""`python -m tests.benchmarks [NAME...]`: run the benchmarks and print what they found."""

import argparse
import tempfile
from pathlib import Path
from typing import Protocol

from tests.benchmarks import (
    agents,
    anchoring,
    claims,
    collecting,
    hooking,
    importing,
    machine,
    promotion,
    recalling,
    resident,
    serving,
    states,
    syncing,
    width,
)
from tests.benchmarks.measure import ROUNDS, Report
from tests.benchmarks.projects import Library
from tests.benchmarks.scratch import seal


class Family(Protocol):
    """A module of this package that measures one thing."""

    __doc__: str | None

    def run(self, folder: Path, library: Library, report: Report, rounds: int) -> None:
        """Measure it in `folder`, each case `rounds` times."""


BENCHMARKS: dict[str, Family] = {
    "claim": claims,
    "resident": resident,
    "promote": promotion,
    "width": width,
    "status": states,
    "import": importing,
    "anchors": anchoring,
    "recall": recalling,
    "gc": collecting,
    "sync": syncing,
    "mcp": serving,
    "hooks": hooking,
    "agents": agents,
}


def main() -> None:
    """Run those that are named, or all; a slow machine is no failure."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--dir", type=Path, help="make the scratch folder here")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="times that each case runs")
    parser.add_argument("--million", action="store_true",
                        help="recall: a project of 1,000,000 nodes, too (minutes)")  # fmt: skip
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark {unknown[0]!r}: there are {', '.join(BENCHMARKS)}")
    with tempfile.TemporaryDirectory(prefix="mnemo-bench-", dir=options.dir) as folder:
        library = Library(Path(folder), options.million)
        measure(library, options.names or list(BENCHMARKS), options.rounds)


def measure(library: Library, names: list[str], rounds: int) -> None:
    """Run the benchmarks of these names below the folder of the library."""
    folder = library.folder
    seal(folder)
    print(*machine.describe(folder), sep="\n")
    report = Report()
    for name in names:
        benchmark = BENCHMARKS[name]
        print(f"\n{(benchmark.__doc__ or name).strip()}")
        below = folder / name
        below.mkdir()
        benchmark.run(below, library, report, rounds)
    print("\nratios of medians, and counts:", *report.lines, sep="\n  ")


if __name__ == "__main__":
    main()
