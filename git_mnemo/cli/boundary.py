"""The one place where an error becomes words and an exit status."""

from __future__ import annotations

import os
import sys

from git_mnemo.errors import MnemoError, of_bug, of_system
from git_mnemo.render.text import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

INTERRUPTED = 130
BROKEN_PIPE = 141
BUG = 3


def guard(command: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> int:
    """The exit status of a command. Never a traceback, unless `GIT_MNEMO_TRACE=1` asks for one."""
    try:
        status = command(arguments)
        sys.stdout.flush()
    except MnemoError as error:
        return _report(error, _wants_json(arguments))
    except KeyboardInterrupt:
        be_done()
        _say("interrupted; what was not said to be done is not done")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has gone; Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return BROKEN_PIPE
    except OSError as error:
        return _report(of_system(error), _wants_json(arguments))
    except Exception as error:  # what is not ours is a bug, and is named as one
        if os.environ.get("GIT_MNEMO_TRACE") == "1":
            raise
        return _report(of_bug(error), _wants_json(arguments))
    return status


def be_done() -> None:
    """Hear of no more interrupts: there is nothing left that they could stop, and Python would
    complain of them at length."""
    import _signal  # type: ignore[import-not-found]

    _signal.signal(_signal.SIGINT, _signal.SIG_IGN)


def quietly(command: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> int:
    """Run what a hook of git asks for: whatever happens, git goes on and hears one line at most."""
    name = arguments[0] if arguments else "hook"
    try:
        command(arguments)
    except KeyboardInterrupt:
        return 0
    except Exception as error:  # git's own command must not fail because we do
        if os.environ.get("GIT_MNEMO_TRACE") == "1":
            raise
        said = " ".join((str(error) or type(error).__name__).split())
        _say(f"git mnemo: {name}: {said}")
    return 0


def _wants_json(arguments: Sequence[str]) -> bool:
    """Whether the failure of this command line is told in JSON, too; what follows `--` is text."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return "--json" in arguments[:end]


def _report(error: MnemoError, as_json: bool) -> int:
    if as_json:
        import json

        told = {"code": error.code, "message": error.message, "hint": error.hint}
        _print(json.dumps({"error": told | error.details}).replace("\x7f", "\\u007f"))
    where = f"line {error.details['line']}: " if "line" in error.details else ""
    _say(f"error: {where}{error.message}")
    if error.hint:
        _say(f"hint: {error.hint}")
    return error.status


def _print(text: str) -> None:
    try:
        print(text, flush=True)
    except OSError:  # nobody reads it, or the disk is full; the status still tells
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _say(text: str) -> None:
    try:
        print(clean(text).encode("utf-8", "replace").decode(), file=sys.stderr, flush=True)
    except OSError:
        return  # nobody reads it; the status still tells
