"""What was recalled, for people and as JSON."""

from collections.abc import Iterator

from git_mnemo.message import printable
from git_mnemo.node import LEAF
from git_mnemo.recall import Answer, Recollection
from git_mnemo.relocation import is_stale
from git_mnemo.render.anchors import anchors_text
from git_mnemo.render.claims import Json
from git_mnemo.render.memory import chain_json, marks, node_json
from git_mnemo.render.text import SHORT, ago, clean, line, many
from git_mnemo.showing import NodeInfo
from git_mnemo.telling import Member, Retold


def answer_json(asked: str, answer: Answer, qid: object = None) -> Json:
    """An answer; `qid` is what the question was called."""
    named = {"qid": qid} if qid is not None else {}
    return {
        "query": asked.encode("utf-8", "replace").decode(),
        **named,
        "chains": [retold_json(one) for one in answer.chains],
        "hits": [
            node_json(one.info) | {"chain": one.chain, "score": round(one.score, 6)}
            for one in answer.hits
        ],
        "truncated": answer.truncated,
    }


def retold_json(one: Retold) -> Json:
    """A chain with what is shown of it."""
    return chain_json(one.info) | {
        "score": round(one.score, 6),
        "left_out": one.left_out,
        "members": [
            node_json(member.info)
            | {"text": member.text, "cut": member.before or member.after}
            | {"score": round(member.score, 6)}
            for member in one.members
        ],
    }


def chains_text(chains: tuple[Retold, ...], now: int) -> str:
    """Chains as lines of reasoning, oldest claims first."""
    return "\n\n".join("\n".join(_chain_lines(one, now)) for one in chains)


def _chain_lines(one: Retold, now: int) -> Iterator[str]:
    agents = dict.fromkeys(
        known.agent or known.author for member in one.members for known in member.info.claimed
    )
    by = f", by {printable(', '.join(agents))[:40]}" if agents else ""
    remotes = dict.fromkeys(m.info.remote for m in one.members if m.info.remote is not None)
    on = f", also on {printable(', '.join(remotes))}" if remotes else ""
    yield f"chain {one.info.id}  {printable(one.info.title)}{marks(one.info)}"
    yield f"{one.info.status}, {one.info.domain}{by}{on}, {ago(one.info.extended, now)}"
    for member in one.members:
        yield from _member_lines(member)
    if one.left_out:
        yield f"  ({many(one.left_out, 'claim')} not shown: git mnemo show {one.info.id})"


def _member_lines(member: Member) -> Iterator[str]:
    info, found = member.info, member.info.node
    kind = f" {found.type}" if found is not None and found.type != LEAF else ""
    yield f"  {info.position}. {info.address[:SHORT]}{kind}{_hidden(info)}{marks(info)}"
    text = f"{'… ' if member.before else ''}{clean(member.text)}{' …' if member.after else ''}"
    struck = f"~~{text}~~" if info.hidden_by else text
    yield from (f"     {part}".rstrip() for part in struck.split("\n"))
    anchors = found.anchors if found is not None else ()
    yield from (f"     about {place}" for place in anchors_text(anchors, info.verdicts))


def _hidden(info: NodeInfo) -> str:
    if not info.hidden_by:
        return ""
    address, type_ = info.hidden_by[0]
    return f"  [hidden by {type_} {address[:SHORT]}]"


def hit_text(one: Recollection, now: int) -> str:
    """One claim on one line, with the chain it was found in."""
    said = one.info.node.text if one.info.node is not None else ""
    when = f"  ({ago(one.info.claimed[-1].at, now)})" if one.info.claimed else ""
    stale = "  [out of date]" if is_stale(one.info.verdicts) else ""
    return f"{one.info.address[:SHORT]} {one.chain}  {line(said)}{stale}{marks(one.info)}{when}"
