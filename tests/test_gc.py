"""gc: archives past their age go, and nothing else does."""

from pathlib import Path
from typing import Any

import pytest

from git_mnemo import gc, refs
from git_mnemo.errors import MnemoError
from git_mnemo.gc import Expired
from git_mnemo.refs import archive_ref
from git_mnemo.repository import discover
from tests.support import mnemo, mnemo_json, run_git
from tests.verbs import (
    DAY,
    HOUR,
    NOW,
    OTHER,
    SESSION,
    all_refs,
    ask,
    claim,
    git_mnemo,
    refused,
    show,
)


def collect(*args: str, now: int = NOW) -> dict[str, Any]:
    return ask("gc", *args, now=now, session=None)


def archives() -> list[str]:
    return run_git("for-each-ref", "--format=%(refname)", refs.ARCHIVE).splitlines()


@pytest.fixture
def aged(repo: Path) -> list[str]:
    """Three archives: 40 days old, 20 days old, and new."""
    tip = claim("One")["commit"]
    run_git("update-ref", "-d", refs.session_ref(SESSION))
    names = [archive_ref(f"s_{at:08x}", NOW - age * DAY) for at, age in enumerate((40, 20, 0))]
    for name in names:
        run_git("update-ref", name, tip)
    return names


# -- by hand -----------------------------------------------------------------------------------


def test_older_than_is_decided_by_the_time_alone() -> None:
    found = [Expired(f"r{at}", "a" * 40, at) for at in (9, 10, 11)]
    assert gc.plan(found, 10) == found[:1]
    assert gc.plan(found, None) == []


def test_thirty_days_by_default(aged: list[str]) -> None:
    tip = run_git("rev-parse", aged[0])
    assert collect() == {
        "pruned": [{"ref": aged[0], "tip": tip, "at": "2026-10-14T09:30:00Z"}],
        "kept": 2,
        "ignored": [],
        "archived": [],
        "dry_run": False,
    }
    assert archives() == aged[1:]
    note = Path(".git/mnemo/pruned").read_text()
    assert note == f"{aged[0]} {tip} {NOW}\n"


@pytest.mark.parametrize(
    ("date", "left"),
    [
        ("2.weeks", 1),
        ("25.days", 2),
        ("19.days.ago", 1),
        ("21.days", 2),
        ("50.days", 3),
        ("never", 3),
        ("now", 0),
        ("2026-10-14 09:30:01", 2),
        ("2026-10-14T09:29:59Z", 3),
        ("yesterday", 1),
    ],
)
def test_dates_are_gits(aged: list[str], date: str, left: int) -> None:
    assert collect("--expire", date)["kept"] == left
    assert archives() == aged[3 - left :]


@pytest.mark.parametrize("date", ["nonsense", "2027-01-01", "all", "tomorrow", ""])
def test_what_is_no_date_or_lies_ahead_is_refused(aged: list[str], date: str) -> None:
    refused("gc", "--expire", date, code="usage", status=129)
    assert archives() == aged


@pytest.mark.parametrize(("date", "left"), [("10.days", 1), ("never", 3), ("60.days", 3)])
def test_the_age_is_configured(aged: list[str], date: str, left: int) -> None:
    run_git("config", "mnemo.gcExpire", date)
    assert collect()["kept"] == left
    assert collect("--expire", "now")["kept"] == 0


def test_a_configured_date_that_makes_no_sense_is_refused(aged: list[str]) -> None:
    run_git("config", "mnemo.gcExpire", "nonsense")
    refused("gc", code="usage", status=129)
    assert archives() == aged


def test_a_dry_run_shows_the_same_plan_and_does_nothing(aged: list[str]) -> None:
    before = all_refs()
    plan = collect("--dry-run", "--expire", "2.weeks")
    assert all_refs() == before
    assert not Path(".git/mnemo/pruned").exists()
    assert plan["dry_run"] is True
    assert collect("--expire", "2.weeks") == plan | {"dry_run": False}
    assert archives() == aged[2:]


def test_twice_is_nothing(aged: list[str]) -> None:
    collect()
    assert collect()["pruned"] == []


def test_live_sessions_and_the_project_stay(aged: list[str]) -> None:
    one = claim("Live", session=OTHER)
    ask("promote", session=OTHER)
    collect("--expire", "now", now=NOW + 5)
    assert archives() == []
    run_git("reflog", "expire", "--expire=now", "--all")
    run_git("gc", "--quiet", "--prune=now")
    assert show(one["chain"], session=OTHER)["status"] == "active"
    assert run_git("fsck", "--strict") == ""


def test_names_that_are_not_ours_are_left_alone_and_told(aged: list[str]) -> None:
    tip = run_git("rev-parse", aged[0])
    strange = [
        refs.ARCHIVE + name
        for name in ("S_a7f3c2d1_5", "s_a7f3c2d1", "s_a7f3c2d1_05", "s_a7f3c2d1_123456789012",
                     "s_a7f3c2d1_5/more", "x")
    ]  # fmt: skip
    for name in strange:
        run_git("update-ref", name, tip)
    done = collect("--expire", "now")
    assert done["ignored"] == sorted(strange)
    assert (len(done["pruned"]), done["kept"]) == (3, 0)
    assert archives() == sorted(strange)
    assert "left alone: refs/mnemo/archive/x is no archive of ours\n" in git_mnemo("gc").out


def test_a_time_in_the_future_counts_as_the_tips(repo: Path) -> None:
    tip = claim("One")["commit"]
    run_git("update-ref", "-d", refs.session_ref(SESSION))
    future = archive_ref(SESSION, NOW + 5000 * DAY)
    run_git("update-ref", future, tip)
    assert collect(now=NOW + 29 * DAY)["kept"] == 1
    done = collect(now=NOW + 31 * DAY)
    assert done["pruned"] == [{"ref": future, "tip": tip, "at": "2026-11-23T09:30:00Z"}]


@pytest.mark.parametrize("now", [2**31 - 1, 2**31, 2**31 + 4000 * DAY])
def test_ages_go_by_our_clock_past_what_git_can_be_told(repo: Path, now: int) -> None:
    at = discover()
    assert at.expiry("2.weeks", now) == now - 14 * DAY
    assert at.expiry("yesterday", now) == now - DAY
    assert at.expiry("@1795426200 +0000", now) == NOW
    assert at.expiry("now", now) == now
    assert at.expiry("never", now) is None
    with pytest.raises(MnemoError, match="in the future"):
        at.expiry(f"@{now + DAY} +0000", now)


# -- by itself ---------------------------------------------------------------------------------


@pytest.fixture
def kept(repo: Path) -> str:
    """A repository with an archive of 40 days, live sessions of today and of two days ago (which
    tells the time: what is of today may be of a clock that jumped), nothing run before."""
    tip = claim("One")["commit"]
    claim("Earlier", session=OTHER, now=NOW - 2 * DAY)
    name = archive_ref("s_00000000", NOW - 40 * DAY)
    run_git("update-ref", name, tip)
    return name


def auto(now: int) -> dict[str, Any]:
    return collect("--auto", now=now)


def test_by_itself_it_runs_once_a_day(kept: str) -> None:
    tip = run_git("rev-parse", kept)
    assert [one["ref"] for one in auto(NOW + 5)["pruned"]] == [kept]
    run_git("update-ref", kept, tip)
    told = auto(NOW + 4 + DAY)
    assert (told["pruned"], told["kept"]) == ([], 1)
    assert "within a day" in told["skipped"]
    assert [one["ref"] for one in auto(NOW + 5 + DAY)["pruned"]] == [kept]


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (NOW - 1, "behind"),
        (NOW + 31 * DAY, "far ahead"),
        (NOW + 4000 * DAY, "far ahead"),
        (2**31 + 5, "far ahead"),
        (99_999_999_999, "far ahead"),
        (5, "behind"),
    ],
)
def test_a_clock_that_cannot_be_right_prunes_nothing(kept: str, now: int, why: str) -> None:
    told = auto(now)
    assert told["pruned"] == []
    assert why in told["skipped"]
    assert kept in archives()
    assert len(auto(NOW + 29 * DAY)["pruned"]) == 1


def test_what_a_clock_that_jumped_wrote_does_not_bear_witness_for_it(kept: str) -> None:
    claim("Far from now", now=NOW + 4000 * DAY)
    assert "far ahead" in auto(NOW + 4000 * DAY + 60)["skipped"]
    assert kept in archives()


def test_the_last_run_counts_for_the_clock_too(kept: str) -> None:
    auto(NOW + 20 * DAY)
    tip = run_git("rev-parse", refs.session_ref(SESSION))
    run_git("update-ref", kept, tip)
    assert "behind" in auto(NOW + 18 * DAY)["skipped"]
    assert "skipped" not in auto(NOW + 49 * DAY)


def test_a_repository_that_says_nothing_of_the_time_is_left_alone(empty_repo: Path) -> None:
    assert "nothing here tells" in auto(NOW)["skipped"]


def test_the_parent_of_head_tells_the_time(repo: Path) -> None:
    tip = claim("One")["commit"]
    run_git("update-ref", "-d", refs.session_ref(SESSION))
    name = archive_ref(SESSION, NOW - 40 * DAY)
    run_git("update-ref", name, tip)
    assert "nothing here tells" in auto(NOW)["skipped"]  # HEAD has no parent yet
    dates = {"GIT_COMMITTER_DATE": f"{NOW - DAY} +0000"}
    for message in ("a", "b"):
        run_git("commit", "--quiet", "--allow-empty", "-m", message, env=dates)
    assert "behind" in auto(NOW - 2 * DAY)["skipped"]
    assert [one["ref"] for one in auto(NOW)["pruned"]] == [name]


def test_a_configured_date_without_sense_prunes_nothing_by_itself(kept: str) -> None:
    run_git("config", "mnemo.gcExpire", "2099-01-01")
    told = auto(NOW + 5)
    assert told["pruned"] == []
    assert "2099-01-01" in told["skipped"]
    assert kept in archives()
    run_git("config", "--unset", "mnemo.gcExpire")
    run_git("config", "mnemo.idleExpire", "nonsense")
    assert "nonsense" in auto(NOW + 6)["skipped"]
    assert kept in archives()


def test_status_says_why_nothing_was_pruned(kept: str) -> None:
    assert "nonsense" not in git_mnemo("status").out
    run_git("config", "mnemo.gcExpire", "nonsense")
    assert "nothing expires by itself: mnemo.gcExpire: 'nonsense'" in git_mnemo("status").out
    (doubt,) = ask("status")["doubts"]
    assert "nonsense" in doubt


def test_idle_sessions_are_archived_first(repo: Path) -> None:
    claim("Old", session=OTHER)
    ask("promote", session=OTHER)
    claim("New", now=NOW + 20 * DAY)
    told = auto(NOW + 20 * DAY + HOUR)
    assert [one["session"] for one in told["archived"]] == [OTHER]
    assert (told["pruned"], told["kept"]) == ([], 1)


def test_by_itself_it_goes_by_the_configuration_alone(kept: str) -> None:
    refused("gc", "--auto", "--expire", "now", code="usage", status=129)
    refused("gc", "--auto", "--dry-run", code="usage", status=129)


def test_real_processes(kept: str) -> None:
    env = {"GIT_MNEMO_NOW": str(NOW + 5)}
    told = mnemo("gc", "--dry-run", env=env)
    assert told.out == f"would prune {kept} (archived 5 weeks ago)\nkept 0 archives\n"
    assert mnemo_json("gc", env=env)["pruned"][0]["ref"] == kept
    assert mnemo("gc", "--expire=never", env=env).out == "kept 0 archives\n"


def test_an_odd_commit_of_the_user_stops_no_automatic_gc(repo: Path) -> None:
    tree = run_git("write-tree")
    odd = run_git(
        "hash-object", "-t", "commit", "-w", "--stdin", "--literally",
        input=f"tree {tree}\n\nwithout an author\n",
    )  # fmt: skip
    run_git("update-ref", "HEAD", odd)
    done = mnemo("gc", "--auto", "--json")
    assert done.code == 0, done
