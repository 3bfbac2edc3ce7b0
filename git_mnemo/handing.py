"""Handing sessions and archives to another machine, on purpose and never by themselves.

What was fetched stays a tracking ref until somebody resumes or restores it.
"""

import contextlib

from git_mnemo import (
    archive,
    gc,
    join,
    leaks,
    marks,
    network,
    notes,
    refs,
    scrub,
    session,
    sharing,
    validate,
)
from git_mnemo.archive import Restored
from git_mnemo.errors import MnemoError, RefMoved
from git_mnemo.gc import Expired
from git_mnemo.network import Pushed
from git_mnemo.notes import Note
from git_mnemo.refs import PROJECT, RefUpdate
from git_mnemo.repository import Repository
from git_mnemo.session import Session
from git_mnemo.sharing import Shared
from git_mnemo.store import history, layout
from git_mnemo.sync import (
    PUSHED,
    QUEUED,
    REFUSED,
    REJECTED,
    ROUNDS,
    UP_TO_DATE,
    Moved,
    fetch,
    note_pushed,
    unaccepted,
)
from git_mnemo.writing import TRIES


def push(repository: Repository, shared: Shared, now: int) -> list[Moved]:
    """Publish the live sessions, and the archives that this clone made and never pushed before.

    An archive is pushed once: so one that was pruned on the remote stays pruned. Where the remote
    has the archive, the session it is made of is taken down there.
    """
    sharing.refuse_changed(repository, shared)
    live = {one.ref: one.tip for one in session.live(repository) if one.tip}
    moved = [
        _push_session(repository, shared, name)
        for name in live
        if not _ended(repository, shared.remote, name)
    ]
    archives = {note.ref for note in notes.read(repository, notes.ARCHIVED)}
    pushed = {note.ref for note in notes.read(repository, notes.PUSHED)}
    made = [one for one in session.all_archived(repository) if one.ref in archives and one.tip]
    for one in made:
        if one.ref not in pushed:
            moved.append(_push_archive(repository, shared, one, now))
    return moved + _take_down(repository, shared, made)


def _push_archive(repository: Repository, shared: Shared, one: Session, now: int) -> Moved:
    leak = leaks.reason(repository, None, one.tip) if one.tip else None
    if leak is not None:
        return Moved(one.ref, REFUSED, None, None, leak)
    answer = network.push(repository, shared.remote, [f"{one.tip}:{one.ref}"])[0]
    if answer.flag == "!":
        return Moved(one.ref, REJECTED, None, None, answer.reason)
    notes.write(repository, notes.PUSHED, [Note(one.ref, one.tip or "", now)])
    return Moved(one.ref, PUSHED, None, one.tip)


def _take_down(repository: Repository, shared: Shared, made: list[Session]) -> list[Moved]:
    """End on the remote what was archived here, each as it was seen, and only where the remote has
    the archive with all that its session holds."""
    store, remote = repository.store, shared.remote
    ended = {
        one: refs.session_ref(one.id)
        for one in made
        if store.ref(refs.session_ref(one.id)) is None
        and store.ref(refs.tracking(remote, refs.session_ref(one.id))) is not None
    }
    if not ended:
        return []
    names = sorted({*ended.values()})
    there = network.list_refs(repository, remote, *names, *(one.ref for one in ended))
    moved = []
    for name in names:
        of_it = [one for one in ended if ended[one] == name and there.get(one.ref) == one.tip]
        seen = there.get(name)
        if seen is None:
            _note_gone(repository, remote, name)
        elif of_it:
            moved.append(_take_one_down(repository, remote, name, seen, of_it))
    return moved


def _take_one_down(
    repository: Repository, remote: str, name: str, seen: str, archives: list[Session]
) -> Moved:
    whole = [one.ref for one in archives if one.tip and _holds(repository, one.tip, seen)]
    if not whole:
        return Moved(name, UP_TO_DATE, seen, seen, "others went on with it; it stays")
    answer = network.push(repository, remote, [f":{name}"], f"{name}:{seen}")[0]
    if answer.flag == "!":
        return Moved(name, REJECTED, seen, seen, answer.reason)
    _note_gone(repository, remote, name)
    return Moved(name, PUSHED, seen, None, f"it is archived as {whole[0]}")


def _note_gone(repository: Repository, remote: str, name: str) -> None:
    tracking = refs.tracking(remote, name)
    known = repository.store.ref(tracking)
    if known is not None:
        with contextlib.suppress(RefMoved):  # a fetch saw something newer
            repository.store.update_refs([RefUpdate(tracking, known, None)], "mnemo: push")


def _ended(repository: Repository, remote: str, name: str) -> bool:
    """Whether an archive of the same session, here or as the remote was last seen to have it,
    holds all that this ref holds."""
    id_, tip = refs.parse_session(name), repository.store.ref(name)
    if id_ is None or tip is None or _in_an_archive(repository, id_, tip):
        return True
    return any(
        one.id == id_ and one.tip is not None and _holds(repository, one.tip, tip)
        for one in _archives_there(repository, remote)
    )


def _in_an_archive(repository: Repository, id_: str, tip: str) -> bool:
    return any(
        one.tip is not None and history.descends(repository.store, one.tip, tip)
        for one in session.archived(repository, id_)
    )


def _push_session(repository: Repository, shared: Shared, name: str) -> Moved:
    """One session ref; where another machine went on with it, both are joined first."""
    tracking = refs.tracking(shared.remote, name)
    for _ in range(ROUNDS):
        ours, known = repository.store.ref(name), repository.store.ref(tracking)
        if ours is None or ours == known:
            return Moved(name, UP_TO_DATE, known, ours)
        if known is not None and not _holds(repository, ours, known):
            adopted = adopt(repository, name, known)
            if adopted.outcome == REFUSED:
                return adopted
            continue
        leak = leaks.reason(repository, known, ours)
        if leak is not None:
            return Moved(name, REFUSED, known, ours, leak)
        answer = network.push(repository, shared.remote, [f"{ours}:{name}"])[0]
        if answer.flag != "!":
            note_pushed(repository, tracking, ours)
            return Moved(name, PUSHED, known, ours)
        fetch(repository, shared.remote, sessions=True)
        theirs = repository.store.ref(tracking)
        if theirs is None or theirs == known:
            return Moved(name, REJECTED, known, ours, answer.reason)
    return Moved(name, QUEUED, known, ours, "others were faster, eight times; try again")


def _holds(repository: Repository, ours: str, known: str) -> bool:
    is_commit = history.is_commit(repository.store, known)
    return is_commit and history.descends(repository.store, ours, known)


def adopt(repository: Repository, name: str, theirs: str) -> Moved:
    """Join a fetched session into the local one of the same id, or begin with it."""
    store, id_ = repository.store, refs.parse_session(name)
    assert id_ is not None  # only session refs come here
    for _ in range(TRIES):
        ours = store.ref(name)
        doubt = _doubt(repository, id_, ours, theirs)
        if doubt is not None:
            return Moved(name, REFUSED, ours, ours, doubt)
        clean = _scrubbed(repository, ours, theirs)
        new = clean if ours is None else join.join(store, ours, clean).tip
        try:
            marks.put(repository, marks.LIVE)
            store.update_refs([RefUpdate(name, ours, new)], "mnemo: resume")
            marks.put(repository, marks.LIVE)
        except RefMoved:
            continue
        return Moved(name, UP_TO_DATE if ours == new else "joined", ours, new)
    raise RefMoved(name)


def _scrubbed(repository: Repository, ours: str | None, theirs: str) -> str:
    """What was fetched, without what is purged here."""
    return scrub.scrub(repository.store, theirs, _gone(repository), ours)


def _gone(repository: Repository) -> frozenset[str]:
    """What is purged here."""
    store = repository.store
    return layout.purged(store, history.tree_of(store, store.ref(PROJECT)))


def _doubt(repository: Repository, id_: str, ours: str | None, theirs: str) -> str | None:
    """Why what was fetched may not become, or go into, the live session `id_` here; or None."""
    fault = validate.first_fault(repository.store, theirs, ours, _gone(repository))
    if fault is not None:
        return str(fault)
    doubt = unaccepted(repository, ours, theirs)
    if doubt is not None:
        return doubt
    if ours is None and _in_an_archive(repository, id_, theirs):
        return f"it is archived here: git mnemo restore {id_}"
    return None


def take_up(repository: Repository, text: str) -> str:
    """The session that `REMOTE/ID` names, made a live one of this clone; its id."""
    remote, _, id_ = text.rpartition("/")
    name = refs.session_ref(id_)
    if not refs.is_session(id_):
        raise session.invalid(text)
    theirs = repository.store.ref(refs.tracking(remote, name))
    if theirs is None:
        raise MnemoError(
            "not-found", f"{text} was not fetched.", f"git mnemo fetch {remote} --sessions"
        )
    moved = adopt(repository, name, theirs)
    if moved.outcome == REFUSED:
        raise MnemoError("refused", f"{text}: {moved.reason}.", "git mnemo log")
    return id_


def restore(repository: Repository, text: str, now: int) -> list[Restored]:
    """Make fetched archives live sessions of this clone: `REMOTE/ID`, or an archive's name there.

    The tracking refs stay. A session that is live here already is left as it is.
    """
    remote, _, name = text.rpartition("/")
    chosen = _archived_there(repository, remote, name)
    if not chosen:
        raise MnemoError(
            "not-found", f"{text} was not fetched.", f"git mnemo fetch {remote} --sessions"
        )
    moves: list[RefUpdate] = []
    for one in chosen:
        live = repository.store.ref(refs.session_ref(one.id))
        if live is not None and live != one.tip:
            raise MnemoError(
                "refused",
                f"session {one.id} is live and went another way since.",
                f"git mnemo archive {one.id}",
            )
        doubt = _doubt(repository, one.id, live, one.tip or "")
        if doubt is not None:
            raise MnemoError("refused", f"{text}: {doubt}.", "git mnemo session list")
        clean = _scrubbed(repository, live, one.tip or "")
        moves.append(RefUpdate(refs.session_ref(one.id), live, clean))
    marks.put(repository, marks.LIVE)
    repository.store.update_refs(moves, "mnemo: restore")
    marks.put(repository, marks.LIVE)
    done = (
        Note(refs.tracked(remote, one.ref), move.new or "", now)
        for one, move in zip(chosen, moves, strict=True)
    )
    notes.write(repository, notes.RESTORED, done)
    return [Restored(one.id, refs.session_ref(one.id)) for one in chosen]


def _archived_there(repository: Repository, remote: str, name: str) -> list[Session]:
    """The archives, as a remote was last seen to have them, that an id or a name means."""
    known = _archives_there(repository, remote)
    exact = [one for one in known if refs.tracked(remote, one.ref) == refs.ARCHIVE + name]
    if exact or not refs.is_session(name):
        return exact
    meant = [one for one in known if refs.of_family(name, one.id)]
    return archive.newest(meant, name) if meant else []


def _archives_there(repository: Repository, remote: str) -> list[Session]:
    """All archives that a remote was last seen to have, by their tracking refs."""
    found = repository.store.refs(refs.tracking(remote, refs.ARCHIVE)).items()
    told = ((refs.parse_archive(refs.tracked(remote, ref)), ref, tip) for ref, tip in found)
    return [Session(one.session, ref, tip, one.at) for one, ref, tip in told if one is not None]


def collect(
    repository: Repository, remote: str, now: int, expire: str | None, *, dry_run: bool
) -> gc.Collected:
    """Delete the archives of a remote that are past their age, each only as it was seen."""
    network.push_url(repository, remote)
    date = repository.config.get("mnemo.gcexpire", gc.EXPIRE) if expire is None else expire
    oldest = repository.expiry(date, now)
    listed = network.list_refs(repository, remote, refs.ARCHIVE + "*")
    parsed = {name: refs.parse_archive(name) for name in listed}
    known = [Expired(name, listed[name], one.at) for name, one in parsed.items() if one is not None]
    expired = gc.plan(known, oldest)
    kept = dict[str, str]()
    if expired and not dry_run:
        kept = _delete(repository, remote, expired)
        expired = [one for one in expired if one.ref not in kept]
    ignored = sorted(name for name, one in parsed.items() if one is None)
    told = "; ".join(f"{remote} kept {ref}: {reason}" for ref, reason in kept.items())
    return gc.Collected(expired, len(known) - len(expired), ignored, [], told or None)


def _delete(repository: Repository, remote: str, expired: list[Expired]) -> dict[str, str]:
    """Delete archives of a remote; the refs that it kept, and why."""
    answers: list[Pushed] = []
    for start in range(0, len(expired), network.AT_ONCE):
        some = expired[start : start + network.AT_ONCE]
        leases = (f"{one.ref}:{one.tip}" for one in some)
        answers += network.push(repository, remote, [f":{one.ref}" for one in some], *leases)
    return {answer.ref: answer.reason for answer in answers if answer.flag == "!"}
