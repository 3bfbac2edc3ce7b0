"""Decoders of what stands beside memories: files of other tools, answers of git, notes of ours.

Each takes bytes and reads them as the package does, like those of `decoders`, whose table has them.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from git_mnemo import (
    api,
    around,
    binding,
    blame,
    daily,
    folder,
    headlog,
    hookfiles,
    linking,
    manual,
    marks,
    message,
    network,
    renames,
    repository,
    rewriting,
    rewritten,
    sources,
    tools,
)
from git_mnemo.formats import DOCUMENTS, STREAMS, commits, mcp_graph, mnemo_store
from git_mnemo.formats.document import Document, Spots
from git_mnemo.formats.line import Line
from git_mnemo.index import Index
from git_mnemo.index.tables import FILE
from git_mnemo.repository import Repository
from git_mnemo.store import git
from git_mnemo.store.libgit2 import Libgit2Store
from git_mnemo.store.packing import _Listed

OID, OTHER, SESSION = "9c1f" * 10, "ab" * 20, "s_5e551011"
STAMP = message.Stamp(1795426200, "Ada", "ada@example.com", None, None)

Decode = Callable[[bytes], object]
_kept: list[object] = []


@cache
def scratch() -> Repository:
    """A repository that nobody ever claims in; its folder goes with this process."""
    place = tempfile.TemporaryDirectory(prefix="fuzz-")
    path = os.path.join(place.name, "git")
    formats = {"GIT_DEFAULT_HASH": "sha1", "GIT_DEFAULT_REF_FORMAT": "files"}  # libgit2 opens it
    git.run(["init", "--quiet", "--bare", path], env=git.outside() | formats)
    os.makedirs(os.path.join(path, "mnemo"))
    _kept.append(place)
    return Repository(path, path, None, {"user.name": "Ada", "user.email": "ada@example.com"})


def state(name: str, read: Callable[[Repository], object]) -> Decode:
    """The decoder of a file in the folder of our state."""

    def reading(data: bytes) -> None:
        path = Path(scratch().shared_state, name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        try:
            read(scratch())
        finally:
            path.unlink(missing_ok=True)

    return reading


# -- notes of ours -----------------------------------------------------------------------------


def _rewritten(data: bytes) -> None:
    path = Path(scratch().shared_state, marks.REWRITTEN, "1")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (1, 1))
    (one,) = rewritten.waiting(scratch())
    ids = [oid for pairs in one.rewrites for pair in pairs.items() for oid in pair]
    assert all(len(oid) in (40, 64) and not oid.strip("0123456789abcdef") for oid in ids)
    for pairs in one.rewrites:
        rewriting.rewrite(scratch(), STAMP, pairs)


def _told(place: Repository) -> None:
    bound = binding.Bound(SESSION, os.path.join(place.shared_state, "agents", "a-1"), fresh=False)
    assert binding.is_of(place.shared_state, "a", SESSION) in (True, False)
    binding.told(bound)


def _seen(place: Repository) -> None:
    headlog.mark_read(place, 7)
    assert not headlog.has_news(place) or headlog.news(place)


def _exported(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as place:
        Path(place, folder.LIST).write_bytes(data)
        Path(place, "mine.txt").write_text("mine")
        try:
            folder.write(place, [("a.md", "new")])
        finally:
            assert Path(place, "mine.txt").read_text() == "mine"


def _index(data: bytes) -> None:
    path = Path(scratch().shared_state, FILE)
    path.write_bytes(data)
    store = Libgit2Store(scratch().git_dir, scratch().common_dir)
    assert Index(store, scratch().shared_state).chain_ids() == []
    for one in path.parent.glob(f"{FILE}*"):
        one.unlink(missing_ok=True)  # SQLite takes some away itself


def _listed(data: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        listed = _Listed(file.name)
        assert (OID in listed) in (True, False)
        listed.close()


def _idx() -> bytes:
    """A pack's index of one object, as far as it is searched."""
    first = int(OID[:2], 16)
    counts = b"".join((at >= first).to_bytes(4, "big") for at in range(256))
    return b"\xfftOc\0\0\0\2" + counts + bytes.fromhex(OID)


# -- files of others ---------------------------------------------------------------------------


def _lines(found: Iterable[Line]) -> None:
    for one in found:
        assert isinstance(one, Line)


def _stream(format_: str) -> Decode:
    def read(data: bytes) -> None:
        lines = data.splitlines(keepends=True)
        mcp_graph.is_one(lines[0] if lines else b"")
        _lines(STREAMS[format_](lines, Spots()))

    return read


def _documents(format_: str) -> Decode:
    def read(data: bytes) -> None:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return
        _lines(
            DOCUMENTS[format_]([Document("0001-a.md", text), Document("0002.md", "# B")], Spots())
        )

    return read


def _store(name: str) -> Decode:
    def read(data: bytes) -> None:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return
        rest = [Document(at, told) for at, told in _OLD.items() if at != name]
        content = mnemo_store.read([Document(name, text), *rest], Spots())
        for line in (*content.project, *(one for own in content.sessions.values() for one in own)):
            assert isinstance(line, Line)

    return read


def _history(data: bytes) -> None:
    found = list(sources._commits([data[:7], data[7:]]))
    _lines(commits.read(one for one in found if commits.explains(one)))


def _hook(data: bytes) -> None:
    path = Path(scratch().git_dir, "hooks", "post-commit")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o755)
    kept = hookfiles.Folder(scratch())
    if not hookfiles._is_ours(str(path)):  # else nobody knows what stood there before
        kept.put("post-commit", dry_run=False)
        kept.clear()
        assert path.read_bytes() == data


# -- what an agent's client says ---------------------------------------------------------------


def _message(data: bytes) -> None:
    """A line at the MCP server, as its SDK reads it; what the SDK does not take is answered."""
    from mcp_types import jsonrpc_message_adapter  # takes a second to load

    from git_mnemo import wire

    try:
        jsonrpc_message_adapter.validate_json(data.decode("utf-8", "replace"), by_name=False)
    except ValueError as error:
        answer = wire.refusal(error)
        assert answer is None or answer.model_dump_json(by_alias=True)


def _call(data: bytes) -> None:
    """A call of a tool; of one that writes no more than whether it would."""
    try:
        asked = json.loads(data)
        name, given = str(asked["name"]), {**asked["arguments"]}
    except (ValueError, TypeError, KeyError, RecursionError):
        return
    tool = tools.TOOLS.get(name)
    if tool is not None and tool.reads_only:
        tool.call(memory(), given)
    elif tool is not None:
        tool._checked(given)


@cache
def memory() -> api.Memory:
    """What there is to know in the scratch repository."""
    return api.open(scratch().git_dir, session=SESSION)


# -- answers of git ----------------------------------------------------------------------------


def _commit_of_code(data: bytes) -> None:
    """A commit as somebody made it, with git as the one that reads it."""
    place = scratch()
    made = place.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", stdin=data)
    oid = made.out.decode().strip()
    git.run(["update-ref", "refs/heads/main", oid], env=git.environment(place.git_dir))
    for one in blame.told(place, [oid]):
        assert one.commit == oid
    for read in linking.read(place, [oid]):
        linking.node_of(read)
    rewriting._described(place, oid)
    asked = around.Asked(place)
    asked.commits()
    asked.changes()
    asked.around(time.monotonic() + 60)
    list(sources.history(place, "refs/heads/main", 5, iter).lines)


def _names(data: bytes) -> None:
    list(renames._changes(_text(data).split("\0")))


def _pushed(data: bytes) -> None:
    said = network._from_there(_text(data))
    for line in network._lines(data):
        answer = network._answer(line, said)
        assert answer is None or message.printable(answer.reason) == answer.reason


def _settings(data: bytes) -> None:
    config = repository._parse_config(data)
    read = Repository(scratch().git_dir, scratch().common_dir, None, config)
    repository.shared_umask(config, 0o022)
    repository._wants_fsync(config)
    read.is_on("mnemo.sign")
    assert read.width in (40, 64)
    assert not [name for name, value in config.items() if name.startswith("filter.") and value]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


# -- the table ---------------------------------------------------------------------------------

_OLD = {
    "nodes/a1.json": json.dumps({
        "addr": "a1", "type": "supersede", "content": "It is slow", "inputs": ["b1"],
        "created": 1710000000.5, "meta": {
            "domain": "issues", "agent_id": "Ada", "links": [{"addr": "b1", "rel": "cites"}],
            "anchors": [{"type": "content_hash", "file": "a.py", "line_hint": 3}],
        },
    }),
    "nodes/b1.json": json.dumps({"addr": "b1", "text": "It is fast", "superseded_by": ["a1"]}),
    "chains.json": json.dumps({"ch_0": {
        "members": ["b1", "a1"], "summary": "Speed", "status": "stashed", "stash_reason": "later",
    }}),
    "active.json": json.dumps({"nodes": ["a1"]}),
}  # fmt: skip
_RECORD = """---
status: superseded by [ADR-2](0002.md)
date: 2026-11-23
---
# 1. Use a pool

Date: 23 Nov 2026

## Context

It is slow:

- per request
  - twice

```python
pool()
```

## Decision

| a | b |
| - | - |
| 1 | 2 |
"""
_GRAPH = b"""{"type": "entity", "name": "pool", "entityType": "Issues", "observations": ["slow"]}
{"type": "relation", "from": "pool", "to": "request", "relationType": "is made per"}
"""
_PERSON = "Ada <ada@example.com> 1795426200 +0100"
_STATUS = f"# branch.head main\0001 .M N... 100644 100644 100644 {OID} {OID} a b.py\0".encode()

BESIDE: dict[str, tuple[Decode, tuple[bytes, ...]]] = {
    "state: rewritten commits": (
        _rewritten, (f"rewritten 1 .\n{OID} {OTHER}\n{OTHER} {OID} x\nend\n".encode(),)),
    "state: told to an agent": (
        state("agents/a-1", _told), (f"{SESSION}\n{OID}\nowed\n".encode(),)),
    "state: the log read": (state("seen", _seen), (b"4711\n",)),
    "state: last attempt": (
        state("tried", lambda one: daily._read(os.path.join(one.shared_state, "tried"))),
        (b"1795426200\n",)),
    "state: links of the manual": (
        state("manual", manual.unlink), (b"/nowhere/man/man1/git-mnemo.1\n",)),
    "state: index": (_index, (b"SQLite format 3\0" + bytes(84),)),
    "index of a pack": (_listed, (_idx(),)),
    "list of an export": (
        _exported, (b'{"version": 1, "files": {"a.md": ["ab"], "b/c.md": []}}',)),
    "message of a client": (_message, (
        b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "recall"}}',)),
    "call of a tool": (_call, (
        b'{"name": "recall", "arguments": {"query": "pool", "limit": 3, "paths": ["a.py"]}}',
        b'{"name": "claim", "arguments": {"text": "x", "anchors": ["a.py:1-2"]}}',
        b'{"name": "status", "arguments": {}}')),
    "hook of somebody's": (_hook, (
        b"#!/bin/sh\nmake test\n", b"#!/usr/bin/env bash\nexit 0", b"#!/usr/bin/python3\n")),
    "import: graph": (_stream("mcp"), (_GRAPH,)),
    "import: record": (_documents("adr"), (_RECORD.encode(),)),
    "import: Markdown": (_documents("markdown"), (_RECORD.encode(),)),
    **{f"import: old {name}": (_store(name), (told.encode(),)) for name, told in _OLD.items()},
    "import: history": (_history, (
        f"{OID}\x001795426200\0Ada <a@b>\0Use it\0It is slow,\n\n{'w ' * 40}\0".encode(),)),
    "commit of the code": (_commit_of_code, (
        f"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor {_PERSON}\n"
        f"committer {_PERSON}\n\nUse a pool\n\nMnemo-Session: {SESSION}\n".encode(),
        b"tree %s\n\nby nobody" % (b"4b" * 20), b"tree %s\nauthor A <a@b>\n\n" % (b"4b" * 20),
        b"author A <a@b> %s +0000\n\nfar ahead" % (b"9" * 30))),
    "git: status": (lambda data: around._status(data), (_STATUS,)),
    "git: log": (lambda data: around._log(data), (
        f"\x01{OID}\x02Use a pool\x02\0\na.py\0b.py\0".encode(),)),
    "git: renames": (_names, (b"R100\0a.py\0b.py\0D\0c.py\0",)),
    "git: push": (_pushed, (
        b"To origin\n!\trefs/mnemo/project:refs/mnemo/project\t[remote rejected] (no)\nDone\n"
        b"remote: go away\n",)),
    "git: settings": (_settings, (
        b"local\0mnemo.trustauthor\na@b\0global\0core.sharedrepository\n0660\0"
        b"local\0filter.x.clean\nrm\0local\0mnemo.sign\0",)),
}  # fmt: skip
"""By what is read: how, and inputs that are right, to begin with."""
