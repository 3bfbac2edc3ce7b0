"""Real processes for tests: git, and git mnemo as a user runs it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).resolve().parent.parent

GLOBAL_CONFIG = """\
[user]
	name = Ada Example
	email = ada@example.com
[init]
	defaultBranch = main
[gc]
	auto = 0
"""

FORMATS = {
    "GIT_DEFAULT_HASH": "MNEMO_OBJECT_FORMAT",
    "GIT_DEFAULT_REF_FORMAT": "MNEMO_REF_FORMAT",
}
"""What git makes repositories of, by the variables that say so to a run of the tests."""

# What changes the output of a command, beside GIT_*.
FOREIGN = ("PAGER", "COLUMNS", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE")


@dataclass(frozen=True, slots=True)
class Result:
    """What a process left: its exit status and both streams."""

    code: int
    out: str
    err: str


def sealed_environment(home: Path) -> dict[str, str]:
    """The environment without anything of the developer's; writes git's configuration into home."""
    config = home / "global.gitconfig"
    backend = os.environ.get("MNEMO_BACKEND")
    config.write_text(GLOBAL_CONFIG + (f"[mnemo]\n\tbackend = {backend}\n" if backend else ""))
    formats = {git: os.environ[ours] for git, ours in FORMATS.items() if ours in os.environ}
    template = home / "template"
    template.mkdir()
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") and name not in FOREIGN
    }
    return (
        kept
        | formats
        | {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "xdg"),
            "GIT_CONFIG_GLOBAL": str(config),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TEMPLATE_DIR": str(template),
            "GIT_CEILING_DIRECTORIES": str(home.parent),
            "GIT_EDITOR": "false",
            "GIT_TERMINAL_PROMPT": "0",
            "TZ": "UTC",
            "LC_ALL": "C.UTF-8",
            # `git mnemo` and `python -m git_mnemo` are the ones of this tree, from hooks too.
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PYTHONPATH": str(ROOT),
        }
    )


def seal(patch: "pytest.MonkeyPatch", home: Path) -> None:
    """Put the environment of tests in the place of the developer's, until the patch is undone."""
    sealed = sealed_environment(home)
    for name in os.environ.keys() - sealed.keys():
        patch.delenv(name)
    for name in sealed.keys() - {"PYTEST_CURRENT_TEST"}:
        patch.setenv(name, sealed[name])


def run(
    *command: str,
    cwd: Path | None = None,
    input: str | None = None,
    env: Mapping[str, str] | None = None,
) -> Result:
    """The result of a command; env is added to the environment, stdin is empty without input.

    Output is decoded as UTF-8 without translating line ends; other bytes become surrogates.
    """
    done = subprocess.run(
        command,
        cwd=cwd,
        input=(input or "").encode("utf-8", "surrogateescape"),
        env={**os.environ, **(env or {})},
        capture_output=True,
        check=False,
    )
    out, err = (stream.decode("utf-8", "surrogateescape") for stream in (done.stdout, done.stderr))
    return Result(done.returncode, out, err)


def git_version(program: str = "git") -> tuple[int, int]:
    """The version of a git, by default the one on PATH, as far as its second number."""
    told = subprocess.run([program, "version"], capture_output=True, text=True, check=True).stdout
    major, minor = told.split()[2].split(".")[:2]
    return int(major), int(minor)


def run_git(
    *args: str,
    cwd: Path | None = None,
    input: str | None = None,
    env: Mapping[str, str] | None = None,
    check: bool = True,
) -> str:
    """What git printed, without the newlines at its end, as `$(git …)` gives it."""
    result = run("git", *args, cwd=cwd, input=input, env=env)
    assert result.code == 0 or not check, f"git {' '.join(args)}: {result}"
    return result.out.rstrip("\n")


def mnemo(
    *args: str,
    input: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Result:
    """The result of `git mnemo ARGS` in a process of its own."""
    return run(sys.executable, "-m", "git_mnemo", *args, cwd=cwd, input=input, env=env)


def mnemo_json(
    *args: str,
    input: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> dict[str, Any]:
    """The one JSON object that `git mnemo ARGS --json` prints; it must succeed."""
    end = args.index("--") if "--" in args else len(args)
    result = mnemo(*args[:end], "--json", *args[end:], input=input, env=env, cwd=cwd)
    assert result.code == 0, f"git mnemo {' '.join(args)}: {result}"
    value = json.loads(result.out)
    assert isinstance(value, dict), f"not one JSON object: {result.out}"
    return value
