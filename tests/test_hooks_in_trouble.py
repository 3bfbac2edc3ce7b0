"""Commits and hooks where something is in the way: git does what it did without us."""

import os
import shutil
from pathlib import Path

import pytest

from git_mnemo.cli import hooking
from tests.hooked import commit, head, init, links, program
from tests.support import Result, mnemo, run, run_git
from tests.verbs import claim, git_mnemo

FILES = 5_000


def test_a_commit_of_all_with_the_index_locked(repo: Path, installed: Path) -> None:
    lock = Path(".git/index.lock")
    lock.touch()
    Path("README.md").write_text("Changed\n")
    alone = run("git", "commit", "--quiet", "--all", "--message", "Do it")
    assert (alone.code, "index.lock" in alone.err) == (128, True)
    init()
    claim("One")
    assert run("git", "commit", "--quiet", "--all", "--message", "Do it") == alone
    assert links() == {}
    lock.unlink()
    done = run("git", "commit", "--quiet", "--all", "--message", "Do it")
    assert done == Result(0, "", "")
    assert links() == {head(): {"One"}}
    assert run_git("status", "--porcelain") == ""


def test_a_huge_commit(repo: Path, installed: Path) -> None:
    blob = run_git("rev-parse", "HEAD:README.md")
    init()
    Path("d7").mkdir()
    Path("d7/f7.txt").write_text(Path("README.md").read_text())
    claim("One", "--anchor", "d7/f7.txt")
    claim("Two", "--new-chain", "--anchor", "README.md")
    claim("Three", "--new-chain")
    lines = (f"100644 {blob}\td{at % 100}/f{at}.txt\n" for at in range(FILES))
    run_git("update-index", "--index-info", input="".join(lines))
    done = run("git", "commit", "--quiet", "--message", "All of it")
    assert done == Result(0, "", "")
    assert len(run_git("ls-tree", "-r", "--name-only", "HEAD").splitlines()) == FILES + 1
    assert links() == {head(): {"One", "Three"}}


def test_whatever_the_reflog_calls_it(
    repo: Path, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_REFLOG_ACTION", "some tool")
    init()
    claim("One")
    made = commit("Do it")
    assert links() == {made: {"One"}}
    claim("Two", "--new-chain")
    amended = commit("Do it better", "--amend")
    assert links() == {amended: {"One"}}
    monkeypatch.delenv("GIT_REFLOG_ACTION")
    run_git("reset", "--quiet", "--hard", "HEAD^")
    claim("Three", "--new-chain")
    run_git("cherry-pick", made)
    assert head() not in links()


def test_a_failure_is_told_once(repo: Path, installed: Path) -> None:
    init()
    claim("One")
    Path(".git/mnemo/tried").mkdir()
    done = run("git", "commit", "--quiet", "--allow-empty", "--message", "Do it")
    assert (done.code, done.out) == (0, "")
    assert done.err.count("\n") == done.err.count("git mnemo: post-commit: ") == 1
    assert links() == {head(): {"One"}}


def test_a_git_mnemo_that_will_not_end_is_killed(repo: Path, installed: Path) -> None:
    init()
    claim("One")
    shim = Path(".git/mnemo/hook")
    shim.write_text(shim.read_text().replace("timeout -k 1 10", "timeout -k 0.2 0.2"))
    program(installed / "git-mnemo", "trap '' TERM", "sleep 3", "touch late")
    done = run("git", "commit", "--quiet", "--allow-empty", "--message", "Do it")
    assert (done.code, done.out, done.err.count("\n")) == (0, "", 1)
    assert not Path("late").exists()


def test_a_git_that_hangs_is_ended_with_the_hook(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim("One")
    commit("Do it")
    pid, real = tmp_path / "pid", shutil.which("git")
    program(tmp_path / "bin" / "git", 'case "$*" in *" log "*)', f'echo $$ >"{pid}"',
            "exec sleep 60;; esac", f'exec "{real}" "$@"')  # fmt: skip
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]]))
    monkeypatch.setattr(hooking, "LIMIT", 1)
    done = git_mnemo("hook", "post-commit")
    assert (done.code, done.err) == (0, "git mnemo: post-commit: gave up after 1 seconds\n")
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


@pytest.mark.parametrize("event", ["post-commit", "post-rewrite", "commit-msg", "pre-push"])
@pytest.mark.parametrize("objects", ["sha1", "sha256"])
def test_a_hook_that_others_share_leaves_those_alone_who_have_no_memory(
    tmp_path: Path, objects: str, event: str
) -> None:
    path = tmp_path / "theirs"
    run_git("init", "--quiet", f"--object-format={objects}", str(path))
    run_git("config", "mnemo.trailer", "true", cwd=path)
    run_git("commit", "--quiet", "--allow-empty", "--message", "Do it", cwd=path)
    before = sorted(path.rglob("*"))
    assert mnemo("hook", event, "odd", cwd=path) == Result(0, "", "")
    assert sorted(path.rglob("*")) == before
