"""`help`: the manual, also where git cannot find it."""

import os
import shutil
import sys

import click

from git_mnemo import manual
from git_mnemo.cli import desk
from git_mnemo.errors import MnemoError


@click.command()
@click.argument("words", nargs=-1, metavar="[COMMAND]...")
@click.pass_context
def help(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Show the manual page of a command, or of git mnemo.

    On a terminal with `man` that is what `git mnemo --help` shows; else it is what -h prints.
    """
    group = ctx.find_root()
    shown = _found(group, words)
    page = manual.page(list(words))
    viewer = shutil.which("man")
    if page is not None and viewer is not None and sys.stdout.isatty():
        os.execv(viewer, [viewer, str(page)])
    desk.put(shown.get_help())


def _found(root: click.Context, words: tuple[str, ...]) -> click.Context:
    """The context of a command named word by word."""
    at = root
    for word in words:
        command = None
        if isinstance(at.command, click.Group):
            command = at.command.get_command(at, word)
        if command is None:
            raise MnemoError("usage", f"no such command: {' '.join(words)}.", "git mnemo -h")
        at = click.Context(command, info_name=word, parent=at)
    return at
