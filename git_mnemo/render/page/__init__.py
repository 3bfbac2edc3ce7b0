"""The project as one HTML page: our own HTML, CSS and JS in one file, and the memory as data in it.

Nothing is fetched and nothing that was recorded is markup: the texts stand in a JSON element, which
no browser runs, and the script makes text nodes of them. The policy in the page admits its own
style and its own script by their hashes, and nothing else.
"""

import base64
import hashlib
import html
import json
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from typing import NamedTuple

from git_mnemo import chain, moment
from git_mnemo.gathering import Gathered
from git_mnemo.listing import ChainInfo
from git_mnemo.message import printable
from git_mnemo.render.claims import Json
from git_mnemo.render.text import clean
from git_mnemo.showing import NodeInfo


class About(NamedTuple):
    """What the page says of itself: the project's name, and when it was written."""

    name: str
    now: int


def write(about: About, gathered: Iterable[Gathered]) -> Iterator[str]:
    """The page, piece by piece, the chains as they come."""
    before, after = _frame().split("@data@")
    name = printable(about.name) or "project"
    yield before.replace("@title@", html.escape(name))
    yield _data({"name": name, "at": moment.iso(about.now)})[:-1] + ', "chains": [\n'
    for count, one in enumerate(gathered):
        yield (",\n" if count else "") + _data(_chain(one))
    yield "\n]}"
    yield after


@cache
def _frame() -> str:
    """The page without data: `@title@` and `@data@` stand where these go."""
    style, script = _file("page.css"), _file("page.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)};"
        " img-src data:; base-uri 'none'; form-action 'none';"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    )
    page = _file("page.html").replace("@policy@", policy)
    return page.replace("@style@", style).replace("@script@", script)


def _file(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """The source expression that admits an element of exactly this text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _data(value: Json) -> str:
    """JSON that ends no element: ASCII, without any character of markup."""
    text = json.dumps(value, separators=(",", ":")).replace("\x7f", "\\u007f")
    for mark in "<>&'":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


def _chain(one: Gathered) -> Json:
    info: ChainInfo = one.chain
    answer: Json = {
        "id": info.id,
        "title": printable(info.title),
        "domain": info.domain,
        "status": info.status,
        "began": moment.iso(info.began),
        "extended": moment.iso(info.extended),
        "path": "/".join(chain.folders(info.id)),
        "nodes": [_node(member) for member in one.members if member.position],
    }
    answer |= {"partial": True} if info.partial else {}
    answer |= {"untrusted": True} if not info.trusted else {}
    found = info.suspect()
    return answer | {"suspect": list(found)} if found else answer


def _node(one: NodeInfo) -> Json:
    """A node; what it has not is left out."""
    found = one.node
    answer: Json = {"a": one.address, "p": one.position, "type": found.type if found else None}
    if found is not None:
        answer |= {"text": clean(found.text), "domain": found.domain}
        answer |= {"inputs": list(found.inputs)} if found.inputs else {}
        answer |= {"anchors": _anchors(one)} if found.anchors else {}
        answer |= {"commit": found.commit} if found.commit else {}
    if one.hidden_by:
        answer["hidden"] = [[address, type_] for address, type_ in one.hidden_by]
    if one.claimed:
        told = one.claimed[0]
        answer["told"] = [moment.iso(told.at), told.agent, printable(told.author), told.session]
    answer |= {"untrusted": True} if not one.trusted else {}
    answer |= {"remote": printable(one.remote)} if one.remote else {}
    suspect = one.suspect()
    return answer | {"suspect": list(suspect)} if suspect else answer


def _anchors(one: NodeInfo) -> list[Json]:
    assert one.node is not None
    told = []
    for anchor, verdict in zip(one.node.anchors, one.verdicts, strict=True):
        place: Json = {"path": printable(anchor.path), "verdict": verdict.name}
        if anchor.first is not None:
            place |= {"first": anchor.first, "last": anchor.last}
        if verdict.reason:
            place["reason"] = printable(verdict.reason)
        told.append(place)
    return told
