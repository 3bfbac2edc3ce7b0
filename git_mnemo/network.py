"""Remotes: what git's own network commands answer. Credentials, ssh and proxies are the user's.

Nothing is classified by the text of an error: whether a ref exists is asked, and a push tells of
each ref in its porcelain lines.
"""

import contextlib
import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from git_mnemo import moment, refs
from git_mnemo.errors import MnemoError
from git_mnemo.message import printable
from git_mnemo.repository import Repository
from git_mnemo.store import git, history, layout

TIMEOUT = 300
"""Seconds that one network command may take, unless `mnemo.timeout` says otherwise."""

_GRACE = 5
_CHECKED = ("-c", "fetch.fsckObjects=true", "-c", "transfer.fsckObjects=true")
# As one pack, which can be checked as a whole afterwards.
_UNCHECKED = (
    "-c", "fetch.fsckObjects=false", "-c", "transfer.fsckObjects=false",
    "-c", "fetch.unpackLimit=1", "-c", "transfer.unpackLimit=1",
)  # fmt: skip
_FETCH = (
    "-c", "gc.auto=0", "-c", "maintenance.auto=false",
    "fetch", "--no-tags", "--no-filter", "--no-prune", "--no-recurse-submodules",
    "--no-write-fetch-head", "--refmap=",
)  # fmt: skip
# Windows has no terminal that hangs up.
_ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))

MOST_SAID = 500
"""Code points of what a remote printed that a reason takes over."""

AT_ONCE = 500
"""Refs in one command: its arguments are limited, and git compares each of them with each other."""
_PUSH = ("push", "--no-verify", "--no-follow-tags", "--no-recurse-submodules", "--porcelain")


class Pushed(NamedTuple):
    """What a remote said of one ref: `flag` is git's (`*` new, `!` refused, blank moved …).

    The `reason` of a refusal ends with what the remote's hooks printed.
    """

    flag: str
    ref: str
    reason: str


def remotes(repository: Repository) -> list[str]:
    """The names of the remotes."""
    return repository.git("remote").out.decode("utf-8", "surrogateescape").split("\n")[:-1]


def push_url(repository: Repository, remote: str) -> str:
    """The URL that pushing to a remote uses, or all of them. Refuses a name that is no remote."""
    if remote not in remotes(repository):
        raise MnemoError("not-found", f"there is no remote {anonymous(remote)!r}.", "git remote -v")
    asked = repository.git("remote", "get-url", "--push", "--all", "--", remote)
    return " ".join(asked.out.decode("utf-8", "surrogateescape").splitlines())


def anonymous(url: str) -> str:
    """The URL, or a text with URLs in it, as it may be shown: without names and passwords."""
    return re.sub(r"(?<=://)[^/?#\s]*@", "", url)


def list_refs(repository: Repository, remote: str, *patterns: str) -> dict[str, str]:
    """The refs of a remote that match the patterns, with what they point at."""
    done = _run(repository, ["ls-remote", "--refs", "--", remote, *patterns], remote)
    found = {name: oid for oid, _, name in (line.partition("\t") for line in _lines(done.out))}
    if any(len(oid) != repository.width for oid in found.values()):
        raise _another_format(remote)
    return found


def fetch(repository: Repository, remote: str, names: Sequence[str]) -> None:
    """Copy these refs of a remote to their tracking refs, with every object checked by git."""
    specs = [f"+{name}:{refs.tracking(remote, name)}" for name in names]
    for start in range(0, len(specs), AT_ONCE):
        part = specs[start : start + AT_ONCE]
        _run(repository, [*_CHECKED, *_FETCH, "--", remote, *part], remote)


def fetch_aside(repository: Repository, remote: str, name: str, objects: str) -> None:
    """Copy what a ref of a remote holds into another folder of objects, unchecked; no ref moves."""
    arguments = [*_UNCHECKED, *_FETCH, "--", remote, name]
    _run(repository, arguments, remote, env={"GIT_OBJECT_DIRECTORY": objects})


def push(repository: Repository, remote: str, specs: Sequence[str], *leases: str) -> list[Pushed]:
    """Push refs by name; what the remote said of each. Never forced, but for `leases`.

    A remote of several URLs answers for each of them: what one of them refused is refused.
    """
    given = [f"--force-with-lease={lease}" for lease in leases]
    by_path = {"pack.useSparse": "true" if _may_walk_paths(repository, specs) else "false"}
    done = _run(
        repository, [*_PUSH, *given, "--", remote, *specs], remote, answers=True, settings=by_path
    )
    said = _from_there(done.err)
    told: dict[str, Pushed] = {}
    for answer in filter(None, (_answer(line, said) for line in _lines(done.out))):
        if answer.ref not in told or answer.flag == "!":
            told[answer.ref] = answer
    refused = any(answer.flag == "!" for answer in told.values())
    if not told or (done.code and not refused):
        raise _unreachable(remote, done.err)
    return list(told.values())


def _may_walk_paths(repository: Repository, specs: Sequence[str]) -> bool:
    """Whether git may look path by path for what the remote has, instead of through all folders of
    it: that takes no time however large they are, but never ends where the paths do not."""
    tips = filter(None, (spec.partition(":")[0] for spec in specs))
    try:
        roots = (history.tree_of(repository.store, tip) for tip in tips)
        return not any(layout.has_reserved(repository.store, root) for root in roots)
    except MnemoError:  # what is no memory is not ours to judge
        return False


def _from_there(err: str) -> str:
    """What the remote's own programs printed, in one line that is safe to show."""
    lines = (line.removeprefix("remote:") for line in err.splitlines() if line[:7] == "remote:")
    said = " ".join(word for line in lines for word in printable(line).split())
    return said if len(said) <= MOST_SAID else said[:MOST_SAID] + "…"


def _lines(out: bytes) -> list[str]:
    # Not splitlines: a ref's name may hold what Python takes for the end of a line.
    return out.decode("utf-8", "replace").removesuffix("\n").split("\n") if out else []


def _answer(line: str, said: str) -> Pushed | None:
    fields = line.split("\t")
    if len(fields) != 3 or len(fields[0]) != 1:
        return None
    flag, reason = fields[0], printable(fields[2])
    told = f"{reason}: {said}" if said and flag == "!" else reason
    return Pushed(flag, fields[1].rpartition(":")[2], told)


def _run(
    repository: Repository,
    arguments: Sequence[str],
    remote: str,
    *,
    answers: bool = False,
    env: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
) -> git.Ran:
    """Run a network command within its time; one that fails to reach the remote is an error.

    On the time limit, and where we are told to end, git is told to end too, and gets a moment to
    take its lock files along.
    """
    limit = repository.config.get("mnemo.timeout", "")
    seconds = int(limit) if moment.is_epoch(limit) and int(limit) else TIMEOUT
    # A remote's `mirror` setting would stop a push of single refs.
    whole = {f"remote.{remote}.mirror": "false", **git.SPARING, **(settings or {})}
    own = git.configured(git.environment(repository.git_dir), whole)
    with _ending_together() as begun:
        child = subprocess.Popen(
            ["git", "-c", "core.hooksPath=" + os.devnull, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**own, **(env or {})},
            cwd=repository.top or repository.git_dir,  # where git resolves a relative URL from
        )
        try:
            begun()
            out, err = child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            _end(child)
            raise MnemoError(
                "network",
                f"{remote} did not answer within {seconds} seconds.",
                "git config mnemo.timeout 600",
            ) from None
        except BaseException:
            _end(child)
            raise
    done = git.Ran(child.returncode, out, err.decode("utf-8", "replace").strip())
    if done.code and not (answers and done.out):
        raise _unreachable(remote, done.err)
    return done


@contextlib.contextmanager
def _ending_together() -> Iterator[Callable[[], None]]:
    """While this lasts, a signal to end interrupts us as Ctrl-C does; then it ends us after all.

    Not before the function it gives is called, and by that at the latest: a signal that comes
    while a process is being started would leave it to itself. A signal that somebody ignores or
    takes care of stays theirs. Only the main thread can know.
    """
    if threading.current_thread() is not threading.main_thread():
        yield _nothing
        return
    sent: list[int] = []
    waited = [True]

    def interrupt(number: int, _frame: object) -> None:
        sent.append(number)
        if not waited[0] and len(sent) == 1:
            raise KeyboardInterrupt

    def begun() -> None:
        waited[0] = False
        if sent:
            raise KeyboardInterrupt

    ours = (signal.SIG_DFL, signal.default_int_handler)
    stood = {one: signal.getsignal(one) for one in (*_ENDING, signal.SIGINT)}
    changed = {number: known for number, known in stood.items() if known in ours}
    for number in changed:
        signal.signal(number, interrupt)
    try:
        yield begun
    finally:
        for number, known in changed.items():
            signal.signal(number, known)
        if sent and sent[0] != signal.SIGINT:
            os.kill(os.getpid(), sent[0])


def _nothing() -> None:
    """Nobody tells this thread to end."""


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(_GRACE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _another_format(remote: str) -> MnemoError:
    return MnemoError(
        "refused",
        f"{remote} has ids of another length (SHA-1 and SHA-256), and git cannot fetch or push"
        " between them; what one exports, the other imports.",
        "git mnemo export | git -C OTHER mnemo import -",
    )


def _unreachable(remote: str, said: str) -> MnemoError:
    if "mismatched algorithms" in said or "repository's hash algorithm" in said:
        return _another_format(remote)
    lines = [line for line in said.splitlines() if line.strip()] or ["git gave no reason"]
    telling = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines
    reason = telling[0].removeprefix("fatal: ").removeprefix("error: ").rstrip(".")
    before = lines[: lines.index(telling[0])]
    if before and "Could not read from remote" in reason:  # ssh says why, and git only that
        reason = printable(before[-1]).strip().rstrip(".")
    return MnemoError("network", f"{remote}: {anonymous(reason)}.", f"git ls-remote {remote}")
