"""The ref namespace: built and parsed here, and spelled nowhere else."""

from __future__ import annotations

from git_mnemo.errors import MnemoError
from git_mnemo.record import NamedTuple

ROOT = "refs/mnemo/"
PROJECT = "refs/mnemo/project"
SESSIONS = "refs/mnemo/sessions/"
ARCHIVE = "refs/mnemo/archive/"
TRACKING = "refs/mnemo-remotes/"

_HEX = "0123456789abcdef"
_PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
_AGENT = "abcdefghijklmnopqrstuvwxyz0123456789-"


class RefUpdate(NamedTuple):
    """One ref move, as `git update-ref` knows it; None is an absent ref.

    `old == new` only checks that the ref still stands there.
    """

    name: str
    old: str | None
    new: str | None


class Archived(NamedTuple):
    """An archive ref's name, taken apart: which session, archived when (unix seconds)."""

    session: str
    at: int


def is_agent(text: str) -> bool:
    """Whether `text` is an agent's name: `[a-z0-9][a-z0-9-]{0,31}`."""
    return 1 <= len(text) <= 32 and not text.strip(_AGENT) and text[0] != "-"


def agent_slug(text: str) -> str:
    """The agent's name made of any text: lower case, runs of anything else are one hyphen."""
    kept = "".join(char if char in _AGENT else "-" for char in text.lower())
    slug = "-".join(part for part in kept.split("-") if part)[:32].rstrip("-")
    if not slug:
        raise MnemoError(
            "invalid-id",
            f"{text!r} names no agent: a name needs a letter a-z or a digit.",
            "git mnemo claim --agent claude TEXT",
        )
    return slug


def is_session(text: str) -> bool:
    """Whether `text` is a whole session id: `s_` + 8 hex, then perhaps `@` + an agent."""
    stem, at, agent = text.partition("@")
    return (
        len(stem) == 10
        and stem.startswith("s_")
        and not stem[2:].strip(_HEX)
        and (not at or is_agent(agent))
    )


def slugged(text: str) -> str:
    """What the user typed for a session, with the name after `@` as agents' names are written."""
    stem, at, agent = text.partition("@")
    return f"{stem}@{agent_slug(agent)}" if at else text


def family(session: str) -> str:
    """`s_x` for `s_x` and for `s_x@agent`: the sessions that end together."""
    return session.partition("@")[0]


def of_family(session: str, member: str) -> bool:
    """Whether naming `session` means `member` too: itself, and for `s_x` all `s_x@*`."""
    return member == session or ("@" not in session and family(member) == session)


def agent_of(session: str) -> str | None:
    """The agent in `s_x@agent`; None in `s_x`."""
    return session.partition("@")[2] or None


def session_ref(session: str) -> str:
    """The ref of a live session."""
    return SESSIONS + session


def parse_session(ref: str) -> str | None:
    """The session whose ref this is; None where the name is not one of ours."""
    name = ref.removeprefix(SESSIONS)
    return name if name != ref and is_session(name) else None


def archive_ref(session: str, at: int) -> str:
    """The ref of a session archived at `at` (unix seconds)."""
    return f"{ARCHIVE}{session}_{at}"


def tracking_root(remote: str) -> str:
    """Where the copies of a remote's refs stand; bytes that a ref cannot hold are written `%XX`."""
    escaped = "".join(
        chr(byte) if chr(byte) in _PLAIN else f"%{byte:02X}"
        for byte in remote.encode("utf-8", "surrogateescape")
    )
    return f"{TRACKING}{escaped}/"


def tracking(remote: str, ref: str) -> str:
    """The tracking ref for a ref of ours on a remote."""
    return tracking_root(remote) + ref.removeprefix(ROOT)


def tracked(remote: str, ref: str) -> str:
    """The ref of ours that a tracking ref of a remote is the copy of."""
    return ROOT + ref.removeprefix(tracking_root(remote))


def is_shared(ref: str) -> bool:
    """Whether a remote's ref is one that clones share."""
    return ref == PROJECT or parse_session(ref) is not None or parse_archive(ref) is not None


def parse_archive(ref: str) -> Archived | None:
    """The session and time in an archive ref's name; None where the name is not one of ours."""
    name = ref.removeprefix(ARCHIVE)
    session, _, at = name.rpartition("_")
    if name == ref or not is_session(session):
        return None
    if not 1 <= len(at) <= 11 or at.strip("0123456789") or at[0] == "0":
        return None
    return Archived(session, int(at))
