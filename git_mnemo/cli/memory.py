"""Commands that look: status, chains, show, log."""

import click

from git_mnemo import listing, logbook, showing
from git_mnemo.cli import desk
from git_mnemo.cli.options import json_option, session_option
from git_mnemo.render import memory as render


@click.command()
@session_option
@json_option
def status(session: str | None = None, as_json: bool = False) -> None:
    """Show what the session holds, what can be promoted, and the next step."""
    repository = desk.open_repository()
    now = desk.now()
    found = listing.status(repository, desk.wanted(session), now)
    if as_json:
        desk.put_json(render.status_json(found))
    else:
        desk.put(render.status_text(found, now))


@click.command()
@click.option("--preliminary", is_flag=True, help="Only those that the project lacks a part of.")
@click.option("--project", is_flag=True, help="Only those of the project.")
@click.option("--archived", is_flag=True, help="Only those that stand in an archive alone.")
@click.option("--stashed", is_flag=True, help="Only those put aside.")
@session_option
@json_option
def chains(
    preliminary: bool,
    project: bool,
    archived: bool,
    stashed: bool,
    session: str | None,
    as_json: bool,
) -> None:
    """List the chains of the session and the project."""
    if preliminary + project + archived + stashed > 1:
        raise desk.usage("one filter at a time.", "git mnemo chains --preliminary")
    kept = next(
        (name for name, on in (("preliminary", preliminary), ("project", project),
                               ("archived", archived), ("stashed", stashed)) if on),
        None,
    )  # fmt: skip
    repository = desk.open_repository()
    found = listing.chains_by(repository, desk.wanted(session), desk.now(), kept)
    if as_json:
        desk.put_json_list("chains", map(render.chain_json, found))
        return
    for one in found:
        desk.put(render.chain_text(one))


@click.command()
@click.argument("id_", metavar="ID")
@session_option
@json_option
def show(id_: str, session: str | None, as_json: bool) -> None:
    """Show a chain, a node or a session.

    ID may be short (4 hex digits or more); `chain:`, `node:` or `session:` in front says which
    kind is meant.
    """
    repository = desk.open_repository()
    now = desk.now()
    shown = showing.show(repository, desk.wanted(session), now, id_)
    if as_json:
        desk.put_json(render.shown_json(shown))
    else:
        desk.put(render.shown_text(shown, now))


@click.command()
@click.argument("id_", required=False, metavar="[ID]")
@click.option("--hidden", is_flag=True, help="Claims that are hidden now, too.")
@click.option("-n", "--limit", type=click.IntRange(min=1), metavar="N", help="At most N events.")
@session_option
@json_option
def log(
    id_: str | None, hidden: bool, limit: int | None, session: str | None, as_json: bool
) -> None:
    """Show who claimed, promoted and archived what, newest first.

    With an ID: what happened to that chain, node or session. With --json: an object a line.
    """
    repository = desk.open_repository()
    now = desk.now()
    events = logbook.events(repository, desk.wanted(session), now, id_, hidden=hidden)
    for count, event in enumerate(events, 1):
        if as_json:
            desk.put_json(render.event_json(event))
        else:
            desk.put(render.event_text(event))
        if count == limit:
            break
