"""Which words of a prompt tell what it is about, and whether a claim shares enough of them.

A prompt is no question: most of its words are about nothing that was ever recorded. What is looked
for are the rarest of its words that memory knows, and only a claim that shares several of them is
worth an agent's attention. Pure.
"""

from __future__ import annotations

from math import log

from git_mnemo.terms import LONGEST, STOP, Term

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

READ = 4000
"""Characters of a prompt that are read, half from its beginning and half from its end."""
MOST_TERMS = 48
"""Different words of a prompt that are looked up."""
CHOSEN = 8
"""How many of the rarest are searched for."""
COMMON, FEW, SHARE = 400, 12, 8
"""A word in over a `SHARE`th of the claims tells nothing: from `FEW` up to `COMMON` of them."""
LEAST = 2
"""Telling words that a claim shares with the prompt at least, where the prompt has so many."""
ENOUGH = 0.3
"""The part of the telling words, by weight, that it shares at least."""


def terms(prompt: str) -> list[Term]:
    """The different words of a prompt, from its beginning and its end where it is long."""
    if len(prompt) > READ:
        prompt = f"{prompt[: READ // 2]}\n{prompt[-READ // 2 :]}"
    found = list(dict.fromkeys(_asked(prompt)))
    half = MOST_TERMS // 2
    return found if len(found) <= MOST_TERMS else [*found[:half], *found[-half:]]


def _asked(prompt: str) -> Iterable[Term]:
    if prompt.isascii():
        return _words(prompt)
    from git_mnemo import words  # which knows other scripts, and loads `re` for them

    return words.asked(prompt)


def _words(prompt: str) -> Iterator[Term]:
    """The words of an English text, and the parts of names such as `ConnectionPool`."""
    spaced = "".join([char if char.isalnum() else " " for char in prompt])
    for word in spaced.split():
        if len(word) > LONGEST:
            continue
        for part in (word, *_parts(word)):
            if part.lower() not in STOP:
                yield Term(part.lower())


def _parts(name: str) -> list[str]:
    """`HTTP` and `Pool` of `HTTPPool`; nothing of a word in one case."""
    if name.islower() or name.isupper() or name[1:].islower():
        return []
    parts, start = [], 0
    for at in range(1, len(name)):
        rises = name[at].isupper() and not name[at - 1].isupper()
        ends = name[at - 1].isupper() and name[at : at + 2].istitle() and len(name) > at + 1
        if (rises or ends) and at > start:
            parts.append(name[start:at])
            start = at
    return [*parts, name[start:]] if parts else []


def common(rows: int) -> int:
    """In how many of so many claims a word may be and still tell something."""
    return min(COMMON, max(FEW, rows // SHARE))


def chosen(rarities: Mapping[Term, int], rows: int) -> dict[Term, float]:
    """The rarest terms that are known and not common, with what each weighs.

    None where the prompt has several words and memory knows one of them: that is chance.
    """
    known = {term: count for term, count in rarities.items() if 0 < count <= common(rows)}
    if len(known) < min(LEAST, len(rarities)):
        return {}
    rarest = sorted(known, key=lambda term: (known[term], term))[:CHOSEN]
    return {term: log(1 + rows / known[term]) for term in rarest}


def fitting(holding: Mapping[Term, Iterable[str]], weights: Mapping[Term, float]) -> list[str]:
    """The claims that share enough of the chosen terms, best first; `holding` are those of each."""
    shared: dict[str, tuple[float, int]] = {}
    for term, addresses in holding.items():
        for address in set(addresses):
            weight, count = shared.get(address, (0.0, 0))
            shared[address] = weight + weights[term], count + 1
    least = min(LEAST, len(weights))
    floor = ENOUGH * sum(weights.values())
    kept = (a for a, (weight, count) in shared.items() if count >= least and weight >= floor)
    return sorted(kept, key=lambda address: (-shared[address][0], address))
