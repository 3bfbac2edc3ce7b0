"""The log: who claimed, promoted, archived what, and when."""

import json
from pathlib import Path
from typing import Any

from tests.verbs import NOW, OTHER, SESSION, ask, claim, git_mnemo


def log(*args: str, now: int = NOW, session: str | None = SESSION) -> list[dict[str, Any]]:
    """The lines of `log --json`."""
    result = git_mnemo("log", *args, "--json", now=now, session=session)
    assert (result.code, result.err) == (0, "")
    return [json.loads(line) for line in result.out.splitlines()]


def test_each_event_in_the_log_newest_first(repo: Path) -> None:
    one = claim("One", "--agent", "claude")
    stash = ask("stash", one["chain"], now=NOW + 1)
    pop = ask("pop", one["chain"], now=NOW + 2)
    promoted = ask("promote", now=NOW + 3)
    two = claim("Two", now=NOW + 4)
    put_away = ask("archive", now=NOW + 5)["archived"][0]
    lines = log(session=None)
    assert [line["event"] for line in lines] == [
        "archive", "claim", "promote", "pop", "stash", "claim",
    ]  # fmt: skip
    assert lines[-1] == {
        "at": "2026-11-23T09:30:00Z",
        "event": "claim",
        "session": SESSION,
        "chain": one["chain"],
        "address": one["address"],
        "author": "Ada Example",
        "agent": "claude",
        "commit": one["commit"],
        "trusted": True,
    }
    assert [line["address"] for line in lines[3:5]] == [pop["address"], stash["address"]]
    assert (lines[2]["chain"], lines[2]["commit"]) == (one["chain"], promoted["new"])
    assert lines[1]["address"] == two["address"]
    assert (lines[0]["session"], lines[0]["at"]) == (put_away["session"], put_away["at"])


def test_restoring_and_pruning_are_in_the_log(repo: Path) -> None:
    claim("One")
    ask("archive", now=NOW + 1)
    ask("restore", SESSION, now=NOW + 2)
    ask("archive", now=NOW + 3)
    ask("gc", "--expire", "now", now=NOW + 4)
    events = [(line["event"], line["at"][-3:-1]) for line in log(session=None)]
    assert ("prune", "04") in events
    assert ("restore", "02") in events
    assert ("archive", "01") in events, "told by the note, now that the ref is gone"


def test_the_log_of_one_thing(repo: Path) -> None:
    one = claim("One")
    two = claim("Two", "--new-chain")
    three = claim("Three", session=OTHER)
    assert [line["address"] for line in log(one["chain"])] == [one["address"]]
    assert [line["address"] for line in log(two["address"][:10])] == [two["address"]]
    assert [line["address"] for line in log(OTHER)] == [three["address"]]
    ask("promote", one["chain"], now=NOW + 1)
    assert [line["event"] for line in log(one["address"])] == ["promote", "claim"]
    assert len(log("-n", "2")) == 2


def test_hidden_claims_are_in_the_log_when_asked_for(repo: Path) -> None:
    one = claim("One")
    two = ask("supersede", one["address"], "Two")
    assert [line["address"] for line in log()] == [two["address"]]
    assert [line["address"] for line in log("--hidden")] == [two["address"], one["address"]]
    assert [line["address"] for line in log(one["address"])] == [one["address"]]


def test_the_log_for_people(repo: Path) -> None:
    one = claim("One\nmore")
    line = git_mnemo("log").out
    assert line == (
        f"2026-11-23T09:30:00Z  claim    Ada Example  {SESSION}   {one['address'][:10]} One\n"
    )
