"""Importing the file-based store that came before: all it knew, its sessions, and hostile ones."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests import soundness
from tests.support import run_git
from tests.verbs import OTHER, SESSION, ask, git_mnemo

OLD = "s_0f0f0f0f"


def put(path: str, text: str | bytes) -> None:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)


def chains(*args: str, session: str = SESSION) -> dict[str, dict[str, Any]]:
    """The chains by their titles, with their members but the title."""
    listed = ask("chains", *args, session=session)["chains"]
    found = {one["title"]: ask("show", one["id"], session=session) for one in listed}
    for one in found.values():
        one["members"] = [member for member in one["members"] if member["type"] != "chain"]
    return found


def texts(one: dict[str, Any]) -> list[str]:
    return [member["text"] for member in one["members"]]


def again(*args: str) -> dict[str, Any]:
    """What an import did; a dry run before it tells as much, and once more it does nothing."""
    dry = ask("import", *args, "--dry-run")
    done = ask("import", *args)
    assert (dry["nodes"], dry["skipped"]) == (done["nodes"], done["skipped"])
    before = run_git("for-each-ref", "refs/mnemo")
    twice = ask("import", *args)
    assert (twice["nodes"], twice["chains"]) == (0, 0), twice
    assert run_git("for-each-ref", "refs/mnemo") == before
    return done


# -- the file-based store ----------------------------------------------------------------------


def old_node(
    folder: str, address: str, text: str, type_: str = "leaf", at: float = 0, **more: Any
) -> None:
    inputs = more.pop("inputs", [])
    put(f"{folder}/nodes/{address}.json", json.dumps({
        "type": type_, "content": text, "inputs": inputs, "created": 1710000000.25 + at,
        "meta": more, "addr": address,
    }))  # fmt: skip


def old_store(folder: str, active: list[str], chains_: dict[str, Any]) -> None:
    put(f"{folder}/active.json", json.dumps(active))
    put(f"{folder}/chains.json", json.dumps(chains_))


def old_chain(*members: str, summary: str, **more: Any) -> dict[str, Any]:
    return {"members": list(members), "summary": summary, "status": "active", **more}


@pytest.fixture
def store(repo: Path) -> str:
    """A `.mnemo` folder with all that one can hold."""
    put("pool.py", "import os\n\ndef pool():\n    return 1\n")
    run_git("add", "pool.py")
    run_git("commit", "-qm", "pool")
    anchor = {"type": "content_hash", "file": "pool.py", "line_hint": 3,
              "context_lines": "def pool():\n    return 1", "content_hash": "0" * 16}  # fmt: skip
    old_node(".mnemo", "a1", "Retries time out", domain="issues", agent_id="Claude Code",
             anchors=[anchor, {"type": "file", "path": "../../etc/passwd"}])  # fmt: skip
    old_node(".mnemo", "b1", "The pool is per request", "supersede", 20, inputs=["a1"],
             domain="issues", anchors=[anchor],
             links=[{"addr": "d1", "rel": "depends_on"}])  # fmt: skip
    old_node(".mnemo", "c1", "Ada likes tabs", at=30, domain="Team Habits!")
    old_node(".mnemo", "d1", "SQLite 3.44 is needed", at=10, domain="dependencies")
    old_node(".mnemo", "e1", "One claim about setting up", "compress", 50, inputs=["d1", "c1"])
    old_node(".mnemo", "f1", "Perhaps threads", at=40, domain="tasks")
    old_node(".mnemo", "a2", "Nobody believes this any more", at=45, confidence=0.5)
    old_node(".mnemo", "b2", "Active: 4", "root", 60, inputs=["b1"])
    old_store(".mnemo", ["b1", "e1"], {
        "ch_0123456789ab": old_chain("a1", "b1", summary="Why retries fail"),
        "ch_ba9876543210": old_chain("f1", "gone", summary="Threads", status="stashed",
                                     stash_reason="not now"),
    })  # fmt: skip
    live = f".mnemo/sessions/{OTHER}"
    old_node(live, "a3", "Measured: 40 ms", at=70, inputs=["b1"], domain="history")
    old_node(live, "b1", "The pool is per request", "supersede", 20, inputs=["a1"])
    old_store(live, ["a3"], {"ch_1": old_chain("a3", summary="Measuring", status="preliminary"),
                             "ch_0": old_chain("b1", summary="x", status="archived")})  # fmt: skip
    old_node(f".mnemo/session_archive/{OLD}_helper_1710000000", "a4", "An old thought")
    put(".mnemo/logs/s.jsonl", "{}")
    return ".mnemo"


def test_a_file_based_store_keeps_what_it_knew(store: str, repo: Path) -> None:
    done = again(store)
    assert (done["nodes"], done["chains"]) == (12, 7)
    told = "\n".join(done["warnings"])
    for said in (
        "anchors that cannot be read, left out: 1",
        "members of chains that are no node here: 1",
        "type root), left out: 1",
        "'meta.confidence' is passed over: 1",
    ):
        assert said in told
    assert "logs" not in told
    found = chains("--project")
    why = found["Why retries fail"]
    first, second, link = why["members"]
    assert why["id"].startswith("ch_20240309_")
    assert (first["text"], first["domain"], first["inputs"]) == ("Retries time out", "issues", [])
    assert first["claimed"][0]["agent"] == "claude-code"
    assert first["claimed"][0]["at"] == "2024-03-09T16:00:00Z"
    assert first["hidden_by"] == [second["address"]]
    assert (second["type"], second["inputs"]) == ("supersede", [first["address"]])
    assert ask("verify", second["address"])["anchors"][0]["verdict"] == "fresh"
    needed = found["Claims about dependencies"]["members"][0]
    assert link["inputs"] == sorted([second["address"], needed["address"]])
    assert link["text"] == "“The pool is per request” depends on “SQLite 3.44 is needed”"
    compressed = found["Claims about context"]["members"][0]
    assert needed["hidden_by"] == [next(m["address"] for m in found["Claims about context"]
                                        ["members"] if m["type"] == "compress")]  # fmt: skip
    assert compressed["hidden_by"] != []  # withdrawn: it was not live, and nothing replaced it
    assert found["Claims about team-habits"]["members"][0]["domain"] == "team-habits"
    assert (found["Threads"]["status"], texts(found["Threads"])) == (
        "stashed", ["Perhaps threads", "not now"])  # fmt: skip
    soundness.check(repo)


def test_preliminary_chains_become_sessions_of_their_ids(store: str) -> None:
    ask("import", store)
    measuring = chains("--preliminary", session=OTHER)["Measuring"]
    first = chains("--project")["Why retries fail"]["members"][1]
    assert measuring["members"][0]["inputs"] == [first["address"]]
    listed = ask("session", "list")["sessions"]
    assert {(one["session"], "archived_at" in one and one["archived_at"] is not None)
            for one in listed} == {(OTHER, False), (f"{OLD}@helper", True)}  # fmt: skip
    ask("promote", "--all", session=OTHER)
    assert ask("import", store)["nodes"] == 0


def test_into_one_session_all_of_it_goes_there(store: str) -> None:
    done = again(store, "--into-session")
    assert (done["nodes"], done["ref"]) == (12, f"refs/mnemo/sessions/{SESSION}")
    assert run_git("for-each-ref", "--format=%(refname)", "refs/mnemo") == done["ref"]
    ask("promote", "--all", "--with-stashed")
    assert ask("import", store, "--into-session")["nodes"] == 0


def test_an_input_never_gets_lost_to_the_order_of_chains(repo: Path) -> None:
    # b0 rests on a0 and that on b1, which stands behind b0: only the inputs can be kept to.
    for address, inputs in (("a0", ["b1"]), ("b0", ["a0"]), ("b1", [])):
        kind = "compress" if inputs else "leaf"
        old_node("old", address, f"claim {address}", kind, inputs=inputs)
    chains_ = {"x": old_chain("a0", summary="A"), "y": old_chain("b0", "b1", summary="B")}
    old_store("old", [], chains_)
    assert again("old")["nodes"] == 3
    found = chains("--project").values()
    by_text = {one["text"]: one for chain in found for one in chain["members"]}
    assert by_text["claim a0"]["inputs"] == [by_text["claim b1"]["address"]]
    assert by_text["claim b0"]["inputs"] == [by_text["claim a0"]["address"]]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders here")
def test_a_hostile_store_is_read_and_never_followed(repo: Path) -> None:
    old_node("old", "a1", "A sound claim\0 with \ud800 odd characters \x1b[31m")
    old_node("old", "b1", "rests on itself", "supersede", inputs=["b1", "c1"])
    old_node("old", "c1", "and in a circle", "compress", inputs=["b1"])
    old_node(
        "old",
        "d1",
        " ".join(map(str, range(30_000))),
        anchors=[{"file": ".git/config"}, 7, None],
        links=[7],
    )
    put("old/nodes/deep.json", "[" * 200_000)
    put("old/nodes/bytes.json", b"\xff\xfe{}")
    put("old/nodes/large.json", b" " * (5 << 20))
    put("old/active.json", "{")
    put("old/chains.json", '{"a": 7, "b": {"members": {"x": 1}}, "c": ["a1", 7]}')
    put("old/sessions/../../outside.json", "{}")
    put("outside/nodes/z9.json", json.dumps({"content": "from outside"}))
    (repo / "old/nodes/link.json").symlink_to(repo / "outside/nodes/z9.json")
    (repo / "old/sessions").mkdir(exist_ok=True)
    (repo / f"old/sessions/{OTHER}").symlink_to(repo / "outside")
    os.mkfifo("old/nodes/pipe.json")
    done = again("old")
    told = "\n".join(done["warnings"])
    for said in (
        "passed over: nodes/link.json: no file of its own, but a link or the like",
        "and 1 more: no file of its own",  # the pipe
        "passed over: nodes/bytes.json: no UTF-8",
        "files that are no JSON, left out: 3 (first: active.json)",
        "inputs that lead back in a circle, left out: 1",
        "anchors that cannot be read, left out: 3 (first: nodes/d1.json)",
    ):
        assert said in told, told
    exported = git_mnemo("export").out
    assert "from outside" not in exported
    assert [sum(f" {part} " in line for line in exported.splitlines()) for part in (9, 29_998)] == [
        1,
        1,
    ]
    soundness.check(repo)


# -- as others wrote it ------------------------------------------------------------------------


def other_store() -> str:
    """A store of other field names, with what is preliminary among the chains of the project."""
    nodes: list[dict[str, Any]] = [
        {"id": "n1", "type": "leaf", "domain": "issues", "text": "Retries time out.",
         "created_at": "2025-01-02T03:04:05Z", "agent": "Claude Code",
         "anchors": [{"path": "README.md", "start": 1, "end": 1}]},
        {"id": "n2", "text": "Retries time out on a cold start.", "supersedes": ["n1"]},
        {"id": "n3", "content": "A pool per process.", "links": ["n2"], "mood": "good"},
        {"id": "n4", "type": "summary", "text": "Pools, in short.", "inputs": ["n2", "n3"]},
        {"id": "n5", "text": "Perhaps asyncpg?", "inputs": ["n3", "n9"]},
        {"id": "n6", "text": "An idea on which the project rests."},
        {"id": "n7", "text": "Of no chain.", "superseded_by": "n8"},
        {"id": "n8", "text": "Of no chain, better.", "parents": ["gone", "n6"]},
        {"id": "n9", "text": "word " * 12_000},
    ]  # fmt: skip
    for one in nodes[:5]:
        put(f".mnemo/nodes/{one['id']}.json", json.dumps(one))
    put(".mnemo/nodes/rest.json", json.dumps(nodes[5:]))
    put(".mnemo/active.json", json.dumps({"nodes": ["n2", "n3", "n4", "n5", "n6", "n8", "n9"]}))
    put(".mnemo/chains.json", json.dumps({"chains": [
        {"id": "c1", "title": "The pool", "nodes": ["n1", "n2", "n3", "n4", "lost"]},
        {"id": "c2", "title": "Ideas", "nodes": ["n5", "n6", "n9"], "status": "preliminary",
         "session": "old"},
    ]}))  # fmt: skip
    return ".mnemo"


def test_other_names_of_fields_are_understood_and_what_is_preliminary_stays_private(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(other_store()).absolute()
    (repo / "deep").mkdir()
    monkeypatch.chdir("deep")  # places are those of the work tree, from wherever it is read
    done = again(str(folder))
    told = "\n".join(done["warnings"])
    for said in (
        "the field 'mood' is passed over: 1",
        "links to what is no node here: 1",
        "members of chains that are no node here: 1",
        "laid on the lines as they are now: 1",
        "live nodes that others replace: hidden here: 2",
    ):
        assert said in told, told
    assert [one["ref"].split("/")[2] for one in done["refs"]] == ["project", "sessions"]
    project = chains("--project")
    assert "Ideas" not in project
    first, second, third, fourth = project["The pool"]["members"]
    assert first["claimed"][0]["agent"] == "claude-code"
    assert first["claimed"][0]["at"] == "2025-01-02T03:04:05Z"
    assert first["anchors"][0]["path"] == "README.md"
    assert first["hidden_by"] == [second["address"]]
    assert (third["inputs"], fourth["type"]) == ([second["address"]], "compress")
    loose = {one["text"]: one for one in project["Claims about context"]["members"]}
    better = loose["Of no chain, better."]
    assert loose["Of no chain."]["hidden_by"] == [better["address"]]
    link = loose["“Of no chain, better.” rests on “An idea on which the project rests.”"]
    assert better["address"] in link["inputs"]  # and so nothing hides what it rests on
    (id_,) = [one["session"] for one in ask("session", "list")["sessions"]]
    ideas = chains("--preliminary", session=id_)["Ideas"]
    assert ideas["status"] == "preliminary"
    assert sum(text.count("word") for text in texts(ideas)) == 12_000  # in two pieces


def test_stores_of_one_session_that_ended_twice_and_of_its_agents(repo: Path) -> None:
    for folder, address in (
        (f"session_archive/{OLD}_1710000000", "a1"), (f"session_archive/{OLD}_1720000000", "b1"),
        (f"sessions/{OTHER}", "a1"), (f"sessions/{OTHER}/Explorer", "c1"), ("sessions/mine", "d1"),
    ):  # fmt: skip
        old_node(f".mnemo/{folder}", address, f"Claim {address}", domain="issues")
        chain = old_chain(address, summary=f"Chain {address}")
        old_store(f".mnemo/{folder}", [address], {f"ch_{address}": chain})
    done = again(".mnemo")
    assert (done["nodes"], len(done["refs"])) == (5, 5)  # the project's, where nothing came in
    assert not run_git("for-each-ref", "refs/mnemo/project")
    listed = {one["session"]: one for one in ask("session", "list")["sessions"]}
    assert {OTHER, f"{OTHER}@explorer", OLD} < listed.keys()
    assert len(listed) == 4
    assert set(chains("--preliminary", session=OTHER)) == {"Chain a1", "Chain c1"}
    ask("restore", OLD)
    assert set(chains("--preliminary", session=OLD)) == {"Chain a1", "Chain b1"}


def test_a_session_opens_no_chain_of_the_project_again(repo: Path) -> None:
    """What a session rests on is in a chain that another node opens, of another domain and day."""
    old_node("old", "a1", "Opens it", domain="issues")
    old_node("old", "b1", "Rested on", at=200_000, domain="tasks")
    old_store("old", ["a1", "b1"], {"ch_1": old_chain("a1", "b1", summary="One chain")})
    live = f"old/sessions/{OTHER}"
    old_node(live, "c1", "Rests on it", at=300_000, inputs=["b1"])
    old_node(live, "d1", "Only in what was said to be promoted")
    promoted = old_chain("a1", "d1", summary="x", status="archived")
    old_store(live, ["c1"], {"ch_2": old_chain("c1", summary="Its own"), "ch_1": promoted})
    done = again("old")
    assert [one["nodes"] for one in done["refs"]] == [2, 3]
    own = chains("--preliminary", session=OTHER)
    assert set(own) == {"Its own", "x"}
    assert texts(own["x"])[0] == "Only in what was said to be promoted"


def test_a_stash_of_what_was_purged_is_left_out(repo: Path) -> None:
    old_node("old", "a1", "A name that has to go")
    chain = old_chain("a1", summary="Gone", status="stashed", stash_reason="later")
    old_store("old", [], {"ch_1": chain})
    ask("import", "old")
    (one,) = chains("--project").values()
    ask("purge", one["members"][0]["address"], "--yes")
    assert ask("import", "old")["nodes"] == 0


def test_a_large_store_takes_no_time_by_the_square(repo: Path) -> None:
    """Each of these took minutes where a list was searched for each of its members."""
    many = [{"id": f"n{at}", "text": f"Claim {at}", "superseded_by": "last"} for at in range(3000)]
    last = {"id": "last", "text": "x\n" * 2_000_000}
    put(".mnemo/nodes/all.json", json.dumps([*many, last]))
    put(".mnemo/active.json", "[" + ",".join(['"n1"'] * 100_000) + "]")
    put(".mnemo/chains.json", json.dumps(
        [{"id": "one", "members": [f"n{at}"]} for at in range(3000)] * 10))  # fmt: skip
    for at in range(300):
        old_node(f".mnemo/sessions/{at}", "n1", "Claim 1")
    assert ask("import", ".mnemo", "--dry-run")["nodes"] > 3000
