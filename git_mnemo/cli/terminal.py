"""The terminal: in colour as git decides, as wide as it is, and paged as git pages.

Loaded only where somebody sees what is printed. The pager is what `git var GIT_PAGER` answers, and
that is what git itself runs here for its own commands: `core.pager` of the repository's
configuration included, and as for any command of git `pager.mnemo`, which ours extend by names.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from typing import IO

from git_mnemo.cli import desk
from git_mnemo.render.look import Look
from git_mnemo.render.styled import Line, painted, plain
from git_mnemo.repository import Config, Repository

PAGED = frozenset({"log", "show", "chains", "graph", "recall", "why", "session"})
"""Commands that are paged unless `pager.mnemo.<command>` or `pager.mnemo` says no; the others are
where one of these says yes."""

NO, YES = ("false", "no", "off", "0", ""), ("true", "yes", "on", "1")
_SHELL = frozenset("|&;<>()$`\\\"' \t\n*?[#~=%")
_DEFAULTS = {"LESS": "FRX", "LV": "-c"}
_ENOUGH = 8192


class Page:
    """A page for a terminal. What is put is collected, so that a pager gets it by the screen."""

    def __init__(
        self, look: Look, repository: Repository, name: str, colour: str | None, *, in_use: bool
    ) -> None:
        is_terminal = sys.stdout.isatty()
        self._repository = repository
        self._pager = None if in_use or not is_terminal else _pager(repository, name)
        self._process: subprocess.Popen[bytes] | None = None
        self._out: IO[bytes] = sys.stdout.buffer
        is_seen = is_terminal or in_use
        paged = in_use or self._pager is not None
        is_coloured = wants_colour(repository.config, colour, is_seen=is_seen, paged=paged)
        self._written = painted if is_coloured else plain
        self.look = look._replace(width=_width()) if is_seen else look

    def __enter__(self) -> Page:
        return self

    def put(self, lines: Iterable[Line]) -> None:
        """Show these lines."""
        waiting = 0
        for line in lines:
            self._start()
            data = (self._written(line) + "\n").encode("utf-8", "replace")
            self._out.write(data)
            waiting += len(data)
            if waiting > _ENOUGH:
                self._out.flush()
                waiting = 0
        self._out.flush()

    def _start(self) -> None:
        """Start the pager before the first line; where it cannot be started, do without."""
        if self._pager is None:
            return
        program, self._pager = self._pager, None
        sys.stdout.flush()
        env = _DEFAULTS | dict(os.environ) | {"GIT_PAGER_IN_USE": "true"}
        env.setdefault("COLUMNS", str(self.look.width))
        try:
            self._process = subprocess.Popen(
                program if _SHELL & set(program) else [program],
                shell=bool(_SHELL & set(program)),
                stdin=subprocess.PIPE,
                env=env,
            )
        except OSError as error:
            desk.note(f"the pager {program!r} cannot be started: {error.strerror}.")
            return
        assert self._process.stdin is not None
        self._out = self._process.stdin

    def __exit__(self, *error: object) -> None:
        """Wait until the pager was left."""
        if self._process is None:
            return
        try:
            self._out.close()
        except BrokenPipeError:
            pass  # it was left early; whoever put lines knows, and else all was there to see
        finally:
            self._wait(self._process)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        # A pager takes Ctrl-C for itself, and the terminal is its own until it ends.
        while True:
            try:
                process.wait()
                return
            except KeyboardInterrupt:
                continue


def _pager(repository: Repository, name: str) -> str | None:
    """The pager that git would run for the command; None for none."""
    config = repository.config
    said = config.get(f"pager.mnemo.{name}", config.get("pager.mnemo"))
    word = said.strip().lower() if said is not None else YES[0] if name in PAGED else NO[0]
    if word in NO:
        return None
    chosen = () if word in YES else ("-c", f"core.pager={said}")
    asked = repository.git(*chosen, "var", "GIT_PAGER")
    program = asked.out.decode("utf-8", "surrogateescape").strip() if asked.code == 0 else ""
    return program if program not in ("", "cat") else None


def wants_colour(config: Config, option: str | None, *, is_seen: bool, paged: bool) -> bool:
    """Whether git would use colours: `color.mnemo`, else `color.ui`, else where they are seen.

    `option` and then `NO_COLOR` go before; no colours are for a terminal that has none.
    """
    if option is not None:
        return option == "always"
    if os.environ.get("NO_COLOR"):
        return False
    said = config.get("color.mnemo", config.get("color.ui", "auto")).strip().lower()
    if said in ("always", "never"):
        return said == "always"
    if said in NO or not is_seen:
        return False
    if paged and config.get("color.pager", YES[0]).strip().lower() in NO:
        return False
    return os.environ.get("TERM", "dumb") != "dumb"


def _width() -> int:
    """The columns of the terminal, as git finds them."""
    said = os.environ.get("COLUMNS", "")
    if said.isascii() and said.isdigit() and len(said) < 5 and int(said):
        return int(said)
    try:
        return os.get_terminal_size(1).columns or 80
    except OSError:
        return 80
