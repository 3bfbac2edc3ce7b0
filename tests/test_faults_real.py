"""Real ends of real processes and disks: SIGKILL, Ctrl-C, full, read-only, cut in the middle."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import soundness
from tests.faults import NOW, Commands, commands
from tests.support import mnemo, run, run_git

S = "s_5e551011"
HELPER = f"{S}@helper"
SESSION = f"refs/mnemo/sessions/{S}"
KILLS, CLAIMS = 15, 20

CLAIMING = f"""
import sys
from git_mnemo.__main__ import run
from git_mnemo.cli.boundary import guard

print("ready", flush=True)
for number in range({CLAIMS}):
    assert guard(run, ["claim", f"{{sys.argv[1]}}/{{number}}", "--session", "{S}"]) == 0
"""


@pytest.fixture
def server(seal: Path) -> Iterator[Commands]:
    with commands() as running:
        yield running


# -- processes ---------------------------------------------------------------------------------


def test_what_was_said_before_a_kill_is_there(repo: Path) -> None:
    chance, said, cut_short = random.Random(20261123), list[str](), 0
    for round_ in range(KILLS):
        worker = subprocess.Popen(
            [sys.executable, "-c", CLAIMING, str(round_)], stdout=subprocess.PIPE
        )
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0.01, 0.3))
        worker.kill()
        lines = worker.stdout.read().decode().splitlines(keepends=True)
        worker.stdout.close()
        cut_short += worker.wait() == -signal.SIGKILL
        said += [line.partition("] ")[2].rstrip() for line in lines if line.endswith("\n")]
        there = soundness.texts(repo, SESSION) if SESSION in soundness.refs_of(repo) else []
        assert set(said) <= set(there)
        soundness.check(repo)
        _go_on_as_told(repo)
    assert said
    assert cut_short > KILLS // 3


def _go_on_as_told(repo: Path) -> None:
    """The next claim works; where the dead process held a lock, after doing what the hint says."""
    lock = repo / ".git" / f"{SESSION}.lock"
    if lock.exists():
        refused = mnemo("claim", "too early", "--session", S)
        assert refused.code == 128
        assert f"hint: rm '{lock}'" in refused.err
        lock.unlink()
    done = mnemo("claim", "after all that", "--session", S)
    assert (done.code, done.err) == (0, "") or "stood there already" in done.err


def test_an_interrupted_process_says_130_or_is_done(repo: Path) -> None:
    chance = random.Random(20261123)
    codes = set()
    for number in range(12):
        worker = subprocess.Popen(
            [sys.executable, "-c", CLAIMING, str(number)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        assert worker.stdout is not None
        worker.stdout.readline()
        time.sleep(chance.uniform(0, 0.1))
        os.killpg(worker.pid, signal.SIGINT)  # as a terminal does: git gets it, too
        out, _ = worker.communicate()
        said = [line.partition("] ")[2] for line in out.decode().splitlines()]
        there = soundness.texts(repo, SESSION) if SESSION in soundness.refs_of(repo) else []
        assert set(said) <= set(there)
        codes.add(worker.returncode)
    soundness.check(repo)
    assert codes


def _moves(repo: Path) -> list[list[str]]:
    """The ref moves of an archive of two stores, as git makes them one by one."""
    at = NOW + 50
    tips = {name: tip for name, tip in soundness.refs_of(repo).items() if "/sessions/" in name}
    archives = {name: f"{name.replace('sessions', 'archive')}_{at}" for name in tips}
    return [
        *([archives[name], tip] for name, tip in tips.items()),
        *(["-d", name] for name in tips),
    ]


@pytest.mark.parametrize("again", ["archive", "restore"])
@pytest.mark.parametrize("made", range(5))
def test_an_archive_that_git_left_half_done(
    server: Commands, repo: Path, made: int, again: str
) -> None:
    """The machine stopped in the middle of git's own transaction: nothing is lost."""
    server.done("claim", "mine", "--session", S, cwd=repo)
    server.done("claim", "a helper's", "--session", HELPER, cwd=repo)
    before = soundness.refs_of(repo)
    for move in _moves(repo)[:made]:
        run_git("update-ref", *move, cwd=repo)
    done = server.run(again, S, cwd=repo, now=NOW + 100)
    assert done.code == 0, done
    after = soundness.refs_of(repo)
    assert sorted(after.values()) == sorted(before.values()), after
    if again == "restore":
        server.run("restore", HELPER, cwd=repo, now=NOW + 100)
        assert soundness.refs_of(repo) == before
    else:
        assert not [name for name in after if "/sessions/" in name]


# -- disks -------------------------------------------------------------------------------------


class Disk:
    """A small file system with a repository on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repo = folder / "repo"
        self._filler = folder / "filler"

    def leave(self, pages: int) -> None:
        """Fill it up to so many free pages of 4 KiB."""
        self.free()
        space = os.statvfs(self.folder)
        self._filler.write_bytes(b"x" * max(0, (space.f_bavail - pages) * space.f_bsize))

    def free(self) -> None:
        self._filler.unlink(missing_ok=True)

    def remount(self, how: str) -> None:
        done = run("mount", "-o", f"remount,{how}", str(self.folder))
        assert done.code == 0, done.err


@pytest.fixture
def disk(tmp_path: Path, seal: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if shutil.which("mount") is None:
        pytest.skip("there is no mount program")
    mounted = run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder))
    if mounted.code:
        pytest.skip(f"a small disk cannot be mounted: {mounted.err.strip()}")
    try:
        made = Disk(folder)
        run_git("init", "--quiet", str(made.repo))
        run_git("commit", "--quiet", "--allow-empty", "--message", "Start", cwd=made.repo)
        yield made
    finally:
        monkeypatch.undo()
        run("umount", "--lazy", str(folder))


FULL = [
    ("claim", "new", "--session", S),
    ("promote", "--all", "--session", S),
    ("archive", S),
]


@pytest.mark.parametrize("command", FULL, ids=lambda command: command[0])
def test_a_full_disk(server: Commands, disk: Disk, command: tuple[str, ...]) -> None:
    for text in ("one", "two"):
        server.done("claim", text, "--new-chain", "--session", S, cwd=disk.repo)
    old = soundness.refs_of(disk.repo)
    failed = 0
    for pages in range(80):
        disk.leave(pages)
        struck = server.run(*command, cwd=disk.repo, now=NOW + 10)
        disk.free()
        soundness.check(disk.repo)
        soundness.no_litter(disk.repo)
        if struck.code == 0:
            break
        failed += 1
        assert struck.code in (1, 128), (pages, struck)
        assert "error: " in struck.err
        assert "hint: " in struck.err
        assert "Traceback" not in struck.err
        assert soundness.refs_of(disk.repo) == old, (pages, struck)
    assert soundness.refs_of(disk.repo) != old
    assert failed > 0
    assert server.done("status", cwd=disk.repo, now=NOW + 20).err == ""


def test_a_read_only_disk(server: Commands, disk: Disk) -> None:
    claimed = server.done("claim", "one", "--session", S, cwd=disk.repo)
    server.done("promote", "--session", S, cwd=disk.repo)
    server.done("claim", "two", "--session", S, cwd=disk.repo)
    server.done("archive", S, cwd=disk.repo)
    server.done("claim", "three", "--session", "s_0000aaaa", cwd=disk.repo)
    chain = claimed.out[1:].partition(" ")[0]
    old = soundness.refs_of(disk.repo)
    disk.remount("ro")
    try:
        refusing: list[tuple[str, ...]] = [
            ("claim", "four"), ("claim", "four", "--session", "s_0000aaaa"),
            ("promote", "--all", "--session", "s_0000aaaa"), ("archive", "s_0000aaaa"),
            ("session", "start", "--new"), ("session", "start"), ("restore", S),
            ("gc", "--expire", "now"), ("uninstall", "--all", "--yes"),
        ]  # fmt: skip
        for command in refusing:
            refused = server.run(*command, cwd=disk.repo, now=NOW + 10)
            assert refused.code in (1, 128), (command, refused)
            assert "error: " in refused.err, (command, refused)
            assert "hint: " in refused.err, (command, refused)
        for looking in ("status", "chains", f"show {chain}", "log", "session list"):
            server.done(*looking.split(), cwd=disk.repo, env={"GIT_MNEMO_SESSION": "s_0000aaaa"})
    finally:
        disk.remount("rw")
    assert soundness.refs_of(disk.repo) == old
    server.done("claim", "four", "--session", "s_0000aaaa", cwd=disk.repo)
