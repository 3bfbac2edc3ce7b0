"""Many loose refs of ours are packed by git; nothing else changes."""

from pathlib import Path

from git_mnemo import loose, refs
from git_mnemo.refs import archive_ref, session_ref
from tests import plain, soundness
from tests.clones import Hub
from tests.support import git_version, run_git
from tests.verbs import DAY, NOW, SESSION, all_refs, ask, claim, git_mnemo, here

pytestmark = plain.only_files

NAMES = [archive_ref(f"s_{number:08x}", NOW - DAY) for number in range(loose.MANY)]


def files(repo: Path = Path()) -> list[Path]:
    """The files of our loose refs."""
    roots = (repo / ".git" / root for root in (refs.ROOT, refs.TRACKING))
    return [path for root in roots for path in root.rglob("*") if path.is_file()]


def make(*names: str) -> None:
    tip = run_git("rev-parse", session_ref(SESSION))
    run_git("update-ref", "--stdin", input="".join(f"create {name} {tip}\n" for name in names))


def test_archiving_packs_them_where_they_are_many(repo: Path) -> None:
    claim("One")
    make(*NAMES[2:])
    before = all_refs()
    assert git_mnemo("archive", SESSION).code == 0
    assert len(files()) == loose.MANY - 1
    assert ask("restore", SESSION)
    assert all_refs() == before
    make(*NAMES[:2])
    assert git_mnemo("archive", SESSION, now=NOW + 1).code == 0
    assert files() == []
    assert len(run_git("for-each-ref", refs.ARCHIVE).splitlines()) == loose.MANY + 1
    assert (repo / ".git" / "refs" / "heads" / "main").exists() == (git_version() >= (2, 42))
    assert ask("restore", SESSION)
    claim("Two", now=NOW + 2)
    assert [path.name for path in files()] == [SESSION]
    soundness.check(repo)


def test_a_gc_packs_them_unless_git_is_told_not_to(repo: Path) -> None:
    claim("One")
    make(*NAMES)
    before = all_refs()
    run_git("config", "gc.packRefs", "false")
    assert git_mnemo("gc").code == 0
    assert len(files()) == loose.MANY + 1
    run_git("config", "--unset", "gc.packRefs")
    assert git_mnemo("gc", "--dry-run").code == 0
    assert len(files()) == loose.MANY + 1
    lock = repo / ".git" / "packed-refs.lock"
    lock.touch()
    run_git("config", "core.packedRefsTimeout", "0")
    assert git_mnemo("gc").code == 0
    assert not loose.pack(here())
    assert len(files()) == loose.MANY + 1
    lock.unlink()
    assert git_mnemo("gc").code == 0
    assert files() == []
    assert all_refs() == before


def test_those_that_were_fetched_are_packed_too(hub: Hub) -> None:
    ada, ben = hub.shared("ada", "ben")
    ada.claim("One")
    ada.ask("push", "--sessions")
    tip = hub.ref(session_ref(ada.session))
    hub.git("update-ref", "--stdin", input="".join(f"create {name} {tip}\n" for name in NAMES))
    ben.ask("fetch", "--sessions")
    assert files(ben.path) == []
    assert len(ben.refs(refs.tracking_root("origin"))) == loose.MANY + 1
