"""The machine a run was made on: enough to read its ratios by, and nothing that names it."""

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.measure import Case, interleave
from tests.benchmarks.scratch import entry_point, process
from tests.support import run_git


def describe(folder: Path) -> list[str]:
    """Cores, versions, the filesystem of `folder`, and how long the interpreter takes to start."""
    start = interleave([Case("", lambda: process([sys.executable, "-c", "pass"], folder))])[0]
    how = "python -m git_mnemo" if "-m" in entry_point() else "the installed script"
    return [
        f"machine: {len(os.sched_getaffinity(0))} cores, {platform.machine()}, {platform.system()}"
        if hasattr(os, "sched_getaffinity")
        else f"machine: {os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
        f"python {platform.python_version()}, {run_git('--version')}, pygit2 {version('pygit2')}",
        f"filesystem: {filesystem(folder)}; load: {_load()}",
        f"python -c pass: {start.median * 1000:.1f} ms; git mnemo is {how}",
    ]


def filesystem(folder: Path) -> str:
    """The type of the filesystem that holds the folder, where the system tells."""
    best, found = -1, "unknown"
    try:
        mounts = Path("/proc/self/mounts").read_text().splitlines()
    except OSError:
        return found
    for line in mounts:
        _, point, kind, *_ = line.split(" ")
        if folder.resolve().is_relative_to(point) and len(point) >= best:
            best, found = len(point), kind
    return found


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
