"""A store whose objects go into packs: the same ids, readable at once, kept until the refs move."""

import contextlib
import struct
from pathlib import Path
from typing import Any

import pytest

from git_mnemo import ledger, project
from git_mnemo.refs import PROJECT, RefUpdate
from git_mnemo.repository import Repository
from git_mnemo.store import deflating, history, lock, packing, trees
from git_mnemo.store.packing import PackedStore
from tests.support import run, run_git
from tests.test_import import Line, jsonl, said, take
from tests.verbs import ask, claim, git_mnemo, here, stamp


def packed(repository: Repository, *, dry: bool = False) -> PackedStore:
    return PackedStore(repository.store, repository.git_dir, repository.common_dir, dry=dry)


def packs(repo: Path, suffix: str = "pack") -> list[str]:
    return sorted(path.name for path in (repo / ".git/objects/pack").glob(f"*.{suffix}"))


SIZES = [0, 1, 15, 16, 2047, 2048, 5000, 300_000]


def test_objects_are_those_of_any_store_and_readable_before_the_pack_is(repo: Path) -> None:
    plain = here().store
    blobs = [b"x" * size for size in SIZES]
    with packed(here()) as store:
        oids = [store.write("blob", data) for data in blobs]
        assert [store.read(oid) for oid in oids] == [("blob", data) for data in blobs]
        assert oids == [store.address(data) for data in blobs] == [plain.address(b) for b in blobs]
        assert not any(plain.exists(oid) for oid in oids)
        assert all(map(store.exists, oids))
        store.flush()
        assert [plain.read(oid) for oid in oids] == [("blob", data) for data in blobs]
        assert [store.read(oid) for oid in oids] == [("blob", data) for data in blobs]
        assert len(packs(repo, "keep")) == 1
    assert packs(repo, "keep") == []
    assert run("git", "fsck", "--strict").code == 0


def test_nothing_stays_of_what_failed(repo: Path) -> None:
    before = sorted(path.name for path in (repo / ".git/objects/pack").iterdir())
    store = packed(here())
    with contextlib.suppress(KeyboardInterrupt), store:
        store.write("blob", b"x")
        raise KeyboardInterrupt
    assert sorted(path.name for path in (repo / ".git/objects/pack").iterdir()) == before


def test_dry_is_ids_alone(repo: Path) -> None:
    with packed(here(), dry=True) as store:
        assert store.write("blob", b"x") == store.address(b"x")
    assert packs(repo) == []


def test_a_gc_in_between_takes_nothing(repo: Path) -> None:
    with packed(here()) as store:
        blob = store.write("blob", b"x")
        store.flush()
        tree = trees.add(store, None, [(("a",), blob)])
        run_git("gc", "--quiet", "--prune=now")  # takes git's temporary files, too
        assert tree is not None
        commit = history.write(store, tree, None, "x\n", stamp())
        store.update_refs([RefUpdate(PROJECT, None, commit)], "test")
    assert run("git", "fsck", "--strict").code == 0
    assert run_git("ls-tree", "--name-only", PROJECT) == "a"


def test_what_a_killed_import_left_is_not_written_again(repo: Path) -> None:
    killed = packed(here())
    oids = [killed.write("blob", b"%d" % number) for number in range(300)]
    killed.flush()
    kept = packs(repo, "keep")
    assert len(kept) == 1
    with packed(here()) as store:
        assert [store.write("blob", b"%d" % number) for number in range(300)] == oids
        assert store.read(oids[7]) == ("blob", b"7")
        store.flush()
        assert packs(repo, "keep") == kept
        store.write("blob", b"new")
        store.flush()
        assert len(packs(repo)) == 2
    assert packs(repo, "keep") == []


def test_a_keep_of_others_is_left_alone(repo: Path) -> None:
    run_git("gc", "--quiet")
    (name,) = packs(repo)
    keep = repo / ".git/objects/pack" / name.replace(".pack", ".keep")
    keep.write_text("the user's own\n")
    take({"text": "x"})
    assert keep.read_text() == "the user's own\n"


def test_many_packs_for_one_import(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MOST_OBJECTS", 7)
    take(*({"text": f"claim {n}", "title": f"chain {n % 3}"} for n in range(30)))
    assert len(packs(repo)) > 4
    assert [len(texts) for texts in said().values()] == [10, 10, 10]
    assert run("git", "fsck", "--strict").code == 0


def test_however_much_is_done_at_once_the_same_comes_of_it(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines and ids are written and deflated by hundreds, and beside us: here, by two or three."""
    lines: list[Line] = [{"id": str(n), "text": f"claim {n}"} for n in range(30)]
    lines += [{"id": f"a{n}", "text": f"a {n}", "after": f"a{n - 3}"} for n in range(3, 12)]
    lines.insert(30, {"id": "a0", "text": "a 0", "title": "A"})
    lines[31:31] = [{"id": f"a{n}", "text": f"a {n}", "after": "a0"} for n in (1, 2)]
    lines += [{"text": f"after {n}", "after": str(n), "inputs": [f"#{n + 1}", "3"]} for n in (1, 9)]
    lines += [
        {"text": "instead", "type": "supersede", "inputs": [str(n)], "title": "T"} for n in (2, 29)
    ]
    lines += [{"id": "5", "text": "claim 5"}, {"id": "31", "text": "behind", "after": "32"}]
    lines += [{"id": "32", "text": "before", "title": "T"}]
    whole, tip = take(*lines), run_git("rev-parse", PROJECT)
    run_git("update-ref", "-d", PROJECT)
    run_git("gc", "--quiet", "--prune=now")
    for module, name, value in (
        (ledger, "_AT_ONCE", 7), (ledger, "_RECENT", 2), (ledger, "_SLOTS", 1),
        (packing, "_TOGETHER", 2), (packing, "WORTH_A_PACK", 5),
        (deflating, "ALONE", 0), (deflating, "_processors", lambda: 2),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, value)
    kept = len(packs(repo))
    assert take(*lines) == whole
    assert run_git("rev-parse", PROJECT) == tip
    assert len(packs(repo)) == kept + 2
    assert packs(repo, "keep") == []
    assert run("git", "fsck", "--strict").code == 0


def test_what_git_indexes_is_read_meanwhile(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "WORTH_A_PACK", 3)
    plain = here().store
    blobs = [b"x" * size for size in SIZES]
    with contextlib.suppress(KeyboardInterrupt), packed(here()) as store:
        few = [store.write("blob", data) for data in (b"few", b"er")]
        store.pause()
        assert not packs(repo)
        assert [plain.exists(oid) for oid in few] == [False, False]
        oids = [store.write("blob", data) for data in blobs]
        store.pause()
        assert [store.read(oid) for oid in oids] == [("blob", data) for data in blobs]
        assert all(map(store.exists, (*oids, *few)))
        assert [store.write("blob", data) for data in blobs] == oids
        raise KeyboardInterrupt
    assert [path.suffix for path in (repo / ".git/objects/pack").iterdir()].count(".keep") == 0
    assert not list((repo / ".git/objects/pack").glob("tmp_*"))


def test_a_pack_that_git_refuses_ends_the_import(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "WORTH_A_PACK", 3)
    monkeypatch.setattr(packing, "_HEADER", struct.Struct("<4sII"))
    before = packs(repo)
    ended = git_mnemo("import", "-", stdin=jsonl(*({"text": f"{n}"} for n in range(9))))
    assert ended.code != 0
    assert "the repository cannot be written" in ended.err
    assert here().store.ref(PROJECT) is None
    assert (packs(repo), packs(repo, "keep")) == (before, [])


def test_a_project_that_moves_meanwhile_is_added_to(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where what came in between holds a part of the import."""
    real, moved = project.move, list[str]()

    def move(*arguments: Any) -> None:
        if not moved:
            moved.append("once")
            ask("promote")
            take({"text": "both", "title": "T"})
        real(*arguments)

    claim("meanwhile")
    monkeypatch.setattr(project, "move", move)
    monkeypatch.setattr(lock, "Held", _NoLock)
    done = take({"text": "both", "title": "T"}, {"text": "ours", "title": "T"})
    assert (done["nodes"], done["skipped"]) == (1, 1)
    assert said() == {"meanwhile": ["meanwhile"], "T": ["both", "ours"]}


class _NoLock:
    def __init__(self, path: str) -> None: ...
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


def test_imports_and_promotions_at_once(repo: Path) -> None:
    """Real processes; each is done, and nothing of any is lost."""
    for number in (0, 1, 1):
        lines = jsonl(
            *({"text": f"file {number} line {n}", "title": f"T{number}"} for n in range(200))
        )
        (repo / f"in{number}.jsonl").write_bytes(lines)
    program = """
        for n in 0 1 1; do python -m git_mnemo import in$n.jsonl & pids="$pids $!"; done
        for n in 1 2 3; do
            python -m git_mnemo claim "claim $n" --new-chain || exit 1
            python -m git_mnemo promote || exit 1
        done
        for pid in $pids; do wait $pid || exit 1; done
    """
    done = run("sh", "-c", program, cwd=repo)
    assert done.code == 0, done
    assert sorted(len(texts) for texts in said().values()) == [1, 1, 1, 200, 200]
    assert packs(repo, "keep") == []
    assert run("git", "fsck", "--strict").code == 0
