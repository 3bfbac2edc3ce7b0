"""The verbs in a Python that lacks what only POSIX has, as that of Windows does."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import plain
from tests.support import Result, run, run_git

WITHOUT = """
import fcntl, os, signal, subprocess, sys, tempfile, types
import _signal
windows = types.ModuleType("msvcrt")
windows.LK_LOCK, windows.LK_NBLCK = fcntl.LOCK_EX, fcntl.LOCK_EX | fcntl.LOCK_NB
windows.locking = lambda descriptor, mode, size: fcntl.flock(descriptor, mode)
sys.modules["msvcrt"] = windows
for name in ("posix_spawn", "posix_spawnp", "POSIX_SPAWN_DUP2", "POSIX_SPAWN_OPEN", "fork",
             "O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_DIRECTORY", "getuid", "geteuid",
             "fchmod", "killpg", "getpgid", "register_at_fork", "uname"):
    if hasattr(os, name):
        delattr(os, name)
for module in (signal, _signal):
    for name in ("SIGHUP", "SIGPIPE", "SIGALRM", "setitimer", "ITIMER_REAL", "alarm"):
        if hasattr(module, name):
            delattr(module, name)
for name in ("fcntl", "pwd", "grp", "resource", "termios"):
    sys.modules[name] = None
from git_mnemo.__main__ import main
main()
"""


@pytest.fixture(params=plain.BACKENDS)
def backend(repo: Path, request: pytest.FixtureRequest) -> str:
    run_git("config", "mnemo.backend", request.param)
    return str(request.param)


def without(*args: str, input: str | None = None) -> Result:
    return run(sys.executable, "-c", WITHOUT, *args, input=input)


def answer(*args: str, input: str | None = None) -> dict[str, Any]:
    result = without(*args, "--json", input=input)
    assert result.code == 0, result
    value = json.loads(result.out)
    assert isinstance(value, dict)
    return value


def test_a_day_of_work(backend: str, tmp_path: Path) -> None:
    answer("init", "--no-hooks")
    first = answer("claim", "One", "--anchor", "README.md")
    answer("claim", "--batch", input='{"text": "Two"}\n{"text": "Three"}\n')
    answer("supersede", first["address"], "One, better")
    assert answer("status")["nodes"] > 0
    answer("promote")
    assert answer("recall", "better")["hits"]
    assert answer("verify")["anchors"][0]["verdict"] == "fresh"
    assert answer("why", "README.md")["nodes"]
    run_git("init", "--quiet", "--bare", str(tmp_path / "hub"))
    run_git("remote", "add", "hub", str(tmp_path / "hub"))
    answer("init", "--share", "hub", "--yes", "--no-hooks")
    assert answer("sync")["refs"]
    assert answer("doctor")["ok"]
    (archived,) = answer("archive")["archived"]
    answer("restore", archived["session"])
    hook = without("hook", "post-commit")
    assert hook == Result(0, "", "")
    prompt = without("agent-hook", "claude-code", input='{"hook_event_name": "SessionStart"}')
    assert (prompt.code, prompt.err) == (0, "")
