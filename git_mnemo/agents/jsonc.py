"""Changing one place in a JSON file and leaving every other byte as it is, comments too.

A file is taken apart into parts that know where they stand; a change cuts text out or puts text
in. What others wrote keeps its spelling, its order and its indentation.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from git_mnemo.errors import MnemoError

DEEPEST = 100
"""Objects and arrays within each other, at most."""

_BLANKS = " \t\r\n"
_CLOSES = {"{": "}", "[": "]"}


class Item(NamedTuple):
    """A member of an object (with its key) or of an array, from `start`, where the key stands."""

    key: str | None
    start: int
    value: Part


class Part(NamedTuple):
    """A value in a text, from `start` to before `end`. `value` is that of a text, number or word;
    objects and arrays have `items` instead. `comma`: a comma follows the last of them."""

    kind: str
    start: int
    end: int
    value: Any
    items: tuple[Item, ...]
    comma: bool

    def get(self, key: str) -> Part | None:
        """The member of that key; the last one counts."""
        return next((item.value for item in reversed(self.items) if item.key == key), None)

    def plain(self) -> Any:
        """The value as Python has it."""
        if self.kind == "{":
            return {item.key: item.value.plain() for item in self.items}
        if self.kind == "[":
            return [item.value.plain() for item in self.items]
        return self.value


# -- reading -----------------------------------------------------------------------------------


class _Reader:
    """Takes a text apart, once from left to right."""

    def __init__(self, text: str, what: str) -> None:
        self.text = text
        self._what = what

    def whole(self) -> Part:
        part = self.value(self.skip(0), DEEPEST)
        if self.skip(part.end) != len(self.text):
            raise self.wrong(part.end)
        return part

    def skip(self, at: int) -> int:
        """The next place that is neither blank nor comment."""
        text = self.text
        while at < len(text):
            if text[at] in _BLANKS:
                at += 1
            elif text.startswith("//", at):
                end = text.find("\n", at)
                at = len(text) if end < 0 else end
            elif text.startswith("/*", at):
                end = text.find("*/", at + 2)
                if end < 0:
                    raise self.wrong(at)
                at = end + 2
            else:
                return at
        return at

    def value(self, at: int, depth: int) -> Part:
        if self.text[at : at + 1] in _CLOSES and at < len(self.text):
            return self.container(at, depth)
        return self.scalar(at)

    def scalar(self, at: int) -> Part:
        try:
            value, end = json.JSONDecoder().raw_decode(self.text, at)
        except (ValueError, RecursionError):
            raise self.wrong(at) from None
        return Part("scalar", at, end, value, (), False)

    def container(self, at: int, depth: int) -> Part:
        if not depth:
            raise self.wrong(at)
        kind, start, comma = self.text[at], at, False
        items: list[Item] = []
        at = self.skip(at + 1)
        while self.text[at : at + 1] != _CLOSES[kind]:
            if items and not comma:
                raise self.wrong(at)
            item = self.item(at, kind, depth)
            items.append(item)
            at = self.skip(item.value.end)
            comma = self.text[at : at + 1] == ","
            at = self.skip(at + 1) if comma else at
        return Part(kind, start, at + 1, None, tuple(items), comma)

    def item(self, at: int, kind: str, depth: int) -> Item:
        if kind == "[":
            return Item(None, at, self.value(at, depth - 1))
        key = self.scalar(at)
        colon = self.skip(key.end)
        if not isinstance(key.value, str) or self.text[colon : colon + 1] != ":":
            raise self.wrong(at)
        return Item(key.value, at, self.value(self.skip(colon + 1), depth - 1))

    def wrong(self, at: int) -> MnemoError:
        line = self.text.count("\n", 0, at) + 1
        return MnemoError("refused", f"{self._what}: line {line} is no JSON.", "git mnemo agent -h")


def read(text: str, what: str) -> Part:
    """The text taken apart; a text of blanks is an empty object. `what` names it in errors."""
    if not text.strip(_BLANKS):
        return Part("{", 0, 0, None, (), False)
    return _Reader(text, what).whole()


# -- putting in --------------------------------------------------------------------------------


def append(text: str, into: Part, value: Any, key: str | None = None) -> str:
    """The text with one more member at the end of an object or array."""
    unit = _unit(text)
    if into.start == into.end:  # there was nothing but blanks
        return "{\n" + _member(value, key, unit, unit) + "\n}\n"
    outer = _indent(text, into.start)
    inner = _indent(text, into.items[-1].start) if into.items else outer + unit
    if into.items and "\n" not in text[into.start : into.items[-1].start]:
        inner = outer + unit
    written = _newline(text) + _member(value, key, inner, unit).replace("\n", _newline(text))
    if not into.items:  # what else is in it, comments, stays in front
        at = _before(text, into.end - 1)
        return text[:at] + written + _newline(text) + outer + text[into.end - 1 :]
    at = _after(text, into)
    closing = "" if "\n" in text[at : into.end - 1] else _newline(text) + outer
    end = into.end - 1 if closing else at
    head = text[: into.items[-1].value.end] + ("" if into.comma else ",")
    return head + text[into.items[-1].value.end : at] + written + closing + text[end:]


def _after(text: str, into: Part) -> int:
    """Where a new last member goes: behind the last one and what is said of it on its line."""
    end = text.find("\n", into.items[-1].value.end, into.end - 1)
    rest = text[into.items[-1].value.end : end] if end >= 0 else ""
    if end < 0:
        return _before(text, into.end - 1)
    return end - 1 if rest.endswith("\r") else end


def _before(text: str, at: int) -> int:
    while text[at - 1] in _BLANKS:
        at -= 1
    return at


def _member(value: Any, key: str | None, indent: str, unit: str) -> str:
    written = json.dumps(value, indent=unit, ensure_ascii=False).replace("\n", "\n" + indent)
    return indent + (f"{json.dumps(key)}: " if key is not None else "") + written


def _unit(text: str) -> str:
    """One step of indentation, as the text has it."""
    for line in text.split("\n"):
        blanks = line[: len(line) - len(line.lstrip(" \t"))]
        if blanks and line.strip():
            return "\t" if blanks[0] == "\t" else blanks
    return "  "


def _indent(text: str, at: int) -> str:
    """The blanks that the line of that place begins with."""
    start = text.rfind("\n", 0, at) + 1
    line = text[start:at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


# -- taking out --------------------------------------------------------------------------------


def remove(text: str, within: Part, item: Item) -> str:
    """The text without one member, its comma, and the line it stood on."""
    position = within.items.index(item)
    start, end = _before(text, item.start), item.value.end
    if len(within.items) == 1:
        rest = text[end : within.end - 1].replace(",", "", 1) if within.comma else None
        tail = rest if rest is not None else text[end : within.end - 1]
        kept = "" if not tail.strip(_BLANKS) and text[start - 1] == text[within.start] else tail
        return text[:start] + kept + text[within.end - 1 :]
    if position < len(within.items) - 1 or within.comma:
        end = text.index(",", _skip(text, end)) + 1
        return text[:start] + text[end:]
    comma = _skip(text, within.items[position - 1].value.end)
    return text[:comma] + text[comma + 1 : start] + text[end:]


def _skip(text: str, at: int) -> int:
    return _Reader(text, "").skip(at)
