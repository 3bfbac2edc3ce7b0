"""The way in: `git mnemo`, which git turns into `git-mnemo`, or `python -m git_mnemo`."""

import sys
from collections.abc import Sequence

from git_mnemo.cli.boundary import guard


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments say; everyday claims without loading click, the rest with it."""
    if arguments[:1] == ["claim"]:
        from git_mnemo.cli import claiming

        if claiming.quick(arguments[1:]):
            return 0
    from git_mnemo.cli import main as commands

    return commands.run(arguments)


def main() -> None:
    """Run, and leave with git's kind of exit status."""
    sys.exit(guard(run, sys.argv[1:]))


if __name__ == "__main__":
    main()
