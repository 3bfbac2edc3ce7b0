"""What must hold for the memory of a repository at any moment, read without the package."""

from dataclasses import dataclass
from pathlib import Path

from tests import plain
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


def entries_of(repo: Path, tip: str) -> set[Standing]:
    """The entries of a commit's tree; every folder on the way must be there."""
    listed = run_git("ls-tree", "-r", "-z", "--full-tree", tip, cwd=repo)
    found = set()
    for line in filter(None, listed.split("\0")):
        told, _, path = line.partition("\t")
        oid, names = told.split(" ")[2], path.split("/")
        if names[0] == PURGED:
            assert len(names[1]) == len(oid)
            assert oid == plain.oid_of("blob", b"", len(oid))
            continue
        position, _, address = names[-1].partition("-")
        assert address == oid
        found.add(Standing(names[-2], int(position), address))
    return found


def purged(repo: Path, tip: str | None) -> set[str]:
    """The addresses that a project says must not exist."""
    listed = run_git("ls-tree", "--name-only", f"{tip}:{PURGED}", cwd=repo, check=False)
    return set(listed.split()) if tip is not None else set()


def held(repo: Path) -> dict[str, set[Standing]]:
    """What each ref of ours holds."""
    return {name: entries_of(repo, tip) for name, tip in refs_of(repo).items()}


def texts(repo: Path, name: str) -> list[str]:
    """The texts of a ref's nodes, chain by chain, in order."""
    found = sorted(entries_of(repo, refs_of(repo)[name]))
    read = plain.read(repo, (one.address for one in found))
    return [text_in(read[one.address]) for one in found]


def text_in(data: bytes) -> str:
    """The text in the bytes of a node."""
    return data.decode().partition("\n\n")[2].rstrip("\n")


def type_in(data: bytes) -> str:
    """The type in the bytes of a node."""
    return data.decode().split("\n")[1].removeprefix("type ")


def _inputs(data: bytes) -> set[str]:
    header = data.decode().partition("\n\n")[0]
    lines = (line.split(" ") for line in header.splitlines())
    return {line[1] for line in lines if line[0] == "input"}


def check(repo: Path, *, fsck: bool = True) -> dict[str, set[Standing]]:
    """What each ref holds. Asserts that it is all there: histories, trees, nodes, inputs."""
    tips = refs_of(repo)
    whole = run("git", "rev-list", "--objects", "--glob=refs/mnemo/*", cwd=repo)
    assert whole.code == 0, whole.err
    standing = {name: entries_of(repo, tip) for name, tip in tips.items()}
    read = plain.read(repo, (one.address for entries in standing.values() for one in entries))
    inputs = {address: _inputs(data) for address, data in read.items()}
    gone = purged(repo, tips.get(PROJECT))
    shared = {one.address for one in standing.get(PROJECT, ())}
    for name, entries in standing.items():
        there = {one.address for one in entries} | shared | gone
        for one in entries:
            assert inputs[one.address] <= there, f"{name} lacks inputs of {one}"
        for chain in {one.chain for one in entries}:
            begun = any(one.chain == chain and one.position == 0 for one in entries)
            assert begun or any(address.startswith(chain[12:]) for address in gone), chain
    if fsck:
        found = run("git", "fsck", "--strict", "--no-progress", cwd=repo)
        bad = [line for line in found.out.splitlines() if not line.startswith("dangling ")]
        assert (found.code, bad, found.err) == (0, [], ""), found
    return standing


def no_litter(repo: Path, *, was_killed: bool = False) -> None:
    """No lock, of git's or anyone's, is left behind, but the files that ours are held on; and what
    is left by whoever `was_killed` while it moved the ref of a session."""
    held = {"session.lock", "following.lock"}
    left = [path for path in (repo / ".git").rglob("*.lock") if path.name not in held]
    if was_killed:
        left = [path for path in left if path.parent.name != "sessions"]
    assert left == [], left
