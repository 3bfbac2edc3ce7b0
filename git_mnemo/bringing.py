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
    if wish.into_session or not source.sessions:
        lines = [*source.lines, *(one for of in source.sessions.values() for one in of)] \
            if source.sessions else source.lines  # fmt: skip
        return [_run(repository, stamp, wish, lines, source, lay)]
    project = list(source.lines)
    done = [_run(repository, stamp, wish, project, source, lay)]
    said = {*done[0].warnings}
    known = {one.id for one in session.all_archived(repository)}
    others, opening = dict[str, Line](), dict[str, Line]()
    for line in project:
        others.setdefault(line.id or "", line)
        opening.setdefault(line.chain or "", line)
    for name, lines in sorted(source.sessions.items()):
        id_ = session_of(name)
        if id_ in known:
            continue
        into = wish._replace(into_session=True, wanted=id_)
        # What stands elsewhere is named again, because what is new rests on it by its old id.
        needed = _needed(lines, others, opening)
        both = sorted([*needed, *lines], key=lambda line: line.number)
        one = _run(repository, stamp, into, both, source, lay)
        if needed:
            one = _less(one, _run(repository, stamp, into._replace(dry_run=True), needed, source,
                                  lay))  # fmt: skip
        done.append(one._replace(warnings=[text for text in one.warnings if text not in said]))
        said.update(one.warnings)
        ended = name in source.archived and not wish.dry_run
        if ended and one.new is not None and _is_of_imports(repository, one.new):
            archive.add(repository, id_, stamp.now)
    return done


def _less(one: Imported, other: Imported) -> Imported:
    """What came in, but for what is counted elsewhere."""
    return one._replace(
        nodes=max(one.nodes - other.nodes, 0),
        chains=max(one.chains - other.chains, 0),
        skipped=max(one.skipped - other.skipped, 0),
    )


def _needed(lines: list[Line], others: dict[str, Line], opening: dict[str, Line]) -> list[Line]:
    """The lines of the project that a session's rest on, and what those rest on in turn; each with
    the line that opens its chain, because the chain is told by it."""
    found: dict[int, Line] = {}
    below = [id_ for line in lines for id_ in line.inputs]
    while below:
        line = others.get(below.pop())
        if line is not None and line.number not in found:
            first = opening[line.chain or ""]
            for one in (first, line):
                found[one.number] = one
                below += one.inputs
    return [found[number] for number in sorted(found)]


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
