"""What each coding agent says and wants to hear: payloads as its documentation has them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_mnemo import terse_json
from git_mnemo.agents import table, told
from git_mnemo.event import Event

FIXTURES = Path(__file__).parent / "agents"
AGENTS = list(table.MODULES)
Json = dict[str, Any]


def fixture(agent: str) -> Json:
    loaded: Json = json.loads((FIXTURES / f"{agent}.json").read_text())
    return loaded


EVENTS = [(agent, one) for agent in AGENTS for one in fixture(agent)["events"]]


def title(value: object) -> str:
    if isinstance(value, dict):
        return str(value.get("named") or value["payload"]["hook_event_name"])
    return str(value)


@pytest.mark.parametrize("agent", AGENTS)
def test_a_fixture_says_where_it_is_from_and_when_it_was_read(agent: str) -> None:
    loaded = fixture(agent)
    assert "/" in loaded["source"]
    assert loaded["version"]
    recorded = [one for one in loaded["events"] if "source" in one]
    assert ("recorded, with other values" in loaded["kind"]) == bool(recorded)
    assert all("/" in one["source"] or "compiled" in one["source"] for one in recorded)
    assert loaded["read"] == "2026-11-23"


@pytest.mark.parametrize(("agent", "one"), EVENTS, ids=title)
def test_an_event_is_read(agent: str, one: Json) -> None:
    event = table.module(agent).read(one["payload"], one.get("named"))
    if one["event"] is None:
        assert event is None
        return
    wanted = {
        "session": one["payload"].get("session_id"),
        "cwd": "WORKTREE",
        "name": one.get("named") or one["payload"]["hook_event_name"],
    }
    wanted |= one["event"]
    wanted["paths"] = tuple(wanted.get("paths", ()))
    assert event == Event(**wanted)


@pytest.mark.parametrize("agent", AGENTS)
def test_the_answers_are_in_the_agents_own_form(agent: str) -> None:
    module, loaded = table.module(agent), fixture(agent)
    seen = set()
    for one in loaded["events"]:
        event = module.read(one["payload"], one.get("named"))
        if event is None or event.kind in seen:
            continue
        seen.add(event.kind)
        for text, answers in (("TEXT", "answers"), ("", "silence")):
            if event.kind in loaded[answers]:
                assert module.answer(event, text, "SESSION") == loaded[answers][event.kind]
        if event.kind in ("compact", "end"):
            assert module.answer(event, "", "SESSION") == {}
    assert set(loaded["answers"]) <= seen


@pytest.mark.parametrize("agent", AGENTS)
def test_every_hook_that_is_installed_is_understood(agent: str) -> None:
    module = table.module(agent)
    for hook in module.AGENT.hooks:
        event = module.read({"hook_event_name": hook.event}, hook.event)
        assert event is not None
        assert f"agent-hook {agent} " in json.dumps(module.entry(agent, hook))


FIELDS = [
    "hook_event_name", "session_id", "sessionId", "cwd", "tool_input", "prompt", "toolArgs",
    "workspace_roots", "agent_id", "agent_type", "source", "path", "file_path", "command",
    "conversation_id", "agentName",
]  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(FIELDS),
        inner, max_size=5),
    max_leaves=8,
)  # fmt: skip


@given(fields=st.dictionaries(st.text(max_size=12), ANYTHING), more=ANYTHING)
def test_any_object_is_an_event_or_none(fields: Json, more: object) -> None:
    for agent in AGENTS:
        module = table.module(agent)
        for hook in module.AGENT.hooks:
            payload = {**(more if isinstance(more, dict) else {}), **fields}
            event = module.read(payload, hook.event)
            if event is not None:
                assert event.session is None or isinstance(event.session, str)
                assert all(isinstance(path, str) for path in event.paths)
                assert isinstance(module.answer(event, "x", None), dict)


def test_names_that_are_none_are_left_out() -> None:
    nothings: list[object] = [1, [], {}, "", "x" * 1001, "a\0b", None]
    for bad in nothings:
        assert told.word({"session_id": bad}, "session_id") is None


def test_files_of_a_patch() -> None:
    many = "*** Begin Patch\n" + "".join(f"*** Add File: {n}\n" for n in range(99))
    assert len(told.patched(many)) == 20
    assert told.patched("echo '*** Update File: x'") == ()


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_json_is_read_as_by_json(data: bytes) -> None:
    try:
        wanted = json.loads(data.decode("utf-8-sig"))
    except ValueError:
        wanted = None
    assert repr(terse_json.read(data)) == repr(wanted)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_json_is_written_as_by_json(value: object) -> None:
    assert terse_json.write(value) == json.dumps(value)
    assert terse_json.read(terse_json.write(value).encode()) == value


def test_json_of_any_size_and_depth() -> None:
    assert terse_json.read(b'{"prompt": "' + b"x" * 20_000_000 + b'"}') is not None
    assert terse_json.read(b"[" * 100_000) is None
    assert terse_json.read(b"\xff\xfe") is None
    assert terse_json.read(b'{"a": "\\ud800"}') == {"a": "\ud800"}
