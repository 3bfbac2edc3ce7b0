"""Commits whose messages explain themselves: a chain for each, of what its message says, linked to
the commit."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from git_mnemo.formats.document import cut, fitting
from git_mnemo.formats.line import Line
from git_mnemo.node import COMMIT, LEAF

DOMAIN = "history"
LEAST_WORDS = 15
"""Words of a message below its subject and without trailers, that are taken for a reason."""

_BOT = re.compile(
    r"(?i)\[bot\]|\b(?:dependabot|renovate|greenkeeper|github-actions|semantic-release)\b"
)
_ROUTINE = re.compile(
    r"(?i)^(?:merge\b|revert\b|fixup!|squash!|amend!|wip\b|release\b|bump\b|"
    r"(?:chore|build)\(deps|v?\d+\.\d+(?:\.\d+)?\b|version \d|prepare (?:for )?release|"
    r"update (?:changelog|dependenc|copyright)|initial commit$)"
)
_TRAILER = re.compile(
    r"^(?:[A-Za-z][A-Za-z0-9-]*: \S.*|\(cherry picked from commit [0-9a-f]+\)|[ \t]+\S.*)$"
)
_GENERATED = re.compile(r"(?i)^(?:\W*generated with|co-authored-by:|signed-off-by:)")


class Commit(NamedTuple):
    """What git tells of a commit; `at` in unix seconds, `body` the message below the subject."""

    id: str
    at: int
    author: str
    subject: str
    body: str


def explains(commit: Commit) -> bool:
    """Whether its message says more than what the change does."""
    if _BOT.search(commit.author) or _ROUTINE.match(commit.subject):
        return False
    return len(" ".join(reasons(commit.body)).split()) >= LEAST_WORDS


def reasons(body: str) -> list[str]:
    """The paragraphs of a message without its trailers; one that announces the next holds it."""
    parts = [part.strip("\n") for part in re.split(r"\n[ \t]*\n", body) if part.strip()]
    while parts and _is_trailers(parts[-1].splitlines()):
        parts.pop()
    found: list[list[str]] = []
    for part in parts:
        if _GENERATED.match(part):
            continue
        announced = bool(found) and found[-1][-1].rstrip().endswith(":")
        indented = bool(found) and part.startswith(("    ", "\t"))
        if announced or indented:
            found[-1].append(part)
        else:
            found.append([part])
    return ["\n\n".join(paragraph) for paragraph in found]


def _is_trailers(lines: list[str]) -> bool:
    return not lines[0][:1].isspace() and all(map(_TRAILER.match, lines))


def read(commits: Iterable[Commit]) -> Iterator[Line]:
    """The lines of the commits that explain themselves, each chain ending with its commit."""
    number = 0
    for commit in commits:
        if not explains(commit):
            continue
        title = fitting(commit.subject) or commit.id
        texts = [piece for part in reasons(commit.body) for piece in cut(part)]
        for type_, text in [*((LEAF, text) for text in texts), (COMMIT, commit.subject)]:
            number += 1
            linked = type_ == COMMIT
            yield Line(
                number, text=(text.strip() or commit.id) if linked else text, type=type_,
                domain=None if linked else DOMAIN, title=title, key=commit.id, at=commit.at,
                commit=commit.id if linked else None,
            )  # fmt: skip
