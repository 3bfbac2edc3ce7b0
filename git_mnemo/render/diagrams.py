"""A drawing of chains for other programs: Mermaid and Graphviz.

Whatever was claimed is a label and nothing else. Mermaid gets every character that is no letter,
digit, blank, comma or full stop by its number; Graphviz gets strings with all escaped that it or
its HTML knows. No id, class, link or address of a page comes from a text.
"""

from collections.abc import Iterator
from itertools import pairwise

from git_mnemo.drawing import Dot, Drawing, Elsewhere
from git_mnemo.message import printable
from git_mnemo.node import LEAF
from git_mnemo.render.graph import NEWER, UNKNOWN
from git_mnemo.render.text import SHORT, line

WIDTH = 80
"""Characters of a text in a diagram."""
_SAFE = frozenset(" ,.")
_NOT_SAFE = frozenset("ﬂ¶")
"""Letters and signs that Mermaid marks its own numbers of characters with while it reads."""


def mermaid_lines(one: Drawing) -> Iterator[str]:
    """A flowchart of Mermaid: a box for each chain, the nodes in it in order."""
    yield "flowchart TB"
    drawn: set[str] = set()
    for number, lane in enumerate(one.lanes):
        yield f'  subgraph c{number}["{_mermaid(lane.info.id[:20] + " " + lane.info.title)}"]'
        for dot in lane.dots:
            if dot.address not in drawn:
                style = ":::hidden" if dot.hidden_by else ""
                yield f'    n{dot.address}["{_mermaid(_label(dot))}"]{style}'
            drawn.add(dot.address)
        yield "  end"
        addresses = [f"n{dot.address}" for dot in lane.dots]
        yield from (f"  {a} --- {b}" for a, b in pairwise(addresses))
    for other in one.elsewhere:
        yield f'  n{other.address}(["{_mermaid(_other_label(other))}"]):::elsewhere'
    for new, old, type_ in one.edges():
        yield f"  n{new} -.->|{'rests on' if type_ == LEAF else type_}| n{old}"
    yield "  classDef hidden opacity:0.6,text-decoration:line-through,stroke-dasharray:4 4"
    yield "  classDef elsewhere stroke-dasharray:2 2"


def dot_lines(one: Drawing) -> Iterator[str]:
    """A digraph of Graphviz: a cluster for each chain, the nodes in it in order."""
    yield "digraph mnemo {"
    yield '  graph [rankdir="TB", fontname="sans-serif", style="rounded", color="gray60"];'
    yield '  node [shape="box", style="rounded", fontname="sans-serif", fontsize="10"];'
    yield '  edge [fontname="sans-serif", fontsize="9"];'
    drawn: set[str] = set()
    for number, lane in enumerate(one.lanes):
        yield f'  subgraph "cluster_{number}" {{'
        yield f'    label="{_quoted(lane.info.id[:20] + " " + lane.info.title)}";'
        for dot in lane.dots:
            if dot.address not in drawn:
                yield f'    "{dot.address}" [{_dot_look(dot)}];'
            drawn.add(dot.address)
        yield "  }"
        for first, second in pairwise(lane.dots):
            yield f'  "{first.address}" -> "{second.address}" [dir="none", weight="8"];'
    for other in one.elsewhere:
        label = _quoted(_other_label(other))
        yield f'  "{other.address}" [label="{label}", style="rounded,dotted"];'
    for new, old, type_ in one.edges():
        label = "rests on" if type_ == LEAF else type_
        yield f'  "{new}" -> "{old}" [label="{label}", style="dashed", constraint="false"];'
    yield "}"


def _dot_look(dot: Dot) -> str:
    if not dot.hidden_by:
        return f'label="{_quoted(_label(dot))}"'
    struck = f"<<S>{_html(_label(dot))}</S>>"
    return f'label={struck}, style="rounded,dashed", color="gray60", fontcolor="gray40"'


def _label(dot: Dot) -> str:
    kind = "" if dot.type in (LEAF, None) else f" {dot.type}"
    return f"{dot.address[:SHORT]}{kind} {line(NEWER if dot.text is None else dot.text, WIDTH)}"


def _other_label(other: Elsewhere) -> str:
    text = UNKNOWN if other.text is None else other.text
    return f"{other.address[:SHORT]} {line(text, WIDTH)}"


def _mermaid(text: str) -> str:
    """A label of Mermaid, between double quotes."""
    shown = line(text, 2 * WIDTH)
    return "".join(
        char if (char.isalnum() or char in _SAFE) and char not in _NOT_SAFE else f"#{ord(char)};"
        for char in shown
    )


def _quoted(text: str) -> str:
    """A label of Graphviz, between double quotes; `&` begins the name of a character there."""
    shown = printable(line(text, 2 * WIDTH))
    return shown.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")


def _html(text: str) -> str:
    shown = printable(line(text, 2 * WIDTH))
    for char, name in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot")):
        shown = shown.replace(char, f"&{name};")
    return shown
