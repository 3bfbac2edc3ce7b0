"""The numbers of docs/reliability.md: `make reliability` runs what strikes git mnemo, and counts.

Nothing is measured here that the test-suite does not assert: a number is only printed when every
case behind it passed.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from git_mnemo import secrets
from tests import test_secrets
from tests.support import ROOT

GROUPS = {
    "faults at every step": ["tests/test_faults.py"],
    "real kills and full disks": ["tests/test_faults_real.py", "tests/test_recall_faults.py"],
    "races": ["tests/test_races.py", "tests/test_races_verbs.py", "tests/test_converge.py"],
    "promises, after every step of a random game": ["tests/test_promises.py"],
    "hostile trees, commits, refs": ["tests/test_validate.py", "tests/test_validate_kept.py"],
    "hostile texts": ["tests/test_hostile_texts.py"],
    "decoders against any input": [
        "tests/test_node.py", "tests/test_anchor.py", "tests/test_message.py", "tests/test_refs.py",
        "tests/test_trees.py", "tests/test_import_lines.py", "tests/test_bad_input.py",
    ],
    "secrets": ["tests/test_secrets.py"],
}  # fmt: skip
HARMLESS = 10_000


def main() -> int:
    """Run every group, print its numbers; the exit status of the worst."""
    worst = 0
    print("| what | cases | passed |\n| --- | --- | --- |")
    struck: Counter[str] = Counter()
    for name, files in GROUPS.items():
        status, cases, failed, told = run(files)
        worst = max(worst, status)
        struck.update(told)
        print(f"| {name} | {cases:,} | {cases - failed:,} |", flush=True)
    print("\n| command | faults injected |\n| --- | --- |")
    for command, number in sorted(struck.items()):
        print(f"| {command} | {number:,} |")
    lines = list(harmless())
    alarms = [line for line in lines if secrets.scan(line)]
    print(f"\nsecrets: {len(test_secrets.CASES)} published formats, each in three contexts")
    print(f"false alarms: {len(alarms)} in {len(lines):,} harmless lines")
    print(f"scanning 4 KiB of prose: {scanning() * 1000:.2f} ms")
    return worst


def run(files: list[str]) -> tuple[int, int, int, Counter[str]]:
    """Exit status, cases, failures, and faults by command, of some test files."""
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        words = ["pytest", "-q", "-n", "auto", f"--junitxml={report.name}", *files]
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=ROOT,
            env={**os.environ, "MNEMO_EVERY_STEP": "1"},
            stdout=subprocess.DEVNULL,
            check=False,
        )
        suite = ElementTree.parse(report.name).getroot().find("testsuite")
    assert suite is not None
    told: Counter[str] = Counter()
    for case in suite.iter("testcase"):
        for one in case.iter("property"):
            if one.get("name") == "struck":
                command = str(case.get("name")).partition("[")[2].rstrip("]")
                told[command.removesuffix("-EIO").removesuffix("-ENOSPC") or "gc"] += int(
                    one.get("value", "0")
                )
    failed = int(suite.get("failures", "0")) + int(suite.get("errors", "0"))
    skipped = int(suite.get("skipped", "0"))
    return done.returncode, int(suite.get("tests", "0")) - skipped, failed, told


def harmless() -> Iterator[str]:
    """Lines of this project's documents, and of Python's own library, that hold no secret."""
    library = Path(subprocess.__file__).parent
    files = [*sorted((ROOT / "docs").rglob("*.md")), *sorted(library.glob("*.py"))]
    left = HARMLESS
    for file in files:
        for line in file.read_text("utf-8", "replace").splitlines():
            if line.strip():
                yield line
                left -= 1
                if not left:
                    return


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
