"""Our hooks in an agent's configuration file: put in, found, and taken out again."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from git_mnemo.agents import edits, jsonc
from git_mnemo.agents.edits import Edit
from git_mnemo.agents.jsonc import Item, Part
from git_mnemo.errors import MnemoError

ABSENT, CURRENT, OUTDATED = "absent", "installed", "outdated"


def install(agent: ModuleType, path: str) -> Edit:
    """The change that puts the agent's hooks into its file; none where they stand there already."""
    before = edits.load(path)
    text = edits.text_of(before, path)
    if _state(agent, text, path) == CURRENT:
        return Edit(path, before, before)
    without = _without(agent, text, path)
    bare = before if without == text or before is None else edits.bytes_of(without, before)
    return Edit(path, before, edits.bytes_of(_with(agent, without, path), before), bare)


def uninstall(agent: ModuleType, path: str, known: edits.Receipt | None) -> Edit:
    """The change that takes them out; the old bytes where nobody else changed the file since."""
    before = edits.load(path)
    if before is None:
        return Edit(path, None, None)
    if known is not None and edits.untouched(known, before):
        return Edit(path, before, known.before)
    text = edits.text_of(before, path)
    after = _without(agent, text, path)
    if after == text:
        return Edit(path, before, before)
    left = jsonc.read(after, path).plain()
    if known is not None and known.before is None and left in ({}, agent.TOP):
        return Edit(path, before, None)
    return Edit(path, before, edits.bytes_of(after, before))


def state(agent: ModuleType, path: str) -> str:
    """Whether the file has the agent's hooks as this version writes them."""
    content = edits.load(path)
    return _state(agent, edits.text_of(content, path), path) if content is not None else ABSENT


def _state(agent: ModuleType, text: str, path: str) -> str:
    ours = [place[-1] for place in _ours(agent, text, path)]
    if not ours:
        return ABSENT
    told = jsonc.read(text, path).plain()["hooks"]
    wanted = [(hook.event, agent.entry(agent.AGENT.name, hook)) for hook in agent.AGENT.hooks]
    there = all(entry in told.get(event, ()) for event, entry in wanted)
    return CURRENT if there and len(ours) == len(wanted) else OUTDATED


# -- putting in --------------------------------------------------------------------------------


def _with(agent: ModuleType, text: str, path: str) -> str:
    for key, value in agent.TOP.items():
        if jsonc.read(text, path).get(key) is None:
            text = jsonc.append(text, jsonc.read(text, path), value, key)
    for hook in agent.AGENT.hooks:
        entry = agent.entry(agent.AGENT.name, hook)
        hooks = jsonc.read(text, path).get("hooks")
        if hooks is None:
            whole = jsonc.read(text, path)
            text = jsonc.append(text, whole, {hook.event: [entry]}, "hooks")
            continue
        listed = hooks.get(hook.event)
        if listed is None:
            text = jsonc.append(text, hooks, [entry], hook.event)
        else:
            text = jsonc.append(text, listed, entry)
    return text


# -- taking out --------------------------------------------------------------------------------


def _without(agent: ModuleType, text: str, path: str) -> str:
    """The text without our hooks, and without the groups and lists that this leaves empty."""
    while places := _ours(agent, text, path):
        place = places[0]
        while len(place) > 1 and len(place[-1][0].items) == 1:
            place = place[:-1]
        text = jsonc.remove(text, *place[-1])
    return text


Place = list[tuple[Part, Item]]
"""How to get to a hook: each container with the member that leads on."""


def _ours(agent: ModuleType, text: str, path: str) -> list[Place]:
    """Our hooks in the text, in order."""
    whole = jsonc.read(text, path)
    if whole.kind != "{":
        raise _strange(path, "the file", "object")
    found: list[Place] = []
    for item in whole.items:
        if item.key != "hooks":
            continue
        if item.value.kind != "{":
            raise _strange(path, "hooks", "object")
        for event in item.value.items:
            if event.value.kind != "[":
                raise _strange(path, f"hooks.{event.key}", "array")
            for place in _in_list(agent, event.value):
                found.append([(whole, item), (item.value, event), *place])
    return found


def _in_list(agent: ModuleType, listed: Part) -> list[Place]:
    found: list[Place] = []
    for item in listed.items:
        inner = item.value.get("hooks")
        if inner is not None and inner.kind == "[":
            group = next(one for one in item.value.items if one.value is inner)
            for hook in inner.items:
                if _is_ours(agent, hook.value.plain()):
                    # A group goes with its last hook: what else it holds is for that hook.
                    only = len(inner.items) == 1
                    found.append(
                        [(listed, item)] if only else
                        [(listed, item), (item.value, group), (inner, hook)]
                    )  # fmt: skip
        elif _is_ours(agent, item.value.plain()):
            found.append([(listed, item)])
    return found


def _is_ours(agent: ModuleType, hook: Any) -> bool:
    words = f"git-mnemo agent-hook {agent.AGENT.name} "
    return isinstance(hook, dict) and any(
        isinstance(hook.get(key), str) and hook[key].startswith(words)
        for key in ("command", "bash")
    )


def _strange(path: str, what: str, kind: str) -> MnemoError:
    return MnemoError("refused", f"{path}: {what} is no JSON {kind}.", "git mnemo agent -h")
