"""The plugin for Claude Code: what its files say is what this version does."""

import json
from pathlib import Path
from typing import Any

from git_mnemo import __version__
from git_mnemo.agents import claude_code
from git_mnemo.cli.main import MODULES
from tests.support import ROOT

PLUGIN = ROOT / "integrations" / "claude"


def read(path: Path) -> dict[str, Any]:
    value = json.loads(path.read_text())
    assert isinstance(value, dict)
    return value


def test_the_marketplace_leads_to_the_plugin() -> None:
    market = read(ROOT / ".claude-plugin" / "marketplace.json")
    (entry,) = market["plugins"]
    assert (ROOT / entry["source"]).resolve() == PLUGIN
    assert {path.name for path in (PLUGIN / ".claude-plugin").iterdir()} == {"plugin.json"}
    manifest = read(PLUGIN / ".claude-plugin" / "plugin.json")
    assert manifest["name"] == entry["name"]
    assert manifest["version"] == __version__


def test_its_hooks_are_those_that_agent_install_writes() -> None:
    wanted: dict[str, list[object]] = {}
    for hook in claude_code.AGENT.hooks:
        wanted.setdefault(hook.event, []).append(claude_code.entry("claude-code", hook))
    assert read(PLUGIN / "hooks" / "hooks.json")["hooks"] == wanted


def test_its_skill_names_commands_that_there_are() -> None:
    text = (PLUGIN / "skills" / "mnemo" / "SKILL.md").read_text()
    head = text.split("---")[1]
    assert "name: mnemo" in head
    assert "description: " in head
    named = {part.split()[0].strip("`") for part in text.split("`git mnemo ")[1:]}
    assert named <= set(MODULES)
    assert {"claim", "recall", "why", "promote"} <= named
