"""What callers of the Python API give, held against what it says that it takes.

The annotations are the one place that tells: what does not fit them is a `usage` error, not an
AttributeError from somewhere below, and nothing was done.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
import types
import typing
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from git_mnemo.errors import MnemoError

C = TypeVar("C")
F = TypeVar("F", bound=Callable[..., Any])

HINT = "python -m pydoc git_mnemo.api"
"""What tells a caller of the API how to call it right."""

_WORDS: dict[object, str] = {
    str: "text",
    bytes: "bytes",
    bool: "True or False",
    int: "a whole number from 0 on",
    type(None): "None",
    os.PathLike: "a path",
    Callable: "a function",
}


_SAID = frozenset({"text", "reason", "title", "query"})
"""What is recorded or searched for, whose characters are looked at where that is done."""


def usage(message: str) -> MnemoError:
    """The refusal of a call that makes no sense."""
    return MnemoError("usage", message, HINT)


def methods(cls: type[C]) -> type[C]:
    """The class, whose public methods refuse what does not fit their annotations."""
    for name, found in list(vars(cls).items()):
        if inspect.isfunction(found) and not name.startswith("_"):
            setattr(cls, name, call(found))
    return cls


def call(function: F) -> F:
    """The function, which refuses what does not fit its annotations."""
    signature = inspect.signature(function)
    hints = functools.cache(lambda: typing.get_type_hints(function))

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs)
        for name, value in given.arguments.items():
            if name != "self":
                given.arguments[name] = _fitting(f"`{name}`", value, hints()[name])
        return function(*given.args, **given.kwargs)

    return typing.cast(F, checked)


def _fitting(name: str, value: object, hint: Any) -> object:
    """The value; what can be gone through only once is checked while it is."""
    if not _fits(value, hint):
        raise usage(f"{name} is to be {_told(hint)}, not {_described(value)}.")
    held = value if isinstance(value, tuple) and not hasattr(value, "_fields") else (value,)
    if name.strip("`") not in _SAID and not all(map(_is_clean, held)):
        raise usage(f"{name} holds characters that no name and no path has.")
    each = next((one for one in _parts(hint) if typing.get_origin(one) is Iterable), None)
    if each is None or value is None or isinstance(value, str | bytes):
        return value
    assert isinstance(value, Iterable)  # it fits
    return _each(name, value, typing.get_args(each)[0])


def _each(name: str, values: Iterable[object], hint: Any) -> Iterator[object]:
    for number, value in enumerate(values, 1):
        yield _fitting(f"{number} of {name}", value, hint)


def _fits(value: object, hint: Any) -> bool:
    """Whether a value is of one of these types; what is in an iterable is seen later."""
    return any(_is(value, one) for one in _parts(hint))


def _is(value: object, kind: Any) -> bool:
    origin = typing.get_origin(kind) or kind
    if origin is int:
        return type(value) is int and 0 <= value <= sys.maxsize
    if origin is Iterable:
        return isinstance(value, Iterable) and not isinstance(value, str | bytes)
    if origin is tuple:
        held = typing.get_args(kind)
        if not isinstance(value, tuple):
            return False
        if held[-1] is ...:
            return all(_fits(one, held[0]) for one in value)
        return len(value) == len(held) and all(map(_fits, value, held))
    if not isinstance(value, origin):
        return False
    fields = typing.get_type_hints(origin) if hasattr(origin, "_fields") else {}
    return all(_fits(getattr(value, name), hint) for name, hint in fields.items())


def _is_clean(value: object) -> bool:
    """Whether text, if it is text, can be given to the system; bytes of a path that are no UTF-8
    stand as surrogates, as `os.fsdecode` has them."""
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    try:
        return not isinstance(value, str) or b"\0" not in value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False


def _described(value: object) -> str:
    return str(value)[:40] if type(value) is int else type(value).__name__


def _parts(hint: Any) -> tuple[Any, ...]:
    """The types of a union, or the one that it is."""
    return typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)


def _told(hint: Any) -> str:
    return " or ".join(dict.fromkeys(_word(one) for one in _parts(hint)))


def _word(kind: Any) -> str:
    origin, held = typing.get_origin(kind) or kind, typing.get_args(kind)
    if origin is Iterable:
        return f"several, each {_told(held[0])}"
    if origin is tuple:
        return f"a tuple of {len(held)}"
    return _WORDS.get(origin) or str(origin.__name__)
