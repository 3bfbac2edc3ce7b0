"""recall while the index is damaged, deleted, cut short by a full disk or a kill, and while
others write."""

import contextlib
import gc
import json
import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from git_mnemo.index import FILE, Index, tables
from git_mnemo.index.search import Wanted, search
from git_mnemo.index.stems import Stems
from git_mnemo.words import asked
from tests import soundness
from tests.faults import Commands, commands
from tests.support import mnemo, run_git
from tests.test_life import index_is_right
from tests.test_races_verbs import S, Workers
from tests.verbs import ask, batch, claim, git_mnemo, here

FIRST, SECOND = "The walrus protocol has no version.", "The walrus client retries for ever."
ASK = ["recall", "walrus protocol", "--json", "--project-only"]
ASKING = """
import sys
from git_mnemo.__main__ import run
from git_mnemo.cli.boundary import guard
for _ in range(int(sys.argv[2])):
    if guard(run, ["recall", "--project-only", "claim", "number"]) not in (0, 1):
        sys.exit(9)
"""


@pytest.fixture
def server(seal: Path) -> Iterator[Commands]:
    with commands() as running:
        yield running


@pytest.fixture
def project(repo: Path) -> Path:
    """Enough claims for an index to be searched; returns the index's path."""
    texts = (f"Padding number {number}." for number in range(220))
    batch(*({"text": text, "title": "Padding"} for text in texts))
    batch({"text": FIRST, "title": "Walrus"}, {"text": SECOND, "title": "Walrus"})
    ask("promote", "--all")
    assert told(git_mnemo(*ASK).out)[0] == FIRST
    index = repo / ".git" / "mnemo" / FILE
    gc.collect()  # what commands in this process left open keeps the log from being emptied
    with contextlib.closing(sqlite3.connect(index)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return index


def told(out: str) -> list[str]:
    return [one["text"] for one in json.loads(out)["hits"]]


def test_the_index_is_private(project: Path) -> None:
    assert stat.S_IMODE(project.stat().st_mode) == 0o600


@pytest.mark.parametrize("where", ["start", "middle", "end", "everywhere", "truncated", "text"])
def test_a_damaged_index_is_made_again(project: Path, where: str) -> None:
    before = told(git_mnemo(*ASK).out)
    size = project.stat().st_size
    with project.open("r+b") as file:
        if where == "truncated":
            file.truncate(size // 2)
        elif where == "text":
            file.truncate(0)
            file.write(b"not a database")
        else:
            file.seek({"start": 0, "middle": size // 2, "end": size - 8192}.get(where, 4096))
            file.write(os.urandom(size - 4096 if where == "everywhere" else 8192))
    for _ in range(2):
        done = git_mnemo(*ASK)
        assert done.code == 0, done
        assert done.err == ""
    ask("reindex")
    assert told(git_mnemo(*ASK).out) == before


def test_an_index_of_an_older_version_is_made_again(project: Path) -> None:
    before = told(git_mnemo(*ASK).out)
    with contextlib.closing(sqlite3.connect(project)) as database, database:
        database.execute("UPDATE meta SET value = 1 WHERE name = 'version'")
    assert told(git_mnemo(*ASK).out) == before


def test_a_repository_that_cannot_be_written_is_searched_in_memory(project: Path) -> None:
    before = told(git_mnemo(*ASK).out)
    project.unlink()
    project.mkdir()  # as good as a file that nobody may write, for root, too
    try:
        assert told(git_mnemo(*ASK).out) == before
    finally:
        project.rmdir()


def test_an_index_update_that_is_cut_short_is_done_by_the_next(
    server: Commands, project: Path, repo: Path, tmp_path: Path
) -> None:
    """A kill or a full disk at every step of a recall that brings the index up to date."""
    kept = run_git("rev-parse", "refs/mnemo/project")
    ask("claim", "The walrus is extinct.", "--chain", chain_of(repo))
    ask("promote", "--all")
    tip = run_git("rev-parse", "refs/mnemo/project")

    def behind() -> None:
        run_git("update-ref", "refs/mnemo/project", kept)
        ask("status")
        run_git("update-ref", "refs/mnemo/project", tip)

    behind()
    steps = server.done(*ASK, cwd=repo).steps
    assert any("sqlite COMMIT" in step for step in steps)
    for number in range(1, len(steps) + 1):
        for fault in ("kill", "ENOSPC"):
            behind()
            server.run(*ASK, cwd=repo, step=number, fault=fault)
            assert "The walrus is extinct." in told(git_mnemo(*ASK).out)
            index_is_right(repo, tmp_path / f"{number}-{fault}")


@pytest.mark.parametrize("share", [0.5, 0.7, 0.9])
def test_a_disk_that_fills_up_while_the_index_is_made(
    project: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    """The index is then made in memory, and its file is as it was."""
    everything = Index(here().store, str(project.parent))
    ((needed,),) = everything.ask("PRAGMA page_count")
    pages = int(share * needed)
    project.unlink()
    connect, bounded = tables.connect, []

    def small(path: str) -> sqlite3.Connection:
        database = connect(path)
        bounded.append(database.execute(f"PRAGMA max_page_count = {pages}").fetchone())
        return database

    monkeypatch.setattr(tables, "connect", small)
    index = Index(here().store, str(project.parent))
    assert bounded == [(pages,)]
    assert (index.counts(), index.words()) == (everything.counts(), everything.words())
    with contextlib.closing(sqlite3.connect(project)) as database:
        assert database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


def chain_of(repo: Path) -> str:
    (found,) = ask("recall", "walrus", "--limit", "1")["chains"]
    return str(found["id"])


def test_recall_while_others_promote_collect_and_delete_the_index(repo: Path) -> None:
    for number in range(30):
        assert mnemo("claim", f"claim number {number}", "--session", S, "--new-chain").code == 0
    assert mnemo("promote", "--all", "--session", S).code == 0
    promote = """
import sys
from tests.verbs import claim, ask
for number in range(int(sys.argv[2])):
    claim(f"late claim number {number}", "--new-chain")
    ask("promote", "--all")
"""
    collect = """
import sys
from tests.support import run_git
for _ in range(int(sys.argv[2])):
    # Not `now`: that takes what another process has just written, from git itself, too.
    run_git("gc", "--quiet", "--prune=5.seconds.ago")
"""
    index = repo / ".git" / "mnemo" / FILE
    workers = Workers(repo, *[(ASKING, 12)] * 2, (promote, 8), (collect, 3))
    end = time.monotonic() + 4
    while time.monotonic() < end:
        index.unlink(missing_ok=True)
        time.sleep(0.05)
    workers.ended()
    soundness.check(repo)
    index.unlink(missing_ok=True)
    found = git_mnemo("recall", "--nodes", "--limit", "60", "claim number", "--project-only")
    assert len(found.out.splitlines()) == 38


def test_what_a_purge_or_a_project_set_back_takes_away_is_not_found(
    project: Path, repo: Path, tmp_path: Path
) -> None:
    old = run_git("rev-parse", "refs/mnemo/project")
    ask("claim", "The narwhal is a whale.", "--chain", chain_of(repo))
    ask("promote", "--all")
    words = ["recall", "narwhal", "--json", "--project-only"]
    assert told(git_mnemo(*words).out)[0] == "The narwhal is a whale."
    run_git("update-ref", "refs/mnemo/project", old)
    assert told(git_mnemo(*words).out) == []
    repository = here()
    for question in ("walrus protocol", "padding 17", "narwhal"):
        kept, fresh = (
            Index(repository.store, where) for where in (repository.shared_state, str(tmp_path))
        )
        found, as_new = (search(one, Stems(), asked(question), Wanted(50)) for one in (kept, fresh))
        assert found == as_new


def test_a_chain_that_grows_claim_by_claim_is_found_as_if_it_had_always_been_there(
    repo: Path, tmp_path: Path
) -> None:
    """Beyond the room that it is given, twice, while another one grows beside it."""
    repository = here()
    chains = [claim(f"Walrus {name}.", "--new-chain")["chain"] for name in ("one", "two")]
    ask("promote", "--all")
    for number in range(22):
        claim(f"Step {number} of {'herring' if number % 3 else 'walrus'}.", "--chain", chains[0])
        if number % 4 == 0:
            claim(f"Beside, {number}, a herring.", "--chain", chains[1])
        ask("promote", "--all")
        kept = Index(repository.store, repository.shared_state)
        if number not in (0, 1, 16, 17, 18, 21):
            continue
        fresh = Index(repository.store, str(tmp_path / str(number)))
        for question in ("walrus", "herring beside", "step 3 walrus"):
            found, as_new = (
                search(one, Stems(), asked(question), Wanted(50)) for one in (kept, fresh)
            )
            assert len(found) > 1
            assert found == as_new
