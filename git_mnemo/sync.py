"""Sync: one memory across clones. Fetch, validate, join, push, and again where others were faster.

Fetching moves tracking refs only. What they hold is joined into the project after it was checked,
and only from the one remote that the memory is shared through.
"""

import shlex
from collections.abc import Iterable
from typing import NamedTuple

from git_mnemo import (
    join,
    leaks,
    loose,
    network,
    project,
    quarantine,
    refs,
    scrub,
    sharing,
    trust,
    validate,
)
from git_mnemo.errors import MnemoError, RefMoved
from git_mnemo.hiding import Hiding
from git_mnemo.index import Index
from git_mnemo.network import Pushed
from git_mnemo.node import CLAIMS
from git_mnemo.refs import PROJECT, RefUpdate
from git_mnemo.repository import Repository
from git_mnemo.sharing import Shared
from git_mnemo.store import history, layout
from git_mnemo.store.asking import pause
from git_mnemo.validate import Fault
from git_mnemo.view import View
from git_mnemo.writing import TRIES

UP_TO_DATE, CREATED, FAST_FORWARDED = "up-to-date", "created", "fast-forwarded"
JOINED, PUSHED, QUEUED = "joined", "pushed", "queued"
REJECTED, REFUSED = "rejected", "refused"

PART = 250_000
"""Claims that a first push takes along at once, about."""

ROUNDS = 8
"""How often a push that others were faster than is tried again."""

MANY, SHARE = 20, 10
"""A join that hides more than this many nodes, and more than one in so many, asks first."""


class Moved(NamedTuple):
    """What became of one ref; `reason` where it did not become what was asked, and `asks` where a
    yes would do."""

    ref: str
    outcome: str
    old: str | None
    new: str | None
    reason: str | None = None
    asks: bool = False


# -- fetching ----------------------------------------------------------------------------------


def fetch(repository: Repository, remote: str, *, sessions: bool = False) -> list[Moved]:
    """Bring the tracking refs of a remote to where it stands now, and move nothing else.

    A ref that is gone there loses its tracking ref, and nothing here. One that git finds fault
    with is refused, and its tracking ref stays where it was.
    """
    network.push_url(repository, remote)  # refuses what is no remote
    patterns = [PROJECT, *((refs.SESSIONS + "*", refs.ARCHIVE + "*") if sessions else ())]
    there = network.list_refs(repository, remote, *patterns)
    names = [name for name in there if refs.is_shared(name)]
    known = {name: repository.store.ref(refs.tracking(remote, name)) for name in names}
    refused = _fetch_all(repository, remote, {name: there[name] for name in names})
    moved = [
        Moved(name, REFUSED, known[name], known[name], refused[name])
        if name in refused
        else _fetched(repository, remote, name, known[name])
        for name in names
    ]
    moved += _forget_gone(repository, remote, set(names), sessions=sessions)
    if sessions:
        loose.pack(repository)
    return moved


def _fetch_all(repository: Repository, remote: str, there: dict[str, str]) -> dict[str, str]:
    """Fetch what the tracking refs lack; why a ref was refused, for each that was.

    Another fetch that holds a ref's lock does it for us.
    """
    wanted, refused = dict(there), dict[str, str]()
    for tries_left in reversed(range(5)):
        stand = {name: repository.store.ref(refs.tracking(remote, name)) for name in wanted}
        missing = {name: oid for name, oid in wanted.items() if stand[name] != oid}
        try:
            network.fetch(repository, remote, list(missing))
            break
        except MnemoError:
            now = {name: repository.store.ref(refs.tracking(remote, name)) for name in wanted}
            found = _refused(repository, remote, missing) if now == stand else {}
            if not found and (now == stand or not tries_left):
                raise
        refused |= found
        wanted = {name: oid for name, oid in wanted.items() if name not in refused}
        pause()
    return refused


def _refused(repository: Repository, remote: str, missing: dict[str, str]) -> dict[str, str]:
    """Of the refs that a fetch did not bring: those with a fault, and the cure."""
    reasons = {}
    for name, tip in missing.items():
        ours = repository.store.ref(name)
        known = ours if ours is not None and history.is_commit(repository.store, ours) else None
        fault = quarantine.fault(repository, remote, name, tip, known)
        if fault is not None:
            reasons[name] = _with_cure(repository, fault, remote, name, tip, known)
    return reasons


def _fetched(repository: Repository, remote: str, name: str, old: str | None) -> Moved:
    new = repository.store.ref(refs.tracking(remote, name))
    if old == new:
        return Moved(name, UP_TO_DATE, old, new)
    if old is None or new is None:
        return Moved(name, CREATED, old, new)
    if not history.is_commit(repository.store, new):
        return Moved(name, REJECTED, old, new, "what stands there is no commit")
    if not history.is_commit(repository.store, old):
        return Moved(name, CREATED, old, new)
    if history.descends(repository.store, new, old):
        return Moved(name, FAST_FORWARDED, old, new)
    return Moved(name, REJECTED, old, new, "it was set back on the remote; nothing here was")


def _forget_gone(
    repository: Repository, remote: str, names: set[str], *, sessions: bool
) -> list[Moved]:
    gone = [
        RefUpdate(ref, tip, None)
        for ref, tip in repository.store.refs(refs.tracking_root(remote)).items()
        if refs.tracked(remote, ref) not in names
        and (sessions or refs.tracked(remote, ref) == PROJECT)
    ]
    if gone:
        repository.store.update_refs(gone, "mnemo: fetch")
    return [
        Moved(refs.tracked(remote, one.name), UP_TO_DATE, one.old, None,
              "gone from the remote; nothing here was deleted")
        for one in gone
    ]  # fmt: skip


# -- joining -----------------------------------------------------------------------------------


def pull(repository: Repository, shared: Shared, *, yes: bool) -> list[Moved]:
    """Fetch, and join what came into the project."""
    fetched = {moved.ref: moved for moved in fetch(repository, shared.remote)}
    known = fetched.get(PROJECT)
    ours = repository.store.ref(PROJECT)
    if known is not None and known.outcome == REFUSED:
        return [Moved(PROJECT, REFUSED, ours, ours, known.reason)]
    if known is None or known.new is None:
        return [Moved(PROJECT, UP_TO_DATE, ours, ours, "the remote has no project yet")]
    return [join_project(repository, shared.remote, known.new, yes=yes)]


def join_project(repository: Repository, remote: str, theirs: str, *, yes: bool) -> Moved:
    """Join a tip fetched from a remote into the project, if it is what a project must be."""
    store = repository.store
    for _ in range(TRIES):
        ours = store.ref(PROJECT)
        reason = fault(repository, remote, ours, theirs)
        if reason is None and ours is not None and history.descends(store, ours, theirs):
            return Moved(PROJECT, UP_TO_DATE, ours, ours)
        reason = reason or unaccepted(repository, ours, theirs)
        if reason is not None:
            return Moved(PROJECT, REFUSED, ours, ours, reason)
        theirs = scrub.scrub(store, theirs, _purged(repository, ours), ours)
        doubt = _mass_hiding(repository, ours, theirs) if ours is not None and not yes else None
        if doubt is not None:
            return Moved(PROJECT, REFUSED, ours, ours, doubt, asks=True)
        joined = join.Joined(theirs, CREATED) if ours is None else join.join(store, ours, theirs)
        try:
            project.move(store, ours, joined.tip, f"join: {joined.outcome}")
        except RefMoved:
            continue
        return Moved(PROJECT, joined.outcome, ours, joined.tip)
    raise RefMoved(PROJECT)


def fault(repository: Repository, remote: str, ours: str | None, theirs: str) -> str | None:
    """Why a fetched tip is no project, with the command that cures the remote; or None."""
    found = validate.first_fault(repository.store, theirs, ours)
    return None if found is None else _with_cure(repository, found, remote, PROJECT, theirs, ours)


def _with_cure(
    repository: Repository, fault: Fault, remote: str, name: str, theirs: str, ours: str | None
) -> str:
    """The fault, and the command that sets the remote's ref to what stood there before it came;
    where nothing did, to what stands here."""
    good, lease = fault.good or ours or "", f"--force-with-lease={name}:{theirs}"
    fetched = not good or repository.store.exists(good)
    there = shlex.quote(remote)
    first = "" if fetched else f"git fetch {there} {good} && "
    return f"{fault}; the cure: {first}git push {lease} {there} {good}:{name}"


def unaccepted(repository: Repository, ours: str | None, theirs: str) -> str | None:
    """Why a sound tip is not followed before somebody agrees, or None."""
    new = new_tombstones(repository, ours, theirs)
    if new:
        return f"it purges {len(new):,} nodes; to follow it: git mnemo purge --accept"
    return None


def _purged(repository: Repository, tip: str | None) -> frozenset[str]:
    return layout.purged(repository.store, history.tree_of(repository.store, tip))


def new_tombstones(repository: Repository, ours: str | None, theirs: str) -> frozenset[str]:
    """The nodes that `theirs` says must not exist, and neither `ours` nor the project does."""
    store = repository.store
    new, mine, shared = (
        layout.purged(store, history.tree_of(store, tip))
        for tip in (theirs, ours, store.ref(PROJECT))
    )
    return new - mine - shared


def _mass_hiding(repository: Repository, ours: str, theirs: str) -> str | None:
    """What a join would hide, where that is so much that somebody should be asked; or None."""
    hidden = newly_hidden(repository, ours, theirs)
    if hidden <= MANY:
        return None
    index = Index(repository.store, repository.shared_state)
    hiding = Hiding(index.users, index.type_of, trust.doubts(repository, ours))
    claims = (address for address in index.inputs() if index.type_of(address) in CLAIMS)
    visible = index.counts().nodes - sum(map(hiding.hidden, claims))
    if hidden * SHARE <= visible:
        return None
    return f"it would hide {hidden:,} of {visible:,} claims (git mnemo sync --yes joins it)"


def newly_hidden(repository: Repository, ours: str, theirs: str) -> int:
    """How many claims that are visible in the project a join with `theirs` would hide, under
    `mnemo.trust`: what is not trusted hides nothing that is."""
    store = repository.store
    index = Index(store, repository.shared_state)
    view = View(store, index, {})
    mine, others = history.tree_of(store, ours), history.tree_of(store, theirs)
    for member, is_theirs in layout.diff(store, mine, others):
        if is_theirs:
            view.add("remote", member)
    touched = {address for node in view.own_nodes().values() for address in node.inputs}
    waiting = list(touched)
    while waiting:  # a retract may be what comes back or goes, so what it retracts is touched too
        address = waiting.pop()
        found = view.node(address) if view.has(address) else None
        below = set(found.inputs) - touched if found is not None else set()
        touched |= below
        waiting += below
    theirs_doubt = _doubted(repository, theirs, {*view.own_nodes(), *touched})
    doubt = trust.doubts(repository, ours)
    before = Hiding(index.users, index.type_of, doubt)
    after = Hiding(
        view.users,
        view.type_of,
        None if doubt is None else lambda one: doubt(one) and theirs_doubt.get(one, True),
    )
    return sum(
        after.hidden(address) and not before.hidden(address)
        for address in touched
        if index.type_of(address) in CLAIMS
    )


def _doubted(repository: Repository, tip: str, addresses: Iterable[str]) -> dict[str, bool]:
    """Whether each node is not trusted in the history behind a tip; nothing where all are.

    Told at once, because who added what is kept for one tip at a time.
    """
    doubts = trust.doubts(repository, tip)
    return {} if doubts is None else {address: doubts(address) for address in addresses}


# -- pushing -----------------------------------------------------------------------------------


def push(repository: Repository, shared: Shared, *, yes: bool) -> list[Moved]:
    """Publish the project. Where others were faster: fetch, join, and push again.

    What cannot be pushed stays queued, and `status` says so.
    """
    sharing.refuse_changed(repository, shared)
    tracking = refs.tracking(shared.remote, PROJECT)
    unexplained = 0
    for _ in range(ROUNDS):
        # In this order: another sync of this clone moves the project before the tracking ref.
        known = repository.store.ref(tracking)
        ours = repository.store.ref(PROJECT)
        if ours is None or (ours == known and not shared.several):
            sharing.clear_queue(repository)
            return [Moved(PROJECT, UP_TO_DATE, known, ours)]
        leak = leaks.reason(repository, known, ours)
        if leak is not None:
            return [Moved(PROJECT, REFUSED, known, ours, leak)]
        sharing.queue(repository, shared, [PROJECT])
        for part in _parts(repository, known, ours):
            answer = network.push(repository, shared.remote, [f"{part}:{PROJECT}"])[0]
            if answer.flag == "!":
                break
            note_pushed(repository, tracking, part)
        if answer.flag != "!":
            sharing.clear_queue(repository)
            outcome = UP_TO_DATE if answer.flag == "=" else PUSHED
            return [Moved(PROJECT, outcome, known, ours)]
        pulled = pull(repository, shared, yes=yes)[0]
        if pulled.outcome == REFUSED:
            return [pulled]
        if _holds_purged(repository, tracking):
            cure = f"git mnemo purge --remote {shared.remote}"
            reason = f"{shared.remote} still holds what is purged here: {cure}"
            return [Moved(PROJECT, REFUSED, known, ours, reason)]
        # Once may be a push under way that has not moved the remote's ref yet, but has its lock.
        unexplained = unexplained + 1 if repository.store.ref(tracking) == known else 0
        if unexplained > 1:
            return [_rejected(answer, known, ours)]
        pause()
    known, ours = repository.store.ref(tracking), repository.store.ref(PROJECT)
    return [Moved(PROJECT, QUEUED, known, ours, "others were faster, eight times; try again")]


def _parts(repository: Repository, known: str | None, ours: str) -> list[str]:
    """The commits to push one after the other, the last of which is `ours`.

    There are several where the remote has nothing of much: git needs memory for each object of a
    push, and what arrived stays there when the next is cut off.
    """
    if known is not None:
        return [ours]
    count = Index(repository.store, repository.shared_state).counts().nodes // PART
    if not count:
        return [ours]
    listed = repository.git("rev-list", "--first-parent", "--reverse", ours, "--").out
    line = listed.decode().split() or [ours]  # where git was killed, all at once
    steps = (line[len(line) * number // (count + 1)] for number in range(1, count + 1))
    return list(dict.fromkeys((*steps, ours)))


def _holds_purged(repository: Repository, tracking: str) -> bool:
    """Whether the project holds only a scrubbed copy of a tip that was just joined."""
    store = repository.store
    theirs, ours = store.ref(tracking), store.ref(PROJECT)
    return theirs is not None and ours is not None and not history.descends(store, ours, theirs)


def _rejected(answer: Pushed, known: str | None, ours: str) -> Moved:
    reason = (
        f"the remote said: {answer.reason}; mnemo.remote may name another repository"
        " (git mnemo init --share REMOTE)"
    )
    return Moved(PROJECT, REJECTED, known, ours, reason)


def note_pushed(repository: Repository, tracking: str, tip: str) -> None:
    """Let the tracking ref stand where the remote stands now."""
    for _ in range(TRIES):
        known = repository.store.ref(tracking)
        try:
            repository.store.update_refs([RefUpdate(tracking, known, tip)], "mnemo: push")
            return
        except RefMoved:
            continue  # a fetch was faster; what it saw may be older or newer, the next one tells


def sync(repository: Repository, shared: Shared, *, yes: bool) -> list[Moved]:
    """Pull, and push unless the pull was refused. What a failure leaves unpushed is queued."""
    sharing.refuse_changed(repository, shared)
    ours = repository.store.ref(PROJECT)
    if ours not in (None, repository.store.ref(refs.tracking(shared.remote, PROJECT))):
        sharing.queue(repository, shared, [PROJECT])
    pulled = pull(repository, shared, yes=yes)
    if pulled[0].outcome == REFUSED:
        return pulled
    pushed = push(repository, shared, yes=yes)
    return pushed if pushed[0].outcome != UP_TO_DATE else pulled


def failed(moved: Iterable[Moved]) -> bool:
    """Whether anything did not become what was asked."""
    return any(one.outcome in (REJECTED, REFUSED, QUEUED) for one in moved)
