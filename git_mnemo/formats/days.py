"""Days as people write them."""

import re
from datetime import UTC, datetime

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEAR_FIRST = re.compile(r"\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\b")
_DAY_FIRST = re.compile(r"\b(\d{1,2})[/.](\d{1,2})[/.](\d{4})\b")
_NAMED = re.compile(
    r"\b(?:(\d{1,2})(?:st|nd|rd|th)?\.?\s+)?([A-Za-z]{3,9})\.?\s+"
    r"(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(\d{4})\b"
)
_MOST = 100


def day_of(text: str) -> int | None:
    """The first second (UTC) of the day that a short text names; None where it names none.

    `3/4/2017` is the third of April; without a day, it is the first of the month.
    """
    text = text[:_MOST]
    if found := _YEAR_FIRST.search(text):
        year, month, day = (int(one) for one in found.groups())
    elif found := _DAY_FIRST.search(text):
        day, month, year = (int(one) for one in found.groups())
        if month > 12:
            day, month = month, day
    elif found := _NAMED.search(text):
        before, name, behind, written = found.groups()
        known = name[:3].lower()
        month = _MONTHS.index(known) + 1 if known in _MONTHS else 0
        day, year = int(before or behind or 1), int(written)
    else:
        return None
    try:
        return int(datetime(year, month, day, tzinfo=UTC).timestamp())
    except (ValueError, OverflowError):
        return None
