"""Configuration files of agents: our hooks go in, nothing else changes, and all is put back."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_mnemo.agents import config, edits, instructions, jsonc, table
from tests.support import run_git
from tests.verbs import ask, git_mnemo, refused

Json = dict[str, Any]
AGENTS = list(table.MODULES)
FILES = {name: table.module(name).AGENT.project_file for name in AGENTS}

CLAUDE = """\
{
    // what the team agreed on
    "permissions": { "allow": ["Bash(npm test)"] },   /* kept */
    "hooks": {
        "PreToolUse": [
            { "matcher": "Bash", "hooks": [{ "type": "command", "command": "./check.sh" }] }
        ]
    }
}
"""


def install(*args: str) -> Json:
    return ask("agent", "install", *args)


def uninstall(*args: str) -> Json:
    return ask("agent", "uninstall", *args)


def write(repo: Path, name: str, text: str) -> Path:
    path = repo / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


# -- one file ----------------------------------------------------------------------------------


@pytest.mark.parametrize("agent", AGENTS)
def test_a_file_is_made_and_taken_away_with_its_folder(repo: Path, agent: str) -> None:
    answer = install(agent)
    path = repo / FILES[agent]
    assert answer["wrote"] == [str(path)]
    told = json.loads(path.read_text())
    assert set(told["hooks"]) == {hook.event for hook in table.module(agent).AGENT.hooks}
    assert run_git("status", "--short") != ""
    assert uninstall(agent)["wrote"] == [str(path)]
    assert run_git("status", "--short", "--ignored") == ""
    assert not (repo / FILES[agent].split("/")[0]).exists()


@pytest.mark.parametrize("agent", AGENTS)
def test_installing_twice_changes_nothing(repo: Path, agent: str) -> None:
    install(agent)
    before = (repo / FILES[agent]).read_bytes()
    assert install(agent)["wrote"] == []
    assert (repo / FILES[agent]).read_bytes() == before


def test_what_others_wrote_stays_as_it_is(repo: Path) -> None:
    path = write(repo, FILES["claude-code"], CLAUDE)
    install("claude-code")
    text = path.read_text()
    for line in CLAUDE.splitlines():
        assert line.strip().rstrip("},") in text
    told = jsonc.read(text, "").plain()
    assert len(told["hooks"]["PreToolUse"]) == 2
    assert told["permissions"] == {"allow": ["Bash(npm test)"]}
    uninstall("claude-code")
    assert path.read_text() == CLAUDE


def test_what_others_wrote_meanwhile_stays_too(repo: Path) -> None:
    path = write(repo, FILES["claude-code"], CLAUDE)
    install("claude-code")
    path.write_text(path.read_text().replace("npm test", "make test"))
    uninstall("claude-code")
    assert path.read_text() == CLAUDE.replace("npm test", "make test")


def test_a_hook_of_theirs_beside_ours_stays(repo: Path) -> None:
    install("claude-code")
    path = repo / FILES["claude-code"]
    told = json.loads(path.read_text())
    theirs = {"type": "command", "command": "./theirs.sh"}
    told["hooks"]["SessionEnd"][0]["hooks"].append(theirs)
    told["hooks"]["Stop"] = [{"hooks": [theirs]}]
    path.write_text(json.dumps(told))
    uninstall("claude-code")
    left = json.loads(path.read_text())
    assert left == {"hooks": {"SessionEnd": [{"hooks": [theirs]}], "Stop": [{"hooks": [theirs]}]}}


def test_an_older_version_of_ours_is_brought_up_to_date(repo: Path) -> None:
    entry = '{"hooks": [{"command": "git-mnemo agent-hook claude-code --old"}]}'
    original = '{"hooks": {"SessionStart": [' + entry + "]}}"
    path = write(repo, FILES["claude-code"], original)
    assert [one["state"] for one in states("claude-code")] == ["outdated"]
    install("claude-code")
    assert path.read_text().count("--old") == 0
    assert [one["state"] for one in states("claude-code")] == ["installed"]


def test_an_older_version_of_ours_goes_with_the_newer(repo: Path) -> None:
    """Also where somebody else had put it there, as in a clone of what a colleague committed."""
    theirs = '{"model": "x"}\n'
    path = write(repo, FILES["claude-code"], theirs)
    install("claude-code")
    path.write_text(path.read_text().replace('"timeout": 10', '"timeout": 9'))
    colleagues = path.read_text()
    uninstall("claude-code")
    path.write_text(colleagues)
    assert [one["state"] for one in states("claude-code")] == ["outdated"]
    install("claude-code")
    uninstall("claude-code")
    assert json.loads(path.read_text()) == json.loads(theirs)


def test_what_others_wrote_between_two_installs_stays(repo: Path) -> None:
    path = write(repo, FILES["claude-code"], '{"model": "x"}\n')
    install("claude-code")
    told = json.loads(path.read_text())
    told["env"] = {"MINE": "1"}
    del told["hooks"]["SessionEnd"]
    path.write_text(json.dumps(told))
    install("claude-code")
    assert [one["state"] for one in states("claude-code")] == ["installed"]
    uninstall("claude-code")
    assert json.loads(path.read_text()) == {"model": "x", "env": {"MINE": "1"}}
    lines = repo / "AGENTS.md"
    lines.write_text("# One\n")
    install("claude-code", "--agents-md")
    lines.write_text(lines.read_text().replace("git mnemo recall", "git mnemo seek") + "# Two\n")
    install("claude-code", "--agents-md")
    ask("agent", "uninstall")
    assert lines.read_text() == "# One\n# Two\n"


@pytest.mark.parametrize("kind", ["folder", "pipe", "loop"])
def test_what_is_no_file_is_refused_and_stops_nothing_else(repo: Path, kind: str) -> None:
    path = repo / FILES["claude-code"]
    path.parent.mkdir()
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(path.name)
    error = refused("agent", "install", "claude-code", code="refused")
    assert error["hint"] == f"ls -ld {path}"
    assert [one["state"] for one in states("claude-code")] == ["unreadable"]
    install("codex")
    write(repo, FILES["cursor"], "{ no JSON")
    assert ask("agent", "uninstall")["wrote"] == [str(repo / FILES["codex"])]
    assert not (repo / FILES["codex"]).exists()


def states(agent: str) -> list[Json]:
    listed = ask("agent", "status")["agents"]
    return [one for one in listed if one["agent"] == agent and one["scope"] == "project"]


@pytest.mark.parametrize(
    "text",
    ["", " \n", "{}", "{}\n", "{ }", '{"a":1}', '{"a": 1,}', '{\n\t"a": [1]\n}\n', "\ufeff{}\n",
     '{\r\n  "a": 1\r\n}\r\n', "// only this\n{\n  // and this\n}\n", '{"hooks": {}}',
     '{"hooks": {"SessionStart": []}}', '{"version": 1, "hooks": {"sessionStart": [ ]}}'],
)  # fmt: skip
@pytest.mark.parametrize("agent", ["claude-code", "cursor"])
def test_every_spelling_of_json_comes_back_byte_for_byte(repo: Path, agent: str, text: str) -> None:
    path = write(repo, FILES[agent], text)
    install(agent)
    told = jsonc.read(path.read_text("utf-8-sig"), "").plain()
    assert all(hook.event in told["hooks"] for hook in table.module(agent).AGENT.hooks)
    assert ("\r\n" in text) == (b"\r\n" in path.read_bytes())
    uninstall(agent)
    assert path.read_bytes() == text.encode()


@pytest.mark.parametrize(
    "text", ["[]", "{", "nonsense", '{"hooks": []}', '{"hooks": {"Stop": {}}}']
)
def test_what_makes_no_sense_is_refused_and_left_alone(repo: Path, text: str) -> None:
    path = write(repo, FILES["claude-code"], text)
    error = refused("agent", "install", "claude-code", code="refused")
    assert "settings.json" in error["message"]
    assert path.read_text() == text
    assert [one["state"] for one in states("claude-code")] == ["unreadable"]


def test_bytes_that_are_no_text_are_refused(repo: Path) -> None:
    path = repo / ".claude"
    path.mkdir()
    (path / "settings.json").write_bytes(b'{"a": "\xff"}')
    refused("agent", "install", "claude-code", code="refused")


def test_a_link_out_of_the_work_tree_is_refused(repo: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (repo / ".claude").symlink_to(elsewhere)
    refused("agent", "install", "claude-code", code="refused")
    assert list(elsewhere.iterdir()) == []


def test_a_linked_file_stays_a_link_and_keeps_its_rights(repo: Path) -> None:
    real = write(repo, "shared.json", "{}\n")
    real.chmod(0o640)
    (repo / ".claude").mkdir()
    (repo / FILES["claude-code"]).symlink_to(real)
    install("claude-code")
    assert (repo / FILES["claude-code"]).is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    uninstall("claude-code")
    assert real.read_text() == "{}\n"


# -- the command -------------------------------------------------------------------------------


def test_a_dry_run_shows_the_difference_and_writes_nothing(repo: Path) -> None:
    write(repo, FILES["claude-code"], CLAUDE)
    before = run_git("status", "--short", "-uall")
    done = git_mnemo("agent", "install", "claude-code", "codex", "--agents-md", "--dry-run")
    assert done.code == 0
    assert "\n+++ " in done.out
    assert any(
        line.startswith("+") and "agent-hook codex" in line for line in done.out.splitlines()
    )
    assert f"--- {os.devnull}" in done.out
    assert run_git("status", "--short", "-uall") == before
    patch = done.out.replace(f"{repo}/", "")
    run_git("apply", "-p0", "--check", input=patch)


def test_the_users_own_configuration(
    repo: Path, seal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEX_HOME", str(seal / "codex"))
    answer = install("claude-code", "codex", "--scope", "user")
    wanted = [str(seal / ".claude/settings.json"), str(seal / "codex/hooks.json")]
    assert answer["wrote"] == wanted
    assert run_git("status", "--short") == ""
    uninstall("--scope", "user")
    assert not (seal / ".claude").exists()
    assert not (seal / "codex").exists()


def test_without_a_name_those_in_use(
    repo: Path, seal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_git = os.path.dirname(str(shutil.which("git")))
    monkeypatch.setenv("PATH", f"{only_git}:/usr/bin:/bin")
    refused("agent", "install", code="not-found")
    (seal / ".cursor").mkdir()
    (repo / ".gemini").mkdir()
    assert {one["agent"] for one in install()["agents"]} == {"cursor", "gemini"}


def test_an_unknown_agent_and_no_work_tree(repo: Path, tmp_path: Path) -> None:
    refused("agent", "install", "emacs", code="usage", status=129)
    run_git("init", "--quiet", "--bare", str(tmp_path / "bare"))
    os.chdir(tmp_path / "bare")
    error = refused("agent", "install", "codex", code="refused")
    assert error["hint"] == "git mnemo agent install --scope user"


def test_the_lines_are_only_written_when_asked_for(repo: Path) -> None:
    write(repo, "CLAUDE.md", "# Ours\n")
    install("claude-code")
    assert not (repo / "AGENTS.md").exists()
    assert (repo / "CLAUDE.md").read_text() == "# Ours\n"
    install("claude-code", "--agents-md")
    block = (repo / "AGENTS.md").read_text()
    assert block.count("\n") <= 8
    assert block.startswith(instructions.BEGIN)
    assert (repo / "CLAUDE.md").read_text() == "# Ours\n@AGENTS.md\n"
    assert install("claude-code", "--agents-md")["wrote"] == []
    uninstall()
    assert not (repo / "AGENTS.md").exists()
    assert (repo / "CLAUDE.md").read_text() == "# Ours\n"


@pytest.mark.parametrize("text", ["", "# Mine", "# Mine\n", "# Mine\n\n", "# Mine\r\nyes\r\n"])
def test_the_block_leaves_the_rest_of_the_file(repo: Path, text: str) -> None:
    path = write(repo, "AGENTS.md", text)
    install("claude-code", "--agents-md")
    assert path.read_bytes().decode().startswith(text)
    first = path.read_bytes()
    path.write_bytes(first + b"\nLater.\n")
    assert install("claude-code", "--agents-md")["wrote"] == []
    uninstall()
    left = path.read_bytes().decode()
    assert left.startswith(text)
    assert "Later." in left
    assert "git mnemo" not in left
    path.write_bytes(first)
    assert instructions.uninstall(str(path), None).after is not None


def test_a_file_that_changes_meanwhile_is_not_overwritten(repo: Path) -> None:
    path = write(repo, FILES["codex"], "{}\n")
    edit = config.install(table.module("codex"), str(path))
    path.write_text('{"theirs": 1}\n')
    with pytest.raises(Exception, match="changed meanwhile"):
        edits.apply([edit], str(repo / ".git" / "mnemo" / "agents"))
    assert path.read_text() == '{"theirs": 1}\n'


def test_init_and_uninstall_take_agents_along(repo: Path) -> None:
    write(repo, FILES["cursor"], '{"version": 1}\n')
    before = run_git("status", "--short", "-uall")
    wanted = {str(repo / FILES[name]) for name in ("codex", "cursor")}
    assert wanted <= set(ask("init", "--agents", "codex,cursor", "--dry-run")["wrote"])
    assert run_git("status", "--short", "-uall") == before
    assert wanted <= set(ask("init", "--agents", "codex,cursor")["wrote"])
    assert not wanted & set(ask("init", "--agents", "codex")["wrote"])
    assert wanted <= set(ask("uninstall", "--dry-run")["removed"])
    for arguments in ((), ("--all", "--yes")):
        ask("init", "--agents", "codex,cursor")
        assert wanted <= set(ask("uninstall", *arguments)["removed"])
        assert run_git("status", "--short", "-uall") == before
    refused("init", "--agents", "emacs", code="usage", status=129)


def test_init_does_nothing_where_the_agents_cannot_be_set_up(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(repo, FILES["codex"], "{ no JSON")
    for listed, code, status in (("codex", "refused", 1), ("emacs", "usage", 129)):
        refused("init", "--agents", listed, code=code, status=status)
        assert not (repo / ".git" / "hooks" / "post-commit").exists()
    (repo / FILES["codex"]).unlink()
    (repo / FILES["codex"]).parent.rmdir()
    monkeypatch.setenv("PATH", os.path.dirname(str(shutil.which("git"))))
    assert not any(one["in_use"] for one in ask("agent", "status")["agents"])
    done = ask("init", "--agents", "found")
    assert done["hooks"]["post-commit"] == "installed"
    own = ("git config hook.", str(repo / ".git") + os.sep)  # where git keeps its hooks
    assert not [wrote for wrote in done["wrote"] if not wrote.startswith(own)]


def test_uninstall_leaves_what_was_not_installed_here(repo: Path) -> None:
    install("codex")
    (repo / ".git" / "mnemo" / "agents" / "receipts").rename(repo / ".git" / "kept")
    text = (repo / FILES["codex"]).read_text()
    assert str(repo / FILES["codex"]) not in ask("uninstall")["removed"]
    assert (repo / FILES["codex"]).read_text() == text


# -- any JSON ----------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
OBJECTS = st.dictionaries(st.text(max_size=5).filter(lambda key: key != "new"), VALUES, max_size=4)


@given(value=OBJECTS, more=VALUES, indent=st.sampled_from([None, 1, 2, 4, "\t"]))
def test_a_member_goes_in_and_out_of_any_object(value: Json, more: object, indent: Any) -> None:
    text = json.dumps(value, indent=indent)
    with_it = jsonc.append(text, jsonc.read(text, ""), more, "new")
    assert json.loads(with_it) == value | {"new": more}
    part = jsonc.read(with_it, "")
    assert part.plain() == value | {"new": more}
    assert json.loads(jsonc.remove(with_it, part, part.items[-1])) == value


@given(value=OBJECTS.filter(bool), indent=st.sampled_from([None, 2]), at=st.integers(0, 3))
def test_any_member_can_be_taken_out(value: Json, indent: Any, at: int) -> None:
    text = json.dumps(value, indent=indent)
    part = jsonc.read(text, "")
    item = part.items[at % len(part.items)]
    left = json.loads(jsonc.remove(text, part, item))
    assert left == {key: one for key, one in value.items() if key != item.key}
