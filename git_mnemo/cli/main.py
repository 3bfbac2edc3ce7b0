"""The table of commands. A command's module is loaded when it is called, and no other."""

import keyword
import os
from collections.abc import Sequence
from importlib import import_module

import click

from git_mnemo import __version__
from git_mnemo.errors import MnemoError

MODULES = {
    "init": "setup",
    "uninstall": "setup",
    "status": "memory",
    "claim": "claims",
    "supersede": "claims",
    "compress": "claims",
    "retract": "claims",
    "chains": "memory",
    "show": "memory",
    "recall": "recall",
    "log": "memory",
    "graph": "graph",
    "why": "anchors",
    "verify": "anchors",
    "export": "exchange",
    "import": "exchange",
    "stash": "claims",
    "pop": "claims",
    "promote": "lifecycle",
    "session": "sessions",
    "archive": "lifecycle",
    "restore": "lifecycle",
    "gc": "lifecycle",
    "purge": "purge",
    "doctor": "doctor",
    "fsck": "doctor",
    "fetch": "sharing",
    "pull": "sharing",
    "push": "sharing",
    "sync": "sharing",
    "mcp": "mcp",
    "hook": "hook",
    "reindex": "setup",
    "agent": "agents",
    "agent-hook": "agents",
    "help": "help",
}
"""Commands in the order of a day's work, and the module of `git_mnemo.cli` that has each."""


class Commands(click.Group):
    """The commands, each found in its module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        if cmd_name not in MODULES:
            return None
        module = import_module(f"git_mnemo.cli.{MODULES[cmd_name]}")
        # A word of Python has an underscore behind it where it is the name of a function.
        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name.replace("-", "_")
        command: click.Command = getattr(module, name)
        return command


@click.group(
    cls=Commands,
    name="git mnemo",
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("-C", "folder", metavar="PATH", help="Run as if started in PATH.")
@click.option("--git-dir", metavar="PATH", help="The git directory of the repository.")
@click.version_option(__version__, "--version", message="git mnemo %(version)s")
@click.pass_context
def git_mnemo(ctx: click.Context, folder: str | None, git_dir: str | None) -> None:
    """Keep the reasoning of coding agents in the repository it is about.

    Think in a session, promote what proves its worth to the project, archive the rest. Without a
    command: where you are, and the next step.
    """
    if folder:
        _enter(folder)
    if git_dir:
        os.environ["GIT_DIR"] = git_dir
    if ctx.invoked_subcommand is None:
        command = git_mnemo.get_command(ctx, "status")
        assert command is not None
        ctx.invoke(command)


def _enter(folder: str) -> None:
    try:
        os.chdir(folder)
    except OSError as error:
        raise MnemoError(
            "not-a-repository", f"{folder}: {error.strerror}.", "git mnemo -C PATH status"
        ) from None


def run(arguments: Sequence[str]) -> int:
    """Read the arguments with click and do what they say; usage errors in our own words."""
    arguments = list(arguments)
    if arguments == ["--json"]:
        arguments = ["status", "--json"]
    try:
        # Not `git_mnemo.main`: it turns a pipe closed by its reader into exit status 1.
        with git_mnemo.make_context("git mnemo", arguments) as ctx:
            status = git_mnemo.invoke(ctx)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx is not None else "git mnemo"
        raise MnemoError("usage", error.format_message(), f"{where} -h") from None
    except click.Abort:
        raise KeyboardInterrupt from None
    return status if isinstance(status, int) else 0
