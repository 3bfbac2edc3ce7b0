"""One caller that stays: which repository, which session, who, and by which clock.

A process of the command line asks these once and ends; an API and a server ask for each call.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple

from git_mnemo import binding, guarding, refs, session
from git_mnemo.agents.host import Host
from git_mnemo.caller import catch_up
from git_mnemo.message import Stamp
from git_mnemo.place import Place
from git_mnemo.repository import Repository, User

NEW = "new"
"""Stands for a session of the caller's own, instead of the one that the worktree goes on with."""


class Call(NamedTuple):
    """One call: the repository and the time as they are now, the session asked for, and who."""

    repository: Repository
    now: int
    session: str | None
    agent: str | None
    user: User | None

    def stamp(self) -> Stamp:
        """Who acts now. Refused where git does not know who the user is."""
        user = self.user or self.repository.user()
        guarding.check(self.repository, self.agent or "", "the name")
        agent = refs.agent_slug(self.agent) if self.agent else None
        head = self.repository.store.ref("HEAD")
        return Stamp(self.now, user.name, user.email, agent, head)


class Calling:
    """Makes calls; any number of threads may."""

    def __init__(
        self,
        folder: str | None,
        session: str | None,
        agent: str | None,
        user: User | None,
        clock: Callable[[], int],
        host: Host | None = None,
    ) -> None:
        self.place = Place(folder)
        self.folder = folder or os.getcwd()
        """Where relative paths begin."""
        self._new = session == NEW
        self._session = None if self._new else session
        self._agent = agent
        self._user = user
        self._clock = clock
        self._host = host
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def call(self) -> Iterator[Call]:
        """A call, for the length of a `with`."""
        with self.place.opened() as repository:
            now, asked = self._clock(), None if self._new else self._session
            before = Call(repository, now, asked, self._agent, self._user)
            catch_up(repository, before.stamp, asked)
            yield before._replace(session=self._wanted(repository))

    def _wanted(self, repository: Repository) -> str | None:
        """The session asked for: for `NEW` the one of the host, where its hooks have begun one.

        One of our own that was archived meanwhile is not taken up.
        """
        if not self._new:
            return self._session
        if self._host is not None:
            bound = _bound(repository, self._host, self._clock())
            if bound is not None:
                return bound
        with self._lock:
            if self._session is None or _ended(repository, self._session):
                self._session = session.draw(repository)
            return self._session


def _ended(repository: Repository, id_: str) -> bool:
    """Whether the session stands in the archive alone."""
    gone = repository.store.ref(refs.session_ref(id_)) is None
    return gone and bool(session.archived(repository, id_))


def _bound(repository: Repository, host: Host, now: int) -> str | None:
    """The session that the host's hooks bound to its own.

    Where the host does not tell which that is, it is taken for the one that this worktree goes on
    with, if hooks of the same agent bound that one. None where there is none, or it was archived.
    """
    state = repository.shared_state
    named = (binding.of(state, host.agent, one) for one in host.sessions)
    found = next(filter(None, named), None)
    if not host.sessions:
        here = session.current(repository, None, now)
        if here is not None and binding.is_of(state, host.agent, here.id):
            found = here.id
    return found if found is not None and not _ended(repository, found) else None
