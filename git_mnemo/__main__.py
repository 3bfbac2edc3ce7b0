"""The way in: `git mnemo`, which git turns into `git-mnemo`, or `python -m git_mnemo`."""

import sys
from collections.abc import Sequence

from git_mnemo.cli.boundary import guard, quietly


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments say; everyday claims, and hooks, without loading click."""
    if arguments[:1] == ["claim"]:
        from git_mnemo.cli import claiming

        if claiming.quick(arguments[1:]):
            return 0
    if arguments[:1] == ["hook"] and not {"-h", "--help"} & set(arguments[1:2]):
        from git_mnemo.cli import hooking

        return quietly(hooking.run, arguments[1:])
    from git_mnemo.cli import main as commands

    return commands.run(arguments)


def main() -> None:
    """Run, and leave with git's kind of exit status."""
    sys.exit(guard(run, sys.argv[1:]))


if __name__ == "__main__":
    main()
