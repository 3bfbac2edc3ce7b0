"""`mcp`: the same verbs for a client of the Model Context Protocol."""

import os
import sys

import click

from git_mnemo.cli import desk
from git_mnemo.cli.options import agent_option, session_option
from git_mnemo.errors import MnemoError


@click.command()
@click.option("--repo", metavar="PATH", help="The repository; else where the client's roots are.")
@agent_option
@session_option
def mcp(repo: str | None, agent: str | None, session: str | None) -> None:
    """Serve the memory to an agent over MCP, on stdin and stdout.

    The repository is that of --repo or GIT_DIR, else of the client's roots, else of the current
    folder. Claims go to the session that --session or GIT_MNEMO_SESSION names, else to the one that
    the client's hooks began, else to one of the server's own; their agent is the client. Needs the
    extra: `pip install 'git-mnemo[mcp]'`.
    """
    try:
        from git_mnemo import mcp_server
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("mcp"):
            raise
        raise MnemoError(
            "usage", "the MCP server needs the package mcp, 2.0 or newer.",
            "pip install 'git-mnemo[mcp]'",
        ) from None  # fmt: skip
    if sys.stdin.isatty():
        desk.note(
            "speaking MCP on stdin and stdout; it is a client that starts this, see docs/mcp.md"
        )
    fixed = repo is not None or "GIT_DIR" in os.environ
    mcp_server.serve(mcp_server.Wanted(repo, fixed, desk.wanted(session), desk.agent(agent)))
