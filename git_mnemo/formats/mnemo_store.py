"""The file-based store that came before git mnemo, as lines; `mnemo_files` reads its files."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from git_mnemo import anchor as anchors
from git_mnemo import refs
from git_mnemo.anchor import Anchor
from git_mnemo.formats import mnemo_files
from git_mnemo.formats.document import MOST_TEXT, Document, Report, Spots, cut, fitting, key_of
from git_mnemo.formats.line import TITLE_OF_CHAIN, Line
from git_mnemo.formats.mnemo_files import Chain, Old, Store
from git_mnemo.node import (
    COMPRESS,
    DEFAULT_DOMAIN,
    LEAF,
    MAX_ANCHORS,
    RETRACT,
    STASH,
    SUPERSEDE,
)

_HIDING = (SUPERSEDE, COMPRESS, RETRACT)
_PROMOTED = ("archived", "promoted")
_STASHED = "stashed"
_SHORT = 72
_MOST_INPUTS = 600
_OF_AN_INPUT = 72
"""Bytes that an input takes in a node, at most."""
_OF_ANCHORS = 8_000
"""Bytes for the anchors of a node; inputs and text share the rest of its room."""


@dataclass
class Content:
    """What a store holds: lines for the project, and for each session of the old store the lines
    that only it has; `archived` are those of its sessions that had ended."""

    project: list[Line] = field(default_factory=list)
    sessions: dict[str, list[Line]] = field(default_factory=dict)
    archived: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)


def read(documents: Iterable[Document], spots: Spots) -> Content:
    """The content of a store, from its JSON files by their names below it.

    A session's lines may rest on lines of the project by their ids, and on no other session's.
    """
    report, content = Report(), Content()
    project: _Lines | None = None
    for store in mnemo_files.read(documents, report):
        making = _Lines(store, project, spots, report)
        found = making.lines()
        if store.session is None:
            project, content.project = making, found
        elif found:
            content.sessions[store.session] = found
            if store.archived:
                content.archived.add(store.session)
    content.warnings = report.told()
    return content


class _Item(NamedTuple):
    """A place in a chain: the chain's number and the place in it."""

    chain: int
    at: int


class _Lines:
    """One store on its way into lines; `below` is the project's, for that of a session."""

    def __init__(self, store: Store, below: "_Lines | None", spots: Spots, report: Report) -> None:
        self._store = store
        self._below = below
        self._spots = spots
        self._report = report
        self.nodes = {one: old for one, old in store.nodes.items() if not self._is_shared(one)}
        self.told: dict[str, list[Line]] = {}
        self._found: list[Line] = []
        self._chains = [*self._own_chains()]
        self._members = [[*one.members] for one in self._chains]
        self._home: dict[str, _Item] = {}
        for number, members in enumerate(self._members):
            for at, address in enumerate(members):
                if address in self.nodes:
                    self._home.setdefault(address, _Item(number, at))
        self._session = store.session if refs.is_session(store.session or "") else None

    def _is_shared(self, address: str) -> bool:
        return self._below is not None and address in self._below.nodes

    def _own_chains(self) -> Iterator[Chain]:
        """The chains of nodes that are here, and one for the nodes of each domain in none."""
        filed: set[str] = set()
        for chain in self._store.chains.values():
            members = dict.fromkeys(
                one for one in chain.members if one in self.nodes or self._is_shared(one)
            )
            if len(members) < len(chain.members):
                lost = len(chain.members) - len(members)
                self._report.add("members of chains that are no node here", chain.id, lost)
            if self._store.session is not None and chain.status in _PROMOTED:
                # What was promoted stands in the project already.
                members = {one: None for one in members if not self._is_shared(one)}
            filed.update(members)
            if members:
                yield chain._replace(members=members)
        loose: dict[str, dict[str, None]] = {}
        for one in sorted(self.nodes.values(), key=lambda one: (one.at or 0, one.address)):
            if one.address not in filed:
                loose.setdefault(one.domain or DEFAULT_DOMAIN, {})[one.address] = None
        of = f"{self._store.session}-" if self._store.session is not None else ""
        for domain, members in loose.items():
            yield Chain(f"loose-{of}{domain}", f"Claims about {domain}", members)

    # -- order ---------------------------------------------------------------------------------

    def lines(self) -> list[Line]:
        """The lines in an order in which every input comes before what rests on it."""
        wanted = sorted(range(len(self._chains)), key=self._began)
        for number, address in self._order(wanted):
            self._put(number, address)
        self._add_links()
        self._add_withdrawn()
        for number in wanted:
            self._add_stash(number)
        return self._found

    def _began(self, number: int) -> tuple[int, int]:
        return self._old(self._members[number][0]).at or 0, number

    def _old(self, address: str) -> Old:
        if address in self.nodes:
            return self.nodes[address]
        assert self._below is not None  # a chain has only nodes that are here
        return self._below.nodes[address]

    def _order(self, wanted: list[int]) -> list[tuple[int, str]]:
        """Chain after chain, or where that leaves an input behind, by the inputs alone."""
        found: list[tuple[int, str]] = []
        for keeps_chains in (True, False):
            found, seen = [], set[str]()
            for number in wanted:
                for at, address in enumerate(self._members[number]):
                    self._visit(address, found, seen, keeps_chains=keeps_chains)
                    if self._home.get(address) != _Item(number, at):
                        found.append((number, address))
            if self._is_sound(found):
                break
        return found

    def _is_sound(self, order: list[tuple[int, str]]) -> bool:
        seen = set[str]()
        for _, address in order:
            seen.add(address)
            needed = self.nodes[address].inputs if address in self.nodes else ()
            if any(one in self.nodes and one not in seen for one in needed):
                return False
        return True

    def _visit(
        self, address: str, found: list[tuple[int, str]], seen: set[str], *, keeps_chains: bool
    ) -> None:
        """Add a node in its chain, and before it what it rests on and what comes before it."""
        stack, open_ = [address], set[str]()
        while stack:
            top = stack[-1]
            if top in seen or top not in self._home:
                stack.pop()
                continue
            needs = () if top in open_ else self._needs(top, keeps_chains=keeps_chains)
            open_.add(top)
            waiting = [one for one in needs if one not in seen and one not in open_]
            if waiting:
                stack += reversed(waiting)
                continue
            found.append((self._home[top].chain, top))
            seen.add(top)
            stack.pop()

    def _needs(self, address: str, *, keeps_chains: bool) -> Iterable[str]:
        inputs = self.nodes[address].inputs
        home = self._home[address]
        if home.at == 0 or not keeps_chains:
            return inputs
        return [self._members[home.chain][home.at - 1], *inputs]

    # -- lines ---------------------------------------------------------------------------------

    def _id(self, address: str) -> str:
        """The id of a node's line: of each session its own, those of the project for all."""
        own = self._store.session if not self._is_shared(address) else None
        return f"{own or ''}/{address}"

    def _known(self, address: str) -> list[Line] | None:
        """The lines of a node that has some by now."""
        if address in self.told or self._below is None:
            return self.told.get(address)
        return self._below.told.get(address)

    def _add(self, number: int, path: str, **fields: Any) -> Line:
        chain = self._chains[number]
        first = self._old(self._members[number][0])
        line = Line(
            self._spots.add(path), chain=f"mnemo:{self._store.session or ''}/{chain.id}",
            key=key_of("mnemo", chain.id), title=fitting(chain.title) or _short(first), at=first.at,
            agent=chain.agent, session=self._session, dated=False,
        )._replace(**fields)  # fmt: skip
        self._found.append(line)
        return line

    def _put(self, number: int, address: str) -> None:
        known = self._known(address)
        if known is not None:  # it stands in another chain, too
            for line in known:
                of = ("text", "type", "domain", "inputs", "anchors", "at", "agent", "session")
                path = self._spots.place(line.number) or ""
                self._add(number, path, **{name: getattr(line, name) for name in of})
            return
        one, chain = self.nodes[address], self._chains[number]
        inputs = self._inputs(one)
        said = {
            "domain": one.domain, "at": one.at, "agent": one.agent or chain.agent,
            "session": self._session or one.session,
        }  # fmt: skip
        pieces = one.pieces
        room = MOST_TEXT - len(inputs) * _OF_AN_INPUT
        if len(pieces[0].encode()) > room:
            pieces = tuple(cut("".join(pieces), room))
        type_ = one.type if any(self._known(to) for to in one.inputs) else LEAF
        first = self._add(
            number, one.path, text=pieces[0], type=type_, id=self._id(address),
            inputs=tuple(self._id(to) for to in inputs), anchors=self._anchors(one), **said,
        )  # fmt: skip
        self.told[address] = [first] + [
            self._add(number, one.path, text=piece, inputs=(self._id(address),), **said)
            for piece in pieces[1:]
        ]

    def _inputs(self, one: Old) -> list[str]:
        """What a node rests on, of that which has lines by now."""
        inputs = [to for to in one.inputs if self._known(to)]
        for to in one.inputs:
            if not self._known(to):
                circle = to in self.nodes
                self._report.add("inputs that lead back in a circle, left out" if circle
                                 else "inputs that are no node here", one.path)  # fmt: skip
        if one.type == LEAF or not inputs:
            near = (to for to, rel in one.links if rel == "relates to" and self._known(to))
            inputs = [*dict.fromkeys((*inputs, *near))]
        if len(inputs) > _MOST_INPUTS:
            self._report.add(f"nodes of more than {_MOST_INPUTS} inputs, cut", one.path)
        return inputs[:_MOST_INPUTS]

    def _anchors(self, one: Old) -> tuple[Anchor | str, ...]:
        found = [laid for raw in one.anchors if (laid := _anchor(raw)) is not None]
        if len(found) < len(one.anchors):
            lost = len(one.anchors) - len(found)
            self._report.add("anchors that cannot be read, left out", one.path, lost)
        if any(isinstance(laid, str) for laid in found):
            self._report.add("claims with anchors that do not say what stood there, laid on the"
                             " lines as they are now", one.path)  # fmt: skip
        kept, size = dict.fromkeys(found), 0
        for laid in [*kept]:
            path = laid if isinstance(laid, str) else laid.path
            size += 120 + 4 * len(path)
            if size > _OF_ANCHORS:
                del kept[laid]
        if size > _OF_ANCHORS or len(kept) > MAX_ANCHORS:
            self._report.add("anchors more than a node has room for, left out", one.path)
        return tuple(kept)[:MAX_ANCHORS]

    def _add_links(self) -> None:
        """A claim for each link that no input could be, resting on both ends."""
        for address, (line, *_) in self.told.items():
            one, said = self.nodes[address], {address, *line.inputs}
            for to, rel in dict.fromkeys(one.links):
                if not self._known(to):
                    self._report.add("links to what is no node here", one.path)
                elif to != address and self._id(to) not in said:
                    text = f"“{_short(one)}” {rel} “{_short(self._old(to))}”"
                    self._add(
                        self._home[address].chain, one.path, text=text, domain=one.domain,
                        inputs=(self._id(address), self._id(to)), at=one.at, agent=line.agent,
                        session=line.session,
                    )  # fmt: skip

    def _add_withdrawn(self) -> None:
        """Withdraw what was not live any more, and nothing replaces here."""
        active = self._store.active
        if active is None:
            if self.nodes:
                self._report.add("stores that do not say what is live: all of it is",
                                 self._store.session or ".")  # fmt: skip
            return
        stashed = {one for chain in self._chains if chain.status == _STASHED
                   for one in chain.members}  # fmt: skip
        hidden = {to for one in self.nodes.values() if one.type in _HIDING for to in one.inputs}
        for address in hidden & active & self.nodes.keys():
            self._report.add("live nodes that others replace: hidden here",
                             self.nodes[address].path)  # fmt: skip
        gone: dict[int, list[str]] = {}
        for address in self.told:
            if address not in active and address not in hidden and address not in stashed:
                gone.setdefault(self._home[address].chain, []).append(address)
        text = "no longer live in the store that this was imported from"
        for number, addresses in sorted(gone.items()):
            at = max(self.nodes[one].at or 0 for one in addresses) or None
            for start in range(0, len(addresses), _MOST_INPUTS):
                some = addresses[start : start + _MOST_INPUTS]
                self._add(number, "active.json", text=text, type=RETRACT, at=at,
                          inputs=tuple(self._id(one) for one in some))  # fmt: skip

    def _add_stash(self, number: int) -> None:
        chain = self._chains[number]
        if chain.status == _STASHED:
            at = max(self._old(one).at or 0 for one in chain.members) or None
            self._add(number, "chains.json", text=chain.reason, type=STASH,
                      inputs=(TITLE_OF_CHAIN,), at=at)  # fmt: skip


def _short(one: Old) -> str:
    return fitting(one.pieces[0])[:_SHORT].rstrip() or "node"


# -- anchors -----------------------------------------------------------------------------------


def _anchor(raw: object) -> Anchor | str | None:
    """The anchor that one of the old store is here; a text is a place that is looked at."""
    if isinstance(raw, str):
        return raw if _is_path(raw) else None
    if not isinstance(raw, dict):
        return None
    path = raw.get("file", raw.get("path"))
    if not isinstance(path, str) or not _is_path(path):
        return None
    code = raw.get("context_lines")
    first, last = _range(raw)
    if not isinstance(code, str) or not code.strip():
        return path if first is None else f"{path}:{first}-{last or first}"
    code = code.encode("utf-8", "replace").decode().strip("\n")
    first = first or 1
    digest = anchors.line_hash(code.encode()) or ""
    found = Anchor(None, first, first + code.count("\n"), digest, path)
    return found if anchors.decode(anchors.encode(found), 40) == found else None


def _range(raw: dict[str, Any]) -> tuple[int | None, int | None]:
    lines = raw.get("lines")
    if isinstance(lines, str):
        lines = [int(one) for one in lines.split("-") if one.isascii() and one.isdigit()
                 and len(one) < 10]  # fmt: skip
    if isinstance(lines, list) and lines:
        return _number(lines[0]), _number(lines[-1])
    return (
        _first(raw, ("line_hint", "first", "start", "start_line", "line", "line_start")),
        _first(raw, ("last", "end", "end_line", "line_end")),
    )


def _first(raw: dict[str, Any], names: Iterable[str]) -> int | None:
    return next((found for name in names if (found := _number(raw.get(name)))), None)


def _number(value: object) -> int | None:
    return value if type(value) is int and 0 < value < 10**9 else None


def _is_path(path: str) -> bool:
    odd = any(part in ("", ".", "..") or part.lower() == ".git" for part in path.split("/"))
    return not odd and path.isprintable() and len(path) < 4096
