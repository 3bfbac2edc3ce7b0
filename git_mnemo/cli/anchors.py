"""Commands that tie reasoning to code: verify, why."""

import os

import click

from git_mnemo import provenance, verifying
from git_mnemo.cli import desk, pages
from git_mnemo.cli.options import json_option, session_option
from git_mnemo.render import anchors as render
from git_mnemo.render import reasons


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
    else:
        with pages.opened(repository, "verify") as page:
            page.put(render.verified_lines(checked, page.look))
        desk.note(render.tally(checked))
    return int(verifying.is_stale(checked))


@click.command()
@click.argument("what", metavar="FILE[:LINE]|COMMIT")
@click.option(
    "--limit", type=click.IntRange(min=1), default=3, metavar="N", help="At most N chains."
)
@click.option(
    "--budget",
    type=click.IntRange(min=1),
    default=6000,
    metavar="CHARS",
    help="At most about so many characters of chains.",
)
@session_option
@json_option
def why(what: str, limit: int, budget: int, session: str | None, as_json: bool) -> None:
    """Tell the reasoning behind a file, a line or a commit.

    First the claims that are about these lines, then the chains that led to the commits that last
    changed them. A FILE is read as it is in the work tree; FILE:FIRST-LAST names several lines.
    Where a file has the name of a COMMIT, `COMMIT^0` is the commit.
    """
    repository = desk.open_repository()
    now = desk.now()
    limits = provenance.Limits(limit, budget)
    found = provenance.why(repository, desk.wanted(session), now, what, os.getcwd(), limits)
    if as_json:
        desk.put_json(reasons.reasons_json(found))
    else:
        desk.put(reasons.reasons_text(found, now))
