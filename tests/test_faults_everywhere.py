"""What stays of a shared memory when any command, hook, tool or verb is struck at any step.

One world for all: a clone that others share with, behind them and ahead of them, with sessions,
archives, claims about lines of code, and commits that no hook has seen. Unlike in test_faults,
a command may do several things one after another, and be struck between them: so nothing may be
lost, nothing appears that the whole command would not have brought, and doing it again ends it.
"""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from git_mnemo.cli.boundary import INTERRUPTED
from git_mnemo.refs import TRACKING
from tests import clones, plain, soundness
from tests.faults import NOW, Commands, Outcome, commands
from tests.hooked import head
from tests.soundness import Standing
from tests.support import run_git
from tests.test_faults import LONG_AGO, TRACELESS, Record, complains

Words = tuple[str, ...]
MOST = {"": 2, "1": 10}.get(os.environ.get("MNEMO_EVERY_STEP", ""), 10_000)
"""So many of a command's steps, spread over all of them, are struck with each fault: more with the
variable that `make reliability` sets, and all where it says `all`."""

S, CAST, BEN = "s_5e551011", "s_0000aaaa", "s_0000be00"
CODE = "".join(f"line_{number} = {number * 7}\n" for number in range(1, 9))
SAID = json.dumps({"text": "imported", "title": "From elsewhere"}) + "\n"
FIRST, SECOND = "The pool is created per request.", "Retries time out on a cold start."
MINE, THEIRS = "What only this clone knows.", "What ben knows."


@dataclass(frozen=True)
class Scene:
    """The command that is struck, and what is there: `before` are commands, of git or lately where
    they say so. `hook`: it must end well whatever happens. `reads`: it must say the same, or that
    it cannot. `removes`: what it ends with is less. `again`: another claim may come of doing it
    twice."""

    name: str
    command: Words
    before: tuple[Words, ...] = ()
    input: str = ""
    hook: bool = False
    reads: bool = False
    removes: bool = False
    again: bool = False


def _scenes() -> Iterator[Scene]:
    two = ("{one}", "{two}")
    yield Scene("compress", ("compress", *two, "--text", "Both in short."))
    yield Scene("retract", ("retract", "{one}", "--reason", "It was wrong."))
    yield Scene("claim --anchor", ("claim", "about it", "--anchor", "pool.py:4-6"))
    yield Scene("pop", ("pop", "{chain}"), (("stash", "{chain}"),))
    yield Scene("session resume", ("session", "resume", CAST), (("restore", CAST),))
    yield Scene("session list", ("session", "list"), reads=True)
    yield Scene("session", ("session",), reads=True)
    yield Scene("archive --idle", ("archive", "--idle"))
    lately = ("lately", "claim", "by which the clock is right")
    yield Scene("gc --auto", ("gc", "--auto"), (lately,), removes=True)
    yield Scene("restore, what gc pruned", ("restore", CAST), (("gc", "--expire", "now"),))
    yield Scene("import --into-session", ("import", "--into-session", "-"), input=SAID)
    yield Scene("import, an older store", ("import", "../.mnemo"))
    yield Scene("export --out", ("export", "--out", "memory.jsonl"))
    yield Scene("reindex", ("reindex",))
    yield Scene("doctor", ("doctor",), reads=True)
    half = ("git", "update-ref", f"refs/mnemo/sessions/{CAST}", "{cast}")
    yield Scene("doctor --fix", ("doctor", "--fix"), (half,))
    for words in (
        ("status",), ("chains",), ("show", "{one}"), ("log",), ("recall", "pool request"),
        ("export",), ("verify",), ("why", "pool.py:2"), ("agent", "status"),
        ("agent", "preview"), ("init", "--dry-run"),
    ):  # fmt: skip
        name = " ".join(word for word in words[:2] if word.isalpha() or word[0] == "-")
        yield Scene(name, words, reads=True)
    yield from _shared()
    yield from _hooks()
    yield from _agents()


def _shared() -> Iterator[Scene]:
    yield Scene("fetch", ("fetch",))
    yield Scene("fetch --sessions", ("fetch", "origin", "--sessions"))
    yield Scene("pull", ("pull",))
    yield Scene("push, beaten", ("push",))
    yield Scene("push --sessions", ("push", "--sessions"), (("sync",),))
    yield Scene("sync", ("sync",))
    yield Scene("sync --sessions", ("sync", "--sessions"))
    alone = tuple(("git", "config", "--unset", f"mnemo.{name}") for name in ("remote", "remoteUrl"))
    yield Scene("init --share", ("init", "--share", "origin", "--yes"), alone)
    handed = (("push", "--sessions"), ("fetch", "origin", "--sessions"))
    yield Scene("gc --remote", ("gc", "--remote", "origin", "--expire", "now"), handed)
    yield Scene("purge --remote", ("purge", "{mine}", "--remote", "origin", "--yes"),
                (("sync",),), removes=True)  # fmt: skip
    ben = (("sync",), ("ben", "sync"), ("ben", "purge", "{theirs}", "--remote", "origin", "--yes"))
    yield Scene("purge --accept", ("purge", "--accept", "--yes"), ben, removes=True)
    gone = (("ben", "archive", BEN), ("ben", "push", "--sessions"), handed[1])
    yield Scene("restore, of a remote", ("restore", f"origin/{BEN}"), gone)


def _hooks() -> Iterator[Scene]:
    follow = (("git", "config", "mnemo.promote", "on-commit"),)
    trailer = (("git", "config", "mnemo.trailer", "true"),)
    yield Scene("hook post-commit", ("hook", "post-commit"), follow, hook=True)
    yield Scene("hook post-merge", ("hook", "post-merge", "0"), follow, hook=True)
    yield Scene("hook post-checkout", ("hook", "post-checkout", "{parent}", "{head}", "1"),
                follow, hook=True)  # fmt: skip
    yield Scene("hook post-rewrite", ("hook", "post-rewrite", "rebase"),
                (*follow, ("hook", "post-commit"), ("git", "commit", "--amend", "-qm", "Reworded")),
                "{linked} {head}\n", hook=True)  # fmt: skip
    yield Scene("hook prepare-commit-msg", ("hook", "prepare-commit-msg", "message"), trailer,
                hook=True)  # fmt: skip
    yield Scene("hook commit-msg", ("hook", "commit-msg", "message"), trailer, hook=True)
    push = "refs/heads/main {main} refs/heads/main {parent}\n"
    yield Scene("hook pre-push", ("hook", "pre-push", "origin", "../hub.git"), (), push, hook=True)
    yield Scene("hook publish", ("hook", "publish", "origin"), (), push, hook=True)


def _agents() -> Iterator[Scene]:
    start = {"session_id": "00893aaf-19fa-41d2-8238-13269b9b3ca0", "source": "startup"}
    for event, more in (
        ("SessionStart", start), ("UserPromptSubmit", {**start, "prompt": "why is the pool slow?"}),
        ("PreCompact", start), ("SessionEnd", start),
    ):  # fmt: skip
        given = json.dumps({**more, "hook_event_name": event})
        yield Scene(f"agent-hook {event}", ("agent-hook", "claude-code"), (), given, hook=True)
    yield Scene("agent install", ("agent", "install", "claude-code", "codex", "--agents-md"))
    yield Scene("agent uninstall", ("agent", "uninstall", "claude-code", "codex"),
                (("agent", "install", "claude-code", "codex"),))  # fmt: skip
    yield Scene("init", ("init", "--agents", "claude-code"), again=True)
    yield Scene("uninstall, what init did", ("uninstall", "--yes"), (("init",),), again=True)
    claim = json.dumps({"text": "by a program"})
    yield Scene("api: claim", ("api:", "claim", claim))
    yield Scene("api: promote", ("api:", "promote", json.dumps({"all": True})))
    yield Scene("api: recall", ("api:", "recall", json.dumps({"query": "pool"})), reads=True)
    yield Scene("mcp: claim", ("mcp:", "claim", json.dumps({"text": "by a tool"})), again=True)
    yield Scene("mcp: recall", ("mcp:", "recall", json.dumps({"query": "pool"})), reads=True)


QUICK = (
    "import, an older store", "claim --anchor", "export --out", "doctor --fix", "why",
    "push, beaten", "sync", "purge --accept", "hook post-commit", "hook publish", "agent install",
    "api: promote", "mcp: claim",
)  # fmt: skip
"""Those of the quick suite, one of each kind."""

CHOSEN = [one for one in _scenes() if MOST > 2 or one.name in QUICK]
SCENES = [pytest.param(one, id=one.name) for one in CHOSEN]


# -- the world ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the world that all scenes are copies of, empty before the first."""
    return tmp_path_factory.mktemp("worlds") / "first"


@pytest.fixture
def server(seal: Path) -> Iterator[Commands]:
    with commands() as running:
        yield running


def _build(server: Commands, folder: Path) -> None:
    folder.mkdir()
    hub, date = clones.hub(folder), _dated(LONG_AGO)
    for name in ("repo", "ben"):
        clone = hub.clone(name)
        run_git("remote", "set-url", "origin", "../hub.git", cwd=clone.path)
        run_git("config", "mnemo.pushTimeout", "0", cwd=clone.path)
    repo, ben = folder / "repo", folder / "ben"
    (repo / "pool.py").write_text(CODE)
    run_git("add", "pool.py", cwd=repo)
    run_git("commit", "--quiet", "--message", "Add the pool", cwd=repo, env=date)
    run_git("push", "--quiet", "origin", "main", cwd=repo)
    share = ("init", "--share", "origin", "--yes", "--no-hooks")
    steps: list[tuple[Path, str, Words]] = [
        (repo, S, ("claim", FIRST, "--anchor", "pool.py:1-3")),
        (repo, S, ("claim", SECOND)),
        (repo, S, ("promote",)),
        (repo, S, share),
        (ben, BEN, share),
        (ben, BEN, ("claim", THEIRS)),
        (ben, BEN, ("promote",)),
        (ben, BEN, ("sync", "--sessions")),
        (repo, S, ("claim", MINE, "--new-chain")),
        (repo, S, ("promote", "--all")),
        (repo, CAST, ("claim", "what was archived")),
        (repo, CAST, ("archive", CAST)),
        (repo, S, ("claim", "what is preliminary", "--new-chain")),
        (repo, S, ("claim", "where the code is", "--anchor", "pool.py:2-4")),
    ]
    for number, (where, session, words) in enumerate(steps):
        server.done(*words, cwd=where, now=LONG_AGO + number, env={"GIT_MNEMO_SESSION": session})
    for name, content in _older().items():
        path = folder / ".mnemo" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    (repo / "message").write_text("Change the pool\n")
    (repo / "pool.py").write_text(CODE + "more = 0\n")
    run_git("commit", "--quiet", "--all", "--message", "Change the pool", cwd=repo, env=date)
    run_git("update-ref", "refs/remotes/origin/main", "HEAD~", cwd=repo)


def _older() -> dict[str, object]:
    """The files of an older store: a project, a session that lives on, and one that had ended."""
    known = {name: {"addr": name, "content": f"Known of old: {name}"} for name in ("a1", "b1")}
    own = {"addr": "c1", "content": "Thought of old.", "inputs": ["a1"]}
    ended = {"addr": "d1", "content": "Ended of old.", "inputs": ["b1"]}
    members = {"ch_0": {"members": [*known], "summary": "Of old"}}
    return {
        **{f"nodes/{name}.json": one for name, one in known.items()},
        "chains.json": members, "active.json": [*known],
        "sessions/s_01d01d01/nodes/c1.json": own,
        "sessions/s_01d01d01/active.json": ["c1"],
        "session_archive/s_01d01d02_1710000000/nodes/d1.json": ended,
    }  # fmt: skip


def _dated(at: int) -> dict[str, str]:
    """What sets the clock of git's commits; the real one would tell gc another story each day."""
    return dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), f"{at} +0000")


@cache
def _entries(repo: Path, tip: str) -> frozenset[Standing]:
    return frozenset(soundness.entries_of(repo, tip))


@dataclass(frozen=True)
class State:
    """What there is: refs here and on the hub, and the files beside git's own."""

    refs: dict[str, str]
    hub: dict[str, str]
    files: dict[str, bytes]


class Stage:
    """One scene's world as it stood before, and as the command leaves it undisturbed."""

    def __init__(self, server: Commands, scene: Scene, first: Path, folder: Path) -> None:
        if not first.exists():
            _build(server, first)
        self.server, self.scene = server, scene
        self.template, self.folder = folder / "template", folder / "world"
        self.repo = self.folder / "repo"
        shutil.copytree(first, self.folder, symlinks=True)
        self._names = self._named()
        for number, words in enumerate(scene.before):
            self._prepare(self._filled(words), LONG_AGO + 100 + number)
            self._names = self._named()
        self.folder.rename(self.template)
        self.reset()
        self.old = self.look()
        self.clean = self.strike(None, "kill")
        assert self.clean.code == 0, self.clean
        self.steps, self.new = self.clean.steps, self.look()
        for state in (self.old, self.new):
            self._held(state)  # while the objects of both are there

    def _prepare(self, words: Words, now: int) -> None:
        if words[0] == "git":
            run_git(*words[1:], cwd=self.repo, env=_dated(now))
            return
        where, session = self.repo, S
        if words[0] == "lately":
            words, now = words[1:], NOW - 5 * 86400
        if words[0] == "ben":
            where, session, words = self.folder / "ben", BEN, words[1:]
        self.server.done(*words, cwd=where, now=now, env={"GIT_MNEMO_SESSION": session})

    def _named(self) -> dict[str, str]:
        texts = {FIRST: "one", SECOND: "two", MINE: "mine", THEIRS: "theirs"}
        known = {"head": head(self.repo), "parent": run_git("rev-parse", "HEAD~", cwd=self.repo)}
        known["main"] = run_git("rev-parse", "refs/remotes/origin/main", cwd=self.repo)
        known["linked"] = run_git("rev-parse", "HEAD@{1}", cwd=self.repo)
        for name, tip in soundness.refs_of(self.repo).items():
            if CAST in name:
                known["cast"] = tip
            entries = _entries(self.repo, tip)
            read = plain.read(self.repo, (one.address for one in entries))
            for one in entries:
                text = soundness.text_in(read[one.address])
                if one.position and text in texts:
                    known[texts[text]] = one.address
                if one.position and text == "what is preliminary":
                    known["chain"] = one.chain
        return known

    def _filled(self, words: Words) -> Words:
        return tuple(
            word.format(**self._names) if "{" in word and "}" in word and '"' not in word else word
            for word in words
        )

    def reset(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.template, self.folder, symlinks=True)

    def strike(self, step: int | None, fault: str, now: int = NOW) -> Outcome:
        (given,) = self._filled((self.scene.input,))
        return self.server.run(
            *self._filled(self.scene.command), cwd=self.repo, step=step, fault=fault, now=now,
            input=given, env={"GIT_MNEMO_SESSION": S},
        )  # fmt: skip

    def look(self) -> State:
        tracked = clones.refs_of(self.repo, "refs/mnemo-remotes")
        here = soundness.refs_of(self.repo) | tracked
        return State(here, clones.refs_of(self.folder / "hub.git"), dict(self._files()))

    def _files(self) -> Iterator[tuple[str, bytes]]:
        for folder, below, names in os.walk(self.repo):
            if Path(folder) == self.repo:
                below.remove(".git")
            for name in names:
                path = Path(folder, name)
                yield str(path.relative_to(self.repo)), path.read_bytes()
        yield "config", (self.repo / ".git" / "config").read_bytes()

    # -- what must hold ------------------------------------------------------------------------

    def answered(self, struck: Outcome, at: str) -> None:
        """It says what went wrong, and a hook never fails."""
        if at.startswith("interrupt") and struck.code == INTERRUPTED and not self.scene.hook:
            assert len(struck.err.splitlines()) == 1, (at, struck)
        elif self.scene.hook:
            assert struck.code == 0, (at, struck)
            assert len(struck.err.splitlines()) < 2, (at, struck)
        elif self.scene.name.startswith("doctor") and struck.code == 1:
            assert struck.out, (at, struck)  # what cannot be looked at is a finding
        else:
            assert struck.code == 0 or complains(struck), (at, struck)
        assert "Traceback" not in struck.err, (at, struck)
        assert "bug" not in struck.err, (at, struck)
        if self.scene.reads and struck.code == 0:
            assert struck.out == self.clean.out, (at, struck)

    def between(self, now: State, at: str) -> None:
        """Nothing is lost that the command keeps, and nothing came that it does not bring."""
        for name in {*self.old.files, *self.new.files, *now.files}:
            sides = (self.old.files.get(name), self.new.files.get(name))
            if name != "config" and not _is_draft(name):
                assert now.files.get(name) in sides, (at, name)
        for name, tip in now.hub.items():
            assert tip in (self.old.hub.get(name), self.new.hub.get(name)), (at, name)
        if now.refs in (self.old.refs, self.new.refs):
            return
        soundness.check(self.repo, fsck=False)
        old, new, found = (self._held(one) for one in (self.old, self.new, now))
        if not self.scene.removes:
            for name in old.keys() & new.keys():
                assert found.get(name, frozenset()) >= old[name] & new[name], (at, name)
            assert _addresses(found) >= _addresses(old), at
        if not self.scene.again:
            assert _addresses(found) <= _addresses(old) | _addresses(new), at

    def went_on(self, at: str) -> None:
        """The same command, undisturbed, comes to the same end."""
        again = self.strike(None, "kill")
        assert again.code == 0, (at, again)
        now = self.look()
        # What was pushed before the strike is seen in the remote by who comes again.
        ours, theirs = (
            {name for name in one.refs if not name.startswith(TRACKING)} for one in (now, self.new)
        )
        assert self.scene.again or ours == theirs, (at, again)
        if now.refs != self.new.refs or now.hub != self.new.hub:
            # Told at another moment, or a claim more; but all that is there then.
            found, new = self._held(now), self._held(self.new)
            assert _addresses(found) >= _addresses(new), (at, again)
            assert self.scene.again or _addresses(found) == _addresses(new), (at, again)
            soundness.check(self.repo, fsck=False)
        for name, content in self.new.files.items():
            assert now.files.get(name) == content or name == "config", (at, name)
        soundness.no_litter(self.repo)

    def _held(self, state: State) -> dict[str, frozenset[Standing]]:
        return {name: _entries(self.repo, tip) for name, tip in state.refs.items()}


def _is_draft(name: str) -> bool:
    """Whether it is what is written before it takes a file's place; a kill leaves it."""
    return name.removesuffix(".part").rpartition(".")[2].isdigit()


def _addresses(held: dict[str, frozenset[Standing]]) -> set[str]:
    return {one.address for entries in held.values() for one in entries}


def _faults(scene: Scene) -> Iterator[str]:
    """All of them in turn, or in the quick suite one, another for each scene."""
    known = ["kill", "EIO", "ENOSPC", "interrupt"]
    turn = sum(map(ord, scene.name)) % len(known)
    yield from known if MOST > 2 else [known[turn]]


def _some(steps: int, start: int) -> list[int]:
    """The last step, and as many more as `MOST` allows, others for each start."""
    every = max(1, steps // MOST)
    return sorted({*range(1 + start % every, steps + 1, every), steps})


@pytest.mark.parametrize("scene", SCENES)
def test_struck_at_any_step(
    server: Commands, worlds: Path, tmp_path: Path, scene: Scene, record_property: Record
) -> None:
    stage = Stage(server, scene, worlds, tmp_path)
    struck = 0
    for fault in _faults(scene):
        for step in _some(len(stage.steps), len(scene.name) + len(fault)):
            at = f"{fault} at step {step}, {stage.steps[step - 1]}"
            stage.reset()
            done = stage.strike(step, fault)
            struck += 1
            if fault == "kill":
                assert done.code == -9, (at, done)
            else:
                stage.answered(done, at)
            now = stage.look()
            stage.between(now, at)
            if fault == "kill" or not stage.steps[step - 1].startswith(TRACELESS):
                stage.went_on(at)
    soundness.check(stage.repo)
    record_property("struck", struck)


CLOCKS = {"1970": 0, "a year ago": NOW - 365 * 86400, "2038": 2**31 + 5, "5138": 99_999_999_999}


@pytest.mark.parametrize("scene", [one for one in CHOSEN if not one.reads], ids=lambda s: s.name)
def test_a_clock_that_jumps(
    server: Commands, worlds: Path, tmp_path: Path, scene: Scene, record_property: Record
) -> None:
    """Back and forward, by years: nothing is lost, and at the right time again all goes on."""
    stage = Stage(server, scene, worlds, tmp_path)
    for when in CLOCKS if MOST > 2 else sorted(CLOCKS)[len(scene.name) % 4 :][:1]:
        stage.reset()
        done = stage.strike(None, "kill", CLOCKS[when])
        stage.answered(done, when)
        soundness.check(stage.repo, fsck=False)
        found, old = stage._held(stage.look()), stage._held(stage.old)
        if not scene.removes:
            pruned = json.dumps(sorted(stage.old.refs.keys() - stage.new.refs.keys()))
            assert _addresses(found) >= _addresses(old) or "archive" in pruned, when
        again = stage.strike(None, "kill", NOW + 60)
        stage.answered(again, when)
        soundness.check(stage.repo, fsck=False)
        soundness.no_litter(stage.repo)
        record_property("struck", 1)
