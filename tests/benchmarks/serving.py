"""mcp: calls of tools, over the pipes of `git mnemo mcp` with 10,000 nodes, one at a time."""

import json
import subprocess
from itertools import count, cycle
from pathlib import Path
from typing import Any

from tests.benchmarks import shell
from tests.benchmarks.measure import Case, Report, interleave
from tests.benchmarks.projects import CHAIN, Library
from tests.benchmarks.scratch import entry_point, mnemo

NODES = 10_000
VERSION = "2025-11-25"
QUERIES = (
    "retry timeout on a cold start",
    "pool request leaks a socket",
    "cache index drops the cursor when the lock fails",
    "default branch",
)


class Server:
    """One server, spoken to line by line: so that a client's own time is not measured."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [*entry_point(), "mcp"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._numbers = count(1)
        who = {"name": "benchmark", "version": "1"}
        self.ask("initialize", protocolVersion=VERSION, capabilities={}, clientInfo=who)
        self._put({"method": "notifications/initialized"})

    def ask(self, method: str, **params: object) -> dict[str, Any]:
        """The result of a request."""
        number = next(self._numbers)
        self._put({"id": number, "method": method, "params": params})
        assert self._process.stdout is not None  # a pipe was asked for
        answer = json.loads(self._process.stdout.readline())
        if answer.get("id") != number or "error" in answer:
            raise RuntimeError(f"{method}: {answer}")
        result: dict[str, Any] = answer["result"]
        return result

    def call(self, tool: str, **arguments: object) -> None:
        """Call a tool; a failure ends the benchmark."""
        result = self.ask("tools/call", name=tool, arguments=arguments)
        if result.get("isError"):
            raise RuntimeError(f"{tool}: {result['content']}")

    def close(self) -> None:
        """End the server, which ends itself when nobody speaks to it any more."""
        assert self._process.stdin is not None  # a pipe was asked for
        self._process.stdin.close()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _put(self, message: dict[str, object]) -> None:
        assert self._process.stdin is not None  # a pipe was asked for
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self._process.stdin.flush()


def run(folder: Path, library: Library, report: Report, rounds: int) -> None:
    """Claims in chains of ten into one session, questions from another, which has a few."""
    path = library.sized(NODES)
    server, other = Server(path), Server(path)
    numbers, turns, queries = count(1), count(), cycle(QUERIES)

    def claim() -> None:
        begins = {"title": f"Line {next(turns)}"}
        for position in range(CHAIN):
            text = f"Claim {next(numbers)} of a server: the pool is created per request."
            server.call("claim", text=text, **(begins if position == 0 else {}))

    for number in range(CHAIN):
        other.call("claim", text=f"Claim {number} of the other server.")
    times = interleave(
        [
            Case("plumbing, one mktree", shell.short(path)),
            Case("tools/call claim", claim, units=CHAIN),
            Case("tools/call recall", lambda: other.call("recall", query=next(queries))),
            Case(
                "tools/call recall, the session of all claims",
                lambda: server.call("recall", query=next(queries)),
            ),
            Case("tools/call status", lambda: server.call("status")),
            Case("ping", lambda: server.ask("ping")),
            Case("git mnemo status", lambda: mnemo(path, "status")),
        ],
        rounds,
    )
    report.times(times)
    script, claimed, recalled, crowded, *_ = times
    report.fact("mcp claim, the median", f"{claimed.median * 1000:.1f} ms", "under 5")
    report.fact("mcp recall, the median", f"{recalled.median * 1000:.1f} ms", "under 20")
    own = CHAIN * (rounds + 1)
    report.fact(f"the same in a session of {own} claims", f"{crowded.median * 1000:.1f} ms")
    report.ratio("plumbing / mcp claim", script, claimed)
    report.ratio("mcp recall / plumbing", recalled, script)
    tools = json.dumps(server.ask("tools/list")["tools"], separators=(",", ":"))
    size = f"{len(tools):,}, about {len(tools) // 4:,} tokens"
    report.fact("mcp tools, characters", size, "under 6,000")
    server.close()
    other.close()
