"""Commit messages: composed and taken apart, and what is passed over."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_mnemo import message
from git_mnemo.chain import Member
from git_mnemo.message import Told
from tests import strategies
from tests.support import run_git

CHAIN = "ch_20261123_8a1b2c3d4e5f6a7b"
ADDRESS, HEAD, BASE = "5e" * 20, "c0" * 20, "b5" * 20
LINE = f"Mnemo-Node: {ADDRESS} {CHAIN} 0001 2026-11-23T09:30:00Z claude"
TOLD = Told(Member(CHAIN, 1, ADDRESS), 1795426200, "claude")

told = st.builds(Told, strategies.members, strategies.epochs, st.none() | strategies.agents)
verbs = st.sampled_from(["claim", "promote", "stash", "pop", "link"])


def with_trailers(*lines: str) -> message.Message:
    return message.parse("\n".join([f"claim {CHAIN}: Something", "", *lines]) + "\n")


# -- printable ---------------------------------------------------------------------------------

UNSEEN = "".join(
    map(
        chr,
        [
            *range(0x20),
            *range(0x7F, 0xA0),
            *(0x61C, 0x200E, 0x200F),
            *range(0x202A, 0x202F),
            *range(0x2066, 0x206A),
        ],
    )
)


INVISIBLE = "".join(
    map(
        chr,
        [
            *(0xAD, 0x34F, 0x115F, 0x1160, 0x180E, 0x200B, 0x3164, 0xFEFF, 0xFFA0),
            *range(0x2060, 0x2066),
            *range(0x206A, 0x2070),
            *range(0xFFF0, 0xFFFC),
            *range(0xE0000, 0xE1000),
        ],
    )
)


def test_control_and_bidirectional_characters_are_neither_printed_nor_quoted() -> None:
    assert message.printable(f"a{UNSEEN}b") == message.quotable(f"a{UNSEEN}b") == "ab"


def test_invisible_characters_are_quoted_and_not_printed() -> None:
    """A subject is part of the format; what is shown is not."""
    assert message.printable(f"a{INVISIBLE}b\u2028c\u2029") == "ab c "
    assert message.quotable(f"a{INVISIBLE}b") == f"a{INVISIBLE}b"


def test_their_neighbours_are() -> None:
    text = " ~\xa0\xac\xae\u061b\u061d\u200c\u200d\u2010\u202f\u2070\ufefe é 🐌 👩\u200d🔬 क्\u200dष"
    assert message.printable(text) == text
    assert message.quotable(text) == text


@given(st.text())
def test_printing_drops_nothing_else_and_once_is_enough(text: str) -> None:
    shown = message.printable(text)
    seen = text.replace("\u2028", " ").replace("\u2029", " ")
    assert shown == "".join(char for char in seen if char not in UNSEEN + INVISIBLE)
    assert message.printable(shown) == shown
    assert message.quotable(text) == "".join(char for char in text if char not in UNSEEN)


# -- there and back ----------------------------------------------------------------------------


@given(
    verbs,
    strategies.chain_ids,
    strategies.claims,
    strategies.sessions,
    st.lists(told, max_size=3),
    st.none() | strategies.oids,
    st.none() | strategies.oids,
)
def test_a_message_is_read_back(
    verb: str,
    chain: str,
    text: str,
    session: str,
    nodes: list[Told],
    base: str | None,
    head: str | None,
) -> None:
    composed = message.compose(
        verb, chain, text, session=session, nodes=nodes, base=base, head=head
    )
    read = message.parse(composed)
    assert (read.verb, read.chain, read.session) == (verb, chain, session)
    assert (read.base, read.head, read.nodes) == (base, head, tuple(nodes))
    assert len(read.subject) <= message.SUBJECT_WIDTH
    assert read.subject == message.quotable(read.subject)
    assert read.subject in message.quotable(text.partition("\n")[0])


def test_a_message_is_written_in_this_order() -> None:
    composed = message.compose(
        "claim",
        CHAIN,
        "Retries time out.\nAlways.",
        session="s_a7f3c2d1",
        nodes=[TOLD, Told(Member(CHAIN, 10000, ADDRESS), 0, None)],
        base=BASE,
        head=HEAD,
    )
    assert composed.split("\n") == [
        f"claim {CHAIN}: Retries time out.",
        "",
        "Mnemo-Session: s_a7f3c2d1",
        f"Mnemo-Base: {BASE}",
        f"Mnemo-Head: {HEAD}",
        LINE,
        f"Mnemo-Node: {ADDRESS} {CHAIN} 10000 1970-01-01T00:00:00Z -",
        "",
    ]


def test_a_subject_without_anything_to_quote_ends_after_the_chain() -> None:
    composed = message.compose("claim", CHAIN, "\u202e \x1b", session="s_a7f3c2d1", nodes=[])
    assert composed.startswith(f"claim {CHAIN}\n\n")
    assert message.parse(composed)[:3] == ("claim", CHAIN, "")


def test_git_reads_the_trailers_too(tmp_path: Path) -> None:
    composed = message.compose(
        "claim", CHAIN, "Text: with a colon", session="s_a7f3c2d1", nodes=[TOLD], head=HEAD
    )
    parsed = run_git("interpret-trailers", "--parse", cwd=tmp_path, input=composed)
    assert parsed.split("\n") == ["Mnemo-Session: s_a7f3c2d1", f"Mnemo-Head: {HEAD}", LINE]


# -- whatever others write ---------------------------------------------------------------------


@given(
    st.text()
    | st.lists(st.sampled_from(["", " ", LINE, "x", "Mnemo-Session: s_a7f3c2d1"])).map("\n".join)
)
def test_any_text_is_read(text: str) -> None:
    read = message.parse(text)
    assert read.verb == text.rstrip("\n").split("\n")[0].split(" ")[0]


def test_a_commit_of_the_code_has_a_subject_and_nothing_of_ours() -> None:
    read = message.parse("pool: share one\n\nIt was made per request.\n\nFixes: #3\n")
    assert read == message.Message("pool:", None, "share one", None, None, None, ())


def test_trailers_stand_in_the_last_paragraph_only() -> None:
    assert with_trailers(LINE).nodes == (TOLD,)
    assert with_trailers(LINE, "", "Mnemo-Session: s_a7f3c2d1").nodes == ()
    assert with_trailers("Mnemo-Session: s_00000000", "", LINE).session is None
    assert message.parse(f"claim {CHAIN}: x\n{LINE}\n").nodes == ()


@pytest.mark.parametrize(
    ("was", "is_"),
    [
        (ADDRESS, ADDRESS[:-1]),
        (ADDRESS, ADDRESS.upper()),
        (ADDRESS, "5e" * 24),
        (CHAIN, "ch_20260229_8a1b2c3d4e5f6a7b"),
        (CHAIN, CHAIN[:-1]),
        ("0001", "1"),
        ("0001", "00001"),
        ("0001", "1000000"),
        ("0001", "-001"),
        ("09:30:00Z", "09:30:00"),
        ("11-23", "13-23"),
        (" claude", ""),
        ("claude", ""),
        ("claude", "Claude"),
        ("claude", "claude code"),
        (": ", ":"),
        ("Mnemo-Node", "mnemo-node"),
        ("Mnemo-Node", " Mnemo-Node"),
    ],
)
def test_a_malformed_line_is_passed_over_and_the_next_is_read(was: str, is_: str) -> None:
    assert with_trailers(LINE, LINE).nodes == (TOLD, TOLD)
    assert with_trailers(LINE.replace(was, is_), LINE).nodes == (TOLD,)
    assert with_trailers(LINE.replace(was, is_)).nodes == ()


@pytest.mark.parametrize("oid", ["", "c0" * 19, "C0" * 20, "c0" * 20 + " ", "HEAD"])
def test_a_malformed_id_is_passed_over(oid: str) -> None:
    read = with_trailers(f"Mnemo-Base: {BASE}", f"Mnemo-Head: {HEAD}")
    assert (read.base, read.head) == (BASE, HEAD)
    read = with_trailers(f"Mnemo-Base: {oid}", f"Mnemo-Head: {oid}")
    assert (read.base, read.head) == (None, None)


def test_a_malformed_session_is_passed_over() -> None:
    assert with_trailers("Mnemo-Session: s_a7f3c2d1").session == "s_a7f3c2d1"
    assert with_trailers("Mnemo-Session: s_a7f3c2d1/x").session is None


def test_words_missing_in_one_line_are_not_taken_from_another() -> None:
    longer, shorter = LINE + " claude", LINE.removesuffix(" claude")
    assert with_trailers(longer, shorter).nodes == with_trailers(shorter, longer).nodes == ()
    assert with_trailers(longer, LINE, shorter, LINE).nodes == (TOLD, TOLD)


def test_lines_of_ids_of_both_widths_are_read() -> None:
    wide = with_trailers(LINE.replace(ADDRESS, "5e" * 32)).nodes
    assert with_trailers(LINE, LINE.replace(ADDRESS, "5e" * 32), LINE).nodes == (TOLD, *wide, TOLD)


def test_wider_ids_are_read_too() -> None:
    read = with_trailers(LINE.replace(ADDRESS, "5e" * 32), f"Mnemo-Head: {'c0' * 32}")
    assert [line.member.address for line in read.nodes] == ["5e" * 32]
    assert read.head == "c0" * 32
