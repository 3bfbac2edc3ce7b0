"""Postings: in which rows of the index a word stands, and what row that is."""

from array import array
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from git_mnemo.index import Index, rows, said, sizes
from git_mnemo.words import Term

COUNTED = 20_000
"""Rows that are counted one by one; how many more there are is told by how near they stand."""

_AT_ONCE = 400


class Sought(NamedTuple):
    """A term in columns of the index; what is said is looked for everywhere but in dates."""

    term: Term
    columns: tuple[str, ...] = rows.SAID

    def match(self, *columns: str) -> str:
        """It as FTS5 reads it, or in these columns alone."""
        return said(self.term, *(columns or (() if self.columns == rows.SAID else self.columns)))


class Row(NamedTuple):
    """A claim in its chain; `at` in unix seconds, where that is told."""

    chain: str
    position: int
    address: str
    at: int | None
    domain: str


class Postings:
    """The words of an index by what rows they are in. Stems are words as its tokenizer has them."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self.generation = index.generation
        self.many = index.rows()
        self._in_a_chain = max(1.0, self.many / max(1, index.counts().chains))
        self._next = max(1, index.next_row())

    def is_over(self) -> bool:
        """Whether the index was made anew meanwhile, so that rows have other numbers."""
        return self.generation != self._index.generation

    def mean(self) -> float:
        """How many words a row has, with those around it."""
        return max(1.0, self._index.words() / max(1, self.many))

    def reach(self) -> float:
        """About how many rows are found by the words of one, itself included."""
        return max(1.0, 2 * rows.REACH + 1 - rows.REACH * (rows.REACH + 1) / self._in_a_chain)

    def frequency(self, sought: Sought) -> int:
        """In how many rows a term is; of very many, about that."""
        ((counted, last),) = self._index.ask(
            "SELECT count(*), max(row) FROM"
            " (SELECT rowid AS row FROM said WHERE said MATCH ? LIMIT ?)",
            sought.match(),
            COUNTED,
        )
        return int(counted if counted < COUNTED else counted * max(1.0, self._next / last))

    def places(self, stem: str, *, is_prefix: bool = False) -> dict[int, list[int]]:
        """The row of each place where a stem stands, by the number of the column."""
        condition = "term >= ?1 AND term < ?1 || char(1114111)" if is_prefix else "term = ?1"
        # Together, because to hand over a row takes longer than to find it.
        found = self._index.ask(
            f"SELECT col, group_concat(doc) FROM word WHERE {condition} GROUP BY col", stem
        )
        return {rows.COLUMNS.index(name): [*map(int, told.split(","))] for name, told in found}

    def rows_of(self, sought: Sought, column: str) -> list[int]:
        """The rows that have a term in a column."""
        matching = sought.match(column)
        found = self._index.ask("SELECT rowid FROM said WHERE said MATCH ?", matching)
        return [row for (row,) in found]

    def latest_with_all(self, terms: Iterable[Sought], most: int) -> list[int]:
        """The rows that hold all of the terms, at most so many, the last ones first."""
        found = self._index.ask(
            "SELECT rowid FROM said WHERE said MATCH ? ORDER BY rowid DESC LIMIT ?",
            " AND ".join(f"({sought.match()})" for sought in terms),
            most,
        )
        return [row for (row,) in found]

    def within(self, sought: Sought, first: int, last: int) -> list[int]:
        """The rows from `first` to `last` that hold a term."""
        found = self._index.ask(
            "SELECT rowid FROM said WHERE said MATCH ? AND rowid BETWEEN ? AND ?",
            sought.match(),
            first,
            last,
        )
        return [row for (row,) in found]

    def sizes(self) -> "array[int]":
        """How many words each row has, with those around it, by its number; 0 where none is."""
        return sizes.joined(
            self._index.ask("SELECT block, words FROM size ORDER BY block"), rows.REACH
        )

    def described(self, numbers: Sequence[int]) -> dict[int, Row]:
        """What rows these are."""
        found = {}
        for first in range(0, len(numbers), _AT_ONCE):
            some = numbers[first : first + _AT_ONCE]
            for number, chain, position, raw, at, domain in self._index.ask(
                "SELECT entry.number, chain.id, position, address, at, domain FROM entry"
                " JOIN chain ON chain.number = entry.chain JOIN node ON node.number = entry.node"
                f" WHERE entry.number IN ({', '.join('?' * len(some))})",
                *some,
            ):
                found[number] = Row(chain, position, raw.hex(), at, domain)
        return found
