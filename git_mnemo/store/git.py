"""The git program: one way to run it, and the environment it runs in.

A run is cheap and answers as the user's own git would (configuration, identity, dates, every kind
of repository), so whatever is not on the path of every claim is asked of it.
"""

from __future__ import annotations

import os

from git_mnemo.errors import MnemoError
from git_mnemo.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from git_mnemo.store import portable

# What `git rev-parse --local-env-vars` lists, but for the -c settings of the user's command line.
# fmt: off
_LOCAL_VARIABLES = frozenset((
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_CONFIG", "GIT_DIR",
    "GIT_GRAFT_FILE", "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE", "GIT_WORK_TREE",
))
# fmt: on

SPAWNS = hasattr(os, "posix_spawnp")
"""Whether a process costs no import here; else it is `portable` that starts it."""

_ROOM = 65536
"""Bytes of paths on one command line."""


SPARING = {
    "core.packedGitWindowSize": "16m",
    "core.packedGitLimit": "64m",
    "core.deltaBaseCacheLimit": "16m",
}
"""Settings for a git that looks at everything: with them it maps packs in parts, as we do, and
needs half the memory and no more time."""

SPARINGLY = [word for name, value in SPARING.items() for word in ("-c", f"{name}={value}")]
"""The same, to put before a command."""


class Ran(NamedTuple):
    """What a git process answered."""

    code: int
    out: bytes
    err: str

    @property
    def said(self) -> str:
        """What it said on stderr, in one line."""
        return "; ".join(line.strip() for line in self.err.splitlines()) or "git was killed"


class Started(NamedTuple):
    """A git process under way, by its pipes or by its object; `finish` reads its answer."""

    pid: int
    out: int
    err: int
    process: portable.Process | None = None


def outside() -> dict[str, str]:
    """The user's environment, rid of what points at one repository."""
    kept = {name: value for name, value in os.environ.items() if name not in _LOCAL_VARIABLES}
    kept["GIT_NO_REPLACE_OBJECTS"] = "1"
    kept["GIT_OPTIONAL_LOCKS"] = "0"
    return kept


def environment(git_dir: str) -> dict[str, str]:
    """The user's environment, pointed at one repository and rid of what hooks leak into it."""
    return outside() | {"GIT_DIR": git_dir}


def configured(env: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """The environment with settings for git in it. Not by `-c`, which cannot name what holds `=`
    in its name."""
    count = env.get("GIT_CONFIG_COUNT", "")
    number = int(count) if count.isascii() and count.isdigit() else 0
    more = {"GIT_CONFIG_COUNT": str(number + len(settings))}
    for at, (name, value) in enumerate(settings.items(), number):
        more |= {f"GIT_CONFIG_KEY_{at}": name, f"GIT_CONFIG_VALUE_{at}": value}
    return {**env, **more}


def at_top(top: str | None) -> list[str]:
    """What to put before a command for literal paths from the top of the work tree, if any."""
    place = ["-C", top] if top is not None else []
    return [*place, "--literal-pathspecs", "-c", "log.follow=false"]


def batches(paths: Iterable[str]) -> Iterator[list[str]]:
    """The paths, in as many lists as they need to fit on command lines."""
    part: list[str] = []
    room = _ROOM
    for path in paths:
        room -= 4 * len(path) + 9
        if room < 0 and part:
            yield part
            part, room = [], _ROOM - 4 * len(path) - 9
        part.append(path)
    if part:
        yield part


def run(
    arguments: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    cwd: str | None = None,
) -> Ran:
    """Run git to its end. A failure of git is an answer, not an exception."""
    # Much on stdin may mean much on stdout, and only `subprocess` reads while it writes.
    if cwd is not None or len(stdin) > 32768 or not SPAWNS:
        return finish(_start_portable(arguments, env, stdin, cwd))
    return finish(start(arguments, env=env, stdin=stdin))


def start(
    arguments: Sequence[str], *, env: Mapping[str, str] | None = None, stdin: bytes = b""
) -> Started:
    """Start git and return at once. Importing `subprocess` costs as much as four runs of git."""
    if not SPAWNS:
        return _start_portable(arguments, env, stdin, None)
    in_read, in_write = os.pipe()
    out_read, out_write = os.pipe()
    err_read, err_write = os.pipe()
    actions = [
        (os.POSIX_SPAWN_DUP2, in_read, 0),
        (os.POSIX_SPAWN_DUP2, out_write, 1),
        (os.POSIX_SPAWN_DUP2, err_write, 2),
    ]
    try:
        pid = os.posix_spawnp(
            "git",
            ["git", *arguments],
            dict(os.environ if env is None else env),
            file_actions=actions,
            setsigdef=_broken_pipe_signal(),
        )
    except OSError as error:
        for descriptor in (in_read, in_write, out_read, out_write, err_read, err_write):
            os.close(descriptor)
        raise _no_git(error) from None
    for descriptor in (in_read, out_write, err_write):
        os.close(descriptor)
    try:
        _write_all(in_write, stdin)
    except BrokenPipeError:
        pass  # git ended early; its exit status says why
    finally:
        os.close(in_write)
    return Started(pid, out_read, err_read)


def flow(arguments: Sequence[str], env: Mapping[str, str]) -> portable.Flow:
    """Start git, for an answer that is too long to be held: whoever reads it ends it."""
    from git_mnemo.store import portable

    try:
        return portable.Flow(arguments, env)
    except OSError as error:
        raise _no_git(error) from None


def finish(started: Started) -> Ran:
    """The answer of a started git, once it has ended. Whoever stops waiting for it ends it."""
    if started.process is not None:
        return ran(*started.process.finish())
    try:
        out = _read_all(started.out)
        err = _read_all(started.err)
        _, status = os.waitpid(started.pid, 0)
    except BaseException:
        _end(started.pid)
        raise
    finally:
        os.close(started.out)
        os.close(started.err)
    return ran(os.waitstatus_to_exitcode(status), out, err)


def ran(code: int, out: bytes, err: bytes) -> Ran:
    """What a process answered."""
    return Ran(code, out, err.decode("utf-8", "replace").strip())


def _end(pid: int) -> None:
    from _signal import SIGTERM  # type: ignore[import-not-found]

    try:
        os.kill(pid, SIGTERM)  # on which git takes its lock files along
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError):
        return


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
            _write_all(self._into, data)
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
    if not SPAWNS:
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
            setsigdef=_broken_pipe_signal(),
        )
    except OSError as error:
        for descriptor in (in_read, in_write, out_read, out_write):
            os.close(descriptor)
        raise _no_git(error) from None
    os.close(in_read)
    os.close(out_write)
    return Talking(pid, in_write, out_read)


def _talk_portable(arguments: Sequence[str], env: Mapping[str, str]) -> Talking:
    from git_mnemo.store import portable

    try:
        talk = portable.Talk(arguments, env)
    except OSError as error:
        raise _no_git(error) from None
    return Talking(talk.process_id, talk.into, talk.out, talk.end)


def _broken_pipe_signal() -> list[int]:
    # Python ignores SIGPIPE and a child would inherit that.
    # Not `signal`, which builds enums of all its constants first.
    from _signal import SIGPIPE

    return [SIGPIPE]


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _read_all(descriptor: int) -> bytes:
    parts = []
    while part := os.read(descriptor, 65536):
        parts.append(part)
    return b"".join(parts)


def _start_portable(
    arguments: Sequence[str], env: Mapping[str, str] | None, stdin: bytes, cwd: str | None
) -> Started:
    from git_mnemo.store import portable

    try:
        return Started(-1, -1, -1, portable.Process(arguments, env, stdin, cwd))
    except OSError as error:
        raise _no_git(error) from None


def _no_git(error: OSError) -> MnemoError:
    if isinstance(error, FileNotFoundError):
        return MnemoError("not-a-repository", "the git program is not on PATH.", "git --version")
    return MnemoError(
        "refused", f"git could not be started: {error.strerror}.", "git --version", fatal=True
    )
