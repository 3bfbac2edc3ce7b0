"""Which decision records say that they replace, or are replaced by, which others."""

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

NAME = re.compile(r"(?i)^(?:adr[-_ ]?)?(\d{1,6})[-_. ].*\.(?:md|markdown)$")
"""How the file of a record is called, with its number."""

_KEYWORD = re.compile(
    r"(?i)\b(?:(superse|superce)des|(?:replac|obsolet)es"
    r"|(?P<by>(?:superse|superce|replac|obsolet)d?ed[-_ ]{1,3}by))\b"
)
_LIMITED = re.compile(
    r"(?i)\b(?:part(?:s|ly|ial|ially)?|only|except|(?:decision|section)s?\s+\d"
    r"|not|never|would|may|might|could)\b"
)
"""Words of a line by which a relation is none, or is about less than all of a record."""
_OPEN = re.compile(r"(?i)\W*(?:proposed|draft|rejected|withdrawn|wip|in review|under )")
_LINK = re.compile(r"\[[^\[\]\n]{0,300}\]\(<?([^()<>\s]{1,300})>?[^()\n]{0,100}\)")
_NUMBER = re.compile(
    r"(?i)(?:\badr[-_ #]{0,3}|#|\[|^[\s:]{0,9}|(?:,|&|\band)\s{0,9})(\d{1,6})\b(?![-.]\d)"
)
_IN_NAME = re.compile(r"(?i)^(?:adr[-_ ]?)?(\d{1,6})(?!\d)")


class Named(NamedTuple):
    """Another record as a record names it: by the target of a link, or by a number."""

    target: str | None
    number: int | None


def named(status: str) -> tuple[list[Named], list[Named]]:
    """What a status says to be replaced, and what it says that replaces it.

    A record that is only proposed, or that was rejected, replaces nothing; nor does one that
    replaces a part of another hide it.
    """
    replaced: list[Named] = []
    replacing: list[Named] = []
    if re.search(r"\w[ \t]{1,9}\|[ \t]{1,9}\w", status):
        return replaced, replacing  # a template's choice
    for line in _lines(status):
        found = [*_KEYWORD.finditer(line)]
        if not found or _LIMITED.search(_LINK.sub("", line)):
            continue
        if re.search(r"(?i)\bthe\b", line[: found[0].start()]):
            continue  # of something in it
        for one, following in zip(found, [*found[1:], None], strict=True):
            span = line[one.end() : following.start() if following else len(line)]
            (replacing if one["by"] else replaced).extend(_references(span))
    return [] if _OPEN.match(status.strip()) else replaced, replacing


def _lines(status: str) -> Iterator[str]:
    """Its lines; one that ends with the word of a relation goes on in the next."""
    held = ""
    for line in re.split(r"[\n;]", status):
        held = f"{held} {line}" if held else line
        found = [*_KEYWORD.finditer(held)]
        if found and not held[found[-1].end() :].strip(" \t:*_") and len(held) < 1000:
            continue
        yield held
        held = ""
    if held:
        yield held


def _references(span: str) -> Iterator[Named]:
    for link in _LINK.finditer(span):
        yield Named(link[1], None)
    rest = re.split(r"(?<!\d)\.\s", _LINK.sub(" ", span), maxsplit=1)[0]
    for number in _NUMBER.finditer(rest):
        yield Named(None, int(number[1]))


class Records:
    """Records by their files' names and their numbers."""

    def __init__(self, numbers: dict[str, int | None]) -> None:
        self._names = numbers.keys()
        self._by_number: dict[tuple[str | None, int], set[str]] = {}
        for name, number in numbers.items():
            if number is not None:
                for folder in (posixpath.dirname(name), None):
                    self._by_number.setdefault((folder, number), set()).add(name)

    def find(self, of: str, other: Named) -> str | None:
        """The name of the record that a record means; None where that is none, or not the only."""
        folder = posixpath.dirname(of)
        number = other.number
        if other.target is not None:
            path, _, spot = other.target.partition("#")
            name = posixpath.normpath(posixpath.join(folder, path))
            for whole in (name, f"{name}.md"):
                if path and whole in self._names:
                    return whole if whole != of else None
            counted = _IN_NAME.match(posixpath.basename(path) or spot)
            number = int(counted[1]) if counted else None
        if number is None:
            return None
        found = self._by_number.get((folder, number)) or self._by_number.get((None, number))
        if found is None or len(found) > 1:
            return None
        (only,) = found
        return only if only != of else None
