"""`claim --batch`: JSON lines to drafts, with the line in every complaint."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from git_mnemo import node
from git_mnemo.anchor import Anchor
from git_mnemo.claim import Draft
from git_mnemo.errors import MnemoError

_TEXTS = ("text", "domain", "chain", "title", "type")
_LISTS = ("inputs", "anchors")
_TYPES = (node.LEAF, node.COMPRESS, node.SUPERSEDE, node.RETRACT)

Lay = Callable[[Iterable[str]], tuple[Anchor, ...]]


def read_drafts(raw: bytes, lay: Lay) -> list[Draft]:
    """The drafts of a batch; `lay` turns places in code into anchors. Empty lines are passed over.

    The first bad line is refused by its number, counted from 1.
    """
    return list(_drafts(raw, lay))


def _drafts(raw: bytes, lay: Lay) -> Iterator[Draft]:
    for number, line in enumerate(raw.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            yield _draft(line, number, lay)
        except MnemoError as error:
            error.details.setdefault("line", number)
            raise


def _draft(line: bytes, number: int, lay: Lay) -> Draft:
    fields = _fields(line)
    _check(fields)
    return Draft(
        text=fields["text"],
        type=fields.get("type") or node.LEAF,
        domain=fields.get("domain"),
        inputs=tuple(fields.get("inputs") or ()),
        anchors=lay(fields.get("anchors") or ()),
        chain=fields.get("chain"),
        title=fields.get("title"),
        line=number,
    )


def _fields(line: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(node.text_of_bytes(line))
    except (ValueError, RecursionError) as error:
        raise MnemoError("invalid-node", f"this is not JSON: {error}.") from None
    if not isinstance(fields, dict):
        raise MnemoError("invalid-node", "this is no JSON object.")
    return fields


def _check(fields: dict[str, Any]) -> None:
    unknown = sorted(set(fields) - {*_TEXTS, *_LISTS})
    if unknown:
        raise MnemoError("invalid-node", f"{unknown[0]!r} is no field of a claim.")
    if not isinstance(fields.get("text"), str):
        raise MnemoError("invalid-node", "`text` is missing, or is no text.")
    for name in _TEXTS:
        if not isinstance(fields.get(name), str | None):
            raise MnemoError("invalid-node", f"`{name}` is no text.")
    for name in _LISTS:
        value = fields.get(name)
        if value is not None and not (
            isinstance(value, list) and all(isinstance(one, str) for one in value)
        ):
            raise MnemoError("invalid-node", f"`{name}` is no list of texts.")
    if fields.get("type") not in (None, *_TYPES):
        raise MnemoError(
            "invalid-node", f"`type` is one of {', '.join(_TYPES)}, not {fields['type']!r}."
        )
    if fields.get("chain") is not None and fields.get("title") is not None:
        raise MnemoError("invalid-node", "`chain` goes on with a chain, `title` opens one.")
