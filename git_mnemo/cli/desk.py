"""What every command begins with: the repository, the clock, and who acts; and its two streams."""

from __future__ import annotations

import os
import sys

from git_mnemo import node
from git_mnemo.caller import agent as agent
from git_mnemo.caller import catch_up
from git_mnemo.caller import now as now
from git_mnemo.caller import stamp as stamp
from git_mnemo.caller import wanted as wanted
from git_mnemo.errors import MnemoError
from git_mnemo.render.text import clean
from git_mnemo.repository import Repository, discover, shared_umask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from git_mnemo.index.filling import Progress


def open_repository() -> Repository:
    """The repository that the command was called in, with all done that hooks missed."""
    repository = find_repository()
    catch_up(repository, lambda: stamp(repository, None), wanted(None))
    return repository


def find_repository() -> Repository:
    """The repository that the command was called in.

    What is made there from now on has the rights that `core.sharedRepository` asks for. Git gives
    them file by file and libgit2 does not: a folder of objects that it made would shut out others
    of the group, also from their own commits.
    """
    repository = discover()
    inherited = os.umask(0o077)
    os.umask(shared_umask(repository.config, inherited))
    return repository


def text_or_stdin(text: str) -> str:
    """The text, or all of stdin for `-`."""
    return node.text_of_bytes(read_stdin()) if text == "-" else text


def read_stdin() -> bytes:
    """All of stdin."""
    return sys.stdin.buffer.read()


def put(text: str) -> None:
    """Data for whoever called, on stdout, in UTF-8 whatever the locale.

    What was recorded is cleaned where it is rendered; here is the last place to do it.
    """
    sys.stdout.buffer.write(clean(text).encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()


def put_json(value: dict[str, object]) -> None:
    """One JSON object, on one line."""
    import json

    # All that is not ASCII is escaped, and the one control character of ASCII that json lets be.
    put(json.dumps(value).replace("\x7f", "\\u007f"))


def put_json_list(name: str, values: Iterable[dict[str, object]]) -> None:
    """What `put_json` writes of an object with this one list, without holding it all at once.

    Nothing is written before the first of them is there, so that an error stands alone.
    """
    import json

    parts = (json.dumps(value).replace("\x7f", "\\u007f") for value in values)
    first = next(parts, "")
    out = sys.stdout.buffer
    out.write(clean(f'{{"{name}": [{first}').encode())
    for part in parts:
        out.write(clean(f", {part}").encode())
    out.write(b"]}\n")
    out.flush()


def note(text: str) -> None:
    """Talk, on stderr."""
    print(clean(text), file=sys.stderr)


def counting(what: str) -> Progress:
    """On a terminal, tells how far it is, on one line that what follows writes over."""
    is_watched = sys.stderr.isatty()

    def tell(done: int) -> None:
        if is_watched:
            print(what.format(f"{done:,}"), end="\r", file=sys.stderr, flush=True)

    return tell


def note_encoder(trouble: str | None) -> None:
    """Say why recall goes without the encoder that is set, if it does."""
    if trouble is not None:
        note(f"without mnemo.encoder: {trouble}.")


def usage(message: str, hint: str | None = None) -> MnemoError:
    """The refusal of a command line."""
    return MnemoError("usage", message, hint)
