"""Hooks as settings, by a real git that reads them: 2.54 or later.

The `git` on PATH, or the one that MNEMO_TEST_GIT names. In every kind of repository that it makes.
"""

import os
import shutil
from pathlib import Path

import pytest

from tests.hooked import commit, head, init, links, lists, log, program, settle
from tests.support import Result, git_version, run, run_git
from tests.verbs import SESSION, ask, claim

KINDS = {
    "files": (),
    "reftable": ("--ref-format=reftable",),
    "sha256": ("--object-format=sha256",),
    "both": ("--ref-format=reftable", "--object-format=sha256"),
}
GIT = os.environ.get("MNEMO_TEST_GIT") or shutil.which("git") or "git"


pytestmark = pytest.mark.skipif(
    git_version(GIT) < (2, 54),
    reason=f"{GIT} is older than 2.54; MNEMO_TEST_GIT can name another",
)


@pytest.fixture(params=KINDS)
def newer(
    request: pytest.FixtureRequest, tmp_path: Path, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A repository made by the newer git, which is `git` here; the test runs in it."""
    monkeypatch.setenv("PATH", os.pathsep.join([os.path.dirname(GIT), os.environ["PATH"]]))
    monkeypatch.setenv("PATH", os.pathsep.join([str(installed), os.environ["PATH"]]))
    monkeypatch.setenv("GIT_MNEMO_SESSION", SESSION)
    monkeypatch.setenv("GIT_EDITOR", "true")
    path = tmp_path / "newer"
    run_git("init", "--quiet", *KINDS[request.param], str(path))
    monkeypatch.chdir(path)
    run_git("commit", "--quiet", "--allow-empty", "--message", "Start")
    run_git("branch", "base")
    return path


def linked(*titles: str) -> None:
    for title in titles:
        claim(title, "--new-chain")
        commit(f"Do {title}", file=f"{title}.txt")


def quietly(*command: str, cwd: Path | None = None) -> None:
    done = run("git", *command, cwd=cwd)
    assert (done.code, "mnemo" in done.err) == (0, False), done


def test_a_day_of_work(newer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Path(".git/config").read_bytes()
    theirs = Path(".git/hooks/post-commit")
    program(theirs, "echo theirs >>theirs")
    own = theirs.read_bytes()
    assert init()["post-commit"] == "installed"
    linked("One", "Two", "Three")
    assert (theirs.read_bytes(), Path("theirs").read_text()) == (own, "theirs\n" * 3)
    assert [links()[log()[f"Do {one}"]] for one in ("One", "Two")] == [{"One"}, {"Two"}]
    quietly("commit", "--quiet", "--amend", "--message", "Do Three, better")
    assert links()[head()] == {"Three"}

    new = run_git("commit-tree", "base^{tree}", "-p", "base", "-m", "Other work")
    run_git("branch", "--force", "base", new)
    monkeypatch.setenv("GIT_SEQUENCE_EDITOR", "sed -i -e '2s/^pick/fixup/'")
    quietly("rebase", "--quiet", "--interactive", "base")
    assert links()[head()] == {"Three"}
    assert links()[log()["Do One"]] == {"One", "Two"}

    side = newer.parent / "side"
    quietly("worktree", "add", "--quiet", "-b", "side", str(side), "base")
    quietly("cherry-pick", "main", cwd=side)
    assert head(side) not in links()
    monkeypatch.chdir(side)
    claim("Aside", "--new-chain")
    made = commit("Do it aside", file="aside.txt")
    assert links()[made] == {"Aside"}
    quietly("commit", "--quiet", "--amend", "--message", "Done aside")
    assert links()[head()] == {"Aside"}
    monkeypatch.chdir(newer)

    assert [one for one in ask("doctor")["findings"] if one["level"] == "error"] == []
    assert "git config hook.mnemo-post-commit" in ask("uninstall")["removed"]
    assert Path(".git/config").read_bytes() == config
    claim("Four", "--new-chain")
    assert commit("Do Four") not in links()


def test_a_repository_that_was_moved_or_copied(
    newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    init()
    linked("One")
    copy = newer.parent / "copy"
    shutil.copytree(newer, copy)
    shutil.rmtree(newer)
    quietly("worktree", "add", "--quiet", "-b", "side", str(copy.parent / "side"), cwd=copy)
    for path in (copy, copy.parent / "side"):
        monkeypatch.chdir(path)
        linked(path.name)
        quietly("commit", "--quiet", "--amend", "--message", "Done")
        assert links()[head()] == {path.name}


def test_the_trailer_and_a_rebase_without_a_worker(newer: Path, installed: Path) -> None:
    run_git("config", "mnemo.trailer", "true")
    assert init()["prepare-commit-msg"] == "installed"
    linked("One")
    assert run_git("log", "-1", "--format=%(trailers:key=Mnemo-Session,valueonly)") == SESSION
    (installed / "git-mnemo").unlink()
    program(installed / "git-mnemo", "exit 0")
    done = run("git", "commit", "--quiet", "--amend", "--message", "Done")
    assert done == Result(0, "", "")
    assert len(lists()) == 1
    ask("status")
    settle()
    assert links()[head()] == {"One"}
