"""Ref names: built and taken apart, and who belongs to whom."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from git_mnemo import refs
from git_mnemo.errors import STATUS, MissingObject, MnemoError, RefMoved
from git_mnemo.refs import Archived
from tests import strategies
from tests.support import run


@given(strategies.sessions)
def test_a_session_is_read_back_from_its_ref(session: str) -> None:
    assert refs.is_session(session)
    assert refs.parse_session(refs.session_ref(session)) == session
    assert refs.parse_archive(refs.session_ref(session)) is None


@given(strategies.sessions, st.integers(1, 99_999_999_999))
def test_an_archived_session_is_read_back_from_its_ref(session: str, at: int) -> None:
    ref = refs.archive_ref(session, at)
    assert refs.parse_archive(ref) == Archived(session, at)
    assert refs.parse_session(ref) is None


@given(st.text() | st.from_regex(r"s_[0-9a-f@_]{6,12}(_[0-9]{1,13})?", fullmatch=True))
def test_any_ref_is_refused_or_the_one_of_its_session(name: str) -> None:
    session = refs.parse_session(refs.SESSIONS + name)
    archived = refs.parse_archive(refs.ARCHIVE + name)
    assert session is None or refs.session_ref(session) == refs.SESSIONS + name
    assert archived is None or refs.archive_ref(*archived) == refs.ARCHIVE + name
    assert refs.parse_session(name) is None
    assert refs.parse_archive(name) is None


@pytest.mark.parametrize(
    "session",
    ["s_a7f3c2d1", "s_00000000@a", "s_a7f3c2d1@claude-code", "s_a7f3c2d1@" + "a" * 32],
)
def test_git_takes_the_names_that_we_build(session: str) -> None:
    for ref in (refs.PROJECT, refs.session_ref(session), refs.archive_ref(session, 1795426200)):
        assert ref.startswith(refs.ROOT)
        assert run("git", "check-ref-format", ref).code == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s_",
        "s_a7f3c2d",
        "s_a7f3c2d10",
        "s_A7F3C2D1",
        "s_a7f3c2dg",
        "s-a7f3c2d1",
        "a7f3c2d1",
        "s_a7f3c2d1@",
        "s_a7f3c2d1@-a",
        "s_a7f3c2d1@A",
        "s_a7f3c2d1@a@b",
        "s_a7f3c2d1@a/b",
        "s_a7f3c2d1@" + "a" * 33,
        "s_a7f3c2d1\n",
    ],
)
def test_what_is_no_session(text: str) -> None:
    assert refs.is_session("s_a7f3c2d1")
    assert not refs.is_session(text)
    assert refs.parse_session(refs.SESSIONS + text) is None


@pytest.mark.parametrize("at", ["", "0", "01", "-1", "1.5", "٣", "1" * 12, "1 "])
def test_what_is_no_archive(at: str) -> None:
    assert refs.parse_archive(refs.ARCHIVE + "s_a7f3c2d1_1") == Archived("s_a7f3c2d1", 1)
    assert refs.parse_archive(f"{refs.ARCHIVE}s_a7f3c2d1_{at}") is None


@given(st.text(), st.sampled_from("az09"))
@example("Claude Code", "a")
@example("x" * 31 + "-y", "a")
def test_any_name_with_a_letter_or_digit_becomes_an_agent(text: str, known: str) -> None:
    slug = refs.agent_slug(text + known)
    assert refs.is_agent(slug)
    assert refs.agent_slug(slug) == slug


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("claude", "claude"),
        ("Claude Code", "claude-code"),
        ("  --GPT__5!  ", "gpt-5"),
        ("réviseur", "r-viseur"),
        ("a" * 40, "a" * 32),
        ("a" * 31 + " b", "a" * 31),
    ],
)
def test_an_agent_is_named_in_lower_case_with_hyphens(text: str, slug: str) -> None:
    assert refs.agent_slug(text) == slug


@pytest.mark.parametrize("text", ["", " ", "---", "é", "名"])
def test_a_name_without_letter_or_digit_is_refused(text: str) -> None:
    with pytest.raises(MnemoError) as caught:
        refs.agent_slug(text)
    assert caught.value.code == "invalid-id"
    assert caught.value.status == 129
    assert caught.value.message == f"{text!r} names no agent: a name needs a letter a-z or a digit."
    assert caught.value.hint == "git mnemo claim --agent claude TEXT"


@pytest.mark.parametrize(
    ("session", "member", "meant"),
    [
        ("s_a7f3c2d1", "s_a7f3c2d1", True),
        ("s_a7f3c2d1", "s_a7f3c2d1@scout", True),
        ("s_a7f3c2d1@scout", "s_a7f3c2d1@scout", True),
        ("s_a7f3c2d1@scout", "s_a7f3c2d1", False),
        ("s_a7f3c2d1@scout", "s_a7f3c2d1@other", False),
        ("s_a7f3c2d1", "s_a7f3c2d2@scout", False),
    ],
)
def test_naming_a_session_means_those_of_its_agents(session: str, member: str, meant: bool) -> None:
    assert refs.of_family(session, member) is meant


@given(strategies.stems, strategies.agents)
def test_a_session_is_of_a_family_and_perhaps_of_an_agent(stem: str, agent: str) -> None:
    assert refs.family(stem) == refs.family(f"{stem}@{agent}") == stem
    assert refs.agent_of(stem) is None
    assert refs.agent_of(f"{stem}@{agent}") == agent


# -- errors ------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", STATUS)
def test_an_error_exits_with_the_status_of_its_code(code: str) -> None:
    assert MnemoError(code, "no.").status == STATUS[code]
    assert MnemoError(code, "no.", fatal=True).status == 128


def test_an_error_keeps_what_it_is_told() -> None:
    error = MnemoError("ambiguous", "two of them.", "git mnemo show", candidates=["a", "b"])
    assert (error.message, error.hint, error.details) == (
        "two of them.",
        "git mnemo show",
        {"candidates": ["a", "b"]},
    )
    assert str(error) == "two of them."


def test_errors_that_somebody_branches_on_name_their_thing() -> None:
    moved, missing = RefMoved(refs.PROJECT), MissingObject("4b" * 20)
    assert (moved.code, moved.status, moved.name) == ("conflict", 1, refs.PROJECT)
    assert refs.PROJECT in moved.message
    assert (missing.code, missing.status, missing.oid) == ("corrupt", 128, "4b" * 20)
    assert "4b" * 20 in missing.message
