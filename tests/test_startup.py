"""The quick way in: an everyday claim loads little, and reads its options as click does."""

import json
import os
import sys
from pathlib import Path

import click
import pytest

from git_mnemo.cli import claims
from git_mnemo.cli.claim_options import CLAIM, Option, parse
from tests import plain
from tests.support import run, run_git
from tests.verbs import NOW, REF, SESSION

HEAVY = {
    "_sqlite3", "asyncio", "click", "contextlib", "dataclasses", "datetime", "hashlib", "inspect",
    "json",
    "pygit2", "re", "sqlite3", "subprocess", "tempfile", "typing",
}  # fmt: skip
if not plain.OPENED or os.environ.get("MNEMO_BACKEND") == "git":
    HEAVY.discard("hashlib")  # ids are made by ourselves where libgit2 is not there to do it
AT_EXIT = """
import atexit, sys
atexit.register(lambda: print(*sorted(sys.modules), file=sys.stderr))
"""
CLAIMING = (
    AT_EXIT
    + """
from git_mnemo.__main__ import main
sys.argv = ["git-mnemo", *sys.argv[1:]]
main()
"""
)
HOOK = CLAIMING.replace("import main", "import run").replace("main()", "run(sys.argv[1:])")
ENV = {"GIT_MNEMO_NOW": str(NOW), "GIT_MNEMO_SESSION": SESSION}


def loaded(program: str, *args: str) -> set[str]:
    """The modules that a process had loaded when it ended."""
    result = run(sys.executable, "-c", program, *args, env=ENV)
    assert result.code == 0, result
    return set(result.err.split())


@pytest.mark.parametrize(
    "args",
    [["One"], ["One", "--agent", "claude", "--domain", "issues"], ["One", "--new-chain"],
     ["One", "--title", "T"]],
)  # fmt: skip
def test_a_claim_loads_none_of_what_takes_long(repo: Path, args: list[str]) -> None:
    loaded(CLAIMING, "claim", "Before")
    bare = loaded(AT_EXIT)
    ours = loaded(CLAIMING, "claim", *args)
    assert "git_mnemo.claim" in ours
    assert (ours - bare) & HEAVY == set()
    assert "git_mnemo.index" not in ours
    assert "git_mnemo.cli.main" not in ours
    assert run_git("log", "-1", "--format=%s", REF).endswith(": One")


def test_the_list_of_modules_is_what_would_be_loaded_otherwise(repo: Path) -> None:
    ours = loaded(CLAIMING, "status")
    assert {"_sqlite3", "click", "json", "typing"} <= ours - loaded(AT_EXIT)


def test_the_first_claim_is_quick_too(repo: Path) -> None:
    assert (loaded(CLAIMING, "claim", "One") - loaded(AT_EXIT)) & HEAVY == set()


@pytest.mark.parametrize(
    "event",
    [{"hook_event_name": "SessionStart"}, {"hook_event_name": "PreCompact"},
     {"hook_event_name": "UserPromptSubmit", "prompt": "Do retries time out at the proxy?"},
     {"hook_event_name": "PreToolUse", "tool_input": {"file_path": "README.md"}}],
    ids=lambda event: event["hook_event_name"],
)  # fmt: skip
def test_a_hook_loads_none_of_what_takes_long(repo: Path, event: dict[str, object]) -> None:
    run_mnemo("claim", "--anchor", "README.md", "Retries time out at the proxy.")
    run_mnemo("promote")
    answer({**event, "session_id": "first"})  # binds the session, and brings the index up to date
    bare = loaded(AT_EXIT)
    ours, told = answer({**event, "session_id": "first" if "prompt" in event else "second"})
    assert "git_mnemo.briefing" in ours
    assert (ours - bare) & HEAVY == {"_sqlite3"}
    spared = ("cli.main", "cli.desk", "caller", "secret_rules", "index.filling", "words")
    assert {f"git_mnemo.{name}" for name in spared} & ours == set()
    assert ("Retries" in told) == (event["hook_event_name"] in ("SessionStart", "PreToolUse"))


def answer(event: dict[str, object]) -> tuple[set[str], str]:
    """The modules that a hook had loaded when it ended, and what it said."""
    given = json.dumps(event)
    result = run(sys.executable, "-c", HOOK, "agent-hook", "claude-code", input=given, env=ENV)
    assert result.code == 0, result
    return set(result.err.split()), result.out


def run_mnemo(*args: str) -> None:
    assert run(sys.executable, "-m", "git_mnemo", *args, env=ENV).code == 0


# -- the two readers of one table --------------------------------------------------------------


def described(param: click.Option) -> Option:
    """A click option in the terms of the table."""
    assert param.name is not None
    kind = "flag" if param.is_flag else "many" if param.multiple else "one"
    return Option(param.opts[0], param.name, kind, param.metavar or "", param.help or "")


def test_click_has_the_options_of_the_table_and_batch() -> None:
    options = [param for param in claims.claim.params if isinstance(param, click.Option)]
    assert [described(one) for one in options if one.name != "batch"] == list(CLAIM)
    assert options[0].name == "batch"
    assert all(len(one.opts) == 1 and not one.secondary_opts for one in options)
    assert all(one.envvar is None and not one.required for one in options)


VECTORS = [
    ["text"], ["a", "b"], [], ["--", "text"], ["--", "--title"], ["text", "--"], ["-"], [""],
    ["text", "--title", "T"], ["--title", "T", "text"], ["--title=T", "text"], ["--title=", "text"],
    ["--title", "", "text"], ["--title", "-x", "text"], ["--title", "--json", "text"],
    ["--title", "--", "text"], ["--title=a=b", "text"], ["--title", "A", "--title", "B", "text"],
    ["text", "--title"], ["--titl", "T", "text"], ["--new-chain", "text"], ["--new", "text"],
    ["--new-chain=yes", "text"], ["--new-chain", "--new-chain", "text"], ["--no-new-chain", "text"],
    ["--input", "a", "--input", "b", "text"], ["--input=a,b", "text"], ["--input", "a", "b"],
    ["--anchor", "x:1-2", "text", "--anchor=y"], ["--scratch", "text", "--json"],
    ["text", "--json", "--agent", "c", "--session", "s", "--domain", "d", "--chain", "x"],
    ["--node", "abcd"], ["--node", "abcd", "text"], ["-x", "text"], ["--unknown", "text"],
    ["--batch"], ["--batch", "text"], ["-h"], ["text", "--help"], ["--Title", "T", "text"],
    ["-", "--json"], ["text", "-"], ["--", "-", "--json"], ["--title", "T", "--", "--json"],
    ["--json", "--", "text"], ["-title", "T"], ["—", "text"], ["--agent", "\udcff", "text"],
]  # fmt: skip


@pytest.mark.parametrize("arguments", VECTORS, ids=json.dumps)
def test_the_quick_reader_says_what_click_says_or_nothing(arguments: list[str]) -> None:
    quick = parse(list(arguments), CLAIM)
    if quick is None or len(quick.words) != 1:
        return  # click's business, whatever it makes of it
    # click remembers how a command asks for help: as the whole command line does it.
    context = claims.claim.make_context(
        "claim", list(arguments), help_option_names=["-h", "--help"]
    )
    params = dict(context.params)
    assert params.pop("batch") is False
    assert params.pop("text") == quick.words[0]
    assert params == quick.options


def test_the_quick_reader_takes_the_everyday_claims() -> None:
    taken = [arguments for arguments in VECTORS if parse(list(arguments), CLAIM) is not None]
    assert ["text", "--title", "T"] in taken
    assert ["--title=T", "text"] in taken
    assert ["--", "--title"] in taken
    left = [arguments for arguments in VECTORS if arguments not in taken]
    for unusual in (["--batch"], ["-h"], ["--titl", "T", "text"], ["text", "--title"],
                    ["--new-chain=yes", "text"], ["-x", "text"]):  # fmt: skip
        assert unusual in left
