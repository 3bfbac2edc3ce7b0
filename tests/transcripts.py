"""The ```console blocks of a document: found, run from top to bottom, written back.

Each document has a scratch repository of its own, in which the clock stands still and Ada Example
works in session s_a7f3c2d1. `$ ` begins a command and `> ` goes on with it; what follows is all it
prints, on both streams, but for blanks at line ends and empty lines at the end. A document may set
variables for what comes after: `<!-- environment: NAME=value NAME= -->`.
"""

import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.support import ROOT, sealed_environment

NOON = "1795435200"  # 2026-11-23T12:00:00Z
SESSION = "s_a7f3c2d1"
CLOCK = {
    "GIT_MNEMO_NOW": NOON,
    "GIT_AUTHOR_DATE": f"{NOON} +0000",
    "GIT_COMMITTER_DATE": f"{NOON} +0000",
    "GIT_TEST_DATE_NOW": NOON,  # what git takes for now where it reads `30.days`
}
SHOWN_AS = "/src"  # where the scratch repository, `pool`, seems to be

POOL = '''\
"""Connections to the database."""

import os
import socket


def connect():
    host = os.environ["DB_HOST"]
    return socket.create_connection((host, 5432), timeout=5)
'''

_FENCE = re.compile(r"^(`{3,})(\w*)\s*$")
_ENVIRONMENT = re.compile(r"^<!-- environment: (.*) -->$")
_FAILURE = re.compile(r"^(error|fatal|usage): ", re.M)
_MARK = "-- end of command, exit status"


class Command(NamedTuple):
    """One command: its text for the shell, and the lines of the document that its output takes."""

    text: str
    first: int
    last: int


class Ran(NamedTuple):
    """What a command printed, line by line, and its exit status."""

    lines: list[str]
    status: int


def documents() -> list[Path]:
    """README.md and all pages of docs/."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def commands(lines: list[str]) -> list[Command]:
    """The commands of a document, in order."""
    return [part for part in _parts(lines) if isinstance(part, Command)]


def _parts(lines: list[str]) -> list[Command | dict[str, str]]:
    """The commands, and the variables set between them."""
    parts: list[Command | dict[str, str]] = []
    at = 0
    while at < len(lines):
        fence = _FENCE.match(lines[at])
        setting = _ENVIRONMENT.match(lines[at])
        if setting:
            pairs = (word.partition("=") for word in shlex.split(setting[1]))
            parts.append({name: value for name, _, value in pairs})
        at += 1
        if fence:
            end = next(n for n in range(at, len(lines)) if lines[n].rstrip() == fence[1])
            if fence[2] == "console":
                parts += _block(lines, at, end)
            at = end + 1
    return parts


def _block(lines: list[str], at: int, end: int) -> list[Command]:
    found = []
    assert lines[at].startswith("$ "), f"line {at + 1}: a console block begins with a command"
    while at < end:
        text = [lines[at].removeprefix("$ ")]
        at += 1
        while at < end and (lines[at] == ">" or lines[at].startswith("> ")):
            text.append(lines[at][2:])
            at += 1
        first = at
        while at < end and not lines[at].startswith("$ "):
            at += 1
        last = at
        while last > first and not lines[last - 1].strip():
            last -= 1  # empty lines before the next command are there for the eye
        found.append(Command("\n".join(text), first, last))
    return found


def run(lines: list[str], folder: Path) -> list[Ran]:
    """Run a document's commands in a new repository in `folder`, in one shell."""
    repository = folder / "pool"
    script = folder / "script"
    script.write_text(_script(_parts(lines)))
    environment = sealed(folder)
    _set_up(repository, environment)
    done = subprocess.run(
        ["sh", str(script)],
        cwd=repository,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return _answers(done.stdout.decode().replace(str(folder), SHOWN_AS))


def _script(parts: list[Command | dict[str, str]]) -> str:
    lines = []
    for part in parts:
        if isinstance(part, Command):
            lines += [part.text, f"printf '\\n%s %s\\n' '{_MARK}' $?"]
        else:
            lines += [f"export {name}={shlex.quote(value)}" for name, value in part.items()]
    return "\n".join(lines) + "\n"


def sealed(folder: Path) -> dict[str, str]:
    """The environment of a transcript, with a home and a `git mnemo` below `folder`."""
    home = folder / "home"
    home.mkdir()
    environment = sealed_environment(home) | CLOCK
    binaries = folder / "bin"
    binaries.mkdir()
    command = binaries / "git-mnemo"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m git_mnemo "$@"\n')
    command.chmod(0o755)
    environment["PATH"] = f"{binaries}:{environment['PATH']}"
    return environment


def _set_up(repository: Path, environment: dict[str, str]) -> None:
    """A repository with one commit, whose worktree goes on with the session of the documents."""

    def do(*command: str, **more: str) -> None:
        subprocess.run(
            command, check=True, cwd=repository, env=environment | more, stdout=subprocess.DEVNULL
        )

    (repository / "src").mkdir(parents=True)
    (repository / "src" / "pool.py").write_text(POOL)
    do("git", "init", "--quiet")
    do("git", "add", "src")
    do("git", "commit", "--quiet", "--message", "Connect to the database")
    do("git", "mnemo", "session", "start", GIT_MNEMO_SESSION=SESSION)


def _answers(output: str) -> list[Ran]:
    answers = []
    lines: list[str] = []
    for line in output.split("\n"):
        if line.startswith(_MARK):
            while lines and not lines[-1]:
                lines.pop()
            answers.append(Ran(lines, int(line.rpartition(" ")[2])))
            lines = []
        else:
            lines.append(line.rstrip())
    return answers


def unexpected(command: Command, ran: Ran) -> bool:
    """Whether the command failed without saying so in what the document shows."""
    return ran.status != 0 and not _FAILURE.search("\n".join(ran.lines))


def rewritten(text: str) -> str:
    """The document with the outputs that its commands have today."""
    lines = text.split("\n")
    asked = commands(lines)
    if not asked:
        return text
    with tempfile.TemporaryDirectory(prefix="mnemo-document-") as folder:
        answers = run(lines, Path(folder).resolve())
    assert len(answers) == len(asked), f"the shell stopped after {len(answers)} commands"
    for command, ran in reversed(list(zip(asked, answers, strict=True))):
        assert not unexpected(command, ran), f"$ {command.text}\n" + "\n".join(ran.lines)
        lines[command.first : command.last] = ran.lines
    return "\n".join(lines)
