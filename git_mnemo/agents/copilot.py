"""GitHub Copilot CLI: hooks in a file of their own.

Its events: docs.github.com, Copilot CLI hooks reference, 2026. An event does not tell its name, so
the command line does. From 1.0.11 on it takes a context when a session starts, and for subagents;
whether also with a prompt depends on its version (github/copilot-cli, issue 2652). After a tool it
takes none from a command, so none is installed there.
"""

from __future__ import annotations

from git_mnemo import terse_json
from git_mnemo.agents.told import Agent, Hook, line, make, named, paths, word
from git_mnemo.event import COMPACT, END, FILE, PROMPT, START, SUBAGENT, Event

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from git_mnemo.agents.told import Told

MOST_CALLS = 20
"""Calls of one turn that are looked at."""

KINDS = {
    "sessionStart": START,
    "subagentStart": SUBAGENT,
    "userPromptSubmitted": PROMPT,
    "preToolUse": FILE,
    "postToolUse": FILE,
    "preCompact": COMPACT,
    "sessionEnd": END,
}

AGENT = Agent(
    name="copilot",
    title="Copilot CLI",
    programs=("copilot",),
    folders=(".copilot",),
    project_file=".github/hooks/git-mnemo.json",
    user_file=".copilot/hooks/git-mnemo.json",
    home="COPILOT_HOME",
    hooks=(
        Hook("sessionStart", None, 10),
        Hook("subagentStart", None, 10),
        Hook("userPromptSubmitted", None, 5),
        Hook("preCompact", None, 5),
        Hook("sessionEnd", None, 5),
    ),
    variables=("COPILOT_AGENT_SESSION_ID",),
)

TOP: dict[str, Any] = {"version": 1}


def read(told: Told, event: str | None) -> Event | None:
    """The event in what the hook was given; None where memory has nothing to do with it."""
    name = named(told, event)
    kind = KINDS.get(name)
    if kind is None:
        return None
    return make(told, kind, name)._replace(
        again=told.get("source") == "resume",
        subagent=word(told, "agentName", "agent_name"),
        paths=_paths(told),
    )


def _paths(told: Told) -> tuple[str, ...]:
    """The files that a tool's arguments name; some versions tell of all calls of a turn at once."""
    calls = told.get("toolCalls")
    some = calls[:MOST_CALLS] if isinstance(calls, list) else []
    arguments = [call.get("args") for call in some if isinstance(call, dict)]
    found = (paths(_object(one)) for one in (told.get("toolArgs"), *arguments))
    return tuple(dict.fromkeys(path for of_one in found for path in of_one)) or paths(
        told.get("tool_input")
    )


def _object(arguments: object) -> object:
    """Arguments, which may be JSON in text."""
    if isinstance(arguments, str):
        return terse_json.read(arguments.encode("utf-8", "replace"))
    return arguments


def answer(event: Event, said: str, session: str | None) -> dict[str, Any]:
    """The hook's answer."""
    return {"additionalContext": said} if said else {}


def entry(agent: str, hook: Hook) -> dict[str, Any]:
    """The hook as it stands in the configuration."""
    return {"type": "command", "bash": line(agent, hook.event), "timeoutSec": hook.seconds}
