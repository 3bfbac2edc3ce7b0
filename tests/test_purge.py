"""Purge: what must not exist is gone, stays gone, and every clone comes to the same commits."""

import json
from pathlib import Path

import pytest

from git_mnemo import refs
from git_mnemo.refs import PROJECT
from tests import soundness, verbs
from tests.clones import TRACKED, Clone, Hub
from tests.support import run, run_git
from tests.verbs import NOW, OTHER, REF

SECRET = "the launch code is tangerine"


def holding(repo: Path, text: str) -> list[str]:
    """The objects that hold the text, and that are there after git's gc."""
    run_git("reflog", "expire", "--expire=now", "--all", cwd=repo)
    run_git("gc", "--quiet", "--prune=now", cwd=repo)
    every = run_git("cat-file", "--batch-check=%(objectname) %(objecttype)",
                    "--batch-all-objects", cwd=repo)  # fmt: skip
    kinds = dict(line.split() for line in every.splitlines())
    return [
        oid
        for oid, kind in kinds.items()
        if kind != "tree" and text in run_git("cat-file", "-p", oid, cwd=repo)
    ]


def test_one_clone(repo: Path) -> None:
    """From the project, the live session, an archive and a pruned one; titles that quote it too."""
    first = verbs.claim("harmless, and first")
    secret = verbs.claim(SECRET, "--new-chain")
    rests = verbs.claim("this rests on it", "--input", secret["address"])
    verbs.ask("promote", "--all")
    verbs.ask("archive")
    verbs.claim("beside it", "--chain", secret["chain"], session=OTHER)
    tip = run_git("rev-parse", PROJECT)
    base = run_git("log", "--format=%H", "--grep", first["chain"], PROJECT)
    assert holding(repo, SECRET)

    done = verbs.ask("purge", secret["address"][:12], "--yes")

    assert secret["address"] in done["purged"]
    assert len(done["purged"]) == 2  # and the title that the text gave its chain
    rewrote = {one["ref"]: one for one in done["rewrote"]}
    assert rewrote[PROJECT]["old"] == tip
    assert {refs.parse_archive(name) is not None for name in rewrote} == {True, False}
    assert holding(repo, "tangerine") == []
    assert run("grep", "-rqa", "tangerine", ".git", cwd=repo).code == 1  # nor an index, nor a log
    assert base in run_git("rev-list", PROJECT).split()  # what came before keeps its id
    soundness.check(repo)
    assert verbs.git_mnemo("doctor").out == "all is well\n"  # though a session lacks a title now
    log = verbs.git_mnemo("log", "--json", session=OTHER).out.splitlines()
    assert [json.loads(line)["event"] for line in log].count("purge") == 1
    assert verbs.show(rests["address"], session=OTHER)["inputs"] == [secret["address"]]
    verbs.refused("claim", SECRET, code="refused", session=OTHER)
    assert verbs.ask("purge", secret["address"], "--yes")["rewrote"] == []
    verbs.ask("restore", verbs.SESSION)
    verbs.ask("reindex")
    assert holding(repo, "tangerine") == []


def test_a_message_that_quotes_it_keeps_its_trailers(repo: Path) -> None:
    secret = verbs.claim(SECRET, "--title", "of fruits")
    verbs.claim("harmless", "--agent", "scout")
    before = [line for line in verbs.message().splitlines() if line.startswith("Mnemo-")]
    verbs.ask("purge", secret["address"], "--yes")
    assert [line for line in verbs.message().splitlines() if line.startswith("Mnemo-")] == before
    assert verbs.message(f"{REF}~1").startswith("[purged]\n\nMnemo-Session: ")
    assert verbs.texts(secret["chain"]) == ["harmless"]


def test_asking_first(repo: Path) -> None:
    secret = verbs.claim(SECRET)
    verbs.refused("purge", secret["address"], code="refused")
    verbs.refused("purge", code="usage", status=129)
    verbs.refused("purge", "--accept", secret["address"], code="usage", status=129)
    verbs.refused("purge", "--accept", "--yes", code="refused")
    verbs.refused("purge", "abcdef12", "--yes", code="not-found")


def test_a_whole_address_may_be_purged_before_it_is_known(repo: Path) -> None:
    """So that a node known to stand elsewhere never comes in."""
    address = run_git("hash-object", "--stdin", input="mnemo-node 1\ntype leaf\n"
                      f"domain context\n\n{SECRET}\n")  # fmt: skip
    verbs.ask("purge", address, "--yes")
    verbs.refused("claim", SECRET, code="refused")


@pytest.fixture
def three(hub: Hub) -> tuple[Clone, Clone, Clone]:
    ada, ben, cyd = hub.shared("ada", "ben", "cyd")
    ada.learn("Known to all.")
    ada.moved("sync")
    secret = {"text": SECRET, "title": "of fruits"}
    ada.ask("claim", "--batch", stdin=json.dumps(secret).encode())
    ada.ask("promote", "--all")
    for one in (ada, ben, cyd):
        one.moved("sync")
    return ada, ben, cyd


def test_three_clones_of_which_one_is_offline(hub: Hub, three: tuple[Clone, Clone, Clone]) -> None:
    ada, ben, cyd = three
    address = ada.claim(SECRET)["address"]
    cyd.learn("Cyd learned this while away.", now=NOW + 60)  # on top of what will be rewritten
    ben.learn("Ben had this unpushed.", now=NOW + 90)

    ada.ask("purge", address, "--yes", "--remote", "origin", now=NOW + 120)
    assert holding(ada.path, SECRET) == []
    assert holding(hub.bare, SECRET) == []

    refused = ben.refused("sync", now=NOW + 150)
    assert refused["outcome"] == "refused"
    assert "git mnemo purge --accept" in refused["reason"]
    assert holding(ben.path, SECRET)  # nothing happens before somebody agrees
    ben.ask("purge", "--accept", "--yes")
    assert ben.only("sync")["outcome"] == "pushed"
    assert holding(ben.path, SECRET) == []

    ada.learn("Ada goes on.", now=NOW + 200)
    ada.only("sync")
    assert cyd.refused("sync", now=NOW + 250)["outcome"] == "refused"
    cyd.ask("purge", "--accept", "--yes")
    cyd.only("sync")
    for one in (ada, ben, cyd):
        one.only("sync")
        soundness.check(one.path)
        assert holding(one.path, SECRET) == []
    assert ada.ref() == ben.ref() == cyd.ref() == hub.ref()
    assert ada.refs("refs/mnemo-remotes") == {TRACKED: hub.ref()}
    assert ada.knows() == {
        "Known to all.", "Cyd learned this while away.", "Ben had this unpushed.", "Ada goes on.",
    }  # fmt: skip
    assert holding(hub.bare, SECRET) == []


def test_accepting_comes_to_the_same_commits_everywhere(
    hub: Hub, three: tuple[Clone, Clone, Clone]
) -> None:
    ada, ben, _ = three
    address = ada.claim(SECRET)["address"]
    ada.ask("purge", address, "--yes", "--remote", "origin", now=NOW + 120)
    ben.no("sync")
    ben.ask("purge", "--accept", "--yes", now=NOW + 9999)
    assert ben.ref() == ada.ref() == hub.ref()


def test_a_remote_that_was_not_purged_brings_nothing_back(
    hub: Hub, three: tuple[Clone, Clone, Clone]
) -> None:
    """Purged here only: what others add comes in scrubbed, and the push says what is left to do."""
    ada, ben, _ = three
    address = ada.claim(SECRET)["address"]
    ada.ask("purge", address, "--yes")
    ben.learn("Ben's news.", now=NOW + 60)
    ben.only("sync")
    refused = ada.refused("sync", now=NOW + 120)
    assert refused["outcome"] == "refused"
    assert "git mnemo purge --remote origin" in refused["reason"]
    assert ada.knows() == {"Known to all.", "Ben's news."}
    ada.ask("purge", "--remote", "origin", "--yes")
    assert hub.ref() == ada.ref()
    assert hub.knows() == {"Known to all.", "Ben's news."}


def test_sessions_on_the_remote_are_scrubbed_and_adopted_clean(
    hub: Hub, three: tuple[Clone, Clone, Clone]
) -> None:
    ada, ben, _ = three
    secret = ada.claim(SECRET + ", still")
    ada.moved("push", "--sessions")
    ben.moved("fetch", "--sessions")
    ada.ask("purge", secret["address"], "--yes", "--remote", "origin")
    assert holding(hub.bare, SECRET + ", still") == []
    ben.no("sync")
    ben.ask("purge", "--accept", "--yes")
    ben.ask("session", "resume", f"origin/{ada.session}")
    assert holding(ben.path, SECRET + ", still") == []


def test_a_second_remote_is_no_place_to_purge(three: tuple[Clone, Clone, Clone]) -> None:
    ada = three[0]
    ada.git("remote", "add", "other", str(ada.path / "nowhere.git"))
    assert ada.no("purge", "--remote", "other", "--yes")["error"]["code"] == "refused"
