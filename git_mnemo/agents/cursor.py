"""Cursor: hooks in hooks.json.

Its events and answers: cursor.com/docs/hooks, summer 2026. A context before a prompt is taken, as
others observed with 3.9, though the page does not promise it. Before a tool there is no room for
one, so that what is known of a file is told when it was read.
"""

from __future__ import annotations

from git_mnemo.agents.told import Agent, Hook, line, make, named, word
from git_mnemo.event import COMPACT, END, FILE, PROMPT, START, Event

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from git_mnemo.agents.told import Told

KINDS = {
    "sessionStart": START,
    "beforeSubmitPrompt": PROMPT,
    "postToolUse": FILE,
    "preCompact": COMPACT,
    "sessionEnd": END,
}

AGENT = Agent(
    name="cursor",
    title="Cursor",
    programs=("cursor", "cursor-agent"),
    folders=(".cursor",),
    project_file=".cursor/hooks.json",
    user_file=".cursor/hooks.json",
    home=None,
    hooks=(
        Hook("sessionStart", None, 10),
        Hook("beforeSubmitPrompt", None, 5),
        Hook("postToolUse", "Read|Write", 5),
        Hook("preCompact", None, 5),
        Hook("sessionEnd", None, 5),
    ),
)

TOP: dict[str, Any] = {"version": 1}


def read(told: Told, event: str | None) -> Event | None:
    """The event in what the hook was given; None where memory has nothing to do with it."""
    name = named(told, event)
    kind = KINDS.get(name)
    if kind is None:
        return None
    roots = told.get("workspace_roots")
    root = {"root": roots[0]} if isinstance(roots, list) and roots else {}
    return make(told, kind, name)._replace(
        session=word(told, "conversation_id", "session_id"),
        cwd=word(told, "cwd") or word(root, "root"),
    )


def answer(event: Event, said: str, session: str | None) -> dict[str, Any]:
    """The hook's answer. Variables reach later hooks of the session, not its shells."""
    context = {"additional_context": said} if said else {}
    if event.kind == START and session is not None:
        return context | {"env": {"GIT_MNEMO_SESSION": session}}
    if event.kind == PROMPT:
        return {"continue": True} | context
    return context


def entry(agent: str, hook: Hook) -> dict[str, Any]:
    """The hook as it stands in the configuration."""
    matcher = {"matcher": hook.matcher} if hook.matcher is not None else {}
    return {"command": line(agent)} | matcher | {"timeout": hook.seconds}
