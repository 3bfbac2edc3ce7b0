"""fetch, pull, push, sync."""

import sys
from collections.abc import Callable

import click

from git_mnemo import handing, sharing
from git_mnemo import sync as syncing
from git_mnemo.cli import desk
from git_mnemo.cli.options import json_option
from git_mnemo.refs import PROJECT
from git_mnemo.render.sharing import moved_json, moved_text
from git_mnemo.repository import Repository
from git_mnemo.sync import Moved

sessions_option = click.option("--sessions", is_flag=True, help="Sessions and archives, too.")
yes_option = click.option("--yes", is_flag=True, help="Join even what would hide much.")


@click.command()
@click.argument("remote", required=False)
@sessions_option
@json_option
def fetch(remote: str | None, sessions: bool, as_json: bool) -> int:
    """Bring the tracking refs of a remote up to date, and nothing else.

    Without a REMOTE: the one that is shared through.
    """
    repository = desk.open_repository()
    name = remote or sharing.shared(repository).remote
    return _tell(name, syncing.fetch(repository, name, sessions=sessions), as_json)


@click.command()
@sessions_option
@yes_option
@json_option
def pull(sessions: bool, yes: bool, as_json: bool) -> int:
    """Fetch, and join what others promoted into the project."""
    repository = desk.open_repository()
    shared = sharing.shared(repository)
    moved = asked(lambda sure: syncing.pull(repository, shared, yes=sure), yes)
    if sessions:
        moved += _handed(syncing.fetch(repository, shared.remote, sessions=True))
    return _tell(shared.remote, moved, as_json)


@click.command()
@sessions_option
@yes_option
@json_option
def push(sessions: bool, yes: bool, as_json: bool) -> int:
    """Publish the project through the shared remote."""
    repository = desk.open_repository()
    shared = sharing.shared(repository)
    moved = asked(lambda sure: syncing.push(repository, shared, yes=sure), yes)
    return _tell(shared.remote, moved + _push_sessions(repository, shared, sessions), as_json)


@click.command()
@click.argument("remote", required=False)
@sessions_option
@yes_option
@json_option
def sync(remote: str | None, sessions: bool, yes: bool, as_json: bool) -> int:
    """Pull and push: afterwards both sides know the same project."""
    repository = desk.open_repository()
    shared = sharing.shared(repository, remote)
    moved = asked(lambda sure: syncing.sync(repository, shared, yes=sure), yes)
    if sessions:
        moved += _handed(syncing.fetch(repository, shared.remote, sessions=True))
    return _tell(shared.remote, moved + _push_sessions(repository, shared, sessions), as_json)


def asked(act: Callable[[bool], list[Moved]], yes: bool) -> list[Moved]:
    """What the act did; where somebody is there to say yes to a doubt, it is asked and done."""
    moved = act(yes)
    doubts = [one.reason for one in moved if one.asks]
    if doubts and sys.stdin.isatty() and click.confirm(f"{doubts[0]}. Join it?", err=True):
        return act(True)
    return moved


def _handed(moved: list[Moved]) -> list[Moved]:
    return [one for one in moved if one.ref != PROJECT]


def _push_sessions(repository: Repository, shared: sharing.Shared, sessions: bool) -> list[Moved]:
    wanted = sessions or repository.is_on("mnemo.pushsessions")
    return handing.push(repository, shared, desk.now()) if wanted else []


def _once(told: list[Moved]) -> list[Moved]:
    """Each ref once: what was fetched and then pushed again became what the push made of it."""
    moved: dict[str, Moved] = {}
    for one in told:
        if one.ref not in moved or one.outcome != syncing.UP_TO_DATE:
            moved[one.ref] = one
    return list(moved.values())


def _tell(remote: str, told: list[Moved], as_json: bool) -> int:
    moved = _once(told)
    if as_json:
        desk.put_json({"remote": remote, "refs": [moved_json(one) for one in moved]})
    else:
        for one in moved:
            desk.put(moved_text(one))
        if not moved:
            desk.put(f"{remote} has no memory yet")
    return 1 if syncing.failed(moved) else 0
