"""Sessions and archives from one machine to another: only on purpose, and checked like all else."""

from typing import Any
from unittest import mock

import pytest

from git_mnemo import network, refs
from git_mnemo.network import Pushed
from git_mnemo.refs import ARCHIVE, PROJECT
from git_mnemo.repository import Repository
from tests import soundness
from tests.clones import Clone, Hub, texts_at
from tests.hostile import Spoilt
from tests.hostile_cases import CASES
from tests.verbs import DAY, NOW

Pair = tuple[Clone, Clone]


@pytest.fixture
def pair(hub: Hub) -> Pair:
    ada, ben = hub.shared("ada", "ben")
    return ada, ben


def own(clone: Clone) -> str:
    """The ref of the clone's session."""
    return refs.session_ref(clone.session)


def there(clone: Clone, name: str) -> str:
    """The tracking ref for a ref of origin."""
    return refs.tracking("origin", name)


def rows(moved: list[dict[str, object]]) -> dict[object, object]:
    """The outcome of each ref."""
    return {one["ref"]: one["outcome"] for one in moved}


def handed(pair: Pair) -> tuple[Clone, Clone, str]:
    """Ada's session is on the remote and in ben's tracking refs; and its ref."""
    ada, ben = pair
    ada.claim("Ada thinks.")
    ada.moved("sync", "--sessions")
    ben.moved("fetch", "--sessions")
    return ada, ben, own(ada)


# -- sessions ----------------------------------------------------------------------------------


def test_sessions_stay_at_home_unless_asked(hub: Hub, pair: Pair) -> None:
    ada, _ = pair
    ada.claim("Private.")
    ada.claim("Private, too.", "--session", "s_0000aaaa@helper")
    for verb in ("push", "sync", "pull", "fetch"):
        ada.moved(verb)
    assert set(hub.refs("refs/mnemo")) == set()
    ada.learn("Known.", now=NOW + 1)
    ada.only("sync")
    assert set(hub.refs("refs/mnemo")) == {PROJECT}
    assert rows(ada.moved("push", "--sessions")) == {
        PROJECT: "up-to-date", own(ada): "pushed",
        refs.session_ref("s_0000aaaa@helper"): "pushed",
    }  # fmt: skip
    assert set(hub.refs("refs/mnemo/sessions")) == {
        own(ada), refs.session_ref("s_0000aaaa@helper"),
    }  # fmt: skip
    assert rows(ada.moved("push", "--sessions"))[own(ada)] == "up-to-date"


@pytest.mark.parametrize(("value", "pushed"), [("true", True), ("false", False), ("on", True)])
def test_a_setting_asks_for_them_always(hub: Hub, pair: Pair, value: str, pushed: bool) -> None:
    ada, _ = pair
    ada.git("config", "mnemo.pushSessions", value)
    ada.claim("Thought.")
    ada.moved("sync")
    assert (own(ada) in hub.refs()) == pushed


def test_what_was_fetched_is_a_tracking_ref_and_no_more(pair: Pair) -> None:
    ada, ben, name = handed(pair)
    assert ben.refs("refs/mnemo") == {}
    assert ben.refs("refs/mnemo-remotes") == {there(ben, name): ada.ref(name)}
    assert ben.ask("session", "list")["sessions"] == []
    assert "Ada thinks." not in ben.run("log").out + ben.run("status").out
    ben.moved("fetch")
    assert ben.ref(there(ben, name)) == ada.ref(name)


def test_a_session_goes_on_elsewhere_and_comes_home(hub: Hub, pair: Pair) -> None:
    ada, ben, name = handed(pair)
    told = ben.ask("session", "resume", f"origin/{ada.session}")
    assert (told["session"], told["nodes"]) == (ada.session, 1)
    assert ben.ref(name) == ada.ref(name) == ben.ref(there(ben, name))
    ben.claim("Ben goes on.", "--session", ada.session, now=NOW + 1)
    ben.ask("promote", "--all", "--session", ada.session, now=NOW + 2)
    assert ben.knows() == {"Ada thinks.", "Ben goes on."}
    assert rows(ben.moved("sync", "--sessions"))[name] == "pushed"
    ada.claim("Ada went on, too.", now=NOW + 3)
    before = ada.ref(name)
    outcome = rows(ada.moved("sync", "--sessions"))
    assert outcome == {PROJECT: "created", name: "pushed"}
    assert ada.git("merge-base", "--is-ancestor", str(before), name) == ""
    assert texts_at(ada.path, name) == {"Ada thinks.", "Ben goes on.", "Ada went on, too."}
    assert hub.ref(name) == ada.ref(name)
    ben.moved("sync", "--sessions")
    assert ben.ref(name) == ada.ref(name)
    for clone in (ada, ben):
        soundness.check(clone.path)


def test_a_session_changed_on_both_sides_is_one_join(hub: Hub, pair: Pair) -> None:
    ada, ben, name = handed(pair)
    ben.ask("session", "resume", f"origin/{ada.session}")
    ben.claim("Ben's.", "--session", ada.session, now=NOW + 1)
    ada.claim("Ada's.", now=NOW + 2)
    tips = sorted(str(clone.ref(name)) for clone in (ada, ben))
    ben.moved("push", "--sessions")
    assert rows(ada.moved("push", "--sessions"))[name] == "pushed"
    parents = ada.git("log", "-1", "--format=%P|%an|%ae|%B", name).rstrip("\n")
    assert parents == " ".join(tips) + "|git mnemo|mnemo@localhost|join"
    ben.ask("session", "resume", f"origin/{ada.session}")
    ben.moved("sync", "--sessions")
    assert ben.ref(name) == ada.ref(name) == hub.ref(name)
    ada.claim("And on.", now=NOW + 4)
    members = ada.ask("status", now=NOW + 4)
    assert members["nodes"] == 4


def test_somebody_pushes_the_session_meanwhile(hub: Hub, pair: Pair) -> None:
    ada, ben, name = handed(pair)
    ben.ask("session", "resume", f"origin/{ada.session}")
    ada.claim("Ada's.", now=NOW + 1)
    raced: list[list[str]] = []
    real = network.push

    def push(repository: Repository, remote: str, specs: list[str], *leases: str) -> list[Pushed]:
        if not raced:
            raced.append(specs)
            ben.claim("Ben's.", "--session", ada.session, now=NOW + 2)
            ben.git("push", "--quiet", "origin", f"{name}:{name}")
        return real(repository, remote, specs, *leases)

    with mock.patch.object(network, "push", push):
        assert rows(ada.moved("push", "--sessions"))[name] == "pushed"
    assert raced
    assert texts_at(hub.bare, name) == {"Ada thinks.", "Ada's.", "Ben's."}


@pytest.mark.parametrize(
    ("id_", "code", "status"),
    [("s_12345678", "not-found", 1), ("s_1234567", "invalid-id", 129), ("x", "invalid-id", 129)],
)
def test_a_session_that_was_not_fetched(pair: Pair, id_: str, code: str, status: int) -> None:
    ada, _ = pair
    done = ada.run("session", "resume", f"origin/{id_}", "--json")
    assert (done.code, f'"code": "{code}"' in done.out) == (status, True), done
    assert own(ada) not in ada.refs()


@pytest.mark.parametrize("kind", ["session", "archive"])
def test_a_hostile_session_is_refused(scene: Spoilt, kind: str) -> None:
    CASES["executable"][0](scene)
    tip = scene.commit(scene.tree(scene.root))
    name = refs.session_ref("s_0badbad0") if kind == "session" else ARCHIVE + "s_0badbad0_123"
    scene.hub.git("update-ref", name, tip)
    scene.ben.moved("fetch", "--sessions")
    before = scene.ben.refs()
    verb = ("session", "resume") if kind == "session" else ("restore",)
    error = scene.ben.no(*verb, "origin/s_0badbad0")["error"]
    assert error["code"] == "refused"
    assert f"(commit {tip[:10]} by Mallory)" in error["message"]
    assert scene.ben.refs() == before


def test_a_session_that_purges_is_refused(scene: Spoilt) -> None:
    """A tombstone in it would take nodes out of our own session as it is joined."""
    name = own(scene.ben)
    ours = scene.ben.ref(name)
    (standing,) = [one for one in soundness.held(scene.ben.path)[name] if one.position]
    scene.root = {"purged": {standing.address: ("100644", scene.blob(b""))}}
    scene.hub.git("update-ref", name, scene.commit(scene.tree(scene.root)))
    scene.ben.moved("fetch", "--sessions")
    error = scene.ben.no("session", "resume", f"origin/{scene.ben.session}")["error"]
    assert "purge" in error["message"]
    done = scene.ben.no("push", "--sessions")["refs"]
    assert rows(done)[name] == "refused"
    assert scene.ben.ref(name) == ours


# -- archives ----------------------------------------------------------------------------------


def test_an_archive_is_pushed_once_by_its_maker(hub: Hub, pair: Pair) -> None:
    ada, ben, _ = handed(pair)
    archive = ada.ask("archive", now=NOW + 5)["archived"][0]["ref"]
    told = rows(ada.moved("push", "--sessions"))
    assert told == {PROJECT: "up-to-date", archive: "pushed", own(ada): "pushed"}
    assert rows(ada.moved("push", "--sessions")) == {PROJECT: "up-to-date"}
    assert hub.ref(archive) == ada.ref(archive)
    ben.moved("fetch", "--sessions")
    assert ben.ref(there(ben, archive)) == ada.ref(archive)
    assert ben.refs("refs/mnemo") == {}
    hub.git("update-ref", "-d", archive)
    for clone in (ben, ada, ben):
        clone.moved("sync", "--sessions")
    assert archive not in hub.refs()
    assert ben.ref(there(ben, archive)) is None
    assert archive in ada.refs()


def test_what_was_archived_is_taken_down_where_its_archive_is(hub: Hub, pair: Pair) -> None:
    """Not by a push that was not asked for sessions, and once; then it stays away."""
    ada, ben, name = handed(pair)
    tip = ada.ref(name)
    ben.ask("session", "resume", f"origin/{ada.session}")
    archive = ada.ask("archive", now=NOW + 5)["archived"][0]["ref"]
    ada.moved("sync")
    assert hub.ref(name) == tip
    told = {one["ref"]: one for one in ada.moved("push", "--sessions")}
    assert (told[archive]["outcome"], told[archive]["new"]) == ("pushed", tip)
    assert (told[name]["outcome"], told[name]["old"], told[name]["new"]) == ("pushed", tip, None)
    assert told[name]["reason"] == f"it is archived as {archive}"
    assert hub.refs("refs/mnemo") == {archive: tip}
    assert ada.refs("refs/mnemo-remotes") == {}
    ben.moved("sync", "--sessions")
    assert ben.ref(name) == tip
    assert hub.refs("refs/mnemo") == {archive: tip}
    ben.claim("Ben goes on.", "--session", ada.session, now=NOW + 6)
    assert rows(ben.moved("sync", "--sessions"))[name] == "pushed"
    ada.moved("sync", "--sessions")
    assert hub.refs("refs/mnemo") == {archive: tip, name: ben.ref(name)}


@pytest.mark.parametrize("seen", [True, False], ids=["and-it-was-fetched", "unseen"])
def test_what_others_went_on_with_is_not_taken_down(hub: Hub, pair: Pair, seen: bool) -> None:
    ada, ben, name = handed(pair)
    ben.ask("session", "resume", f"origin/{ada.session}")
    ben.claim("Ben goes on.", "--session", ada.session, now=NOW + 1)
    ben.moved("push", "--sessions")
    archive = ada.ask("archive", now=NOW + 5)["archived"][0]["ref"]
    if seen:
        ada.moved("fetch", "--sessions")
    told = {one["ref"]: one for one in ada.moved("push", "--sessions")}
    assert told[archive]["outcome"] == "pushed"
    assert (told[name]["outcome"], told[name]["reason"]) == (
        "up-to-date", "others went on with it; it stays",
    )  # fmt: skip
    assert hub.refs("refs/mnemo") == {archive: ada.ref(archive), name: ben.ref(name)}


def test_what_moves_as_it_is_taken_down_stays(hub: Hub, pair: Pair) -> None:
    ada, ben, name = handed(pair)
    ben.ask("session", "resume", f"origin/{ada.session}")
    ben.claim("Ben goes on.", "--session", ada.session, now=NOW + 1)
    archive = ada.ask("archive", now=NOW + 5)["archived"][0]["ref"]
    real = network.push

    def push(repository: Repository, remote: str, specs: list[str], *leases: str) -> list[Pushed]:
        if specs == [f":{name}"]:
            ben.git("push", "--quiet", "origin", f"{name}:{name}")
        return real(repository, remote, specs, *leases)

    with mock.patch.object(network, "push", push):
        told = {one["ref"]: one for one in ada.no("push", "--sessions")["refs"]}
    assert (told[name]["outcome"], told[name]["reason"]) == ("rejected", "[rejected] (stale info)")
    assert hub.refs("refs/mnemo") == {archive: ada.ref(archive), name: ben.ref(name)}


@pytest.mark.parametrize("why", ["pruned-there", "not-ours", "restored", "gc-here"])
def test_no_session_is_taken_down_for_another_reason(hub: Hub, pair: Pair, why: str) -> None:
    ada, ben, name = handed(pair)
    tip = ada.ref(name)
    archive = ada.ask("archive", now=NOW + 5)["archived"][0]["ref"]
    if why == "pruned-there":  # pushed once, and gone: nothing there would hold what it holds
        ada.git("push", "--quiet", "origin", f"{archive}:{archive}")
        with (ada.path / ".git" / "mnemo" / "pushed").open("a") as file:
            file.write(f"{archive} {tip} {NOW}\n")
        hub.git("update-ref", "-d", archive)
    elif why == "not-ours":
        (ada.path / ".git" / "mnemo" / "archived").unlink()
        ada.git("push", "--quiet", "origin", f"{archive}:{archive}")
    elif why == "restored":
        ada.git("push", "--quiet", "origin", f"{archive}:{archive}")
        ada.ask("restore", ada.session, now=NOW + 6)
    else:
        ada.ask("gc", "--expire", "now", now=NOW + 6)
    for clone in (ada, ben, ada):
        clone.moved("sync", "--sessions", now=NOW + 7)
    assert hub.ref(name) == tip


def test_an_archive_made_elsewhere_is_not_ours_to_push(hub: Hub, pair: Pair) -> None:
    ada, ben, _ = handed(pair)
    archive = ada.ask("archive", now=NOW + 5)["archived"][0]["ref"]
    ada.git("push", "--quiet", str(ben.path), f"{archive}:{archive}")
    ben.moved("push", "--sessions")
    assert archive not in hub.refs()
    ada.moved("push", "--sessions")
    assert archive in hub.refs()


def test_a_fetched_session_that_is_archived_here_stays_so(hub: Hub, pair: Pair) -> None:
    ada, _, name = handed(pair)
    archive = ada.ask("archive", now=NOW + 5)["archived"][0]["ref"]
    ada.moved("fetch", "--sessions")
    assert ada.ref(there(ada, name)) == ada.ref(archive)
    error = ada.no("session", "resume", f"origin/{ada.session}")["error"]
    assert "archived" in error["message"]
    assert f"git mnemo restore {ada.session}" in error["message"]
    hub.git("update-ref", "-d", name)
    ada.git("update-ref", name, str(ada.ref(archive)))  # as a crash between the two leaves it
    ada.moved("fetch", "--sessions")
    assert ada.ref(there(ada, name)) is None
    ada.moved("push", "--sessions")
    assert archive in hub.refs()
    assert name not in hub.refs()


@pytest.mark.parametrize("exact", [False, True], ids=["by-id", "by-name"])
def test_a_fetched_archive_is_restored(hub: Hub, pair: Pair, exact: bool) -> None:
    ada, ben, name = handed(pair)
    old = ada.ask("archive", now=NOW + 5)["archived"][0]["ref"]
    ada.moved("push", "--sessions")
    hub.git("update-ref", "-d", name)
    ben.moved("fetch", "--sessions")
    word = old.removeprefix(ARCHIVE) if exact else ada.session
    told = ben.ask("restore", f"origin/{word}", now=NOW + 6)
    assert (told["session"], told["ref"]) == (ada.session, name)
    assert ben.ref(name) == ada.ref(old) == ben.ref(there(ben, old))
    assert ben.ask("restore", f"origin/{word}", now=NOW + 7) == told
    ben.claim("Ben goes on.", "--session", ada.session, now=NOW + 8)
    assert "went another way" in ben.no("restore", f"origin/{word}")["error"]["message"]
    assert ben.ask("archive", ada.session, now=NOW + 9)["archived"]
    error = ben.no("restore", f"origin/{word}", now=NOW + 9)["error"]
    assert f"git mnemo restore {ada.session}" in error["message"]
    assert '"event": "restore"' in ben.run("log", "--json", now=NOW + 9).out


def test_of_several_archives_the_newest_family_is_restored(pair: Pair) -> None:
    ada, ben = pair
    helper = f"{ada.session}@helper"
    ada.claim("First.")
    ada.ask("archive", now=NOW + 5)
    ada.ask("restore", ada.session, now=NOW + 6)
    ada.claim("Second.", now=NOW + 7)
    ada.claim("Of the helper.", "--session", helper, now=NOW + 7)
    ada.ask("archive", now=NOW + 8)
    ada.moved("push", "--sessions")
    ben.moved("fetch", "--sessions")
    told = ben.ask("restore", f"origin/{ada.session}", now=NOW + 9)
    assert {one["session"] for one in told["restored"]} == {ada.session, helper}
    assert texts_at(ben.path, own(ada)) == {"First.", "Second."}


@pytest.mark.parametrize("word", ["s_12345678", "s_12345678_99", "x"])
def test_an_archive_that_was_not_fetched(pair: Pair, word: str) -> None:
    error = pair[0].no("restore", f"origin/{word}")["error"]
    assert error["code"] == "not-found"


# -- gc on the remote --------------------------------------------------------------------------


def archived(hub: Hub, clone: Clone, *ages: int) -> list[str]:
    """Archives on the remote that so many days ago were made."""
    tip = clone.ref(own(clone)) or clone.claim("Old thought.")["commit"]
    names = [f"{ARCHIVE}s_0000000{at}_{NOW - age * DAY}" for at, age in enumerate(ages)]
    clone.git("push", "--quiet", "origin", *(f"{tip}:{name}" for name in names))
    return names


def test_gc_takes_old_archives_of_a_remote(hub: Hub, pair: Pair) -> None:
    ada, _ = pair
    old, young = archived(hub, ada, 31, 29)
    hub.git("update-ref", ARCHIVE + "odd-name", str(hub.ref(old)))
    before = ada.refs("refs/mnemo"), hub.refs()
    plan = ada.ask("gc", "--remote", "origin", "--dry-run")
    assert [one["ref"] for one in plan["pruned"]] == [old]
    assert (plan["kept"], plan["ignored"], plan["dry_run"]) == (1, [ARCHIVE + "odd-name"], True)
    assert (ada.refs("refs/mnemo"), hub.refs()) == before
    done = ada.ask("gc", "--remote", "origin")
    assert (done["pruned"], done["kept"]) == (plan["pruned"], 1)
    before[1].pop(old)
    assert hub.refs() == before[1]
    assert ada.refs("refs/mnemo") == before[0]
    assert ada.ask("gc", "--remote", "origin", "--expire", "never")["pruned"] == []
    assert [one["ref"] for one in ada.ask("gc", "--remote", "origin", "--expire", "2.days")
            ["pruned"]] == [young]  # fmt: skip


def test_an_archive_that_moved_meanwhile_stays(hub: Hub, pair: Pair) -> None:
    ada, _ = pair
    one, other = archived(hub, ada, 40, 50)
    ada.claim("More.", now=NOW + 1)
    ada.git("push", "--quiet", "origin", f"{own(ada)}:refs/heads/more")
    moved = hub.refs()["refs/heads/more"]
    real = network.push

    def push(repository: Repository, remote: str, specs: list[str], *leases: str) -> list[Pushed]:
        hub.git("update-ref", one, moved)
        return real(repository, remote, specs, *leases)

    with mock.patch.object(network, "push", push):
        done = ada.no("gc", "--remote", "origin")
    assert [pruned["ref"] for pruned in done["pruned"]] == [other]
    assert done["kept"] == 1
    assert one in done["skipped"]
    assert hub.ref(one) == moved
    assert other not in hub.refs()


def test_gc_of_what_is_no_remote(pair: Pair) -> None:
    assert pair[0].no("gc", "--remote", "nowhere")["error"]["code"] == "not-found"


def test_many_refs_travel_in_commands_of_bearable_length(
    hub: Hub, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command's arguments are limited: some ten thousand archives were too many for one."""
    ada, ben = pair
    tip = ada.claim("Thought.")["commit"]
    there = {f"{ARCHIVE}s_0000000{n}_{NOW - 60 * DAY}": tip for n in range(7)}
    ada.git("push", "--quiet", "origin", *(f"{tip}:{name}" for name in there))
    monkeypatch.setattr(network, "AT_ONCE", 3)
    asked: list[list[str]] = []
    real = network._run

    def run(repository: Repository, arguments: list[str], *args: Any, **more: Any) -> Any:
        asked.append([one for one in arguments if f":{ARCHIVE}" in f":{one}".replace("+", "")])
        return real(repository, arguments, *args, **more)

    monkeypatch.setattr(network, "_run", run)
    assert {one["ref"] for one in ben.moved("fetch", "--sessions")} == set(there)
    pruned = ben.ask("gc", "--remote", "origin")["pruned"]
    assert {one["ref"] for one in pruned} == set(there)
    assert hub.refs(ARCHIVE) == {}
    assert [len(some) for some in asked if some and "*" not in some[0]] == [3, 3, 1] * 2


def test_a_ref_is_told_of_once(hub: Hub, pair: Pair) -> None:
    """Though sync fetches and pushes it."""
    ada, _, name = handed(pair)
    ada.claim("More.", now=NOW + 1)
    told = ada.moved("sync", "--sessions", now=NOW + 2)
    assert [one["ref"] for one in told] == [PROJECT, name]
    assert told[1] == {
        "ref": name,
        "outcome": "pushed",
        "old": told[1]["old"],
        "new": ada.ref(name),
    }
