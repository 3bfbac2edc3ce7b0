"""Which coding agents there are, by the names that commands take."""

from __future__ import annotations

import sys

from git_mnemo.errors import MnemoError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

MODULES = {
    "claude-code": "claude_code",
    "codex": "codex",
    "cursor": "cursor",
    "gemini": "gemini",
    "copilot": "copilot",
}
"""The module of each."""

ALIASES = {"claude": "claude-code", "copilot-cli": "copilot", "gemini-cli": "gemini",
           "antigravity": "gemini", "agy": "gemini"}  # fmt: skip


def module(name: str) -> ModuleType:
    """The module of an agent, by its name or what else it is called."""
    known = ALIASES.get(name.lower(), name.lower())
    if known not in MODULES:
        raise MnemoError(
            "usage",
            f"no agent {name!r} is known: there are {', '.join(MODULES)}.",
            "git mnemo agent status",
        )
    name = f"git_mnemo.agents.{MODULES[known]}"
    __import__(name)  # `importlib` would take as long as the module
    return sys.modules[name]
