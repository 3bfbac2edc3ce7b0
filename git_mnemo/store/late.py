"""A store that knows some refs already, and opens the repository only when it is asked for more.

Opening it takes a process as long as five runs of git, and an index that is up to date answers
without a single object.
"""

from __future__ import annotations

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

    def __init__(
        self, repository: Repository, known: Mapping[str, str], complete: Sequence[str]
    ) -> None:
        self.width = repository.width
        self._repository = repository
        self._known = known
        self._complete = complete
        self._fetched: dict[str, tuple[str, bytes]] = {}

    def fetch(self, oids: Sequence[str]) -> None:
        """Read these objects at once with one git process, for `read` to have them."""
        wanted = [oid for oid in oids if oid not in self._fetched]
        if not wanted:
            return
        done = self._repository.git("cat-file", "--batch", stdin="\n".join([*wanted, ""]).encode())
        rest = done.out
        while rest:
            head, _, rest = rest.partition(b"\n")
            oid, kind, *size = head.decode("ascii", "replace").split(" ")
            if not size or not size[0].isdigit():
                continue  # missing; reading it says so
            length = int(size[0])
            self._fetched[oid] = kind, rest[:length]
            rest = rest[length + 1 :]

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
        self, commits: Iterable[tuple[str, T]]
    ) -> Iterator[tuple[str, T, dict[bytes, bytes] | None]]:
        return self._store.additions(commits)

    def sizes(self, oids: Iterable[str]) -> dict[str, tuple[str, int]]:
        return self._store.sizes(oids)

    def write(self, kind: str, data: bytes) -> str:
        return self._store.write(kind, data)

    def descends(self, new: str, old: str) -> bool:
        return self._store.descends(new, old)

    def commits_between(self, known: str | None, tip: str) -> list[str]:
        return self._store.commits_between(known, tip)

    def update_refs(self, plan: Sequence[RefUpdate], reason: str) -> None:
        self._store.update_refs(plan, reason)
