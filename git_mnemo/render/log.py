"""The log, as people read it."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from git_mnemo.logbook import Event
from git_mnemo.render.look import Look, address, chain_short
from git_mnemo.render.styled import (
    ASIDE,
    BAD,
    FAINT,
    GONE,
    GOOD,
    ID,
    NEW,
    SESSION,
    WHEN,
    WHO,
    Line,
    cells,
    cut,
    of,
    padded,
)
from git_mnemo.render.text import SHORT

_SEEN_FIRST = 50
"""Events that are looked at before the first is shown, for the width of the dates."""
_TO_A_PIPE = 200
_KINDS = {"claim": "", "promote": GOOD, "join": GOOD, "archive": ASIDE, "restore": ASIDE,
          "stash": ASIDE, "pop": ASIDE, "prune": BAD, "purge": BAD, "link": FAINT}  # fmt: skip


def event_lines(events: Iterable[Event], look: Look) -> Iterator[Line]:
    """A line for each event."""
    if look.width is None:
        return (_to_a_pipe(one, look) for one in events)
    return _to_a_terminal(iter(events), look)


def _to_a_pipe(one: Event, look: Look) -> Line:
    """All of it, in columns, whatever the width."""
    return (
        of(WHEN, look.when(one.at) + "  ")
        + of(_KINDS.get(one.event, NEW), f"{one.event:<8} ")
        + of(WHO, padded(_who(one), 12) + " ")
        + of(SESSION, f"{one.session or '-':<12} ")
        + (address(one.address) + " " if one.address else Line())
        + of(GONE if one.hidden else "", cut(one.text, _TO_A_PIPE))
        + _warning(one)
    )


def _to_a_terminal(events: Iterator[Event], look: Look) -> Iterator[Line]:
    first = list(islice(events, _SEEN_FIRST))
    dates = max((cells(look.when(one.at)) for one in first), default=0)
    for one in chain(first, events):
        yield _in_columns(one, look, dates)


def _in_columns(one: Event, look: Look, dates: int) -> Line:
    """When, what, of which node, chain or session, in which words, and by whom."""
    warned = _warning(one)
    who = f"  ({cut(_who(one), 16)})"
    taken = dates + 2 + 8 + SHORT + 2 + cells(who) + (13 if warned else 0)
    assert look.width is not None
    return (
        of(WHEN, padded(look.when(one.at), dates) + "  ")
        + of(_KINDS.get(one.event, NEW), f"{one.event:<7} ")
        + _what(one)
        + of(GONE if one.hidden else "", cut(one.text, look.left(taken)))
        + warned
        + of(WHO if _who(one) != "-" else FAINT, who if _who(one) != "-" else "")
    )


def _what(one: Event) -> Line:
    if one.address is not None:
        return address(one.address) + "  "
    if one.chain is not None:
        return of(ID, f"{chain_short(one.chain):<{SHORT}}  ")
    return of(SESSION, f"{one.session or '':<{SHORT}}  ")


def _who(one: Event) -> str:
    return one.agent or one.author or "-"


def _warning(one: Event) -> Line:
    return of(BAD, "" if one.trusted else "  [untrusted]")
