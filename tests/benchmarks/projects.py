"""Large projects, written in seconds by `git fast-import`, in exactly the bytes of the format."""

import hashlib
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from git_mnemo import chain, moment, node
from git_mnemo.chain import Member
from git_mnemo.message import Told, compose
from git_mnemo.refs import PROJECT
from git_mnemo.store import layout
from tests.benchmarks.scratch import EMAIL, NAME, mnemo, new_repository

CHAIN = 10
"""Nodes in a chain, its title among them."""

YEAR = 365

_WORDS = (
    "retry timeout pool request cold start cache index tree blob session cursor socket lock queue "
    "writer reader import module handler config default branch commit test fixture schema table "
    "because before after when while under every only never instead of in the a to from by is was "
    "returns raises blocks leaks doubles drops keeps holds reads writes fails passes needs owns"
)
_VOCABULARY = _WORDS.split()


def text(number: int) -> str:
    """A claim of its own, about as long as claims are: 50 to 90 words."""
    draw = random.Random(number)
    words = draw.choices(_VOCABULARY, k=draw.randint(50, 90))
    return f"Finding {number}: " + " ".join(words) + "."


@dataclass(frozen=True, slots=True)
class Filed:
    """A chain to write: its entries with their bytes, and when it was claimed (unix seconds)."""

    id: str
    title: str
    at: int
    entries: list[tuple[Member, bytes]]

    def told(self) -> list[Told]:
        """The lines of its promotion."""
        return [Told(member, self.at, None) for member, _ in self.entries]


def make_chain(number: int, at: int, nodes: int = CHAIN, say: Callable[[int], str] = text) -> Filed:
    """The chain of that number, begun at `at`, of what `say` says for each number."""
    said = [say(number * CHAIN + position) for position in range(1, nodes)]
    title = node.title_of(said[0])
    title_node = node.build(node.CHAIN, title, key=f"s_{number:08x}")
    written = [node.encode(one) for one in (title_node, *(node.build(node.LEAF, s) for s in said))]
    addresses = [hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest() for data in written]
    id_ = chain.chain_id(moment.day(at), addresses[0])
    entries = [
        (Member(id_, position, address), data)
        for position, (address, data) in enumerate(zip(addresses, written, strict=True))
    ]
    return Filed(id_, title, at, entries)


def over_a_year(chains: int, now: int) -> Iterator[list[Filed]]:
    """Promotions of one chain each, spread evenly over the year that ends now."""
    for number in range(chains):
        at = now - 60 - (chains - 1 - number) * YEAR * 86400 // chains
        yield [make_chain(number, at)]


def on_one_day(chains: int, now: int) -> Iterator[list[Filed]]:
    """Chains of two nodes that all began today, 500 to a commit: as many lines as one may have."""
    for start in range(0, chains, 500):
        numbers = range(start, min(chains, start + 500))
        yield [make_chain(number, now, nodes=2) for number in numbers]


def write(repository: Path, promotions: Iterator[list[Filed]]) -> None:
    """Give an empty project these promotions."""
    with importer(repository) as out:
        for promotion in promotions:
            commit(out, promotion, PROJECT, "promote")


@contextmanager
def importer(repository: Path) -> Iterator[IO[bytes]]:
    """The input of a `git fast-import` into the repository; it is done when the block is."""
    command = ["git", "fast-import", "--quiet", "--done"]
    with subprocess.Popen(command, cwd=repository, stdin=subprocess.PIPE) as importing:
        assert importing.stdin is not None  # a pipe was asked for
        yield importing.stdin
        importing.stdin.write(b"done\n")
    if importing.returncode:
        raise RuntimeError("git fast-import failed")


def commit(
    out: IO[bytes], filed: list[Filed], ref: str, verb: str, session: str = f"s_{0:08x}"
) -> None:
    """One commit more on a ref, which adds these chains."""
    first = filed[0]
    told = [line for one in filed for line in one.told()]
    message = compose(verb, first.id, first.title, session=session, nodes=told)
    person = f"{NAME} <{EMAIL}> {first.at} +0000"
    out.write(f"commit {ref}\nauthor {person}\ncommitter {person}\n".encode())
    _data(out, message.encode())
    for one in filed:
        for member, written in one.entries:
            out.write(f"M 100644 inline {'/'.join(layout.path_of(member))}\n".encode())
            _data(out, written)


def _data(out: IO[bytes], written: bytes) -> None:
    out.write(b"data %d\n" % len(written) + written + b"\n")


@dataclass(slots=True)
class Library:
    """The projects of one run: each is written once, with its index, and handed out as copies.

    `million`: also measure what there is of that many nodes, which takes minutes and 2 GB.
    """

    folder: Path
    million: bool = False
    _copies: int = 0
    _made: dict[str, Path] = field(default_factory=dict)

    def sized(self, nodes: int) -> Path:
        """A copy of the project of that many nodes."""
        return self._copy(f"sized-{nodes}", over_a_year(nodes // CHAIN, int(time.time())))

    def wide(self, chains: int) -> Path:
        """A copy of the project with that many chains, all of today."""
        return self._copy(f"wide-{chains}", on_one_day(chains, int(time.time())))

    def _copy(self, name: str, promotions: Iterator[list[Filed]]) -> Path:
        if name not in self._made:
            made = new_repository(self.folder / name)
            write(made, promotions)
            mnemo(made, "reindex")
            self._made[name] = made
        self._copies += 1
        return Path(shutil.copytree(self._made[name], self.folder / f"{name}-{self._copies}"))
