"""What agents' hook events have in common: fields that may be missing, or anything at all."""

from __future__ import annotations

from git_mnemo.event import Event
from git_mnemo.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Told = Mapping[str, Any]
    """An event's JSON object."""

LONGEST = 1000
"""Characters of a name, an id or a path; what is longer is no name."""

_PATHS = ("file_path", "filePath", "path", "target_file", "absolute_path", "notebook_path")


class Hook(NamedTuple):
    """One hook to configure: the agent's event, which tools it is for (None: all, or there are
    none), and the seconds after which the agent may give it up."""

    event: str
    matcher: str | None
    seconds: int


class Agent(NamedTuple):
    """A coding agent. `programs` and `folders` (in the home or the work tree) tell whether it is
    in use; `home` is the variable that moves its folder in the home, if there is one; `note` is
    what the user has to do; `variables` hold the id of its session for what it starts."""

    name: str
    title: str
    programs: tuple[str, ...]
    folders: tuple[str, ...]
    project_file: str
    user_file: str
    home: str | None
    hooks: tuple[Hook, ...]
    note: str | None = None
    variables: tuple[str, ...] = ()


def line(agent: str, event: str = "") -> str:
    """The command line of a hook. Where git mnemo is gone, it does nothing and succeeds."""
    return " ".join(filter(None, ("git-mnemo agent-hook", agent, event, "|| true")))


def word(told: Told, *names: str) -> str | None:
    """The first of these fields that holds a name: text, not empty, not endless."""
    for name in names:
        value = told.get(name)
        if isinstance(value, str) and 0 < len(value) <= LONGEST and "\0" not in value:
            return value
    return None


def text(told: Told, *names: str) -> str:
    """The first of these fields that holds text; empty where none does."""
    return next((told[name] for name in names if isinstance(told.get(name), str)), "")


def paths(tool_input: object) -> tuple[str, ...]:
    """The files that a tool's arguments name."""
    if not isinstance(tool_input, dict):
        return ()
    one = word(tool_input, *_PATHS)
    if one is not None:
        return (one,)
    return patched(text(tool_input, "command", "patch", "input"))


def patched(patch: str) -> tuple[str, ...]:
    """The files that a patch in Codex's own form names, at most 20."""
    if "*** Begin Patch" not in patch:
        return ()
    found: dict[str, None] = {}
    for line in patch.split("\n"):
        verb, colon, path = line.partition(" File: ")
        if colon and verb in ("*** Update", "*** Add", "*** Delete"):
            found[path.strip()[:LONGEST]] = None
            if len(found) == 20:
                break
    return tuple(found)


def named(told: Told, event: str | None) -> str:
    """The event's name: the object tells it, or the command line did."""
    return word(told, "hook_event_name", "hookEventName") or event or ""


def make(told: Told, kind: str, name: str) -> Event:
    """The event with the fields that all agents spell in one of two ways."""
    return Event(
        kind,
        name,
        session=word(told, "session_id", "sessionId"),
        cwd=word(told, "cwd"),
        prompt=text(told, "prompt"),
        paths=paths(told.get("tool_input", told.get("toolArgs"))),
    )


def nested(event: Event, said: str) -> dict[str, Any]:
    """The answer as Claude Code wants it, and those that follow it."""
    return {"hookSpecificOutput": {"hookEventName": event.name, "additionalContext": said}}
