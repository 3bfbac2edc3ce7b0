"""Which session an agent's own session is, and what has been told in it.

An agent names its sessions itself. Ours is drawn from a hash of that name, so that it is the same
after the agent takes its session up again, in whatever worktree; a file in the git directory keeps
it, and the addresses of the nodes that the agent was told of. Names are hashed and never spelled in
a path. Where the folder cannot be written, the hash alone decides, and things may be told twice.
"""

from __future__ import annotations

import os

from git_mnemo import refs
from git_mnemo.hashes import blake2b
from git_mnemo.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FOLDER = "agents"
OWED = "owed"
"""A line that says: the context was summed up, and the digest is to be told again."""
OLD = 90 * 86400
"""Seconds after which what was told to an agent is forgotten."""

_NO_LINK: int = getattr(os, "O_NOFOLLOW", 0)  # not on Windows


class Bound(NamedTuple):
    """The session of a context, `s_x` or `s_x@subagent`, and the file of what was told in it.

    `fresh`: it was never seen before; `file` is None where there is nothing to tell sessions by.
    """

    id: str
    file: str | None
    fresh: bool

    @property
    def family(self) -> str:
        """The session without the subagent."""
        return refs.family(self.id)


def bind(
    state: str,
    agent: str,
    session: str | None,
    wanted: str | None,
    taken: Callable[[str], bool],
) -> Bound | None:
    """The session of the agent's `session`; None where it names none and none is `wanted`.

    `state` is the folder of this clone's state; `wanted` the session that the environment asks for,
    which wins; `taken` tells whether a drawn id stands for something else already.
    """
    if session is None:
        return Bound(wanted, None, False) if wanted is not None else None
    key = _hash(f"{agent}\0{session}")
    file = _file(state, agent, key)
    known = _kept(file)
    if wanted is not None:
        if known != wanted:
            _keep(file, wanted)
        return Bound(wanted, file, known is None)
    if known is not None:
        _touch(file)
        return Bound(known, file, False)
    return _draw(state, file, key, taken)


def _draw(state: str, file: str, key: str, taken: Callable[[str], bool]) -> Bound:
    from git_mnemo.store import lock  # only where a session begins

    drawn = f"s_{key[:8]}"
    try:
        with lock.Held(os.path.join(state, FOLDER, "lock")):
            known = _kept(file)
            if known is not None:
                return Bound(known, file, False)
            # Two names may share 32 bits of their hash; then the next 32 decide.
            ids = (f"s_{key[at : at + 8]}" for at in range(0, len(key), 8))
            drawn = next((id_ for id_ in ids if not taken(id_)), drawn)
            _keep(file, drawn)
    except OSError:
        return Bound(drawn, None, True)
    return Bound(drawn, file, True)


def of(state: str, agent: str, session: str) -> str | None:
    """The session that hooks bound to the agent's own `session`; None where none did."""
    return _kept(_file(state, agent, _hash(f"{agent}\0{session}")))


def is_of(state: str, agent: str, id_: str) -> bool:
    """Whether hooks drew this session for one of that agent's own."""
    try:
        names = os.listdir(os.path.join(state, FOLDER))
    except OSError:
        return False
    drawn = id_.removeprefix("s_")
    kept = (name for name in names if name.startswith(f"{agent}-") and drawn in name)
    return any(_kept(os.path.join(state, FOLDER, name)) == id_ for name in kept)


def within(bound: Bound, subagent: str | None, context: str | None) -> Bound:
    """The context of a subagent in that session: a store of its own, and told things of its own."""
    if subagent is None and context is None:
        return bound
    name = _slug(subagent or "subagent")
    id_ = f"{bound.family}@{name}"
    if bound.file is None:
        return Bound(id_, None, True)
    file = f"{bound.file}.{_hash(context or name)[:16]}"
    fresh = not os.path.exists(file)
    if fresh:
        _keep(file, id_)
    return Bound(id_, file, fresh)


def _file(state: str, agent: str, key: str) -> str:
    return os.path.join(state, FOLDER, f"{agent}-{key[:32]}")


def _slug(name: str) -> str:
    kept = "".join(char if char.isascii() and char.isalnum() else "-" for char in name.lower())
    slug = "-".join(part for part in kept.split("-") if part)[:32].rstrip("-")
    return slug or "subagent"


def _hash(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=32).hexdigest()


# -- what was told -----------------------------------------------------------------------------


def told(bound: Bound) -> set[str]:
    """The nodes that this context was told of, and `OWED` where the digest is due again."""
    return set(_lines(bound.file)[1:]) if bound.file is not None else set()


def tell(bound: Bound, addresses: Iterable[str]) -> None:
    """Note that the context was told of these nodes."""
    lines = "".join(f"{address}\n" for address in addresses)
    if bound.file is None or not lines:
        return
    try:
        descriptor = os.open(bound.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NO_LINK, 0o666)
    except OSError:
        return
    try:
        os.write(descriptor, lines.encode("ascii", "replace"))
    finally:
        os.close(descriptor)


def start_over(bound: Bound) -> None:
    """Forget what the context was told: it is empty, or was summed up."""
    if bound.file is not None:
        _keep(bound.file, bound.id)


def sweep(state: str, now: float) -> None:
    """Remove what was told in sessions that were silent for very long."""
    folder = os.path.join(state, FOLDER)
    try:
        with os.scandir(folder) as entries:
            old = [one.path for one in entries if _is_old(one, now)]
        for path in old:
            os.remove(path)
    except OSError:
        return


def _is_old(entry: os.DirEntry[str], now: float) -> bool:
    return entry.name != "lock" and entry.is_file() and entry.stat().st_mtime < now - OLD


def last_heard(state: str, agent: str) -> int | None:
    """When a hook of that agent last ran here, in unix seconds; None if never."""
    try:
        with os.scandir(os.path.join(state, FOLDER)) as entries:
            times = [one.stat().st_mtime for one in entries if one.name.startswith(f"{agent}-")]
    except OSError:
        return None
    return int(max(times)) if times else None


def _touch(file: str) -> None:
    try:
        os.utime(file)
    except OSError:
        return


def _kept(file: str) -> str | None:
    lines = _lines(file)
    return lines[0] if lines and refs.is_session(lines[0]) else None


def _lines(file: str) -> list[str]:
    try:
        with open(file, "rb") as opened:  # as text, the codec would be loaded for it
            return opened.read().decode("ascii", "replace").split("\n")[:-1]
    except OSError:
        return []


def _keep(file: str, id_: str) -> None:
    """Write the file anew, in one move; one that cannot be written is done without."""
    draft = f"{file}.{os.getpid()}.new"
    try:
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(draft, "wb") as opened:
            opened.write(f"{id_}\n".encode("ascii"))
        os.replace(draft, file)
    except OSError:
        return
