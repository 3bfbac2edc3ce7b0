"""Session: one agent's private working memory, and which of them a command means."""

from __future__ import annotations

import os

from git_mnemo import marks, ongoing, refs
from git_mnemo.errors import MnemoError
from git_mnemo.record import NamedTuple
from git_mnemo.store import history

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from git_mnemo.repository import Repository

TIMEOUT = 2 * 3600
"""Seconds of silence after which a worktree's session is not picked up by itself any more."""

_HEX = "0123456789abcdef"


class Current(NamedTuple):
    """The session a command means. `drawn`: this process made the id up and told nobody."""

    id: str
    drawn: bool


class Session(NamedTuple):
    """A live or archived session as its ref stands; times in unix seconds."""

    id: str
    ref: str
    tip: str | None
    archived_at: int | None = None


# -- the current one ---------------------------------------------------------------------------


def current(repository: Repository, wanted: str | None, now: int) -> Current | None:
    """The session meant by `wanted` (an id, or short), else the worktree's own while it is fresh.

    None when a new one has to begin.
    """
    if wanted:
        return Current(named(repository, wanted), False)
    state = ongoing.read(repository)
    if state is not None and _is_fresh(repository, *state, now):
        return Current(state[0], False)
    return None


def latest(repository: Repository, wanted: str | None, now: int) -> str | None:
    """The current session, or the one this worktree went on with last, if it is live still."""
    meant = current(repository, wanted, now)
    if meant is not None:
        return meant.id
    state = ongoing.read(repository)
    return state[0] if state is not None and members(repository, state[0]) else None


def begin(repository: Repository, now: int, agent: str | None = None) -> Current:
    """The worktree's fresh session, or a new one that becomes it. Safe against a racing begin."""
    try:
        return Current(_begin(repository, now, agent), False)
    except OSError:
        # The worktree keeps no state (a read-only checkout of a writable repository).
        return Current(draw(repository, agent), True)


def _begin(repository: Repository, now: int, agent: str | None) -> str:
    with ongoing.locked(repository):
        state = ongoing.read(repository)
        if state is not None and _is_fresh(repository, *state, now):
            return state[0]
        drawn = draw(repository, agent)
        ongoing.write(repository, drawn, now)
        return drawn


def start(
    repository: Repository, now: int, agent: str | None, wanted: str | None, *, anew: bool
) -> str:
    """The session that is current from now on: `wanted` or the fresh one, or a new one if `anew`.

    With an agent: that agent's store in the session.
    """
    meant = None if anew else current(repository, wanted, now)
    if meant is None and not anew:
        return _begin(repository, now, agent)
    id_ = draw(repository, agent) if meant is None else meant.id
    if agent is not None and refs.agent_of(id_) != agent:
        id_ = f"{refs.family(id_)}@{agent}"
    ongoing.make(repository, id_, now)
    return id_


def draw(repository: Repository, agent: str | None = None) -> str:
    """A new id that no session, live or archived, has."""
    while True:
        id_ = "s_" + os.urandom(4).hex()
        if not members(repository, id_) and not archived(repository, id_):
            return f"{id_}@{agent}" if agent else id_


def _is_fresh(repository: Repository, id_: str, at: int, now: int) -> bool:
    tip = repository.store.ref(refs.session_ref(id_))
    if tip is not None:
        at = max(at, history.read(repository.store, tip).committer.at)
    elif archived(repository, id_):
        return False
    limit = repository.config.get("mnemo.sessiontimeout")
    if limit is None:
        return at > now - TIMEOUT
    oldest = repository.expiry(limit, now)
    return oldest is None or at > oldest


# -- finding others ----------------------------------------------------------------------------


def named(repository: Repository, text: str) -> str:
    """The whole id of the session that `text` names: whole, or short for one that is live.

    A whole id without a ref is a session not begun yet; one that only the archive has is refused.
    """
    id_ = refs.slugged(text.removeprefix("session:").strip())
    if refs.is_session(id_):
        if repository.store.ref(refs.session_ref(id_)) is None and archived(repository, id_):
            raise MnemoError("refused", f"session {id_} is archived.", f"git mnemo restore {id_}")
        return id_
    from git_mnemo.view import pick  # agents' hooks take ids as they are, and load little

    return pick("session", text, beginning(short_session(id_), live(repository)))


def beginning(prefix: str, known: Iterable[Session]) -> list[str]:
    """The ids of the sessions that begin so. A session stands for its agents' stores, too: these
    are named after an `@`, or where it has no store of its own."""
    found = {one.id for one in known if one.id.startswith(prefix)}
    return sorted(id_ for id_ in found if id_ == refs.family(id_) or refs.family(id_) not in found)


def invalid(text: str) -> MnemoError:
    """The refusal of what is no session id."""
    return MnemoError(
        "invalid-id",
        f"{text!r} is no session: an id is s_ and 8 hex digits, such as s_a7f3c2d1.",
        "git mnemo session list",
    )


def short_session(text: str) -> str:
    """The beginning of a session id in what the user typed; refuses what begins none."""
    from git_mnemo.view import SHORTEST

    id_ = text.strip().lower()
    stem = id_ if id_.startswith("s_") else "s_" + id_
    digits = stem[2:].partition("@")[0]
    if len(digits) < SHORTEST or digits.strip(_HEX) or len(digits) > 8:
        raise invalid(text)
    return stem


def existing(repository: Repository, text: str) -> str:
    """The whole id of a live session; one without a ref is not found."""
    id_ = named(repository, text)
    if not members(repository, id_):
        raise MnemoError("not-found", f"session {id_} holds nothing yet.", "git mnemo session list")
    return id_


def live(repository: Repository) -> list[Session]:
    """All live sessions, in order of ids."""
    found = repository.store.refs(refs.SESSIONS)
    parsed = ((refs.parse_session(name), name, tip) for name, tip in found.items())
    return [Session(id_, name, tip) for id_, name, tip in parsed if id_ is not None]


def members(repository: Repository, id_: str) -> list[Session]:
    """The live sessions that naming `id_` means: itself, and for `s_x` all its agents' stores."""
    if "@" in id_:
        tip = repository.store.ref(refs.session_ref(id_))
        return [Session(id_, refs.session_ref(id_), tip)] if tip is not None else []
    return [session for session in live(repository) if refs.of_family(id_, session.id)]


def is_sound(repository: Repository, one: Session) -> bool:
    """Whether the ref holds a memory: what somebody else put under its name must not stop us."""
    from git_mnemo.store import layout

    try:
        for _ in layout.members(repository.store, history.tree_of(repository.store, one.tip)):
            pass
    except MnemoError:
        return False
    return True


def none_left(repository: Repository) -> None:
    """Take the mark of live sessions away if there are none; safe against one that begins."""
    if not repository.store.refs(refs.SESSIONS):
        marks.take(repository, marks.LIVE)
        if repository.store.refs(refs.SESSIONS):
            marks.put(repository, marks.LIVE)


def all_archived(repository: Repository) -> list[Session]:
    """All archived sessions, in order of ref names."""
    found = repository.store.refs(refs.ARCHIVE)
    parsed = ((refs.parse_archive(name), name, tip) for name, tip in found.items())
    return [Session(told.session, name, tip, told.at) for told, name, tip in parsed if told]


def archived(repository: Repository, id_: str) -> list[Session]:
    """The archives of exactly that session, oldest first."""
    found = [one for one in all_archived(repository) if one.id == id_]
    return sorted(found, key=lambda one: one.archived_at or 0)
