"""Real processes that move the same refs at the same time: nothing is lost, one wins."""

import subprocess
import sys
from pathlib import Path

import pytest

from git_mnemo import refs
from tests.support import run_git

WORKERS, APPENDS, NAMES = 4, 25, 20

PRELUDE = """
import sys
from git_mnemo.errors import RefMoved
from git_mnemo.refs import RefUpdate
from git_mnemo.repository import discover
from git_mnemo.store.objects import COMMIT, TREE, Commit, Person, encode_commit

me, folder = sys.argv[1:3]
store = discover(folder).store
tree = store.write(TREE, b"")
us = Person("Ada Example", "ada@example.com", 1795426200)


def commit(parents, message):
    return store.write(COMMIT, encode_commit(Commit(tree, parents, us, us, message)))


print("ready", flush=True)
sys.stdin.readline()
"""

APPEND = f"""
for number in range({APPENDS}):
    while True:
        tip = store.ref(sys.argv[3])
        new = commit((tip,) if tip else (), f"{{me}}-{{number}}")
        try:
            store.update_refs([RefUpdate(sys.argv[3], tip, new)], "append")
            break
        except RefMoved:
            pass
"""

CREATE = """
for name in sys.argv[3:]:
    try:
        store.update_refs([RefUpdate(name, None, commit((), f"{me} {name}"))], "create")
        print(name)
    except RefMoved:
        pass
"""


def race(repo: Path, program: str, *arguments: str) -> list[list[str]]:
    """What each worker printed after all of them started at once."""
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", PRELUDE + program, str(number), str(repo / ".git"), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(WORKERS)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    printed = []
    for worker in workers:
        out, err = worker.communicate(timeout=120)
        assert (worker.returncode, err) == (0, "")
        printed.append(out.splitlines())
    return printed


@pytest.mark.parametrize("name", [refs.PROJECT, refs.session_ref("s_a7f3c2d1")])
def test_appends_to_one_ref_are_all_kept(repo: Path, name: str) -> None:
    race(repo, APPEND, name)
    kept = run_git("log", "--format=%s", name).split("\n")
    assert sorted(kept) == sorted(
        f"{worker}-{number}" for worker in range(WORKERS) for number in range(APPENDS)
    )
    for worker in range(WORKERS):
        mine = [subject for subject in reversed(kept) if subject.startswith(f"{worker}-")]
        assert mine == [f"{worker}-{number}" for number in range(APPENDS)]
    run_git("fsck", "--strict", "--connectivity-only")


def test_of_those_who_create_one_ref_one_wins(repo: Path) -> None:
    names = [refs.session_ref(f"s_{number:08x}") for number in range(NAMES)]
    won = race(repo, CREATE, *names)
    assert sorted(name for mine in won for name in mine) == names
    for worker, mine in enumerate(won):
        for name in mine:
            assert run_git("log", "--format=%s", name) == f"{worker} {name}"
