"""Two clones and a bare remote: what each command moves, says, and leaves alone."""

from pathlib import Path
from unittest import mock

import pytest

from git_mnemo import network, refs, sync
from git_mnemo.network import Pushed
from git_mnemo.refs import PROJECT
from git_mnemo.repository import Repository
from git_mnemo.sharing import Shared
from git_mnemo.store import history
from tests import soundness
from tests.clones import TRACKED, Clone, Hub
from tests.support import run, run_git
from tests.verbs import NOW


@pytest.fixture
def pair(hub: Hub) -> tuple[Clone, Clone]:
    ada, ben = hub.shared("ada", "ben")
    return ada, ben


def row(
    outcome: str, old: str | None, new: str | None, reason: str | None = None
) -> dict[str, object]:
    """The JSON of one ref."""
    told: dict[str, object] = {"ref": PROJECT, "outcome": outcome, "old": old, "new": new}
    return told if reason is None else told | {"reason": reason}


def test_the_first_day(hub: Hub) -> None:
    """Both promote before either has shared: no common ancestor, and nothing is lost."""
    ada, ben = hub.clone("ada"), hub.clone("ben")
    ada.learn("Ada found this.", "Ada found more.")
    ben.learn("Ben found that.", now=NOW + 60)
    both = {"Ada found this.", "Ada found more.", "Ben found that."}
    ada.share()
    assert hub.knows() == ada.knows() == both - {"Ben found that."}
    ben.share()
    assert ben.knows() == hub.knows() == both
    assert ada.only("sync") == row("fast-forwarded", mock.ANY, ben.ref())
    assert ada.ref() == ben.ref() == hub.ref()
    assert ada.knows() == both
    for clone in (ada, ben):
        soundness.check(clone.path)
        assert clone.refs("refs/mnemo-remotes") == {TRACKED: hub.ref()}


def test_what_fetch_says_and_moves(hub: Hub, pair: tuple[Clone, Clone]) -> None:
    ada, ben = pair
    assert ada.moved("fetch") == []
    first = ben.learn("One.")
    ben.only("push")
    before = ada.refs()
    assert ada.only("fetch", "origin") == row("created", None, first)
    assert ada.refs() == before | {TRACKED: first}
    assert ada.only("fetch") == row("up-to-date", first, first)
    second = ben.learn("Two.", now=NOW + 1)
    ben.only("push")
    assert ada.only("fetch") == row("fast-forwarded", first, second)
    assert ada.refs() == before | {TRACKED: second}
    assert ada.status()["incoming"] > 0
    assert not (ada.path / ".git" / "FETCH_HEAD").exists()


def test_what_pull_says_and_moves(hub: Hub, pair: tuple[Clone, Clone]) -> None:
    ada, ben = pair
    none = "the remote has no project yet"
    assert ada.only("pull") == row("up-to-date", None, None, none)
    first = ben.learn("One.")
    ben.only("push")
    assert ada.only("pull") == row("created", None, first)
    assert ada.only("pull") == row("up-to-date", first, first)
    second = ben.learn("Two.", now=NOW + 1)
    ben.only("push")
    assert ada.only("pull") == row("fast-forwarded", first, second)
    mine = ada.learn("Mine.", now=NOW + 2)
    assert ada.only("pull") == row("up-to-date", mine, mine)
    third = ben.learn("Three.", now=NOW + 3)
    ben.only("push")
    joined = ada.only("pull")
    assert joined == row("joined", mine, ada.ref())
    assert history.read(ada.open().store, str(ada.ref())).parents == tuple(sorted([mine, third]))
    assert hub.ref() == third
    assert ada.knows() == {"One.", "Two.", "Three.", "Mine."}


def test_what_push_says_and_moves(hub: Hub, pair: tuple[Clone, Clone]) -> None:
    ada, _ = pair
    assert ada.only("push") == row("up-to-date", None, None)
    first = ada.learn("One.")
    assert ada.status()["unshared"] > 0
    assert ada.only("push") == row("pushed", None, first)
    assert (hub.ref(), ada.ref(TRACKED)) == (first, first)
    assert ada.only("push") == row("up-to-date", first, first)
    assert ada.status()["unshared"] == 0
    second = ada.learn("Two.", now=NOW + 1)
    assert ada.only("push") == row("pushed", first, second)


def test_what_sync_says_and_moves(hub: Hub, pair: tuple[Clone, Clone]) -> None:
    ada, ben = pair
    none = "the remote has no project yet"
    assert ada.only("sync") == row("up-to-date", None, None, none)
    first = ada.learn("One.")
    assert ada.only("sync", "origin") == row("pushed", None, first)
    assert ben.only("sync") == row("created", None, first)
    assert ben.only("sync") == row("up-to-date", first, first)
    mine = ben.learn("Mine.", now=NOW + 1)
    second = ada.learn("Two.", now=NOW + 2)
    ada.only("sync")
    assert ben.only("sync") == row("pushed", second, ben.ref())
    assert history.read(ben.open().store, str(hub.ref())).parents == tuple(sorted([mine, second]))
    text = ada.run("sync")
    assert text.code == 0
    assert text.out == f"fast-forwarded {PROJECT} {second[:10]}..{str(hub.ref())[:10]}\n"


def test_only_the_project_is_pushed(hub: Hub, pair: tuple[Clone, Clone]) -> None:
    ada, ben = pair
    ada.claim("Thought out loud.")
    ada.learn("Promoted.")
    ada.git("tag", "a-tag")
    ada.git("branch", "a-branch")
    before = hub.refs()
    ada.only("sync")
    assert hub.refs() == before | {PROJECT: ada.ref()}
    ben.only("sync")
    assert set(ben.refs("refs/mnemo")) == {PROJECT}


def test_trees_of_both_sides_in_one_chain(pair: tuple[Clone, Clone]) -> None:
    """Both extend one chain of the project: its nodes of both stand side by side."""
    ada, ben = pair
    chain = ada.claim("Opening.", "--title", "One line of thought", "--new-chain")["chain"]
    ada.ask("promote")
    ada.only("sync")
    ben.only("sync")
    for clone, text in ((ada, "Ada went on."), (ben, "Ben went on.")):
        clone.claim(text, "--chain", chain, now=NOW + 5)
        clone.ask("promote", chain, now=NOW + 5)
    for clone in (ada, ben, ada):
        clone.only("sync")
    assert ada.ref() == ben.ref()
    members = ada.ask("show", chain)["members"]
    assert [one["position"] for one in members] == [0, 1, 2, 2]
    assert {one["text"] for one in members[2:]} == {"Ada went on.", "Ben went on."}
    assert not ada.ask("show", chain)["partial"]


# -- races -------------------------------------------------------------------------------------


class Faster:
    """Somebody who pushes just before each of the first `times` pushes gets there."""

    def __init__(self, other: Clone, times: int) -> None:
        self._other, self.times, self.tries = other, times, 0
        self._push = network.push

    def __call__(self, repository: Repository, remote: str, *rest: object) -> list[Pushed]:
        self.tries += 1
        if self.tries <= self.times:
            text = f"Faster, number {self.tries}."
            tip = self._other.learn(text, now=NOW + self.tries)
            self._other.git("push", "--quiet", "origin", f"{tip}:{PROJECT}")
        return self._push(repository, remote, *rest)  # type: ignore[arg-type]


@pytest.mark.parametrize("times", [1, 3])
def test_a_push_that_others_beat_is_joined_and_tried_again(
    hub: Hub, pair: tuple[Clone, Clone], times: int
) -> None:
    ada, ben = pair
    ada.learn("Slow.")
    faster = Faster(ben, times)
    with mock.patch.object(network, "push", faster):
        assert ada.only("sync")["outcome"] == "pushed"
    assert faster.tries == times + 1
    assert hub.ref() == ada.ref()
    assert hub.knows() == {"Slow."} | {f"Faster, number {n + 1}." for n in range(times)}
    assert ada.status()["queued"] == []


def test_after_eight_rounds_it_is_queued_and_said(hub: Hub, pair: tuple[Clone, Clone]) -> None:
    ada, ben = pair
    ada.learn("Slow.")
    faster = Faster(ben, 100)
    with mock.patch.object(network, "push", faster):
        told = ada.refused("sync")
    assert (told["outcome"], told["new"]) == ("queued", ada.ref())
    assert "eight times" in told["reason"]
    assert faster.tries == sync.ROUNDS == 8
    assert ada.status()["queued"] == [PROJECT]
    assert "a push is queued" in ada.run("status").out
    assert len(ada.knows()) == 9
    assert ada.only("sync")["outcome"] == "pushed"
    assert ada.status()["queued"] == []
    assert len(hub.knows()) == 9


def test_the_real_remote_lets_another_in_first(hub: Hub, pair: tuple[Clone, Clone]) -> None:
    """A hook of the remote moves the ref between git's look and git's move, once."""
    ada, ben = pair
    other = ben.learn("Theirs.")
    ben.git("push", "--quiet", "origin", f"{other}:refs/heads/waiting")
    mine = ada.learn("Mine.", now=NOW + 1)
    hub.hook(
        "pre-receive",
        "while read old new ref; do case $ref in refs/mnemo/*)",
        f"  test -e let-in || git --git-dir=. update-ref {PROJECT} {other}",
        "  touch let-in;;",
        "esac; done",
    )
    # A pre-receive hook works in a quarantine, in which git refuses to move refs; leave it.
    path = hub.bare / "hooks" / "pre-receive"
    path.write_text(path.read_text().replace("#!/bin/sh", "#!/bin/sh\nunset GIT_QUARANTINE_PATH"))
    assert ada.only("sync")["outcome"] == "pushed"
    assert (hub.bare / "let-in").exists()
    assert hub.knows() == {"Mine.", "Theirs."}
    for tip in (mine, other):
        hub.git("merge-base", "--is-ancestor", tip, PROJECT)


def test_another_sync_of_the_same_clone_goes_first(hub: Hub, pair: tuple[Clone, Clone]) -> None:
    """It moves project, tracking ref and remote between our look at the one and at the other."""
    ada, _ = pair
    ada.learn("First.")
    repository, push = ada.open(), network.push
    with mock.patch.object(network, "push", side_effect=push) as counted:
        real = repository.store.ref
        raced: list[str] = []

        def ref(name: str) -> str | None:
            found = real(name)
            if name == PROJECT and not raced:
                raced.append(name)
                ada.learn("Second.", now=NOW + 1)
                ada.only("sync")
            return found

        with mock.patch.object(repository.store, "ref", ref):
            told = sync.push(repository, ada_shared(ada), yes=False)
    assert [one.outcome for one in told] == ["up-to-date"]
    assert counted.call_count >= 1
    assert hub.knows() == {"First.", "Second."}


def ada_shared(clone: Clone) -> Shared:
    return Shared("origin", clone.git("remote", "get-url", "origin"))


# -- a remote that changed ---------------------------------------------------------------------


def test_a_remote_that_was_set_back(hub: Hub, pair: tuple[Clone, Clone]) -> None:
    ada, ben = pair
    first = ada.learn("One.")
    ada.only("sync")
    ben.only("sync")
    second = ada.learn("Two.", now=NOW + 1)
    ada.only("sync")
    hub.git("update-ref", PROJECT, first)
    said = ada.no("fetch")["refs"]
    assert said == [row("rejected", second, first, "it was set back on the remote;"
                        " nothing here was")]  # fmt: skip
    assert (ada.ref(), ada.ref(TRACKED)) == (second, first)
    assert ada.only("sync") == row("pushed", first, second)
    assert hub.ref() == second
    assert ben.only("sync") == row("fast-forwarded", first, second)


def test_a_remote_that_began_anew(hub: Hub, pair: tuple[Clone, Clone]) -> None:
    ada, ben = pair
    ada.learn("One.")
    ada.only("sync")
    hub.git("update-ref", "-d", PROJECT)
    ben.learn("Other.", now=NOW + 1)
    ben.only("sync")
    ada.only("sync")
    assert hub.knows() == ada.knows() == {"One.", "Other."}


def test_a_remote_ref_that_is_gone_deletes_nothing(hub: Hub, pair: tuple[Clone, Clone]) -> None:
    ada, _ = pair
    tip = ada.learn("One.")
    ada.only("sync")
    hub.git("update-ref", "-d", PROJECT)
    gone = "gone from the remote; nothing here was deleted"
    assert ada.only("fetch") == row("up-to-date", tip, None, gone)
    assert (ada.ref(), ada.ref(TRACKED)) == (tip, None)
    assert ada.moved("fetch") == []
    assert ada.only("sync") == row("pushed", None, tip)
    assert hub.ref() == tip


def test_an_empty_remote(hub: Hub, tmp_path: Path) -> None:
    run_git("init", "--quiet", "--bare", str(tmp_path / "empty.git"))
    ada = hub.clone("ada", url=str(tmp_path / "empty.git"))
    ada.git("commit", "--quiet", "--allow-empty", "--message", "Start")
    ada.share()
    assert ada.run("fetch").out == "origin has no memory yet\n"
    tip = ada.learn("One.")
    assert ada.only("sync") == row("pushed", None, tip)
    assert set(run_git("for-each-ref", "--format=%(refname)", cwd=tmp_path / "empty.git").split()) \
        == {PROJECT}  # fmt: skip


@pytest.mark.parametrize(
    "name", ["team/one", "50%", "größe", "a.b-c_d", "-x", "a b", "x=y", "x@{y"]
)
def test_a_remote_with_an_odd_name(hub: Hub, name: str) -> None:
    ada = hub.clone("ada")
    ada.git("config", f"remote.{name}.url", str(hub.bare))
    ada.git("config", f"remote.{name}.fetch", "+refs/heads/*:refs/remotes/odd/*")
    tip = ada.learn("One.")
    share = ada.ask("init", f"--share={name}", "--yes")
    assert share["remote"] == name
    assert hub.ref() == tip
    assert ada.refs("refs/mnemo-remotes") == {refs.tracking(name, PROJECT): tip}
    assert ada.moved("fetch", "--", name) == [row("up-to-date", tip, tip)]
    (ben,) = hub.shared("ben")
    ben.learn("Two.", now=NOW + 1)
    assert ben.only("sync")["outcome"] == "pushed"
    assert ada.only("sync") == row("fast-forwarded", tip, hub.ref())
    assert run("git", "fsck", "--strict", cwd=ada.path).code == 0
