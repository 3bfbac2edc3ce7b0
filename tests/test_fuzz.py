"""Any bytes at every decoder: refused with an error of ours or read, and never at great cost."""

import gc
import json
import os
import random
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from git_mnemo import suspicion
from tests.decoders import DECODERS, NODE, feed
from tests.decoders_beside import OID

THOROUGH = bool(os.environ.get("MNEMO_EVERY_STEP"))
EXAMPLES = 800 if THOROUGH else 25
NAMES = sorted(DECODERS)


@st.composite
def spoilt(draw: st.DrawFn, name: str) -> bytes:
    """An input that was right, cut, doubled and changed in some places; or any bytes."""
    data = draw(st.sampled_from(DECODERS[name][1]) | st.binary(max_size=80))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        until = min(len(data), at + draw(st.integers(0, 12)))
        new = draw(
            st.binary(max_size=6)
            | st.sampled_from([b"\n", b"\0", b"\xff", b"9" * 5000, b'"', b"[" * 3000, b"\r\n"])
            | st.just(data[at : at + 40])
        )
        data = data[:at] + new + data[until:]
    return data


@pytest.mark.parametrize("name", NAMES)
def test_no_input_is_a_surprise(name: str) -> None:
    @settings(max_examples=EXAMPLES)
    @given(spoilt(name))
    def look(data: bytes) -> None:
        feed(name, data)

    for right in DECODERS[name][1]:
        DECODERS[name][0](right)
    look()


# -- what it costs -----------------------------------------------------------------------------

LINES: dict[str, Callable[[int], bytes]] = {
    "many short lines": lambda size: b"a b\n" * (size // 4),
    "one long line": lambda size: b"a" * size,
    "blanks": lambda size: b" " * size,
    "line ends": lambda size: b"\n" * size,
    "opened and not closed": lambda size: b"[{" * (size // 2),
    "quotes": lambda size: b'"\\' * (size // 2),
    "comments": lambda size: b"/*" * (size // 2),
    "digits": lambda size: b"9" * size,
    "an object of many": lambda size: (
        b"{%s}" % b",".join(b'"k%d": [1]' % number for number in range(size // 12))
    ),
    "many inputs": lambda size: NODE.replace(
        b"input %s\n" % OID.encode(), b"".join(b"input %040x\n" % n for n in range(size // 47))
    ),
    "assignments": lambda size: b"password = " * (size // 11),
    "urls": lambda size: b"https://a:" * (size // 10),
    "hidden": lambda size: "\u200b\u202e".encode() * (size // 6),
    "tags": lambda size: b"<!--" * (size // 4),
    "words of orders": lambda size: b"ignore all previous " * (size // 20),
}
SMALL, TIMES = 16_384 if THOROUGH else 1024, 8


def _seconds(name: str, data: bytes) -> float:
    best = 9e9
    for attempt in range(3):
        suspicion._judged.clear()
        gc.disable()  # else what the whole suite holds is gone through
        begun = time.process_time()
        try:
            feed(name, data + b"%d" % attempt)
        finally:
            gc.enable()
        best = min(best, time.process_time() - begun)
        if best > 1 or best < 0.01:
            break
    return best


@pytest.mark.parametrize("name", NAMES)
def test_eight_times_the_input_is_not_sixty_times_the_work(
    name: str, record_property: Callable[[str, object], None]
) -> None:
    """Growth, not time: what grows with the square is told from what grows in proportion. Work of
    a few milliseconds is too little to tell by, and none to fear."""
    worst = 0.0
    for kind, made in LINES.items():
        large = _seconds(name, made(SMALL * TIMES))
        if large > 0.1:
            growth = large / max(_seconds(name, made(SMALL)), 1e-4)
            worst = max(worst, growth)
            assert growth < TIMES * 5, (kind, growth, large)
    record_property("growth", round(worst, 1))


def test_what_is_written_is_read_back() -> None:
    """JSON of ours, whatever stands in it, through the terse writer and Python's own."""
    from git_mnemo import terse_json

    chance = random.Random(8)
    for _ in range(200):
        text = "".join(chr(chance.choice((chance.randrange(0xD800), 0x1F600))) for _ in range(20))
        value = {"a": [text, None, True, 3], text: {"b": ""}}
        assert json.loads(terse_json.write(value)) == terse_json.read(
            terse_json.write(value).encode()
        )
