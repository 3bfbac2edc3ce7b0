"""Putting hooks in and taking them out: beside whatever stands there, and byte for byte."""

import os
import stat
import sys
from pathlib import Path

import pytest

from tests import hooked, plain
from tests.hooked import PROJECT, commit, head, init, links, program
from tests.support import Result, run, run_git
from tests.verbs import all_refs, ask, claim, git_mnemo

HOOKS = Path(".git/hooks")
POST = HOOKS / "post-commit"
PRE_COMMIT = Path(sys.executable).with_name("pre-commit")
SHELL = '#!/bin/sh\necho "mine: $# $1"\nexit 3\n'


def contents(folder: Path = HOOKS) -> dict[str, tuple[bytes, int]]:
    """The files below a folder, with their rights."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def put(text: str | bytes, path: Path = POST, mode: int = 0o755) -> None:
    """A hook of the user's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)


def uninstall() -> list[str]:
    removed: list[str] = ask("uninstall")["removed"]
    return removed


def works() -> bool:
    """Whether a commit is linked by its hook, and git says nothing of it."""
    claim("One", "--new-chain")
    done = run("git", "commit", "--quiet", "--allow-empty", "--message", "Do it")
    assert (done.code, "mnemo" in done.err) == (0, False), done
    return head() in links()


# -- in and out --------------------------------------------------------------------------------


@hooked.in_files
def test_init_puts_only_what_is_of_use_and_uninstall_takes_it_out(
    repo: Path, installed: Path
) -> None:
    before, config = contents(Path(".git")), Path(".git/config").read_bytes()
    folders = {str(path) for path in Path(".git").rglob("*") if path.is_dir()}
    states = init()
    assert states == {
        "post-commit": "installed", "post-rewrite": "installed", "prepare-commit-msg": "off",
        "commit-msg": "off", "pre-push": "off",
    }  # fmt: skip
    assert set(contents()) == {"post-commit", "post-rewrite"}
    assert all(os.access(HOOKS / name, os.X_OK) for name in contents())
    assert str(POST.resolve()) in uninstall()
    assert contents(Path(".git")) == before
    assert Path(".git/config").read_bytes() == config
    assert {str(path) for path in Path(".git").rglob("*") if path.is_dir()} == folders
    assert uninstall() == []


@hooked.in_files
def test_init_twice_is_once_and_a_dry_run_is_nothing(repo: Path, installed: Path) -> None:
    before = contents(Path(".git"))
    told = ask("init", "--dry-run")
    assert contents(Path(".git")) == before
    assert str(POST.resolve()) in told["wrote"]
    assert told["hooks"]["post-commit"] == "installed"
    assert ask("init")["wrote"] == told["wrote"]
    once = contents()
    assert init()["post-commit"] == "unchanged"
    assert contents() == once
    assert works()


def test_no_hooks(repo: Path) -> None:
    assert ask("init", "--no-hooks")["hooks"] == {}
    assert not HOOKS.exists()


@hooked.in_files
def test_the_trailer_and_sharing_need_hooks_of_their_own(repo: Path, tmp_path: Path) -> None:
    init()
    run_git("config", "mnemo.trailer", "true")
    assert init()["prepare-commit-msg"] == "installed"
    run_git("init", "--quiet", "--bare", str(tmp_path / "hub"))
    run_git("remote", "add", "origin", str(tmp_path / "hub"))
    assert init("--share", "origin", "--yes")["pre-push"] == "installed"
    run_git("config", "--unset", "mnemo.trailer")
    assert init()["prepare-commit-msg"] == "off"
    assert set(contents()) == {"post-commit", "post-rewrite", "pre-push"}


@hooked.in_files
def test_an_old_block_is_renewed_where_it_stands(repo: Path, installed: Path) -> None:
    put(SHELL)
    init()
    new = POST.read_text()
    POST.write_text(new.replace("GIT-MNEMO v1", "GIT-MNEMO v0").replace("mnemo_state", "old"))
    assert init()["post-commit"] == "updated"
    assert POST.read_text() == new
    uninstall()
    assert POST.read_text() == SHELL


# -- beside the user's own ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        SHELL,
        "#!/usr/bin/env bash\nset -eu\necho mine",
        "echo mine, without a first line\n",
        "",
        "#!/bin/sh\n",
        b"#!/bin/sh\n# \xff\xfe no UTF-8\n",
        "#!/bin/sh -e\nexit 0\necho never\n",
    ],
)
def test_a_hook_of_the_users_stays_and_works(
    repo: Path, installed: Path, text: str | bytes
) -> None:
    put(text, mode=0o750)
    before = contents()
    alone = run("git", "commit", "--quiet", "--allow-empty", "--message", "Alone")
    init()
    claim("One")
    beside = run("git", "commit", "--quiet", "--allow-empty", "--message", "Beside")
    assert beside == alone
    assert links() == {head(): {"One"}}
    assert stat.S_IMODE(POST.stat().st_mode) == 0o750
    uninstall()
    assert contents() == before


def test_a_pre_push_hook_of_the_users_keeps_its_arguments_lines_and_veto(
    repo: Path, installed: Path, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    put(f'#!/bin/sh\necho "$@" >>"{told}"\ncat >>"{told}"\nexit $(cat ../verdict)\n',
        HOOKS / "pre-push")  # fmt: skip
    hub = tmp_path / "hub"
    run_git("init", "--quiet", "--bare", str(hub))
    run_git("remote", "add", "origin", str(hub))
    init("--share", "origin", "--yes")
    (tmp_path / "verdict").write_text("1")
    assert run("git", "push", "--quiet", "origin", "main").code == 1
    assert run_git("ls-remote", str(hub), "refs/heads/*") == ""
    (tmp_path / "verdict").write_text("0")
    assert run("git", "push", "--quiet", "origin", "main", "main:other").code == 0
    words, first, *rest = told.read_text().splitlines()
    assert words == f"origin {hub}"
    assert first == f"refs/heads/main {head()} refs/heads/main {'0' * plain.WIDTH}"
    assert rest[0] == words
    assert len(rest) == 3


@hooked.in_files
def test_a_block_that_the_user_wrote_around_is_taken_out_alone(repo: Path) -> None:
    init()
    with POST.open("a") as file:
        file.write("echo added later\n")
    uninstall()
    assert POST.read_text() == "#!/bin/sh\necho added later\n"


def test_a_replacement_is_left_alone(repo: Path) -> None:
    init()
    put(SHELL)
    uninstall()
    assert POST.read_text() == SHELL


# -- what is left alone ------------------------------------------------------------------------


@hooked.in_files
@pytest.mark.parametrize(
    ("text", "mode", "why"),
    [
        ("#!/usr/bin/env python3\nprint('mine')\n", 0o755, "it is no shell script"),
        (b"\x7fELF\0\0", 0o755, "it is no shell script"),
        (SHELL, 0o644, "it has no execute bit, so git does not run it"),
        (SHELL.replace("\n", "\r\n"), 0o755, "its lines end in CRLF"),
        ("#!/bin/sh", 0o755, "it ends in its first line"),
        ("#!/bin/sh\n# --- BEGIN GIT-MNEMO v1 ---\n", 0o755, "the block in it is damaged"),
    ],
)
def test_a_hook_that_cannot_take_a_block_is_left_alone(
    repo: Path, text: str | bytes, mode: int, why: str
) -> None:
    put(text, mode=mode)
    before = contents()
    alone = run("git", "commit", "--quiet", "--allow-empty", "--message", "Alone")
    done = git_mnemo("init")
    assert f"post-commit: left alone: {why}" in done.out
    assert 'git-mnemo hook post-commit "$@" || true' in done.err
    assert POST.read_bytes() == before["post-commit"][0]
    claim("One")
    assert run("git", "commit", "--quiet", "--allow-empty", "--message", "Beside") == alone
    uninstall()
    assert contents() == before
    ask("status")


@hooked.in_files
def test_a_link_to_a_hook_of_the_work_tree_is_left_alone(repo: Path) -> None:
    put(SHELL, Path("scripts/post-commit"))
    HOOKS.mkdir()
    POST.symlink_to("../../scripts/post-commit")
    (HOOKS / "post-rewrite").symlink_to("nowhere")
    states = init()
    assert {states[name][:10] for name in ("post-commit", "post-rewrite")} == {"left alone"}
    assert Path("scripts/post-commit").read_text() == SHELL
    assert run_git("status", "--porcelain") == "?? scripts/"


@hooked.in_files
@pytest.mark.parametrize(
    ("path", "text", "manager", "line"),
    [
        (".git/hooks/pre-commit", "# File generated by pre-commit: https://…", "pre-commit",
         "default_install_hook_types: [pre-commit, post-commit, post-rewrite]"),
        (".pre-commit-config.yaml", "repos: []\n", "pre-commit",
         "entry: sh -c 'command -v git-mnemo >/dev/null && git-mnemo hook post-commit \"$@\""),
        ("lefthook.yml", "{}\n", "lefthook", "use_stdin: true"),
        (".husky/_/h", "", "husky", "in the post-commit hook: command -v git-mnemo"),
    ],
)  # fmt: skip
def test_a_hook_manager_is_not_touched(
    repo: Path, path: str, text: str, manager: str, line: str
) -> None:
    put(text, Path(path))
    before = contents() if HOOKS.exists() else None
    done = git_mnemo("init")
    assert f"post-commit: left alone: {manager} manages the hooks here" in done.out
    assert line in done.err
    assert (contents() if HOOKS.exists() else None) == before
    claim("One")
    run_git("commit", "--quiet", "--allow-empty", "--message", "Do it",
            env={"GIT_COMMITTER_DATE": "2026-11-24T00:00:00Z"})  # fmt: skip
    ask("status")
    assert links() == {head(): {"One"}}  # the next command makes up for it


@hooked.in_files
def test_a_folder_of_hooks_in_the_work_tree_is_not_touched(repo: Path) -> None:
    put(SHELL, Path("hooks/post-commit"))
    run_git("config", "core.hooksPath", "hooks")
    assert init()["post-commit"] == "left alone: core.hooksPath leads out of the git directory"
    assert contents(Path("hooks")) == {"post-commit": (SHELL.encode(), 0o755)}


@hooked.in_files
@pytest.mark.parametrize("there", [True, False])
def test_the_lines_to_add_work_and_stop_nobody_without_git_mnemo(
    repo: Path, installed: Path, there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_git("config", "core.hooksPath", "hooks")
    run_git("config", "mnemo.trailer", "true")
    for told in git_mnemo("init").err.splitlines():
        event, found, line = told.removeprefix("  in the ").partition(" hook: ")
        if found:
            put(f"#!/bin/sh -e\n{line}\n", Path("hooks", event))
    assert len(contents(Path("hooks"))) == 4
    claim("One", session=None)
    if not there:
        monkeypatch.setenv("PATH", "/usr/bin:/bin")
    commit("Do it")
    assert links() == ({head(): {"One"}} if there else {})
    told = run_git("log", "-1", "--format=%(trailers:key=Mnemo-Session)")
    assert bool(told) == there


@hooked.in_files
@pytest.mark.skipif(not PRE_COMMIT.exists(), reason="pre-commit is not installed")
def test_the_lines_for_pre_commit_work_and_stop_nobody_without_git_mnemo(
    repo: Path, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(".pre-commit-config.yaml").write_text("repos: []\n")
    lines = [line[2:] for line in git_mnemo("init").err.splitlines() if line.startswith("  ")]
    Path(".pre-commit-config.yaml").write_text("\n".join(lines) + "\n")
    run_git("add", ".pre-commit-config.yaml")
    assert run(str(PRE_COMMIT), "install").code == 0
    claim("One")
    done = run("git", "commit", "--quiet", "--message", "Do it")
    assert (done.code, links()) == (0, {head(): {"One"}}), done
    claim("Two", "--new-chain")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    done = run("git", "commit", "--quiet", "--allow-empty", "--message", "Without")
    assert (done.code, head() in links()) == (0, False), done
    assert run_git("log", "-1", "--format=%s") == "Without"


def test_a_folder_of_hooks_in_the_git_directory_is_used(repo: Path, installed: Path) -> None:
    run_git("config", "core.hooksPath", ".git/other $HOME 'hooks'")
    init()
    assert not HOOKS.exists()
    assert works()


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_folder_that_cannot_be_written_is_no_failure(repo: Path) -> None:
    HOOKS.mkdir()
    HOOKS.chmod(0o555)
    try:
        assert init()["post-commit"].startswith("left alone: ")
    finally:
        HOOKS.chmod(0o755)


@hooked.in_files
def test_a_folder_of_hooks_that_is_a_file_is_no_failure(repo: Path) -> None:
    HOOKS.write_text("")
    done = git_mnemo("init")
    assert done.code == 0
    assert "post-commit: left alone: " in done.out
    assert commit("Do it") == head()


# -- places ------------------------------------------------------------------------------------


def test_linked_worktrees_share_the_hooks(
    repo: Path, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_git("worktree", "add", "--quiet", "../side")
    monkeypatch.chdir("../side")
    assert init()["post-commit"] == "installed"
    assert works()
    monkeypatch.chdir("../repo")
    assert init()["post-commit"] == "unchanged"
    assert works()
    uninstall()
    assert not HOOKS.exists()


@hooked.in_files
def test_a_submodule_has_its_own(
    repo: Path, installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_git("clone", "--quiet", "--bare", str(repo), str(tmp_path / "inner"))
    run_git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add",
            str(tmp_path / "inner"), "inner")  # fmt: skip
    monkeypatch.chdir(repo / "inner")
    assert init()["post-commit"] == "installed"
    assert (repo / ".git/modules/inner/hooks/post-commit").exists()
    assert not (repo / HOOKS).exists()
    assert works()


def test_a_moved_repository_goes_on(
    repo: Path, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    init()
    repo.rename(repo.parent / "moved")
    monkeypatch.chdir(repo.parent / "moved")
    assert works()


@hooked.in_files
def test_a_bare_repository_takes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_git("init", "--quiet", "--bare", str(tmp_path / "bare"))
    monkeypatch.chdir(tmp_path / "bare")
    assert init()["post-commit"] == "installed"
    assert Path("hooks/post-commit").exists()
    uninstall()
    assert not Path("hooks").exists()


@hooked.in_files
def test_uninstall_finds_blocks_where_git_does_not_look_any_more(
    repo: Path, installed: Path
) -> None:
    put(SHELL)
    put("#!/bin/sh\n", HOOKS / "post-rewrite")
    before = contents()
    init()
    POST.rename(HOOKS / "post-commit.legacy")  # as pre-commit does
    put("#!/bin/sh\n# File generated by pre-commit\n", POST)
    run_git("config", "core.hooksPath", "elsewhere")
    assert {Path(one).name for one in uninstall()} >= {"post-commit.legacy", "post-rewrite"}
    after = contents()
    assert after.pop("post-commit.legacy") == before["post-commit"]
    assert after["post-rewrite"] == before["post-rewrite"]
    assert uninstall() == []


@hooked.in_files
def test_uninstall_all_takes_hooks_and_memory(repo: Path, installed: Path) -> None:
    before = contents(Path(".git"))
    init()
    claim("One")
    ask("promote")
    ask("uninstall", "--all", "--yes")
    assert "mnemo" not in all_refs()
    assert set(contents(Path(".git"))) - set(before) <= {
        name for name in contents(Path(".git")) if name.startswith("objects/")
    }
    assert PROJECT not in all_refs()


# -- git 2.54 and later ------------------------------------------------------------------------


@pytest.fixture
def newer_git(installed: Path) -> Path:
    """A git that says it is 2.54, and is not: it reads no hooks from the configuration."""
    real = run("sh", "-c", "command -v git").out.strip()
    program(installed / "git", '[ "$*" = version ] || case "$*" in *" version") ;; *)',
            f'exec {real} "$@";; esac', 'echo "git version 2.54.1.windows.2"')  # fmt: skip
    return installed


def test_newer_git_gets_settings_and_no_scripts(repo: Path, newer_git: Path) -> None:
    put(SHELL)
    config = Path(".git/config").read_bytes()
    assert init()["post-commit"] == "installed"
    assert POST.read_text() == SHELL
    assert run_git("config", "hook.mnemo-post-commit.event") == "post-commit"
    command = run_git("config", "hook.mnemo-post-commit.command")
    assert init()["post-commit"] == "unchanged"
    claim("One")
    run_git("commit", "--quiet", "--allow-empty", "--message", "Do it")
    assert run("sh", "-c", f'{command} "$@"', command) == Result(0, "", "")
    assert links() == {head(): {"One"}}
    run_git("config", "hook.mnemo-post-commit.command", "an old one")
    assert init()["post-commit"] == "updated"
    assert "git config hook.mnemo-post-commit" in uninstall()
    assert Path(".git/config").read_bytes() == config
    assert run("sh", "-c", f'{command} "$@"', command) == Result(0, "", "")


@hooked.in_files
def test_newer_git_takes_over_from_older(repo: Path, newer_git: Path) -> None:
    fake = (newer_git / "git").rename(newer_git / "fake")
    put(SHELL)
    init()
    assert POST.read_text() != SHELL
    fake.rename(newer_git / "git")
    assert init()["post-commit"] == "installed"
    assert contents() == {"post-commit": (SHELL.encode(), 0o755)}
    uninstall()
    assert "hook" not in Path(".git/config").read_text()
