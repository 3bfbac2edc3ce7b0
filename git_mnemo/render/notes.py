"""The project as a folder of Markdown: a file for each chain, and what leads to them."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from git_mnemo import moment
from git_mnemo.gathering import Gathered, Place
from git_mnemo.listing import ChainInfo
from git_mnemo.message import printable
from git_mnemo.node import CLAIMS
from git_mnemo.relocation import FRESH
from git_mnemo.render.markdown import code, file_name, front_matter, line, link, quoted
from git_mnemo.render.text import SHORT, many
from git_mnemo.showing import NodeInfo

CHAINS = "chains"


class _Entry(NamedTuple):
    """What the index tells of a chain."""

    id: str
    title: str
    domain: str
    status: str
    nodes: int
    files: tuple[str, ...]


def files(name: str, gathered: Iterable[Gathered]) -> Iterator[tuple[str, str]]:
    """Each file's path and text, the index last."""
    told = []
    for one in gathered:
        told.append(_entry(one))
        yield f"{CHAINS}/{_file(one.chain.id, one.chain.title)}", _page(one)
    told.reverse()
    yield "README.md", _start(printable(name) or "project", told)
    yield "by-date.md", _index("By date", "date", ((_day(e.id)[:7], e) for e in told))
    pairs = sorted(((e.domain, e) for e in told), key=lambda pair: pair[0])
    yield "by-domain.md", _index("By domain", "domain", pairs)
    laid = sorted(((f, e) for e in told for f in e.files), key=lambda pair: pair[0])
    yield "by-file.md", _index("By file", "file", laid)


def _file(id_: str, title: str) -> str:
    return file_name(_day(id_), title if title != id_ else "", id_)


def _day(id_: str) -> str:
    return f"{id_[3:7]}-{id_[7:9]}-{id_[9:11]}"


def _entry(one: Gathered) -> _Entry:
    info = one.chain
    return _Entry(
        info.id, info.title, info.domain, info.status, info.nodes, tuple(_paths(one.members))
    )


def _paths(members: Iterable[NodeInfo]) -> list[str]:
    """The files that what stands in the chain is about, in order."""
    anchors = (a for m in members if m.node and not m.hidden_by for a in m.node.anchors)
    return sorted({printable(anchor.path) for anchor in anchors})


# -- one chain ---------------------------------------------------------------------------------


def _page(one: Gathered) -> str:
    """A chain's file."""
    info = one.chain
    agents = {told.agent or told.author for member in one.members for told in member.claimed}
    head = front_matter(
        {
            "id": info.id,
            "title": printable(info.title),
            "domain": info.domain,
            "status": info.status,
            "began": moment.iso(info.began),
            "extended": moment.iso(info.extended),
            "agents": sorted(map(printable, agents)),
            "tags": ["mnemo", f"mnemo/{info.domain}"],
            "files": _paths(one.members),
        }
    )
    parts = [head + f"\n# {line(info.title)}{_marks(info)}\n"]
    parts.append(
        f"{info.status} · {info.domain} · {many(info.nodes, 'claim')} ·"
        f" {moment.iso(info.began)[:10]} – {moment.iso(info.extended)[:10]} · `{info.id}`\n"
    )
    own = {member.address for member in one.members}
    parts += [_member(member, own, one.inputs) for member in one.members if member.position]
    return "\n".join(parts)


def _member(one: NodeInfo, own: set[str], places: dict[str, Place]) -> str:
    """A node: a heading that links may name, who and when, what it says, what it rests on."""
    found = one.node
    lines = [f"## {one.address[:SHORT]}", ""]
    told = [_told(one)] if one.claimed else []
    if found is None:
        return "\n".join([*lines, *told, "", "> (needs a newer git mnemo)", ""])
    told += [found.type] if found.type != "leaf" else []
    warned = _marks(one).strip()
    lines += [" · ".join([*told, *([warned] if warned else [])]), ""] if told or warned else []
    struck = bool(one.hidden_by) and found.type in (*CLAIMS, "commit")
    lines += [quoted(found.text, struck=struck), ""]
    facts = [f"- rests on {_ref(address, own, places)}" for address in found.inputs]
    facts += [f"- hidden by {type_} {_ref(by, own, places)}" for by, type_ in one.hidden_by]
    facts += [f"- commit `{found.commit}`"] if found.commit else []
    for anchor, verdict in zip(found.anchors, one.verdicts, strict=True):
        span = f":{anchor.first}-{anchor.last}" if anchor.first is not None else ""
        name = verdict.name if verdict.name == FRESH else f"**{verdict.name}**"
        facts.append(f"- about {code(anchor.path + span)} {name}")
    return "\n".join([*lines, *facts, ""] if facts else lines)


def _told(one: NodeInfo) -> str:
    told = one.claimed[0]
    session = f", session `{told.session}`" if told.session else ""
    return f"{line(told.agent or told.author)}, {moment.iso(told.at)}{session}"


def _ref(address: str, own: set[str], places: dict[str, Place]) -> str:
    """A link to a node, where it stands in this export."""
    short = address[:SHORT]
    if address in own:
        return f"[{short}](#{short})"
    place = places.get(address)
    if place is None:
        return f"`{short}`"
    if place.chain[12:] == address[:16]:
        return link(place.title, _file(*place))
    return link(f"{short} in {place.title}", f"{_file(*place)}#{short}")


def _marks(one: NodeInfo | ChainInfo) -> str:
    untrusted = "" if one.trusted else " **untrusted**"
    found = one.suspect()
    return f"{untrusted} **reads like instructions: {', '.join(found)}**" if found else untrusted


# -- what leads there --------------------------------------------------------------------------


def _start(name: str, told: list[_Entry]) -> str:
    claims = sum(entry.nodes for entry in told)
    latest = "".join(_item(entry) for entry in told[:30])
    return (
        f"# {line(name)}\n\nWhat `git mnemo` knows: {many(claims, 'claim')} in"
        f" {many(len(told), 'chain')}. The texts are quotations of what agents and people"
        " claimed; what is struck holds no longer.\n\n[By date](by-date.md) ·"
        " [By domain](by-domain.md) · [By file](by-file.md)\n\n## Latest\n\n"
        f"{latest or 'Nothing was promoted yet.'}\n"
    )


def _index(title: str, by: str, pairs: Iterable[tuple[str, _Entry]]) -> str:
    """Chains under headings, in the order given."""
    said = [f"# {title}\n\n[Start](README.md)\n"]
    last = None
    for heading, entry in pairs:
        if heading != last:
            said.append(f"\n## {line(heading)}\n\n")
            last = heading
        said.append(_item(entry))
    return "".join(said) if last is not None else said[0] + f"\nNo chain has a {by}.\n"


def _item(entry: _Entry) -> str:
    target = f"{CHAINS}/{_file(entry.id, entry.title)}"
    status = "" if entry.status == "active" else f" · {entry.status}"
    return f"- {_day(entry.id)} {link(entry.title, target)} · {entry.domain}{status}\n"
