"""Verdicts and reasons on real code: the history of this repository, against what git says of it.

Anchors are laid on the functions of an old commit and looked for at later ones. A clone without
that history has nothing to test.
"""

import ast
import functools
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from git_mnemo import anchor, node, verdicts
from git_mnemo.anchor import Anchor
from git_mnemo.relocation import DRIFTED, FRESH, MISSING, MOVED, TWO_PLACES, UNKNOWN, Verdict
from git_mnemo.writing import Writing, into_session
from tests.support import ROOT, run_git
from tests.verbs import SESSION, ask, claim, here, stamp

FEWEST_COMMITS = 12
LATER = 4
"""Commits at which the anchors of each old one are verified."""

HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A clone of this repository, which the test runs in; its commits, oldest first."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    if run_git("rev-parse", "--is-shallow-repository", cwd=ROOT) == "true":
        pytest.skip("a shallow clone: its history is not here")
    run_git("clone", "--quiet", "--shared", "--no-tags", str(ROOT), str(tmp_path / "clone"))
    monkeypatch.chdir(tmp_path / "clone")
    commits = run_git("rev-list", "--reverse", "--first-parent", "HEAD", "--", "git_mnemo").split()
    if len(commits) < FEWEST_COMMITS:
        pytest.skip("a history too short to tell anything")
    return commits


class Laid(NamedTuple):
    """An anchor on a function, and the function's lines."""

    anchor: Anchor
    lines: list[str]


def functions(commit: str) -> Iterator[Laid]:
    """An anchor on each function of the package at a commit; some know no blob."""
    listed = run_git("ls-tree", "-r", commit, "git_mnemo").splitlines()
    for number, entry in enumerate(line for line in listed if line.endswith(".py")):
        blob, path = entry.split()[2], entry.split("\t")[1]
        content = run_git("cat-file", "blob", blob)
        for found in ast.walk(ast.parse(content)):
            if isinstance(found, ast.FunctionDef) and found.end_lineno is not None:
                lines = content.split("\n")[found.lineno - 1 : found.end_lineno]
                digest = anchor.line_hash("\n".join(lines).encode())
                assert digest is not None
                known = blob if number % 3 else None
                yield Laid(Anchor(known, found.lineno, found.end_lineno, digest, path), lines)


class Hunk(NamedTuple):
    """Lines `first` to `last` of the old file became so many more or fewer of the new one."""

    first: int
    last: int
    growth: int


def hunks(old: str, new: str) -> dict[str, tuple[str | None, list[Hunk]]]:
    """Of each old path that changed, the new path (None: deleted) and what changed in it."""
    found: dict[str, tuple[str | None, list[Hunk]]] = {}
    path = ""
    for line in run_git("diff", "-U0", "-M", "--no-color", old, new, "--", "git_mnemo").split("\n"):
        if line.startswith("diff --git a/"):
            path, _, into = line[len("diff --git a/") :].partition(" b/")
            found[path] = (into, [])
        elif line.startswith("deleted file"):
            found[path] = (None, [])
        elif match := HUNK.match(line):
            start, count, _, new_count = (int(part or "1") for part in match.groups())
            if count == 0:  # between this line and the next: none of the old ones
                start += 1
            found[path][1].append(Hunk(start, start + count - 1, new_count - count))
    return found


def expected(laid: Anchor, changes: dict[str, tuple[str | None, list[Hunk]]]) -> int | None:
    """By how many lines the region moved; None where some change touches it."""
    _, changed = changes.get(laid.path, (laid.path, []))
    assert laid.first is not None
    assert laid.last is not None
    shift = 0
    for hunk in changed:
        if hunk.last < laid.first:
            shift += hunk.growth
        elif hunk.first <= laid.last:
            return None
    return shift


@functools.cache
def lines_at(commit: str, path: str) -> list[str]:
    return run_git("show", f"{commit}:{path}").split("\n")


def kept(lines: list[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip()]


def check(
    laid: Laid, verdict: Verdict, commit: str, changes: dict[str, tuple[str | None, list[Hunk]]]
) -> None:
    one, now = laid.anchor, verdict.now
    where = f"{one.path}:{one.first} at {commit[:10]}: {verdict}"
    path, _ = changes.get(one.path, (one.path, []))
    shift = expected(one, changes)
    if verdict.name in (FRESH, MOVED):
        assert now is not None, where
        assert now.first is not None, where
        assert now.last is not None, where
        assert kept(lines_at(commit, now.path)[now.first - 1 : now.last]) == kept(laid.lines), where
        assert (verdict.name == FRESH) == (now == (one.path, one.first, one.last)), where
    if path is None:
        # Git's one comparison from end to end may miss a rename that its commits tell of.
        assert verdict.name == MISSING or (now is not None and now.path != one.path), where
    elif shift is not None:
        assert one.first is not None
        assert one.last is not None
        if verdict.name == UNKNOWN:
            small = len(kept(laid.lines)) < 3 and sum(map(len, kept(laid.lines))) < 40
            assert small or verdict.reason == TWO_PLACES, where
        else:
            assert now == (path, one.first + shift, one.last + shift), where
    elif verdict.name == DRIFTED:
        whole = "\n".join(kept(lines_at(commit, path)))
        assert "\n".join(["", *kept(laid.lines), ""]) not in f"\n{whole}\n", where


def test_verdicts_agree_with_what_git_says_happened_to_the_lines(clone: list[str]) -> None:
    repository, seen = here(), Counter[str]()
    for start in (len(clone) // 8, len(clone) // 2):
        old = clone[start]
        laid = list(functions(old))
        later = clone[start + 1 :]
        for commit in later[:: max(1, len(later) // LATER)]:
            changes = hunks(old, commit)
            found = verdicts.of(repository, (one.anchor for one in laid), commit)
            for one in laid:
                verdict = found[one.anchor]
                seen[verdict.name] += 1
                check(one, verdict, commit, changes)
    assert {FRESH, MOVED, DRIFTED} <= seen.keys()
    assert sum(seen.values()) > 500


def test_why_names_the_commit_that_git_blames_on_twenty_lines(clone: list[str]) -> None:
    spots = []
    for path in run_git("ls-files", "git_mnemo/*.py").split("\n"):
        count = run_git("show", f"HEAD:{path}").count("\n")
        spots += [(path, line) for line in (count // 3, 2 * count // 3) if line > 2]
    spots = spots[:: len(spots) // 20][:20]
    blamed = {
        spot: run_git("blame", "-l", "-s", f"-L{spot[1]},{spot[1]}", "HEAD", "--", spot[0])
        .split()[0]
        .lstrip("^")
        for spot in spots
    }
    whole = {spot: run_git("rev-parse", short) for spot, short in blamed.items()}

    def link(writing: Writing) -> None:
        for commit in sorted(set(whole.values())):
            chain = writing.open_chain(f"Why {commit}", "history")
            writing.append(chain, writing.write(node.build("leaf", f"Because of {commit}")))
            subject = run_git("log", "-1", "--format=%s", commit)
            writing.append(chain, writing.write(node.build(node.COMMIT, subject, commit=commit)))

    into_session(here(), stamp(), SESSION, "link", link)
    ask("promote", "--all")
    changed = spots[0][0]
    Path(changed).write_text("# a local change\n" + Path(changed).read_text())
    for (path, line), commit in whole.items():
        here_now = line + (path == changed)
        answer = ask("why", f"{path}:{here_now}")
        assert answer["commit"] == commit, (path, line)
        assert [one["title"] for one in answer["chains"]] == [f"Why {commit}"], (path, line)
    assert claim("The session goes on")["created"]
