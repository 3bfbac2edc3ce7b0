"""Following the code: what a hook sets off, and what the next command makes up for where none ran.

All read the reflog of HEAD from where it was read last, and git's lists of rewritten commits that
nobody went by yet, so that nothing is done twice and nothing is missed: a commit is linked, an
amend or a rebase takes the links along.
"""

from __future__ import annotations

import os

from git_mnemo import headlog, linking, rewritten
from git_mnemo.errors import MnemoError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from git_mnemo.headlog import Happened
    from git_mnemo.message import Stamp
    from git_mnemo.repository import Repository
    from git_mnemo.store import lock

    Pairs = Mapping[str, str]

COMMITS = frozenset({"commit", "commit (initial)", "commit (merge)", "revert"})
RESUMED = frozenset({"commit (rebase)", "rebase (continue)"})
"""Commits that a user made of what a rebase stopped at."""

AMEND = "commit (amend)"
PATIENCE = 3.0
"""Seconds to wait for another process that is doing the same; then it is done all the same."""


def after_commit(repository: Repository, stamp: Stamp, wanted: str | None, named: str = "") -> None:
    """Link the new commit, and what was missed before. Nothing during a rebase or a series of
    picks, nor for an amend: both are told of when they are done.

    `named`: what the reflog calls the commit, where somebody told git to (`GIT_REFLOG_ACTION`).
    """
    if headlog.in_sequence(repository):
        return
    with _turn(repository):
        entries, size = headlog.news(repository)
        if not entries:
            # No reflog is kept here: then the commit itself has to do.
            if stamp.head is not None and not headlog.has_log(repository):
                linking.link(repository, stamp, wanted, stamp.head)
            return
        if named and entries[-1].action == named:
            entries[-1] = _in_words_of_git(repository, entries[-1])
        if entries[-1].action != AMEND:
            _catch_up(repository, stamp, wanted, entries)
            headlog.mark_read(repository, size)


def _in_words_of_git(repository: Repository, one: Happened) -> Happened:
    """The entry of a commit that was just made: it follows what HEAD was, or it replaces that."""
    if one.action in ("cherry-pick", "revert"):  # git itself names these
        return one
    parents = [made.parent or "0" * len(one.old) for made in linking.read(repository, [one.new])]
    return one._replace(action="commit" if one.old in parents else AMEND)


def after_rewrite(repository: Repository, stamp: Stamp, wanted: str | None, told: Pairs) -> None:
    """Take the links of rewritten commits along, and do what was missed before: by git's list,
    where it reached us; else by the reflogs."""
    with _turn(repository):
        _make_up(repository, stamp, wanted, [told] if told else [])


def make_up(repository: Repository, stamp: Stamp, wanted: str | None) -> None:
    """Do what hooks would have done, or left to be done: what happened since the log of HEAD was
    read last, and what the lists say that wait, also those of other worktrees."""
    with _turn(repository):
        _make_up(repository, stamp, wanted)
        lists = rewritten.waiting(repository)
        for git_dir in dict.fromkeys(one.git_dir for one in lists if one.git_dir is not None):
            there = repository.beside(git_dir)
            _make_up(there, stamp._replace(head=there.store.ref("HEAD")), wanted)


def _make_up(
    repository: Repository, stamp: Stamp, wanted: str | None, told: Sequence[Pairs] = ()
) -> None:
    entries, size = headlog.news(repository)
    if headlog.in_sequence(repository) and not (entries and _ends(entries[-1])):
        # Its end will tell of all of it. `git am`, of which some rebases are made, tells before.
        _catch_up(repository, stamp, wanted, [], told)
        return
    _catch_up(repository, stamp, wanted, entries, told)
    headlog.mark_read(repository, size)


def _turn(repository: Repository) -> lock.Held:
    patience = PATIENCE if repository.patience is None else repository.patience
    return rewritten.turn(repository, patience)


def _catch_up(
    repository: Repository,
    stamp: Stamp,
    wanted: str | None,
    entries: list[Happened],
    told: Sequence[Pairs] = (),
) -> None:
    """Do for each entry, and by each list of this worktree, what it asks for; one that cannot be
    done does not stop the others, and keeps the lists for the next time."""
    lists = [one for one in rewritten.waiting(repository) if _is_here(repository, one)]
    left = [*told, *(pairs for one in lists for pairs in one.rewrites)]
    failed = None
    for one, rebase in _outside(entries):
        try:
            if _is_commit(one, rebase):
                linking.link(repository, stamp, wanted, one.new, _span(one, rebase, entries[-1]))
            elif one.action == AMEND and not any(one.old in pairs for pairs in left):
                _rewritten(repository, stamp, {one.old: one.new})
            elif rebase:
                _rebased(repository, stamp, rebase, left)
        except MnemoError as error:
            failed = error
    for pairs in left:
        _rewritten(repository, stamp, pairs)
    if failed is not None:
        raise failed
    for gone_by in lists:
        rewritten.drop(gone_by)


def _is_here(repository: Repository, one: rewritten.List) -> bool:
    """Whether a list is this worktree's, or of one that is no more."""
    if one.git_dir is None:
        return True
    return os.path.realpath(one.git_dir) == os.path.realpath(repository.git_dir)


def _is_commit(one: Happened, rebase: list[Happened]) -> bool:
    return one.action in COMMITS or (bool(rebase) and one.action in RESUMED)


def _span(one: Happened, rebase: list[Happened], last: Happened) -> range | None:
    """When something was claimed that led to a commit.

    What is claimed on its parent later on did not; nor did what was claimed on what a rebase goes
    onto, before there was that rebase.
    """
    if one.new == last.new and not rebase:
        return None
    return range(rebase[0].at if rebase else 0, one.at + 1)


def _outside(entries: list[Happened]) -> Iterator[tuple[Happened, list[Happened]]]:
    """The entries that stand for themselves; and of a rebase that came to its end the commits that
    were made in it, each with what was before it, and the last entry, with all of it."""
    rebase: list[Happened] = []
    for one in entries:
        if one.action.endswith("(start)"):
            rebase = [one]
        elif not rebase:
            yield one, []
        elif _ends(one):
            rebase.append(one)
            yield from ((made, rebase[:at]) for at, made in enumerate(rebase)
                        if _is_commit(made, rebase))  # fmt: skip
            yield one, rebase
            rebase = []
        elif one.action.endswith("(abort)"):
            rebase = []
        else:
            rebase.append(one)
    if rebase:  # it was quit: what came after its own last step stands for itself again
        command = rebase[0].action.removesuffix("(start)")
        own = max(at for at, one in enumerate(rebase) if one.action.startswith(command))
        yield from ((one, []) for one in rebase[own + 1 :])


def _ends(one: Happened) -> bool:
    return one.action.endswith("(finish)")


def _rebased(
    repository: Repository, stamp: Stamp, rebase: list[Happened], left: list[Pairs]
) -> None:
    """Take links along through a rebase; the lists that tell of it are used up."""
    from git_mnemo import rewriting

    steps = {one.new for one in rebase}
    told = [pairs for pairs in left if steps & set(pairs.values())]
    left[:] = [pairs for pairs in left if pairs not in told]
    # Git's list does not know what its steps amended, nor what was amended where it stopped.
    pairs = {one.old: one.new for one in rebase if one.action == AMEND}
    for known in told or [rewriting.recover(repository, rebase)]:
        pairs |= known
    _rewritten(repository, stamp, pairs)


def _rewritten(repository: Repository, stamp: Stamp, pairs: Mapping[str, str]) -> None:
    from git_mnemo import rewriting

    rewriting.rewrite(repository, stamp, pairs)
