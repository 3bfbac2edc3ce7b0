"""Exporting: everything, in a form from which an import makes the same tree again."""

import contextlib
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from git_mnemo import chain, node
from git_mnemo.chain import Member
from git_mnemo.message import Told, compose
from git_mnemo.refs import PROJECT, RefUpdate
from git_mnemo.repository import discover
from git_mnemo.store import history, layout
from tests import plain, soundness, strategies
from tests.support import run, run_git
from tests.test_import import purge
from tests.verbs import NOW, OTHER, ask, claim, git_mnemo, refused, stamp


def export(*args: str) -> list[dict[str, Any]]:
    """The lines that `git mnemo export` prints."""
    done = git_mnemo("export", *args)
    assert done.code == 0, done
    return [json.loads(line) for line in done.out.splitlines()]


def project_tree() -> str:
    return run_git("rev-parse", f"{PROJECT}^{{tree}}")


@contextlib.contextmanager
def another() -> Any:
    """A repository without a memory; the block runs in it."""
    with tempfile.TemporaryDirectory() as folder:
        run_git("init", "--quiet", folder)
        run_git("commit", "--quiet", "--allow-empty", "--message", "Start", cwd=Path(folder))
        with contextlib.chdir(folder):
            yield Path(folder)


def carried(*args: str) -> str:
    """The project's tree after all was exported here and imported into an empty repository."""
    raw = git_mnemo("export", *args).out.encode()
    with another() as repo:
        ask("import", "-", stdin=raw)
        soundness.check(repo)
        again = git_mnemo("export").out
        first = [json.loads(line) for line in raw.splitlines()]
        assert [json.loads(line) for line in again.splitlines()] == first
        return project_tree()


def test_a_memory_of_every_kind_comes_back_whole(repo: Path) -> None:
    one = claim("One", "--anchor", "README.md:1", "--domain", "issues")
    ask("supersede", one["address"], "One, better")
    two = claim("Two", "--new-chain", "--input", one["address"], "--agent", "helper")
    ask("stash", two["chain"])
    ask("pop", two["chain"])
    ask("compress", one["address"], two["address"], "--text", "Both")
    claim("Later", "--chain", one["chain"], now=NOW + 60)
    ask("promote", "--all")
    assert carried() == project_tree()


def test_what_a_line_says(repo: Path) -> None:
    said = claim("One", "--anchor", "README.md:1", "--agent", "helper")
    ask("promote")
    title, line = export()
    assert (title["type"], title["position"], title["key"]) == ("chain", 0, "s_a7f3c2d1")
    blob = run_git("rev-parse", "HEAD:README.md")
    assert line == {
        "address": said["address"],
        "type": "leaf",
        "domain": "context",
        "text": "One",
        "inputs": [],
        "anchors": [{"path": "README.md", "first": 1, "last": 1, "blob": blob,
                     "hash": line["anchors"][0]["hash"]}],
        "chain": said["chain"],
        "position": 1,
        "claimed": [{"at": "2026-11-23T09:30:00Z", "agent": "helper", "author": "Ada Example",
                     "session": "s_a7f3c2d1"}],
    }  # fmt: skip


def test_sessions_are_private_unless_named(repo: Path) -> None:
    claim("shared")
    ask("promote")
    claim("private")
    claim("of another", session=OTHER)
    shared = [line["text"] for line in export() if line["position"]]
    assert shared == ["shared"]
    own = [line for line in export("--session", "a7f3") if line["position"]]
    assert [line["text"] for line in own] == ["shared", "private"]
    assert [line["claimed"][0]["session"] for line in own] == ["s_a7f3c2d1"] * 2
    ask("promote")
    before = project_tree()
    assert carried("--session", "s_a7f3c2d1") == before
    refused("export", "--session", "s_00000000", code="not-found")


def test_an_empty_project_is_an_empty_file(repo: Path) -> None:
    assert export() == []
    assert ask("export", "--out", "out.jsonl")["lines"] == 0
    assert (repo / "out.jsonl").read_bytes() == b""


def test_out_writes_through_links_and_into_what_is_no_file(repo: Path) -> None:
    claim("One")
    ask("promote")
    whole = git_mnemo("export").out
    (repo / "real").mkdir()
    (repo / "link").symlink_to("real/out.jsonl")
    os.mkfifo(repo / "pipe")
    reader = subprocess.Popen(["cat", repo / "pipe"], stdout=subprocess.PIPE)
    assert git_mnemo("export", "--out", "pipe").code == 0
    assert reader.communicate()[0].decode() == whole
    assert (repo / "pipe").is_fifo()
    for _ in range(2):
        assert git_mnemo("export", "--out", "link").code == 0
        assert (repo / "link").is_symlink()
        assert (repo / "real" / "out.jsonl").read_text() == whole
    assert "Is a directory" in refused("export", "--out", "real", code="refused")["message"]
    assert list((repo / "real").iterdir()) == [repo / "real" / "out.jsonl"]


def test_out_replaces_a_file_whole_or_leaves_it(repo: Path) -> None:
    claim("One")
    ask("promote")
    (repo / "out.jsonl").write_text("old\n")
    done = git_mnemo("export", "--out", "out.jsonl")
    assert (done.code, done.out, done.err) == (0, "", "wrote 2 lines to out.jsonl\n")
    assert (repo / "out.jsonl").read_text() == git_mnemo("export").out
    assert sorted(path.name for path in repo.iterdir()) == [".git", "README.md", "out.jsonl"]
    failed = git_mnemo("export", "--out", "nowhere/out.jsonl")
    assert failed.code == 1
    assert failed.err.startswith("error: nowhere/out.jsonl: No such file or directory.\n")


def test_a_format_that_does_not_exist_is_refused(repo: Path) -> None:
    error = refused("export", "--format", "pdf", code="usage", status=129)
    assert "jsonl" in error["message"]


def test_what_was_purged_is_told_and_not_purged_elsewhere(repo: Path) -> None:
    gone = claim("secret")
    ask("promote")
    claim("rest", "--input", gone["address"])
    ask("promote")
    purge(gone["address"])
    raw = git_mnemo("export").out
    assert json.loads(raw.splitlines()[0]) == {"purged": gone["address"]}
    with another():
        claim("secret")
        ask("promote")
        assert ask("import", "-", stdin=raw.encode())["nodes"] == 1
        assert "purged/" not in run_git("ls-tree", "-r", "--name-only", PROJECT)
        assert gone["address"] in run_git("ls-tree", "-r", PROJECT)


def test_a_reader_that_stops_early_is_no_failure(repo: Path) -> None:
    claim("One")
    ask("promote")
    done = run("sh", "-c", "python -m git_mnemo export | head -c 1", cwd=repo)
    assert (done.out, done.err) == ("{", "")


# -- any memory --------------------------------------------------------------------------------


@st.composite
def memories(draw: st.DrawFn) -> list[tuple[str, list[tuple[int, bytes]]]]:
    """Chains by day, each with its title and entries: any nodes, opaque ones, repeats, gaps."""
    written: list[bytes] = []
    chains = []
    addresses: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        title = node.build(node.CHAIN, draw(strategies.titles), key=draw(strategies.keys))
        entries = [(0, node.encode(title))]
        for _ in range(draw(st.integers(0, 4))):
            again = draw(st.booleans()) and bool(written)
            data = draw(st.sampled_from(written)) if again else draw(_blobs(addresses))
            written.append(data)
            addresses.append(_address(data))
            entries.append((draw(st.integers(1, 12) | st.just(999_999)), data))
        chains.append((draw(strategies.days), entries))
    return chains


@st.composite
def _blobs(draw: st.DrawFn, known: list[str]) -> bytes:
    made = draw(strategies.nodes())
    inputs = draw(st.lists(st.sampled_from(known), max_size=3)) if known else []
    if made.type in node.NEEDS_INPUT and not inputs:
        return draw(st.binary(max_size=40)) + b"of a later version\n"
    extra = draw(st.just(()) | st.just(("zz-later yes",)))
    return node.encode(made._replace(inputs=tuple(sorted(set(inputs))), extra=extra))


def _address(data: bytes) -> str:
    return plain.oid_of("blob", data)


@given(memories())
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_memory_comes_back_as_the_same_tree(
    chains: list[tuple[str, list[tuple[int, bytes]]]],
) -> None:
    with another():
        store = discover().store
        members = []
        for day, entries in chains:
            id_ = chain.chain_id(day, _address(entries[0][1]))
            for position, data in entries:
                if position and _address(data)[:16] == id_[12:]:
                    continue
                members.append(Member(id_, position, store.write("blob", data)))
        tree = layout.add(store, None, members)
        assert tree is not None
        told = [Told(member, NOW, "helper") for member in dict.fromkeys(members)]
        text = compose("promote", members[0].chain, "x", session=None, nodes=told)
        commit = history.write(store, tree, None, text, stamp())
        store.update_refs([RefUpdate(PROJECT, None, commit)], "test")
        raw = git_mnemo("export").out.encode()
        with another():
            ask("import", "-", stdin=raw)
            assert project_tree() == tree
            assert git_mnemo("export").out.encode() == raw


@pytest.mark.parametrize("order", ["reversed", "sorted"])
def test_the_order_of_lines_does_not_matter(repo: Path, order: str) -> None:
    one = claim("One")
    claim("Two", "--new-chain", "--input", one["address"])
    claim("Three", "--chain", one["chain"])
    ask("promote", "--all")
    lines = git_mnemo("export").out.splitlines()
    lines = lines[::-1] if order == "reversed" else sorted(lines)
    before = project_tree()
    with another():
        ask("import", "-", stdin="\n".join(lines).encode())
        assert project_tree() == before


def test_out_is_never_a_file_of_gits(repo: Path, tmp_path: Path) -> None:
    config = (repo / ".git" / "config").read_bytes()
    (repo / "link").symlink_to(".git/config")
    other = tmp_path / "other" / ".git"
    other.mkdir(parents=True)
    inside = (".git/config", ".git/mnemo/x", "link", ".GIT/x", str(other / "config"), ".git")
    for out in inside:
        refused("export", "--out", out, code="refused")
    assert (repo / ".git" / "config").read_bytes() == config
    assert [*other.iterdir()] == []
    assert git_mnemo("export", "--out", "memory.git.jsonl").code == 0
