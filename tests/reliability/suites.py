"""The tests whose cases are counted, run at their most thorough."""

import os
import subprocess
import sys
import tempfile
from collections import Counter
from typing import NamedTuple
from xml.etree import ElementTree

from tests.support import ROOT

GROUPS = {
    "faults at every step of what writes": ["tests/test_faults.py"],
    "faults under every command, hook and tool; jumps of the clock": [
        "tests/test_faults_everywhere.py"
    ],
    "real kills and full disks": [
        "tests/test_faults_real.py", "tests/test_recall_faults.py", "tests/test_mcp_faults.py",
        "tests/test_import_cut.py",
    ],
    "races": ["tests/test_races.py", "tests/test_races_verbs.py", "tests/test_converge.py"],
    "promises, after every step of a random game": ["tests/test_promises.py"],
    "hostile trees, commits, refs": ["tests/test_validate.py", "tests/test_validate_kept.py"],
    "hostile texts": ["tests/test_hostile_texts.py"],
    "hostile configuration of a repository": ["tests/test_hostile_config.py"],
    "decoders against any input": [
        "tests/test_fuzz.py", "tests/test_node.py", "tests/test_anchor.py",
        "tests/test_message.py", "tests/test_refs.py", "tests/test_trees.py",
        "tests/test_import_lines.py", "tests/test_bad_input.py",
    ],
    "secrets": ["tests/test_secrets.py"],
    "trust and purge": ["tests/test_trust.py", "tests/test_purge.py"],
}  # fmt: skip
THOROUGH = os.environ.get("MNEMO_EVERY_STEP", "1")
"""What the tests read to know how many steps to strike: `1`, `all`, or nothing for a few."""

_FAULTS = ("-EIO", "-ENOSPC")


class Done(NamedTuple):
    """How a group of tests went; `struck` are the faults injected, by command, and `survived`
    those of tests that passed."""

    status: int
    cases: int
    failed: int
    struck: Counter[str]
    survived: Counter[str]


def run(files: list[str]) -> Done:
    """Run some test files on every core."""
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        words = ["pytest", "-q", "-n", "auto", f"--junitxml={report.name}", *files]
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=ROOT,
            env={**os.environ, "MNEMO_EVERY_STEP": THOROUGH},
            stdout=subprocess.PIPE,
            check=False,
        )
        suite = ElementTree.parse(report.name).getroot().find("testsuite")
    assert suite is not None
    if done.returncode:
        print(done.stdout.decode("utf-8", "replace")[-4000:], file=sys.stderr)
    struck: Counter[str] = Counter()
    survived: Counter[str] = Counter()
    for case in suite.iter("testcase"):
        for one in case.iter("property"):
            if one.get("name") == "struck":
                command = str(case.get("name")).partition("[")[2].rstrip("]")
                for fault in _FAULTS:
                    command = command.removesuffix(fault)
                number = int(one.get("value", "0"))
                struck[command or "gc"] += number
                survived[command or "gc"] += number if case.find("failure") is None else 0
    failed = int(suite.get("failures", "0")) + int(suite.get("errors", "0"))
    skipped = int(suite.get("skipped", "0"))
    return Done(done.returncode, int(suite.get("tests", "0")) - skipped, failed, struck, survived)
