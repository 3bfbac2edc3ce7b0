"""Commands that tie reasoning to code: verify, why."""

import os

import click

from git_mnemo import verifying
from git_mnemo.cli import desk
from git_mnemo.cli.options import json_option, session_option
from git_mnemo.render import anchors as render


@click.command()
@click.argument("words", nargs=-1, metavar="[ADDR|PATH]...")
@click.option("--rev", metavar="REV", help="Compare with this commit, not with the work tree.")
@session_option
@json_option
def verify(words: tuple[str, ...], rev: str | None, session: str | None, as_json: bool) -> int:
    """Tell whether the lines that claims are about are still there.

    Each anchor is fresh, moved, drifted, missing or unknown. The exit status is 1 if any is drifted
    or missing. ADDR is a node or a chain, PATH a file or a folder; without any, all visible claims
    are verified.
    """
    repository = desk.open_repository()
    checked = verifying.verify(
        repository, desk.wanted(session), desk.now(), words, os.getcwd(), rev
    )
    if as_json:
        desk.put_json(render.verified_json(checked))
    elif checked:
        desk.put(render.verified_text(checked))
    if not as_json:
        desk.note(render.tally(checked))
    return int(verifying.is_stale(checked))
