"""Processes that nobody waits for: `git mnemo` in a session of its own, with its stdio closed."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from git_mnemo.repository import Repository
from git_mnemo.store import git


def start(repository: Repository, arguments: Sequence[str], stdin: bytes = b"") -> None:
    """Start `git mnemo ARGUMENTS` on the repository, and return without waiting."""
    worker = subprocess.Popen(
        [sys.executable, "-P", "-m", "git_mnemo", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=git.environment(repository.git_dir),
        cwd=repository.top or repository.git_dir,
        start_new_session=True,
    )
    assert worker.stdin is not None  # asked for
    with worker.stdin as pipe:
        pipe.write(stdin)
    worker.returncode = 0  # it is not ours to wait for, and Python would warn of that


def quiet(config: Mapping[str, str]) -> dict[str, str]:
    """What keeps git and ssh from asking anybody anything, as environment variables."""
    never = {"GIT_TERMINAL_PROMPT": "0", "GCM_INTERACTIVE": "never"}
    ssh = os.environ.get("GIT_SSH_COMMAND") or config.get("core.sshcommand", "ssh")
    program = os.path.basename(ssh.split(" ")[0])
    if program != "ssh" or "GIT_SSH" in os.environ:
        return never  # nobody knows how that one is told; it has no terminal to ask at
    return never | {"GIT_SSH_COMMAND": f"{ssh} -o BatchMode=yes"}
