"""Scanning: the few claims that no index holds, searched as the index would search them.

Sessions come and go, so their claims are read each time; so are those of a project so small that
statistics over it mean nothing. The words are made by the same tokenizer, and scored by the same
formula over both: what is here and what the project holds.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from git_mnemo import words
from git_mnemo.index import Found, Index, rows, tables
from git_mnemo.index.postings import Postings, Sought
from git_mnemo.index.search import K1, B
from git_mnemo.index.stems import Stems
from git_mnemo.node import Node
from git_mnemo.words import Term

_OWN = {"title": 1.5, "text": 1.0, "inside": 0.5, "date": 0.5}

Frequencies = dict[int, float]


class Claim(NamedTuple):
    """A claim in its chain. `fresh` ones are what is looked for; the others only stand around."""

    address: str
    node: Node
    at: int | None
    fresh: bool


class Line(NamedTuple):
    """A chain to scan: those of its claims that are looked for, and those around them, in order.

    `own_title` is whether somebody chose the title, `opens` whether the first claim here opens the
    chain.
    """

    chain: str
    title: str
    own_title: bool
    opens: bool
    claims: Sequence[Claim]


class Scan:
    """Chains in memory, to ask many questions of. `project` is what else there is, or None."""

    def __init__(self, lines: Iterable[Line], project: Index | None, stems: Stems) -> None:
        self._project = Postings(project) if project is not None else None
        self._stems = stems
        self._claims: list[tuple[str, Claim]] = []
        self._around: list[tuple[list[int], list[int]]] = []
        self._sizes: list[int] = []
        self._mean = 1.0
        lines = list(lines)
        if not lines:
            return  # nothing is asked of it, and to make one takes half a millisecond
        self._database = tables.in_memory()
        for statement in (
            f"CREATE VIRTUAL TABLE own USING fts5 (title, text, inside, date, {tables.TOKENIZER})",
            "CREATE VIRTUAL TABLE word USING fts5vocab (own, instance)",
        ):
            self._database.execute(statement)
        self._database.execute("BEGIN")  # else the words of each row are put in order by themselves
        for line in lines:
            self._add(line)
        self._database.execute("COMMIT")
        if self._sizes:
            self._mean = sum(self._sizes) / len(self._sizes)

    def search(self, terms: Sequence[Term], *, dates: bool = False) -> list[Found]:
        """The fresh claims that hold any of the terms, or stand near to one that does."""
        if not self._claims:
            return []
        scores: defaultdict[int, float] = defaultdict(float)
        elsewhere = self._project.many if self._project is not None else 0
        for term, stems in zip(terms, self._stems.of(terms), strict=True):
            found = self._frequencies(term, stems, dates=dates)
            if not found:
                continue
            known = self._project.frequency(Sought(term)) if self._project is not None else 0
            rare = len(found) + known
            telling = math.log(1 + (elsewhere + len(self._claims) - rare + 0.5) / (rare + 0.5))
            for row, often in found.items():
                length = K1 * (1 - B + B * self._sizes[row] / self._mean)
                scores[row] += telling * often * (K1 + 1) / (often + length)
        answers = []
        for row, score in scores.items():
            chain, claim = self._claims[row]
            if claim.fresh:
                answers.append(Found(chain, claim.address, score, claim.at))
        return answers

    def rarity(self, terms: Sequence[Term]) -> list[int]:
        """In how many of the claims here each of the terms is."""
        if not self._claims:
            return [0] * len(terms)
        return [
            len({row for row, _ in self._counts(term, stems)})
            for term, stems in zip(terms, self._stems.of(terms), strict=True)
        ]

    def _add(self, line: Line) -> None:
        first = len(self._claims)
        sizes = [words.sizes(claim.node.text)[1] for claim in line.claims]
        for at, claim in enumerate(line.claims):
            title, text = line.title if line.own_title else "", claim.node.text
            if at == 0 and line.opens and not line.own_title:
                title, _, text = text.partition("\n")
            inside, date = rows.inside(claim.node), rows.date(claim.at)
            self._database.execute(
                "INSERT INTO own (rowid, title, text, inside, date) VALUES (?, ?, ?, ?, ?)",
                (first + at, title, text, inside, date),
            )
            spots = range(max(0, at - rows.REACH), min(len(line.claims), at + rows.REACH + 1))
            near = [other for other in spots if abs(other - at) == 1]
            far = [other for other in spots if 1 < abs(other - at) <= rows.REACH]
            self._claims.append((line.chain, claim))
            self._around.append(([first + o for o in near], [first + o for o in far]))
            self._sizes.append(
                sum(map(words.size, (title, text, inside, date)))
                + sum(sizes[other] for other in (*near, *far))
            )

    def _frequencies(self, term: Term, stems: list[str], *, dates: bool) -> Frequencies:
        """How often each row holds the term, the claims around it counting less."""
        here: Frequencies = defaultdict(float)
        said: Frequencies = defaultdict(float)
        often: float
        for (row, column), often in self._counts(term, stems).items():
            here[row] += often * (_OWN[column] if column != "date" or dates else 0.0)
            if column in ("title", "text"):
                said[row] += often
        found: Frequencies = defaultdict(float, here)
        for row, often in said.items():
            near, far = self._around[row]
            for other in near:
                found[other] += rows.NEAR * often
            for other in far:
                found[other] += rows.FAR * often
        return {row: often for row, often in found.items() if often > 0}

    def _counts(self, term: Term, stems: list[str]) -> Counter[tuple[int, str]]:
        places: set[tuple[int, str, int]] | None = None
        for distance, stem in enumerate(stems):
            standing = {
                (row, column, offset - distance) for row, column, offset in self._of(stem, term)
            }
            places = standing if places is None else places & standing
        return Counter((row, column) for row, column, _ in places or ())

    def _of(self, stem: str, term: Term) -> list[tuple[int, str, int]]:
        if term.is_prefix:
            return self._database.execute(
                "SELECT doc, col, offset FROM word WHERE term >= ? AND term < ?",
                (stem, stem + "\U0010ffff"),
            ).fetchall()
        return self._database.execute(
            "SELECT doc, col, offset FROM word WHERE term = ?", (stem,)
        ).fetchall()
