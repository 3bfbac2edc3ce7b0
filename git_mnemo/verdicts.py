"""Verdicts: what became of the lines that nodes are about. No model, no network, nothing written.

Every file is read once, and the number of git processes does not grow with that of anchors.
"""

from __future__ import annotations

from itertools import chain

from git_mnemo import files, relocation, renames
from git_mnemo.files import File
from git_mnemo.relocation import FRESH, MISSING, MOVED, UNKNOWN, Text, Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from git_mnemo.anchor import Anchor
    from git_mnemo.node import Node
    from git_mnemo.repository import Repository


def of_nodes(
    repository: Repository, nodes: Mapping[str, Node | None], rev: str | None = None
) -> dict[str, list[Verdict]]:
    """A verdict for each anchor of each node, in the order of the node's anchors, by address."""
    anchors = {address: found.anchors if found else () for address, found in nodes.items()}
    known = of(repository, (one for laid in anchors.values() for one in laid), rev)
    return {address: [known[one] for one in laid] for address, laid in anchors.items()}


def of(
    repository: Repository, anchors: Iterable[Anchor], rev: str | None = None
) -> dict[Anchor, Verdict]:
    """The verdicts on anchors against the work tree, or against the commit that `rev` names.

    In a bare repository that is HEAD, if nothing else is said.
    """
    by_path: dict[str, set[Anchor]] = {}
    for anchor in anchors:
        by_path.setdefault(anchor.path, set()).add(anchor)
    if not by_path:
        return {}
    tip = files.commit_of(repository, rev) if rev is not None else None
    if tip is None and repository.top is None:
        tip = repository.store.ref("HEAD")
        if tip is None:
            return {one: Verdict(UNKNOWN, None, NO_FILES) for one in chain(*by_path.values())}
    return _Judge(repository, tip).judge(by_path)


NO_FILES = "a bare repository without a commit has no files"


class _Judge:
    """One target: the work tree, or the commit `tip`."""

    def __init__(self, repository: Repository, tip: str | None) -> None:
        self._repository = repository
        self._tip = tip
        self._old: dict[str, Text | None] = {}

    def judge(self, by_path: Mapping[str, Iterable[Anchor]]) -> dict[Anchor, Verdict]:
        found = self._read(by_path)
        renamed = self._renamed([path for path, file in found.items() if file.gone])
        read_again = self._read(sorted(set(renamed.values()) - found.keys()))
        verdicts: dict[Anchor, Verdict] = {}
        lost: list[Anchor] = []
        for path, anchors in by_path.items():
            now = renamed.get(path, path)
            file = read_again.get(now) or found[now]
            if file.content is None and file.gone:
                lost += anchors
                verdicts |= dict.fromkeys(anchors, Verdict(MISSING, None, found[path].reason))
            elif file.content is None:
                verdicts |= dict.fromkeys(anchors, Verdict(UNKNOWN, None, file.reason))
            else:
                verdicts |= self._in_file(list(anchors), now, Text(file.content))
        return verdicts | self._under_the_same_name(lost)

    def _read(self, paths: Iterable[str]) -> dict[str, File]:
        if self._tip is None:
            return files.in_work_tree(self._repository, paths)
        return files.at_commit(self._repository, self._tip, paths)

    def _renamed(self, gone: Sequence[str]) -> dict[str, str]:
        """The new names of files that are gone, for those that were renamed."""
        if not gone:
            return {}
        tip = self._tip or self._repository.store.ref("HEAD")
        if tip is None:
            return {}
        there = files.standing_at(self._repository, tip, gone) if self._tip is None else set()
        past = renames.in_history(self._repository, tip, [p for p in gone if p not in there])
        ways = {**{path: path for path in there}, **past}
        if self._tip is not None:
            return ways
        missing = {
            name for name, file in self._read(sorted(set(ways.values()))).items() if file.gone
        }
        onward = renames.in_work_tree(self._repository, missing) if missing else {}
        return {path: onward.get(name, name) for path, name in ways.items()}

    def _in_file(self, anchors: Sequence[Anchor], path: str, now: Text) -> dict[Anchor, Verdict]:
        verdicts: dict[Anchor, Verdict] = {}
        left: list[Anchor] = []
        for anchor in anchors:
            here = relocation.in_place(anchor, path, now)
            if here is None:
                left.append(anchor)
            else:
                verdicts[anchor] = here
        # The longest first: what one pass over the file finds serves all of them.
        now.expect(anchor.hash for anchor in left)
        for anchor in sorted(left, key=lambda one: (one.first or 0) - (one.last or 0)):
            old = self._text(anchor.blob) if anchor.blob is not None else None
            verdicts[anchor] = relocation.elsewhere(anchor, path, now, old)
        return verdicts

    def _text(self, oid: str) -> Text | None:
        """The file that the anchor was laid on, where its blob is here."""
        if oid not in self._old:
            content = files.blob(self._repository.store, oid).content
            self._old[oid] = Text(content) if content is not None else None
        return self._old[oid]

    def _under_the_same_name(self, lost: Sequence[Anchor]) -> dict[Anchor, Verdict]:
        """Verdicts on what a move in the work tree, of which git was not told, took elsewhere.

        Only where one untracked file of that name has the lines: a name alone says little.
        """
        if not lost or self._tip is not None:
            return {}
        by_name: dict[str, list[str]] = {}
        for path in renames.untracked(self._repository):
            by_name.setdefault(path.rpartition("/")[2], []).append(path)
        verdicts = {}
        for anchor in lost:
            places = by_name.get(anchor.path.rpartition("/")[2], [])
            if len(places) != 1:
                continue
            content = self._read(places)[places[0]].content
            if content is not None:
                verdict = self._in_file([anchor], places[0], Text(content))[anchor]
                if verdict.name == MOVED:
                    verdicts[anchor] = verdict
        return verdicts


def is_fresh(verdicts: Iterable[Verdict]) -> bool:
    """Whether all of a node's anchors are where they were, or were found elsewhere."""
    return all(one.name in (FRESH, MOVED) for one in verdicts)
