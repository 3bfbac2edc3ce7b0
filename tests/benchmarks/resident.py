"""resident: claims in one long-lived process against the shell script; and 10,000 in one batch."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterable
from itertools import count
from pathlib import Path

from git_mnemo import node
from git_mnemo.claim import Draft, record
from tests.benchmarks import shell
from tests.benchmarks.measure import Case, Report, interleave
from tests.benchmarks.projects import CHAIN, Library, text
from tests.benchmarks.scratch import mnemo, new_repository, opened, process, stamp

BATCH = 10_000


def run(folder: Path, library: Library, report: Report, rounds: int) -> None:
    """Both ways in which an agent claims without a process for each claim."""
    one_by_one(folder, report, rounds)
    batch(folder, report)


def one_by_one(folder: Path, report: Report, rounds: int) -> None:
    """Chains of ten claims, each claim a commit and a ref move."""
    path = new_repository(folder / "repository")
    repository = opened(path)
    numbers = count(1)
    script = shell.short(path)

    def ten_claims() -> None:
        for position in range(CHAIN):
            draft = Draft(f"Claim {next(numbers)} of a server.", new_chain=position == 0)
            record(repository, stamp(repository), None, [draft])

    def three_scripts() -> None:
        for _ in range(3):
            script()

    times = interleave(
        [
            Case("plumbing, one mktree", three_scripts, units=3),
            Case("a claim in a long-lived process", ten_claims, units=CHAIN),
        ],
        rounds,
    )
    report.times(times)
    script_times, claimed = times
    report.ratio("plumbing / claim in a long-lived process", script_times, claimed, "at least 10")


def batch(folder: Path, report: Report) -> None:
    """One `claim --batch`, and git writing the same nodes loose, or packed with their commits."""
    said = [text(number) for number in range(BATCH)]
    drafts = [{"text": one, "title": f"Chain {number // CHAIN}"} for number, one in enumerate(said)]
    lines = "".join(json.dumps(draft) + "\n" for draft in drafts).encode()
    blobs = [node.encode(node.build(node.LEAF, one)) for one in said]
    paths = _files(folder / "blobs", blobs)
    packed = stream(blobs)
    target = folder / "target"

    def anew() -> None:
        shutil.rmtree(target, ignore_errors=True)
        new_repository(target)

    def fast_import() -> None:
        subprocess.run(["git", "fast-import", "--quiet"], cwd=target, input=packed, check=True)

    hash_object = ["git", "hash-object", "-w", "--stdin-paths"]
    times = interleave(
        [
            Case("claim --batch, a claim", lambda: mnemo(target, "claim", "--batch", input=lines),
                 anew, BATCH),
            Case("git hash-object --stdin-paths, a blob",
                 lambda: process(hash_object, target, paths), anew, BATCH),
            Case("git fast-import, a blob and its commit's share", fast_import, anew, BATCH),
        ],
        rounds=3,
        warm=False,
    )  # fmt: skip
    report.times(times)
    claimed, loose, fast = times
    report.fact("claims of one batch, a second", f"{1 / claimed.median:,.0f}")
    report.ratio("claim --batch / git hash-object --stdin-paths", claimed, loose)
    report.ratio("claim --batch / git fast-import", claimed, fast)


def _files(folder: Path, blobs: list[bytes]) -> bytes:
    """The blobs as files; their paths, one a line."""
    folder.mkdir()
    paths = [folder / str(number) for number in range(len(blobs))]
    for path, data in zip(paths, blobs, strict=True):
        path.write_bytes(data)
    return "".join(f"{path}\n" for path in paths).encode()


def stream(blobs: Iterable[bytes], first: int = 0) -> bytes:
    """The blobs for fast-import, ten to a commit; `first` is the number of the first."""
    parts: list[bytes] = []
    for number, data in enumerate(blobs, first):
        if number % CHAIN == 0:
            parts.append(
                b"commit refs/heads/imported\ncommitter Ada Example <ada@example.com> 0 +0000\n"
                b"data 5\nclaim\n"
            )
        name = hashlib.sha1(data).hexdigest()
        path = f"{number // 1000}/{number // CHAIN}/{name}"
        parts.append(f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
    return b"".join(parts)
