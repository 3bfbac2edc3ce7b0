"""Deflating what goes into packs: a quarter of the work of a large import.

A Python of its own does it beside us, for some at a time, while the next are made: threads of one
would wait for each other with texts as short as claims. Where it cannot be had, or dies, all is
deflated here.
"""

import contextlib
import marshal
import os
import subprocess
import sys
import zlib
from collections.abc import Sequence

ALONE = 2_000
"""Texts that are deflated here before another process is started."""

# What zlib needs for a long text is given back to the system each time, where nothing stands behind
# it in memory, and that takes longer than to deflate a claim. What a short one needs is kept.
_PROGRAM = """
import marshal, signal, sys, zlib
signal.signal(signal.SIGINT, signal.SIG_IGN)
given, done = sys.stdin.buffer, sys.stdout.buffer
def deflated(text):
    if len(text) > 1700:
        return zlib.compress(text)
    short = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, 11, 4)
    return short.compress(text) + short.flush()
while size := given.read(4):
    texts = marshal.loads(given.read(int.from_bytes(size, "big")))
    told = marshal.dumps([deflated(text) for text in texts])
    done.write(len(told).to_bytes(4, "big") + told)
    done.flush()
"""


class Deflating:
    """Takes texts, and gives them back deflated when it is given the next ones."""

    def __init__(self) -> None:
        self._given: Sequence[bytes] = ()
        self._here = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._alone = _processors() < 2 or not sys.executable or hasattr(sys, "frozen")

    def swap(self, texts: Sequence[bytes]) -> list[bytes]:
        """What was given last time, deflated and in its order; `texts` are what it has next."""
        done = self._done()
        self._given = texts
        if self._process is None and not self._alone and self._here >= ALONE:
            self._start()
        if self._process is not None and texts:
            self._give()
        return done

    def close(self) -> None:
        """End the other process. What it has is lost."""
        process, self._process, self._given = self._process, None, ()
        if process is None:
            return
        assert process.stdin is not None  # asked for, both
        assert process.stdout is not None
        process.kill()
        process.stdout.close()
        with contextlib.suppress(OSError):  # it was dead
            process.stdin.close()
        process.wait()

    def _start(self) -> None:
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError:
            self._alone = True

    def _give(self) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        told = marshal.dumps(list(self._given))
        try:
            self._process.stdin.write(len(told).to_bytes(4, "big") + told)
            self._process.stdin.flush()
        except OSError:
            self._do_without()

    def _done(self) -> list[bytes]:
        done = self._answer() if self._process is not None and self._given else None
        if done is not None:
            return done
        self._here += len(self._given)
        return [zlib.compress(text) for text in self._given]

    def _answer(self) -> list[bytes] | None:
        """What the other process made of what it was given; None where it is no more."""
        assert self._process is not None
        assert self._process.stdout is not None
        size = int.from_bytes(self._process.stdout.read(4), "big")
        told = self._process.stdout.read(size)
        if not size or len(told) < size:
            self._do_without()
            return None
        done: list[bytes] = marshal.loads(told)
        return done

    def _do_without(self) -> None:
        given = self._given
        self.close()
        self._given, self._alone = given, True


def _processors() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
