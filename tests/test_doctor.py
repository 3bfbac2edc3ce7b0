"""Doctor: nothing is found in a sound memory, and every fault is, with a cure that works."""

import json
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from git_mnemo.refs import PROJECT
from tests import hooked, plain, verbs
from tests.clones import Hub
from tests.support import mnemo, run, run_git
from tests.verbs import NOW, REF

STRAY = "refs/mnemo/stray"


def findings(*args: str, now: int = NOW) -> list[dict[str, Any]]:
    """What doctor finds; its exit status agrees with its answer, in both spellings."""
    told = verbs.git_mnemo("doctor", *args, "--json", now=now)
    text = verbs.git_mnemo("fsck", now=now)
    assert "Traceback" not in told.err + text.err
    answer = json.loads(told.out)
    errors = [one for one in answer["findings"] if one["severity"] == "error"]
    assert answer["ok"] == (not errors) == (told.code == 0)
    assert all(one["what"] in text.out and f"hint: {one['fix']}" in text.out
               for one in answer["findings"])  # fmt: skip
    return list(answer["findings"])


def codes(*args: str, now: int = NOW) -> list[str]:
    return [one["code"] for one in findings(*args, now=now)]


@pytest.fixture
def memory(repo: Path) -> Path:
    """A project of two chains, a live session, and an archive."""
    first = verbs.claim("the first claim")
    verbs.claim("rests on it", "--input", first["address"], "--new-chain")
    verbs.ask("promote", "--all")
    verbs.ask("archive")
    verbs.claim("now live", session=verbs.OTHER)
    assert findings() == []
    assert verbs.git_mnemo("doctor").out == "all is well\n"
    return repo


def test_an_empty_repository_is_well(repo: Path) -> None:
    assert findings() == []


def test_a_name_that_is_none_of_ours(memory: Path) -> None:
    run_git("update-ref", STRAY, PROJECT)
    (one,) = findings()
    assert (one["severity"], one["code"]) == ("warning", "ref-name")
    run_git(*one["fix"].split()[1:])
    assert findings() == []


def test_a_ref_at_something_else(memory: Path) -> None:
    verbs.ask("promote", "--all", session=verbs.OTHER)
    sound = run_git("rev-parse", PROJECT)
    blob = run_git("hash-object", "-w", "--stdin", input="no commit")
    run_git("update-ref", PROJECT, blob)
    found = [one for one in findings() if one["code"] == "ref"]
    assert found[0]["fix"].startswith(f"git update-ref {PROJECT} ")
    run_git(*found[0]["fix"].split()[1:])
    assert run_git("merge-base", "--is-ancestor", PROJECT, sound) == ""


def test_a_tree_of_another_shape(memory: Path) -> None:
    blob = run_git("hash-object", "-w", "--stdin", input="x")
    root = run_git("ls-tree", PROJECT)
    tree = run_git("mktree", input=f"{root}\n100644 blob {blob}\tnotes.txt")
    sound = run_git("rev-parse", PROJECT)
    odd = run_git("commit-tree", "-p", sound, "-m", "odd", tree)
    run_git("update-ref", PROJECT, odd)
    (one,) = [one for one in findings() if one["code"] == "tree"]
    assert "notes.txt" in one["what"]
    assert "Ada Example" in one["what"]
    assert one["fix"] == f"git update-ref {PROJECT} {sound}"
    run_git(*one["fix"].split()[1:])
    assert "tree" not in codes()


def test_a_node_that_is_missing(memory: Path) -> None:
    (address,) = {
        line.split()[2]
        for line in run_git("ls-tree", "-r", REF.replace(verbs.SESSION, verbs.OTHER)).splitlines()
        if "0001-" in line
    }
    path = memory / ".git" / "objects" / address[:2] / address[2:]
    path.chmod(0o644)
    path.unlink()
    assert "missing" in codes()


def test_a_node_that_rests_on_nothing(memory: Path) -> None:
    absent = "1" * plain.WIDTH
    blob = run_git("hash-object", "-w", "--stdin", input=f"mnemo-node 1\ntype leaf\n"
                   f"domain context\ninput {absent}\n\nrests on nothing\n")  # fmt: skip
    plant(blob)
    (one,) = findings()
    assert (one["code"], one["severity"]) == ("input", "error")
    assert absent in one["what"]


def plant(blob: str, ref: str = PROJECT) -> None:
    """Put a blob at the end of the ref's first chain, with plain git."""
    lines = run_git("ls-tree", "-r", "--name-only", ref).splitlines()
    folder = lines[0].rpartition("/")[0]
    index = {"GIT_INDEX_FILE": str(Path(".git/planting").absolute())}
    run_git("read-tree", ref, env=index)
    run_git(
        "update-index", "--add", "--cacheinfo", f"100644,{blob},{folder}/0099-{blob}", env=index
    )
    tree = run_git("write-tree", env=index)
    os.remove(index["GIT_INDEX_FILE"])
    run_git("update-ref", ref, run_git("commit-tree", "-p", ref, "-m", "planted", tree))


def test_a_node_of_a_newer_version_is_a_note(memory: Path) -> None:
    plant(run_git("hash-object", "-w", "--stdin", input="mnemo-node 9\n\nfrom later\n"))
    (one,) = findings()
    assert (one["code"], one["severity"]) == ("opaque", "note")
    assert verbs.git_mnemo("doctor").code == 0


def test_a_secret_that_got_past(memory: Path) -> None:
    run_git("config", "mnemo.secrets", "off")
    key = "AKIA" + "QWERTYUIOPASDFGH"
    verbs.claim(f"use {key}", "--title", "of keys", session=verbs.OTHER)
    assert codes() == ["setting"]
    run_git("config", "--unset", "mnemo.secrets")
    (one,) = findings()
    assert (one["code"], one["severity"]) == ("secret", "warning")
    assert key not in one["what"]
    verbs.ask(*one["fix"].split()[2:], "--yes", session=verbs.OTHER)
    assert findings() == []


def test_a_project_that_something_rewrote(memory: Path) -> None:
    old = run_git("rev-parse", PROJECT)
    other = run_git("commit-tree", "-m", "rewritten", f"{PROJECT}^{{tree}}")
    run_git("update-ref", PROJECT, other)
    (one,) = findings()
    assert one["code"] == "rewritten"
    run_git(*one["fix"].split()[1:])
    assert run_git("rev-parse", PROJECT) == old
    assert findings() == []


def test_a_purge_is_no_rewriting(memory: Path) -> None:
    (address, _) = [line.split()[2] for line in run_git("ls-tree", "-r", PROJECT).splitlines()
                    if "0001-" in line]  # fmt: skip
    verbs.ask("purge", address, "--yes", session=verbs.OTHER)
    assert findings() == []


def test_an_index_that_says_something_else(memory: Path) -> None:
    database = sqlite3.connect(memory / ".git" / "mnemo" / "index.sqlite3")
    database.execute("DELETE FROM entry WHERE position = 1")
    database.commit()
    database.close()
    assert codes() == ["index"]
    assert codes("--fix") == []
    assert findings() == []


def test_an_archive_cut_short(memory: Path) -> None:
    ref = REF.replace(verbs.SESSION, verbs.OTHER)
    run_git("update-ref", f"refs/mnemo/archive/{verbs.OTHER}_{NOW}", ref)
    assert codes() == ["half-archived"]
    assert codes("--fix") == []
    assert verbs.show(verbs.OTHER, session=verbs.OTHER)["session"] == verbs.OTHER


def test_an_archive_past_its_age_is_a_note(memory: Path) -> None:
    later = NOW + 40 * verbs.DAY
    assert codes(now=later) == ["expired"]
    verbs.ask("gc", now=later)
    assert codes(now=later) == []


def test_a_lock_that_nobody_holds(memory: Path) -> None:
    lock = plain.lock_of(memory / ".git", PROJECT)
    lock.touch()
    assert findings() == []  # somebody is at work
    os.utime(lock, (time.time() - 3600,) * 2)
    (one,) = findings()
    assert (one["code"], one["fix"]) == ("lock", f"rm '{lock}'")


@pytest.mark.parametrize(
    "setting",
    [
        "gcExpire=nonsense",
        "idleExpire=tomorrow",
        "sessionTimeout=x",
        "secrets=x",
        "promote=x",
        "trust=x",
        "trust=authors",
        "trust=signed",
    ],
)
def test_a_setting_that_makes_no_sense(memory: Path, setting: str) -> None:
    name, _, value = setting.partition("=")
    run_git("config", f"mnemo.{name}", value)
    assert "setting" in codes()


def test_the_cure_for_trust_in_nobody(memory: Path) -> None:
    run_git("config", "mnemo.trust", "authors")
    (one,) = findings()
    assert run("sh", "-c", one["fix"]).code == 0
    run_git("config", "mnemo.trust", "Authors")
    assert findings() == []
    run_git("config", "mnemo.trust", "signed")
    (one,) = findings()
    assert run("sh", "-c", one["fix"]).code == 0
    assert findings() == []


def test_a_remote_that_is_gone_or_elsewhere(hub: Hub) -> None:
    (ada,) = hub.shared("ada")
    ada.learn("One.")
    ada.only("push")
    assert ada.ask("doctor")["findings"] == []
    ada.git("remote", "set-url", "origin", str(hub.folder / "other.git"))
    assert [one["code"] for one in ada.no("doctor")["findings"]] == ["remote"]
    ada.git("remote", "remove", "origin")
    assert "remote" in [one["code"] for one in ada.no("doctor")["findings"]]


def test_a_file_where_the_state_folder_should_be(repo: Path) -> None:
    (repo / ".git" / "mnemo").write_text("")
    assert "state" in codes()
    assert mnemo("doctor").code == 1


@hooked.in_files
def test_hooks_that_somebody_took_out(memory: Path) -> None:
    verbs.ask("init")
    assert findings() == []
    (memory / ".git" / "hooks" / "post-commit").unlink()
    (one,) = findings()
    assert (one["code"], one["severity"], one["fix"]) == ("hooks", "warning", "git mnemo init")
    verbs.ask("init")
    assert findings() == []
    verbs.ask("uninstall")
    assert findings() == []
