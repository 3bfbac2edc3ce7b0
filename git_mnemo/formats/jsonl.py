"""JSON lines: our own export, and the lines that other tools and people write by hand.

A line with an `address` is of our own export, and its node must come to that address. Everything
else is a claim as `claim --batch` reads it, with who, when, and its place in a chain.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from git_mnemo import anchor as anchors
from git_mnemo import chain, moment, node, refs
from git_mnemo.anchor import Anchor
from git_mnemo.errors import MnemoError
from git_mnemo.formats.document import Spots
from git_mnemo.formats.line import MAX_LINE, Exported, Line, Told, time_of

Fields = dict[str, Any]

_TEXTS = ("text", "type", "domain", "chain", "title", "key", "session", "agent")
_IDS = ("id", "after")
_OWN = ("address", "commit", "position", "claimed", "raw", "opaque", "purged")
_KNOWN = frozenset({*_TEXTS, *_IDS, *_OWN, "at", "inputs", "anchors"})
_BATCH_TYPES = (node.LEAF, node.COMPRESS, node.SUPERSEDE, node.RETRACT)
_ANCHOR = ("path", "first", "last", "hash", "blob")
_ENDS = ("\n", "", "\r\n")
_BOM = b"\xef\xbb\xbf"


# -- reading -----------------------------------------------------------------------------------


def read(lines: Iterable[bytes]) -> Iterator[Line]:
    """The lines of a file, checked one by one; empty ones are passed over.

    The first bad one is refused by its number, counted from 1. A field that means nothing is
    noted once.
    """
    named: set[str] = set()
    for number, raw in enumerate(lines, 1):
        if number == 1:
            raw = raw.removeprefix(_BOM)
        if not raw.strip():
            continue
        try:
            yield _line(raw, number, named)
        except MnemoError as error:
            error.details.setdefault("line", number)
            raise


def read_numbered(lines: Iterable[bytes], _spots: Spots) -> Iterator[Line]:
    """The same, for a source whose lines are known by their numbers anyway."""
    return read(lines)


def _line(raw: bytes, number: int, named: set[str]) -> Line:
    if len(raw) > MAX_LINE:
        raise MnemoError("too-large", f"a line has at most {MAX_LINE:,} bytes.")
    fields = _fields(raw)
    get = fields.get
    notes = [] if _KNOWN.issuperset(fields) else _unknown(fields, number, named)
    if get("purged") is not None:
        return Line(number, purged=_oid(fields, "purged"))
    if not _are_texts(fields):
        _check(fields)
    line = Line(
        number,
        get("text") or "",
        get("type") or node.LEAF,
        get("domain"),
        tuple(_list(fields, "inputs", _is_text)) if "inputs" in fields else (),
        tuple(map(_anchor, _list(fields, "anchors", _is_anchor))) if "anchors" in fields else (),
        get("chain"),
        get("title"),
        get("key"),
        _id(fields, "id") if "id" in fields else None,
        _id(fields, "after") if "after" in fields else None,
        _time(fields, "at") if "at" in fields else None,
        get("agent"),
        get("session"),
    )
    if notes:
        line = line._replace(notes=tuple(notes))
    return _attributed(_own(line, fields) if get("address") is not None else _batch(line))


def _unknown(fields: Fields, number: int, named: set[str]) -> list[str]:
    """A note for each field that means nothing and was not `named` yet."""
    new = fields.keys() - _KNOWN - named
    named |= new
    return [f"line {number}: the field {name[:40]!r} is not known; it is passed over"
            for name in new]  # fmt: skip


def _fields(raw: bytes) -> Fields:
    try:
        fields = _decoded(node.text_of_bytes(raw))
    except (ValueError, RecursionError) as error:
        raise MnemoError("invalid-node", f"this is not JSON: {error}.") from None
    if not isinstance(fields, dict):
        raise MnemoError("invalid-node", "this is no JSON object.")
    return fields


def _decoded(text: str) -> Any:
    if text[0] == "{":  # as most lines; what may stand at their ends is not searched for
        fields, end = _DECODER.raw_decode(text)
        if text[end:] in _ENDS:
            return fields
    return _DECODER.decode(text)


def _once(pairs: list[tuple[str, Any]]) -> Fields:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice[:40]!r} stands there twice")
    return fields


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number)


def _are_texts(fields: Fields) -> bool:
    """Whether all of them are texts of ASCII, as most lines are: then nothing is to be checked."""
    try:
        return "".join(fields.values()).isascii()
    except TypeError:
        return False


def _is_text(one: object) -> bool:
    return isinstance(one, str)


def _check(fields: Fields) -> None:
    for name in _TEXTS:
        value = fields.get(name)
        if value is None:
            continue
        if not isinstance(value, str):
            raise MnemoError("invalid-node", f"`{name}` is no text.")
        if not value.isascii():
            _refuse_surrogates(name, value)


def _refuse_surrogates(name: str, value: str) -> None:
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise MnemoError("invalid-node", f"`{name}` holds half a character (a lone surrogate).")


def _list(fields: Fields, name: str, fits: Callable[[Any], bool]) -> list[Any]:
    value = fields.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(map(fits, value)):
        raise MnemoError("invalid-node", f"`{name}` is not a list of what it should hold.")
    return value


def _id(fields: Fields, name: str) -> str | None:
    value = fields.get(name)
    if type(value) is int:
        return str(value)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise MnemoError("invalid-node", f"`{name}` is no text.")
    if not value.isascii():
        _refuse_surrogates(name, value)
    return value


def _time(fields: Fields, name: str) -> int | None:
    """Unix seconds of an ISO time of the years 1 to 9999; without an offset it is UTC."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise MnemoError("invalid-node", f"`{name}` is no text: write 2026-11-23T09:30:00Z.")
    at = time_of(value)
    if at is None:
        raise MnemoError(
            "invalid-node", f"`{name}` is no time: {value[:40]!r}; write 2026-11-23T09:30:00Z."
        )
    return at


def _is_anchor(one: object) -> bool:
    if isinstance(one, str):
        return "\0" not in one
    if not isinstance(one, dict) or set(one) - {*_ANCHOR, "verdict"}:
        return False
    numbers, texts = (one.get("first"), one.get("last")), (one.get("path"), one.get("hash"))
    return (
        all(isinstance(text, str) for text in texts)
        and isinstance(one.get("blob"), str | None)
        and all(type(number) is int for number in numbers) | (numbers == (None, None))
    )


def _anchor(one: str | Fields) -> Anchor | str:
    if isinstance(one, str):
        return one
    found = Anchor(one.get("blob"), one.get("first"), one.get("last"), one["hash"], one["path"])
    if any("\ud800" <= char <= "\udfff" for char in found.path):
        raise MnemoError("invalid-node", "the path of an anchor holds half a character.")
    if anchors.decode(anchors.encode(found), len(found.blob or "")) != found:
        raise MnemoError("invalid-node", f"this is no anchor: {json.dumps(one)[:200]}.")
    return found


def _batch(line: Line) -> Line:
    if line.type not in _BATCH_TYPES:
        raise MnemoError(
            "invalid-node", f"`type` is one of {', '.join(_BATCH_TYPES)}, not {line.type[:40]!r}."
        )
    if not line.text:
        raise MnemoError("invalid-node", "`text` is missing, or is no text.")
    return line


def _own(line: Line, fields: Fields) -> Line:
    told = _list(fields, "claimed", lambda one: isinstance(one, dict))
    first: Fields = told[0] if told else {}
    _check({name: first.get(name) for name in ("agent", "session")})
    raw = _raw(fields)
    if raw is None and line.type not in node.TYPES:
        raise MnemoError("invalid-node", f"`type` is none that we know: {line.type[:40]!r}.")
    position = fields.get("position")
    if position is not None and (
        type(position) is not int or not 0 <= position <= chain.MAX_POSITION
    ):
        raise MnemoError("invalid-node", f"`position` is 0 to {chain.MAX_POSITION}.")
    if position is not None and not chain.is_chain_id(line.chain or ""):
        raise MnemoError("invalid-node", "`position` is one in a `chain`, and that is no id.")
    at = _time(first, "at")
    return line._replace(
        address=_oid(fields, "address"),
        commit=_oid(fields, "commit") if fields.get("commit") is not None else None,
        position=position,
        raw=raw,
        at=at if at is not None else line.at,
        agent=first.get("agent") or line.agent,
        session=first.get("session") or line.session,
    )


def _raw(fields: Fields) -> bytes | None:
    value = fields.get("raw")
    if value is None:
        return None
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise MnemoError("invalid-node", "`raw` is no base64.") from None


def _oid(fields: Fields, name: str) -> str:
    value = fields[name]
    if not isinstance(value, str) or len(value) not in (40, 64) or value.strip("0123456789abcdef"):
        raise MnemoError("invalid-node", f"`{name}` is no whole id in lower-case hex.")
    return value


def _attributed(line: Line) -> Line:
    """The line with agent and session as trailers hold them; what these cannot hold is noted."""
    agent, session = line.agent, line.session
    if (agent is None or refs.is_agent(agent)) and (session is None or refs.is_session(session)):
        return line
    notes = [*line.notes]
    if agent:
        try:
            agent = refs.agent_slug(agent)
        except MnemoError:
            notes.append(f"line {line.number}: {agent[:40]!r} names no agent; it is passed over")
            agent = None
    if session and not refs.is_session(session):
        notes.append(f"line {line.number}: {session[:40]!r} is no id of ours; it is passed over")
        session = None
    return line._replace(agent=agent or None, session=session or None, notes=tuple(notes))


# -- writing -----------------------------------------------------------------------------------


def write(entries: Iterable[Exported]) -> Iterator[str]:
    """A line for each entry, from which `read` makes the same node in the same place."""
    for one in entries:
        yield json.dumps(_fields_of(one)).replace("\x7f", "\\u007f") + "\n"


def _fields_of(one: Exported) -> Fields:
    found, member = one.node, one.member
    if member is None:
        return {"purged": one.address}
    fields: Fields = {
        "address": one.address,
        "type": found.type if found else None,
        "domain": found.domain if found else None,
        "text": found.text if found else None,
    }
    if found is not None and found.key is not None:
        fields["key"] = found.key
    if found is not None and found.commit is not None:
        fields["commit"] = found.commit
    fields |= {
        "inputs": list(found.inputs) if found else [],
        "anchors": [_anchor_fields(anchor) for anchor in found.anchors] if found else [],
        "chain": member.chain,
        "position": member.position,
        "claimed": [_told_fields(told) for told in one.claimed],
    }
    if found is None:
        fields["opaque"] = True
    if found is None or not _tells_all(found):
        fields["raw"] = base64.b64encode(one.data).decode()
    return fields


def _tells_all(found: node.Node) -> bool:
    """Whether the other fields say every byte: not headers of a later version, odd paths."""
    return not found.extra and not any(
        "\ud800" <= char <= "\udfff" for anchor in found.anchors for char in anchor.path
    )


def _anchor_fields(anchor: Anchor) -> Fields:
    path = anchor.path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return anchor._asdict() | {"path": path}


def _told_fields(told: Told) -> Fields:
    return told._asdict() | {"at": moment.iso(told.at)}
