"""A repository whose own configuration names programs wherever git runs one: none is run by us."""

import json
from pathlib import Path

import pytest

from tests import plain
from tests.hooked import program
from tests.support import run_git
from tests.verbs import NOW, ask, claim, git_mnemo

EVENT = {"hook_event_name": "SessionStart", "source": "startup", "session_id": "00893aaf-19fa"}
PROGRAMS = (
    "core.fsmonitor", "core.pager", "core.editor", "core.askPass", "core.gitProxy",
    "core.sshCommand", "core.alternateRefsCommand", "diff.external", "diff.evil.textconv",
    "diff.evil.command", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process",
    "merge.evil.driver", "gpg.program", "gpg.ssh.program", "gpg.ssh.defaultKeyCommand",
    "pager.log", "pager.status", "pager.config", "alias.log", "alias.status", "alias.blame",
    "credential.helper", "trailer.evil.cmd", "interactive.diffFilter", "gc.recentObjectsHook",
    "uploadpack.packObjectsHook", "hook.evil.command", "remote.origin.uploadpack",
    "remote.origin.receivepack", "remote.origin.vcs",
)  # fmt: skip
HOOKS = ("post-commit", "reference-transaction", "post-index-change", "pre-auto-gc", "pre-push",
         "post-checkout", "pre-commit", "update", "fsmonitor-watchman")  # fmt: skip
COMMANDS = (
    "status", "verify", "verify --rev HEAD", "why code.py:2", "why code.py", "why HEAD",
    "recall first", "chains", "log", "promote --all", "export --out out.jsonl",
    "import out.jsonl", "doctor --fix", "gc", "archive --idle", "reindex", "session", "init",
    "hook post-commit", "hook post-checkout a b 1", "agent status", "agent preview",
)  # fmt: skip


@pytest.fixture
def traces(repo: Path, tmp_path: Path) -> Path:
    """A file that every program of the repository's configuration writes its name to."""
    told = tmp_path / "told"
    (repo / "code.py").write_text("one\ntwo\nthree\nfour\n")
    (repo / ".gitattributes").write_text("* diff=evil filter=evil merge=evil\n")
    run_git("add", ".")
    run_git("commit", "--quiet", "--message", "Code")
    claim("first", "--anchor", "code.py:1-3")
    for name in PROGRAMS:
        path = tmp_path / "programs" / name
        program(path, f"echo {name} >> {told}")
        run_git("config", name, str(path))
    for name in HOOKS:
        program(tmp_path / "hooks" / name, f"echo hook {name} >> {told}")
    run_git("config", "core.hooksPath", str(tmp_path / "hooks"))
    run_git("config", "hook.evil.event", "post-commit")
    run_git("config", "log.showSignature", "true")
    run_git("config", "filter.evil.required", "true")
    (repo / "code.py").write_text("one\nTWO\nthree\nfour\n")
    return told


@pytest.mark.parametrize("backend", plain.BACKENDS)
def test_nothing_that_the_repository_names_is_run(traces: Path, backend: str) -> None:
    run_git("config", "mnemo.backend", backend)
    assert claim("second", "--anchor", "code.py:2-3")["created"]
    ran = list[str]()
    for command in COMMANDS:
        done = git_mnemo(*command.split())
        assert done.code in (0, 1), (command, done)
        ran += [f"{command}: {one}" for one in _told(traces)]
    git_mnemo("agent-hook", "claude-code", stdin=json.dumps(EVENT).encode(), session=None)
    assert (ran, _told(traces)) == ([], [])


def test_the_programs_are_such_as_git_would_run(traces: Path) -> None:
    run_git("status", check=False)
    run_git("blame", "code.py", check=False)
    assert {"filter.evil.process", "core.fsmonitor"} <= {*_told(traces)}


def test_a_filter_of_the_users_own_is_run(repo: Path) -> None:
    """Else every file that git-lfs keeps would seem changed."""
    run_git("config", "--global", "filter.upper.clean", "tr a-z A-Z")
    (repo / ".gitattributes").write_text("*.txt filter=upper\n")
    (repo / "a.txt").write_text("one\ntwo\nthree\n")
    run_git("add", ".")
    run_git("commit", "--quiet", "--message", "Upper")
    blob = run_git("rev-parse", "HEAD:a.txt")
    address = claim("about it", "--anchor", "a.txt:1-3", now=NOW + 1)["address"]
    assert ask("show", address)["anchors"][0]["blob"] == blob


def test_links_among_our_own_files_lead_nowhere(repo: Path, tmp_path: Path) -> None:
    victim, state = tmp_path / "victim", repo / ".git" / "mnemo"
    victim.write_text("precious\n")
    claim("one")
    ask("promote")
    for name in ("archived", "pruned", "gc", "session", "index.sqlite3", "sync.json", "seen"):
        (state / name).unlink(missing_ok=True)
        (state / name).symlink_to(victim if name != "index.sqlite3" else tmp_path / "nowhere")
    ask("recall", "one", "--project-only")
    ask("archive")
    ask("gc", "--expire", "now", now=NOW + 60)
    ask("restore", "s_a7f3c2d1")
    ask("session", "start", session=None)
    assert victim.read_text() == "precious\n"
    assert not (tmp_path / "nowhere").exists()


def _told(file: Path) -> list[str]:
    """What ran since the last look."""
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return lines
