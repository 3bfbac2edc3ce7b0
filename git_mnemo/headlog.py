"""The reflog of HEAD: what git did to the commit that is checked out, and how far we have read it.

Each worktree has its own, and beside it a note of how far we have read. Where the log is a file,
that is its length, and whether there is news is one `stat`, which every command can afford. In a
reftable only git can read it, and the note is a number made of the newest entry.
"""

from __future__ import annotations

import os

from git_mnemo import moment
from git_mnemo.record import NamedTuple
from git_mnemo.repository import Repository

MOST = 100
"""How many entries are read at most: what happened before is not made up for."""

_SEEN = "seen"
_AT_MOST = 1 << 20
_IN_SEQUENCE = ("rebase-merge", "rebase-apply", "sequencer", "CHERRY_PICK_HEAD")


class Happened(NamedTuple):
    """One line of a reflog: HEAD went from `old` to `new` (`at` in unix seconds), by `action`, the
    command and its manner as git words them: `commit (amend)`, `rebase (finish)`."""

    old: str
    new: str
    at: int
    action: str
    detail: str


def has_news(repository: Repository) -> bool:
    """Whether HEAD moved since this worktree's log was read last."""
    if repository.has_reftable:
        return True  # to ask is as much as to read
    return _seen(repository) != _size(log_of_head(repository))


def has_log(repository: Repository) -> bool:
    """Whether git keeps a reflog of HEAD here."""
    if repository.has_reftable:
        return repository.git("reflog", "exists", "HEAD").code == 0
    return os.path.exists(log_of_head(repository))


def news(repository: Repository) -> tuple[list[Happened], int]:
    """What happened since, oldest first, and how far the log was read with it, for `mark_read`.

    The newest entry, where this worktree's log was never read.
    """
    if repository.has_reftable:
        return _news_by_git(repository)
    path = log_of_head(repository)
    seen, size = _seen(repository), _size(path)
    if seen is None:
        return _read(path, max(0, size - _AT_MOST), size)[-1:], size
    # A log that became shorter was expired: where we stood in it cannot be told any more.
    return (_read(path, seen, size) if size > seen else []), size


def _news_by_git(repository: Repository) -> tuple[list[Happened], int]:
    entries = _ask_git(repository, "HEAD")
    if not entries:
        return [], 0
    seen, marks = _seen(repository), [_mark(one) for one in entries]
    if seen is None:
        return entries[-1:], marks[-1]
    # Else it is not among the newest: expired, or too long ago to tell what came since.
    after = len(marks) - marks[::-1].index(seen) if seen in marks else len(marks) if seen else 0
    return entries[after:], marks[-1]


def _mark(one: Happened) -> int:
    from git_mnemo.hashes import blake2b  # only reftables pay for it

    return int(blake2b("\0".join(map(str, one)).encode("utf-8", "replace")).hexdigest()[:15], 16)


def _ask_git(repository: Repository, name: str) -> list[Happened]:
    """The newest entries of a reflog, oldest first, as `git log` tells of it."""
    told = repository.git(
        "-c", "log.showSignature=false", "log", "--walk-reflogs", "--no-color", "--date=unix",
        f"--max-count={MOST + 1}", "--format=%H%x00%gd%x00%gs", name, "--",
    )  # fmt: skip
    lines = told.out.decode("utf-8", "surrogateescape").split("\n")[:-1]
    rows = [line.split("\0", 2) for line in lines]
    entries = []
    for number, (new, at, message) in enumerate(rows[:MOST]):
        old = rows[number + 1][0] if number + 1 < len(rows) else "0" * repository.width
        action, _, detail = message.partition(": ")
        seconds = at.rpartition("{")[2].rstrip("}")
        entries.append(Happened(old, new, int(seconds), action.removesuffix(":"), detail))
    return entries[::-1]


def mark_read(repository: Repository, size: int) -> None:
    """Note that the log was read so far; not being able to is no failure."""
    if _seen(repository) != size:
        _note(repository.git_dir, size)


def _note(git_dir: str, size: int) -> None:
    path = os.path.join(git_dir, "mnemo", _SEEN)
    draft = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(draft, "w", encoding="ascii") as file:
            file.write(f"{size}\n")
        os.replace(draft, path)
    except OSError:
        return


def mark_all_read(repository: Repository) -> None:
    """Let all worktrees begin from here: what happened before nobody asked about."""
    for folder in _git_dirs(repository):
        if repository.has_reftable:
            _note(folder, _news_by_git(repository.beside(folder))[1])
        else:
            _note(folder, _size(os.path.join(folder, "logs", "HEAD")))


def forget(repository: Repository) -> None:
    """Remove the notes of all worktrees."""
    for folder in _git_dirs(repository):
        try:
            os.remove(os.path.join(folder, "mnemo", _SEEN))
        except OSError:
            continue


def _git_dirs(repository: Repository) -> list[str]:
    worktrees = os.path.join(repository.common_dir, "worktrees")
    names = sorted(os.listdir(worktrees)) if os.path.isdir(worktrees) else []
    return [repository.common_dir, *(os.path.join(worktrees, name) for name in names)]


def of_branch(repository: Repository, branch: str) -> list[Happened]:
    """The newest entries of a branch's reflog, oldest first; `branch` is a whole ref name."""
    if repository.has_reftable:
        return _ask_git(repository, branch)
    path = os.path.join(repository.common_dir, "logs", branch)
    size = _size(path)
    return _read(path, max(0, size - 65536), size)


def in_sequence(repository: Repository) -> bool:
    """Whether a rebase, or a series of picks or reverts, is under way in this worktree."""
    return any(os.path.exists(os.path.join(repository.git_dir, name)) for name in _IN_SEQUENCE)


def log_of_head(repository: Repository) -> str:
    """Where the log lies."""
    return os.path.join(repository.git_dir, "logs", "HEAD")


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _seen(repository: Repository) -> int | None:
    """How long the log was; None where it was never read."""
    try:
        with open(os.path.join(repository.worktree_state, _SEEN), "rb") as file:
            text = file.read(32).strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def _read(path: str, start: int, end: int) -> list[Happened]:
    try:
        with open(path, "rb") as file:
            file.seek(max(start - 1, end - _AT_MOST, 0))
            data = file.read(end - file.tell())
    except OSError:
        return []
    if start and not data.startswith(b"\n"):
        # Cut at the limit, or the log was expired since: then nobody knows where we stood in it.
        return [] if end - start < _AT_MOST else _parsed(data.partition(b"\n")[2])
    return _parsed(data.removeprefix(b"\n"))


def _parsed(data: bytes) -> list[Happened]:
    lines = data.decode("utf-8", "surrogateescape").split("\n")[:-1]
    parsed = (_parse(line) for line in lines[-MOST:])
    return [one for one in parsed if one is not None]


def _parse(line: str) -> Happened | None:
    before, _, message = line.partition("\t")
    old, _, rest = before.partition(" ")
    new, _, who = rest.partition(" ")
    at = who.rpartition("> ")[2].partition(" ")[0]
    if len(old) != len(new) or len(new) not in (40, 64) or not moment.is_epoch(at):
        return None
    action, _, detail = message.partition(": ")
    return Happened(old, new, int(at), action.removesuffix(":"), detail)
