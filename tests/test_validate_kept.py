"""What another clone may bring though this version makes no such thing: taken, and kept."""

import json
import time
from pathlib import Path

import pytest

from git_mnemo import chain, node
from git_mnemo.node import MAX_BYTES
from git_mnemo.refs import PROJECT
from tests import plain
from tests.hostile import FILE, FOLDER, GONE, Change, Nested, Spoilt
from tests.hostile_cases import at
from tests.support import run
from tests.verbs import NOW


def blob(data: bytes) -> Change:
    """An entry that holds these bytes."""

    def change(spoilt: Spoilt) -> None:
        oid = spoilt.blob(data)
        spoilt.folder[f"0009-{oid}"] = (FILE, oid)

    return change


def position(number: int) -> Change:
    def change(spoilt: Spoilt) -> None:
        oid = spoilt.leaf("Far along.")
        spoilt.folder[chain.entry_name(number, oid)] = (FILE, oid)

    return change


def twice(spoilt: Spoilt) -> None:
    """One node at two positions, two nodes at one position."""
    oid = spoilt.leaf("Side by side.")
    spoilt.folder["0001-" + oid] = spoilt.folder["0004-" + oid] = (FILE, oid)


TREES: dict[str, tuple[Change, int]] = {
    # opaque nodes; and how many `status` counts
    "newer-version": (blob(b"mnemo-node 2\ntype leaf\ndomain x\n\nFrom later.\n"), 1),
    "unknown-type": (blob(b"mnemo-node 1\ntype vote\ndomain context\n\nAye.\n"), 1),
    "odd-bytes": (blob(bytes(range(256))), 1),
    "empty-blob": (blob(b""), 1),
    "not-normalised": (blob(b"mnemo-node 1\ntype leaf\ndomain context\n\n Trailing. \n\n"), 1),
    "exactly-the-limit": (blob(b"x" * MAX_BYTES), 1),
    "unknown-header": (blob(b"mnemo-node 1\ntype leaf\ndomain context\nzest 7\n\nNew.\n"), 0),
    "input-of-nothing": (
        blob(node.encode(node.build("retract", "Why not.", inputs=["ab" * (plain.WIDTH // 2)]))), 0,
    ),
    # positions
    "gap": (position(5000), 0),
    "five-digits": (position(10000), 0),
    "last-position": (position(999_999), 0),
    "twice": (twice, 0),
    # days
    "year-one": (lambda spoilt: spoilt.opened("Old", "00010101"), 0),
    "year-9999": (lambda spoilt: spoilt.opened("New", "99991231"), 0),
    "leap-day": (lambda spoilt: spoilt.opened("Leap", "20000229"), 0),
    "only-a-title": (lambda spoilt: spoilt.opened("Alone"), 0),
    # reserved folders
    "reserved": (at("later", "x-"), 0),
    "reserved-one-deep": (at("later", "0a-b", "x-"), 0),
    "reserved-two-deep": (at("l9-8", "a" * 32, "-", "x-"), 0),
    "reserved-of-32": (at("a" * 32, "x-"), 0),
    "reserved-odd-name": (at("later", "é\udcff \\ .git-"), 0),
    "reserved-bare-hyphen": (at("later", "-"), 0),
}  # fmt: skip


@pytest.mark.parametrize("name", TREES)
def test_a_tree_of_the_right_shape_is_taken(scene: Spoilt, name: str) -> None:
    change, opaque = TREES[name]
    change(scene)
    tip = scene.commit(scene.tree(scene.root), scene.good)
    taken(scene, tip)
    assert scene.ben.status()["opaque"] == opaque


def taken(scene: Spoilt, tip: str) -> None:
    """Sync takes it; the clone works on, and what it writes next keeps every byte of it."""
    scene.publish(tip)
    assert scene.ben.only("sync")["new"] == tip == scene.ben.ref()
    assert scene.ben.run("log").code == scene.ben.run("chains").code == 0
    scene.ben.learn("Ben goes on.", now=NOW + 200)
    assert scene.ben.only("sync")["outcome"] == "pushed"
    theirs = set(scene.hub.git("ls-tree", "-r", tip).splitlines())
    ours = set(scene.hub.git("ls-tree", "-r", PROJECT).splitlines())
    assert theirs < ours
    scene.hub.git("merge-base", "--is-ancestor", tip, PROJECT)


COMMITS: dict[str, dict[str, object]] = {
    "in-the-future": {"at": 253402300799},
    "before-the-epoch-began-to-count": {"at": 0},
    "unknown-header": {"headers": "x-custom one\n two\nencoding latin-1\n"},
    "git's-own-headers-once-more": {
        "headers": f"tree {GONE}\nparent {GONE}\nauthor X <x@example.com> 1 +0000\n"
    },
    "signed": {"headers": "gpgsig -----BEGIN SSH SIGNATURE-----\n U1N\n -----END\n"},
    "no-message": {"message": ""},
    "odd-message": {"message": "\x1b[2J\udcff\u202e\n\nMnemo-Node: x\nMnemo-Session: s_1\n"},
    "nameless": {"author": " <>"},
    "name-of-odd-bytes": {"author": "M\udcff\x9b <m@example.com>"},
    "huge-message": {"message": "promote\n\n" + "Mnemo-Node: x y z\n" * 200_000},
    "one-huge-line": {"message": "x" * 4_000_000},
}


@pytest.mark.parametrize("name", COMMITS)
def test_an_odd_commit_of_a_good_tree_is_taken(scene: Spoilt, name: str) -> None:
    scene.opened("More")
    tip = scene.commit(scene.tree(scene.root), scene.good, **COMMITS[name])  # type: ignore[arg-type]
    begun = time.monotonic()
    taken(scene, tip)
    assert time.monotonic() - begun < 60
    told = scene.ben.run("log").out
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert max(map(len, told.splitlines())) < 2000


ODD_NAMES = {
    "latin-1": "J\udcf6rg",
    "control": "J\x1b[2Jorg\x9b",
    "surrogate": "\udced\udca0\udc80",
}


@pytest.mark.parametrize("name", ODD_NAMES)
def test_who_claimed_may_have_a_name_of_any_bytes(scene: Spoilt, name: str) -> None:
    oid = scene.leaf("Told of.")
    scene.folder[f"0009-{oid}"] = (FILE, oid)
    tip = scene.commit(
        scene.tree(scene.root), scene.good, author=f"{ODD_NAMES[name]} <j@example.com>",
        message=f"promote\n\nMnemo-Node: {oid} {scene.path[3]} 0009 2026-11-23T00:00:00Z -\n",
    )  # fmt: skip
    taken(scene, tip)
    (claimed,) = scene.ben.ask("show", oid)["claimed"]
    assert claimed["author"] in ("J\ufffdrg", "J[2Jorg", "\ufffd" * 3)
    logged = scene.ben.run("log", "--json").out.splitlines()
    assert claimed["author"] in {json.loads(line)["author"] for line in logged}


def test_our_own_name_may_be_of_any_bytes(scene: Spoilt) -> None:
    scene.ben.git("config", "user.name", ODD_NAMES["latin-1"])
    tip = scene.ben.learn("By a man of older habits.")
    assert b"author J\xf6rg <" in plain.read(scene.ben.path, [tip])[tip]
    assert scene.ben.only("sync")["outcome"] == "pushed"
    assert scene.ben.run("log").code == scene.ben.run("status").code == 0


def test_thousands_of_parents_are_taken_in_bounded_time(scene: Spoilt) -> None:
    tree = scene.tree(scene.root)
    parents = [scene.commit(tree, scene.good, at=NOW + n) for n in range(3000)]
    scene.opened("More")
    tip = scene.commit(scene.tree(scene.root), *parents)
    begun = time.monotonic()
    taken(scene, tip)
    assert time.monotonic() - begun < 120


def bomb(scene: Spoilt, text: bytes, width: int = 900) -> str:
    """A commit whose few small folders stand in each other, for some hundred thousand million
    paths."""
    leaves = [scene.blob(b"%b %d" % (text, number)) for number in range(width)]
    tree = scene.tree({f"x-{oid}": (FILE, oid) for oid in leaves})
    for _ in range(2):
        tree = scene.tree({f"f{number}": (FOLDER, tree) for number in range(width)})
    scene.root |= {f"r{number}": (FOLDER, tree) for number in range(width)}
    return scene.commit(scene.tree(scene.root), scene.good)


def test_more_paths_than_can_be_walked_are_taken_in_bounded_time(scene: Spoilt) -> None:
    first, second = bomb(scene, b"one"), bomb(scene, b"two")
    scene.publish(first)
    scene.ben.run("fetch")
    assert scene.ben.status()["incoming"] == 0
    assert scene.ben.only("pull")["new"] == first
    scene.publish(second)
    assert scene.ben.only("pull")["outcome"] == "joined"  # git itself would not end to push it
    assert scene.ben.run("log").code == scene.ben.run("chains").code == 0
    assert len(scene.ben.git("ls-tree", f"{PROJECT}:r0/f0/f0").splitlines()) == 1800


@pytest.mark.parametrize("reserved", [False, True])
def test_a_push_looks_by_path_where_no_paths_can_be_without_end(
    scene: Spoilt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reserved: bool
) -> None:
    if reserved:
        oid = scene.blob(b"Later.\n")
        scene.root["later"] = (FOLDER, scene.tree({f"x-{oid}": (FILE, oid)}))
        scene.publish(scene.commit(scene.tree(scene.root), scene.good))
        assert scene.ben.only("pull")["outcome"] == "fast-forwarded"
    scene.ben.learn("Ben found this.", now=NOW + 50)
    told = tmp_path / "told"
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(told))
    monkeypatch.setenv("GIT_TRACE2_CONFIG_PARAMS", "pack.usesparse")
    assert scene.ben.only("push")["outcome"] == "pushed"
    events = map(json.loads, told.read_text().splitlines())
    values = [one["value"] for one in events if one["event"] == "def_param"]
    assert values[-1:] == [str(not reserved).lower()]


@pytest.mark.parametrize("name", ["deep", "wide"])
def test_what_was_only_fetched_breaks_no_status(scene: Spoilt, name: str) -> None:
    tree = scene.tree({f"x{number}": (FILE, scene.leaf("Deep.")) for number in range(900)})
    for _ in range(1500 if name == "deep" else 5):
        nested: Nested = {f"{n:02d}": (FOLDER, tree) for n in range(1 if name == "deep" else 900)}
        tree = scene.tree(nested)
    scene.root["2026-12"] = (FOLDER, tree)
    scene.publish(scene.commit(scene.tree(scene.root), scene.good))
    scene.ben.learn("Mine.", now=NOW + 50)
    assert scene.ben.run("fetch").code == 0
    assert scene.ben.status()["unshared"] > 0
    assert scene.ben.refused("sync")["outcome"] == "refused"


def test_a_join_by_another_tool_is_taken(scene: Spoilt) -> None:
    """Joins are recognised by nothing: any merge that lost nothing is a good one."""
    tree = scene.tree(scene.root)
    one = scene.commit(tree, scene.good)
    scene.opened("More")
    other = scene.commit(scene.tree(scene.root), scene.good, at=NOW + 300)
    taken(scene, scene.commit(scene.tree(scene.root), other, one))


def test_opaque_nodes_are_joined_and_hide_nothing(scene: Spoilt) -> None:
    scene.ben.learn("Ben found this.", now=NOW + 50)
    data = b"mnemo-node 2\ntype retract\ninput %b\n\nGone.\n" % scene.addresses[1].encode()
    blob(data)(scene)
    tip = scene.commit(scene.tree(scene.root), scene.good)
    scene.publish(tip)
    assert scene.ben.only("sync")["outcome"] == "pushed"
    assert scene.ben.ask("show", scene.addresses[1])["hidden_by"] == []
    assert scene.ben.status()["opaque"] == 1
    assert run("git", "fsck", "--strict", cwd=scene.ben.path).code == 0
