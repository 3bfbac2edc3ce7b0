"""Any order of verbs, over three clones and a remote, keeps every promise after every step.

`MNEMO_SEED=N` plays the game of one seed, and `MNEMO_STEPS=N` makes it longer or shorter.
"""

import os
from pathlib import Path

import pytest

from git_mnemo.refs import SESSIONS
from tests import clones, soundness, worlds
from tests.clones import Hub
from tests.worlds import World

STEPS = int(os.environ.get("MNEMO_STEPS", "70"))
SEEDS = [int(os.environ["MNEMO_SEED"])] if "MNEMO_SEED" in os.environ else [1, 2, 3]

ACTS: dict[worlds.Act, int] = {
    worlds.claim: 6,
    worlds.supersede: 2,
    worlds.retract: 1,
    worlds.promote: 5,
    worlds.archive: 2,
    worlds.restore: 2,
    worlds.gc: 1,
    worlds.fetch: 2,
    worlds.pull: 2,
    worlds.push: 2,
    worlds.sync: 4,
    worlds.user_works: 1,
    worlds.user_cleans: 1,
    worlds.spoil: 1,
    worlds.cure: 2,
}


def play(world: World, steps: int) -> None:
    for _ in range(steps):
        clone = world.random.choice(world.clones)
        (act,) = world.random.choices(list(ACTS), list(ACTS.values()))
        world.step(clone, act)


def come_together(world: World) -> None:
    """The remote is cured, everybody promotes all there is, and syncs until all have all."""
    if world.bad is not None:
        world.step(world.clones[0], worlds.sync)
        world.step(world.clones[0], worlds.cure)
    for clone in (*world.clones, *world.clones):
        world.step(clone, worlds.promote)
        world.step(clone, worlds.sync)
    for clone in world.clones:
        world.step(clone, worlds.sync)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_promise_holds_after_every_step(hub: Hub, seed: int) -> None:
    with worlds.replayable(seed):
        world = World(hub, seed)
        play(world, STEPS)
        come_together(world)
        assert {clone.ref() for clone in world.clones} == {hub.ref()}
        assert hub.knows() <= world.texts
        assert len(hub.knows()) > STEPS // 12
        for clone in world.clones:
            soundness.check(clone.path)
            for name in clone.refs(SESSIONS):
                held = clones.texts_at(clone.path, name)
                assert held <= clone.knows(), name


def test_a_spoilt_remote_is_met_and_cured(hub: Hub) -> None:
    """Each way of spoiling it, one after the other: so none is left to chance."""
    world = World(hub, 0)
    for _ in range(3):
        world.step(world.clones[0], worlds.claim)
    world.step(world.clones[0], worlds.promote)
    world.step(world.clones[0], worlds.sync)
    for way in sorted(worlds.WAYS):
        world.step(world.clones[1], worlds.claim)
        world.step(world.clones[1], worlds.promote)
        worlds.spoil_by(world, way)
        for clone in world.clones:
            world.step(clone, worlds.sync)
        assert world.refusals == 3
        world.step(world.clones[2], worlds.cure)
        world.refusals = 0
        for clone in (*world.clones, *world.clones):
            world.step(clone, worlds.sync)
        assert {clone.ref() for clone in world.clones} == {hub.ref()}


def test_a_seed_is_the_same_game_each_time(tmp_path: Path) -> None:
    games = set[str]()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        world = World(clones.hub(tmp_path / name), 5)
        play(world, 15)
        sessions = [str(clone.refs(SESSIONS)) for clone in world.clones]
        games.add("\n".join([*world.done, *sessions, str(world.hub.ref())]))
    assert len(games) == 1
