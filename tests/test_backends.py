"""Both stores do the same, and git's own plumbing serves what libgit2 cannot open."""

import contextlib
import gc
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import git_mnemo
from git_mnemo import refs
from git_mnemo.errors import MissingObject, MnemoError
from git_mnemo.refs import PROJECT, RefUpdate
from git_mnemo.repository import Repository, discover
from git_mnemo.store import asking, known, talking
from git_mnemo.store.libgit2 import Libgit2Store
from git_mnemo.store.objects import BLOB
from git_mnemo.store.plumbing import PlumbingStore
from tests import hooked, plain, verbs
from tests.support import git_version, mnemo, run, run_git
from tests.verbs import NOW, OTHER, SESSION, ask, batch, claim, refused

FORMATS = ("sha1", "sha256")
BACKENDS = ["libgit2", "git"] if plain.REFS == "files" else ["git"]


def init(path: Path, *options: str) -> Path:
    """A repository with a file and a commit, which always has the same id."""
    run_git("init", "--quiet", *options, str(path))
    (path / "README.md").write_text("# Example\n\nIt has a line that claims are about.\n")
    run_git("add", "README.md", cwd=path)
    date = "2026-01-01T00:00:00Z"
    env = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    run_git("commit", "--quiet", "--message", "Start", cwd=path, env=env)
    return path


def story() -> str:
    """A memory by most verbs, with clock and sessions that stand still: every ref it ends with."""
    one = claim("One", "--anchor", "README.md:3", "--domain", "issues")
    two = claim("Two", "--new-chain", "--input", one["address"], "--agent", "helper")
    better = ask("supersede", one["address"], "One, better", now=NOW + 10)
    batch({"text": "a", "title": "T"}, {"text": "b", "inputs": ["#1"], "title": "T"}, now=NOW + 20)
    ask("compress", two["address"], better["address"], "--text", "Both", now=NOW + 30)
    ask("stash", two["chain"], now=NOW + 40)
    ask("promote", one["chain"], now=NOW + 50)
    ask("pop", two["chain"], now=NOW + 60)
    claim("Elsewhere", session=OTHER, now=NOW + 70)
    ask("promote", "--all", now=NOW + 80)
    ask("promote", "--all", session=OTHER, now=NOW + 90)
    ask("archive", now=NOW + 100)
    ask("archive", OTHER, now=NOW + 110)
    ask("restore", SESSION, now=NOW + 120)
    gone = claim("What must not be", "--new-chain", now=NOW + 130)
    ask("purge", gone["address"], "--yes", now=NOW + 140)
    ask("gc", "--expire", "now", "--dry-run", now=NOW + 150)
    return verbs.all_refs()


@pytest.fixture(params=FORMATS)
def plumbed(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A repository of either format that is served by plumbing; the test runs in it."""
    path = init(tmp_path / "plumbed", f"--object-format={request.param}")
    run_git("config", "mnemo.backend", "git", cwd=path)
    monkeypatch.chdir(path)
    assert isinstance(discover().store, PlumbingStore)
    return path


# -- the same ----------------------------------------------------------------------------------


@plain.only_files
def test_both_stores_come_to_the_same_ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    for backend, kind in (("libgit2", Libgit2Store), ("git", PlumbingStore)):
        monkeypatch.chdir(init(tmp_path / backend, "--object-format=sha1"))
        run_git("config", "mnemo.backend", backend)
        assert isinstance(discover().store, kind)
        told.append(story())
        run_git("fsck", "--strict")
    assert told[0] == told[1]
    assert len(told[0].splitlines()) == 4


def test_a_backend_that_is_none_is_refused(repo: Path) -> None:
    run_git("config", "mnemo.backend", "svn")
    assert "libgit2" in refused("status", code="usage", status=129)["message"]


def test_sha_256_objects_need_no_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(init(tmp_path / "new", "--object-format=sha256"))
    assert isinstance(discover().store, PlumbingStore)
    told = story()
    assert {len(line.split()[1]) for line in told.splitlines()} == {64}
    assert ask("doctor")["ok"]
    run_git("fsck", "--strict")


# -- sha-256, verb by verb ---------------------------------------------------------------------


def test_looking_back_with_sha_256(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(init(tmp_path / "new", "--object-format=sha256"))
    one = claim("Retries time out", "--anchor", "README.md:3")
    assert len(one["address"]) == len(one["commit"]) == 64
    ask("promote")
    assert ask("recall", "retries")["hits"][0]["address"] == one["address"]
    assert ask("why", "README.md:3")["nodes"][0]["address"] == one["address"]
    assert ask("verify")["anchors"][0]["verdict"] == "fresh"
    assert ask("show", one["address"][:10])["address"] == one["address"]
    assert ask("chains", "--project")["chains"][0]["id"] == one["chain"]
    assert "claim" in verbs.git_mnemo("log").out
    assert verbs.git_mnemo("reindex").code == 0
    assert ask("recall", "retries")["hits"][0]["address"] == one["address"]
    memory = git_mnemo.open(session=SESSION, clock=lambda: NOW)
    assert memory.claim("From Python").address == claim("From Python")["address"]


def test_export_and_import_with_sha_256(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(init(tmp_path / "one", "--object-format=sha256"))
    story()
    exported = verbs.git_mnemo("export").out
    monkeypatch.chdir(init(tmp_path / "two", "--object-format=sha256"))
    ask("import", "-", stdin=exported.encode())
    run_git("fetch", "--quiet", str(tmp_path / "one"), PROJECT)
    known = run_git("ls-tree", "-r", "--name-only", "FETCH_HEAD").splitlines()
    assert verbs.tree(PROJECT) == [path for path in known if not path.startswith("purged/")]


def test_two_clones_with_sha_256(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = tmp_path / "hub.git"
    run_git("init", "--quiet", "--bare", "--object-format=sha256", str(hub))
    tips = []
    for name, session in (("one", SESSION), ("two", OTHER)):
        monkeypatch.chdir(init(tmp_path / name, "--object-format=sha256"))
        run_git("remote", "add", "origin", str(hub))
        claim(f"From {name}", session=session)
        ask("promote", session=session)
        ask("init", "--share", "origin", "--yes", "--no-hooks")
        ask("sync", "origin", now=NOW + 1)
    for name in ("one", "two"):
        monkeypatch.chdir(tmp_path / name)
        ask("sync", now=NOW + 2)
        tips.append(run_git("rev-parse", PROJECT))
        assert ask("status")["project"]["nodes"] == 2
        assert ask("doctor")["ok"]
    assert tips[0] == tips[1] == run_git("rev-parse", PROJECT, cwd=hub)
    # What git refuses is looked at in a repository of the same format.
    blob = run_git("hash-object", "-w", "--stdin", input="x", cwd=hub)
    twice = b"100644 x\0" + bytes.fromhex(blob)
    raw = (twice + twice).decode("utf-8", "surrogateescape")
    tree = run_git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", input=raw, cwd=hub)
    odd = run_git("commit-tree", "-p", PROJECT, "-m", "odd", tree, cwd=hub)
    run_git("update-ref", PROJECT, odd, cwd=hub)
    done = verbs.git_mnemo("sync", "--json", now=NOW + 3)
    assert done.code == 1, done
    (moved,) = json.loads(done.out)["refs"]
    assert (moved["outcome"], odd in moved["reason"]) == ("refused", True)


@pytest.mark.parametrize(("here", "there"), [FORMATS, FORMATS[::-1]])
def test_formats_do_not_mix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: str, there: str
) -> None:
    monkeypatch.chdir(init(tmp_path / "there", f"--object-format={there}"))
    claim("Elsewhere")
    ask("promote")
    monkeypatch.chdir(init(tmp_path / "here", f"--object-format={here}"))
    run_git("remote", "add", "origin", str(tmp_path / "there"))
    error = refused("fetch", "origin", code="refused")
    assert "SHA-256" in error["message"]
    assert error["hint"] == "git mnemo export | git -C OTHER mnemo import -"


@pytest.mark.parametrize("format_", FORMATS)
def test_hooks_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: Path, format_: str
) -> None:
    monkeypatch.setenv("GIT_MNEMO_SESSION", SESSION)
    monkeypatch.chdir(init(tmp_path / "new", f"--object-format={format_}"))
    mnemo("init", "--yes")
    said = json.loads(mnemo("claim", "Why it is so", "--json").out)
    made = hooked.commit("Do it")
    assert any(said["address"] in path for path in verbs.tree(PROJECT))
    run_git("commit", "--quiet", "--amend", "--message", "Do it well")
    amended = hooked.head()
    for oid in (made, amended):
        assert len(oid) == (64 if format_ == "sha256" else 40)
    assert "Why it is so" in mnemo("why", amended).out


# -- talking to git ----------------------------------------------------------------------------


def _processes() -> set[int]:
    listed = run("ps", "-o", "pid=", "--ppid", str(os.getpid())).out.split()
    return {int(pid) for pid in listed}


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks into /proc")
def test_nothing_is_left_behind(plumbed: Path) -> None:
    one = claim("One")
    gc.collect()
    before, open_ = _processes(), _descriptors()
    store = discover().store
    assert store.exists(one["address"])
    assert store.read(one["commit"])[0] == "commit"
    assert len(os.listdir("/proc/self/fd")) > open_
    del store
    gc.collect()
    assert _descriptors() == open_
    assert not [pid for pid in _processes() - before if Path(f"/proc/{pid}/exe").exists()]


def test_a_git_that_was_killed_is_no_missing_object(
    plumbed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = claim("One")["address"]
    begun: list[talking.Talking] = []
    talk = talking.talk

    def noted(*args: Any, **more: Any) -> talking.Talking:
        begun.append(talk(*args, **more))
        return begun[-1]

    monkeypatch.setattr(talking, "talk", noted)
    store = discover().store
    assert store.exists(address)
    os.kill(begun[-1]._pid, signal.SIGKILL)
    assert store.exists(address)
    assert not store.exists("1" * store.width)
    assert store.read(address)[0] == BLOB
    os.kill(begun[-1]._pid, signal.SIGKILL)
    commit = run_git("rev-parse", refs.session_ref(SESSION))
    assert store.read(commit)[0] == "commit"
    monkeypatch.setattr(talking.Talking, "until", lambda self, end: None)
    with pytest.raises(MnemoError, match="cannot be read"):
        store.exists(address)


def test_an_answer_that_was_not_heard_out_is_not_mistaken_for_another(
    plumbed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = claim("One")["address"], claim("Two")["address"]
    store = discover().store
    assert store.read(run_git("rev-parse", "HEAD"))[0] == "commit"
    take = talking.Talking.take

    def interrupted(_: talking.Talking, size: int) -> bytes | None:
        raise KeyboardInterrupt

    monkeypatch.setattr(talking.Talking, "take", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.read(one)
    monkeypatch.setattr(talking.Talking, "take", take)
    assert store.read(two)[1].endswith(b"\n\nTwo\n")
    assert store.read(one)[1].endswith(b"\n\nOne\n")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_leaves_the_talk_to_its_parent(plumbed: Path) -> None:
    script = f"""
import os
from git_mnemo.repository import Repository, discover
store = discover().store
tip = store.ref({refs.session_ref(SESSION)!r})
assert store.exists(tip)
child = os.fork()
if child:
    os.waitpid(child, 0)
    assert store.exists(tip)
    os._exit(0) if os.fork() else None
    import time
    time.sleep(0.2)
else:
    del store
"""
    claim("One")
    done = run(sys.executable, "-c", script)
    assert (done.code, done.err) == (0, "")


def test_a_name_that_is_none_is_not_taken_for_another(plumbed: Path) -> None:
    tip = claim("One")["commit"]
    store = discover().store
    for missing in (PROJECT, f"refs/mnemo/sessions/s_00000000@a-1-g{tip[:8]}"):
        run_git("update-ref", f"refs/heads/{missing}", tip)
        assert store.ref(missing) is None
    assert store.ref(refs.session_ref(SESSION)) == tip
    run_git("pack-refs", "--all")
    assert store.ref(refs.session_ref(SESSION)) == tip
    run_git("update-ref", "-d", refs.session_ref(SESSION))
    assert store.ref(refs.session_ref(SESSION)) is None
    for odd in ("", "HEAD", "1" * 10, f"{tip}\n{tip}", f"{tip} {tip}"):
        assert not store.exists(odd)


def test_what_was_written_can_be_read_before_git_has_it(
    plumbed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "REMEMBERED", 10)
    store = discover().store
    oids = [store.write(BLOB, b"%d" % number * 100) for number in range(5)]
    assert [store.read(oid)[1][:1] for oid in oids] == [b"0", b"1", b"2", b"3", b"4"]
    with pytest.raises(MissingObject):
        discover().store.read(oids[0])


def test_a_gc_between_write_and_move_loses_nothing(
    plumbed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transact = PlumbingStore._transact
    struck: list[str | None] = []

    def collected(store: PlumbingStore, plan: list[RefUpdate], reason: str) -> str | None:
        if len(struck) % 2 == 0:
            run_git("gc", "--prune=now", "--quiet")
        moved = transact(store, plan, reason)
        struck.append(moved)
        return moved

    monkeypatch.setattr(PlumbingStore, "_transact", collected)
    claim("One")
    claim("Two", "--new-chain")
    ask("promote", "--all")
    assert len(struck) == 6
    assert struck[::2] != [None] * 3
    run_git("fsck", "--strict", "--connectivity-only")
    assert ask("status")["project"]["nodes"] == 2


def test_threads_have_stores_of_their_own(plumbed: Path) -> None:
    memory = git_mnemo.open(session=SESSION, clock=lambda: NOW)
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            memory.claim(f"Claim {number}", new_chain=True)
        except BaseException as error:  # noqa: BLE001  # told below
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not failed
    assert ask("status")["nodes"] == 6


# -- every kind of repository ------------------------------------------------------------------


@pytest.mark.parametrize(
    "setting", [("extensions.partialClone", "origin"), ("mnemo.backend", "git")], ids=lambda s: s[0]
)
def test_a_partial_clone_is_not_asked_for_what_is_not_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: tuple[str, str]
) -> None:
    there = init(tmp_path / "there", "--object-format=sha1")
    run_git("config", "uploadpack.allowFilter", "true", cwd=there)
    here = tmp_path / "here"
    run_git("clone", "--quiet", "--filter=blob:none", f"file://{there}", str(here))
    monkeypatch.chdir(here)
    asked = tmp_path / "asked"
    run_git("config", "remote.origin.uploadpack", f"touch '{asked}'; git-upload-pack")
    run_git("config", *setting)
    assert isinstance(discover().store, PlumbingStore)
    assert not discover().store.exists("1" * 40)
    story()
    assert not asked.exists()
    run_git("fetch", "--quiet")
    assert asked.exists()


def test_what_libgit2_does_not_know_is_not_given_to_it(repo: Path) -> None:
    found = discover()
    if plain.OPENED:
        assert isinstance(found.store, Libgit2Store)
    config = found.config | {"extensions.relativeworktrees": "true"}
    again = Repository(found.git_dir, found.common_dir, found.top, config)
    assert isinstance(again.store, PlumbingStore)


@contextlib.contextmanager
def _read_only(folder: Path) -> Iterator[None]:
    changed = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    for path in changed:
        path.chmod(0o555)
    yield
    for path in changed:
        path.chmod(0o755)


@pytest.mark.parametrize("backend", BACKENDS)
def test_objects_borrowed_from_another_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    there = init(tmp_path / "there", "--object-format=sha1")
    with contextlib.chdir(there):
        said = claim("Known there")
        ask("promote")
    here = tmp_path / "here"
    run_git("clone", "--quiet", "--reference", str(there), str(there), str(here))
    monkeypatch.chdir(here)
    run_git("config", "mnemo.backend", backend)
    run_git("fetch", "--quiet", "origin", f"{PROJECT}:{PROJECT}")
    with _read_only(there / ".git" / "objects"):
        again = claim("Known there", "--new-chain")
        assert again["address"] == said["address"]
        claim("Only here", "--input", said["address"])
        ask("promote", "--all")
    assert ask("doctor")["ok"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_worktree_with_its_own_settings_and_a_submodule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    above = init(tmp_path / "above", "--object-format=sha1")
    init(tmp_path / "below", "--object-format=sha1")
    run_git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add",
            str(tmp_path / "below"), "part", cwd=above)  # fmt: skip
    run_git("config", "extensions.worktreeConfig", "true", cwd=above)
    run_git("worktree", "add", "--quiet", str(tmp_path / "side"), cwd=above)
    run_git("config", "--worktree", "mnemo.backend", backend, cwd=tmp_path / "side")
    told = []
    for path in (above / "part", tmp_path / "side"):
        monkeypatch.chdir(path)
        run_git("config", "--worktree" if path.name == "side" else "--local",
                "mnemo.backend", backend)  # fmt: skip
        kind = PlumbingStore if backend == "git" else Libgit2Store
        assert isinstance(discover().store, kind)
        told.append({line for line in story().splitlines() if "refs/mnemo/" in line})
    assert {line.split()[0] for line in told[0]} == {line.split()[0] for line in told[1]}
    assert run_git("for-each-ref", "refs/mnemo", cwd=above)


def reftable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_: str) -> Path:
    """A repository whose refs stand in a reftable; the test runs in it."""
    if git_version() < plain.REFTABLES:
        pytest.skip(f"git {'.'.join(map(str, git_version()))} has no reftables: that is 2.45")
    options = (f"--object-format={format_}", "--ref-format=reftable")
    path = init(tmp_path / f"table-{format_}", *options)
    monkeypatch.chdir(path)
    return path


@pytest.mark.parametrize("format_", FORMATS)
def test_reftables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_: str) -> None:
    path = reftable(tmp_path, monkeypatch, format_)
    assert isinstance(discover().store, PlumbingStore)
    told = story()
    assert ask("doctor")["ok"]
    run_git("fsck", "--strict")
    claim("Told by the log", "--new-chain", now=NOW + 200)
    ask("promote", now=NOW + 210)
    assert "promote" in run_git("reflog", "show", PROJECT)
    monkeypatch.chdir(init(tmp_path / "files", f"--object-format={format_}"))
    assert story() == told
    lock = path / ".git" / "reftable" / "tables.list.lock"
    monkeypatch.setattr(asking, "PATIENCE", 0.2)
    monkeypatch.chdir(path)
    lock.touch()
    assert str(lock) in refused("claim", "Locked", code="conflict", status=128)["message"]


def test_hooks_with_reftables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: Path
) -> None:
    reftable(tmp_path, monkeypatch, "sha1")
    monkeypatch.setenv("GIT_MNEMO_SESSION", SESSION)
    mnemo("init", "--yes")
    one = json.loads(mnemo("claim", "Why it is so", "--json").out)
    hooked.commit("Do it")
    assert any(one["address"] in path for path in verbs.tree(PROJECT))
    run_git("commit", "--quiet", "--amend", "--message", "Do it well")
    two = json.loads(mnemo("claim", "And this", "--new-chain", "--json").out)
    run("git", "-c", f"core.hooksPath={os.devnull}", "commit", "--quiet", "--allow-empty",
        "--message", "Unseen by hooks")  # fmt: skip
    mnemo("status")
    assert any(two["address"] in path for path in verbs.tree(PROJECT))
    assert "And this" in mnemo("why", hooked.head()).out
    assert "Why it is so" in mnemo("why", "HEAD~").out
