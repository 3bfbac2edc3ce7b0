"""Refs read from their files: what git says of them, or the word that git has to be asked."""

from pathlib import Path

import pytest

from git_mnemo import refs
from git_mnemo.store import reffiles
from tests.plain import WIDTH, only_files
from tests.support import run_git

PREFIXES = [refs.PROJECT, refs.SESSIONS]

pytestmark = only_files


def told() -> dict[str, str] | None:
    return reffiles.below(".git", PREFIXES, WIDTH)


def by_git() -> dict[str, str]:
    listed = run_git("for-each-ref", "--format=%(refname) %(objectname)", *PREFIXES)
    return dict(line.split(" ") for line in listed.splitlines())


def commit(message: str) -> str:
    run_git("commit", "--quiet", "--allow-empty", "--message", message)
    return run_git("rev-parse", "HEAD")


def put(name: str, oid: str) -> None:
    run_git("update-ref", name, oid)


def test_it_says_what_git_says(repo: Path) -> None:
    assert told() == by_git() == {}
    one, two = commit("One"), commit("Two")
    for name in (refs.PROJECT, refs.SESSIONS + "s_0000000a", refs.SESSIONS + "s_0000000b@x",
                 refs.ARCHIVE + "s_0000000c_1", "refs/mnemo/projects", "refs/mnemo/project-2",
                 "refs/heads/refs/mnemo/project", refs.TRACKING + "origin/project"):  # fmt: skip
        put(name, one)
    assert told() == by_git()
    assert len(by_git()) == 3
    run_git("pack-refs", "--all", "--prune")
    assert not (repo / ".git" / refs.PROJECT).exists()
    assert told() == by_git()
    put(refs.PROJECT, two)  # a file again, which counts; the line of the old one stays
    put(refs.SESSIONS + "s_0000000d", two)
    run_git("update-ref", "-d", refs.SESSIONS + "s_0000000a")
    assert told() == by_git()
    assert by_git()[refs.PROJECT] == two
    (repo / ".git" / refs.SESSIONS / "s_0000000e.lock").write_text(f"{one}\n")
    assert told() == by_git()


@pytest.mark.parametrize("odd", ["ref: refs/heads/main", "", "nonsense", "0" * 12, "A" * WIDTH])
def test_what_is_no_plain_ref_is_left_to_git(repo: Path, odd: str) -> None:
    put(refs.PROJECT, commit("One"))
    assert told() is not None
    file = repo / ".git" / refs.SESSIONS / "s_0000000a"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"{odd}\n")
    assert told() is None
    file.unlink()
    file.mkdir()
    assert told() is None
    file.rmdir()
    file.symlink_to("../project")
    assert told() is None
    file.unlink()
    assert told() == by_git()


def test_the_branch(repo: Path) -> None:
    assert reffiles.branch(".git") == run_git("branch", "--show-current") != ""
    run_git("checkout", "--quiet", "-b", "a/b-ü")
    assert reffiles.branch(".git") == "a/b-ü"
    run_git("checkout", "--quiet", "--detach")
    assert reffiles.branch(".git") is None
    assert reffiles.branch("nowhere") is None
