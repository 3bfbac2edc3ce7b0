"""Export and import."""

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import BinaryIO, TextIO

import click

from git_mnemo import code, files, importing
from git_mnemo.cli import desk
from git_mnemo.cli.options import dry_run_option, json_option, session_option
from git_mnemo.errors import MnemoError
from git_mnemo.exporting import Export
from git_mnemo.formats import READERS, WRITERS
from git_mnemo.formats.line import MAX_LINE
from git_mnemo.importing import Wish
from git_mnemo.render import exchange as render

EVERY = 0.2
"""Seconds between two looks at how far it is."""


@click.command()
@click.option(
    "--format", "format_", type=click.Choice(list(WRITERS)), default="jsonl", metavar="FORMAT",
    help=f"How it is written: {', '.join(WRITERS)}.",
)  # fmt: skip
@click.option("--out", metavar="PATH", help="Write to this file, which is replaced whole.")
@click.option("--session", metavar="ID", help="What this session adds to the project, too.")
@json_option
def export(format_: str, out: str | None, session: str | None, as_json: bool) -> None:
    """Write the project out, such that import makes the same nodes and chains of it.

    One JSON object a line, for each entry of each chain. Sessions are private: only --session takes
    what one has not promoted along. With --json and --out: one object about the file.
    """
    repository = desk.open_repository()
    exporting = Export(repository, session)
    for name in exporting.left_out():
        desk.note(f"warning: what a later version keeps in {name}/ is not exported")
    lines = WRITERS[format_](exporting.entries())
    if out is None:
        for line in lines:
            sys.stdout.buffer.write(line.encode())
        return
    files.refuse_gits(repository, out)
    count = _write(out, lines)
    if as_json:
        desk.put_json({"out": out, "format": format_, "lines": count})
    else:
        desk.note(f"wrote {count:,} lines to {out}")


def _write(path: str, lines: Iterable[str]) -> int:
    """Write a file whole, or leave what was there; how many lines.

    A link stays, and so does what is no file, such as a pipe or `/dev/stdout`: it is written into.
    """
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):
        return _fill(_made(target, path), lines)
    draft = f"{target}.{os.getpid()}.part"
    try:
        count = _fill(_made(draft, path), lines)
        os.replace(draft, target)
    finally:
        if os.path.exists(draft):
            os.remove(draft)
    return count


def _made(path: str, shown: str) -> TextIO:
    try:
        return open(path, "w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise MnemoError(
            "refused", f"{shown}: {error.strerror}.", "git mnemo export --out memory.jsonl"
        ) from None


def _fill(file: TextIO, lines: Iterable[str]) -> int:
    count = 0
    with file:
        for line in lines:
            file.write(line)
            count += 1
    return count


@click.command("import")
@click.argument("file", metavar="FILE or -")
@click.option(
    "--format", "format_", type=click.Choice(list(READERS)), default="jsonl", metavar="FORMAT",
    help=f"What it is: {', '.join(READERS)}.",
)  # fmt: skip
@click.option("--into-session", is_flag=True, help="Into the session, to look at before promoting.")
@dry_run_option
@session_option
@json_option
def import_(
    file: str, format_: str, into_session: bool, dry_run: bool, session: str | None, as_json: bool
) -> None:
    """Bring in what `git mnemo export` or another tool wrote, all of it or nothing.

    jsonl: lines of our own export, or claims as in `claim --batch`, with `at`, `agent`, `session`
    and `key`, and `id` and `after`, the id of the line before it in its chain. What is here already
    stays as it is, so importing twice is importing once.
    """
    if session is not None and not into_session:
        raise desk.usage(
            "--session needs --into-session.", f"git mnemo import --into-session {file}"
        )
    repository = desk.open_repository()
    stamp = desk.stamp(repository, None)
    folder = os.getcwd()
    source = "-" if file == "-" else os.path.basename(file)
    wish = Wish(source, into_session, desk.wanted(session), dry_run)
    with _opened(file) as stream:
        lines = READERS[format_](_counted(_lines(stream)))
        done = importing.run(
            repository, stamp, wish, lines, lambda spot: code.anchor(repository, spot, folder)
        )
    for warning in done.warnings:
        desk.note(render.warning_text(warning))
    if as_json:
        desk.put_json(render.imported_json(done, dry_run))
        return
    desk.put(render.imported_text(done, dry_run))
    if into_session and done.nodes and not dry_run:
        desk.note("look at it with `git mnemo status`, take it over with `git mnemo promote`")


def _opened(path: str) -> AbstractContextManager[BinaryIO]:
    if path == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return open(path, "rb")
    except OSError as error:
        raise MnemoError(
            "not-found", f"{path}: {error.strerror}.", "git mnemo import memory.jsonl"
        ) from None


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    while line := stream.readline(MAX_LINE + 1):
        yield line


def _counted(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The lines; on a terminal, with their number on stderr while it grows."""
    if not sys.stderr.isatty():
        yield from lines
        return
    count, told = 0, time.monotonic()
    try:
        for count, line in enumerate(lines, 1):
            if time.monotonic() - told > EVERY:
                told = time.monotonic()
                sys.stderr.write(f"\rreading: {count:,} lines")
                sys.stderr.flush()
            yield line
    finally:
        sys.stderr.write(f"\rread {count:,} lines.   \n")
