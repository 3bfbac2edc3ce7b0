"""Importing: which chain a line goes to, where in it, who said it, and that twice is once."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from git_mnemo import message, node, refs
from git_mnemo.refs import PROJECT
from tests import soundness
from tests.support import run_git
from tests.verbs import (
    DAY,
    NOW,
    OTHER,
    REF,
    SESSION,
    ask,
    batch,
    claim,
    git_mnemo,
    refused,
    show,
    texts,
    tree,
)
from tests.verbs import message as message_of

AT = "2017-10-22T17:41:19-07:00"
AT_UTC = "2017-10-23T00:41:19Z"
Line = dict[str, Any]


def jsonl(*lines: Line) -> bytes:
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def take(*lines: Line, args: tuple[str, ...] = (), now: int = NOW) -> dict[str, Any]:
    """What `git mnemo import -` answers."""
    return ask("import", "-", *args, stdin=jsonl(*lines), now=now)


def chains() -> dict[str, str]:
    """The ids of the project's chains by their titles."""
    return {one["title"]: one["id"] for one in ask("chains", "--project")["chains"]}


def said() -> dict[str, list[str]]:
    """The texts of the project's chains by their titles."""
    return {title: texts(id_) for title, id_ in chains().items()}


# -- which chain -------------------------------------------------------------------------------


def test_a_line_goes_where_it_says_in_this_order(repo: Path) -> None:
    there = claim("known here")["chain"]
    ask("promote")
    done = take(
        {"id": "a", "text": "opens by after", "title": "By title"},
        {"id": "b", "text": "chain before all", "chain": there, "after": "a", "title": "No"},
        {"text": "after before title", "after": "a", "title": "No"},
        {"text": "title", "title": "By title"},
        {"text": "its own\nfirst line is the title"},
    )
    assert done["nodes"] == 5
    assert (done["chains"], done["skipped"], done["warnings"]) == (3, 0, [])
    assert said() == {
        "known here": ["known here", "chain before all"],
        "By title": ["opens by after", "after before title", "title"],
        "its own": ["its own\nfirst line is the title"],
    }
    soundness.check(repo)


def test_the_key_tells_chains_of_one_title_apart(repo: Path) -> None:
    take(
        {"text": "one", "title": "T", "key": "k1"},
        {"text": "two", "title": "T", "key": "k2"},
        {"text": "three", "title": "T", "key": "k1"},
    )
    found = ask("chains", "--project")["chains"]
    assert sorted(texts(one["id"]) for one in found) == [["one", "three"], ["two"]]
    keys = {show(one["id"])["members"][0]["key"] for one in found}
    assert keys == {"k1", "k2"}


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ({"key": "mine", "id": "x", "chain": "conv-7"}, "mine"),
        ({"id": "x", "chain": "conv-7"}, "conv-7"),
        ({"id": "x"}, "x"),
        ({"id": "x y"}, hashlib.sha256(b"x y").hexdigest()[:16]),
        ({}, hashlib.sha256(b"-").hexdigest()[:16]),
    ],
)
def test_the_key_of_a_chain_that_an_import_opens(repo: Path, line: Line, key: str) -> None:
    take({"text": "something", "domain": "issues", **line})
    (id_,) = chains().values()
    title = show(id_)["members"][0]
    assert (title["key"], title["domain"], title["text"]) == (key, "issues", "something")
    built = node.build(node.CHAIN, "something", domain="issues", key=key)
    assert title["address"] == run_git("hash-object", "--stdin", input=node.encode(built).decode())


def test_lines_of_a_chain_that_only_the_source_knows_stay_together(repo: Path) -> None:
    take(
        {"text": "one", "chain": "conv 1"},
        {"text": "two", "chain": "conv 2"},
        {"text": "three", "chain": "conv 1"},
    )
    assert said() == {"one": ["one", "three"], "two": ["two"]}


def test_a_short_id_of_a_chain_will_do(repo: Path) -> None:
    there = claim("known here")["chain"]
    ask("promote")
    take({"text": "more", "chain": there[:20]}, {"text": "again", "chain": there[12:22]})
    assert said() == {"known here": ["known here", "more", "again"]}
    assert refused(
        "import", "-", code="not-found", stdin=jsonl({"text": "x", "chain": "ch_20010101"})
    )


def test_after_may_name_a_line_further_down(repo: Path) -> None:
    done = take(
        {"id": "c", "text": "three", "after": "b"},
        {"id": "d", "text": "four", "after": "c"},
        {"id": "b", "text": "two", "after": "a"},
        {"id": "a", "text": "one", "title": "Backwards"},
    )
    assert said() == {"Backwards": ["one", "two", "three", "four"]}
    assert done["warnings"] == []


def test_after_a_line_that_is_nowhere_is_told_and_passed_over(repo: Path) -> None:
    done = take({"id": "b", "text": "two", "after": "a"}, {"text": "three", "after": "b"})
    assert said() == {"two": ["two", "three"]}
    assert "line 1" in done["warnings"][0]
    assert "'a'" in done["warnings"][0]


# -- when and who ------------------------------------------------------------------------------


def test_time_agent_and_session_of_a_line_are_what_claimed_tells(repo: Path) -> None:
    take({"text": "said long ago", "at": AT, "agent": "Claude Code", "session": OTHER})
    (id_,) = chains().values()
    assert id_.startswith("ch_20171023_")
    told = show(id_)["members"][1]["claimed"]
    assert told == [
        {"at": AT_UTC, "agent": "claude-code", "author": "Ada Example", "session": OTHER}
    ]
    parsed = message.parse(message_of(PROJECT))
    assert (parsed.verb, parsed.chain, parsed.session, parsed.head) == ("import", id_, OTHER, None)


def test_what_no_trailer_holds_is_told_and_left_out(repo: Path) -> None:
    done = take(
        {"text": "x", "agent": "人", "session": "run 7", "mood": "good"}, {"text": "y", "mood": 1}
    )
    assert len(done["warnings"]) == 3
    (told,) = show(chains()["x"])["members"][1]["claimed"]
    assert (told["agent"], told["session"]) == (None, None)


@pytest.mark.parametrize(
    ("at", "utc"),
    [
        ("2026-11-23T09:30:00Z", "2026-11-23T09:30:00Z"),
        ("2026-11-23T09:30:00.75+02:00", "2026-11-23T07:30:00Z"),
        ("2026-11-23", "2026-11-23T00:00:00Z"),
        ("2026-11-23 09:30", "2026-11-23T09:30:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"),
    ],
)
def test_times(repo: Path, at: str, utc: str) -> None:
    take({"text": "x", "at": at})
    (id_,) = chains().values()
    assert id_[3:11] == utc[:10].replace("-", "")
    assert show(id_)["members"][1]["claimed"][0]["at"] == utc


def test_a_thousand_nodes_to_a_commit_and_one_move(repo: Path) -> None:
    take(*({"text": f"claim {n}", "title": f"chain {n % 7}"} for n in range(1200)))
    counted = run_git(
        "log", "--format=%(trailers:key=Mnemo-Node,valueonly,separator=%x2c)", PROJECT
    )
    assert sorted(len(line.split(",")) for line in counted.splitlines()) == [207, 1000]
    assert len(run_git("reflog", "show", PROJECT).splitlines()) == 1
    soundness.check(repo)


# -- twice -------------------------------------------------------------------------------------

MIXED: tuple[Line, ...] = (
    {"id": "a", "text": "one", "at": AT},
    {"id": "b", "text": "two", "after": "a"},
    {"text": "no time", "inputs": ["#1", "b"]},
    {"text": "titled", "title": "T", "domain": "decisions"},
    {"text": "better", "type": "supersede", "inputs": ["b"], "title": "T"},
)


def test_importing_twice_is_importing_once(repo: Path) -> None:
    first = take(*MIXED)
    again = take(*MIXED, now=NOW + 3 * DAY)
    assert (again["nodes"], again["chains"], again["skipped"]) == (0, 0, 5)
    assert again["old"] == again["new"] == first["new"]
    more = take(*MIXED, {"text": "new", "after": "b"}, now=NOW + 3 * DAY)
    assert (more["nodes"], more["chains"], more["skipped"]) == (1, 1, 5)
    assert said()["one"] == ["one", "new"]  # two is superseded
    assert not list((repo / ".git/objects/pack").glob("*.keep"))


def test_twice_is_once_where_a_line_of_a_day_has_the_same_title(repo: Path) -> None:
    """The line without a time opened a chain of the day on which it came."""
    alike = "They begin with the same words, which are more than a title has room for: "
    mixed: tuple[Line, ...] = ({"text": alike + "one.", "at": AT}, {"text": alike + "two."})
    assert take(*mixed)["chains"] == 2
    for more in (3 * DAY, 6 * DAY):
        assert take(*mixed, now=NOW + more)["nodes"] == 0


def test_a_claim_that_was_withdrawn_stays_withdrawn(repo: Path) -> None:
    take({"text": "wrong"})
    address = show(chains()["wrong"])["members"][1]["address"]
    ask("retract", address, "--reason", "it was not so")
    ask("promote")
    assert take({"text": "wrong"})["nodes"] == 0
    assert texts(chains()["wrong"]) == ["it was not so"]


def test_the_same_line_twice_in_a_file_is_one(repo: Path) -> None:
    done = take(*MIXED[:2], *MIXED[:2])
    assert (done["nodes"], done["skipped"]) == (2, 2)
    assert said() == {"one": ["one", "two"]}


def test_a_dry_run_tells_the_same_and_writes_nothing(repo: Path) -> None:
    before = {path for path in (repo / ".git").rglob("*") if "mnemo" not in path.parts}
    plan = take(*MIXED, args=("--dry-run",))
    assert {path for path in (repo / ".git").rglob("*") if "mnemo" not in path.parts} == before
    done = take(*MIXED)
    for name in ("nodes", "chains", "skipped", "warnings"):
        assert plan[name] == done[name]
    assert (plan["new"], plan["dry_run"]) == (None, True)


# -- into a session ----------------------------------------------------------------------------


def test_into_a_session_for_review(repo: Path) -> None:
    there = claim("known here", session=OTHER)["chain"]
    ask("promote", session=OTHER)
    current = claim("thinking")["chain"]
    done = take(
        {"text": "more", "chain": there, "session": OTHER, "at": AT}, args=("--into-session",)
    )
    assert (done["ref"], done["nodes"]) == (REF, 1)
    held = [path for path in tree() if there in path]
    assert [path.rpartition("/")[2][:5] for path in held] == ["0000-", "0002-"]
    parsed = message.parse(message_of())
    assert (parsed.session, parsed.head) == (SESSION, None)
    assert claim("and on")["chain"] == current
    assert take({"text": "more", "chain": there}, args=("--into-session",))["nodes"] == 0
    ask("promote", there)
    assert texts(there) == ["known here", "more"]
    soundness.check(repo)


def test_a_session_needs_to_be_asked_for(repo: Path) -> None:
    take({"text": "x"})
    assert refs.session_ref(SESSION) not in run_git("for-each-ref", "--format=%(refname)")
    refused(
        "import", "-", "--session", SESSION, code="usage", status=129, stdin=jsonl({"text": "x"})
    )
    assert ask("import", "-", "--into-session", "--session", OTHER, stdin=jsonl({"text": "x"}))[
        "ref"
    ] == refs.session_ref(OTHER)


# -- inputs and anchors ------------------------------------------------------------------------


def test_inputs_by_address_by_line_and_by_id(repo: Path) -> None:
    known = claim("known here")["address"]
    ask("promote")
    take(
        {"text": "a", "id": "x"},
        {"text": "b", "inputs": [known, known[:9], "#1", "x"]},
    )
    inputs = show(chains()["b"])["members"][1]["inputs"]
    address = show(chains()["a"])["members"][1]["address"]
    assert inputs == sorted([known, address])


@pytest.mark.parametrize("input_", ["#2", "#9", "nobody", "0" * 40, "abcdef12"])
def test_an_input_that_is_nowhere_is_refused_by_its_line(repo: Path, input_: str) -> None:
    lines = jsonl({"text": "a"}, {"text": "b", "inputs": [input_]})
    assert refused("import", "-", code="not-found", stdin=lines)["line"] == 2


def test_a_node_of_another_session_is_no_input(repo: Path) -> None:
    other = claim("not promoted", session=OTHER)["address"]
    refused("import", "-", code="not-found", stdin=jsonl({"text": "b", "inputs": [other]}))


def test_an_anchor_whose_file_is_not_here_is_left_out(repo: Path) -> None:
    done = take({"text": "x", "anchors": ["README.md:1", "gone.py:3-4"]})
    (anchor,) = show(chains()["x"])["members"][1]["anchors"]
    assert (anchor["path"], anchor["first"], anchor["last"]) == ("README.md", 1, 1)
    assert ["line 1" in one and "gone.py" in one for one in done["warnings"]] == [True]


# -- what must not exist -----------------------------------------------------------------------


def test_a_purged_node_is_left_out_and_may_be_rested_on(repo: Path) -> None:
    take({"text": "secret", "title": "T"}, {"text": "rest", "title": "T"})
    (id_,) = chains().values()
    gone = show(id_)["members"][1]["address"]
    purge(gone)
    done = take(
        {"text": "secret", "title": "T", "id": "s"},
        {"text": "on it", "inputs": ["s"], "title": "T"},
        {"text": "after it", "after": "s", "title": "T"},
    )
    assert (done["nodes"], done["skipped"]) == (2, 1)
    assert gone in done["warnings"][0]
    assert gone not in [path[-40:] for path in tree(PROJECT) if not path.startswith("purged/")]
    assert texts(id_) == ["rest", "on it", "after it"]


def purge(address: str) -> None:
    """The project as a purge leaves it, by plumbing: without the node, and with its tombstone."""
    index = {"GIT_INDEX_FILE": ".git/purging"}
    run_git("read-tree", PROJECT, env=index)
    path = next(path for path in tree(PROJECT) if path.endswith(address))
    empty = run_git("hash-object", "-w", "--stdin", input="")
    run_git("update-index", "--force-remove", path, env=index)
    run_git("update-index", "--add", "--cacheinfo", f"100644,{empty},purged/{address}", env=index)
    new = run_git("commit-tree", "-m", "purge", run_git("write-tree", env=index))
    run_git("update-ref", PROJECT, new)


# -- beside the other verbs --------------------------------------------------------------------


def test_the_nodes_are_those_that_claiming_writes(repo: Path) -> None:
    lines: list[Line] = [
        {"text": "a\r\nb  ", "domain": "issues", "anchors": ["README.md"]},
        {"text": "c", "inputs": ["#1"]},
        {"text": "d", "type": "compress", "inputs": ["#1", "#2"]},
    ]
    claimed = [one["address"] for one in batch(*lines)["nodes"]]
    take(*({**line, "title": "T"} for line in lines))
    assert [one["address"] for one in show(chains()["T"])["members"][1:]] == claimed


def test_objects_come_in_one_pack(repo: Path) -> None:
    before = run_git("count-objects")
    take(*({"text": f"claim {n}"} for n in range(50)))
    assert run_git("count-objects") == before
    assert len(list((repo / ".git/objects/pack").glob("*.pack"))) == 1


def test_a_file_and_what_is_no_file(repo: Path) -> None:
    (repo / "in.jsonl").write_bytes(jsonl({"text": "x"}))
    done = git_mnemo("import", "in.jsonl")
    assert (done.code, done.out) == (0, "imported 1 node in 1 chain into refs/mnemo/project\n")
    refused("import", "nowhere.jsonl", code="not-found")
    (repo / "empty").mkdir()
    refused("import", "empty", code="not-found")
    assert ask("import", "-")["nodes"] == 0


# -- secrets -----------------------------------------------------------------------------------

SECRET = "AKIA" + "QZ7WX2M6KD4HRTNB"


def test_a_secret_is_redacted_and_told(repo: Path) -> None:
    done = take({"text": f"the key is {SECRET}", "title": f"About {SECRET}", "key": SECRET})
    assert "line 1: redacted" in done["warnings"][0]
    (title,) = chains()
    assert "[redacted:" in title
    assert "[redacted:" in texts(chains()[title])[0]
    assert SECRET not in stored(repo)


def test_a_secret_is_refused_where_the_user_says_so(repo: Path) -> None:
    run_git("config", "mnemo.secrets", "reject")
    lines = jsonl({"text": "fine"}, {"text": f"the key is {SECRET}"})
    assert refused("import", "-", code="secret", stdin=lines)["line"] == 2
    assert SECRET not in stored(repo)


def test_a_line_of_an_export_that_holds_a_secret_is_left_out(repo: Path) -> None:
    run_git("config", "mnemo.secrets", "off")
    take(
        {"text": f"the key is {SECRET}", "title": "T"},
        {"text": "rests on it", "inputs": ["#1"], "title": "T"},
    )
    raw = git_mnemo("export").out.encode()
    assert SECRET in raw.decode()
    (repo / "new").mkdir()
    run_git("init", "--quiet", "new")
    done = ask("-C", "new", "import", "-", stdin=raw)
    assert (done["nodes"], done["skipped"]) == (1, 1)
    assert "line 2" in done["warnings"][0]
    assert SECRET not in stored(repo / "new")


def test_what_replaces_claims_is_about_the_code_they_are_about(repo: Path) -> None:
    lines: list[Line] = [
        {"text": "a", "domain": "issues", "anchors": ["README.md:1"], "title": "T"},
        {"text": "b", "type": "supersede", "inputs": ["#1"], "title": "T"},
    ]
    plan = take(*lines, args=("--dry-run",))
    take(*lines)
    better = show(chains()["T"])["members"][2]
    assert (better["domain"], better["anchors"][0]["path"]) == ("issues", "README.md")
    assert plan["nodes"] == 2
    assert take(*lines, args=("--dry-run",))["skipped"] == 2


def stored(repo: Path) -> str:
    """All that any object says."""
    listed = run_git("cat-file", "--batch-check=%(objectname)", "--batch-all-objects", cwd=repo)
    return "".join(run_git("cat-file", "-p", oid, cwd=repo) for oid in listed.split())
