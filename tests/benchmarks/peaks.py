"""The most memory that a command needed: its own process, and the largest git that it ran.

The process tells it at its end: what the system tells of a process that ended has in it what its
parent had when it was started.
"""

import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.scratch import process

_TELLING = """\
import resource, sys
from git_mnemo.__main__ import main
try:
    main()
finally:
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    below = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    with open({told!r}, "w") as file:
        print(int(status["VmHWM"].split()[0]) * 1024, below * 1024, file=file)
"""


class Peak(NamedTuple):
    """Bytes that a command needed at most: its own process, and the largest git that it ran, or
    what the command needed when it started that, if it was more."""

    own: int
    git: int


def peak(cwd: Path, *words: str) -> Peak:
    """Run `git mnemo` to its end, for what it needed."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder, "told")
        process([sys.executable, "-c", _TELLING.format(told=str(told)), *words], cwd)
        return Peak(*map(int, told.read_text().split()))
