"""Bringing a source in: into the project, the sessions it had, or one session for review."""

import hashlib
from collections.abc import Iterable

from git_mnemo import archive, importing, refs, session
from git_mnemo.errors import MnemoError
from git_mnemo.formats.document import Spots
from git_mnemo.formats.line import Line
from git_mnemo.importing import Imported, Wish
from git_mnemo.making import Lay
from git_mnemo.message import Stamp
from git_mnemo.repository import Repository
from git_mnemo.sources import Source
from git_mnemo.store import history


def bring(
    repository: Repository, stamp: Stamp, source: Source, wish: Wish, lay: Lay
) -> list[Imported]:
    """What came in, by ref. A session of an older store becomes one here, of an id that follows
    from its name; one that had ended is archived. What is archived here already is left alone.
    """
    if wish.into_session or not source.sessions or wish.dry_run:
        lines = [*source.lines, *(one for of in source.sessions.values() for one in of)] \
            if source.sessions else source.lines  # fmt: skip
        return [_run(repository, stamp, wish, lines, source, lay)]
    project = list(source.lines)
    done = [_run(repository, stamp, wish, project, source, lay)]
    known = {one.id for one in session.all_archived(repository)}
    others = {one.id: one for of in [project, *source.sessions.values()] for one in of if one.id}
    for name, lines in sorted(source.sessions.items()):
        id_ = session_of(name)
        if id_ in known:
            continue
        into = wish._replace(into_session=True, wanted=id_)
        # What stands elsewhere is named again, because what is new rests on it by its old id.
        needed = _needed(lines, others)
        both = sorted([*needed, *lines], key=lambda line: line.number)
        one = _run(repository, stamp, into, both, source, lay)
        done.append(one._replace(skipped=max(one.skipped - len(needed), 0)))
        if name in source.archived and one.new is not None and _is_of_imports(repository, one.new):
            archive.add(repository, id_, stamp.now)
    return done


def _needed(lines: list[Line], others: dict[str, Line]) -> list[Line]:
    """What some lines rest on and do not hold themselves, and what that rests on in turn."""
    own = {line.id for line in lines}
    found: dict[str, Line] = {}
    below = [id_ for line in lines for id_ in line.inputs]
    while below:
        id_ = below.pop()
        if id_ not in own and id_ not in found and id_ in others:
            found[id_] = others[id_]
            below += others[id_].inputs
    return list(found.values())


def _is_of_imports(repository: Repository, tip: str) -> bool:
    """Whether nobody claimed anything on top of what was imported."""
    return history.read(repository.store, tip).message.startswith(f"{importing.VERB} ")


def session_of(name: str) -> str:
    """The id that a session of an older store gets here: its own, where that is one of ours."""
    if refs.is_session(name):
        return name
    return f"s_{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def _run(
    repository: Repository,
    stamp: Stamp,
    wish: Wish,
    lines: Iterable[Line],
    source: Source,
    lay: Lay,
) -> Imported:
    try:
        done = importing.run(repository, stamp, wish, lines, lay)
    except MnemoError as error:
        raise _placed(error, source.spots) from None
    return done._replace(warnings=[source.spots.named(text) for text in done.warnings])


def _placed(error: MnemoError, spots: Spots) -> MnemoError:
    """The error, with the file and the line of the source that it is about."""
    number = error.details.get("line")
    place = spots.place(number) if isinstance(number, int) else None
    if place is None:
        return error
    error.message = f"{place}: {spots.named(error.message)}"
    del error.details["line"]
    return error
