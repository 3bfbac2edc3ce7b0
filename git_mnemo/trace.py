"""Tracing entries back to the commits that added them: who claimed them, when, as which agent."""

from __future__ import annotations

from git_mnemo.record import NamedTuple
from git_mnemo.store import history, layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from git_mnemo.chain import Member
    from git_mnemo.message import Told
    from git_mnemo.store.interface import Store
    from git_mnemo.store.objects import Person


class Traced(NamedTuple):
    """One entry's line in the commit that added it, and that commit's author and session."""

    told: Told
    author: Person
    session: str | None


def told_by(store: Store, tip: str | None, wanted: Iterable[Member]) -> dict[Member, Traced]:
    """What the history behind `tip` tells of these entries; walked only until all are found."""
    missing = set(wanted)
    found: dict[Member, Traced] = {}
    for _, commit in history.walk(store, tip) if missing else ():
        said = history.message_of(commit)
        lines = [told for told in said.nodes if told.member in missing]
        for told in layout.told_and_added(store, commit, lines):
            found[told.member] = Traced(told, commit.author, said.session)
            missing.discard(told.member)
        if not missing:
            break
    return found


def spans(store: Store, tip: str | None, members: Iterable[Member]) -> dict[str, tuple[int, int]]:
    """Of each chain, when its first and its last entry were claimed, as the history tells.

    `members` are the entries that stand at `tip`; lines that name others are passed over.
    """
    standing = set(members)
    found: dict[str, tuple[int, int]] = {}
    for _, commit in history.walk(store, tip):
        for told in history.message_of(commit).nodes:
            if told.member in standing:
                first, last = found.get(told.member.chain, (told.at, told.at))
                found[told.member.chain] = min(first, told.at), max(last, told.at)
    return found
