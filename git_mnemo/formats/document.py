"""What the readers of documents share: the document, titles and texts that fit into nodes, and
which place in which file a line came from."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from git_mnemo import node
from git_mnemo.errors import MnemoError

MOST_TITLE = 200
MOST_TEXT = 48_000
"""Bytes of a claim made of a document: the rest of a node's room is for what stands beside it."""

MOST_KINDS = 100
"""Kinds of what a source has that is not taken; more are only counted."""

_SPOT = re.compile(r"\bline (\d{1,12})\b")
_SPACE = re.compile(r"\s+")


class Document(NamedTuple):
    """A file of a source: its name below it, its text, and since when it is there, in unix
    seconds; None where nobody says."""

    name: str
    text: str
    at: int | None = None


class Spots:
    """Numbers of lines for a source that is no file of lines, and the way back from them."""

    def __init__(self) -> None:
        self._spots: list[tuple[str, int | None]] = []

    def add(self, name: str, line: int | None = None) -> int:
        """The number that stands for a place from now on."""
        self._spots.append((name, line))
        return len(self._spots)

    def named(self, text: str) -> str:
        """A message, with places for the numbers in it."""
        return _SPOT.sub(self._place, text)

    def _place(self, found: re.Match[str]) -> str:
        return self.place(int(found[1])) or found[0]

    def place(self, number: int) -> str | None:
        """The file and line of a number; None where it stands for nothing."""
        if not 0 < number <= len(self._spots):
            return None
        name, line = self._spots[number - 1]
        return name if line is None else f"{name}:{line}"


class Report:
    """What was not taken, or not all of it: each kind once, with its number and the first case."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._first: dict[str, str] = {}
        self._more = 0

    def add(self, what: str, where: str, count: int = 1) -> None:
        """Count more of a kind. `what` is said before the number, `where` is the case."""
        if what not in self._counts and len(self._counts) >= MOST_KINDS:
            self._more += count
            return
        self._counts[what] = self._counts.get(what, 0) + count
        self._first.setdefault(what, where)

    def told(self) -> list[str]:
        """A sentence for each kind."""
        found = [f"{what}: {count:,} (first: {self._first[what][:200]})"
                 for what, count in self._counts.items()]  # fmt: skip
        return [*found, f"and {self._more:,} more of other kinds"] if self._more else found


def fitting(title: str) -> str:
    """A title of one line and at most 200 code points; empty where nothing is left."""
    plain = "".join(char if char.isprintable() else " " for char in title)
    return _SPACE.sub(" ", plain).strip()[:MOST_TITLE].rstrip()


def key_of(*names: str) -> str:
    """A chain's key: the hash of names that tell it from other chains of its title."""
    return hashlib.sha256("\0".join(names).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def cut(text: str, most: int = MOST_TEXT) -> Iterator[str]:
    """The text, in as many pieces as it takes to fit; cut between paragraphs, lines, or anywhere.

    What cannot stand in a node (half characters, NUL) becomes U+FFFD.
    """
    text = re.sub(r"[\0\ud800-\udfff]", "\ufffd", text)
    start = 0
    while start < len(text):
        ahead = text[start : start + most]
        head = ahead.encode()[:most].decode(errors="ignore")
        if start + len(head) < len(text):
            at = max(head.rfind("\n\n"), 0) or max(head.rfind("\n"), 0) or len(head)
            head = head[:at]
        start += len(head)
        try:
            node.build(node.LEAF, head)
        except MnemoError:
            continue  # nothing but blanks
        yield head


def in_order(names: Iterable[str], below: Callable[[str], Iterable[str]]) -> Iterator[str]:
    """The names and all below them, each once and behind what is below it; a circle is cut where it
    is met."""
    seen: set[str] = set()
    for first in names:
        if first in seen:
            continue
        seen.add(first)
        stack = [(first, iter(below(first)))]
        while stack:
            name, rest = stack[-1]
            following = next((one for one in rest if one not in seen), None)
            if following is None:
                yield name
                stack.pop()
                continue
            seen.add(following)
            stack.append((following, iter(below(following))))
