"""Quarantine: a look at what git itself refused to take in, without letting it in.

Git says which object it refused, and not who brought it nor how to be rid of it. So the same
history is fetched once more, unchecked, into a folder of objects of its own, is checked there as
everything is that comes from elsewhere, and thrown away.
"""

import glob
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from git_mnemo import network, validate
from git_mnemo.message import printable
from git_mnemo.repository import Repository
from git_mnemo.store import history
from git_mnemo.validate import Fault

_SHA256 = """\
[core]
	repositoryFormatVersion = 1
	bare = true
[extensions]
	objectFormat = sha256"""


class Bad(NamedTuple):
    """An object that git finds fault with, and what it says of it."""

    oid: str
    why: str

    def __str__(self) -> str:
        return f"git refuses object {self.oid} ({self.why})"


def fault(
    repository: Repository, remote: str, name: str, tip: str, known: str | None
) -> Fault | None:
    """What is wrong with the history that a ref of a remote stands for, `tip` being its commit.

    None where nothing is, so that a fetch which failed failed for another reason. Raises what
    reaching the remote raises.
    """
    with _folder(repository) as aside:
        network.fetch_aside(repository, remote, name, os.path.join(aside.git_dir, "objects"))
        if not aside.store.exists(tip):
            return None  # it moved on meanwhile
        refused = _refused_by_git(aside)
        found = validate.first_fault(aside.store, tip, known)
        if refused is None:
            return found
        if found is None:
            return _brought(aside, refused, tip, known)
        unread = found.commit == refused.oid  # then git knows better what is wrong with it
        return found._replace(what=str(refused)) if unread else found


@contextmanager
def _folder(repository: Repository) -> Iterator[Repository]:
    """An empty repository that sees the objects of another one, for a while.

    Made by hand: what `git init` makes depends on settings, and on the version of git.
    """
    os.makedirs(repository.shared_state, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="quarantine-", dir=repository.shared_state) as path:
        for folder in ("refs", os.path.join("objects", "info"), os.path.join("objects", "pack")):
            os.makedirs(os.path.join(path, folder))
        _put(os.path.join(path, "HEAD"), "ref: refs/heads/none")
        objects = os.path.join(repository.common_dir, "objects")
        _put(os.path.join(path, "objects", "info", "alternates"), objects)
        ends = os.path.join(repository.common_dir, "shallow")
        if os.path.exists(ends):
            shutil.copy(ends, path)
        config = {"extensions.objectformat": "sha256"} if repository.width == 64 else {}
        if config:
            _put(os.path.join(path, "config"), _SHA256)
        yield Repository(path, path, None, config)


def _put(path: str, line: str) -> None:
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(line + "\n")


def _refused_by_git(aside: Repository) -> Bad | None:
    """The first new object that git finds fault with, or None."""
    checked = os.path.join(aside.git_dir, "checked.idx")  # newer gits insist on how it ends
    for pack in glob.glob(os.path.join(glob.escape(aside.git_dir), "objects", "pack", "*.pack")):
        done = aside.git("index-pack", "--strict", "-o", checked, pack)
        if done.code:
            return _named(done.err)
    return None


def _named(said: str) -> Bad | None:
    for line in said.splitlines():
        found = re.search(r"\b([0-9a-f]{64}|[0-9a-f]{40})\b\W*(.*)", line)
        if found is not None:
            return Bad(found[1], printable(found[2].strip()))
    return None


def _brought(aside: Repository, bad: Bad, tip: str, known: str | None) -> Fault | None:
    """The fault of an object that only git finds fault with, and the commit that brought it."""
    for oid in aside.store.commits_between(known, tip):
        before = [f"^{parent}" for parent in history.read(aside.store, oid).parents]
        listed = aside.git("rev-list", "--objects", oid, *before).out.decode("utf-8", "replace")
        if any(line.startswith(bad.oid) for line in listed.splitlines()):
            commit = history.read(aside.store, oid)
            good = next(iter(commit.parents), None)
            return Fault(str(bad), oid, commit.author.name, good)
    return None
