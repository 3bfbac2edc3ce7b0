"""Search: which claims of the project hold what a question asks for, best first by BM25.

A row is found by its own words and, for less, by those of the rows around it. Which rows are worth
a look is told by the rare words, whose places are all read. Only for those it is found out where
the words stand that are in too many rows to be read: they order what was found, and find only
where nothing rare was asked for.
"""

import bisect
import heapq
import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from git_mnemo.index import Found, Index, rows
from git_mnemo.index.postings import Postings, Row, Sought
from git_mnemo.index.stems import Stems
from git_mnemo.words import MONTHS, Term

K1, B = 1.2, 0.75
"""BM25 as FTS5 has it."""

READ, IDLE = 20_000, 10
"""Places of words that are read for one question, rare words first; those of a word that tells
nothing, since claims that have it are everywhere, count so many times."""

LOOKED_AT = 200
"""Rows that are scored with all there is to know about them, those around the best ones first."""

SIFTED = 5_000
"""Rows out of which those are chosen where a domain or a time is asked for, the best first."""

LOOKED_FOR = 8
"""How many of the words that were not read are looked for in those rows, the rarest of them."""

TOGETHER = 4
"""How many of them are looked for together, where there is little else."""

_NEAR, _FAR = 0.5, 0.3
"""About what a row gains of what those around it have, before it is scored in earnest."""

APART = 64
"""Rows between two that are looked at: where there are fewer, they are asked for at once."""

_LEAST = 1e-6
"""What a word tells that tells nothing."""

_REACH = rows.REACH
_DATED = frozenset(month.lower() for month in MONTHS)

Counts = Mapping[int, float]
Scores = dict[int, float]
"""By the number of a row."""


class Hits(NamedTuple):
    """Where a term stands: what it gives at most, how often each row has it by what that counts,
    and how often in what the rows around it are found by, too."""

    gain: float
    own: Counts
    near: Counts


class Wanted(NamedTuple):
    """Which claims: of a domain, claimed at a time (unix seconds) or later, `limit` at most.

    `dates`: the day of a claim is compared, too.
    """

    limit: int
    dates: bool = False
    domain: str | None = None
    since: int | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether not every claim will do."""
        return self.domain is not None or self.since is not None

    def has(self, one: Row) -> bool:
        """Whether a claim is one of them."""
        if self.domain not in (None, one.domain):
            return False
        return self.since is None or (one.at is not None and one.at >= self.since)


def search(index: Index, stems: Stems, terms: Sequence[Term], wanted: Wanted) -> list[Found]:
    """The claims that hold any of the terms, best first."""
    while True:
        postings = Postings(index)
        scores = _Search(postings, stems, wanted).scores(terms)
        answers = list(_wanted(postings, scores, wanted))
        if not postings.is_over():
            return answers


class _Search:
    """One question to the rows as they are."""

    def __init__(self, postings: Postings, stems: Stems, wanted: Wanted) -> None:
        self._postings = postings
        self._stems = stems
        self._wanted = wanted
        self._sizes = postings.sizes()
        self._same, self._longer = K1 * (1 - B), K1 * B / postings.mean()

    def scores(self, terms: Sequence[Term]) -> Scores:
        """The rows that hold any of the terms, or stand near one that does; the best of many."""
        sought = [Sought(term) for term in terms]
        if self._wanted.dates:
            days = filter(_is_of_a_date, terms)
            sought += [Sought(Term(rows.dated(day.text)), rows.DATE) for day in days]
        held = {one: self._postings.frequency(one) for one in sought}
        known = sorted((one for one in sought if held[one]), key=held.__getitem__)
        sums = list(itertools.accumulate(self._cost(one, held[one]) for one in known))
        rare = known[: bisect.bisect_right(sums, READ)]
        common = known[len(rare) :][:LOOKED_FOR]
        stems = self._stems.of([one.term for one in rare])
        hits = [self._read(one, words) for one, words in zip(rare, stems, strict=True)]
        numbers = self._worth_a_look(hits, common)
        hits += [self._looked_for(one, held[one], numbers) for one in common]
        return self._scores(numbers, hits)

    # -- where a term stands -------------------------------------------------------------------

    def _read(self, sought: Sought, stems: list[str]) -> Hits:
        """All places of a term."""
        own: Counts = {}
        near: Counts = {}
        for column, found in self._places(sought, stems).items():
            held = Counter(found)
            own = _sum(own, held, rows.WEIGHTS[column])
            if rows.SPREADS[column]:
                near = _sum(near, held, 1.0)
        return Hits(self._gain(sought, len(own)), own, near)

    def _places(self, sought: Sought, stems: list[str]) -> Mapping[int, Sequence[int]]:
        """The row of each place by the number of the column; of words in a row, once in each."""
        if len(stems) == 1:
            return self._postings.places(stems[0], is_prefix=sought.term.is_prefix)
        found = {rows.COLUMNS.index(one): self._postings.rows_of(sought, one)
                 for one in sought.columns}  # fmt: skip
        return {number: places for number, places in found.items() if places}

    def _looked_for(self, sought: Sought, held: int, numbers: Iterable[int]) -> Hits:
        """The places of a term in these rows and around them."""
        is_date = sought.columns == rows.DATE
        counts = rows.WEIGHTS[-1] if is_date else 1.0
        found: dict[int, float] = {}
        for first, last in _windows(numbers):
            found |= dict.fromkeys(self._postings.within(sought, first, last), counts)
        return Hits(self._gain(sought, held), found, {} if is_date else found)

    def _cost(self, sought: Sought, held: int) -> int:
        """For how many places a term counts among those that are read."""
        return held if self._telling(sought, held) > _LEAST else IDLE * held

    def _gain(self, sought: Sought, held: int) -> float:
        """What a row gains at most by a term that so many rows hold themselves."""
        return (K1 + 1) * self._telling(sought, held)

    def _telling(self, sought: Sought, held: int) -> float:
        """How much it tells that a row is found by a term that so many rows hold themselves."""
        many = self._postings.many
        reach = 1.0 if sought.columns == rows.DATE else self._postings.reach()
        around = many * (1 - (1 - min(1.0, held / many)) ** reach)
        return max(_LEAST, math.log((many - around + 0.5) / (around + 0.5)))

    # -- rows ----------------------------------------------------------------------------------

    def _worth_a_look(self, hits: Iterable[Hits], common: Sequence[Sought]) -> list[int]:
        """The rows to score: the best by what was read and those around them; where they are few,
        also some that hold several of the common terms. Of those that are wanted, and no others."""
        own: dict[int, float] = {}
        sizes, same, longer = self._sizes, self._same, self._longer
        for gain, held, _ in hits:
            for row, often in held.items():
                more = gain * often / (often + same + longer * sizes[row])
                own[row] = own.get(row, 0.0) + more
        most = SIFTED if self._wanted.is_narrow else LOOKED_AT
        best = heapq.nlargest(most, own, key=own.__getitem__)
        reached = filter(sizes.__getitem__, dict.fromkeys(_reached(best)))  # in their order
        near = _around(own, reached, _NEAR, _FAR)
        taken = self._sifted(heapq.nlargest(most, near, key=near.__getitem__))
        for many in range(min(TOGETHER, len(common)), 0, -1):
            if len(taken) >= LOOKED_AT:
                break
            taken += self._sifted(self._postings.latest_with_all(common[:many], most - len(taken)))
        return list(dict.fromkeys(taken))[:LOOKED_AT]

    def _sifted(self, numbers: list[int]) -> list[int]:
        """The first of these rows that are wanted."""
        if not self._wanted.is_narrow:
            return numbers
        found: list[int] = []
        for first in range(0, len(numbers), LOOKED_AT):
            part = numbers[first : first + LOOKED_AT]
            told = self._postings.described(part)
            found += [row for row in part if row in told and self._wanted.has(told[row])]
            if len(found) >= LOOKED_AT:
                break
        return found[:LOOKED_AT]

    def _scores(self, numbers: Sequence[int], hits: Iterable[Hits]) -> Scores:
        """The scores of those of these rows that have one."""
        lengths = {row: self._same + self._longer * self._sizes[row] for row in numbers}
        scores: dict[int, float] = {}
        reached = {*_reached(numbers)}
        for gain, own, near in hits:
            found = _around(near, {*_reached(near.keys() & reached)} & lengths.keys(),
                            rows.NEAR, rows.FAR)  # fmt: skip
            if own is not near:
                for row in own.keys() & lengths.keys():
                    found[row] = own[row] - near.get(row, 0.0) + found.get(row, 0.0)
            for row, often in found.items():
                if often:
                    more = gain * often / (often + lengths[row])
                    scores[row] = scores.get(row, 0.0) + more
        return scores


def _sum(counts: Counts, more: Counts, weight: float) -> Counts:
    """What both count, `more` so many times."""
    if weight != 1.0:
        more = {row: weight * often for row, often in more.items()}
    if not counts:
        return more
    both = {**counts, **more}
    for row in counts.keys() & more.keys():
        both[row] = counts[row] + more[row]
    return both


def _reached(numbers: Iterable[int]) -> Iterator[int]:
    """These rows and those around them, in order, some more than once."""
    return (row + apart for row in numbers for apart in range(-_REACH, _REACH + 1))


def _around(counts: Counts, numbers: Iterable[int], near: float, far: float) -> dict[int, float]:
    """What each of these rows has, and parts of what those around it have."""
    get = counts.get
    return {
        row: get(row, 0.0)
        + near * (get(row - 1, 0.0) + get(row + 1, 0.0))
        + far * (get(row - 2, 0.0) + get(row + 2, 0.0) + get(row - 3, 0.0) + get(row + 3, 0.0))
        for row in numbers
    }


def _windows(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """From where to where the rows and those around them stand, in as few runs as they do."""
    run: list[int] = []
    for number in sorted(numbers):
        if run and number - run[-1] > APART:
            yield run[0] - _REACH, run[-1] + _REACH
            run = []
        run.append(number)
    if run:
        yield run[0] - _REACH, run[-1] + _REACH


def _is_of_a_date(term: Term) -> bool:
    """Whether a term may be a day, a month or a year."""
    return term.text in _DATED or (term.text.isdecimal() and len(term.text) in (1, 2, 4))


def _wanted(postings: Postings, scores: Scores, wanted: Wanted) -> Iterator[Found]:
    """The best of the rows that are wanted, as what was found."""
    best = sorted(scores, key=lambda row: (-scores[row], row))
    left = wanted.limit
    for first in range(0, len(best), wanted.limit):
        told = postings.described(best[first : first + wanted.limit])
        ranked = sorted(told, key=lambda row: (-scores[row], told[row]))
        for row in ranked:
            one = told[row]
            if not wanted.has(one):
                continue
            yield Found(one.chain, one.address, scores[row], one.at)
            left -= 1
            if not left:
                return
