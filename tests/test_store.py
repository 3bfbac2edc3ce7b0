"""The store over libgit2 on real repositories: objects, moves of refs, what gets in the way."""

import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from git_mnemo import refs
from git_mnemo.errors import MissingObject, MnemoError, RefMoved
from git_mnemo.refs import PROJECT, RefUpdate
from git_mnemo.store import asking, bounded, git
from git_mnemo.store.libgit2 import Libgit2Store
from git_mnemo.store.objects import BLOB, COMMIT, TREE, Commit, Person, encode_commit
from tests import plain
from tests.support import run, run_git

SESSION, OTHER = refs.session_ref("s_a7f3c2d1"), refs.session_ref("s_00000000")
ARCHIVED = refs.archive_ref("s_a7f3c2d1", 1795426200)
ADA = Person("Ada Example", "ada@example.com", 1795426200)

pytestmark = plain.only_libgit2


def opened(repo: Path) -> Libgit2Store:
    return Libgit2Store(str(repo / ".git"), str(repo / ".git"))


@pytest.fixture
def store(repo: Path) -> Libgit2Store:
    return opened(repo)


def commit(store: Libgit2Store, message: str) -> str:
    """A commit of the empty tree, told apart by its message."""
    tree = store.write(TREE, b"")
    return store.write(COMMIT, encode_commit(Commit(tree, (), ADA, ADA, message)))


def loose(repo: Path, oid: str) -> Path:
    return repo / ".git" / "objects" / oid[:2] / oid[2:]


def here() -> dict[str, str]:
    """Our refs as git lists them."""
    listed = run_git("for-each-ref", "--format=%(refname) %(objectname)", refs.ROOT)
    return dict(line.split(" ") for line in listed.splitlines())


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A mark for each pause that a move of refs makes, none of which takes time."""
    made: list[str] = []
    monkeypatch.setattr(asking, "pause", lambda: made.append("pause"))
    return made


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 0.2)


# -- objects -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "data"), [(BLOB, b""), (BLOB, b"a\0\xff\n"), (TREE, b"")])
def test_an_object_is_what_git_makes_of_its_bytes(
    repo: Path, store: Libgit2Store, kind: str, data: bytes
) -> None:
    text = data.decode("utf-8", "surrogateescape")
    oid = run_git("hash-object", "-t", kind, "--stdin", input=text)
    assert store.write(kind, data) == oid
    assert store.write(kind, data) == oid
    assert store.exists(oid)
    assert store.read(oid) == (kind, data)
    assert run_git("cat-file", "-t", oid) == kind
    assert loose(repo, oid).exists()


def test_an_address_is_known_without_writing(store: Libgit2Store) -> None:
    oid = store.address(b"only asked\n")
    assert oid == run_git("hash-object", "--stdin", input="only asked\n")
    assert not store.exists(oid)
    with pytest.raises(MissingObject) as caught:
        store.read(oid)
    assert caught.value.oid == oid


def test_an_object_that_git_wrote_meanwhile_is_found(store: Libgit2Store) -> None:
    assert not store.exists(store.address(b"late\n"))
    oid = run_git("hash-object", "-w", "--stdin", input="late\n")
    assert store.read(oid) == (BLOB, b"late\n")
    run_git("update-ref", "refs/tags/late", oid)
    run_git("repack", "-a", "-d")
    assert store.read(oid) == (BLOB, b"late\n")


def test_a_broken_object_is_named(repo: Path, store: Libgit2Store) -> None:
    oid = store.write(BLOB, b"broken soon\n")
    loose(repo, oid).chmod(0o644)
    loose(repo, oid).write_bytes(b"not zlib")
    with pytest.raises(MnemoError, match=oid) as caught:
        opened(repo).read(oid)
    assert caught.value.code == "corrupt"


def test_what_stands_only_in_a_cruft_pack_is_written_loose_again(repo: Path) -> None:
    oid = opened(repo).write(BLOB, b"unreachable\n")
    run_git("repack", "-d", "--cruft")
    assert not loose(repo, oid).exists()
    assert list((repo / ".git/objects/pack").glob("*.mtimes")), "git made no cruft pack"
    store = opened(repo)
    assert store.exists(oid)
    assert store.write(BLOB, b"unreachable\n") == oid
    assert loose(repo, oid).exists()


def test_libgit2_says_why_it_cannot_open(tmp_path: Path) -> None:
    with pytest.raises(MnemoError, match="libgit2 cannot open this repository") as caught:
        opened(tmp_path)
    assert (caught.value.code, caught.value.status) == ("refused", 128)


def test_a_durable_store_writes_the_same(repo: Path) -> None:
    durable = Libgit2Store(str(repo / ".git"), str(repo / ".git"), durable=True)
    try:
        assert opened(repo).read(durable.write(BLOB, b"kept\n")) == (BLOB, b"kept\n")
    finally:
        import pygit2

        pygit2.settings.enable_fsync_gitdir(False)


def test_pygit2_can_be_imported_after_its_compiled_part(tmp_path: Path) -> None:
    program = """
import sys
import time
from git_mnemo.store import asking, libgit2
compiled = libgit2.load()
assert libgit2.load() is compiled
assert not {"pygit2", "pygit2.enums", "ssl"} & sys.modules.keys()
import pygit2
assert pygit2.hash(b"").raw == compiled.hash(b"").raw
from pygit2 import _pygit2
print(pygit2.init_repository("new", bare=True).is_bare, _pygit2 is compiled)
"""
    done = run(sys.executable, "-c", program, cwd=tmp_path)
    assert (done.code, done.out, done.err) == (0, "True True\n", "")


# -- moving refs -------------------------------------------------------------------------------


@pytest.fixture(params=["loose", "packed"])
def settled(request: pytest.FixtureRequest) -> Callable[[], object]:
    """To be called where the refs made so far are to be loose, or packed."""
    if request.param == "packed":
        return lambda: run_git("pack-refs", "--all")
    return lambda: None


@pytest.mark.parametrize("name", [SESSION, PROJECT])
def test_a_ref_is_created_moved_checked_and_deleted(
    store: Libgit2Store, settled: Callable[[], object], name: str
) -> None:
    one, two = commit(store, "one\n"), commit(store, "two\n")
    assert store.ref(name) is None
    for old, new in ((None, one), (one, two), (two, two), (two, None)):
        store.update_refs([RefUpdate(name, old, new)], "test")
        assert store.ref(name) == new
        assert here() == ({name: new} if new else {})
        settled()


@pytest.mark.parametrize(
    ("old", "new"),
    [(None, "two"), ("two", "two"), ("two", "one"), ("two", None), (None, None)],
)
@pytest.mark.parametrize("name", [SESSION, PROJECT])
def test_a_stale_plan_moves_nothing(
    store: Libgit2Store, settled: Callable[[], object], name: str, old: str | None, new: str | None
) -> None:
    oids = {"one": commit(store, "one\n"), "two": commit(store, "two\n"), None: None}
    store.update_refs([RefUpdate(name, None, oids["one"])], "test")
    settled()
    with pytest.raises(RefMoved) as caught:
        store.update_refs([RefUpdate(name, oids[old], oids[new])], "test")
    assert caught.value.name == name
    assert here() == {name: oids["one"]}


def test_an_absent_ref_is_stale_too(store: Libgit2Store) -> None:
    one, two = commit(store, "one\n"), commit(store, "two\n")
    for new in (one, two, None):
        with pytest.raises(RefMoved):
            store.update_refs([RefUpdate(SESSION, one, new)], "test")
    store.update_refs([RefUpdate(SESSION, None, None)], "test")
    assert here() == {}


def test_several_move_together(store: Libgit2Store, settled: Callable[[], object]) -> None:
    one, two = commit(store, "one\n"), commit(store, "two\n")
    store.update_refs([RefUpdate(SESSION, None, one), RefUpdate(OTHER, None, one)], "test")
    settled()
    plan = [
        RefUpdate(ARCHIVED, None, one),
        RefUpdate(SESSION, one, None),
        RefUpdate(PROJECT, None, two),
        RefUpdate(OTHER, one, one),
    ]
    store.update_refs(plan, "test")
    expected = {ARCHIVED: one, PROJECT: two, OTHER: one}
    assert here() == expected == store.refs(refs.ROOT)
    assert store.refs(refs.SESSIONS) == {OTHER: one}
    assert list(store.refs(refs.ROOT)) == sorted(expected)


@pytest.mark.parametrize("stale", [SESSION, OTHER, ARCHIVED, PROJECT])
def test_one_stale_ref_holds_back_all(
    store: Libgit2Store, settled: Callable[[], object], stale: str
) -> None:
    one, two = commit(store, "one\n"), commit(store, "two\n")
    store.update_refs([RefUpdate(SESSION, None, one), RefUpdate(OTHER, None, one)], "test")
    settled()
    moved = {SESSION: one, OTHER: one} | {stale: two}
    run_git("update-ref", stale, two)
    plan = [
        RefUpdate(ARCHIVED, None, one),
        RefUpdate(SESSION, one, None),
        RefUpdate(OTHER, one, one),
        RefUpdate(PROJECT, None, one),
    ]
    with pytest.raises(RefMoved) as caught:
        store.update_refs(plan, "test")
    assert caught.value.name == stale
    assert here() == moved


def test_an_empty_plan_moves_nothing(store: Libgit2Store) -> None:
    store.update_refs([], "test")
    assert here() == {}


def test_the_project_has_a_reflog_from_its_first_move(repo: Path, store: Libgit2Store) -> None:
    one, two = commit(store, "one\n"), commit(store, "two\n")
    store.update_refs([RefUpdate(PROJECT, None, one), RefUpdate(SESSION, None, one)], "first")
    store.update_refs([RefUpdate(PROJECT, one, two)], "second")
    log = run_git("reflog", "show", "--format=%H %gs", PROJECT)
    assert log.split("\n") == [f"{two} second", f"{one} first"]


def test_a_linked_worktree_shares_the_refs(repo: Path, tmp_path: Path) -> None:
    run_git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = Libgit2Store(str(repo / ".git/worktrees/linked"), str(repo / ".git"))
    store = opened(repo)
    one, two = commit(linked, "one\n"), commit(linked, "two\n")
    linked.update_refs([RefUpdate(SESSION, None, one), RefUpdate(PROJECT, None, one)], "test")
    assert store.refs(refs.ROOT) == here() == {SESSION: one, PROJECT: one}
    store.update_refs([RefUpdate(SESSION, one, two)], "test")
    assert linked.ref(SESSION) == two
    with pytest.raises(RefMoved):
        linked.update_refs([RefUpdate(SESSION, one, two)], "test")
    linked.update_refs([RefUpdate(SESSION, two, None)], "test")
    assert here() == {PROJECT: one}
    assert not list((repo / ".git/worktrees/linked/refs").rglob("s_*"))


# -- what gets in the way ----------------------------------------------------------------------


def gc_between(
    store: Libgit2Store, monkeypatch: pytest.MonkeyPatch, remove: Callable[[], object]
) -> None:
    """Have `remove` happen after the objects are written and before the ref moves."""
    attempt = store._attempt

    def late(plan: list[RefUpdate], reason: str) -> str | None:
        failure = attempt(plan, reason)
        remove()
        return failure

    monkeypatch.setattr(store, "_attempt", late)


def test_an_object_pruned_before_the_move_is_written_again(
    repo: Path, store: Libgit2Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob, tip = store.write(BLOB, b"pruned\n"), commit(store, "one\n")

    def prune() -> None:
        loose(repo, blob).unlink()
        loose(repo, tip).unlink()

    gc_between(store, monkeypatch, prune)
    store.update_refs([RefUpdate(SESSION, None, tip)], "test")
    assert run_git("cat-file", "blob", blob) == "pruned"
    assert run_git("log", "--format=%s", SESSION) == "one"


def test_an_object_whose_pack_is_deleted_before_the_move_is_written_again(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = opened(repo)
    run_git("update-ref", "refs/tags/blob", first.write(BLOB, b"packed\n"))
    run_git("repack", "-a", "-d")
    run_git("update-ref", "-d", "refs/tags/blob")
    store = opened(repo)
    blob, tip = store.write(BLOB, b"packed\n"), commit(store, "one\n")
    assert not loose(repo, blob).exists()
    gc_between(store, monkeypatch, lambda: run_git("repack", "-a", "-d"))
    store.update_refs([RefUpdate(SESSION, None, tip)], "test")
    assert run_git("cat-file", "blob", blob) == "packed"


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("locked", [SESSION, PROJECT, "packed-refs"])
def test_a_lock_left_behind_is_named_in_bounded_time(
    repo: Path, store: Libgit2Store, locked: str
) -> None:
    one, two = commit(store, "one\n"), commit(store, "two\n")
    store.update_refs([RefUpdate(SESSION, None, one), RefUpdate(PROJECT, None, one)], "test")
    lock = repo / ".git" / f"{locked}.lock"
    lock.touch()
    before = here()
    plan = [
        RefUpdate(locked, one, two) if locked != "packed-refs" else RefUpdate(SESSION, one, None)
    ]
    with pytest.raises(MnemoError) as caught:
        store.update_refs(plan, "test")
    assert (caught.value.code, caught.value.status) == ("conflict", 128)
    assert str(lock) in caught.value.message
    assert caught.value.hint is not None
    assert f"rm '{lock}'" in caught.value.hint
    assert here() == before
    lock.unlink()
    store.update_refs(plan, "test")


@pytest.mark.parametrize("name", [SESSION, PROJECT])
def test_a_lock_that_goes_away_is_waited_for(
    repo: Path, store: Libgit2Store, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = commit(store, "one\n"), commit(store, "two\n")
    store.update_refs([RefUpdate(name, None, one)], "test")
    lock = repo / ".git" / f"{name}.lock"
    lock.touch()
    monkeypatch.setattr(asking, "pause", lock.unlink)
    store.update_refs([RefUpdate(name, one, two)], "test")
    assert here() == {name: two}


def test_a_lock_that_somebody_left_long_ago_is_not_waited_for(
    repo: Path, store: Libgit2Store, pauses: list[str]
) -> None:
    one, two = commit(store, "one\n"), commit(store, "two\n")
    store.update_refs([RefUpdate(SESSION, None, one)], "test")
    lock = repo / ".git" / f"{SESSION}.lock"
    lock.touch()
    os.utime(lock, (0, 0))
    with pytest.raises(MnemoError, match="is held by another process, or left by a dead one"):
        store.update_refs([RefUpdate(SESSION, one, two)], "test")
    assert pauses == []
    assert lock.exists(), "only the user knows that nobody holds it"


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85"])
def test_a_name_that_python_takes_for_two_lines_is_one_name(store: Libgit2Store, end: str) -> None:
    one = commit(store, "one\n")
    name = f"{SESSION}{end}x"
    run_git("update-ref", name, one)
    assert store.refs("refs/mnemo/") == {name: one}
    assert store.refs("refs/none/") == {}


@pytest.mark.parametrize(
    ("standing", "wanted"), [(PROJECT, f"{PROJECT}/x"), (f"{SESSION}/x", SESSION)]
)
def test_a_ref_below_a_ref_is_refused(store: Libgit2Store, standing: str, wanted: str) -> None:
    one = commit(store, "one\n")
    store.update_refs([RefUpdate(standing, None, one)], "test")
    with pytest.raises(MnemoError, match=f"^{wanted} could not be moved: ") as caught:
        store.update_refs([RefUpdate(wanted, None, one)], "test")
    assert (caught.value.code, caught.value.status) == ("refused", 128)
    assert here() == {standing: one}


@pytest.mark.parametrize("name", [SESSION, PROJECT])
def test_a_place_where_no_ref_can_stand_is_refused_quickly(
    repo: Path, store: Libgit2Store, name: str, pauses: list[str]
) -> None:
    one = commit(store, "one\n")
    (repo / ".git" / refs.ROOT.rstrip("/")).write_text("in the way\n")
    with pytest.raises(MnemoError, match="could not be moved") as caught:
        store.update_refs([RefUpdate(name, None, one)], "test")
    assert (caught.value.code, caught.value.status) == ("refused", 128)
    assert len(pauses) <= 5


@pytest.mark.skipif(os.geteuid() == 0, reason="permission bits do not bind root")
def test_a_read_only_repository_is_refused_quickly(
    repo: Path, store: Libgit2Store, pauses: list[str]
) -> None:
    one = commit(store, "one\n")
    folders = [folder for folder in (repo / ".git").rglob("*") if folder.is_dir()]
    for folder in folders:
        folder.chmod(0o555)
    try:
        with pytest.raises(MnemoError, match="the repository cannot be written") as unwritten:
            store.write(BLOB, b"new\n")
        with pytest.raises(MnemoError, match="could not be moved") as unmoved:
            store.update_refs([RefUpdate(SESSION, None, one)], "test")
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert unwritten.value.code == unmoved.value.code == "refused"
    assert len(pauses) <= 5


def test_git_is_heard_in_a_process_with_thousands_of_open_files(repo: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 1200:
        pytest.skip("no process may have so many here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1200), hard))
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(1030)]
    try:
        told = bounded.finish_by(git.start(["--version"]), time.monotonic() + 60)
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert told is not None
    assert told.out.startswith(b"git version")
