"""Completion in bash, zsh and fish, in these shells themselves, and with no Python at hand."""

import os
import pty
import re
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.support import ROOT, mnemo_json, run

FILES = ROOT / "docs" / "completions"
GITS = (
    "/usr/share/bash-completion/completions/git",
    "/usr/share/git/completion/git-completion.bash",
    "/usr/local/share/bash-completion/completions/git",
    "/opt/homebrew/etc/bash_completion.d/git-completion.bash",
)
SECONDS = 20

ASK_BASH = """
source "$1"
source "$2"
shift 2
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*"
COMP_POINT=${#COMP_LINE}
__git_wrap__git_main
printf '%s\\n' "${COMPREPLY[@]}"
"""
ASKED: list[tuple[str, set[str]]] = [
    ("sta", {"status", "stash"}),
    ("session re", {"resume"}),
    ("agent install co", {"codex", "copilot"}),
    ("claim --domain dec", {"decisions"}),
    ("init --promote o", {"on-commit"}),
    ("claim --new", {"--new-chain"}),
]


@pytest.fixture
def without_python(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A PATH on which there is git, and no Python and no git mnemo."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    for name in ("git", "sed", "grep", "sort", "tr", "cat", "env", "stty", "uname", "ls"):
        found = shutil.which(name)
        assert found is not None, name
        (bin_ / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(bin_))
    return bin_


def shell(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name} here")
    return found


def chains() -> tuple[str, str, str]:
    """A chain of the project, one of the session, and the session."""
    mnemo_json("claim", "Known to all")
    known = mnemo_json("promote")["promoted"][0]["chain"]
    claimed = mnemo_json("claim", "--new-chain", "Known to me")
    return known, claimed["chain"], claimed["session"]


def in_bash(bash: str, line: str) -> set[str]:
    of_git = next((path for path in GITS if os.path.exists(path)), None)
    if of_git is None:
        pytest.skip("git's completion for bash is not installed")
    words = ["git", "mnemo", *line.split(" ")]
    asked = run(bash, "-c", ASK_BASH, "-", of_git, str(FILES / "git-mnemo.bash"), *words)
    assert not asked.err, asked
    return {word.strip() for word in asked.out.split("\n") if word.strip()}


def in_fish(fish: str, line: str) -> set[str]:
    sources = ("$__fish_data_dir/completions/git.fish", str(FILES / "git-mnemo.fish"))
    ask = f"{''.join(f'source {path}; ' for path in sources)} complete -C 'git mnemo {line}'"
    asked = run(fish, "--no-config", "-c", ask)
    assert not asked.err, asked
    return {row.split("\t")[0] for row in asked.out.splitlines()}


def in_zsh(zsh: str, line: str, home: Path) -> set[str]:
    """The words that zsh shows for a line and TAB, at a terminal of its own."""
    (home / ".zshrc").write_text(
        f"fpath=({FILES} $fpath)\nautoload -U compinit\ncompinit -u -D\nPS1='READY> '\n"
        "unsetopt automenu autoparamslash\nsetopt autolist\nbindkey '^I' complete-word\n"
        "zstyle ':completion:*' list-grouped false\nstty cols 200 rows 100\n"
    )
    ours, theirs = pty.openpty()
    environment = {**os.environ, "ZDOTDIR": str(home), "TERM": "dumb"}
    started = subprocess.Popen(
        [zsh, "-i"], stdin=theirs, stdout=theirs, stderr=theirs, env=environment,
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    try:
        _until(ours, "READY> ")
        os.write(ours, f"git mnemo {line}\t\t\x05|".encode())
        seen = _until(ours, r"\|")
    finally:
        started.kill()
        started.wait()
        os.close(ours)
    return set(re.findall(r"[-\w]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", " ", seen)))


def _until(terminal: int, pattern: str) -> str:
    seen, end = "", time.monotonic() + SECONDS
    while not re.search(pattern, seen):
        assert time.monotonic() < end, f"{pattern} was not seen in: {seen!r}"
        if select.select([terminal], [], [], 0.1)[0]:
            seen += os.read(terminal, 65536).decode(errors="replace")
    return seen


def test_bash_completes_through_git(
    repo: Path, without_python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.environ["PATH"] + ":/usr/bin:/bin:/usr/local/bin")
    bash = shell("bash")
    known, mine, session = chains()
    monkeypatch.setenv("PATH", str(without_python))
    for line, wanted in ASKED:
        assert {word.rstrip("=") for word in in_bash(bash, line)} == wanted, line
    assert in_bash(bash, "show ") == {known, mine, session}
    assert in_bash(bash, f"show {known[:12]}") == {known, mine}
    assert in_bash(bash, "session resume s_") == {session}
    assert {"claim", "recall"} < in_bash(bash, "")
    assert "hook" not in in_bash(bash, "")
    assert in_bash(bash, "claim --chain=ch_") == {known, mine}


def test_fish_completes(repo: Path, without_python: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.environ["PATH"] + ":/usr/bin:/bin:/usr/local/bin")
    fish = shell("fish")
    known, mine, session = chains()
    monkeypatch.setenv("PATH", str(without_python))
    for line, wanted in ASKED:
        assert in_fish(fish, line) == wanted, line
    assert in_fish(fish, "show ") == {known, mine, session}
    assert in_fish(fish, f"show {known[:12]}") == {known, mine}
    assert in_fish(fish, "session resume ") == {session}


def test_zsh_completes(
    repo: Path, without_python: Path, monkeypatch: pytest.MonkeyPatch, seal: Path
) -> None:
    monkeypatch.setenv("PATH", os.environ["PATH"] + ":/usr/bin:/bin:/usr/local/bin")
    zsh = shell("zsh")
    known, mine, session = chains()
    monkeypatch.setenv("PATH", str(without_python))
    assert {known, mine, session} <= in_zsh(zsh, "show ", seal)
    assert {"status", "stash"} <= in_zsh(zsh, "sta", seal)
    assert "decisions" in in_zsh(zsh, "claim --domain dec", seal)
