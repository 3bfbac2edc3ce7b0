"""The graph of the reference memory server of MCP: a line for each entity and each relation.

An entity becomes a chain, what was observed of it claims, a relation a claim in the chain of the
entity that it begins at.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from git_mnemo.errors import MnemoError
from git_mnemo.formats.document import Spots, cut, fitting, key_of
from git_mnemo.formats.line import MAX_LINE, Line, time_of

Fields = dict[str, Any]
DOMAINS = {"architecture", "context", "decisions", "dependencies", "history", "issues", "patterns",
           "tasks"}  # fmt: skip


def is_one(first: bytes) -> bool:
    """Whether a file whose first line this is holds such a graph."""
    try:
        fields = json.loads(first)
    except (ValueError, RecursionError):
        return False
    kinds = {"entity": "name", "relation": "relationType"}
    return isinstance(fields, dict) and kinds.get(str(fields.get("type")), "") in fields


def read(lines: Iterable[bytes], spots: Spots) -> Iterator[Line]:
    """A line for each observation and each relation. Relations name chains by the type of their
    entity, which may stand below them, so they come last."""
    kinds: dict[str, str] = {}
    relations: list[tuple[int, Fields]] = []
    for number, raw in enumerate(lines, 1):
        if not raw.strip():
            continue
        at = spots.add(f"line {number}")
        fields = _fields(raw, at)
        if fields.get("type") == "entity":
            kinds[_text(fields, "name", at)] = str(fields.get("entityType") or "")
            for line in _observed(fields, at):
                yield line._replace(number=spots.add(f"line {number}"))
        elif fields.get("type") == "relation":
            relations.append((at, fields))
        else:
            raise MnemoError("invalid-node", "`type` is neither entity nor relation.", line=at)
    for at, fields in relations:
        yield _related(fields, kinds, at)


def _fields(raw: bytes, at: int) -> Fields:
    if len(raw) > MAX_LINE:
        raise MnemoError("too-large", f"a line has at most {MAX_LINE:,} bytes.", line=at)
    try:
        fields = json.loads(raw.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError) as error:
        raise MnemoError("invalid-node", f"this is not JSON: {error}.", line=at) from None
    if not isinstance(fields, dict):
        raise MnemoError("invalid-node", "this is no JSON object.", line=at)
    return fields


def _text(fields: Fields, name: str, number: int) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value.strip():
        raise MnemoError("invalid-node", f"`{name}` is missing, or is no text.", line=number)
    return value


def _observed(fields: Fields, number: int) -> Iterator[Line]:
    name = _text(fields, "name", number)
    observed = fields.get("observations") or []
    if not isinstance(observed, list):
        raise MnemoError("invalid-node", "`observations` is no list.", line=number)
    kind = str(fields.get("entityType") or "")
    for one in observed:
        text, at = _observation(one, number)
        for piece in cut(text):
            yield Line(number, text=piece, at=at, **_chain(name, kind))


def _observation(one: object, number: int) -> tuple[str, int | None]:
    """Its text and time: mostly it is but a text, and some servers keep an object."""
    if isinstance(one, str):
        return one, None
    if isinstance(one, dict):
        texts = (one.get(name) for name in ("content", "text"))
        text = next((said for said in texts if isinstance(said, str)), "")
        when = next((one[name] for name in ("timestamp", "createdAt") if name in one), None)
        if text:
            return text, time_of(when) if isinstance(when, str) else None
    raise MnemoError("invalid-node", "an observation is no text.", line=number)


def _related(fields: Fields, kinds: dict[str, str], number: int) -> Line:
    start, end = (_text(fields, name, number) for name in ("from", "to"))
    how = _text(fields, "relationType", number).replace("_", " ")
    (text, *_) = cut(f"{start} {how} {end}.")
    return Line(number, text=text, **_chain(start, kinds.get(start, "")))


def _chain(name: str, kind: str) -> Fields:
    """The chain of an entity. Its observations have no time, so it is found by title and key."""
    plain = kind.strip().lower()
    domain = next((one for one in sorted(DOMAINS) if plain in (one, one.rstrip("s"))), None)
    return {
        "title": fitting(f"{name} ({kind})" if kind.strip() else name) or "entity",
        "key": key_of("mcp", name),
        "domain": domain,
        "dated": False,
    }
