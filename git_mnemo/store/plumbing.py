"""The store over git's own plumbing, for repositories that libgit2 cannot open.

SHA-256 objects and refs in a reftable are git's business alone. Objects are read through one
`git cat-file` that lives as long as the store, and written all at once before refs move: to write
them one by one would take a process for each.
"""

from __future__ import annotations

import hashlib
import zlib

from git_mnemo.errors import MissingObject, MnemoError
from git_mnemo.store import objects
from git_mnemo.store.asking import Asking, cannot_write
from git_mnemo.store.catfile import TIMES, Asked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from git_mnemo.refs import RefUpdate
    from git_mnemo.store.known import Known


class PlumbingStore(Asking):
    """The objects and refs of the repository at `git_dir`; see `Store` for the promises."""

    def __init__(
        self, git_dir: str, common_dir: str, width: int, *, read: Known | None = None
    ) -> None:
        super().__init__(git_dir, common_dir, width, read)
        self._hash = hashlib.sha1 if width == 40 else hashlib.sha256
        self._flushed: set[str] = set()
        self._contents = Asked(git_dir, contents=True)

    # -- objects -------------------------------------------------------------------------------

    def address(self, blob: bytes) -> str:
        return self._oid("blob", blob)

    def _oid(self, kind: str, data: bytes) -> str:
        return self._hash(b"%s %d\0%s" % (kind.encode(), len(data), data)).hexdigest()

    def exists(self, oid: str) -> bool:
        # What was written here stands, even if a gc takes it away before a ref holds it.
        return oid in self._written or self._heads.ask(oid) is not None

    def _read_stored(self, oid: str) -> tuple[str, bytes]:
        # What others read may have driven it out of what is remembered before git has it.
        found = self._written.get(oid) or self._contents.ask(oid)
        if found is None:
            raise MissingObject(oid)
        return found

    def write(self, kind: str, data: bytes) -> str:
        oid = self._oid(kind, data)
        self._written[oid] = (kind, data)
        self._read.keep({oid: (kind, data)})
        return oid

    def sizes(self, oids: Iterable[str]) -> dict[str, tuple[str, int]]:
        stored, found = list[str](), dict[str, tuple[str, int]]()
        for oid in oids:
            if oid in self._written:
                kind, data = self._written[oid]
                found[oid] = kind, len(data)
            else:
                stored.append(oid)
        return found | self._heads.sizes(stored)

    def flush(self) -> None:
        """As of `Store`; what stands already is refreshed."""
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
        self.flush()
        # Of the empty tree `cat-file` says that it is always there; `fsck` looks.
        gone = self._gone() + [oid for oid, one in self._written.items() if one == _EMPTY_TREE]
        if gone:
            self._unpack(gone)

    def _gone(self) -> list[str]:
        """The objects of the move to come that are not there."""
        if not self._written:
            return []
        # With fresh eyes: a git that has a pack open goes on reading it after a gc deleted it.
        asked = "".join(f"{oid}\n" for oid in self._written).encode()
        listed = self._git(["cat-file", "--batch-check"], asked).out.decode().splitlines()
        return [line.split(" ")[0] for line in listed if line.endswith(" missing")]

    def _moved(self) -> None:
        super()._moved()
        self._flushed.clear()

    def descends(self, new: str, old: str) -> bool:
        for _ in range(TIMES):
            self._write_missing()  # no ref holds a new commit yet, and a gc may have been by
            done = self._git(["merge-base", "--is-ancestor", old, new])
            # A no may be for want of a commit that a gc took away while git was asked.
            if done.code == 0 or not self._gone():
                break
        if done.code not in (0, 1):
            raise MnemoError("corrupt", f"{new} cannot be walked: {done.said}", "git fsck")
        return done.code == 0

    def commits_between(self, known: str | None, tip: str) -> list[str]:
        self.flush()
        return super().commits_between(known, tip)

    # -- refs ----------------------------------------------------------------------------------

    def ref(self, name: str) -> str | None:
        # Not by `cat-file`, which takes a missing name for that of a branch, or an abbreviated id.
        if not name.startswith("refs/"):
            done = self._git(["rev-parse", "--verify", "--quiet", name, "--"])
            if done.code < 0:
                raise MnemoError("corrupt", f"{name} cannot be read: git was killed.", "git fsck")
            found = done.out.decode().strip()
            return found if done.code == 0 and len(found) == self.width else None
        done = self._git(["for-each-ref", "--format=%(objectname) %(refname)", name])
        for line in done.out.decode("utf-8", "surrogateescape").split("\n"):
            if line[self.width + 1 :] == name:
                return line[: self.width]
        if done.code or "broken ref" in done.err:
            raise MnemoError("corrupt", f"{name} cannot be read: {done.said}", "git fsck")
        return None

    def _attempt(self, plan: Sequence[RefUpdate], reason: str) -> str | None:
        self.flush()
        return super()._attempt(plan, reason)


_EMPTY_TREE = (objects.TREE, b"")


def _packed(kind: str, data: bytes) -> bytes:
    """An object as a pack holds it: its header, and the data deflated."""
    return objects.pack_header(kind, len(data)) + zlib.compress(data)
