"""Chain: an ordered line of reasoning, a folder of nodes filed by the day it began.

Ids, paths and entry names are pure functions of what they name, so that two machines that never
met file the same thing in the same place, and a union of trees is all a merge needs.
"""

from __future__ import annotations

from itertools import repeat

from git_mnemo import moment
from git_mnemo.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_DIGITS = "0123456789"
_HEX = "0123456789abcdef"
ID_LENGTH = len("ch_20261123_8a1b2c3d4e5f6a7b")
MAX_POSITION = 999_999

# Those of four digits that were read before: of most chains the same few.
_positions: dict[str, int] = {}


class Entry(NamedTuple):
    """A node's place in a chain; entries order by position, then by address."""

    position: int
    address: str


class Member(NamedTuple):
    """One entry of one chain of a store."""

    chain: str
    position: int
    address: str


def chain_id(day: str, title_address: str) -> str:
    """The id of a chain begun on `day` (`YYYYMMDD`, UTC) with that title node."""
    return f"ch_{day}_{title_address[:16]}"


def is_chain_id(text: str) -> bool:
    """Whether `text` is a whole chain id, of a day that exists."""
    return (
        len(text) == ID_LENGTH
        and text.startswith("ch_")
        and text[11] == "_"
        and moment.is_day(text[3:7], text[7:9], text[9:11])
        and not text[12:].strip(_HEX)
    )


def folders(id_: str) -> tuple[str, str, str, str]:
    """The chain's path: `YYYY-MM`, `DD`, the first two hex, the id."""
    return f"{id_[3:7]}-{id_[7:9]}", id_[9:11], id_[12:14], id_


def entry_name(position: int, address: str) -> str:
    """The file name of an entry: the position in four digits or more, and the whole address."""
    return f"{position:04d}-{address}"


def parse_entry(name: str, width: int = 40) -> Entry | None:
    """The entry of a file name; None where it breaks the format."""
    digits, _, address = name.partition("-")
    return entry_of(digits, address, width)


def entry_of(digits: str, address: str, width: int = 40) -> Entry | None:
    """The entry of the two halves of its file name; None where they break the format."""
    at = position(digits)
    if at is None or len(address) != width or address.strip(_HEX):
        return None
    return Entry(at, address)


def position(digits: str) -> int | None:
    """The position that four digits or more tell; None where they break the format."""
    known = _positions.get(digits)
    if known is not None:
        return known
    if not 4 <= len(digits) <= 6 or digits.strip(_DIGITS) or (len(digits) > 4 and digits[0] == "0"):
        return None
    if len(digits) == 4:
        _positions[digits] = int(digits)
    return int(digits)


def entries(positions: Iterable[int], addresses: Iterable[str]) -> list[Entry]:
    """Entries of positions and addresses, made without a step of Python for each."""
    pairs = zip(positions, addresses, strict=True)
    return [*map(tuple.__new__, repeat(Entry), pairs)]


def began(id_: str) -> int:
    """The start of the day in the id, in unix seconds."""
    return moment.days_since_epoch(int(id_[3:7]), int(id_[7:9]), int(id_[9:11])) * 86400


def ordered(entries: Iterable[Entry]) -> list[Entry]:
    """The entries in reading order; where a union brought a node twice, the lower one counts."""
    seen: set[str] = set()
    kept: list[Entry] = []
    for entry in sorted(entries):
        if entry.address not in seen:
            seen.add(entry.address)
            kept.append(entry)
    return kept


def has_gaps(entries: Iterable[Entry]) -> bool:
    """Whether a position below the largest is taken by no entry."""
    positions = {entry.position for entry in entries}
    return bool(positions) and len(positions) != max(positions) + 1
