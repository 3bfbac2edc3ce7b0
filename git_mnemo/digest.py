"""What an agent is told: facts, the most useful first, within a number of characters.

Pure: facts in, text out. Everything recorded stands inside a fence, on lines of ours; what stands
outside was written here.
"""

from __future__ import annotations

from git_mnemo import fence
from git_mnemo.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

START_SIZE = 4000
"""Characters of what is told when a session starts, all in all."""
SIZE = 1500
"""Characters of what is told with a prompt or a file."""
LONGEST = 400
"""Characters of one claim; `git mnemo show` has the rest."""
DRIFTED = ("drifted", "missing")


class Place(NamedTuple):
    """Lines of code that a claim is about, as a user would write them, and the verdict on them."""

    where: str
    verdict: str


class Fact(NamedTuple):
    """One claim to tell. `by` and `at` are who recorded it and when (unix seconds), as far as is
    known; `shared`: it stands in the project, not in a session alone."""

    address: str
    text: str
    domain: str
    by: str | None
    at: int | None
    places: tuple[Place, ...]
    shared: bool = True

    @property
    def stale(self) -> bool:
        """Whether the code that it is about has changed since."""
        return any(place.verdict in DRIFTED for place in self.places)


class Section(NamedTuple):
    """Facts under a heading; the heading is ours."""

    heading: str
    facts: Sequence[Fact]


class Said(NamedTuple):
    """A text for the agent, and the claims that it tells."""

    text: str
    addresses: tuple[str, ...]


NOTHING = Said("", ())


def compose(
    intro: Sequence[str], sections: Iterable[Section], outro: Sequence[str], size: int, now: int,
    seed: str,
) -> Said:  # fmt: skip
    """The text with as many facts as fit into `size` characters; nothing where there are none.

    `intro` and `outro` stand outside of the fence. A fact is told once, in the first section that
    has it; facts about code that changed come last in theirs.
    """
    room = size - fence.OVERHEAD - sum(len(line) + 1 for line in (*intro, *outro))
    lines: list[str] = []
    told: dict[str, None] = {}
    for heading, facts in sections:
        opened = False
        for fact in sorted(facts, key=lambda one: one.stale):
            if fact.address in told:
                continue
            new = [*([] if opened else [f"{heading}:"]), *_lines(fact, now)]
            cost = sum(len(line) + 1 for line in new)
            if cost > room:
                continue
            room -= cost
            lines += new
            told[fact.address] = None
            opened = True
    if not told:
        return NOTHING
    return Said("\n".join([*intro, fence.wrap("\n".join(lines), seed), *outro]), tuple(told))


def _lines(fact: Fact, now: int) -> list[str]:
    text = fence.cut(fence.plain(fact.text), LONGEST)
    return [f"- [{fact.address[:10]}] {text}", f"    {origin(fact, now)}"]


def origin(fact: Fact, now: int) -> str:
    """Where a fact comes from: its kind, who recorded it and when, and what became of its code."""
    parts = [fact.domain]
    by = fence.cut(fence.plain(fact.by), 60) if fact.by else ""
    recorded = " ".join(filter(None, (f"by {by}" if by else "", _ago(fact.at, now))))
    parts += [f"recorded {recorded}"] if recorded else []
    parts += [] if fact.shared else ["in this session only"]
    parts += [_verdict(place) for place in fact.places[:3]]
    return "; ".join(parts)


def _verdict(place: Place) -> str:
    where = fence.cut(fence.plain(place.where), 120)
    then = " (that code changed since: check before relying on it)"
    return f"{where} {place.verdict}{then if place.verdict in DRIFTED else ''}"


def _ago(at: int | None, now: int) -> str:
    if at is None:
        return ""
    seconds = max(0, now - at)
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"
