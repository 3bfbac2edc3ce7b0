"""init, uninstall, reindex."""

import os
import sys

import click

from git_mnemo import setup as setting_up
from git_mnemo.cli import agents as coding_agents
from git_mnemo.cli import desk
from git_mnemo.cli.options import dry_run_option, json_option
from git_mnemo.cli.sharing import asked
from git_mnemo.errors import MnemoError
from git_mnemo.message import printable
from git_mnemo.render.claims import Json
from git_mnemo.render.sharing import moved_json, moved_text
from git_mnemo.render.text import clean, line, many
from git_mnemo.sync import failed


@click.command()
@click.option("--share", metavar="REMOTE", help="Share the project through this remote.")
@click.option(
    "--promote",
    type=click.Choice(["on-commit", "manual"]),
    metavar="WHEN",
    help="When to promote: on-commit, or manual, as it is once the project is shared.",
)
@click.option("--no-hooks", is_flag=True, help="Leave git's hooks alone.")
@click.option(
    "--agents",
    metavar="LIST",
    help="Set these coding agents up in this work tree: names with commas, or `found`.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@dry_run_option
@json_option
def init(
    share: str | None,
    promote: str | None,
    no_hooks: bool,
    agents: str | None,
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Set this clone up. Never needed: every command works without it.

    Checks that the repository can be used, builds the index, and lets git's hooks link commits to
    the reasoning that led to them. With --share: shows what the first push would publish, asks,
    binds this clone to the remote's name and URL, and syncs. A dry run fetches nothing. --yes does
    not answer what a sync may ask: see git mnemo sync. With --agents: what git mnemo agent install
    does. Doing it twice is harmless.
    """
    repository = desk.open_repository()
    if promote is not None and share is None:
        raise desk.usage("--promote goes with --share.", "git mnemo init --share origin")
    configuring = coding_agents.plan_set_up(repository, agents)
    plan = None
    if share is not None:
        plan = setting_up.plan_sharing(repository, share, dry_run=dry_run)
    if plan is not None and not as_json:
        _preview(plan, promote)
    if plan is not None and not dry_run and not yes:
        _ask(f"Share the project through {plan.remote}?", f"git mnemo init --share {share} --yes")
    moved = []
    if plan is not None and not dry_run:
        agreed, when = plan, promote or "manual"
        moved = asked(lambda sure: setting_up.share(repository, agreed, when, yes=sure), False)
    done = setting_up.install(repository, with_hooks=not no_hooks, dry_run=dry_run)
    if not dry_run:
        coding_agents.set_up(repository, configuring)
    wrote = [*done.wrote, *(edit.path for edit in configuring)]
    if as_json:
        answer: Json = {
            "hooks": done.hooks,
            "remote": plan.remote if plan else None,
            "project": done.project,
        }
        if plan is not None:
            answer |= {"publishes": plan.publishes, "refs": [moved_json(one) for one in moved]}
        desk.put_json(answer | {"wrote": wrote})
        return 1 if failed(moved) else 0
    for path in shortened(wrote):
        desk.put(f"{'would write' if dry_run else 'wrote'} {printable(path)}")
    for one in moved:
        desk.put(moved_text(one))
    _tell_hooks(done)
    desk.put("ready: git mnemo claim TEXT" if not dry_run else "nothing was written")
    desk.note("undo: git mnemo uninstall")
    return 1 if failed(moved) else 0


def shortened(paths: list[str]) -> list[str]:
    """The same, with the pages of the manual in one line."""
    pages = [path for path in paths if "/man1/git-mnemo" in path]
    if len(pages) < 2:
        return paths
    first = f"{os.path.dirname(pages[0])}/git-mnemo*.1 ({many(len(pages), 'link')})"
    return [first if path == pages[0] else path for path in paths if path not in pages[1:]]


def _tell_hooks(done: setting_up.Installed) -> None:
    for event, state in done.hooks.items():
        if state.startswith("left alone"):
            desk.put(f"{event}: {printable(state)}")
    if done.by_hand:
        desk.note("to have the hooks all the same, add:")
    for text in done.by_hand:
        desk.note(f"  {text}")


def _preview(plan: setting_up.Sharing, promote: str | None) -> None:
    desk.put(f"{plan.remote} is {printable(plan.url)}")
    if plan.publishes:
        desk.put(f"the first push publishes {many(len(plan.publishes), 'chain')}:")
    else:
        desk.put("nothing is promoted here that it does not have: there is nothing to publish yet")
    for id_, title in plan.publishes.items():
        desk.put(f"  {id_}  {line(title, 60)}")
    if plan.unseen:
        desk.put(f"{plan.remote} has a project not fetched yet, and perhaps some of these in it")
    if promote == "on-commit":
        desk.put("from then on, commits will publish the reasoning that led to them")


@click.command()
@click.option("--all", "everything", is_flag=True, help="All memory, too: every ref of ours.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@dry_run_option
@json_option
def uninstall(everything: bool, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Take away what init wrote, and agent install in this work tree; with --all, all memory."""
    repository = desk.open_repository()
    plan = setting_up.plan_removal(repository, everything=everything)
    removed = [
        *(f"{one.name} {one.old}" for one in plan.refs),
        *(f"git config {name}" for name in plan.settings),
        *plan.hooks,
        *plan.links,
        *plan.paths,
        *coding_agents.take_down(repository, dry_run=True),
    ]
    if not dry_run:
        if plan.refs and not yes:
            what = f"Remove {many(len(plan.refs), 'ref')} with all memory in them?"
            _ask(what, "git mnemo uninstall --all --yes")
        coding_agents.take_down(repository, dry_run=False)
        setting_up.remove(repository, plan)
    if as_json:
        desk.put_json({"removed": removed, "dry_run": dry_run})
        return
    for what in shortened(removed):
        desk.put(f"{'would remove' if dry_run else 'removed'} {printable(what)}")
    if not removed:
        desk.put("nothing to remove")
    if plan.refs and not dry_run:
        desk.note("until git collects the objects, each line above is undone by: "
                  "git update-ref REF COMMIT")  # fmt: skip


def _ask(question: str, without_asking: str) -> None:
    if not sys.stdin.isatty():
        raise MnemoError("refused", f"{question} Nobody is here to answer.", without_asking)
    if not click.confirm(clean(question), err=True):
        raise MnemoError("refused", "the answer was no; nothing was done.", without_asking)


@click.command()
@json_option
def reindex(as_json: bool) -> None:
    """Build the index anew from the refs."""
    repository = desk.open_repository()
    index = setting_up.rebuild_index(repository, desk.counting("indexing: {} entries"))
    desk.note_encoder(setting_up.encode(repository, index, desk.counting("encoding: {} claims")))
    counts = index.counts()
    if as_json:
        desk.put_json({"tip": index.tip, "chains": counts.chains, "nodes": counts.nodes})
    else:
        desk.put(f"indexed {many(counts.nodes, 'claim')} in {many(counts.chains, 'chain')}")
