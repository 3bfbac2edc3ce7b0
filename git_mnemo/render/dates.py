"""Dates as `git log --date` writes them. What is recorded has no time zone, so it is the user's."""

import time
from collections.abc import Callable

from git_mnemo.errors import MnemoError
from git_mnemo.render.text import ago

_FIRST, _LAST = -62135596800 + 86400, 253402300799 - 86400
_PATTERNS = {
    "iso": "%Y-%m-%d %H:%M:%S %z",
    "iso8601": "%Y-%m-%d %H:%M:%S %z",
    "rfc": "%a, {day} %b %Y %H:%M:%S %z",
    "rfc2822": "%a, {day} %b %Y %H:%M:%S %z",
    "short": "%Y-%m-%d",
    "default": "%a %b {day} %H:%M:%S %Y %z",
    "local": "%a %b {day} %H:%M:%S %Y",
}
NAMES = (*_PATTERNS, "iso-strict", "relative", "human", "raw", "unix", "format:STRFTIME")


def reading(name: str, now: int, is_terminal: bool) -> Callable[[int], str] | None:
    """What writes a time in unix seconds as git's `--date=NAME` does; None is our own choice.

    `auto:NAME` is NAME on a terminal and our own choice elsewhere; `-local` adds nothing, because
    times are local. Refused where git knows no such way.
    """
    if name.startswith("auto:"):
        return reading(name[5:], now, is_terminal) if is_terminal else None
    if name.startswith(("format:", "format-local:")):
        pattern = name.partition(":")[2]
        return lambda at: time.strftime(pattern, _local(at)[0])
    bare = name.removesuffix("-local") if name != "local" else name
    if bare in _PATTERNS:
        pattern = _PATTERNS[bare] if name != "default-local" else _PATTERNS["local"]
        return lambda at: _written(pattern, at)
    others: dict[str, Callable[[int], str]] = {
        "iso-strict": _strict,
        "iso8601-strict": _strict,
        "relative": lambda at: ago(at, now),
        "human": lambda at: _human(at, now),
        "raw": lambda at: f"{at} {_local(at)[1]}",
        "unix": str,
    }
    if bare not in others:
        raise MnemoError(
            "usage", f"{name!r} is no way to write dates.", f"git mnemo log --date={NAMES[0]}"
        )
    return others[bare]


def _local(at: int) -> tuple[time.struct_time, str]:
    """The user's calendar and clock at that time, and how far they are from UTC."""
    told = time.localtime(min(max(at, _FIRST), _LAST))
    minutes = abs(told.tm_gmtoff) // 60
    return told, f"{'-' if told.tm_gmtoff < 0 else '+'}{minutes // 60:02d}{minutes % 60:02d}"


def _written(pattern: str, at: int) -> str:
    told, zone = _local(at)
    # Names of days and months are git's, whatever the locale: Python's is C until it is set.
    pattern = pattern.replace("{day}", str(told.tm_mday)).replace("%z", zone)
    return time.strftime(pattern.replace("%Y", f"{told.tm_year:04d}"), told)


def _strict(at: int) -> str:
    told, zone = _local(at)
    offset = "Z" if zone == "+0000" else f"{zone[:3]}:{zone[3:]}"
    return f"{told.tm_year:04d}-{time.strftime('%m-%dT%H:%M:%S', told)}{offset}"


def _human(at: int, now: int) -> str:
    """Less the nearer it is: how long ago today, the day's name this week, else the date."""
    if at <= now and _local(at)[0][:3] == _local(now)[0][:3]:
        return ago(at, now)
    if now - 5 * 86400 < at <= now:
        return _written("%a %H:%M", at)
    this_year = _local(at)[0].tm_year == _local(now)[0].tm_year
    return _written("%b {day} %H:%M" if this_year else "%b {day} %Y", at)
