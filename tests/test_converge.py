"""Many clones that write at once: all come to one project, and nothing is lost on the way."""

import json
import subprocess
import sys
from collections.abc import Callable

from git_mnemo.refs import PROJECT
from tests import soundness
from tests.clones import Hub

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
