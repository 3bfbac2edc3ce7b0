"""Every kind of repository that git makes: claims, promotions and looks work in each of them."""

import contextlib
import json
import sys
from pathlib import Path

import pytest

from git_mnemo import refs
from git_mnemo.refs import PROJECT
from git_mnemo.repository import discover
from git_mnemo.store.plumbing import PlumbingStore
from tests import plain, soundness
from tests.hooked import program
from tests.support import ROOT, git_version, mnemo_json, run, run_git
from tests.test_backends import init, story
from tests.verbs import NOW, SESSION, ask, claim, git_mnemo


def lives_here() -> None:
    """A whole story, after which nothing is wrong."""
    told = story()
    assert PROJECT in told
    assert ask("doctor", now=NOW + 160)["ok"]
    assert ask("recall", "better", now=NOW + 170)["hits"]
    assert git_mnemo("log", now=NOW + 180).out
    soundness.check(Path.cwd())


@pytest.mark.parametrize("backend", plain.BACKENDS)
def test_a_mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str) -> None:
    there = init(tmp_path / "there")
    with contextlib.chdir(there):
        known = claim("Known there")
        ask("promote")
    here = tmp_path / "here.git"
    run_git("clone", "--quiet", "--mirror", str(there), str(here))
    monkeypatch.chdir(here)
    run_git("config", "mnemo.backend", backend)
    assert ask("show", known["address"])["text"] == "Known there"
    more = claim("Known here", now=NOW + 10)
    assert more["chain"] == known["chain"]  # a mirror has the sessions, too
    ask("promote", now=NOW + 20)
    assert ask("doctor")["ok"]
    with contextlib.chdir(there):
        run_git("fetch", "--quiet", str(here), f"{PROJECT}:{PROJECT}")
        assert ask("status")["project"]["nodes"] == 2


@pytest.mark.parametrize("backend", plain.BACKENDS)
def test_a_history_that_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    there = init(tmp_path / "there")
    run_git("commit", "--quiet", "--allow-empty", "--message", "More", cwd=there)
    here = tmp_path / "here"
    run_git("clone", "--quiet", "--depth", "1", f"file://{there}", str(here))
    monkeypatch.chdir(here)
    run_git("config", "mnemo.backend", backend)
    assert run_git("rev-parse", "--is-shallow-repository") == "true"
    one = claim("About the code", "--anchor", "README.md:3")
    assert ask("why", "README.md:3")["nodes"][0]["address"] == one["address"]
    ask("archive", now=NOW + 10)
    monkeypatch.setenv("GIT_MNEMO_SESSION", SESSION)
    run_git("update-ref", "-d", refs.archive_ref(SESSION, NOW + 10))
    lives_here()


def test_a_worktree_with_relative_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if git_version() < (2, 48):
        pytest.skip(f"git {'.'.join(map(str, git_version()))} writes no relative paths: 2.48 does")
    above = init(tmp_path / "above")
    run_git("-c", "worktree.useRelativePaths=true", "worktree", "add", "--quiet",
            str(tmp_path / "side"), cwd=above)  # fmt: skip
    assert run_git("config", "extensions.relativeWorktrees", cwd=above) == "true"
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("above", "side"):
        (tmp_path / name).rename(moved / name)
    monkeypatch.chdir(moved / "side")
    assert isinstance(discover().store, PlumbingStore)
    lives_here()


@pytest.mark.parametrize("backend", plain.BACKENDS)
def test_a_hook_in_quarantine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    """What a server's hook claims stands, though git throws away what was pushed."""
    hub = tmp_path / "hub.git"
    run_git("init", "--quiet", "--bare", str(hub))
    run_git("config", "mnemo.backend", backend, cwd=hub)
    out = tmp_path / "out"
    program(
        hub / "hooks" / "pre-receive",
        "env | grep -q GIT_QUARANTINE_PATH || exit 0",
        f"PYTHONPATH='{ROOT}' '{sys.executable}' -m git_mnemo claim --json --session {SESSION}"
        f" 'Nobody may push on Fridays' >'{out}'",
        "exit 1",
    )
    monkeypatch.chdir(init(tmp_path / "here"))
    done = run("git", "push", "--quiet", str(hub), "HEAD:refs/heads/main")
    assert done.code != 0
    said = json.loads(out.read_text())
    shown = mnemo_json("show", said["address"], "--session", SESSION, cwd=hub)
    assert shown["text"] == "Nobody may push on Fridays"
    assert not run_git("for-each-ref", "refs/heads", cwd=hub)
    assert mnemo_json("doctor", cwd=hub)["ok"]


def test_refs_that_a_file_system_takes_for_one(repo: Path) -> None:
    claim("One")
    tip = ask("promote")["new"]
    for name in ("Origin", "origin"):
        run_git("update-ref", refs.tracking(name, PROJECT), tip)
    assert ask("doctor")["ok"]
    run_git("config", "core.ignoreCase", "true")
    done = git_mnemo("doctor", "--json")
    assert done.code == 1
    assert [one["code"] for one in json.loads(done.out)["findings"]] == ["ref-case"]
    # What we name ourselves is in lower case, whatever was asked for.
    for agent in ("Helper", "helper"):
        claim(f"By {agent}", "--agent", agent)
    names = run_git("for-each-ref", "--format=%(refname)", refs.ROOT).splitlines()
    assert len({name.lower() for name in names}) == len(names)
    assert all(name == name.lower() for name in names)
