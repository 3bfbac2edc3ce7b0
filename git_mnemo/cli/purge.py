"""purge."""

import sys

import click

from git_mnemo import purge as purging
from git_mnemo import sharing
from git_mnemo.cli import desk
from git_mnemo.cli.options import json_option
from git_mnemo.errors import MnemoError
from git_mnemo.render.purge import asked_text, purged_json, purged_text
from git_mnemo.render.text import clean
from git_mnemo.repository import Repository


@click.command()
@click.argument("addresses", nargs=-1, metavar="[ADDR]...")
@click.option("--remote", metavar="REMOTE", help="Rewrite the shared remote, too.")
@click.option("--accept", is_flag=True, help="Follow the purges of the shared remote.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def purge(
    addresses: tuple[str, ...], remote: str | None, accept: bool, yes: bool, as_json: bool
) -> int:
    """Take nodes out of every session, archive and project, for what must not exist.

    Histories are rewritten without them, and a tombstone keeps them out for ever. --remote does the
    same to the shared remote; other clones follow with --accept. What was pushed has been seen: a
    secret must still be revoked.
    """
    if accept and (addresses or remote):
        raise desk.usage("--accept follows the shared remote, and takes nothing else.")
    if not (accept or addresses or remote):
        raise desk.usage("name what to purge.", "git mnemo purge ADDR")
    repository = desk.open_repository()
    stamp = desk.stamp(repository, None)
    done = []
    if accept:
        _ask(yes, "Scrub this clone of what the shared remote has purged?")
        done.append(purging.accept(repository, sharing.shared(repository).remote))
    if addresses:
        chosen = purging.chosen(repository, addresses)
        _ask(yes, asked_text(repository, chosen))
        done.append(purging.purge(repository, stamp, chosen))
    if remote:
        if not addresses:
            _ask(yes, f"Rewrite the memory on {remote} without what is purged here?")
        done.append(_purge_remote(repository, remote, yes))
    if as_json:
        desk.put_json(purged_json(done))
    else:
        for one in done:
            desk.put(purged_text(one))
    return 1 if any(one.failed for one in done) else 0


def _purge_remote(repository: Repository, remote: str, yes: bool) -> purging.Purged:
    shared = sharing.shared(repository, remote)
    sharing.refuse_changed(repository, shared)
    return purging.purge_remote(repository, shared.remote, yes=yes)


def _ask(yes: bool, question: str) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise MnemoError("refused", "purging asks first, and there is no terminal.",
                         "git mnemo purge --yes ADDR")  # fmt: skip
    if not click.confirm(clean(question), err=True):
        raise MnemoError("refused", "nothing was purged.")
