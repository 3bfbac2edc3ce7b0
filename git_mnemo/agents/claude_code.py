"""Claude Code: hooks in settings.json, or in a plugin.

Its events and answers: code.claude.com/docs/en/hooks, as of 2.1.24x, August 2026.
"""

from __future__ import annotations

from git_mnemo.agents.told import Agent, Hook, line, make, named, nested, word
from git_mnemo.event import COMPACT, END, FILE, PROMPT, START, SUBAGENT, Event

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from git_mnemo.agents.told import Told

KINDS = {
    "SessionStart": START,
    "SubagentStart": SUBAGENT,
    "UserPromptSubmit": PROMPT,
    "PreToolUse": FILE,
    "PreCompact": COMPACT,
    "SessionEnd": END,
}

AGENT = Agent(
    name="claude-code",
    title="Claude Code",
    programs=("claude",),
    folders=(".claude",),
    project_file=".claude/settings.json",
    user_file=".claude/settings.json",
    home="CLAUDE_CONFIG_DIR",
    hooks=(
        Hook("SessionStart", None, 10),
        Hook("SubagentStart", None, 10),
        Hook("UserPromptSubmit", None, 5),
        Hook("PreToolUse", "Edit|MultiEdit|Write|NotebookEdit", 5),
        Hook("PreCompact", None, 5),
        Hook("SessionEnd", None, 5),
    ),
    variables=("CLAUDE_CODE_SESSION_ID",),
)


def read(told: Told, event: str | None) -> Event | None:
    """The event in what the hook was given; None where memory has nothing to do with it."""
    name = named(told, event)
    kind = KINDS.get(name)
    if kind is None:
        return None
    return make(told, kind, name)._replace(
        again=told.get("source") in ("resume", "fork"),
        subagent=word(told, "agent_type") if kind == SUBAGENT or "agent_id" in told else None,
        context=word(told, "agent_id"),
    )


def answer(event: Event, said: str, session: str | None) -> dict[str, Any]:
    """The hook's answer. Before a tool runs it decides nothing, so that the user is asked as ever.

    The session's id travels in the file that CLAUDE_ENV_FILE names.
    """
    return nested(event, said) if said else {}


def entry(agent: str, hook: Hook) -> dict[str, Any]:
    """The hook as it stands in the configuration."""
    matcher = {"matcher": hook.matcher} if hook.matcher is not None else {}
    one = {"type": "command", "command": line(agent), "timeout": hook.seconds}
    return matcher | {"hooks": [one]}


TOP: dict[str, Any] = {}
"""What the configuration has to hold beside the hooks."""
