"""Words for people: cut, counted, dated, and rid of what could steer a terminal."""

from __future__ import annotations

from git_mnemo import moment
from git_mnemo.message import printable

SHORT = 10
"""Hex digits of an address in text for people."""

_DAY = 86400
_UNITS = (
    (365 * _DAY, 365 * _DAY, "year"),
    (70 * _DAY, 365 * _DAY // 12, "month"),
    (14 * _DAY, 7 * _DAY, "week"),
    (_DAY, _DAY, "day"),
    (3600, 3600, "hour"),
    (60, 60, "minute"),
)
"""From how many seconds on a unit is used, its length, and its name."""


def clean(text: str) -> str:
    """Text for a terminal: line by line without control and bidirectional characters."""
    return "\n".join(printable(line.replace("\t", "    ")) for line in text.split("\n"))


def line(text: str, width: int = 72) -> str:
    """The first line of a text, cut to a width."""
    first = printable(text.partition("\n")[0]).strip(" ")
    return first if len(first) <= width else first[: width - 1] + "…"


def ago(at: int, now: int) -> str:
    """How long ago that was: days for a fortnight, weeks for ten of them, as git counts."""
    seconds = max(0, now - at)
    for least, size, unit in _UNITS:
        if seconds >= least:
            return f"{many(seconds // size, unit)} ago"
    return "just now"


def many(count: int, what: str) -> str:
    """`1 chain`, `2 chains`."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def iso(at: int | None) -> str | None:
    """The time in JSON; None stays None."""
    return moment.iso(at) if at is not None else None
