"""Commands that are killed, failed or interrupted at any one step of what they do to the world.

A step is an object written, a ref moved, a git process begun or ended, a file of the package's own
opened, written, closed, replaced or removed, a statement of the index that writes. `Commands` talks
to a server (`python -m tests.faults`) that has the package loaded and forks for each command, so a
command costs milliseconds and a test can go through all its steps.

The faults:

* `kill`: SIGKILL; what was being written is half written
* `interrupt`: SIGINT
* `ENOSPC`: from here on nothing can be written, by the command or by the git it runs
* `EIO`: this one step fails; a git that had done its work is lost before it says so
* `short`: a write takes only a part of what it is given
* `gc`: another process collects all garbage, right now
"""

import builtins
import errno
import hashlib
import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

NOW = 1795426200
"""What the clock says in commands run here, unless told otherwise."""

_WRITING_GIT = ("update-ref", "hash-object", "commit-tree", "unpack-objects", "fetch", "push")
_FULL = ["sh", "-c", "cat >/dev/null; echo 'fatal: No space left on device' >&2; exit 128"]
_WRITING_SQL = ("PRAGMA", "BEGIN", "COMMIT", "INSERT OR REPLACE INTO meta")
_REPLACED = {name: getattr(os, name) for name in (
    "open", "write", "fsync", "replace", "remove", "unlink", "rmdir", "mkdir", "posix_spawnp",
)}  # fmt: skip
_open = builtins.open


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended (a signal is a negative code), what it said, and the steps it took."""

    code: int
    out: str
    err: str
    steps: list[str]


class Commands:
    """Runs `git mnemo` commands in forks of one server process."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.faults"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def run(
        self,
        *arguments: str,
        cwd: Path,
        step: int | None = None,
        fault: str = "kill",
        input: str = "",
        now: int = NOW,
        env: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Run a command, with a fault at one of its steps (counted from 1) if that is given."""
        job = {
            "arguments": arguments, "cwd": str(cwd), "step": step, "fault": fault, "input": input,
            "env": {"GIT_MNEMO_NOW": str(now), **(env or {})},
        }  # fmt: skip
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(job).encode() + b"\n")
        self._server.stdin.flush()
        return Outcome(**json.loads(self._server.stdout.readline()))

    def done(self, *arguments: str, cwd: Path, **more: Any) -> Outcome:
        """Run a command that must succeed."""
        outcome = self.run(*arguments, cwd=cwd, **more)
        assert outcome.code == 0, f"git mnemo {' '.join(arguments)}: {outcome}"
        return outcome

    def close(self) -> None:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.stdout.close()
        self._server.wait()


@contextmanager
def commands() -> Iterator[Commands]:
    server = Commands()
    try:
        yield server
    finally:
        server.close()


# -- the server --------------------------------------------------------------------------------


def serve() -> None:
    """Answer jobs, one JSON object a line, until stdin ends."""
    from git_mnemo import api, tools
    from git_mnemo.cli import (
        agent_hook,
        agents,
        anchors,
        claiming,
        claims,
        doctor,
        exchange,
        hook,
        hooking,
        lifecycle,
        memory,
        purge,
        recall,
        sessions,
        setup,
        sharing,
    )

    assert all((api, tools, agent_hook, agents, anchors, claiming, claims, doctor, exchange, hook))
    assert all((hooking, lifecycle, memory, purge, recall, sessions, setup, sharing))
    with os.fdopen(os.dup(0), "rb", buffering=0) as jobs, os.fdopen(os.dup(1), "wb") as answers:
        while line := jobs.readline():
            answers.write(json.dumps(_answer(json.loads(line))).encode() + b"\n")
            answers.flush()


def _answer(job: dict[str, Any]) -> dict[str, object]:
    with (
        tempfile.TemporaryFile() as stdin,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        tempfile.TemporaryFile() as steps,
    ):
        stdin.write(job["input"].encode())
        stdin.flush()
        stdin.seek(0)
        alive, held = os.pipe()
        child = os.fork()
        if child == 0:
            for number, file in enumerate((stdin, out, err)):
                os.dup2(file.fileno(), number)
            os.set_inheritable(held, True)
            os.close(alive)
            os._exit(_command(job, steps.fileno()))
        os.close(held)
        _, status = os.waitpid(child, 0)
        while os.read(alive, 100):  # ends when the last git that the command began has ended
            pass
        os.close(alive)
        for file in (out, err, steps):
            file.seek(0)
        said, complained, taken = (
            file.read().decode("utf-8", "replace") for file in (out, err, steps)
        )
        code = os.waitstatus_to_exitcode(status)
        return {"code": code, "out": said, "err": complained, "steps": taken.splitlines()}


def _command(job: dict[str, Any], log: int) -> int:
    from git_mnemo.__main__ import run
    from git_mnemo.cli.boundary import guard

    os.environ.update(job["env"])
    os.chdir(job["cwd"])
    name, *rest = job["arguments"]
    act = _SURFACES.get(name)
    _Boundary(job["step"], job["fault"], log).surround()
    code = guard(run, job["arguments"]) if act is None else guard(act, rest)
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _by_api(arguments: Sequence[str]) -> int:
    """A verb of the Python API with its arguments as JSON, instead of a command line."""
    import git_mnemo

    verb, given = arguments
    done = getattr(git_mnemo.open(), verb)(**json.loads(given))
    print(len(done) if isinstance(done, list | tuple) else type(done).__name__)
    return 0


def _by_tool(arguments: Sequence[str]) -> int:
    """A tool of the MCP server, which lives on: what failed once is called once more."""
    import git_mnemo
    from git_mnemo.errors import MnemoError
    from git_mnemo.tools import TOOLS

    name, given = arguments
    memory, tool = git_mnemo.open(), TOOLS[name]
    try:
        print(tool.call(memory, json.loads(given)).text)
    except (MnemoError, OSError):
        print(tool.call(memory, json.loads(given)).text)
    return 0


_SURFACES = {"api:": _by_api, "mcp:": _by_tool}
"""What a job may name instead of a command."""


class _Boundary:
    """What a command does to the world passes here, step by step."""

    def __init__(self, at: int | None, fault: str, log: int) -> None:
        self._at = at
        self._fault = fault
        self._log = log
        self._count = 0
        self._drawn = 0
        self._verbs: dict[int, str] = {}

    def surround(self) -> None:
        from git_mnemo.index import engine
        from git_mnemo.store import git
        from git_mnemo.store.libgit2 import Libgit2Store

        setattr(builtins, "open", self._open_file)  # noqa: B010  # mypy: not assignable
        for name in ("fsync", "replace", "remove", "unlink", "rmdir", "mkdir"):
            setattr(os, name, self._stepped(name, _REPLACED[name]))
        os.open = self._open
        os.write = self._write
        os.urandom = self._draw
        setattr(os, "posix_spawnp", self._spawn)  # noqa: B010
        setattr(subprocess, "Popen", _process(self._step, lambda: self._fault == "EIO"))  # noqa: B010
        finish, begin = git.finish, Libgit2Store.__init__
        connect = engine.sqlite3.connect

        def finished(started: git.Started) -> git.Ran:
            ran = finish(started)
            failed = self._step(f"end of git {self._verbs.pop(started.pid, '')}", reads=True)
            return git.Ran(-9, b"", "") if failed else ran

        def opened(store: Any, *arguments: Any, **more: Any) -> None:
            begin(store, *arguments, **more)
            store._objects = _Objects(store._objects, self._fail)
            store._repository = _Repository(store._repository, self._fail)

        def connected(path: str, **more: Any) -> sqlite3.Connection:
            if path in (":memory:", ""):
                memory: sqlite3.Connection = connect(path, **more)
                return memory
            database: _Database = connect(path, factory=_Database, **more)
            database.step = self._step
            return database

        setattr(git, "finish", finished)  # noqa: B010
        setattr(Libgit2Store, "__init__", opened)  # noqa: B010
        setattr(engine.sqlite3, "connect", connected)  # noqa: B010

    def _step(self, what: str, *, reads: bool = False) -> bool:
        """Note the step; True where it has to fail. What only reads is not hurt by a full disk."""
        self._count += 1
        _REPLACED["write"](self._log, f"{what}\n".encode())
        if self._at is None or self._count < self._at:
            return False
        if self._fault == "ENOSPC":
            return not reads
        if self._count > self._at:
            return False
        if self._fault == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif self._fault == "interrupt":
            signal.raise_signal(signal.SIGINT)
        elif self._fault == "gc":
            _collect_garbage()
        return self._fault == "EIO" or (self._fault == "short" and what == "write")

    def _fail(self, what: str) -> None:
        """A step that raises where it has to fail; what is done already does not."""
        if self._step(what) and not what.startswith("after "):
            number = getattr(errno, self._fault)
            raise OSError(number, os.strerror(number))

    def _stepped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*arguments: Any, **more: Any) -> Any:
            self._fail(name)
            answer = real(*arguments, **more)
            if name == "replace":
                self._step("after replace")
            return answer

        return stepped

    def _open(self, path: Any, flags: int, *arguments: Any, **more: Any) -> int:
        if flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR):
            self._fail("open")
        descriptor: int = _REPLACED["open"](path, flags, *arguments, **more)
        return descriptor

    def _open_file(self, path: Any, mode: str = "r", **more: Any) -> Any:
        if not set(mode) & set("wax+"):
            return _open(path, mode, **more)
        self._fail("open to write")
        return _File(_open(path, mode, **more), self._fail)

    def _write(self, descriptor: int, data: Any) -> int:
        """In two parts: a process may die, and a disk be full, in the middle."""
        write = _REPLACED["write"]
        pipe = stat.S_ISFIFO(os.fstat(descriptor).st_mode)
        half = len(data) // 2 if pipe else len(data) // 9  # some of the lines; part of the first
        written: int = write(descriptor, data[:half])
        if self._step("write", reads=pipe) and not pipe:
            if self._fault in ("ENOSPC", "short") and written:
                return written
            raise OSError(getattr(errno, self._fault), "injected")
        return written + int(write(descriptor, data[half:]))

    def _draw(self, size: int) -> bytes:
        """Random bytes that are the same in every run at one time: so a run is told by its ids."""
        self._drawn += 1
        return hashlib.sha256(f"{os.environ['GIT_MNEMO_NOW']} {self._drawn}".encode()).digest()[
            :size
        ]

    def _spawn(self, program: str, command: list[str], env: Any, **more: Any) -> int:
        verb = _verb(command)
        failed = self._step(f"git {verb}", reads=verb not in _WRITING_GIT)
        if failed and self._fault == "EIO":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        if failed:
            program, command = "sh", _FULL
        pid: int = _REPLACED["posix_spawnp"](program, command, env, **more)
        self._verbs[pid] = verb
        return pid


def _process(
    step: Callable[..., bool], is_error: Callable[[], bool]
) -> type[subprocess.Popen[bytes]]:
    """A `Popen` whose begin and end are steps, too; it is waited for like every other git."""

    class Process(subprocess.Popen[bytes]):
        def __init__(self, command: list[str], **more: Any) -> None:
            self._verb = _verb(command)
            if step(f"git {self._verb}", reads=self._verb not in _WRITING_GIT):
                command = ["sh", "-c", "kill -9 $$"] if is_error() else _FULL
            super().__init__(command, close_fds=False, **more)

        def communicate(self, *arguments: Any, **more: Any) -> Any:
            answer = super().communicate(*arguments, **more)
            if step(f"end of git {self._verb}", reads=True):
                self.returncode = -signal.SIGKILL
                return b"", b""
            return answer

    return Process


def _verb(command: Sequence[str]) -> str:
    """What a git, or a Python, is told to do."""
    words = (word for word in command[1:] if word[0] not in "-/" and "=" not in word)
    return next(words)


def _collect_garbage() -> None:
    for name, real in _REPLACED.items():
        setattr(os, name, real)
    # A gc of nobody's: without the reflogs, so that only refs keep objects.
    for command in ("reflog expire --expire=now --all", "gc --quiet --prune=now"):
        subprocess.run(["git", *command.split()], check=True, capture_output=True)


class _Passing:
    """Stands for something of libgit2's; what is not named in a subclass goes through."""

    def __init__(self, real: Any, fail: Callable[[str], None]) -> None:
        self._real = real
        self._fail = fail

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class _Objects(_Passing):
    def write(self, kind: int, data: bytes) -> Any:
        self._fail("write object")
        return self._real.write(kind, data)


class _Repository(_Passing):
    def lookup_reference(self, name: str) -> "_Reference":
        return _Reference(self._real.lookup_reference(name), self._fail)


class _Reference(_Passing):
    def set_target(self, *arguments: Any) -> None:
        self._fail("move ref")
        self._real.set_target(*arguments)
        self._fail("after move ref")


class _File(_Passing):
    """A file open to write; what was written to it reaches the disk at its end, or not."""

    def __enter__(self) -> IO[Any]:
        file: IO[Any] = self._real
        return file

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        try:
            self._fail("close written file")
        finally:
            self._real.close()


class _Database(sqlite3.Connection):
    step: Callable[[str], bool]

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if sql.startswith(_WRITING_SQL) and self.step("sqlite " + " ".join(sql.split()[:2])):
            raise sqlite3.OperationalError("disk I/O error")
        return super().execute(sql, *values)


if __name__ == "__main__":
    serve()
