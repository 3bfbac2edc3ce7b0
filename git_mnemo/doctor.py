"""Doctor: everything that can be wrong with a memory, each with its cure.

A check looks and tells; it changes nothing. What is safe to put right by itself has a `repair`.
"""

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from git_mnemo import (
    archive,
    chain,
    gc,
    guarding,
    hooks,
    network,
    refs,
    secrets,
    session,
    sharing,
    trust,
    validate,
)
from git_mnemo.chain import Entry
from git_mnemo.errors import MnemoError
from git_mnemo.hookfiles import INSTALLED, UPDATED
from git_mnemo.index import Index, discard
from git_mnemo.refs import PROJECT
from git_mnemo.repository import Repository
from git_mnemo.store import history, layout, shape
from git_mnemo.store.asking import SHARED_LOCKS
from git_mnemo.store.git import SPARINGLY
from git_mnemo.store.objects import BLOB

ERROR, WARNING, NOTE = "error", "warning", "note"

GIT_LEAST, MOST_STOOD = (2, 31), 20
STALE_LOCK = 600
"""Seconds after which a lock file was left by a process that died."""


class Finding(NamedTuple):
    """One thing that is wrong, or worth knowing: `fix` is the command that helps, and `repair`,
    where there is one, does it safely."""

    severity: str
    code: str
    what: str
    fix: str
    repair: Callable[[], object] | None = None


def examine(repository: Repository, now: int) -> list[Finding]:
    """Every finding, the worst first. One check that cannot go on does not stop the others."""
    found: list[Finding] = []
    for check in CHECKS:
        try:
            found += check(repository, now)
        except MnemoError as error:
            found.append(Finding(ERROR, error.code, error.message, error.hint or "git fsck"))
    order = (ERROR, WARNING, NOTE)
    unique = {(one.code, one.what): one for one in found}
    return sorted(unique.values(), key=lambda one: order.index(one.severity))


def repair(found: Iterable[Finding]) -> list[Finding]:
    """Do the safe cures; those that were done."""
    done = []
    for one in found:
        if one.repair is not None:
            one.repair()
            done.append(one)
    return done


def is_well(found: Iterable[Finding]) -> bool:
    """Whether nothing found is an error."""
    return all(one.severity != ERROR for one in found)


# -- the ground --------------------------------------------------------------------------------


def _git(repository: Repository, now: int) -> Iterator[Finding]:
    said = repository.git("version").out.decode("utf-8", "replace")
    version = tuple(int(part) for part in re.findall(r"\d+", said)[:2])
    if version < GIT_LEAST:
        least = ".".join(map(str, GIT_LEAST))
        what = f"{said.strip()} is older than {least}, which this needs."
        yield Finding(ERROR, "git-version", what, "git --version")


def _state(repository: Repository, now: int) -> Iterator[Finding]:
    """The folder of the index and of what this clone noted."""
    folder = repository.shared_state
    if os.path.lexists(folder) and not os.path.isdir(folder):
        yield Finding(ERROR, "state", f"{folder} is no folder.", f"rm '{folder}'")
    elif os.path.isdir(folder) and not os.access(folder, os.W_OK):
        what = f"{folder} cannot be written: the index is made anew in memory each time."
        yield Finding(WARNING, "state", what, f"chmod u+w '{folder}'")


def _settings(repository: Repository, now: int) -> Iterator[Finding]:
    for name in ("mnemo.gcExpire", "mnemo.idleExpire", "mnemo.sessionTimeout"):
        date = repository.config.get(name.lower())
        try:
            if date is not None:
                repository.expiry(date, now)
        except MnemoError as error:
            yield Finding(
                ERROR, "setting", f"{name}: {error.message}", f"git config --unset {name}"
            )
    try:
        policy = guarding.policy(repository)
    except MnemoError as error:
        yield Finding(ERROR, "setting", error.message, error.hint or "git config -l")
    else:
        if policy == secrets.OFF:
            what = "mnemo.secrets is off: secrets are written as they come."
            yield Finding(WARNING, "setting", what, "git config mnemo.secrets redact")
    yield from _trust(repository)
    promote = repository.config.get("mnemo.promote", "manual")
    if promote not in ("manual", "on-commit"):
        what = f"mnemo.promote is {promote!r}, and can be on-commit or manual."
        yield Finding(ERROR, "setting", what, "git config mnemo.promote manual")


def _trust(repository: Repository) -> Iterator[Finding]:
    try:
        limit = trust.policy(repository)
    except MnemoError as error:
        yield Finding(ERROR, "setting", error.message, error.hint or "git config -l")
        return
    if limit == trust.AUTHORS and not trust.authors(repository):
        what = "mnemo.trust is authors, and mnemo.trustAuthor names nobody: no node is trusted."
        cure = 'git config --add mnemo.trustAuthor "$(git config user.email)"'
        yield Finding(WARNING, "setting", what, cure)
    unsigned = trust.unsigned(repository)
    if unsigned is not None:
        yield Finding(WARNING, "setting", unsigned, "git config mnemo.sign true")


def _locks(repository: Repository, now: int) -> Iterator[Finding]:
    """Locks of refs and state that nobody holds any more."""
    roots = (
        os.path.join(repository.common_dir, "refs", "mnemo"),
        os.path.join(repository.common_dir, "refs", "mnemo-remotes"),
    )
    files = [os.path.join(folder, name) for root in roots for folder, _, names in os.walk(root)
             for name in names if name.endswith(".lock")]  # fmt: skip
    files += [os.path.join(repository.common_dir, name + ".lock") for name in SHARED_LOCKS]
    for path in files:
        try:
            age = time.time() - os.path.getmtime(path)
        except OSError:
            continue
        if age > STALE_LOCK:
            what = f"{path} was left {int(age) // 60} minutes ago by a process that died."
            yield Finding(ERROR, "lock", what, f"rm '{path}'")


# -- what the refs hold ------------------------------------------------------------------------


def _names(repository: Repository, now: int) -> Iterator[Finding]:
    store = repository.store
    for name, tip in store.refs(refs.ROOT).items():
        if name != PROJECT and not refs.is_shared(name):
            what = f"{name} is no name of ours; no command looks at it."
            yield Finding(WARNING, "ref-name", what, f"git update-ref -d {name}")
        elif not history.is_commit(store, tip):
            what = f"{name} points at no commit that is here ({tip})."
            yield Finding(ERROR, "ref", what, _earlier(repository, name))
    folded: dict[str, str] = {}
    for name in store.refs(refs.TRACKING):
        twin = folded.setdefault(name.lower(), name)
        if twin != name and repository.config.get("core.ignorecase") == "true":
            what = f"{name} and {twin} are one file on this file system."
            yield Finding(ERROR, "ref-case", what, "git remote rename")


def _trees(repository: Repository, now: int) -> Iterator[Finding]:
    """The shape of every commit of the project and of each session, and its growth."""
    gone = _gone(repository)
    for name, tip in _whole(repository):
        fault = validate.first_fault(repository.store, tip, None, gone)
        if fault is not None:
            yield Finding(ERROR, "tree", f"{name}: {fault}.", _earlier(repository, name))


def _objects(repository: Repository, now: int) -> Iterator[Finding]:
    """Whether git has everything behind our refs."""
    whole = list(_whole(repository))
    if not _lacked(repository, [tip for _, tip in whole]):
        return
    for name, tip in whole:
        said = _lacked(repository, [tip])
        if said:
            what = f"{name}: {said.removeprefix('fatal: ')}."
            yield Finding(ERROR, "missing", what, _from_elsewhere(repository, name))


def _lacked(repository: Repository, tips: Iterable[str]) -> str:
    """What git says of what is missing behind these; nothing where all is there."""
    asked = "".join(f"{tip}\n" for tip in tips).encode()
    listed = repository.git(*SPARINGLY, "rev-list", "--objects", "--quiet", "--stdin", stdin=asked)
    return (listed.err.splitlines() or ["git cannot walk it"])[0] if listed.code else ""


def _nodes(repository: Repository, now: int) -> Iterator[Finding]:
    """Nodes that cannot be read, that rest on something absent, or that hold a secret."""
    store = repository.store
    roots = {name: history.tree_of(store, tip) for name, tip in _whole(repository)}
    gone = layout.purged(store, roots.get(PROJECT))
    off = guarding.policy(repository) == secrets.OFF
    allowed = guarding.allowed(repository)
    opaque: set[str] = set()
    resting: list[tuple[str, str, list[str]]] = []  # all that is kept, however many there are
    for name, root in roots.items():
        own = set() if name == PROJECT else {one.address for one in layout.members(store, root)}
        for address in (one.address for one in layout.members(store, root)):
            if not store.exists(address):
                continue
            kind, data = store.read(address)
            node = layout.node_at(store, address) if kind == BLOB else None
            opaque |= {address} if node is None else set()
            leak = [] if off else secrets.scan(data.decode("utf-8", "replace"), allowed)
            if leak:
                what = f"node {address} holds what looks like a secret ({leak[0].rule})."
                yield Finding(WARNING, "secret", what, f"git mnemo purge {address}")
            inputs = node.inputs if node is not None else ()
            needed = [one for one in inputs if one not in own and one not in gone]
            if needed:
                resting.append((name, address, needed))
    sought = {one for _, _, needed in resting for one in needed}
    for member in layout.members(store, roots.get(PROJECT)) if sought else ():
        sought.discard(member.address)
    for name, address, needed in resting:
        first = next((one for one in needed if one in sought), None)
        if first is not None:
            what = f"{name}: node {address} rests on {first}, which it lacks."
            yield Finding(ERROR, "input", what, _from_elsewhere(repository, name))
    if opaque:
        nodes = "1 node needs" if len(opaque) == 1 else f"{len(opaque):,} nodes need"
        what = f"{nodes} a newer git mnemo, or are none; they are kept as they are."
        yield Finding(NOTE, "opaque", what, "pip install --upgrade git-mnemo")


def _rewritten(repository: Repository, now: int) -> Iterator[Finding]:
    """A project that was set back or rewritten by something that takes all refs."""
    store, tip = repository.store, repository.store.ref(PROJECT)
    stood = [old for old in _stood(repository, PROJECT) if history.is_commit(store, old)]
    for at, old in enumerate(stood if tip is not None else ()):
        # What did not grow out of what stood before it was the rewriting, and is undone since.
        grown = at + 1 == len(stood) or history.descends(store, old, stood[at + 1])
        if grown and tip is not None and not history.descends(store, tip, old):
            what = (
                f"{PROJECT} was at {old} and does not descend from it: something rewrote it"
                " (filter-branch, filter-repo, update-ref)."
            )
            yield Finding(ERROR, "rewritten", what, f"git update-ref {PROJECT} {old} {tip}")
            return


# -- what is derived, and what is left behind --------------------------------------------------


def _index(repository: Repository, now: int) -> Iterator[Finding]:
    store = repository.store
    tip = store.ref(PROJECT)
    index = Index(store, repository.shared_state)
    root = history.tree_of(store, tip)
    by_chain = groupby(layout.members(store, root), key=lambda member: member.chain)
    said = (
        index.entries(id_) == chain.ordered(Entry(*one[1:]) for one in there)
        for id_, there in by_chain
    )
    if all(said) and len(index.chain_ids()) == sum(1 for _ in layout.chain_ids(store, root)):
        return
    what = "the index does not say what the project holds."
    yield Finding(ERROR, "index", what, "git mnemo reindex",
                  lambda: discard(repository.shared_state))  # fmt: skip


def _archives(repository: Repository, now: int) -> Iterator[Finding]:
    live = {one.id: one.tip for one in session.live(repository)}
    halves = [one for one in session.all_archived(repository) if live.get(one.id) == one.tip]
    if halves:
        what = f"{halves[0].ref} and its session stand at one commit: archiving was cut short."
        fix = f"git mnemo restore {halves[0].id}"
        yield Finding(WARNING, "half-archived", what, fix, lambda: archive.repair(repository))
    try:
        expired = gc.collect(repository, now, dry_run=True).pruned
    except MnemoError as error:
        if error.code != "usage":
            raise
        return  # the settings are told of elsewhere
    if expired:
        count = "1 archive is" if len(expired) == 1 else f"{len(expired):,} archives are"
        yield Finding(NOTE, "expired", f"{count} past their age.", "git mnemo gc")


def _remotes(repository: Repository, now: int) -> Iterator[Finding]:
    if not repository.config.get("mnemo.remote"):
        return
    known = sharing.shared(repository)
    if known.remote not in network.remotes(repository):
        what = f"mnemo.remote is {known.remote}, and there is no such remote."
        yield Finding(ERROR, "remote", what, "git mnemo init --share REMOTE")
        return
    try:
        sharing.refuse_changed(repository, known)
    except MnemoError as error:
        yield Finding(ERROR, "remote", error.message, error.hint or "git remote -v")
    if sharing.queued(repository):
        what = f"a push to {known.remote} did not get through; it waits."
        yield Finding(NOTE, "queued", what, "git mnemo sync")


def _hooks(repository: Repository, now: int) -> Iterator[Finding]:
    """Whether the hooks that `init` put in are still there, and of this version."""
    if not hooks.standing(repository):
        return
    told = hooks.install(repository, dry_run=True).hooks
    stale = [event for event, one in told.items() if one.state in (INSTALLED, UPDATED)]
    if stale:
        what = f"the hooks for {', '.join(stale)} are gone, or of another version."
        yield Finding(WARNING, "hooks", what, "git mnemo init")


CHECKS = (
    _git, _state, _settings, _locks, _names, _trees, _objects, _nodes, _rewritten, _index,
    _archives, _remotes, _hooks,
)  # fmt: skip


# -- helping -----------------------------------------------------------------------------------


def _whole(repository: Repository) -> Iterator[tuple[str, str]]:
    """The refs of ours that point at a commit, with their tips."""
    for name, tip in repository.store.refs(refs.ROOT).items():
        if refs.is_shared(name) and history.is_commit(repository.store, tip):
            yield name, tip


def _earlier(repository: Repository, name: str) -> str:
    """The command that sets a ref back to where it was sound, where anything knows."""
    tip = repository.store.ref(name)
    for old in _stood(repository, name):
        if (
            old != tip
            and history.is_commit(repository.store, old)
            and not _is_broken(repository, old)
        ):
            return f"git update-ref {name} {old}"
    return _from_elsewhere(repository, name)


def _stood(repository: Repository, name: str) -> list[str]:
    """Where a ref stood, newest first, as its reflog tells."""
    listed = repository.git("reflog", "show", "--format=%H", name, "--")
    if listed.code == 0 and listed.out:
        return listed.out.decode().split()
    stood = []
    for number in range(MOST_STOOD):  # git shows no reflog of a ref that points at no commit
        asked = repository.git("rev-parse", "--verify", "--quiet", f"{name}@{{{number}}}")
        if asked.code:
            break
        stood.append(asked.out.decode().strip())
    return stood


def _is_broken(repository: Repository, tip: str) -> bool:
    try:
        tree = history.read(repository.store, tip).tree
        shape.check(repository.store, None, tree, _gone(repository))
    except MnemoError:
        return True
    return False


def _gone(repository: Repository) -> frozenset[str]:
    """What the project purges, as far as it can be read."""
    store = repository.store
    try:
        return layout.purged(store, history.tree_of(store, store.ref(PROJECT)))
    except MnemoError:
        return frozenset()


def _from_elsewhere(repository: Repository, name: str) -> str:
    """The command that looks for what is missing in another clone, or gives the ref up."""
    remote = repository.config.get("mnemo.remote")
    return f"git fetch {remote} {name}" if remote else f"git update-ref -d {name}"
