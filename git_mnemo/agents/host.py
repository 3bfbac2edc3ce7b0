"""Which coding agent a server works for, and what that agent calls its session.

Claude Code, Copilot CLI and, as far as it is let through, Gemini CLI tell it in the environment;
Codex with every call. Cursor does not.
"""

from __future__ import annotations

from git_mnemo import terse_json
from git_mnemo.agents import table
from git_mnemo.agents.told import word
from git_mnemo.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from git_mnemo.agents.told import Told

TURN = "x-codex-turn-metadata"
"""Where Codex puts what a call belongs to; its threads below one share the `session_id`."""


class Host(NamedTuple):
    """The coding agent that a caller works for: its name, as hooks are installed for, and what it
    calls its own session, the likeliest first; none where it does not tell."""

    agent: str
    sessions: tuple[str, ...] = ()


def of(client: str, environment: Mapping[str, str], meta: Told) -> Host | None:
    """The agent behind a client of that name, in words joined by `-`; None for any other client.

    An environment counts only if it is that agent's: one agent may be started by another. `meta` is
    what came with the call.
    """
    agent = next((name for name in table.MODULES if name in client), None)
    if agent is None:
        return None
    variables = table.module(agent).AGENT.variables
    named = [*_told(meta), *filter(None, (word(environment, one) for one in variables))]
    return Host(agent, tuple(dict.fromkeys(named)))


def _told(meta: Told) -> Iterator[str]:
    turn = meta.get(TURN)
    if isinstance(turn, str):
        turn = terse_json.read(turn.encode("utf-8", "replace"))
    parts = ((turn if isinstance(turn, dict) else {}, ("session_id", "thread_id")),
             (meta, ("threadId",)))  # fmt: skip
    for part, names in parts:
        yield from filter(None, (word(part, name) for name in names))
