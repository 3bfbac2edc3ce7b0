"""Times as the format writes them: UTC, to the second, days of the proleptic Gregorian calendar.

Plain arithmetic, because importing `datetime` or `calendar` costs each claim more than the claim.
"""

from __future__ import annotations

_DIGITS = "0123456789"

# A memory of many claims has few days, and each of them is read a thousand times.
_dates: dict[str, int] = {}
_DATES_MOST = 10_000

# So it has few hours, and an hour has few seconds: what stands before and after `YYYY-MM-DDTHH:`.
_hours: dict[str, int] = {}
_seconds: dict[str, int] = {}


def is_epoch(text: str) -> bool:
    """Whether the text is a number of seconds, from 0 on and of at most 15 digits: Python reads no
    number of thousands, and takes other digits than ours for digits, too."""
    return 0 < len(text) < 16 and not text.strip(_DIGITS)


def days_in(year: int, month: int) -> int:
    """How many days that month has."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def is_day(year: str, month: str, day: str) -> bool:
    """Whether these digits (4, 2, 2) are a day of the calendar, from year 1 on."""
    return _date(f"{year}-{month}-{day}") is not None


def _date(text: str) -> int | None:
    """Days from 1970-01-01 to `YYYY-MM-DD`; None for anything else."""
    known = _dates.get(text)
    if known is not None:
        return known
    year, month, day = text[:4], text[5:7], text[8:]
    if len(text) != 10 or text[4] + text[7] != "--" or (year + month + day).strip(_DIGITS):
        return None
    numbers = int(year), int(month), int(day)
    if numbers[0] < 1 or not 1 <= numbers[1] <= 12 or not 1 <= numbers[2] <= days_in(*numbers[:2]):
        return None
    if len(_dates) >= _DATES_MOST:
        _dates.clear()
    _dates[text] = days = days_since_epoch(*numbers)
    return days


def civil(epoch: int) -> tuple[int, int, int, int, int, int]:
    """Year, month, day, hour, minute, second (UTC) of seconds since 1970."""
    days, seconds = divmod(epoch, 86400)
    # Days are counted from 0000-03-01, so that the leap day is the last of its year.
    era, day_of_era = divmod(days + 719468, 146097)
    year_of_era = (
        day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096
    ) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    year = year_of_era + era * 400 + (1 if month <= 2 else 0)
    day = day_of_year - (153 * shifted + 2) // 5 + 1
    return year, month, day, seconds // 3600, seconds % 3600 // 60, seconds % 60


def iso(epoch: int) -> str:
    """`YYYY-MM-DDTHH:MM:SSZ`, clamped to the years 0001 to 9999."""
    clamped = min(max(epoch, -62135596800), 253402300799)
    return "{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}Z".format(*civil(clamped))


def day(epoch: int) -> str:
    """`YYYYMMDD`, the UTC day, as chain ids write it."""
    return iso(epoch)[:10].replace("-", "")


def parse_iso(text: str) -> int | None:
    """Seconds since 1970 of `YYYY-MM-DDTHH:MM:SSZ`; None for anything else."""
    before, after = _hours.get(text[:14]), _seconds.get(text[14:])
    if before is not None and after is not None:
        return before + after
    if len(text) != 20 or text[10] + text[13] + text[16] + text[19] != "T::Z":
        return None
    clock = text[11:13] + text[14:16] + text[17:19]
    days = _date(text[:10])
    if days is None or clock.strip(_DIGITS):
        return None
    hour, minute, second = int(clock[:2]), int(clock[2:4]), int(clock[4:])
    if hour > 23 or minute > 59 or second > 59:
        return None
    if len(_hours) >= _DATES_MOST:
        _hours.clear()
    _hours[text[:14]] = before = days * 86400 + hour * 3600
    _seconds[text[14:]] = after = minute * 60 + second
    return before + after


def days_since_epoch(year: int, month: int, day_of_month: int) -> int:
    """Days from 1970-01-01 to that date."""
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day_of_month - 1
    return (
        era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    ) - 719468
