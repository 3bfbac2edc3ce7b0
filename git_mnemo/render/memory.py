"""Nodes, chains, sessions, the log and the state of things, as JSON."""

from git_mnemo import chain, moment
from git_mnemo.listing import ChainInfo, SessionInfo
from git_mnemo.logbook import Event
from git_mnemo.render.anchors import anchors_json
from git_mnemo.render.claims import Json
from git_mnemo.render.text import iso
from git_mnemo.showing import NodeInfo, Shown
from git_mnemo.standing import Status


def chain_json(one: ChainInfo) -> Json:
    """A chain."""
    return {
        "kind": "chain",
        "id": one.id,
        "title": one.title,
        "domain": one.domain,
        "status": one.status,
        "partial": one.partial,
        "nodes": one.nodes,
        "preliminary_nodes": one.preliminary_nodes,
        "session": one.session,
        "began": moment.iso(one.began),
        "extended": moment.iso(one.extended),
        "path": "/".join(chain.folders(one.id)),
        "trusted": one.trusted,
        "suspect": list(one.suspect()),
    }


def session_json(one: SessionInfo) -> Json:
    """A session; `archived_at` only where it is archived."""
    answer: Json = {
        "kind": "session",
        "session": one.id,
        "ref": one.ref,
        "agent": one.agent,
        "started": iso(one.started),
        "last_active": iso(one.last_active),
        "nodes": one.nodes,
        "chains": one.chains,
    }
    return answer if one.archived_at is None else answer | {"archived_at": iso(one.archived_at)}


def node_json(one: NodeInfo) -> Json:
    """A node; an opaque one has no type, domain or text."""
    found = one.node
    answer: Json = {
        "kind": "node",
        "address": one.address,
        "type": found.type if found else None,
        "domain": found.domain if found else None,
        "text": found.text if found else None,
        "inputs": list(found.inputs) if found else [],
        "anchors": anchors_json(found.anchors, one.verdicts) if found else [],
        "hidden_by": [address for address, _ in one.hidden_by],
        "chains": one.chains,
        "opaque": found is None,
        "trusted": one.trusted,
        "suspect": list(one.suspect()),
        "remote": one.remote,
        "claimed": [
            {
                "at": iso(known.at),
                "agent": known.agent,
                "author": known.author,
                "session": known.session,
            }
            for known in one.claimed
        ],
    }
    if found is not None and found.commit is not None:
        answer["commit"] = found.commit
    if found is not None and found.key is not None:
        answer["key"] = found.key
    return answer if one.position is None else answer | {"position": one.position}


def marks(one: NodeInfo | ChainInfo) -> str:
    """What warns of a node, or of a chain's title: `[untrusted]`, `[suspect: …]`."""
    untrusted = "" if one.trusted else "  [untrusted]"
    found = one.suspect()
    return f"{untrusted}  [suspect: {', '.join(found)}]" if found else untrusted


def shown_json(shown: Shown) -> Json:
    """A node, a chain with its members, or a session with its chains."""
    if shown.node is not None:
        return node_json(shown.node)
    if shown.chain is not None:
        members = [node_json(member) for member in shown.members]
        return chain_json(shown.chain) | {"members": members}
    assert shown.session is not None
    return session_json(shown.session) | {"chains": [chain_json(one) for one in shown.chains]}


def status_json(one: Status) -> Json:
    """Where things stand; `doubts` only where there are any. What cannot be known yet is null."""
    answer: Json = {
        "session": one.session,
        "agent": one.agent,
        "ref": one.ref,
        "tip": one.tip,
        "nodes": one.nodes,
        "active": one.active,
        "chains": [chain_json(info) for info in one.chains],
        "preliminary": one.preliminary,
        "promoted": one.promoted,
        "stashed": one.stashed,
        "opaque": one.opaque,
        "project": {
            "tip": one.project_tip,
            "chains": one.project_chains,
            "nodes": one.project_nodes,
        },
        "sessions": one.sessions,
        "archived": one.archived,
        "unshared": one.unshared,
        "incoming": one.incoming,
        "queued": one.queued,
        "stale": one.stale,
        "went_stale": [stale.address for stale in one.went_stale or ()],
    }
    answer |= {"held_back": one.held_back} if one.held_back else {}
    return answer | {"doubts": one.doubts} if one.doubts else answer


def event_json(one: Event) -> Json:
    """One line of the log."""
    return {
        "at": iso(one.at),
        "event": one.event,
        "session": one.session,
        "chain": one.chain,
        "address": one.address,
        "author": one.author,
        "agent": one.agent,
        "commit": one.commit,
        "trusted": one.trusted,
    }
