"""Sessions: which one a command means, how long it is gone on with, how agents share one."""

import subprocess
import sys
from pathlib import Path

import pytest

from git_mnemo import refs, session
from tests.support import mnemo_json, run_git
from tests.verbs import (
    ADA,
    HOUR,
    NOW,
    OTHER,
    REF,
    SESSION,
    all_refs,
    ask,
    claim,
    git_mnemo,
    here,
    message,
    refused,
    show,
)

AGENT = f"{SESSION}@claude"


def said(text: str, now: int = NOW, *args: str) -> str:
    """The session a claim goes to when nobody names one."""
    id_ = claim(text, *args, now=now, session=None)["session"]
    assert isinstance(id_, str)
    return id_


def state(folder: Path) -> str:
    return (folder / "mnemo" / "session").read_text()


# -- going on with one -------------------------------------------------------------------------


def test_a_session_is_gone_on_with_for_two_hours_after_its_last_claim(repo: Path) -> None:
    first = said("One")
    assert refs.is_session(first)
    assert said("Two", NOW + 2 * HOUR - 1) == first
    assert said("Three", NOW + 4 * HOUR - 2) == first
    assert said("Four", NOW + 6 * HOUR - 2) != first


@pytest.mark.parametrize(
    ("timeout", "after", "same"),
    [
        ("10.minutes", 599, True),
        ("10.minutes", 601, False),
        ("3.days", 71 * HOUR, True),
        ("never", 10**8, True),
        ("now", 1, False),
    ],
)
def test_how_long_can_be_configured(repo: Path, timeout: str, after: int, same: bool) -> None:
    run_git("config", "mnemo.sessionTimeout", timeout)
    first = said("One")
    assert (said("Two", NOW + after) == first) == same


def test_a_timeout_that_git_does_not_understand_is_refused(repo: Path) -> None:
    said("One")
    run_git("config", "mnemo.sessionTimeout", "nonsense")
    refused("claim", "Two", session=None, code="usage", status=129)


def test_a_session_that_claims_went_to_from_elsewhere_stays_fresh(repo: Path) -> None:
    first = said("One")
    claim("Two", now=NOW + HOUR + 1800, session=first)
    assert said("Three", NOW + 3 * HOUR) == first


def test_a_named_session_is_never_too_old_and_leaves_the_worktrees_alone(repo: Path) -> None:
    first = said("One")
    assert claim("Two", session=OTHER)["session"] == OTHER
    assert claim("Three", now=NOW + 30 * HOUR, session=OTHER)["session"] == OTHER
    assert said("Four", NOW + 1) == first


def test_nonsense_in_the_state_file_is_no_session(repo: Path) -> None:
    first = said("One")
    for nonsense in ("", "\n", "s_nonsense 1\n", f"{first}\n", f"{first} x\n", "\xff" * 300):
        (repo / ".git" / "mnemo" / "session").write_text(nonsense, encoding="latin-1")
        assert said("Two", NOW + 1) != first


def test_an_archived_session_is_not_gone_on_with(repo: Path) -> None:
    first = said("One")
    ask("archive", session=None, now=NOW + 1)
    assert not (repo / ".git" / "mnemo" / "session").exists()
    assert said("Two", NOW + 2) != first


def test_each_linked_worktree_has_a_session_of_its_own(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = said("One")
    run_git("worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "side")
    monkeypatch.chdir(tmp_path / "linked")
    second = said("Two")
    assert second != first
    assert state(repo / ".git" / "worktrees" / "linked") == f"{second} {NOW}\n"
    assert state(repo / ".git") == f"{first} {NOW}\n"
    monkeypatch.chdir(repo)
    assert said("Three") == first
    assert f"Mnemo-Session: {first}\n" in message(refs.session_ref(first))


# -- naming one --------------------------------------------------------------------------------


def test_a_whole_id_without_a_ref_begins_a_session_and_is_unknown_elsewhere(repo: Path) -> None:
    refused("show", SESSION, code="not-found")
    refused("promote", "--all", code="not-found")
    refused("session", "resume", SESSION, code="not-found")
    assert "refs/mnemo" not in all_refs()
    assert claim("One")["session"] == SESSION
    assert show(SESSION)["session"] == SESSION


@pytest.mark.parametrize("text", ["s_a7f3", "a7f3", "A7F3C2", "session:s_a7f3c2d1"])
def test_a_live_session_can_be_named_shortly(repo: Path, text: str) -> None:
    claim("One")
    assert claim("Two", session=text)["session"] == SESSION


def test_a_short_id_means_the_session_and_its_agents_stores(repo: Path) -> None:
    claim("One")
    theirs = claim("Two", session=AGENT)
    assert ask("status", session="a7f3")["session"] == SESSION
    assert claim("Three", session="a7f3")["session"] == SESSION
    assert claim("Four", session="s_a7f3c2d1@claude")["session"] == AGENT
    assert show("s_a7f3")["session"] == SESSION
    assert ask("session", "resume", "a7f3", session=None)["session"] == SESSION
    done = ask("promote", "--all", session="a7f3")
    assert theirs["chain"] in {part["chain"] for part in done["promoted"]}
    archived = ask("archive", "a7f3", session=None)["archived"]
    assert [one["session"] for one in archived] == [SESSION, AGENT]
    restored = ask("restore", "a7f3", session=None)["restored"]
    assert [one["session"] for one in restored] == [SESSION, AGENT]


def test_agents_stores_without_their_sessions_own_are_told_apart(repo: Path) -> None:
    claim("One", session=AGENT)
    assert claim("Two", session="a7f3")["session"] == AGENT
    claim("Three", session=f"{SESSION}@codex")
    error = refused("claim", "Four", session="a7f3", code="ambiguous")
    assert error["candidates"] == [AGENT, f"{SESSION}@codex"]


@pytest.mark.parametrize(
    "text", ["s_a7f", "s_xyz1", "s_a7f3c2d1e", "a/b", "s_a7f3c2d1@", "s_a7f3@/"]
)
def test_what_begins_no_session_id_is_refused(repo: Path, text: str) -> None:
    claim("One")
    refused("claim", "Two", session=text, code="invalid-id", status=129)


def test_a_short_id_that_is_nobodys_or_two_sessions(repo: Path) -> None:
    claim("One")
    refused("claim", "Two", session="0b0b", code="not-found")
    claim("One", session="s_a7f3ffff")
    error = refused("claim", "Two", session="a7f3", code="ambiguous")
    assert error["candidates"] == [SESSION, "s_a7f3ffff"]


def test_claiming_into_an_archived_session_names_the_way_back(repo: Path) -> None:
    claim("One")
    ask("archive")
    error = refused("claim", "Two", code="refused")
    assert error["hint"] == f"git mnemo restore {SESSION}"
    refused("session", "start", code="refused")
    git_mnemo("restore", SESSION)
    assert claim("Two")["position"] == 2


def test_the_option_counts_before_the_environment_before_the_worktree(repo: Path) -> None:
    worktrees = said("Mine")
    assert claim("One")["session"] == SESSION
    assert claim("Two", "--session", OTHER)["session"] == OTHER
    assert said("Three") == worktrees


# -- agents ------------------------------------------------------------------------------------


def test_an_agent_is_named_in_trailers_and_changes_no_ref(repo: Path) -> None:
    done = claim("One", "--agent", "claude")
    assert done["session"] == SESSION
    assert message().rstrip().endswith(" claude")
    env = {"GIT_MNEMO_AGENT": "codex"}
    ask("claim", "Two", env=env)
    assert message().rstrip().endswith(" codex")
    ask("claim", "Three", "--agent", "gpt", env=env)
    assert message().rstrip().endswith(" gpt")


@pytest.mark.parametrize(
    ("given", "slug"),
    [
        ("Claude Code/4.5", "claude-code-4-5"),
        ("../../x", "x"),
        ("a@b", "a-b"),
        ("--A--", "a"),
        ("É9", "9"),
        ("x" * 40, "x" * 32),
    ],
)
def test_an_agents_name_is_slugged(repo: Path, given: str, slug: str) -> None:
    claim("One", f"--agent={given}")
    assert message().rstrip().endswith(f" {slug}")
    started = ask("session", "start", f"--agent={given}")
    assert started["session"] == f"{SESSION}@{slug}"
    assert started["agent"] == slug


def test_a_name_without_a_letter_or_digit_is_refused(repo: Path) -> None:
    refused("claim", "One", "--agent=/..", code="invalid-id", status=129)


def test_an_agent_in_a_sessions_id_is_slugged_too(repo: Path) -> None:
    assert claim("One", session=f"{SESSION}@Claude Code/4.5")["session"] == (
        f"{SESSION}@claude-code-4-5"
    )


def test_an_agents_own_store_stands_beside_its_session(repo: Path) -> None:
    claim("One")
    done = claim("Two", session=AGENT)
    assert done["session"] == AGENT
    names = run_git("for-each-ref", "--format=%(refname)", refs.SESSIONS + "*").splitlines()
    assert names == [REF, refs.session_ref(AGENT)]
    members = ask("status")["chains"]
    assert {one["session"] for one in members} == {SESSION, AGENT}
    assert [one["session"] for one in ask("status", session=AGENT)["chains"]] == [AGENT]


# -- the commands ------------------------------------------------------------------------------


def test_start_begins_and_goes_on_and_the_ref_comes_with_the_first_claim(repo: Path) -> None:
    first = ask("session", "start", session=None)
    assert first == {
        "kind": "session",
        "session": first["session"],
        "ref": refs.session_ref(first["session"]),
        "agent": None,
        "started": None,
        "last_active": None,
        "nodes": 0,
        "chains": 0,
    }
    assert "refs/mnemo" not in all_refs()
    assert ask("session", "start", session=None, now=NOW + HOUR)["session"] == first["session"]
    assert said("One", NOW + HOUR) == first["session"]
    another = ask("session", "start", "--new", session=None, now=NOW + HOUR)
    assert another["session"] != first["session"]
    assert said("Two", NOW + HOUR) == another["session"]


def test_start_begins_the_session_that_an_option_names(repo: Path) -> None:
    told = ask("session", "start", "--session", OTHER, session=None)
    assert told["session"] == OTHER
    assert said("One") == OTHER
    refused("session", "start", "--new", "--session", SESSION, code="usage", status=129)


@pytest.mark.parametrize("verb", [["start"], ["list"], ["resume", SESSION]])
@pytest.mark.parametrize("option", [["--json"], ["--session", OTHER]])
def test_an_option_before_the_verb_is_not_passed_over(
    repo: Path, verb: list[str], option: list[str]
) -> None:
    claim("One")
    done = git_mnemo("session", *option, *verb)
    assert (done.code, "stand after it" in done.err) == (129, True)


def test_start_with_an_agent_is_that_agents_store_from_now_on(repo: Path) -> None:
    first = said("One")
    started = ask("session", "start", "--agent", "claude", session=None)
    assert started["session"] == f"{first}@claude"
    assert said("Two") == f"{first}@claude"
    again = ask("session", "start", "--agent", "claude", session=None)
    assert again["session"] == f"{first}@claude"


def test_the_current_session_is_told_with_its_times(repo: Path) -> None:
    refused("session", session=None, code="not-found")
    first = said("One", NOW, "--agent", "claude")
    said("Two", NOW + 90)
    told = ask("session", session=None, now=NOW + 20 * HOUR)
    assert told == {
        "kind": "session",
        "session": first,
        "ref": refs.session_ref(first),
        "agent": "claude",
        "started": "2026-11-23T09:30:00Z",
        "last_active": "2026-11-23T09:31:30Z",
        "nodes": 2,
        "chains": 1,
    }
    assert ask("session", "--session", first, session=OTHER)["session"] == first


def test_the_list_has_live_and_archived_sessions(repo: Path) -> None:
    claim("One")
    claim("Two", session=OTHER)
    ask("archive", now=NOW + 5)
    listed = ask("session", "list")["sessions"]
    assert [one["session"] for one in listed] == [OTHER, SESSION]
    assert "archived_at" not in listed[0]
    assert listed[1]["archived_at"] == "2026-11-23T09:30:05Z"
    assert listed[1]["ref"] == refs.archive_ref(SESSION, NOW + 5)


def test_resume_makes_a_live_session_the_worktrees(repo: Path) -> None:
    first = said("One")
    claim("Two", session=OTHER)
    assert ask("session", "resume", "0b0b", session=None)["session"] == OTHER
    assert said("Three") == OTHER
    later = NOW + 50 * HOUR
    assert ask("session", "resume", first, session=None, now=later)["session"] == first
    assert said("Four", later) == first


def test_the_verb_draws_ids_that_nobody_has(repo: Path) -> None:
    drawn = {session.draw(here()) for _ in range(50)}
    assert len(drawn) == 50
    assert all(refs.is_session(id_) for id_ in drawn)
    assert session.draw(here(), "claude").endswith("@claude")


def test_a_session_without_its_own_ref_is_its_agents(repo: Path) -> None:
    claim("One", session=AGENT)
    assert [one["session"] for one in ask("status")["chains"]] == [AGENT]
    assert [one.id for one in session.members(here(), SESSION)] == [AGENT]


# -- real processes ----------------------------------------------------------------------------


def test_parallel_first_claims_of_a_worktree_share_one_session(repo: Path) -> None:
    for round_ in range(3):
        (repo / ".git" / "mnemo" / "session").unlink(missing_ok=True)
        before = len(session.live(here()))
        workers = [
            subprocess.Popen(
                [sys.executable, "-m", "git_mnemo", "claim", f"Round {round_} of {number}"],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            for number in range(4)
        ]
        for worker in workers:
            _, err = worker.communicate(timeout=60)
            assert (worker.returncode, err) == (0, b"")
        live = session.live(here())
        assert len(live) == before + 1
        id_ = state(repo / ".git").split()[0]
        assert show(id_)["nodes"] == 4
        assert run_git("rev-list", "--count", refs.session_ref(id_)) == "4"


def test_a_real_process_takes_session_and_agent_from_the_environment(repo: Path) -> None:
    env = {
        "GIT_MNEMO_SESSION": SESSION,
        "GIT_MNEMO_AGENT": "Claude 4",
        "GIT_MNEMO_NOW": str(NOW),
    }
    assert mnemo_json("claim", "One", env=env)["session"] == SESSION
    told = mnemo_json("session", env=env)
    assert (told["agent"], told["nodes"]) == ("claude-4", 1)
    (known,) = show(mnemo_json("show", SESSION, env=env)["chains"][0]["id"])["members"][1][
        "claimed"
    ]
    assert known == {
        "at": "2026-11-23T09:30:00Z",
        "agent": "claude-4",
        "author": ADA[0],
        "session": SESSION,
    }
