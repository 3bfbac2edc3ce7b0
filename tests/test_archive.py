"""Ending sessions, and bringing them back."""

from pathlib import Path

import pytest

from git_mnemo import archive, refs
from git_mnemo.refs import archive_ref, session_ref
from git_mnemo.session import Session, live
from tests.support import mnemo, mnemo_json, run_git
from tests.verbs import (
    DAY,
    HOUR,
    NOW,
    OTHER,
    OTHER_REF,
    REF,
    SESSION,
    all_refs,
    ask,
    claim,
    git_mnemo,
    here,
    refused,
    show,
    texts,
)

AGENT = f"{SESSION}@claude"
SECOND = f"{SESSION}@codex"


def ours() -> dict[str, str]:
    """Our refs and their tips."""
    listed = run_git("for-each-ref", "--format=%(refname) %(objectname)", refs.ROOT)
    return dict(line.split(" ") for line in listed.splitlines())


def silence(days: float) -> int:
    return NOW + int(days * DAY)


# -- archiving ---------------------------------------------------------------------------------


def test_an_archived_session_is_the_same_commit_under_another_name(repo: Path) -> None:
    one = claim("One")
    claim("Two")
    done = ask("archive", now=NOW + 9)
    ref = archive_ref(SESSION, NOW + 9)
    assert done == {
        "archived": [
            {"session": SESSION, "ref": ref, "at": "2026-11-23T09:30:09Z", "unpromoted": 2}
        ]
    }
    assert list(ours()) == [ref]
    assert run_git("log", "-1", "--format=%s", ref) == f"claim {one['chain']}: Two"
    assert show(one["chain"], session=None)["status"] == "archived"


def test_only_claims_that_the_project_lacks_are_counted(repo: Path) -> None:
    claim("One")
    ask("promote")
    claim("Two")
    assert ask("archive")["archived"][0]["unpromoted"] == 1


def test_a_session_is_named_whole_or_short_or_is_the_current_one(repo: Path) -> None:
    claim("One")
    claim("Two", session=OTHER)
    assert ask("archive", "0b0b")["archived"][0]["session"] == OTHER
    assert ask("archive", SESSION, session=None)["archived"][0]["session"] == SESSION
    third = claim("Three", session=None)["session"]
    assert ask("archive", session=None, now=NOW + 30 * HOUR)["archived"][0]["session"] == third


def test_archiving_twice_is_an_answer_and_what_never_was_is_not_found(repo: Path) -> None:
    claim("One")
    ask("archive")
    before = ours()
    assert ask("archive", SESSION, session=None, now=NOW + 60) == {"archived": []}
    assert ours() == before
    refused("archive", OTHER, session=None, code="not-found")
    refused("archive", session=None, code="not-found")


def test_a_family_ends_together_at_one_time(repo: Path) -> None:
    for id_ in (SESSION, AGENT, SECOND, OTHER):
        claim("One", session=id_)
    done = ask("archive")["archived"]
    assert [one["session"] for one in done] == [SESSION, AGENT, SECOND]
    assert {one["at"] for one in done} == {"2026-11-23T09:30:00Z"}
    assert OTHER_REF in ours()


def test_one_agents_store_ends_alone(repo: Path) -> None:
    claim("One")
    claim("One", session=AGENT)
    assert [one["session"] for one in ask("archive", AGENT)["archived"]] == [AGENT]
    assert REF in ours()


def test_a_name_that_is_taken_is_not_taken_again(repo: Path) -> None:
    """Archived, begun anew and archived again, all within one second."""
    claim("One")
    claim("One", session=AGENT)
    first = ours()
    ask("archive")
    run_git("update-ref", REF, first[REF])
    second = ask("claim", "Two", "--new-chain", "--session", SESSION)["commit"]
    done = ask("archive", SESSION)["archived"]
    assert [one["ref"] for one in done] == [archive_ref(SESSION, NOW + 1)]
    assert ours() == {
        archive_ref(SESSION, NOW): first[REF],
        archive_ref(SESSION, NOW + 1): second,
        archive_ref(AGENT, NOW): first[session_ref(AGENT)],
    }


def test_a_time_is_free_only_where_it_is_for_the_whole_family() -> None:
    taken = {archive_ref(SESSION, 100), archive_ref(AGENT, 101)}
    assert archive.first_free(taken, [SESSION], 100) == 101
    assert archive.first_free(taken, [SESSION, AGENT], 100) == 102
    assert archive.first_free(taken, [OTHER], 100) == 100
    assert archive.first_free(set(), [OTHER], 0) == 1


def test_every_archive_is_made_before_a_session_goes() -> None:
    members = [Session(SESSION, REF, "a" * 40), Session(AGENT, session_ref(AGENT), "b" * 40)]
    plan = archive.plan(members, 7)
    assert [(one.name, one.old, one.new) for one in plan] == [
        (archive_ref(SESSION, 7), None, "a" * 40),
        (archive_ref(AGENT, 7), None, "b" * 40),
        (REF, "a" * 40, None),
        (session_ref(AGENT), "b" * 40, None),
    ]


# -- restoring ---------------------------------------------------------------------------------


def test_restoring_gives_back_the_very_commit(repo: Path) -> None:
    one = claim("One")
    before = ours()
    ask("archive")
    assert ask("restore", SESSION) | {"session": SESSION, "ref": REF} == ask("restore", SESSION)
    assert ours() == before
    assert texts(one["chain"]) == ["One"]
    assert claim("Two")["position"] == 2


def test_a_family_comes_back_together(repo: Path) -> None:
    for id_ in (SESSION, AGENT, SECOND):
        claim("One", session=id_)
    before = ours()
    ask("archive", SECOND, now=NOW + 5)
    ask("archive", now=NOW + 9)
    done = ask("restore", SESSION)
    assert [one["session"] for one in done["restored"]] == [SESSION, AGENT]
    ask("restore", SECOND)
    assert ours() == before


def test_an_agents_store_comes_back_alone(repo: Path) -> None:
    claim("One")
    claim("One", session=AGENT)
    ask("archive")
    assert ask("restore", AGENT)["session"] == AGENT
    assert set(ours()) == {session_ref(AGENT), archive_ref(SESSION, NOW)}


def test_the_newest_archive_comes_back_unless_one_is_named(repo: Path) -> None:
    old = claim("Old")["commit"]
    ask("archive", now=NOW)
    run_git("update-ref", REF, old)
    new = claim("New")["commit"]
    ask("archive", now=NOW + 5)
    older, newer = archive_ref(SESSION, NOW), archive_ref(SESSION, NOW + 5)
    assert ours() == {older: old, newer: new}
    ask("restore", SESSION)
    assert ours() == {older: old, REF: new}
    refused("restore", older, code="refused")
    ask("archive", now=NOW + 6)
    ask("restore", older)
    assert ours() == {REF: old, archive_ref(SESSION, NOW + 6): new}


@pytest.mark.parametrize(
    "text", ["a7f3", SESSION, f"{SESSION}_{NOW}", f"refs/mnemo/archive/{SESSION}_{NOW}"]
)
def test_an_archive_is_named_in_any_of_these_ways(repo: Path, text: str) -> None:
    claim("One")
    ask("archive")
    assert ask("restore", text, session=None)["session"] == SESSION
    assert list(ours()) == [REF]


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [
        (OTHER, "not-found", 1),
        ("0b0b", "not-found", 1),
        (f"{SESSION}_1", "not-found", 1),
        ("nonsense", "invalid-id", 129),
    ],
)
def test_what_is_no_archive_is_not_restored(repo: Path, text: str, code: str, status: int) -> None:
    claim("One")
    ask("archive")
    refused("restore", text, session=None, code=code, status=status)


def test_a_session_that_went_another_way_since_is_not_overwritten(repo: Path) -> None:
    claim("One")
    ask("archive")
    ask("restore", SESSION)
    claim("Two")
    ask("archive", now=NOW + 5)
    run_git("update-ref", REF, f"{archive_ref(SESSION, NOW + 5)}^")
    refused("restore", SESSION, code="refused")


def test_restoring_twice_is_an_answer(repo: Path) -> None:
    claim("One")
    ask("archive")
    ask("restore", SESSION)
    before = ours()
    assert ask("restore", SESSION)["session"] == SESSION
    assert ours() == before


@pytest.mark.parametrize("name", [SESSION, archive_ref(SESSION, NOW), f"{SESSION}_{NOW}"])
@pytest.mark.parametrize("pruned", [False, True])
@pytest.mark.parametrize("went_on", [False, True])
def test_restoring_twice_is_an_answer_however_it_is_named(
    repo: Path, name: str, pruned: bool, went_on: bool
) -> None:
    claim("One")
    ask("archive")
    if pruned:
        ask("gc", "--expire", "now", now=NOW + 5)
    first = ask("restore", name)
    if went_on:
        claim("Two")
    before = ours()
    assert ask("restore", name) == first
    assert ours() == before


# -- what gc pruned ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [SESSION, f"{SESSION}_{NOW}", "a7f3"])
def test_what_gc_pruned_comes_back_while_git_has_it(repo: Path, name: str) -> None:
    one = claim("One")
    before = ours()
    ask("archive")
    ask("gc", "--expire", "now", now=NOW + 5)
    assert ours() == {}
    ask("restore", name)
    assert ours() == before
    assert texts(one["chain"]) == ["One"]


def test_what_git_collected_is_gone_and_that_is_said(repo: Path) -> None:
    claim("One")
    ask("archive")
    ask("gc", "--expire", "now", now=NOW + 5)
    run_git("gc", "--quiet", "--prune=now")
    error = refused("restore", SESSION, code="not-found")
    assert SESSION in error["message"]
    refused("restore", archive_ref(SESSION, NOW), code="not-found")


def test_what_git_collected_in_part_is_not_restored(repo: Path) -> None:
    claim("One")
    two = claim("Two")
    ask("archive")
    ask("gc", "--expire", "now", now=NOW + 5)
    oid = two["address"]
    (repo / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    refused("restore", SESSION, code="not-found")


# -- crashes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [["restore", SESSION], ["gc"], ["archive"]])
def test_both_refs_at_one_tip_are_a_crash_and_the_next_run_tidies_up(
    repo: Path, command: list[str]
) -> None:
    tip = claim("One")["commit"]
    run_git("update-ref", archive_ref(SESSION, NOW - 50), tip)
    ask(*command, now=NOW + 5)
    expected = archive_ref(SESSION, NOW + 5) if command == ["archive"] else REF
    assert ours() == {expected: tip}


def test_an_archive_at_another_tip_is_no_crash(repo: Path) -> None:
    tip = claim("One")["commit"]
    claim("Two")
    run_git("update-ref", archive_ref(SESSION, NOW - 50), tip)
    ask("gc")
    assert set(ours()) == {archive_ref(SESSION, NOW - 50), REF}


# -- idle --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "promoted", "days", "archived"),
    [
        (None, True, 13.9, False),
        (None, True, 14.1, True),
        (None, False, 27.9, False),
        (None, False, 28.1, True),
        ("2.days", True, 2.1, True),
        ("2.days", False, 3.9, False),
        ("2.days", False, 4.1, True),
        ("never", True, 10_000, False),
    ],
)
def test_idle_sessions_end_after_their_time_and_twice_that_with_work_unpromoted(
    repo: Path, config: str | None, promoted: bool, days: float, archived: bool
) -> None:
    if config is not None:
        run_git("config", "mnemo.idleExpire", config)
    claim("One")
    if promoted:
        ask("promote")
    done = ask("archive", "--idle", now=silence(days), session=None)["archived"]
    assert [one["session"] for one in done] == ([SESSION] if archived else [])
    assert (REF in all_refs()) is not archived


def test_a_family_is_idle_when_all_of_it_is(repo: Path) -> None:
    claim("One")
    ask("promote")
    claim("One", session=AGENT, now=silence(10))
    assert ask("archive", "--idle", now=silence(15), session=None) == {"archived": []}
    done = ask("archive", "--idle", now=silence(25), session=None)["archived"]
    assert [one["session"] for one in done] == [SESSION, AGENT]


def test_idle_finds_its_sessions_itself(repo: Path) -> None:
    claim("One")
    refused("archive", "--idle", SESSION, code="usage", status=129)
    run_git("config", "mnemo.idleExpire", "nonsense")
    refused("archive", "--idle", session=None, code="usage", status=129)


# -- the wiring --------------------------------------------------------------------------------


def test_real_processes(repo: Path) -> None:
    env = {"GIT_MNEMO_NOW": str(NOW), "GIT_MNEMO_SESSION": SESSION}
    claim("One")
    told = mnemo("archive", env=env)
    ref = archive_ref(SESSION, NOW)
    assert told.out == f"archived {SESSION} as {ref} (1 claim not in the project)\n"
    assert told.err == f"undo: git mnemo restore {SESSION}\n"
    assert mnemo_json("restore", SESSION, env=env)["ref"] == REF
    assert git_mnemo("archive", "--idle").out == "nothing to archive\n"
    assert [one.id for one in live(here())] == [SESSION]
