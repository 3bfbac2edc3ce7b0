"""An interrupt is heard once and at a time when something can be done about it."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from git_mnemo import __main__ as way_in
from git_mnemo.cli import boundary
from git_mnemo.store.talking import Talking
from tests.support import run


@pytest.fixture(autouse=True)
def hearing() -> Iterator[None]:
    """Whatever is done here to the handler of interrupts is undone."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_while_git_is_let_go_comes_a_little_later(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    complained: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", complained.append)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    ended: list[int] = []

    def end(pid: int) -> None:
        ended.append(pid)
        if len(ended) == 1:
            raise KeyboardInterrupt

    into, out = os.open(os.devnull, os.O_WRONLY), os.open(os.devnull, os.O_RDONLY)
    talks = [Talking(7, into, out, end)]

    def let_go() -> None:
        talks.clear()
        time.sleep(5)

    with pytest.raises(KeyboardInterrupt):
        let_go()
    assert ended == [7, 7]
    assert complained == []
    assert capfd.readouterr().err == ""
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(out)


@pytest.mark.parametrize("interrupted", [False, True])
def test_who_has_ended_is_not_interrupted_any_more(
    monkeypatch: pytest.MonkeyPatch, *, interrupted: bool
) -> None:
    def guard(*_: object) -> int:
        if interrupted:
            raise KeyboardInterrupt
        return 7

    signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(boundary, "guard", guard)
    with pytest.raises(SystemExit) as left:
        way_in.main()
    assert left.value.code == (boundary.INTERRUPTED if interrupted else 7)
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_second_interrupt_while_the_first_is_told_of_is_no_traceback(repo: Path) -> None:
    program = """
import os, signal, sys
from git_mnemo import __main__
from git_mnemo.cli import boundary

def interrupted(*_):
    os.kill(os.getpid(), signal.SIGINT)

say = boundary._say
boundary._say = lambda text: (say(text), interrupted(), say("so it ends"))
__main__.run = interrupted
__main__.main()
"""
    result = run(sys.executable, "-c", program)
    assert result.code == boundary.INTERRUPTED
    told = "interrupted; what was not said to be done is not done\n"
    assert result.err == told + "so it ends\n"


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_an_interrupt_at_the_very_end_is_no_traceback(repo: Path) -> None:
    program = """
import atexit, os, signal, sys
from git_mnemo.__main__ import main
atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))
sys.argv = ["git-mnemo", "status"]
main()
"""
    result = run(sys.executable, "-c", program)
    assert (result.code, result.err) == (0, "")
