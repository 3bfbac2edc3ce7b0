"""The store over git's own plumbing, for repositories that libgit2 cannot open.

SHA-256 objects and refs in a reftable are git's business alone. Objects are read through one
`git cat-file` that lives as long as the store, and written all at once before refs move: to write
them one by one would take a process for each.
"""

from __future__ import annotations

import hashlib
import os
import zlib

from git_mnemo.errors import MissingObject, MnemoError
from git_mnemo.store import git
from git_mnemo.store.asking import Asking, Read, cannot_write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from git_mnemo.refs import RefUpdate

_KINDS = {"commit": 1, "tree": 2, "blob": 3}
_SAFELY = ("-c", "core.hooksPath=" + os.devnull)


class PlumbingStore(Asking):
    """The objects and refs of the repository at `git_dir`; see `Store` for the promises."""

    def __init__(
        self, git_dir: str, common_dir: str, width: int, *, read: Read | None = None
    ) -> None:
        super().__init__(git_dir, common_dir, width, read)
        self._hash = hashlib.sha1 if width == 40 else hashlib.sha256
        self._flushed: set[str] = set()
        self._talk = _Talk([*_SAFELY, "cat-file", "--batch"], git_dir)
        self._look = _Talk([*_SAFELY, "cat-file", "--batch-check"], git_dir)

    # -- objects -------------------------------------------------------------------------------

    def address(self, blob: bytes) -> str:
        return self._oid("blob", blob)

    def _oid(self, kind: str, data: bytes) -> str:
        return self._hash(b"%s %d\0%s" % (kind.encode(), len(data), data)).hexdigest()

    def exists(self, oid: str) -> bool:
        return oid in self._written or self._look.ask(oid)[1] is not None

    def _read_stored(self, oid: str) -> tuple[str, bytes]:
        _, kind, size = self._talk.ask(oid)
        if kind is None:
            raise MissingObject(oid)
        data = self._talk.take(size + 1)[:-1]
        if len(data) != size:
            raise MnemoError("corrupt", f"object {oid} cannot be read.", "git fsck")
        return kind, data

    def write(self, kind: str, data: bytes) -> str:
        oid = self._oid(kind, data)
        self._written[oid] = (kind, data)
        self._read.keep(oid, (kind, data))
        return oid

    def sizes(self, oids: Iterable[str]) -> dict[str, tuple[str, int]]:
        self._flush()
        return super().sizes(oids)

    def _flush(self) -> None:
        """Have git write what was written here and not yet there; it refreshes what stands."""
        fresh = [oid for oid in self._written if oid not in self._flushed]
        if fresh:
            self._unpack(fresh)
            self._flushed.update(fresh)

    def _unpack(self, oids: list[str]) -> None:
        packed = b"".join(_packed(*self._written[oid]) for oid in oids)
        pack = b"PACK" + (2).to_bytes(4, "big") + len(oids).to_bytes(4, "big") + packed
        done = self._git(["unpack-objects", "-q"], pack + self._hash(pack).digest())
        if done.code:
            raise cannot_write(done.err or "git was killed")

    def _write_missing(self) -> None:
        self._flush()
        if not self._written:
            return
        # With fresh eyes: a git that has a pack open goes on reading it after a gc deleted it.
        asked = "".join(f"{oid}\n" for oid in self._written).encode()
        listed = self._git(["cat-file", "--batch-check"], asked).out.decode().splitlines()
        gone = [line.split(" ")[0] for line in listed if line.endswith(" missing")]
        if gone:
            self._unpack(gone)

    def _moved(self) -> None:
        super()._moved()
        self._flushed.clear()

    def descends(self, new: str, old: str) -> bool:
        self._write_missing()  # no ref holds a new commit yet, and a gc may have been by
        done = self._git(["merge-base", "--is-ancestor", old, new])
        if done.code not in (0, 1):
            raise MnemoError("corrupt", f"{new} cannot be walked: {done.err}", "git fsck")
        return done.code == 0

    def commits_between(self, known: str | None, tip: str) -> list[str]:
        self._flush()
        return super().commits_between(known, tip)

    # -- refs ----------------------------------------------------------------------------------

    def ref(self, name: str) -> str | None:
        oid, kind, _ = self._look.ask(name)
        return oid if kind is not None else self._ref_to_nothing(name)

    def _ref_to_nothing(self, name: str) -> str | None:
        """A ref of which there is no object here: it is not there, or its object is not."""
        done = self._git(["rev-parse", "--verify", "--quiet", name, "--"])
        found = done.out.decode().strip()
        if done.code == 0 and len(found) == self.width:
            return found
        if name != "HEAD" and self._git(["for-each-ref", name]).err:
            raise MnemoError("corrupt", f"{name} cannot be read.", "git fsck")
        return None

    def _attempt(self, plan: Sequence[RefUpdate], reason: str) -> str | None:
        self._flush()
        return super()._attempt(plan, reason)


def _packed(kind: str, data: bytes) -> bytes:
    """An object as a pack holds it: kind and size, seven bits to a byte, and the data deflated."""
    size = len(data)
    first = _KINDS[kind] << 4 | size & 15
    size >>= 4
    out = bytearray()
    while size:
        out.append(first | 0x80)
        first = size & 0x7F
        size >>= 7
    out.append(first)
    return bytes(out) + zlib.compress(data)


class _Talk:
    """A git process that answers a line at a time; begun with the first question."""

    def __init__(self, arguments: list[str], git_dir: str) -> None:
        self._arguments = arguments
        self._git_dir = git_dir
        self._started: git.Talking | None = None

    def ask(self, what: str) -> tuple[str, str | None, int]:
        """Id, kind and size of what a name or id stands for; no kind where there is nothing."""
        if "\n" in what:
            return what, None, 0
        if self._started is None:
            env = git.environment(self._git_dir) | {"GIT_NO_LAZY_FETCH": "1"}
            self._started = git.talk(self._arguments, env=env)
        self._started.say(what.encode("utf-8", "surrogateescape") + b"\n")
        words = self._started.line().decode("utf-8", "replace").split(" ")
        if len(words) != 3 or not words[2].isdigit():
            return what, None, 0
        return words[0], words[1], int(words[2])

    def take(self, size: int) -> bytes:
        """So many bytes of the answer."""
        assert self._started is not None  # something was asked
        return self._started.take(size)
