"""Batches: JSON lines that become claims with one ref move, or do not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import mnemo_json, run_git
from tests.verbs import (
    NOW,
    REF,
    SESSION,
    all_refs,
    ask,
    batch,
    claim,
    git_mnemo,
    refused,
    show,
    texts,
)

BAD_LINES: list[tuple[bytes, str]] = [
    (b"not json", "invalid-node"),
    (b"[1]", "invalid-node"),
    (b'"text"', "invalid-node"),
    (b"null", "invalid-node"),
    (b"[" * 100_000, "invalid-node"),
    (b"{}", "invalid-node"),
    (b'{"text": null}', "invalid-node"),
    (b'{"text": 1}', "invalid-node"),
    (b'{"text": ""}', "invalid-node"),
    (b'{"text": "a\\u0000b"}', "invalid-node"),
    (b'{"text": "\\ud800"}', "invalid-node"),
    (b'{"text": "\xff"}', "invalid-node"),
    (b'{"text": "x", "nothing": 1}', "invalid-node"),
    (b'{"text": "x", "domain": "No"}', "invalid-node"),
    (b'{"text": "x", "domain": 1}', "invalid-node"),
    (b'{"text": "x", "type": "chain"}', "invalid-node"),
    (b'{"text": "x", "type": "supersede"}', "invalid-node"),
    (b'{"text": "x", "inputs": "aaaa"}', "invalid-node"),
    (b'{"text": "x", "inputs": [1]}', "invalid-node"),
    (b'{"text": "x", "inputs": ["zzzz"]}', "invalid-id"),
    (b'{"text": "x", "inputs": ["0000"]}', "not-found"),
    (b'{"text": "x", "inputs": ["#2"]}', "not-found"),
    (b'{"text": "x", "inputs": ["#3"]}', "not-found"),
    (b'{"text": "x", "inputs": ["#99"]}', "not-found"),
    (b'{"text": "x", "anchors": ["nowhere.py"]}', "not-found"),
    (b'{"text": "x", "anchors": ["README.md:2"]}', "refused"),
    (b'{"text": "x", "chain": "0123456789abcdef"}', "not-found"),
    (b'{"text": "x", "chain": "0123456789abcdef", "title": "T"}', "invalid-node"),
    (b'{"text": "x", "title": ""}', "invalid-node"),
    (b'{"text": "x", "title": "two\\nlines"}', "invalid-node"),
    (b'{"text": "x", "title": "' + b"t" * 201 + b'"}', "invalid-node"),
    (b'{"text": "' + b"x" * 65536 + b'"}', "too-large"),
]


def test_a_batch_is_claimed_in_order_with_one_commit(repo: Path) -> None:
    done = batch({"text": "One"}, {"text": "Two", "domain": "issues"}, {"text": "Three"})
    assert done["session"] == SESSION
    assert done["commit"] == run_git("rev-parse", REF)
    assert [one["position"] for one in done["nodes"]] == [1, 2, 3]
    assert all(one["created"] and one["commit"] == done["commit"] for one in done["nodes"])
    assert texts(done["nodes"][0]["chain"]) == ["One", "Two", "Three"]
    assert show(done["nodes"][1]["address"])["domain"] == "issues"
    assert run_git("rev-list", "--count", REF) == "1"


def test_a_title_opens_a_chain_and_the_same_title_goes_on_with_it(repo: Path) -> None:
    first = claim("Before", "--title", "A")
    done = batch(
        {"text": "One", "title": "A"},
        {"text": "Two", "title": "B"},
        {"text": "Three", "title": "A"},
        {"text": "Four"},
        {"text": "Five", "chain": first["chain"]},
        {"text": "Six"},
    )["nodes"]
    a, b = done[0]["chain"], done[1]["chain"]
    assert len({first["chain"], a, b}) == 3
    assert [one["chain"] for one in done] == [a, b, a, a, first["chain"], first["chain"]]
    assert texts(a) == ["One", "Three", "Four"]
    assert (show(a)["title"], show(b)["title"]) == ("A", "B")


def test_inputs_name_lines_before_them(repo: Path) -> None:
    known = claim("Known")["address"]
    done = batch(
        {"text": "One"},
        {"text": "Two", "inputs": ["#1", known[:12]]},
        {"text": "Better", "type": "supersede", "inputs": ["#1"]},
        {"text": "Summary", "type": "compress", "inputs": ["#2", "#3"]},
        {"text": "Wrong", "type": "retract", "inputs": [known]},
    )["nodes"]
    assert [one["type"] for one in done] == ["leaf", "leaf", "supersede", "compress", "retract"]
    one, two, three = (node["address"] for node in done[:3])
    assert show(two)["inputs"] == sorted([one, known])
    assert show(one)["hidden_by"] == [three]
    assert texts(done[0]["chain"]) == ["Summary", "Wrong"]


def test_lines_are_numbered_as_they_stand_and_empty_ones_passed_over(repo: Path) -> None:
    raw = b'\n{"text": "One"}\r\n   \n{"text": "Two", "inputs": ["#2"]}\n\n'
    done = ask("claim", "--batch", stdin=raw)["nodes"]
    assert show(done[1]["address"])["inputs"] == [done[0]["address"]]


def test_a_line_twice_is_one_node(repo: Path) -> None:
    done = batch({"text": "One"}, {"text": "One"}, {"text": "Two", "inputs": ["#2"]})["nodes"]
    assert [one["created"] for one in done] == [True, False, True]
    assert done[0]["address"] == done[1]["address"]
    assert show(done[2]["address"])["inputs"] == [done[0]["address"]]


def test_a_batch_twice_writes_nothing_the_second_time(repo: Path) -> None:
    lines = [{"text": "One"}, {"text": "Two"}]
    first = batch(*lines)
    before = all_refs()
    again = batch(*lines, now=NOW + 5)
    assert [one["address"] for one in again["nodes"]] == [one["address"] for one in first["nodes"]]
    assert (again["commit"], [one["created"] for one in again["nodes"]]) == (None, [False, False])
    assert all_refs() == before


@pytest.mark.parametrize("raw", [b"", b"\n \n"])
def test_an_empty_batch_does_nothing(repo: Path, raw: bytes) -> None:
    assert ask("claim", "--batch", stdin=raw) == {"session": None, "commit": None, "nodes": []}
    assert "refs/mnemo" not in all_refs()


@pytest.mark.parametrize(("line", "code"), BAD_LINES)
def test_a_bad_line_is_named_and_nothing_is_written(repo: Path, line: bytes, code: str) -> None:
    raw = b'{"text": "Good"}\n' + line + b'\n{"text": "Good too"}\n'
    error = refused("claim", "--batch", stdin=raw, code=code,
                    status=129 if code == "invalid-id" else 1)  # fmt: skip
    assert error["line"] == 2


def test_the_line_is_named_to_people_too(repo: Path) -> None:
    result = git_mnemo("claim", "--batch", stdin=b'{"text": "x"}\nnonsense\n')
    assert result.err.startswith("error: line 2: ")


@pytest.mark.parametrize("args", [["TEXT"], ["--title", "T"], ["--input", "aaaa"], ["--scratch"]])
def test_options_of_one_claim_do_not_go_with_a_batch(repo: Path, args: list[str]) -> None:
    refused("claim", "--batch", *args, code="usage", status=129, stdin=b'{"text": "x"}\n')


def test_a_large_batch_is_several_commits_and_one_ref_move(
    repo: Path, git: Callable[..., str]
) -> None:
    git("config", "core.logAllRefUpdates", "always")
    lines: list[dict[str, Any]] = [{"text": f"Finding {number}"} for number in range(2500)]
    done = batch(*lines)
    commits = git("rev-list", REF).splitlines()
    counts = [git("cat-file", "commit", oid).count("\nMnemo-Node: ") for oid in reversed(commits)]
    assert counts == [1000, 1000, 501]
    assert done["commit"] == commits[0]
    positions = [one["position"] for one in done["nodes"]]
    assert positions == list(range(1, 2501))
    listed = git("ls-tree", "-r", "--name-only", f"{commits[-1]}").splitlines()
    assert len(listed) == 1000
    assert len(git("ls-tree", "-r", "--name-only", REF).splitlines()) == 2501


def test_a_real_process_reads_a_batch(repo: Path) -> None:
    env = {"GIT_MNEMO_NOW": str(NOW), "GIT_MNEMO_SESSION": SESSION}
    raw = "".join(json.dumps({"text": text}) + "\n" for text in ("Eins", "Zwölf"))
    done = mnemo_json("claim", "--batch", "--agent", "codex", input=raw, env=env)
    assert texts(done["nodes"][0]["chain"]) == ["Eins", "Zwölf"]
    assert run_git("log", "-1", "--format=%B", REF).endswith(" 0002 2026-11-23T09:30:00Z codex")
