"""Words for people: cut, counted, dated, and rid of what could steer a terminal."""

from __future__ import annotations

from git_mnemo import moment
from git_mnemo.message import printable

SHORT = 10
"""Hex digits of an address in text for people."""


def clean(text: str) -> str:
    """Text for a terminal: line by line without control and bidirectional characters."""
    return "\n".join(printable(line.replace("\t", "    ")) for line in text.split("\n"))


def line(text: str, width: int = 72) -> str:
    """The first line of a text, cut to a width."""
    first = printable(text.partition("\n")[0]).strip(" ")
    return first if len(first) <= width else first[: width - 1] + "…"


def ago(at: int, now: int) -> str:
    """How long ago that was, in the largest unit that fits."""
    seconds = max(0, now - at)
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            return f"{many(seconds // size, unit)} ago"
    return "just now"


def many(count: int, what: str) -> str:
    """`1 chain`, `2 chains`."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def iso(at: int | None) -> str | None:
    """The time in JSON; None stays None."""
    return moment.iso(at) if at is not None else None
