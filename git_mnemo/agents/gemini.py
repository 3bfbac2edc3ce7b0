"""Gemini CLI, and Antigravity CLI as far as it reads the same files: hooks in settings.json.

Its events and answers: github.com/google-gemini/gemini-cli, docs/hooks/reference.md, August 2026.
Only what comes after a tool has room for a context, so that what is known of a file is told when
it was read.
"""

from __future__ import annotations

from git_mnemo.agents.told import Agent, Hook, line, make, named, nested
from git_mnemo.event import COMPACT, END, FILE, PROMPT, START, Event

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from git_mnemo.agents.told import Told

KINDS = {
    "SessionStart": START,
    "BeforeAgent": PROMPT,
    "AfterTool": FILE,
    "PreCompress": COMPACT,
    "SessionEnd": END,
}

AGENT = Agent(
    name="gemini",
    title="Gemini CLI",
    programs=("gemini",),
    folders=(".gemini",),
    project_file=".gemini/settings.json",
    user_file=".gemini/settings.json",
    home=None,
    hooks=(
        Hook("SessionStart", None, 10),
        Hook("BeforeAgent", None, 5),
        Hook("AfterTool", "read_file|replace|write_file", 5),
        Hook("PreCompress", None, 5),
        Hook("SessionEnd", None, 5),
    ),
    variables=("GEMINI_SESSION_ID",),
)

TOP: dict[str, Any] = {}


def read(told: Told, event: str | None) -> Event | None:
    """The event in what the hook was given; None where memory has nothing to do with it."""
    name = named(told, event)
    kind = KINDS.get(name)
    if kind is None:
        return None
    return make(told, kind, name)._replace(again=told.get("source") == "resume")


def answer(event: Event, said: str, session: str | None) -> dict[str, Any]:
    """The hook's answer."""
    return nested(event, said) if said else {}


def entry(agent: str, hook: Hook) -> dict[str, Any]:
    """The hook as it stands in the configuration; its time is in milliseconds."""
    matcher = {"matcher": hook.matcher} if hook.matcher is not None else {}
    one = {"name": "git-mnemo", "type": "command", "command": line(agent)}
    return matcher | {"hooks": [one | {"timeout": hook.seconds * 1000}]}
