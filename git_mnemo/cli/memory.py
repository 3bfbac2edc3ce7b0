"""Commands that look: status, chains, show, log."""

from itertools import islice

import click

from git_mnemo import listing, logbook, showing, standing
from git_mnemo.cli import desk, pages
from git_mnemo.cli.options import colour_options, date_option, json_option, session_option
from git_mnemo.render import memory as render
from git_mnemo.render.chains import chain_line, shown_lines
from git_mnemo.render.log import event_lines
from git_mnemo.render.status import status_lines


@click.command()
@colour_options
@session_option
@json_option
def status(colour: str | None = None, session: str | None = None, as_json: bool = False) -> None:
    """Show what the session holds, what can be promoted, and the next step."""
    repository = desk.open_repository()
    found = standing.status(repository, desk.wanted(session), desk.now())
    if as_json:
        desk.put_json(render.status_json(found))
        return
    with pages.opened(repository, "status", colour) as page:
        page.put(status_lines(found, page.look))


@click.command()
@click.option("--preliminary", is_flag=True, help="Only those that the project lacks a part of.")
@click.option("--project", is_flag=True, help="Only those of the project.")
@click.option("--archived", is_flag=True, help="Only those that stand in an archive alone.")
@click.option("--stashed", is_flag=True, help="Only those put aside.")
@date_option
@colour_options
@session_option
@json_option
def chains(
    preliminary: bool,
    project: bool,
    archived: bool,
    stashed: bool,
    date: str | None,
    colour: str | None,
    session: str | None,
    as_json: bool,
) -> None:
    """List the chains of the session and the project, those begun last first.

    With --json: in the order of their ids.
    """
    if preliminary + project + archived + stashed > 1:
        raise desk.usage("one filter at a time.", "git mnemo chains --preliminary")
    kept = next(
        (name for name, on in (("preliminary", preliminary), ("project", project),
                               ("archived", archived), ("stashed", stashed)) if on),
        None,
    )  # fmt: skip
    repository = desk.open_repository()
    found = listing.chains_by(
        repository, desk.wanted(session), desk.now(), kept, newest_first=not as_json
    )
    if as_json:
        desk.put_json_list("chains", map(render.chain_json, found))
        return
    with pages.opened(repository, "chains", colour, date) as page:
        page.put(chain_line(one, page.look) for one in found)


@click.command()
@click.argument("id_", metavar="ID")
@date_option
@colour_options
@session_option
@json_option
def show(
    id_: str, date: str | None, colour: str | None, session: str | None, as_json: bool
) -> None:
    """Show a chain, a node or a session.

    ID may be short (4 hex digits or more); `chain:`, `node:` or `session:` in front says which
    kind is meant.
    """
    repository = desk.open_repository()
    now = desk.now()
    shown = showing.show(repository, desk.wanted(session), now, id_)
    if as_json:
        desk.put_json(render.shown_json(shown))
        return
    with pages.opened(repository, "show", colour, date) as page:
        page.put(shown_lines(shown, page.look))


@click.command()
@click.argument("id_", required=False, metavar="[ID]")
@click.option("--hidden", is_flag=True, help="Claims that are hidden now, too.")
@click.option("-n", "--limit", type=click.IntRange(min=1), metavar="N", help="At most N events.")
@date_option
@colour_options
@session_option
@json_option
def log(
    id_: str | None,
    hidden: bool,
    limit: int | None,
    date: str | None,
    colour: str | None,
    session: str | None,
    as_json: bool,
) -> None:
    """Show who claimed, promoted and archived what, newest first.

    With an ID: what happened to that chain, node or session. With --json: an object a line.
    """
    repository = desk.open_repository()
    found = logbook.events(repository, desk.wanted(session), desk.now(), id_, hidden=hidden)
    events = islice(found, limit)
    if as_json:
        for event in events:
            desk.put_json(render.event_json(event))
        return
    with pages.opened(repository, "log", colour, date) as page:
        page.put(event_lines(events, page.look))
