"""A drawing of chains as text, in the manner of `git log --graph`, and as JSON."""

from collections.abc import Iterator

from git_mnemo.drawing import Dot, Drawing, Elsewhere
from git_mnemo.node import LEAF
from git_mnemo.render.chains import USES, chain_line
from git_mnemo.render.claims import Json
from git_mnemo.render.look import Look, address
from git_mnemo.render.memory import chain_json
from git_mnemo.render.styled import BAD, FAINT, GONE, KIND, Line, cells, cut, of, plain
from git_mnemo.render.text import SHORT, many

NEWER = "(needs a newer git mnemo)"
UNKNOWN = "(not known here)"
_TO_A_PIPE = 200


def graph_json(one: Drawing) -> Json:
    """Chains with the addresses of their nodes, the nodes once, and an edge for each input."""
    dots = {dot.address: dot for lane in one.lanes for dot in lane.dots}
    return {
        "chains": [
            chain_json(lane.info) | {"members": [dot.address for dot in lane.dots]}
            for lane in one.lanes
        ],
        "nodes": [
            {
                "address": dot.address,
                "type": dot.type,
                "domain": dot.domain,
                "text": dot.text,
                "hidden_by": [address for address, _ in dot.hidden_by],
                "trusted": dot.trusted,
            }
            for dot in dots.values()
        ],
        "elsewhere": [
            {"address": other.address, "chain": other.chain, "text": other.text}
            for other in one.elsewhere
        ],
        "edges": [{"from": new, "to": old, "type": type_} for new, old, type_ in one.edges()],
        "left_out": one.left_out,
    }


def graph_lines(one: Drawing, look: Look) -> Iterator[Line]:
    """Each chain as a line down the page; what its nodes rest on branches off, by name."""
    places = {dot.address: (lane.info.id, dot) for lane in one.lanes for dot in lane.dots}
    others = {other.address: other for other in one.elsewhere}
    for number, lane in enumerate(one.lanes):
        if number:
            yield Line()
        yield of(FAINT, "o ") + chain_line(lane.info, look, 2)
        if lane.before:
            yield of(FAINT, f"~ {many(lane.before, 'node')} before")
        own = {dot.address: dot.position for dot in lane.dots}
        previous = ""
        for dot in lane.dots:
            yield _dot_line(dot, look)
            within = [own[old] for old in dot.inputs if old in own]
            if within and [old for old in dot.inputs if old in own] != [previous]:
                numbers = ", ".join(map(str, sorted(within)))
                yield of(FAINT, "|\\_ ") + f"{_use(dot)} {numbers}"
            elif within and dot.type != LEAF:
                yield of(FAINT, "|\\_ ") + f"{_use(dot)} {within[0]}"
            for old in dot.inputs:
                if old not in own:
                    yield _edge_line(dot, old, places, others, look)
            previous = dot.address


def _dot_line(dot: Dot, look: Look) -> Line:
    kind = "" if dot.type in (LEAF, None) else f" {dot.type}"
    warned = "" if dot.trusted else "  [untrusted]"
    begun = f"{dot.position}. "
    width = look.left(2, len(begun), SHORT, cells(kind), 2, len(warned))
    said = cut(dot.text if dot.text is not None else NEWER, width or _TO_A_PIPE)
    mark = of(FAINT, "x ") if dot.hidden_by else Line(("", "* "))
    return (
        mark
        + begun
        + address(dot.address)
        + of(KIND, kind)
        + "  "
        + of(GONE if dot.hidden_by else BAD if dot.text is None else "", said)
        + of(BAD, warned)
    )


def _edge_line(
    dot: Dot, old: str, places: dict[str, tuple[str, Dot]], others: dict[str, Elsewhere], look: Look
) -> Line:
    """What a node rests on in another chain: its address, the chain, and what it says."""
    chain, text, gone = None, None, False
    if old in places:
        chain, found = places[old]
        text, gone = found.text, bool(found.hidden_by)
    elif old in others:
        chain, text = others[old].chain, others[old].text
    begun = f"{_use(dot)} "
    where = " in " + look.chain(chain) if chain is not None else Line()
    taken = 4 + len(begun) + SHORT + cells(plain(where)) + 3
    said = cut(text if text is not None else UNKNOWN, look.left(taken) or _TO_A_PIPE)
    return (
        of(FAINT, "|\\_ ") + begun + address(old) + where + "  " + of(GONE if gone else FAINT, said)
    )


def _use(dot: Dot) -> str:
    return USES.get(dot.type or LEAF, "rests on")
