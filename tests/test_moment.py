"""Times, against the standard library's calendar."""

import calendar
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from git_mnemo import moment
from tests import strategies

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(strategies.epochs)
@example(0)
@example(-1)
@example(951782400)  # 2000-02-29
@example(-62135596800)
@example(253402300799)
def test_every_second_is_the_one_of_the_calendar(epoch: int) -> None:
    then = EPOCH + timedelta(seconds=epoch)
    assert moment.civil(epoch) == tuple(then.timetuple())[:6]
    assert moment.iso(epoch) == then.replace(tzinfo=None).isoformat() + "Z"
    assert moment.day(epoch) == then.date().isoformat().replace("-", "")
    assert moment.parse_iso(moment.iso(epoch)) == epoch


def test_every_day_of_four_centuries_is_the_one_of_the_calendar() -> None:
    first, last = date(1800, 1, 1).toordinal(), date(2200, 12, 31).toordinal()
    for ordinal in range(first, last + 1):
        day = date.fromordinal(ordinal)
        since = ordinal - date(1970, 1, 1).toordinal()
        assert moment.days_since_epoch(day.year, day.month, day.day) == since
        assert moment.civil(since * 86400)[:3] == (day.year, day.month, day.day)


@given(st.dates())
def test_any_day_is_counted_from_1970(day: date) -> None:
    since = moment.days_since_epoch(day.year, day.month, day.day)
    assert since == (day - date(1970, 1, 1)).days


@given(st.integers(1, 9999), st.integers(1, 12))
def test_a_month_has_as_many_days_as_in_the_calendar(year: int, month: int) -> None:
    assert moment.days_in(year, month) == calendar.monthrange(year, month)[1]


@given(st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32))
def test_a_day_is_one_where_the_calendar_has_it(year: int, month: int, day: int) -> None:
    try:
        date(year, month, day)
        there = True
    except ValueError:
        there = False
    assert moment.is_day(f"{year:04}", f"{month:02}", f"{day:02}") is there


@pytest.mark.parametrize(
    "digits",
    [
        ("026", "011", "23"),
        ("2026", "1", "123"),
        ("2026", "11", "3"),
        ("+026", "11", "23"),
        ("2026", "1 ", "23"),
        ("٢٠٢٦", "11", "23"),
        ("", "", ""),
    ],
)
def test_a_day_is_written_in_four_two_and_two_digits(digits: tuple[str, str, str]) -> None:
    assert moment.is_day("2026", "11", "23")
    assert not moment.is_day(*digits)


@pytest.mark.parametrize(
    ("epoch", "written"),
    [
        (-62135596801, "0001-01-01T00:00:00Z"),
        (-(10**30), "0001-01-01T00:00:00Z"),
        (253402300800, "9999-12-31T23:59:59Z"),
        (10**30, "9999-12-31T23:59:59Z"),
    ],
)
def test_a_time_outside_the_calendar_is_clamped(epoch: int, written: str) -> None:
    assert moment.iso(epoch) == written


@given(st.text() | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", fullmatch=True))
def test_any_text_is_refused_or_the_one_of_its_time(text: str) -> None:
    epoch = moment.parse_iso(text)
    assert epoch is None or moment.iso(epoch) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-23",
        "2026-11-23T09:30:00",
        "2026-11-23T09:30:00z",
        "2026-11-23 09:30:00Z",
        "2026-11-23T09:30:00+00:00",
        "2026-11-23T24:00:00Z",
        "2026-11-23T09:60:00Z",
        "2026-11-23T09:30:60Z",
        "2026-02-29T09:30:00Z",
        "0000-11-23T09:30:00Z",
        "2026-11-23T+9:30:00Z",
        "2026-11-23T09:30: 0Z",
        "2026-11-23T0٩:30:00Z",
        "2026-11-23T09:30:00Z\n",
    ],
)
def test_any_other_spelling_of_a_time_is_refused(text: str) -> None:
    assert moment.parse_iso("2026-11-23T09:30:00Z") == 1795426200
    assert moment.parse_iso(text) is None
