"""Who calls, and when: the clock, the environment and the user's identity, read in one place.

The surfaces ask here; from there on these travel as arguments.
"""

from __future__ import annotations

import os

from git_mnemo import guarding, refs
from git_mnemo.clock import now as now
from git_mnemo.message import Stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from git_mnemo.repository import Repository


def wanted(option: str | None) -> str | None:
    """The session asked for by option or environment."""
    return option or os.environ.get("GIT_MNEMO_SESSION") or None


def named(option: str | None) -> str | None:
    """The agent asked for by option or environment, in the words it was asked for."""
    return option or os.environ.get("GIT_MNEMO_AGENT") or None


def agent(option: str | None) -> str | None:
    """The agent asked for by option or environment, as its name is written."""
    name = named(option)
    return refs.agent_slug(name) if name else None


def stamp(repository: Repository, agent_option: str | None) -> Stamp:
    """Who acts now. Refused where git does not know who the user is."""
    user = repository.user()
    guarding.check(repository, named(agent_option) or "", "the name")
    head = repository.store.ref("HEAD")
    return Stamp(now(), user.name, user.email, agent(agent_option), head)
