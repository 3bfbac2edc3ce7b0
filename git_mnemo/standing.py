"""Where things stand: the session, what is to be promoted and shared, what went stale."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from git_mnemo import anchored, refs, relocation, session, sharing, suspicion, verdicts
from git_mnemo.errors import MnemoError
from git_mnemo.listing import (
    PRELIMINARY,
    STASHED,
    SUPERSEDED,
    ChainInfo,
    chains,
    open_view,
    session_spans,
)
from git_mnemo.node import Node
from git_mnemo.relocation import Verdict
from git_mnemo.repository import Repository
from git_mnemo.store import history
from git_mnemo.view import View

EXPIRIES = ("mnemo.gcExpire", "mnemo.idleExpire")
MOST_VERIFIED = 500
"""Nodes with anchors that `status` verifies; with more it does not."""


class Stale(NamedTuple):
    """A visible claim whose code has changed, and the verdicts on its anchors, in their order.
    `node` is None where more than the address is not to be told."""

    address: str
    node: Node | None
    verdicts: list[Verdict]
    trusted: bool = True

    def for_agents(self) -> "Stale":
        """What of it an agent may be told unasked."""
        fit = self.node is not None and self.trusted and not suspicion.of_node(self.node, ())
        return self if fit else self._replace(node=None)


class Status(NamedTuple):
    """Where things stand. `active` counts the visible claims of the session, `preliminary`,
    `promoted` and `stashed` its chains; `held_back`: those that no hook promotes, with the stashed
    chain that each rests on; `quiet`: it is too old for a claim to go on with it; `doubts`: why
    nothing expires by itself; `went_stale`: the visible claims whose code has changed, None where
    that was too much to find out. `began` and `last_claim` are the session's first and last claim,
    `promoted_at` is when the project moved last; in unix seconds, None where there is none."""

    session: str | None
    agent: str | None
    ref: str | None
    tip: str | None
    nodes: int
    active: int
    chains: list[ChainInfo]
    preliminary: int
    promoted: int
    stashed: int
    held_back: dict[str, str]
    quiet: bool
    opaque: int
    project_tip: str | None
    project_chains: int
    project_nodes: int
    sessions: int
    archived: int
    ignored: list[str]
    doubts: list[str]
    remote: str | None
    unshared: int | None
    incoming: int | None
    queued: list[str]
    went_stale: list[Stale] | None
    began: int | None
    last_claim: int | None
    promoted_at: int | None

    @property
    def stale(self) -> int | None:
        """How many visible claims are about code that has changed."""
        return None if self.went_stale is None else len(self.went_stale)

    def for_agents(self) -> "Status":
        """The same with no title or path that is not fit to be told unasked."""
        return self._replace(
            chains=[one.for_agents() for one in self.chains],
            went_stale=self.went_stale and [one.for_agents() for one in self.went_stale],
        )


# -- sharing -----------------------------------------------------------------------------------


def _sharing(repository: Repository) -> dict[str, Any]:
    """What the shared remote lacks, and what it has that is not joined yet, as it was last seen."""
    remote = repository.config.get("mnemo.remote")
    if not remote:
        return {"remote": None, "unshared": None, "incoming": None, "queued": []}
    ours, theirs = sharing.differences(repository, remote)
    return {
        "remote": remote,
        "unshared": len(ours),
        "incoming": len(theirs),
        "queued": sharing.queued(repository),
    }


# -- status ------------------------------------------------------------------------------------


def status(repository: Repository, wanted: str | None, now: int) -> Status:
    """The current session, what can be promoted, and how much there is besides."""
    id_ = session.latest(repository, wanted, now)
    members = session.members(repository, id_) if id_ is not None else []
    view = open_view(repository, members)
    when = session_spans(repository, members)
    listed = list(chains(view, view.own_chains(), when))
    claims = view.claims()
    counts = view.project.counts()
    store = repository.store
    archives = store.refs(refs.ARCHIVE)
    all_live = store.refs(refs.SESSIONS)
    own = next((one for one in members if one.id == id_), None)
    return Status(
        session=id_,
        agent=refs.agent_of(id_) if id_ is not None else None,
        ref=refs.session_ref(id_) if id_ is not None else None,
        tip=own.tip if own is not None else None,
        nodes=len(claims),
        active=sum(not view.hiding.hidden(address) for address in claims),
        chains=listed,
        preliminary=sum(_is_left(one) for one in listed),
        promoted=sum(not one.preliminary_nodes and one.nodes > 0 for one in listed),
        stashed=sum(one.status == STASHED for one in listed),
        held_back=_held_back(view, listed),
        quiet=id_ is not None and session.current(repository, wanted, now) is None,
        opaque=counts.opaque + len(view.own_opaque()),
        project_tip=view.project.tip,
        project_chains=counts.chains,
        project_nodes=counts.nodes,
        sessions=len(all_live),
        archived=sum(refs.parse_archive(name) is not None for name in archives),
        ignored=[
            *(name for name in all_live if refs.parse_session(name) is None),
            *(name for name in archives if refs.parse_archive(name) is None),
        ],
        doubts=list(_refused_dates(repository, now)),
        went_stale=_stale(repository, view),
        began=min((first for first, _ in when.values()), default=None),
        last_claim=max((last for _, last in when.values()), default=None),
        promoted_at=_moved(view, repository),
        **_sharing(repository),
    )


def _moved(view: View, repository: Repository) -> int | None:
    """When the project moved last."""
    tip = view.project.tip
    if tip is None or not history.is_commit(repository.store, tip):
        return None
    return history.read(repository.store, tip).committer.at


def _stale(repository: Repository, view: View) -> list[Stale] | None:
    """The visible nodes with anchors that drifted or are missing; None where too many nodes have
    anchors for a command that is run all the time."""
    nodes = anchored.few(view, MOST_VERIFIED)
    if nodes is None:
        return None
    known = verdicts.of_nodes(repository, nodes)
    return [
        Stale(address, nodes[address], found, view.trusted(address))
        for address, found in known.items()
        if relocation.is_stale(found)
    ]


def _held_back(view: View, listed: list[ChainInfo]) -> dict[str, str]:
    """The preliminary chains that rest on a claim which stands in a stashed chain only."""
    shelved = {one.id for one in listed if one.status == STASHED}
    found: dict[str, str] = {}
    for one in listed if shelved else ():
        waiting = [entry.address for entry in view.held(one.id).preliminary]
        seen = set(waiting)
        while waiting and one.status == PRELIMINARY:
            known = view.node(waiting.pop())
            for address in known.inputs if known is not None else ():
                if address in seen or not view.has(address) or view.project.has(address):
                    continue
                seen.add(address)
                waiting.append(address)
                places = {member.chain for member in view.places(address)}
                if places <= shelved:
                    found.setdefault(one.id, min(places))
    return found


def _is_left(one: ChainInfo) -> bool:
    """Whether `promote --all` would bring the chain: a claim withdrawn is news to the project."""
    return one.status == PRELIMINARY or (one.status == SUPERSEDED and one.preliminary_nodes > 0)


def _refused_dates(repository: Repository, now: int) -> Iterator[str]:
    """What is wrong with the configured expiries, which an automatic gc passes over in silence."""
    for name in EXPIRIES:
        date = repository.config.get(name.lower())
        if date is None:
            continue
        try:
            repository.expiry(date, now)
        except MnemoError as error:
            yield f"{name}: {error.message}"
