"""JSON read and written without loading `json`, which takes a hook as long as three runs of git.

CPython keeps the reader in C, in `_json`; where that is missing, `json` does the same, later.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    _quote: Callable[[str], str]
    _make_scanner: Callable[[object], Callable[[str, int], tuple[Any, int]]] | None
else:
    try:
        from _json import encode_basestring_ascii as _quote
        from _json import make_scanner as _make_scanner
    except ImportError:  # another Python
        _make_scanner = None

_BLANKS = " \t\r\n"
_MARK = b"\xef\xbb\xbf"
"""What some programs begin UTF-8 with. The codec of that name is a module of its own."""


class _Rules:
    """What the reader in C asks for: Python's own numbers, and no control characters."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float


def read(data: bytes) -> Any:
    """The value in UTF-8 JSON; None for anything that is no JSON, or nests too deep."""
    try:
        text = data.removeprefix(_MARK).decode().strip(_BLANKS)
        if _make_scanner is None:
            import json

            return json.loads(text)
        value, end = _make_scanner(_Rules)(text, 0)
    except (ValueError, StopIteration, RecursionError, SystemError):
        return None  # SystemError: the reader in C looks for an error class of `json` in vain
    return value if end == len(text) else None


def write(value: Any) -> str:
    """A value of objects, lists, texts, whole numbers, truths and None, as JSON in ASCII."""
    if _make_scanner is None:
        import json

        return json.dumps(value)
    return _written(value)


def _written(value: Any) -> str:
    if isinstance(value, str):
        return _quote(value)
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict):
        members = (f"{_quote(str(key))}: {_written(member)}" for key, member in value.items())
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_written, value)) + "]"
    return str(int(value))
