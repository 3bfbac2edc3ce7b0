"""What a hook of git sets off. Loaded without click, and with no more than the event needs."""

from __future__ import annotations

import os
import sys

from git_mnemo import caller, daily, following, marks, rewritten, trailer
from git_mnemo.cli import desk
from git_mnemo.errors import MnemoError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from git_mnemo.repository import Repository

LIMIT = 8
"""Seconds after which a hook gives up; what it did not do, the next command does."""

WORK_LIMIT = 60
"""Seconds after which the worker gives up, for whom nobody waits."""

PATIENCE = 0.3
"""Seconds that a hook waits for a lock; then the next command does what it was to do."""

_GRACE = 2
_LOOKS = 3


def run(arguments: Sequence[str]) -> int:
    """Do what the event asks for. An event that nothing is done for is no mistake, and neither is
    a repository that cannot be opened: others may share its hooks."""
    event, *rest = arguments or [""]
    act = EVENTS.get(event)
    if act is not None:
        stdin = _stdin() if event in WITH_STDIN else b""
        if event == "follow":
            _leave_terminal()
        if event != "publish":
            _limit(WORK_LIMIT if event == "follow" else LIMIT)
        try:
            repository = _repository()
            if repository is not None and _is_of_use(repository, event):
                repository.patience = None if event in WORKERS else PATIENCE
                act(repository, rest, stdin)
        finally:
            _limit(0)
    return 0


def _repository() -> Repository | None:
    try:
        return desk.find_repository()
    except MnemoError as error:
        if error.code in ("not-a-repository", "refused"):
            return None
        raise


def _is_of_use(repository: Repository, event: str) -> bool:
    """What the shim asks, which a hook manager's own lines may go past."""
    needs = _NEEDS.get(event, (marks.LIVE,))
    return any(marks.stands(repository, mark) for mark in needs)


def _post_commit(repository: Repository, rest: Sequence[str], stdin: bytes) -> None:
    stamp = desk.stamp(repository, None)
    named = os.environ.get("GIT_REFLOG_ACTION", "")
    following.after_commit(repository, stamp, desk.wanted(None), named)
    daily.start_if_due(repository, stamp.now)


def _post_rewrite(repository: Repository, rest: Sequence[str], stdin: bytes) -> None:
    found = map(rewritten.pair_in, stdin.decode("ascii", "replace").split("\n"))
    pairs = dict(one for one in found if one is not None)
    stamp = desk.stamp(repository, None)
    following.after_rewrite(repository, stamp, desk.wanted(None), pairs)


def _follow(repository: Repository, rest: Sequence[str], stdin: bytes) -> None:
    following.make_up(repository, desk.stamp(repository, None), desk.wanted(None))


def _work(repository: Repository, rest: Sequence[str], stdin: bytes) -> None:
    """What the shim starts, and nobody waits for: it has time, and looks again before it ends."""
    for _ in range(_LOOKS):
        _follow(repository, rest, stdin)
        if not caller.is_due(repository):
            return


def _prepare(repository: Repository, rest: Sequence[str], stdin: bytes) -> None:
    source = rest[1] if len(rest) > 1 else os.environ.get("PRE_COMMIT_COMMIT_MSG_SOURCE", "")
    if rest and trailer.is_on(repository):
        trailer.prepare(repository, os.path.abspath(rest[0]), source, desk.wanted(None))


def _message(repository: Repository, rest: Sequence[str], stdin: bytes) -> None:
    if rest and trailer.is_on(repository):
        trailer.finish(repository, os.path.abspath(rest[0]), desk.wanted(None))


def _pre_push(repository: Repository, rest: Sequence[str], stdin: bytes) -> None:
    from git_mnemo import publishing

    remote = rest[0] if rest else os.environ.get("PRE_COMMIT_REMOTE_NAME", "")
    publishing.announce(repository, remote, stdin or _told_by_pre_commit())


def _publish(repository: Repository, rest: Sequence[str], stdin: bytes) -> None:
    from git_mnemo import detached, publishing

    os.environ.update(detached.quiet(repository.config))
    publishing.publish(repository, rest[0] if rest else "", stdin)


def _told_by_pre_commit() -> bytes:
    """The first line that git gave pre-commit, which keeps the rest to itself."""
    names = ("LOCAL_BRANCH", "TO_REF", "REMOTE_BRANCH", "FROM_REF")
    told = [os.environ.get(f"PRE_COMMIT_{name}", "") or "-" for name in names]
    return os.fsencode(" ".join(told))


EVENTS: dict[str, Callable[[Repository, Sequence[str], bytes], None]] = {
    "post-commit": _post_commit,
    "post-rewrite": _post_rewrite,
    "post-merge": _follow,
    "post-checkout": _follow,
    "prepare-commit-msg": _prepare,
    "commit-msg": _message,
    "pre-push": _pre_push,
    "publish": _publish,
    "follow": _work,
}
WORKERS = ("publish", "follow")
WITH_STDIN = ("post-rewrite", "pre-push", "publish")
_NEEDS = {
    "post-rewrite": (marks.LIVE, marks.LINKED),
    "follow": (marks.LIVE, marks.LINKED),
    "pre-push": (marks.SHARED,),
    "publish": (marks.SHARED,),
}


def _stdin() -> bytes:
    return b"" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.buffer.read()


def _leave_terminal() -> None:
    """Be in a session of our own, so that what ends the terminal's does not end us."""
    try:
        os.setsid()
    except (AttributeError, OSError):
        return  # Windows; or we lead a group already


def _limit(seconds: int) -> None:
    """Let this process have so many seconds from now on; 0 for as many as it likes."""
    # Not `signal`, which builds enums of all its constants first.
    import _signal  # type: ignore[import-not-found]

    if hasattr(_signal, "setitimer"):
        _signal.signal(_signal.SIGALRM, _give_up if seconds else _signal.SIG_DFL)
        _signal.setitimer(_signal.ITIMER_REAL, seconds)


def _give_up(*_: object) -> None:
    # The next signal ends us without asking: on the way out we wait for a git that may hang.
    import _signal

    _signal.signal(_signal.SIGALRM, _signal.SIG_DFL)
    _signal.setitimer(_signal.ITIMER_REAL, _GRACE)
    raise MnemoError("conflict", f"gave up after {LIMIT} seconds", "git mnemo status")
