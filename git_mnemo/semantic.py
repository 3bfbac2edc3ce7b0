"""Meaning: claims that say the same as a question in other words, by vectors of an encoder.

A claim's vector is that of its text, and for less those of the claims around it in its chain.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy

from git_mnemo.encoder import Encoder
from git_mnemo.index import Found, Index, vectors
from git_mnemo.index.filling import Progress
from git_mnemo.index.scan import Line
from git_mnemo.store import layout
from git_mnemo.store.interface import Store

NEAR, FAR = 0.3, 0.15
"""What of the vectors of the claims next to it, and two and three places away, is added to one."""

_AT_A_TIME = 256


Place = tuple[str, str]
"""A chain and the address of a claim in it."""


class Said(NamedTuple):
    """A claim in its chain; those that are not `sought` only stand around."""

    chain: str
    address: str
    at: int | None
    sought: bool


class Meaning:
    """Claims with their vectors, to ask many questions of."""

    def __init__(self, encoder: Encoder, said: Sequence[Said], made: Any) -> None:
        self._encoder = encoder
        meant = [at for at, one in enumerate(said) if one.sought]
        self._said = [said[at] for at in meant]
        self._rows = {(one.chain, one.address): at for at, one in enumerate(self._said)}
        self._vectors = _with_around(made, [one.chain for one in said])[meant]

    def search(self, question: str, limit: int, also: Iterable[Place] = ()) -> list[Found]:
        """The claims nearest to the question by the cosine, and those at `also`; none opposed."""
        if not self._said:
            return []
        scores = self._vectors @ self._encoder.encode([question])[0]
        best = numpy.argsort(-scores, kind="stable")[:limit].tolist()
        others = (self._rows[place] for place in also if place in self._rows)
        found = ((self._said[at], float(scores[at])) for at in dict.fromkeys([*best, *others]))
        return [Found(one.chain, one.address, score, one.at) for one, score in found if score > 0]


def of_project(index: Index, domain: str | None = None, since: int | None = None) -> Iterator[Said]:
    """The project's claims; sought are those of the domain that were claimed since."""
    for chain, address, at, of in index.claims():
        meant = domain is None or of == domain
        recent = since is None or (at is not None and at >= since)
        yield Said(chain, address, at, meant and recent)


def of_lines(lines: Iterable[Line]) -> Iterator[Said]:
    """The claims of chains that are scanned."""
    for line in lines:
        for claim in line.claims:
            yield Said(line.chain, claim.address, claim.at, claim.fresh)


def understand(
    encoder: Encoder, index: Index, store: Store, said: Sequence[Said], progress: Progress
) -> Meaning:
    """The claims, chain by chain, with vectors; those of the project keep theirs.

    `progress` is told how many have been encoded, where that had to be done.
    """
    made = vectors.kept(index.path, encoder.fingerprint, 2 * encoder.width)
    missing = [address for address in dict.fromkeys(one.address for one in said)
               if address not in made]  # fmt: skip
    for first in range(0, len(missing), _AT_A_TIME):
        taken = missing[first : first + _AT_A_TIME]
        fresh = dict(zip(taken, _encoded(encoder, store, taken), strict=True))
        vectors.keep(index.path, encoder.fingerprint, fresh)
        made |= fresh
        progress(first + len(taken))
    raw = b"".join([made[one.address] for one in said])
    table = numpy.frombuffer(raw, numpy.float16).reshape(len(said), encoder.width)
    return Meaning(encoder, said, table.astype(numpy.float32))


def _encoded(encoder: Encoder, store: Store, addresses: list[str]) -> list[bytes]:
    found = (layout.node_at(store, address) for address in addresses)
    texts = [one.text if one is not None else "" for one in found]
    return [row.tobytes() for row in encoder.encode(texts).astype(numpy.float16)]


def _with_around(made: Any, chains: list[str]) -> Any:
    """The vectors, each with what stands around it in its chain, of length one again."""
    numbers = numpy.unique(chains, return_inverse=True)[1] if chains else numpy.zeros(0, int)
    mixed = made.copy()
    for away, weight in ((1, NEAR), (2, FAR), (3, FAR)):
        first = numpy.flatnonzero(numbers[away:] == numbers[:-away])
        mixed[first] += weight * made[first + away]
        mixed[first + away] += weight * made[first]
    return mixed / numpy.maximum(numpy.linalg.norm(mixed, axis=1, keepdims=True), 1e-12)
