"""Setting agents up: which files, for whom, and all changes of one command planned before any."""

from __future__ import annotations

import os
import shutil
from types import ModuleType
from typing import NamedTuple

from git_mnemo import binding
from git_mnemo.agents import config, edits, instructions, table
from git_mnemo.agents.edits import Edit
from git_mnemo.errors import MnemoError
from git_mnemo.repository import Repository

PROJECT, USER = "project", "user"


class Place(NamedTuple):
    """Whose configuration: the folder that files are in, and the one that receipts are kept in.

    `home`: it is a user's, so that a variable of the agent may move the files.
    """

    scope: str
    folder: str
    state: str

    def file(self, agent: ModuleType) -> str:
        """The agent's configuration file here."""
        told = agent.AGENT
        if self.scope == PROJECT:
            return os.path.join(self.folder, *told.project_file.split("/"))
        moved = os.environ.get(told.home) if told.home is not None else None
        first, *rest = told.user_file.split("/")
        return os.path.join(moved or os.path.join(self.folder, first), *rest)


class Change(NamedTuple):
    """What becomes of one agent in one place; `state` is what it is after the change."""

    agent: str
    scope: str
    edit: Edit
    state: str
    note: str | None


class Found(NamedTuple):
    """An agent as `status` tells of it: whether it seems to be in use here, what its file holds,
    and when a hook of it last ran (unix seconds)."""

    agent: str
    scope: str
    path: str
    in_use: bool
    state: str
    last_event: int | None


def place(repository: Repository | None, scope: str) -> Place:
    """The work tree, or the user's home."""
    if scope == USER:
        home = os.path.expanduser("~")
        state = os.environ.get("XDG_STATE_HOME") or os.path.join(home, ".local", "state")
        return Place(USER, home, os.path.join(state, "git-mnemo"))
    if repository is None or repository.top is None:
        raise MnemoError(
            "refused",
            "there is no work tree here to set agents up in.",
            "git mnemo agent install --scope user",
        )
    return Place(PROJECT, repository.top, os.path.join(repository.shared_state, binding.FOLDER))


# -- which ones --------------------------------------------------------------------------------


def chosen(names: tuple[str, ...], place: Place) -> list[ModuleType]:
    """The agents of these names; without a name, those in use."""
    if names:
        modules = {table.module(name).AGENT.name: table.module(name) for name in names}
        return list(modules.values())
    those = found(place)
    if not those:
        raise MnemoError(
            "not-found",
            f"no agent was found: none of {', '.join(table.MODULES)} is in use here.",
            "git mnemo agent install claude-code",
        )
    return those


def found(place: Place) -> list[ModuleType]:
    """The agents in use."""
    return [one for one in every() if in_use(one, place)]


def every() -> list[ModuleType]:
    """All agents, in the order of the table."""
    return [table.module(name) for name in table.MODULES]


def in_use(agent: ModuleType, place: Place) -> bool:
    """Whether its program can be run, or it left its folder in the home or the work tree."""
    homes = {place.folder, os.path.expanduser("~")}
    return any(map(shutil.which, agent.AGENT.programs)) or any(
        os.path.isdir(os.path.join(home, folder))
        for home in homes
        for folder in agent.AGENT.folders
    )


# -- plans -------------------------------------------------------------------------------------


def plan_install(agents: list[ModuleType], place: Place) -> list[Change]:
    """The changes that set these agents up."""
    return [
        Change(
            agent.AGENT.name,
            place.scope,
            _inside(place, config.install(agent, place.file(agent))),
            config.CURRENT,
            agent.AGENT.note,
        )
        for agent in agents
    ]


def plan_uninstall(agents: list[ModuleType], place: Place) -> list[Change]:
    """The changes that undo it."""
    changes = []
    for agent in agents:
        path = place.file(agent)
        edit = config.uninstall(agent, path, edits.receipt(place.state, path))
        changes.append(
            Change(agent.AGENT.name, place.scope, _inside(place, edit), config.ABSENT, None)
        )
    return changes


def plan_uninstall_all(place: Place) -> list[Change]:
    """The changes that undo it for all agents. A file that we never changed and cannot read is
    somebody else's, and stands in nobody's way."""
    changes = []
    for agent in every():
        try:
            changes += plan_uninstall([agent], place)
        except MnemoError:
            if edits.receipt(place.state, place.file(agent)) is not None:
                raise
    return changes


def plan_lines(place: Place) -> list[Edit]:
    """The changes that tell agents without hooks: AGENTS.md, and CLAUDE.md where there is one."""
    found = [
        instructions.install(os.path.join(place.folder, instructions.FILE)),
        instructions.import_it(os.path.join(place.folder, instructions.IMPORTING)),
    ]
    return [_inside(place, edit) for edit in found]


def plan_no_lines(place: Place) -> list[Edit]:
    """The changes that undo that."""
    block, line = (
        os.path.join(place.folder, name) for name in (instructions.FILE, instructions.IMPORTING)
    )
    found = [
        instructions.uninstall(block, edits.receipt(place.state, block)),
        instructions.unimport(line, edits.receipt(place.state, line)),
    ]
    return [_inside(place, edit) for edit in found]


def _inside(place: Place, edit: Edit) -> Edit:
    """The change; refused where a link leads it out of the work tree."""
    top = os.path.realpath(place.folder)
    whole = os.path.realpath(edit.path)
    if place.scope == PROJECT and edit.changes and not whole.startswith(top + os.sep):
        raise MnemoError(
            "refused", f"{edit.path} leads out of the work tree, to {whole}.", "git mnemo agent -h"
        )
    return edit


def status(repository: Repository | None) -> list[Found]:
    """What is set up, for the project and for the user."""
    scopes = [PROJECT, USER] if repository is not None and repository.top is not None else [USER]
    places = [place(repository, scope) for scope in scopes]
    found = []
    for agent in every():
        name = agent.AGENT.name
        heard = binding.last_heard(repository.shared_state, name) if repository else None
        for where in places:
            path = where.file(agent)
            found.append(
                Found(name, where.scope, path, in_use(agent, where), _state(agent, path), heard)
            )
    return found


def _state(agent: ModuleType, path: str) -> str:
    try:
        return config.state(agent, path)
    except MnemoError:
        return "unreadable"
