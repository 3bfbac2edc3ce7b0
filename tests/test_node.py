"""Nodes: texts made normal, canonical bytes there and back, and what is refused and why."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from git_mnemo import node
from git_mnemo.anchor import Anchor
from git_mnemo.errors import MnemoError
from git_mnemo.node import Node
from tests import strategies

ADDRESS = "9c" * 20


def refusal(text: str, **arguments: object) -> MnemoError:
    with pytest.raises(MnemoError) as caught:
        node.build(str(arguments.pop("type_", node.LEAF)), text, **arguments)  # type: ignore[arg-type]
    return caught.value


# -- text --------------------------------------------------------------------------------------


@given(strategies.claims)
@example("\ufeff \n\ufeff\r\r\n\t\n  x \t\r\n")
def test_a_normal_text_stays_as_it_is(text: str) -> None:
    normal = node.normalise(text)
    assert node.normalise(normal) == normal


@given(strategies.claims)
def test_a_normal_text_has_lf_only_and_nothing_to_drop_at_its_ends(text: str) -> None:
    normal = node.normalise(text)
    first, newline, _ = normal.partition("\n")
    assert "\r" not in normal
    assert not normal.startswith("\ufeff")
    assert not (newline and first.strip(" \t") == "")
    assert normal == normal.rstrip(" \t\n")


@given(strategies.claims)
def test_normalising_drops_only_line_ends_marks_and_blanks(text: str) -> None:
    def said(text: str) -> str:
        return "".join(char for char in text if char not in "\ufeff \t\r\n")

    normal = node.normalise(text)
    assert said(normal) == said(text)
    assert normal in text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("blank", ["\n", "\ufeff", " \t\r\n", "\ufeff\n"])
def test_half_a_million_blank_lines_are_dropped(blank: str) -> None:
    """In proportion to their number: if it were to its square, this would take an hour."""
    assert node.normalise(blank * 500_000 + "x") == "x"


@pytest.mark.parametrize("text", ["", " ", "\n", "\r\n \t\r\n", "\ufeff", "\ufeff \n\ufeff\t"])
def test_an_empty_text_is_refused(text: str) -> None:
    error = refusal(text)
    assert (error.code, error.message) == ("invalid-node", "the text is empty.")
    assert error.hint == 'git mnemo claim "what you found"'
    assert error.status == 1


def test_a_nul_is_refused() -> None:
    error = refusal("a\0b")
    assert error.code == "invalid-node"
    assert error.message == "the text holds a NUL byte: it is not text."


def test_what_utf_8_cannot_write_is_refused() -> None:
    error = refusal("a\ud800b")
    assert (error.code, error.message) == ("invalid-node", "the text is not valid UTF-8.")


@given(st.text(strategies.characters))
def test_bytes_from_outside_are_read_as_utf_8(text: str) -> None:
    assert node.text_of_bytes(text.encode()) == text


def test_bytes_that_are_not_utf_8_are_refused_with_their_place() -> None:
    with pytest.raises(MnemoError) as caught:
        node.text_of_bytes(b"caf\xe9!")
    assert caught.value.code == "invalid-node"
    assert caught.value.message == (
        "the text is not valid UTF-8: invalid continuation byte at byte 3."
    )


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("One line", "One line"),
        ("One line\nand another", "One line"),
        ("x" * 72 + "y", "x" * 72),
        ("x" * 70 + "  y", "x" * 70),
        ("\U0001f40c" * 80, "\U0001f40c" * 72),
        ("  indented \t\nmore", "  indented"),
    ],
)
def test_a_chain_is_titled_by_the_first_line(text: str, title: str) -> None:
    assert node.title_of(text) == title


@given(strategies.claims)
def test_any_claim_gives_a_title_that_can_be_built(text: str) -> None:
    title = node.title_of(node.normalise(text))
    assert node.build(node.CHAIN, title, key="s_a7f3c2d1").text == title


# -- bytes -------------------------------------------------------------------------------------


@given(strategies.nodes())
def test_what_is_built_is_read_back_from_its_bytes(built: Node) -> None:
    assert node.decode(node.encode(built)) == built


@given(strategies.nodes(), st.lists(st.sampled_from(["x a", "x b", "a-b c", "n é"]), max_size=5))
def test_headers_of_a_later_version_survive(built: Node, extra: list[str]) -> None:
    data = node.encode(built._replace(extra=tuple(extra)))
    read = node.decode(data)
    assert read is not None
    assert sorted(set(extra)) == list(read.extra)
    assert node.encode(read) == data


@given(st.lists(strategies.oids, min_size=1, max_size=5), st.lists(strategies.anchors()))
def test_order_and_repeats_of_the_given_lists_do_not_matter(
    inputs: list[str], anchors: list[Anchor]
) -> None:
    one = node.build(node.LEAF, "x", inputs=inputs, anchors=anchors)
    other = node.build(
        node.LEAF, "x", inputs=[*reversed(inputs), inputs[0]], anchors=[*reversed(anchors)]
    )
    assert node.encode(one) == node.encode(other)


@given(st.binary() | strategies.odd_texts.map(lambda text: f"mnemo-node 1\n{text}\n".encode()))
def test_any_bytes_are_opaque_or_canonical(data: bytes) -> None:
    read = node.decode(data)
    assert read is None or node.encode(read) == data


@given(strategies.nodes(), st.data())
def test_a_changed_byte_makes_another_node_or_an_opaque_one(
    built: Node, draw: st.DataObject
) -> None:
    data = node.encode(built)
    at = draw.draw(st.integers(0, len(data)))
    cut = draw.draw(st.integers(0, 3))
    put = draw.draw(
        st.sampled_from([b"", b"\n", b" ", b"0", b"\r", b'"', b"\\"]) | st.binary(max_size=2)
    )
    changed = data[:at] + put + data[at + cut :]
    read = node.decode(changed)
    assert read is None or node.encode(read) == changed
    assert read != built or changed == data


def test_ids_are_as_wide_as_the_repository_has_them() -> None:
    wide = node.encode(node.build(node.SUPERSEDE, "x", inputs=["ab" * 32]))
    assert node.decode(wide, width=64) is not None
    assert node.decode(wide, width=40) is None
    narrow = node.encode(node.build(node.SUPERSEDE, "x", inputs=["ab" * 20]))
    assert node.decode(narrow, width=40) is not None
    assert node.decode(narrow, width=64) is None


# -- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize("domain", ["", "Issues", "9x", "-x", "a_b", "a b", "é", "d" * 33])
def test_what_is_no_domain_is_refused(domain: str) -> None:
    assert node.build(node.LEAF, "x", domain="d" * 32).domain == "d" * 32
    error = refusal("x", domain=domain)
    assert error.code == "invalid-node"
    assert error.message == (
        f"{domain!r} is not a domain: lower-case letters, digits and hyphens, at most 32."
    )
    assert error.hint == "git mnemo claim --domain decisions TEXT"


@pytest.mark.parametrize("title", ["two\nlines", "x" * 201, "e\u0301" * 100 + "x"])
def test_what_is_no_title_is_refused(title: str) -> None:
    assert node.build(node.CHAIN, "x" * 200, key="k").text == "x" * 200
    assert node.build(node.LEAF, title).text == title
    error = refusal(title, type_=node.CHAIN, key="k")
    assert error.code == "invalid-node"
    assert error.message == "a title is one line of at most 200 characters."


@pytest.mark.parametrize("kind", [node.COMPRESS, node.SUPERSEDE, node.RETRACT, node.RESUME])
def test_a_type_that_needs_an_input_is_refused_without(kind: str) -> None:
    assert node.build(kind, "x", inputs=[ADDRESS]).inputs == (ADDRESS,)
    error = refusal("x", type_=kind)
    assert error.code == "invalid-node"
    assert error.message == f"a {kind} node needs the address of an input."


@pytest.mark.parametrize("kind", [node.LEAF, node.STASH])
def test_other_types_do_without_an_input(kind: str) -> None:
    assert node.build(kind, "x").inputs == ()


def test_more_inputs_than_a_node_holds_are_refused() -> None:
    inputs = [f"{number:040x}" for number in range(1025)]
    assert len(node.build(node.LEAF, "x", inputs=[*inputs[:1024], inputs[0]]).inputs) == 1024
    error = refusal("x", inputs=inputs)
    assert (error.code, error.message) == (
        "too-large",
        "a node has at most 1,024 inputs, not 1,025.",
    )


def test_more_anchors_than_a_node_holds_are_refused() -> None:
    anchors = [Anchor(None, None, None, "a" * 16, f"{number}.py") for number in range(65)]
    assert len(node.build(node.LEAF, "x", anchors=[*anchors[:64], anchors[0]]).anchors) == 64
    error = refusal("x", anchors=anchors)
    assert (error.code, error.message) == ("too-large", "a node has at most 64 anchors, not 65.")


def test_more_bytes_than_a_node_holds_are_refused() -> None:
    room = node.MAX_BYTES - len(node.encode(node.build(node.LEAF, "x"))) + 1
    fits = node.encode(node.build(node.LEAF, "é" * (room // 2) + "x" * (room % 2)))
    assert len(fits) == node.MAX_BYTES
    assert node.decode(fits) is not None
    error = refusal("x" * (room + 1))
    assert error.code == "too-large"
    assert error.message == "the claim is 65,537 bytes; a node holds at most 65,536."
    assert error.hint == "git mnemo claim --batch, with the text in parts"


@pytest.mark.parametrize(
    ("key", "fits"),
    [
        ("s_a7f3c2d1@claude.2", True),
        ("K" * 64, True),
        ("K" * 65, False),
        ("", False),
        ("a b", False),
    ],
)
def test_a_key_has_an_alphabet(key: str, fits: bool) -> None:
    assert node.is_key(key) is fits
    built = Node(node.CHAIN, "context", "x", key=key)
    assert (node.decode(node.encode(built)) == built) is fits


def test_the_title_of_a_text_that_begins_with_many_blanks() -> None:
    assert node.title_of(" " * 80 + "x" * 80) == "x" * 72
    assert node.title_of("  two blanks stay") == "  two blanks stay"


def test_a_record_that_lacks_a_field_is_named() -> None:
    with pytest.raises(TypeError, match=r"^Anchor\(\) missing .* 'path'"):
        Anchor(None, None, None, "9c")  # type: ignore[call-arg]
