"""Renames: under which name a file stands now, as git's history and the work tree tell."""

from __future__ import annotations

from git_mnemo import files
from git_mnemo.store import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from git_mnemo.repository import Repository

MOST_COMMITS = 10_000
"""How far back a deletion is looked for."""
MOST_STEPS = 20
"""How many renames of one file are followed, one after the other."""


def in_history(repository: Repository, tip: str, paths: Iterable[str]) -> dict[str, str]:
    """The names that files have in the tree of `tip`, by older names of theirs that it lacks.

    A file that was deleted, and one whose names lie too far back, is not in the answer.
    """
    names = {path: path for path in paths if files.is_inside(path)}
    settled: dict[str, str] = {}
    boundary = _boundary(repository, tip)
    for _ in range(MOST_STEPS):
        if not names:
            break
        steps = _left(repository, tip, boundary, sorted(set(names.values())))
        names = {path: steps[name] for path, name in names.items() if name in steps}
        there = files.standing_at(repository, tip, sorted(set(names.values())))
        settled |= {path: name for path, name in names.items() if name in there}
        names = {path: name for path, name in names.items() if name not in there}
    return settled


def in_work_tree(repository: Repository, paths: Iterable[str]) -> dict[str, str]:
    """The names that files of HEAD have in the work tree, by their names in HEAD, where git is
    told of the new one."""
    listed = files.git(
        repository, "diff", "-z", "-M", "--diff-filter=R", "--name-status", "--no-ext-diff",
        "--no-textconv", "--ignore-submodules=all", "HEAD", "--",
    )  # fmt: skip
    wanted = set(paths)
    return {old: new for status, old, new in _changes(listed.split("\0")) if old in wanted and new}


def untracked(repository: Repository) -> list[str]:
    """The files of the work tree that git is not told of, but for the ignored ones."""
    listed = files.git(
        repository, "ls-files", "-z", "--others", "--exclude-standard", "--full-name"
    )
    return [path for path in listed.split("\0") if path]


def _boundary(repository: Repository, tip: str) -> list[str]:
    """What keeps a walk of history within its bound."""
    far = files.git(repository, "rev-list", f"--skip={MOST_COMMITS}", "--max-count=1", tip).strip()
    return ["^" + far] if far else []


def _left(
    repository: Repository, tip: str, boundary: Sequence[str], paths: Sequence[str]
) -> dict[str, str]:
    """What the last commit that took each path away renamed it to; none where it deleted it."""
    steps: dict[str, str] = {}
    known: set[str] = set()
    for part in git.batches(paths):
        commits = files.git(
            repository, "log", "--no-show-signature", "--no-renames", "--diff-filter=D",
            "--format=%H", tip, *boundary, "--", *part,
        )  # fmt: skip
        if not commits:
            continue
        ran = repository.git(
            *git.at_top(repository.top), "diff-tree", "--stdin", "-r", "-M", "--diff-filter=RD",
            "--no-commit-id", "--name-status", "-z", stdin=commits.encode(),
        )  # fmt: skip
        fields = ran.out.decode("utf-8", "surrogateescape").split("\0")
        for _, old, new in _changes(fields):
            if old in known:
                continue
            known.add(old)
            if new is not None:
                steps[old] = new
    return {path: steps[path] for path in paths if path in steps}


def _changes(fields: Sequence[str]) -> Iterator[tuple[str, str, str | None]]:
    """Status, old path, and new path if there is one, of what `--name-status -z` prints."""
    rest = iter(fields)
    for status in rest:
        if status:
            old = next(rest, "")
            yield status, old, next(rest, "") if status[0] in "RC" else None
