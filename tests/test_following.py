"""What a rewrite leaves to be done: by the worker, or by whoever looks first; nothing is lost."""

import fcntl
import os
import shutil
import time
from pathlib import Path

import pytest

import git_mnemo
from git_mnemo import following, rewritten
from tests import plain
from tests.hooked import PROJECT, commit, head, init, links, lists, log, program, settle
from tests.support import run, run_git
from tests.verbs import SESSION, ask, claim, here

THREE = ("One", "Two", "Three")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the repository of `linked` is kept, once it is made."""
    return tmp_path_factory.mktemp("template") / "repo"


@pytest.fixture
def linked(template: Path, repo: Path, installed: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three commits on `base`, each linked to a chain of its own, and another commit there."""
    monkeypatch.setenv("GIT_MNEMO_SESSION", SESSION)
    if template.exists():
        shutil.rmtree(repo)
        shutil.copytree(template, repo)
        monkeypatch.chdir(repo)
        return repo
    init()
    run_git("branch", "base")
    for title in THREE:
        claim(title, "--new-chain")
        commit(f"Do {title}", file=f"{title}.txt")
    new = run_git("commit-tree", "base^{tree}", "-p", "base", "-m", "Other work")
    run_git("branch", "--force", "base", new)
    shutil.copytree(repo, template)
    return repo


@pytest.fixture
def idle(installed: Path) -> Path:
    """Workers die as soon as they start; the file tells what was started."""
    return stop_workers(installed)


def stop_workers(installed: Path) -> Path:
    """From here on no worker does anything."""
    started = installed / "started"
    (installed / "git-mnemo").rename(installed / "real")
    program(installed / "git-mnemo", f'echo "$*" >>"{started}"', "kill -9 $$")
    return started


def squash(cwd: Path | None = None) -> None:
    """Rebase onto `base`, the second commit into the first: only git's list tells of that."""
    editor = {"GIT_SEQUENCE_EDITOR": "sed -i -e '2s/^pick/fixup/'", "GIT_EDITOR": "true"}
    done = run("git", "rebase", "--quiet", "--interactive", "base", cwd=cwd, env=editor)
    assert (done.code, "mnemo" in done.err) == (0, False), done


def reasons(rev: str = "HEAD") -> set[str]:
    return {one["title"] for one in ask("why", run_git("rev-parse", rev))["chains"]}


def test_the_worker_goes_by_the_list_and_nobody_waits_for_it(
    linked: Path, installed: Path, tmp_path: Path
) -> None:
    real, gate = (installed / "git-mnemo").rename(installed / "real"), tmp_path / "gate"
    program(installed / "git-mnemo", f'until test -e "{gate}"; do sleep 0.02; done',
            f'exec "{real}" "$@"')  # fmt: skip
    squash()
    assert len(lists()) == 1
    assert not gate.exists()
    gate.touch()
    settle()
    assert links()[head()] == {"Three"}
    assert links()[log()["Do One"]] == {"One", "Two"}


def test_whoever_looks_first_goes_by_the_list(linked: Path, idle: Path) -> None:
    squash()
    assert len(lists()) == 1
    assert reasons(log()["Do One"]) == {"One", "Two"}
    assert reasons() == {"Three"}
    assert lists() == []


def test_the_api_goes_by_the_list(linked: Path, idle: Path) -> None:
    squash()
    found = git_mnemo.open(str(linked)).why(log()["Do One"])
    assert {one.info.title for one in found.chains} == {"One", "Two"}


def test_the_next_commit_goes_by_the_list(linked: Path, installed: Path, idle: Path) -> None:
    squash()
    (installed / "real").rename(installed / "git-mnemo")
    claim_free = commit("More", file="more.txt")
    assert lists() == []
    assert links()[log()["Do One"]] == {"One", "Two"}
    assert claim_free not in links()


def test_amends_and_rebases_that_follow_at_once(linked: Path, idle: Path) -> None:
    squash()
    for text in ("Done Three", "Done Three, really"):
        run_git("commit", "--quiet", "--amend", "--message", text)
    run_git("commit", "--quiet", "--allow-empty", "--message", "More")
    assert len(lists()) == 3
    assert reasons("HEAD^") == {"Three"}
    assert reasons("HEAD^^") == {"One", "Two"}
    assert lists() == []


def test_two_rebases_in_two_worktrees(
    linked: Path, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    side = linked.parent / "side"
    run_git("worktree", "add", "--quiet", "-b", "side", str(side), "base~1")
    monkeypatch.chdir(side)
    for title in ("Four", "Five"):
        claim(title, "--new-chain")
        commit(f"Do {title}", file=f"{title}.txt")
    stop_workers(installed)
    squash()
    monkeypatch.chdir(linked)
    squash()
    assert len(lists()) == 2
    assert reasons(log()["Do One"]) == {"One", "Two"}
    assert reasons(log("side")["Do Four"]) == {"Four", "Five"}
    assert lists() == []


def test_a_list_of_a_worktree_that_is_no_more(linked: Path, idle: Path) -> None:
    side = linked.parent / "side"
    run_git("worktree", "add", "--quiet", "--detach", str(side), "main")
    squash(cwd=side)
    new = run_git("rev-parse", "HEAD", cwd=side)
    run_git("branch", "kept", new)
    run_git("worktree", "remove", "--force", str(side))
    assert reasons("kept^") == {"One", "Two"}
    assert lists() == []


@pytest.mark.parametrize("age", [0, 60])
def test_a_list_that_is_not_whole_counts_for_nothing(linked: Path, idle: Path, age: int) -> None:
    run_git("rebase", "--quiet", "base")
    (path,) = lists()
    text = path.read_text().splitlines()
    path.write_text("\n".join([text[0], text[1], text[2][:50]]))
    os.utime(path, (path.stat().st_mtime - age,) * 2)
    ask("status")
    assert lists() == ([path] if age == 0 else [])  # it may be one that is being written
    path.unlink(missing_ok=True)
    assert [links()[log()[f"Do {title}"]] for title in THREE] == [{title} for title in THREE]


def test_twice_is_once_also_where_the_second_time_knows_less(linked: Path, idle: Path) -> None:
    squash()
    (path,) = lists()
    both = path.read_text()
    ask("status")
    once = run_git("rev-parse", PROJECT)
    path.write_text("\n".join(both.splitlines()[:2]) + "\nend\n")
    ask("status")
    assert (lists(), run_git("rev-parse", PROJECT)) == ([], once)


def test_a_folder_of_lists_that_cannot_be_is_no_failure(linked: Path) -> None:
    Path(".git/mnemo/rewritten").touch()
    squash()
    assert links()[log()["Do One"]] == {"One", "Two"}


def test_a_step_of_a_rebase_starts_nothing(linked: Path, idle: Path) -> None:
    steps = ("--exec", "git commit -q --amend --no-edit --date=now")
    run_git("rebase", "--quiet", *steps, "base")
    deadline = time.monotonic() + 20
    while not idle.exists() or not idle.read_text():
        assert time.monotonic() < deadline, "no worker was started"
        time.sleep(0.01)
    assert idle.read_text() == "hook follow\n"
    assert [reasons(log()[f"Do {title}"]) for title in THREE] == [{title} for title in THREE]


def test_uninstall_takes_lists_and_lock(linked: Path, idle: Path) -> None:
    squash()
    assert lists()
    ask("uninstall")
    left = {path.name for path in Path(".git/mnemo").iterdir()}
    assert not left & {"rewritten", "following.lock", "followed", "hook", "seen"}


# -- a rebase that stopped ---------------------------------------------------------------------


def test_what_was_claimed_where_a_rebase_stopped_is_linked_at_its_end(
    linked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_SEQUENCE_EDITOR", "sed -i -e '2s/^pick/edit/'")
    monkeypatch.setenv("GIT_EDITOR", "true")
    run_git("rebase", "--quiet", "--interactive", "base")
    claim("Found on the way", "--new-chain", now=int(time.time()))
    made = commit("Mend it", file="mend.txt")
    assert made not in links()
    run_git("rebase", "--continue")
    assert links()[made] == {"Found on the way", "Two"}  # git says that this is what Two became
    assert [links()[log()[f"Do {title}"]] for title in ("One", "Three")] == [{"One"}, {"Three"}]


def test_what_was_claimed_over_a_conflict_is_linked_at_the_end(
    linked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_EDITOR", "true")
    run_git("checkout", "--quiet", "base")
    commit("Theirs", file="One.txt")
    claim("Before there was a rebase", "--new-chain", now=1)
    run_git("checkout", "--quiet", "main")
    assert run("git", "rebase", "--quiet", "base").code == 1
    claim("Both are right", "--new-chain", now=int(time.time()))
    Path("One.txt").write_text("Both\n")
    run_git("add", "One.txt")
    run_git("rebase", "--continue")
    assert links()[log()["Do One"]] == {"One", "Both are right"}
    assert links()[log()["Do Three"]] == {"Three"}


# -- locks -------------------------------------------------------------------------------------


@plain.only_files
def test_a_lock_that_somebody_left_is_not_waited_for(linked: Path) -> None:
    claim("Four", "--new-chain")
    lock = Path(".git/refs/mnemo/project.lock")
    lock.touch()
    done = run("git", "commit", "--quiet", "--allow-empty", "--message", "Do Four")
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("git mnemo: post-commit: refs/mnemo/project could not be moved")
    lock.unlink()
    assert reasons() == {"Four"}
    assert links()[head()] == {"Four"}


def test_who_holds_the_lock_of_those_who_catch_up_stops_nobody(
    linked: Path, idle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    squash()
    monkeypatch.setattr(following, "PATIENCE", 0.05)
    with rewritten.turn(here(), 1), Path(".git/mnemo/following.lock").open() as file:
        with pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert reasons(log()["Do One"]) == {"One", "Two"}
