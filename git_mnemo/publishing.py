"""Publishing beside a push of the user's: once that has arrived, the project follows.

Nothing here is in the way of the push: git's hook only starts the worker. A dry run, a push that
was rejected, and a push to a URL never arrive, so nothing follows them.
"""

import time
from collections.abc import Sequence
from typing import NamedTuple

from git_mnemo import detached, moment, network, sharing, sync
from git_mnemo.repository import Repository
from git_mnemo.sharing import Shared

TIMEOUT = 30
"""Seconds to wait for the user's push, unless `mnemo.pushTimeout` says otherwise."""

_POLLS = (0.05, 0.5)
_BRANCHES = "refs/heads/"


class Announced(NamedTuple):
    """A branch that a push is about to move on the remote, and where to."""

    ref: str
    oid: str


def announce(repository: Repository, remote: str, lines: bytes) -> bool:
    """Start the worker for a push that git tells of, if it goes where the memory is shared."""
    if remote != repository.config.get("mnemo.remote") or not announced(lines):
        return False
    detached.start(repository, ["hook", "publish", remote], lines)
    return True


def announced(lines: bytes) -> list[Announced]:
    """The branches in git's lines, `<local ref> <local id> <remote ref> <remote id>`; branches
    that are deleted, and what has no tracking ref, tell nothing about arriving."""
    fields = [line.split(" ") for line in lines.decode("utf-8", "surrogateescape").split("\n")]
    return [
        Announced(ref, oid)
        for _, oid, ref, _ in (field for field in fields if len(field) == 4)
        if ref.startswith(_BRANCHES) and oid.strip("0")
    ]


def publish(repository: Repository, remote: str, lines: bytes) -> list[sync.Moved]:
    """Wait until the push has arrived, then push the project; nothing where it does not arrive."""
    shared = sharing.shared(repository, remote)
    sharing.refuse_changed(repository, shared)
    if not has_arrived(repository, shared, announced(lines), _timeout(repository)):
        return []
    return sync.push(repository, shared, yes=False)


def has_arrived(
    repository: Repository, shared: Shared, pushed: Sequence[Announced], seconds: float
) -> bool:
    """Whether all branches stand on the remote where they were to go, within some seconds.

    Their tracking refs are watched, which costs nothing; as one may have stood there before, the
    remote has the last word.
    """
    tracking = {one: _tracking(repository, shared.remote, one.ref) for one in pushed}
    deadline, pause = time.monotonic() + seconds, _POLLS[0]
    while pushed and all(tracking.values()):
        if all(repository.store.ref(ref or "") == one.oid for one, ref in tracking.items()):
            there = network.list_refs(repository, shared.remote, *(one.ref for one in pushed))
            if all(there.get(one.ref) == one.oid for one in pushed):
                return True
            pause = 1.0
        if time.monotonic() >= deadline:
            break
        time.sleep(pause)
        pause = min(2 * pause, _POLLS[1]) if pause < _POLLS[1] else pause
    return False


def _tracking(repository: Repository, remote: str, ref: str) -> str | None:
    """The ref that follows a branch of the remote, by the remote's refspecs."""
    asked = repository.git("config", "--get-all", f"remote.{remote}.fetch")
    for spec in asked.out.decode("utf-8", "surrogateescape").split():
        source, _, target = spec.removeprefix("+").partition(":")
        before, star, after = source.partition("*")
        if not target or (not star and source != ref):
            continue
        if not star:
            return target
        if ref.startswith(before) and ref.endswith(after):
            return target.replace("*", ref[len(before) : len(ref) - len(after)], 1)
    return None


def _timeout(repository: Repository) -> float:
    text = repository.config.get("mnemo.pushtimeout", "")
    return float(text) if moment.is_epoch(text) else TIMEOUT
