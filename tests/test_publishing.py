"""Beside a push: the project follows when the user's own push has arrived, and never otherwise."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from git_mnemo import publishing
from git_mnemo.publishing import Announced
from git_mnemo.refs import PROJECT
from git_mnemo.sharing import Shared
from tests import clones, plain
from tests.hooked import program
from tests.support import Result, run, run_git
from tests.verbs import claim, git_mnemo

ZERO = "0" * plain.WIDTH


@pytest.fixture
def ours(hub: clones.Hub, installed: Path, monkeypatch: pytest.MonkeyPatch) -> clones.Clone:
    """A clone that shares, with something that the remote does not know; the test runs in it."""
    one = hub.clone("ada")
    one.learn("First")
    one.share()
    one.ask("init")
    one.learn("Second")
    monkeypatch.chdir(one.path)
    monkeypatch.setenv("GIT_MNEMO_SESSION", one.session)
    run_git("config", "mnemo.pushTimeout", "1")
    (one.path / "code.txt").write_text("code\n")
    run_git("add", "code.txt")
    run_git("commit", "--quiet", "--message", "Code")
    return one


def workers() -> list[int]:
    """The publishing workers that run in the current folder."""
    listed = run("ps", "-eo", "pid,args").out.splitlines()
    found = [line.split(None, 1) for line in listed if "git_mnemo hook publish" in line]
    here = Path.cwd().resolve()
    return [int(pid) for pid, _ in found if _cwd(int(pid)) == here]


def _cwd(pid: int) -> Path | None:
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd"))
    except OSError:
        return None


def settled(hub: clones.Hub, *, published: bool) -> bool:
    """Whether it comes to that: published soon, or not when all who could have are gone."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if published and hub.knows() == {"First", "Second"}:
            return True
        if not published and time.monotonic() > deadline - 27 and not workers():
            return hub.knows() == {"First"}
        time.sleep(0.1)
    return False


def push(*args: str) -> Result:
    """A push of the user's; what hooks do to it must not be seen."""
    done = run("git", "push", "--quiet", *(args or ("origin", "main")))
    assert "mnemo" not in done.out + done.err, done
    return done


def test_a_push_is_followed(hub: clones.Hub, ours: clones.Clone) -> None:
    assert hub.knows() == {"First"}
    assert push().code == 0
    assert settled(hub, published=True)
    assert hub.ref() == ours.ref()


@pytest.mark.parametrize(
    "args",
    [("--dry-run", "origin", "main"), ("origin", "HEAD:refs/tags/v1"), ("origin", "--delete", "x")],
)
def test_what_does_not_arrive_on_a_branch_is_not_followed(
    hub: clones.Hub, ours: clones.Clone, args: tuple[str, ...]
) -> None:
    hub.git("branch", "x", "main")
    assert push(*args).code == 0
    assert settled(hub, published=False)


def test_a_push_by_url_is_not_followed(hub: clones.Hub, ours: clones.Clone) -> None:
    assert push(str(hub.bare), "main").code == 0
    assert settled(hub, published=False)


def test_a_push_elsewhere_is_not_followed(
    hub: clones.Hub, ours: clones.Clone, tmp_path: Path
) -> None:
    run_git("init", "--quiet", "--bare", str(tmp_path / "elsewhere"))
    run_git("remote", "add", "elsewhere", str(tmp_path / "elsewhere"))
    assert push("elsewhere", "main").code == 0
    assert settled(hub, published=False)
    assert clones.refs_of(tmp_path / "elsewhere").keys() == {"refs/heads/main"}


def test_a_rejected_push_is_not_followed(hub: clones.Hub, ours: clones.Clone) -> None:
    hub.hook("update", 'case $1 in refs/heads/*) echo "no" >&2; exit 1;; esac')
    assert push().code == 1
    assert settled(hub, published=False)


def test_a_dry_run_over_a_tracking_ref_that_is_ahead_is_not_followed(
    hub: clones.Hub, ours: clones.Clone
) -> None:
    run_git("update-ref", "refs/remotes/origin/main", "HEAD")
    assert push("--dry-run", "origin", "main").code == 0
    assert settled(hub, published=False)


def test_a_url_that_changed_is_not_followed(
    hub: clones.Hub, ours: clones.Clone, tmp_path: Path
) -> None:
    run_git("clone", "--quiet", "--bare", str(hub.bare), str(tmp_path / "moved"))
    run_git("remote", "set-url", "origin", str(tmp_path / "moved"))
    assert push().code == 0
    assert settled(hub, published=False)
    assert PROJECT not in clones.refs_of(tmp_path / "moved")


def test_without_sharing_nothing_starts(
    hub: clones.Hub, installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = hub.clone("ada")
    monkeypatch.chdir(one.path)
    one.learn("First")
    started = tmp_path / "started"
    program(installed / "git-mnemo", f'echo "$*" >>"{started}"')
    hooks = one.path / ".git" / "hooks"
    program(hooks / "pre-push", 'exec mnemo-hook pre-push "$@"')
    assert push("origin", "main:other").code == 0
    time.sleep(0.3)
    assert not started.exists()
    assert hub.ref() is None


def test_what_fails_is_queued_and_said_by_the_next_command(
    hub: clones.Hub, ours: clones.Clone
) -> None:
    hub.hook("update", f'test "$1" != {PROJECT}')
    assert push().code == 0
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not ours.status()["queued"]:
        time.sleep(0.1)
    assert ours.status()["queued"] == [PROJECT]


def test_git_does_not_wait_for_it(hub: clones.Hub, ours: clones.Clone, installed: Path) -> None:
    program(installed / "git-mnemo", "sleep 30")
    began = time.monotonic()
    assert push().code == 0
    assert time.monotonic() - began < 20
    for line in run("ps", "-eo", "pid,args").out.splitlines():
        if str(installed) in line:
            os.kill(int(line.split()[0]), signal.SIGTERM)


def test_the_hook_returns_when_its_lines_are_read(ours: clones.Clone) -> None:
    line = f"refs/heads/main {ours.ref('HEAD')} refs/heads/main {ZERO}\n"
    with subprocess.Popen(
        ["git", "mnemo", "hook", "pre-push", "origin", "url"], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as hook:  # fmt: skip
        assert hook.communicate(line.encode())[0] == b""
        assert hook.returncode == 0


# -- its parts ---------------------------------------------------------------------------------


def test_lines_name_the_branches_that_go_somewhere() -> None:
    lines = (
        f"refs/heads/a {'1' * 40} refs/heads/b {ZERO}\n(delete) {ZERO} refs/heads/c {'2' * 40}\n"
        f"refs/tags/t {'3' * 40} refs/tags/t {ZERO}\nnonsense\n\n"
    )
    assert publishing.announced(lines.encode()) == [Announced("refs/heads/b", "1" * 40)]
    assert publishing.announced(b"\xff \xff refs/heads/\xff x")[0].oid == "\udcff"


@pytest.mark.parametrize(
    "spec", ["+refs/heads/*:refs/remotes/origin/*", "refs/heads/main:refs/elsewhere/m", "", "main"]
)
def test_the_refspecs_of_the_remote_say_what_follows_a_branch(
    hub: clones.Hub, ours: clones.Clone, spec: str
) -> None:
    run_git("config", "remote.origin.fetch", spec)
    one = [Announced("refs/heads/main", ours.ref("HEAD") or "")]
    shared = Shared("origin", str(hub.bare))
    assert not publishing.has_arrived(ours.open(), shared, one, 0)
    run_git("push", "--quiet", "--no-verify", "origin", "main")
    assert publishing.has_arrived(ours.open(), shared, one, 0) == spec.startswith(("+", "refs"))


def test_prompts_are_off(monkeypatch: pytest.MonkeyPatch) -> None:
    from git_mnemo.detached import quiet

    assert quiet({})["GIT_SSH_COMMAND"] == "ssh -o BatchMode=yes"
    assert quiet({"core.sshcommand": "ssh -i k"})["GIT_SSH_COMMAND"] == "ssh -i k -o BatchMode=yes"
    assert "GIT_SSH_COMMAND" not in quiet({"core.sshcommand": "plink -batch"})
    monkeypatch.setenv("GIT_SSH", "plink")
    assert quiet({}) == {"GIT_TERMINAL_PROMPT": "0", "GCM_INTERACTIVE": "never"}


def test_a_push_elsewhere_is_refused_by_hand_too(ours: clones.Clone) -> None:
    claim("Third", session=ours.session)
    done = git_mnemo("hook", "publish", "nowhere", session=ours.session)
    assert done.code == 0
    assert len(done.err.splitlines()) == 1
