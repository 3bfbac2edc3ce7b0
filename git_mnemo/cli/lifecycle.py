"""Promote, archive, restore, gc."""

import click

from git_mnemo import archive as archives
from git_mnemo import gc as collecting
from git_mnemo import handing, listing, project, trust
from git_mnemo.cli import desk
from git_mnemo.cli.options import agent_option, dry_run_option, json_option, session_option
from git_mnemo.project import Choice
from git_mnemo.render import lifecycle as render


@click.command()
@click.argument("ids", nargs=-1, metavar="[CHAIN or ADDR]...")
@click.option("--all", "all_", is_flag=True, help="All preliminary chains that are not stashed.")
@click.option("--with-stashed", is_flag=True, help="Stashed chains too.")
@dry_run_option
@agent_option
@session_option
@json_option
def promote(
    ids: tuple[str, ...],
    all_: bool,
    with_stashed: bool,
    dry_run: bool,
    agent: str | None,
    session: str | None,
    as_json: bool,
) -> None:
    """Bring chains, or single claims, of a session into the project.

    Without an argument: the current chain. What the chosen claims rest on comes along. All of it is
    promoted, or nothing.
    """
    if ids and all_:
        raise desk.usage("--all takes no ids.", "git mnemo promote --all")
    repository = desk.open_repository()
    stamp = desk.stamp(repository, agent)
    from_session = listing.session_of(repository, desk.wanted(session), stamp.now)
    choice = Choice(ids, all_, with_stashed)
    done = project.promote(repository, stamp, from_session, choice, dry_run=dry_run)
    if as_json:
        desk.put_json(render.promotion_json(done, dry_run))
    else:
        desk.put(render.promotion_text(done, dry_run))
    doubt = trust.unsigned(repository) if done.new else None
    if doubt is not None:
        desk.note(f"warning: {doubt}\nhint: git config mnemo.sign true")


@click.command()
@click.argument("id_", required=False, metavar="[ID]")
@click.option("--idle", is_flag=True, help="All sessions silent for mnemo.idleExpire.")
@session_option
@json_option
def archive(id_: str | None, idle: bool, session: str | None, as_json: bool) -> None:
    """End a session: its ref moves to the archive, and nothing is lost.

    Without an ID: the current session, with the stores of its agents.
    """
    repository = desk.open_repository()
    now = desk.now()
    if idle and (id_ or session):
        raise desk.usage("--idle finds its sessions itself.", "git mnemo archive --idle")
    if idle:
        ids = archives.idle(repository, now)
    else:
        ids = [listing.session_to_end(repository, id_ or desk.wanted(session), now)]
    done = [one for each in ids for one in archives.add(repository, each, now)]
    if as_json:
        desk.put_json(render.archived_json(done))
        return
    desk.put(render.archived_text(done))
    if done:
        desk.note(f"undo: git mnemo restore {done[0].session}")


@click.command()
@click.argument("archived", metavar="ARCHIVED")
@json_option
def restore(archived: str, as_json: bool) -> None:
    """Bring an archived session back, by its id or by the archive's full name.

    REMOTE/ID is one that was fetched with --sessions.
    """
    repository = desk.open_repository()
    fetched = "/" in archived and not archived.startswith("refs/")
    restore_it = handing.restore if fetched else archives.restore
    done = restore_it(repository, archived, desk.now())
    if as_json:
        desk.put_json(render.restored_json(done))
        return
    for one in done:
        desk.put(f"{one.session} is live")
    desk.note(f"go on with it: git mnemo session resume {done[0].session}")


@click.command()
@click.option("--expire", metavar="DATE", help="Prune what is older, such as 2.weeks or never.")
@click.option("--auto", is_flag=True, help="Once a day, and only when the clock is plausible.")
@click.option("--remote", metavar="REMOTE", help="The archives on this remote, not those here.")
@dry_run_option
@json_option
def gc(expire: str | None, auto: bool, remote: str | None, dry_run: bool, as_json: bool) -> int:
    """Delete archives past their age (mnemo.gcExpire, 30 days), and nothing else."""
    if auto and (expire or dry_run or remote):
        raise desk.usage("--auto goes by the configuration alone.", "git mnemo gc --dry-run")
    repository = desk.open_repository()
    now = desk.now()
    if remote:
        done = handing.collect(repository, remote, now, expire, dry_run=dry_run)
    elif auto:
        done = collecting.collect_auto(repository, now)
    else:
        done = collecting.collect(repository, now, expire, dry_run=dry_run)
    if as_json:
        desk.put_json(render.collected_json(done, dry_run))
    else:
        desk.put(render.collected_text(done, dry_run, now))
    return 1 if remote and done.skipped else 0
