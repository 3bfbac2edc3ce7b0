"""anchors: verify 1,000 of them over 200 files; why for a line, with 10,000 and 100,000 nodes."""

import json
import random
from pathlib import Path

from git_mnemo.provenance import Limits, why
from git_mnemo.verifying import verify
from tests.benchmarks.measure import Case, Report, interleave
from tests.benchmarks.projects import Library
from tests.benchmarks.scratch import EMAIL, NAME, entry_point, mnemo, new_repository, opened
from tests.support import run as started
from tests.support import run_git

FILES, LINES, EACH = 200, 300, 5
"""Files, the lines of each, and the anchors on each."""

LONG, COMMITS = 2_000, 2_000
"""Lines of one file, and the commits that changed one of them each."""

SIZES = (10_000, 100_000)
NOW = 1_800_000_000


def run(folder: Path, library: Library, report: Report, rounds: int) -> None:
    """Verifying, and asking why."""
    verifying(new_repository(folder / "verify"), report, rounds)
    for nodes in SIZES:
        asking(library.sized(nodes), nodes, report, rounds)


def verifying(path: Path, report: Report, rounds: int) -> None:
    """All anchors at once, when nothing, everything's place, and everything has changed."""
    write_files(path, "", "compute")
    run_git("add", ".", cwd=path)
    run_git("commit", "--quiet", "--message", "Code", cwd=path)
    batch = "".join(json.dumps(claim) + "\n" for claim in claims())
    mnemo(path, "claim", "--batch", input=batch.encode())
    mnemo(path, "promote", "--all")
    repository, command = opened(path), [*entry_point(), "verify"]
    for verdict, head, name in (
        ("fresh", "", "compute"),
        ("moved", "import time\n\n", "compute"),
        ("drifted", "", "computed"),
    ):
        write_files(path, head, name)
        times = interleave(
            [
                Case(f"git mnemo verify, all {verdict}", lambda: started(*command, cwd=path)),
                Case("the verb", lambda: verify(repository, None, NOW, [], str(path), None)),
                Case("git diff HEAD", lambda: started("git", "diff", "HEAD", cwd=path)),
            ],
            rounds,
        )
        report.times(times)
        count = f"{FILES * EACH:,} anchors in {FILES} files"
        report.fact(f"verify {count}, all {verdict}", f"{times[0].median * 1000:,.0f} ms")
        report.ratio(f"verify, all {verdict} / git diff HEAD", times[0], times[2])


def write_files(path: Path, head: str, name: str) -> None:
    """The files, each with lines of its own; `head` is put in front of them."""
    for number in range(FILES):
        lines = (f"    value_{number}_{line} = {name}({line})\n" for line in range(LINES))
        (path / f"module_{number:03}.py").write_text(head + "".join(lines))


def claims() -> list[dict[str, object]]:
    """The lines of a batch: so many anchors on each file, of twenty lines each."""
    step = LINES // EACH
    return [
        {"text": f"About {number}, {at}", "anchors": [f"module_{number:03}.py:{at}-{at + 20}"]}
        for number in range(FILES)
        for at in range(10, 10 + step * EACH, step)
    ]


def asking(path: Path, nodes: int, report: Report, rounds: int) -> None:
    """Why a line is as it is that nobody has changed for long, against git's own blame of it."""
    write_history(path)
    mnemo(path, "claim", "--anchor", f"long.py:{LONG - 20}-{LONG}", "Why it is so.")
    mnemo(path, "promote", "--all")
    repository = opened(path)
    place = f"long.py:{LONG}"
    command = [*entry_point(), "why", place]
    blame = ["git", "blame", "-L", f"{LONG},{LONG}", "--porcelain", "--", "long.py"]
    times = interleave(
        [
            Case(f"git mnemo why, {nodes:,} nodes", lambda: started(*command, cwd=path)),
            Case("the verb", lambda: why(repository, None, NOW, place, str(path), Limits(3, 6000))),
            Case("git blame", lambda: started(*blame, cwd=path)),
        ],
        rounds,
    )
    report.times(times)
    report.ratio(f"why / git blame, {nodes:,} nodes", times[0], times[2], "at most 2")
    report.ratio(f"why, the verb / git blame, {nodes:,} nodes", times[1], times[2])


def write_history(path: Path) -> None:
    """A file, and commits that change a line of it each, but for the last ones."""
    draw = random.Random(0)
    lines = [f"value_{line} = compute({line})\n" for line in range(LONG)]
    stream = []
    for number in range(COMMITS):
        if number:
            lines[draw.randrange(LONG - 30)] = f"value = compute({number}, {draw.random()})\n"
        content = "".join(lines)
        person = f"{NAME} <{EMAIL}> {NOW - COMMITS + number} +0000"
        stream.append(f"commit refs/heads/main\nauthor {person}\ncommitter {person}\n")
        stream.append("data 6\nChange\n" + ("from refs/heads/main^0\n" if not number else ""))
        stream.append(f"M 100644 inline long.py\ndata {len(content)}\n{content}\n")
    run_git("fast-import", "--quiet", cwd=path, input="".join(stream))
    run_git("gc", "--quiet", cwd=path)
    run_git("reset", "--quiet", "--hard", cwd=path)
