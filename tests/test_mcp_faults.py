"""The MCP server ended, or struck, in the middle of calls: what it acknowledged is there, the
repository is whole, and the next server works."""

import os
import random
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from git_mnemo.index import FILE
from git_mnemo.refs import PROJECT
from tests import soundness
from tests.served import Forks, Json, Served, forks
from tests.support import mnemo, run_git

ROUNDS, CALLS = 4, 12


@pytest.fixture(scope="module")
def running() -> Iterator[Forks]:
    with forks() as found:
        yield found


def talk(served: Served, name: str) -> None:
    """Ask for many things at once: claims, what replaces them, promotions."""
    first = served.done("claim", text=f"{name} begins.")["address"]
    for number in range(CALLS):
        served.call("claim", text=f"{name}/{number}")
        if number % 4 == 1:
            served.call("supersede", addresses=[first], text=f"{name} knows better, {number}.")
        if number % 4 == 2:
            served.call("promote", all=True)


def acknowledged(told: Iterator[Json]) -> set[str]:
    """The addresses of nodes that answers said were recorded, and the tips of promotions."""
    found = set()
    for one in told:
        result = one["result"]
        if not result["isError"]:
            content = result["structuredContent"]
            found.add(content.get("address") or content.get("new") or "")
    return found - {""}


def is_whole(repo: Path, said: set[str], *, was_killed: bool = False) -> None:
    """All that was said to be there is, and the repository is sound to git and to us."""
    held = soundness.check(repo)
    there = {one.address for entries in held.values() for one in entries}
    there |= {*run_git("rev-list", "--glob=refs/mnemo/*", cwd=repo).split()}
    assert said <= there
    soundness.no_litter(repo, was_killed=was_killed)
    checked = mnemo("doctor", cwd=repo)
    assert checked.code == 0, checked


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGKILL, -9), (signal.SIGTERM, 143), (signal.SIGINT, 130)]
)
def test_what_was_acknowledged_before_its_end_is_there(
    repo: Path, running: Forks, number: int, status: int
) -> None:
    """Killed, some calls are cut short; told to end, it answers those that are under way first,
    and ends though the client goes on."""
    chance, said, cut_short = random.Random(number), set[str](), 0
    for round_ in range(ROUNDS):
        with running.serve(repo) as served:
            talk(served, f"Round {round_}")
            time.sleep(chance.uniform(0.01, 0.25))
            os.kill(served.pid, number)
            told = acknowledged(served.answers())
            said |= told
            cut_short += len(told) < CALLS
            assert served.close() == status
    assert cut_short or number != signal.SIGKILL
    with running.serve(repo) as served:
        said.add(served.done("claim", text="The next server works.")["address"])
    is_whole(repo, said, was_killed=number == signal.SIGKILL)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_told_to_end_it_answers_what_is_under_way(
    repo: Path, running: Forks, number: int, status: int
) -> None:
    with running.serve(repo) as served:
        served.done("claim", text="The pool is cold after a restart. " * 1000)
        served.done("promote", all=True)
        asked = {"query": "pool", "budget": 20_000}
        before = served.done("recall", **asked)
        same = run_git("commit-tree", "-m", "Same", "-p", PROJECT, PROJECT + "^{tree}", cwd=repo)
        run_git("update-ref", PROJECT, same, cwd=repo)
        with closing(sqlite3.connect(repo / ".git" / "mnemo" / FILE)) as index:
            index.execute("BEGIN IMMEDIATE")  # so who follows that has to wait
            for _ in range(3):
                served.call("recall", **asked)
            listed = served.send("tools/list", {})  # answered by who has read those before it
            told = served.answer()
            assert told is not None
            assert told["id"] == listed
            os.kill(served.pid, number)
            time.sleep(0.1)
        time.sleep(0.4)  # more than its pipe holds is to be written meanwhile
        answers = [one["result"]["structuredContent"] for one in served.answers()]
        assert answers == [before] * 3
        assert served.close() == status


def test_what_came_before_the_end_of_the_input_is_answered(repo: Path, running: Forks) -> None:
    with running.serve(repo) as served:
        served.done("claim", text="The pool is cold after a restart. " * 1000)
        asked = {"query": "pool", "budget": 20_000}
        before = served.done("recall", **asked)
        for _ in range(7):
            served.call("recall", **asked)
        served.say_no_more()
        answers = [one["result"]["structuredContent"] for one in served.answers()]
        assert answers == [before] * 7
        assert served.close() == 0


def test_a_client_that_is_gone_ends_the_server_and_what_was_asked_is_whole(
    repo: Path, running: Forks
) -> None:
    said = set()
    for round_ in range(ROUNDS):
        served = running.serve(repo)
        with served:
            first = served.done("claim", text=f"Round {round_}.")
            said.add(first["address"])
            for number in range(3):
                served.call("claim", text=f"{round_}/{number}")
            served.hang_up()
    is_whole(repo, said)


@pytest.mark.parametrize("half", [b'{"jsonrpc": "2.0", "id": 9, "meth', b'{"a": "\xf0\x9f', b"{"])
def test_half_a_line_is_answered_and_ends_nothing_but_the_talk(
    repo: Path, running: Forks, half: bytes
) -> None:
    with running.serve(repo) as served:
        said = {served.done("claim", text="One.")["address"]}
        served.write(half + b"\n")
        refused = served.answer()
        assert refused is not None
        assert refused["error"]["code"] == -32700
        said.add(served.done("claim", text="Two.")["address"])
        served.write(half)
        assert served.close() == 0
    is_whole(repo, said)


@pytest.mark.parametrize("fault", ["ENOSPC", "EIO"])
def test_a_full_disk_is_an_error_of_the_call_and_the_server_lives(
    repo: Path, running: Forks, fault: str
) -> None:
    with running.serve(repo) as served:
        said = {served.done("claim", text="Before.")["address"]}
    failed = 0
    for step in range(1, 40, 5):
        with running.serve(repo, step=step, fault=fault) as served:
            for tool, given in (("claim", {"text": f"At {step}."}), ("promote", {"all": True})):
                served.call(tool, **given)
                told = served.answer()
                assert told is not None
                result = told["result"]
                if result["isError"]:
                    failed += 1
                    (shown,) = (part["text"] for part in result["content"])
                    assert "bug" not in shown, (step, shown)
                    assert "\nhint: " in shown, (step, shown)
                said |= acknowledged(iter([told]))
            served.call("status")
            assert served.answer() is not None
    assert failed
    with running.serve(repo) as served:
        said.add(served.done("claim", text="After.")["address"])
        served.done("promote", all=True)
    is_whole(repo, said)
