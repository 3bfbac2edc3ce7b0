"""The nodes of a view that are about lines of code."""

from __future__ import annotations

from git_mnemo.store import layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_mnemo.node import Node
    from git_mnemo.store.interface import Store
    from git_mnemo.view import View


def nodes(store: Store, view: View) -> dict[str, Node]:
    """The visible nodes with anchors, by address."""
    return {
        address: found
        for address, found in _all(store, view)
        if found.anchors and not view.hiding.hidden(address)
    }


def _all(store: Store, view: View) -> Iterator[tuple[str, Node]]:
    yield from view.own_nodes().items()
    own = view.own_nodes()
    for chain_id in view.project.chain_ids():
        for entry in view.project.entries(chain_id):
            found = layout.node_at(store, entry.address) if entry.address not in own else None
            if found is not None:
                yield entry.address, found
