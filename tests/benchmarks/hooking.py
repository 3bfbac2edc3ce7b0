"""hooks: commands of git with the hooks of `git mnemo init` in place, against the same without."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

from tests.benchmarks.measure import Case, Report, interleave
from tests.benchmarks.projects import Library
from tests.benchmarks.scratch import mnemo, new_repository, process
from tests.support import run_git

STEPS = 50
FILES = 2_000
_NUMBERS = count(1)


def run(folder: Path, library: Library, report: Report, rounds: int) -> None:
    """A commit without a session, with one, and with a chain to link; a rebase; a push."""
    _install(folder / "bin")
    _commits(folder, report, rounds)
    _rebases(folder, report, min(rounds, 7), 0, "tiny")
    _rebases(folder, report, min(rounds, 7), FILES, f"{FILES:,} files")
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


def _rebases(folder: Path, report: Report, rounds: int, files: int, what: str) -> None:
    """Rebases of commits that touch a few files each, in a repository of so many files."""
    plain, empty, idle, linked = (new_repository(folder / f"{what}{at}") for at in range(4))
    mnemo(idle, "init")
    mnemo(linked, "init")
    _put_empty_hook(empty)
    for path in (plain, empty, idle, linked):
        _fill(path, files)
        run_git("branch", "base", cwd=path)
        for number in range(STEPS):
            if path is linked and number % 10 == 0:
                _claim(path)
            for name in _touched(number, files):
                (path / name).write_text(f"text {number}\n")
            run_git("add", ".", cwd=path)
            _commit(path)
    times = interleave(
        [
            Case(name, partial(process, ["git", "rebase", "--quiet", "base"], path), _moved(path))
            for name, path in (
                (f"rebase of {STEPS}, {what}, no hooks", plain),
                (f"rebase of {STEPS}, {what}, an empty hook", empty),
                (f"rebase of {STEPS}, {what}, no live session", idle),
                (f"rebase of {STEPS}, {what}, five of them linked", linked),
            )
        ],
        rounds,
    )
    report.times(times)
    report.ratio(f"{times[1].name} / no hooks", times[1], times[0], "what git itself asks")
    for one in times[2:]:
        report.ratio(f"{one.name} / no hooks", one, times[0], "at most 1.5")


def _fill(path: Path, files: int) -> None:
    """Commit so many files, of two kilobytes, in folders of fifty."""
    for number in range(files):
        file = path / _name(number)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"line {line} of {number}\n" for line in range(120)))
    if files:
        run_git("add", ".", cwd=path)
        run_git("commit", "--quiet", "--message", "Everything", cwd=path)


def _name(number: int) -> str:
    return f"src/part{number // 50}/module{number}.txt"


def _touched(number: int, files: int) -> list[str]:
    """The files of one commit: three of those that are there, or a new one."""
    if not files:
        return [f"file{number}.txt"]
    return [_name((number * 37 + at * 611) % files) for at in range(3)]


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
    """Another commit for the branch to be rebased onto, once no worker is at work any more."""
    lists = [one / ".git" / "mnemo" / "rewritten" for one in path.parent.iterdir()]

    def step() -> None:
        while any(any(one.iterdir()) for one in lists if one.is_dir()):
            time.sleep(0.001)
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
