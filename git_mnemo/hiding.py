"""What hides what, over a view: computed, never stored.

A view answers one question here, who has this node as an input, and the rest follows: a node is
withdrawn by a retract that is not withdrawn itself, and hidden when withdrawn, or when something
not withdrawn supersedes or compresses it.
"""

from __future__ import annotations

from git_mnemo.node import CHAIN, COMMIT, COMPRESS, RESUME, RETRACT, STASH, SUPERSEDE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Hider = tuple[str, str]
"""Address and type of a node that has the asked one as an input."""

NEVER_HIDDEN = frozenset({CHAIN, STASH, RESUME})
_REPLACES = frozenset({SUPERSEDE, COMPRESS})


class Hiding:
    """Answers for one view, remembered while it lives.

    `users(address)` gives the nodes of the view that have it as an input (of any type);
    `type_of(address)` the type of a node of the view, None where it is opaque or not there;
    `doubted(address)` whether a node of the view is not trusted (None: every node is). What is not
    trusted hides and withdraws only what is not trusted either.
    """

    def __init__(
        self,
        users: Callable[[str], Iterable[Hider]],
        type_of: Callable[[str], str | None],
        doubted: Callable[[str], bool] | None = None,
    ) -> None:
        self._users = users if doubted is None else _heeded(users, doubted)
        self._type_of = type_of
        self._withdrawn: dict[str, bool] = {}

    def withdrawn(self, address: str) -> bool:
        """Whether a retract that stands withdraws the node."""
        # A loop, not recursion: nothing limits how often a retract may be retracted in turn.
        waiting = [address]
        while waiting:
            current = waiting[-1]
            if current in self._withdrawn:
                waiting.pop()
                continue
            retracts = [user for user, type_ in self._users(current) if type_ == RETRACT]
            unknown = [user for user in retracts if user not in self._withdrawn]
            if unknown:
                waiting += unknown
                continue
            self._withdrawn[current] = not all(self._withdrawn[user] for user in retracts)
            waiting.pop()
        return self._withdrawn[address]

    def hiders(self, address: str) -> list[Hider]:
        """The nodes that hide this one, none of them withdrawn, in the order of addresses."""
        type_ = self._type_of(address)
        if type_ is None or type_ in NEVER_HIDDEN:
            return []
        hiding = {RETRACT, *_REPLACES, COMMIT} if type_ == COMMIT else {RETRACT, *_REPLACES}
        return sorted(
            (user, kind)
            for user, kind in self._users(address)
            if kind in hiding and not self.withdrawn(user)
        )

    def hidden(self, address: str) -> bool:
        """Whether the view hides the node."""
        return bool(self.hiders(address))

    def above(self, address: str) -> list[Hider]:
        """The visible nodes reached by following the hiders upwards, in the order of addresses."""
        seen: set[str] = set()
        visible: set[Hider] = set()
        waiting = self.hiders(address)
        while waiting:
            user, kind = waiting.pop()
            if user in seen:
                continue
            seen.add(user)
            higher = self.hiders(user)
            if higher:
                waiting += higher
            else:
                visible.add((user, kind))
        return sorted(visible)


def _heeded(
    users: Callable[[str], Iterable[Hider]], doubted: Callable[[str], bool]
) -> Callable[[str], Iterable[Hider]]:
    """The users of a node that may hide it."""

    def heeded(address: str) -> list[Hider]:
        found = list(users(address))
        if not found or doubted(address):
            return found
        return [user for user in found if not doubted(user[0])]

    return heeded
