"""Anchors: the hash of lines, the spelling of paths, and headers there and back."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_mnemo import anchor
from git_mnemo.anchor import Anchor
from tests import plain, strategies
from tests.support import run_git

GOOD = f"{'4b' * 20} 40-62 a1b2c3d4e5f60718 src/pool.py"
BLANKS = st.text(" \t\r\v\f", max_size=3).map(str.encode)
WORDS = st.binary(min_size=1).filter(
    lambda word: b"\n" not in word and word.strip(b" \t\r\v\f") == word
)

# -- line hash ---------------------------------------------------------------------------------


@given(st.lists(st.tuples(BLANKS, WORDS, BLANKS), min_size=1), st.booleans())
def test_the_hash_forgives_blanks_at_the_ends_and_empty_lines(
    lines: list[tuple[bytes, bytes, bytes]], ended: bool
) -> None:
    plain = b"".join(word + b"\n" for _, word, _ in lines)
    dressed = b"\n\n".join(before + word + after for before, word, after in lines)
    assert anchor.line_hash(dressed + b"\n" * ended) == anchor.line_hash(plain)


@given(st.lists(WORDS, min_size=1), WORDS)
def test_the_hash_forgives_nothing_else(lines: list[bytes], more: bytes) -> None:
    whole = anchor.line_hash(b"\n".join(lines))
    assert whole is not None
    assert whole != anchor.line_hash(b"\n".join([*lines, more]))
    assert whole != anchor.line_hash(b"\n".join([more, *lines]) + b"\n")
    assert whole != anchor.line_hash(b"\n".join([*lines[:-1], lines[-1] + b"x"]))


@given(st.lists(BLANKS))
def test_blank_lines_alone_have_no_hash(lines: list[bytes]) -> None:
    assert anchor.line_hash(b"x") is not None
    assert anchor.line_hash(b"\n".join(lines)) is None


# -- paths -------------------------------------------------------------------------------------


@given(st.binary(min_size=1))
def test_any_path_is_read_back_from_its_spelling(raw: bytes) -> None:
    path = raw.decode("utf-8", "surrogateescape")
    written = anchor.quote(path)
    assert anchor.unquote(written) == path
    assert written == path or written.startswith('"')
    written.encode("utf-8")  # a header is text, whatever the file system says


@given(st.text('\\"abntvfr01234567é\t ', max_size=12).map('"{}"'.format) | strategies.odd_texts)
def test_a_path_has_one_spelling(written: str) -> None:
    path = anchor.unquote(written)
    assert path is None or anchor.quote(path) == written


def test_a_quoted_path_is_spelled_as_git_spells_it(empty_repo: Path) -> None:
    names = [b"a%cb" % byte for byte in range(1, 256) if byte != ord("/")]
    index = b"".join(b"100644 %s\t%s\0" % (b"1" * plain.WIDTH, name) for name in names)
    run_git("update-index", "-z", "--index-info", input=index.decode("utf-8", "surrogateescape"))
    listed = run_git("-c", "core.quotePath=true", "ls-files").split("\n")
    quoted = [line for line in listed if line.startswith('"')]
    assert len(quoted) == 31 + 1 + 2 + 128
    ours = {anchor.quote(name.decode("utf-8", "surrogateescape")) for name in names}
    assert set(quoted) <= ours
    assert set(listed) == ours


@pytest.mark.parametrize(
    "written",
    [
        "",
        " a",
        "a ",
        "\ta",
        "a\tb",
        'say "hi"',
        "a\\b",
        "a\x85b",
        '"',
        '""',
        '"a"',
        '"a b"',
        '"\\t',
        '"\\"',
        '"\\t"x',
        '"a\\"b"c"',
        '"\\x41\\t"',
        '"\\11"',
        '"\\011"',
        '"\\400"',
        '"\\101\\t"',
        '"é\\t"',
        '"\\303\\274"',
    ],
)
def test_any_other_spelling_is_refused(written: str) -> None:
    assert anchor.unquote('"a\\tb"') == "a\tb"
    assert anchor.unquote(written) is None


# -- headers -----------------------------------------------------------------------------------


@given(strategies.anchors())
def test_an_anchor_is_read_back_from_its_header(given_anchor: Anchor) -> None:
    assert anchor.decode(anchor.encode(given_anchor), 40) == given_anchor


@given(strategies.odd_texts | st.text('-0123456789abcdef "\\', max_size=90))
def test_any_header_is_refused_or_canonical(value: str) -> None:
    read = anchor.decode(value, 40)
    assert read is None or anchor.encode(read) == value


def test_what_is_absent_is_a_dash() -> None:
    assert anchor.encode(Anchor(None, None, None, "a" * 16, "a b.py")) == f"- - {'a' * 16} a b.py"
    assert anchor.decode(GOOD, 40) == Anchor("4b" * 20, 40, 62, "a1b2c3d4e5f60718", "src/pool.py")
    assert anchor.decode(GOOD.replace("4b" * 20, "4b" * 32), 64) is not None


@pytest.mark.parametrize(
    ("was", "is_"),
    [
        ("4b" * 20, "4b" * 19),
        ("4b" * 20, "4B" * 20),
        ("4b" * 20, "4b" * 32),
        ("4b" * 20, ""),
        ("40-62", "040-62"),
        ("40-62", "40-062"),
        ("40-62", "0-62"),
        ("40-62", "63-62"),
        ("40-62", "40"),
        ("40-62", "40-"),
        ("40-62", "-62"),
        ("40-62", "--"),
        ("40-62", "40-50-62"),
        ("40-62", "+40-62"),
        ("40-62", "4_0-62"),
        ("40-62", "٤٠-62"),
        ("40-62", "1-" + "9" * 5000),
        ("a1b2c3d4e5f60718", "a1b2c3d4e5f6071"),
        ("a1b2c3d4e5f60718", "A1B2C3D4E5F60718"),
        ("a1b2c3d4e5f60718", "-"),
        (" src/pool.py", ""),
        ("src/pool.py", ""),
        ("src/pool.py", " src/pool.py"),
        ("src/pool.py", '"src/pool.py"'),
    ],
)
def test_a_header_with_one_wrong_field_is_refused(was: str, is_: str) -> None:
    assert anchor.decode(GOOD, 40) is not None
    assert anchor.decode(GOOD.replace(was, is_), 40) is None
