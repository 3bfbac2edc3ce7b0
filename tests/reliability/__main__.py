"""The numbers of docs/reliability.md: `make reliability` runs what strikes git mnemo, and counts.

What is asserted by a test is run as that test; races and false alarms are counted here. With
`--write` the numbers go into the document, too, where they stand between two marks.
"""

import platform
import re
import site
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from git_mnemo import secrets
from tests import hostile_cases, hostile_texts, test_secrets
from tests.decoders import DECODERS
from tests.reliability import fuzzing, races, suites
from tests.support import ROOT

PAGE = ROOT / "docs" / "reliability.md"
MARKS = ("<!-- written by `make reliability ARGS=--write` -->", "<!-- end of what is written -->")
HARMLESS = 40_000
"""Lines that are looked at for false alarms, at most."""


def main() -> int:
    """Run everything, print it; the exit status of the worst."""
    begun, told, worst = time.monotonic(), list[str](), 0

    def tell(*lines: str) -> None:
        told.extend(lines)
        print("\n".join(lines), flush=True)

    tell(f"Measured on {datetime.now(UTC):%Y-%m-%d} with {_machine()}.", _struck(), "")
    tell("| what | cases | passed |", "| --- | ---: | ---: |")
    struck: Counter[str] = Counter()
    survived: Counter[str] = Counter()
    for name, files in suites.GROUPS.items():
        done = suites.run(files)
        worst = max(worst, done.status)
        struck.update(done.struck)
        survived.update(done.survived)
        tell(f"| {name} | {done.cases:,} | {done.cases - done.failed:,} |")
    tell("", "### Faults, by command", "", "| command | faults | survived |")
    tell("| --- | ---: | ---: |")
    for command, number in sorted(struck.items()):
        tell(f"| {command} | {number:,} | {survived[command]:,} |")
    tell(f"| all | {struck.total():,} | {survived.total():,} |")
    tell("", "### Races", "", "| verb | beside | runs | claims | lost |")
    tell("| --- | --- | ---: | ---: | ---: |")
    for race in races.run_all():
        worst = max(worst, min(race.lost, 1))
        tell(f"| {race.verb} | {race.beside} | {race.runs} | {race.claims} | {race.lost} |")
    tell("", "### Hostile input", "", *hostile())
    tell("", "### Decoders", "", f"{len(DECODERS)} decoders. {fuzzing.run()}")
    tell("", "### Secrets", "", *looked_for())
    tell("", f"All of it took {(time.monotonic() - begun) / 60:.0f} minutes.")
    if "--write" in sys.argv[1:] and not worst:
        write(told)
    return worst


def write(lines: list[str]) -> None:
    """Put the lines into the document, in the place of those that stood there."""
    before, _, rest = PAGE.read_text("utf-8").partition(MARKS[0])
    after = rest.partition(MARKS[1])[2]
    text = "\n".join([MARKS[0], "", *lines, "", MARKS[1]])
    PAGE.write_text(before + text + after, "utf-8")


def _struck() -> str:
    """How many steps are struck, as this run is set."""
    if not suites.THOROUGH:
        return (
            "This was a short run (`MNEMO_EVERY_STEP=`): every third step of what writes, one"
            " fault at two or three steps of a choice of everything else."
        )
    some = "all" if suites.THOROUGH == "all" else "ten for each fault"
    return f"Struck were all steps of what writes, and of everything else {some}."


def _machine() -> str:
    git = subprocess.run(["git", "version"], capture_output=True, text=True, check=True).stdout
    cores = len([line for line in _read("/proc/cpuinfo").splitlines() if line[:9] == "processor"])
    return f"{cores or 'some'} cores, Python {platform.python_version()}, {git.strip()}"


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", "replace")
    except OSError:
        return ""


def hostile() -> list[str]:
    """How many crafted inputs there are; that each is refused or neutralised, tests assert."""
    trees, orders = len(hostile_cases.CASES), len(hostile_texts.INJECTIONS)
    escapes = len(hostile_texts.ESCAPES)
    return [
        f"{trees + orders + escapes} crafted inputs: {trees} trees, commits and names that a remote"
        f" brings, all refused; {orders} texts that would steer an agent, all marked; {escapes}"
        " sequences that would steer a terminal, none shown.",
    ]


def looked_for() -> list[str]:
    """What the search for secrets finds, and where it finds what is none."""
    sources: Counter[str] = Counter()
    alarms: Counter[str] = Counter()
    for source, line in harmless():
        sources[source] += 1
        alarms[source] += bool(secrets.scan(line))
    caught = sum(bool(secrets.scan(f"use {secret} for now")) for _, secret in test_secrets.CASES)
    rows = [f"| {name} | {sources[name]:,} | {alarms[name]:,} |" for name in sources]
    return [
        f"{caught} of {len(test_secrets.CASES)} secrets in formats that vendors publish were"
        f" caught. To look through a claim of 4 KiB takes {scanning() * 1000:.2f} ms.",
        "",
        "| harmless lines | looked at | false alarms |",
        "| --- | ---: | ---: |",
        *rows,
        f"| all | {sources.total():,} | {alarms.total():,} |",
    ]


def harmless() -> Iterator[tuple[str, str]]:
    """Lines that hold no secret, and where they are from: what every machine has that runs this."""
    library, packages = Path(subprocess.__file__).parent, Path(site.getsitepackages()[0])
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    yield from _some("this project's documents", _lines(documents), HARMLESS // 4)
    log = ["git", "-C", str(ROOT), "log", "-p", "--no-color", "--", "git_mnemo", "docs", "*.toml"]
    history = subprocess.run(log, capture_output=True, check=False).stdout
    lines = history.decode("utf-8", "replace").splitlines()
    yield from _some("this project's history, as `git log -p`", lines, HARMLESS // 4)
    modules = sorted(library.glob("*.py"))
    yield from _some("Python's own library", _lines(modules), HARMLESS // 4)
    notes = sorted([*packages.rglob("METADATA"), *packages.rglob("*.md"), *packages.rglob("*.txt")])
    yield from _some("documents of installed packages", _lines(notes), HARMLESS // 4)


def _lines(files: list[Path]) -> Iterator[str]:
    for file in files:
        yield from file.read_text("utf-8", "replace").splitlines()


def _some(source: str, lines: Iterator[str] | list[str], most: int) -> Iterator[tuple[str, str]]:
    for line in lines:
        if most and re.search(r"\S", line):
            most -= 1
            yield source, line


def scanning() -> float:
    """Seconds that one scan of 4 KiB takes, the best of many."""
    text = ("Retries time out on a cold start: the pool is created per request. " * 70)[:4096]
    best = 1.0
    for _ in range(50):
        begun = time.perf_counter()
        secrets.scan(text)
        best = min(best, time.perf_counter() - begun)
    return best


if __name__ == "__main__":
    sys.exit(main())
