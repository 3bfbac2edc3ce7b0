"""Whatever a file holds: what is wrong is refused by its line, and nothing is imported."""

import base64
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from git_mnemo import node
from tests import plain
from tests.support import run_git
from tests.verbs import NOW, ask, claim, git_mnemo, refused, show, stamp

GOOD = {"text": "fine", "title": "T"}


def lines(*given: object) -> bytes:
    return "".join(json.dumps(one) + "\n" for one in given).encode()


def own(**fields: Any) -> dict[str, Any]:
    """A line of an export: the node `fine` in the chain of a title, unless told otherwise."""
    data = node.encode(node.build(node.LEAF, "fine"))
    address = run_git("hash-object", "--stdin", input=data.decode())
    return {
        "address": address, "type": "leaf", "domain": "context", "text": "fine", "inputs": [],
        "anchors": [], "chain": "ch_20261123_0123456789abcdef", "position": 1, "claimed": [],
    } | fields  # fmt: skip


ANCHOR = {"path": "a.py", "first": 1, "last": 2, "hash": "0" * 16, "blob": None}
ANCHORED = {"text": "x"}
MANY = [f"{number:0{plain.WIDTH}x}" for number in range(1025)]
BAD: dict[str, tuple[str, object]] = {
    "no JSON": ("invalid-node", b"{text: 1}"),
    "cut short": ("invalid-node", b'{"text": "x'),
    "two in a line": ("invalid-node", b'{"text": "x"} {"text": "y"}'),
    "something behind": ("invalid-node", b'{"text": "x"},'),
    "a list": ("invalid-node", b'["x"]'),
    "deep": ("invalid-node", b'{"a": ' + b"[" * 100_000),
    "deep and whole": ("invalid-node", b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "NaN": ("invalid-node", b'{"text": "x", "mood": NaN}'),
    "infinite": ("invalid-node", b'{"text": "x", "mood": -Infinity}'),
    "a huge number": ("invalid-node", b'{"text": "x", "mood": ' + b"1" * 10_000 + b"}"),
    "a key twice": ("invalid-node", b'{"text": "x", "text": "y"}'),
    "latin-1": ("invalid-node", '{"text": "é"}'.encode("latin-1")),
    "NUL": ("invalid-node", {"text": "a\0b"}),
    "half a character": ("invalid-node", {"text": "a\ud800b"}),
    "half a character in a key": ("invalid-node", {"text": "x", "key": "\ud800"}),
    "half a character in an id": ("invalid-node", {"text": "x", "id": "\ud800"}),
    "half a path": ("invalid-node", ANCHORED | {"anchors": [ANCHOR | {"path": "\ud800"}]}),
    "a BOM in the middle": ("invalid-node", b'\xef\xbb\xbf{"text": "x"}'),
    "no text": ("invalid-node", {"title": "T"}),
    "an empty text": ("invalid-node", {"text": " \n "}),
    "a text that is a number": ("invalid-node", {"text": 1}),
    "a huge text": ("too-large", {"text": "x" * 10_000_000}),
    "an odd domain": ("invalid-node", {"text": "x", "domain": "No Domain"}),
    "an odd type": ("invalid-node", {"text": "x", "type": "chain"}),
    "a type that needs inputs": ("invalid-node", {"text": "x", "type": "retract"}),
    "inputs that are a text": ("invalid-node", {"text": "x", "inputs": "#1"}),
    "too many inputs": ("too-large", {"text": "x", "inputs": MANY}),
    "an input with NUL": ("not-found", {"text": "x", "inputs": ["\0"]}),
    "an anchor that is none": ("invalid-node", {"text": "x", "anchors": [{"path": "a"}]}),
    "an anchor backwards": ("invalid-node", {"text": "x", "anchors": [ANCHOR | {"first": 3}]}),
    "an anchor of true": ("invalid-node", {"text": "x", "anchors": [ANCHOR | {"first": True}]}),
    "an anchor of ids of another length": (
        "invalid-node",
        ANCHORED | {"anchors": [ANCHOR | {"blob": "0" * (104 - plain.WIDTH)}]},
    ),
    "an anchor with NUL": ("invalid-node", {"text": "x", "anchors": ["a\0b"]}),
    "a title of two lines": ("invalid-node", {"text": "x", "title": "a\nb"}),
    "a long title": ("invalid-node", {"text": "x", "title": "a" * 201}),
    "an empty title": ("invalid-node", {"text": "x", "title": " "}),
    "the year 0": ("invalid-node", {"text": "x", "at": "0000-01-01T00:00:00Z"}),
    "before the year 1": ("invalid-node", {"text": "x", "at": "0001-01-01T00:00:00+01:00"}),
    "after the year 9999": ("invalid-node", {"text": "x", "at": "9999-12-31T23:59:59-01:00"}),
    "no day": ("invalid-node", {"text": "x", "at": "2026-02-30T00:00:00Z"}),
    "a time that is a number": ("invalid-node", {"text": "x", "at": 1795426200}),
    "a time in words": ("invalid-node", {"text": "x", "at": "yesterday\x1b[31m"}),
    "an id that is a list": ("invalid-node", {"text": "x", "id": []}),
    "after itself": ("invalid-node", {"text": "x", "id": "a", "after": "a"}),
    "another address": ("invalid-node", own(text="other")),
    "no address": ("invalid-node", own(address="fine")),
    "an address in capitals": ("invalid-node", own(address=own()["address"].upper())),
    "an address of SHA-256": ("invalid-node", own(address="0" * 64)),
    "an unknown type": ("invalid-node", own(type="note")),
    "a position below 0": ("invalid-node", own(position=-1)),
    "a position above all": ("invalid-node", own(position=1_000_000)),
    "a position that is true": ("invalid-node", own(position=True)),
    "a position without a chain": ("invalid-node", own(chain=None)),
    "a day that is none": ("invalid-node", own(chain="ch_20260230_0123456789abcdef")),
    "a claim at position 0": ("invalid-node", own(position=0)),
    "claimed that is a text": ("invalid-node", own(claimed="x")),
    "claimed at no time": ("invalid-node", own(claimed=[{"at": "soon"}])),
    "claimed by a number": ("invalid-node", own(claimed=[{"agent": 1}])),
    "raw that is no base64": ("invalid-node", own(raw="*")),
    "raw of another node": ("invalid-node", own(raw=base64.b64encode(b"x").decode())),
    "a key where none belongs": ("invalid-node", own(key="k")),
    "purged nonsense": ("invalid-node", {"purged": "x"}),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_is_named_and_nothing_is_imported(repo: Path, name: str) -> None:
    code, bad = BAD[name]
    raw = bad if isinstance(bad, bytes) else lines(bad)
    error = refused("import", "-", code=code, stdin=lines(GOOD) + raw + b"\n" + lines(GOOD))
    assert error["line"] == 2
    assert len(error["message"]) < 1000
    assert not list((repo / ".git/objects/pack").iterdir())


def test_a_line_of_any_length_is_refused_without_reading_it_whole(repo: Path) -> None:
    endless = b'{"text": "' + b"x" * (33 * 1024 * 1024)
    error = refused("import", "-", code="too-large", stdin=lines(GOOD) + endless)
    assert error["line"] == 2


def test_a_circle_is_named(repo: Path) -> None:
    circle = lines(
        GOOD,
        {"text": "a", "id": "a", "after": "c"},
        {"text": "b", "id": "b", "after": "a"},
        {"text": "c", "id": "c", "after": "b"},
    )
    assert refused("import", "-", code="invalid-node", stdin=circle)["line"] == 2


def test_two_lines_of_one_id_are_refused(repo: Path) -> None:
    twice = lines({"text": "a", "id": "x"}, {"text": "b", "id": "x"})
    assert refused("import", "-", code="invalid-node", stdin=twice)["line"] == 2


def test_line_ends_a_bom_and_empty_lines_do_not_matter(repo: Path) -> None:
    raw = b'\xef\xbb\xbf{"text": "one", "title": "T"}\r\n\r\n  \n{"text": "two", "title": "T"}'
    assert ask("import", "-", stdin=b' \t{"text": "three"}\t \r\n' + raw[3:])["nodes"] == 3
    assert ask("import", "-", stdin=raw)["skipped"] == 2
    wrong = b'\xef\xbb\xbf{"text": "one"}\r\n\n{"text": 2}\r\n'
    assert refused("import", "-", code="invalid-node", stdin=wrong)["line"] == 3


def test_control_characters_are_kept_and_not_printed(repo: Path) -> None:
    title = "red \x1b[31m \u202e title"
    ask("import", "-", stdin=lines({"text": "x\x07y", "title": title, "mo\x1bod": 1}))
    (found,) = ask("chains")["chains"]
    assert found["title"] == title
    again = git_mnemo("import", "-", stdin=lines({"text": "z", "mo\x1bod": 1}))
    assert again.code == 0
    subject = run_git("log", "-1", "--format=%s", "refs/mnemo/project", "--")
    assert "\x1b" not in subject + again.out + again.err + git_mnemo("show", found["id"]).out


def test_warnings_are_told_once_and_not_without_end(repo: Path) -> None:
    odd = lines(*({"text": f"claim {n}", f"field {n}": 1, "same": 1} for n in range(150)))
    told = ask("import", "-", stdin=odd)["warnings"]
    assert len([one for one in told if "'same'" in one]) == 1
    assert len(told) == 101
    assert told[-1] == "and 51 more warnings"


def test_positions_that_clash_stand_beside_each_other(repo: Path) -> None:
    """Two clones that joined have such chains, and the format orders them."""
    title = node.build(node.CHAIN, "T", key="k")
    text = node.encode(title).decode()
    address = run_git("hash-object", "--stdin", input=text)
    chain = f"ch_20261123_{address[:16]}"
    head = {"address": address, "type": "chain", "domain": "context", "text": "T", "key": "k"}
    other = run_git(
        "hash-object", "--stdin", input=node.encode(node.build(node.LEAF, "other")).decode()
    )
    both = lines(
        own(chain=chain, position=3),
        own(chain=chain, position=3, text="other", address=other),
        head | {"chain": chain, "position": 0},
    )
    assert ask("import", "-", stdin=both)["nodes"] == 2
    members = show(chain)["members"]
    assert [one["position"] for one in members] == [0, 3, 3]
    # A node that stands in the chain stays where it stands.
    assert ask("import", "-", stdin=lines(own(chain=chain, position=7)))["skipped"] == 1


def test_lines_of_an_export_without_their_title_get_a_chain_of_their_own(repo: Path) -> None:
    done = ask("import", "-", stdin=lines(own(), own(position=2, **_node("two"))))
    (found,) = ask("chains")["chains"]
    assert (found["title"], found["nodes"]) == ("fine", 2)
    assert show(found["id"])["members"][0]["key"] == own()["chain"]
    assert len(done["warnings"]) == 1
    assert ask("import", "-", stdin=lines(own(), own(position=2, **_node("two"))))["nodes"] == 0


def _node(text: str) -> dict[str, str]:
    data = node.encode(node.build(node.LEAF, text)).decode()
    return {"text": text, "address": run_git("hash-object", "--stdin", input=data)}


def test_a_full_folder_for_temporary_files_is_told(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect

    def full(path: str, **more: Any) -> sqlite3.Connection:
        database: sqlite3.Connection = connect(path, **more)
        if path == "":
            database.execute("PRAGMA max_page_count = 20")
        return database

    monkeypatch.setattr(sqlite3, "connect", full)
    many = lines(*({"text": f"claim {n}"} for n in range(2000)))
    error = refused("import", "-", code="refused", status=128, stdin=many)
    assert "temporary" in error["message"]


def test_an_import_needs_an_identity(repo: Path) -> None:
    assert stamp().now == NOW
    claim("twin")
    env = {"GIT_CONFIG_GLOBAL": "/dev/null", "HOME": "/nonexistent", "EMAIL": ""}
    refused(
        "import", "-", code="no-identity", status=128, stdin=lines(GOOD),
        env=env | {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.useConfigOnly",
                   "GIT_CONFIG_VALUE_0": "true"},
    )  # fmt: skip
