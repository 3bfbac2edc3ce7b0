"""A day of three agents, by real processes: what one of them learns, the next ones know."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from git_mnemo import digest
from tests.support import run, run_git

HOUR = 3600
MORNING = 1795426200
"""2026-11-23T09:30:00Z"""
DECISION = "One pool per process, opened at import: no request waits for it."
POOL = """\
import socket

POOL = []


def connection():
    if not POOL:
        POOL.append(socket.create_connection(("db", 5432)))
    return POOL[0]
"""


def clock(hours: int) -> dict[str, str]:
    now = MORNING + hours * HOUR
    return {"GIT_MNEMO_NOW": str(now), "GIT_COMMITTER_DATE": f"{now} +0000",
            "GIT_AUTHOR_DATE": f"{now} +0000"}  # fmt: skip


def hook(agent: str, payload: Mapping[str, object], cwd: Path, env: Mapping[str, str]) -> str:
    """What an agent's hook prints, started as the agent starts it: by its installed command."""
    given = json.dumps({"cwd": str(cwd), **payload})
    done = run("sh", "-c", f"git-mnemo agent-hook {agent} || true", cwd=cwd, input=given, env=env)
    assert (done.code, done.err) == (0, "")
    return done.out


def context(out: str) -> str:
    text = json.loads(out)["hookSpecificOutput"]["additionalContext"]
    assert isinstance(text, str)
    assert len(text) <= digest.START_SIZE
    return text


def shell(command: str, cwd: Path, env: Mapping[str, str]) -> str:
    """A command in a shell of the agent's; its exported variables are those of its env file."""
    done = run("sh", "-c", command, cwd=cwd, env=env)
    assert done.code == 0, done
    return done.out


@pytest.mark.usefixtures("installed")
def test_what_one_agent_decided_the_next_ones_know(repo: Path, tmp_path: Path) -> None:
    """The commit hooks promote; nobody does it by hand."""
    shell("git mnemo init", repo, clock(0))
    env_file = tmp_path / "claude-env"

    # Agent A begins, decides, commits, and dies without ending.
    env = {**clock(0), "CLAUDE_ENV_FILE": str(env_file)}
    first = {"session_id": "aaaa", "hook_event_name": "SessionStart", "source": "startup"}
    assert "empty yet" in context(hook("claude-code", first, repo, env))
    (repo / "pool.py").write_text(POOL)
    command = (
        f'. "{env_file}" && git mnemo claim --anchor pool.py:6-9 --domain decisions "{DECISION}"'
    )
    shell(command, repo, clock(1))
    shell("git add pool.py && git commit -q -m 'One pool per process'", repo, clock(1))
    assert shell("git log --format=%s refs/mnemo/project", repo, {}).endswith(f": {DECISION}\n")

    # Agent B is of another kind, and begins in another worktree.
    other = tmp_path / "other"
    run_git("worktree", "add", "--quiet", "-b", "pool-size", str(other), cwd=repo)
    second = {"session_id": "bbbb", "hook_event_name": "SessionStart", "source": "startup"}
    told = context(hook("codex", second, other, clock(3)))
    assert DECISION in told
    assert (
        "decisions; recorded by claude-code for Ada Example 2 hours ago; pool.py:6-9 fresh" in told
    )
    edit = {
        "session_id": "bbbb",
        "hook_event_name": "PreToolUse",
        "tool_name": "apply_patch",
        "tool_input": {"command": "*** Begin Patch\n*** Update File: pool.py\n*** End Patch\n"},
    }
    assert hook("codex", edit, other, clock(3)) == ""  # it was told already
    hook("codex", {**second, "hook_event_name": "PreCompact"}, other, clock(3))
    assert DECISION in context(hook("codex", {**second, "source": "compact"}, other,
                                    clock(3)))  # fmt: skip

    # The code changes.
    text = (other / "pool.py").read_text().replace("return POOL[0]", "return POOL.pop()")
    (other / "pool.py").write_text(text)
    shell("git commit -q -a -m 'Lend connections out'", other, clock(4))

    # Agent C is told, and what it is told with a prompt says so, too.
    third = {"session_id": "cccc", "hook_event_name": "SessionStart", "source": "startup"}
    told = context(hook("gemini", third, other, clock(5)))
    assert DECISION in told
    assert "pool.py:6-9 drifted" in told
    asked = {"session_id": "dddd", "hook_event_name": "BeforeAgent",
             "prompt": "which process opens the pool?"}  # fmt: skip
    assert "pool.py:6-9 drifted" in context(hook("gemini", asked, other, clock(5)))

    # In the first worktree nothing has changed yet.
    again = {"session_id": "aaaa", "hook_event_name": "SessionStart", "source": "resume"}
    assert "pool.py:6-9 fresh" in context(hook("claude-code", again, repo, clock(6)))
