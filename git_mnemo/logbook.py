"""The log: who claimed, promoted, archived what, and when, newest first."""

import heapq
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from git_mnemo import listing, notes, refs, session, showing, trust
from git_mnemo.message import Message, Told, printable
from git_mnemo.refs import PROJECT
from git_mnemo.repository import Repository
from git_mnemo.session import Session
from git_mnemo.showing import Shown
from git_mnemo.store import history, layout
from git_mnemo.store.objects import Commit
from git_mnemo.view import View

VERBS = frozenset({"claim", "stash", "pop", "link", "promote"})


class Event(NamedTuple):
    """One thing that happened; `at` in unix seconds, `text` what the log shows of it. `trusted`:
    who moved the project is, or what is told is of this clone; `hidden`: the view hides it."""

    at: int
    event: str
    session: str | None
    chain: str | None
    address: str | None
    author: str | None
    agent: str | None
    commit: str | None
    text: str
    trusted: bool = True
    hidden: bool = False


class _About(NamedTuple):
    """What a log is limited to: None is no limit."""

    session: str | None = None
    chain: str | None = None
    address: str | None = None

    def meets(self, event: Event) -> bool:
        return (
            (self.session is None or event.session == self.session)
            and (self.chain is None or event.chain == self.chain)
            and (self.address is None or event.address == self.address)
        )


def events(
    repository: Repository, wanted: str | None, now: int, text: str | None, *, hidden: bool
) -> Iterator[Event]:
    """What happened, or what happened to the chain, node or session that `text` names.

    Claims that the working view hides are left out unless `hidden`.
    """
    about = _about(showing.show(repository, wanted, now, text)) if text else _About()
    view = listing.open_view(repository, listing.current_members(repository, wanted, now))
    known = [*session.live(repository), *session.all_archived(repository)]
    sound = [one for one in known if session.is_sound(repository, one)]
    # Within one second, what ends a thing comes after it: so these stand first, newest first.
    streams = [
        _of_notes(repository, notes.PRUNED, "prune"),
        _of_notes(repository, notes.RESTORED, "restore"),
        _of_notes(repository, notes.ARCHIVED, "archive", but={one.ref for one in known}),
        *(_of_archive(repository, one) for one in sound if one.archived_at is not None),
        _of_project(repository, about.address),
        *(_of_session(repository, one) for one in sound if one.archived_at is None),
    ]
    for event in heapq.merge(*streams, key=lambda event: -event.at):
        if not about.meets(event):
            continue
        if not _is_hidden(view, event):
            yield event
        elif hidden or about.address:
            yield event._replace(hidden=True)


def promoted(repository: Repository) -> Iterator[str]:
    """The chains of the project, each once, those first that were promoted last."""
    seen: set[str] = set()
    store = repository.store
    for _, commit in history.walk(store, store.ref(PROJECT)):
        chain = history.message_of(commit).chain
        if chain is not None and chain not in seen:
            seen.add(chain)
            yield chain


def _about(shown: Shown) -> _About:
    if shown.session is not None:
        return _About(session=shown.session.id)
    if shown.chain is not None:
        return _About(chain=shown.chain.id)
    assert shown.node is not None
    return _About(address=shown.node.address)


def _is_hidden(view: View, event: Event) -> bool:
    return (
        event.event == "claim" and event.address is not None and view.hiding.hidden(event.address)
    )


def _of_session(repository: Repository, one: Session) -> Iterator[Event]:
    for oid, commit in history.walk(repository.store, one.tip):
        said = history.message_of(commit)
        told = list(layout.told_and_added(repository.store, commit, said.nodes))
        verb = said.verb if said.verb in VERBS else "claim"
        yield from _of_lines(repository, oid, commit, said, verb, told)


def _of_lines(
    repository: Repository,
    oid: str,
    commit: Commit,
    said: Message,
    verb: str,
    told: Iterable[Told],
) -> Iterator[Event]:
    for member, _, agent in reversed(list(told)):
        if member.position == 0:
            continue
        found = layout.node_at(repository.store, member.address)
        yield Event(
            commit.committer.at,
            verb if found is None or found.type not in ("stash", "resume") else
            {"stash": "stash", "resume": "pop"}[found.type],
            said.session,
            member.chain,
            member.address,
            printable(commit.author.name),
            agent,
            oid,
            found.text if found is not None else "(a node of a newer version)",
        )  # fmt: skip


def _of_project(repository: Repository, address: str | None) -> Iterator[Event]:
    """The moves of the project; only those that brought the node `address`, where one is given."""
    store = repository.store
    tip = store.ref(PROJECT)
    limit = trust.of(repository, tip)
    for oid, commit in history.walk(store, tip):
        said = history.message_of(commit)
        if address is not None and address not in {told.member.address for told in said.nodes}:
            continue
        joined = len(commit.parents) > 1
        yield Event(
            commit.committer.at,
            "join" if joined else said.verb if said.verb in ("link", "purge") else "promote",
            said.session,
            said.chain,
            address,
            printable(commit.committer.name),
            None,
            oid,
            "" if joined else said.subject,
            joined or limit is None or limit.vouches(oid),
        )


def _of_archive(repository: Repository, one: Session) -> Iterator[Event]:
    yield Event(one.archived_at or 0, "archive", one.id, None, None, None, None, one.tip, one.ref)
    yield from _of_session(repository, one)


def _of_notes(
    repository: Repository, kind: str, event: str, but: AbstractSet[str] = frozenset()
) -> Iterator[Event]:
    """What the notes of one kind tell, but for refs that stand and tell it themselves."""
    for note in reversed(notes.read(repository, kind)):
        told = refs.parse_archive(note.ref)
        if told is not None and note.ref not in but:
            yield Event(note.at, event, told.session, None, None, None, None, note.tip, note.ref)
