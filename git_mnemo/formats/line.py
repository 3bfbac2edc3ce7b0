"""What one line of an import says, and what one line of an export tells."""

from datetime import UTC, datetime
from typing import NamedTuple

from git_mnemo.anchor import Anchor
from git_mnemo.chain import Member
from git_mnemo.node import LEAF, Node

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST, _LATEST = -62135596800, 253402300799

MAX_LINE = 32 * 1024 * 1024
"""Bytes of one line; a node is far smaller, but what we do not read may stand beside it."""

TITLE_OF_CHAIN = "title"
"""An input of a `stash`: the title of its chain, whose address no source knows."""


class Line(NamedTuple):
    """One node that is to be imported. `number` counts from 1; `at` in unix seconds.

    `inputs` are addresses, whole or short, `#3` for line 3, or the `id` of a line. An anchor that
    is a text is a place in the work tree. `after` is the `id` of the line before it in its chain.
    `key` is that of the chain's title; in a line that is a title, its own.

    The rest only an export of ours says: `address` is what the node must come to, `raw` its bytes
    where the other fields do not tell them; `purged` makes the line say nothing but that there is
    no such node.

    `dated` says whether `at` tells chains of one title apart; else the chain of that title and key
    is meant, whatever its day. `notes` are what was passed over.
    """

    number: int
    text: str = ""
    type: str = LEAF
    domain: str | None = None
    inputs: tuple[str, ...] = ()
    anchors: tuple[Anchor | str, ...] = ()
    chain: str | None = None
    title: str | None = None
    key: str | None = None
    id: str | None = None
    after: str | None = None
    at: int | None = None
    agent: str | None = None
    session: str | None = None
    address: str | None = None
    commit: str | None = None
    position: int | None = None
    raw: bytes | None = None
    purged: str | None = None
    dated: bool = True
    notes: tuple[str, ...] = ()


class Told(NamedTuple):
    """Who claimed an entry, as a commit tells; `at` in unix seconds."""

    at: int
    agent: str | None
    author: str
    session: str | None


class Exported(NamedTuple):
    """One entry of a memory: its bytes, what they say (None: opaque), who claimed it.

    Without a member: the address of a node that was purged.
    """

    address: str
    member: Member | None
    data: bytes
    node: Node | None
    claimed: tuple[Told, ...]


def time_of(text: str) -> int | None:
    """Unix seconds of an ISO time of the years 1 to 9999, which is UTC without an offset; None
    where it is none."""
    try:
        read = datetime.fromisoformat(text)
        passed = (read if read.tzinfo else read.replace(tzinfo=UTC)) - _EPOCH
    except (ValueError, OverflowError):
        return None
    at = passed.days * 86400 + passed.seconds
    return at if _EARLIEST <= at <= _LATEST else None
