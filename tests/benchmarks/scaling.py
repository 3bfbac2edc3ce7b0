"""`python -m tests.benchmarks.scaling`: how time and memory of the commands grow with the memory.

Repositories of 1,000 to 1,000,000 nodes in chains of ten, with a session and an archive for each
thousand: what our commands take in them, how much memory, and what git's own take beside them.
"""

import argparse
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from git_mnemo import node
from tests.benchmarks import curve, machine, peaks
from tests.benchmarks.growing import OWN, World, fresh, session_id
from tests.benchmarks.importing import line
from tests.benchmarks.measure import Case, Report, Times, interleave
from tests.benchmarks.peaks import Peak
from tests.benchmarks.projects import text
from tests.benchmarks.resident import stream as stream_of
from tests.benchmarks.scratch import mnemo, new_repository, process, seal
from tests.support import run_git

SIZES = (1_000, 10_000, 100_000)
ROUNDS = 5
TARGET_MB = 300

_QUESTION = ("retry", "pool", "cold", "start")
_PEAKS = (
    ("reindex",), ("status",), ("chains",), ("log",), ("recall", *_QUESTION), ("verify",),
    ("export",), ("doctor",), ("session", "list"), ("gc", "--dry-run"),
)  # fmt: skip


def main() -> None:
    """Measure, print, and draw the curve where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.scaling", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, metavar="NODES", help="1000 10000 100000")
    parser.add_argument("--dir", type=Path, help="make the scratch folder here")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="times that each case runs")
    parser.add_argument(
        "--given", type=Path, metavar="REPOSITORY",
        help="a bare one, to take the largest project from instead of writing it",
    )  # fmt: skip
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the growth into this")
    options = parser.parse_args()
    picture = options.picture and options.picture.absolute()
    with tempfile.TemporaryDirectory(prefix="mnemo-scale-", dir=options.dir) as folder:
        seal(Path(folder))
        print(*machine.describe(Path(folder)), sep="\n")
        grown = Scaling(Path(folder), options.sizes or list(SIZES), options.rounds,
                        options.given).run()  # fmt: skip
    if picture:
        picture.write_text(curve.draw(grown), encoding="utf-8")
        print(f"\nwrote {picture}")


class Scaling:
    """One run; `run` gives the seconds of each command by the number of nodes."""

    def __init__(self, folder: Path, sizes: Sequence[int], rounds: int, given: Path | None) -> None:
        self._folder = folder
        self._rounds = rounds
        largest = max(sizes)
        self._worlds = [
            World(folder / str(size), size, given if size == largest else None)
            for size in sorted(sizes)
        ]
        self._report = Report()
        self._peaks: dict[str, dict[int, Peak]] = {}

    def run(self) -> curve.Grown:
        """All of it, smallest first."""
        for world in self._worlds:
            self._make(world)
        grown = self._commands()
        grown["import, a node"] = self._imports()
        for world in self._worlds:
            for words in _PEAKS[1:]:
                self._peak(world, world.full, *words)
        self._tell_peaks()
        self._beside()
        print("\nin short:", *self._report.lines, sep="\n  ", flush=True)
        return grown

    def _make(self, world: World) -> None:
        began = time.perf_counter()
        world.write()
        if world.given is None:
            self._peak(world, world.full, *_PEAKS[0])
        world.share()
        if world.given is None:
            self._peak(world, world.there, "init", "--share", "origin", "--yes", "--no-hooks",
                       called="the first fetch of all")  # fmt: skip
        print(f"made {world.nodes:,} nodes in {time.perf_counter() - began:.0f} s", flush=True)

    # -- time ----------------------------------------------------------------------------------

    def _commands(self) -> curve.Grown:
        grown: curve.Grown = {}
        for name, run, prepare in _STEPS:
            cases = [
                Case(f"{name}, {world.nodes:,} nodes", partial(run, world), partial(prepare, world))
                for world in self._worlds
            ]
            grown[name] = self._compared(name, interleave(cases, self._rounds))
        return grown

    def _compared(self, name: str, times: Sequence[Times]) -> dict[int, float]:
        self._report.times(times)
        least = times[0].median
        told = ", ".join(
            f"{curve.short(world.nodes)} {one.median / least:.2f}x"
            for world, one in zip(self._worlds, times, strict=True)
        )
        self._report.fact(name, told)
        return {w.nodes: one.median for w, one in zip(self._worlds, times, strict=True)}

    def _imports(self) -> dict[int, float]:
        """Lines into an empty project, and git writing the same nodes; by turns, but the largest
        only once."""
        seconds: dict[int, float] = {}
        for world in (one for one in self._worlds if one.given is None):
            lines, stream = self._lines(world.nodes)
            target, bare = self._folder / "target", self._folder / "bare"
            taken = Times("import"), Times("git fast-import")
            for _ in range(1 if world.nodes >= SIZES[-1] else 3):
                _anew(target)
                taken[0].seconds.append(
                    self._peak(world, target, "import", str(lines), called="import")
                )
                _anew(bare)
                began = time.perf_counter()
                _fast_import(bare, stream)
                taken[1].seconds.append(time.perf_counter() - began)
            what = f"git fast-import / import, {world.nodes:,}"
            self._report.ratio(what, taken[1], taken[0], "at least 0.5")
            seconds[world.nodes] = taken[0].median / world.nodes
            stream.unlink()
            lines.unlink()
        return seconds

    def _lines(self, nodes: int) -> tuple[Path, Path]:
        lines, stream = self._folder / "lines.jsonl", self._folder / "stream"
        with lines.open("w") as file:
            file.writelines(map(line, range(nodes)))
        with stream.open("wb") as out:
            for start in range(0, nodes, 1000):
                part = range(start, min(nodes, start + 1000))
                said = [node.encode(node.build(node.LEAF, text(number))) for number in part]
                out.write(stream_of(said, start))
        return lines, stream

    # -- memory --------------------------------------------------------------------------------

    def _peak(self, world: World, where: Path, *words: str, called: str | None = None) -> float:
        """Note what a command needs; its seconds."""
        began = time.perf_counter()
        peak = peaks.peak(where, *words)
        took = time.perf_counter() - began
        name = called or " ".join(words[:2] if words[0] == "session" else words[:1])
        self._peaks.setdefault(name, {})[world.nodes] = peak
        print(f"  {name:<24}{world.nodes:>10,} nodes {took:8.2f} s"
              f"{peak.own >> 20:6} MB, git {peak.git >> 20} MB", flush=True)  # fmt: skip
        return took

    def _tell_peaks(self) -> None:
        for name, by_size in self._peaks.items():
            told = ", ".join(f"{curve.short(n)} {peak.own >> 20}" for n, peak in by_size.items())
            git = max(peak.git for peak in by_size.values()) >> 20
            self._report.fact(f"MB of {name}", f"{told}; git {git}", f"at most {TARGET_MB}")

    # -- the user's own git --------------------------------------------------------------------

    def _beside(self) -> None:
        for world in self._worlds:
            for name, run, prepare, rounds in _GIT:
                times = interleave(
                    [
                        Case(f"{name}, {world.nodes:,} nodes",
                             partial(run, world, "full"), partial(prepare, world, "full")),
                        Case(f"{name}, no memory",
                             partial(run, world, "plain"), partial(prepare, world, "plain")),
                    ],
                    rounds or self._rounds, warm=rounds == 0,
                )  # fmt: skip
                self._report.times(times)
                what = f"{name} beside {curve.short(world.nodes)} nodes / without"
                self._report.ratio(what, times[0], times[1])


# -- what is timed -----------------------------------------------------------------------------


def _claim(world: World) -> None:
    mnemo(world.full, "claim", "--session", OWN, fresh())


def _open(world: World) -> None:
    mnemo(world.full, "claim", "--session", OWN, "--new-chain", fresh())


def _promote(world: World) -> None:
    mnemo(world.full, "promote", "--session", OWN, "--all")


def _begin(world: World) -> None:
    global _ending
    _ending = session_id()
    mnemo(world.full, "claim", "--session", _ending, fresh())


def _archive(world: World) -> None:
    mnemo(world.full, "archive", _ending)


def _status(world: World) -> None:
    mnemo(world.full, "status", "--session", OWN)


def _recall(world: World) -> None:
    mnemo(world.full, "recall", *_QUESTION)


def _learn(world: World) -> None:
    _open(world)
    _promote(world)


def _sync(world: World) -> None:
    mnemo(world.full, "sync")
    mnemo(world.there, "sync")


def _nothing(world: World) -> None:
    """No preparation."""


_ending = ""
_STEPS: tuple[tuple[str, Callable[[World], None], Callable[[World], None]], ...] = (
    ("claim", _claim, _nothing),
    ("promote", _promote, _open),
    ("archive", _archive, _begin),
    ("status", _status, _nothing),
    ("recall", _recall, _nothing),
    ("sync, both sides", _sync, _learn),
)


def _git(world: World, name: str, *arguments: str) -> None:
    process(["git", *arguments], world.folder / name)


def _clone(world: World, name: str) -> None:
    run_git("clone", "--quiet", world.url(name), str(world.folder / "cloned"))


def _no_clone(world: World, name: str) -> None:
    process(["rm", "-rf", str(world.folder / "cloned")], world.folder)


def _publish(world: World, name: str) -> None:
    world.publish(name)


def _no_step(world: World, name: str) -> None:
    """No preparation."""


_GIT: tuple[tuple[str, Callable[[World, str], None], Callable[[World, str], None], int], ...] = (
    ("git status", lambda world, name: _git(world, name, "status"), _no_step, 0),
    ("git log", lambda world, name: _git(world, name, "log", "--format=%H %s"), _no_step, 0),
    ("git fetch of nothing", lambda world, name: _git(world, name, "fetch", "-q"), _no_step, 0),
    ("git fetch of a commit", lambda world, name: _git(world, name, "fetch", "-q"), _publish, 0),
    ("git clone", _clone, _no_clone, 0),
    ("git gc, the first", lambda world, name: _git(world, name, "gc", "-q"), _no_step, 1),
    ("git gc, again", lambda world, name: _git(world, name, "gc", "-q"), _no_step, 1),
)


def _anew(path: Path) -> None:
    process(["rm", "-rf", str(path)], path.parent)
    new_repository(path)


def _fast_import(where: Path, stream: Path) -> None:
    with stream.open("rb") as file:
        subprocess.run(["git", "fast-import", "--quiet"], cwd=where, stdin=file, check=True)


if __name__ == "__main__":
    main()
