"""Relocation: the verdict on lines of a file, from its bytes then and now."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from git_mnemo import anchor, relocation
from git_mnemo.anchor import Anchor
from git_mnemo.relocation import DRIFTED, FRESH, MOVED, UNKNOWN, Spot, Text, Verdict

PATH = "src/pool.py"
POOL = b"""\
import time


def pool(size):
    # one pool for all
    found = Pool(size)
    return found


def close(pool):
    pool.close()
"""
BLANK = st.sampled_from([b"", b" ", b"\t", b"  \r"])
WORD = st.sampled_from([b"alpha", b"beta = 1", b"gamma()", b"return delta", b"}", b"else:"])
LINE = st.tuples(BLANK, WORD, BLANK).map(b"".join)
LINES = st.lists(LINE, max_size=12)


def lay(content: bytes, first: int | None = None, last: int | None = None) -> Anchor:
    """An anchor on lines of a file, as `claim` lays it."""
    lines = content.split(b"\n")
    region = content if first is None else b"\n".join(lines[first - 1 : last])
    digest = anchor.line_hash(region)
    assert digest is not None
    return Anchor(None, first, last, digest, PATH)


def judge(laid: Anchor, old: bytes | None, now: bytes, path: str = PATH) -> Verdict:
    return relocation.verdict(laid, path, Text(now), None if old is None else Text(old))


def here(first: int, last: int, path: str = PATH) -> Spot:
    return Spot(path, first, last)


KNOWN = pytest.mark.parametrize("known", [True, False], ids=["file known", "hash only"])


def shrunk(content: bytes) -> bytes:
    """What the hash sees of lines: not the blanks at their ends, not the empty ones."""
    stripped = (line.strip(b" \t\r\v\f") for line in content.split(b"\n"))
    return b"\n".join(line for line in stripped if line)


# -- what happens to a function ----------------------------------------------------------------


@KNOWN
@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (POOL, Verdict(FRESH, here(4, 7))),
        (POOL + b"# more\n", Verdict(FRESH, here(4, 7))),
        (POOL.replace(b"    ", b"\t\t"), Verdict(FRESH, here(4, 7))),
        (POOL.replace(b"\n", b"\r\n"), Verdict(FRESH, here(4, 7))),
        (b"# head\n\n" + POOL, Verdict(MOVED, here(6, 9))),
        (POOL[POOL.index(b"def") :], Verdict(MOVED, here(1, 4))),
        (POOL.replace(b"found = P", b"\n    found = P"), Verdict(MOVED, here(4, 8))),
        (b"class X:\n" + POOL.replace(b"\n", b"\n    "), Verdict(MOVED, here(5, 8))),
    ],
    ids=["same", "more", "reindented", "crlf", "down", "up", "parted", "down and in"],
)
def test_lines_that_are_left_are_found(known: bool, now: bytes, expected: Verdict) -> None:
    assert judge(lay(POOL, 4, 7), POOL if known else None, now) == expected


@KNOWN
@pytest.mark.parametrize(
    ("now", "nearest"),
    [
        (POOL.replace(b"Pool(size)", b"Pool(size, 3)"), here(4, 7)),
        (b"# head\n" + POOL.replace(b"return found", b"return None"), here(5, 8)),
        (POOL.replace(b"    # one pool for all\n", b""), here(4, 6)),
        (b"import time\n\n\ndef other():\n    pass\n\n\ndef close(pool):\n", here(4, 5)),
        (b"nothing of it\n", None),
        (b"", None),
    ],
    ids=["edited", "edited below", "line gone", "replaced", "another file", "emptied"],
)
def test_lines_that_changed_have_drifted(known: bool, now: bytes, nearest: Spot | None) -> None:
    assert judge(lay(POOL, 4, 7), POOL if known else None, now) == Verdict(
        DRIFTED, nearest if known else None
    )


@KNOWN
def test_a_whole_file_is_fresh_moved_or_drifted(known: bool) -> None:
    old, whole = POOL if known else None, lay(POOL)
    assert judge(whole, old, b"\n" + POOL) == Verdict(FRESH, Spot(PATH, None, None))
    assert judge(whole, old, POOL, "new.py") == Verdict(MOVED, Spot("new.py", None, None))
    assert judge(whole, old, POOL + b"x\n") == Verdict(DRIFTED, Spot(PATH, None, None))


@KNOWN
def test_a_renamed_file_moves_what_is_in_it(known: bool) -> None:
    old, laid = POOL if known else None, lay(POOL, 10, 10)
    assert judge(laid, old, POOL, "new.py") == Verdict(MOVED, here(10, 10, "new.py"))
    long = lay(POOL, 4, 7)
    assert judge(long, old, b"\n" + POOL, "new.py") == Verdict(MOVED, here(5, 8, "new.py"))
    changed = judge(long, old, POOL.replace(b"found", b"it"), "new.py")
    assert (changed.name, changed.now and changed.now.path) == (
        DRIFTED, "new.py" if known else None,
    )  # fmt: skip


# -- what cannot be told -----------------------------------------------------------------------


@KNOWN
@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([b"a", b"b"], False),
        ([b"a", b"", b"b"], False),
        ([b"a", b"b", b"c"], True),
        ([b"x" * 39], False),
        ([b"x" * 40], True),
        ([b"x" * 20, b"y" * 19], False),
        ([b"x" * 20, b"y" * 20], True),
        ([b" " * 20 + b"x" * 39], False),
    ],
)
def test_three_kept_lines_or_forty_kept_bytes_are_followed(
    known: bool, lines: list[bytes], found: bool
) -> None:
    old = b"\n".join(lines) + b"\nend\n"
    laid = lay(old, 1, len(lines))
    expected = (
        Verdict(MOVED, here(2, 1 + len(lines)))
        if found
        else Verdict(UNKNOWN, None, relocation.TOO_SHORT)
    )
    assert judge(laid, old if known else None, b"new\n" + old) == expected
    assert judge(laid, old if known else None, b"new\nend\n").name == DRIFTED


BODY = b"one\ntwo\nthree\n"


@KNOWN
def test_the_nearest_of_several_places_is_it_and_two_as_near_are_none(known: bool) -> None:
    old = b"0\n" * 10 + BODY + b"0\n" * 10
    laid, then = lay(old, 11, 13), old if known else None
    near = b"0\n" * 8 + BODY + b"0\n" * 10 + BODY
    assert judge(laid, then, near) == Verdict(MOVED, here(9, 11))
    between = b"0\n" * 5 + BODY + b"0\n" * 7 + BODY
    assert judge(laid, then, between) == Verdict(UNKNOWN, None, relocation.TWO_PLACES)


def test_where_one_of_two_copies_is_gone_it_may_have_been_either() -> None:
    old = BODY + b"0\n" * 10 + BODY
    laid = lay(old, 1, 3)
    now = b"0\n" * 9 + BODY
    assert judge(laid, None, now) == Verdict(MOVED, here(10, 12))
    assert judge(laid, old, now) == Verdict(UNKNOWN, None, relocation.TWO_PLACES)


def test_too_much_to_look_through_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relocation, "MOST_STEPS", 40)
    laid = lay(POOL, 1, 8)
    assert judge(laid, POOL, b"#\n" + POOL) == Verdict(MOVED, here(2, 8))
    assert judge(laid, None, b"#\n" + POOL) == Verdict(UNKNOWN, None, relocation.TOO_LARGE)


def test_an_old_file_that_has_other_lines_is_not_believed() -> None:
    laid = lay(POOL, 4, 7)
    assert judge(laid, b"other\n" * 9, b"#\n" + POOL) == Verdict(MOVED, here(5, 8))
    assert judge(laid, b"", b"#\n" + POOL) == Verdict(MOVED, here(5, 8))


@pytest.mark.parametrize("last", [5, 10**20])
def test_lines_past_the_end_are_no_lines(last: int) -> None:
    odd = Anchor(None, 1, last, "0" * 16, PATH)
    assert judge(odd, None, b"one\n") == Verdict(DRIFTED, None)
    assert judge(odd._replace(first=last), None, b"one\n") == Verdict(DRIFTED, None)


def test_one_pass_finds_what_was_named_before(monkeypatch: pytest.MonkeyPatch) -> None:
    passes: list[int] = []
    real = Text._search

    def counted(self: Text, most: int) -> None:
        passes.append(most)
        real(self, most)

    monkeypatch.setattr(Text, "_search", counted)
    now = Text(b"#\n" + POOL)
    laid = [lay(POOL, 6, 11), lay(POOL, 4, 7), lay(POOL, 5, 7)]
    now.expect(one.hash for one in laid)
    assert [relocation.verdict(one, PATH, now, None).name for one in laid] == [MOVED] * 3
    assert passes == [6]


# -- any file, any change ----------------------------------------------------------------------


@given(LINES, st.lists(LINE, min_size=1, max_size=8), LINES, LINES, LINES, st.booleans())
def test_a_region_that_is_shifted_is_fresh_moved_or_unknown(
    above: list[bytes], region: list[bytes], below: list[bytes],
    new_above: list[bytes], new_below: list[bytes], known: bool,
) -> None:  # fmt: skip
    old = b"\n".join([*above, *region, *below])
    now = b"\n".join([*new_above, *region, *new_below])
    laid = lay(old, len(above) + 1, len(above) + len(region))
    found = judge(laid, old if known else None, now)
    assert found.name in (FRESH, MOVED, UNKNOWN)
    if found.now is not None and found.now.first is not None:
        lines = now.split(b"\n")[found.now.first - 1 : found.now.last]
        assert shrunk(b"\n".join(lines)) == shrunk(b"\n".join(region))


@given(LINES, st.lists(LINE, min_size=1, max_size=8), LINES, st.data(), st.booleans())
def test_a_region_with_a_change_is_never_fresh(
    above: list[bytes], region: list[bytes], below: list[bytes], data: st.DataObject, known: bool
) -> None:
    old = b"\n".join([*above, *region, *below])
    at = data.draw(st.integers(0, len(region) - 1))
    change = data.draw(st.sampled_from(["edit", "delete", "insert"]))
    new = {
        "edit": [*region[:at], region[at] + b"!", *region[at + 1 :]],
        "delete": [*region[:at], *region[at + 1 :]],
        "insert": [*region[:at], b"new", *region[at:]],
    }[change]
    now = b"\n".join([*above, *new, *below])
    first, last = len(above) + 1, len(above) + len(region)
    lines = b"\n".join(now.split(b"\n")[first - 1 : last])
    assume(shrunk(lines) != shrunk(b"\n".join(region)))
    assert judge(lay(old, first, last), old if known else None, now).name != FRESH


@given(LINES, LINES, st.integers(1, 12), st.integers(0, 6), st.booleans())
def test_any_two_files_get_a_verdict_that_holds(
    old_lines: list[bytes], now_lines: list[bytes], first: int, more: int, known: bool
) -> None:
    old, now = b"\n".join(old_lines), b"\n".join(now_lines)
    region = b"\n".join(old_lines[first - 1 : first + more])
    assume(shrunk(region))
    laid = lay(old, first, first + more)
    found = judge(laid, old if known else None, now)
    there = b"\n" + shrunk(region) + b"\n" in b"\n" + shrunk(now) + b"\n"
    assert (found.name == DRIFTED) == (not there)
    if found.name in (FRESH, MOVED):
        assert found.now is not None
        assert found.now.first is not None
        lines = now.split(b"\n")[found.now.first - 1 : found.now.last]
        assert shrunk(b"\n".join(lines)) == shrunk(region)
    elif found.now is not None:
        assert 1 <= (found.now.first or 0) <= (found.now.last or 0) <= len(now_lines)
