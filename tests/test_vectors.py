"""The golden vectors, and that they are what their maker makes."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from git_mnemo import anchor, chain, hiding, message, moment, node
from git_mnemo.anchor import Anchor
from git_mnemo.chain import Member
from git_mnemo.message import Told
from git_mnemo.node import Node
from git_mnemo.repository import discover
from git_mnemo.store import layout, objects, trees
from git_mnemo.store.interface import Store
from git_mnemo.store.objects import BLOB, COMMIT, Commit, Person
from tests.support import ROOT, run_git

FOLDER = ROOT / "tests" / "vectors"
OF_SHA256 = ("nodes", "chain", "union", "join", "trailers")
FILES = ("nodes", "opaque", "chain", "union", "join", "hiding", "line_hash", "trailers")

Case = dict[str, Any]


def load(name: str, width: int = 40) -> Any:
    folder = FOLDER if width == 40 else FOLDER / "sha256"
    return json.loads((folder / f"{name}.json").read_text("ascii"))


def cases(name: str) -> pytest.MarkDecorator:
    """The cases of a file, in both object formats where there are vectors of both."""
    params = []
    for width in (40, 64) if name in OF_SHA256 else (40,):
        loaded = load(name, width)
        rows = loaded["cases"] if isinstance(loaded, dict) else loaded
        assert rows, f"{name}.json has no case"
        of = "" if width == 40 else "sha256-"
        params += [pytest.param(row | {"width": width}, id=of + row["name"]) for row in rows]
    return pytest.mark.parametrize("case", params)


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty repository's, of the case's object format; the test runs there."""
    case: Case = request.getfixturevalue("case")
    format_ = "sha256" if case["width"] == 64 else "sha1"
    run_git("init", "--quiet", f"--object-format={format_}", str(tmp_path / "repo"))
    monkeypatch.chdir(tmp_path / "repo")
    return discover().store


@pytest.mark.parametrize(
    ("options", "kept", "files"),
    [((), FOLDER, FILES), (("--sha256",), FOLDER / "sha256", OF_SHA256)],
    ids=["sha1", "sha256"],
)
def test_the_maker_makes_these_files(
    tmp_path: Path, options: tuple[str, ...], kept: Path, files: tuple[str, ...]
) -> None:
    maker = [sys.executable, str(FOLDER / "make_vectors.py"), *options, str(tmp_path)]
    subprocess.run(maker, check=True, cwd=tmp_path)
    assert {path.stem for path in kept.glob("*.json")} == set(files)
    assert {path.stem for path in tmp_path.glob("*.json")} == set(files)
    for name in files:
        assert (tmp_path / f"{name}.json").read_bytes() == (kept / f"{name}.json").read_bytes()


# -- nodes -------------------------------------------------------------------------------------


def content(case: Case) -> bytes:
    """The bytes of a case, from its recipe where it has one."""
    if "recipe" not in case:
        return bytes.fromhex(case["bytes_hex"])
    parts = []
    for part in case["recipe"]:
        if "hex" in part:
            parts.append(bytes.fromhex(part["hex"]) * part["times"])
        else:
            numbers = range(part["first"], part["last"] + 1)
            parts.append("".join(part["format"] % number for number in numbers).encode())
    data = b"".join(parts)
    assert len(data) == case["size"]
    assert hashlib.sha256(data).hexdigest() == case["bytes_sha256"]
    return data


def inputs_of(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [value["format"] % at for at in range(value["first"], value["last"] + 1)]
    return list(value)


def text_of(value: Any) -> str:
    return str(value["repeat"] * value["times"] if isinstance(value, dict) else value)


def anchor_of(row: Case) -> Anchor:
    path = bytes.fromhex(row["path_hex"]).decode("utf-8", "surrogateescape")
    assert row["path"] in (None, path)
    return Anchor(row["blob"], row["first"], row["last"], row["hash"], path)


def node_of(row: Case) -> Node:
    """The node that a row spells out in full."""
    return Node(
        row["type"],
        row["domain"],
        text_of(row["text"]),
        row.get("key"),
        row.get("commit"),
        tuple(inputs_of(row["inputs"])),
        tuple(anchor_of(one) for one in row["anchors"]),
        tuple(row["extra"]),
    )


def built_from(case: Case) -> Node:
    given, full = case["given"], case["node"]
    built = node.build(
        full["type"],
        text_of(given["text"]),
        domain=full["domain"],
        inputs=inputs_of(given["inputs"]),
        anchors=[anchor_of(row) for row in given["anchors"]],
        key=full.get("key"),
        commit=full.get("commit"),
    )
    return built._replace(extra=tuple(given["extra"]))


@cases("nodes")
def test_a_node_has_these_bytes_and_this_address(case: Case, store: Store) -> None:
    data = content(case)
    built = built_from(case)
    assert node.encode(built) == data
    assert store.address(data) == case["address"]
    if not built.extra:
        assert built == node_of(case["node"])


@cases("nodes")
def test_these_bytes_are_this_node(case: Case) -> None:
    assert node.decode(content(case), case["width"]) == node_of(case["node"])


@cases("opaque")
def test_these_bytes_are_opaque(case: Case, store: Store) -> None:
    twins = {row["name"]: row for row in load("nodes")}
    if case["twin"] is not None:
        assert node.decode(content(twins[case["twin"]])) is not None
    data = content(case)
    assert node.decode(data) is None, case["why"]
    assert store.address(data) == case["address"]


@cases("line_hash")
def test_lines_have_this_hash(case: Case) -> None:
    assert anchor.line_hash(bytes.fromhex(case["content_hex"])) == case["hash"]
    if case["same_as"] is not None:
        others = {row["name"]: row["hash"] for row in load("line_hash")}
        assert case["hash"] == others[case["same_as"]]


# -- trees and commits -------------------------------------------------------------------------


@cases("chain")
def test_a_chain_is_filed_in_these_trees(case: Case, store: Store) -> None:
    title = node.encode(node_of(case["title"]))
    assert store.address(title) == case["title_address"]
    assert chain.chain_id(case["day"], case["title_address"]) == case["id"]
    assert "/".join(chain.folders(case["id"])) == case["path"]
    for entry in case["entries"]:
        assert store.write(BLOB, bytes.fromhex(entry["bytes_hex"])) == entry["address"]
        assert chain.entry_name(entry["position"], entry["address"]) == entry["name"]
        assert chain.parse_entry(entry["name"], case["width"]) == (
            entry["position"],
            entry["address"],
        )
        assert entry["mode"] == objects.FILE_MODE
    members = [Member(case["id"], row["position"], row["address"]) for row in case["entries"]]
    root = layout.add(store, None, reversed(members))
    assert root is not None
    assert root == case["root"]
    for tree in case["trees"]:
        item = trees.find(store, root, tuple(filter(None, tree["path"].split("/"))))
        assert item == (objects.FOLDER_MODE, tree["id"])
        assert store.read(tree["id"]) == (objects.TREE, bytes.fromhex(tree["bytes_hex"]))
    assert sorted(layout.members(store, root)) == members
    assert layout.entries(store, root, case["id"]) == [member[1:] for member in members]


def written(store: Store, pairs: list[tuple[str, str]]) -> str | None:
    return trees.add(store, None, ((tuple(path.split("/")), blob) for path, blob in pairs))


@cases("union")
def test_two_trees_have_this_union(case: Case, store: Store) -> None:
    empty = run_git("hash-object", "-t", "tree", "--stdin")
    for blob in load("union", case["width"])["blobs"]:
        store.write(BLOB, bytes.fromhex(blob))
    a, b = written(store, case["a"]), written(store, case["b"])
    assert (a or empty, b or empty) == (case["a_root"], case["b_root"])
    for root in (layout.union(store, a, b), layout.union(store, b, a)):
        assert (root or empty) == case["root"]
        files = trees.walk(store, root) if root is not None else ()
        assert sorted(["/".join(path), item.oid] for path, item in files) == case["result"]
        assert sorted(layout.chain_ids(store, root)) == sorted(case["chains"])
        for id_, addresses in case["chains"].items():
            assert [entry.address for entry in layout.entries(store, root, id_)] == addresses


@cases("join")
def test_two_tips_have_this_join(case: Case, store: Store) -> None:
    loaded = load("join", case["width"])
    for blob in loaded["blobs"]:
        store.write(BLOB, bytes.fromhex(blob))
    tips = []
    for tip in (loaded["base"], case["a"], case["b"]):
        root = written(store, tip["tree"])
        assert store.write(COMMIT, bytes.fromhex(tip["bytes_hex"])) == tip["id"]
        read = objects.decode_commit(bytes.fromhex(tip["bytes_hex"]))
        assert (read.tree, read.committer.at) == (root, tip["committer_time"])
        tips.append(read)
    for one, other in ((tips[1], tips[2]), (tips[2], tips[1])):
        tree = layout.union(store, one.tree, other.tree)
        assert tree is not None
        assert tree == case["tree"]
        us = Person("git mnemo", "mnemo@localhost", max(one.committer.at, other.committer.at))
        parents = tuple(sorted([case["a"]["id"], case["b"]["id"]]))
        data = objects.encode_commit(Commit(tree, parents, us, us, "join\n"))
        assert data == bytes.fromhex(case["bytes_hex"])
        assert us.at == case["time"]
        assert store.write(COMMIT, data) == case["id"]


# -- views and messages ------------------------------------------------------------------------


def real_view(case: Case, address_of: Callable[[bytes], str]) -> dict[str, tuple[str, Node]]:
    """The nodes of a case by name, each with its address."""
    real: dict[str, tuple[str, Node]] = {}
    for row in case["nodes"]:
        elsewhere = (address_of(name.encode()) for name in row["inputs"] if name not in real)
        built = node.build(
            row["type"],
            row["name"],
            domain=row["domain"],
            inputs=[*(real[name][0] for name in row["inputs"] if name in real), *elsewhere],
            key="k" if row["type"] == node.CHAIN else None,
            commit="c0" * 20 if row["type"] == node.COMMIT else None,
        )
        assert node.decode(node.encode(built)) == built
        real[row["name"]] = address_of(node.encode(built)), built
    return real


@cases("hiding")
def test_a_view_hides_these(case: Case, store: Store) -> None:
    real = real_view(case, store.address)
    kinds = {address: one.type for address, one in real.values()}
    users: dict[str, list[hiding.Hider]] = {}
    for address, one in real.values():
        for needed in one.inputs:
            users.setdefault(needed, []).append((address, one.type))
    view = hiding.Hiding(lambda address: users.get(address, []), kinds.get)
    assert {name for name in real if view.withdrawn(real[name][0])} == set(case["withdrawn"])
    assert {name for name in real if view.hidden(real[name][0])} == set(case["hidden"])


@cases("trailers")
def test_a_claim_has_this_message(case: Case) -> None:
    given = case["given"]
    nodes = []
    for row in given["nodes"]:
        at = moment.parse_iso(row["at"])
        assert at is not None
        nodes.append(Told(Member(row["chain"], row["position"], row["address"]), at, row["agent"]))
    composed = message.compose(
        "claim",
        given["chain"],
        node.normalise(given["text"]),
        session=given["session"],
        nodes=nodes,
        base=given["base"],
        head=given["head"],
    )
    assert composed == case["message"]
    read = message.parse(case["message"])
    assert (read.verb, read.chain, read.session) == ("claim", given["chain"], given["session"])
    assert (read.base, read.head, read.nodes) == (given["base"], given["head"], tuple(nodes))
