"""Reading ahead: what is asked for next is asked of git before, while there is still work to do.

To find and unpack an object, or to compare two trees, takes longer than to look at the answer. Here
git does so for the next few hundred, on another processor. What does not come so, for whatever
reason, is read as everything else is.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections import deque

from git_mnemo.store import talking
from git_mnemo.store.catfile import reading
from git_mnemo.store.git import SPARING, configured

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TypeVar

    from git_mnemo.store.known import Known
    from git_mnemo.store.talking import Talking

    T = TypeVar("T")


BLOCK = 400
"""Objects, or entries of commits, that are asked for together; for fewer there is no process."""

SLICE = 200
"""Objects that are named at once. Two of these are no more than a pipe holds, and no more are on
their way: so git and we never wait for each other."""

Added = dict[bytes, bytes]
"""The files that a commit has and none of its parents: by path the id of what they hold."""

_NEW = b":000000 100644 "


def read_ahead(
    git_dir: str, known: Known, wanted: Iterable[tuple[T, Sequence[str]]]
) -> Iterator[T]:
    """The first of each pair, once the objects of the second are known, as far as `known` goes."""
    weighed = ((one, oids, len(oids)) for one, oids in wanted)
    return _ahead(lambda: _Objects(git_dir, known), weighed)


def added_ahead(
    git_dir: str, commits: Iterable[tuple[str, T, int]]
) -> Iterator[tuple[str, T, Added | None]]:
    """Each commit with what it added, of which about so much matters; None where git was not asked
    since it is little, or ended."""
    talks: list[_Additions] = []

    def begin() -> _Additions:
        talks.append(_Additions(git_dir))
        return talks[0]

    weighed = (((oid, commit), [oid], weight) for oid, commit, weight in commits)
    for oid, commit in _ahead(begin, weighed):
        yield oid, commit, talks[0].take(oid) if talks else None


def _ahead(
    begin: Callable[[], _Talk], wanted: Iterable[tuple[T, Sequence[str], int]]
) -> Iterator[T]:
    """The first of each, once a talk has heard of the second, if it is worth one."""
    left = iter(wanted)
    items, oids, weight = _block(left)
    if weight < BLOCK:
        yield from items
        return
    talk = begin()
    due = talk.ask(oids)
    while items:
        following, oids, _ = _block(left)
        next_due = talk.ask(oids)
        talk.hear(due)
        yield from items
        items, due = following, next_due


def _block(
    wanted: Iterator[tuple[T, Sequence[str], int]],
) -> tuple[list[T], list[str], int]:
    items: list[T] = []
    oids: list[str] = []
    weight = 0
    for item, more, weighs in wanted:
        items.append(item)
        oids += more
        weight += weighs
        if weight >= BLOCK:
            break
    return items, oids, weight


class _Talk(ABC):
    """A git that is told of objects some time before it is listened to."""

    def __init__(self, git_dir: str, command: Sequence[str], most: int) -> None:
        self._git_dir = git_dir
        self._git = self._begun(command)
        self._most = most
        self._asked: deque[int] = deque()
        self._said = self._heard = 0
        self.ended = False

    def _begun(self, command: Sequence[str]) -> Talking:
        arguments = ["-c", "core.hooksPath=" + os.devnull, *command]
        begun = talking.talk(arguments, env=configured(reading(self._git_dir), SPARING))
        _widen(begun.out)  # else it waits for us as soon as it has said a few hundred
        return begun

    def ask(self, oids: Iterable[str]) -> int:
        """Name objects; what to `hear` for the answers."""
        new = list(dict.fromkeys(oids))
        for first in range(0, len(new), self._most):
            if len(self._asked) == 2:
                self._hear_slice()
            self._asked.append(self._say(new[first : first + self._most]))
            self._said += 1
        return self._said

    def hear(self, due: int) -> None:
        """Listen, until there is an answer to all that was asked for then."""
        while self._heard < due:
            self._hear_slice()

    def _hear_slice(self) -> None:
        named = self._asked.popleft()
        self.ended = self.ended or not self._hear(named)
        self._heard += 1

    def _say(self, oids: Sequence[str]) -> int:
        """Name these; how many there are."""
        self._git.say("\n".join([*oids, ""]).encode())
        return len(oids)

    @abstractmethod
    def _hear(self, named: int) -> bool:
        """Listen to the answers to so many; whether git is still there."""


def _widen(pipe: int) -> None:
    """Let a pipe hold a megabyte, where the system can do so."""
    try:
        from fcntl import F_SETPIPE_SZ, fcntl

        fcntl(pipe, F_SETPIPE_SZ, 1 << 20)
    except (ImportError, OSError):  # another system, or one that allows less
        return


class _Objects(_Talk):
    """What objects hold, into what is known."""

    def __init__(self, git_dir: str, known: Known) -> None:
        # Told when to say what it has collected, git need not do so three times for each object.
        super().__init__(git_dir, ["cat-file", "--batch-command", "--buffer"], SLICE)
        self._known = known
        self._collects = True
        self._lost = 0

    def ask(self, oids: Iterable[str]) -> int:
        known = self._known
        return super().ask([oid for oid in oids if oid not in known])

    def _say(self, oids: Sequence[str]) -> int:
        if not self._collects:
            return super()._say(oids)
        self._git.say("".join([*(f"contents {oid}\n" for oid in oids), "flush\n"]).encode())
        return len(oids)

    def _hear(self, named: int) -> bool:
        if self._lost:
            self._lost -= 1
            return True
        while named:
            told, found = self._git.objects(named)
            if not told:
                return self._began_anew()
            self._known.keep(found)
            named -= told
        return True

    def _began_anew(self) -> bool:
        """Ask another git: before 2.36 it cannot collect, and ends at once. What was named to that
        one is read otherwise."""
        if not self._collects:
            return False
        self._collects, self._lost = False, len(self._asked)
        self._git = self._begun(["cat-file", "--batch"])
        return True


class _Additions(_Talk):
    """What commits add, until it is taken."""

    def __init__(self, git_dir: str) -> None:
        how = ["--stdin", "-r", "--root", "-c", "--raw", "-z", "--no-abbrev", "--no-renames"]
        super().__init__(git_dir, ["diff-tree", *how], SLICE // 4)  # the answers can be long
        # Git repeats a line that names nothing, and holds nothing back then. No path has this name.
        self._mark = os.urandom(8).hex().encode() + b" .\n"
        self._found: dict[bytes, Added] = {}

    def take(self, oid: str) -> Added | None:
        """What a commit adds; None where that is not known."""
        found = self._found.pop(oid.encode(), None)
        return {} if found is None and not self.ended else found

    def _say(self, oids: Sequence[str]) -> int:
        said = super()._say(oids)
        self._git.say(self._mark)
        return said

    def _hear(self, named: int) -> bool:
        answer = self._git.until(self._mark)
        if answer is None:
            return False
        words, at = answer.split(b"\0"), 0
        while at < len(words) - 1:
            oid, begin = words[at], at + 1
            at = begin
            while words[at][:1] == b":":
                at += 2
            oids = _files(words[begin:at:2], len(oid))
            self._found[oid] = dict(zip(words[begin + 1 : at : 2], oids, strict=True))
        return True


def _files(lines: list[bytes], width: int) -> Iterable[bytes]:
    """Of each line with modes and ids the id of the file; empty where it is none."""
    if {line[: len(_NEW)] for line in lines} == {_NEW}:
        return [line[-2 - width : -2] for line in lines]  # as most are; ` A` ends them
    return map(_file, lines)


def _file(line: bytes) -> bytes:
    parents = line.count(b":")  # as many old modes and ids stand before the new ones
    words = line[parents:].split(b" ")
    return words[2 * parents + 1] if words[parents] == b"100644" else b""
