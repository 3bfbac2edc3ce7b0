"""gc: over 1,000 archive refs, packed and loose, against git listing and deleting the same refs."""

import time
from pathlib import Path

from git_mnemo.refs import ARCHIVE
from tests.benchmarks.measure import Case, Report, Times, interleave
from tests.benchmarks.projects import YEAR, Library
from tests.benchmarks.scratch import mnemo, new_repository, process
from tests.support import run_git

REFS = 1_000
ROUNDS = 5


def run(folder: Path, library: Library, report: Report, rounds: int) -> None:
    """A dry run and a real one, each round on refs made anew."""
    for packed in (False, True):
        kind = "packed" if packed else "loose"
        archive = Archive(new_repository(folder / kind), packed)
        times = interleave(archive.cases(kind), min(rounds, ROUNDS))
        report.times(times)
        _ratios(report, kind, times)


def _ratios(report: Report, kind: str, times: list[Times]) -> None:
    listed, dry, deleted, collected = times
    report.ratio(f"gc --dry-run / git for-each-ref, {REFS:,} {kind}", dry, listed)
    report.ratio(f"gc / git update-ref --stdin, {REFS:,} {kind}", collected, deleted)


class Archive:
    """A repository whose archive is filled again before each deletion."""

    def __init__(self, path: Path, packed: bool) -> None:
        self._path = path
        self._packed = packed
        old = int(time.time()) - YEAR * 86400
        names = [f"{ARCHIVE}s_{number:08x}_{old + number}" for number in range(REFS)]
        self._tips = dict(zip(names, _commits(path), strict=True))

    def cases(self, kind: str) -> list[Case]:
        """Listing and deleting, by git and by git mnemo."""
        form = "--format=%(objectname) %(refname)"
        deletions = "".join(f"delete {name} {tip}\n" for name, tip in self._tips.items()).encode()
        list_refs = ["git", "for-each-ref", form, ARCHIVE]
        delete = ["git", "update-ref", "--stdin"]
        return [
            Case(f"git for-each-ref, {kind}", lambda: process(list_refs, self._path), self.fill),
            Case(f"gc --dry-run, {kind}", lambda: mnemo(self._path, "gc", "--dry-run"), self.fill),
            Case(f"git update-ref --stdin, {kind}",
                 lambda: process(delete, self._path, deletions), self.fill),
            Case(f"gc, {kind}", lambda: mnemo(self._path, "gc"), self.fill),
        ]  # fmt: skip

    def fill(self) -> None:
        """Make all the refs stand, packed or not."""
        moves = "".join(f"update {name} {tip}\n" for name, tip in self._tips.items())
        run_git("update-ref", "--stdin", cwd=self._path, input=moves)
        if self._packed:
            run_git("pack-refs", "--all", cwd=self._path)


def _commits(path: Path) -> list[str]:
    """Tips that differ, one for each session."""
    stream = "".join(
        f"commit refs/heads/tips\nmark :{number}\ncommitter Ada Example <ada@example.com>"
        f" {number} +0000\ndata 3\ntip\n"
        for number in range(1, REFS + 1)
    )
    run_git("fast-import", "--quiet", cwd=path, input=stream)
    return run_git("rev-list", "refs/heads/tips", cwd=path).splitlines()
