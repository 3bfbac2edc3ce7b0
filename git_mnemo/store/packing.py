"""A store whose new objects go into packs: for commands that write a hundred thousand of them.

A file for each object costs three times as much as all else together. Git itself indexes and
checks each pack; it is kept from any gc by a `.keep` file until the refs have moved.
"""

import contextlib
import hashlib
import mmap
import os
import struct
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import FileIO
from typing import Self, TypeVar

from git_mnemo.errors import WRITABLE, MnemoError
from git_mnemo.refs import RefUpdate
from git_mnemo.store import git, objects
from git_mnemo.store.deflating import Deflating
from git_mnemo.store.interface import Store

MOST_OBJECTS = 200_000
"""Objects in one pack; a larger import becomes several, and needs no more memory."""

WORTH_A_PACK = 20_000
"""Objects that git is given to index while others are written: it takes some tenths of a second."""

_TOGETHER = 128
"""Objects that are deflated together. Of claims it is what a pipe holds, so nobody waits for it to
be read."""

T = TypeVar("T")

_Object = tuple[str, str, bytes]
"""Id, kind and bytes."""

_WAITS = -1
_KEEP = "git mnemo import"
_HEADER = struct.Struct(">4sII")


class PackedStore:
    """A `Store` over another one, for the length of a `with`; `dry` only computes ids.

    Only one process at a time may have one in a repository. What a process that was killed left in
    packs is found again, and not written twice.
    """

    def __init__(self, store: Store, git_dir: str, common_dir: str, *, dry: bool = False) -> None:
        self.width = store.width
        self._store = store
        self._git_dir = git_dir
        self._folder = os.path.join(common_dir, "objects", "pack")
        self.dry = dry
        self._hash = hashlib.sha1 if store.width == 40 else hashlib.sha256
        self._deflating = Deflating()
        self._pack: _Pack | None = None
        self._indexing: _Indexing | None = None
        self._keeps = [] if dry else _left_behind(self._folder)
        self._left = [_Listed(keep.removesuffix("keep") + "idx") for keep in self._keeps]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._deflating.close()
        if self._pack is not None:
            self._pack.discard()
        if self._indexing is not None:
            self._indexing.pack.discard()
            name, _said = self._indexing.end()
            self._keeps += [self._keep(name)] if name else []
        for listed in self._left:
            listed.close()
        for keep in self._keeps:
            if os.path.exists(keep):
                os.remove(keep)

    # -- objects -------------------------------------------------------------------------------

    def address(self, blob: bytes) -> str:
        return self._oid("blob", blob)

    def _oid(self, kind: str, data: bytes) -> str:
        return self._hash(b"%b %d\0%b" % (kind.encode(), len(data), data)).hexdigest()

    def exists(self, oid: str) -> bool:
        return self._holder(oid) is not None or self._store.exists(oid)

    def read(self, oid: str) -> tuple[str, bytes]:
        pack = self._holder(oid)
        return self._store.read(oid) if pack is None else pack.read(oid)

    def _holder(self, oid: str) -> "_Pack | None":
        """The pack in the making that holds it."""
        if self._pack is not None and oid in self._pack.offsets:
            return self._pack
        if self._indexing is not None and oid in self._indexing.pack.offsets:
            return self._indexing.pack
        return None

    def ahead(self, wanted: Iterable[tuple[T, Sequence[str]]]) -> Iterator[T]:
        self.flush()
        return self._store.ahead(wanted)

    def additions(
        self, commits: Iterable[tuple[str, T, int]]
    ) -> Iterator[tuple[str, T, dict[bytes, bytes] | None]]:
        self.flush()
        return self._store.additions(commits)

    def sizes(self, oids: Iterable[str]) -> dict[str, tuple[str, int]]:
        self.flush()
        return self._store.sizes(oids)

    def write(self, kind: str, data: bytes) -> str:
        oid = self._oid(kind, data)
        self.put(oid, kind, data)
        return oid

    def put(self, oid: str, kind: str, data: bytes) -> None:
        """Write what has that id."""
        if self.dry or self._holder(oid) is not None or (self._left and self._was_left(oid)):
            return
        if self._pack is not None and len(self._pack.offsets) >= MOST_OBJECTS:
            self._hand_over()
        if self._pack is None:
            self._pack = _Pack(self._folder, self._hash, self._deflating)
        self._pack.write(oid, kind, data)
        if self._indexing is not None and len(self._pack.offsets) % _TOGETHER == 0:
            self._take_back(wait=False)

    def _was_left(self, oid: str) -> bool:
        return any(oid in listed for listed in self._left)

    def descends(self, new: str, old: str) -> bool:
        self.flush()
        return self._store.descends(new, old)

    def commits_between(self, known: str | None, tip: str) -> list[str]:
        self.flush()
        return self._store.commits_between(known, tip)

    # -- refs ----------------------------------------------------------------------------------

    def ref(self, name: str) -> str | None:
        return self._store.ref(name)

    def refs(self, prefix: str) -> dict[str, str]:
        return self._store.refs(prefix)

    def update_refs(self, plan: Sequence[RefUpdate], reason: str) -> None:
        self.flush()
        self._store.update_refs(plan, reason)

    # -- packs ---------------------------------------------------------------------------------

    def pause(self) -> None:
        """Let git index what was written so far while the rest is made, if that is much."""
        if self._pack is not None and len(self._pack.offsets) >= WORTH_A_PACK:
            self._hand_over()

    def flush(self) -> None:
        """Let git index what was written so far; from then on everybody can read it."""
        self._hand_over()
        self._take_back()

    def _hand_over(self) -> None:
        """Let git begin to index the pack. It has one at a time."""
        self._take_back()
        if self._pack is not None:
            pack, self._pack = self._pack, None
            try:
                pack.finish()
                self._indexing = _Indexing(pack, git.environment(self._git_dir))
            except BaseException:
                pack.discard()
                raise

    def _take_back(self, *, wait: bool = True) -> None:
        """Wait until git has indexed what it was given; or see whether it has, and forget that."""
        if self._indexing is None or not (wait or self._indexing.is_over()):
            return
        name, said = self._indexing.end()
        self._indexing.pack.discard()
        self._indexing = None
        if not name:
            raise MnemoError(
                "refused", f"the repository cannot be written: {said}.", WRITABLE, fatal=True
            )
        self._keeps.append(self._keep(name))

    def _keep(self, name: str) -> str:
        return os.path.join(self._folder, f"pack-{name}.keep")


class _Pack:
    """A pack in the making, from which what it holds can be read. `offsets`: where, by id; before
    the file (`_WAITS`) is what is not deflated yet."""

    def __init__(
        self, folder: str, hash_: "Callable[[], hashlib._Hash]", deflating: Deflating
    ) -> None:
        self.offsets: dict[str, int] = {}
        self._hash = hash_
        self._deflating = deflating
        self._new: list[_Object] = []
        self._given: list[_Object] = []
        os.makedirs(folder, exist_ok=True)
        # Git's own name for a pack in the making: `git gc` removes one that was left behind.
        descriptor, self._path = tempfile.mkstemp(prefix="tmp_pack_", dir=folder)
        self._file = os.fdopen(descriptor, "r+b", buffering=1 << 20)
        self.again = FileIO(self._path)  # opened now, because a gc may take the name away
        """The same file from its beginning, for git, which reads it beside us."""
        self._end = self._file.write(_HEADER.pack(b"PACK", 2, 0))

    def write(self, oid: str, kind: str, data: bytes) -> None:
        """Add an object at the end."""
        self.offsets[oid] = _WAITS
        self._new.append((oid, kind, data))
        if len(self._new) >= _TOGETHER:
            self._write()

    def _write(self) -> None:
        """Let what is new be deflated, and write what was."""
        deflated = self._deflating.swap([data for _, _, data in self._new])
        given, self._given, self._new = self._given, self._new, []
        parts: list[bytes] = []
        for (oid, kind, data), one in zip(given, deflated, strict=True):
            header = objects.pack_header(kind, len(data))
            parts += (header, one)
            self.offsets[oid] = self._end
            self._end += len(header) + len(one)
        self._file.write(b"".join(parts))

    def read(self, oid: str) -> tuple[str, bytes]:
        """The kind and the bytes of an object in it."""
        at = self.offsets[oid]
        if at == _WAITS:
            waiting = (*self._given, *self._new)
            return next((kind, data) for other, kind, data in waiting if other == oid)
        self._file.seek(at)
        first = self._file.read(1)[0]
        kind = next(name for name, number in objects.PACKED.items() if number == first >> 4 & 7)
        while first & 0x80:
            first = self._file.read(1)[0]
        inflating, data = zlib.decompressobj(), b""
        while not inflating.eof:
            data += inflating.decompress(self._file.read(4096))
        self._file.seek(self._end)
        return kind, data

    def finish(self) -> None:
        """Write what stands at both ends of a pack, now that it is known."""
        self._write()
        self._write()
        self._file.seek(0)
        self._file.write(_HEADER.pack(b"PACK", 2, len(self.offsets)))
        self._file.seek(0)
        digest = self._hash()
        while part := self._file.read(1 << 20):
            digest.update(part)
        self._file.write(digest.digest())
        self._file.flush()

    def discard(self) -> None:
        """Remove the file: it was indexed, or is of no use. Nothing is written to it before."""
        for file in (self._file, self.again):
            with contextlib.suppress(OSError):  # a full disk, where the rest was to be written
                file.close()
        with contextlib.suppress(FileNotFoundError):  # a gc may have been by
            os.remove(self._path)


class _Indexing:
    """Git at work on a pack, which can be read meanwhile."""

    def __init__(self, pack: _Pack, env: dict[str, str]) -> None:
        self.pack = pack
        self._git = subprocess.Popen(
            ["git", "index-pack", "--stdin", f"--keep={_KEEP}"],
            stdin=pack.again,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env,
        )

    def is_over(self) -> bool:
        """Whether `end` would not have to wait."""
        return self._git.poll() is not None

    def end(self) -> tuple[str, str]:
        """What git calls the pack; or nothing, and what it said."""
        with self._git:
            out, said = self._git.communicate()
        name = out.decode().strip().rpartition("\t")[2]
        if self._git.returncode or not name:
            return "", said.decode("utf-8", "replace").strip() or "git was killed"
        return name, ""


def _left_behind(folder: str) -> list[str]:
    """The `.keep` files of imports that were killed."""
    found = []
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    for name in names:
        path = os.path.join(folder, name)
        if name.endswith(".keep") and os.path.exists(path.removesuffix("keep") + "idx"):
            with open(path, "rb") as file:
                if file.read(len(_KEEP) + 2).strip() == _KEEP.encode():
                    found.append(path)
    return found


class _Listed:
    """The ids in a pack's index (gitformat-pack, version 2), searched where they are.

    None where the file is cut short: what its pack holds is written again.
    """

    _MAGIC = b"\xfftOc\0\0\0\2"
    TABLE = len(_MAGIC)
    _IDS = TABLE + 256 * 4

    def __init__(self, path: str) -> None:
        with open(path, "rb") as file:
            whole = file.read(self.TABLE) == self._MAGIC and os.path.getsize(path) >= self._IDS
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if whole else None

    def close(self) -> None:
        if self._map is not None:
            self._map.close()

    def __contains__(self, oid: str) -> bool:
        if self._map is None:
            return False
        raw = bytes.fromhex(oid)
        low = _below(self._map, raw[0] - 1) if raw[0] else 0
        high = _below(self._map, raw[0])
        while low < high:
            middle = (low + high) // 2
            at = self._IDS + middle * len(raw)
            found = self._map[at : at + len(raw)]
            if found == raw:
                return True
            low, high = (middle + 1, high) if found < raw else (low, middle)
        return False


def _below(index: mmap.mmap, first: int) -> int:
    """How many ids begin with this byte or one below it."""
    count: int = struct.unpack_from(">I", index, _Listed.TABLE + first * 4)[0]
    return count
