"""Random lives of one repository with two worktrees: what must hold, holds after every step."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from git_mnemo.hiding import Hiding
from git_mnemo.index import Index
from git_mnemo.repository import discover
from tests import plain, soundness
from tests.faults import NOW, Commands, Outcome, commands
from tests.soundness import PROJECT, Standing
from tests.support import run, run_git
from tests.verbs import ask, claim

LIVES, STEPS = 6, 50
SESSIONS, ARCHIVE = "refs/mnemo/sessions/", "refs/mnemo/archive/"
CLAIMS = ("leaf", "compress", "supersede", "retract")
REFUSALS = ("stashed", "refused", "not-found", "ambiguous")


class Life:
    """One repository, two worktrees, and a hand that does this and that."""

    def __init__(self, server: Commands, repo: Path, seed: int) -> None:
        self._server = server
        self._chance = random.Random(seed)
        self.repo = repo
        self._other = repo.with_name("other")
        run_git("worktree", "add", "--quiet", "--detach", str(self._other), cwd=repo)
        self._at = NOW
        self._number = 0
        self.done: list[str] = []
        self._archived: dict[str, tuple[str, set[Standing]]] = {}

    # -- doing ---------------------------------------------------------------------------------

    def step(self) -> None:
        """One thing, in one of the worktrees."""
        where = self._chance.choice([self.repo, self._other])
        verbs: list[Callable[[Path], None]] = [
            self._claim, self._claim, self._claim, self._claim_inputs, self._supersede,
            self._supersede, self._retract, self._stash, self._pop, self._pop, self._promote,
            self._promote, self._archive, self._restore, self._gc,
        ]  # fmt: skip
        self._at += self._chance.randint(1, 400)
        self._chance.choice(verbs)(where)

    def _try(self, where: Path, *command: str) -> Outcome:
        """A command that may be refused, for a reason that the contract knows."""
        done = self._server.run(*command, "--json", cwd=where, now=self._at)
        self.done.append(f"{' '.join(command)} -> {done.code}")
        if done.code:
            assert json.loads(done.out)["error"]["code"] in REFUSALS, (command, done)
        return done

    def _text(self) -> str:
        if self._number and self._chance.random() < 0.2:
            return f"claim {self._chance.randrange(self._number)}"  # said before
        self._number += 1
        return f"claim {self._number - 1}"

    def _some(self) -> str | None:
        """A claim of the project or of a live session, this worktree's or not."""
        read = plain.read(self.repo, {one.address for one in self._standing()})
        claims = [one for one, data in read.items() if soundness.type_in(data) in CLAIMS]
        return self._chance.choice(sorted(claims)) if claims else None

    def _chain(self) -> str | None:
        chains = {one.chain for one in self._standing()}
        return self._chance.choice(sorted(chains)) if chains else None

    def _standing(self) -> set[Standing]:
        held = soundness.held(self.repo)
        live = (entries for name, entries in held.items() if not name.startswith(ARCHIVE))
        return set[Standing]().union(*live)

    def _claim(self, where: Path) -> None:
        self._try(where, "claim", self._text(), *self._chance.choice([[], [], ["--new-chain"]]))

    def _claim_inputs(self, where: Path) -> None:
        some = self._some()
        if some:
            self._try(where, "claim", self._text(), "--input", some, "--new-chain")

    def _supersede(self, where: Path) -> None:
        some = self._some()
        if some:
            self._try(where, "supersede", some, self._text())

    def _retract(self, where: Path) -> None:
        some = self._some()
        if some:
            self._try(where, "retract", some, "--reason", "wrong")

    def _stash(self, where: Path) -> None:
        chain = self._chain()
        if chain:
            self._try(where, "stash", chain)

    def _pop(self, where: Path) -> None:
        chain = self._chain()
        if chain:
            self._try(where, "pop", chain)

    def _promote(self, where: Path) -> None:
        self._try(where, "promote", *self._chance.choice([[], ["--all"], ["--with-stashed"]]))

    def _archive(self, where: Path) -> None:
        before = soundness.held(self.repo)
        done = self._try(where, "archive")
        if done.code == 0:
            for one in json.loads(done.out)["archived"]:
                self._archived[one["ref"]] = one["session"], before[SESSIONS + one["session"]]

    def _restore(self, where: Path) -> None:
        if not self._archived:
            return
        name = self._chance.choice(sorted(self._archived))
        session, held = self._archived[name]
        if self._try(where, "restore", name).code == 0:
            assert soundness.held(self.repo)[SESSIONS + session] == held
            del self._archived[name]

    def _gc(self, where: Path) -> None:
        self._try(where, "gc", "--expire", self._chance.choice(["never", "30.days", "now"]))

    # -- looking -------------------------------------------------------------------------------

    def looks_well(self) -> None:
        """Every command that only looks, works in both worktrees."""
        for where in (self.repo, self._other):
            for command in ("status", "chains", "log", "session list"):
                done = self._server.run(*command.split(), cwd=where, now=self._at)
                assert done.code == 0, (command, done, self.done)
            listed = self._server.done("chains", "--json", cwd=where, now=self._at)
            for chain in json.loads(listed.out)["chains"][:3]:
                self._server.done("show", chain["id"], cwd=where, now=self._at)


def index_is_right(repo: Path, scratch: Path) -> None:
    """The index that was brought up to date step by step says what a new one says."""
    repository = discover(str(repo))
    kept, fresh = (
        Index(repository.store, folder) for folder in (repository.shared_state, str(scratch))
    )
    assert kept.tip == fresh.tip
    assert kept.counts() == fresh.counts()
    assert kept.chain_ids() == fresh.chain_ids()
    hiding = [Hiding(one.users, one.type_of) for one in (kept, fresh)]
    for chain in fresh.chain_ids():
        assert kept.entries(chain) == fresh.entries(chain)
        assert kept.span(chain) == fresh.span(chain)
        for entry in fresh.entries(chain):
            assert kept.claimed(entry.address) == fresh.claimed(entry.address)
            assert kept.places(entry.address) == fresh.places(entry.address)
            assert hiding[0].hidden(entry.address) == hiding[1].hidden(entry.address)


@pytest.mark.parametrize("gone", ["back", "away"])
def test_the_index_of_a_project_that_was_set_back_and_forward(
    repo: Path, tmp_path: Path, gone: str
) -> None:
    claim("One")
    ask("promote")
    first = run_git("rev-parse", PROJECT)
    claim("Two")
    tip = ask("promote")["new"]
    ask("status")
    run_git("update-ref", *([PROJECT, first] if gone == "back" else ["-d", PROJECT]))
    ask("status")
    index_is_right(repo, tmp_path / "1")
    run_git("update-ref", PROJECT, tip)
    index_is_right(repo, tmp_path / "2")


@pytest.fixture
def server(seal: Path) -> Iterator[Commands]:
    with commands() as running:
        yield running


@pytest.mark.parametrize("seed", range(LIVES))
def test_a_life(server: Commands, repo: Path, tmp_path: Path, seed: int) -> None:
    life = Life(server, repo, seed)
    tip, known = None, set[Standing]()
    for number in range(STEPS):
        life.step()
        held = soundness.check(repo, fsck=False)
        assert held.get(PROJECT, set()) >= known, life.done
        now = soundness.refs_of(repo).get(PROJECT)
        if tip is not None:
            assert now is not None
            assert run("git", "merge-base", "--is-ancestor", tip, now, cwd=repo).code == 0
        if now != tip:
            index_is_right(repo, tmp_path / str(number))
        tip, known = now, held.get(PROJECT, set())
        if number % 5 == 4:
            life.looks_well()
    soundness.check(repo)
    worked = {line.split()[0] for line in life.done if line.endswith("-> 0")}
    assert worked >= {"claim", "promote", "archive", "supersede", "gc"}, life.done
    assert len(worked) >= 8, life.done
