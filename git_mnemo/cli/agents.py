"""agent install, uninstall, status; and agent-hook where click has to show its help."""

import sys
from typing import Any

import click

from git_mnemo.agents import edits
from git_mnemo.agents import setup as agents
from git_mnemo.agents.edits import Edit
from git_mnemo.agents.setup import Change, Found, Place
from git_mnemo.cli import agent_hook as hook
from git_mnemo.cli import desk
from git_mnemo.cli.options import dry_run_option, json_option
from git_mnemo.errors import MnemoError
from git_mnemo.event import FILE, PROMPT, START, Event
from git_mnemo.message import printable
from git_mnemo.render.text import ago, iso
from git_mnemo.repository import Repository

names_argument = click.argument("names", nargs=-1, metavar="[AGENT]...")
scope_option = click.option(
    "--scope",
    type=click.Choice([agents.PROJECT, agents.USER]),
    default=agents.PROJECT,
    metavar="SCOPE",
    help="Whose configuration: project (this work tree) or user.",
)


@click.group()
def agent() -> None:
    """Set coding agents up, so that they use memory without being told.

    AGENT is claude-code, codex, cursor, gemini or copilot; without one, those in use.
    """


@agent.command()
@names_argument
@scope_option
@click.option(
    "--agents-md",
    is_flag=True,
    help="Also put a few marked lines into AGENTS.md, and its import into a CLAUDE.md.",
)
@dry_run_option
@json_option
def install(
    names: tuple[str, ...], scope: str, agents_md: bool, dry_run: bool, as_json: bool
) -> None:
    """Add our hooks to the configuration of agents, and change nothing else in it.

    Doing it twice is harmless. With --dry-run: shows the difference it would make.
    """
    place = agents.place(_repository(), scope)
    plan = agents.plan_install(agents.chosen(names, place), place)
    lines = agents.plan_lines(place) if agents_md else []
    if not dry_run:
        edits.apply([*(one.edit for one in plan), *lines], place.state)
    _tell(plan, lines, place, dry_run=dry_run, as_json=as_json)


@agent.command()
@names_argument
@scope_option
@dry_run_option
@json_option
def uninstall(names: tuple[str, ...], scope: str, dry_run: bool, as_json: bool) -> None:
    """Take our hooks out again; without AGENT, those of all agents and the lines in AGENTS.md.

    A file that nobody else changed since is put back byte for byte.
    """
    place = agents.place(_repository(), scope)
    if names:
        plan = agents.plan_uninstall(agents.chosen(names, place), place)
    else:
        plan = [one for one in agents.plan_uninstall_all(place) if one.edit.changes]
    lines = [] if names else [one for one in agents.plan_no_lines(place) if one.changes]
    if not dry_run:
        edits.undo([*(one.edit for one in plan), *lines], place.state)
    _tell(plan, lines, place, dry_run=dry_run, as_json=as_json)


@agent.command()
@json_option
def status(as_json: bool) -> None:
    """Show which agents are set up, and when a hook of each last ran here."""
    found = agents.status(_repository())
    if as_json:
        desk.put_json({"agents": [_found_json(one) for one in found]})
        return
    for one in found:
        if one.in_use or one.state != "absent":
            desk.put(_found_text(one))
    if not any(one.state == "installed" for one in found):
        desk.note("next: git mnemo agent install")


@agent.command()
@click.option("--prompt", metavar="TEXT", help="What goes with this prompt, not with the start.")
@click.option("--file", "path", metavar="PATH", help="What goes with a change of this file.")
@json_option
def preview(prompt: str | None, path: str | None, as_json: bool) -> None:
    """Show what an agent is told, word for word.

    When a session starts; or with a prompt, or before a file is changed. Nothing is written.
    """
    event = Event(START, "preview")
    if prompt is not None:
        event = Event(PROMPT, "preview", prompt=prompt)
    elif path is not None:
        event = Event(FILE, "preview", paths=(path,))
    text = hook.told("preview", event, None).text
    if as_json:
        desk.put_json({"text": text, "characters": len(text), "tokens": len(text) // 4})
    elif text:
        desk.put(text)
    else:
        desk.note("nothing")


@click.command(name="agent-hook", context_settings={"ignore_unknown_options": True})
@click.argument("agent", metavar="AGENT")
@click.argument("event", required=False, metavar="[EVENT]")
def agent_hook(agent: str, event: str | None) -> int:
    """Answer one hook event of a coding agent: its JSON on stdin, and on stdout.

    Agents call this; `git mnemo agent install` tells them to. Whatever happens, it exits with 0 and
    prints JSON that the agent understands, or nothing.
    """
    return hook.run([agent, *([event] if event is not None else [])])


def plan_set_up(repository: Repository, listed: str | None) -> list[Edit]:
    """The changes that set the listed agents up in this work tree; `found`: those in use, which
    may be none."""
    if listed is None:
        return []
    place = agents.place(repository, agents.PROJECT)
    if listed == "found":
        modules = agents.found(place)
    else:
        modules = agents.chosen(tuple(filter(None, listed.split(","))), place)
    plan = [one.edit for one in agents.plan_install(modules, place)]
    return [edit for edit in plan if edit.changes]


def set_up(repository: Repository, plan: list[Edit]) -> None:
    """Do what was planned."""
    if plan:
        edits.apply(plan, agents.place(repository, agents.PROJECT).state)


def take_down(repository: Repository, *, dry_run: bool) -> list[str]:
    """Undo what was set up in this work tree; the files that this changes."""
    if repository.top is None:
        return []
    place = agents.place(repository, agents.PROJECT)
    kept = {receipt.path for receipt in edits.receipts(place.state)}
    undone = [one.edit for one in agents.plan_uninstall_all(place)]
    plan = [edit for edit in (*undone, *agents.plan_no_lines(place)) if edit.path in kept]
    if not dry_run:
        edits.undo(plan, place.state)
    return [edit.path for edit in plan if edit.changes]


def _repository() -> Repository | None:
    try:
        return desk.open_repository()
    except MnemoError as error:
        if error.code != "not-a-repository":
            raise
        return None


def _tell(
    plan: list[Change], lines: list[Edit], place: Place, *, dry_run: bool, as_json: bool
) -> None:
    every = [*(one.edit for one in plan), *lines]
    wrote = [one.path for one in every if one.changes]
    if as_json:
        told = [_change_json(one) for one in plan]
        desk.put_json({"agents": told, "wrote": wrote, "dry_run": dry_run})
        return
    if dry_run:
        sys.stdout.write(edits.diff(every))
    for one in plan:
        done = "already" if not one.edit.changes else "would be" if dry_run else "is now"
        desk.note(f"{one.agent} ({one.scope}): {done} {one.state}")
    if not dry_run:
        for edit in filter(lambda edit: edit.changes, every):
            desk.put(f"{'wrote' if edit.after is not None else 'removed'} {printable(edit.path)}")
        for one in plan:
            if one.note is not None and one.edit.changes:
                desk.note(one.note)


def _change_json(one: Change) -> dict[str, Any]:
    return {
        "agent": one.agent,
        "scope": one.scope,
        "path": one.edit.path,
        "state": one.state,
        "changed": one.edit.changes,
    }


def _found_json(one: Found) -> dict[str, Any]:
    return one._asdict() | {"last_event": iso(one.last_event)}


def _found_text(one: Found) -> str:
    heard = f", last heard {ago(one.last_event, desk.now())}" if one.last_event else ""
    return f"{one.agent:<12} {one.scope:<8} {one.state}{heard}  {printable(one.path)}"
