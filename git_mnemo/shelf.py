"""Shelving chains: stash puts one aside, pop takes it up again, and both leave a node behind."""

from typing import NamedTuple

from git_mnemo import guarding, listing, node, session
from git_mnemo.errors import MnemoError
from git_mnemo.message import Stamp
from git_mnemo.node import RESUME, STASH
from git_mnemo.repository import Repository
from git_mnemo.view import View
from git_mnemo.writing import Writing, into_session


class Shelved(NamedTuple):
    """A chain after stash or pop, and the node that says so (None: nothing had to be done)."""

    chain: str
    address: str | None


def stash(
    repository: Repository, stamp: Stamp, wanted: str | None, chain: str, reason: str | None
) -> Shelved:
    """Put the chain aside. One that is stashed already stays so."""

    def act(writing: Writing) -> Shelved:
        id_ = writing.view.chain(chain)
        if writing.view.stashed(id_):
            return Shelved(id_, None)
        inputs = [_title(writing.view, id_), *_unfollowed_resumes(writing.view, id_)]
        said = guarding.clean(repository, reason or "stashed").text
        return _shelve(writing, id_, STASH, said, inputs)

    wanted = wanted or session.latest(repository, None, stamp.now)
    return into_session(repository, stamp, wanted, "stash", act)[0]


def pop(
    repository: Repository, stamp: Stamp, wanted: str | None, chain: str
) -> tuple[Shelved, str]:
    """Take the chain up again: every stash in it that stands gets its answer. And its status."""

    def act(writing: Writing) -> tuple[Shelved, str]:
        id_ = writing.view.chain(chain)
        done = Shelved(id_, None)
        for open_stash in writing.view.open_stashes(id_):
            done = _shelve(writing, id_, RESUME, "resumed", [open_stash])
        return done, listing.describe(writing.view, id_, {}).status

    wanted = wanted or session.latest(repository, None, stamp.now)
    return into_session(repository, stamp, wanted, "pop", act)[0]


def _shelve(writing: Writing, chain: str, type_: str, text: str, inputs: list[str]) -> Shelved:
    address = writing.write(node.build(type_, text, inputs=inputs))
    writing.append(chain, address)
    return Shelved(chain, address)


def _title(view: View, chain: str) -> str:
    first = view.entries(chain)[0]
    if first.position:
        raise MnemoError(
            "refused", f"{chain} has lost its title to a purge.", f"git mnemo show {chain}"
        )
    return first.address


def _unfollowed_resumes(view: View, chain: str) -> list[str]:
    """The resumes of a chain that no later stash follows: so no two stashes are one node."""
    nodes = {entry.address: view.node(entry.address) for entry in view.entries(chain)}
    followed = {
        address
        for found in nodes.values()
        if found is not None and found.type == STASH
        for address in found.inputs
    }
    return [
        address
        for address, found in nodes.items()
        if found is not None and found.type == RESUME and address not in followed
    ]
