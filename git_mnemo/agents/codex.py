"""Codex: hooks in hooks.json beside its config.toml.

Its schemas: github.com/openai/codex, codex-rs/hooks/schema/generated, and
developers.openai.com/codex/hooks, autumn 2026. A field that they do not name makes Codex throw the
whole answer away, so none is sent that early versions lack (such as `env`). A session's end is told
from 0.145 on and may take three seconds at most; earlier versions pass over what they do not know.
"""

from __future__ import annotations

from git_mnemo.agents.claude_code import TOP as TOP
from git_mnemo.agents.claude_code import entry as entry
from git_mnemo.agents.told import Agent, Hook, make, named, nested, word
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
    name="codex",
    title="Codex",
    programs=("codex",),
    folders=(".codex",),
    project_file=".codex/hooks.json",
    user_file=".codex/hooks.json",
    home="CODEX_HOME",
    hooks=(
        Hook("SessionStart", None, 10),
        Hook("SubagentStart", None, 10),
        Hook("UserPromptSubmit", None, 5),
        Hook("PreToolUse", "apply_patch|Edit|Write", 5),
        Hook("PreCompact", None, 5),
        Hook("SessionEnd", None, 3),
    ),
    note="Codex runs a hook only once you trust it: type /hooks in Codex",
    variables=("CODEX_THREAD_ID",),
)


def read(told: Told, event: str | None) -> Event | None:
    """The event in what the hook was given; None where memory has nothing to do with it."""
    name = named(told, event)
    kind = KINDS.get(name)
    if kind is None:
        return None
    return make(told, kind, name)._replace(
        again=told.get("source") == "resume",
        subagent=word(told, "agent_type"),
        context=word(told, "agent_id"),
    )


def answer(event: Event, said: str, session: str | None) -> dict[str, Any]:
    """The hook's answer, strictly within Codex's schema."""
    return nested(event, said) if said else {}
