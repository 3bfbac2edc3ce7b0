"""Archive: a session's ref under another name, with the time of the move in it. Nothing else moves,
so nothing can be lost; a crash between the two names leaves both, and the next run tidies up."""

import contextlib
from collections.abc import Iterable
from typing import NamedTuple

from git_mnemo import loose, marks, notes, ongoing, refs, session
from git_mnemo.errors import MnemoError, RefMoved
from git_mnemo.index import Index
from git_mnemo.notes import Note
from git_mnemo.refs import RefUpdate
from git_mnemo.repository import Repository
from git_mnemo.session import Session
from git_mnemo.store import history, layout
from git_mnemo.view import View, pick

IDLE = 14 * 86400
"""Seconds of silence after which `archive --idle` takes a session."""


TRIES = 100
"""How often archiving and restoring start over on a session that others move."""


class Put(NamedTuple):
    """One archived session: its new ref, when, and how many of its nodes the project lacks."""

    session: str
    ref: str
    at: int
    unpromoted: int


class Restored(NamedTuple):
    """One session that is live again."""

    session: str
    ref: str


# -- archiving ---------------------------------------------------------------------------------


def add(repository: Repository, id_: str, now: int) -> list[Put]:
    """Archive a session and its agents' stores, all at one time, in one transaction."""
    for _ in range(TRIES):
        repair(repository)
        members = session.members(repository, id_)
        if not members:
            _refuse_unless_archived(repository, id_)
            ongoing.leave(repository, {id_})
            return []
        taken = {one.ref for one in session.all_archived(repository)}
        at = first_free(taken, [one.id for one in members], now)
        counted = [unpromoted(repository, one) for one in members]
        try:
            repository.store.update_refs(plan(members, at), "mnemo: archive")
        except RefMoved:
            continue  # it was claimed into, or someone took the name
        made = (Note(refs.archive_ref(one.id, at), one.tip or "", now) for one in members)
        notes.write(repository, notes.ARCHIVED, made)
        ongoing.leave(repository, {id_, *(one.id for one in members)})
        session.none_left(repository)
        loose.pack(repository)
        return [
            Put(one.id, refs.archive_ref(one.id, at), at, count)
            for one, count in zip(members, counted, strict=True)
        ]
    raise RefMoved(refs.session_ref(id_))


def _refuse_unless_archived(repository: Repository, id_: str) -> None:
    archived = any(refs.of_family(id_, one.id) for one in session.all_archived(repository))
    started = ongoing.read(repository)
    if not archived and (started is None or started[0] != id_):
        raise MnemoError("not-found", f"no session {id_} is known here.", "git mnemo session list")


def first_free(taken: set[str], ids: Iterable[str], now: int) -> int:
    """The first second from `now` on at which none of these sessions was archived before."""
    ids = list(ids)
    at = max(1, now)
    while any(refs.archive_ref(id_, at) in taken for id_ in ids):
        at += 1
    return at


def plan(members: Iterable[Session], at: int) -> list[RefUpdate]:
    """The moves that archive these sessions: every archive is made before a session goes."""
    members = list(members)
    return [
        *(RefUpdate(refs.archive_ref(one.id, at), None, one.tip) for one in members),
        *(RefUpdate(one.ref, one.tip, None) for one in members),
    ]


def unpromoted(repository: Repository, one: Session) -> int:
    """How many nodes of a session the project lacks (titles and the like not counted)."""
    store = repository.store
    index = Index(store, repository.shared_state)
    view = View(store, index, {one.id: history.tree_of(store, one.tip)})
    return len([address for address in view.claims() if not index.has(address)])


def idle(repository: Repository, now: int) -> list[str]:
    """The sessions silent for `mnemo.idleExpire`, or twice that with work unpromoted."""
    limit = repository.config.get("mnemo.idleexpire")
    oldest = now - IDLE if limit is None else repository.expiry(limit, now)
    if oldest is None:
        return []
    families: dict[str, list[Session]] = {}
    for one in filter(lambda one: session.is_sound(repository, one), session.live(repository)):
        families.setdefault(refs.family(one.id), []).append(one)
    return [id_ for id_, members in families.items() if _silent(repository, members, now, oldest)]


def _silent(repository: Repository, members: list[Session], now: int, oldest: int) -> bool:
    store = repository.store
    last = max(history.read(store, one.tip).committer.at for one in members if one.tip)
    if last >= oldest:
        return False
    if any(unpromoted(repository, one) for one in members):
        return last < now - 2 * (now - oldest)
    return True


# -- restoring ---------------------------------------------------------------------------------


def restore(repository: Repository, text: str, now: int) -> list[Restored]:
    """Make archived sessions live again: by session id the newest archive, by name that one.

    What gc pruned is restored too, until git has collected the objects. A session that is live
    already, and no archive of it elsewhere, is left as it is. Starts over where another process
    archives, restores or prunes it meanwhile.
    """
    for _ in range(TRIES):
        try:
            done = _restore(repository, text, now)
        except RefMoved:
            continue
        if done:
            return done
    raise RefMoved(text)


def _restore(repository: Repository, text: str, now: int) -> list[Restored]:
    """One attempt; nothing where the session went to the archive between two looks."""
    repair(repository)
    id_, chosen = _chosen(repository, text)
    standing = {one.ref for one in session.all_archived(repository)}
    stood: dict[str, str | None] = {}
    for one in chosen:
        stood[one.id] = there = repository.store.ref(refs.session_ref(one.id))
        if there is not None and there != one.tip:
            raise MnemoError(
                "refused",
                f"session {one.id} is live and went another way since.",
                f"git mnemo archive {one.id}",
            )
    moves = [
        *(RefUpdate(refs.session_ref(one.id), stood[one.id], one.tip) for one in chosen),
        *(RefUpdate(one.ref, one.tip, None) for one in chosen if one.ref in standing),
    ]
    marks.put(repository, marks.LIVE)
    if moves:
        repository.store.update_refs(moves, "mnemo: restore")
        marks.put(repository, marks.LIVE)
    done = (Note(one.ref, one.tip or "", now) for one in chosen)
    notes.write(repository, notes.RESTORED, done)
    if chosen:
        return [Restored(one.id, refs.session_ref(one.id)) for one in chosen]
    return [Restored(one.id, one.ref) for one in session.members(repository, id_)]


def _chosen(repository: Repository, text: str) -> tuple[str, list[Session]]:
    """The session and the archives that `text` means; none of these where it is live already."""
    name = text if text.startswith(refs.ARCHIVE) else refs.ARCHIVE + text
    back = _restored(repository)
    known = session.all_archived(repository)
    known += [one for one in _pruned(repository) if one.ref not in back]
    told = refs.parse_archive(name)
    if told is not None:
        meant = [one for one in known if one.ref == name]
        if not meant and name not in back:
            pick("archived session", text, [])
        return told.session, meant
    id_ = _session_id(repository, text, known)
    meant = [one for one in known if refs.of_family(id_, one.id)]
    return id_, newest(meant, id_) if meant else []


def newest(meant: list[Session], id_: str) -> list[Session]:
    """Of the archives of a session and its agents' stores, those made with its newest one."""
    own = [one for one in meant if one.id == id_] or meant
    at = max(one.archived_at or 0 for one in own)
    return sorted((one for one in meant if one.archived_at == at), key=lambda one: one.id)


def _restored(repository: Repository) -> set[str]:
    """The names of archives that were restored, and whose session is live, with all they held."""
    live = {one.id: one.tip for one in session.live(repository)}
    found = set[str]()
    for note in notes.read(repository, notes.RESTORED):
        told = refs.parse_archive(note.ref)
        tip = live.get(told.session) if told is not None else None
        if (
            tip is not None
            and repository.store.exists(note.tip)
            and history.descends(repository.store, tip, note.tip)
        ):
            found.add(note.ref)
    return found


def _session_id(repository: Repository, text: str, known: list[Session]) -> str:
    if refs.is_session(text):
        live = session.members(repository, text)
        if not live and not any(refs.of_family(text, one.id) for one in known):
            raise MnemoError("not-found", f"no session {text} is archived.", "git mnemo log")
        return text
    prefix = session.short_session(text)
    return pick("archived session", text, session.beginning(prefix, known))


def _pruned(repository: Repository) -> list[Session]:
    """The archives that gc pruned and whose objects git still has, newest note first."""
    found: list[Session] = []
    standing = {one.ref for one in session.all_archived(repository)}
    for note in reversed(notes.read(repository, notes.PRUNED)):
        told = refs.parse_archive(note.ref)
        fresh = note.ref not in standing and note.ref not in {one.ref for one in found}
        if told is not None and fresh and _whole(repository, note.tip):
            found.append(Session(told.session, note.ref, note.tip, told.at))
    return found


def _whole(repository: Repository, tip: str) -> bool:
    """Whether everything behind a tip is still here."""
    store = repository.store
    try:
        for _, commit in history.walk(store, tip):
            if not all(store.exists(parent) for parent in commit.parents):
                return False
        root = history.tree_of(store, tip)
        return all(store.exists(member.address) for member in layout.members(store, root))
    except MnemoError:
        return False


def repair(repository: Repository) -> None:
    """Finish what a crash cut short: where a session and an archive of it stand at one tip, the
    session stays and the archive's name goes."""
    live = {one.id: one for one in session.live(repository)}
    for one in session.all_archived(repository):
        twin = live.get(one.id)
        if twin is None or twin.tip != one.tip:
            continue
        moves = [RefUpdate(twin.ref, twin.tip, twin.tip), RefUpdate(one.ref, one.tip, None)]
        with contextlib.suppress(RefMoved):  # somebody is archiving it at this very moment
            repository.store.update_refs(moves, "mnemo: repair")
