"""The manual where an installer did not show it to `man`: init links it, uninstall unlinks it."""

import os
import shutil
from pathlib import Path

import pytest

from git_mnemo.cli.main import MODULES
from tests.support import Result, mnemo, mnemo_json, run

PLACES = (
    "man/man1/git-mnemo.1",
    "man/man1/git-mnemo-claim.1",
    "bash-completion/completions/git-mnemo",
    "zsh/site-functions/_git-mnemo",
    "fish/vendor_completions.d/git-mnemo.fish",
)


@pytest.fixture
def share(seal: Path, installed: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The `share` folder of a home whose `.local/bin` has the program, and nothing else."""
    local = seal / ".local"
    (local / "bin").mkdir(parents=True)
    (local / "bin" / "git-mnemo").symlink_to(installed / "git-mnemo")
    monkeypatch.setenv("PATH", f"{local / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return local / "share"


def standing(share: Path) -> set[str]:
    return {str(path.relative_to(share)) for path in share.rglob("*") if path.is_symlink()}


def test_init_links_what_no_installer_did_and_uninstall_undoes_it(repo: Path, share: Path) -> None:
    planned = mnemo_json("init", "--dry-run")["wrote"]
    assert not share.exists()
    wrote = mnemo_json("init")["wrote"]
    assert {str(share / place) for place in PLACES} <= set(wrote) & set(planned)
    assert {str(share / name) for name in standing(share)} <= set(wrote)
    assert all((share / place).read_text() for place in PLACES)
    assert mnemo_json("init")["wrote"] == []
    if shutil.which("man"):
        assert "git\\-mnemo" in (share / PLACES[0]).read_text()
        found = run("man", "-w", "git-mnemo")
        assert found == Result(0, found.out, "")
        assert found.out.strip()
    removed = mnemo_json("uninstall")["removed"]
    assert {str(share / place) for place in PLACES} <= set(removed)
    assert standing(share) == set()


def test_a_line_for_all_pages(repo: Path, share: Path) -> None:
    told = [line for line in mnemo("init").out.splitlines() if "man1" in line]
    assert len(told) == 1
    assert told[0].startswith(f"wrote {share}/man/man1/git-mnemo*.1 (")


def test_what_is_there_is_left_alone(repo: Path, share: Path) -> None:
    (share / "man" / "man1").mkdir(parents=True)
    mine = share / "man" / "man1" / "git-mnemo-claim.1"
    mine.write_text("mine")
    stale = share / "man" / "man1" / "git-mnemo-show.1"
    stale.symlink_to(share / "gone" / "git-mnemo-show.1")
    mnemo_json("init")
    assert stale.read_text()  # of an installation that is gone: made anew
    assert mine.read_text() == "mine"
    mnemo_json("uninstall")
    assert mine.read_text() == "mine"
    assert standing(share) == set()


def test_nothing_is_linked_where_the_installer_did_it(repo: Path, share: Path) -> None:
    page = share / "man" / "man1" / "git-mnemo.1"
    page.parent.mkdir(parents=True)
    page.write_text("by the installer")
    assert not [path for path in mnemo_json("init")["wrote"] if path.startswith(str(share))]
    assert standing(share) == set()


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(repo: Path, share: Path) -> None:
    share.write_text("a file")
    assert mnemo("init").code == 0


def test_nothing_outside_of_home_is_touched(repo: Path, installed: Path) -> None:
    mnemo_json("init")
    assert not (installed.parent / "share").exists()


def test_help_has_a_page_for_every_command(repo: Path) -> None:
    for name in MODULES:
        told = mnemo("help", name)
        assert told == Result(0, told.out, "")
        assert told.out.startswith(f"Usage: git mnemo {name} [")
    assert mnemo("help").out.startswith("Usage: git mnemo [")
    assert "Let this worktree go on" in mnemo("help", "session", "resume").out


@pytest.mark.parametrize("words", [["nope"], ["claim", "nope"], ["../etc"], ["session", "x"]])
def test_help_for_what_is_no_command(repo: Path, words: list[str]) -> None:
    told = mnemo("help", *words)
    assert (told.code, told.out) == (129, "")
    assert "hint: git mnemo -h" in told.err
