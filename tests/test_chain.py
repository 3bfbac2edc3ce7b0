"""Chains: ids, paths and entry names as pure functions, and the order of entries."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_mnemo import chain
from git_mnemo.chain import Entry
from tests import strategies

TITLE = "8a1b2c3d4e5f6a7b" + "0" * 24
ID = "ch_20261123_8a1b2c3d4e5f6a7b"
entries = st.builds(Entry, st.integers(0, 6), st.sampled_from(["a" * 40, "b" * 40, "c" * 40]))


def test_id_path_and_entry_name_follow_from_what_they_name() -> None:
    assert chain.chain_id("20261123", TITLE) == ID
    assert "/".join(chain.folders(ID)) == f"2026-11/23/8a/{ID}"
    assert chain.entry_name(0, TITLE) == f"0000-{TITLE}"
    assert chain.entry_name(9999, TITLE) == f"9999-{TITLE}"
    assert chain.entry_name(10000, TITLE) == f"10000-{TITLE}"


@given(strategies.days, strategies.oids)
def test_the_id_of_any_day_and_title_is_one(day: str, title: str) -> None:
    assert chain.is_chain_id(chain.chain_id(day, title))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ch_20261123_8a1b2c3d4e5f6a7",
        "ch_20261123_8a1b2c3d4e5f6a7b0",
        "ch_20261123_8A1B2C3D4E5F6A7B",
        "ch_20261123_8a1b2c3d4e5f6a7g",
        "ch-20261123_8a1b2c3d4e5f6a7b",
        "ch_20261123-8a1b2c3d4e5f6a7b",
        "ch_20260229_8a1b2c3d4e5f6a7b",
        "ch_20261301_8a1b2c3d4e5f6a7b",
        "ch_20261100_8a1b2c3d4e5f6a7b",
        "ch_00001123_8a1b2c3d4e5f6a7b",
        "ch_٢٠٢٦1123_8a1b2c3d4e5f6a7b",
        f"{ID}\n",
        f" {ID}",
    ],
)
def test_what_is_no_chain_id(text: str) -> None:
    assert chain.is_chain_id(ID)
    assert not chain.is_chain_id(text)


@given(st.text())
def test_any_text_is_a_chain_id_or_not(text: str) -> None:
    assert not chain.is_chain_id(text) or len(text) == chain.ID_LENGTH


@given(strategies.days)
def test_a_chain_began_with_its_day(day: str) -> None:
    midnight = datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC)
    assert chain.began(chain.chain_id(day, TITLE)) == midnight.timestamp()


@given(st.integers(0, chain.MAX_POSITION), st.sampled_from([40, 64]))
def test_an_entry_is_read_back_from_its_name(position: int, width: int) -> None:
    address = ("5e" * 32)[:width]
    assert chain.parse_entry(chain.entry_name(position, address), width) == (position, address)


@given(st.text() | st.from_regex(rf"\d{{3,8}}-{TITLE}", fullmatch=True))
def test_any_name_is_refused_or_the_one_of_its_entry(name: str) -> None:
    entry = chain.parse_entry(name)
    assert entry is None or chain.entry_name(*entry) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "0001",
        f"-{TITLE}",
        f"001-{TITLE}",
        f"00001-{TITLE}",
        f"010000-{TITLE}",
        f"1000000-{TITLE}",
        f"+001-{TITLE}",
        f"0٠01-{TITLE}",
        f"0001_{TITLE}",
        f"0001--{TITLE}",
        f"0001-{TITLE[:-1]}",
        f"0001-{TITLE}0",
        f"0001-{TITLE.upper()}",
        f"0001-{TITLE}.md",
    ],
)
def test_what_is_no_entry_name(name: str) -> None:
    assert chain.parse_entry(f"0001-{TITLE}") == Entry(1, TITLE)
    assert chain.parse_entry(name) is None


@given(st.lists(entries))
def test_entries_are_read_by_position_then_address_and_each_node_once(given: list[Entry]) -> None:
    read = chain.ordered(given)
    assert read == sorted(read)
    assert [entry.address for entry in read] == list(
        dict.fromkeys(e.address for e in sorted(given))
    )
    for entry in read:
        assert entry.position == min(e.position for e in given if e.address == entry.address)
    assert chain.ordered(reversed(given)) == read


def test_ten_thousand_comes_after_nine_thousand() -> None:
    assert chain.ordered([Entry(10000, "a" * 40), Entry(9999, "b" * 40)])[0].position == 9999


@pytest.mark.parametrize(
    ("positions", "gaps"),
    [
        ([], False),
        ([0], False),
        ([0, 1, 2], False),
        ([0, 1, 1], False),
        ([0, 2], True),
        ([1], True),
    ],
)
def test_a_position_that_nothing_takes_is_a_gap(positions: list[int], gaps: bool) -> None:
    entries = [Entry(position, f"{at:040x}") for at, position in enumerate(positions)]
    assert chain.has_gaps(entries) is gaps
