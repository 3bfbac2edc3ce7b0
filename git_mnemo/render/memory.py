"""Nodes, chains, sessions, the log and the state of things."""

from git_mnemo import chain, moment
from git_mnemo.listing import ChainInfo, SessionInfo, Status
from git_mnemo.logbook import Event
from git_mnemo.message import printable
from git_mnemo.node import CLAIMS
from git_mnemo.render.anchors import anchors_json, anchors_text
from git_mnemo.render.claims import Json
from git_mnemo.render.text import SHORT, ago, clean, iso, line, many
from git_mnemo.showing import NodeInfo, Shown


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


def chain_text(one: ChainInfo) -> str:
    """One line of a list of chains."""
    partial = ", partial" if one.partial else ""
    new = f", {one.preliminary_nodes} new" if one.preliminary_nodes else ""
    held = f"{many(one.nodes, 'claim')}{new}{partial}"
    return f"{one.status:<11} {one.id}  {line(one.title, 50)}{marks(one)}  ({held})"


def session_text(one: SessionInfo, now: int) -> str:
    """One line of a list of sessions."""
    agent = f" ({one.agent})" if one.agent and "@" not in one.id else ""
    held = f"{many(one.nodes, 'claim')} in {many(one.chains, 'chain')}"
    if one.archived_at is not None:
        return f"{one.id}{agent}  {held}, archived {ago(one.archived_at, now)}"
    last = f", {ago(one.last_active, now)}" if one.last_active is not None else ""
    return f"{one.id}{agent}  {held}{last}"


def node_text(one: NodeInfo) -> str:
    """A node with all that is known of it."""
    found = one.node
    if found is None:
        return f"node {one.address}{marks(one)}\n\n    (needs a newer git mnemo)"
    lines = [f"node {one.address}{marks(one)}", f"type {found.type}, domain {found.domain}"]
    lines += [f"chain {id_}" for id_ in one.chains]
    lines += [f"commit {found.commit}"] if found.commit else []
    lines += [f"input {address}" for address in found.inputs]
    lines += [f"about {place}" for place in anchors_text(found.anchors, one.verdicts)]
    lines += [f"hidden by {type_} {address}" for address, type_ in one.hidden_by]
    lines += _claimed_lines(one)
    lines += [f"also on {one.remote}"] if one.remote else []
    return "\n".join(map(printable, lines)) + "\n\n" + _indented(found.text)


def _claimed_lines(one: NodeInfo) -> list[str]:
    return [
        f"claimed {moment.iso(known.at)} by {known.agent or known.author}"
        f", as recorded by {known.author}"
        + (f" in session {known.session}" if known.session else "")
        for known in one.claimed
    ]


def _indented(text: str) -> str:
    return "\n".join(f"    {part}".rstrip() for part in clean(text).split("\n"))


def shown_text(shown: Shown, now: int) -> str:
    """A node, a chain as a line of reasoning, or a session with its chains."""
    if shown.node is not None:
        return node_text(shown.node)
    if shown.chain is not None:
        head = [
            f"chain {shown.chain.id}",
            f"{shown.chain.status}, domain {shown.chain.domain}, "
            f"{many(shown.chain.nodes, 'claim')}, began {ago(shown.chain.began, now)}",
            "",
            f"    {printable(shown.chain.title)}{marks(shown.chain)}",
        ]
        return "\n".join(head + [_member_text(one) for one in shown.members if one.position])
    assert shown.session is not None
    return "\n".join(
        [f"session {session_text(shown.session, now)}", shown.session.ref, ""]
        + [f"  {chain_text(one)}" for one in shown.chains]
    )


def _member_text(one: NodeInfo) -> str:
    """A member of a chain: its mark, short address and text; what is hidden is marked."""
    found = one.node
    if found is None:
        return f"\n  {one.position}. {one.address[:SHORT]}  (needs a newer git mnemo)"
    kind = "" if found.type == "leaf" else f" {found.type}"
    hidden = (
        f"  [hidden by {one.hidden_by[0][1]} {one.hidden_by[0][0][:SHORT]}]"
        if one.hidden_by
        else ""
    )
    about = "".join(f"\n      about {place}" for place in anchors_text(found.anchors, one.verdicts))
    said = _indented(found.text).replace("\n", "\n  ")
    if found.type not in CLAIMS:
        return f"\n  {one.position}. {one.address[:SHORT]}{kind}: {line(found.text)}{marks(one)}"
    return f"\n  {one.position}. {one.address[:SHORT]}{kind}{hidden}{marks(one)}\n  {said}{about}"


def status_text(one: Status, now: int) -> str:
    """Where things stand, and the next step."""
    if one.session is None:
        lines = ["no session: the next claim begins one"]
    else:
        held = f"{many(one.nodes, 'claim')}, {one.active} visible"
        lines = [f"session {one.session}: {held} in {many(len(one.chains), 'chain')}"]
    if one.quiet:
        lines.append("quiet for long: the next claim begins a new session, unless you say")
        lines.append(f"    git mnemo session resume {one.session}")
    lines += ["", *(f"  {chain_text(info)}" for info in one.chains), ""] if one.chains else [""]
    lines.append(
        f"project: {many(one.project_chains, 'chain')}, {many(one.project_nodes, 'claim')};"
        f" {many(one.sessions, 'session')} live, {one.archived:,} archived"
    )
    if one.remote is not None:
        waits = " (a push is queued)" if one.queued else ""
        lines.append(
            f"shared through {one.remote}: {many(one.unshared or 0, 'node')} to push{waits},"
            f" {one.incoming or 0:,} to join"
        )
    if one.opaque:
        lines.append(f"{many(one.opaque, 'node')} need a newer git mnemo")
    if one.ignored:
        lines.append(f"{many(len(one.ignored), 'ref')} with names that are not ours: "
                     + ", ".join(map(printable, one.ignored[:3])))  # fmt: skip
    if one.stale:
        lines.append(f"{many(one.stale, 'claim')} out of date: git mnemo verify")
    lines += [f"{id_} is not promoted by itself: it rests on {other}, which is stashed"
              for id_, other in one.held_back.items()]  # fmt: skip
    lines += [f"nothing expires by itself: {printable(doubt)}" for doubt in one.doubts]
    lines.append(f"next: {next_step(one)}")
    return "\n".join(lines)


def next_step(one: Status) -> str:
    """The command that a user most likely wants now."""
    if one.preliminary:
        return f"git mnemo promote --all     ({many(one.preliminary, 'chain')} to promote)"
    if one.session is not None and one.nodes:
        return "git mnemo archive           (everything here is in the project, or put aside)"
    return 'git mnemo claim "what you found, decided or ruled out"'


def event_text(one: Event) -> str:
    """One line of the log."""
    who = one.agent or one.author or "-"
    what = f"{one.address[:SHORT]} " if one.address else ""
    text = f"{moment.iso(one.at)}  {one.event:<8} {printable(who):<12} {one.session or '-':<12}"
    mark = "" if one.trusted else "  [untrusted]"
    return f"{text} {what}{line(one.text, 60)}".rstrip() + mark
