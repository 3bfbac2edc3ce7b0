"""The nodes of a view that are tied to code: by anchors to files, as commit nodes to commits."""

from __future__ import annotations

from git_mnemo.errors import MnemoError
from git_mnemo.node import COMMIT, DEFAULT_DOMAIN, normalise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from git_mnemo.node import Node
    from git_mnemo.view import View


def nodes(view: View) -> dict[str, Node]:
    """The visible nodes with anchors, by address."""
    return _visible(view, view.project.anchored_nodes())


def few(view: View, most: int) -> dict[str, Node] | None:
    """The visible nodes with anchors, by address; None where there are more than `most`, hidden
    ones of the project among them."""
    shared = view.project.anchored_nodes(most + 1)
    found = _visible(view, shared) if len(shared) <= most else None
    return found if found is not None and len(found) <= most else None


def on_paths(view: View, paths: Collection[str]) -> dict[str, Node]:
    """The visible nodes with an anchor on one of these paths, by address."""
    shared = (address for path in paths for address in view.project.anchored(path))
    return {
        address: found
        for address, found in _visible(view, shared).items()
        if any(anchor.path in paths for anchor in found.anchors)
    }


def paths(view: View) -> set[str]:
    """Every path that some node of the view has an anchor on, a hidden one too."""
    own = (anchor.path for found in view.own_nodes().values() for anchor in found.anchors)
    return {*own, *view.project.anchored_paths()}


def _visible(view: View, shared: Iterable[str]) -> dict[str, Node]:
    """Those of these nodes of the project, and of the session's, that have anchors."""
    known = {address: view.node(address) for address in shared} | view.own_nodes()
    return {
        address: found
        for address, found in known.items()
        if found is not None and found.anchors and not view.hiding.hidden(address)
    }


def commit_nodes(view: View, commit: str, subject: str) -> list[str]:
    """The commit nodes of a commit with that subject, and those that replaced it or that it
    replaced."""
    own = (address for address, one in view.own_nodes().items() if one.commit == commit)
    tied = dict.fromkeys(own)
    # A node of it says its subject, or its id: no other needs to be looked at.
    for text in (*_normal(subject), commit):
        for address in view.project.saying(DEFAULT_DOMAIN, text):
            one = view.node(address)
            if one is not None and one.commit == commit:
                tied[address] = None
    for address in list(tied):
        tied |= dict.fromkeys(user for user, type_ in view.users(address) if type_ == COMMIT)
        one = view.node(address)
        tied |= dict.fromkeys(one.inputs if one is not None else ())
    return list(tied)


def _normal(subject: str) -> list[str]:
    try:
        return [normalise(subject)]
    except MnemoError:  # a subject of nothing but blanks
        return []
