"""Where things stand: what `git mnemo` alone prints."""

from collections.abc import Iterator

from git_mnemo.relocation import STALE
from git_mnemo.render.anchors import anchor_lines
from git_mnemo.render.chains import chain_line
from git_mnemo.render.look import Look, address
from git_mnemo.render.styled import (
    BAD,
    FAINT,
    NEW,
    SESSION,
    TITLE,
    WHEN,
    Line,
    cells,
    cut,
    joined,
    of,
    plain,
)
from git_mnemo.render.text import SHORT, many
from git_mnemo.standing import Stale, Status

MOST_CHAINS = 20
"""Chains of the session that are listed on a terminal; the rest are counted."""
MOST_STALE = 3


def status_text(one: Status, now: int) -> str:
    """Where things stand, without a terminal."""
    return "\n".join(map(plain, status_lines(one, Look(now))))


def status_lines(one: Status, look: Look) -> Iterator[Line]:
    """The session and its chains; the project and who it is shared with; the next step."""
    yield from _session(one, look)
    yield Line()
    yield from _chains(one, look)
    yield from _project(one, look)
    yield from _warnings(one, look)
    yield Line()
    command, reason = next_step(one)
    yield "next: " + of(TITLE, command) + of(FAINT, f"     ({reason})" if reason else "")


def _session(one: Status, look: Look) -> Iterator[Line]:
    if one.session is None:
        yield Line(("", "no session: the next claim begins one"))
        return
    held = f": {many(one.nodes, 'claim')}, {one.active} visible in {many(len(one.chains), 'chain')}"
    last = Line()
    if one.last_claim is not None:
        last = ", last claim " + of(WHEN, look.since(one.last_claim))
    yield "session " + of(SESSION, one.session) + held + last
    if one.quiet:
        yield of(NEW, "quiet for long: the next claim begins a new session, unless you say")
        yield "    " + of(TITLE, f"git mnemo session resume {one.session}")


def _chains(one: Status, look: Look) -> Iterator[Line]:
    """Those extended last first: that is where the work was."""
    latest = sorted(one.chains, key=lambda info: (-info.extended, info.id))
    shown = latest if look.width is None else latest[:MOST_CHAINS]
    yield from ("  " + chain_line(info, look, 2) for info in shown)
    if len(shown) < len(latest):
        yield of(FAINT, f"  and {many(len(latest) - len(shown), 'chain')} more: git mnemo chains")
    if shown:
        yield Line()


def _project(one: Status, look: Look) -> Iterator[Line]:
    held = f"{many(one.project_chains, 'chain')}, {many(one.project_nodes, 'claim')}"
    moved = Line()
    if one.promoted_at is not None:
        moved = ", last promotion " + of(WHEN, look.since(one.promoted_at))
    yield of(TITLE, "project") + f"     {held}" + moved
    left = sum(info.preliminary_nodes for info in one.chains if info.status != "stashed")
    if one.preliminary:
        waiting = f"{many(one.preliminary, 'chain')}, {many(left, 'claim')} of this session"
        yield of(TITLE, "unpromoted") + "  " + of(NEW, waiting)
    if one.remote is not None:
        yield of(TITLE, "unshared") + "    " + _shared(one)
    yield of(TITLE, "sessions") + f"    {one.sessions:,} live, {one.archived:,} archived"


def _shared(one: Status) -> Line:
    to_push, to_join = one.unshared or 0, one.incoming or 0
    parts = [
        of(NEW if to_push else "", f"{many(to_push, 'node')} to push to {one.remote}"),
        of(NEW if to_join else "", f"{to_join:,} to join"),
        of(BAD, "a push is queued" if one.queued else ""),
    ]
    return joined(", ", parts)


def _warnings(one: Status, look: Look) -> Iterator[Line]:
    if one.went_stale:
        yield from _stale(one.went_stale, look)
    if one.opaque:
        yield of(BAD, f"{many(one.opaque, 'node')} need a newer git mnemo")
    if one.ignored:
        names = ", ".join(one.ignored[:3])
        yield of(BAD, f"{many(len(one.ignored), 'ref')} with names that are not ours: ") + names
    for id_, other in one.held_back.items():
        why = f"it rests on {other}, which is stashed"
        yield Line(("", f"{id_} is not promoted by itself: {why}"))
    yield from (Line(("", f"nothing expires by itself: {doubt}")) for doubt in one.doubts)


def _stale(found: list[Stale], look: Look) -> Iterator[Line]:
    """The claims whose code has changed, the first of them by name."""
    told = of(BAD, f"{many(len(found), 'claim')} out of date")
    yield of(TITLE, "stale") + "       " + told + ": git mnemo verify"
    for stale in found[:MOST_STALE]:
        line = "    " + address(stale.address)
        if stale.node is not None:
            at = next(at for at, told in enumerate(stale.verdicts) if told.name in STALE)
            (place,) = anchor_lines([stale.node.anchors[at]], [stale.verdicts[at]])
            said = cut(stale.node.text, look.left(4, SHORT, 4, cells(plain(place))) or 72)
            line = line + "  " + place + of(FAINT, f"  {said}")
        yield line
    if len(found) > MOST_STALE:
        yield of(FAINT, f"    and {len(found) - MOST_STALE} more")


def next_step(one: Status) -> tuple[str, str]:
    """The command that a user most likely wants now, and why."""
    if one.preliminary:
        return "git mnemo promote --all", f"{many(one.preliminary, 'chain')} to promote"
    if one.incoming:
        return "git mnemo pull", f"{many(one.incoming, 'node')} of others to join"
    if one.unshared:
        return "git mnemo push", f"{many(one.unshared, 'node')} to share"
    if one.session is not None and one.nodes:
        return "git mnemo archive", "everything here is in the project, or put aside"
    return 'git mnemo claim "what you found, decided or ruled out"', ""
