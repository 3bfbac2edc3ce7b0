"""Objects of a repository as git keeps them, of either format: read by git, written by hand.

But for `store`, nothing here is the package's: what it did is looked at through other eyes.
"""

import hashlib
import os
import zlib
from collections.abc import Iterable
from pathlib import Path

import pytest

from git_mnemo.repository import discover
from git_mnemo.store.interface import Store
from git_mnemo.store.plumbing import PlumbingStore
from tests.support import Result, run, run_git

WIDTHS = {"sha1": 40, "sha256": 64}
FORMAT = os.environ.get("MNEMO_OBJECT_FORMAT", "sha1")
"""What the repositories of this run are made with."""

REFS = os.environ.get("MNEMO_REF_FORMAT", "files")
"""And what their refs stand in."""

REFTABLES = (2, 45)
"""The first git that has reftables."""

WIDTH = WIDTHS[FORMAT]
"""The length of an object id in them, in hex."""

_HASHES = {40: hashlib.sha1, 64: hashlib.sha256}


def oid_of(kind: str, data: bytes, width: int = WIDTH) -> str:
    """The id of an object."""
    return _HASHES[width](b"%s %d\0%s" % (kind.encode(), len(data), data)).hexdigest()


only_files = pytest.mark.skipif(REFS != "files", reason="concerns refs in files alone")
"""For tests of files below `refs` and `logs`, and of their locks."""

OPENED = WIDTH == 40 and REFS == "files"
"""Whether libgit2 opens the repositories of this run."""

BACKENDS = ["libgit2", "git"] if OPENED else ["git"]
"""How they can be reached."""

only_libgit2 = pytest.mark.skipif(not OPENED, reason="libgit2 opens SHA-1 and refs in files alone")

only_sha1 = pytest.mark.skipif(WIDTH != 40, reason="concerns SHA-1 alone")
"""For tests of ids that stand in a document or a value."""

EMPTY_BLOB = oid_of("blob", b"")


def width_of(repo: Path) -> int:
    """The length of the ids of a repository."""
    return WIDTHS[run_git("rev-parse", "--show-object-format", cwd=repo)]


def read(repo: Path, oids: Iterable[str]) -> dict[str, bytes]:
    """What these objects hold; each must be there."""
    wanted = list(dict.fromkeys(oids))
    asked = "".join(f"{oid}\n" for oid in wanted)
    done = run("git", "cat-file", "--batch", cwd=repo, input=asked)
    assert done.code == 0, done.err
    raw, at, found = done.out.encode("utf-8", "surrogateescape"), 0, {}
    for oid in wanted:
        end = raw.index(b"\n", at)
        words = raw[at:end].split(b" ")
        assert len(words) == 3, f"{oid} is not in {repo}"
        at = end + 1 + int(words[2])
        found[oid] = raw[end + 1 : at]
        at += 1
    return found


def write(objects: Path, kind: str, data: bytes, width: int = WIDTH) -> str:
    """An object of any bytes, which git might not write itself, below a folder of objects."""
    oid = oid_of(kind, data, width)
    path = objects / oid[:2] / oid[2:]
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(zlib.compress(b"%s %d\0%s" % (kind.encode(), len(data), data)))
    return oid


def moves(repo: Path, ref: str) -> list[tuple[str, str]]:
    """What the reflog of a ref in a clone says: from where to where it moved, the oldest first."""
    if REFS == "files":
        log = repo / ".git" / "logs" / ref
        lines = log.read_text().splitlines() if log.exists() else []
        return [(line.split()[0], line.split()[1]) for line in lines]
    # Git tells what a move began from only of the oldest, and warns of the others where that is
    # not where the one before it ended.
    listed = run_git("log", "--walk-reflogs", "--format=%H", ref, "--", cwd=repo, check=False)
    ends = listed.split()
    begun = run("git", "rev-parse", "--verify", f"{ref}@{{{len(ends)}}}", cwd=repo)
    found, old = [], begun.out.strip() if begun.code == 0 else "0" * WIDTH
    for at, new in reversed(list(enumerate(ends))):
        told = run("git", "rev-parse", "--verify", f"{ref}@{{{at}}}", cwd=repo)
        assert told == Result(0, f"{new}\n", ""), told
        found.append((old, new))
        old = new
    return found


def lock_of(git_dir: Path, ref: str) -> Path:
    """The file whose being there keeps everybody from moving a ref."""
    return git_dir / (f"{ref}.lock" if REFS == "files" else "reftable/tables.list.lock")


def store() -> Store:
    """The store of the repository we are in; git has each object as soon as it is written."""
    repository = discover()
    if isinstance(repository.store, PlumbingStore):
        return _Prompt(repository.git_dir, repository.common_dir, repository.width)
    return repository.store


class _Prompt(PlumbingStore):
    def write(self, kind: str, data: bytes) -> str:
        oid = super().write(kind, data)
        self.flush()
        return oid
