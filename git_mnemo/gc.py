"""gc: archive refs past their age are deleted, and nothing else. Git's own gc frees the objects.

Age is read from the ref's name, so that every clone comes to the same answer.
"""

import os
from collections.abc import Iterable
from typing import NamedTuple

from git_mnemo import archive, loose, notes, refs, session
from git_mnemo.errors import MnemoError, RefMoved
from git_mnemo.notes import Note
from git_mnemo.refs import RefUpdate
from git_mnemo.repository import Repository
from git_mnemo.store import history
from git_mnemo.store.interface import Store

EXPIRE = "30.days"
DAY = 86400
_LAST_RUN = "gc"


class Expired(NamedTuple):
    """An archive ref and when it was archived (unix seconds)."""

    ref: str
    tip: str
    at: int


class Collected(NamedTuple):
    """What a gc did, or would do. `ignored` are refs among the archives with names not ours;
    `skipped` says why an automatic run left everything alone, or a remote some of it."""

    pruned: list[Expired]
    kept: int
    ignored: list[str]
    archived: list[archive.Put]
    skipped: str | None = None


def plan(found: Iterable[Expired], oldest: int | None) -> list[Expired]:
    """Those older than `oldest` (None: never); the answer depends on nothing else."""
    return [one for one in found if oldest is not None and one.at < oldest]


def collect(
    repository: Repository, now: int, expire: str | None = None, *, dry_run: bool = False
) -> Collected:
    """Delete the archive refs older than `expire`, by default `mnemo.gcExpire` or 30 days."""
    if not dry_run:
        archive.repair(repository)
    date = repository.config.get("mnemo.gcexpire", EXPIRE) if expire is None else expire
    oldest = repository.expiry(date, now)
    if oldest is not None and date.strip() == "now":
        oldest = now + 1
    known, ignored = _archives(repository.store, now)
    expired = plan(known, oldest)
    if not dry_run:
        expired = _delete(repository, expired, now)
        loose.pack(repository)
    return Collected(expired, len(known) - len(expired), ignored, [])


def _archives(store: Store, now: int) -> tuple[list[Expired], list[str]]:
    known, ignored = list[Expired](), list[str]()
    for name, tip in store.refs(refs.ARCHIVE).items():
        told = refs.parse_archive(name)
        if told is None:
            ignored.append(name)
            continue
        at = told.at if told.at <= now else history.read(store, tip).committer.at
        known.append(Expired(name, tip, at))
    return known, ignored


def _delete(repository: Repository, expired: list[Expired], now: int) -> list[Expired]:
    """Note each, then delete all at once; one that moved meanwhile stays."""
    for _ in range(100):
        notes.write(repository, notes.PRUNED, (Note(one.ref, one.tip, now) for one in expired))
        try:
            if expired:
                moves = [RefUpdate(one.ref, one.tip, None) for one in expired]
                repository.store.update_refs(moves, "mnemo: gc")
            return expired
        except RefMoved as moved:
            expired = [one for one in expired if one.ref != moved.name]
    raise RefMoved(refs.ARCHIVE)


# -- by itself ---------------------------------------------------------------------------------


def collect_auto(repository: Repository, now: int) -> Collected:
    """The daily run: idle sessions are archived, expired archives go.

    Only when the clock is plausible, since a clock that jumped would expire everything; otherwise,
    and where a configured date makes no sense, nothing happens and `skipped` says why.
    """
    nothing = Collected([], len(session.all_archived(repository)), [], [])
    last = last_run(repository)
    if last is not None and last <= now < last + DAY:
        return nothing._replace(skipped="it ran within a day")
    try:
        doubt = implausible(repository, now, last)
        if doubt is not None:
            return nothing._replace(skipped=doubt)
        put = [
            one
            for id_ in archive.idle(repository, now)
            for one in archive.add(repository, id_, now)
        ]
        done = collect(repository, now)
    except MnemoError as error:
        if error.code != "usage":
            raise
        return nothing._replace(skipped=error.message)
    _note_run(repository, now)
    return done._replace(archived=put)


def implausible(repository: Repository, now: int, last: int | None) -> str | None:
    """Why `now` cannot be trusted to judge ages, or None."""
    store = repository.store
    tips = [one.tip for one in session.live(repository) if session.is_sound(repository, one)]
    seen = [history.read(store, tip).committer.at for tip in tips if tip is not None]
    seen += _head_parent_time(store)
    newest = max([*seen, *([last] if last is not None else [])], default=None)
    if newest is None:
        return "nothing here tells whether the clock is right"
    if now < newest:
        return "the clock is behind what this repository has seen"
    # What was written within the last day may have been written by this very clock, after it
    # jumped: it bears no witness.
    newest = max([at for at in (*seen, last) if at is not None and at <= now - DAY], default=None)
    if newest is None:
        return "nothing here tells whether the clock is right"
    oldest = repository.expiry(repository.config.get("mnemo.gcexpire", EXPIRE), now)
    if oldest is not None and now > newest + (now - oldest):
        return "the clock is far ahead of what this repository has seen"
    return None


def _head_parent_time(store: Store) -> list[int]:
    """When the parent of the commit checked out was made; nothing where that cannot be read:
    commits of the code come from anywhere, and some are malformed."""
    head = store.ref("HEAD")
    try:
        parents = history.read(store, head).parents[:1] if head is not None else ()
        return [history.read(store, oid).committer.at for oid in parents if store.exists(oid)]
    except MnemoError:
        return []


def last_run(repository: Repository) -> int | None:
    """When the last automatic run was, in unix seconds; None when never, or nobody knows."""
    try:
        with open(os.path.join(repository.shared_state, _LAST_RUN), encoding="ascii") as file:
            text = file.read(32).strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return int(text) if text.isascii() and text.isdigit() else None


def _note_run(repository: Repository, now: int) -> None:
    os.makedirs(repository.shared_state, exist_ok=True)
    draft = os.path.join(repository.shared_state, f"{_LAST_RUN}.{os.getpid()}")
    with open(draft, "w", encoding="ascii") as file:
        file.write(f"{now}\n")
    os.replace(draft, os.path.join(repository.shared_state, _LAST_RUN))
