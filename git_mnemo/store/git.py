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
    from collections.abc import Iterable, Iterator, Mapping, Sequence

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
            setsigdef=broken_pipe_signal(),
        )
    except OSError as error:
        for descriptor in (in_read, in_write, out_read, out_write, err_read, err_write):
            os.close(descriptor)
        raise no_git(error) from None
    for descriptor in (in_read, out_write, err_write):
        os.close(descriptor)
    try:
        write_all(in_write, stdin)
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
        raise no_git(error) from None


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


def broken_pipe_signal() -> list[int]:
    """The signal that a child must not ignore, though Python does."""
    # Not `signal`, which builds enums of all its constants first.
    from _signal import SIGPIPE

    return [SIGPIPE]


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of it, however little is taken at once."""
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
        raise no_git(error) from None


def no_git(error: OSError) -> MnemoError:
    """What to say when git could not be started."""
    if isinstance(error, FileNotFoundError):
        return MnemoError("not-a-repository", "the git program is not on PATH.", "git --version")
    return MnemoError(
        "refused", f"git could not be started: {error.strerror}.", "git --version", fatal=True
    )
