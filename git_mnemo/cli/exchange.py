"""Export and import."""

import os
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

import click

from git_mnemo import bringing, code, files, folder, sources
from git_mnemo.cli import desk, output
from git_mnemo.cli.options import dry_run_option, json_option, session_option
from git_mnemo.exporting import Export
from git_mnemo.formats import READERS, STORE, WRITERS
from git_mnemo.gathering import Gathering, Tally
from git_mnemo.importing import Wish
from git_mnemo.refs import PROJECT
from git_mnemo.render import exchange as render
from git_mnemo.render import notes, page
from git_mnemo.render.text import many
from git_mnemo.repository import Repository
from git_mnemo.sources import Source

T = TypeVar("T")
EVERY = 0.2
"""Seconds between two looks at how far it is."""


HTML, MARKDOWN = "html", "markdown"
FORMATS = (*WRITERS, MARKDOWN, HTML)


@click.command()
@click.option(
    "--format", "format_", type=click.Choice(FORMATS), default="jsonl", metavar="FORMAT",
    help=f"How it is written: {', '.join(FORMATS)}.",
)  # fmt: skip
@click.option(
    "--out", metavar="PATH",
    help="Write to this file, which is replaced whole; to this folder, for markdown.",
)  # fmt: skip
@click.option("--session", metavar="ID", help="What this session adds to the project, too.")
@json_option
def export(format_: str, out: str | None, session: str | None, as_json: bool) -> None:
    """Write the project out: to be imported again, or to be read.

    jsonl: one object a line, for each entry of each chain; import makes the same nodes and chains
    of it. html: one page to search and browse, which needs no network. markdown: a folder, a file
    for each chain. Sessions are private: only --session takes what one has not promoted along. With
    --json and --out: one object about what was written.
    """
    if format_ == MARKDOWN and out is None:
        raise desk.usage(
            "markdown is a folder: name it with --out.",
            "git mnemo export --format markdown --out memory",
        )
    repository = desk.open_repository()
    if out is not None:
        files.refuse_gits(repository, out)
    if format_ in WRITERS:
        _export_lines(repository, format_, out, session, as_json)
        return
    tally = Tally(Gathering(repository, session).chains())
    told: dict[str, object] = {"out": out, "format": format_}
    if format_ == MARKDOWN:
        assert out is not None
        told["files"] = folder.write(out, notes.files(_name_of(repository), tally))
    else:
        about = page.About(_name_of(repository), desk.now())
        _put(out, page.write(about, tally))
    told |= {"chains": tally.chains, "nodes": tally.nodes}
    if out is None:
        return
    if as_json:
        desk.put_json(told)
    else:
        held = f"{many(tally.nodes, 'claim')} in {many(tally.chains, 'chain')}"
        desk.note(f"wrote {held} to {out}")


def _export_lines(
    repository: Repository, format_: str, out: str | None, session: str | None, as_json: bool
) -> None:
    exporting = Export(repository, session)
    for name in exporting.left_out():
        desk.note(f"warning: what a later version keeps in {name}/ is not exported")
    count = _put(out, WRITERS[format_](exporting.entries()))
    if out is not None and as_json:
        desk.put_json({"out": out, "format": format_, "lines": count})
    elif out is not None:
        desk.note(f"wrote {count:,} lines to {out}")


def _put(out: str | None, pieces: Iterable[str]) -> int:
    """Write to a file, or to stdout; how many pieces."""
    if out is not None:
        return output.write(out, pieces)
    count = 0
    for piece in pieces:
        sys.stdout.buffer.write(piece.encode())
        count += 1
    return count


def _name_of(repository: Repository) -> str:
    """The project's name, as the folder that holds it says."""
    return os.path.basename(repository.top or repository.common_dir).removesuffix(".git")


@click.command("import")
@click.argument("file", metavar="FILE or -", required=False)
@click.option(
    "--format", "format_", type=click.Choice(list(READERS)), metavar="FORMAT",
    help=f"What it is, where that cannot be seen: {', '.join(READERS)}.",
)  # fmt: skip
@click.option("--into-session", is_flag=True, help="Into the session, to look at before promoting.")
@click.option(
    "--from-history", is_flag=True,
    help="Commits whose messages explain themselves, into a session; of REV-RANGE in FILE's place.",
)  # fmt: skip
@click.option(
    "--limit", type=click.IntRange(1), default=500, metavar="N",
    help="With --from-history: at most so many commits, the newest (500).",
)  # fmt: skip
@dry_run_option
@session_option
@json_option
def import_(
    file: str | None,
    format_: str | None,
    into_session: bool,
    from_history: bool,
    limit: int,
    dry_run: bool,
    session: str | None,
    as_json: bool,
) -> None:
    """Bring in what `git mnemo export` or another tool wrote, all of it or nothing.

    jsonl: lines of our own export, or claims as in `claim --batch`, with `at`, `agent`, `session`
    and `key`, and `id` and `after`, the id of the line before it in its chain. mcp: the graph of
    the reference memory server of MCP. adr: decision records in Markdown, a folder or one of them.
    markdown: what tells agents how things are, such as AGENTS.md. mnemo-store: a file-based
    `.mnemo` folder. What is here already stays as it is, so importing twice is importing once.
    """
    if session is not None and not (into_session or from_history):
        raise desk.usage(
            "--session needs --into-session.", f"git mnemo import --into-session {file}"
        )
    if from_history and (format_ is not None or file == "-"):
        raise desk.usage("--from-history takes no file.", "git mnemo import --from-history main")
    if file is None and not from_history:
        raise desk.usage("what to import is missing.", "git mnemo import memory.jsonl")
    repository = desk.open_repository()
    stamp = desk.stamp(repository, None)
    here = os.getcwd()
    wanted = desk.wanted(session)
    if from_history:
        source, seen = _history(repository, file or "HEAD", limit)
        into_session, wanted = True, wanted or bringing.session_of(source.name)
    else:
        assert file is not None  # refused above
        source, seen = sources.opened(repository, file, format_, _counted), ""
    if source.format == STORE:  # its places are those of the work tree, from wherever it is read
        here = repository.top or here
    wish = Wish(source.name, into_session, wanted, dry_run)
    done = bringing.bring(
        repository, stamp, source, wish, lambda spot: code.anchor(repository, spot, here)
    )
    for warning in [*source.warnings, *(text for one in done for text in one.warnings)]:
        desk.note(render.warning_text(warning))
    if as_json:
        desk.put_json(render.imported_json(done, source, dry_run))
        return
    if seen:
        desk.put(seen)
    for one in done:
        desk.put(render.imported_text(one, dry_run))
    if any(one.nodes and one.ref != PROJECT for one in done) and not dry_run:
        named = f" --session {wanted}" if from_history else ""
        desk.note(
            f"look at it with `git mnemo status{named}`,"
            f" take it over with `git mnemo promote{' --all' if named else ''}{named}`"
        )


def _history(repository: Repository, revisions: str, limit: int) -> tuple[Source, str]:
    """What the history tells, and in one line how much of it."""
    told = sources.history(repository, revisions, limit, lambda found: _counted(found, "commits"))
    looked = f"{told.explained:,} of {many(told.seen, 'commit')} explain themselves"
    return sources.of_history(told), looked


def _counted(lines: Iterator[T], what: str = "lines") -> Iterator[T]:
    """The lines; on a terminal, with their number on stderr while it grows."""
    if not sys.stderr.isatty():
        yield from lines
        return
    count, told = 0, time.monotonic()
    try:
        for count, line in enumerate(lines, 1):
            if time.monotonic() - told > EVERY:
                told = time.monotonic()
                sys.stderr.write(f"\rreading: {count:,} {what}")
                sys.stderr.flush()
            yield line
    finally:
        sys.stderr.write(f"\rread {count:,} {what}.   \n")
