"""Verifying: which anchors of the working view still are where they were laid."""

from collections.abc import Iterable
from typing import NamedTuple

from git_mnemo import anchored, code, files, listing, relocation, verdicts
from git_mnemo.anchor import Anchor
from git_mnemo.errors import MnemoError
from git_mnemo.node import Node
from git_mnemo.relocation import Verdict
from git_mnemo.repository import Repository
from git_mnemo.view import View, short


class Checked(NamedTuple):
    """An anchor of a node, and the verdict on it."""

    address: str
    node: Node
    anchor: Anchor
    verdict: Verdict


class Asked(NamedTuple):
    """What the user named: nodes by address, and paths from the top with the words for them."""

    nodes: dict[str, Node]
    paths: dict[str, str]


def verify(
    repository: Repository,
    wanted: str | None,
    now: int,
    words: Iterable[str],
    folder: str,
    rev: str | None,
) -> list[Checked]:
    """The verdicts on the anchors of what `words` name, ordered by path and line.

    An address or a chain's id means its nodes, a path the visible nodes about that file or what is
    below that folder, under older names too; no word means all visible nodes. Paths are seen from
    `folder`. Against the work tree, or the commit that `rev` names.
    """
    if rev is not None:
        files.commit_of(repository, rev)
    view = listing.open_view(repository, listing.current_members(repository, wanted, now))
    words = list(words)
    asked = _asked(repository, view, words, folder)
    everywhere = anchored.nodes(view) if asked.paths or not words else {}
    known = verdicts.of_nodes(repository, everywhere | asked.nodes, rev)
    checked = [
        Checked(address, found, laid, verdict)
        for address, found in (everywhere | asked.nodes).items()
        for laid, verdict in zip(found.anchors, known[address], strict=True)
        if not words or address in asked.nodes or _is_about(laid, verdict, asked.paths)
    ]
    _refuse_strangers(repository, asked.paths, checked)
    return sorted(checked, key=_order)


def is_stale(checked: Iterable[Checked]) -> bool:
    """Whether any of the anchors has drifted, or its file is missing."""
    return relocation.is_stale(one.verdict for one in checked)


def _order(one: Checked) -> tuple[str, int, int, str]:
    return one.anchor.path, one.anchor.first or 0, one.anchor.last or 0, one.address


def _asked(repository: Repository, view: View, words: Iterable[str], folder: str) -> Asked:
    asked = Asked({}, {})
    for word in words:
        found = _by_id(view, word)
        if found is None:
            asked.paths[code.inside(repository, word, folder)] = word
        asked.nodes.update(found or {})
    return asked


def _by_id(view: View, word: str) -> dict[str, Node] | None:
    """The nodes that an id names; None where the word is a path."""
    if not word.startswith(("node:", "chain:")):
        try:
            prefix = short(word)
        except MnemoError:
            return None
        if not view.find_chains(prefix) and not view.find_nodes(prefix):
            return None
    kind, id_ = view.resolve(word)
    chosen = [id_] if kind == "node" else [entry.address for entry in view.entries(id_)]
    shown = {address: view.node(address) for address in chosen}
    return {
        address: found
        for address, found in shown.items()
        if found is not None and (kind == "node" or not view.hiding.hidden(address))
    }


def _is_about(laid: Anchor, verdict: Verdict, paths: Iterable[str]) -> bool:
    names = {laid.path, verdict.now.path if verdict.now is not None else laid.path}
    return any(
        path == "." or name == path or name.startswith(path + "/")
        for path in paths
        for name in names
    )


def _refuse_strangers(
    repository: Repository, paths: dict[str, str], checked: list[Checked]
) -> None:
    """A word that is no id, no file and no part of any anchor is a mistake, not an answer."""
    for path, word in paths.items():
        known = any(_is_about(one.anchor, one.verdict, [path]) for one in checked)
        if not known and not code.stands(repository, path):
            raise MnemoError("not-found", f"{word!r} is no id, and no file.", "git mnemo verify")
