"""Talking: a git that is started once and asked again and again, through pipes."""

from __future__ import annotations

import os

from git_mnemo.store import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class Talking:
    """A git process that is asked again and again, and only reads; it ends when this is let go."""

    def __init__(
        self, pid: int, into: int, out: int, end: Callable[[int], None] | None = None
    ) -> None:
        self._pid = pid
        self._end = end or _ended
        self._into = into
        self.out = out
        self._heard, self._at = b"", 0

    def say(self, data: bytes) -> None:
        """Write to its stdin. What it says must be read before the next: pipes hold little."""
        try:
            git.write_all(self._into, data)
        except BrokenPipeError:
            return  # it ended; what is read from it says so

    def until(self, end: bytes) -> bytes | None:
        """What it says next before this, which is left out; None where git has ended."""
        at = self._heard.find(end, self._at)
        if at >= 0:
            found, self._at = self._heard[self._at : at], at + len(end)
            return found
        parts = [self._heard[self._at :]]
        while (at := parts[-1].find(end)) < 0:
            part = os.read(self.out, 65536)
            if not part:
                return None
            seam = len(parts[-1]) - len(end) + 1  # the end may lie across two parts
            if seam > 0:
                parts[-1:] = [parts[-1][:seam], parts[-1][seam:] + part]
            else:
                parts[-1] += part
        self._heard, self._at = parts[-1], at + len(end)
        return b"".join((*parts[:-1], parts[-1][:at]))

    def sized(self) -> tuple[bytes, bytes | None] | None:
        """Its next line, and, if the last word of that is a size, the bytes after it, of which the
        last is left out; None where git has ended."""
        line = self.until(b"\n")
        if line is None:
            return None
        size = line.rpartition(b" ")[2]
        if not size.isdigit():
            return line, None
        data = self.take(int(size) + 1)
        return (line, data[:-1]) if data is not None else None

    def objects(self, most: int) -> tuple[int, dict[str, tuple[str, bytes]]]:
        """How many answers of `cat-file --batch` come next, at most so many, and what they tell:
        kind and bytes by id, without what is missing. 0 where git has ended."""
        told, found = 0, dict[str, tuple[str, bytes]]()
        heard, at = self._heard, self._at
        while told < most and (end := heard.find(b"\n", at)) >= 0:
            line = heard[at:end].decode("ascii", "replace").split(" ")
            stop = end + 1
            if len(line) == 3 and line[2].isdigit():  # else it is missing
                stop += int(line[2]) + 1
                if stop > len(heard):
                    break
                found[line[0]] = line[1], heard[end + 1 : stop - 1]
            told, at = told + 1, stop
        self._at = at
        if not told and (answer := self.sized()) is not None:  # not all of it has come
            head, data = answer
            line, told = head.decode("ascii", "replace").split(" "), 1
            if data is not None and len(line) == 3:
                found[line[0]] = line[1], data
        return told, found

    def take(self, size: int) -> bytes | None:
        """The next bytes of its stdout; None where git has ended before."""
        found = self._heard[self._at : self._at + size]
        self._at += len(found)
        if len(found) == size:
            return found
        parts, left = [found], size - len(found)
        while left:
            part = os.read(self.out, min(max(left, 65536), 1 << 20))
            if not part:
                return None
            parts.append(part[:left])
            self._heard, self._at = part, len(parts[-1])
            left -= len(parts[-1])
        return b"".join(parts)

    def __del__(self, close: Callable[[int], None] = os.close) -> None:
        # As defaults, because at the end of the interpreter there may be no module any more.
        try:
            close(self._into)
            close(self.out)
            self._end(self._pid)
        except KeyboardInterrupt:  # raised here it would be printed, and forgotten
            self._end(self._pid)
            _interrupt_soon()


def _interrupt_soon() -> None:
    from _thread import interrupt_main
    from threading import Timer

    timer = Timer(0.01, interrupt_main)
    timer.daemon = True
    timer.start()


def _ended(
    pid: int,
    kill: Callable[[int, int], None] = os.kill,
    wait: Callable[[int, int], tuple[int, int]] = os.waitpid,
    no_child: type[OSError] = ChildProcessError,
    nohang: int = getattr(os, "WNOHANG", 0),
) -> None:
    try:
        if wait(pid, nohang)[0] == 0:
            kill(pid, 9)  # a fork may hold its stdin open, and it only reads
            wait(pid, 0)
    except no_child:
        return  # after a fork it is our parent's; and who ignores SIGCHLD has none to wait for


def talk(arguments: Sequence[str], *, env: Mapping[str, str]) -> Talking:
    """Start git for a talk; what it says on stderr is not looked at."""
    if not git.SPAWNS:
        return _talk_portable(arguments, env)
    in_read, in_write = os.pipe()
    out_read, out_write = os.pipe()
    actions = [
        (os.POSIX_SPAWN_DUP2, in_read, 0),
        (os.POSIX_SPAWN_DUP2, out_write, 1),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    try:
        pid = os.posix_spawnp(
            "git",
            ["git", *arguments],
            dict(env),
            file_actions=actions,
            setsigdef=git.broken_pipe_signal(),
        )
    except OSError as error:
        for descriptor in (in_read, in_write, out_read, out_write):
            os.close(descriptor)
        raise git.no_git(error) from None
    os.close(in_read)
    os.close(out_write)
    return Talking(pid, in_write, out_read)


def _talk_portable(arguments: Sequence[str], env: Mapping[str, str]) -> Talking:
    from git_mnemo.store import portable

    try:
        talk = portable.Talk(arguments, env)
    except OSError as error:
        raise git.no_git(error) from None
    return Talking(talk.process_id, talk.into, talk.out, talk.end)
