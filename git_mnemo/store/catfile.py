"""A talk with `git cat-file`: which objects are here, of what kind and size, what they hold."""

from __future__ import annotations

import os

from git_mnemo.errors import MissingObject, MnemoError
from git_mnemo.store import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from git_mnemo.store.talking import Talking

TIMES = 3
"""How often an object is asked for before the git that ends each time is believed."""

AT_ONCE = 500
"""Questions that fit into a pipe, so that none waits for an answer to be read."""

_HEX = "0123456789abcdef"
_Answer = tuple[str, int, bytes]
"""Kind, size in bytes, and the bytes themselves where they are asked for."""


def reading(git_dir: str) -> dict[str, str]:
    """The environment of a git that answers for a store: from what is here, and in English.

    A partial clone would ask its remote for each object that is not here.
    """
    return git.environment(git_dir) | {"GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}


class Asked:
    """A `git cat-file` that is asked for one object after another; begun with the first question.

    One that ended, or whose answer was not heard to its end, is not asked again, but another.
    """

    def __init__(self, git_dir: str, *, contents: bool = False) -> None:
        how = "--batch" if contents else "--batch-check"
        self._arguments = ["-c", "core.hooksPath=" + os.devnull, "cat-file", how]
        self._git_dir = git_dir
        self._contents = contents
        self._free: Talking | None = None

    def ask(self, oid: str) -> tuple[str, bytes] | None:
        """Kind, and bytes where they are asked for; None where there is no such object."""
        kind, _, data = self._asked(oid)
        return (kind, data) if kind else None

    def sizes(self, oids: Iterable[str]) -> dict[str, tuple[str, int]]:
        """Kind and size in bytes of each. Raises `MissingObject`."""
        waiting, found = list(oids), dict[str, tuple[str, int]]()
        for start in range(0, len(waiting), AT_ONCE):
            part = waiting[start : start + AT_ONCE]
            for oid, (kind, size, _) in zip(part, self._asked_together(part), strict=True):
                if not kind:
                    raise MissingObject(oid)
                found[oid] = kind, size
        return found

    def _asked_together(self, oids: list[str]) -> list[_Answer]:
        """The answers to some questions, which git gets before the first answer is read."""
        if len(oids) > 1 and not any(oid.strip(_HEX) for oid in oids):
            asked, self._free = self._free or self._begun(), None
            asked.say("".join(f"{oid}\n" for oid in oids).encode())
            answers = [answer for _ in oids if (answer := self._heard(asked)) is not None]
            if len(answers) == len(oids):
                self._free = asked
                return answers
        return [self._asked(oid) for oid in oids]

    def begin(self) -> None:
        """Start it now, where it is sure to be asked soon: it starts while we go on."""
        self._free = self._free or self._begun()

    def ask_all(self, oids: Sequence[str]) -> dict[str, tuple[str, bytes]]:
        """Kind and bytes of those of some objects, at most `AT_ONCE`, that are here. What git did
        not answer for is left out, too: `ask` for it."""
        asked, self._free = self._free or self._begun(), None
        asked.say("".join(f"{oid}\n" for oid in oids).encode())
        found: dict[str, tuple[str, bytes]] = {}
        left = len(oids)
        while left:
            told, some = asked.objects(left)
            if not told:
                return found
            found |= some
            left -= told
        self._free = asked
        return found

    def _asked(self, oid: str) -> _Answer:
        if oid.strip(_HEX):
            return "", 0, b""  # git would take a name, or two lines, for questions of their own
        for _ in range(TIMES):
            asked, self._free = self._free or self._begun(), None
            answer = self._answer(asked, oid)
            if answer is not None:
                self._free = asked
                return answer
        raise MnemoError("corrupt", f"object {oid} cannot be read: git ends over it.", "git fsck")

    def _begun(self) -> Talking:
        from git_mnemo.store import talking  # often nothing is asked

        return talking.talk(self._arguments, env=reading(self._git_dir))

    def _answer(self, asked: Talking, oid: str) -> _Answer | None:
        asked.say(oid.encode() + b"\n")
        return self._heard(asked)

    def _heard(self, asked: Talking) -> _Answer | None:
        """An empty kind where there is no such object; None where git ended."""
        line: bytes | None
        data: bytes | None = None
        if self._contents:
            line, data = asked.sized() or (None, None)
        else:
            line = asked.until(b"\n")
        if line is None:
            return None
        words = line.decode("utf-8", "replace").split(" ")
        if len(words) != 3:  # `<oid> missing`
            return "", 0, b""
        return words[1], int(words[2]), data or b""
