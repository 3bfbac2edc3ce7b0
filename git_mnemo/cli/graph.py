"""graph: chains, drawn."""

import click

from git_mnemo import drawing
from git_mnemo.cli import desk, pages
from git_mnemo.cli.options import colour_options, json_option, session_option
from git_mnemo.render.diagrams import dot_lines, mermaid_lines
from git_mnemo.render.graph import graph_json, graph_lines
from git_mnemo.render.text import many

TEXT, MERMAID, DOT = "text", "mermaid", "dot"
MERMAID_EDGES, MERMAID_CHARACTERS = 500, 50_000
"""What Mermaid draws if its settings are not changed."""


@click.command()
@click.argument("id_", required=False, metavar="[ID]")
@click.option(
    "--format",
    "format_",
    type=click.Choice([TEXT, MERMAID, DOT]),
    default=TEXT,
    metavar="FORMAT",
    help="text for people, mermaid for pages of Markdown, dot for Graphviz.",
)
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(min=1),
    default=drawing.MOST_CHAINS,
    metavar="N",
    help=f"At most N chains ({drawing.MOST_CHAINS}).",
)
@colour_options
@session_option
@json_option
def graph(
    id_: str | None,
    format_: str,
    limit: int,
    colour: str | None,
    session: str | None,
    as_json: bool,
) -> None:
    """Draw chains, their nodes in order, and what these rest on.

    Without an ID, the chains of the session and the project, those begun last first. With one: a
    chain, the chains of a session, or those around a node: its own, those of what it rests on, and
    those of what builds on it. What is hidden is struck out. What does not fit into one drawing is
    left out, and counted on stderr.
    """
    repository = desk.open_repository()
    found = drawing.draw(repository, desk.wanted(session), desk.now(), id_, limit)
    if as_json:
        desk.put_json(graph_json(found))
    elif format_ == TEXT:
        with pages.opened(repository, "graph", colour) as page:
            page.put(graph_lines(found, page.look))
    else:
        lines = mermaid_lines(found) if format_ == MERMAID else dot_lines(found)
        drawn = "\n".join(lines)
        desk.put(drawn)
        if format_ == MERMAID and (
            drawn.count(" --- ") + drawn.count(" -.->") > MERMAID_EDGES
            or len(drawn) > MERMAID_CHARACTERS
        ):
            desk.note("this is more than Mermaid draws unless told so: git mnemo graph -n 10")
    if found.left_out:
        desk.note(f"{many(found.left_out, 'chain')} not drawn: git mnemo graph ID, or --limit N")
