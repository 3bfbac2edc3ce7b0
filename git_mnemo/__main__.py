"""The way in: `git mnemo`, which git turns into `git-mnemo`, or `python -m git_mnemo`."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments say; claims and hooks without loading click, the rest with it."""
    if arguments[:1] == ["claim"]:
        from git_mnemo.cli import claiming

        if claiming.quick(arguments[1:]):
            return 0
    if arguments[:1] == ["hook"] and not {"-h", "--help"} & set(arguments[1:2]):
        from git_mnemo.cli import hooking
        from git_mnemo.cli.boundary import quietly

        return quietly(hooking.run, arguments[1:])
    if _is_agents_hook(arguments):
        from git_mnemo.cli import agent_hook

        return agent_hook.run(arguments[1:])
    from git_mnemo.cli import main as commands

    return commands.run(arguments)


def main() -> None:
    """Run, and leave with git's kind of exit status."""
    _stand_firm()
    arguments = sys.argv[1:]
    if _is_agents_hook(arguments):
        _hurry(arguments[1:])
    from git_mnemo.cli.boundary import INTERRUPTED, be_done, guard

    status = INTERRUPTED
    try:
        status = guard(run, arguments)
        be_done()
    except KeyboardInterrupt:  # once more, after the first
        be_done()
    sys.exit(status)


def _stand_firm() -> None:
    """Have three streams and hear of processes that end, whatever we were started with."""
    import _signal  # type: ignore[import-not-found]

    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:  # else the next file that is opened gets its number
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
            os.set_inheritable(number, True)
            setattr(sys, name, os.fdopen(number, "w" if number else "r", closefd=False))
    child = getattr(_signal, "SIGCHLD", None)  # POSIX has it
    if child is not None and _signal.getsignal(child) == _signal.SIG_IGN:
        _signal.signal(child, _signal.SIG_DFL)


def _is_agents_hook(arguments: Sequence[str]) -> bool:
    return arguments[:1] == ["agent-hook"] and not {"-h", "--help"} & set(arguments)


def _hurry(arguments: Sequence[str]) -> None:
    """Answer an agent without collecting garbage, and leave without taking the interpreter apart:
    that is a fifth of the time that it waits for us, and the system does it at once."""
    import gc

    gc.disable()
    from git_mnemo.cli import agent_hook

    os._exit(agent_hook.run(arguments))


if __name__ == "__main__":
    main()
