"""A commit of the code meets the reasoning that led to it: the rule, case by case, and the hook."""

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from git_mnemo import session
from git_mnemo.refs import RefUpdate
from git_mnemo.store.asking import Asking
from tests import hooked
from tests.hooked import PROJECT, commit, head, init, links, log, program
from tests.support import mnemo, run, run_git
from tests.verbs import DAY, HOUR, NOW, OTHER, OTHER_REF, REF, SESSION, ask, claim, git_mnemo, here


def hook(*args: str, session: str | None = SESSION, now: int = NOW) -> None:
    """The event, in this process; it must say nothing."""
    done = git_mnemo("hook", *(args or ("post-commit",)), session=session, now=now)
    assert (done.code, done.out, done.err) == (0, "", "")


def titles(**kept: str) -> set[str]:
    """The chains linked to the commit checked out."""
    return links(*kept.values()).get(head(), set())


# -- the rule ----------------------------------------------------------------------------------


def test_what_was_claimed_on_the_parent_is_linked_and_promoted(repo: Path) -> None:
    claim("One", now=NOW)
    made = commit("Do it")
    hook()
    assert links() == {made: {"One"}} == links(REF)
    assert run_git("log", "--format=%s", PROJECT).startswith("promote ")
    assert [one["status"] for one in ask("status")["chains"]] == ["active"]


def test_what_was_claimed_earlier_or_later_is_not(repo: Path) -> None:
    claim("Earlier", "--new-chain")
    commit("First")
    claim("Now", "--new-chain")
    commit("Second")
    claim("Later", "--new-chain")
    hook()
    assert titles() == {"Now"}


def test_the_newest_claim_that_the_project_lacks_decides(repo: Path) -> None:
    chain = claim("One")["chain"]
    ask("promote", chain)
    commit("Before")
    claim("Two", "--chain", chain)
    claim("Other", "--new-chain")
    commit("Do it")
    hook()
    assert titles() == {"One", "Other"}


def test_an_unborn_branch_has_its_first_commit(empty_repo: Path) -> None:
    claim("One")
    made = commit("First")
    hook()
    assert links() == {made: {"One"}}


def test_a_stashed_chain_stays_where_it_is(repo: Path) -> None:
    claim("Scratch", "--scratch")
    claim("Kept", "--new-chain")
    commit("Do it")
    hook()
    assert titles() == {"Kept"}


def test_a_chain_with_anchors_needs_one_on_a_file_of_the_commit(repo: Path) -> None:
    Path("a.txt").write_text("a\n")
    Path("b.txt").write_text("b\n")
    claim("About a", "--new-chain", "--anchor", "a.txt")
    claim("About b", "--new-chain", "--anchor", "b.txt")
    claim("About both", "--new-chain", "--anchor", "a.txt", "--anchor", "b.txt")
    commit("Do it", file="a.txt")
    hook()
    assert titles() == {"About a", "About both"}


def test_a_chain_with_anchors_may_be_fifty_commits_old(repo: Path) -> None:
    Path("a.txt").write_text("a\n")
    claim("Too old", "--new-chain", "--anchor", "a.txt")
    commit("Before", "--allow-empty")
    claim("About a", "--new-chain", "--anchor", "a.txt")
    claim("About nothing", "--new-chain")
    for number in range(50):
        run_git("commit", "--quiet", "--allow-empty", "--message", f"Empty {number}")
    commit("Do it", file="a.txt")
    hook()
    assert titles() == {"About a"}


def test_odd_paths_are_files_like_others(repo: Path) -> None:
    name = "odd *[a] \u00e9\n.txt"
    Path(name).write_text("x\n")
    claim("About it", "--anchor", name)
    commit("Do it", file=name)
    hook()
    assert titles() == {"About it"}


def test_what_rests_on_a_stashed_chain_stays_and_the_others_go(repo: Path) -> None:
    shelved = claim("Shelved", "--new-chain")
    claim("Rests on it", "--new-chain", "--input", shelved["address"])
    claim("Free", "--new-chain")
    ask("stash", shelved["chain"])
    made = commit("Do it")
    hook()
    assert links() == {made: {"Free"}}
    assert links(REF) == {made: {"Free", "Rests on it"}}


def test_under_manual_there_is_a_link_and_no_promotion(repo: Path) -> None:
    run_git("config", "mnemo.promote", "manual")
    claim("One")
    made = commit("Do it")
    hook()
    assert links(REF) == {made: {"One"}}
    assert run_git("for-each-ref", PROJECT) == ""
    ask("promote")
    assert links() == {made: {"One"}}


def test_the_session_is_the_environments_else_the_worktrees_else_all(repo: Path) -> None:
    for name in (SESSION, OTHER):
        claim(f"In {name}", session=name)
    first = commit("One")
    hook(session=OTHER)
    assert links(OTHER_REF) == {first: {f"In {OTHER}"}}
    run_git("reset", "--quiet", "--hard", "HEAD^")
    second = commit("Two")
    hook(session=None)  # this worktree has none of its own
    assert links() == {first: {f"In {OTHER}"}, second: {f"In {SESSION}"}}


def test_the_worktrees_own_session_counts_whatever_its_age(repo: Path) -> None:
    claim("Elsewhere", session=OTHER)
    claim("Here", session=None)
    commit("Do it")
    hook(session=None, now=NOW + 40 * DAY)
    assert titles() == {"Here"}


def test_agents_of_the_session_have_a_share_in_it(repo: Path) -> None:
    claim("Own", session=SESSION)
    claim("Agent's", session=f"{SESSION}@claude")
    commit("Do it")
    hook()
    assert titles() == {"Own", "Agent's"}


def test_a_session_that_was_archived_is_no_news(repo: Path) -> None:
    claim("One")
    claim("Two", session=OTHER)
    ask("archive", SESSION)
    commit("Do it")
    hook()
    assert links() == {}


@pytest.mark.parametrize("subject", ["Größe: 5 €", "  ", "x" * 70000, "a\u2028b"])
def test_a_commit_node_holds_the_subject_or_the_id(repo: Path, subject: str) -> None:
    claim("One")
    run_git(
        "commit", "--quiet", "--allow-empty", "--allow-empty-message", "--cleanup=verbatim",
        "--file=-", input=subject,
    )  # fmt: skip
    hook()
    (node,) = [m for m in ask("show", ask("status")["chains"][0]["id"])["members"]
               if m["type"] == "commit"]  # fmt: skip
    said = subject if len(subject) < 70000 and subject.strip() else head()
    assert (node["text"], node["commit"]) == (said, head())


def test_a_subject_in_another_encoding_is_text_all_the_same(repo: Path) -> None:
    claim("One")
    run_git("config", "i18n.commitEncoding", "ISO-8859-1")
    run_git("config", "log.showSignature", "true")
    commit_with = run("git", "commit", "-q", "--allow-empty", "-F", "-", input="Gr\udcf6\udcdfe")
    assert commit_with.code == 0, commit_with
    hook()
    assert '"Größe"' in json.dumps(
        ask("show", ask("status")["chains"][0]["id"]), ensure_ascii=False
    )


@pytest.mark.parametrize("policy", ["redact", "reject", "off"])
def test_a_secret_in_a_subject_is_not_copied(repo: Path, policy: str) -> None:
    run_git("config", "mnemo.secrets", policy)
    claim("One")
    secret = "ghp_" + "016C7mHhXLBLCpO5RZ4PqYTzrtHmYK1KHjUr"
    commit(f"Use {secret} for now")
    hook()
    assert titles() == {"One"}
    assert (secret in run_git("log", "-p", "--format=%B", PROJECT, REF)) == (policy == "off")


# -- when nothing is done ----------------------------------------------------------------------


@pytest.mark.parametrize("state", ["rebase-merge", "rebase-apply", "sequencer", "CHERRY_PICK_HEAD"])
def test_nothing_happens_in_the_middle_of_a_series(repo: Path, state: str) -> None:
    claim("One")
    commit("Do it")
    (repo / ".git" / state).mkdir()
    hook()
    assert links() == {}
    (repo / ".git" / state).rmdir()
    hook()
    assert titles() == {"One"}


def test_an_amend_is_left_to_post_rewrite(repo: Path) -> None:
    claim("One")
    old = commit("Do it")
    hook()
    run_git("commit", "--quiet", "--amend", "--message", "Done")
    hook()
    assert links() == {old: {"One"}}
    hook("post-rewrite", "amend")  # without git's list, as under a hook manager
    assert links() == {head(): {"One"}}


def test_twice_is_once(repo: Path) -> None:
    claim("One")
    commit("Do it")
    hook()
    before = run_git("for-each-ref")
    (repo / ".git" / "mnemo" / "seen").unlink()
    hook()
    assert run_git("for-each-ref") == before


def test_a_corrupt_session_stops_neither_the_commit_nor_the_other_sessions(
    repo: Path, installed: Path
) -> None:
    init()
    claim("One")
    run_git("update-ref", OTHER_REF, head())  # a commit of the code is no memory
    commit("Do it")
    assert titles() == {"One"}
    run_git("update-ref", OTHER_REF, run_git("rev-parse", "HEAD^{tree}"))
    claim("Two", "--new-chain")
    commit("Do more")
    assert titles() == {"Two"}


# -- what hooks missed -------------------------------------------------------------------------


def test_the_next_command_makes_up_for_what_no_hook_did(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_COMMITTER_DATE", f"{NOW + HOUR} +0000")
    init()  # and git-mnemo is not on PATH: so no hook of these commits finds it
    claim("One")
    first = commit("First")
    claim("Two", "--new-chain")
    commit("Second")
    run_git("commit", "--quiet", "--amend", "--message", "Second, better")
    ask("status")
    assert links() == {first: {"One"}, head(): {"Two"}}


def test_without_init_or_with_no_hooks_nothing_is_made_up_for(repo: Path) -> None:
    init("--no-hooks")
    claim("One")
    commit("First")
    ask("status")
    assert links() == {}
    init()
    ask("status")  # what happened before was nobody's business
    assert links() == {}
    commit("Second")
    ask("status")
    assert links() == {}


def test_a_claim_made_later_on_the_parent_is_not_taken_for_what_led_to_the_commit(
    repo: Path,
) -> None:
    init()
    clock = {"GIT_COMMITTER_DATE": f"{NOW} +0000"}
    claim("Before", "--new-chain", now=NOW - HOUR)
    run_git("commit", "--quiet", "--allow-empty", "--message", "Do it", env=clock)
    made = head()
    (repo / ".git" / "mnemo" / "followed").unlink()  # so that nothing is made up for here
    run_git("checkout", "--quiet", "HEAD^", env=clock)
    claim("After", "--new-chain", now=NOW + HOUR)
    (repo / ".git" / "mnemo" / "followed").touch()
    ask("status", now=NOW + HOUR)
    assert links() == {made: {"Before"}}


def test_a_log_that_was_expired_is_begun_anew(repo: Path) -> None:
    init()
    for number in range(3):
        commit(f"Commit {number}")
    ask("status")
    run_git("reflog", "expire", "--expire=now", "--all")
    claim("One")
    made = commit("Do it")
    hook()
    assert links() in ({made: {"One"}}, {})
    claim("Two", "--new-chain")
    commit("Do more")
    hook()
    assert titles() == {"Two"}


def test_where_git_keeps_no_reflog_the_hook_links_the_commit(empty_repo: Path) -> None:
    run_git("config", "core.logAllRefUpdates", "false")
    commit("Start")
    assert run_git("reflog", "show", "--all") == ""
    claim("One")
    commit("Do it")
    hook()
    assert titles() == {"One"}


# -- by itself, once a day ---------------------------------------------------------------------


def test_the_daily_run_is_started_once_a_day(repo: Path, installed: Path, tmp_path: Path) -> None:
    init()
    claim("One", session=None)
    Path(".git/mnemo/tried").unlink(missing_ok=True)
    commit("First")
    tried = Path(".git/mnemo/tried")
    first = tried.read_text()
    commit("Second")
    assert tried.read_text() == first
    tried.write_text(f"{int(first) - DAY}\n")
    commit("Third")
    assert int(tried.read_text()) >= int(first)


# -- the shim ----------------------------------------------------------------------------------


def test_python_does_not_start_without_a_live_session(
    repo: Path, installed: Path, tmp_path: Path
) -> None:
    started = tmp_path / "started"
    real = (installed / "git-mnemo").rename(installed / "real")
    program(installed / "git-mnemo", f'echo "$*" >>"{started}"', f'exec "{real}" "$@"')
    init()
    commit("No session")
    assert not started.exists()
    claim("One")
    commit("Do it")
    assert started.read_text() == "hook post-commit\n"
    assert titles() == {"One"}
    ask("archive")
    assert not Path(".git/mnemo/live").exists()
    commit("No session again")
    assert started.read_text() == "hook post-commit\n"
    ask("restore", SESSION)
    assert Path(".git/mnemo/live").exists()


def test_the_mark_of_live_sessions_stays_while_there_is_one(repo: Path) -> None:
    claim("One")
    claim("Two", session=OTHER)
    ask("archive", SESSION)
    assert Path(".git/mnemo/live").exists()
    ask("archive", OTHER)
    assert not Path(".git/mnemo/live").exists()


@pytest.mark.parametrize("taken", ["before", "after"])
def test_the_mark_survives_whoever_takes_it_while_a_session_begins(
    repo: Path, taken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = Path(".git/mnemo/live")
    move = Asking.update_refs

    def beside(self: Asking, plan: Sequence[RefUpdate], reason: str) -> None:
        """Somebody archives the last session, as this one's ref moves."""
        assert mark.exists()
        if taken == "before":
            session.none_left(here())
            assert not mark.exists()
        move(self, plan, reason)
        if taken == "after":
            session.none_left(here())

    monkeypatch.setattr(Asking, "update_refs", beside)
    claim("One")
    assert mark.exists()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["echo One >&2", "echo Two >&2", "echo out", "exit 1"], "git mnemo: post-commit: Two"),
        (["exit 7"], "git mnemo: post-commit: it failed"),
        (["kill -9 $$"], "git mnemo: post-commit: Killed"),
    ],
)
def test_a_broken_git_mnemo_is_one_line_and_no_failure(
    repo: Path, installed: Path, lines: list[str], said: str
) -> None:
    init()
    claim("One")
    program(installed / "git-mnemo", *lines)
    done = run("git", "commit", "--quiet", "--allow-empty", "--message", "Do it")
    assert (done.code, done.out) == (0, "")
    assert done.err.splitlines() == [said]


def test_a_git_mnemo_that_hangs_is_ended(repo: Path, installed: Path) -> None:
    init()
    claim("One")
    shim = Path(".git/mnemo/hook")
    shim.write_text(shim.read_text().replace("timeout -k 1 10", "timeout -k 1 1"))
    program(installed / "git-mnemo", "sleep 60")
    done = run("git", "commit", "--quiet", "--allow-empty", "--message", "Do it")
    assert (done.code, done.out) == (0, "")
    assert done.err == "git mnemo: the post-commit hook was ended after 10 seconds\n"


def test_a_git_mnemo_that_is_gone_is_silence(
    repo: Path, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    init()
    claim("One")
    while (program := shutil.which("git-mnemo")) is not None:
        gone = os.path.dirname(program)
        places = os.environ["PATH"].split(os.pathsep)
        monkeypatch.setenv("PATH", os.pathsep.join(one for one in places if one != gone))
    commit("Do it")
    assert links() == {}


def test_a_hook_in_a_hook_does_nothing(
    repo: Path, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    init()
    claim("One")
    monkeypatch.setenv("GIT_MNEMO_HOOK", "1")
    commit("Do it")
    assert links() == {}


@hooked.in_files
def test_a_hook_run_by_hand_is_no_harm(repo: Path, installed: Path) -> None:
    init()
    claim("One")
    for event in ("post-commit", "post-rewrite"):
        assert run(f".git/hooks/{event}", "odd", "arguments").code == 0
    for words in (["hook"], ["hook", "no-such-event"], ["hook", "post-rewrite", "what"]):
        assert mnemo(*words).code == 0
    assert run("git", "mnemo", "hook", "post-commit", cwd=repo.parent).code == 0
    assert log() == {"Start": head()}


def test_the_hook_loads_little_where_nothing_is_to_be_promoted(repo: Path) -> None:
    from tests.test_startup import AT_EXIT, CLAIMING, HEAVY, loaded

    claim("One")
    commit("Before")
    commit("Do it")
    ours = loaded(CLAIMING, "hook", "post-commit") - loaded(AT_EXIT)
    daily = {"subprocess", "contextlib", "signal", "selectors"}
    assert "git_mnemo.linking" in ours
    commit("Once more")
    assert (loaded(CLAIMING, "hook", "post-commit") - loaded(AT_EXIT)) & HEAVY == set(), daily
