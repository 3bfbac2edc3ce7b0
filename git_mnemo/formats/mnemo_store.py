"""The file-based store of the same idea: a folder with `nodes/*.json`, `active.json`,
`chains.json`, `sessions/` and `session_archive/`.

Such stores were written by several hands, so fields are looked for under the names that they have
in practice. What is not understood is counted and told, never dropped in silence.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from git_mnemo import node, refs
from git_mnemo.errors import MnemoError
from git_mnemo.formats.document import Document, Spots, cut, fitting, in_order, key_of
from git_mnemo.formats.line import Line, time_of
from git_mnemo.node import COMPRESS, LEAF, MAX_ANCHORS, MAX_INPUTS, RETRACT, SUPERSEDE

Fields = dict[str, Any]

_ID = ("id", "address", "hash", "node_id", "chain_id", "session_id")
_TEXT = ("text", "content", "claim", "statement", "summary", "body")
_TYPE = ("type", "kind", "node_type")
_DOMAIN = ("domain", "category", "topic")
_AT = ("at", "created_at", "created", "timestamp", "time", "date", "started", "started_at")
_AGENT = ("agent", "author", "by", "agent_id")
_INPUTS = ("inputs", "parents", "sources", "links", "related", "refs")
_HIDES = {
    SUPERSEDE: ("supersedes", "replaces"),
    COMPRESS: ("compresses", "compressed"),
    RETRACT: ("retracts", "withdraws"),
}
_HIDDEN = ("superseded_by", "replaced_by")
_ANCHORS = ("anchors", "files", "anchor")
_CHAIN = ("chain", "chain_id")
_TITLE = ("title", "name", "label")
_MEMBERS = ("nodes", "node_ids", "members", "claims", "chain")
_STATUS = ("status", "state")
_SESSION = ("session", "session_id")
_PRIVATE = {"preliminary", "draft", "pending", "private", "session", "stashed"}
_TYPES = {
    **dict.fromkeys(("leaf", "claim", "note", "observation", "fact", "node", ""), LEAF),
    **dict.fromkeys(("compress", "compressed", "compression", "summary"), COMPRESS),
    **dict.fromkeys(("supersede", "superseding", "supersession", "correction"), SUPERSEDE),
    **dict.fromkeys(("retract", "retraction", "withdrawal"), RETRACT),
}
_NODE_FIELDS = {
    *_ID, *_TEXT, *_TYPE, *_DOMAIN, *_AT, *_AGENT, *_INPUTS, *_HIDDEN, *_ANCHORS, *_CHAIN, *_TITLE,
    *_SESSION, *(name for names in _HIDES.values() for name in names), "active", "status",
}  # fmt: skip


@dataclass
class Content:
    """What a store holds: lines for the project, and for each session of the old store the lines
    that only it has; `archived` are those of its sessions that had ended."""

    project: list[Line] = field(default_factory=list)
    sessions: dict[str, list[Line]] = field(default_factory=dict)
    archived: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)


@dataclass
class _Chain:
    id: str
    title: str
    nodes: dict[str, None]
    session: str | None = None


def read(documents: Iterable[Document], spots: Spots) -> Content:
    """The content of a store, from its JSON files by their names below it."""
    return _Store(list(documents), spots).content()


class _Store:
    def __init__(self, documents: list[Document], spots: Spots) -> None:
        self._spots = spots
        self._odd: Counter[str] = Counter()
        self._nodes: dict[str, Fields] = {}
        self._files: dict[str, str] = {}
        self._chains: dict[str, _Chain] = {}
        self._archived: set[str] = set()
        self._loose: dict[str, list[str]] = {}
        self._done: set[str] = set()
        self._hiding: dict[str, dict[str, None]] = {}
        parsed = {one.name: self._parsed(one) for one in documents}
        for name, value in parsed.items():
            if name.startswith("nodes/"):
                self._add_nodes(name, value)
        self._add_chains(parsed.get("chains.json"), None)
        for folder in ("sessions/", "session_archive/"):
            for name, value in parsed.items():
                if name.startswith(folder):
                    self._add_session(name.removeprefix(folder), value, folder)
        self._active = set(
            _texts(parsed.get("active.json"), ("nodes", "active", "ids", "active_nodes"))
        )

    # -- files ---------------------------------------------------------------------------------

    def _parsed(self, document: Document) -> Any:
        try:
            return json.loads(document.text)
        except (ValueError, RecursionError):
            self._odd["file that is no JSON"] += 1
            return None

    def _add_nodes(self, name: str, value: Any) -> None:
        stem = name.rpartition("/")[2].removesuffix(".json")
        many = value if isinstance(value, list) else [value]
        for one in many:
            if not isinstance(one, dict) or not [*cut(str(_first(one, _TEXT) or ""))]:
                self._odd["file in nodes/ without a text"] += value is not None
                continue
            id_ = str(_first(one, _ID[:4]) or stem)
            self._nodes[id_] = one
            self._files[id_] = name
            for unknown in one.keys() - _NODE_FIELDS:
                self._odd[f"field {unknown[:40]!r} of nodes"] += 1

    def _add_chains(self, value: Any, session: str | None) -> None:
        if isinstance(value, dict) and isinstance(value.get("chains"), list | dict):
            value = value["chains"]
        if isinstance(value, dict):
            value = [{"id": id_, **(one if isinstance(one, dict) else {"nodes": one})}
                     for id_, one in value.items()]  # fmt: skip
        for one in value if isinstance(value, list) else ():
            if isinstance(one, str):  # a session that names chains of chains.json
                if one in self._chains and session is not None:
                    self._chains[one].session = session
                continue
            if not isinstance(one, dict):
                self._odd["chain that is no object"] += 1
                continue
            self._add_chain(one, session)

    def _add_chain(self, one: Fields, session: str | None) -> None:
        title = str(_first(one, _TITLE) or "")
        id_ = str(_first(one, _ID) or title)
        private = str(_first(one, _STATUS) or "").lower() in _PRIVATE
        owner = session or (str(_first(one, _SESSION) or "unknown") if private else None)
        nodes = dict.fromkeys(_texts(one, _MEMBERS))
        known = self._chains.get(id_)
        if known is None:
            self._chains[id_] = _Chain(id_, title, nodes, owner if private or session else None)
        else:
            known.nodes.update(nodes)

    def _add_session(self, name: str, value: Any, folder: str) -> None:
        if not isinstance(value, dict):
            return
        id_ = str(_first(value, _ID) or name.removesuffix(".json").split("/")[0])
        if folder == "session_archive/":
            self._archived.add(id_)
        self._add_chains(value.get("chains"), id_)
        self._loose.setdefault(id_, []).extend(_texts(value, ("nodes", "node_ids", "claims")))

    # -- lines ---------------------------------------------------------------------------------

    def content(self) -> Content:
        """All of it, as lines; what a line rests on stands before it."""
        self._turn_around()
        self._file_the_rest()
        content = Content(archived=self._archived)
        places: dict[str, list[_Chain]] = {}
        for chain in self._chains.values():
            for id_ in chain.nodes:
                if id_ in self._nodes:
                    places.setdefault(id_, []).append(chain)
                else:
                    self._odd["node of a chain that has no file"] += 1
        public = self._public(places)
        for id_ in in_order(list(places), self._needs):
            self._done.add(id_)
            # What the project has it rests on; a session brings what it lacks.
            filed = sorted(places[id_], key=lambda chain: chain.session is not None)
            for number, chain in enumerate(filed):
                into = content.project
                if chain.session is not None and (number or id_ not in public):
                    into = content.sessions.setdefault(chain.session, [])
                into += self._lines(id_, chain, again=number > 0)
        content.warnings = [
            f"not understood: {count:,} x {what}" for what, count in self._odd.items()
        ]
        if any(_first(one, _ANCHORS) for one in self._nodes.values()):
            content.warnings.append(
                "anchors are laid on the lines as they are now: whether these changed since nobody"
                " says"
            )
        lost = [one for one in self._nodes if self._active and one not in self._active]
        hidden = {id_ for one in self._nodes for id_ in self._hides(one)[1]}
        unsaid = len([one for one in lost if one not in hidden])
        if unsaid:
            content.warnings.append(
                f"{unsaid:,} nodes are not in active.json, and nothing says what replaced them:"
                " they come in visible"
            )
        return content

    def _public(self, places: dict[str, list[_Chain]]) -> set[str]:
        """The nodes of the project, with all that they rest on, wherever that stands."""
        public: set[str] = set()
        below = [id_ for id_, filed in places.items() if any(one.session is None for one in filed)]
        while below:
            id_ = below.pop()
            if id_ not in public:
                public.add(id_)
                below += self._needs(id_)
        return public

    def _file_the_rest(self) -> None:
        """Put nodes of no chain into the one they name, or one of their own."""
        filed = {id_ for chain in self._chains.values() for id_ in chain.nodes}
        for session, nodes in self._loose.items():
            loose = dict.fromkeys(one for one in nodes if one in self._nodes and one not in filed)
            if loose:
                self._chains[f"{session}/"] = _Chain(f"{session}/", "", loose, session)
                filed.update(loose)
        for id_, one in self._nodes.items():
            if id_ not in filed:
                own = str(_first(one, _CHAIN) or f"{id_}/")
                title = str(_first(one, _TITLE) or "")
                self._chains.setdefault(own, _Chain(own, title, {})).nodes[id_] = None

    def _turn_around(self) -> None:
        """`superseded_by` says of the one what the other should: both are read the same."""
        for id_, one in self._nodes.items():
            for other in _texts(one, _HIDDEN):
                if other in self._nodes and other != id_:
                    self._hiding.setdefault(other, {})[id_] = None

    def _hides(self, id_: str) -> tuple[str, dict[str, None]]:
        """The type of a node, and what it hides."""
        one = self._nodes[id_]
        type_ = _TYPES.get(str(_first(one, _TYPE) or "").lower())
        turned = self._hiding.get(id_, {})
        for name, names in _HIDES.items():
            hidden = _texts(one, names)
            if hidden:
                return name, dict.fromkeys(hidden) | turned
        if type_ in (None, LEAF):
            return (SUPERSEDE, turned) if turned else (LEAF, {})
        return type_, dict.fromkeys(_texts(one, _INPUTS)) | turned

    def _needs(self, id_: str) -> list[str]:
        """What a node's inputs are: what it hides, or, where it hides nothing, rests on."""
        hidden = self._known(self._hides(id_)[1], id_)
        return hidden or self._known(dict.fromkeys(_texts(self._nodes[id_], _INPUTS)), id_)

    def _known(self, named: dict[str, None], id_: str) -> list[str]:
        return [other for other in named if other in self._nodes and other != id_]

    def _lines(self, id_: str, chain: _Chain, *, again: bool) -> Iterator[Line]:
        one = self._nodes[id_]
        said = str(_first(one, _TYPE) or "").lower()
        type_, hidden = self._hides(id_)
        inputs = [other for other in self._needs(id_) if other in self._done]
        type_ = type_ if self._known(hidden, id_) and inputs else LEAF
        if not again:
            self._count(id_, said, hidden, inputs)
        for number, text in enumerate(cut(str(_first(one, _TEXT)))):
            yield Line(
                self._spots.add(self._files[id_]), text=text, type=type_ if not number else LEAF,
                domain=_domain(one), inputs=tuple(inputs[:MAX_INPUTS]) if not number else (),
                anchors=tuple(self._anchors(one))[:MAX_ANCHORS] if not number else (),
                title=self._title(chain, id_), key=key_of("mnemo", chain.id),
                id=None if again or number else id_, at=_time(one), agent=_agent(one), dated=False,
            )  # fmt: skip

    def _count(self, id_: str, said: str, hidden: dict[str, None], inputs: list[str]) -> None:
        """Note what of a node does not come along."""
        links = dict.fromkeys(_texts(self._nodes[id_], _INPUTS))
        if said not in _TYPES:
            self._odd[f"type {said[:40]!r}, read as a claim"] += 1
        lost = [other for other in {**hidden, **links} if other not in self._nodes]
        if lost:
            self._odd["link to a node that has no file"] += len(lost)
        needs = set(self._needs(id_))
        beside = [other for other in self._known(links, id_) if other not in needs]
        if beside:
            self._odd["link of a node that hides others, to what it does not hide"] += len(beside)
        if len(inputs) < len(needs):
            self._odd["link that leads back in a circle"] += len(needs) - len(inputs)
        if len(inputs) > MAX_INPUTS:
            self._odd[f"link beyond the {MAX_INPUTS:,} that a node can have"] += (
                len(inputs) - MAX_INPUTS
            )

    def _title(self, chain: _Chain, id_: str) -> str:
        first = next((one for one in chain.nodes if one in self._nodes), id_)
        return fitting(chain.title) or fitting(str(_first(self._nodes[first], _TEXT))) or "node"

    def _anchors(self, one: Fields) -> Iterator[str]:
        value = _first(one, _ANCHORS)
        for spot in value if isinstance(value, list) else [value] if value else []:
            if isinstance(spot, str):
                yield spot
                continue
            path = _first(spot, ("path", "file")) if isinstance(spot, dict) else None
            if not isinstance(path, str):
                self._odd["anchor without a path"] += 1
                continue
            yield path + _range(spot)


def _first(fields: Fields, names: Iterable[str]) -> Any:
    return next((fields[name] for name in names if fields.get(name) not in (None, "", [])), None)


def _texts(value: Any, names: Iterable[str]) -> list[str]:
    """The ids under the first of these names: texts, numbers, objects with an id of their own."""
    found = _first(value, names) if isinstance(value, dict) else value
    many = found if isinstance(found, list) else [found] if found is not None else []
    names = (*_ID, "target", "to")
    ids = [_first(one, names) if isinstance(one, dict) else one for one in many]
    return [str(one) for one in ids if isinstance(one, str | int) and not isinstance(one, bool)]


def _domain(one: Fields) -> str | None:
    said = str(_first(one, _DOMAIN) or "").strip().lower().replace("_", "-").replace(" ", "-")
    return said if node.is_domain(said) else None


def _time(one: Fields) -> int | None:
    said = _first(one, _AT)
    if isinstance(said, int | float) and not isinstance(said, bool):
        seconds = said / 1000 if said > 1e11 else said
        return int(seconds) if 0 < seconds < 253402300799 else None
    return time_of(said) if isinstance(said, str) else None


def _agent(one: Fields) -> str | None:
    said = _first(one, _AGENT)
    try:
        return refs.agent_slug(said) if isinstance(said, str) else None
    except MnemoError:
        return None


def _range(spot: Fields) -> str:
    lines = spot.get("lines")
    first = _first(spot, ("first", "start", "start_line", "line", "line_start"))
    last = _first(spot, ("last", "end", "end_line", "line_end"))
    if isinstance(lines, str):
        return f":{lines}"
    if isinstance(lines, list) and lines:
        first, last = lines[0], lines[-1]
    if not isinstance(first, int):
        return ""
    return f":{first}-{last}" if isinstance(last, int) and last != first else f":{first}"
