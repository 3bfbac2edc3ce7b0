"""Measuring: cases run in turn, A B A B, so that what disturbs the machine disturbs them alike."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

ROUNDS = 15
LIMIT = 60.0
"""Seconds after which a comparison begins no other round, once it has three."""

Step = Callable[[], object]


def nothing() -> None:
    """No preparation."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is timed. `prepare` runs before each time and is not; `units` are done in one run."""

    name: str
    run: Step
    prepare: Step = nothing
    units: int = 1


@dataclass(slots=True)
class Times:
    """The seconds that one unit of a case took, each time."""

    name: str
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The middle one, which one disturbed round does not move."""
        return statistics.median(self.seconds)

    def __str__(self) -> str:
        low, middle, high = min(self.seconds), self.median, max(self.seconds)
        return (
            f"{self.name:<44}{_ms(low)}{_ms(middle)}{_ms(high)}"
            f"   {1 / middle:>9,.0f}/s   n={len(self.seconds)}"
        )


HEADING = f"  {'milliseconds':<44}{'min':>9}{'median':>9}{'max':>9}   {'':>9}"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:9.2f}"


def interleave(cases: Sequence[Case], rounds: int = ROUNDS, *, warm: bool = True) -> list[Times]:
    """The times of the cases, in their order; all run once before that where `warm`."""
    times = [Times(case.name) for case in cases]
    if warm:
        for case in cases:
            _once(case)
    began = time.monotonic()
    for done in range(rounds):
        if done >= 3 and time.monotonic() - began > LIMIT:
            break
        for case, kept in zip(cases, times, strict=True):
            kept.seconds.append(_once(case))
    return times


def _once(case: Case) -> float:
    case.prepare()
    began = time.perf_counter()
    case.run()
    return (time.perf_counter() - began) / case.units


@dataclass(slots=True)
class Report:
    """What a run found: printed at once, and the comparisons once more at the end."""

    lines: list[str] = field(default_factory=list)

    def times(self, times: Sequence[Times]) -> None:
        """Print absolute times: of this machine, in this hour."""
        print(HEADING)
        for one in times:
            print(f"  {one}")

    def ratio(self, name: str, one: Times, other: Times, target: str = "") -> None:
        """How often `other` fits into `one`, beside what was hoped for."""
        self.fact(name, f"{one.median / other.median:.2f}x", target)

    def fact(self, name: str, value: str, target: str = "") -> None:
        """Something counted, or a ratio."""
        line = f"{name}: {value}" + (f" (target {target})" if target else "")
        print(f"  {line}", flush=True)
        self.lines.append(line)
