"""Screening: every text of an import passes here, before any of it becomes an object."""

from collections.abc import Iterator
from functools import lru_cache

from git_mnemo import guarding
from git_mnemo.anchor import Anchor
from git_mnemo.errors import MnemoError
from git_mnemo.formats.line import Line
from git_mnemo.guarding import Clean
from git_mnemo.repository import Repository


def screen(repository: Repository, line: Line) -> Line | None:
    """The line without secrets, with a note of what was taken out; None where it is to be left out.

    A line of our own export stands for the bytes of its address, and cannot do without a part of
    them. Refuses a line whose secret nothing can be put in the place of, and under
    `mnemo.secrets = reject` every line that holds one.
    """
    line = _without_secret_names(repository, line)
    if line.address is not None:
        return None if _is_secret(repository, "\n".join(_own_texts(line))) else line
    for anchor in line.anchors:
        guarding.check(
            repository, anchor.path if isinstance(anchor, Anchor) else anchor, "the path"
        )
    text, title = guarding.clean(repository, line.text), Clean("", ())
    if line.title:
        title = guarding.clean(repository, line.title)
    redacted = text.redacted + title.redacted
    if not redacted:
        return line
    note = f"line {line.number}: redacted {', '.join(redacted)}"
    return line._replace(text=text.text, title=line.title and title.text, notes=(*line.notes, note))


def is_secret_key(repository: Repository, key: str) -> bool:
    """Whether a chain's key would tell a secret."""
    return _is_secret(repository, key)


def _without_secret_names(repository: Repository, line: Line) -> Line:
    if line.agent is None or not _is_secret_name(repository, line.agent):
        return line
    note = f"line {line.number}: the agent's name holds what looks like a secret; it is passed over"
    return line._replace(agent=None, notes=(*line.notes, note))


@lru_cache(maxsize=64)  # a hundred thousand lines have a handful of agents
def _is_secret_name(repository: Repository, name: str) -> bool:
    return _is_secret(repository, name)


def _own_texts(line: Line) -> Iterator[str]:
    yield line.text
    yield line.key or ""
    yield from (anchor.path for anchor in line.anchors if isinstance(anchor, Anchor))
    if line.raw is not None:
        yield line.raw.decode("utf-8", "replace")


def _is_secret(repository: Repository, text: str) -> bool:
    try:
        guarding.check(repository, text, "the line")
    except MnemoError as error:
        if error.code != "secret":
            raise
        return True
    return False
