"""Links survive what git does to history: real commits, rewritten by real git, counted."""

import shutil
from pathlib import Path

import pytest

from tests.hooked import PROJECT, commit, head, init, links, log, program
from tests.support import run, run_git
from tests.verbs import OTHER, REF, SESSION, ask, claim

COUNT = 20


@pytest.fixture(scope="module")
def twenty(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Where the template is, once it is made."""
    return {}


@pytest.fixture
def linked(
    twenty: dict[str, Path], repo: Path, installed: Path, tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:  # fmt: skip
    """A repository with twenty commits, each linked to a chain of its own; the test runs in it."""
    monkeypatch.setenv("GIT_MNEMO_SESSION", SESSION)
    if "made" not in twenty:
        init()
        run_git("branch", "base")
        for number in range(COUNT):
            claim(f"Reason {number}", "--new-chain")
            commit(f"Change {number}", file=f"file{number}.txt")
        made = tmp_path_factory.mktemp("template") / "repo"
        shutil.copytree(repo, made)
        twenty["made"] = made
    else:
        shutil.rmtree(repo)
        shutil.copytree(twenty["made"], repo)
        monkeypatch.chdir(repo)
    assert survivors() == COUNT
    return repo


def survivors(*refs: str) -> int:
    """How many changes on this branch lead to the reason that led to them."""
    known, found = log(), links(*refs)
    return sum(
        f"Reason {number}" in found.get(known.get(f"Change {number}", ""), set())
        for number in range(COUNT)
    )


def quietly(*command: str) -> None:
    """A git command that succeeds, and in which no hook says anything."""
    done = run("git", *command)
    assert done.code == 0, done
    assert "mnemo" not in done.out + done.err


def elsewhere(name: str = "other.txt") -> None:
    """A commit on `base`, for a rebase to go onto."""
    run_git("checkout", "--quiet", "base")
    Path(name).write_text("other\n")
    run_git("add", name)
    run_git("commit", "--quiet", "--message", "Other work")
    run_git("checkout", "--quiet", "main")


def rebase(monkeypatch: pytest.MonkeyPatch, *edit: str) -> None:
    """`git rebase -i base`, with the list of steps edited by these lines of shell."""
    editor = Path("..") / "editor"
    program(editor, *edit)
    monkeypatch.setenv("GIT_SEQUENCE_EDITOR", str(editor.resolve()))
    monkeypatch.setenv("GIT_EDITOR", "true")
    quietly("rebase", "--quiet", "--interactive", "base")


def without_hooks() -> None:
    """From here on no hook is called."""
    shutil.rmtree(".git/hooks", ignore_errors=True)
    settings = run_git("config", "--name-only", "--get-regexp", r"^hook\.", check=False)
    for section in {name.rpartition(".")[0] for name in settings.splitlines()}:
        run_git("config", "--remove-section", section)


# -- what hooks see ----------------------------------------------------------------------------


def test_rebase(linked: Path) -> None:
    elsewhere()
    before = head()
    quietly("rebase", "--quiet", "base")
    assert before != head()
    assert survivors() == COUNT
    assert {one["title"] for one in ask("why", head())["chains"]} == {"Reason 19"}
    assert run_git("log", "-1", "--format=%s", PROJECT).startswith("link ")


def test_an_amend_of_each(linked: Path) -> None:
    quietly("rebase", "--quiet", "--exec", "git commit -q --amend --no-edit --date=now", "base")
    assert survivors() == COUNT


def test_amend(linked: Path) -> None:
    for text in ("Change 19", "Change 19"):
        Path("file19.txt").write_text(f"{text} again\n")
        quietly("commit", "--quiet", "--all", "--amend", "--message", text)
    assert survivors() == COUNT
    assert ask("status")["project"]["nodes"] == COUNT


def test_rebase_interactive_in_another_order(linked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere()
    rebase(monkeypatch, 'sort -r "$1" | grep ^pick >"$1.new"; mv "$1.new" "$1"')
    assert survivors() == COUNT


def test_squash_in_a_rebase_leads_to_both_reasons(
    linked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebase(monkeypatch, "sed -i -e '2s/^pick/squash/' -e '4s/^pick/fixup/' \"$1\"")
    known, found = log(), links()
    assert len(known) == 1 + COUNT - 2
    assert found[known["Change 0"]] == {"Reason 0", "Reason 1"}
    assert found[known["Change 2"]] == {"Reason 2", "Reason 3"}
    assert sum(len(found[oid]) for subject, oid in known.items() if subject != "Start") == COUNT


def test_pull_rebase(linked: Path, tmp_path: Path) -> None:
    run_git("clone", "--quiet", "--bare", str(linked), str(tmp_path / "hub"))
    run_git("remote", "add", "origin", str(tmp_path / "hub"))
    run_git("push", "--quiet", "--force", "origin", "base:main")
    run_git("clone", "--quiet", "--branch", "main", str(tmp_path / "hub"), str(tmp_path / "there"))
    commit("Theirs", file="theirs.txt", cwd=tmp_path / "there")
    run_git("push", "--quiet", "origin", "main", cwd=tmp_path / "there")
    quietly("pull", "--quiet", "--rebase", "origin", "main")
    assert "Theirs" in log()
    assert survivors() == COUNT


def test_the_links_of_a_session_under_manual(repo: Path, installed: Path) -> None:
    init()
    run_git("config", "mnemo.promote", "manual")
    claim("Reason 0")
    commit("Change 0")
    quietly("commit", "--quiet", "--amend", "--message", "Change 0, better")
    assert links(REF) == {head(): {"Reason 0"}}
    assert run_git("for-each-ref", PROJECT) == ""


def test_links_in_the_project_go_along_without_a_live_session(linked: Path) -> None:
    ask("archive", SESSION)
    elsewhere()
    quietly("rebase", "--quiet", "base")
    assert survivors() == COUNT


def test_a_worktree(linked: Path) -> None:
    quietly("worktree", "add", "--quiet", "-b", "side", "../side", "main")
    claim("Aside", "--new-chain")
    made = commit("In the worktree", cwd=linked.parent / "side")
    assert links()[made] == {"Aside"}
    assert survivors() == COUNT


def test_two_commits_at_once_in_two_worktrees(linked: Path) -> None:
    import subprocess

    trees = [linked, linked.parent / "side"]
    quietly("worktree", "add", "--quiet", "-b", "side", "../side", "main")
    for number, session in ((0, SESSION), (1, OTHER)):
        claim(f"At once {number}", "--new-chain", session=session)
    running = [
        subprocess.Popen(
            ["git", "commit", "--quiet", "--allow-empty", "--message", f"At once {number}"],
            cwd=cwd,
            env={**__import__("os").environ, "GIT_MNEMO_SESSION": session},
            stderr=subprocess.PIPE,
        )
        for number, (cwd, session) in enumerate(zip(trees, (SESSION, OTHER), strict=True))
    ]
    assert [(one.communicate()[1], one.returncode) for one in running] == [(b"", 0)] * 2
    found = links()
    assert [found[head(cwd)] for cwd in trees] == [{"At once 0"}, {"At once 1"}]


# -- what no hook saw --------------------------------------------------------------------------


def test_a_rebase_is_recovered_by_the_next_command(linked: Path) -> None:
    without_hooks()
    elsewhere()
    quietly("rebase", "--quiet", "base")
    assert survivors() == 0
    ask("status")
    assert survivors() == COUNT


def test_a_rebase_whose_list_was_swallowed_is_recovered_by_the_hook(linked: Path) -> None:
    program(Path(".git/hooks/post-rewrite"), "exec mnemo-hook post-rewrite rebase </dev/null")
    elsewhere()
    quietly("rebase", "--quiet", "base")
    assert survivors() == COUNT


@pytest.mark.parametrize("how", ["--apply", "--exec=git commit --quiet --amend --no-edit"])
def test_a_rebase_whose_list_was_swallowed_is_recovered_however_it_went(
    linked: Path, how: str
) -> None:
    program(Path(".git/hooks/post-rewrite"), "export PRE_COMMIT_REWRITE_COMMAND=$1",
            "exec mnemo-hook post-rewrite </dev/null")  # fmt: skip
    elsewhere()
    quietly("rebase", "--quiet", how, "base")
    ask("status")
    assert survivors() == COUNT


def test_commits_alike_are_told_apart_by_what_they_change(
    linked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_hooks()
    elsewhere()
    quietly("rebase", "--quiet", "--exec", "git commit -q --amend --no-edit --date=now", "base")
    ask("status")
    assert survivors() == COUNT


def test_an_amend_is_recovered_by_the_next_command(linked: Path) -> None:
    without_hooks()
    quietly("commit", "--quiet", "--amend", "--allow-empty", "--message", "Change 19")
    assert survivors() == COUNT - 1
    ask("status")
    assert survivors() == COUNT


def test_a_rebase_that_was_given_up_changes_nothing(linked: Path) -> None:
    elsewhere("file3.txt")
    before = run_git("for-each-ref", "refs/mnemo")
    assert run("git", "rebase", "--quiet", "base").code == 1
    quietly("rebase", "--abort")
    ask("status")
    assert run_git("for-each-ref", "refs/mnemo") == before
    assert run("git", "rebase", "--quiet", "base").code == 1
    quietly("rebase", "--quit")
    quietly("reset", "--quiet", "--hard")
    quietly("checkout", "--quiet", "main")
    claim("After it was quit", "--new-chain")
    made = commit("After it was quit")
    assert links()[made] == {"After it was quit"}


# -- with the trailer --------------------------------------------------------------------------


def named(rev: str = "HEAD") -> list[str]:
    """The sessions in the trailers of a commit's message."""
    told = run_git("log", "-1", "--format=%(trailers:key=Mnemo-Session,valueonly)", rev)
    return told.split()


def test_cherry_pick_leads_to_the_session(repo: Path, installed: Path) -> None:
    run_git("config", "mnemo.trailer", "true")
    init()
    run_git("branch", "side")
    claim("Reason")
    made = commit("Change")
    assert named(made) == []  # no session of this worktree's own, and none in the environment
    claim("More", session=None)
    made = commit("Change more", file="more.txt")
    (session,) = named(made)
    run_git("checkout", "--quiet", "side")
    quietly("cherry-pick", made)
    assert named() == [session]
    assert {"More"} <= {one["title"] for one in ask("show", session)["chains"]}
    assert links()[made] == {"More"}


def test_merge_squash_leads_to_the_sessions(linked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_git("config", "mnemo.trailer", "true")
    init()
    run_git("checkout", "--quiet", "-b", "feature", "base")
    claim("First reason", "--new-chain")
    commit("First", file="first.txt")
    monkeypatch.setenv("GIT_MNEMO_SESSION", OTHER)
    claim("Second reason", session=OTHER)
    commit("Second", file="second.txt")
    run_git("checkout", "--quiet", "main")
    quietly("merge", "--quiet", "--squash", "feature")
    monkeypatch.setenv("GIT_EDITOR", "true")
    quietly("commit", "--quiet")
    assert sorted(named()) == sorted([SESSION, OTHER])
    assert survivors() == COUNT


def test_rebase_keeps_the_trailers(linked: Path) -> None:
    run_git("config", "mnemo.trailer", "true")
    init()
    claim("More", "--new-chain")
    commit("With a trailer")
    elsewhere()
    quietly("rebase", "--quiet", "base")
    assert named() == [SESSION]
    assert survivors() == COUNT
