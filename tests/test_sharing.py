"""Sharing is opted into: one remote, by name and URL, after a look at what would be published."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from git_mnemo import sharing
from git_mnemo.refs import PROJECT
from tests.clones import TRACKED, Clone, Hub, refs_of
from tests.support import run_git
from tests.verbs import NOW

KEYS = {"mnemo.remote", "mnemo.remoteurl", "mnemo.promote"}


@pytest.fixture
def ada(hub: Hub) -> Clone:
    return hub.clone("ada")


def settings(clone: Clone) -> dict[str, str]:
    """The settings of ours in the clone's own configuration."""
    listed = clone.git("config", "--local", "--list").splitlines()
    pairs = (line.partition("=") for line in listed)
    return {name: value for name, _, value in pairs if name.startswith("mnemo.")}


def second(hub: Hub, clone: Clone, name: str = "other") -> Path:
    """Another remote of the clone, with a project that nobody here has."""
    path = hub.folder / f"{name}.git"
    run_git("clone", "--quiet", "--bare", str(hub.bare), str(path))
    clone.git("remote", "add", name, str(path))
    eve = hub.clone("eve", url=str(path))
    tip = eve.learn("From elsewhere.", now=NOW + 7)
    eve.git("push", "--quiet", "origin", f"{tip}:{PROJECT}")
    return path


# -- init --share ------------------------------------------------------------------------------


def test_without_a_yes_the_preview_pushes_nothing(hub: Hub, ada: Clone) -> None:
    ada.learn("A first finding.", "A second finding.")
    ada.claim("Only thought.", "--new-chain", now=NOW + 1)
    config, before = settings(ada), hub.refs()
    done = ada.run("init", "--share", "origin")
    assert (done.code, hub.refs(), settings(ada)) == (1, before, config)
    assert done.out.startswith(f"origin is {hub.bare}\nthe first push publishes 2 chains:\n")
    assert "  A first finding." in done.out
    assert "  A second finding." in done.out
    assert "Only thought." not in done.out
    assert "hint: git mnemo init --share origin --yes" in done.err


def test_a_dry_run_writes_nothing(hub: Hub, ada: Clone) -> None:
    ada.learn("A first finding.")
    before = ada.refs(), settings(ada), hub.refs()
    told = ada.ask("init", "--share", "origin", "--dry-run")
    assert list(told["publishes"].values()) == ["A first finding."]
    assert (ada.refs(), settings(ada), hub.refs()) == before
    assert "would" in ada.run("init", "--share", "origin", "--dry-run").out or told["wrote"] == []


def test_a_dry_run_fetches_nothing(hub: Hub, ada: Clone) -> None:
    """Where it does not know what the remote has, it says so."""
    (ben,) = hub.shared("ben")
    ben.learn("Ben found that.", now=NOW + 1)
    ben.only("sync")
    ada.learn("A first finding.")
    before, objects = ada.refs(), ada.git("count-objects", "-v")
    done = ada.run("init", "--share", "origin", "--dry-run")
    assert (done.code, ada.refs(), ada.git("count-objects", "-v")) == (0, before, objects)
    assert not (ada.path / ".git" / "FETCH_HEAD").exists()
    assert "A first finding." in done.out
    assert "origin has a project not fetched yet" in done.out
    ada.share()
    told = ada.run("init", "--share", "origin", "--dry-run")
    assert "nothing to publish yet" in told.out
    assert "not fetched yet" not in told.out


def test_with_a_yes_it_binds_and_pushes(hub: Hub, ada: Clone) -> None:
    tip = ada.learn("A first finding.")
    told = ada.ask("init", "--share", "origin", "--yes")
    assert (told["remote"], told["project"]) == ("origin", tip)
    assert [one["outcome"] for one in told["refs"]] == ["pushed"]
    assert settings(ada) == {
        "mnemo.remote": "origin", "mnemo.remoteurl": str(hub.bare), "mnemo.promote": "manual",
    }  # fmt: skip
    assert (hub.ref(), ada.ref(TRACKED)) == (tip, tip)
    assert not hub.refs("refs/mnemo/sessions")
    assert ada.ask("init", "--share", "origin", "--yes")["wrote"] == []
    assert hub.ref() == tip


def answer(clone: Clone, reply: bytes, *args: str) -> tuple[int, bytes]:
    """Status and output of `git mnemo ARGS` on a terminal where somebody types `reply`."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "GIT_MNEMO_NOW": str(NOW)}
    child = subprocess.Popen(
        [sys.executable, "-m", "git_mnemo", *args],
        stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=clone.path, env=env,
    )  # fmt: skip
    os.close(theirs)
    os.write(ours, reply)
    out, _ = child.communicate(timeout=60)
    os.close(ours)
    return child.returncode, out


def test_on_a_terminal_it_asks(hub: Hub, ada: Clone) -> None:
    tip = ada.learn("A first finding.")
    code, out = answer(ada, b"n\n", "init", "--share", "origin")
    assert (code, hub.ref(), settings(ada)) == (1, None, {})
    assert b"Share the project through origin?" in out
    code, out = answer(ada, b"y\n", "init", "--share", "origin")
    assert (code, hub.ref()) == (0, tip), out


def test_with_commits_that_promote_it_says_so(hub: Hub, ada: Clone) -> None:
    done = ada.run("init", "--share", "origin", "--yes", "--promote", "on-commit")
    assert "commits will publish the reasoning that led to them" in done.out
    assert settings(ada)["mnemo.promote"] == "on-commit"
    done = ada.run("init", "--share", "origin", "--yes")
    assert "commits will publish" not in done.out
    assert settings(ada)["mnemo.promote"] == "manual"


def test_what_cannot_be_reached_is_not_bound(hub: Hub, ada: Clone) -> None:
    ada.git("remote", "add", "nowhere", str(hub.folder / "nowhere.git"))
    assert ada.no("init", "--share", "nowhere", "--yes")["error"]["code"] == "network"
    assert ada.no("init", "--share", "unknown", "--yes")["error"]["code"] == "not-found"
    assert settings(ada) == {}


# -- bound to a name and a URL -----------------------------------------------------------------


@pytest.mark.parametrize("verb", ["sync", "pull", "push", "fetch"])
def test_nothing_goes_anywhere_without_a_remote(hub: Hub, ada: Clone, verb: str) -> None:
    ada.learn("A finding.")
    before = ada.refs(), hub.refs()
    error = ada.no(verb)["error"]
    assert (error["code"], error["hint"]) == ("refused", "git mnemo init --share origin")
    assert (ada.refs(), hub.refs()) == before


@pytest.mark.parametrize("verb", ["push", "sync"])
@pytest.mark.parametrize("how", ["set-url", "push-url", "one-more-push-url", "removed"])
def test_a_changed_url_is_refused(hub: Hub, ada: Clone, verb: str, how: str) -> None:
    ada.share()
    tip = ada.learn("A finding.")
    moved = hub.folder / "moved.git"
    run_git("clone", "--quiet", "--bare", str(hub.bare), str(moved))
    words = {
        "set-url": ["set-url", "origin", str(moved)],
        "push-url": ["set-url", "--push", "origin", str(moved)],
        "one-more-push-url": ["set-url", "--add", "--push", "origin", str(hub.bare)],
        "removed": ["remove", "origin"],
    }[how]
    ada.git("remote", *words)
    if how == "one-more-push-url":
        ada.git("remote", "set-url", "--add", "--push", "origin", str(moved))
    error = ada.no(verb)["error"]
    if how != "removed":
        assert (error["code"], error["hint"]) == ("refused", "git mnemo init --share origin")
        assert str(moved) in error["message"]
    assert (hub.ref(), refs_of(moved).get(PROJECT), ada.ref()) == (None, None, tip)
    if how == "set-url":
        ada.share()
        assert (hub.ref(), refs_of(moved)[PROJECT]) == (None, tip)


def test_a_second_remote_is_never_joined_nor_leaked(hub: Hub, ada: Clone) -> None:
    ada.share()
    tip = ada.learn("A finding.")
    other = second(hub, ada)
    theirs = refs_of(other)[PROJECT]
    assert ada.only("fetch", "other")["new"] == theirs
    assert ada.refs("refs/mnemo-remotes") == {"refs/mnemo-remotes/other/project": theirs}
    error = ada.no("sync", "other")["error"]
    assert (error["code"], error["hint"]) == ("refused", "git mnemo fetch other")
    assert ada.only("sync")["outcome"] == "pushed"
    assert ada.knows() == hub.knows() == {"A finding."}
    assert ada.ref() == tip
    assert refs_of(other)[PROJECT] == theirs
    assert "From elsewhere." not in ada.run("status").out
    assert set(ada.refs("refs/mnemo-remotes")) == {TRACKED, "refs/mnemo-remotes/other/project"}


def test_what_another_remote_publishes_is_compared_with_that_one_alone(
    hub: Hub, ada: Clone
) -> None:
    ada.share()
    ada.learn("A finding.")
    ada.only("sync")
    second(hub, ada)
    told = ada.ask("init", "--share", "other", "--dry-run")
    assert list(told["publishes"].values()) == ["A finding."]


# -- offline -----------------------------------------------------------------------------------


def gone(hub: Hub, clone: Clone) -> None:
    hub.bare.rename(hub.folder / "elsewhere.git")


def unreachable(hub: Hub, clone: Clone) -> None:
    url = "git://127.0.0.1:9/nothing.git"  # the port of `discard`, where nobody listens
    clone.git("remote", "set-url", "origin", url)
    clone.git("config", "mnemo.remoteUrl", url)


@pytest.mark.parametrize("away", [gone, unreachable])
@pytest.mark.parametrize("verb", ["push", "sync"])
def test_a_remote_out_of_reach_is_a_network_error_and_queued(
    hub: Hub, ada: Clone, away: object, verb: str
) -> None:
    ada.share()
    tip = ada.learn("A finding.")
    assert callable(away)
    away(hub, ada)
    error = ada.no(verb)["error"]
    assert (error["code"], error["hint"]) == ("network", "git ls-remote origin")
    assert error["message"].startswith("origin: ")
    assert ada.status()["queued"] == [PROJECT]
    assert "a push is queued" in ada.run("status").out
    assert ada.ref() == tip
    assert ada.no("fetch")["error"]["code"] == ada.no("pull")["error"]["code"] == "network"


def test_offline_is_normal(hub: Hub, ada: Clone) -> None:
    ada.share()
    ada.learn("Known before.")
    ada.only("sync")
    gone(hub, ada)
    claimed = ada.claim("Thought offline.", now=NOW + 1)
    ada.ask("promote", now=NOW + 1)
    assert ada.status()["unshared"] > 0
    assert ada.ask("show", claimed["address"])["text"] == "Thought offline."
    ada.ask("archive", now=NOW + 2)
    ada.ask("gc", now=NOW + 3)
    (hub.folder / "elsewhere.git").rename(hub.bare)
    assert ada.only("sync")["outcome"] == "pushed"
    assert hub.knows() == {"Known before.", "Thought offline."}


def test_a_queue_that_cannot_be_written_leaves_no_draft(ada: Clone) -> None:
    repository = ada.open()
    path = Path(repository.shared_state)
    (path / "sync.json").mkdir(parents=True)
    before = sorted(path.iterdir())
    with pytest.raises(OSError, match=r"sync\.json"):
        sharing.queue(repository, sharing.Shared("origin", "x"), [PROJECT])
    assert sorted(path.iterdir()) == before


@pytest.mark.parametrize("text", ["", "{", "[]", '{"refs": "x"}', '{"refs": [1, null]}', "\xff"])
def test_a_damaged_queue_is_no_queue(ada: Clone, text: str) -> None:
    ada.share()
    repository = ada.open()
    sharing.queue(repository, sharing.Shared("origin", "x"), [PROJECT])
    assert ada.status()["queued"] == [PROJECT]
    path = Path(repository.shared_state) / "sync.json"
    path.write_bytes(text.encode("latin-1"))
    assert ada.status()["queued"] == []
    ada.learn("A finding.")
    assert ada.only("sync")["outcome"] == "pushed"


# -- uninstall ---------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [[], ["--all", "--yes"]])
def test_uninstall_undoes_what_sharing_wrote(hub: Hub, ada: Clone, options: list[str]) -> None:
    config = ada.git("config", "--local", "--list")
    tip = ada.learn("A finding.")
    ada.share()
    assert set(settings(ada)) == KEYS
    would = ada.run("uninstall", "--dry-run").out.splitlines()
    assert {line.split()[-1].lower() for line in would} >= KEYS
    assert set(settings(ada)) == KEYS
    told = ada.ask("uninstall", *options)
    assert ada.git("config", "--local", "--list") == config
    assert {what.split()[-1].lower() for what in told["removed"]} >= KEYS
    assert ada.no("sync")["error"]["code"] == "refused"
    assert ada.ref() == (None if options else tip)
    assert hub.ref() == tip
    assert ada.ask("uninstall")["removed"] == []


def test_uninstall_leaves_other_settings_of_ours(ada: Clone) -> None:
    ada.git("config", "mnemo.gcExpire", "2.weeks")
    ada.share()
    ada.ask("uninstall")
    assert settings(ada) == {"mnemo.gcexpire": "2.weeks"}


def test_verbs_without_sharing_never_look_at_a_remote(hub: Hub, ada: Clone) -> None:
    gone(hub, ada)
    ada.learn("A finding.")
    assert ada.status()["unshared"] is None
