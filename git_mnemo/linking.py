"""Linking: a commit of the code meets the reasoning that led to it, and takes it into the project.

The rule: a chain led to a commit when its newest claim that the project lacks was made on the
commit's first parent. One with anchors may have been claimed up to fifty commits earlier, and
needs an anchor on a file that the commit touches.
"""

from __future__ import annotations

from git_mnemo import guarding, marks, node, ongoing, refs, session
from git_mnemo.chain import Member
from git_mnemo.errors import MnemoError
from git_mnemo.node import CLAIMS, COMMIT, RESUME, STASH
from git_mnemo.record import NamedTuple
from git_mnemo.store import history, layout
from git_mnemo.view import open_stashes
from git_mnemo.writing import Writing, into_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from git_mnemo.message import Stamp
    from git_mnemo.repository import Repository
    from git_mnemo.session import Session
    from git_mnemo.store.interface import Store

ANCESTORS = 50
"""How far back a chain with anchors may have been claimed."""

_MOST_PATHS = 500

ON_COMMIT, MANUAL = "on-commit", "manual"


class Made(NamedTuple):
    """A commit of the code: its first parent (None: it has none), and its subject or id."""

    oid: str
    parent: str | None
    subject: str


class Waiting(NamedTuple):
    """A chain with claims that the project lacks: the code that the newest of these was made on
    and when, and the files that the chain is anchored to."""

    session: str
    chain: str
    head: str | None
    at: int
    paths: frozenset[str]


def read(repository: Repository, oids: Iterable[str]) -> list[Made]:
    """These commits of the code, as git tells of them; those it does not know are left out."""
    asked = "".join(f"{oid}\n" for oid in oids).encode()
    told = repository.git(
        "-c", "log.showSignature=false", "log", "--no-walk=unsorted", "--ignore-missing", "--stdin",
        "-z", "--encoding=UTF-8", "--format=%H %P%n%s", stdin=asked,
    )  # fmt: skip
    lines = told.out.decode("utf-8", "replace").split("\0")
    return [_made(repository, one) for one in lines if one]


def _made(repository: Repository, told: str) -> Made:
    ids, _, subject = told.partition("\n")
    oid, *parents = ids.split()
    try:
        said = guarding.clean(repository, subject).text
    except MnemoError:  # a secret that the user wants refused, and not redacted
        said = ""
    return Made(oid, parents[0] if parents else None, said or oid)


def node_of(made: Made, replaces: Iterable[str] = ()) -> node.Node:
    """The node that stands for a commit of the code."""
    inputs = sorted(replaces)[: node.MAX_INPUTS]
    try:
        return node.build(COMMIT, made.subject, commit=made.oid, inputs=inputs)
    except MnemoError:  # a subject of nothing but blanks, or of 65,536 bytes
        return node.build(COMMIT, made.oid, commit=made.oid, inputs=inputs)


def link(
    repository: Repository, stamp: Stamp, wanted: str | None, oid: str, span: range | None = None
) -> list[str]:
    """Link the chains that led to this commit to it, and promote them, unless that is manual.

    `span`: only claims of that time, for a commit that was made some time ago. The chains.
    """
    found = _all_waiting(repository, wanted, span)
    told = read(repository, [oid]) if found else []
    if not told:
        return []
    chosen = _selected(repository, told[0], found)
    for id_ in dict.fromkeys(one.session for one in chosen):
        chains = [one.chain for one in chosen if one.session == id_]
        _link(repository, stamp, id_, chains, told[0])
        if repository.config.get("mnemo.promote", ON_COMMIT) != MANUAL:
            _promote(repository, stamp, id_, chains)
    return [one.chain for one in chosen]


def _link(repository: Repository, stamp: Stamp, id_: str, chains: list[str], made: Made) -> None:
    marks.put(repository, marks.LINKED)

    def act(writing: Writing) -> None:
        for chain in chains:
            if writing.tip is not None and writing.entries(chain):
                writing.append(chain, writing.write(node_of(made)))

    into_session(repository, stamp, id_, "link", act)


def _promote(repository: Repository, stamp: Stamp, id_: str, chains: list[str]) -> None:
    """All chains with one move; where one rests on what may not come along, each that may."""
    # With it comes SQLite, which most commits do not need.
    from git_mnemo import project

    try:
        project.promote(repository, stamp, id_, project.Choice(tuple(chains)))
        return
    except MnemoError as error:
        if len(chains) == 1 and error.code in ("stashed", "not-found", "refused"):
            return  # it stays preliminary
        if error.code not in ("stashed", "not-found", "refused"):
            raise
    for chain in chains:
        _promote(repository, stamp, id_, [chain])


# -- the rule ----------------------------------------------------------------------------------


def _all_waiting(repository: Repository, wanted: str | None, span: range | None) -> list[Waiting]:
    """The chains that may have led to a commit."""
    return [
        one
        for held in _sessions(repository, wanted)
        for one in waiting(repository, held)
        if span is None or one.at in span
    ]


def _selected(repository: Repository, made: Made, found: list[Waiting]) -> list[Waiting]:
    """Those of the chains that led to a commit of the code."""
    near = [one for one in found if one.head == made.parent]
    far = [one for one in found if one.head != made.parent and one.head and one.paths]
    if far and made.parent is not None:
        line = _first_parents(repository, made.parent)
        near += [one for one in far if one.head in line]
    paths = {path for one in near for path in one.paths}
    touched = _touched(repository, made, paths) if paths else set()
    return [one for one in near if not one.paths or one.paths & touched]


def _sessions(repository: Repository, wanted: str | None) -> Iterable[Session]:
    """The session meant, with its agents' stores; else the worktree's own; else all there are."""
    if wanted:
        try:
            return session.members(repository, session.named(repository, wanted))
        except MnemoError:
            return []  # archived meanwhile, or no session: the commit is not the place to say so
    state = ongoing.read(repository)
    own = session.members(repository, state[0]) if state is not None else []
    return own or session.live(repository)


def waiting(repository: Repository, held: Session) -> Iterator[Waiting]:
    """The chains of a session that are not stashed and hold claims that the project lacks."""
    try:
        yield from _waiting(repository, held)
    except MnemoError as error:
        if error.code != "corrupt":
            raise
        # Somebody else's ref among ours, or a damaged one: `status` tells of it, a commit goes on.


def _waiting(repository: Repository, held: Session) -> Iterator[Waiting]:
    store = repository.store
    root = history.tree_of(store, held.tip)
    known = history.tree_of(store, store.ref(refs.PROJECT))
    gone = layout.purged(store, known)
    left: dict[str, set[str]] = {}
    for member in layout.lacking(store, root, known):
        if member.position and member.address not in gone:
            left.setdefault(member.chain, set()).add(member.address)
    left = {chain: claims for chain, those in left.items() if (claims := _claims(store, those))}
    for chain, head, at in _newest(repository, held, left):
        both = (*layout.entries(store, root, chain), *layout.entries(store, known, chain))
        addresses = {entry.address for entry in both}
        if not open_stashes(dict(layout.nodes_of(store, addresses, (STASH, RESUME)))):
            said = layout.nodes_of(store, addresses, CLAIMS)
            paths = frozenset(one.path for _, found in said for one in found.anchors)
            yield Waiting(held.id, chain, head, at, paths)


def _claims(store: Store, addresses: Iterable[str]) -> set[str]:
    return {address for address, _ in layout.nodes_of(store, addresses, CLAIMS)}


def _newest(
    repository: Repository, held: Session, left: dict[str, set[str]]
) -> Iterator[tuple[str, str | None, int]]:
    """Of each chain, the code that the newest of these claims was made on, and when."""
    missing = set(left)
    for _, commit in history.walk(repository.store, held.tip) if missing else ():
        said = history.message_of(commit)
        for told in said.nodes:
            member: Member = told.member
            if member.chain in missing and member.address in left[member.chain]:
                missing.discard(member.chain)
                yield member.chain, said.head, commit.committer.at
        if not missing:
            return


def _first_parents(repository: Repository, parent: str) -> set[str]:
    """A commit and its first-parent ancestors, as far back as counts."""
    listed = repository.git(
        "rev-list", "--first-parent", f"--max-count={ANCESTORS + 1}", parent, "--"
    )
    return set(listed.out.decode().split())


def _touched(repository: Repository, made: Made, paths: set[str]) -> set[str]:
    """Those of the files that a commit changes against its first parent."""
    # Paths are arguments of the system: bytes that are not UTF-8 travel as surrogates.
    asked = sorted(paths) if len(paths) <= _MOST_PATHS else []
    before = [made.parent] if made.parent is not None else ["--root"]
    listed = repository.git(
        "--literal-pathspecs", "diff-tree", "-r", "-z", "--name-only", "--no-commit-id",
        "--no-renames", "--no-ext-diff", *before, made.oid, "--", *asked,
    )  # fmt: skip
    return set(listed.out.decode("utf-8", "surrogateescape").split("\0"))
