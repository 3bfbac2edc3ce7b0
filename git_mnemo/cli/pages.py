"""What commands show their answers on: a pipe here, or the terminal of `git_mnemo.cli.terminal`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable

from git_mnemo.cli import desk
from git_mnemo.render.look import Look
from git_mnemo.render.styled import Line, plain
from git_mnemo.repository import Repository

TYPE_CHECKING = False
if TYPE_CHECKING:
    from git_mnemo.cli import terminal


class Page:
    """What is shown to people: line by line, as the one who looks can see it.

    For a `with`: a pager that was started is waited for at its end. This one is for pipes and
    files; `git_mnemo.cli.terminal` has the one for terminals.
    """

    def __init__(self, look: Look) -> None:
        self.look = look

    def put(self, lines: Iterable[Line]) -> None:
        """Show these lines."""
        for line in lines:
            desk.put(plain(line))

    def __enter__(self) -> Page:
        return self

    def __exit__(self, *error: object) -> None:
        return None


def opened(
    repository: Repository, name: str, colour: str | None = None, date: str | None = None
) -> Page | terminal.Page:
    """What the command `name` shows its answer on: the terminal, by way of git's pager, or a pipe.

    `colour` is `always` or `never` where the command line says so, and `date` how it wants dates.
    """
    clock = desk.now()
    in_use = os.environ.get("GIT_PAGER_IN_USE") not in (None, "", "false", "0")
    if not sys.stdout.isatty() and not in_use and colour != "always" and not _forced(repository):
        return Page(Look(clock, date=_dates(date, repository, clock, is_terminal=False)))
    from git_mnemo.cli import terminal

    dates = _dates(date, repository, clock, is_terminal=sys.stdout.isatty() or in_use)
    return terminal.Page(Look(clock, date=dates), repository, name, colour, in_use=in_use)


def _forced(repository: Repository) -> bool:
    """Whether git's configuration asks for colours in pipes, too."""
    config = repository.config
    return config.get("color.mnemo", config.get("color.ui", "")).strip().lower() == "always"


def _dates(
    asked: str | None, repository: Repository, now: int, *, is_terminal: bool
) -> Callable[[int], str] | None:
    """How dates are to be written, where the command line or git's configuration says."""
    name = asked or repository.config.get("log.date")
    if not name:
        return None
    from git_mnemo.render import dates

    return dates.reading(name, now, is_terminal)
