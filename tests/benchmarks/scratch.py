"""The scratch folder of a run: repositories in it, processes on it, and the seal around both."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path

from git_mnemo.message import Stamp
from git_mnemo.repository import Repository, discover
from tests.support import run_git, sealed_environment

NAME, EMAIL = "Ada Example", "ada@example.com"


def seal(folder: Path) -> None:
    """Let this process and all it starts see nothing of the developer's configuration.

    Compiled modules are kept as an installed package has them, but below `folder`: a claim that
    compiles what it imports takes twice as long, and PYTHONDONTWRITEBYTECODE would ask for that.
    """
    home = folder / "home"
    home.mkdir()
    sealed = sealed_environment(home)
    kept = {name: value for name, value in sealed.items() if not name.startswith("PYTHON")}
    os.environ.clear()
    os.environ.update(kept)
    os.environ["PYTHONPATH"] = sealed["PYTHONPATH"]
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")


def entry_point() -> list[str]:
    """The command line of `git mnemo`: the installed script beside this Python, else the module."""
    script = Path(sys.executable).with_name("git-mnemo")
    return [str(script)] if script.exists() else [sys.executable, "-m", "git_mnemo"]


def process(command: Sequence[str], cwd: Path, input: bytes = b"") -> None:
    """Run a process to its end; a failure ends the benchmark with what it said."""
    done = subprocess.run(
        command,
        cwd=cwd,
        input=input,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.decode(errors='replace')}")


def mnemo(cwd: Path, *arguments: str, input: bytes = b"") -> None:
    """Run `git mnemo` to its end, in a process of its own."""
    process([*entry_point(), *arguments], cwd, input)


def new_repository(path: Path) -> Path:
    """A repository with one commit of code."""
    run_git("init", "--quiet", str(path))
    run_git("commit", "--quiet", "--allow-empty", "--message", "Start", cwd=path)
    return path


def opened(path: Path) -> Repository:
    """The repository at `path`, as a long-lived process keeps it open."""
    with chdir(path):
        return discover()


def stamp(repository: Repository) -> Stamp:
    """Ada, now, on the commit checked out."""
    return Stamp(int(time.time()), NAME, EMAIL, None, repository.store.ref("HEAD"))


def count_objects(path: Path) -> int:
    """How many objects the repository holds, loose and packed."""
    lines = run_git("count-objects", "-v", cwd=path).splitlines()
    counts = dict(line.split(": ", 1) for line in lines)
    return int(counts["count"]) + int(counts["in-pack"])
