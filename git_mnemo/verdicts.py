"""Verdicts: what became of the lines that nodes are about. No model, no network, nothing written.

Every file is read once, and the number of git processes does not grow with that of anchors.
"""

from __future__ import annotations

from itertools import chain

from git_mnemo import files, relocation, renames
from git_mnemo.files import File
from git_mnemo.record import NamedTuple
from git_mnemo.relocation import MISSING, MOVED, UNKNOWN, Text, Verdict

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

    def judge(self, by_path: Mapping[str, Iterable[Anchor]]) -> dict[Anchor, Verdict]:
        """The verdicts on the anchors of each path."""
        found = self._read(by_path)
        renamed = self._renamed([path for path, file in found.items() if file.gone])
        found_again = found | self._read(sorted(set(renamed.values()) - found.keys()))
        verdicts: dict[Anchor, Verdict] = {}
        texts: list[_Sought] = []
        lost: list[Anchor] = []
        for path, anchors in by_path.items():
            now = renamed.get(path, path)
            file = found_again[now]
            if file.content is not None:
                texts.append(_Sought(now, Text(file.content), list(anchors)))
            elif file.gone:
                lost += anchors
                verdicts |= dict.fromkeys(anchors, Verdict(MISSING, None, found[path].reason))
            else:
                verdicts |= dict.fromkeys(anchors, Verdict(UNKNOWN, None, file.reason))
        return verdicts | self._seek(texts) | self._under_the_same_name(lost)

    def _read(self, paths: Iterable[str]) -> dict[str, File]:
        if self._tip is None:
            return files.in_work_tree(self._repository, paths)
        return files.at_commit(self._repository, self._tip, paths)

    def _renamed(self, gone: Sequence[str]) -> dict[str, str]:
        """The new names of files that are gone, for those that were renamed."""
        tip = self._tip or self._repository.store.ref("HEAD")
        if tip is None or not gone:
            return {}
        if self._tip is not None:
            return renames.in_history(self._repository, tip, gone)
        there = files.standing_at(self._repository, tip, gone)
        past = [path for path in gone if path not in there]
        names = {path: path for path in there}
        names |= renames.in_history(self._repository, tip, past) if past else {}
        absent = files.absent(self._repository, names.values())
        onward = renames.in_work_tree(self._repository, absent) if absent else {}
        return {path: onward.get(name, name) for path, name in names.items()}

    def _seek(self, texts: Iterable[_Sought]) -> dict[Anchor, Verdict]:
        """The verdicts on anchors whose files are read; the old files are read where needed."""
        verdicts: dict[Anchor, Verdict] = {}
        left: list[_Sought] = []
        for one in texts:
            here = {
                anchor: relocation.in_place(anchor, one.path, one.now) for anchor in one.anchors
            }
            verdicts |= {anchor: verdict for anchor, verdict in here.items() if verdict is not None}
            left.append(one._replace(anchors=[a for a, verdict in here.items() if verdict is None]))
        old = self._old(anchor.blob for one in left for anchor in one.anchors)
        for path, now, anchors in left:
            # The longest first: what one pass over the file finds serves all of them.
            now.expect(anchor.hash for anchor in anchors if anchor.blob not in old)
            for anchor in sorted(anchors, key=lambda one: (one.first or 0) - (one.last or 0)):
                then = old.get(anchor.blob or "")
                verdicts[anchor] = relocation.elsewhere(anchor, path, now, then)
        return verdicts

    def _old(self, oids: Iterable[str | None]) -> dict[str, Text]:
        """The files that anchors were laid on, where they are here, by blob."""
        asked = {oid for oid in oids if oid is not None}
        read = files.blobs(self._repository.store, asked) if asked else {}
        return {oid: Text(file.content) for oid, file in read.items() if file.content is not None}

    def _under_the_same_name(self, lost: Sequence[Anchor]) -> dict[Anchor, Verdict]:
        """Verdicts on what a move in the work tree, of which git was not told, took elsewhere.

        Only where one untracked file of that name has the lines: a name alone says little.
        """
        if not lost or self._tip is not None:
            return {}
        by_name: dict[str, list[str]] = {}
        for path in renames.untracked(self._repository):
            by_name.setdefault(path.rpartition("/")[2], []).append(path)
        places = {anchor: by_name.get(anchor.path.rpartition("/")[2], []) for anchor in lost}
        only = {anchor: paths[0] for anchor, paths in places.items() if len(paths) == 1}
        read = self._read(set(only.values()))
        texts = (
            _Sought(path, Text(read[path].content or b""), [anchor])
            for anchor, path in only.items()
        )
        found = self._seek(texts)
        return {anchor: verdict for anchor, verdict in found.items() if verdict.name == MOVED}


class _Sought(NamedTuple):
    """A file as it is now, and the anchors to be found in it."""

    path: str
    now: Text
    anchors: list[Anchor]
