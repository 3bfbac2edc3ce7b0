"""Excerpts: what of a chain is shown within a number of characters."""

from hypothesis import given
from hypothesis import strategies as st

from git_mnemo.excerpt import Excerpt, Kept, Part, excerpt, sentences

TEXTS = st.text(alphabet="ab .!?\n。\"')", min_size=1, max_size=60)
PARTS = st.lists(
    st.builds(
        Part,
        TEXTS,
        st.sampled_from([0.0, 0.0, 1.0, 2.5]),
        st.integers(0, 80),
        st.integers(0, 9),
        st.booleans(),
    ),
    max_size=8,
)


def numbers(shown: Excerpt) -> list[int]:
    return [one.at for one in shown.kept]


@given(PARTS, st.integers(0, 300))
def test_an_excerpt_keeps_to_its_budget_and_to_whole_sentences(
    parts: list[Part], budget: int
) -> None:
    shown = excerpt(parts, budget)
    assert numbers(shown) == sorted(set(numbers(shown)))
    assert sum(len(one.text) + parts[one.at].extra for one in shown.kept) == shown.size <= budget
    assert shown.left_out == len(parts) - len(shown.kept)
    for one in shown.kept:
        said = sentences(parts[one.at].text)
        whole = one.text == parts[one.at].text
        pieces = [
            "".join(said[first:last]).rstrip()
            for first in range(len(said))
            for last in range(first + 1, len(said) + 1)
        ]
        assert whole or one.text in pieces
        assert whole or one.before or one.after or parts[one.at].text.rstrip() == one.text


@given(TEXTS)
def test_sentences_joined_are_the_text(text: str) -> None:
    assert "".join(sentences(text)) == text


def test_where_sentences_end() -> None:
    text = 'It is v1.2 of e.py. "Why?" Nobody knew!\nNew line 日本語。次'
    assert sentences(text) == [
        "It is v1.2 of e.py. ", '"Why?" ', "Nobody knew!\n", "New line 日本語。", "次",
    ]  # fmt: skip


def test_all_is_shown_where_there_is_room() -> None:
    parts = [Part("One."), Part("Two.", 1.0), Part("Three.")]
    shown = excerpt(parts, 100)
    assert [one.text for one in shown.kept] == ["One.", "Two.", "Three."]
    assert not shown.is_cut()


def test_what_matched_comes_first_then_what_is_near_it() -> None:
    parts = [Part(f"Claim {number}.") for number in range(10)]
    parts[6] = parts[6]._replace(score=1.0)
    assert numbers(excerpt(parts, 9)) == [6]
    assert numbers(excerpt(parts, 30)) == [5, 6, 7]
    assert excerpt(parts, 30).left_out == 7
    parts[1] = parts[1]._replace(score=2.0)
    assert numbers(excerpt(parts, 20)) == [1, 6]


def test_quiet_claims_come_last() -> None:
    parts = [Part("Old.", 9.0, quiet=True), Part("New.", 1.0), Part("Far.")]
    assert numbers(excerpt(parts, 8)) == [1, 2]


def test_a_long_claim_is_cut_around_what_matched() -> None:
    text = "Zero. One. Two. Three. Four."
    shown = excerpt([Part(text, 1.0, text.index("Two"))], 11)
    assert shown.kept == (Kept(0, "Two. Three.", True, True),)
    assert shown.is_cut()
    assert excerpt([Part(text, 1.0, text.index("Four"))], 12).kept == (
        Kept(0, "Three. Four.", True, False),
    )


def test_no_sentence_is_cut_and_nothing_is_shown_that_does_not_fit() -> None:
    assert excerpt([Part("A sentence that is long.", 1.0)], 10) == Excerpt((), 1, 0)
    assert excerpt([Part("Short. And one that is long.")], 10).kept == ()
