"""MCP servers that begin at once: forks of a process that has loaded the SDK, each with two pipes.

What loads for a second would else begin anew for each server that a test ends. A fault may be
given, at one of the steps that `faults` counts.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.faults import NOW
from tests.support import ROOT

LIMIT = 60
"""Seconds after which a server ends that nobody ended, so that no test waits for ever."""

Json = dict[str, Any]
HELLO = {"protocolVersion": "2025-11-25", "capabilities": {},
         "clientInfo": {"name": "x", "version": "1"}}  # fmt: skip


class Forks:
    """The process that servers are forked from."""

    def __init__(self) -> None:
        self._talk, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "tests.served", str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], cwd=ROOT)

    def serve(self, repo: Path, *, step: int | None = None, fault: str = "kill") -> "Served":
        """A new server of a repository that has answered the handshake."""
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        job = {"cwd": str(repo), "step": step, "fault": fault, "env": dict(os.environ)}
        socket.send_fds(self._talk, [json.dumps(job).encode()], [theirs_in, theirs_out])
        os.close(theirs_in)
        os.close(theirs_out)
        pid = int(self._talk.recv(20))
        return Served(self, pid, ours_out, ours_in)

    def status(self, pid: int) -> int:
        """How a server ended; waits for that."""
        self._talk.send(f"{pid}".encode())
        return int(self._talk.recv(20))

    def close(self) -> None:
        self._talk.close()
        self._process.wait()


class Served:
    """One server, and the client's ends of its pipes."""

    def __init__(self, forks: Forks, pid: int, ours_out: int, ours_in: int) -> None:
        self.pid = pid
        self._forks = forks
        self._out = os.fdopen(ours_out, "wb", buffering=0)
        self._in = os.fdopen(ours_in, "rb")
        self._number = 0
        self._status: int | None = None

    def __enter__(self) -> Self:
        self.send("initialize", HELLO)
        assert self.answer() is not None
        self.write(b'{"jsonrpc": "2.0", "method": "notifications/initialized"}\n')
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, data: bytes) -> None:
        """Say anything."""
        self._out.write(data)

    def send(self, method: str, params: Json) -> int:
        """Send a request; its number."""
        self._number += 1
        asked = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
        self.write(json.dumps(asked).encode() + b"\n")
        return self._number

    def call(self, tool: str, **arguments: object) -> int:
        """Ask for a call of a tool; the number of the request."""
        return self.send("tools/call", {"name": tool, "arguments": arguments})

    def answer(self) -> Json | None:
        """The next whole answer; None where there will be none."""
        line = self._in.readline()
        found: Json | None = json.loads(line) if line.endswith(b"\n") else None
        return found

    def answers(self) -> Iterator[Json]:
        """All answers to come."""
        while (one := self.answer()) is not None:
            yield one

    def done(self, tool: str, **arguments: object) -> Json:
        """What a call answers that must succeed."""
        self.call(tool, **arguments)
        told = self.answer()
        assert told is not None
        assert not told["result"]["isError"], told
        found: Json = told["result"]["structuredContent"]
        return found

    def say_no_more(self) -> None:
        """Close the pipe to it."""
        self._out.close()

    def hang_up(self) -> None:
        """Close both pipes, as a client does that ends."""
        self._out.close()
        self._in.close()

    def close(self) -> int:
        """Say no more, read the rest, and wait for its end; the status."""
        self._out.close()
        if not self._in.closed:
            for _ in self.answers():
                pass
            self._in.close()
        if self._status is None:
            self._status = self._forks.status(self.pid)
        return self._status


@contextmanager
def forks() -> Iterator[Forks]:
    running = Forks()
    try:
        yield running
    finally:
        running.close()


def main(descriptor: int) -> None:
    """Fork a server for each job that comes, until nobody is there to send one."""
    from git_mnemo import mcp_server

    assert mcp_server.serve is not None
    with socket.socket(fileno=descriptor) as talk:
        while True:
            data, given, _, _ = socket.recv_fds(talk, 1 << 17, 2)
            if not data:
                return
            if not given:
                status = os.waitstatus_to_exitcode(os.waitpid(int(data), 0)[1])
                talk.send(f"{status}".encode())
                continue
            pid = os.fork()
            if pid == 0:
                talk.close()
                os._exit(_serve(json.loads(data), given))
            for one in given:
                os.close(one)
            talk.send(f"{pid}".encode())


def _serve(job: Json, pipes: list[int]) -> int:
    from git_mnemo.__main__ import run
    from git_mnemo.cli.boundary import guard
    from tests.faults import _Boundary

    signal.alarm(LIMIT)
    for number, descriptor in enumerate(pipes):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(job["env"], GIT_MNEMO_NOW=str(NOW))
    os.chdir(job["cwd"])
    if job["step"] is not None:
        _Boundary(job["step"], job["fault"], os.open(os.devnull, os.O_WRONLY)).surround()
    return guard(run, ["mcp"])


if __name__ == "__main__":
    main(int(sys.argv[1]))
