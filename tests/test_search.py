"""Search, against a model that reads all: whatever a project went through, it finds the same."""

import json
import math
import re
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from git_mnemo import chain, moment, node, words
from git_mnemo.chain import Entry, Member
from git_mnemo.index import Found, Index, beside, rows
from git_mnemo.index.beside import Beside
from git_mnemo.index.search import Wanted, search
from git_mnemo.index.stems import Stems
from git_mnemo.index.waiting import Waiting
from git_mnemo.message import Told, compose
from git_mnemo.refs import PROJECT
from git_mnemo.repository import discover
from git_mnemo.store import history, layout, objects
from git_mnemo.words import asked
from tests.support import run_git
from tests.verbs import DAY, NOW, ask, stamp

WORDS = ("walrus", "otter", "heron", "badger", "lynx", "gecko", "red_fox", "PoolTable", "the")
TITLES = ("Heron otter", "walrus lynx", "gecko", "badger heron")
QUESTIONS = (
    "walrus",
    "otter heron",
    "red_fox pool",
    "gecko lynx badger",
    "table the",
    "heron 2026",
)

texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
long = st.tuples(texts, texts).map(lambda two: f"{two[0]} {'lynx ' * 70}{two[1]}")


class Change(NamedTuple):
    """What a promotion, a join or a purge does to one chain: an entry comes or goes."""

    chain: int
    position: int
    text: str
    drops: bool
    told: bool


changes = st.builds(
    Change, st.integers(0, 3), st.integers(1, 40), texts | long,
    st.sampled_from([False, False, False, True]), st.booleans(),
)  # fmt: skip
growing = st.tuples(st.integers(0, 3), st.integers(1, 30), texts).map(
    lambda drawn: [
        Change(drawn[0], position, f"{drawn[2]} {position}", drops=False, told=True)
        for position in range(41, 41 + drawn[1])
    ]
)
steps = st.lists(st.lists(changes, min_size=1, max_size=12) | growing, min_size=1, max_size=5)


def said(position: int, text: str, *, told: bool = False) -> Change:
    return Change(0, position, text, drops=False, told=told)


ONE_GOES = Change(0, 38, "", drops=True, told=False)  # the fourth entry of four
STOOD_TWICE = [[said(1, "otter"), said(2, "walrus", told=True)], [said(1, "walrus"), ONE_GOES]]
TOLD_TWICE = [
    [said(2, "walrus", told=True)],
    [said(1, "walrus", told=True), said(1, "walrus walrus"), ONE_GOES],
]
"""A claim stands twice in a chain, and goes from the place that was told of."""
TOLD_OF_ANOTHER = [
    [said(2, "walrus", told=True)],
    [said(1, "walrus")],
    [Change(0, 2, "", drops=True, told=False)],  # the third entry, and those after it
]
"""A claim stands twice for a while, and stays where it was not told of."""
OPENED = [
    [
        Change(1, 1, "walrus lynx\nwalrus gecko the walrus", drops=False, told=True),
        Change(1, 2, "walrus otter\nheron", drops=False, told=True),
        Change(1, 3, "badger walrus", drops=False, told=False),
    ]
]
"""The title of a chain repeats the first line of its first claim."""
SHARED = [
    [
        Change(chain, 1 + at, word, drops=False, told=True)
        for chain in range(3)
        for at, word in enumerate(WORDS)
    ]
]
"""The same claims stand in several chains, and are written before the next of these is read."""


class Project:
    """A project that any entries come to and go from."""

    def __init__(self, repo: Path) -> None:
        self._repo = repo
        self.store = discover(str(repo)).store
        self.chains: list[tuple[str, str]] = []
        for number, title in enumerate(TITLES):
            address = self._write(node.build(node.CHAIN, title, key=f"s_{number:08x}"))
            self.chains.append((chain.chain_id(moment.day(NOW), address), title))
        self.members: set[Member] = set()
        self.texts: dict[str, str] = {}
        self._told: dict[Member, Told] = {}
        self._tip: str | None = None
        self._at = NOW

    def _write(self, written: node.Node) -> str:
        return self.store.write(objects.BLOB, node.encode(written))

    def step(self, wanted: Iterable[Change]) -> None:
        """One commit of them all."""
        self._at += DAY
        told = []
        before = set(self.members)
        for change in wanted:
            id_, title = self.chains[change.chain]
            here = sorted(one for one in self.members if one.chain == id_)
            if change.drops:
                every = change.position % 2 * 6 + 1  # all from there on, or some
                self.members -= set(here[change.position % 7 :: every])
                continue
            titled = self._write(node.build(node.CHAIN, title, key=f"s_{change.chain:08x}"))
            address = self._write(node.build(node.LEAF, change.text))
            self.texts[address] = change.text
            self.members |= {Member(id_, 0, titled), Member(id_, change.position, address)}
            if change.told:
                told.append(Told(Member(id_, change.position, address), self._at, None))
        told = [line for line in dict.fromkeys(told) if line.member in self.members - before]
        self._told |= {line.member: line for line in told}
        if before - self.members:  # as by a purge: other commits, which tell of what is left
            self._told = {one: line for one, line in self._told.items() if one in self.members}
            self._tip, told = None, list(self._told.values())
        self._commit(told)

    def _commit(self, told: list[Told]) -> None:
        tree = layout.add(self.store, None, self.members) or self.store.write(objects.TREE, b"")
        said = compose("promote", self.chains[0][0], "x", session=None, nodes=told)
        self._tip = history.write(self.store, tree, self._tip, said, stamp(self._at))
        self.store.flush()
        run_git("update-ref", PROJECT, self._tip, cwd=self._repo)


class Row(NamedTuple):
    """A claim as the model has it: its words by what they count, and those others are found by."""

    chain: str
    address: str
    own: list[tuple[float, str]]
    near: str
    size: int
    telling: int
    day: str


def modelled(project: Project, index: Index) -> list[list[Row]]:
    """The rows of the project, chain by chain, from its members alone; times are the index's."""
    found = []
    for id_, title in project.chains:
        entries = chain.ordered(Entry(*one[1:]) for one in project.members if one.chain == id_)
        claims = [entry.address for entry in entries if entry.address in project.texts]
        titled = len(claims) < len(entries)
        owned = bool(titled and claims and title != node.title_of(project.texts[claims[0]]))
        line = []
        for number, address in enumerate(claims):
            text = project.texts[address]
            said = [word for word in text.split() if word != "the"]
            spread: list[str] = []
            rest: list[str] = []
            left = words.AROUND
            for word in text.split():
                (spread if left > 0 else rest).append(word)
                left -= sum(part != "the" for part in re.split("_", word))
            opens = titled and not owned and number == 0
            title_is = len(text.partition("\n")[0].split()) if opens else 0
            inside = words.inside(text)
            claimed = index.told(Member(id_, 0, address))
            many = sum(len(word.split("_")) for word in text.split())
            telling = sum(len(word.split("_")) for word in said)
            line.append(Row(
                id_, address,
                [(1.5, " ".join(spread[:title_is])), (1.0, " ".join(spread[title_is:])),
                 (1.0, " ".join(rest)), (0.5, inside)]
                + ([(1.5, title)] if owned else []),
                " ".join(spread),
                many + len(inside.split()) + (len(title.split()) if owned else 0)
                + (3 if claimed else 0),
                min(words.AROUND, telling),
                rows.date(claimed.at if claimed else None),
            ))  # fmt: skip
        found.append(line)
    return found


def often(text: str, term: str) -> int:
    """How often a text has a word, or whether it has words that follow each other."""
    held, wanted = re.findall(r"[^\W_]+", text.lower()), term.split()
    spots = sum(held[at : at + len(wanted)] == wanted for at in range(len(held)))
    return spots if len(wanted) == 1 else min(spots, 1)


def brute(lines: list[list[Row]], chains: int, question: str) -> dict[tuple[str, str], float]:
    """The score of every row, by BM25 over the words of each and of those around it."""
    terms = [term.text for term in asked(question)]
    dated = [rows.dated(term) for term in terms if term.isdecimal()]
    many = sum(map(len, lines))
    sizes = {}
    around = {
        (line[at].chain, line[at].address): [
            (rows.NEAR if abs(other - at) == 1 else rows.FAR, line[other])
            for other in range(max(0, at - 3), min(len(line), at + 4))
            if other != at
        ]
        for line in lines
        for at in range(len(line))
    }
    every = [row for line in lines for row in line]
    for row in every:
        beside = around[row.chain, row.address]
        sizes[row[:2]] = row.size + sum(other.telling for _, other in beside)
    mean = max(1.0, sum(sizes.values()) / max(1, many))
    in_chain = max(1.0, many / max(1, chains))
    scores: Counter[tuple[str, str]] = Counter()
    for term in [*terms, *dated]:
        is_date = term in dated
        held = sum(
            bool(often(row.day, term) if is_date else any(often(text, term) for _, text in row.own))
            for row in every
        )
        reach = 1.0 if is_date else max(1.0, 7 - 12 / in_chain)
        share = many * (1 - (1 - held / many) ** reach) if held else 0.0
        gain = max(1e-6, math.log((many - share + 0.5) / (share + 0.5)))
        for row in every:
            if is_date:
                count = 0.5 * often(row.day, term)
            else:
                count = sum(weight * often(text, term) for weight, text in row.own)
                for part, other in around[row.chain, row.address]:
                    count += part * often(other.near, term)
            length = 1.2 * (0.25 + 0.75 * sizes[row[:2]] / mean)
            scores[row[:2]] += gain * 2.2 * count / (count + length)  # type: ignore[assignment]
    return {row: score for row, score in scores.items() if score}


def found_by(index: Index, question: str) -> list[Found]:
    return search(index, Stems(), asked(question), Wanted(1000, dates=True))


def write_by_few(patch: pytest.MonkeyPatch, rows: int) -> None:
    """Have a new index written by a thread, so many rows in a statement."""
    patch.setattr(beside, "_AT_ONCE", rows)
    patch.setattr(beside, "_STAGED", 2 * rows)
    patch.setattr(beside, "_MOST_STAGED", 2 * rows)
    patch.setattr(Beside, "much", 2 * rows)


@pytest.fixture
def few_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are written as soon as there are a few, and a new index by a thread of its own."""
    monkeypatch.setattr(Waiting, "much", 4)
    write_by_few(monkeypatch, 2)


@settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=steps)
@example(steps=STOOD_TWICE)
@example(steps=TOLD_TWICE)
@example(steps=TOLD_OF_ANOTHER)
@example(steps=OPENED)
@example(steps=SHARED)
@pytest.mark.usefixtures("few_wait")
def test_a_project_is_searched_as_if_all_of_it_were_read(
    seal: Path, tmp_path: Path, steps: list[list[Change]]
) -> None:
    """Whatever comes and goes, and wherever: the index that followed, one that was made from
    nothing, and the model, which has no index, find the same with the same scores."""
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    run_git("init", "--quiet", str(folder))
    project = Project(folder)
    for number, step in enumerate(steps):
        project.step(step)
        kept = Index(project.store, str(folder / "kept"))
        fresh = Index(project.store, str(folder / f"fresh{number}"))
        assert (kept.counts(), kept.rows(), kept.words()) == (
            fresh.counts(), fresh.rows(), fresh.words(),
        )  # fmt: skip
        lines = modelled(project, fresh)
        for question in QUESTIONS:
            found = found_by(kept, question)
            assert found == found_by(fresh, question)
            scores = {(one.chain, one.address): one.score for one in found}
            assert scores == pytest.approx(brute(lines, fresh.counts().chains, question))


def test_what_is_asked_for_narrowly_is_found_among_much_that_fits_better(repo: Path) -> None:
    lines = [{"text": f"walrus {n}", "at": "2025-01-01", "domain": "context"} for n in range(700)]
    lines.append({"text": f"walrus {'and more ' * 30}", "at": "2026-01-01", "domain": "issues"})
    ask("import", "-", stdin="".join(json.dumps(one) + "\n" for one in lines).encode())
    for narrow in (["--domain", "issues"], ["--since", "2025-06-01"]):
        (hit,) = ask("recall", "walrus", "--nodes", *narrow)["hits"]
        assert hit["domain"] == "issues"


def test_the_day_of_a_claim_is_no_word_that_it_said(repo: Path) -> None:
    lines = [{"text": f"walrus {n}", "at": "2026-01-01"} for n in range(300)]
    ask("import", "-", stdin="".join(json.dumps(one) + "\n" for one in lines).encode())
    assert ask("recall", rows.dated("2026"), "--nodes")["hits"] == []
    assert ask("recall", "walrus", "--nodes")["hits"] != []


@pytest.mark.parametrize(
    "question",
    [
        "SELECT 1 FROM node WHERE address = x'00'",
        "SELECT 1 FROM node WHERE says = 1",
        "SELECT 1 FROM node WHERE type = 'stash'",
        "SELECT 1 FROM entry WHERE chain = 1 ORDER BY position",
        "SELECT 1 FROM entry WHERE node = 1",
        "SELECT 1 FROM chain WHERE id = 'ch'",
        "SELECT 1 FROM chain WHERE hash >= '8a' AND hash < '8b'",
    ],
)
def test_no_look_at_a_new_index_reads_a_whole_table(repo: Path, question: str) -> None:
    ask("claim", "Retries share one budget")
    ask("promote", "--all")
    index = Index(discover().store, str(repo / ".git" / "mnemo"))
    assert index.counts().nodes == 1
    plan = [row[-1] for row in index.ask("EXPLAIN QUERY PLAN " + question)]
    assert plan
    assert all(step.startswith("SEARCH") for step in plan), plan
