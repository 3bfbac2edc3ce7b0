"""`session` and what is below it."""

import click

from git_mnemo import handing, listing, ongoing, refs
from git_mnemo import session as sessions
from git_mnemo.cli import desk, pages
from git_mnemo.cli.options import agent_option, json_option, session_option
from git_mnemo.listing import SessionInfo
from git_mnemo.render.chains import session_line, session_text
from git_mnemo.render.memory import session_json


@click.group(invoke_without_command=True)
@session_option
@json_option
@click.pass_context
def session(ctx: click.Context, session: str | None, as_json: bool) -> None:
    """Show the current session; begin, list and resume sessions."""
    if ctx.invoked_subcommand is not None:
        if session is not None or as_json:
            verb = ctx.invoked_subcommand
            raise desk.usage(
                f"options of `session {verb}` stand after it.", f"git mnemo session {verb} -h"
            )
        return
    repository = desk.open_repository()
    now = desk.now()
    id_ = listing.session_of(repository, desk.wanted(session), now)
    _tell(listing.session_by_id(repository, id_), now, as_json)


@session.command("start")
@click.option("--new", "anew", is_flag=True, help="Begin a new one even where one is fresh.")
@agent_option
@session_option
@json_option
def start(anew: bool, agent: str | None, session: str | None, as_json: bool) -> None:
    """Begin a session in this worktree, or go on with the fresh one.

    With an agent: that agent's own store in the session.
    """
    if anew and session is not None:
        raise desk.usage("--new draws an id, --session names one.", "git mnemo session start --new")
    repository = desk.open_repository()
    now = desk.now()
    # Only the option asks for a store of its own; the environment names an author, never a ref.
    store = refs.agent_slug(agent) if agent else None
    id_ = sessions.start(repository, now, store, desk.wanted(session), anew=anew)
    _tell(listing.session_by_id(repository, id_), now, as_json)


@session.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List all sessions, live and archived."""
    repository = desk.open_repository()
    known = [*sessions.live(repository), *sessions.all_archived(repository)]
    sound = [one for one in known if sessions.is_sound(repository, one)]
    for one in known:
        if one not in sound:
            desk.note(f"{one.ref} is no memory; passed over")
    found = [listing.session_info(repository, one) for one in sound]
    if as_json:
        desk.put_json({"sessions": [session_json(info) for info in found]})
        return
    with pages.opened(repository, "session") as page:
        page.put(session_line(info, page.look) for info in found)


@session.command("resume")
@click.argument("id_", metavar="ID")
@json_option
def resume(id_: str, as_json: bool) -> None:
    """Let this worktree go on with a live session."""
    repository = desk.open_repository()
    now = desk.now()
    found = handing.take_up(repository, id_) if "/" in id_ else sessions.existing(repository, id_)
    ongoing.make(repository, found, now)
    _tell(listing.session_by_id(repository, found), now, as_json)


def _tell(info: SessionInfo, now: int, as_json: bool) -> None:
    if as_json:
        desk.put_json(session_json(info))
    else:
        desk.put(session_text(info, now))
