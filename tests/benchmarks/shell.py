"""A claim by git's plumbing alone, as a real shell script: what claims are measured against."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

from tests.benchmarks.scratch import process
from tests.support import run_git

SCRIPTS = Path(__file__).parent / "plumbing"
CHAIN = "ch_20260101_8a1b2c3d4e5f6a7b"
_FOLDERS = f"2026-01/01/8a/{CHAIN}"
_SHORT, _NESTED = "refs/plumbing/short", "refs/plumbing/nested"


def short(repository: Path) -> Callable[[], None]:
    """A claim each time it is called: one blob, one mktree, a commit, a ref move."""
    _begin(repository, _SHORT)
    return _script(repository, "short.sh", _SHORT)


def nested(repository: Path) -> Callable[[], None]:
    """A claim each time it is called, into the five nested folders of the format."""
    _begin(repository, _NESTED)
    return _script(repository, "nested.sh", _NESTED, CHAIN)


def _script(repository: Path, script: str, ref: str, *rest: str) -> Callable[[], None]:
    numbers = count(1)

    def claim() -> None:
        text = f"Claim {next(numbers)} by plumbing."
        process(["sh", str(SCRIPTS / script), ref, text, *rest], repository)

    return claim


def _begin(repository: Path, ref: str) -> None:
    """A first commit, with a file where the chain's title would be."""
    title = f"0000-{'0' * 40}"
    stream = (
        f"commit {ref}\ncommitter Ada Example <ada@example.com> 0 +0000\ndata 5\nbegin\n"
        f"M 100644 inline {_FOLDERS}/{title}\ndata 5\ntitle\n"
    )
    run_git("fast-import", "--quiet", "--force", cwd=repository, input=stream)
