"""What another clone may bring, and what is refused whole: nothing here moves then."""

import json
import re

import pytest

from git_mnemo import project, refs, validate
from git_mnemo.errors import MnemoError
from git_mnemo.refs import PROJECT
from tests import plain
from tests.clones import TRACKED
from tests.hostile import FILE, FOLDER, GONE, LINK, MODULE, PROGRAM, Spoilt
from tests.hostile_cases import CASES, TWELVE
from tests.support import run
from tests.verbs import NOW

UNSENDABLE = {"blob-as-folder", "no-name"}
"""What git does not even read: the remote fails to send it."""


def refused(scene: Spoilt, tip: str) -> str:
    """The reason that a sync gives for not taking that tip. Nothing of ben's moved meanwhile."""
    before = scene.ben.refs()
    scene.publish(tip)
    status = scene.ben.status()
    done = scene.ben.run("sync", "--json")
    assert (done.code, "Traceback" in done.err) == (1, False), done
    after = scene.ben.refs()
    assert after.pop(TRACKED, None) in (tip, scene.good)
    before.pop(TRACKED)
    assert after == before
    assert scene.ben.run("status").code == 0
    assert scene.ben.status()["project"] == status["project"]
    told = scene.ben.run("sync").out + done.err
    assert "\x1b" not in told
    assert "\u202e" not in told
    return str(said(done.out))


def said(out: str) -> str:
    answer = json.loads(out)
    if "error" in answer:  # the remote itself lacks something, and cannot send the rest
        assert answer["error"]["code"] == "network", answer
        return str(answer["error"]["message"])
    (one,) = answer["refs"]
    assert one["outcome"] == "refused", one
    assert one["old"] == one["new"]
    return str(one["reason"])


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_tree_is_refused_whole(scene: Spoilt, name: str) -> None:
    change, pattern = CASES[name]
    change(scene)
    assert scene.root != scene.before
    tip = scene.commit(scene.tree(scene.root), scene.good)
    reason = refused(scene, tip)
    assert re.search(pattern, reason), reason
    if name not in UNSENDABLE:
        assert f"(commit {tip[:10]} by Mallory)" in reason
        lease = f"git push --force-with-lease={PROJECT}:{tip}"
        assert reason.endswith(f"the cure: {lease} origin {scene.good}:{PROJECT}")


@pytest.mark.parametrize("name", ["executable", "dot-git", "entry-lost"])
def test_the_cure_that_is_named_cures(scene: Spoilt, name: str) -> None:
    CASES[name][0](scene)
    reason = refused(scene, scene.commit(scene.tree(scene.root), scene.good))
    scene.ben.git(*reason.partition("the cure: git ")[2].split())
    assert scene.hub.ref() == scene.good
    assert scene.ben.only("sync")["outcome"] == "up-to-date"


def test_the_good_tree_itself_is_taken(scene: Spoilt) -> None:
    """The other twin of every case above."""
    oid = scene.leaf("A friendly claim.")
    scene.folder[f"0009-{oid}"] = (FILE, oid)
    tip = scene.commit(scene.tree(scene.root), scene.good)
    scene.publish(tip)
    assert scene.ben.only("sync")["new"] == tip
    assert "A friendly claim." in scene.ben.knows()


# -- histories ---------------------------------------------------------------------------------


def test_what_shrank_on_the_way_is_refused_though_it_grew_again(scene: Spoilt) -> None:
    whole = scene.tree(scene.root)
    del scene.folder[scene.names[2]]
    bad = scene.commit(scene.tree(scene.root), scene.good)
    tip = scene.commit(whole, bad, author="Innocent <i@example.com>")
    reason = refused(scene, tip)
    assert f"was there before, and a memory only grows (commit {bad[:10]} by Mallory)" in reason


def test_the_commit_that_brought_it_is_the_one_named(scene: Spoilt) -> None:
    scene.opened("A good chain")
    fine = scene.commit(scene.tree(scene.root), scene.good)
    CASES["symlink"][0](scene)
    bad = scene.commit(scene.tree(scene.root), fine)
    scene.opened("Another chain")
    tip = scene.commit(scene.tree(scene.root), bad, author="Innocent <i@example.com>")
    reason = refused(scene, tip)
    assert f"(commit {bad[:10]} by Mallory)" in reason
    assert reason.endswith(f"origin {fine}:{PROJECT}")


def test_a_merge_that_drops_one_side_is_refused(scene: Spoilt) -> None:
    base = scene.tree(scene.root)
    scene.opened("One side")
    one = scene.commit(scene.tree(scene.root), scene.good)
    scene.root = {**scene.before}
    scene.opened("The other side", "20261201")
    other = scene.commit(scene.tree(scene.root), scene.good, author="Ben <b@example.com>")
    assert base != scene.tree(scene.root)
    for parents in ((one, other), (other, one)):
        tip = scene.commit(scene.tree(scene.root), *parents)
        assert "was there before, and a memory only grows" in refused(scene, tip)


def test_a_tombstone_stays_though_the_empty_node_is_purged(scene: Spoilt) -> None:
    """Tombstones are empty blobs themselves."""
    empty = scene.blob(b"")
    scene.at("purged").update({empty: (FILE, empty), TWELVE: (FILE, empty)})
    known = scene.commit(scene.tree(scene.root), scene.good)
    scene.publish(known)
    scene.ben.run("fetch")
    scene.ben.git("update-ref", PROJECT, known)
    scene.good = known
    del scene.at("purged")[TWELVE]
    tip = scene.commit(scene.tree(scene.root), known)
    assert f"'purged/{TWELVE}' was there before" in refused(scene, tip)
    with pytest.raises(MnemoError, match="would be lost"):
        project.move(scene.ben.open().store, known, tip, "x")


def test_tombstones_are_looked_at_though_the_same_folder_stands_elsewhere(scene: Spoilt) -> None:
    for root in ("later", "purged", "zeal"):
        oid = scene.leaf("No tombstone.")
        scene.at(root)[f"x-{oid}"] = (FILE, oid)
    assert "'purged/x-" in refused(scene, scene.commit(scene.tree(scene.root), scene.good))


def test_a_history_of_its_own_is_checked_from_its_root(scene: Spoilt) -> None:
    CASES["file-at-the-root"][0](scene)
    tip = scene.commit(scene.tree(scene.root))
    reason = refused(scene, tip)
    assert "'README.md' (mode 100644) has no place in a memory" in reason
    lease = f"git push --force-with-lease={PROJECT}:{tip}"
    assert reason.endswith(f"{lease} origin {scene.good}:{PROJECT}")
    scene.ben.git("update-ref", "-d", PROJECT)
    (only,) = scene.ben.no("pull")["refs"]
    assert only["reason"].endswith(f"{lease} origin :{PROJECT}")


def test_a_code_branch_is_no_project(scene: Spoilt) -> None:
    head = scene.hub.git("rev-parse", "HEAD")
    assert "'README.md'" in refused(scene, head)


def test_a_name_that_could_move_the_cursor_is_shown_without_that(scene: Spoilt) -> None:
    CASES["executable"][0](scene)
    author = "Mal\x1b[2Jlory\u202e\x9b <mallory@example.com>"
    tip = scene.commit(scene.tree(scene.root), scene.good, author=author)
    assert f"(commit {tip[:10]} by Mal[2Jlory)" in refused(scene, tip)


@pytest.mark.parametrize("known", [True, False], ids=["known", "fresh"])
@pytest.mark.parametrize("kind", ["tag", "tree", "blob", "tag of a tree"])
def test_what_is_no_commit_is_refused(scene: Spoilt, kind: str, known: bool) -> None:
    if not known:
        scene.ben.git("update-ref", "-d", PROJECT)
    tree = scene.tree(scene.root)
    fine = scene.commit(tree, scene.good)
    of, what = (fine, "commit") if kind == "tag" else (tree, "tree")
    tag = f"object {of}\ntype {what}\ntag v1\ntagger M <m@example.com> {NOW} +0000\n\nv1\n"
    tip = {"tree": tree, "blob": scene.leaf("Alone.")}.get(kind) or scene.raw("tag", tag.encode())
    assert f"is a {kind.split()[0]}, not a commit" in refused(scene, tip)
    scene.publish(scene.good)
    scene.ben.only("sync")
    assert scene.ben.ref() == scene.good


@pytest.mark.parametrize("what", ["tree", "blob", "parent", "folder"])
def test_what_lacks_an_object_never_arrives(scene: Spoilt, what: str) -> None:
    """Git's own fetch refuses it."""
    if what == "blob":
        scene.folder[f"0009-{GONE}"] = (FILE, GONE)
    elif what == "folder":
        scene.root["later"] = (FOLDER, GONE)
    tree = GONE if what == "tree" else scene.tree(scene.root)
    tip = scene.commit(tree, GONE if what == "parent" else scene.good)
    scene.publish(tip)
    assert refused(scene, tip).startswith("origin: ")
    assert scene.ben.ref(TRACKED) == scene.good


@pytest.mark.parametrize("lines", ["twice", "unsorted"])
def test_a_tree_that_git_never_writes_is_refused(scene: Spoilt, lines: str) -> None:
    oids = [scene.blob(b"%d\n" % number) for number in range(2)]
    one, two = (
        f"{FILE} {'x' if lines == 'twice' else name}-{oids[0]}\0".encode() + bytes.fromhex(oids[0])
        for name in ("y", "x")
    )
    scene.root["later"] = (FOLDER, scene.lines(one, two))
    tip = scene.commit(scene.tree(scene.root), scene.good)
    reason = refused(scene, tip)
    assert re.search("duplicateEntries|treeNotSorted", reason)
    assert f"(commit {tip[:10]} by Mallory)" in reason
    assert reason.endswith(f"origin {scene.good}:{PROJECT}")


@pytest.mark.parametrize(
    "header", ["author", "committer"], ids=["without-author", "without-committer"]
)
def test_a_commit_that_git_never_writes_is_refused(scene: Spoilt, header: str) -> None:
    who = {name: f"{name} M <m@example.com> {NOW} +0000\n" for name in ("author", "committer")}
    del who[header]
    text = f"tree {scene.tree(scene.root)}\nparent {scene.good}\n{''.join(who.values())}\nx\n"
    tip = scene.raw("commit", text.encode())
    reason = refused(scene, tip)
    assert f"git refuses object {tip} (missing" in reason
    assert reason.endswith(f"origin {scene.good}:{PROJECT}")


def test_what_git_refuses_of_one_ref_keeps_no_other_back(scene: Spoilt) -> None:
    """One fetch brings them all, and it fails as a whole."""
    ben, bad = scene.ben, refs.session_ref("s_0badbad0")
    good = refs.session_ref("s_00000aaa")
    scene.opened("A good chain")
    tip = scene.commit(scene.tree(scene.root), scene.good)
    scene.hub.git("update-ref", good, tip)
    CASES["dot-git"][0](scene)
    hostile = scene.commit(scene.tree(scene.root), scene.good)
    scene.hub.git("update-ref", bad, hostile)
    rows = {one["ref"]: one for one in ben.no("fetch", "--sessions")["refs"]}
    assert rows[good]["outcome"] == "created"
    assert (rows[bad]["outcome"], rows[bad]["new"]) == ("refused", None)
    assert re.search(rf"git' .*\(commit {hostile[:10]} by Mallory\)", rows[bad]["reason"])
    assert ben.ref(refs.tracking("origin", good)) == tip
    assert ben.ref(refs.tracking("origin", bad)) is None
    assert run("git", "cat-file", "-e", hostile, cwd=ben.path).code != 0
    assert not list((ben.path / ".git" / "mnemo").glob("quarantine-*"))
    scene.publish(tip)
    assert ben.only("pull")["outcome"] == "fast-forwarded"


def test_a_fetch_that_fails_for_another_reason_is_no_refusal(scene: Spoilt) -> None:
    """Both times it is the same history; only a ref's lock is in the way."""
    scene.opened("A good chain")
    tip = scene.commit(scene.tree(scene.root), scene.good)
    scene.publish(tip)
    lock = plain.lock_of(scene.ben.path / ".git", TRACKED)
    lock.touch()
    error = scene.ben.no("fetch")["error"]
    assert (error["code"], "lock" in error["message"]) == ("network", True)
    lock.unlink()
    assert scene.ben.only("fetch")["new"] == tip


def test_a_store_that_holds_it_already_refuses_it_too(scene: Spoilt) -> None:
    """The check looks at objects, not at how they came."""
    CASES["executable"][0](scene)
    tip = scene.commit(scene.tree(scene.root), scene.good)
    scene.publish(tip)
    scene.ben.run("fetch")
    store = scene.ben.open().store
    fault = validate.first_fault(store, tip, scene.good)
    assert fault is not None
    assert (fault.commit, fault.author) == (tip, "Mallory")
    assert validate.first_fault(store, scene.good, None) is None
    assert PROGRAM in str(fault)
    assert LINK not in str(fault)
    assert MODULE not in str(fault)
