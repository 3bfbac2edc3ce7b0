"""Following the code: what a hook sets off, and what the next command makes up for where none ran.

Both read the reflog of HEAD from where it was read last, so that nothing is done twice and nothing
is missed: a commit is linked, an amend or a rebase takes the links along.
"""

from __future__ import annotations

from git_mnemo import headlog, linking
from git_mnemo.errors import MnemoError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from git_mnemo.headlog import Happened
    from git_mnemo.message import Stamp
    from git_mnemo.repository import Repository

COMMITS = frozenset({"commit", "commit (initial)", "commit (merge)", "revert"})
AMEND = "commit (amend)"


def after_commit(repository: Repository, stamp: Stamp, wanted: str | None, named: str = "") -> None:
    """Link the new commit, and what was missed before. Nothing during a rebase or a series of
    picks, nor for an amend: both are told of when they are done.

    `named`: what the reflog calls the commit, where somebody told git to (`GIT_REFLOG_ACTION`).
    """
    if headlog.in_sequence(repository):
        return
    entries, size = headlog.news(repository)
    if not entries:
        # No reflog is kept here: then the commit itself has to do.
        if stamp.head is not None and not headlog.has_log(repository):
            linking.link(repository, stamp, wanted, stamp.head)
        return
    if named and entries[-1].action == named:
        entries[-1] = _in_words_of_git(repository, entries[-1])
    if entries[-1].action != AMEND:
        _follow(repository, stamp, wanted, entries)
        headlog.mark_read(repository, size)


def _in_words_of_git(repository: Repository, one: Happened) -> Happened:
    """The entry of a commit that was just made: it follows what HEAD was, or it replaces that."""
    if one.action in ("cherry-pick", "revert"):  # git itself names these
        return one
    parents = [made.parent or "0" * len(one.old) for made in linking.read(repository, [one.new])]
    return one._replace(action="commit" if one.old in parents else AMEND)


def after_rewrite(
    repository: Repository,
    stamp: Stamp,
    wanted: str | None,
    pairs: Mapping[str, str],
    *,
    amended: bool,
) -> None:
    """Take the links of rewritten commits along: by git's list, where it reached us; else by the
    reflogs. And do what was missed before."""
    entries, size = headlog.news(repository)
    done = bool(entries) and entries[-1].action.endswith("(finish)")
    if (amended or not pairs) and not done and headlog.in_sequence(repository):
        _rewritten(repository, stamp, pairs)  # a step of a rebase, which will tell of all of it
        return
    told = entries[-1].new if entries and pairs else None
    _follow(repository, stamp, wanted, entries, told)
    if pairs:
        # Git's list of a rebase does not know what its steps amended.
        again = {one.old: one.new for one in entries if one.action == AMEND}
        _rewritten(repository, stamp, again | dict(pairs))
    headlog.mark_read(repository, size)


def make_up(repository: Repository, stamp: Stamp, wanted: str | None) -> None:
    """Do what hooks would have done since the log was read last."""
    if headlog.in_sequence(repository):
        return
    entries, size = headlog.news(repository)
    _follow(repository, stamp, wanted, entries)
    headlog.mark_read(repository, size)


def _follow(
    repository: Repository,
    stamp: Stamp,
    wanted: str | None,
    entries: list[Happened],
    told: str | None = None,
) -> None:
    """Do for each entry what it asks for; one that cannot be done does not stop the others.

    `told`: the commit that git itself told us the rewriting of.
    """
    failed = None
    for one, rebase in _outside(entries):
        try:
            if one.action in COMMITS:
                # What is claimed on the parent later on did not lead to this commit.
                before = None if one.new == entries[-1].new else one.at
                linking.link(repository, stamp, wanted, one.new, before)
            elif one.new == told:
                continue
            elif one.action == AMEND:
                _rewritten(repository, stamp, {one.old: one.new})
            elif rebase:
                _recovered(repository, stamp, rebase)
        except MnemoError as error:
            failed = error
    if failed is not None:
        raise failed


def _outside(entries: list[Happened]) -> Iterator[tuple[Happened, list[Happened]]]:
    """The entries that stand for themselves; the last of a rebase that came to its end has all of
    it, and what else happened in a rebase is not told."""
    rebase: list[Happened] = []
    for one in entries:
        if one.action.endswith("(start)"):
            rebase = [one]
        elif not rebase:
            yield one, []
        elif one.action.endswith("(finish)"):
            yield one, [*rebase, one]
            rebase = []
        elif one.action.endswith("(abort)"):
            rebase = []
        else:
            rebase.append(one)
    if rebase:  # it was quit: what came after its own last step stands for itself again
        command = rebase[0].action.removesuffix("(start)")
        own = max(at for at, one in enumerate(rebase) if one.action.startswith(command))
        yield from ((one, []) for one in rebase[own + 1 :])


def _rewritten(repository: Repository, stamp: Stamp, pairs: Mapping[str, str]) -> None:
    from git_mnemo import rewriting

    rewriting.rewrite(repository, stamp, pairs)


def _recovered(repository: Repository, stamp: Stamp, entries: list[Happened]) -> None:
    from git_mnemo import rewriting

    pairs = rewriting.recover(repository, entries)
    if pairs:
        rewriting.rewrite(repository, stamp, pairs)
