"""Who calls, and when: the clock, the environment and the user's identity, read in one place.

The surfaces ask here; from there on these travel as arguments.
"""

from __future__ import annotations

import os

from git_mnemo import guarding, headlog, marks, refs
from git_mnemo.clock import now as now
from git_mnemo.errors import MnemoError
from git_mnemo.message import Stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

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


def is_due(repository: Repository) -> bool:
    """Whether something may have happened to the code that hooks missed, or left to be done."""
    followed = marks.stands(repository, marks.FOLLOWED)
    return (followed and headlog.has_news(repository)) or marks.has_lists(repository)


def catch_up(repository: Repository, who: Callable[[], Stamp], asked: str | None) -> None:
    """Do what hooks missed or left to be done, in the session asked for, before it is looked at.

    What stands in its way, whatever comes next meets, and says so.
    """
    if is_due(repository):
        from git_mnemo import following

        try:
            following.make_up(repository, who(), asked)
        except (MnemoError, OSError):
            return
