"""An import that is cut short leaves nothing, and the next one does it all; how far it is shown."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from git_mnemo.refs import PROJECT
from tests import soundness
from tests.support import mnemo_json, run

LINES = 1500
NOW = {"GIT_MNEMO_NOW": "1795426200"}


def lines() -> Iterator[str]:
    for number in range(LINES):
        said = {"id": str(number), "text": f"Claim {number}", "at": "2026-11-23T09:30:00Z"}
        yield json.dumps(said | ({"after": str(number - 1)} if number % 10 else {})) + "\n"


def begin(stderr: int = subprocess.DEVNULL) -> "subprocess.Popen[bytes]":
    """An import that was given nearly all lines, and waits for the rest."""
    importing = subprocess.Popen(
        [sys.executable, "-m", "git_mnemo", "import", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=stderr,
        env={**os.environ, **NOW},
    )  # fmt: skip
    assert importing.stdin is not None
    importing.stdin.write("".join(list(lines())[:-1]).encode())
    importing.stdin.flush()
    return importing


def wait_for_a_pack(repo: Path) -> None:
    deadline = time.monotonic() + 30
    while not list((repo / ".git/objects/pack").glob("tmp_pack_*")):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("cut", [signal.SIGKILL, signal.SIGINT], ids=lambda one: one.name)
def test_an_import_that_is_cut_short_is_none(repo: Path, cut: signal.Signals) -> None:
    importing = begin()
    wait_for_a_pack(repo)
    importing.send_signal(cut)
    assert importing.wait(30) == (-signal.SIGKILL if cut == signal.SIGKILL else 130)
    assert importing.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        importing.stdin.close()
    assert soundness.refs_of(repo) == {}
    packs = repo / ".git/objects/pack"
    if cut == signal.SIGINT:
        assert not list(packs.glob("*"))
    whole = "".join(lines())
    done = mnemo_json("import", "-", input=whole, env=NOW)
    assert (done["nodes"], done["chains"]) == (LINES, LINES // 10)
    assert not list(packs.glob("*.keep"))
    assert mnemo_json("import", "-", input=whole, env=NOW)["nodes"] == 0
    assert len(soundness.check(repo)[PROJECT]) == LINES + LINES // 10


def test_how_far_an_import_is_is_shown_on_a_terminal_alone(repo: Path) -> None:
    ours, theirs = pty.openpty()
    importing = begin(theirs)
    os.close(theirs)
    time.sleep(0.4)
    assert importing.stdin is not None
    importing.stdin.write(list(lines())[-1].encode())
    importing.stdin.close()
    assert importing.wait(30) == 0
    said = b""
    with contextlib.suppress(OSError):  # so a terminal ends on Linux
        while part := os.read(ours, 4096):
            said += part
    os.close(ours)
    assert b"reading: " in said
    assert f"read {LINES:,} lines.".encode() in said
    piped = run(sys.executable, "-m", "git_mnemo", "import", "-", input="".join(lines()))
    assert piped.err == ""
