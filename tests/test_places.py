"""Everywhere git works, git mnemo does: and nothing of it is seen where git's own things are."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from git_mnemo import refs
from git_mnemo.repository import shared_umask
from tests.support import mnemo, mnemo_json, run_git
from tests.verbs import NOW, OTHER, REF, SESSION, ask, claim, git_mnemo, refused, show, texts

ENV = {"GIT_MNEMO_NOW": str(NOW), "GIT_MNEMO_SESSION": SESSION}


def day() -> str:
    """A day of work, each verb once; the chain that is in the project at its end."""
    one = claim("One")
    two = ask("supersede", one["address"], "Two")
    ask("claim", "Because", "--input", two["address"])
    aside = claim("Aside", "--scratch")
    ask("pop", aside["chain"])
    ask("retract", aside["address"], "--reason", "no")
    ask("promote", one["chain"])
    ask("archive", now=NOW + 1)
    ask("gc", "--expire", "now", now=NOW + 2)
    ask("restore", SESSION, now=NOW + 3)
    assert texts(one["chain"]) == ["Two", "Because"]
    assert ask("status")["project"]["nodes"] == 3
    assert git_mnemo("log").code == 0
    id_ = one["chain"]
    assert isinstance(id_, str)
    return id_


def unseen(folder: Path) -> Callable[[], None]:
    """A check, to be made later, that git sees no change of work tree, index, branches or tags."""

    def look() -> tuple[str, ...]:
        index = Path(run_git("rev-parse", "--path-format=absolute", "--git-path", "index"))
        return (
            run_git("status", "--porcelain", "--ignored", "--untracked-files=all"),
            hashlib.sha256(index.read_bytes()).hexdigest() if index.exists() else "",
            run_git("for-each-ref", "refs/heads", "refs/tags", "refs/remotes", "refs/stash"),
            "\n".join(sorted(str(path) for path in folder.rglob("*") if ".git" not in path.parts)),
            run_git("symbolic-ref", "--quiet", "HEAD", check=False),
        )

    before = look()

    def check() -> None:
        assert look() == before

    return check


def test_a_day_leaves_no_trace_where_git_looks(repo: Path) -> None:
    check = unseen(repo)
    day()
    check()
    assert sorted(path.name for path in repo.iterdir()) == [".git", "README.md"]


def test_nor_does_a_real_process(repo: Path) -> None:
    (repo / "README.md").touch()  # an index that git would like to refresh
    check = unseen(repo)
    for command in (["claim", "One"], ["status"], ["promote"], ["log"], ["archive"], ["gc"]):
        assert mnemo(*command, env=ENV).code == 0
    check()


def test_a_linked_worktree(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    linked = tmp_path / "linked"
    run_git("worktree", "add", "--quiet", str(linked), "-b", "side")
    monkeypatch.chdir(linked)
    check = unseen(linked)
    chain = day()
    check()
    monkeypatch.chdir(repo)
    assert show(chain, session=OTHER)["status"] == "active"
    assert (repo / ".git" / "mnemo" / "pruned").exists()


def test_a_bare_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_git("init", "--quiet", "--bare", str(tmp_path / "bare.git"))
    monkeypatch.chdir(tmp_path / "bare.git")
    day()
    assert (tmp_path / "bare.git" / "mnemo" / "pruned").exists()


def test_inside_the_git_directory(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo / ".git" / "refs")
    day()


def test_a_subdirectory(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = repo / "a" / "b"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    day()
    assert list(folder.iterdir()) == []


def test_before_the_first_commit(empty_repo: Path) -> None:
    check = unseen(empty_repo)
    day()
    check()


def test_with_a_detached_head(repo: Path) -> None:
    run_git("checkout", "--quiet", "--detach")
    check = unseen(repo)
    day()
    check()
    told = run_git("log", "--format=%(trailers:key=Mnemo-Head,valueonly)", REF).split()
    assert set(told) == {run_git("rev-parse", "HEAD")}


def test_a_submodule_keeps_its_own_memory(repo: Path, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    run_git("clone", "--quiet", str(repo), str(inner))
    run_git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "sub")
    run_git("commit", "--quiet", "-m", "sub")
    os.chdir(repo / "sub")
    check = unseen(repo / "sub")
    day()
    check()
    assert run_git("for-each-ref", refs.ROOT, cwd=repo) == ""
    assert (repo / ".git" / "modules" / "sub" / "mnemo").is_dir()
    assert run_git("status", "--porcelain", cwd=repo) == ""


def test_packed_refs_and_objects_between_all_steps(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests import verbs

    plain = verbs.git_mnemo

    def packing(*args: str, **given: object) -> object:
        answer = plain(*args, **given)  # type: ignore[arg-type]
        run_git("pack-refs", "--all", "--prune")
        run_git("repack", "--quiet", "-a", "-d", "-k")
        return answer

    monkeypatch.setattr(verbs, "git_mnemo", packing)
    day()
    assert not (repo / ".git" / "refs" / "mnemo" / "project").exists()
    assert run_git("rev-parse", "--verify", refs.PROJECT)


@pytest.mark.parametrize("option", ["--reference", "--shared"])
def test_a_clone_that_borrows_objects(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    there = claim("There", session=OTHER)
    borrower = tmp_path / "borrower"
    args = ["--reference", str(repo)] if option == "--reference" else ["--shared"]
    run_git("clone", "--quiet", *args, f"file://{repo}" if len(args) > 1 else str(repo), "borrower",
            cwd=tmp_path)  # fmt: skip
    assert (borrower / ".git" / "objects" / "info" / "alternates").exists()
    monkeypatch.chdir(borrower)
    # The blob is an object here, by way of the other; that must not make it a node of ours.
    run_git("cat-file", "-e", there["address"])
    again = claim("There", "--scratch")
    assert (again["address"], again["created"]) == (there["address"], True)
    day()
    assert run_git("fsck", "--connectivity-only", "--no-dangling") == ""


@pytest.mark.parametrize("name", ["with blanks", "zwölf 十二", "a\u2028b\x0cc", "'q\"'", "$x;y"])
def test_odd_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    folder = tmp_path / name
    run_git("init", "--quiet", str(folder))
    monkeypatch.chdir(folder)
    check = unseen(folder)
    day()
    check()
    assert (folder / ".git" / "mnemo").is_dir()


# -- where, as told ----------------------------------------------------------------------------


@pytest.fixture
def elsewhere(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository at tmp_path/repo, seen from a folder that is in none."""
    (tmp_path / "outside").mkdir()
    monkeypatch.chdir(tmp_path / "outside")
    return repo


@pytest.mark.parametrize(
    ("args", "env"),
    [
        (["-C", "../repo"], {}),
        (["-C", ".."], {"GIT_DIR": "repo/.git"}),
        (["--git-dir", "../repo/.git"], {}),
        (["--git-dir=../repo/.git"], {}),
        ([], {"GIT_DIR": "../repo/.git"}),
        ([], {"GIT_DIR": "../repo/.git", "GIT_WORK_TREE": "../repo"}),
    ],
)
def test_the_repository_can_be_told(elsewhere: Path, args: list[str], env: dict[str, str]) -> None:
    assert mnemo("status", env=ENV).code == 128
    done = mnemo_json(*args, "claim", "One", env=ENV | env)
    assert run_git("rev-parse", REF, cwd=elsewhere) == done["commit"]
    assert mnemo_json(*args, "promote", env=ENV | env)["promoted"][0]["nodes"] == [done["address"]]


def test_git_finds_the_command_and_passes_its_options(elsewhere: Path, tmp_path: Path) -> None:
    command = tmp_path / "bin" / "git-mnemo"
    command.parent.mkdir()
    command.write_text('#!/bin/sh\nexec python -m git_mnemo "$@"\n')
    command.chmod(0o755)
    env = {**ENV, "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}"}
    for where in (["-C", str(elsewhere)], [f"--git-dir={elsewhere}/.git"]):
        run_git(*where, "mnemo", "claim", f"Told by {where[0][:5]}", env=env)
    assert run_git("rev-list", "--count", REF, cwd=elsewhere) == "2"


def test_a_folder_that_is_not_there(elsewhere: Path) -> None:
    result = mnemo("-C", "nowhere", "status", env=ENV)
    assert result.code == 128
    assert result.err.startswith("error: nowhere: ")


def test_configuration_of_one_command_line_counts(repo: Path) -> None:
    env = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "mnemo.sessionTimeout",
           "GIT_CONFIG_VALUE_0": "1.minute"}  # fmt: skip
    first = claim("One", session=None)["session"]
    assert ask("claim", "Two", session=None, now=NOW + 90)["session"] == first
    assert ask("claim", "Three", session=None, now=NOW + 290, env=env)["session"] != first


def test_a_real_post_commit_hook_claims_into_its_own_repository(repo: Path) -> None:
    hook = repo / ".git" / "hooks" / "post-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        "#!/bin/sh\nenv | grep ^GIT_ > .git/leaked\n"
        'python -m git_mnemo claim "Committed: $(git log -1 --format=%s)" > .git/said 2>&1\n'
    )
    hook.chmod(0o755)
    (repo / "new.py").write_text("one\n")
    run_git("add", "new.py")
    dates = {"GIT_AUTHOR_DATE": "2001-01-01T00:00:00Z", "GIT_AUTHOR_NAME": "Mallory"}
    run_git("commit", "--quiet", "-a", "-m", "New", env={**ENV, **dates})
    leaked = (repo / ".git" / "leaked").read_text()
    assert "GIT_INDEX_FILE=" in leaked
    assert "GIT_AUTHOR_DATE=" in leaked
    assert (repo / ".git" / "said").read_text().endswith("] Committed: New\n")
    assert run_git("log", "-1", "--format=%an %at %ct", REF) == f"Ada Example {NOW} {NOW}"
    head = run_git("log", "-1", "--format=%(trailers:key=Mnemo-Head,valueonly)", REF).strip()
    assert head == run_git("rev-parse", "HEAD")
    assert run_git("status", "--porcelain") == ""


def test_a_hook_of_another_repository_does_not_write_here(repo: Path, tmp_path: Path) -> None:
    """GIT_DIR says which repository is meant, wherever the process stands."""
    run_git("init", "--quiet", str(tmp_path / "other"))
    other = str(tmp_path / "other" / ".git")
    ask("claim", "One", env={"GIT_DIR": other, "GIT_INDEX_FILE": other + "/index"})
    assert run_git("for-each-ref", refs.ROOT) == ""
    assert REF in run_git("for-each-ref", refs.ROOT, cwd=tmp_path / "other")


@pytest.mark.parametrize("end", ["\u2028", "\x85"])
def test_a_name_on_the_remote_that_python_takes_for_two_lines(
    repo: Path, tmp_path: Path, end: str
) -> None:
    run_git("init", "--quiet", "--bare", str(tmp_path / "remote"))
    run_git("remote", "add", "origin", str(tmp_path / "remote"))
    claim("One")
    ask("promote")
    ask("init", "--share", "origin", "--yes")
    for name in (f"refs/heads/{end}/{refs.PROJECT}", f"{refs.archive_ref(OTHER, NOW)}{end}x"):
        run_git("push", "--quiet", "origin", f"HEAD:{name}")
    assert ask("sync")["refs"][0]["outcome"] == "up-to-date"
    ask("sync", "--sessions")
    found = ask("gc", "--remote", "origin", "--expire", "now", now=NOW + 9)
    assert (found["pruned"], found["ignored"]) == ([], [f"{refs.archive_ref(OTHER, NOW)}{end}x"])


# -- repositories of many users ----------------------------------------------------------------


def rights(folder: Path) -> tuple[set[int], set[int]]:
    """The rights of the folders and of the files of objects and refs below a git directory."""
    made = [*(folder / "objects").glob("??"), *(folder / "objects").glob("??/*")]
    made += (folder / "refs" / "mnemo").rglob("*")
    folders, files = (
        {path.stat().st_mode & 0o777 for path in made if path.is_dir() is kind}
        for kind in (True, False)
    )
    return folders, files


@pytest.mark.parametrize(
    ("shared", "folder", "readers"),
    [
        ("umask", 0o700, 0o400),
        ("false", 0o700, 0o400),
        ("group", 0o770, 0o440),
        ("true", 0o770, 0o440),
        ("1", 0o770, 0o440),
        ("all", 0o775, 0o444),
        ("2", 0o775, 0o444),
        ("0640", 0o750, 0o440),
        ("0660", 0o770, 0o440),
    ],
)
def test_a_shared_repository_stays_open_to_those_it_is_shared_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: str, folder: int, readers: int
) -> None:
    inherited = os.umask(0o077)
    try:
        run_git("init", "--quiet", str(tmp_path / "repo"))
        monkeypatch.chdir(tmp_path / "repo")
        run_git("config", "core.sharedRepository", shared)
        for number in range(3):
            assert mnemo("claim", f"Claim {number}", env=ENV).code == 0
        assert mnemo("promote", env=ENV).code == 0
        folders, files = rights(Path(".git"))
    finally:
        os.umask(inherited)
    assert folders == {folder}
    assert {mode & 0o444 for mode in files} == {readers}
    assert Path(".git/mnemo").stat().st_mode & 0o777 == folder


@pytest.mark.parametrize("nonsense", ["maybe", "0440", "-1", "9"])
def test_nonsense_shares_nothing(nonsense: str) -> None:
    assert shared_umask({"core.sharedrepository": nonsense}, 0o027) == 0o027


def test_a_path_with_a_line_break_is_named_as_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("two\nlines", "two\n/lines"):
        path = tmp_path / name.replace("/", "") / "x"
        run_git("init", "--quiet", str(path))
        monkeypatch.chdir(path)
        assert "line break" in refused("status", code="refused", status=128)["message"]
