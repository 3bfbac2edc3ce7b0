"""A world of clones in which one thing happens after another, and what must hold after each."""

import json
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from git_mnemo.refs import ARCHIVE, PROJECT, SESSIONS
from tests import plain, soundness
from tests.clones import TRACKED, Clone, Hub, refs_of
from tests.soundness import Standing
from tests.support import run, run_git
from tests.verbs import DAY, HOUR, NOW

OURS = ("refs/mnemo/", "refs/mnemo-remotes/")
NOBODY = "0" * plain.WIDTH


@dataclass
class Seen:
    """One repository as it was after the last step."""

    refs: dict[str, str]
    foreign: dict[str, object]

    def ours(self) -> dict[str, str]:
        """The refs below refs/mnemo: not those that tell where a remote stands."""
        return {name: tip for name, tip in self.refs.items() if name.startswith(OURS[0])}


@dataclass
class Step:
    """What one step says of itself, for the checks after it."""

    clone: Clone
    said: dict[str, str] = field(default_factory=dict)
    """Where refs of the clone stand, according to the command."""
    holds: set[tuple[str, str]] = field(default_factory=set)
    """Refs of the clone and addresses in them, according to the command."""
    pruned: set[str] = field(default_factory=set)
    """Archives that may be gone."""
    refused: bool = False
    by_user: bool = False


class World:
    """Three clones and their hub, a clock, and what held when it was looked at last.

    Everything in it follows from the seed.
    """

    def __init__(self, hub: Hub, seed: int) -> None:
        self.hub, self.random = hub, random.Random(seed)
        self.clones = hub.shared("ada", "ben", "carl")
        self.mallory = hub.clone("mallory")
        self.now = NOW
        self.done: list[str] = []
        self.texts: set[str] = set()
        self.bad: str | None = None
        self.cures: dict[Path, str] = {}
        self.refusals = 0
        self._entries: dict[str, set[Standing]] = {}
        self._seen = {path: self._look(path) for path in self._places()}
        self._home = self._around()

    def _places(self) -> list[Path]:
        return [self.hub.bare, *(clone.path for clone in self.clones)]

    # -- doing -----------------------------------------------------------------------------

    def step(self, clone: Clone, act: "Act") -> None:
        """Let one thing happen in one clone, and look whether all promises hold."""
        self.now += self.random.choice((1, 60, HOUR, 2 * DAY))
        self.done.append(f"{len(self.done)}: {clone.path.name} {act.__name__}")
        print(self.done[-1])
        step = Step(clone)
        act(self, step)
        self.check(step)

    def renew(self, clone: Clone, session: str) -> None:
        """From now on the clone claims into that session."""
        at = [one.path for one in self.clones].index(clone.path)
        self.clones[at] = Clone(clone.path, session)

    def ask(self, step: Step, *args: str) -> dict[str, Any]:
        """The JSON of a command that succeeds."""
        return step.clone.ask(*args, now=self.now)

    def told(self, step: Step, verb: str) -> dict[str, Any] | None:
        """What a verb of sync tells of the project. As long as the remote is spoilt, it may be
        refused, and then with the cure."""
        done = step.clone.run(verb, "--json", now=self.now)
        answer = json.loads(done.out)
        assert "error" not in answer, (answer, self.done[-5:])
        rows = [one for one in answer["refs"] if one["ref"] == PROJECT]
        one: dict[str, Any] | None = rows[0] if rows else None
        assert done.code in (0, 1), done
        if done.code == 1:
            assert one is not None
            assert self.bad is not None or one["outcome"] == "rejected", (one, self.done[-5:])
        if one is not None and one["outcome"] == "refused":
            assert "by Mallory" in one["reason"], one
            step.refused, self.refusals = True, self.refusals + 1
            self.cures[step.clone.path] = one["reason"].partition("the cure: ")[2]
        elif one is not None and verb != "fetch" and one["new"] is not None:
            step.said[PROJECT] = one["new"]
        return one

    # -- looking ---------------------------------------------------------------------------

    def check(self, step: Step) -> None:
        """Every promise, for every repository that may have changed."""
        assert self._around() == self._home
        for path in self._places():
            before, now = self._seen[path], self._look(path)
            user = step.by_user and path in (step.clone.path, self.hub.bare)
            assert now.foreign == before.foreign or user, self.done[-3:]
            if path != self.hub.bare:
                if path != step.clone.path or step.refused or step.by_user:
                    assert now.ours() == before.ours(), self.done[-3:]
                self._check_clone(path, before, now, step)
            elif self.bad is None:
                self._check_project(path, before, now)
                assert now.ours().keys() <= {PROJECT}
            else:  # it is compared with what it was before
                now = Seen(before.refs, now.foreign)
            self._seen[path] = now

    def _check_clone(self, path: Path, before: Seen, now: Seen, step: Step) -> None:
        if path == step.clone.path:
            for name, tip in step.said.items():
                assert now.refs.get(name) == tip, (name, tip, self.done[-3:])
            for name, address in step.holds:
                held = {one.address for one in self._held(path, now.refs[name])}
                assert address in held, (name, address, self.done[-3:])
            soundness.no_litter(path)
        self._check_project(path, before, now)
        self._check_reflog(path, now.refs.get(PROJECT))
        if now.refs == before.refs:
            return
        soundness.check(path)
        may_go = set[str]()
        for name in step.pruned:
            may_go |= {one.address for one in self._held(path, before.refs[name])}
        lost = self._addresses(path, before) - self._addresses(path, now)
        assert lost <= may_go, (lost, self.done[-3:])
        if self.bad is not None and run("git", "cat-file", "-e", self.bad, cwd=path).code == 0:
            assert run_git("for-each-ref", f"--contains={self.bad}", OURS[0], cwd=path) == ""

    def _check_project(self, path: Path, before: Seen, now: Seen) -> None:
        """The project moved forward, and holds what it held."""
        old, new = before.refs.get(PROJECT), now.refs.get(PROJECT)
        if old is None or old == new:
            return
        assert new is not None, self.done[-3:]
        run_git("merge-base", "--is-ancestor", old, new, cwd=path)
        assert self._held(path, old) <= self._held(path, new), self.done[-3:]

    def _check_reflog(self, path: Path, tip: str | None) -> None:
        """Every move of the project can be undone: each begins where the last one ended."""
        at = NOBODY
        moves = plain.moves(path, PROJECT)
        for old, new in moves:
            assert (old, new != old) == (at, True), (moves, self.done[-3:])
            at = new
        assert at == (tip or NOBODY), (at, tip, self.done[-3:])

    def _held(self, path: Path, tip: str) -> set[Standing]:
        if tip not in self._entries:
            self._entries[tip] = soundness.entries_of(path, tip)
        return self._entries[tip]

    def _addresses(self, path: Path, seen: Seen) -> set[str]:
        return {one.address for tip in seen.ours().values() for one in self._held(path, tip)}

    def _look(self, path: Path) -> Seen:
        refs = refs_of(path)
        theirs = {name: tip for name, tip in refs.items() if not name.startswith(OURS)}
        return Seen({name: refs[name] for name in refs.keys() - theirs.keys()},
                    {**theirs, **dict(_files(path))})  # fmt: skip

    def _around(self) -> list[str]:
        """Names of what stands outside the repositories."""
        home = sorted(str(path) for path in Path(os.environ["HOME"]).rglob("*"))
        return [*home, *sorted(path.name for path in self.hub.folder.iterdir())]


OURS_ALONE = ("objects", "refs", "logs", "reftable", "mnemo", "packed-refs")
"""What of a git directory is looked at in another way, or is git's own."""


def _files(path: Path) -> Iterator[tuple[str, object]]:
    """The work tree, the index, HEAD, configuration, hooks: every file but those above."""
    git_dir = path if path.suffix == ".git" else path / ".git"
    for folder, below, names in os.walk(path):
        at = Path(folder)
        if at == git_dir:
            below[:] = [name for name in below if name not in OURS_ALONE]
            names = [name for name in names if name not in OURS_ALONE]
        for name in names:
            file = at / name
            yield str(file.relative_to(path)), (file.stat().st_mode, file.read_bytes())


Act = Callable[[World, Step], object]


# -- what may happen ---------------------------------------------------------------------------


def claim(world: World, step: Step) -> None:
    text = f"Thought {len(world.texts)} of {step.clone.path.name}."
    options = ["--new-chain"] if world.random.random() < 0.4 else []
    _claimed(world, step, text, world.ask(step, "claim", *options, text))


def _claimed(world: World, step: Step, text: str, told: dict[str, Any]) -> None:
    world.texts.add(text)
    own = SESSIONS + step.clone.session
    step.said[own] = told["commit"]
    step.holds.add((own, told["address"]))


def supersede(world: World, step: Step) -> None:
    address = _visible(world, step)
    if address is not None:
        text = f"Better thought {len(world.texts)}."
        _claimed(world, step, text, world.ask(step, "supersede", address, "--text", text))


def retract(world: World, step: Step) -> None:
    address = _visible(world, step)
    if address is not None:
        text = f"No longer so, {len(world.texts)}."
        told = world.ask(step, "retract", address, "--reason", text)
        _claimed(world, step, text, told)
        shown = world.ask(step, "show", address)
        assert told["address"] in shown["hidden_by"]


def _visible(world: World, step: Step) -> str | None:
    chains = world.ask(step, "chains")["chains"]
    if not chains:
        return None
    members = world.ask(step, "show", world.random.choice(chains)["id"])["members"]
    visible = [one for one in members if one["type"] == "leaf" and not one["hidden_by"]]
    return str(world.random.choice(visible)["address"]) if visible else None


def promote(world: World, step: Step) -> None:
    for name in step.clone.refs(SESSIONS):
        id_ = name.removeprefix(SESSIONS)
        told = world.ask(step, "promote", "--all", "--session", id_)
        assert told["fast_forward"]
        if told["new"] is not None:
            step.said[PROJECT] = told["new"]
        for one in told["promoted"]:
            step.holds |= {(PROJECT, address) for address in one["nodes"]}


def archive(world: World, step: Step) -> None:
    own = SESSIONS + step.clone.session
    tip = step.clone.ref(own)
    if tip is None:
        return
    for one in world.ask(step, "archive", step.clone.session)["archived"]:
        step.said[one["ref"]] = tip
    world.renew(step.clone, f"s_{world.random.getrandbits(32):08x}")
    assert step.clone.ref(own) is None


def restore(world: World, step: Step) -> None:
    archives = sorted(step.clone.refs(ARCHIVE))
    if archives:
        name = world.random.choice(archives)
        tip = str(step.clone.ref(name))
        told = world.ask(step, "restore", name)
        step.said[told["ref"]] = tip
        assert told["ref"] == SESSIONS + told["session"]
        assert step.clone.ref(name) is None
        world.renew(step.clone, told["session"])


def gc(world: World, step: Step) -> None:
    days = world.random.choice((0, 3))
    before = step.clone.refs(ARCHIVE)
    told = world.ask(step, "gc", "--expire", f"{days}.days" if days else "now")
    gone = {one["ref"] for one in told["pruned"]}
    old = {name for name in before if int(name.rpartition("_")[2]) < world.now - days * DAY}
    assert gone == old == before.keys() - step.clone.refs(ARCHIVE).keys()
    step.pruned |= gone
    if gone and world.random.random() < 0.5:  # undone at once
        name = world.random.choice(sorted(gone))
        told = world.ask(step, "restore", name)
        step.said[told["ref"]] = before[name]
        step.pruned.remove(name)
        world.renew(step.clone, told["session"])


def fetch(world: World, step: Step) -> None:
    one = world.told(step, "fetch")
    assert step.clone.refs(OURS[0]) == world._seen[step.clone.path].ours()
    if one is not None and not step.refused:
        step.said[TRACKED] = one["new"]


def pull(world: World, step: Step) -> None:
    world.told(step, "pull")
    assert step.refused == (world.bad is not None)


def push(world: World, step: Step) -> None:
    one = world.told(step, "push")
    if one is not None and one["outcome"] == "pushed":
        assert world.hub.ref() == one["new"]


def sync(world: World, step: Step) -> None:
    world.told(step, "sync")
    assert step.refused == (world.bad is not None)
    if world.bad is None:
        assert step.clone.ref() == world.hub.ref()


# -- the user's own git ------------------------------------------------------------------------


def user_works(world: World, step: Step) -> None:
    step.by_user = True
    at = f"{world.now} +0000"
    date = {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}
    path = step.clone.path
    run_git("pull", "--quiet", "--rebase", "--prune", cwd=path, env=date)
    (path / "README.md").write_text(f"# Example at {world.now}\n")
    run_git("commit", "--quiet", "--all", "--message", "Work", cwd=path, env=date)
    run_git("push", "--quiet", *world.random.choice(([], ["--all"])), cwd=path)


def user_cleans(world: World, step: Step) -> None:
    step.by_user = True
    words = world.random.choice(
        (["gc", "--quiet", "--prune=now"], ["pack-refs", "--all", "--prune"], ["fetch", "--prune"])
    )
    step.clone.git(*words)


# -- somebody means harm -----------------------------------------------------------------------


def spoil(world: World, step: Step) -> None:
    """Mallory does one of these, where there is a project and it is sound."""
    if world.bad is None and world.hub.ref() is not None:
        spoil_by(world, world.random.choice(sorted(WAYS)))


def spoil_by(world: World, way: str) -> None:
    """Mallory puts onto the remote's project what is none, with plain git."""
    good, git = world.hub.ref(), world.mallory.git
    world.done[-1] += f" ({way})"
    print(f"   {way}")
    git("fetch", "--quiet", "origin", PROJECT)
    git("read-tree", "FETCH_HEAD")
    tree = WAYS[way](world)
    at = f"Mallory <mallory@example.com> {world.now} +0000"
    text = f"tree {tree}\nparent {good}\nauthor {at}\ncommitter {at}\n\npromote\n"
    bad = git("hash-object", "-t", "commit", "-w", "--stdin", input=text)
    git("push", "--quiet", "origin", f"{bad}:{PROJECT}")
    world.bad = bad
    world.cures.clear()


def _program(world: World) -> str:
    path = _any_entry(world)
    blob = path.rpartition("-")[2]
    world.mallory.git("update-index", "--cacheinfo", f"100755,{blob},{path}")
    return world.mallory.git("write-tree")


def _large(world: World) -> str:
    blob = world.mallory.git("hash-object", "-w", "--stdin", input="x" * 65537)
    folder = _any_entry(world).rpartition("/")[0]
    info = f"100644,{blob},{folder}/0900-{blob}"
    world.mallory.git("update-index", "--add", "--cacheinfo", info)
    return world.mallory.git("write-tree")


def _renamed(world: World) -> str:
    blob = world.mallory.git("hash-object", "-w", "--stdin", input="mnemo-node 1\n")
    info = f"100644,{blob},README.md"
    world.mallory.git("update-index", "--add", "--cacheinfo", info)
    return world.mallory.git("write-tree")


def _shrunken(world: World) -> str:
    world.mallory.git("update-index", "--force-remove", _any_entry(world))
    return world.mallory.git("write-tree")


def _dot_git(world: World) -> str:
    """Git's own check refuses this on the way in."""
    blob = world.mallory.git("hash-object", "-w", "--stdin", input="x")
    inner = world.mallory.git("mktree", input=f"100644 blob {blob}\tx-{blob}\n")
    outer = world.mallory.git("mktree", input=f"040000 tree {inner}\t.git\n")
    root = world.mallory.git("ls-tree", "FETCH_HEAD")
    return world.mallory.git("mktree", input=f"{root}\n040000 tree {outer}\tlater\n")


def _any_entry(world: World) -> str:
    return world.random.choice(world.mallory.git("ls-files").splitlines())


WAYS: dict[str, Callable[[World], str]] = {
    "a program": _program,
    "too large": _large,
    "no memory": _renamed,
    "less": _shrunken,
    ".git": _dot_git,
}


def cure(world: World, step: Step) -> None:
    """Who was told the cure does it, and everybody goes on."""
    told = world.cures.get(step.clone.path)
    if told is not None:
        step.by_user = True
        done = run("sh", "-c", told, cwd=step.clone.path)
        assert done.code == 0, (done, told)
        world.bad = None
        world.cures.clear()
        assert world.hub.ref() == world._seen[world.hub.bare].refs[PROJECT]


@contextmanager
def replayable(seed: int) -> Iterator[None]:
    """Tells, when a test fails, how to have the same again."""
    try:
        yield
    except BaseException:
        print(f"seed {seed}; the same again: MNEMO_SEED={seed} pytest tests/test_promises.py")
        raise
