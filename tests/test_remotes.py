"""The same memory through every kind of remote that git has, and through those that say no."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from git_mnemo import network, refs
from git_mnemo.refs import ARCHIVE, PROJECT
from tests import plain, servers, soundness
from tests.clones import Clone, Hub, refs_of, texts_at
from tests.support import git_version, run
from tests.verbs import DAY, NOW

KINDS = ["path", "file", "relative", "daemon", "http", "ssh-stand-in", "sshd"]


@pytest.fixture(params=KINDS)
def url(
    request: pytest.FixtureRequest, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The hub's URL, of each kind."""
    kind = request.param
    with contextlib.ExitStack() as stack:
        if kind == "daemon":
            yield stack.enter_context(servers.daemon(hub.folder)) + "/hub.git"
        elif kind == "http":
            place = stack.enter_context(servers.http(hub.folder))
            yield f"http://{servers.NAME}:{servers.PASSWORD}@{place}/hub.git"
        elif kind == "ssh-stand-in":
            monkeypatch.setenv("GIT_SSH", servers.stand_in(tmp_path))
            yield f"ssh://nobody@nowhere.invalid{hub.bare}"
        elif kind == "sshd":
            program = servers.sshd()
            if program is None:
                pytest.skip("sshd is not installed")
            if plain.REFS != "files":
                pytest.skip("the git that sshd finds may be one that knows no reftables")
            place, client = stack.enter_context(servers.ssh(program, tmp_path / "sshd"))
            monkeypatch.setenv("GIT_SSH_COMMAND", client)
            yield f"{place}{hub.bare}"
        else:
            yield {"path": str(hub.bare), "file": f"file://{hub.bare}"}.get(kind, "../hub.git")


def test_a_memory_is_shared_through_any_remote(hub: Hub, url: str) -> None:
    ada, ben = hub.clone("ada"), hub.clone("ben")
    for clone in (ada, ben):
        clone.git("remote", "set-url", "origin", url)
    ada.learn("Ada found this.")
    ben.learn("Ben found that.", now=NOW + 1)
    assert servers.PASSWORD not in ada.run("init", "--share", "origin", "--yes").out
    ben.share()
    assert ada.only("sync")["outcome"] == "fast-forwarded"
    assert ada.ref() == ben.ref() == hub.ref()
    assert hub.knows() == {"Ada found this.", "Ben found that."}
    ada.claim("Only thought.", now=NOW + 2)
    ada.moved("sync", "--sessions")
    ben.moved("fetch", "--sessions")
    name = refs.session_ref(ada.session)
    assert ben.ref(refs.tracking("origin", name)) == ada.ref(name)
    for clone in (ada, ben):
        soundness.check(clone.path)
        soundness.no_litter(clone.path)


# -- credentials -------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [f"{servers.NAME}:wrong@", f"{servers.NAME}@", ""])
def test_a_wrong_password_is_a_network_error_at_once(hub: Hub, who: str) -> None:
    (ada,) = hub.shared("ada")
    ada.learn("A finding.")
    with servers.http(hub.folder) as place:
        url = f"http://{who}{place}/hub.git"
        ada.git("remote", "set-url", "origin", url)
        ada.git("config", "mnemo.remoteUrl", url)
        before = ada.refs(), hub.refs()
        begun = time.monotonic()
        env = {name: value for name, value in os.environ.items() if name != "GIT_TERMINAL_PROMPT"}
        done = subprocess.run(
            [sys.executable, "-m", "git_mnemo", "sync"], cwd=ada.path, env=env, timeout=60,
            capture_output=True, text=True, start_new_session=True, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    assert time.monotonic() - begun < 30
    assert (done.returncode, done.stdout) == (1, "")
    error, hint = done.stderr.splitlines()
    assert error.startswith("error: origin: ")
    assert "could not read" in error or "Authentication failed" in error
    assert "wrong" not in error
    assert hint == "hint: git ls-remote origin"
    assert (ada.refs(), hub.refs()) == before


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ada:pw@example.com/x.git", "https://example.com/x.git"),
        ("https://token@example.com/x.git", "https://example.com/x.git"),
        ("ssh://git@example.com:22/x", "ssh://example.com:22/x"),
        ("https://ada:p@ss@example.com/x.git", "https://example.com/x.git"),
        ("https://evil.example?@example.com/x", "https://evil.example?@example.com/x"),
        ("https://example.com/a@b.git", "https://example.com/a@b.git"),
        ("git@example.com:x.git", "git@example.com:x.git"),
        ("/srv/a@b.git", "/srv/a@b.git"),
        ("https://a:b@one/x https://c:d@two/y", "https://one/x https://two/y"),
    ],
)
def test_no_password_is_shown(url: str, shown: str) -> None:
    assert network.anonymous(url) == shown


def test_a_changed_url_is_told_without_its_password(hub: Hub) -> None:
    (ada,) = hub.shared("ada")
    ada.learn("A finding.")
    ada.git("remote", "set-url", "origin", "https://ada:s3cret@example.invalid/x.git")
    message = ada.no("push")["error"]["message"]
    assert "s3cret" not in message
    assert "https://example.invalid/x.git" in message


def test_a_new_password_is_no_new_place_and_is_not_written_down(hub: Hub) -> None:
    ada = hub.clone("ada")
    with servers.http(hub.folder) as place:
        ada.git("remote", "set-url", "origin", f"http://ada:s3cret@{place}/hub.git")
        ada.share()
        assert ada.git("config", "mnemo.remoteUrl") == f"http://{place}/hub.git"
        ada.learn("A finding.")
        url = f"http://{servers.NAME}:wrong@{place}/hub.git"
        ada.git("remote", "set-url", "origin", url)
        assert ada.no("push")["error"]["code"] == "network"
        ada.git("config", "mnemo.remoteUrl", url)  # as it was written once
        url = url.replace("wrong", servers.PASSWORD)
        ada.git("remote", "set-url", "origin", url)
        assert ada.only("push")["outcome"] == "pushed"


def test_a_url_for_a_name_is_told_without_its_password(hub: Hub) -> None:
    ada = hub.clone("ada")
    url = "https://ada:s3cret@example.invalid/x.git"
    for shared in (False, True):
        if shared:
            ada.share()
        for words in (["fetch", url], ["sync", url], ["init", "--share", url, "--yes"]):
            done = ada.run(*words, "--json")
            assert done.code == 1
            assert "s3cret" not in done.out + done.err
            assert "example.invalid" in done.out


def test_what_git_says_is_told_without_a_password(hub: Hub) -> None:
    servers.needs_http()
    ada = hub.clone("ada")
    ada.git("remote", "set-url", "origin", "https://ada:s3cr%0aet@example.invalid/x.git")
    error = ada.no("fetch", "origin")["error"]
    assert error["code"] == "network"
    assert "https://example.invalid/x.git" in error["message"]


# -- remotes of several URLs -------------------------------------------------------------------


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("gone", [True, False])
def test_a_push_is_done_when_every_url_took_it(hub: Hub, first: bool, gone: bool) -> None:
    other = hub.folder / "other.git"
    run("git", "clone", "-q", "--bare", str(hub.bare), str(other))
    (ada,) = hub.shared("ada")
    urls = [str(other), str(hub.bare)] if first else [str(hub.bare), str(other)]
    for url in urls:
        ada.git("remote", "set-url", "--add", "--push", "origin", url)
    ada.share()
    if gone:
        other.rename(hub.folder / "away.git")
    else:
        run("git", "config", "transfer.hideRefs", "refs/mnemo", cwd=other)
    ada.learn("A finding.")
    if gone:
        assert ada.no("push")["error"]["code"] == "network"
    else:
        assert ada.refused("push")["outcome"] == "rejected"
    assert ada.status()["queued"] == [PROJECT]
    if gone:
        (hub.folder / "away.git").rename(other)
    else:
        run("git", "config", "--unset", "transfer.hideRefs", cwd=other)
    ada.only("sync")
    assert hub.knows() == texts_at(other, PROJECT) == {"A finding."}
    assert ada.status()["queued"] == []


# -- remotes that say no -----------------------------------------------------------------------


@pytest.fixture
def ada(hub: Hub) -> Clone:
    (clone,) = hub.shared("ada")
    return clone


def test_a_remote_that_takes_only_fast_forwards(hub: Hub, ada: Clone) -> None:
    hub.git("config", "receive.denyNonFastForwards", "true")
    (ben,) = hub.shared("ben")
    ben.learn("Ben found that.", now=NOW + 1)
    ben.only("sync")
    ada.learn("Ada found this.")
    assert ada.only("push")["outcome"] == "pushed"
    assert len(hub.knows()) == 2


@pytest.mark.parametrize("how", ["setting", "hook"])
def test_a_remote_that_deletes_nothing(hub: Hub, ada: Clone, how: str) -> None:
    old = f"{ARCHIVE}s_00000001_{NOW - 60 * DAY}"
    tip = ada.claim("Old.")["commit"]
    ada.git("push", "--quiet", "origin", f"{tip}:{old}")
    if how == "setting":  # git means branches alone
        hub.git("config", "receive.denyDeletes", "true")
        assert [one["ref"] for one in ada.ask("gc", "--remote", "origin")["pruned"]] == [old]
        return
    hub.hook("update", 'case $3 in 0000*) echo "for ever" >&2; exit 1;; esac')
    told = ada.no("gc", "--remote", "origin")
    assert (told["pruned"], told["kept"]) == ([], 1)
    said = f"origin kept {old}: [remote rejected] (hook declined): for ever"
    assert told["skipped"].startswith(said)
    assert hub.ref(old) == tip
    assert "hook declined" in ada.run("gc", "--remote", "origin").out


@pytest.mark.parametrize("hidden", ["transfer.hideRefs", "receive.hideRefs"])
def test_a_remote_that_hides_our_refs(hub: Hub, ada: Clone, hidden: str) -> None:
    hub.git("config", hidden, "refs/mnemo")
    tip = ada.learn("A finding.")
    told = ada.refused("sync")
    assert (told["outcome"], told["new"]) == ("rejected", tip)
    assert "deny updating a hidden ref" in told["reason"]
    assert "mnemo.remote may name another repository" in told["reason"]
    assert (ada.ref(), hub.ref()) == (tip, None)
    assert ada.status()["queued"] == [PROJECT]


@pytest.mark.parametrize(
    ("hook", "reason"), [("update", "hook declined"), ("pre-receive", "pre-receive hook declined")]
)
def test_a_remote_whose_hook_declines(hub: Hub, ada: Clone, hook: str, reason: str) -> None:
    said = r"no\033[31m \302\233memory\007\nhere\r"
    path = hub.hook(hook, f"printf '{said}\\n' >&2", "exit 1")
    bell = "^G" if git_version() >= (2, 54) else ""  # newer ones show what they do not pass on
    reason = f"[remote rejected] ({reason}): no[31m memory{bell} here"
    tip = ada.learn("A finding.")
    told = ada.refused("sync")
    assert told["outcome"] == "rejected"
    assert f"the remote said: {reason}" in told["reason"]
    assert (ada.ref(), hub.ref()) == (tip, None)
    assert ada.git("push", "--quiet", "origin", "HEAD:refs/heads/x", "--dry-run") == ""
    ada.claim("Thought.", now=NOW + 1)
    rows = {one["ref"]: one for one in ada.no("push", "--sessions")["refs"]}
    session = rows[refs.session_ref(ada.session)]
    assert session["outcome"] == "rejected"
    assert session["reason"].startswith(reason)
    assert f"({reason}" in ada.run("push", "--sessions").out
    path.unlink()
    assert ada.only("sync")["outcome"] == "pushed"
    assert ada.status()["queued"] == []


def test_a_remote_that_says_much_is_cut_short(hub: Hub, ada: Clone) -> None:
    hub.hook("pre-receive", "seq 1 5000 >&2", "exit 1")
    ada.learn("A finding.")
    reason = ada.refused("sync")["reason"]
    assert ": 1 2 3 4 5 " in reason
    assert len(reason) < network.MOST_SAID + 200


def test_another_repository_for_the_memory(hub: Hub, ada: Clone) -> None:
    """For a host that takes branches and tags only: what is named, done, from end to end."""
    hub.git("config", "receive.hideRefs", "refs/mnemo")
    tip = ada.learn("Ada found this.")
    reason = ada.refused("sync")["reason"]
    assert "mnemo.remote may name another repository (git mnemo init --share REMOTE)" in reason
    other = hub.folder / "memory.git"
    run("git", "init", "--quiet", "--bare", str(other))
    ben = hub.clone("ben")
    for clone in (ada, ben):
        clone.git("remote", "add", "memory", str(other))
    ada.git("config", "mnemo.remote", "memory")  # by hand: its URL was never agreed to
    error = ada.no("push")["error"]
    assert (error["code"], error["hint"]) == ("refused", "git mnemo init --share memory")
    assert refs_of(other) == {}
    assert ada.share("memory")["remote"] == "memory"
    assert refs_of(other) == {PROJECT: tip}
    assert ada.status()["queued"] == []
    ben.learn("Ben found that.", now=NOW + 1)
    ben.share("memory")
    assert ada.only("sync")["outcome"] == "fast-forwarded"
    assert ada.ref() == ben.ref() == refs_of(other)[PROJECT]
    assert ada.knows() == {"Ada found this.", "Ben found that."}
    assert ada.refs("refs/mnemo-remotes") == {refs.tracking("memory", PROJECT): ada.ref()}
    (ada.path / "more.md").write_text("More\n")
    ada.git("add", "more.md")
    ada.git("commit", "--quiet", "--message", "More")
    ada.git("push", "--quiet")
    assert hub.refs() == {"refs/heads/main": ada.ref("HEAD")}


def test_a_remote_that_serves_no_fetch(hub: Hub) -> None:
    with servers.daemon(hub.folder) as place:
        hub.git("config", "daemon.uploadpack", "false")
        ada = hub.clone("ada")
        ada.git("remote", "set-url", "origin", f"{place}/hub.git")
        error = ada.no("init", "--share", "origin", "--yes")["error"]
    assert error["code"] == "network"
    assert error["message"].startswith("origin: ")


# -- clones that lack something ----------------------------------------------------------------


def whole(clone: Clone) -> None:
    """Nothing of the memory is missing, and nothing is to be fetched when it is read."""
    names = [*clone.refs("refs/mnemo"), *clone.refs("refs/mnemo-remotes")]
    listed = clone.git("rev-list", "--objects", "--missing=print", *names).splitlines()
    assert not [line for line in listed if line.startswith("?")]


@pytest.fixture
def known(hub: Hub) -> Clone:
    """A clone that shared a history of several commits."""
    (ada,) = hub.shared("ada")
    for number in range(3):
        ada.learn(f"Finding {number}.", now=NOW + number)
    ada.only("sync")
    (hub.folder / "start" / "more.md").write_text("More\n")
    for name in ("more.md", "README.md"):
        run("git", "add", name, cwd=hub.folder / "start")
        run("git", "commit", "-qm", name, "--allow-empty", cwd=hub.folder / "start")
    run("git", "push", "-q", str(hub.bare), "main", cwd=hub.folder / "start")
    return ada


def work_on(hub: Hub, known: Clone, ben: Clone) -> None:
    """Both go on, sync, and come together."""
    ben.share()
    assert ben.knows() == hub.knows()
    ben.learn("Ben's.", now=NOW + 10)
    known.learn("Ada's.", now=NOW + 11)
    known.only("sync")
    assert ben.only("sync")["outcome"] == "pushed"
    assert known.only("sync")["outcome"] == "fast-forwarded"
    assert known.ref() == ben.ref() == hub.ref()
    assert ben.knows() == {"Ben's.", "Ada's.", *(f"Finding {n}." for n in range(3))}


def test_a_shallow_clone(hub: Hub, known: Clone) -> None:
    ben = hub.clone("ben", "--depth", "1", url=f"file://{hub.bare}")
    assert (ben.path / ".git" / "shallow").exists()
    work_on(hub, known, ben)
    whole(ben)
    assert int(ben.git("rev-list", "--count", PROJECT)) == 6


def test_a_shallow_memory(hub: Hub, known: Clone) -> None:
    """`fetch --depth 1` of the project is valid: its tip's tree is complete."""
    ben = hub.clone("ben", url=f"file://{hub.bare}")
    ben.git("fetch", "--quiet", "--depth", "1", "origin", f"{PROJECT}:{PROJECT}")
    assert int(ben.git("rev-list", "--count", PROJECT)) == 1
    work_on(hub, known, ben)
    whole(ben)
    assert ben.run("log").code == ben.run("chains").code == ben.run("status").code == 0


@pytest.mark.parametrize("filter", ["blob:none", "tree:0"])
def test_a_partial_clone(hub: Hub, known: Clone, filter: str) -> None:
    hub.git("config", "uploadpack.allowFilter", "true")
    ben = hub.clone("ben", f"--filter={filter}", url=f"file://{hub.bare}")
    assert ben.git("config", "remote.origin.partialclonefilter") == filter
    work_on(hub, known, ben)
    whole(ben)


@pytest.mark.parametrize(
    "words", [["--depth", "1"], ["--filter=blob:none"], ["--bare"]], ids=lambda words: words[0]
)
def test_such_a_clone_looks_at_what_git_refuses(hub: Hub, known: Clone, words: list[str]) -> None:
    hub.git("config", "uploadpack.allowFilter", "true")
    ben = hub.clone("ben", *words, url=f"file://{hub.bare}")
    if words[0] == "--depth":
        ben.git("fetch", "--quiet", "--depth", "1", "origin", f"{PROJECT}:{PROJECT}")
    ben.share()
    good, blob = str(hub.ref()), hub.git("hash-object", "-w", "--stdin", input="x")
    inner = hub.git("mktree", input=f"100644 blob {blob}\tx-{blob}\n")
    outer = hub.git("mktree", input=f"040000 tree {inner}\t.git\n")
    root = hub.git("ls-tree", good)
    tree = hub.git("mktree", input=f"{root}\n040000 tree {outer}\tlater\n")
    hub.git("config", "user.name", "Mallory")
    hub.git("config", "user.email", "mallory@example.com")
    bad = hub.git("commit-tree", "-p", good, "-m", "promote", tree)
    hub.git("update-ref", PROJECT, bad)
    told = ben.refused("sync")
    assert (told["outcome"], told["old"], told["new"]) == ("refused", good, good)
    assert f"(commit {bad[:10]} by Mallory)" in told["reason"]
    assert ben.ref(refs.tracking("origin", PROJECT)) == good
    assert run("sh", "-c", told["reason"].partition("the cure: ")[2], cwd=ben.path).code == 0
    assert hub.ref() == good
    assert ben.only("sync")["outcome"] == "up-to-date"
    whole(ben)


def test_a_bare_clone_and_a_linked_worktree(hub: Hub, known: Clone, tmp_path: Path) -> None:
    ben = hub.clone("ben", "--bare")
    ben.git("config", "user.name", "Ben")
    work_on(hub, known, ben)
    known.git("worktree", "add", "--quiet", str(tmp_path / "tree"))
    linked = Clone(tmp_path / "tree", "s_00000777")
    linked.learn("From the worktree.", now=NOW + 20)
    assert linked.only("sync")["outcome"] == "pushed"
    assert known.ref() == linked.ref() == hub.ref()


def test_what_ssh_says_is_the_reason(hub: Hub, tmp_path: Path) -> None:
    """Git itself only says that it could not read."""
    program = tmp_path / "ssh"
    program.write_text("#!/bin/sh\necho 'ssh: connect to host x port 22: No route' >&2\nexit 255\n")
    program.chmod(0o755)
    ada = hub.clone("ada")
    ada.git("remote", "add", "far", "ssh://x/hub.git")
    ada.git("config", "core.sshCommand", str(program))
    assert "No route" in ada.no("fetch", "far")["error"]["message"]


def test_a_push_ends_whatever_folders_stand_in_each_other(hub: Hub) -> None:
    """By paths there are nine million folders to walk here, and git walks so what it pushes."""
    ada = hub.clone("ada")
    ada.git("config", "mnemo.timeout", "20")
    tips: list[str] = []
    for seed in ("one", "two"):
        blob = ada.git("hash-object", "-w", "--stdin", input=seed)
        tree = ada.git("mktree", input=f"100644 blob {blob}\tx-{blob}\n")
        for _ in range(2):
            lines = (f"040000 tree {tree}\tn{number}\n" for number in range(3000))
            tree = ada.git("mktree", input="".join(lines))
        tree = ada.git("mktree", input=f"040000 tree {tree}\tlater\n")
        tips.append(ada.git("commit-tree", tree, *(f"-p{tip}" for tip in tips), "-m", "x"))
    for tip in tips:
        (answer,) = network.push(ada.open(), "origin", [f"{tip}:{PROJECT}"])
        assert answer.flag in "* "
    assert hub.ref() == tips[-1]
