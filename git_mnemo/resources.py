"""What a client may read without a tool: the project in short, and the current session."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from git_mnemo import caller
from git_mnemo.api import Memory
from git_mnemo.listing import ChainInfo
from git_mnemo.render.chains import shown_text
from git_mnemo.render.status import status_text
from git_mnemo.tools import quoted

MOST = 4000
"""Characters of chains that are shown; others are named."""


class Resource(NamedTuple):
    """One resource: what a list says of it, and its text as it is now."""

    name: str
    title: str
    description: str
    read: Callable[[Memory], str]


def session(memory: Memory) -> str:
    """Where the session stands, and its chains, the newest first."""
    found = memory.status().for_agents()
    newest_first = sorted(found.chains, key=lambda one: (one.extended, one.id), reverse=True)
    return f"{status_text(found, caller.now())}\n{_chains(memory, newest_first)}".rstrip()


def _chains(memory: Memory, listed: Iterable[ChainInfo]) -> str:
    """As many chains as there is room for, as they are read."""
    parts: list[str] = []
    room = MOST
    for one in listed:
        shown = shown_text(memory.show(one.id).for_agents(), caller.now())
        if len(shown) > room:
            parts.append(f"(more: git mnemo show {one.id})")
            break
        parts.append(shown)
        room -= len(shown)
    return quoted("\n\n".join(parts)) if parts else ""


RESOURCES: Mapping[str, Resource] = {
    "mnemo://project/digest": Resource(
        "digest", "What the project knows", "What fits the work at hand, on a page.", Memory.digest
    ),
    "mnemo://session/current": Resource(
        "session", "The current session", "What this session claimed, chain by chain.", session
    ),
}
"""The resources by address."""
