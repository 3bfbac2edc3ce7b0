"""Promotion: the one way into the project, which only ever grows."""

from pathlib import Path
from typing import Any

import pytest

from git_mnemo import project, refs
from git_mnemo.errors import MnemoError, RefMoved
from tests.support import mnemo, mnemo_json, run_git
from tests.verbs import (
    DAY,
    NOW,
    OTHER,
    SESSION,
    all_refs,
    ask,
    batch,
    claim,
    here,
    message,
    refused,
    show,
    tree,
)

PROJECT = refs.PROJECT


def promote(*args: str, now: int = NOW + 60, session: str | None = SESSION) -> dict[str, Any]:
    return ask("promote", *args, now=now, session=session)


def log() -> list[str]:
    """The subjects of the project's history, oldest first."""
    return run_git("log", "--reverse", "--format=%s", PROJECT).splitlines()


def added(done: dict[str, Any]) -> dict[str, list[str]]:
    return {part["chain"]: part["nodes"] for part in done["promoted"]}


# -- what is written ---------------------------------------------------------------------------


def test_the_current_chain_is_promoted_and_every_byte_is_known(repo: Path) -> None:
    one = claim("One", "--agent", "claude")
    two = claim("Two", now=NOW + 5)
    head = run_git("rev-parse", "HEAD")
    done = promote()
    new = run_git("rev-parse", PROJECT)
    title = show(one["chain"])["members"][0]["address"]
    assert done == {
        "promoted": [
            {
                "chain": one["chain"],
                "nodes": [one["address"], two["address"]],
                "added": [title, one["address"], two["address"]],
                "commit": new,
            }
        ],
        "already": [],
        "old": None,
        "new": new,
        "fast_forward": True,
        "dry_run": False,
    }
    assert run_git("cat-file", "commit", new) == (
        f"tree {run_git('rev-parse', f'refs/mnemo/sessions/{SESSION}^{{tree}}')}\n"
        f"author Ada Example <ada@example.com> {NOW + 5} +0000\n"
        f"committer Ada Example <ada@example.com> {NOW + 60} +0000\n"
        "\n"
        f"promote {one['chain']}: One\n"
        "\n"
        f"Mnemo-Session: {SESSION}\n"
        f"Mnemo-Head: {head}\n"
        f"Mnemo-Node: {title} {one['chain']} 0000 2026-11-23T09:30:00Z claude\n"
        f"Mnemo-Node: {one['address']} {one['chain']} 0001 2026-11-23T09:30:00Z claude\n"
        f"Mnemo-Node: {two['address']} {one['chain']} 0002 2026-11-23T09:30:05Z -"
    )


def test_author_is_who_claimed_and_committer_who_promotes(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim("One")
    monkeypatch.setenv("GIT_COMMITTER_NAME", "Bob")
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "bob@example.com")
    promote()
    names = run_git("log", "-1", "--format=%an %ae %at|%cn %ce %ct", PROJECT)
    assert names == f"Ada Example ada@example.com {NOW}|Bob bob@example.com {NOW + 60}"


def test_a_session_is_untouched_and_unreachable_from_the_project(repo: Path) -> None:
    claim("One")
    promote()
    before = claim("Two", "--new-chain")["commit"]
    promote()
    assert run_git("rev-parse", refs.session_ref(SESSION)) == before
    ours = set(run_git("rev-list", refs.session_ref(SESSION)).splitlines())
    theirs = set(run_git("rev-list", PROJECT).splitlines())
    assert len(ours) == 2
    assert len(theirs) == 2
    assert not ours & theirs


def test_the_project_has_a_reflog_from_its_first_move(repo: Path) -> None:
    one = claim("One")
    promote()
    claim("Two")
    promote()
    lines = run_git("reflog", "show", "--format=%gs", PROJECT).splitlines()
    assert lines == [f"promote: {one['chain']}"] * 2
    assert run_git("rev-parse", f"{PROJECT}@{{1}}") == run_git("rev-parse", f"{PROJECT}^")


# -- choosing ----------------------------------------------------------------------------------


def test_chains_are_named_whole_or_short_and_commits_follow_their_ids(repo: Path) -> None:
    ids = [claim(text, "--new-chain")["chain"] for text in ("One", "Two", "Three")]
    done = promote(ids[2], ids[0][12:20])
    assert [part["chain"] for part in done["promoted"]] == sorted([ids[0], ids[2]])
    assert len(log()) == 2
    assert run_git("rev-list", "--max-parents=0", PROJECT) == done["promoted"][0]["commit"]
    assert show(ids[1])["status"] == "preliminary"
    assert show(ids[0])["status"] == "active"


def test_all_leaves_out_what_is_stashed(repo: Path) -> None:
    ids = [claim(text, "--new-chain")["chain"] for text in ("One", "Two", "Three")]
    ask("stash", ids[1])
    done = promote("--all")
    assert sorted(added(done)) == sorted([ids[0], ids[2]])
    assert promote("--all")["promoted"] == []
    assert list(added(promote("--all", "--with-stashed"))) == [ids[1]]


def test_one_node_comes_with_its_title_and_leaves_the_chain_partial(repo: Path) -> None:
    done = batch({"text": "One"}, {"text": "Two"}, {"text": "Three"})["nodes"]
    told = promote(done[1]["address"])
    assert added(told) == {done[0]["chain"]: [done[1]["address"]]}
    assert [path.rpartition("/")[2][:5] for path in tree(PROJECT)] == ["0000-", "0002-"]
    shown = show(done[0]["chain"])
    assert (shown["status"], shown["partial"], shown["preliminary_nodes"]) == (
        "preliminary", True, 2,
    )  # fmt: skip
    assert added(promote()) == {done[0]["chain"]: [done[0]["address"], done[2]["address"]]}
    assert show(done[0]["chain"])["partial"] is False


def test_promoting_twice_does_nothing_and_says_so(repo: Path) -> None:
    one = claim("One")
    first = promote()
    before = all_refs()
    for args in ((), (one["chain"],), (one["address"],)):
        again = promote(*args, now=NOW + DAY)
        assert again == first | {
            "promoted": [], "already": [one["chain"]], "old": first["new"],
        }  # fmt: skip
    assert promote("--all")["already"] == []
    assert all_refs() == before


def test_a_chain_extended_later_promotes_its_new_part(repo: Path) -> None:
    one = claim("One")
    first = promote()
    two = claim("Two")
    assert show(one["chain"])["status"] == "preliminary"
    done = promote()
    assert (done["old"], done["promoted"][0]["added"]) == (first["new"], [two["address"]])
    assert run_git("rev-parse", f"{PROJECT}^") == first["new"]
    assert show(one["chain"])["status"] == "active"


def test_a_dry_run_tells_the_plan_and_writes_nothing(repo: Path) -> None:
    one = claim("One")
    before = all_refs()
    objects = run_git("count-objects", "-v")
    plan = promote("--dry-run")
    assert run_git("count-objects", "-v") == objects
    assert all_refs() == before
    assert (plan["dry_run"], plan["old"], plan["new"]) == (True, None, None)
    done = promote()
    assert [part | {"commit": None} for part in done["promoted"]] == plan["promoted"]
    assert plan["promoted"][0]["nodes"] == [one["address"]]


@pytest.mark.parametrize(
    ("id_", "code", "status"),
    [
        ("01234567", "not-found", 1),
        ("nonsense", "invalid-id", 129),
        ("abc", "invalid-id", 129),
        ("chain:01234567", "not-found", 1),
        ("node:0123", "not-found", 1),
        ("ch_20260101_0123456789abcdef", "not-found", 1),
    ],
)
def test_what_is_not_there_is_not_promoted_nor_is_the_rest(
    repo: Path, id_: str, code: str, status: int
) -> None:
    one = claim("One")
    refused("promote", one["chain"], id_, code=code, status=status)


def test_ids_and_all_do_not_go_together(repo: Path) -> None:
    one = claim("One")
    refused("promote", "--all", one["chain"], code="usage", status=129)


# -- closure -----------------------------------------------------------------------------------


def test_inputs_in_other_chains_come_along_first_with_what_they_need(repo: Path) -> None:
    far = claim("Far", "--title", "Far")
    near = claim("Near", "--title", "Near", "--input", far["address"])
    claim("Unneeded", "--chain", near["chain"])
    top = claim("Top", "--title", "Top", "--input", near["address"])
    done = promote()
    assert [part["chain"] for part in done["promoted"]] == [
        far["chain"], near["chain"], top["chain"],
    ]  # fmt: skip
    assert added(done)[near["chain"]] == [near["address"]]
    assert log() == [
        f"promote {chain}: {title}"
        for chain, title in (
            (far["chain"], "Far"),
            (near["chain"], "Near"),
            (top["chain"], "Top"),
        )
    ]
    assert [part["commit"] for part in done["promoted"]] == run_git(
        "rev-list", "--reverse", PROJECT
    ).splitlines()


def test_a_session_whose_project_was_not_fetched_is_refused_with_the_way_on(repo: Path) -> None:
    known = claim("Known")
    promote()
    claim("One", "--title", "B", "--input", known["address"], session=OTHER)
    tip = run_git("rev-parse", PROJECT)
    run_git("update-ref", "-d", PROJECT)
    run_git("update-ref", "-d", refs.session_ref(SESSION))
    error = refused("promote", "--all", session=OTHER, code="refused")
    assert (known["address"] in error["message"], error["hint"]) == (True, "git mnemo pull")
    run_git("update-ref", PROJECT, tip)
    promote("--all", session=OTHER)


def test_inputs_that_the_project_has_are_not_added_again(repo: Path) -> None:
    one = claim("One")
    promote()
    two = claim("Two", "--new-chain", "--input", one["address"])
    assert list(added(promote())) == [two["chain"]]


def test_an_input_in_several_chains_comes_with_the_one_being_promoted(repo: Path) -> None:
    one = claim("One", "--title", "A")
    other = claim("Other", "--title", "B")
    ask("claim", "--node", one["address"], "--chain", other["chain"])
    claim("Two", "--chain", other["chain"], "--input", one["address"])
    assert list(added(promote(other["chain"]))) == [other["chain"]]


def test_else_with_the_unstashed_chain_of_smallest_id(repo: Path) -> None:
    ids = sorted(claim("One", "--title", title)["chain"] for title in "ABC")
    top = claim("Top", "--title", "Top", "--input", claim("One", "--chain", ids[0])["address"])
    ask("stash", ids[0])
    done = promote(top["chain"])
    assert [part["chain"] for part in done["promoted"]] == [ids[1], top["chain"]]


# -- stashed -----------------------------------------------------------------------------------


def test_a_stashed_chain_is_refused_by_name(repo: Path) -> None:
    one = claim("One")
    ask("stash", one["chain"])
    error = refused("promote", one["chain"], code="stashed")
    assert error["chain"] == one["chain"]
    assert error["hint"].startswith(f"git mnemo pop {one['chain']}")
    refused("promote", one["address"], code="stashed")
    done = promote(one["chain"], "--with-stashed")
    assert len(done["promoted"][0]["added"]) == 3
    assert show(one["chain"])["status"] == "stashed"


def test_the_closure_never_enters_a_stashed_chain(repo: Path) -> None:
    one = claim("One")
    two = claim("Two", "--new-chain", "--input", one["address"])
    ask("stash", one["chain"])
    error = refused("promote", two["chain"], code="stashed")
    assert error["chain"] == one["chain"]
    refused("promote", "--all", code="stashed")
    done = promote(two["chain"], "--with-stashed")
    assert list(added(done)) == [one["chain"], two["chain"]]


def test_the_current_chain_is_refused_once_stashed(repo: Path) -> None:
    one = claim("One")
    ask("stash", one["chain"])
    refused("promote", code="stashed")


# -- other sessions ----------------------------------------------------------------------------


def test_from_another_session_by_name(repo: Path) -> None:
    one = claim("One", session=OTHER)
    claim("Mine")
    assert list(added(promote("--session", "0b0b"))) == [one["chain"]]
    assert f"\nMnemo-Session: {OTHER}\n" in message(PROJECT)
    refused("promote", "--session", "s_00000000", code="not-found")


def test_a_sessions_agents_are_promoted_with_it(repo: Path) -> None:
    mine = claim("Mine")
    theirs = claim("Theirs", "--agent", "claude", session=f"{SESSION}@claude")
    others = claim("Others", session=f"{OTHER}@claude")
    alone = promote("--all", "--dry-run", session=f"{SESSION}@claude")
    assert list(added(alone)) == [theirs["chain"]]
    done = promote("--all")
    assert sorted(added(done)) == sorted([mine["chain"], theirs["chain"]])
    assert others["chain"] not in added(done)
    sessions = {
        run_git("log", "-1", "--format=%(trailers:key=Mnemo-Session,valueonly)", part["commit"])
        for part in done["promoted"]
    }
    assert sessions == {SESSION, f"{SESSION}@claude"}


def test_an_archived_session_is_not_promoted_from(repo: Path) -> None:
    claim("One")
    ask("archive")
    assert refused("promote", "--all", code="refused")["hint"] == f"git mnemo restore {SESSION}"


# -- the one place that moves the project ------------------------------------------------------


@pytest.fixture
def grown(repo: Path) -> tuple[str, str]:
    """The project's two tips: after one promotion, and after the next."""
    claim("One")
    first = promote()["new"]
    claim("Two")
    return first, promote()["new"]


def test_a_move_forward_is_made(grown: tuple[str, str]) -> None:
    first, second = grown
    run_git("update-ref", PROJECT, first)
    project.move(here().store, first, second, "again")
    assert run_git("rev-parse", PROJECT) == second


def test_a_move_that_is_no_fast_forward_is_refused(grown: tuple[str, str]) -> None:
    first, second = grown
    same_tree = run_git("commit-tree", f"{second}^{{tree}}", "-p", first, "-m", "x")
    for new in (first, same_tree):
        with pytest.raises(MnemoError, match="only ever grows") as caught:
            project.move(here().store, second, new, "back")
        assert caught.value.code == "refused"
    assert run_git("rev-parse", PROJECT) == second


def test_a_move_that_loses_an_entry_is_refused(grown: tuple[str, str]) -> None:
    first, second = grown
    shrunken = run_git("commit-tree", f"{first}^{{tree}}", "-p", second, "-m", "x")
    with pytest.raises(MnemoError, match="would be lost"):
        project.move(here().store, second, shrunken, "shrink")
    assert run_git("rev-parse", PROJECT) == second


def test_a_move_from_a_tip_that_is_past_is_refused(grown: tuple[str, str]) -> None:
    first, second = grown
    third = run_git("commit-tree", f"{second}^{{tree}}", "-p", second, "-m", "x")
    for old in (first, None):
        with pytest.raises(RefMoved):
            project.move(here().store, old, third, "late")
    assert run_git("rev-parse", PROJECT) == second
    project.move(here().store, second, third, "in time")
    assert run_git("rev-parse", PROJECT) == third


# -- size, and the wiring ----------------------------------------------------------------------


def test_a_large_chain_takes_several_commits_and_one_ref_move(repo: Path) -> None:
    lines: list[dict[str, Any]] = [{"text": f"Finding {number}"} for number in range(1500)]
    batch(*lines)
    done = promote()
    commits = run_git("rev-list", "--reverse", PROJECT).splitlines()
    counts = [run_git("cat-file", "commit", oid).count("\nMnemo-Node: ") for oid in commits]
    assert counts == [1000, 501]
    assert done["promoted"][0]["commit"] == commits[-1]
    assert len(run_git("reflog", "show", PROJECT).splitlines()) == 1


def test_real_processes(repo: Path) -> None:
    env = {"GIT_MNEMO_NOW": str(NOW), "GIT_MNEMO_SESSION": SESSION}
    one = claim("One")
    assert mnemo("promote", "--dry-run", env=env).out == (
        f"would promote {one['chain']}: 1 claim  One\n"
    )
    assert mnemo_json("promote", env=env)["promoted"][0]["nodes"] == [one["address"]]
    assert mnemo("promote", env=env).out == f"already in the project: {one['chain']}\n"
    assert run_git("grep", "-h", "One", PROJECT).splitlines() == ["One", "One"]
