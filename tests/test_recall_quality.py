"""A small labelled memory, as agents write: what each question finds first, exactly."""

import json
from pathlib import Path
from typing import Any

import pytest

from git_mnemo.recall import SMALL
from tests.support import ROOT
from tests.verbs import NOW, ask, batch, git_mnemo

FOLDER = ROOT / "tests" / "recall"


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / name).read_text().splitlines()]


def claims() -> list[dict[str, Any]]:
    titles = {one["chain"]: one["title"] for one in lines("memory.jsonl") if "title" in one}
    return [
        {"text": one["text"], "title": titles[one["chain"]]}
        | ({"domain": one["domain"]} if "domain" in one else {})
        | ({"anchors": [one["anchor"]]} if "anchor" in one else {})
        for one in lines("memory.jsonl")
    ]


@pytest.fixture
def memory(repo: Path) -> None:
    (repo / "src").mkdir()
    (repo / "src" / "pool.py").write_text("".join(f"line {number}\n" for number in range(12)))
    batch(*claims())


def fill() -> None:
    """Claims of something else, so that the project is one that the index searches."""
    for first in range(0, SMALL + 20, 10):
        more = (f"Filler {number} about {number % 7}." for number in range(first, first + 10))
        batch(*({"title": f"Filler {first}", "text": text} for text in more), now=NOW - 86400)


def answers(where: str) -> list[str | None]:
    """What each question finds first."""
    raw = "".join(json.dumps({"query": one["query"]}) + "\n" for one in lines("questions.jsonl"))
    done = git_mnemo("recall", "--batch", "--nodes", where, stdin=raw.encode())
    assert done.code == 0, done
    found = [json.loads(line)["hits"] for line in done.out.splitlines()]
    return [hits[0]["text"] if hits else None for hits in found]


def wrong(found: list[str | None]) -> list[str]:
    return [
        f"{one['query']!r}: {first!r}, not {one['first']!r}"
        for one, first in zip(lines("questions.jsonl"), found, strict=True)
        if (first or "")[: len(one["first"] or "")] != (one["first"] or "")
        or (one["first"] is None) != (first is None)
    ]


@pytest.mark.parametrize("where", ["session", "project", "large project"])
def test_every_question_finds_its_answer_first(memory: None, where: str) -> None:
    """The same answers, be it scanned as a session or a small project, or found by the index."""
    if where == "large project":
        fill()
    if where != "session":
        ask("promote", "--all")
    found = answers("--project-only" if where != "session" else "--session-only")
    assert not wrong(found), "\n".join(wrong(found))
