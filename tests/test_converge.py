"""Many clones that write at once: all come to one project, and nothing is lost on the way."""

import json
import random
import subprocess
import sys
from collections.abc import Callable

import pytest

from git_mnemo.refs import ARCHIVE, PROJECT, SESSIONS
from tests import soundness
from tests.clones import Clone, Hub, refs_of, texts_at
from tests.support import run, run_git
from tests.verbs import DAY, HOUR, NOW

CLONES, EACH = 6, 20

WORKER = """
import contextlib, io, json, os, sys
from git_mnemo import network
from git_mnemo.__main__ import run

who, count = sys.argv[1], int(sys.argv[2])
pushes, rounds = [0], 0
push = network.push


def counted(*arguments):
    pushes[0] += 1
    return push(*arguments)


network.push = counted


def ask(*arguments):
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    with contextlib.redirect_stdout(out):
        code = run([*arguments, "--json"])
    out.seek(0)
    return code, json.loads(out.read())


print("ready", flush=True)
sys.stdin.readline()
for number in range(count):
    assert ask("claim", "--new-chain", f"{who}, number {number}.")[0] == 0
    assert ask("promote")[0] == 0
    for tries in range(50):
        rounds += 1
        code, told = ask("sync")
        outcome = told["refs"][0]["outcome"]
        if code == 0:
            break
        assert outcome == "queued", told
print(json.dumps({"pushes": pushes[0], "syncs": rounds}))
"""


def test_six_clones_that_promote_at_once(
    hub: Hub, record_property: Callable[[str, object], None]
) -> None:
    clones = hub.shared(*(f"clone-{number}" for number in range(CLONES)))
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, clone.path.name, str(EACH)],
            cwd=clone.path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env=None,
        )
        for clone in clones
    ]  # fmt: skip
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    told = []
    for worker in workers:
        out, err = worker.communicate(timeout=500)
        assert worker.returncode == 0, err[-2000:]
        told.append(json.loads(out))
    record_property("push attempts", sum(one["pushes"] for one in told))
    record_property("syncs", sum(one["syncs"] for one in told))
    sys.stderr.write(f"{CLONES} clones, {EACH} promotions each: {told}\n")
    for clone in clones:
        clone.moved("sync")
    tips = {clone.ref() for clone in clones} | {hub.ref()}
    assert len(tips) == 1
    texts = {f"{clone.path.name}, number {n}." for clone in clones for n in range(EACH)}
    assert hub.knows() == texts
    assert len(texts) == CLONES * EACH
    assert set(hub.refs("refs/mnemo")) == {PROJECT}
    assert sum(one["pushes"] for one in told) >= CLONES * EACH
    whole_history(hub)
    for clone in clones:
        soundness.check(clone.path, fsck=clone is clones[0])
        soundness.no_litter(clone.path)


def whole_history(hub: Hub) -> None:
    """Every commit's tree holds what its parents' trees hold."""
    history = hub.git("log", "--topo-order", "--reverse", "--format=%H %P", PROJECT)
    held: dict[str, frozenset[str]] = {}
    for line in history.splitlines():
        oid, *parents = line.split()
        held[oid] = frozenset(hub.git("ls-tree", "-r", "--name-only", oid).splitlines())
        assert all(held[parent] <= held[oid] for parent in parents)


# -- one step after the other, in any order ----------------------------------------------------


class World:
    """Three clones and their hub, a clock, and what held when it was looked at last."""

    def __init__(self, hub: Hub, seed: int) -> None:
        self.hub, self.random = hub, random.Random(seed)
        self.clones = hub.shared("ada", "ben", "carl")
        self.now = NOW
        self.done: list[str] = []
        self._texts: dict[str, set[str]] = {}
        self._tips: dict[str, str] = {}
        self.said: set[str] = set()

    def step(self) -> None:
        """One verb in one clone."""
        self.now += self.random.choice((1, 60, HOUR, 2 * DAY))
        clone = self.random.choice(self.clones)
        verb = self.random.choice(STEPS)
        self.done.append(f"{clone.path.name} {verb.__name__}")
        verb(self, clone)
        self.check()

    def check(self) -> None:
        """What must hold after every step, everywhere."""
        for repo in (self.hub.bare, *(clone.path for clone in self.clones)):
            tip = refs_of(repo).get(PROJECT)
            before = self._tips.get(str(repo))
            if tip == before or tip is None:
                assert tip == before, self.done[-5:]
                continue
            if before is not None:
                run_git("merge-base", "--is-ancestor", before, tip, cwd=repo)
            texts = texts_at(repo, tip)
            assert texts >= self._texts.get(str(repo), set()), self.done[-5:]
            self._texts[str(repo)], self._tips[str(repo)] = texts, tip
        assert not [name for name in self.hub.refs("refs/mnemo") if name.startswith(SESSIONS)]
        assert not [name for name in self.hub.refs("refs/mnemo") if name.startswith(ARCHIVE)]
        for clone in self.clones:
            whole = run("git", "rev-list", "--objects", "--glob=refs/mnemo*", cwd=clone.path)
            assert whole.code == 0, (whole.err, self.done[-5:])
            soundness.no_litter(clone.path)


def claim(world: World, clone: Clone) -> None:
    text = f"Thought {len(world.said)} of {clone.path.name}."
    options = ["--new-chain"] if world.random.random() < 0.4 else []
    clone.claim(text, *options, now=world.now)
    world.said.add(text)


def supersede(world: World, clone: Clone) -> None:
    chains = clone.ask("chains", now=world.now)["chains"]
    if not chains:
        return
    members = clone.ask("show", world.random.choice(chains)["id"], now=world.now)["members"]
    visible = [one for one in members if one["type"] == "leaf" and not one["hidden_by"]]
    if visible:
        text = f"Better thought {len(world.said)}."
        clone.ask("supersede", visible[0]["address"], "--text", text, now=world.now)
        world.said.add(text)


def promote(world: World, clone: Clone) -> None:
    if clone.refs(SESSIONS):
        clone.ask("promote", "--all", now=world.now)


def archive(world: World, clone: Clone) -> None:
    if clone.refs(SESSIONS):
        clone.ask("archive", clone.session, now=world.now)
        number = int(clone.session[2:], 16) + 0x1000000
        world.clones[world.clones.index(clone)] = Clone(clone.path, f"s_{number:08x}")


def gc(world: World, clone: Clone) -> None:
    clone.ask("gc", "--expire", world.random.choice(("now", "3.days")), now=world.now)
    if world.random.random() < 0.3:
        run_git("gc", "--quiet", "--prune=now", cwd=clone.path)


def fetch(world: World, clone: Clone) -> None:
    clone.moved("fetch", now=world.now)


def pull(world: World, clone: Clone) -> None:
    clone.moved("pull", now=world.now)


def push(world: World, clone: Clone) -> None:
    clone.moved("push", now=world.now)


def sync(world: World, clone: Clone) -> None:
    clone.moved("sync", now=world.now)


STEPS = [claim, claim, claim, supersede, promote, promote, archive, gc, fetch, pull, push, sync]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_order_of_verbs_keeps_the_promises(hub: Hub, seed: int) -> None:
    world = World(hub, seed)
    for _ in range(60):
        world.step()
    for clone in (*world.clones, *world.clones):
        promote(world, clone)
        sync(world, clone)
        world.check()
    for clone in world.clones:
        clone.moved("sync", now=world.now)
    assert {clone.ref() for clone in world.clones} == {hub.ref()}
    assert hub.knows() <= world.said
    assert len(hub.knows()) > 5
    for clone in world.clones:
        soundness.check(clone.path)
