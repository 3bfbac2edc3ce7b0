"""What other tools and people keep: decision records, AGENTS.md, graphs of MCP, older stores, and
commits that explain themselves."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_mnemo import node
from git_mnemo.formats import commits, markdown, records, relations
from git_mnemo.formats.blocks import blocks
from git_mnemo.formats.days import day_of
from git_mnemo.formats.document import MOST_TEXT, Document, Spots, cut
from git_mnemo.formats.line import time_of
from tests.support import mnemo, mnemo_json, run_git

FIRST = """\
# 1. Use one pool per request

Date: 2024-03-01

## Status

Superseded by [2. Use one pool per process](0002-use-one-pool-per-process.md)

## Context

The proxy closes idle connections after 10 s.

## Decision

We open a pool with each request.

## Consequences

- 40 ms for each request.
- Nothing is shared.
"""
SECOND = """\
---
status: accepted
date: 2024-05-06
---
# Use one pool per process

## Context and Problem Statement

A pool per request costs 40 ms.

## Considered Options

* a pool per request
* a pool per process

## Decision Outcome

Chosen option: "a pool per process", because it is opened once.

### Consequences

* Good, because requests are fast
"""
AGENTS = """\
<!-- not for readers -->
Everything here holds for every folder.

# Testing

Run the tests like this:

```sh
# no heading
make test
```

- Never mock git.
- Use real repositories,
  made by the fixtures:
  - `repo`
  - `hub`

## Known issues

The suite needs 4 GB in `/dev/shm`.

Empty
-----

Style
=====
Short functions.

## Exceptions

Tables of data.
"""


def texts(chain: dict[str, Any]) -> list[str]:
    members = mnemo_json("show", chain["id"])["members"]
    return [one["text"] for one in members if one["type"] != "chain"]


def by_title(*args: str) -> dict[str, dict[str, Any]]:
    return {one["title"]: one for one in mnemo_json("chains", *args)["chains"]}


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


# -- decision records --------------------------------------------------------------------------


def adr(repo: Path) -> Path:
    folder = repo / "docs" / "adr"
    folder.mkdir(parents=True)
    (folder / "0001-use-one-pool-per-request.md").write_text(FIRST)
    (folder / "0002-use-one-pool-per-process.md").write_text(SECOND)
    (folder / "README.md").write_text("# Records\n\nAll of them.\n")
    return folder


def test_records_become_chains_and_what_is_superseded_is_hidden(repo: Path) -> None:
    adr(repo)
    told = mnemo_json("import", "docs/adr")
    assert (told["format"], told["chains"], told["skipped"]) == ("adr", 2, 0)
    assert told["warnings"] == ["1 files are no records, and passed over"]
    chains = by_title()
    old, new = chains["Use one pool per request"], chains["Use one pool per process"]
    assert (old["status"], new["status"]) == ("superseded", "active")
    assert (old["domain"], old["began"][:10]) == ("decisions", "2024-03-01")
    assert new["id"].startswith("ch_20240506_")
    assert texts(old)[1] == "Context: The proxy closes idle connections after 10 s."
    assert texts(old)[3] == "Consequences:\n\n- 40 ms for each request.\n- Nothing is shared."
    assert texts(new)[0] == "Status: accepted"
    assert "### Consequences" in texts(new)[3]  # a smaller heading stays in its section
    again = mnemo_json("import", "docs/adr")
    assert (again["nodes"], again["skipped"], again["old"]) == (0, told["nodes"], told["new"])


def test_a_record_that_supersedes_another_and_one_without_a_date(
    repo: Path,
) -> None:
    folder = adr(repo)
    replaced = FIRST[FIRST.index("Superseded") : FIRST.index("## Context")]
    first = FIRST.replace(replaced, "Accepted\n\n")
    (folder / "0001-use-one-pool-per-request.md").write_text(first.replace("Date: 2024-03-01", ""))
    second = folder / "0002-use-one-pool-per-process.md"
    second.write_text(SECOND.replace("status: accepted", "status: accepted, supersedes ADR-0001"))
    run_git("add", ".")
    then = {"GIT_COMMITTER_DATE": "2025-02-03T00:00:00Z"}
    run_git("commit", "--quiet", "--message", "Records", env=then)
    mnemo_json("import", "docs/adr")
    old = by_title()["Use one pool per request"]
    assert (old["status"], old["began"]) == ("superseded", "2025-02-03T00:00:00Z")


def test_records_that_supersede_each_other_come_in(repo: Path) -> None:
    folder = adr(repo)
    second = folder / "0002-use-one-pool-per-process.md"
    second.write_text(SECOND.replace("accepted", "superseded by ADR-1"))
    assert mnemo_json("import", "docs/adr")["chains"] == 2


# -- AGENTS.md ---------------------------------------------------------------------------------


def test_headings_become_chains(repo: Path) -> None:
    (repo / "AGENTS.md").write_text(AGENTS)
    (repo / "CLAUDE.md").symlink_to("AGENTS.md")
    told = mnemo_json("import", "CLAUDE.md")
    assert (told["format"], told["warnings"]) == ("markdown", [])
    chains = by_title()
    assert set(chains) == {"CLAUDE.md", "Testing", "Known issues", "Style", "Exceptions"}
    assert texts(chains["Testing"]) == [
        "Run the tests like this:\n\n```sh\n# no heading\nmake test\n```",
        "Never mock git.",
        "Use real repositories,\nmade by the fixtures:\n- `repo`\n- `hub`",
    ]
    assert chains["Known issues"]["domain"] == "issues"
    assert chains["Style"]["domain"] == "patterns"
    assert chains["Exceptions"]["domain"] == "patterns"  # as the heading above it says
    assert mnemo_json("import", "CLAUDE.md")["nodes"] == 0
    (repo / "AGENTS.md").write_text(AGENTS.replace("4 GB", "8 GB"))
    assert mnemo_json("import", "CLAUDE.md")["nodes"] == 1


def test_a_secret_is_named_by_its_file_and_line(repo: Path) -> None:
    key = "AKIA" + "IOSFODNN7EXAMPLR"
    (repo / "notes.md").write_text(f"# Keys\n\nfine\n\nthe key is {key}\n")
    (warning,) = mnemo_json("import", "notes.md")["warnings"]
    assert warning.startswith("notes.md:5: redacted ")
    run_git("config", "mnemo.secrets", "reject")
    refused = mnemo("import", "notes.md", "--into-session")
    assert refused.code == 1
    assert "notes.md:5: " in refused.err


# -- MCP ---------------------------------------------------------------------------------------

GRAPH: list[dict[str, Any]] = [
    {"type": "relation", "from": "pool", "to": "proxy", "relationType": "depends_on"},
    {"type": "entity", "name": "pool", "entityType": "Decision",
     "observations": ["One per process.", "Opened by the first request."]},
    {"type": "entity", "name": "proxy", "entityType": "component", "observations": []},
]  # fmt: skip


def graph(repo: Path, *lines: object) -> str:
    (repo / "memory.json").write_text("".join(json.dumps(one) + "\n" for one in lines))
    return "memory.json"


def test_entities_become_chains_and_relations_claims(repo: Path) -> None:
    told = mnemo_json("import", graph(repo, *GRAPH))
    assert (told["format"], told["nodes"], told["chains"]) == ("mcp", 3, 1)
    pool = by_title()["pool (Decision)"]
    assert pool["domain"] == "decisions"
    first, second = GRAPH[1]["observations"]
    assert texts(pool) == [first, second, "pool depends on proxy."]
    assert mnemo_json("import", graph(repo, *GRAPH))["nodes"] == 0


@pytest.mark.parametrize(
    "line",
    [
        b"{", b"[]", b'{"type": "entity"}', b'{"type": "relation", "from": "a", "to": "b"}',
        b'{"type": "entity", "name": "a", "observations": [1]}', b"[" * 100_000,
        b'{"type": "entity", "name": "a", "observations": "b"}', b"\xff",
    ],
    ids=range(8),
)  # fmt: skip
def test_a_bad_line_of_a_graph_is_named_and_nothing_comes_in(repo: Path, line: bytes) -> None:
    (repo / "memory.json").write_bytes(json.dumps(GRAPH[1]).encode() + b"\n" + line + b"\n")
    told = mnemo("import", "memory.json")
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith("error: line 2: ")
    assert not run_git("for-each-ref", "refs/mnemo")


# -- history -----------------------------------------------------------------------------------

REASON = (
    "The proxy closes idle connections after ten seconds, so a pool that\n"
    "outlives a request has to ping before it hands one out.\n\n"
    "Ruled out: a longer timeout, since the proxy is not ours.\n"
)


def commit(subject: str, body: str = "", author: str = "Ada Example <ada@example.com>") -> str:
    message = f"{subject}\n\n{body}"
    run_git("commit", "--quiet", "--allow-empty", "--author", author, "--message", message)
    return run_git("rev-parse", "HEAD")


def test_commits_that_explain_themselves_become_chains_in_a_session(repo: Path) -> None:
    wanted = commit("Ping before a connection is used", f"{REASON}\nSigned-off-by: Ada <a@b>")
    commit("Bump version to 1.2", REASON)
    commit("Fix a typo", "It was wrong.")
    commit("chore(deps): update click", REASON, "renovate[bot] <bot@example.com>")
    commit('Revert "Ping"', REASON)
    told = mnemo("import", "--from-history")
    assert told.code == 0, told
    assert told.out.startswith("1 of 6 commits explain themselves\n")
    session = told.out.split("refs/mnemo/sessions/")[1].split()[0]
    assert not run_git("for-each-ref", "refs/mnemo/project")
    (chain,) = mnemo_json("chains", "--session", session)["chains"]
    assert (chain["title"], chain["domain"]) == ("Ping before a connection is used", "history")
    assert [text.split()[0] for text in texts(chain)] == ["The", "Ruled", "Ping"]
    mnemo_json("promote", "--all", "--session", session)
    assert [one["title"] for one in mnemo_json("why", wanted)["chains"]] == [chain["title"]]
    again = mnemo_json("import", "--from-history")
    assert (again["nodes"], again["skipped"]) == (0, 3)


def test_a_range_and_a_limit(repo: Path) -> None:
    start = run_git("rev-parse", "HEAD")
    for number in range(3):
        commit(f"Number {number}", f"{number}: {REASON}")
    told = mnemo_json("import", "--from-history", "HEAD~1", "--limit", "1", "--dry-run")
    assert (told["chains"], told["dry_run"]) == (1, True)
    assert mnemo_json("import", "--from-history", f"{start}..", "--dry-run")["chains"] == 3
    refused = mnemo("import", "--from-history", "no-such-branch")
    assert (refused.code, refused.out) == (1, "")
    assert "git knows no commits of 'no-such-branch'" in refused.err
    assert mnemo("import", "--from-history", "--output=x").code == 129
    assert mnemo("import").code == mnemo("import", "--from-history", "-").code == 129


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("Fixes: #1\nReviewed-by: B", []),
        ("One.\n\nTwo:\n\n    code\n\nCo-authored-by: C <c@d>", ["One.", "Two:\n\n    code"]),
        ("Because: of this\nand that goes on", ["Because: of this\nand that goes on"]),
    ],
)
def test_trailers_are_no_reasons(body: str, kept: list[str]) -> None:
    assert commits.reasons(body) == kept


# -- hostile -----------------------------------------------------------------------------------


def test_a_folder_is_not_left_and_odd_files_are_named(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("# Outside\n\nnot yours\n")
    folder = repo / "notes"
    (folder / "deep").mkdir(parents=True)
    (folder / "good.md").write_text("# Good\n\nfine\n")
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    (folder / "away").symlink_to(tmp_path)
    (folder / "latin.md").write_bytes(b"# caf\xe9\n")
    (folder / "huge.md").write_bytes(b"x\n" * 3_000_000)
    (folder / "deep" / "\x1b[31m.md").write_text("# Red\n\nalso fine\n")
    told = mnemo_json("import", "notes")
    assert {one["title"] for one in mnemo_json("chains")["chains"]} == {"Good", "Red"}
    assert {text.split(": ", 2)[2] for text in told["warnings"]} == {
        "no file of its own, but a link or the like", "no UTF-8", "over 4,194,304 bytes",
    }  # fmt: skip


@pytest.mark.parametrize("given_", ["nowhere", "nowhere.md", "empty"])
def test_what_is_not_there_is_said(repo: Path, given_: str) -> None:
    (repo / "empty").mkdir()
    told = mnemo("import", given_)
    assert (told.code, told.out) == (1, "")
    assert "hint: git mnemo import" in told.err


def test_a_format_that_does_not_fit_is_refused(repo: Path) -> None:
    (repo / "empty").mkdir()
    (repo / "a.json").write_text("{}")
    for path, format_ in (("empty", "jsonl"), ("a.json", "mnemo-store"), ("-", "adr")):
        assert mnemo("import", path, "--format", format_).code == 129, path


marks = st.text(alphabet="#-*+`~>|=_ \t\n\r1.)(:[]<!aé\0\ud800", max_size=200) | st.text(
    max_size=80
)


@given(marks)
def test_any_markdown_is_read(text: str) -> None:
    for block in blocks(text):
        assert block.text.strip()
        assert 1 <= block.line <= text.count("\n") + text.count("\r") + 1
    spots = Spots()
    document = Document("0001-x.md", text)
    for line in [*markdown.read([document], spots), *records.read([document], spots)]:
        node.encode(node.build(line.type, line.text))
        assert spots.place(line.number)
        assert line.title


def test_a_long_text_is_cut_into_pieces_that_fit() -> None:
    text = "\n\n".join("é" * 1000 for _ in range(100)) + "x" * 200_000
    pieces = list(cut(text))
    assert "".join(pieces).replace("\n", "") == text.replace("\n", "")
    assert all(len(piece.encode()) <= MOST_TEXT for piece in pieces)


@pytest.mark.parametrize(
    ("status", "replaced", "replacing"),
    [
        ("Supersedes [ADR-0007](0007-x.md)", ["0007-x.md"], []),
        ("Superceded by [9. X](0009-x.md)", [], ["0009-x.md"]),
        ("supersedes ADR-0001, ADR-2 and 3", [1, 2, 3], []),
        ("Superseded by ADR 0 on 2024-05-01", [], [0]),
        ("superseded by [20200101-x](20200101-x.md)", [], ["20200101-x.md"]),
        ("Partly superseded by [ADR 9](9-x.md)", [], []),
        ("Proposed\nSupersedes ADR-3", [], []),
        ("[proposed | superseded by [ADR-5](5-x.md)]", [], []),
    ],
)
def test_relations_are_read_as_people_write_them(
    status: str, replaced: list[object], replacing: list[object]
) -> None:
    told = relations.named(status)
    assert [[one.target or one.number for one in part] for part in told] == [
        [*replaced], [*replacing]
    ] or (replacing == [0] and told[1][0].number == 0)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "day"),
    [("2017-02-21", "2017-02-21"), ("21/02/2017", "2017-02-21"), ("02/21/2017", "2017-02-21"),
     ("Feb 3rd, 2021", "2021-02-03"), ("3 February 2021", "2021-02-03"), ("May 2020", "2020-05-01"),
     ("2021-02-31", None), ("some day in 2021", None), ("0000-01-01", None)],
)  # fmt: skip
def test_days_are_read_as_people_write_them(text: str, day: str | None) -> None:
    assert day_of(text) == (day and time_of(day))
    record = Document("0001-x.md", f"# X\n\nDate: {text}\n\n## Decision\n\nOne.\n")
    assert {line.at for line in records.read([record], Spots())} == {day_of(text)}


def test_a_chain_stays_where_the_day_of_its_record_changes(repo: Path) -> None:
    folder = adr(repo)
    mnemo_json("import", "docs/adr")
    second = folder / "0002-use-one-pool-per-process.md"
    second.write_bytes(SECOND.replace("2024-05-06", "2025-01-01").replace("\n", "\r\n").encode())
    assert mnemo_json("import", "docs/adr")["nodes"] == 0


def test_code_keeps_its_comments_and_fences_end_with_their_item() -> None:
    text = "a <!-- b -->c\n```\n<!-- kept -->\n```\n- d\n  ```\n  e\n# F\n<!-- open\n"
    assert [one.text for one in blocks(text)] == [
        "a c", "```\n<!-- kept -->\n```", "d\n```\ne", "F", "<!-- open"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["- a\n" + "\n" * 200_000, "# a" + " \t" * 100_000 + "x", "*" * 200_000, "\n" * 200_000,
     "Status: a" + " " * 200_000 + "b", "- a\n" + "  b\n\n" * 40_000],
    ids=range(6),
)  # fmt: skip
def test_no_text_takes_for_ever(text: str) -> None:
    """Each took minutes where a rule looks ahead from each line, or backtracks."""
    list(records.read([Document("0001-x.md", text)], Spots()))
