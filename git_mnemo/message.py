"""Commit messages: what a commit of ours says in its subject and its trailers.

Written here and read here. Readers believe nothing a message says about a commit but what its
tree confirms; whoever calls `parse` checks the entries it names.
"""

from __future__ import annotations

from itertools import repeat

from git_mnemo import chain, moment, refs
from git_mnemo.chain import Member
from git_mnemo.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

SUBJECT_WIDTH = 72
MAX_NODES = 1000
"""`Mnemo-Node` lines in one commit; what is larger becomes several commits and one ref move."""

_BIDIRECTIONAL = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
# What nobody sees and models read. Joiners, which scripts and emoji are written with, stay.
_INVISIBLE = (
    "\u00ad\u034f\u115f\u1160\u180e\u200b\u2060\u2061\u2062\u2063\u2064\u2065\u206a\u206b\u206c\u206d"
    "\u206e\u206f\u3164\ufeff\uffa0\ufff0\ufff1\ufff2\ufff3\ufff4\ufff5\ufff6\ufff7\ufff8\ufff9\ufffa\ufffb"
)
_HEX = "0123456789abcdef"
_NODE, _SESSION = "Mnemo-Node: ", "Mnemo-Session: "


class Stamp(NamedTuple):
    """Who acts, when, and on which commit of the code: what a claim itself never says.

    `now` is in unix seconds; `head` is the commit checked out, if there is one.
    """

    now: int
    name: str
    email: str
    agent: str | None
    head: str | None


class Told(NamedTuple):
    """One `Mnemo-Node` line: an entry, and when and by which agent it was claimed."""

    member: Member
    at: int
    agent: str | None


class Columns(NamedTuple):
    """Well-formed `Mnemo-Node` lines, side by side; `digits` are positions as files name them."""

    chains: list[str]
    digits: list[str]
    addresses: list[str]
    times: list[int]
    agents: list[str | None]


class Message(NamedTuple):
    """A message taken apart; what it lacks or spells wrongly is None."""

    verb: str
    chain: str | None
    subject: str
    session: str | None
    base: str | None
    head: str | None
    nodes: tuple[Told, ...]


def printable(text: str) -> str:
    """The text as anybody is shown it: without control, bidirectional and invisible characters.

    Bytes that were no UTF-8 when it was read (surrogates, which no database or terminal takes) are
    U+FFFD, as in `quotable`; the ends of lines and paragraphs that only Unicode knows are blanks.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        " " if char in "\u2028\u2029" else char
        for char in quotable(text)
        if char not in _INVISIBLE and not "\U000e0000" <= char <= "\U000e0fff"
    )


def quotable(text: str) -> str:
    """The text as a subject quotes it: without control and bidirectional characters."""
    return "".join(
        "\ufffd" if "\ud800" <= char <= "\udfff" else char
        for char in text
        if char >= " " and not "\x7f" <= char <= "\x9f" and char not in _BIDIRECTIONAL
    )


def compose(
    verb: str,
    chain_id: str,
    text: str,
    *,
    session: str | None,
    nodes: Iterable[Told],
    base: str | None = None,
    head: str | None = None,
) -> str:
    """The message of a commit that adds `nodes`; `text` is what its subject quotes."""
    quoted = quotable(text.partition("\n")[0])[:SUBJECT_WIDTH].strip(" ")
    lines = [f"{verb} {chain_id}: {quoted}" if quoted else f"{verb} {chain_id}", ""]
    if session is not None:
        lines.append(f"Mnemo-Session: {session}")
    if base is not None:
        lines.append(f"Mnemo-Base: {base}")
    if head is not None:
        lines.append(f"Mnemo-Head: {head}")
    times: dict[int, str] = {}  # many were claimed in one second, or brought in by one command
    for (chain_, position, address), at, agent in nodes:
        said = times.get(at)
        if said is None:
            said = times[at] = moment.iso(at)
        lines.append(f"Mnemo-Node: {address} {chain_} {position:04d} {said} {agent or '-'}")
    return "\n".join(lines) + "\n"


def parse(text: str) -> Message:
    """The message of any commit; malformed trailers are passed over."""
    text = text.rstrip("\n")
    subject = text.partition("\n")[0]
    session, trailers, nodes = _apart(text)
    base = head = None
    for line in trailers:
        name, _, value = line.partition(": ")
        if name == "Mnemo-Base" and _is_oid(value):
            base = value
        elif name == "Mnemo-Head" and _is_oid(value):
            head = value
    verb, _, rest = subject.partition(" ")
    named, _, quoted = rest.partition(": ")
    known = chain.is_chain_id(named)
    return Message(
        verb,
        named if known else None,
        quoted if known else rest,
        session,
        base,
        head,
        tuple(told(nodes)),
    )


def node_lines(text: str) -> tuple[str | None, list[str]]:
    """The session that a message names, if it does, and its lines that name nodes, which `columns`
    and `told` take apart."""
    session, _, nodes = _apart(text.rstrip("\n"))
    return session, nodes


def _apart(text: str) -> tuple[str | None, list[str], list[str]]:
    """The session, the trailers that name no nodes, and those that do."""
    _, blank, last = f"\n{text}".rpartition("\n\n")
    lines = last.split("\n") if blank else []
    others = [line for line in lines if not line.startswith(_NODE)]
    nodes = [line for line in lines if line.startswith(_NODE)] if len(others) < len(lines) else []
    session = None
    for line in others:
        if line.startswith(_SESSION) and refs.is_session(line[len(_SESSION) :]):
            session = line[len(_SESSION) :]
    return session, others, nodes


def told(lines: list[str]) -> Iterable[Told]:
    """What those of these lines tell that are well-formed."""
    found = columns(lines)
    if found is None:
        return filter(None, map(_told, lines))
    chains, digits, addresses, times, agents = found
    positions = map(chain.position, digits)
    members = map(tuple.__new__, repeat(Member), zip(chains, positions, addresses, strict=True))
    return map(tuple.__new__, repeat(Told), zip(members, times, agents, strict=True))


def columns(lines: list[str]) -> Columns | None:
    """What these lines tell, in hardly a step of Python for each; None where one is malformed, as
    few are, and where there is none."""
    if {line.count(" ") for line in lines} != {5}:
        return None
    words = " ".join(lines).split(" ")
    addresses, chains, digits, times, names = (words[at::6] for at in range(1, 6))
    seconds: dict[str, int] = {}
    for text in {*times}:
        at = moment.parse_iso(text)
        if at is None:
            return None
        seconds[text] = at
    right = (
        ({*map(len, addresses)} == {40} or {*map(len, addresses)} == {64})
        and not "".join(addresses).strip(_HEX)
        and all(map(chain.is_chain_id, {*chains}))
        and all(map(_is_agent, {*names}))
        and None not in map(chain.position, digits)
    )
    if not right:
        return None
    agents = {name: None if name == "-" else name for name in {*names}}
    said_at, said_by = map(seconds.__getitem__, times), map(agents.__getitem__, names)
    return Columns(chains, digits, addresses, [*said_at], [*said_by])


def side_by_side(told: Iterable[Told]) -> Columns:
    """What these lines tell, as `columns` has it."""
    listed = [*told]
    members = [line.member for line in listed]
    return Columns(
        [member.chain for member in members],
        [f"{member.position:04d}" for member in members],
        [member.address for member in members],
        [line.at for line in listed],
        [line.agent for line in listed],
    )


def _told(line: str) -> Told | None:
    """What a line tells; None where it is malformed."""
    fields = line.split(" ")
    if len(fields) != 6:
        return None
    _, address, chain_id, digits, at, agent = fields
    seconds = moment.parse_iso(at)
    position = chain.position(digits)
    if seconds is None or position is None or not _is_oid(address):
        return None
    if not chain.is_chain_id(chain_id) or not _is_agent(agent):
        return None
    return Told(Member(chain_id, position, address), seconds, None if agent == "-" else agent)


def _is_agent(text: str) -> bool:
    return text == "-" or refs.is_agent(text)


def _is_oid(text: str) -> bool:
    return len(text) in (40, 64) and not text.strip(_HEX)
