"""A store that knows some refs already, and opens the repository only when it is asked for more.

Opening it takes a process as long as five runs of git, and an index that is up to date answers
without a single object.
"""

from __future__ import annotations

from git_mnemo.store import reffiles
from git_mnemo.store.catfile import AT_ONCE, Asked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import TypeVar

    from git_mnemo.refs import RefUpdate
    from git_mnemo.repository import Repository
    from git_mnemo.store.interface import Store

    T = TypeVar("T")


class Late:
    """The store of a repository, with the refs below some prefixes as they stood a moment ago."""

    def __init__(self, repository: Repository, prefixes: Sequence[str]) -> None:
        self.width = repository.width
        self._repository = repository
        known = _refs(repository, prefixes)
        self._known: Mapping[str, str] = known or {}
        self._complete = prefixes if known is not None else []
        self._asked = Asked(repository.git_dir, contents=True)
        self._fetched: dict[str, tuple[str, bytes]] = {}

    def expect(self) -> None:
        """Make ready to `fetch`, which is sure to come."""
        self._asked.begin()

    def fetch(self, oids: Sequence[str]) -> None:
        """Read these objects at once with one git process, for `read` to have them."""
        wanted = [oid for oid in oids if oid not in self._fetched]
        for start in range(0, len(wanted), AT_ONCE):
            self._fetched |= self._asked.ask_all(wanted[start : start + AT_ONCE])

    @property
    def _store(self) -> Store:
        return self._repository.store

    def ref(self, name: str) -> str | None:
        if any(name == one or name.startswith(one) for one in self._complete):
            return self._known.get(name)
        return self._store.ref(name)

    def refs(self, prefix: str) -> dict[str, str]:
        if any(prefix.startswith(one) for one in self._complete):
            found = sorted(self._known.items())
            return {name: oid for name, oid in found if name.startswith(prefix)}
        return self._store.refs(prefix)

    def address(self, blob: bytes) -> str:
        return self._store.address(blob)

    def exists(self, oid: str) -> bool:
        return self._store.exists(oid)

    def read(self, oid: str) -> tuple[str, bytes]:
        known = self._fetched.get(oid)
        return known if known is not None else self._store.read(oid)

    def ahead(self, wanted: Iterable[tuple[T, Sequence[str]]]) -> Iterator[T]:
        return self._store.ahead(wanted)

    def additions(
        self, commits: Iterable[tuple[str, T, int]]
    ) -> Iterator[tuple[str, T, dict[bytes, bytes] | None]]:
        return self._store.additions(commits)

    def sizes(self, oids: Iterable[str]) -> dict[str, tuple[str, int]]:
        return self._store.sizes(oids)

    def write(self, kind: str, data: bytes) -> str:
        return self._store.write(kind, data)

    def flush(self) -> None:
        self._store.flush()

    def descends(self, new: str, old: str) -> bool:
        return self._store.descends(new, old)

    def commits_between(self, known: str | None, tip: str) -> list[str]:
        return self._store.commits_between(known, tip)

    def update_refs(self, plan: Sequence[RefUpdate], reason: str) -> None:
        self._store.update_refs(plan, reason)


def _refs(repository: Repository, prefixes: Sequence[str]) -> dict[str, str] | None:
    """The refs below some prefixes; None where git does not tell."""
    found = None
    if not repository.has_reftable:
        found = reffiles.below(repository.common_dir, prefixes, repository.width)
    if found is not None:
        return found
    told = repository.git("for-each-ref", "--format=%(objectname) %(refname)", *prefixes)
    lines = told.out.decode("utf-8", "surrogateescape").split("\n")
    listed = (line.partition(" ") for line in lines if line)
    return {name: oid for oid, _, name in listed} if not told.code else None
