"""What Hypothesis draws: texts, anchors, nodes, entries, as odd as the format lets them be."""

from hypothesis import strategies as st

from git_mnemo import node
from git_mnemo.anchor import Anchor
from git_mnemo.chain import Member, chain_id
from git_mnemo.node import Node

characters = st.characters(exclude_categories=["Cs"])
"""Any code point that UTF-8 can write."""

_odd_pieces = st.sampled_from(
    ["\ufeff", " ", "\t", "\n", "\r", "\r\n", "\n\n", "\x85", "\u2028", "\u202e", "\x1b", "é", "x"]
)
odd_texts = st.lists(_odd_pieces | characters, max_size=30).map("".join)
"""Texts dense in what the format treats in a way of its own."""

claims = odd_texts.map(lambda text: text.replace("\0", "") + "x")
"""Texts that a node can hold once normalised."""

titles = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), max_size=199
).map(lambda text: text.lstrip("\ufeff") + "x")


def hex_of(width: int) -> st.SearchStrategy[str]:
    return st.text("0123456789abcdef", min_size=width, max_size=width)


oids = hex_of(40)
paths = st.binary(min_size=1, max_size=12).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
domains = st.from_regex(r"[a-z][a-z0-9-]{0,31}", fullmatch=True)
keys = st.from_regex(r"[A-Za-z0-9_.@-]{1,64}", fullmatch=True)
epochs = st.integers(-62135596800, 253402300799)
"""Seconds of the years 1 to 9999."""

days = st.dates().map(lambda date: f"{date.year:04}{date.month:02}{date.day:02}")
chain_ids = st.builds(chain_id, days, oids)
members = st.builds(Member, chain_ids, st.integers(0, 999_999), oids)
agents = st.from_regex(r"[a-z0-9][a-z0-9-]{0,31}", fullmatch=True)
stems = hex_of(8).map("s_{}".format)
sessions = stems | st.builds("{}@{}".format, stems, agents)


@st.composite
def anchors(draw: st.DrawFn) -> Anchor:
    lines = draw(st.none() | st.lists(st.integers(1, 10**9), min_size=2, max_size=2).map(sorted))
    first, last = lines or (None, None)
    return Anchor(draw(st.none() | oids), first, last, draw(hex_of(16)), draw(paths))


@st.composite
def nodes(draw: st.DrawFn) -> Node:
    """A node of any type, built by the package from arguments in any order."""
    kind = draw(st.sampled_from(sorted(node.TYPES)))
    fewest = 1 if kind in node.NEEDS_INPUT else 0
    return node.build(
        kind,
        draw(titles if kind == node.CHAIN else claims),
        domain=draw(domains),
        inputs=draw(st.lists(oids, min_size=fewest, max_size=4)),
        anchors=draw(st.lists(anchors(), max_size=3)),
        key=draw(keys) if kind == node.CHAIN else None,
        commit=draw(oids) if kind == node.COMMIT else None,
    )
