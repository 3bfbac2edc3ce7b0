"""import: 100,000 lines into a project, against git writing the same nodes with fast-import."""

import json
import shutil
import subprocess
from pathlib import Path

from git_mnemo import node
from tests.benchmarks.measure import Case, Report, interleave
from tests.benchmarks.peaks import peak
from tests.benchmarks.projects import CHAIN, Library, text
from tests.benchmarks.resident import stream as stream_of
from tests.benchmarks.scratch import mnemo, new_repository

NODES = 100_000
SMALL = 10_000


def run(folder: Path, library: Library, report: Report, rounds: int) -> None:
    """Chains of ten by `after`, then the same again; and how much memory more lines need."""
    lines = folder / "lines.jsonl"
    lines.write_text("".join(map(line, range(NODES))))
    stream = folder / "stream"
    blobs = [node.encode(node.build(node.LEAF, text(number))) for number in range(NODES)]
    stream.write_bytes(stream_of(blobs))
    target, bare = folder / "target", folder / "bare"

    def fast_import() -> None:
        with stream.open("rb") as file:
            subprocess.run(["git", "fast-import", "--quiet"], cwd=bare, stdin=file, check=True)

    times = interleave(
        [
            Case("git mnemo import, a node", lambda: mnemo(target, "import", str(lines)),
                 lambda: _anew(target), NODES),
            Case("git fast-import, a blob and its commit's share", fast_import,
                 lambda: _anew(bare), NODES),
            Case("the same import again, a line", lambda: mnemo(target, "import", str(lines)),
                 units=NODES),
        ],
        min(rounds, 3),
        warm=False,
    )  # fmt: skip
    report.times(times)
    imported, written, _ = times
    report.fact("nodes imported, a second", f"{1 / imported.median:,.0f}")
    report.ratio("git fast-import / import", written, imported, "at least 0.5")
    few = folder / "few.jsonl"
    few.write_text("".join(map(line, range(SMALL))))
    for source, count in ((few, SMALL), (lines, NODES)):
        _anew(target)
        report.fact(
            f"memory of an import of {count:,}",
            f"{peak(target, 'import', str(source)).own >> 20} MB",
        )


def line(number: int) -> str:
    day = f"2026-{number // 10 % 12 + 1:02}-{number // 120 % 28 + 1:02}T09:30:00Z"
    fields = {"id": f"n{number}", "text": text(number), "at": day, "agent": "claude"}
    if number % CHAIN:
        fields["after"] = f"n{number - 1}"
    return json.dumps(fields) + "\n"


def _anew(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
    new_repository(path)
