"""What happens in a coding agent that memory has an answer to, whichever agent it is."""

from __future__ import annotations

from git_mnemo.record import NamedTuple

START = "start"
"""A session begins, is taken up again, or goes on after its context was cleared or summed up."""
SUBAGENT = "subagent"
"""An agent starts another one, with a context of its own, in the same session."""
PROMPT = "prompt"
"""The user said something."""
FILE = "file"
"""A file is about to be changed, or was just read, as one does before changing it."""
COMPACT = "compact"
"""The context is about to be summed up: what was told is lost, unless it is told again."""
END = "end"
"""The session ends."""


class Event(NamedTuple):
    """One event; what the agent did not tell is None or empty.

    `name` is the agent's own word for it and `session` its own id of the session; `again`: a start
    that finds the context as it was left, so that nothing needs to be repeated; `subagent` is the
    name of the subagent in whose context it happens, and `context` what tells two of that name
    apart; `paths` are files as the agent spells them, seen from `cwd`.
    """

    kind: str
    name: str
    session: str | None = None
    cwd: str | None = None
    again: bool = False
    subagent: str | None = None
    context: str | None = None
    prompt: str = ""
    paths: tuple[str, ...] = ()
