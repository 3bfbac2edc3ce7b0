"""init, uninstall, reindex."""

import sys

import click

from git_mnemo import setup as setting_up
from git_mnemo.cli import desk
from git_mnemo.cli.options import dry_run_option, json_option
from git_mnemo.errors import MnemoError
from git_mnemo.message import printable


@click.command()
@dry_run_option
@json_option
def init(dry_run: bool, as_json: bool) -> None:
    """Set this clone up. Never needed: every command works without it.

    Checks that the repository can be used, and builds the index. Doing it twice is harmless.
    """
    repository = desk.open_repository()
    done = setting_up.install(repository, dry_run=dry_run)
    if as_json:
        desk.put_json({"hooks": {}, "remote": None, "project": done.project, "wrote": done.wrote})
        return
    for path in done.wrote:
        desk.put(f"{'would write' if dry_run else 'wrote'} {printable(path)}")
    desk.put("ready: git mnemo claim TEXT" if not dry_run else "nothing was written")
    desk.note("undo: git mnemo uninstall")


@click.command()
@click.option("--all", "everything", is_flag=True, help="All memory, too: every ref of ours.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@dry_run_option
@json_option
def uninstall(everything: bool, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Take away what init wrote; with --all, the memory itself."""
    repository = desk.open_repository()
    plan = setting_up.plan_removal(repository, everything=everything)
    removed = [*(f"{one.name} {one.old}" for one in plan.refs), *plan.paths]
    if not dry_run:
        if plan.refs and not yes:
            _ask(len(plan.refs))
        setting_up.remove(repository, plan)
    if as_json:
        desk.put_json({"removed": removed, "dry_run": dry_run})
        return
    for what in removed:
        desk.put(f"{'would remove' if dry_run else 'removed'} {printable(what)}")
    if not removed:
        desk.put("nothing to remove")
    if plan.refs and not dry_run:
        desk.note("until git collects the objects, each line above is undone by: "
                  "git update-ref REF COMMIT")  # fmt: skip


def _ask(count: int) -> None:
    if not sys.stdin.isatty():
        raise MnemoError(
            "refused",
            f"this removes {count} refs with all memory in them.",
            "git mnemo uninstall --all --yes",
        )
    if not click.confirm(f"Remove {count} refs with all memory in them?", err=True):
        raise MnemoError("refused", "nothing was removed.", "git mnemo uninstall")


@click.command()
@json_option
def reindex(as_json: bool) -> None:
    """Build the index anew from the refs."""
    repository = desk.open_repository()
    index = setting_up.rebuild_index(repository)
    counts = index.counts()
    if as_json:
        desk.put_json({"tip": index.tip, "chains": counts.chains, "nodes": counts.nodes})
    else:
        desk.put(f"indexed {counts.nodes:,} claims in {counts.chains:,} chains")
