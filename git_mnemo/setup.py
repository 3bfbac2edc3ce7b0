"""Setting a clone up, and taking everything out of it again."""

import contextlib
import os
import shutil
from typing import NamedTuple

from git_mnemo import headlog, hooks, manual, marks, network, refs, rewritten, sharing, sync
from git_mnemo.index import FILE, Index, silently
from git_mnemo.index.filling import Progress
from git_mnemo.refs import RefUpdate
from git_mnemo.repository import Repository
from git_mnemo.view import View, title


class Installed(NamedTuple):
    """What `init` found and wrote; `hooks` are states by event, `by_hand` the lines that the user
    has to add where somebody else owns the hooks."""

    project: str | None
    wrote: list[str]
    hooks: dict[str, str]
    by_hand: list[str]


class Sharing(NamedTuple):
    """What sharing comes to: the remote, its URL as it may be shown, and the chains to publish with
    their titles; `unseen` where the remote has a project that could not be compared with."""

    remote: str
    url: str
    publishes: dict[str, str]
    unseen: bool


class Removed(NamedTuple):
    """What `uninstall` takes away: files and folders, refs with the commits they stood at,
    settings of the clone's configuration, what `init` let git's hooks have, and its links to the
    manual."""

    paths: list[str]
    refs: list[RefUpdate]
    settings: list[str]
    hooks: list[str]
    links: list[str]


def install(repository: Repository, *, with_hooks: bool, dry_run: bool) -> Installed:
    """Build the index, the one thing worth having before the first question, and let git's hooks
    call us. Idempotent."""
    path = os.path.join(repository.shared_state, FILE)
    fresh = not os.path.exists(path)
    if not dry_run:
        Index(repository.store, repository.shared_state)
    wrote = [path] if fresh and (dry_run or os.path.exists(path)) else []
    wrote += [str(one) for one in manual.missing()] if dry_run else manual.link(repository)
    project = repository.store.ref(refs.PROJECT)
    if not with_hooks:
        return Installed(project, wrote, {}, [])
    done = hooks.install(repository, dry_run=dry_run)
    if not dry_run:
        _follow(repository)
    wrote += [one.wrote for one in done.hooks.values() if one.wrote is not None]
    states = {event: one.state for event, one in done.hooks.items()}
    return Installed(project, wrote, states, done.by_hand)


def _follow(repository: Repository) -> None:
    """From now on, what hooks miss is made up for; what happened before is nobody's business."""
    if not marks.stands(repository, marks.FOLLOWED):
        headlog.mark_all_read(repository)
        marks.put(repository, marks.FOLLOWED)
    if repository.store.refs(refs.SESSIONS):
        marks.put(repository, marks.LIVE)
    if repository.config.get("mnemo.remote"):
        marks.put(repository, marks.SHARED)


def plan_sharing(repository: Repository, remote: str, *, dry_run: bool) -> Sharing:
    """What sharing through a remote would publish, after a look at what it has.

    A dry run asks the remote where its project stands and fetches nothing, so it may list chains
    that are there in a project not seen here before.
    """
    url = network.anonymous(network.push_url(repository, remote))
    if not dry_run:
        sync.fetch(repository, remote)
    theirs = seen = repository.store.ref(refs.tracking(remote, refs.PROJECT))
    if dry_run:
        theirs = network.list_refs(repository, remote, refs.PROJECT).get(refs.PROJECT)
    unseen = theirs is not None and not repository.store.exists(theirs)
    chains = sharing.unpublished(repository, seen if unseen else theirs)
    view = View(repository.store, Index(repository.store, repository.shared_state), {})
    return Sharing(remote, url, {id_: title(view, id_) for id_ in chains}, unseen)


def share(repository: Repository, plan: Sharing, promote: str, *, yes: bool) -> list[sync.Moved]:
    """Bind this clone to the remote of the plan, and bring both sides together.

    That sharing was agreed to does not answer what the sync may ask; `yes` does.
    """
    known = sharing.bind(repository, plan.remote, promote)
    marks.put(repository, marks.SHARED)
    return sync.sync(repository, known, yes=yes)


def rebuild_index(repository: Repository, progress: Progress = silently) -> Index:
    """Throw the index away and build it anew; `progress` is told how many entries are done."""
    _remove(os.path.join(repository.shared_state, FILE))
    return Index(repository.store, repository.shared_state, progress)


def encode(repository: Repository, index: Index, progress: Progress = silently) -> str | None:
    """Give the project's claims their vectors, so that no question waits for it; why not, if the
    encoder that is set cannot. Without one, nothing."""
    named = repository.config.get("mnemo.encoder")
    if not named:
        return None
    from git_mnemo import encoder  # only who has one pays for it

    found = encoder.load(named, repository.top)
    if isinstance(found, encoder.Unusable):
        return found.why
    from git_mnemo import semantic

    said = list(semantic.of_project(index))
    semantic.understand(found, index, repository.store, said, progress)
    return None


def plan_removal(repository: Repository, *, everything: bool) -> Removed:
    """What there is to take away: the index and what sharing configured, and with `everything` all
    refs and state too."""
    settings = sharing.bound(repository)
    installed, links = hooks.standing(repository), manual.linked(repository)
    if not everything:
        path = os.path.join(repository.shared_state, FILE)
        return Removed([path] if os.path.exists(path) else [], [], settings, installed, links)
    listed = {
        **repository.store.refs(refs.ROOT),
        **repository.store.refs(refs.TRACKING),
    }
    worktrees = os.path.join(repository.common_dir, "worktrees")
    linked = sorted(os.listdir(worktrees)) if os.path.isdir(worktrees) else []
    folders = [repository.shared_state, repository.worktree_state]
    folders += [os.path.join(worktrees, name, "mnemo") for name in linked]
    return Removed(
        [folder for folder in dict.fromkeys(folders) if os.path.isdir(folder)],
        [RefUpdate(name, tip, None) for name, tip in listed.items()],
        settings,
        installed,
        links,
    )


def remove(repository: Repository, plan: Removed) -> None:
    """Take away what the plan says: refs first, all or none, then settings and files."""
    if plan.refs:
        repository.store.update_refs(plan.refs, "mnemo: uninstall")
    sharing.unbind(repository, plan.settings)
    hooks.remove(repository)
    manual.unlink(repository)
    for mark in (marks.FOLLOWED, marks.SHARED):
        marks.take(repository, mark)
    headlog.forget(repository)
    rewritten.forget(repository)
    for path in plan.paths:
        _remove(path)
    for folder in {repository.shared_state, repository.worktree_state}:
        with contextlib.suppress(OSError):  # there is more in it, or nothing ever was
            os.rmdir(folder)


def _remove(path: str) -> None:
    if os.path.isdir(path):
        shutil.rmtree(path)
        return
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(path + suffix):
            os.remove(path + suffix)
