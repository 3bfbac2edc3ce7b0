"""Trust: whose nodes may hide others, and may be given to agents.

A node is trusted when a trusted commit of the project's history adds it; what the sessions of this
clone hold is trusted always. With `mnemo.trust = all`, as it is if unset, nothing is looked up.
"""

from __future__ import annotations

from git_mnemo import suspicion
from git_mnemo.errors import MnemoError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from git_mnemo.node import Node
    from git_mnemo.repository import Repository

ALL, SIGNED, AUTHORS = "all", "signed", "authors"
POLICIES = (ALL, SIGNED, AUTHORS)


def policy(repository: Repository) -> str:
    """Which commits are trusted, as configured. Refuses any other word."""
    said = repository.config.get("mnemo.trust", ALL).strip().lower()
    if said not in POLICIES:
        raise MnemoError(
            "usage",
            f"mnemo.trust is {said!r}, and can be {', '.join(POLICIES)}.",
            "git config mnemo.trust all",
        )
    return said


def authors(repository: Repository) -> frozenset[str]:
    """The addresses of `mnemo.trustAuthor`, in lower case."""
    named = repository.config.get("mnemo.trustauthor", "").replace(",", " ").split()
    return frozenset(one.strip("<>").lower() for one in named)


def unsigned(repository: Repository) -> str | None:
    """Why nobody trusts what is promoted here as this clone is configured; None where they may."""
    if policy(repository) != SIGNED or repository.is_on("mnemo.sign"):
        return None
    return "mnemo.trust is signed, and promotions made here are not: nobody will trust them."


def doubts(repository: Repository, tip: str | None) -> Callable[[str], bool] | None:
    """Whether a node of the project, as it is at `tip`, is not trusted; None: every node is."""
    found = of(repository, tip)
    return None if found is None else found.doubts


def of(repository: Repository, tip: str | None) -> Trust | None:
    """The trust in what the history behind `tip` added; None where all is trusted."""
    limit = policy(repository)
    return None if limit == ALL else Trust(repository, tip, limit)


def is_fit(doubted: Callable[[str], bool] | None, address: str, found: Node) -> bool:
    """Whether a node may be given to an agent that did not ask for this very node.

    `doubted` as of `doubts`; None for what a session of this clone holds.
    """
    trusted = doubted is None or not doubted(address)
    return trusted and not suspicion.of_node(found)


class Trust:
    """Which commits behind a tip of the project are trusted, and so which nodes."""

    def __init__(self, repository: Repository, tip: str | None, limit: str) -> None:
        from git_mnemo.index.adders import Adders

        self._adders = Adders(repository.store, repository.shared_state, tip)
        self._known: dict[str, bool] = {}
        commits = self._adders.all()
        if limit == AUTHORS:
            named = authors(repository)
            kept = {one.number: one.oid for one in commits if one.email.lower() in named}
        else:
            good = self._signed(repository, [one.oid for one in commits])
            kept = {one.number: one.oid for one in commits if good[one.oid]}
        self._numbers = frozenset(kept)
        self._commits = frozenset(kept.values())

    def _signed(self, repository: Repository, oids: list[str]) -> dict[str, bool]:
        """Whether each commit is well signed; git is asked only about those not asked about yet."""
        from git_mnemo.signatures import Keys

        keys = Keys(repository)
        mark = keys.mark()
        known = self._adders.checked(mark)
        fresh = keys.good(oid for oid in oids if oid not in known)
        if fresh:
            self._adders.keep(mark, fresh)
        return known | fresh

    def doubts(self, address: str) -> bool:
        """Whether no trusted commit added the node."""
        if address not in self._known:
            self._known[address] = self._numbers.isdisjoint(self._adders.of(address))
        return self._known[address]

    def vouches(self, oid: str) -> bool:
        """Whether the commit is a trusted one."""
        return oid in self._commits
