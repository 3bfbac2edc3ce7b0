"""Every command, killed or failed at every step it takes: the old state or the new, never between.

And real processes killed at random, a disk that is really full, one that is really read-only.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests import soundness
from tests.faults import NOW, Commands, Outcome, commands
from tests.support import run_git

S, AGENTS = "s_5e551011", "s_5e551011@helper"
BATCH = "".join(
    json.dumps({"text": f"claim {number}", "title": f"Title {number % 3}"}) + "\n"
    for number in range(9)
)
IMPORT = "".join(
    json.dumps({"text": f"imported {number}", "title": f"Title {number % 2}"}) + "\n"
    for number in range(3)
)
LONG_AGO = NOW - 40 * 86400
Run = tuple[str, ...]


Record = Callable[[str, object], None]


@dataclass(frozen=True)
class Scenario:
    """What is there (`before`, commands), and the command that the faults strike.

    `repeats`: done twice it claims twice, in chains of their own.
    """

    name: str
    command: Run
    before: tuple[Run, ...] = ()
    input: str = ""
    env: dict[str, str] = field(default_factory=lambda: {"GIT_MNEMO_SESSION": S})
    repeats: bool = False
    keeps: bool = True


def _scenarios() -> Iterator[Scenario]:
    one, two, three = ("claim", "one"), ("claim", "two"), ("claim", "three", "--new-chain")
    helper = ("claim", "a helper's", "--session", AGENTS)
    here: dict[str, str] = {}
    yield Scenario("claim, the first", one, env=here)
    yield Scenario("claim, a later one", ("claim", "four"), (one, two, three))
    yield Scenario("claim, on a project", two, (one, ("promote",)))
    yield Scenario("claim, a batch", ("claim", "--batch"), (one,), BATCH, repeats=True)
    yield Scenario("claim, scratch", ("claim", "a try", "--scratch"), (one,), repeats=True)
    yield Scenario("supersede", ("supersede", "{one}", "better"), (one, two))
    yield Scenario("stash", ("stash", "{chain}"), (one, two))
    yield Scenario("promote, the first", ("promote", "--all"), (one, two, three))
    yield Scenario(
        "promote, more", ("promote", "--all"), (one, ("promote",), two, three, ("claim", "four"))
    )
    yield Scenario("archive", ("archive", S), (("session", "start"), one, helper))
    yield Scenario("restore", ("restore", S), (one, helper, ("archive", S)))
    yield Scenario("gc", ("gc", "--expire", "now"), (*_archives(), one))
    yield Scenario("gc, kept by configuration", ("gc",), (*_archives(), one))
    yield Scenario("import", ("import", "-"), (one, ("promote",)), IMPORT)
    yield Scenario("purge", ("purge", "{one}", "--yes"), (one, two, ("promote",), three))
    yield Scenario("session start", ("session", "start"), (), env=here)
    yield Scenario(
        "uninstall", ("uninstall", "--all", "--yes"), (one, ("promote",), two), keeps=False
    )


def _archives() -> Iterator[Run]:
    for id_ in ("s_0000aaaa", "s_0000bbbb", "s_0000bbbb@helper", "s_0000cccc"):
        yield "claim", f"of {id_}", "--session", id_
    for id_ in ("s_0000aaaa", "s_0000bbbb", "s_0000cccc"):
        yield "archive", id_


UNMOVED = ("session start", "gc, kept by configuration")
SCENARIOS = [pytest.param(one, id=one.name) for one in _scenarios()]


@pytest.fixture
def server(seal: Path) -> Iterator[Commands]:
    with commands() as running:
        yield running


EVERY = 1 if os.environ.get("MNEMO_EVERY_STEP") else 3
"""Of so many steps one is struck: of all, with the variable that `make reliability` sets."""


class Bench:
    """A scenario's repository as it stood before and as the command leaves it undisturbed."""

    def __init__(
        self,
        server: Commands,
        scenario: Scenario,
        repo: Path,
        record: Record,
    ) -> None:
        self.record = record
        self.server = server
        self.scenario = scenario
        self.repo = repo
        self.template = repo.with_name("template")
        run_git("config", "mnemo.gcExpire", "never", cwd=repo)
        for number, command in enumerate(scenario.before):
            server.done(*command, cwd=repo, now=LONG_AGO + number, env=scenario.env)
        self.command = tuple(self._filled(word) for word in scenario.command)
        repo.rename(self.template)
        self.old = soundness.refs_of(self.template)
        self.reset()
        clean = self.strike(None, "kill")
        assert clean.code == 0, clean
        self.steps = clean.steps
        self.new = soundness.refs_of(repo)
        self.held = soundness.held(repo)
        assert self.new != self.old or scenario.name in UNMOVED

    def _filled(self, word: str) -> str:
        if "{" not in word:
            return word
        entries = sorted(soundness.held(self.repo)[f"refs/mnemo/sessions/{S}"])
        return word.format(one=entries[1].address, chain=entries[0].chain)

    def reset(self) -> None:
        shutil.rmtree(self.repo, ignore_errors=True)
        shutil.copytree(self.template, self.repo)

    def strike(self, step: int | None, fault: str) -> Outcome:
        return self.server.run(
            *self.command, cwd=self.repo, step=step, fault=fault,
            input=self.scenario.input, env=self.scenario.env,
        )  # fmt: skip

    def every_step(self, start: int = 1, every: int = EVERY) -> Iterator[int]:
        """Each step in turn, the repository as it stood before; how many is told at the end.

        Only some of them, others for each scenario, where a step takes long in all.
        """
        first = start + len(self.scenario.name) % every
        steps = {*range(first, len(self.steps) + 1, every), len(self.steps)}
        for step in sorted(steps):
            self.reset()
            yield step
        self.record("struck", len(steps))

    def is_new(self, now: dict[str, str]) -> bool:
        """Whether what the command does is done; it may draw another id for a new session."""
        if now != self.new and self.scenario.name == "claim, the first":
            return [soundness.texts(self.repo, name) for name in now] == [["one", "one"]]
        return now == self.new

    def went_on(self, at: str) -> None:
        """The same command, undisturbed, ends in the new state; nothing is lost."""
        again = self.strike(None, "kill")
        assert again.code == 0, (at, again)
        if soundness.refs_of(self.repo) != self.new:
            self._holds_as_much(at)
        if self.scenario.name == "gc":
            self._pruned_are_restorable(at)
        if not self.scenario.keeps:
            assert not (self.repo / ".git" / "mnemo").exists(), at
        soundness.no_litter(self.repo)

    def _holds_as_much(self, at: str) -> None:
        now = soundness.check(self.repo, fsck=False)
        if self.scenario.repeats:
            assert all(now[name] >= entries for name, entries in self.held.items()), at
            return
        # A worktree that could not note its session: what was claimed stands in two of them.
        assert self.scenario.name == "claim, the first", (at, soundness.refs_of(self.repo))
        assert [soundness.texts(self.repo, name) for name in now] == [["one", "one"]] * 2, at

    def _pruned_are_restorable(self, at: str) -> None:
        for name in self.old.keys() - self.new.keys():
            back = self.server.run("restore", name, cwd=self.repo)
            assert back.code == 0, (at, back)
            live = name.replace("archive", "sessions").rpartition("_")[0]
            assert soundness.refs_of(self.repo)[live] == self.old[name]


UNTOUCHED = ("gc", "gc, kept by configuration", "session start", "uninstall")
"""Scenarios in which no object is written, and none has to be kept."""

WRITING = [one for one in SCENARIOS if str(one.id).startswith(("claim", "import"))]

TRACELESS = ("write object", "git rev-parse", "git config", "git for-each-ref", "end of git ")
"""Steps at which a failure leaves nothing behind that the next command could meet."""


def complains(outcome: Outcome) -> bool:
    """Whether a failure is told as it should be."""
    return (
        outcome.code in (1, 128)
        and "error: " in outcome.err
        and "hint: " in outcome.err
        and "Traceback" not in outcome.err
        and "bug" not in outcome.err
    )


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_killed_at_any_step(
    server: Commands, repo: Path, scenario: Scenario, record_property: Record
) -> None:
    bench = Bench(server, scenario, repo, record_property)
    for step in bench.every_step():
        at = f"killed at step {step}, {bench.steps[step - 1]}"
        killed = bench.strike(step, "kill")
        assert killed.code == -9, (at, killed)
        now = soundness.refs_of(repo)
        assert now in (bench.old, bench.new), at
        if now != bench.old:
            soundness.check(repo)
        soundness.no_litter(repo)
        bench.went_on(at)
    soundness.check(repo)


@pytest.mark.parametrize("fault", ["ENOSPC", "EIO"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_failed_at_any_step(
    server: Commands, repo: Path, scenario: Scenario, fault: str, record_property: Record
) -> None:
    bench = Bench(server, scenario, repo, record_property)
    for step in bench.every_step():
        at = f"{fault} at step {step}, {bench.steps[step - 1]}"
        struck = bench.strike(step, fault)
        assert struck.code == 0 or complains(struck), (at, struck)
        now = soundness.refs_of(repo)
        if struck.code == 0:
            assert bench.is_new(now), (at, struck)
        else:
            assert now in (bench.old, bench.new), (at, struck)
        if not bench.steps[step - 1].startswith(TRACELESS):
            bench.went_on(at)


@pytest.mark.parametrize("scenario", WRITING)
def test_interrupted_at_any_step(
    server: Commands, repo: Path, scenario: Scenario, record_property: Record
) -> None:
    bench = Bench(server, scenario, repo, record_property)
    for step in bench.every_step():
        at = f"interrupted at step {step}, {bench.steps[step - 1]}"
        stopped = bench.strike(step, "interrupt")
        assert stopped.code in (0, 130), (at, stopped)
        assert "Traceback" not in stopped.err
        now = soundness.refs_of(repo)
        assert now in ((bench.new,) if stopped.code == 0 else (bench.old, bench.new)), at
        bench.went_on(at)


@pytest.mark.parametrize("scenario", [one for one in SCENARIOS if one.id not in UNTOUCHED])
def test_garbage_collected_at_any_step(
    server: Commands, repo: Path, scenario: Scenario, record_property: Record
) -> None:
    """What a command says is done is whole, though all that no ref held was deleted meanwhile."""
    bench = Bench(server, scenario, repo, record_property)
    first = bench.steps.index("write object") if "write object" in bench.steps else 0
    for step in bench.every_step(first + 1):
        at = f"git gc --prune=now at step {step}, {bench.steps[step - 1]}"
        done = bench.strike(step, "gc")
        assert done.code == 0, (at, done)
        assert bench.is_new(soundness.refs_of(repo)), at
        soundness.check(repo)


def test_a_note_that_is_written_bit_by_bit(
    server: Commands, repo: Path, record_property: Record
) -> None:
    scenario = next(one for one in _scenarios() if one.name == "gc")
    bench = Bench(server, scenario, repo, record_property)
    for step in bench.every_step(every=1):
        if bench.steps[step - 1] == "write":
            assert bench.strike(step, "short").code == 0
            assert bench.is_new(soundness.refs_of(repo))
            bench.went_on(f"short write at step {step}")
