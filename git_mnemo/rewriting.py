"""Rewriting: where commits of the code were replaced by others, their links go along.

For each new commit one node, in every chain that held a node of a commit that it replaces, which
it has as its inputs: so they are hidden, and still tell where the reasoning stood before.
"""

from __future__ import annotations

from git_mnemo import marks, node, project, refs, session
from git_mnemo.chain import MAX_POSITION, Entry, Member
from git_mnemo.errors import RefMoved
from git_mnemo.headlog import Happened, of_branch
from git_mnemo.index import Index
from git_mnemo.linking import node_of, read
from git_mnemo.message import MAX_NODES, Stamp, Told, compose
from git_mnemo.node import COMMIT
from git_mnemo.record import NamedTuple
from git_mnemo.repository import Repository
from git_mnemo.store import history, layout, objects
from git_mnemo.writing import TRIES, Writing, into_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Linked(NamedTuple):
    """A commit node, the chains that it stands in, and the nodes that it replaces."""

    address: str
    commit: str
    chains: tuple[str, ...]
    replaces: frozenset[str]


class Renewed(NamedTuple):
    """The node of a new commit, and the chains it has to be entered in."""

    node: node.Node
    chains: tuple[str, ...]


def rewrite(repository: Repository, stamp: Stamp, pairs: Mapping[str, str]) -> None:
    """Let the links of old commits go on to those that replaced them (`pairs`: old to new).

    In the project for what stands there, else in the live sessions. Doing it twice adds nothing.
    """
    final = {old: _last(pairs, old) for old in pairs}
    final = {old: new for old, new in final.items() if new != old}
    known = _in_project(repository) if final else []
    _renew_project(repository, stamp, _plan(repository, known, final), final)
    shared = {one.address for one in known}
    for held in session.live(repository) if final else []:
        if session.is_sound(repository, held):
            linked = [one for one in _in_session(repository, held) if one.address not in shared]
            _renew_session(repository, stamp, held.id, _plan(repository, linked, final))


def _last(pairs: Mapping[str, str], old: str) -> str:
    """Where a commit ended up that may have been rewritten more than once."""
    seen = {old}
    while old in pairs and pairs[old] not in seen:
        old = pairs[old]
        seen.add(old)
    return old


def _plan(
    repository: Repository, linked: Iterable[Linked], pairs: Mapping[str, str]
) -> list[Renewed]:
    """The nodes that one store needs for these rewrites."""
    linked = list(linked)
    done = {(one.commit, address) for one in linked for address in one.replaces}
    replaced: dict[str, list[Linked]] = {}
    for one in linked:
        if one.commit in pairs and (pairs[one.commit], one.address) not in done:
            replaced.setdefault(pairs[one.commit], []).append(one)
    plan = []
    for made in read(repository, replaced) if replaced else []:
        olds = replaced[made.oid]
        chains = tuple(sorted({chain for one in olds for chain in one.chains}))
        plan.append(Renewed(node_of(made, (one.address for one in olds)), chains))
    return plan


def _linked(address: str, one: node.Node, chains: Iterable[str]) -> Linked:
    return Linked(address, one.commit or "", tuple(chains), frozenset(one.inputs))


# -- in the project ----------------------------------------------------------------------------


def _in_project(repository: Repository) -> list[Linked]:
    index = Index(repository.store, repository.shared_state)
    found = layout.nodes_of(repository.store, index.of_type(COMMIT), (COMMIT,))
    return [
        _linked(address, one, (member.chain for member in index.places(address)))
        for address, one in found
    ]


def _renew_project(
    repository: Repository, stamp: Stamp, plan: list[Renewed], pairs: Mapping[str, str]
) -> None:
    store = repository.store
    for _ in range(TRIES) if plan else ():
        old = store.ref(refs.PROJECT)
        tip = old
        added = _added(repository, history.tree_of(store, old), plan)
        for start in range(0, len(added), MAX_NODES):
            part = added[start : start + MAX_NODES]
            tree = layout.add(store, history.tree_of(store, tip), part)
            told = (Told(member, stamp.now, stamp.agent) for member in part)
            first = layout.node_at(store, part[0].address)
            text = compose(
                "link", part[0].chain, first.text if first is not None else "",
                session=None, nodes=told, head=stamp.head,
            )  # fmt: skip
            tip = history.write(store, tree or store.write(objects.TREE, b""), tip, text, stamp)
        if tip is None or tip == old:
            return
        try:
            project.move(store, old, tip, "link: rewritten commits")
            return
        except RefMoved:
            continue


def _added(repository: Repository, root: str | None, plan: list[Renewed]) -> list[Member]:
    """The entries that a store lacks, their nodes written."""
    store = repository.store
    ends: dict[str, list[Entry]] = {}
    added = []
    for new in plan:
        address = store.write(objects.BLOB, node.encode(new.node))
        for chain in new.chains:
            entries = ends.setdefault(chain, layout.entries(store, root, chain))
            if any(entry.address == address for entry in entries):
                continue
            position = 1 + max((entry.position for entry in entries), default=0)
            if position > MAX_POSITION:
                continue  # the chain is full, and stays linked to the commit that was
            entries.append(Entry(position, address))
            added.append(Member(chain, *entries[-1]))
    return added


# -- in sessions -------------------------------------------------------------------------------


def _in_session(repository: Repository, held: session.Session) -> list[Linked]:
    store = repository.store
    chains: dict[str, set[str]] = {}
    for member in layout.members(store, history.tree_of(store, held.tip)):
        chains.setdefault(member.address, set()).add(member.chain)
    return [
        _linked(address, one, sorted(chains[address]))
        for address, one in layout.nodes_of(store, chains, (COMMIT,))
    ]


def _renew_session(repository: Repository, stamp: Stamp, id_: str, plan: list[Renewed]) -> None:
    def act(writing: Writing) -> None:
        for new in plan if writing.tip is not None else ():
            for chain in new.chains:
                if writing.entries(chain):
                    writing.append(chain, writing.write(new.node))

    if plan:
        marks.put(repository, marks.LINKED)
        into_session(repository, stamp, id_, "link", act)


# -- recovery ----------------------------------------------------------------------------------


def recover(repository: Repository, entries: list[Happened]) -> dict[str, str]:
    """What a rebase replaced by what, where nobody told us: from the reflogs and the commits.

    `entries` are those of HEAD from the rebase's start to its finish.
    """
    began, done = entries[0], entries[-1]
    branch = done.detail.rpartition(" ")[2]
    moved = [one for one in of_branch(repository, branch) if one.new == done.new]
    old_tip = moved[-1].old if moved else began.old
    olds = _described(repository, old_tip, done.new)
    news = _described(repository, done.new, old_tip, began.new)
    pairs = _matched(olds, news)
    left = {oid: told for oid, told in olds.items() if oid not in pairs}
    free = {oid: told for oid, told in news.items() if oid not in set(pairs.values())}
    if left and free:
        pairs |= _matched(_by_patch(repository, left), _by_patch(repository, free))
    return pairs


def _matched(olds: Mapping[str, str], news: Mapping[str, str]) -> dict[str, str]:
    """The old and the new commit of each description that fits one of each only."""
    by_told: dict[str, list[str]] = {}
    for oid, told in news.items():
        by_told.setdefault(told, []).append(oid)
    counted: dict[str, int] = {}
    for told in olds.values():
        counted[told] = counted.get(told, 0) + 1
    return {
        oid: by_told[told][0]
        for oid, told in olds.items()
        if told and counted[told] == 1 and len(by_told.get(told, ())) == 1
    }


def _described(repository: Repository, tip: str, *known: str) -> dict[str, str]:
    """The commits behind `tip` and not behind the known ones, by author, author's time and
    subject: what a rebase keeps."""
    listed = repository.git(
        "-c", "log.showSignature=false", "log", "-z", "--no-merges", "--max-count=1000",
        "--format=%H %an <%ae> %ad%n%s", "--date=raw", tip, *(f"^{one}" for one in known), "--",
    )  # fmt: skip
    told = (one.partition(" ") for one in listed.out.decode("utf-8", "replace").split("\0"))
    return {oid: rest for oid, _, rest in told if oid}


def _by_patch(repository: Repository, commits: Iterable[str]) -> dict[str, str]:
    """These commits by what they change."""
    asked = "".join(f"{oid}\n" for oid in commits).encode()
    shown = repository.git("diff-tree", "--stdin", "-p", "--no-ext-diff", stdin=asked)
    told = repository.git("patch-id", "--stable", stdin=shown.out).out.decode()
    return {oid: patch for patch, _, oid in (line.partition(" ") for line in told.splitlines())}
