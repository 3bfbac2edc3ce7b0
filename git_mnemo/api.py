"""The Python API: the verbs of the command line on one repository, with typed values.

    import git_mnemo

    memory = git_mnemo.open("path/to/repository")
    done = memory.claim("Retries time out on a cold start.", domain="issues")
    memory.promote()

Each call reads the repository as it stands then, so other processes, a gc or a moved ref do it no
harm, and any number of threads may share a `Memory`. What fails is a `MnemoError`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import NamedTuple

from git_mnemo import (
    archive,
    bringing,
    caller,
    checking,
    code,
    gc,
    handing,
    importing,
    listing,
    project,
    sharing,
    shelf,
    sources,
)
from git_mnemo import claim as claiming
from git_mnemo import sync as syncing
from git_mnemo.agents.host import Host as Host
from git_mnemo.anchor import Anchor
from git_mnemo.archive import Put, Restored
from git_mnemo.calling import NEW as NEW
from git_mnemo.calling import Call, Calling
from git_mnemo.claim import Draft, Recorded
from git_mnemo.errors import MnemoError as MnemoError
from git_mnemo.formats import READERS, STORE, jsonl
from git_mnemo.gc import Collected
from git_mnemo.importing import Imported, Wish
from git_mnemo.looking import Looking, several
from git_mnemo.node import COMPRESS, LEAF, RETRACT, SUPERSEDE
from git_mnemo.project import Choice, Promotion
from git_mnemo.repository import User
from git_mnemo.shelf import Shelved
from git_mnemo.sources import Source
from git_mnemo.sync import Moved


class Claim(NamedTuple):
    """One claim of a batch: as `Memory.claim` takes it.

    `inputs` may name an earlier claim of the batch as `"#1"`, counted from 1. A `title` not seen
    before in the batch opens a chain, the same title again goes on with it. `type` is `leaf`,
    `compress`, `supersede` or `retract`; the last three hide their inputs.
    """

    text: str
    domain: str | None = None
    chain: str | None = None
    title: str | None = None
    inputs: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ()
    type: str = LEAF


@checking.call
def open(
    path: str | os.PathLike[str] | None = None,
    *,
    session: str | None = None,
    agent: str | None = None,
    user: tuple[str, str] | None = None,
    clock: Callable[[], int] | None = None,
    host: Host | None = None,
) -> Memory:
    """The memory of the repository that `path` is in, whatever the current folder is.

    Without a path: of the current folder and `GIT_DIR`, as the command line. `session` is an id,
    or `git_mnemo.NEW` for one of its own; else `GIT_MNEMO_SESSION` or the worktree's current one.
    `agent` names who claims, else `GIT_MNEMO_AGENT`. `user` is a name and an e-mail address, else
    git's identity; `clock` gives unix seconds. `host` is the coding agent that the caller works
    for: then `NEW` is the session that its hooks began, if they did. Refused where there is no
    repository.
    """
    return Memory(
        Calling(
            None if path is None else os.path.abspath(os.fspath(path)),
            caller.wanted(session),
            caller.named(agent),
            None if user is None else User(*user),
            clock or caller.now,
            host,
        )
    )


@checking.methods
class Memory(Looking):
    """What `open` gives: the verbs, each as `git mnemo` has it. Ids may be short, as there."""

    # -- claiming ------------------------------------------------------------------------------

    def claim(
        self,
        text: str,
        *,
        chain: str | None = None,
        new_chain: bool = False,
        title: str | None = None,
        scratch: bool = False,
        domain: str | None = None,
        inputs: str | Iterable[str] = (),
        anchors: str | Iterable[str] = (),
    ) -> Recorded:
        """Record what was found, decided or ruled out; in the current chain where none is named.

        `anchors` are `PATH`, `PATH:LINE` or `PATH:FIRST-LAST`, seen from the folder that was
        opened. What is said already is not written again: `created` is false then.
        """
        if chain is not None and (new_chain or title is not None or scratch):
            raise checking.usage("`chain` names a chain, the others begin one: use one of them.")
        with self._call() as call:
            draft = Draft(
                text=text,
                domain=domain,
                inputs=several(inputs),
                anchors=self._lay(call, anchors),
                chain=chain,
                title=title,
                new_chain=new_chain,
                scratch=scratch,
            )
            return claiming.record(call.repository, call.stamp(), call.session, [draft])[0]

    def put(self, address: str, *, chain: str | None = None) -> Recorded:
        """Put a node that exists into another chain; the current one where none is named."""
        with self._call() as call:
            draft = Draft(node=address, chain=chain)
            return claiming.record(call.repository, call.stamp(), call.session, [draft])[0]

    def batch(self, claims: Iterable[Claim]) -> list[Recorded]:
        """Record many claims with one ref move, or none of them.

        The error of a bad one has its number, from 1, in `details["line"]`.
        """
        with self._call() as call:
            drafts = [self._draft(call, one, number) for number, one in enumerate(claims, 1)]
            if not drafts:
                return []
            return claiming.record(call.repository, call.stamp(), call.session, drafts)

    def supersede(
        self,
        addresses: str | Iterable[str],
        text: str,
        *,
        chain: str | None = None,
        domain: str | None = None,
        anchors: str | Iterable[str] = (),
    ) -> Recorded:
        """Replace claims by a new one, which hides them."""
        return self._hide(SUPERSEDE, addresses, text, chain, domain, anchors)

    def compress(
        self,
        addresses: str | Iterable[str],
        text: str,
        *,
        chain: str | None = None,
        domain: str | None = None,
        anchors: str | Iterable[str] = (),
    ) -> Recorded:
        """Put a summary in the place of claims, which it hides."""
        return self._hide(COMPRESS, addresses, text, chain, domain, anchors)

    def retract(
        self, addresses: str | Iterable[str], reason: str, *, chain: str | None = None
    ) -> Recorded:
        """Withdraw claims; what they had hidden comes back."""
        return self._hide(RETRACT, addresses, reason, chain, None, ())

    def stash(self, chain: str, reason: str | None = None) -> Shelved:
        """Put a chain aside: it is not promoted until it is popped."""
        with self._call() as call:
            return shelf.stash(call.repository, call.stamp(), call.session, chain, reason)

    def pop(self, chain: str) -> Shelved:
        """Take a stashed chain up again."""
        with self._call() as call:
            return shelf.pop(call.repository, call.stamp(), call.session, chain)[0]

    # -- the life of a session -----------------------------------------------------------------

    def promote(
        self,
        ids: str | Iterable[str] = (),
        *,
        all: bool = False,
        with_stashed: bool = False,
        dry_run: bool = False,
    ) -> Promotion:
        """Bring chains, or single claims, with all they rest on into the project, or nothing.

        Without ids: the current chain; with `all`: every chain that is not stashed.
        """
        choice = Choice(several(ids), all, with_stashed)
        if choice.ids and all:
            raise checking.usage("`all` takes no ids.")
        with self._call() as call:
            from_session = listing.session_of(call.repository, call.session, call.now)
            return project.promote(
                call.repository, call.stamp(), from_session, choice, dry_run=dry_run
            )

    def archive(self, id: str | None = None) -> list[Put]:
        """End a session with its agents' stores, the current one where none is named."""
        with self._call() as call:
            ended = listing.session_to_end(call.repository, id or call.session, call.now)
            return archive.add(call.repository, ended, call.now)

    def archive_idle(self) -> list[Put]:
        """End all sessions that have been silent for `mnemo.idleExpire`."""
        with self._call() as call:
            ended = archive.idle(call.repository, call.now)
            return [one for id_ in ended for one in archive.add(call.repository, id_, call.now)]

    def restore(self, archived: str) -> list[Restored]:
        """Bring an archived session back; the first of the answer is the one asked for."""
        fetched = "/" in archived and not archived.startswith("refs/")
        with self._call() as call:
            again = handing.restore if fetched else archive.restore
            return again(call.repository, archived, call.now)

    def gc(self, expire: str | None = None, *, dry_run: bool = False) -> Collected:
        """Delete archives past their age (`mnemo.gcExpire`, or `expire`), and nothing else."""
        with self._call() as call:
            return gc.collect(call.repository, call.now, expire, dry_run=dry_run)

    def import_lines(
        self,
        lines: Iterable[str | bytes],
        *,
        source: str = "",
        into_session: bool = False,
        dry_run: bool = False,
    ) -> Imported:
        """Bring in what `export_lines` gave, or claims as `git mnemo import` takes them.

        All of it or nothing; importing twice is importing once. `source` names where it is from.
        """
        raw = (line.encode() if isinstance(line, str) else line for line in lines)
        with self._call() as call:
            wish = Wish(source, into_session, call.session if into_session else None, dry_run)
            read = jsonl.read(raw)
            return importing.run(
                call.repository, call.stamp(), wish, read, lambda spot: self._lay(call, spot)[0]
            )

    def import_from(
        self,
        path: str | os.PathLike[str],
        *,
        format: str | None = None,
        into_session: bool = False,
        dry_run: bool = False,
    ) -> list[Imported]:
        """Bring in a file or a folder, as `git mnemo import` does; what came in, by ref.

        The path is seen from the folder that was opened; `format` is one of those that the command
        lists, where what it is cannot be seen. What goes into the project is the first of the
        answer; a session of an older store becomes one here. All of a ref or nothing of it.
        """
        if format is not None and format not in READERS:
            raise checking.usage(f"`format` is {format!r}, and can be {', '.join(READERS)}.")
        with self._call() as call:
            here = self._calling.folder
            whole = os.path.join(here, os.fspath(path))
            source = sources.opened(call.repository, whole, format, iter)
            if source.format == STORE:
                here = call.repository.top or here
            wish = Wish(source.name, into_session, call.session if into_session else None, dry_run)
            return self._bring(call, source, wish, here)

    def import_history(
        self, revisions: str = "HEAD", *, limit: int = 500, dry_run: bool = False
    ) -> Imported:
        """Bring in what commits say that explain themselves: at most `limit`, the newest.

        Into the session asked for, else one that is always the same, to be looked at and promoted.
        """
        if limit == 0:
            raise checking.usage("`limit` is to be 1 or more.")
        with self._call() as call:
            source = sources.of_history(sources.history(call.repository, revisions, limit, iter))
            wanted = call.session or bringing.session_of(source.name)
            wish = Wish(source.name, True, wanted, dry_run)
            return self._bring(call, source, wish, self._calling.folder)[0]

    # -- sharing -------------------------------------------------------------------------------

    def fetch(self, remote: str | None = None) -> list[Moved]:
        """Bring the tracking refs of a remote, else of the shared one, up to date."""
        with self._call() as call:
            name = remote or sharing.shared(call.repository).remote
            return syncing.fetch(call.repository, name)

    def sync(self, *, yes: bool = False) -> list[Moved]:
        """Pull and push the project through the shared remote; `yes` joins what hides much."""
        with self._call() as call:
            return syncing.sync(call.repository, sharing.shared(call.repository), yes=yes)

    def _bring(self, call: Call, source: Source, wish: Wish, here: str) -> list[Imported]:
        first, *others = bringing.bring(
            call.repository, call.stamp(), source, wish,
            lambda spot: code.anchor(call.repository, spot, here),
        )  # fmt: skip
        return [first._replace(warnings=[*source.warnings, *first.warnings]), *others]

    def _hide(
        self,
        type_: str,
        addresses: str | Iterable[str],
        text: str,
        chain: str | None,
        domain: str | None,
        anchors: str | Iterable[str],
    ) -> Recorded:
        with self._call() as call:
            laid = self._lay(call, anchors)
            draft = Draft(text, type_, domain, several(addresses), laid, chain)
            return claiming.record(call.repository, call.stamp(), call.session, [draft])[0]

    def _draft(self, call: Call, one: Claim, number: int) -> Draft:
        try:
            laid = self._lay(call, one.anchors)
        except MnemoError as error:
            error.details.setdefault("line", number)
            raise
        return Draft(
            one.text, one.type, one.domain, tuple(one.inputs), laid, one.chain, one.title,
            line=number,
        )  # fmt: skip

    def _lay(self, call: Call, spots: str | Iterable[str]) -> tuple[Anchor, ...]:
        spots = several(spots)
        return tuple(code.anchor(call.repository, one, self._calling.folder) for one in spots)
