"""Options that many commands share, as click decorators."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from git_mnemo.cli.claim_options import AGENT, JSON, SESSION, Option

Command = TypeVar("Command", bound=Callable[..., Any])


def from_table(*table: Option) -> Callable[[Command], Command]:
    """The options of a table, in its order in the help."""

    def decorate(command: Command) -> Command:
        for option in reversed(table):
            command = _click_option(option)(command)
        return command

    return decorate


def _click_option(option: Option) -> Callable[[Command], Command]:
    if option.kind == "flag":
        return click.option(option.flag, option.name, is_flag=True, help=option.help)
    return click.option(
        option.flag,
        option.name,
        metavar=option.metavar,
        multiple=option.kind == "many",
        help=option.help,
    )


json_option = from_table(JSON)
session_option = from_table(SESSION)
agent_option = from_table(AGENT)
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be done; do nothing.")
date_option = click.option(
    "--date",
    metavar="FORMAT",
    help="How to write dates: relative, iso, short, human, format:%d.%m., …; see git log.",
)


def colour_options(command: Command) -> Command:
    """Options that overrule git's configuration of colours."""
    always = click.option(
        "--color", "colour", flag_value="always", help="In colour, into a pipe, too."
    )
    never = click.option("--no-color", "colour", flag_value="never", help="Without colour.")
    return always(never(command))
