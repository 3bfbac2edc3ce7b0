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
    arguments = told.get("toolArgs")
    if isinstance(arguments, str):
        arguments = terse_json.read(arguments.encode("utf-8", "replace"))
    return make(told, kind, name)._replace(
        again=told.get("source") == "resume",
        subagent=word(told, "agentName", "agent_name"),
        paths=paths(arguments) or paths(told.get("tool_input")),
    )


def answer(event: Event, said: str, session: str | None) -> dict[str, Any]:
    """The hook's answer."""
    return {"additionalContext": said} if said else {}


def entry(agent: str, hook: Hook) -> dict[str, Any]:
    """The hook as it stands in the configuration."""
    return {"type": "command", "bash": line(agent, hook.event), "timeoutSec": hook.seconds}
