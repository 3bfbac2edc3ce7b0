"""The nodes of a view that are tied to code: by anchors to files, as commit nodes to commits."""

from __future__ import annotations

from git_mnemo.node import COMMIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from git_mnemo.node import Node
    from git_mnemo.view import View


def nodes(view: View) -> dict[str, Node]:
    """The visible nodes with anchors, by address."""
    return {
        address: found
        for address, found in _all(view)
        if found.anchors and not view.hiding.hidden(address)
    }


def on_paths(view: View, paths: Collection[str]) -> dict[str, Node]:
    """The visible nodes with an anchor on one of these paths, by address."""
    return {
        address: found
        for address, found in nodes(view).items()
        if any(anchor.path in paths for anchor in found.anchors)
    }


def paths(view: View) -> set[str]:
    """Every path that some node of the view has an anchor on, a hidden one too."""
    return {anchor.path for _, found in _all(view) for anchor in found.anchors}


def commit_nodes(view: View, commit: str) -> list[str]:
    """The commit nodes of a commit, and those that replaced it or that it replaced."""
    found = [address for address, one in _all(view) if one.type == COMMIT and one.commit == commit]
    tied = dict.fromkeys(found)
    for address in found:
        tied |= dict.fromkeys(user for user, type_ in view.users(address) if type_ == COMMIT)
        one = view.node(address)
        tied |= dict.fromkeys(one.inputs if one is not None else ())
    return list(tied)


def _all(view: View) -> Iterator[tuple[str, Node]]:
    own = view.own_nodes()
    yield from own.items()
    for chain_id in view.project.chain_ids():
        for entry in view.project.entries(chain_id):
            found = view.node(entry.address) if entry.address not in own else None
            if found is not None:
                yield entry.address, found
