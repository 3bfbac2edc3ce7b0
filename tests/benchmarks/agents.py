"""agents: one process of a coding agent's hook against the start of the interpreter."""

import json
import subprocess
import sys
from itertools import count
from pathlib import Path

from tests.benchmarks.measure import Case, Report, Times, interleave
from tests.benchmarks.projects import Library
from tests.benchmarks.scratch import entry_point, mnemo, process

CLAIM = "QUIC handshakes stall behind the corporate proxy, which drops large datagrams."
PROMPT = (
    "Requests fail with a timeout after a cold start, and handshakes stall at the proxy: does the"
    " pool of cursors leak a socket while the reader holds its lock? See src/pool.py."
)
TARGETS = {1_000: "at most 3", 100_000: "at most 4"}


class Sessions:
    """Sessions of an agent in one repository; each prompt is the first of one that began."""

    def __init__(self, repository: Path) -> None:
        self._repository = repository
        self._numbers = count(1)
        self._session = ""
        mnemo(repository, "claim", "--session", "s_0000beef", CLAIM)
        mnemo(repository, "promote", "--session", "s_0000beef")

    def start(self) -> str:
        """Begin another session; what the agent is told."""
        self._session = f"session {next(self._numbers)}"
        return self._hook("SessionStart", source="startup")

    def prompt(self) -> str:
        """Say something in it; what the agent is told."""
        return self._hook("UserPromptSubmit", prompt=PROMPT)

    def _hook(self, event: str, **fields: str) -> str:
        payload = {"session_id": self._session, "hook_event_name": event, **fields}
        command = [*entry_point(), "agent-hook", "claude-code"]
        done = subprocess.run(
            command,
            cwd=self._repository,
            input=json.dumps(payload).encode(),
            capture_output=True,
            check=True,
        )
        return done.stdout.decode()


def run(folder: Path, library: Library, report: Report, rounds: int) -> None:
    """Session start and prompt submit, with small and with large projects."""
    for nodes, target in TARGETS.items():
        sessions = Sessions(library.sized(nodes))
        recalled = _context(sessions.prompt())  # in no session: nothing was told before
        digest = _context(sessions.start())
        times = interleave(
            [
                Case("python -c pass", lambda: process([sys.executable, "-c", "pass"], folder)),
                Case(f"session start, {nodes:,} nodes", sessions.start),
                Case(f"prompt submit, {nodes:,} nodes", sessions.prompt, sessions.start),
            ],
            rounds,
        )
        _tell(report, nodes, times, target)
        report.fact(f"digest at {nodes:,} nodes, tokens (characters / 4)", f"{len(digest) / 4:.0f}")
        report.fact(f"with a prompt at {nodes:,} nodes, tokens", f"{len(recalled) / 4:.0f}")


def _tell(report: Report, nodes: int, times: list[Times], target: str) -> None:
    report.times(times)
    base, started, prompted = times
    report.ratio(f"session start at {nodes:,} nodes / python -c pass", started, base, target)
    report.ratio(f"prompt submit at {nodes:,} nodes / python -c pass", prompted, base, target)


def _context(out: str) -> str:
    return str(json.loads(out)["hookSpecificOutput"]["additionalContext"]) if out else ""
