"""Anchors and the verdicts on them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from git_mnemo.anchor import Anchor
from git_mnemo.message import printable
from git_mnemo.relocation import FRESH, MOVED, Spot, Verdict
from git_mnemo.render.claims import Json
from git_mnemo.render.look import Look, address
from git_mnemo.render.styled import ASIDE, BAD, FAINT, GOOD, WHEN, Line, cells, cut, of, plain
from git_mnemo.render.text import many
from git_mnemo.verifying import Checked

_ORDER = ("fresh", "moved", "drifted", "missing", "unknown")


def anchors_json(anchors: Sequence[Anchor], verdicts: Sequence[Verdict]) -> list[Json]:
    """A node's anchors, each with its verdict where that was asked for."""
    return [
        {
            "path": path_text(anchor.path),
            "first": anchor.first,
            "last": anchor.last,
            "hash": anchor.hash,
            "blob": anchor.blob,
        }
        | (_verdict_json(verdict) if verdict is not None else {})
        for anchor, verdict in zip_longest(anchors, verdicts)
    ]


def _verdict_json(verdict: Verdict) -> Json:
    now = verdict.now
    place = now and {"path": path_text(now.path), "first": now.first, "last": now.last}
    answer: Json = {"verdict": verdict.name, "now": place}
    return answer if verdict.reason is None else answer | {"reason": verdict.reason}


def verified_json(checked: Iterable[Checked]) -> Json:
    """What `verify` answers."""
    return {
        "anchors": [
            {
                "address": one.address,
                "path": path_text(one.anchor.path),
                "first": one.anchor.first,
                "last": one.anchor.last,
            }
            | _verdict_json(one.verdict)
            for one in checked
        ]
    }


VERDICT = {"fresh": GOOD, "moved": WHEN, "drifted": BAD, "missing": BAD, "unknown": ASIDE}


def anchors_text(anchors: Sequence[Anchor], verdicts: Sequence[Verdict]) -> Iterator[str]:
    """A node's anchors, each on a line with what became of it."""
    return map(plain, anchor_lines(anchors, verdicts))


def anchor_lines(anchors: Sequence[Anchor], verdicts: Sequence[Verdict]) -> Iterator[Line]:
    """The same, for a terminal."""
    for anchor, verdict in zip_longest(anchors, verdicts):
        place = Line(("", _place(_laid(anchor))))
        if verdict is not None:
            place = place + of(VERDICT.get(verdict.name, BAD), _told(anchor, verdict))
        yield place


def _told(anchor: Anchor, verdict: Verdict) -> str:
    """What a verdict adds to the place; nothing where the lines are where they were."""
    if verdict.name == FRESH:
        return ""
    if verdict.now is not None:
        word = "moved to" if verdict.name == MOVED else f"{verdict.name}, nearest"
        same = verdict.now == _laid(anchor)
        return f"  [{verdict.name}]" if same else f"  [{word} {_place(verdict.now)}]"
    return f"  [{verdict.name}{': ' if verdict.reason else ''}{verdict.reason or ''}]"


def verified_lines(checked: Iterable[Checked], look: Look) -> Iterator[Line]:
    """What `verify` found, a line for each anchor."""
    for one in checked:
        place = f"{_place(_laid(one.anchor))}{_aside(one.anchor, one.verdict)}"
        yield (
            of(VERDICT.get(one.verdict.name, BAD), f"{one.verdict.name:<8} ")
            + address(one.address)
            + f" {place}  "
            + of(FAINT, cut(one.node.text, look.left(20, cells(place), 2) or 50))
        )


def _aside(anchor: Anchor, verdict: Verdict) -> str:
    """Where the lines are now, or why nobody knows, beside a verdict that is told already."""
    if verdict.reason is not None:
        return f" ({verdict.reason})"
    if verdict.now is None or verdict.now == _laid(anchor):
        return ""
    now = _place(verdict.now)
    return f" -> {now}" if verdict.name == MOVED else f" (nearest: {now})"


def tally(checked: Sequence[Checked]) -> str:
    """`3 anchors: 2 fresh, 1 drifted`."""
    counts = Counter(one.verdict.name for one in checked)
    parts = [f"{counts[name]:,} {name}" for name in _ORDER if counts[name]]
    return f"{many(len(checked), 'anchor')}{': ' if parts else ''}{', '.join(parts)}"


def _laid(anchor: Anchor) -> Spot:
    return Spot(anchor.path, anchor.first, anchor.last)


def _place(spot: Spot) -> str:
    path = printable(path_text(spot.path))
    if spot.first is None:
        return path
    lines = f"{spot.first}" if spot.first == spot.last else f"{spot.first}-{spot.last}"
    return f"{path}:{lines}"


def path_text(path: str) -> str:
    """A path as text: bytes that are not UTF-8 are replaced."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
