"""The file-based store that came before git mnemo: what stands in the files of a `.mnemo` folder.

`nodes/ADDR.json` is a node (`addr`, `type`, `content`, `inputs`, `created`, `meta`), `active.json`
the addresses that are live, `chains.json` the chains by their ids. `sessions/ID/` is a store of
that shape for each session, perhaps with one below it for each agent, and
`session_archive/ID_TIME/` one for each that ended. Others wrote such folders, too, so fields are
looked for under the names that they have in practice.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from git_mnemo import node, refs
from git_mnemo.errors import MnemoError
from git_mnemo.formats.document import Document, Report, cut, fitting
from git_mnemo.formats.line import time_of
from git_mnemo.node import COMPRESS, LEAF, RETRACT, SUPERSEDE

Fields = dict[str, Any]

_ID = ("addr", "id", "address", "hash", "node_id")
_TEXT = ("content", "text", "claim", "statement", "summary", "body")
_TYPE = ("type", "kind", "node_type")
_DOMAIN = ("domain", "category", "topic")
_AT = ("created", "created_at", "at", "timestamp", "time", "date")
_AGENT = ("agent_id", "agent", "author", "by")
_SESSION = ("session_id", "session", "conversation")
_INPUTS = ("inputs", "parents", "sources")
_LINKS = ("links", "related", "refs")
_HIDES = {
    SUPERSEDE: ("supersedes", "replaces"),
    COMPRESS: ("compresses", "compressed"),
    RETRACT: ("retracts", "withdraws"),
}
_HIDDEN = ("superseded_by", "replaced_by")
_ANCHORS = ("anchors", "files", "anchor")
_CHAIN_ID = ("chain_id", "id")
_TITLE = ("summary", "title", "name", "label")
_MEMBERS = ("members", "nodes", "node_ids", "claims", "chain")
_ACTIVE = ("active", "nodes", "ids", "active_nodes")
_ROOT = "root"
_RESTS = "rests on"
"""What a link says of an input that would be hidden, were it one."""
_TYPES = {
    **dict.fromkeys(("leaf", "claim", "note", "observation", "fact", "node", ""), LEAF),
    **dict.fromkeys(("compress", "compressed", "compression", "summary"), COMPRESS),
    **dict.fromkeys(("supersede", "superseding", "supersession", "correction"), SUPERSEDE),
    **dict.fromkeys(("retract", "retraction", "withdrawal"), RETRACT),
    _ROOT: _ROOT,
}
_OF_META = frozenset(
    {
        *_DOMAIN, *_AGENT, *_SESSION, *_INPUTS, *_LINKS, *_HIDDEN, *_ANCHORS,
        *(name for names in _HIDES.values() for name in names), "chains",
    }
)  # fmt: skip
_OF_NODES = _OF_META | {*_ID, *_TEXT, *_TYPE, *_AT, "meta"}
_PRIVATE = frozenset({"preliminary", "draft", "pending", "private", "session"})
_CASES = ("nodes/", "active.json", "chains.json")
_OURS = ("index/", "logs/", "roots.json", "session_state.json", "config.json", "projects.json")
"""What says nothing that the nodes and chains do not say, and is no part of an import."""
_NO_SLUG = re.compile(r"[^a-z0-9]+")


class Old(NamedTuple):
    """A node; `pieces` are its text, `links` addresses with what they are to this one."""

    address: str
    type: str
    pieces: tuple[str, ...]
    inputs: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    at: int | None
    domain: str | None
    agent: str | None
    session: str | None
    anchors: tuple[Any, ...]
    path: str
    replaced_by: tuple[str, ...]


class Chain(NamedTuple):
    """A chain; `members` are in order."""

    id: str
    title: str
    members: dict[str, None]
    status: str = ""
    agent: str | None = None
    reason: str = ""
    session: str | None = None


@dataclass
class Store:
    """One folder of that shape: the project's (`session` None), or a session's.

    `active` is None where nothing says what is live.
    """

    session: str | None
    archived: bool = False
    nodes: dict[str, Old] = field(default_factory=dict)
    chains: dict[str, Chain] = field(default_factory=dict)
    active: set[str] | None = None


def read(documents: Iterable[Document], report: Report) -> list[Store]:
    """The stores of a folder, from its JSON files by their names below it; the project's first."""
    found: dict[tuple[str | None, bool], Store] = {(None, False): Store(None)}
    for document in documents:
        session, archived, rest = _home(document.name)
        if rest.startswith(_CASES):
            store = found.setdefault((session, archived), Store(session, archived))
            _take(store, rest, document, report)
        elif not rest.startswith(_OURS):
            report.add("files that are no part of such a store, left out", document.name)
    project = found[None, False]
    _turn_around(project.nodes)
    for name, store in _private(project).items():
        _join(found.setdefault((name, False), Store(name)), store)
    for session, archived in [one for one in found if one[1] and (one[0], False) in found]:
        report.add("archived sessions that live on, taken into the live one", session or "")
        _join(found[session, False], found.pop((session, archived)))
    for store in found.values():
        _turn_around(store.nodes)
    order = sorted(found, key=lambda one: (one[0] is not None, one[0] or ""))
    return [found[one] for one in order]


def _home(path: str) -> tuple[str | None, bool, str]:
    """The session that a path is of (None: the project), whether that ended, and the rest."""
    first, _, rest = path.partition("/")
    if first not in ("sessions", "session_archive") or "/" not in rest:
        return None, False, path
    name, _, rest = rest.partition("/")
    agent = ""
    if first == "session_archive":
        known, _, time = name.rpartition("_")
        if known and time.isdigit():
            name = known
        if refs.is_session(name[:10]) and name[10:11] == "_":
            name, agent = name[:10], name[11:]
    inner, _, below = rest.partition("/")
    if below.startswith(_CASES) and not rest.startswith((*_CASES, *_OURS)):
        agent, rest = inner, below
    return (f"{name}@{_agent(agent) or agent}" if agent else name), first != "sessions", rest


def _take(store: Store, rest: str, document: Document, report: Report) -> None:
    value = _json(document, report)
    if value is None:
        return
    if rest.startswith("nodes/"):
        for one in value if isinstance(value, list) else [value]:
            old = _node(one, document.name, report)
            if old is not None:
                store.nodes.setdefault(old.address, old)
    elif rest == "chains.json":
        for chain in _chains(value, document.name, report):
            _add(store.chains, chain)
    elif rest == "active.json":
        named = _active(value)
        if named is None:
            report.add("lists of what is live that cannot be read", document.name)
        elif named:
            store.active = (store.active or set()) | named


def _json(document: Document, report: Report) -> Any:
    try:
        return json.loads(document.text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        report.add("files that are no JSON, left out", document.name)
        return None


def _active(value: Any) -> set[str] | None:
    if isinstance(value, dict):
        value = next((value[name] for name in _ACTIVE if name in value), [*value])
    return {*_texts(value)} if isinstance(value, list) else None


def _add(chains: dict[str, Chain], chain: Chain) -> None:
    chains.setdefault(chain.id, chain).members.update(chain.members)


def _join(store: Store, other: Store) -> None:
    """Put all of another store into one that has some of it already, and knows it better."""
    if store.nodes and (store.active is None or other.active is None):
        store.active = None
    else:
        store.active = (store.active or set()) | (other.active or set()) or None
    for address, one in other.nodes.items():
        store.nodes.setdefault(address, one)
    for chain in other.chains.values():
        _add(store.chains, chain)


def _turn_around(nodes: dict[str, Old]) -> None:
    """`superseded_by` says of the one what the other should: both are read the same."""
    hiding: dict[str, dict[str, None]] = {}
    for address, one in nodes.items():
        for other in one.replaced_by:
            if other in nodes and other != address:
                hiding.setdefault(other, {})[address] = None
    for address, hidden in hiding.items():
        one = nodes[address]
        if one.type == LEAF:
            rests = tuple((to, _RESTS) for to in one.inputs if to not in hidden)
            one = one._replace(type=SUPERSEDE, inputs=(), links=(*one.links, *rests))
        nodes[address] = one._replace(inputs=tuple(dict.fromkeys((*one.inputs, *hidden))))


def _private(project: Store) -> dict[str, Store]:
    """What of a project's store is only some session's, taken out of it: its preliminary chains,
    and those of their nodes on which nothing else rests."""
    private = [one for one in project.chains.values() if one.status in _PRIVATE]
    for chain in private:
        del project.chains[chain.id]
    theirs = {address for chain in private for address in chain.members}
    below = [address for chain in project.chains.values() for address in chain.members]
    below += [address for address in project.nodes if address not in theirs]
    public: set[str] = set()
    while below:
        address = below.pop()
        if address in project.nodes and address not in public:
            public.add(address)
            one = project.nodes[address]
            below += [*one.inputs, *(to for to, rel in one.links if rel == _RESTS)]
    found: dict[str, Store] = {}
    for chain in private:
        session = chain.session or "unknown"
        store = found.setdefault(session, Store(session, active=project.active))
        _add(store.chains, chain)
        for address in chain.members:
            if address in project.nodes and address not in public:
                store.nodes[address] = project.nodes[address]
    for store in found.values():
        for address in store.nodes:
            project.nodes.pop(address, None)
    return found


# -- nodes -------------------------------------------------------------------------------------


def _node(fields: Any, path: str, report: Report) -> Old | None:
    if not isinstance(fields, dict):
        report.add("nodes that are no JSON object, left out", path)
        return None
    said = _first(fields, _TYPE) or ""
    type_ = _TYPES.get(said.lower()) if isinstance(said, str) else None
    if type_ == _ROOT:
        report.add("snapshots of all that was live (type root), left out", path)
        return None
    pieces = tuple(
        cut(next((fields[one] for one in _TEXT if isinstance(fields.get(one), str)), ""))
    )
    if not pieces:
        report.add("nodes without a text, left out", path)
        return None
    if type_ is None:
        report.add("nodes of a type that is not known, taken as claims", path)
        type_ = LEAF
    meta = fields.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    for name in fields.keys() - _OF_NODES:
        report.add(f"the field {name[:40]!r} is passed over", path)
    for name in meta.keys() - _OF_META:
        report.add(f"the field 'meta.{name[:40]}' is passed over", path)
    both = meta | fields
    address = _word(fields, _ID) or path.rpartition("/")[2].removesuffix(".json")
    type_, inputs, rests = _inputs(both, type_, address)
    if type_ != LEAF and not inputs:
        report.add(f"nodes of type {type_} that rest on nothing, taken as claims", path)
        type_ = LEAF
    return Old(
        address, type_, pieces, inputs,
        (*((one, _RESTS) for one in rests), *_links(both, path, report)),
        _time(_first(fields, _AT)), _domain(_word(both, _DOMAIN)), _agent(_word(both, _AGENT)),
        _session(_word(both, _SESSION)),
        tuple(one for name in _ANCHORS for one in _list(both.get(name))),
        path, tuple(one for name in _HIDDEN for one in _texts(both.get(name))),
    )  # fmt: skip


def _inputs(both: Fields, type_: str, address: str) -> tuple[str, tuple[str, ...], list[str]]:
    """The type, the inputs, and what it also rests on, but would hide as an input."""
    named = dict.fromkeys(one for name in _INPUTS for one in _texts(both.get(name)))
    inputs = [one for one in named if one != address and one.strip("0")]
    for hiding, names in _HIDES.items():
        hidden = dict.fromkeys(one for name in names for one in _texts(both.get(name)))
        hidden.pop(address, None)
        if hidden:
            return hiding, tuple(hidden), [one for one in inputs if one not in hidden]
    return type_, tuple(inputs), []


def _links(both: Fields, path: str, report: Report) -> Iterator[tuple[str, str]]:
    for one in (one for name in _LINKS for one in _list(both.get(name))):
        if to := _texts(one):
            rel = _word(one, ("rel", "type", "relation")) if isinstance(one, dict) else None
            yield to[0], (rel or "relates to").replace("_", " ")
        else:
            report.add("links that cannot be read, left out", path)


def _session(text: str | None) -> str | None:
    return text if text is not None and refs.is_session(text) else None


def _agent(name: str | None) -> str | None:
    try:
        return refs.agent_slug(name) if name else None
    except MnemoError:
        return None


def _domain(word: str | None) -> str | None:
    slug = _NO_SLUG.sub("-", (word or "").partition(",")[0].lower()).strip("-")[:32].strip("-")
    return slug if slug and node.is_domain(slug) else None


def _time(said: Any) -> int | None:
    if isinstance(said, int | float) and not isinstance(said, bool):
        seconds = said / 1000 if 1e11 < said < 1e15 else said
        return int(seconds) if 0 < seconds < 253402300799 else None
    return time_of(said) if isinstance(said, str) else None


# -- chains ------------------------------------------------------------------------------------


def _chains(value: Any, path: str, report: Report) -> Iterator[Chain]:
    if isinstance(value, dict) and isinstance(value.get("chains"), dict | list):
        value = value["chains"]
    if isinstance(value, dict):
        value = [{"id": id_, **one} if isinstance(one, dict) else {"id": id_, "members": one}
                 for id_, one in value.items()]  # fmt: skip
    if not isinstance(value, list):
        report.add("lists of chains that cannot be read", path)
        return
    for number, one in enumerate(value):
        if not isinstance(one, dict):
            report.add("chains that cannot be read, left out", path)
            continue
        title = _word(one, _TITLE) or ""
        members = dict.fromkeys(name for key in _MEMBERS for name in _texts(one.get(key)))
        yield Chain(
            _word(one, _CHAIN_ID) or title or str(number), title, members,
            (_word(one, ("status", "state")) or "").lower(), _agent(_word(one, _AGENT)),
            _word(one, ("stash_reason", "reason")) or "stashed", _word(one, _SESSION),
        )  # fmt: skip


# -- fields ------------------------------------------------------------------------------------


def _first(fields: Fields, names: Iterable[str]) -> Any:
    return next((fields[name] for name in names if fields.get(name) not in (None, "", [])), None)


def _word(fields: Fields, names: Iterable[str]) -> str | None:
    """The first of these that is a text or a number, on one line."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool):
            try:
                said = fitting(str(value))
            except ValueError:  # a number of more digits than Python writes
                continue
            if said:
                return said
    return None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _texts(value: Any) -> list[str]:
    """Ids: texts, numbers, or objects with an id of their own."""
    names = (*_ID, "target", "to")
    found = (_word(one, names) if isinstance(one, dict) else _word({"": one}, ("",))
             for one in _list(value))  # fmt: skip
    return [one for one in found if one]
