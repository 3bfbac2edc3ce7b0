"""Sharing: which one remote the memory goes through, opted into, and bound to its name and URL."""

import contextlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar

from git_mnemo import network, refs
from git_mnemo.chain import Member
from git_mnemo.errors import MnemoError
from git_mnemo.refs import PROJECT
from git_mnemo.repository import Repository
from git_mnemo.store import history, layout

SETTINGS = ("mnemo.remote", "mnemo.remoteUrl", "mnemo.promote")
"""What sharing writes into the clone's configuration."""

_QUEUE = "sync.json"

_Entries = Iterator[tuple[Member, bool]]
_Found = TypeVar("_Found")


class Shared(NamedTuple):
    """The remote that the memory is shared through, and its URL when that was decided: without
    name and password, which change where the place stays, and are written down once already."""

    remote: str
    url: str

    @property
    def several(self) -> bool:
        """Whether there may be several URLs to push to: what one has says nothing of the others."""
        return " " in self.url


def shared(repository: Repository, remote: str | None = None) -> Shared:
    """The remote that is shared through; refused where none is, or where `remote` is another."""
    name = repository.config.get("mnemo.remote")
    if not name:
        raise MnemoError(
            "refused", "this clone shares its memory with no remote.",
            f"git mnemo init --share {network.anonymous(remote or 'origin')}",
        )  # fmt: skip
    if remote is not None and remote != name:
        raise MnemoError(
            "refused",
            f"this memory is shared through {name};"
            f" {network.anonymous(remote)} would be a second one.",
            f"git mnemo fetch {network.anonymous(remote)}",
        )
    return Shared(name, repository.config.get("mnemo.remoteurl", ""))


def refuse_changed(repository: Repository, known: Shared) -> None:
    """Refuse to publish where the remote's URL is not the one that was agreed to."""
    now, before = (
        network.anonymous(one)
        for one in (network.push_url(repository, known.remote), known.url or "nothing")
    )
    if now != before:
        raise MnemoError(
            "refused",
            f"{known.remote} is {now} now, and was {before} when sharing began.",
            f"git mnemo init --share {known.remote}",
        )


def bind(repository: Repository, remote: str, promote: str) -> Shared:
    """Record the remote, its URL and how promotion goes from now on, in the clone's config."""
    url = network.anonymous(network.push_url(repository, remote))
    for name, value in zip(SETTINGS, (remote, url, promote), strict=True):
        _configure(repository, name, value)
    repository.config |= {"mnemo.remote": remote, "mnemo.remoteurl": url}
    return Shared(remote, url)


def bound(repository: Repository) -> list[str]:
    """Those of the settings that stand in the clone's configuration."""
    asked = ("config", "--local", "--null", "--name-only", "--get-regexp", r"^mnemo\.")
    found = set(repository.git(*asked).out.decode("utf-8", "replace").split("\0"))
    return [name for name in SETTINGS if name.lower() in found]


def unbind(repository: Repository, settings: Iterable[str]) -> None:
    """Take settings out of the clone's configuration again."""
    for name in settings:
        _configure(repository, "--unset-all", name)


def _configure(repository: Repository, *arguments: str) -> None:
    done = repository.git("config", "--local", *arguments)
    if done.code:
        raise MnemoError("refused", f"git config: {done.err}", "git config -l", fatal=True)


def differences(repository: Repository, remote: str) -> tuple[set[str], set[str]]:
    """The nodes that only the project here has, and those only the remote has, as last seen."""

    def apart(found: _Entries) -> tuple[set[str], set[str]]:
        ours, theirs = set[str](), set[str]()
        for member, is_ours in found:
            (ours if is_ours else theirs).add(member.address)
        return ours - theirs, theirs - ours

    return _of_difference(repository, repository.store.ref(refs.tracking(remote, PROJECT)), apart)


def unpublished(repository: Repository, theirs: str | None) -> list[str]:
    """The chains of the project with something that a remote's project `theirs` does not have."""

    def chains(found: _Entries) -> list[str]:
        return sorted({member.chain for member, ours in found if ours})

    if repository.store.ref(PROJECT) is None:
        return []  # however much the remote has
    return _of_difference(repository, theirs, chains)


def _of_difference(
    repository: Repository, theirs: str | None, gather: Callable[[_Entries], _Found]
) -> _Found:
    """What is gathered of the entries that only a remote's project, or only ours has (True); one
    that is not here, or is no memory, counts as empty. Entries come one by one: a remote may have
    a million of them."""
    store = repository.store
    known = theirs if theirs is not None and history.is_commit(store, theirs) else None
    ours = history.tree_of(store, store.ref(PROJECT))
    try:
        return gather(layout.diff(store, history.tree_of(store, known), ours))
    except MnemoError:
        return gather(layout.diff(store, None, ours))


# -- what waits to be pushed -------------------------------------------------------------------


def queue(repository: Repository, known: Shared, names: list[str]) -> None:
    """Note what is about to be pushed, so that a failure is not forgotten."""
    os.makedirs(repository.shared_state, exist_ok=True)
    path = os.path.join(repository.shared_state, _QUEUE)
    draft = f"{path}.{os.getpid()}"
    try:
        with open(draft, "w", encoding="utf-8") as file:
            json.dump({"remote": known.remote, "refs": names}, file)
        os.replace(draft, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.remove(draft)


def clear_queue(repository: Repository) -> None:
    """Nothing waits any more."""
    with contextlib.suppress(FileNotFoundError):  # another process may have been faster
        os.remove(os.path.join(repository.shared_state, _QUEUE))


def queued(repository: Repository) -> list[str]:
    """The refs that a push left behind."""
    try:
        with open(os.path.join(repository.shared_state, _QUEUE), encoding="utf-8") as file:
            found = json.load(file)["refs"]
    except (FileNotFoundError, ValueError, KeyError, TypeError, RecursionError):
        return []
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []
