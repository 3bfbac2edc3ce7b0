"""Relocation: where the lines of an anchor are in a file as it is now, and the verdict on them.

Pure: the bytes of files in, verdicts out. Lines are compared as `anchor.line_hash` compares them,
without the blanks at their ends and without the empty ones; those that are left are *kept* lines.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from git_mnemo.anchor import LINE_BLANKS, Anchor
from git_mnemo.hashes import sha256
from git_mnemo.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FRESH, MOVED, DRIFTED, MISSING, UNKNOWN = "fresh", "moved", "drifted", "missing", "unknown"
STALE = frozenset({DRIFTED, MISSING})
"""The verdicts that fail a verification."""

TOO_SHORT = "too short to follow"
TWO_PLACES = "two places"
TOO_LARGE = "too large to follow"

ENOUGH_LINES = 3
ENOUGH_BYTES = 40
MOST_STEPS = 400_000
"""Windows of lines hashed in one file when all that is known of the lines is their hash."""
COMMON = 50
"""A line that stands more often than this in a file tells nothing of where others went."""


class Spot(NamedTuple):
    """A place in a file; without lines, all of it."""

    path: str
    first: int | None
    last: int | None


class Verdict(NamedTuple):
    """What became of an anchor. `now` is where it is, or for a drifted one the nearest match;
    None where there is nothing to point at. `reason` is why it is not known, or is missing."""

    name: str
    now: Spot | None = None
    reason: str | None = None


def is_stale(verdicts: Iterable[Verdict]) -> bool:
    """Whether any of these lines drifted, or the file of any is missing."""
    return any(one.name in STALE for one in verdicts)


class Text:
    """A file's kept lines, and the number that each has in the file, from 1."""

    def __init__(self, content: bytes) -> None:
        stripped = [line.strip(LINE_BLANKS) for line in content.split(b"\n")]
        self.numbers = [number for number, line in enumerate(stripped, 1) if line]
        self.kept = [line for line in stripped if line]
        self._where: dict[bytes, list[int]] | None = None
        self._windows: dict[str, list[tuple[int, int]]] = {}
        self._searched = 0

    def region(self, first: int | None, last: int | None) -> tuple[int, int]:
        """Start and end, as for a slice of `kept`, of lines `first` to `last`."""
        if first is None or last is None:
            return 0, len(self.kept)
        return bisect_left(self.numbers, first), bisect_right(self.numbers, last)

    def where(self) -> dict[bytes, list[int]]:
        """The places of each kept line in `kept`, in order."""
        if self._where is None:
            self._where = {}
            for at, line in enumerate(self.kept):
                self._where.setdefault(line, []).append(at)
        return self._where

    def copies(self, lines: Sequence[bytes]) -> list[int]:
        """The places where exactly these kept lines stand, in order."""
        starts = self.where().get(lines[0], []) if lines else []
        return [at for at in starts if self.kept[at : at + len(lines)] == list(lines)]

    def expect(self, digests: Iterable[str]) -> None:
        """Name hashes that may be searched for, so that one pass over the file finds them all."""
        for digest in digests:
            if digest not in self._windows:
                self._windows[digest] = []
                self._searched = 0

    def windows(self, digest: str, most: int) -> list[tuple[int, int]] | None:
        """Starts and ends of the slices of `kept`, of `most` lines at most, with this hash.

        None where that would be too much to look through.
        """
        most = min(most, len(self.kept))
        self.expect([digest])
        if most > self._searched:
            if len(self.kept) * most > MOST_STEPS:
                return None
            self._search(most)
        return [(start, end) for start, end in self._windows[digest] if end - start <= most]

    def _search(self, most: int) -> None:
        self._searched = most
        for found in self._windows.values():
            found.clear()
        wanted = {bytes.fromhex(digest): found for digest, found in self._windows.items()}
        for start in range(len(self.kept)):
            hashed = sha256()
            for end in range(start + 1, min(start + most, len(self.kept)) + 1):
                hashed.update(self.kept[end - 1] + b"\n")
                matched = wanted.get(hashed.digest()[:8])
                if matched is not None:
                    matched.append((start, end))

    def spot(self, path: str, start: int, end: int) -> Spot:
        """The place in the file of a slice of `kept`."""
        return Spot(path, self.numbers[start], self.numbers[end - 1])


def hash_of(kept: Iterable[bytes]) -> str:
    """The hash of kept lines, as `anchor.line_hash` has it for the lines they are from."""
    return sha256(b"".join(line + b"\n" for line in kept)).hexdigest()[:16]


def verdict(anchor: Anchor, path: str, now: Text, old: Text | None) -> Verdict:
    """The verdict on an anchor whose file is at `path` now, with the text `now`.

    `old` is the file as it was when the anchor was laid, where that is known. A region that is not
    in its place is found again where it has three kept lines or forty bytes of them, and one match
    is nearer than all others.
    """
    return in_place(anchor, path, now) or elsewhere(anchor, path, now, old)


def in_place(anchor: Anchor, path: str, now: Text) -> Verdict | None:
    """The verdict on lines that are where they were; None where others are there now."""
    start, end = now.region(anchor.first, anchor.last)
    if hash_of(now.kept[start:end]) != anchor.hash:
        return None
    here = Spot(path, anchor.first, anchor.last)
    return Verdict(FRESH if path == anchor.path else MOVED, here)


def elsewhere(anchor: Anchor, path: str, now: Text, old: Text | None) -> Verdict:
    """The verdict on lines that are not where they were; see `verdict`."""
    if anchor.first is None or anchor.last is None:
        return Verdict(DRIFTED, Spot(path, None, None))
    lines = _lines(anchor, old)
    matches = _matches(now, lines, anchor.hash, anchor.last - anchor.first + 1)
    if matches is None:
        return Verdict(UNKNOWN, None, TOO_LARGE)
    if not matches:
        return Verdict(DRIFTED, nearest(anchor, path, now, old if lines is not None else None))
    return _moved(anchor, path, now, matches, _copies(lines, old))


def _matches(
    now: Text, lines: list[bytes] | None, digest: str, most: int
) -> list[tuple[int, int]] | None:
    """Where the lines stand now: looked up where they are known, else searched by their hash."""
    if lines is None:
        return now.windows(digest, most)
    return [(at, at + len(lines)) for at in now.copies(lines)]


def _lines(anchor: Anchor, old: Text | None) -> list[bytes] | None:
    """The kept lines that the anchor was laid on, if the old file really has them."""
    if old is None:
        return None
    start, end = old.region(anchor.first, anchor.last)
    lines = old.kept[start:end]
    return lines if lines and hash_of(lines) == anchor.hash else None


def _copies(lines: list[bytes] | None, old: Text | None) -> int:
    return len(old.copies(lines)) if old is not None and lines is not None else 1


def _moved(
    anchor: Anchor, path: str, now: Text, matches: list[tuple[int, int]], copies: int
) -> Verdict:
    """The nearest of the matches, if it can be told from the others."""
    start, end = matches[0]
    if end - start < ENOUGH_LINES and sum(map(len, now.kept[start:end])) < ENOUGH_BYTES:
        return Verdict(UNKNOWN, None, TOO_SHORT)
    assert anchor.first is not None  # whole files do not come here
    away = sorted((abs(now.numbers[start] - anchor.first), start, end) for start, end in matches)
    # Where one of several copies is gone, nobody can say which of them it was.
    if len(matches) < copies or (len(away) > 1 and away[0][0] == away[1][0]):
        return Verdict(UNKNOWN, None, TWO_PLACES)
    _, start, end = away[0]
    return Verdict(MOVED, now.spot(path, start, end))


def nearest(anchor: Anchor, path: str, now: Text, old: Text | None) -> Spot | None:
    """Where in `now` most of what is left of the anchor's lines stands, or stood between the lines
    around it; None where nothing is left of them, or the old file is not known."""
    if old is None:
        return None
    start, end = old.region(anchor.first, anchor.last)
    shift = _shift(now, old, start, end)
    above, below = _around(now, old, start, end)
    if shift is None:
        if above is None or below is None or above + 1 >= below:
            return None
        return now.spot(path, above + 1, below)
    slack = end - start
    places = [
        at
        for line in old.kept[start:end]
        for at in now.where().get(line, ())
        if start + shift - slack <= at < end + shift + slack and len(now.where()[line]) <= COMMON
    ]
    first, last = min(places), max(places)
    # The lines at the ends may be those that changed: up to the lines that stood around them.
    if above is not None and 0 < first - above <= slack:
        first = above + 1
    if below is not None and 0 < below - last <= slack:
        last = below - 1
    return now.spot(path, first, last + 1)


def _shift(now: Text, old: Text, start: int, end: int) -> int | None:
    """By how many kept lines the region went down, as most of the bytes in it tell."""
    votes: dict[int, int] = {}
    for at in range(start, end):
        places = now.where().get(old.kept[at], ())
        for place in places if len(places) <= COMMON else ():
            votes[place - at] = votes.get(place - at, 0) + len(old.kept[at])
    if not votes:
        return None
    return min(votes, key=lambda shift: (-votes[shift], abs(shift), shift))


def _around(now: Text, old: Text, start: int, end: int) -> tuple[int | None, int | None]:
    """Where the line above the region and the one below it are now; None where that is not sure.

    The ends of a file count as lines.
    """
    above = now.where().get(old.kept[start - 1], []) if start else [-1]
    below = now.where().get(old.kept[end], []) if end < len(old.kept) else [len(now.kept)]
    return above[0] if len(above) == 1 else None, below[0] if len(below) == 1 else None
