"""Running git where no process can be spawned as POSIX has it: by `subprocess`, which takes longer
to load than git to run."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Answer = tuple[int, bytes, bytes]
"""The exit status, stdout and stderr."""


class Process:
    """A git process under way, and what it reads."""

    def __init__(
        self, arguments: Sequence[str], env: Mapping[str, str] | None, stdin: bytes, cwd: str | None
    ) -> None:
        self._stdin = stdin
        self._process = subprocess.Popen(
            ["git", *arguments], env=env, cwd=cwd, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def finish(self) -> Answer:
        """Wait for its answer; whoever stops waiting ends it."""
        try:
            out, err = self._process.communicate(self._stdin)
        except BaseException:
            self._process.terminate()
            self._process.wait()
            raise
        return self._process.returncode, out, err

    def finish_by(self, deadline: float) -> Answer | None:
        """The answer; None, and it is killed, when it is not there at that moment of
        `time.monotonic`."""
        try:
            out, err = self._process.communicate(self._stdin, max(deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            return None
        return self._process.returncode, out, err


class Flow:
    """A git process whose answer is read as it comes, in parts; stop at any time, then `end` it."""

    def __init__(self, arguments: Sequence[str], env: Mapping[str, str]) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - `end` closes it
        self._process = subprocess.Popen(
            ["git", *arguments], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=self._said,
        )  # fmt: skip

    def parts(self) -> Iterator[bytes]:
        """What it writes to stdout, until it has ended."""
        assert self._process.stdout is not None
        while part := os.read(self._process.stdout.fileno(), 65536):
            yield part
        self._process.wait()

    def end(self) -> tuple[int, str]:
        """Its exit status and what it said on stderr; it is killed where it has not ended."""
        assert self._process.stdout is not None
        if self._process.poll() is None:
            self._process.kill()
        self._process.stdout.close()
        code = self._process.wait()
        with self._said as said:
            said.seek(0)
            return code, said.read(65536).decode("utf-8", "replace").strip()


class Talk:
    """A git process that is asked again and again: `into` and `out` are its ends of pipes here."""

    def __init__(self, arguments: Sequence[str], env: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            ["git", *arguments], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.into = os.dup(self._process.stdin.fileno())
        self.out = os.dup(self._process.stdout.fileno())
        self._process.stdin.close()
        self._process.stdout.close()

    @property
    def process_id(self) -> int:
        """The number of the process."""
        return self._process.pid

    def end(self, _pid: int = 0) -> None:
        """Let it end: its pipes are closed by now, and it only reads, so it may be killed."""
        self._process.kill()
        self._process.wait()
