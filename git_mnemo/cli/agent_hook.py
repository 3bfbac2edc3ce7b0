"""What a coding agent's hook calls. Always exit 0; the agent's JSON on stdout, or nothing.

Runs before every prompt, so it loads little; and whatever is wrong with the event, the repository
or us, the agent goes on as if we were not there.
"""

from __future__ import annotations

import os
import sys

from git_mnemo import terse_json
from git_mnemo.agents import table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from git_mnemo.briefing import Told
    from git_mnemo.event import Event

LIMIT = 4.0
"""Seconds after which the answer is nothing; every agent waits five at least."""
MOST = 64 * 1024 * 1024
"""Bytes of an event; one that is larger is not read to its end."""


def run(arguments: Sequence[str]) -> int:
    """Answer one event; 0 whatever happens. With `GIT_MNEMO_TRACE=1` a failure is shown."""
    _give_up_after(LIMIT)
    try:
        _answer(arguments)
    except KeyboardInterrupt:
        return 0
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except Exception:  # whatever is wrong, it is not the agent's business
        if os.environ.get("GIT_MNEMO_TRACE") == "1":
            raise
    finally:
        _give_up_after(0)
    return 0


def _answer(arguments: Sequence[str]) -> None:
    agent = table.module(arguments[0] if arguments else "")
    given = terse_json.read(_stdin())
    named = arguments[1] if len(arguments) > 1 else None
    event = agent.read(given, named) if isinstance(given, dict) else None
    if event is None:
        return
    said = _said(agent, event)
    if said:
        sys.stdout.buffer.write(terse_json.write(said).encode() + b"\n")
        sys.stdout.buffer.flush()


def _said(agent: ModuleType, event: Event) -> dict[str, object]:
    _enter(event.cwd)
    say = told(agent.AGENT.name, event, os.environ.get("GIT_MNEMO_SESSION") or None)
    if say.session is not None and say.begins:
        _export(say.session, agent.AGENT.name)
    answer: dict[str, object] = agent.answer(event, say.text, say.session)
    return answer


def told(agent: str, event: Event, wanted: str | None) -> Told:
    """What that agent is told at an event, in the repository of the current folder."""
    from git_mnemo import repository

    begun = repository.search()  # git answers while Python loads the rest
    from git_mnemo import briefing, clock

    found = repository.discover(begun=begun)
    os.umask(repository.shared_umask(found.config, os.umask(0o077)))
    return briefing.answer(briefing.Place(found, clock.now()), agent, event, wanted)


def _enter(folder: str | None) -> None:
    """Go where the agent is. A folder that is not there, or no folder, leaves us where we are."""
    try:
        if folder is not None:
            os.chdir(folder)
    except (OSError, ValueError):
        return


def _export(session: str, agent: str) -> None:
    """Give the session to the shells that Claude Code starts from now on."""
    path = os.environ.get("CLAUDE_ENV_FILE")
    if not path:
        return
    lines = f"export GIT_MNEMO_SESSION={session}\nexport GIT_MNEMO_AGENT={agent}\n".encode()
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        if lines not in os.read(descriptor, 1 << 20):
            os.write(descriptor, lines)
    finally:
        os.close(descriptor)


def _stdin() -> bytes:
    told = sys.stdin.buffer.read(MOST + 1)
    return told if len(told) <= MOST else b""


def _give_up_after(seconds: float) -> None:
    """End with status 0 when that time is over, whatever we are doing then; 0 for no limit."""
    try:
        import _signal as signals  # type: ignore[import-not-found]  # `signal` builds enums

        signals.signal(signals.SIGALRM, lambda *_: os._exit(0))
        signals.setitimer(signals.ITIMER_REAL, seconds)
    except (ImportError, AttributeError, ValueError):
        return  # Windows, or not the main thread
