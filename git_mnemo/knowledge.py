"""What the project knows, as facts to tell an agent: by file, by words, and the newest.

Everything comes from the index and from one `git cat-file`; the repository itself is opened only
where a session has claims of its own.
"""

from __future__ import annotations

import os
from itertools import islice

from git_mnemo import node, relevance, trust
from git_mnemo.digest import Fact, Place
from git_mnemo.hiding import Hiding
from git_mnemo.index import Index

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from git_mnemo.anchor import Anchor
    from git_mnemo.index import Claimed
    from git_mnemo.node import Node
    from git_mnemo.repository import Repository
    from git_mnemo.session import Session
    from git_mnemo.store.late import Late
    from git_mnemo.view import View

_SAYING = (node.LEAF, node.COMPRESS, node.SUPERSEDE)
MOST_FILES = 40
LAST = 3
"""How many claims of a chain are its news."""
MOST_FACTS = 24
"""How many facts one question brings at most."""


class Knowledge:
    """The project and some sessions, for the answers to one event.

    Questions give addresses, the most useful first; `facts` makes facts of several answers at once.
    """

    def __init__(self, repository: Repository, store: Late, members: list[Session]) -> None:
        self._repository = repository
        self._store = store
        self._members = members
        self._index = Index(store, repository.shared_state)
        self._doubted = trust.doubts(repository, self._index.tip)
        self._whole = self._open_view() if members else None
        # Without sessions the index alone is the view.
        known = self._whole if self._whole is not None else self._index
        self._type_of = known.type_of
        self._hiding = (
            self._whole.hiding
            if self._whole is not None
            else Hiding(known.users, known.type_of, self._doubted)
        )
        self._put_aside: set[str] | None = None
        self._told: dict[str, tuple[int, str | None]] = {}
        self._known: dict[str, list[Claimed]] = {}

    def _open_view(self) -> View:
        from git_mnemo.store import history
        from git_mnemo.view import View

        roots = {one.id: history.tree_of(self._store, one.tip) for one in self._members}
        return View(self._store, self._index, roots, self._doubted)

    def is_about_files(self) -> bool:
        """Whether any claim of the project is about lines of a file."""
        return self._index.has_anchors()

    # -- questions -----------------------------------------------------------------------------

    def own(self) -> list[str]:
        """The newest claims that only the sessions have."""
        if self._whole is None:
            return []
        from git_mnemo.store import history

        for one in self._members:
            for _, commit in history.walk(self._store, one.tip):
                for told in history.message_of(commit).nodes:
                    self._told.setdefault(told.member.address, (told.at, told.agent))
                if len(self._told) > MOST_FACTS:
                    break
        kept = [
            address
            for address in self._told
            if self._whole.has(address) and not self._index.has(address)
        ]
        return sorted(kept, key=lambda address: (-self._told[address][0], address))

    def of_files(self, paths: Iterable[str]) -> list[str]:
        """The claims about lines of these files, in the order of the files."""
        some = list(dict.fromkeys(paths))[:MOST_FILES]
        return [address for path in some for address in self._index.anchored(path)]

    def latest(self, chains: int) -> list[str]:
        """The last claims of the newest chains, the newest first."""
        found: dict[str, int] = {}
        for chain_id in self._index.latest_chains(chains):
            for entry in self._index.entries(chain_id)[-LAST:]:
                claimed = self._claimed(entry.address)
                found[entry.address] = claimed[-1].at if claimed else 0
        return sorted(found, key=lambda address: (-found[address], address))

    def about(self, text: str) -> list[str]:
        """The claims that share enough of the telling words of a text, best first."""
        most = relevance.common(self._index.rows())
        rarities = {term: self._index.rarity(term, most + 1) for term in relevance.terms(text)}
        weights = relevance.chosen(rarities, self._index.rows())
        holding = {term: self._index.holding(term, most) for term in weights}
        return relevance.fitting(holding, weights)

    # -- from addresses to facts ---------------------------------------------------------------

    def facts(self, answers: list[list[str]]) -> list[list[Fact]]:
        """The facts of several answers, each fact in the first that has it."""
        wanted: dict[str, None] = {}
        for answer in answers:
            wanted |= dict.fromkeys(self._visible(answer))
        self._store.fetch([address for address in wanted if self._index.has(address)])
        read = ((address, self._node(address)) for address in wanted)
        nodes = {
            address: found
            for address, found in read
            if found is not None and self._fit(address, found)
        }
        laid = self._laid(nodes)
        made = {
            address: Fact(address, found.text, found.domain, *self._origin(address), laid[address],
                          shared=self._index.has(address))
            for address, found in nodes.items()
        }  # fmt: skip
        return [[made.pop(address) for address in answer if address in made] for answer in answers]

    def _fit(self, address: str, found: Node) -> bool:
        """Whether an agent may be told of it: it is trusted, and no instruction."""
        own = self._whole is not None and address in self._whole.own_nodes()
        return trust.is_fit(None if own else self._doubted, address, found)

    def _visible(self, addresses: list[str]) -> list[str]:
        """Those that say something now, so many as there may be room for."""
        kept = (
            address
            for address in dict.fromkeys(addresses)
            if self._type_of(address) in _SAYING
            and not self._hiding.hidden(address)
            and not self._is_put_aside(address)
        )
        return list(islice(kept, MOST_FACTS))

    def _is_put_aside(self, address: str) -> bool:
        """Whether the node stands in stashed chains alone."""
        if self._put_aside is None:
            self._put_aside = self._all_put_aside()
        if not self._put_aside:
            return False
        if self._whole is None:
            self._whole = self._open_view()
        return all(one.chain in self._put_aside for one in self._whole.places(address))

    def _all_put_aside(self) -> set[str]:
        """The stashed chains."""
        ever = set(self._index.chains_with_stash())
        if self._whole is not None:
            ever |= set(self._whole.own_chains())
        view = (self._whole or self._open_view()) if ever else None
        return {id_ for id_ in ever if view is not None and view.stashed(id_)}

    def _node(self, address: str) -> Node | None:
        kind, data = self._store.read(address)
        return node.decode(data, self._store.width) if kind == "blob" else None

    def _origin(self, address: str) -> tuple[str | None, int | None]:
        """Who recorded it, and when."""
        if address in self._told:
            at, agent = self._told[address]
            return agent, at
        claimed = self._claimed(address)
        if not claimed:
            return None, None
        first = claimed[0]
        return f"{first.agent} for {first.author}" if first.agent else first.author, first.at

    def _claimed(self, address: str) -> list[Claimed]:
        if address not in self._known:
            self._known[address] = self._index.claimed(address)
        return self._known[address]

    def _laid(self, nodes: dict[str, Node]) -> dict[str, tuple[Place, ...]]:
        """The places in the code that each claim is about, with verdicts."""
        anchors = {one for found in nodes.values() for one in found.anchors}
        top = self._repository.top
        if not anchors or top is None:
            return dict.fromkeys(nodes, ())
        from git_mnemo import files, verdicts  # for claims about code only

        # Where a file is gone, its new name is looked for in all of history; that can wait.
        there = [
            one
            for one in anchors
            if files.is_inside(one.path) and os.path.lexists(os.path.join(top, one.path))
        ]
        known = verdicts.of(self._repository, there)
        return {
            address: tuple(
                Place(_where(one), known[one].name if one in known else "missing")
                for one in found.anchors
            )
            for address, found in nodes.items()
        }


def _where(laid: Anchor) -> str:
    if laid.first is None:
        return laid.path
    return f"{laid.path}:{laid.first}" + (f"-{laid.last}" if laid.last != laid.first else "")
