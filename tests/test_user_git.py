"""The user's own git, beside ours: neither takes, moves or publishes what is the other's."""

from collections.abc import Callable
from pathlib import Path

import pytest

from git_mnemo.refs import PROJECT
from tests import soundness
from tests.clones import TRACKED, Clone, Hub, refs_of
from tests.support import run_git
from tests.verbs import NOW

Act = Callable[[Hub, Clone], object]


@pytest.fixture
def ada(hub: Hub) -> Clone:
    """A clone with a project it has shared, one it has not, a session, an archive, a stash."""
    (clone,) = hub.shared("ada")
    clone.learn("Shared.")
    clone.claim("To be archived.", "--new-chain", now=NOW + 1)
    clone.moved("sync", "--sessions")
    clone.ask("archive", now=NOW + 2)
    clone.claim("Thought.", "--session", "s_0000bbbb", now=NOW + 3)
    clone.claim("Not shared yet.", "--new-chain", "--session", "s_0000cccc", now=NOW + 4)
    clone.ask("promote", "--session", "s_0000cccc", now=NOW + 4)
    return clone


def memory(clone: Clone) -> dict[str, str]:
    return clone.refs("refs/mnemo") | clone.refs("refs/mnemo-remotes")


def gc(hub: Hub, clone: Clone) -> None:
    run_git("gc", "--quiet", "--prune=now", cwd=clone.path)


def gc_after_expiry(hub: Hub, clone: Clone) -> None:
    run_git("reflog", "expire", "--all", "--expire=now", cwd=clone.path)
    run_git("gc", "--quiet", "--aggressive", "--prune=now", cwd=clone.path)


def worktree(hub: Hub, clone: Clone) -> None:
    path = hub.folder / "tree"
    clone.git("worktree", "add", "--quiet", str(path))
    linked = Clone(path, "s_0000dddd")
    assert memory(linked) == memory(clone)
    assert linked.knows() == clone.knows()
    clone.git("worktree", "remove", str(path))


def rename_remote(hub: Hub, clone: Clone) -> None:
    clone.git("remote", "rename", "origin", "upstream")
    clone.git("remote", "rename", "upstream", "origin")


def remove_remote(hub: Hub, clone: Clone) -> None:
    clone.git("remote", "remove", "origin")
    clone.git("remote", "add", "origin", str(hub.bare))


ACTS: dict[str, Act] = {
    "fetch --prune": lambda hub, clone: clone.git("fetch", "--quiet", "--prune"),
    "fetch --all --prune --tags": lambda hub, clone: clone.git(
        "fetch", "--quiet", "--all", "--prune", "--prune-tags", "--tags", "--force"
    ),
    "remote update --prune": lambda hub, clone: clone.git("remote", "update", "--prune"),
    "pull --prune": lambda hub, clone: clone.git("pull", "--quiet", "--prune", "--rebase"),
    "push": lambda hub, clone: clone.git("push", "--quiet"),
    "push --all": lambda hub, clone: clone.git("push", "--quiet", "--all"),
    "push --prune": lambda hub, clone: clone.git(
        "push", "--quiet", "--prune", "origin", "refs/heads/*"
    ),
    "gc": gc,
    "gc without reflogs": gc_after_expiry,
    "repack": lambda hub, clone: clone.git("repack", "-adlq"),
    "prune": lambda hub, clone: clone.git("prune", "--expire=now"),
    "pack-refs": lambda hub, clone: clone.git("pack-refs", "--all", "--prune"),
    "maintenance": lambda hub, clone: clone.git(
        "maintenance", "run", "--quiet", "--task=gc", "--task=pack-refs"
    ),
    "worktree": worktree,
    "worktree prune": lambda hub, clone: clone.git("worktree", "prune", "--expire=now"),
    "clone": lambda hub, clone: hub.clone("one").git("push", "--quiet", "--all"),
    "clone of the clone": lambda hub, clone: hub.clone("one", url=str(clone.path)),
    "gc on the remote": lambda hub, clone: hub.git("gc", "--quiet", "--prune=now"),
    "pack-refs on the remote": lambda hub, clone: hub.git("pack-refs", "--all", "--prune"),
    "remote rename": rename_remote,
    "remote remove": remove_remote,
    "branch and tag": lambda hub, clone: clone.git("branch", "x") + clone.git("tag", "y"),
    "clean": lambda hub, clone: clone.git("clean", "-ffdxq"),
    "stash": lambda hub, clone: clone.git("stash", "--all", "--quiet"),
}


@pytest.mark.parametrize("act", ACTS)
def test_the_memory_survives(hub: Hub, ada: Clone, act: str) -> None:
    before, there = memory(ada), hub.refs("refs/mnemo")
    assert len(before) == 6
    ACTS[act](hub, ada)
    assert memory(ada) == before
    assert hub.refs("refs/mnemo") == there
    soundness.check(ada.path)
    assert ada.only("sync", now=NOW + 9)["outcome"] == "pushed"
    assert hub.knows() == {"Shared.", "Not shared yet."}
    assert ada.ask("restore", ada.session, now=NOW + 10)["session"] == ada.session


def test_after_a_remote_was_renamed_sharing_names_the_old_one(hub: Hub, ada: Clone) -> None:
    ada.git("remote", "rename", "origin", "upstream")
    for verb in ("sync", "push", "pull", "fetch"):
        error = ada.no(verb)["error"]
        assert (error["code"], "origin" in error["message"]) == ("not-found", True)
    assert ada.run("status", "--session", "s_0000bbbb").code == 0
    ada.share("upstream")
    assert hub.ref() == ada.ref()


# -- what the user's own verbs publish and bring -----------------------------------------------


@pytest.fixture
def twins(hub: Hub) -> tuple[Clone, Clone, Path]:
    """One clone that shares its memory, one that never heard of it, and a remote of its own."""
    plain_hub = hub.folder / "plain.git"
    run_git("clone", "--quiet", "--bare", str(hub.bare), str(plain_hub))
    plain = hub.clone("plain", url=str(plain_hub))
    (ada,) = hub.shared("ada")
    for clone in (ada, plain):
        clone.git("config", "user.name", "Ada")
        clone.git("config", "user.email", "ada@example.com")
    ada.learn("Shared.")
    ada.claim("Thought.", "--new-chain", now=NOW + 1)
    ada.only("sync")
    ada.learn("Not shared yet.", now=NOW + 2)
    return ada, plain, plain_hub


def theirs(refs: dict[str, str]) -> dict[str, str]:
    """The refs that are not ours."""
    return {name: oid for name, oid in refs.items() if not name.startswith("refs/mnemo")}


@pytest.mark.parametrize(
    "words",
    [
        ["push"],
        ["push", "--all"],
        ["push", "--tags"],
        ["push", "--follow-tags"],
        ["push", "origin", "HEAD"],
        ["push", "origin", "refs/heads/*:refs/heads/*"],
        ["push", "--set-upstream", "origin", "feature"],
        ["push", "--atomic", "--all"],
        ["-c", "push.default=matching", "push"],
        ["-c", "push.default=upstream", "push"],
        ["-c", "push.followTags=true", "push"],
    ],
    ids=" ".join,
)
def test_a_push_publishes_what_it_always_did(
    hub: Hub, twins: tuple[Clone, Clone, Path], words: list[str]
) -> None:
    ada, plain, plain_hub = twins
    date = {"GIT_AUTHOR_DATE": f"{NOW} +0000", "GIT_COMMITTER_DATE": f"{NOW} +0000"}
    for clone in (ada, plain):
        (clone.path / "more.md").write_text("More\n")
        clone.git("add", "more.md")
        run_git("commit", "-qm", "More", cwd=clone.path, env=date)
        clone.git("branch", "feature")
        run_git("tag", "-am", "v1", "v1", cwd=clone.path, env=date)
    ours = hub.refs("refs/mnemo")
    for clone in (ada, plain):
        clone.git(*words)
    assert theirs(hub.refs()) == refs_of(plain_hub)
    assert hub.refs("refs/mnemo") == ours == {PROJECT: ada.ref(TRACKED)}
    assert ada.git("config", "--get-regexp", r"^(remote|branch|push)\.").replace(
        str(hub.bare), "URL"
    ) == plain.git("config", "--get-regexp", r"^(remote|branch|push)\.").replace(
        str(plain_hub), "URL"
    )


@pytest.mark.parametrize(
    "words",
    [["fetch"], ["fetch", "--all"], ["fetch", "--tags"], ["pull", "--rebase"],
     ["remote", "update"], ["fetch", "--prune"], ["-c", "fetch.prune=true", "fetch"]],
    ids=" ".join,
)  # fmt: skip
def test_a_fetch_brings_what_it_always_did(
    hub: Hub, twins: tuple[Clone, Clone, Path], words: list[str]
) -> None:
    ada, plain, plain_hub = twins
    start = hub.folder / "start"
    run_git("commit", "-qm", "More", "--allow-empty", cwd=start)
    run_git("tag", "v2", cwd=start)
    for bare in (hub.bare, plain_hub):
        run_git("push", "--quiet", str(bare), "main", "main:topic", "v2", cwd=start)
    before = memory(ada)
    for clone in (ada, plain):
        clone.git(*words)
    assert theirs(ada.refs()) == plain.refs()
    assert memory(ada) == before


def test_a_clone_brings_nothing_of_ours(hub: Hub, twins: tuple[Clone, Clone, Path]) -> None:
    ada, _, plain_hub = twins
    ada.moved("push", "--sessions")
    assert len(hub.refs("refs/mnemo")) == 2
    # Through a path, `clone` links the whole object store without asking what is in it.
    fresh = hub.clone("fresh", url=f"file://{hub.bare}")
    plain = hub.clone("fresh-plain", url=f"file://{plain_hub}")
    assert fresh.refs() == plain.refs()
    assert fresh.git("count-objects") == plain.git("count-objects")
    copy = hub.clone("copy", url=str(ada.path))
    assert not memory(copy)
    assert sorted(path.name for path in fresh.path.iterdir()) == [".git", "README.md"]


def test_our_verbs_touch_nothing_of_the_users(hub: Hub, twins: tuple[Clone, Clone, Path]) -> None:
    ada, plain, _ = twins
    ada.git("branch", "topic")
    ada.git("tag", "v1")
    (ada.path / "new.md").write_text("New\n")
    ada.git("add", "new.md")
    before = theirs(ada.refs()), theirs(hub.refs()), ada.git("status", "--porcelain=v2")
    index = (ada.path / ".git" / "index").read_bytes()
    for verb in ("fetch", "pull", "push", "sync"):
        ada.run(verb, "--sessions")
    assert (theirs(ada.refs()), theirs(hub.refs()), ada.git("status", "--porcelain=v2")) == before
    assert (ada.path / ".git" / "index").read_bytes() == index
    assert not (ada.path / ".git" / "FETCH_HEAD").exists()
    assert plain.refs("refs/mnemo") == {}


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("remote.origin.tagOpt", "--tags"),
        ("remote.origin.fetch", "+refs/*:refs/remotes/all/*"),
        ("remote.origin.mirror", "true"),
        ("remote.origin.push", "+refs/*:refs/*"),
        ("fetch.prune", "true"),
        ("fetch.pruneTags", "true"),
        ("fetch.writeCommitGraph", "true"),
        ("push.followTags", "true"),
        ("push.default", "matching"),
        ("push.gpgSign", "if-asked"),
        ("push.recurseSubmodules", "on-demand"),
        ("submodule.recurse", "true"),
        ("core.hooksPath", "."),
    ],
)
def test_settings_for_the_users_verbs_do_not_change_ours(
    hub: Hub, twins: tuple[Clone, Clone, Path], setting: str, value: str
) -> None:
    """A tag on our commit, a tag and a branch that only one side has: all stay where they are."""
    ada, _, _ = twins
    (ben,) = hub.shared("ben")
    ben.learn("Ben's.", now=NOW + 20)
    ben.only("sync")
    hub.git("tag", "on-our-commit", PROJECT)
    run_git("tag", "-am", "mine", "only-mine", str(ada.ref()), cwd=ada.path)
    ada.git("branch", "only-mine")
    ada.git("config", "--add", setting, value)
    before, there = theirs(ada.refs()), theirs(hub.refs())
    assert ada.only("fetch")["outcome"] == "fast-forwarded"
    assert theirs(ada.refs()) == before
    assert ada.only("sync")["outcome"] == "pushed"
    # Git notes a push where `remote.origin.fetch` says, as it does for every push of that ref.
    after = {name for name in theirs(ada.refs()) if not name.startswith("refs/remotes/all/")}
    assert (after, theirs(hub.refs())) == (set(before), there)
    assert set(hub.refs("refs/mnemo")) == {PROJECT}
    assert hub.knows() >= {"Shared.", "Not shared yet.", "Ben's."}
