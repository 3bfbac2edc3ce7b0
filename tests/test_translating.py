"""An export of one object format, imported into a repository of the other."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from git_mnemo.refs import PROJECT
from tests.support import run_git
from tests.verbs import NOW, ask, claim, git_mnemo, refused, texts

Lines = list[dict[str, Any]]
Enter = Callable[[str], Path]


@pytest.fixture
def enter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Enter:
    """Make a repository of an object format, and go there; go back to it the next time."""

    def enter(format_: str) -> Path:
        path = tmp_path / format_
        if not path.exists():
            run_git("init", "--quiet", f"--object-format={format_.partition('-')[0]}", str(path))
            (path / "README.md").write_text("# Example\n")
            run_git("add", "README.md", cwd=path)
            run_git("commit", "--quiet", "--message", "Start", cwd=path)
        monkeypatch.chdir(path)
        return path

    return enter


def exported() -> Lines:
    done = git_mnemo("export")
    assert done.code == 0, done
    return [json.loads(line) for line in done.out.splitlines()]


def imported(lines: Lines) -> dict[str, Any]:
    return ask("import", "-", stdin="".join(json.dumps(line) + "\n" for line in lines).encode())


def said(lines: Lines) -> list[Any]:
    """What the lines say without any id, and in which order."""
    places = {line["address"]: (line["text"], line["domain"]) for line in lines}
    return sorted(
        [line["chain"][:12], line["position"], line["type"], line["domain"], line["text"],
         line.get("key"), sorted(places[one] for one in line["inputs"]),
         [{**one, "blob": None} for one in line["anchors"]],
         [{**one, "author": None} for one in line["claimed"]]]
        for line in lines
    )  # fmt: skip


def memory() -> None:
    """A project with every type of node but `commit`, its later chains named by earlier ones."""
    one = claim("One", "--anchor", "README.md:1", "--domain", "issues")
    two = claim("Two", "--new-chain", "--input", one["address"])
    better = ask("supersede", one["address"], "One, better", "--chain", two["chain"])
    late = claim("Last", "--new-chain", now=NOW + 90000)
    ask("compress", late["address"], better["address"], "--text", "All", "--chain", one["chain"])
    ask("retract", two["address"], "--reason", "it was wrong")
    ask("stash", one["chain"])
    ask("pop", one["chain"])
    ask("promote", "--all")


@pytest.mark.parametrize(("there", "here"), [("sha1", "sha256"), ("sha256", "sha1")])
def test_a_memory_crosses_over_and_comes_back(enter: Enter, there: str, here: str) -> None:
    enter(there)
    memory()
    first = exported()
    enter(here)
    done = imported(first)
    assert done["nodes"]
    assert done["warnings"] == []
    second = exported()
    assert said(second) == said(first)
    width = 64 if here == "sha256" else 40
    for line in second:
        assert {len(one) for one in (line["address"], *line["inputs"])} == {width}
        assert all(one["blob"] is None for one in line["anchors"])
        if line["position"] == 0:
            assert line["chain"][12:] == line["address"][:16]
    assert ask("doctor")["ok"]
    run_git("fsck", "--strict")
    tip = run_git("rev-parse", PROJECT)
    assert imported(first)["nodes"] == 0
    assert imported(first[::-1])["nodes"] == 0
    assert run_git("rev-parse", PROJECT) == tip
    enter(there + "-again")
    assert imported(second)["nodes"] == done["nodes"]
    back = exported()
    assert said(back) == said(first)
    free = {one["address"] for one in first if not one["inputs"] and not one["anchors"]}
    assert free <= {one["address"] for one in back}


def test_the_order_of_the_lines_does_not_matter(enter: Enter) -> None:
    enter("sha1")
    memory()
    lines = exported()
    trees = set()
    for number, order in enumerate((lines, lines[::-1], lines[3:] + lines[:3])):
        enter(f"sha256-{number}")
        imported(order)
        trees.add(run_git("rev-parse", f"{PROJECT}^{{tree}}"))
    assert len(trees) == 1


def test_what_cannot_come_along(enter: Enter) -> None:
    enter("sha1")
    gone = claim("What must not be")
    ask("supersede", gone["address"], "Nor this")
    kept = claim("Rests on both", "--new-chain", "--input", gone["address"])
    ask("promote", "--all")
    commit = {"type": "commit", "commit": run_git("rev-parse", "HEAD"), "text": "Start",
              "inputs": [], "anchors": [], "domain": "context"}  # fmt: skip
    lines = exported()
    (line,) = [one for one in lines if one["address"] == kept["address"]]
    text = f"mnemo-node 1\ntype commit\ndomain context\ncommit {commit['commit']}\n\nStart\n"
    linked = run_git("hash-object", "--stdin", input=text)
    lines.append({**commit, "address": linked, "chain": line["chain"], "position": 2})
    raw = "bWluZSBvd24K"
    opaque = run_git("hash-object", "--stdin", input="mine own\n")
    lines.append({"address": opaque, "raw": raw, "chain": line["chain"], "position": 3})
    lines = [one for one in lines if one["address"] != gone["address"]]
    lines.append({"purged": gone["address"]})
    enter("sha256")
    done = imported(lines)
    assert done["nodes"] == 1
    assert done["skipped"] == 3
    assert done["warnings"] == [
        "nodes that name commits of the other repository are left out: 1",
        "nodes that are opaque are left out: 1",
        "nodes that rest on nothing but what was purged or is left out are left out: 1",
        "nodes without some inputs, which were purged or are left out: 1",
    ]
    (one,) = [one for one in exported() if one["position"]]
    assert (one["text"], one["inputs"]) == ("Rests on both", [])
    assert imported(lines)["nodes"] == 0


def test_a_chain_whose_title_was_purged_gets_one(enter: Enter) -> None:
    enter("sha1")
    claim("One")
    claim("Two")
    ask("promote", "--all")
    lines = [one for one in exported() if one["position"]]
    enter("sha256")
    done = imported(lines)
    assert done["nodes"] == 2
    assert texts(exported()[0]["chain"]) == ["One", "Two"]
    assert imported(lines)["nodes"] == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"text": "Another"}, "invalid-node"),
        ({"address": "0" * 40}, "invalid-node"),
        ({"position": 0}, "invalid-node"),
    ],
)
def test_a_line_must_come_to_its_own_address(
    enter: Enter, change: dict[str, Any], code: str
) -> None:
    enter("sha1")
    claim("One")
    ask("promote")
    lines = exported()
    enter("sha256")
    raw = "".join(json.dumps(one) + "\n" for one in (lines[0], {**lines[1], **change}))
    error = refused("import", "-", stdin=raw.encode(), code=code)
    assert error["line"] == 2
    imported(lines)


def test_what_a_line_rests_on_must_be_there(enter: Enter) -> None:
    enter("sha1")
    one = claim("One")
    claim("Two", "--new-chain", "--input", one["address"])
    ask("promote", "--all")
    lines = [line for line in exported() if line["address"] != one["address"]]
    enter("sha256")
    raw = "".join(json.dumps(line) + "\n" for line in lines).encode()
    assert one["address"] in refused("import", "-", stdin=raw, code="not-found")["message"]
