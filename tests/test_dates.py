"""dates: what git takes a date for, and what it would read past without a word."""

from pathlib import Path

import pytest

from git_mnemo import moment, refs
from git_mnemo.errors import MnemoError
from git_mnemo.repository import discover
from tests.support import run_git
from tests.verbs import DAY, NOW, ask, claim, git_mnemo, refused

# Monday, 2026-11-23 09:30:00
READ = {
    "1970-01-01": "1970-01-01T09:30:00Z",
    "70-01-01": "1970-01-01T09:30:00Z",
    "1999-12-31 23:58:59": "1999-12-31T23:58:59Z",
    "2026": "2026-11-23T09:30:00Z",
    "11/22/2026": "2026-11-22T09:30:00Z",
    "Nov 22 2026": "2026-11-22T09:30:00Z",
    "yesterday 08:45": "2026-11-22T08:45:00Z",
    "2026-11-22T10:45:58.123456Z": "2026-11-22T10:45:58Z",
    "Sun, 22 Nov 2026 10:45:58 +0530": "2026-11-22T05:15:58Z",
    "20261122T104558": "2026-11-22T10:45:58Z",
    "@1795426199 +0200": "2026-11-23T09:29:59Z",
    "1795426199": "2026-11-23T09:29:59Z",
    "56.years": "1970-11-23T09:30:00Z",
    "600 months ago": "1976-11-23T09:30:00Z",
    "2001.days": "2021-06-01T09:30:00Z",
    "3099.days": "2018-05-30T09:30:00Z",
}

FUTURE = "it lies in the future"
NOT_READ = {
    "2026-11-24": FUTURE,
    "2099-12-31": FUTURE,
    "2100-01-01": FUTURE,
    "3099-01-01": FUTURE,
    "9999-12-31T23:59:59Z": FUTURE,
    "01/02/3099": FUTURE,
    "Jan 1 3099": FUTURE,
    "Thu, 07 Apr 2150 22:13:13 +0200": FUTURE,
    "3099": FUTURE,
    "@4102444801 +0000": FUTURE,
    "12345-01-01": "reads past 12345",
    "1969-12-31": "reads past 1969",
    "1960-01-01": "reads past 1960",
    "1 Jan 1960": "reads past 1960",
    "0001-01-01": "reads past 0001",
    "60-01-01": "reads past 60",
    "20261122": "reads past 20261122",
    "1795426199000": "reads past 1795426199000",
    "57.years": "before 1970",
    "130 years ago": "before 1970",
    "700.months": "before 1970",
    "1600.months": "before 1970",
    "100000.days": "before 1970",
    "9" * 100 + ".days": "before 1970",
    "neverland": "does not understand",
    "2.weeks\0": "does not understand",
    "2.weeks\ud800": "does not understand",
}


def test_what_git_reads_is_what_it_says(empty_repo: Path) -> None:
    at = discover()
    assert {date: moment.iso(at.expiry(date, NOW) or 0) for date in READ} == READ


@pytest.mark.parametrize("now", [NOW, 2**31 + 10 * DAY])
def test_what_git_reads_past_is_refused(empty_repo: Path, now: int) -> None:
    at = discover()
    for date, why in NOT_READ.items():
        if date.startswith("2026") and now > NOW:
            continue
        with pytest.raises(MnemoError, match=why) as failed:
            at.expiry(date, now)
        assert failed.value.code == "usage"
        assert repr(date) in failed.value.message
    with pytest.raises(MnemoError, match="does not understand"):
        at.expiry("x" * 200_000, now)


def test_a_year_that_our_clock_has_left_behind_is_not_called_future(empty_repo: Path) -> None:
    with pytest.raises(MnemoError, match="reads past 3099"):
        discover().expiry("3099-01-01", 99_999_999_999)  # 5138


@pytest.mark.parametrize("year", ["1960", "2098", "3099"])
def test_such_a_date_is_refused_wherever_one_is_taken(repo: Path, year: str) -> None:
    tip = claim("One pool for all.", now=NOW - 2 * DAY)["commit"]  # which tells the time, too
    run_git("update-ref", refs.archive_ref("s_00000001", NOW - 400 * DAY), tip)
    kept = run_git("for-each-ref")
    date = f"{year}-01-01"
    for expiring in (["gc"], ["gc", "--dry-run"]):
        refused(*expiring, "--expire", date, code="usage", status=129, session=None)
    refused("recall", "--since", date, "pool", code="usage", status=129)
    assert ask("recall", "--since", "1970-01-01", "pool")["chains"]
    assert run_git("for-each-ref") == kept

    run_git("config", "mnemo.gcExpire", date)
    refused("gc", code="usage", status=129, session=None)
    assert date in ask("gc", "--auto", session=None)["skipped"]
    assert f"mnemo.gcExpire: '{date}'" in git_mnemo("status").out
    run_git("config", "--unset", "mnemo.gcExpire")
    for setting in ("mnemo.idleExpire", "mnemo.sessionTimeout"):
        run_git("config", setting, date)
        assert f"{setting}: '{date}'" in git_mnemo("doctor").out
        run_git("config", "--unset", setting)
    assert run_git("for-each-ref") == kept
    (pruned,) = ask("gc", "--expire", "2026-01-01", session=None)["pruned"]
    assert pruned["ref"].startswith(refs.ARCHIVE)
