"""Chains, sessions and nodes, as people read them."""

from collections.abc import Iterator

from git_mnemo import node
from git_mnemo.listing import ChainInfo, SessionInfo
from git_mnemo.node import CLAIMS, LEAF, Node
from git_mnemo.render.anchors import anchor_lines
from git_mnemo.render.look import Look, address
from git_mnemo.render.memory import marks
from git_mnemo.render.styled import (
    ASIDE,
    BAD,
    FAINT,
    GONE,
    GOOD,
    ID,
    KIND,
    NEW,
    SESSION,
    TITLE,
    WHEN,
    WHO,
    Line,
    cells,
    cut,
    joined,
    of,
    plain,
    wrapped,
)
from git_mnemo.render.text import SHORT, many
from git_mnemo.showing import NodeInfo, Shown

STATUS = {"active": GOOD, "preliminary": NEW, "stashed": ASIDE, "superseded": FAINT,
          "archived": FAINT}  # fmt: skip
USES = {node.SUPERSEDE: "supersedes", node.COMPRESS: "sums up", node.RETRACT: "withdraws",
        node.COMMIT: "replaces", node.STASH: "puts aside", node.RESUME: "answers"}  # fmt: skip
"""What a node of a type does to its inputs; a leaf rests on them."""
MOST_INPUTS = 8
_NEWER = "(needs a newer git mnemo)"


def chain_line(one: ChainInfo, look: Look, indent: int = 0) -> Line:
    """One line of a list of chains; on a terminal it fits into it."""
    id_, warned = look.chain(one.id), marks(one)
    held = f"  ({_held(one, look)})"
    taken = cells(plain(id_)) + cells(warned) + cells(held)
    title = cut(one.title, look.left(indent, 13, 2, taken))
    kind = GONE if one.status == "superseded" and look.width is not None else ""
    return (
        of(STATUS[one.status], f"{one.status:<11} ")
        + id_
        + "  "
        + of(kind, title)
        + of(BAD, warned)
        + of(FAINT, held)
    )


def _held(one: ChainInfo, look: Look) -> str:
    new = f"{one.preliminary_nodes} new" if one.preliminary_nodes else ""
    partial = "partial" if one.partial else ""
    when = "" if look.width is None else look.since(one.extended)
    return ", ".join(part for part in (many(one.nodes, "claim"), new, partial, when) if part)


def session_line(one: SessionInfo, look: Look) -> Line:
    """One line of a list of sessions."""
    agent = f" ({one.agent})" if one.agent and "@" not in one.id else ""
    held = f"  {many(one.nodes, 'claim')} in {many(one.chains, 'chain')}"
    line = of(SESSION, one.id) + of(WHO, agent) + held
    if one.archived_at is not None:
        return line + ", archived " + of(WHEN, look.since(one.archived_at))
    if one.last_active is not None:
        return line + ", " + of(WHEN, look.since(one.last_active))
    return line


def session_text(one: SessionInfo, now: int) -> str:
    """The same, without a terminal."""
    return plain(session_line(one, Look(now)))


# -- show --------------------------------------------------------------------------------------


def shown_text(shown: Shown, now: int) -> str:
    """What `show` shows, without a terminal."""
    return "\n".join(map(plain, shown_lines(shown, Look(now))))


def shown_lines(shown: Shown, look: Look) -> Iterator[Line]:
    """A node, a chain as a line of reasoning, or a session with its chains."""
    if shown.node is not None:
        yield from _node_lines(shown.node, look)
    elif shown.chain is not None:
        yield from _chain_lines(shown.chain, shown.members, look)
    elif shown.session is not None:
        yield "session " + session_line(shown.session, look)
        yield of(FAINT, shown.session.ref)
        yield Line()
        yield from ("  " + chain_line(one, look, 2) for one in shown.chains)


def _chain_lines(one: ChainInfo, members: tuple[NodeInfo, ...], look: Look) -> Iterator[Line]:
    yield "chain " + of(ID, one.id)
    yield (
        of(STATUS[one.status], one.status)
        + f", domain {one.domain}, {many(one.nodes, 'claim')}, began "
        + of(WHEN, look.since(one.began))
    )
    yield Line()
    titles = list(wrapped(one.title, look.room(4)))
    yield from ("    " + of(TITLE, part) for part in titles[:-1])
    yield "    " + of(TITLE, titles[-1]) + of(BAD, marks(one))
    for member in members:
        if member.position:
            yield Line()
            yield from _member_lines(member, look)


def _member_lines(one: NodeInfo, look: Look) -> Iterator[Line]:
    """A member of a chain: where it stands, its short address and its text."""
    head = f"  {one.position}. " + address(one.address)
    found = one.node
    if found is None:
        yield head + "  " + of(BAD, _NEWER)
        return
    head = head + of(KIND, "" if found.type == LEAF else f" {found.type}")
    if found.type not in CLAIMS:
        said = cut(found.text, look.left(5, SHORT, cells(found.type), 3))
        yield head + ": " + of(_gone(one), said) + of(BAD, marks(one))
        return
    hidden = "".join(f"  [hidden by {type_} {oid[:SHORT]}]" for oid, type_ in one.hidden_by[:1])
    yield head + of(FAINT, hidden) + of(BAD, marks(one)) + _by(one, look)
    yield from _text_lines(one, found, look, 6)
    yield from ("      " + use for use in _uses(found))
    yield from ("      about " + place for place in anchor_lines(found.anchors, one.verdicts))


def _by(one: NodeInfo, look: Look) -> Line:
    """Who claimed it last, and when; on a terminal only, where the line is short."""
    if look.width is None or not one.claimed:
        return Line()
    known = one.claimed[-1]
    who = cut(known.agent or known.author, 24)
    return of(FAINT, "  ") + of(WHO, who) + ", " + of(WHEN, look.since(known.at))


def _gone(one: NodeInfo) -> str:
    return GONE if one.hidden_by else ""


def _text_lines(one: NodeInfo, found: Node, look: Look, indent: int) -> Iterator[Line]:
    for part in wrapped(found.text, look.room(indent)):
        yield " " * indent + of(_gone(one), part) if part else Line()


def _uses(found: Node) -> Iterator[Line]:
    """What a node does to its inputs, or rests on."""
    if found.inputs:
        named = [address(one) for one in found.inputs[:MOST_INPUTS]]
        more = (
            f" and {len(found.inputs) - len(named)} more" if len(found.inputs) > len(named) else ""
        )
        yield Line() + f"{USES.get(found.type, 'rests on')} " + joined(", ", named) + more


def _node_lines(one: NodeInfo, look: Look) -> Iterator[Line]:
    """A node with all that is known of it."""
    found = one.node
    yield "node " + of(ID, one.address) + of(BAD, marks(one))
    if found is None:
        yield Line()
        yield "    " + of(BAD, _NEWER)
        return
    yield "type " + of(KIND, found.type) + f", domain {found.domain}"
    yield from ("chain " + of(ID, id_) for id_ in one.chains)
    if found.commit:
        yield "commit " + of(ID, found.commit)
    yield from ("input " + of(ID, oid) for oid in found.inputs)
    yield from ("about " + place for place in anchor_lines(found.anchors, one.verdicts))
    yield from (of(BAD, f"hidden by {type_} ") + of(ID, oid) for oid, type_ in one.hidden_by)
    yield from _claimed_lines(one, look)
    if one.remote:
        yield Line(("", f"also on {one.remote}"))
    yield Line()
    yield from _text_lines(one, found, look, 4)


def _claimed_lines(one: NodeInfo, look: Look) -> Iterator[Line]:
    for known in one.claimed:
        line = "claimed " + of(WHEN, look.when(known.at)) + " by "
        line = line + of(WHO, known.agent or known.author) + f", as recorded by {known.author}"
        yield line + " in session " + of(SESSION, known.session) if known.session else line
