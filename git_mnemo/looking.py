"""The verbs of the Python API that look: they read the repository as it stands at each call."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterable

from git_mnemo import (
    briefing,
    checking,
    event,
    listing,
    logbook,
    provenance,
    showing,
    standing,
    verifying,
)
from git_mnemo import session as sessions
from git_mnemo.calling import Calling
from git_mnemo.exporting import Export
from git_mnemo.formats import WRITERS
from git_mnemo.listing import ChainInfo, SessionInfo
from git_mnemo.logbook import Event
from git_mnemo.provenance import Limits, Reasons
from git_mnemo.recall import (
    BUDGET,
    CHAINS,
    SINCE,
    Answer,
    Question,
    Recall,
    Scope,
    path_from_top,
)
from git_mnemo.showing import Shown
from git_mnemo.standing import Status
from git_mnemo.verifying import Checked

KINDS = ("preliminary", "project", "archived", "stashed")


@checking.methods
class Looking:
    """What can be asked of the memory of one repository. Ids may be short."""

    def __init__(self, calling: Calling) -> None:
        self._calling = calling
        self._call = calling.call
        self.git_dir = calling.place.found.git_dir
        """The git directory, of the worktree where it has one of its own."""
        self.top = calling.place.found.top
        """The top of the work tree; None in a bare repository."""

    def __repr__(self) -> str:
        return f"<git_mnemo.Memory of {self.top or self.git_dir}>"

    def session(self) -> SessionInfo:
        """The session that is written to; not found where the next claim begins it."""
        with self._call() as call:
            id_ = listing.session_of(call.repository, call.session, call.now)
            return listing.session_by_id(call.repository, id_)

    def sessions(self) -> list[SessionInfo]:
        """All sessions, live and archived; refs that hold no memory are passed over."""
        with self._call() as call:
            known = sessions.live(call.repository) + sessions.all_archived(call.repository)
            sound = (one for one in known if sessions.is_sound(call.repository, one))
            return [listing.session_info(call.repository, one) for one in sound]

    def status(self) -> Status:
        """What the session holds, what can be promoted, and how much there is besides."""
        with self._call() as call:
            return standing.status(call.repository, call.session, call.now)

    def chains(self, kind: str | None = None) -> list[ChainInfo]:
        """The chains of session and project, or those of one of `KINDS`."""
        if kind is not None and kind not in KINDS:
            raise checking.usage(f"{kind!r} is none of {', '.join(KINDS)}.")
        with self._call() as call:
            return list(listing.chains_by(call.repository, call.session, call.now, kind))

    def show(self, id: str) -> Shown:
        """The node, chain or session of that id, with what belongs to it."""
        with self._call() as call:
            return showing.show(call.repository, call.session, call.now, id)

    def log(
        self, id: str | None = None, *, hidden: bool = False, limit: int | None = None
    ) -> list[Event]:
        """Who claimed, promoted and archived what, newest first; of one id where it is given."""
        with self._call() as call:
            events = logbook.events(call.repository, call.session, call.now, id, hidden=hidden)
            return list(itertools.islice(events, limit))

    def latest(self, limit: int = 10) -> list[ChainInfo]:
        """The chains of the project that were promoted last, newest first."""
        with self._call() as call:
            view = listing.open_view(call.repository, [])
            ids = itertools.islice(logbook.promoted(call.repository), limit)
            return [listing.describe(view, id_, {}) for id_ in ids if view.entries(id_)]

    def digest(self) -> str:
        """What the project knows about what is being worked on: what coding agents are told when a
        session starts, at most 4,000 characters, and as data to weigh."""
        with self._call() as call:
            place = briefing.Place(call.repository, call.now)
            return briefing.answer(place, "", event.Event(event.START, "digest"), None).text

    def recall(
        self,
        query: str = "",
        *,
        limit: int | None = None,
        budget: int = BUDGET,
        paths: str | Iterable[str] = (),
        domain: str | None = None,
        since: str | None = None,
        all: bool = False,
        to_agents: bool = False,
    ) -> Answer:
        """The reasoning that answers plain words, best first; nothing found is an empty answer.

        At most `limit` chains in about `budget` characters. What is about `paths` comes first;
        `since` is a date as git reads it; with `all`, what is hidden, stashed or archived, too;
        with `to_agents`, nothing that is not trusted or reads like an instruction. Warns where the
        encoder that is set cannot be used.
        """
        if not query.strip() and not paths:
            raise checking.usage("nothing is asked for.")
        with self._call() as call:
            top = call.repository
            scope = Scope(
                call.session,
                tuple(path_from_top(top, path, self._calling.folder) for path in several(paths)),
                domain,
                top.expiry(since, call.now, SINCE) if since is not None else None,
                everything=all,
                to_agents=to_agents,
            )
            memory = Recall(top, scope, call.now)
            answer = memory.ask(Question(query, limit, budget))
            if memory.trouble is not None:
                warnings.warn(f"without mnemo.encoder: {memory.trouble}.", stacklevel=2)
            return answer

    def why(
        self, what: str, *, limit: int = CHAINS, budget: int = BUDGET, to_agents: bool = False
    ) -> Reasons:
        """The reasoning behind `FILE`, `FILE:LINE`, `FILE:FIRST-LAST` or a commit; `to_agents` as
        for `recall`."""
        with self._call() as call:
            limits, folder = Limits(limit, budget, to_agents), self._calling.folder
            return provenance.why(call.repository, call.session, call.now, what, folder, limits)

    def verify(self, words: str | Iterable[str] = (), *, rev: str | None = None) -> list[Checked]:
        """Verdicts on the anchors of nodes, chains or paths, else of all that is visible."""
        with self._call() as call:
            asked, folder = several(words), self._calling.folder
            return verifying.verify(call.repository, call.session, call.now, asked, folder, rev)

    def export_lines(self, *, session: str | None = None) -> list[str]:
        """The project in JSON lines, for `import_lines`; with what a session adds, where named."""
        with self._call() as call:
            return list(WRITERS["jsonl"](Export(call.repository, session).entries()))


def several(values: str | Iterable[str]) -> tuple[str, ...]:
    """What was given one by one, or as one alone."""
    return (values,) if isinstance(values, str) else tuple(values)
