"""hooks: commands of git with the hooks of `git mnemo init` in place, against the same without."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

from tests.benchmarks.measure import Case, Report, interleave
from tests.benchmarks.projects import Library
from tests.benchmarks.scratch import mnemo, new_repository, process
from tests.support import run_git

STEPS = 50
_NUMBERS = count(1)


def run(folder: Path, library: Library, report: Report, rounds: int) -> None:
    """A commit without a session, with one, and with a chain to link; a rebase; a push."""
    _install(folder / "bin")
    _commits(folder, report, rounds)
    _rebases(folder, report, min(rounds, 7))
    _pushes(folder, report, rounds)


def _install(path: Path) -> None:
    """The `git-mnemo` of this tree, for hooks to find."""
    path.mkdir()
    program = path / "git-mnemo"
    program.write_text(f"#!{sys.executable}\nfrom git_mnemo.__main__ import main\n\nmain()\n")
    program.chmod(0o755)
    os.environ["PATH"] = os.pathsep.join([str(path), os.environ["PATH"]])


def _commits(folder: Path, report: Report, rounds: int) -> None:
    plain, idle, live, busy = (new_repository(folder / f"commit{at}") for at in range(4))
    for path in (idle, live, busy):
        mnemo(path, "init")
    for path in (live, busy):
        mnemo(path, "claim", "The first claim")
        _commit(path)
    times = interleave(
        [
            Case("python -c pass", lambda: process([sys.executable, "-c", "pass"], plain)),
            Case("commit, no hooks", partial(_commit, plain)),
            Case("commit, no live session", partial(_commit, idle)),
            Case("commit, nothing to link", partial(_commit, live)),
            Case("commit, a chain to link and promote", partial(_commit, busy),
                 partial(_claim, busy)),
        ],
        rounds,
    )  # fmt: skip
    report.times(times)
    start, without, idle_, live_, busy_ = times
    report.ratio("commit, no live session / no hooks", idle_, without, "at most 1.3, or 4 ms more")
    for name, one in (("no live session", idle_), ("nothing to link", live_)):
        more = (one.median - without.median) * 1000
        report.fact(f"commit, {name}: more than without hooks", f"{more:.1f} ms")
    more_than = (busy_.median - without.median) / start.median
    report.fact("commit, a chain: more, in starts of Python", f"{more_than:.1f}x", "at most 10")


def _rebases(folder: Path, report: Report, rounds: int) -> None:
    plain, empty, idle, linked = (new_repository(folder / f"rebase{at}") for at in range(4))
    mnemo(idle, "init")
    mnemo(linked, "init")
    _put_empty_hook(empty)
    for path in (plain, empty, idle, linked):
        run_git("branch", "base", cwd=path)
        for number in range(STEPS):
            if path is linked and number % 10 == 0:
                _claim(path)
            (path / f"file{number}.txt").write_text("text\n")
            run_git("add", ".", cwd=path)
            _commit(path)
    times = interleave(
        [
            Case(name, partial(process, ["git", "rebase", "--quiet", "base"], path), _moved(path))
            for name, path in (
                (f"rebase of {STEPS}, no hooks", plain),
                (f"rebase of {STEPS}, an empty hook", empty),
                (f"rebase of {STEPS}, no live session", idle),
                (f"rebase of {STEPS}, five of them linked", linked),
            )
        ],
        rounds,
    )
    report.times(times)
    report.ratio(f"{times[1].name} / no hooks", times[1], times[0], "what git itself asks")
    for one in times[2:]:
        report.ratio(f"{one.name} / no hooks", one, times[0], "at most 1.5")


def _put_empty_hook(path: Path) -> None:
    """A hook that does nothing: the time is git's, which starts it for each step."""
    hook = path / ".git" / "hooks" / "post-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\n")
    hook.chmod(0o755)


def _pushes(folder: Path, report: Report, rounds: int) -> None:
    paths = []
    for name in ("plain", "shared"):
        path = new_repository(folder / name)
        run_git("init", "--quiet", "--bare", str(folder / f"{name}.git"), cwd=folder)
        run_git("remote", "add", "origin", str(folder / f"{name}.git"), cwd=path)
        paths.append(path)
    plain, shared = paths
    mnemo(shared, "init", "--share", "origin", "--yes")
    push = ["git", "push", "--quiet", "origin", "HEAD:refs/heads/main"]
    times = interleave(
        [
            Case("push, no hooks", partial(process, push, plain), partial(_commit, plain)),
            Case("push, shared", partial(process, push, shared), _news(shared)),
        ],
        rounds,
    )
    report.times(times)
    report.ratio("push, shared / no hooks", times[1], times[0], "not measurably longer")


def _commit(path: Path) -> None:
    process(["git", "commit", "--quiet", "--allow-empty", "--message", "Change the code"], path)


def _claim(path: Path) -> None:
    mnemo(path, "claim", f"Claim {next(_NUMBERS)}: the pool is created per request.")


def _moved(path: Path) -> Callable[[], None]:
    """Another commit for the branch to be rebased onto."""

    def step() -> None:
        tree = run_git("rev-parse", "base^{tree}", cwd=path)
        message = f"Other work {next(_NUMBERS)}"
        new = run_git("commit-tree", tree, "-p", "base", "-m", message, cwd=path)
        run_git("branch", "--force", "base", new, cwd=path)

    return step


def _news(path: Path) -> Callable[[], None]:
    """A commit and a promotion to push, when the worker of the push before has ended."""

    def step() -> None:
        _commit(path)
        mnemo(path, "claim", "--new-chain", f"Claim {next(_NUMBERS)}")
        mnemo(path, "promote")
        while b"git_mnemo hook publish" in subprocess.run(
            ["ps", "-eo", "args"], capture_output=True, check=True
        ).stdout.replace(b"-eo", b""):
            pass

    return step
