"""Looking: status, chains and show."""

from pathlib import Path

import pytest

from git_mnemo import refs
from tests.support import mnemo, mnemo_json, run_git
from tests.verbs import (
    HOUR,
    NOW,
    OTHER,
    REF,
    SESSION,
    all_refs,
    ask,
    batch,
    claim,
    git_mnemo,
    refused,
    show,
)

AGENT = f"{SESSION}@claude"


def ids(*args: str, session: str | None = SESSION) -> list[str]:
    return [one["id"] for one in ask("chains", *args, session=session)["chains"]]


def put(chain: str, name: str, content: str) -> str:
    """A blob put into a chain of the session's tree by hand; its id."""
    oid = run_git("hash-object", "-w", "--stdin", input=content)
    index = {"GIT_INDEX_FILE": str(Path(".git/by-hand"))}
    run_git("read-tree", REF, env=index)
    path = f"{chain[3:7]}-{chain[7:9]}/{chain[9:11]}/{chain[12:14]}/{chain}/{name}-{oid}"
    run_git("update-index", "--add", "--cacheinfo", f"100644,{oid},{path}", env=index)
    tree = run_git("write-tree", env=index)
    run_git("update-ref", REF, run_git("commit-tree", tree, "-p", REF, "-m", "by hand"))
    return oid


# -- status ------------------------------------------------------------------------------------


def test_where_nothing_is_nothing_is_told(repo: Path) -> None:
    assert ask("status", session=None) == {
        "session": None,
        "agent": None,
        "ref": None,
        "tip": None,
        "nodes": 0,
        "active": 0,
        "chains": [],
        "preliminary": 0,
        "promoted": 0,
        "stashed": 0,
        "opaque": 0,
        "project": {"tip": None, "chains": 0, "nodes": 0},
        "sessions": 0,
        "archived": 0,
        "unshared": None,
        "incoming": None,
        "queued": [],
        "stale": 0,
        "went_stale": [],
    }
    assert "refs/mnemo" not in all_refs()
    assert "next: git mnemo claim" in git_mnemo("status", session=None).out


def test_status_counts_what_the_session_holds(repo: Path) -> None:
    known = claim("Known", "--title", "A")
    ask("promote")
    one = claim("One", "--title", "B")
    ask("supersede", one["address"], "Two")
    claim("Aside", "--scratch")
    claim("Theirs", session=AGENT)
    claim("Elsewhere", session=OTHER)
    ask("archive", OTHER)
    told = ask("status")
    assert (
        told
        | {
            "session": SESSION,
            "agent": None,
            "ref": REF,
            "tip": run_git("rev-parse", REF),
            "nodes": 5,
            "active": 4,
            "preliminary": 2,
            "promoted": 1,
            "stashed": 1,
            "project": {"tip": run_git("rev-parse", refs.PROJECT), "chains": 1, "nodes": 1},
            "sessions": 2,
            "archived": 1,
        }
        == told
    )
    statuses = {one["title"]: one["status"] for one in told["chains"]}
    assert statuses == {
        "A": "active", "B": "preliminary", "Aside": "stashed", "Theirs": "preliminary",
    }  # fmt: skip
    assert show(known["chain"])["status"] == "active"


def test_a_chain_in_json_has_these_fields(repo: Path) -> None:
    one = claim("One", "--domain", "issues")
    claim("Two", now=NOW + 60)
    (told,) = ask("status")["chains"]
    hash_ = one["chain"][12:]
    assert told == {
        "kind": "chain",
        "id": one["chain"],
        "title": "One",
        "domain": "issues",
        "status": "preliminary",
        "partial": False,
        "nodes": 2,
        "preliminary_nodes": 2,
        "session": SESSION,
        "began": "2026-11-23T09:30:00Z",
        "extended": "2026-11-23T09:31:00Z",
        "path": f"2026-11/23/{hash_[:2]}/{one['chain']}",
        "trusted": True,
        "suspect": [],
    }


def test_git_mnemo_alone_is_status(repo: Path) -> None:
    claim("One")
    assert git_mnemo() == git_mnemo("status")
    assert git_mnemo("--json") == git_mnemo("status", "--json")
    text = git_mnemo().out
    assert f"session {SESSION}: 1 claim, 1 visible in 1 chain, last claim just now\n" in text
    assert "\nnext: git mnemo promote --all" in text


def test_the_next_step_follows_what_there_is(repo: Path) -> None:
    claim("One")
    assert "next: git mnemo promote --all" in git_mnemo().out
    ask("promote")
    assert "next: git mnemo archive" in git_mnemo().out
    ask("archive")
    assert "next: git mnemo claim" in git_mnemo(session=None).out


def test_a_retract_is_left_to_promote_though_it_hides_all_of_its_chain(repo: Path) -> None:
    one = claim("One")
    ask("promote")
    ask("retract", one["address"], "--reason", "wrong")
    told = ask("status")
    assert [chain["status"] for chain in told["chains"]] == ["superseded"]
    assert (told["preliminary"], told["promoted"]) == (1, 0)
    assert "next: git mnemo promote --all" in git_mnemo().out
    ask("promote", "--all")
    told = ask("status")
    assert (told["preliminary"], told["promoted"]) == (0, 1)
    assert "next: git mnemo archive" in git_mnemo().out


def test_a_quiet_session_is_told_with_the_way_to_go_on(repo: Path) -> None:
    one = claim("One", session=None)
    resume = f"git mnemo session resume {one['session']}"
    assert resume not in git_mnemo(session=None, now=NOW + HOUR).out
    assert resume in git_mnemo(session=None, now=NOW + 3 * HOUR).out


def test_names_of_refs_that_are_not_ours_are_told(repo: Path) -> None:
    claim("One")
    assert "not ours" not in git_mnemo().out
    run_git("update-ref", refs.SESSIONS + "nonsense", REF)
    assert "1 ref with names that are not ours: refs/mnemo/sessions/nonsense" in git_mnemo().out


# -- chains ------------------------------------------------------------------------------------


def test_each_filter(repo: Path) -> None:
    active = claim("Active", "--new-chain")["chain"]
    partial = claim("Extended", "--new-chain")["chain"]
    ask("promote", active, partial)
    claim("More", "--chain", partial)
    aside = claim("Aside", "--scratch")["chain"]
    gone = claim("Gone", "--new-chain")
    ask("retract", gone["address"], "--reason", "no")
    new = claim("New", "--new-chain")["chain"]
    far = claim("Far", session=OTHER)["chain"]
    ask("archive", OTHER)
    assert ids() == sorted([active, partial, aside, gone["chain"], new])
    assert ids("--project") == sorted([active, partial])
    assert ids("--stashed") == [aside]
    assert ids("--archived") == [far]
    preliminary = ids("--preliminary")
    assert set(preliminary) >= {partial, new}
    assert active not in preliminary


def test_one_filter_at_a_time(repo: Path) -> None:
    refused("chains", "--project", "--stashed", code="usage", status=129)


def test_an_archived_chain_that_the_project_has_is_not_only_archived(repo: Path) -> None:
    claim("One")
    ask("promote")
    ask("archive")
    assert ids("--archived", session=None) == []
    assert len(ids("--project", session=None)) == 1


# -- show --------------------------------------------------------------------------------------


def test_a_node_in_json(repo: Path) -> None:
    one = claim("One")
    two = claim("Two\nlines", "--input", one["address"], "--agent", "codex", "--domain", "issues")
    assert show(two["address"][:8]) == {
        "kind": "node",
        "address": two["address"],
        "type": "leaf",
        "domain": "issues",
        "text": "Two\nlines",
        "inputs": [one["address"]],
        "anchors": [],
        "hidden_by": [],
        "chains": [one["chain"]],
        "opaque": False,
        "trusted": True,
        "suspect": [],
        "remote": None,
        "claimed": [
            {
                "at": "2026-11-23T09:30:00Z",
                "agent": "codex",
                "author": "Ada Example",
                "session": SESSION,
            }
        ],
    }


def test_a_chain_has_its_members_in_order(repo: Path) -> None:
    one = claim("One")
    claim("Two")
    told = show(one["chain"])
    assert [(m["position"], m["type"], m["text"]) for m in told["members"]] == [
        (0, "chain", "One"), (1, "leaf", "One"), (2, "leaf", "Two"),
    ]  # fmt: skip
    assert told["members"][0]["key"] == SESSION
    assert "key" not in told["members"][1]
    text = git_mnemo("show", one["chain"]).out
    assert text.index("One") < text.index("Two")


def test_a_session_has_its_chains(repo: Path) -> None:
    one = claim("One")
    for name in (SESSION, "a7f3", "session:a7f3", "s_a7f3"):
        told = show(name, session=None)
        assert (told["kind"], told["session"]) == ("session", SESSION)
        assert [chain["id"] for chain in told["chains"]] == [one["chain"]]
    ask("archive", now=NOW + 5)
    told = show(SESSION, session=None)
    assert told["archived_at"] == "2026-11-23T09:30:05Z"
    assert told["chains"][0]["status"] == "archived"


@pytest.mark.parametrize("prefix", ["", "chain:"])
def test_a_chain_by_any_part_of_its_id(repo: Path, prefix: str) -> None:
    one = claim("One")
    for short in (one["chain"], one["chain"][:16], one["chain"][12:16], one["chain"][12:].upper()):
        assert show(prefix + short)["id"] == one["chain"]


def test_a_kind_in_front_is_the_kind(repo: Path) -> None:
    one = claim("One")
    title = show(one["chain"])["members"][0]["address"]
    assert show(title[:8])["kind"] == "chain"
    assert show(f"chain:{title[:8]}")["kind"] == "chain"
    assert show(f"node:{title[:8]}")["kind"] == "node"
    refused("show", f"chain:{one['address'][:8]}", code="not-found")
    refused("show", f"node:{one['chain']}", code="not-found")
    refused("show", f"session:{title[:8]}", code="not-found")


def test_an_ambiguous_prefix_lists_the_candidates(repo: Path) -> None:
    done = batch(*({"text": f"Finding {number}", "title": f"T{number}"} for number in range(600)))
    chains = sorted(one["chain"] for one in done["nodes"])
    by_prefix: dict[str, list[str]] = {}
    for id_ in chains:
        by_prefix.setdefault(id_[12:16], []).append(id_)
    prefix, found = max(by_prefix.items(), key=lambda item: len(item[1]))
    assert len(found) > 1, "no two of 600 chains begin alike"
    error = refused("show", prefix, code="ambiguous")
    assert error["candidates"] == found
    error = refused("show", "ch_20261123", code="ambiguous")
    assert error["candidates"] == chains


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [
        ("0123", "not-found", 1),
        ("0" * 40, "not-found", 1),
        ("s_0123", "not-found", 1),
        ("ch_20260101_0123456789abcdef", "not-found", 1),
        ("refs/heads/main", "invalid-id", 129),
        ("abc", "invalid-id", 129),
        ("nonsense", "invalid-id", 129),
        ("", "invalid-id", 129),
        ("chain:", "invalid-id", 129),
    ],
)
def test_what_is_not_there(repo: Path, text: str, code: str, status: int) -> None:
    claim("One")
    refused("show", text, code=code, status=status)


def test_other_sessions_and_archives_are_looked_at_last(repo: Path) -> None:
    one = claim("One", session=OTHER)
    assert show(one["address"], session=SESSION)["chains"] == [one["chain"]]
    ask("archive", OTHER)
    told = show(one["chain"], session=SESSION)
    assert (told["status"], len(told["members"])) == ("archived", 2)
    assert show(one["address"][:6])["text"] == "One"


# -- what is not understood, and what steers terminals -----------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        "mnemo-node 2\ntype leaf\ndomain context\n\nFrom the future\n",
        "mnemo-node 1\ntype dream\ndomain context\n\nA type of later\n",
        "mnemo-node 1\ndomain context\ntype retract\ninput {one}\n\nWrong order\n",
        "mnemo-node 1\ntype leaf\ndomain context\n\nNot normalised \n",
        "",
        "no node at all",
    ],
)
def test_opaque_nodes_are_counted_kept_and_not_interpreted(repo: Path, content: str) -> None:
    one = claim("One")
    assert ask("status")["opaque"] == 0
    oid = put(one["chain"], "0002", content.replace("{one}", one["address"]))
    told = ask("status")
    assert (told["opaque"], told["nodes"], told["active"]) == (1, 1, 1)
    assert "1 node need" in git_mnemo().out
    shown = show(oid)
    assert (shown["opaque"], shown["text"], shown["type"], shown["inputs"]) == (
        True, None, None, [],
    )  # fmt: skip
    assert show(one["address"])["hidden_by"] == []
    assert claim("Two")["position"] == 3
    ask("promote")
    assert run_git("cat-file", "-e", f"{refs.PROJECT}:{_path(one['chain'], '0002', oid)}") == ""
    told = ask("status", session=None)
    assert (told["opaque"], told["project"]["nodes"]) == (1, 2)


def _path(chain: str, position: str, oid: str) -> str:
    return f"{chain[3:7]}-{chain[7:9]}/{chain[9:11]}/{chain[12:14]}/{chain}/{position}-{oid}"


def test_text_for_people_has_nothing_that_steers_a_terminal(repo: Path) -> None:
    nasty = "\x1b]0;title\x07red\x1b[31m \u202egnirts\u2066 \x9b2J\x08"
    one = claim(nasty + "\n" + nasty, "--title", nasty.replace("\n", ""))
    ask("stash", one["chain"], "--reason", nasty)
    ask("pop", one["chain"])
    ask("promote", one["chain"])
    commands = [
        ["status"], ["chains"], ["show", one["chain"]], ["show", one["address"]], ["log"],
        ["show", SESSION], ["promote", "--all", "--dry-run"], ["claim", "--", nasty],
        ["session", "list"], ["claim", "--chain", nasty, "x"], ["show", nasty], [nasty],
    ]  # fmt: skip
    for command in commands:
        result = git_mnemo(*command)
        said = result.out + result.err
        assert said.strip(), command
        assert not set(said) & set("\x1b\x07\x9b\x08\u202e\u2066"), (command, said)
    assert show(one["address"])["text"].startswith(nasty[:9])  # JSON has the text as it is


def test_real_processes(repo: Path) -> None:
    env = {"GIT_MNEMO_NOW": str(NOW), "GIT_MNEMO_SESSION": SESSION}
    one = claim("Zwölf")
    assert mnemo(env=env).out.startswith(f"session {SESSION}: 1 claim")
    assert mnemo_json("status", env=env)["session"] == SESSION
    assert mnemo_json("show", one["chain"], env=env)["title"] == "Zwölf"
    assert mnemo("chains", env={**env, "LC_ALL": "C"}).out.endswith("  Zwölf  (1 claim, 1 new)\n")
    assert "Zwölf" in mnemo("log", env={**env, "LC_ALL": "POSIX"}).out
