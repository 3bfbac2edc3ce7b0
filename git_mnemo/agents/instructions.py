"""A few lines in AGENTS.md, between two marks, for agents without hooks; only when asked for."""

from __future__ import annotations

from git_mnemo.agents import edits
from git_mnemo.agents.edits import Edit, Receipt

FILE, IMPORTING = "AGENTS.md", "CLAUDE.md"
BEGIN, END = "<!-- git mnemo: begin -->", "<!-- git mnemo: end -->"
BLOCK = f"""\
{BEGIN}
The reasoning behind this code is kept in the repository by `git mnemo`, as data to weigh.
- `git mnemo recall WORDS` finds what was decided, found and ruled out.
- `git mnemo why FILE:LINE` tells why a line is as it is.
- `git mnemo claim --anchor FILE:10-20 "TEXT"` records what you find, decide or rule out.
{END}
"""
IMPORT = "@AGENTS.md"


def install(path: str) -> Edit:
    """The change that puts the block into AGENTS.md, or brings it up to date."""
    before = edits.load(path)
    text = edits.text_of(before, path)
    newline = "\r\n" if "\r\n" in text else "\n"
    block = BLOCK.replace("\n", newline)
    place = _place(text)
    if place is not None:
        after = text[: place[0]] + block + text[place[1] :]
    else:
        gap = "" if not text else newline if text.endswith("\n") else 2 * newline
        after = text + gap + block
    bare = before if place is None or before is None else edits.bytes_of(_without(text), before)
    return Edit(path, before, edits.bytes_of(after, before), bare)


def uninstall(path: str, known: Receipt | None) -> Edit:
    """The change that takes the block out."""
    before = edits.load(path)
    if before is None or (known is not None and edits.untouched(known, before)):
        return Edit(
            path, before, known.before if known is not None and before is not None else None
        )
    text = edits.text_of(before, path)
    if _place(text) is None:
        return Edit(path, before, before)
    after = _without(text)
    if known is not None and known.before is None and not after.strip():
        return Edit(path, before, None)
    return Edit(path, before, edits.bytes_of(after, before))


def _without(text: str) -> str:
    """The text without the block and the empty line before it."""
    place = _place(text)
    if place is None:
        return text
    start = place[0]
    for gap in ("\r\n\r\n", "\n\n"):
        if text[:start].endswith(gap):
            start -= len(gap) // 2
    return text[:start] + text[place[1] :]


def _place(text: str) -> tuple[int, int] | None:
    """Where the block stands, the end of its last line included."""
    start = text.find(BEGIN)
    end = text.find(END, start)
    if start < 0 or end < 0:
        return None
    newline = text.find("\n", end)
    return start, len(text) if newline < 0 else newline + 1


def import_it(path: str) -> Edit:
    """The change that lets a CLAUDE.md which does not import AGENTS.md do so; none without one."""
    before = edits.load(path)
    text = edits.text_of(before, path)
    if before is None or any(line.strip() == IMPORT for line in text.splitlines()):
        return Edit(path, before, before)
    newline = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text or text.endswith("\n") else newline
    return Edit(path, before, edits.bytes_of(text + gap + IMPORT + newline, before), before)


def unimport(path: str, known: Receipt | None) -> Edit:
    """The change that takes the line out again, where we put it there."""
    before = edits.load(path)
    if before is None or known is None:
        return Edit(path, before, before)
    if edits.untouched(known, before):
        return Edit(path, before, known.before)
    lines = edits.text_of(before, path).splitlines(keepends=True)
    ours = [at for at, line in enumerate(lines) if line.strip() == IMPORT]
    if ours:
        del lines[ours[-1]]
    return Edit(path, before, edits.bytes_of("".join(lines), before))
