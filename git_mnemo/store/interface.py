"""What a store can do: the whole of it, and no more. Only type checkers load this."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

from git_mnemo.refs import RefUpdate

T = TypeVar("T")


class Store(Protocol):
    """The objects and refs of one repository."""

    width: int
    """Length of an object id in hex: 40, or 64 with SHA-256."""

    def address(self, blob: bytes) -> str:
        """The id these bytes have as a blob, without writing them."""

    def exists(self, oid: str) -> bool:
        """Whether the object is in the repository."""

    def read(self, oid: str) -> tuple[str, bytes]:
        """Kind (`blob`, `tree`, `commit`, `tag`) and content. Raises `MissingObject`."""

    def ahead(self, wanted: Iterable[tuple[T, Sequence[str]]]) -> Iterator[T]:
        """The first of each pair, in order, at a time when the objects of the second are quick to
        read: for who reads very many. An object that is missing is no error here."""

    def additions(
        self, commits: Iterable[tuple[str, T, int]]
    ) -> Iterator[tuple[str, T, dict[bytes, bytes] | None]]:
        """Each commit, by its id, with the files that it has and none of its parents: by path the
        id of what they hold. The number is how many of these matter, about; None where that is few,
        or git cannot tell."""

    def sizes(self, oids: Iterable[str]) -> dict[str, tuple[str, int]]:
        """Kind and size in bytes of each object, none of them read. Raises `MissingObject`."""

    def write(self, kind: str, data: bytes) -> str:
        """Write an object, or refresh it where it stands already; its id."""

    def flush(self) -> None:
        """Let git see everything written so far."""

    def descends(self, new: str, old: str) -> bool:
        """Whether the commit `old` is an ancestor of the commit `new`."""

    def commits_between(self, known: str | None, tip: str) -> list[str]:
        """The commits behind `tip` and not behind `known`, every one after its parents."""

    def ref(self, name: str) -> str | None:
        """The object a ref points at now; None when there is no such ref."""

    def refs(self, prefix: str) -> dict[str, str]:
        """All refs below a prefix that ends in `/`, by name, in order."""

    def update_refs(self, plan: Sequence[RefUpdate], reason: str) -> None:
        """Move all refs of the plan, or none.

        Every old value is compared under the ref's lock. Raises `RefMoved` for the first that
        stood elsewhere. When it returns, every object written before is in the repository, even if
        a gc ran meanwhile. `reason` goes to the reflog, which `refs/mnemo/project` has.
        """
