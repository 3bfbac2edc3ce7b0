"""hook."""

import click

from git_mnemo.cli import hooking
from git_mnemo.cli.boundary import quietly


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("event", metavar="EVENT")
@click.argument("args", nargs=-1, type=click.UNPROCESSED, metavar="[ARGS]...")
def hook(event: str, args: tuple[str, ...]) -> None:
    """Do what one of git's hooks asks for: an installed hook calls this, nobody else has to.

    EVENT is post-commit, post-rewrite, prepare-commit-msg, commit-msg, pre-push, post-merge or
    post-checkout, ARGS are the arguments that git gave the hook, and stdin is the hook's. The exit
    status is always 0; a failure is one line on stderr.
    """
    quietly(hooking.run, [event, *args])
