"""Repositories whose git hooks call git mnemo, as after `git mnemo init`, in real processes."""

import os
import shutil
import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest

from git_mnemo import node
from git_mnemo.node import COMMIT, Node
from tests.support import ROOT, Result, git_version, run, run_git
from tests.verbs import ask

PROJECT = "refs/mnemo/project"


IN_FILES = git_version() < (2, 54)
"""Whether hooks are put into files, and not into git's configuration."""

in_files = pytest.mark.skipif(
    not IN_FILES, reason="this git keeps hooks in its configuration, not in files"
)
"""For tests of blocks in the scripts of hooks."""


@pytest.fixture
def installed(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder first on PATH with the `git-mnemo` and `mnemo-hook` of this tree.

    Modules are compiled once for all hooks of a run, as in an installed package.
    """
    base = tmp_path_factory.getbasetemp()
    path = tmp_path_factory.mktemp("bin")
    program = path / "git-mnemo"
    program.write_text(
        f"#!{sys.executable}\nfrom git_mnemo.__main__ import main\n\nmain()\n", encoding="utf-8"
    )
    program.chmod(0o755)
    shutil.copy(ROOT / "hooks" / "mnemo-hook", path / "mnemo-hook")
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(base / "compiled"))
    monkeypatch.setenv("PATH", os.pathsep.join([str(path), os.environ["PATH"]]))
    return path


def program(path: Path, *lines: str) -> None:
    """Write a shell script that can be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)


def commit(subject: str, *args: str, file: str = "code.txt", cwd: Path | None = None) -> str:
    """Commit a line more in a file; the commit. Hooks must say nothing, and not be in the way."""
    path = (cwd or Path()) / file
    with path.open("a") as stream:
        stream.write(f"{subject}\n")
    run_git("add", file, cwd=cwd)
    done = run("git", "commit", "--quiet", "--message", subject, *args, cwd=cwd)
    assert done == Result(0, "", ""), done
    return head(cwd)


def head(cwd: Path | None = None) -> str:
    """The commit that is checked out."""
    return run_git("rev-parse", "HEAD", cwd=cwd)


def nodes_at(ref: str, cwd: Path | None = None) -> dict[str, dict[str, Node]]:
    """The nodes in the tree of a ref, by chain and address; read with git alone."""
    found: dict[str, dict[str, Node]] = defaultdict(dict)
    listed = run_git("ls-tree", "-r", "--format=%(objectname) %(path)", ref, cwd=cwd, check=False)
    lines = [line.split(" ") for line in listed.splitlines() if "/ch_" in line]
    asked = "".join(f"{address}\n" for address, _ in lines)
    out = run("git", "cat-file", "--batch", input=asked, cwd=cwd).out.encode()
    for address, path in lines:
        size = int(out.partition(b"\n")[0].split(b" ")[2])
        start = out.index(b"\n") + 1
        known = node.decode(out[start : start + size], len(address))
        out = out[start + size + 1 :]
        assert known is not None
        found[path.split("/")[3]][address] = known
    return found


def links(*refs: str, cwd: Path | None = None) -> dict[str, set[str]]:
    """The commits of the code that visible commit nodes name, and the titles of their chains.

    Read by git alone; so not before the worker that a hook started has done its work.
    """
    settle(cwd)
    found: dict[str, set[str]] = defaultdict(set)
    for ref in refs or (PROJECT,):
        for nodes in nodes_at(ref, cwd).values():
            title = next(one.text for one in nodes.values() if one.type == "chain")
            linked = {at: one for at, one in nodes.items() if one.type == COMMIT}
            hidden = {address for one in linked.values() for address in one.inputs}
            for address in linked.keys() - hidden:
                found[linked[address].commit or ""].add(title)
    return dict(found)


def lists(cwd: Path | None = None) -> list[Path]:
    """Git's lists of rewritten commits that nobody went by yet."""
    common = run_git("rev-parse", "--path-format=absolute", "--git-common-dir", cwd=cwd)
    return sorted(Path(common, "mnemo", "rewritten").glob("*"))


def settle(cwd: Path | None = None) -> None:
    """Wait for the worker that git's hook started and nobody waits for."""
    deadline = time.monotonic() + 20
    while lists(cwd):
        assert time.monotonic() < deadline, "no worker went by git's list"
        time.sleep(0.01)


def log(*args: str, cwd: Path | None = None) -> dict[str, str]:
    """The commits of the code by their subjects."""
    listed = run_git("log", "--format=%H %s", *args, cwd=cwd).splitlines()
    return {subject: oid for oid, _, subject in (line.partition(" ") for line in listed)}


def init(*args: str) -> dict[str, str]:
    """`git mnemo init`; the states of the hooks."""
    states: dict[str, str] = ask("init", *args)["hooks"]
    return states
