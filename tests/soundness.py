"""What must hold for the memory of a repository at any moment, read without the package."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pygit2

from tests.support import run, run_git

PROJECT = "refs/mnemo/project"
PURGED = "purged"


@dataclass(frozen=True, slots=True, order=True)
class Standing:
    """One entry of one ref's tree."""

    chain: str
    position: int
    address: str


def refs_of(repo: Path) -> dict[str, str]:
    """All refs of ours, by name."""
    listed = run_git("for-each-ref", "--format=%(refname) %(objectname)", "refs/mnemo", cwd=repo)
    lines = (line.partition(" ") for line in listed.splitlines())
    return {name: tip for name, _, tip in lines}


def entries_of(repository: pygit2.Repository, tip: str) -> set[Standing]:
    """The entries of a commit's tree; every folder on the way must be there."""
    commit = repository[tip]
    assert isinstance(commit, pygit2.Commit)
    return set(_entries(repository, commit.tree_id, ""))


def _entries(repository: pygit2.Repository, tree: pygit2.Oid, folder: str) -> Iterator[Standing]:
    found = repository[tree]
    assert isinstance(found, pygit2.Tree)
    for item in found:
        assert item.name is not None
        if folder == PURGED:
            assert len(item.name) == 40
            assert repository[item.id].data == b""  # type: ignore[attr-defined]
            continue
        if item.filemode == 0o40000:
            yield from _entries(repository, item.id, item.name)
            continue
        position, _, address = item.name.partition("-")
        assert address == str(item.id)
        yield Standing(folder, int(position), address)


def purged(repo: Path, tip: str | None) -> set[str]:
    """The addresses that a project says must not exist."""
    listed = run_git("ls-tree", "--name-only", f"{tip}:{PURGED}", cwd=repo, check=False)
    return set(listed.split()) if tip is not None else set()


def held(repo: Path) -> dict[str, set[Standing]]:
    """What each ref of ours holds."""
    repository = pygit2.Repository(str(repo))
    return {name: entries_of(repository, tip) for name, tip in refs_of(repo).items()}


def texts(repo: Path, name: str) -> list[str]:
    """The texts of a ref's nodes, chain by chain, in order."""
    repository = pygit2.Repository(str(repo))
    found = sorted(entries_of(repository, refs_of(repo)[name]))
    return [text_of(repository, one.address) for one in found]


def text_of(repository: pygit2.Repository, address: str) -> str:
    return _blob(repository, address).partition("\n\n")[2].rstrip("\n")


def type_of(repository: pygit2.Repository, address: str) -> str:
    return _blob(repository, address).split("\n")[1].removeprefix("type ")


def _blob(repository: pygit2.Repository, address: str) -> str:
    found = repository[address]
    assert isinstance(found, pygit2.Blob)
    return found.data.decode()


def _inputs(repository: pygit2.Repository, address: str) -> set[str]:
    header = _blob(repository, address).partition("\n\n")[0]
    lines = (line.split(" ") for line in header.splitlines())
    return {line[1] for line in lines if line[0] == "input"}


def check(repo: Path, *, fsck: bool = True) -> dict[str, set[Standing]]:
    """What each ref holds. Asserts that it is all there: histories, trees, nodes, inputs."""
    tips = refs_of(repo)
    whole = run("git", "rev-list", "--objects", "--glob=refs/mnemo/*", cwd=repo)
    assert whole.code == 0, whole.err
    repository = pygit2.Repository(str(repo))
    standing = {name: entries_of(repository, tip) for name, tip in tips.items()}
    gone = purged(repo, tips.get(PROJECT))
    shared = {one.address for one in standing.get(PROJECT, ())}
    for name, entries in standing.items():
        there = {one.address for one in entries} | shared | gone
        for one in entries:
            assert _inputs(repository, one.address) <= there, f"{name} lacks inputs of {one}"
        for chain in {one.chain for one in entries}:
            begun = any(one.chain == chain and one.position == 0 for one in entries)
            assert begun or any(address.startswith(chain[12:]) for address in gone), chain
    if fsck:
        found = run("git", "fsck", "--strict", "--no-progress", cwd=repo)
        bad = [line for line in found.out.splitlines() if not line.startswith("dangling ")]
        assert (found.code, bad, found.err) == (0, [], ""), found
    return standing


def no_litter(repo: Path) -> None:
    """No lock, of git's or anyone's, is left behind."""
    assert not [path for path in (repo / ".git").rglob("*.lock") if path.name != "session.lock"]
