"""Words: what of a text can be searched for, and what a question asks for.

The tokenizer of the index makes words out of letters and digits, and stems them. What it cannot
know is added here: the words inside of `ConnectionPool`, and pairs of characters for scripts that
put no blanks between words. Both sides, text and question, go through this one place.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from git_mnemo.terms import LONGEST, STOP
from git_mnemo.terms import Term as Term

AROUND = 64
"""Words of a claim that its neighbours are found by."""

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_MONTHS = frozenset(month.lower() for month in MONTHS)

_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_ASCII = re.compile(r"[A-Za-z0-9]+")
_MIXED = re.compile(r"[a-z0-9][A-Z]|[A-Z]{2}[a-z]")
# Holds where that does, and is quick to say no: few letters of a text are capital ones, and only
# what begins with a set of characters is looked for without trying each place.
_MAY_BE_MIXED = re.compile(r"[A-Z](?<=[A-Za-z0-9][A-Z])")
# With `split` the words of ASCII text, in a fifth of the time that an expression takes.
_BLANKS = bytes(ord(chr(code).lower()) if chr(code).isalnum() else 32 for code in range(128))
_BLANKS += bytes(128)
_STOP = frozenset(word.encode() for word in STOP)
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# Begins at no place within a word: else a paste of one long word is read again from each of them.
_NAME = re.compile(r"(?<![^\W_])[^\W_]++(?:_++[^\W_]++)+")
_YEAR = re.compile(r"(?:19|20)\d\d")


def inside(text: str) -> str:
    """The words that the tokenizer does not see: those of mixed case, and pairs of characters."""
    mixed = _MAY_BE_MIXED.search(text) is not None
    if not mixed and text.isascii():
        return ""
    found = list(_all_parts(text)) if mixed else []
    if not text.isascii():
        for run in _UNSPACED.findall(text):
            found += [*_pairs(run), run[-1]]
        for word in _WORD.findall(text):  # what stands beside them without a blank
            if _UNSPACED.search(word) is not None:
                found += _UNSPACED.sub(" ", word).split()
    return " ".join(found)


def sizes(text: str) -> tuple[int, int]:
    """How many words a text has, and by how many of them its neighbours are found: so many of the
    first that are no stop words."""
    if text.isascii():
        plain = text.encode().translate(_BLANKS).split()
        count, stop = len(plain), sum(map(_STOP.__contains__, plain))
    else:
        found = _WORD.findall(text.lower())
        count, stop = len(found), sum(map(STOP.__contains__, found))
    return count, min(AROUND, count - stop)


def end_of_telling(text: str) -> int:
    """Where in a text the last word ends that its neighbours are found by."""
    left = AROUND
    for word in _WORD.finditer(text):
        left -= word[0].lower() not in STOP
        if not left:
            return word.end()
    return len(text)


def asked(question: str) -> list[Term]:
    """What a question asks for, each once. Stop words count only where there is nothing else."""
    runs = _UNSPACED.findall(question)
    spaced = _UNSPACED.sub(" ", question) if runs else question
    found = [Term(word) for word in _words(spaced)]
    kept = [term for term in found if term.text not in STOP]
    kept += [Term(part) for part in _all_parts(spaced) if part not in STOP]
    kept += [Term(" ".join(_words(name))) for name in _NAME.findall(spaced)]
    kept += [Term(pair) for run in runs for pair in _pairs(run)]
    kept += [Term(run, is_prefix=True) for run in runs if len(run) == 1]
    return list(dict.fromkeys(term for term in kept or found if term.text))


def names_a_date(terms: list[Term]) -> bool:
    """Whether a month or a year is asked for."""
    return any(term.text in _MONTHS or _YEAR.fullmatch(term.text) for term in terms)


def _words(text: str) -> Iterator[str]:
    return (word for word in _WORD.findall(text.lower()) if len(word) <= LONGEST)


def _all_parts(text: str) -> Iterator[str]:
    """The parts of names of mixed case: `connection` and `pool` of `ConnectionPool`."""
    for name in _ASCII.findall(text):
        if len(name) <= LONGEST and _MIXED.search(name) is not None:
            yield from map(str.lower, _PART.findall(name))


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)]


def size(text: str) -> int:
    """How many words a text has."""
    return len(_WORD.findall(text))


def focus(sentences: Sequence[str], terms: Iterable[Term]) -> int:
    """Where in a text of these sentences the one begins that holds most of the terms."""
    stems = {_stem(word) for term in terms for word in term.text.split(" ")}
    best, place, at = 0, 0, 0
    for sentence in sentences:
        lowered = sentence.lower()
        held = sum(stem in lowered for stem in stems)
        if held > best:
            best, place = held, at
        at += len(sentence)
    return place


def _stem(word: str) -> str:
    """Enough of a word to find its other forms by, roughly."""
    return word[: max(3, len(word) - 2)]
