"""Ranking: in which order what a question found is told. Pure, and all of it in this one place.

`docs/recall.md` has the measurement behind each number.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple

BONUS, BEST = 0.1, 3
"""A claim gains a tenth of the three best scores of its chain, where several of it were found."""

INHERITED = 0.9
"""What replaced a claim is found by nine tenths of what the claim is."""

STALE = 0.8
"""A claim about lines that changed since, or are gone, counts four fifths."""

MEANING = 0.4
"""What the meaning of a claim counts, where an encoder tells it, beside its words."""

CLOSE = 0.01
"""Scores that differ by less than this part of the best one are equals."""


class Hit(NamedTuple):
    """A claim found in a chain; more is better. `at` is when it was claimed, where that is told."""

    chain: str
    address: str
    score: float
    at: int | None


def mixed(by_words: Iterable[Hit], by_meaning: Iterable[Hit]) -> list[Hit]:
    """The hits of both, each scored by its parts of the best by words and the best by meaning."""
    found: dict[tuple[str, str], Hit] = {}
    for hits, weight in ((list(by_words), 1 - MEANING), (list(by_meaning), MEANING)):
        most = max((hit.score for hit in hits), default=0.0) or 1.0
        for hit in hits:
            known = found.get((hit.chain, hit.address), hit._replace(score=0.0))
            score = known.score + weight * hit.score / most
            found[hit.chain, hit.address] = hit._replace(score=score)
    return list(found.values())


def with_chains(hits: Iterable[Hit]) -> list[Hit]:
    """The hits with the bonus of their chains, best first; each claim of a chain once."""
    best: dict[tuple[str, str], Hit] = {}
    for hit in hits:
        known = best.get((hit.chain, hit.address))
        if known is None or known.score < hit.score:
            best[hit.chain, hit.address] = hit
    scores: defaultdict[str, list[float]] = defaultdict(list)
    for hit in best.values():
        scores[hit.chain].append(hit.score)
    bonus = {
        id_: BONUS * sum(sorted(found)[-BEST:]) if len(found) > 1 else 0.0
        for id_, found in scores.items()
    }
    raised = (Hit(id_, of, score + bonus[id_], at) for id_, of, score, at in best.values())
    return sorted(raised, key=_best_first)


def replaced(hits: list[Hit], successors: Callable[[Hit], list[Hit] | None]) -> Iterator[Hit]:
    """The hits best first, each claim once; in the place of a hidden one stands what replaced it.

    `successors` is asked only as far as hits are taken: None for a hit that stands, else the
    hits that take its place, where they are not found by themselves already.
    """
    waiting = [(-hit.score, number, hit) for number, hit in enumerate(hits)]
    heapq.heapify(waiting)
    seen: set[str] = set()
    number = len(hits)
    while waiting:
        _, _, hit = heapq.heappop(waiting)
        if hit.address in seen:
            continue
        seen.add(hit.address)
        others = successors(hit)
        if others is None:
            yield hit
            continue
        for other in others:
            number += 1
            heir = other._replace(score=hit.score * INHERITED)
            heapq.heappush(waiting, (-heir.score, number, heir))


def ordered(hits: Iterable[Hit], first: AbstractSet[str], stale: AbstractSet[str]) -> list[Hit]:
    """The hits in the order they are told in.

    `stale` claims count less. Among equals those of the chains in `first` come first, then what
    was claimed last.
    """
    weighed = [
        hit._replace(score=hit.score * STALE) if hit.address in stale else hit for hit in hits
    ]
    most = max((hit.score for hit in weighed), default=0.0) or 1.0
    return sorted(
        weighed,
        key=lambda hit: (
            -round(hit.score / most / CLOSE),
            hit.chain not in first,
            -(hit.at or 0),
            *_best_first(hit),
        ),
    )


def _best_first(hit: Hit) -> tuple[float, str, str]:
    return -hit.score, hit.chain, hit.address
