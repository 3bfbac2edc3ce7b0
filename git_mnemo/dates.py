"""Dates as git reads them, by a clock that is ours.

Git knows the years 1970 to 2099, and reads past every other: `3099-01-01` is to it the first of
January of this year. A date of which git reads past a number is refused here.
"""

from __future__ import annotations

import re

from git_mnemo import moment
from git_mnemo.errors import MnemoError
from git_mnemo.record import NamedTuple
from git_mnemo.store import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_LAST_SECOND = 2**31 - 1
"""Git reads the clock that it is given as an int of 32 bits: until 2038."""

_CALENDAR = 28 * 1461 // 4 * 86400
"""Seconds after which days, months and leap years come again as they were: 28 years."""

_NEGATIVE = range(2**63, 2**64 - 1)
"""How git writes seconds before 1970, but for the last second, which is its word for `all`."""

_AGE = re.compile(r"([0-9]+)[^0-9a-z]*(second|minute|hour|day|week|month|year)", re.IGNORECASE)
_UNITS = {
    "second": 1,
    "minute": 60,
    "hour": 3600,
    "day": 86400,
    "week": 7 * 86400,
    "month": 28 * 86400,
    "year": 365 * 86400,
}
"""Seconds of what git counts ages in, at least. It lets a long age overflow."""

_NUMBER = re.compile(r"(?<![0-9])(?<!:[0-9]{2}\.)([0-9]{3,}|(?<!:)[0-9]{2}(?![0-9:]))")
"""A number that may be meant as a year or more, which minutes and parts of a second are not."""

_LONGEST = 200
"""Characters of a date."""

_NEARLY_A_YEAR = 300 * 86400

_FUTURE = "it lies in the future"
_TOO_OLD = "git knows nothing before 1970"


def expiry(date: str, now: int, env: Mapping[str, str], hint: str) -> int | None:
    """The moment before which things are old, by git's date language; None for `never`.

    Refuses what git refuses or reads past, and a moment later than `now` but for the word `now`.
    `env` is git's environment, `hint` the command that the refusal shows.
    """
    back = -(-max(0, now - _LAST_SECOND) // _CALENDAR) * _CALENDAR
    reading = _Reading(date, now - back, env)
    readable = date.isprintable() and len(date) <= _LONGEST
    oldest = reading.moment() if readable else None
    if oldest is None:
        raise _bad(date[:_LONGEST], "git does not understand it", hint)
    if date.strip() == "now":
        return now
    amiss = _TOO_OLD if oldest in _NEGATIVE else reading.amiss(oldest, moment.civil(now)[0])
    if amiss is not None:
        raise _bad(date, amiss, hint)
    if back and oldest != reading._replace(clock=now - back - _CALENDAR).moment():
        oldest += back  # it goes with the clock, as `2.weeks` does and a day of a year does not
    if oldest > now:
        raise _bad(date, _FUTURE, hint)
    return oldest or None


def _bad(date: str, why: str, hint: str) -> MnemoError:
    return MnemoError(
        "usage", f"{date!r} is no date: {why}; git knows 2.weeks, yesterday, 2026-11-23.", hint
    )


class _Reading(NamedTuple):
    """A date, read by git when its clock shows `clock`, at most `_LAST_SECOND`."""

    date: str
    clock: int
    env: Mapping[str, str]

    def moment(self) -> int | None:
        """What git takes it for, in seconds since 1970; None where it understands nothing."""
        # Git counts `2.weeks` from its own clock; this variable sets it to ours.
        env = {**self.env, "GIT_TEST_DATE_NOW": str(self.clock)}
        setting = f"mnemo.expiry={self.date}"
        asked = git.run(["-c", setting, "config", "--type=expiry-date", "mnemo.expiry"], env=env)
        answer = asked.out.decode().strip()
        if asked.code < 0:
            raise MnemoError("refused", "git was killed.", "git mnemo gc --dry-run", fatal=True)
        return int(answer) if asked.code == 0 and answer.isdigit() else None

    def amiss(self, answer: int, this_year: int) -> str | None:
        """Why git's answer is not about what the date says; None where it is."""
        ages = list(_AGE.finditer(self.date))
        if any(float(age[1]) * _UNITS[age[2].lower()] > self.clock for age in ages):
            return _TOO_OLD
        counts = {age.start() for age in ages}  # which git need not be asked about
        for found in _NUMBER.finditer(self.date):
            if found.start() not in counts and self._reads_past(found, answer):
                if len(found[0]) == 4 and int(found[0]) > this_year:
                    return _FUTURE
                return f"git reads past {found[0]}, which is no year of 1970 to 2099"
        return None

    def _reads_past(self, found: re.Match[str], answer: int) -> bool:
        """Whether a number has no part in git's answer, or not the part of a year that it is."""
        number = found[0]
        if len(number) > 4:  # seconds, or all digits of a day: another is another moment
            return self._with(found, number[:-1] + ("1" if number[-1] == "0" else "0")) == answer
        if _is_known(number):
            return False
        one, next_ = self._with(found, "2001"), self._with(found, "2002")
        return one is not None and next_ is not None and next_ - one > _NEARLY_A_YEAR

    def _with(self, found: re.Match[str], other: str) -> int | None:
        """What git takes the date for with another number in the place of one."""
        date = self.date[: found.start()] + other + self.date[found.end() :]
        return self._replace(date=date).moment()


def _is_known(number: str) -> bool:
    """Whether git reads these digits as a year or, if they are two, as a year or a day."""
    if len(number) == 2:
        return not 38 <= int(number) <= 69
    return len(number) == 4 and 1970 <= int(number) <= 2099
