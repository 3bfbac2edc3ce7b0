"""doctor, and fsck, which is the same."""

import click

from git_mnemo import doctor as doctoring
from git_mnemo.cli import desk
from git_mnemo.cli.options import json_option
from git_mnemo.render.doctor import examined_json, examined_text


@click.command()
@click.option("--fix", is_flag=True, help="Do the cures that are safe.")
@json_option
def doctor(fix: bool, as_json: bool) -> int:
    """Check everything; each finding comes with its cure.

    The refs, trees, nodes and what they rest on, the index, archives, locks, settings, hooks and
    the remote. Exit status 1 if anything is an error. --fix does the safe cures; nothing is ever
    deleted but caches.
    """
    repository = desk.open_repository()
    now = desk.now()
    found = doctoring.examine(repository, now)
    fixed = doctoring.repair(found) if fix else []
    if fixed:
        found = doctoring.examine(repository, now)
    if as_json:
        desk.put_json(examined_json(found, fixed))
    else:
        desk.put(examined_text(found, fixed))
    return 0 if doctoring.is_well(found) else 1


fsck = doctor
