"""Listing: chains and sessions, as a view shows them."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from git_mnemo import chain, node, refs, session, suspicion, trust
from git_mnemo.errors import MnemoError
from git_mnemo.index import Index
from git_mnemo.node import COMPRESS, LEAF, SUPERSEDE
from git_mnemo.repository import Repository
from git_mnemo.session import Session
from git_mnemo.store import history, layout
from git_mnemo.trace import spans
from git_mnemo.view import View, title

ARCHIVED, STASHED, SUPERSEDED = "archived", "stashed", "superseded"
PRELIMINARY, ACTIVE = "preliminary", "active"

_SAYING = frozenset({LEAF, COMPRESS, SUPERSEDE})
Spans = Mapping[str, tuple[int, int]]


class ChainInfo(NamedTuple):
    """A chain as a view shows it. `nodes` counts claims, `preliminary_nodes` those of them that
    the project lacks; `session` is one that holds a part of it; times in unix seconds;
    `trusted`: its title is."""

    id: str
    title: str
    domain: str
    status: str
    partial: bool
    nodes: int
    preliminary_nodes: int
    session: str | None
    began: int
    extended: int
    trusted: bool = True

    def suspect(self) -> tuple[str, ...]:
        """The ids of what reads like an instruction to an agent in the title."""
        return suspicion.suspect(self.title)

    def for_agents(self) -> "ChainInfo":
        """What an agent may be told unasked: the id instead of a title that is not fit for it."""
        return self if self.trusted and not self.suspect() else self._replace(title=self.id)


class SessionInfo(NamedTuple):
    """A session as its ref shows it; times in unix seconds."""

    id: str
    ref: str
    agent: str | None
    started: int | None
    last_active: int | None
    nodes: int
    chains: int
    archived_at: int | None


# -- views -------------------------------------------------------------------------------------


def open_view(repository: Repository, members: list[Session]) -> View:
    """The project and these sessions, as they stand now."""
    store = repository.store
    index = Index(store, repository.shared_state)
    roots = {one.id: history.tree_of(store, one.tip) for one in members}
    return View(store, index, roots, trust.doubts(repository, index.tip))


def session_of(repository: Repository, wanted: str | None, now: int) -> str:
    """The session to look at: the one meant by `wanted`, else the worktree's, whatever its age."""
    found = session.latest(repository, wanted, now)
    if found is None:
        raise MnemoError("not-found", "this worktree has no session.", "git mnemo session list")
    return found


def session_to_end(repository: Repository, wanted: str | None, now: int) -> str:
    """The session to archive; one that is archived already is an answer too."""
    if wanted is not None and refs.is_session(wanted):
        return wanted
    return session_of(repository, wanted, now)


def current_members(repository: Repository, wanted: str | None, now: int) -> list[Session]:
    """The session to look at and its agents' stores; none where there is none."""
    found = session.latest(repository, wanted, now)
    return session.members(repository, found) if found is not None else []


def chains_by(
    repository: Repository,
    wanted: str | None,
    now: int,
    kept: str | None,
    *,
    newest_first: bool = False,
) -> Iterator[ChainInfo]:
    """The chains of the working view, or those `preliminary`, `project`, `archived`, `stashed`; in
    the order of their ids, which is that of the days they began."""
    if kept == ARCHIVED:
        found = archived_chains(repository)
        yield from reversed(found) if newest_first else found
        return
    members = current_members(repository, wanted, now)
    view = open_view(repository, members)
    when = session_spans(repository, members)
    shared = view.project.chain_ids() if kept != PRELIMINARY else []
    ids = shared if kept == "project" else sorted({*view.own_chains(), *shared})
    ids = ids[::-1] if newest_first else ids
    for one in chains(view, ids, when):
        if (
            kept in (None, "project")
            or one.status == kept
            or (kept == PRELIMINARY and one.preliminary_nodes)
        ):
            yield one


# -- chains ------------------------------------------------------------------------------------


def chains(
    view: View, ids: list[str], when: Spans, *, archived: bool = False
) -> Iterator[ChainInfo]:
    """The chains of a view, one after the other."""
    for id_ in ids:
        yield describe(view, id_, when, archived=archived)


def describe(view: View, id_: str, when: Spans, *, archived: bool = False) -> ChainInfo:
    """One chain of a view; `when` is what sessions tell of times."""
    held = view.held(id_)
    types = {entry.address: view.type_of(entry.address) for entry in held.entries}
    sessions = view.sessions_of(id_)
    first = held.entries[0]
    told = [span for span in (when.get(id_), view.project.span(id_)) if span is not None]
    day = chain.began(id_)
    return ChainInfo(
        id_,
        title(view, id_),
        _domain(view, first.address),
        ARCHIVED if archived else status_of(view, id_, types, bool(held.preliminary)),
        chain.has_gaps(view.project.entries(id_)),
        sum(type_ in node.CLAIMS for type_ in types.values()),
        sum(types[entry.address] in node.CLAIMS for entry in held.preliminary),
        sessions[0] if sessions else None,
        min((span[0] for span in told), default=day),
        max((span[1] for span in told), default=day),
        first.position != 0 or view.trusted(first.address),
    )


def status_of(view: View, id_: str, types: Mapping[str, str | None], preliminary: bool) -> str:
    """The first of stashed, superseded, preliminary, active that applies."""
    if view.stashed(id_):
        return STASHED
    saying = [address for address, type_ in types.items() if type_ in _SAYING]
    if saying and all(view.hiding.hidden(address) for address in saying):
        return SUPERSEDED
    return PRELIMINARY if preliminary else ACTIVE


def _domain(view: View, address: str) -> str:
    found = view.node(address)
    return found.domain if found is not None else node.DEFAULT_DOMAIN


def session_spans(repository: Repository, members: list[Session]) -> Spans:
    """When the chains of these sessions were first and last claimed into."""
    store = repository.store
    found: dict[str, tuple[int, int]] = {}
    for one in members:
        standing = layout.members(store, history.tree_of(store, one.tip))
        for id_, (first, last) in spans(store, one.tip, standing).items():
            known = found.get(id_, (first, last))
            found[id_] = min(known[0], first), max(known[1], last)
    return found


def archived_chains(repository: Repository) -> list[ChainInfo]:
    """The chains that stand in no live session and not in the project, only in an archive."""
    sound = [one for one in session.live(repository) if session.is_sound(repository, one)]
    known = set(open_view(repository, sound).own_chains())
    found: dict[str, ChainInfo] = {}
    for one in session.all_archived(repository):
        if not session.is_sound(repository, one):
            continue
        view = open_view(repository, [one])
        when = session_spans(repository, [one])
        for id_ in view.own_chains():
            if id_ not in known and not view.project.entries(id_):
                found[id_] = describe(view, id_, when, archived=True)
    return [found[id_] for id_ in sorted(found)]


# -- sessions ----------------------------------------------------------------------------------


def session_by_id(repository: Repository, id_: str) -> SessionInfo:
    """A session; one that was begun and holds nothing yet has no times."""
    ref = refs.session_ref(id_)
    return session_info(repository, Session(id_, ref, repository.store.ref(ref)))


def session_info(repository: Repository, one: Session) -> SessionInfo:
    """A session with its times and sizes, its whole history read."""
    store = repository.store
    root = history.tree_of(store, one.tip)
    times = [commit.committer.at for _, commit in history.walk(store, one.tip)]
    agents = {
        told.agent
        for _, commit in history.walk(store, one.tip)
        for told in history.message_of(commit).nodes
        if told.agent is not None
    }
    members = list(layout.members(store, root))
    claims = {m.address for m in members if m.position and _is_claim(repository, m.address)}
    return SessionInfo(
        one.id,
        one.ref,
        refs.agent_of(one.id) or (agents.pop() if len(agents) == 1 else None),
        min(times, default=None),
        max(times, default=None),
        len(claims),
        len({member.chain for member in members}),
        one.archived_at,
    )


def _is_claim(repository: Repository, address: str) -> bool:
    found = layout.node_at(repository.store, address)
    return found is not None and found.type in node.CLAIMS
