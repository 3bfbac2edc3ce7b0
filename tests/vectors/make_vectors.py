"""Golden vectors for format 1, written from the text of the format alone.

Nothing here imports the package: this is a second, slower implementation to check the first one
against. Every object id is computed with hashlib and compared with what git says.

    python make_vectors.py [FOLDER]              write the JSON files (default: beside this file)
    python make_vectors.py --sha256 [FOLDER]     those of SHA-256 objects (default: sha256/)
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

Row = dict[str, object]
Paths = dict[str, str]  # path from the root of a tree -> blob id

# ------------------------------------------------------------------------------- objects


FORMAT = "sha256" if "--sha256" in sys.argv else "sha1"
WIDTH = {"sha1": 40, "sha256": 64}[FORMAT]


def oid(kind: str, data: bytes) -> str:
    """The id git gives these bytes as an object of this kind; remembered for `check`."""
    digest = hashlib.new(FORMAT, f"{kind} {len(data)}\0".encode() + data).hexdigest()
    SEEN[digest] = (kind, data)
    return digest


SEEN: dict[str, tuple[str, bytes]] = {}
TREES: dict[str, list[tuple[str, str, str]]] = {}
EMPTY_BLOB = oid("blob", b"")


def tree_bytes(entries: Iterable[tuple[str, str, str]]) -> bytes:
    """A tree object of (mode, name, id), in git's order: a folder sorts as if it ended in `/`."""

    def place(entry: tuple[str, str, str]) -> bytes:
        return entry[1].encode() + (b"/" if entry[0] == "40000" else b"")

    ordered = sorted(entries, key=place)
    return b"".join(f"{m} {n}\0".encode() + bytes.fromhex(i) for m, n, i in ordered)


def trees(paths: Paths, at: str = "") -> list[Row]:
    """Every tree these paths make, deepest first, each `{path, id, bytes_hex}`; the root last."""
    below: dict[str, Paths] = {}
    entries: list[tuple[str, str, str]] = []
    for path, blob in sorted(paths.items()):
        name, slash, rest = path.partition("/")
        if slash:
            below.setdefault(name, {})[rest] = blob
        else:
            entries.append(("100644", name, blob))
    rows: list[Row] = []
    for name, inner in below.items():
        rows += trees(inner, f"{at}{name}/")
        entries.append(("40000", name, str(rows[-1]["id"])))
    data = tree_bytes(entries)
    TREES[oid("tree", data)] = entries
    return [*rows, {"path": at.rstrip("/"), "id": oid("tree", data), "bytes_hex": data.hex()}]


def root(paths: Paths) -> str:
    return str(trees(paths)[-1]["id"])


# --------------------------------------------------------------------------------- nodes

TYPES = ("leaf", "compress", "supersede", "retract", "chain", "commit", "stash", "resume")
NEED_INPUT = ("compress", "supersede", "retract", "resume")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
ESCAPES = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}


@dataclass(frozen=True)
class Anchor:
    path: bytes
    hash: str = "a1b2c3d4e5f60718"
    blob: str | None = None
    first: int | None = None
    last: int | None = None

    def row(self) -> Row:
        try:
            text: str | None = self.path.decode()
        except UnicodeDecodeError:
            text = None
        return {
            "blob": self.blob,
            "first": self.first,
            "last": self.last,
            "hash": self.hash,
            "path": text,
            "path_hex": self.path.hex(),
        }


@dataclass(frozen=True)
class Node:
    type: str
    domain: str
    text: str
    key: str | None = None
    commit: str | None = None
    inputs: tuple[str, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    extra: tuple[str, ...] = ()

    def row(self) -> Row:
        row: Row = {"type": self.type, "domain": self.domain, "text": self.text}
        if self.key is not None:
            row["key"] = self.key
        if self.commit is not None:
            row["commit"] = self.commit
        return row | self.lists()

    def lists(self) -> Row:
        anchors = [anchor.row() for anchor in self.anchors]
        return {"inputs": list(self.inputs), "anchors": anchors, "extra": list(self.extra)}


def normalise(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"\A(?:\ufeff|[ \t]*\n)+", "", text).rstrip(" \t\n")


def quote(path: bytes) -> str:
    """The path as an anchor writes it."""
    try:
        bare = path.decode()
    except UnicodeDecodeError:
        return always_quoted(path)
    if CONTROL.search(bare) or '"' in bare or "\\" in bare or bare != bare.strip(" "):
        return always_quoted(path)
    return bare


def always_quoted(path: bytes) -> str:
    def escape(byte: int) -> str:
        if byte in ESCAPES:
            return "\\" + ESCAPES[byte]
        return chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}"

    return '"' + "".join(map(escape, path)) + '"'


def unquote(written: str) -> bytes:
    """The path behind what an anchor wrote; lenient, `decode` compares with `quote` afterwards."""
    if not written.startswith('"'):
        return written.encode()
    inner = re.fullmatch(r'"((?:[^"\\]|\\.)*)"', written)
    require(inner is not None, "quotes that do not close")
    assert inner is not None
    named = {letter: byte for byte, letter in ESCAPES.items()}
    found = bytearray()
    for plain, octal, letter in re.findall(r"([^\\]+)|\\([0-3][0-7]{2})|\\(.)", inner[1]):
        require(not letter or letter in named, "an unknown escape")
        found += plain.encode() or bytes([int(octal, 8) if octal else named[letter]])
    return bytes(found)


def require(held: bool, rule: str) -> None:
    if not held:
        raise ValueError(rule)


def is_id(value: str) -> bool:
    return re.fullmatch(f"[0-9a-f]{{{WIDTH}}}", value) is not None


def anchor_line(anchor: Anchor) -> str:
    require(anchor.blob is None or is_id(anchor.blob), "blob")
    require(re.fullmatch("[0-9a-f]{16}", anchor.hash) is not None, "anchor hash")
    require(anchor.path != b"" and b"\0" not in anchor.path, "path")
    lines = "-"
    if anchor.first is not None and anchor.last is not None:
        require(1 <= anchor.first <= anchor.last, "lines")
        lines = f"{anchor.first}-{anchor.last}"
    return f"anchor {anchor.blob or '-'} {lines} {anchor.hash} {quote(anchor.path)}"


def canonical(given: Node) -> Node:
    """The node with its text normalised and its lists in the order they are written."""
    anchors = {anchor_line(anchor).encode(): anchor for anchor in given.anchors}
    return replace(
        given,
        text=normalise(given.text),
        inputs=tuple(sorted(set(given.inputs))),
        anchors=tuple(anchor for _, anchor in sorted(anchors.items())),
        extra=tuple(sorted(set(given.extra), key=str.encode)),
    )


def encode(given: Node) -> bytes:
    """The canonical bytes; ValueError names the rule a node breaks."""
    node = canonical(given)
    require(node.type in TYPES, "type")
    require(re.fullmatch("[a-z][a-z0-9-]{0,31}", node.domain) is not None, "domain")
    require((node.key is not None) == (node.type == "chain"), "key")
    require(node.key is None or bool(re.fullmatch("[A-Za-z0-9_.@-]{1,64}", node.key)), "key")
    require((node.commit is not None) == (node.type == "commit"), "commit")
    require(node.commit is None or is_id(node.commit), "commit")
    require(bool(node.inputs) or node.type not in NEED_INPUT, "needed input")
    require(len(node.inputs) <= 1024 and all(map(is_id, node.inputs)), "inputs")
    require(len(node.anchors) <= 64, "anchors")
    require(node.text != "" and "\0" not in node.text, "text")
    if node.type == "chain":
        require(len(node.text) <= 200 and "\n" not in node.text, "title")
    lines = ["mnemo-node 1", f"type {node.type}", f"domain {node.domain}"]
    lines += [f"key {node.key}"] if node.key is not None else []
    lines += [f"commit {node.commit}"] if node.commit is not None else []
    lines += [f"input {address}" for address in node.inputs]
    lines += [anchor_line(anchor) for anchor in node.anchors]
    for line in node.extra:
        name, _, value = line.partition(" ")
        require(re.fullmatch("[a-z][a-z0-9-]*", name) is not None, "header name")
        require(name not in ("type", "domain", "key", "commit", "input", "anchor"), "header order")
        require(value != "" and value == value.strip(" "), "header value")
        require(CONTROL.search(value) is None, "control character")
    data = "\n".join([*lines, *node.extra, "", node.text, ""]).encode()
    require(len(data) <= 65536, "size")
    return data


def decode(data: bytes) -> Node:
    """The node these bytes are; ValueError (UnicodeDecodeError is one) when they are opaque."""
    head, empty, text = data.decode().partition("\n\n")
    require(empty != "" and text.endswith("\n"), "shape")
    version, *lines = head.split("\n")
    require(version == "mnemo-node 1", "version")
    known: dict[str, str] = {}
    inputs: list[str] = []
    anchors: list[Anchor] = []
    extra: list[str] = []
    for line in lines:
        name, _, value = line.partition(" ")
        if name == "input":
            inputs.append(value)
        elif name == "anchor":
            anchors.append(decode_anchor(value))
        elif name in ("type", "domain", "key", "commit"):
            known[name] = value
        else:
            extra.append(line)
    node = Node(
        known.get("type", ""),
        known.get("domain", ""),
        text[:-1],
        known.get("key"),
        known.get("commit"),
        tuple(inputs),
        tuple(anchors),
        tuple(extra),
    )
    require(encode(node) == data, "canonical")
    return node


def decode_anchor(value: str) -> Anchor:
    shape = rf"([0-9a-f]{{{WIDTH}}}|-) (?:-|([1-9][0-9]*)-([1-9][0-9]*)) ([0-9a-f]{{16}}) (.+)"
    found = re.fullmatch(shape, value)
    require(found is not None, "anchor")
    assert found is not None
    blob, first, last, digest, path = found.groups()
    numbers = (int(first), int(last)) if first else (None, None)
    return Anchor(unquote(path), digest, None if blob == "-" else blob, *numbers)


def address(node: Node) -> str:
    return oid("blob", encode(node))


# -------------------------------------------------------------------- cases: good nodes


def fake(pair: str) -> str:
    """An id easy to see in a dump: one byte, twenty times."""
    return pair * (WIDTH // 2)


PLAIN = "Retries time out on a cold start because the pool is created per request."
RIGHT_TO_LEFT, ISOLATE, POP = "\u202e", "\u2066", "\u2069"


def leaf(text: str = PLAIN, inputs: tuple[str, ...] = (), extra: tuple[str, ...] = ()) -> Node:
    return Node("leaf", "issues", text, inputs=inputs, extra=extra)


def anchored(*anchors: Anchor) -> Node:
    return Node("leaf", "patterns", "Look here first.", anchors=anchors)


def title(text: str, key: str = "s_a7f3c2d1", domain: str = "issues") -> Node:
    return Node("chain", domain, text, key=key)


TYPED = {
    "leaf": leaf(),
    "leaf-with-inputs": leaf(inputs=(fake("9c"), fake("0b"))),
    "leaf-unsorted-duplicate-inputs": leaf(
        inputs=(fake("9c"), fake("0b"), fake("9c"), fake("a0"), fake("0b"))
    ),
    "leaf-with-all-lists": Node(
        "leaf",
        "issues",
        PLAIN,
        inputs=(fake("9c"),),
        anchors=(Anchor(b"src/pool.py", "a1b2c3d4e5f60718", fake("4b"), 40, 62),),
        extra=("weight 3",),
    ),
    "compress": Node("compress", "issues", "Both were one bug.", inputs=(fake("22"), fake("11"))),
    "supersede": Node("supersede", "decisions", "Use one pool.", inputs=(fake("11"),)),
    "retract": Node("retract", "issues", "It was the test's own clock.", inputs=(fake("11"),)),
    "chain": title("Cold start"),
    "chain-second-of-one-title": title("Cold start", "s_a7f3c2d1.2"),
    "chain-key-every-kind-of-character": title("Cold start", "Az09_.@-"),
    "chain-key-64": title("Cold start", "k" * 64),
    "chain-title-200-code-points": title("\U0001f40c" * 199 + "e"),
    "chain-title-200-with-combining": title("e\u0301" * 100),
    "chain-title-with-line-separator": title("one\u2028line"),
    "commit": Node("commit", "context", "Share one pool", commit=fake("c0")),
    "commit-replacing-two": Node(
        "commit", "context", "Share one pool", commit=fake("c1"), inputs=(fake("22"), fake("11"))
    ),
    "commit-without-subject": Node("commit", "context", fake("c0"), commit=fake("c0")),
    "stash-first": Node("stash", "context", "stashed", inputs=(fake("7e"),)),
    "stash-again": Node("stash", "context", "Waiting.", inputs=(fake("7e"), fake("5e"))),
    "stash-without-input": Node("stash", "context", "stashed"),
    "resume": Node("resume", "context", "resumed", inputs=(fake("57"),)),
    "domain-1": Node("leaf", "d", PLAIN),
    "domain-32": Node("leaf", "d" + "-9" * 15 + "z", PLAIN),
}

TEXTS = {
    "crlf": "one\r\ntwo\r\n\r\nthree\r\n",
    "cr": "one\rtwo\r",
    "cr-then-crlf": "one\r\r\ntwo",
    "lf-then-cr": "one\n\rtwo",
    "bom": "\ufefftext",
    "bom-and-blank-lines": "\ufeff\ufeff\r\n \t\n\ufeff\n\n\t\r\ufefftext",
    "bom-after-blanks-stays": "  \ufefftext",
    "bom-inside-and-at-the-end-stays": "te\ufeffxt\n\ufeff",
    "leading-blank-lines": "\n \n\t\t\n  text",
    "leading-indent-stays": "\t  text",
    "leading-no-break-space-line-stays": "\u00a0\ntext",
    "leading-form-feed-line-stays": "\x0c\ntext",
    "trailing-blanks": "one  \ntwo \t\n \n\t \n",
    "trailing-other-space-stays": "text\u00a0\x0b\x0c\u0085",
    "blank-lines-inside-stay": "one\n\n\n  \ntwo",
    "looks-like-headers": f"type leaf\ndomain issues\ninput {fake('11')}\n\nanchor - - x y",
    "looks-like-a-node": "mnemo-node 1\ntype leaf\ndomain issues\n\nmnemo-node 1",
    "says-mnemo-node": "The first line is mnemo-node 1, then headers.",
    "non-ascii": "Gr\u00f6\u00dfe \u2260 \u5927\u304d\u3055 \U0001f40c",
    "composed": "caf\u00e9",
    "decomposed": "cafe\u0301",
    "next-line-and-line-separators": "one\u0085two\u2028three\u2029four",
    "information-separators": "one\x1ctwo\x1dthree\x1efour\x1ffive",
    "control-characters": "\x01\x07\x1b[31mred\x1b[0m\x7f\x80\x9f",
    "bidirectional": f"a {RIGHT_TO_LEFT}b {ISOLATE}c{POP} \u061c\u200e\u200f d",
    "noncharacters-and-the-last": "\ufffe\uffff\U0010ffff",
    "quotes-and-backslashes": '"a\\tb"\\',
    "one-character": "x",
}

PATHS = {
    "plain": b"src/pool.py",
    "spaces-inside": b"my docs/read  me.md",
    "leading-blank": b" lead.txt",
    "trailing-blank": b"trail.txt ",
    "leading-tab": b"\tlead.txt",
    "quote": b'say "hi".txt',
    "leading-quote": b'"quoted"',
    "backslash": b"dir\\file.txt",
    "tab": b"tab\there",
    "newline": b"two\nlines",
    "carriage-return": b"two\rlines",
    "named-escapes": b'\a\b\t\n\v\f\r"\\',
    "octal-escapes": b"\x01\x1b\x1f\x7f",
    "escape-then-digits": b"\x0112",
    "non-ascii": "docs/\u00fcber \u5927.md".encode(),
    "non-ascii-and-quote": 'docs/"\u00fc".md'.encode(),
    "non-ascii-and-trailing-blank": "\u00fc ".encode(),
    "combining": "cafe\u0301".encode(),
    "no-break-space-at-the-ends": "\u00a0x\u00a0".encode(),
    "line-separator": "a\u2028b".encode(),
    "bidirectional": f"a{RIGHT_TO_LEFT}b".encode(),
    "bom": "\ufeffx".encode(),
    "invalid-utf-8": b"latin-\xfc.txt",
    "invalid-utf-8-surrogate": b"a\xed\xa0\x80b",
    "invalid-utf-8-overlong": b"a\xc0\xafb",
    "c1-first": "a\u0080b".encode(),
    "c1-next-line": "a\u0085b".encode(),
    "c1-last": "a\u009fb".encode(),
    "looks-like-a-range": b"1-2",
    "one-dash": b"-",
    "apostrophe-and-dollar": b"it's $HOME `x`",
}

ANCHORED = {
    "anchor-lines": anchored(Anchor(b"a.py", blob=fake("4b"), first=40, last=62)),
    "anchor-lines-without-blob": anchored(Anchor(b"a.py", first=1, last=1)),
    "anchor-whole-file": anchored(Anchor(b"a.py", blob=fake("4b"))),
    "anchor-whole-file-without-blob": anchored(Anchor(b"a.py")),
    "anchor-large-numbers": anchored(Anchor(b"a.py", first=10, last=1234567890)),
    "anchors-sorted-as-lines": anchored(
        Anchor(b"z.py", first=9, last=9),
        Anchor(b"a.py", blob=fake("0b")),
        Anchor(b"z.py", first=10, last=12),
        Anchor(b"a.py"),
        Anchor(b"z.py", first=9, last=9),
        Anchor(b" blank", first=10, last=12),
        Anchor(b"z.py", "0000000000000000", first=10, last=12),
    ),
    "anchors-64": anchored(*(Anchor(b"a.py", f"{n:016x}", first=1, last=2) for n in range(1, 65))),
}

EXTRA = {
    "extra-one": leaf(extra=("x-note later",)),
    "extra-sorts-only-among-unknown": leaf(extra=("aaa 1", "zzz 2"), inputs=(fake("11"),)),
    "extra-unsorted-duplicate": leaf(
        extra=("x b", "x-a c", "x1 d", "x a", "x b", "inputs 0", "anchor-2 -", "types leaf")
    ),
    "extra-sorted-by-bytes": leaf(extra=("n \U0001f40c", "n \uff5e", "n \u00e9", "n z", "n Z")),
    "extra-odd-values": leaf(
        extra=('q "a\\b"', "s two  blanks", "u a\u2028b", "v \u00a0x\u00a0", "w \ufeff")
    ),
}


def good_nodes() -> dict[str, Node]:
    texts = {f"text-{name}": Node("leaf", "context", text) for name, text in TEXTS.items()}
    paths = {f"path-{name}": anchored(Anchor(path)) for name, path in PATHS.items()}
    return TYPED | texts | paths | ANCHORED | EXTRA


# ------------------------------------------------------- cases: large ones, as recipes

HEAD = b"mnemo-node 1\ntype leaf\ndomain issues\n"
FILL = 65536 - len(HEAD) - 2  # what is left for the text: its empty line and its LF are taken


def cook(recipe: Sequence[Row]) -> bytes:
    """The bytes of a recipe, as README.md explains it."""
    data = b""
    for part in recipe:
        if "hex" in part:
            data += bytes.fromhex(str(part["hex"])) * int(str(part["times"]))
        else:
            numbers = range(int(str(part["first"])), int(str(part["last"])) + 1)
            data += b"".join((str(part["format"]) % n).encode() for n in numbers)
    return data


def once(data: bytes, times: int = 1) -> Row:
    return {"hex": data.hex(), "times": times}


def counted(last: int) -> list[Row]:
    lines: Row = {"format": f"input %0{WIDTH}x\n", "first": 1, "last": last}
    return [once(HEAD), lines, once(b"\nMany.\n")]


def filled(times: int) -> list[Row]:
    return [once(HEAD), once(b"\n"), once(b"x", times), once(b"\n")]


def sized(recipe: list[Row]) -> Row:
    data = cook(recipe)
    digest = hashlib.sha256(data).hexdigest()
    return {"size": len(data), "bytes_sha256": digest, "recipe": recipe}


MANY = 1024 if WIDTH == 40 else 900
"""As many inputs as a node may have; with longer ids, about as many as have room in it."""


def large_nodes() -> list[Row]:
    many = Node(
        "leaf", "issues", "Many.", inputs=tuple(f"{n:0{WIDTH}x}" for n in range(1, MANY + 1))
    )
    long = Node("leaf", "issues", "x" * FILL)
    rows: list[Row] = []
    counting: Row = {"inputs": {"format": f"%0{WIDTH}x", "first": 1, "last": MANY}}
    repeated: Row = {"text": {"repeat": "x", "times": FILL}}
    for name, node, short, recipe in (
        (f"inputs-{MANY}", many, counting, counted(MANY)),
        ("bytes-65536", long, repeated, filled(FILL)),
    ):
        assert encode(node) == cook(recipe)
        assert decode(cook(recipe)) == node
        given: Row = {"text": node.text, **node.lists(), **short}
        row: Row = {"name": name, "given": given, "node": node.row() | short}
        rows.append(row | sized(recipe) | {"address": address(node)})
    return rows


def nodes_json() -> list[Row]:
    rows: list[Row] = []
    for name, given in good_nodes().items():
        node, data = canonical(given), encode(given)
        assert decode(data) == node, name
        row: Row = {"name": name, "given": {"text": given.text, **given.lists()}}
        row |= {"node": node.row(), "bytes_hex": data.hex(), "address": oid("blob", data)}
        rows.append(row)
    return rows + large_nodes()


# ------------------------------------------------------------------ cases: opaque blobs

ID9C, ID0B, ID11 = fake("9c").encode(), fake("0b").encode(), fake("11").encode()
ALL = "leaf-with-all-lists"
LONG = "chain-title-200-code-points"
LINES = "anchor-lines"
PAIR = b"input %s\ninput %s\n" % (ID0B, ID9C)

# name, the good node it is one edit away from, what is replaced in its bytes, by what, why
EDITS: tuple[tuple[str, str, bytes, bytes, str], ...] = (
    ("version-2", "leaf", b"mnemo-node 1", b"mnemo-node 2", "unknown version"),
    ("version-01", "leaf", b"mnemo-node 1", b"mnemo-node 01", "the version line is exact"),
    ("version-10", "leaf", b"mnemo-node 1", b"mnemo-node 10", "unknown version"),
    ("version-trailing-blank", "leaf", b"node 1\n", b"node 1 \n", "the version line is exact"),
    ("version-crlf", "leaf", b"node 1\n", b"node 1\r\n", "the version line is exact"),
    ("version-upper-case", "leaf", b"mnemo-node", b"Mnemo-Node", "the version line is exact"),
    ("version-after-bom", "leaf", b"mnemo", b"\xef\xbb\xbfmnemo", "bytes before the version"),
    ("version-after-empty-line", "leaf", b"mnemo", b"\nmnemo", "bytes before the version"),
    ("version-absent", "leaf", b"mnemo-node 1\n", b"", "no version line"),
    ("type-unknown", "leaf", b"type leaf", b"type opinion", "unknown type"),
    ("type-upper-case", "leaf", b"type leaf", b"type Leaf", "unknown type"),
    ("type-absent", "leaf", b"type leaf\n", b"", "type is always written"),
    ("type-twice", "leaf", b"type leaf\n", b"type leaf\n" * 2, "a single header twice"),
    ("type-empty", "leaf", b"type leaf", b"type ", "a value is not empty"),
    ("type-tab", "leaf", b"type leaf", b"type\tleaf", "one SP between fields"),
    ("type-two-blanks", "leaf", b"type leaf", b"type  leaf", "one SP between fields"),
    ("type-trailing-blank", "leaf", b"type leaf", b"type leaf ", "no blank at a value's end"),
    (
        "order-domain-before-type",
        "leaf",
        b"type leaf\ndomain issues\n",
        b"domain issues\ntype leaf\n",
        "header order",
    ),
    (
        "order-domain-after-input",
        "leaf-with-inputs",
        b"domain issues\n" + PAIR,
        PAIR + b"domain issues\n",
        "header order",
    ),
    ("domain-absent", "leaf", b"domain issues\n", b"", "domain is always written"),
    ("domain-twice", "leaf", b"domain issues\n", b"domain issues\n" * 2, "a single header twice"),
    ("domain-empty", "leaf", b"domain issues", b"domain ", "a value is not empty"),
    ("domain-without-value", "leaf", b"domain issues", b"domain", "a header has a value"),
    ("domain-upper-case", "leaf", b"domain issues", b"domain Issues", "domain alphabet"),
    ("domain-leading-digit", "leaf", b"domain issues", b"domain 1ssues", "domain alphabet"),
    ("domain-leading-dash", "leaf", b"domain issues", b"domain -issues", "domain alphabet"),
    ("domain-underscore", "leaf", b"domain issues", b"domain is_sues", "domain alphabet"),
    ("domain-two-words", "leaf", b"domain issues", b"domain is sues", "domain alphabet"),
    ("domain-non-ascii", "leaf", b"issues", "issu\u00e9s".encode(), "domain alphabet"),
    ("domain-33", "domain-32", b"domain d", b"domain dd", "a domain has at most 32 characters"),
    ("key-on-a-leaf", "leaf", b"issues\n", b"issues\nkey s_1\n", "key is for chain only"),
    ("key-absent", "chain", b"key s_a7f3c2d1\n", b"", "a chain needs its key"),
    ("key-twice", "chain", b"key s_a7f3c2d1\n", b"key a\nkey b\n", "a single header twice"),
    ("key-empty", "chain", b"key s_a7f3c2d1", b"key ", "a value is not empty"),
    ("key-65", "chain-key-64", b"key k", b"key kk", "a key has at most 64 characters"),
    ("key-blank", "chain", b"s_a7f3c2d1", b"s_a7 f3c2d1", "key alphabet"),
    ("key-slash", "chain", b"s_a7f3c2d1", b"s_a7/f3c2d1", "key alphabet"),
    ("key-non-ascii", "chain", b"s_a7f3c2d1", "\u00e9".encode(), "key alphabet"),
    (
        "key-after-input",
        "chain",
        b"key s_a7f3c2d1\n",
        b"input %s\nkey s_a7f3c2d1\n" % ID11,
        "header order",
    ),
    ("commit-absent", "commit", b"commit %s\n" % fake("c0").encode(), b"", "commit needs its id"),
    ("commit-on-a-leaf", "leaf", b"issues\n", b"issues\ncommit %s\n" % ID11, "for commit only"),
    (
        "commit-on-a-chain",
        "chain",
        b"c2d1\n",
        b"c2d1\ncommit %s\n" % ID11,
        "for commit only",
    ),
    ("commit-short", "commit", b"\ncommit c0", b"\ncommit ", "an id has its full length"),
    ("commit-upper-case", "commit", b"\ncommit c0", b"\ncommit C0", "hex is lower-case"),
    (
        "commit-twice",
        "commit",
        b"\ncommit c0",
        b"\ncommit %s\ncommit c0" % ID11,
        "a single header twice",
    ),
    (
        "inputs-unsorted",
        "leaf-with-inputs",
        PAIR,
        b"input %s\ninput %s\n" % (ID9C, ID0B),
        "inputs are sorted",
    ),
    (
        "inputs-duplicate",
        "leaf-with-inputs",
        PAIR,
        b"input %s\n" % ID0B + PAIR,
        "inputs are not repeated",
    ),
    ("input-upper-case", ALL, ID9C, ID9C.upper(), "hex is lower-case"),
    ("input-one-upper-case-digit", ALL, b"input 9c", b"input 9C", "hex is lower-case"),
    ("input-39", ALL, b"input 9c", b"input 9", "an id has its full length"),
    ("input-41", ALL, b"input 9c", b"input 9c9", "an id has its full length"),
    ("input-abbreviated", ALL, ID9C, b"9c9c9c9", "an id has its full length"),
    ("input-not-hex", ALL, b"input 9c", b"input 9g", "hex"),
    ("input-empty", ALL, ID9C, b"", "a value is not empty"),
    ("input-two-blanks", ALL, b"input ", b"input  ", "one SP between fields"),
    ("input-two-ids", ALL, ID9C, ID9C + b" " + ID9C, "one id in an input"),
    ("input-trailing-blank", ALL, ID9C, ID9C + b" ", "no blank at a value's end"),
    (
        "anchor-before-input",
        ALL,
        b"input %s\n" % ID9C,
        b"anchor - - a1b2c3d4e5f60718 a\ninput %s\n" % ID9C,
        "header order",
    ),
    ("anchor-one-field", LINES, b"anchor ", b"anchor -\nanchor ", "an anchor has five fields"),
    (
        "anchors-in-number-order",
        "anchor-lines-without-blob",
        b"anchor - 1-1 a1b2c3d4e5f60718 a.py\n",
        b"anchor - 9-9 a1b2c3d4e5f60718 a.py\nanchor - 10-12 a1b2c3d4e5f60718 a.py\n",
        "anchors are sorted as lines, bytewise",
    ),
    (
        "anchors-duplicate",
        "anchor-lines-without-blob",
        b"anchor - 1-1 a1b2c3d4e5f60718 a.py\n",
        b"anchor - 1-1 a1b2c3d4e5f60718 a.py\n" * 2,
        "anchors are not repeated",
    ),
    ("anchor-blob-short", LINES, b"anchor 4b", b"anchor 4", "an id has its full length"),
    ("anchor-blob-upper-case", LINES, b"anchor 4b", b"anchor 4B", "hex is lower-case"),
    ("anchor-blob-absent", LINES, fake("4b").encode() + b" ", b"", "an anchor has five fields"),
    ("anchor-hash-short", LINES, b"a1b2c3d4e5f60718", b"a1b2c3d4e5f6071", "a hash is 16 hex"),
    ("anchor-hash-long", LINES, b"a1b2c3d4e5f60718", b"a1b2c3d4e5f607180", "a hash is 16 hex"),
    ("anchor-hash-upper-case", LINES, b"a1b2c3", b"A1b2c3", "hex is lower-case"),
    ("anchor-hash-dash", LINES, b"a1b2c3d4e5f60718", b"-", "a hash is 16 hex"),
    ("anchor-path-absent", LINES, b" a.py", b"", "an anchor has five fields"),
    ("anchor-path-empty", LINES, b"a.py", b"", "no blank at a value's end"),
    ("anchor-path-empty-quoted", LINES, b"a.py", b'""', "an anchor names a path"),
    ("anchor-two-blanks", LINES, b" 40-62", b"  40-62", "one SP between fields"),
    ("anchor-two-blanks-before-path", LINES, b" a.py", b"  a.py", "one SP between fields"),
    ("anchor-tab", LINES, b" 40-62", b"\t40-62", "one SP between fields"),
    ("anchor-leading-zero-first", LINES, b"40-62", b"040-62", "a number has no leading zeros"),
    ("anchor-leading-zero-last", LINES, b"40-62", b"40-062", "a number has no leading zeros"),
    ("anchor-first-after-last", LINES, b"40-62", b"63-62", "first > last"),
    ("anchor-first-after-last-9-10", LINES, b"40-62", b"10-9", "first > last, as numbers"),
    ("anchor-first-zero", LINES, b"40-62", b"0-62", "first < 1"),
    ("anchor-zero-zero", LINES, b"40-62", b"0-0", "first < 1"),
    ("anchor-first-negative", LINES, b"40-62", b"-1-62", "first < 1"),
    ("anchor-plus-sign", LINES, b"40-62", b"+40-62", "a number is digits"),
    ("anchor-underscore", LINES, b"40-62", b"4_0-62", "a number is digits"),
    ("anchor-other-digits", LINES, b"40-62", "\u0664\u0660-\u0666\u0662".encode(), "ASCII digits"),
    ("anchor-first-alone", LINES, b"40-62", b"40", "lines are first-last or -"),
    ("anchor-open-end", LINES, b"40-62", b"40-", "lines are first-last or -"),
    ("anchor-open-start", LINES, b"40-62", b"-62", "lines are first-last or -"),
    ("anchor-three-numbers", LINES, b"40-62", b"40-62-70", "lines are first-last or -"),
    ("path-quoted-without-need", LINES, b"a.py", b'"a.py"', "quoted without need"),
    (
        "path-quoted-without-need-blank-inside",
        "path-spaces-inside",
        b"my docs/read  me.md",
        b'"my docs/read  me.md"',
        "quoted without need",
    ),
    (
        "path-quoted-without-need-non-ascii",
        "path-combining",
        "cafe\u0301".encode(),
        b'"cafe\\314\\201"',
        "quoted without need",
    ),
    ("path-bare-leading-blank", "path-leading-blank", b'" lead.txt"', b" lead.txt", "needs quotes"),
    (
        "path-bare-trailing-blank",
        "path-trailing-blank",
        b'"trail.txt "',
        b"trail.txt ",
        "needs quotes",
    ),
    ("path-bare-quote", "path-quote", b'"say \\"hi\\".txt"', b'say "hi".txt', "needs quotes"),
    (
        "path-bare-backslash",
        "path-backslash",
        b'"dir\\\\file.txt"',
        b"dir\\file.txt",
        "needs quotes",
    ),
    ("path-bare-tab", "path-tab", b'"tab\\there"', b"tab\there", "needs quotes"),
    ("path-bare-delete", LINES, b"a.py", b"a\x7f.py", "needs quotes"),
    (
        "path-bare-next-line",
        "path-c1-next-line",
        b'"a\\302\\205b"',
        b"a\xc2\x85b",
        "needs quotes",
    ),
    (
        "path-bare-invalid-utf-8",
        "path-invalid-utf-8",
        b'"latin-\\374.txt"',
        b"latin-\xfc.txt",
        "needs quotes, and is not UTF-8",
    ),
    ("quoting-not-closed", "path-tab", b'there"', b"there", "bad quoting"),
    ("quoting-lone-quote", "path-tab", b'"tab\\there"', b'"', "bad quoting"),
    ("quoting-closing-quote-escaped", "path-tab", b'there"', b'there\\"', "bad quoting"),
    ("quoting-text-after", "path-tab", b'there"', b'there"x', "bad quoting"),
    ("quoting-quote-inside", "path-tab", b"there", b'the"re', "bad quoting"),
    ("quoting-raw-tab", "path-tab", b"\\t", b"\\t\t", "bad quoting, control character"),
    ("quoting-unknown-escape", "path-tab", b"\\t", b"\\t\\e", "bad quoting"),
    ("quoting-hex-escape", "path-tab", b"\\t", b"\\t\\x41", "bad quoting"),
    ("quoting-two-octal-digits", "path-octal-escapes", b"\\001", b"\\01", "three octal digits"),
    ("quoting-octal-over-377", "path-octal-escapes", b"\\177", b"\\477", "not a byte"),
    ("quoting-octal-for-named", "path-tab", b"\\t", b"\\011", "TAB is written \\t"),
    ("quoting-octal-for-printable", "path-tab", b"tab", b"t\\141b", "a is written a"),
    (
        "quoting-raw-non-ascii",
        "path-non-ascii-and-quote",
        b"\\303\\274",
        b"\xc3\xbc",
        "between quotes every byte from 0x80 is octal",
    ),
    ("extra-upper-case", "extra-one", b"x-note", b"X-Note", "header names are lower-case"),
    ("extra-one-upper-case", "extra-one", b"x-note", b"x-Note", "header names are lower-case"),
    ("extra-underscore", "extra-one", b"x-note", b"x_note", "header name alphabet"),
    ("extra-leading-digit", "extra-one", b"x-note", b"1-note", "header name alphabet"),
    ("extra-leading-dash", "extra-one", b"x-note", b"-x-note", "header name alphabet"),
    ("extra-colon", "extra-one", b"x-note", b"x-note:", "header name alphabet"),
    ("extra-non-ascii-name", "extra-one", b"x-note", "x-not\u00e9".encode(), "name alphabet"),
    ("extra-indented", "extra-one", b"x-note", b" x-note", "header name alphabet"),
    ("extra-without-value", "extra-one", b" later", b"", "a header has a value"),
    ("extra-empty-value", "extra-one", b" later", b" ", "a value is not empty"),
    ("extra-two-blanks", "extra-one", b" later", b"  later", "no blank at a value's start"),
    ("extra-trailing-blank", "extra-one", b"later", b"later ", "no blank at a value's end"),
    ("extra-trailing-tab", "extra-one", b"later", b"later\t", "control character in a value"),
    ("extra-tab-inside", "extra-one", b"later", b"la\tter", "control character in a value"),
    ("extra-escape", "extra-one", b"later", b"la\x1bter", "control character in a value"),
    ("extra-carriage-return", "extra-one", b"later", b"later\r", "control character in a value"),
    ("extra-delete", "extra-one", b"later", b"la\x7fter", "control character in a value"),
    ("extra-next-line", "extra-one", b"later", b"la\xc2\x85ter", "control character in a value"),
    ("extra-nul", "extra-one", b"later", b"la\0ter", "control character in a value"),
    ("extra-invalid-utf-8", "extra-one", b"later", b"la\xffter", "invalid UTF-8"),
    (
        "extra-unsorted",
        "extra-one",
        b"x-note later\n",
        b"x-note later\nx-also 1\n",
        "unknown headers are sorted",
    ),
    (
        "extra-duplicate",
        "extra-one",
        b"x-note later\n",
        b"x-note later\n" * 2,
        "unknown headers are not repeated",
    ),
    ("extra-first", ALL, b"type", b"a 1\ntype", "unknown headers come last"),
    ("extra-before-domain", ALL, b"domain", b"e 1\ndomain", "unknown headers come last"),
    ("extra-before-input", ALL, b"input", b"e 1\ninput", "unknown headers come last"),
    ("extra-before-anchor", ALL, b"anchor", b"b 1\nanchor", "unknown headers come last"),
    ("text-leading-empty-line", "leaf", b"\n\n", b"\n\n\n", "text not normalised"),
    ("text-leading-blank-line", "leaf", b"\n\n", b"\n\n \t\n", "text not normalised"),
    ("text-leading-bom", "leaf", b"\n\n", b"\n\n\xef\xbb\xbf", "text not normalised"),
    ("text-trailing-empty-line", "leaf", b"request.\n", b"request.\n\n", "text not normalised"),
    ("text-trailing-blank", "leaf", b"request.\n", b"request. \n", "text not normalised"),
    ("text-trailing-tab", "leaf", b"request.\n", b"request.\t\n", "text not normalised"),
    ("text-crlf", "leaf", b"request.\n", b"request.\r\n", "text not normalised"),
    ("text-cr", "leaf", b"cold start", b"cold\rstart", "text not normalised"),
    ("text-without-final-lf", "leaf", b"request.\n", b"request.", "the text ends in LF"),
    ("text-empty", "leaf", PLAIN.encode() + b"\n", b"", "no text and no final LF"),
    ("text-empty-lf", "leaf", PLAIN.encode(), b"", "empty text"),
    ("text-blanks-only", "leaf", PLAIN.encode(), b" \t", "empty text"),
    ("text-bom-only", "leaf", PLAIN.encode(), b"\xef\xbb\xbf", "empty text"),
    ("text-nul", "leaf", b"cold start", b"cold\0start", "NUL"),
    ("text-nul-at-the-end", "leaf", b"request.\n", b"request.\0\n", "NUL"),
    ("text-invalid-utf-8", "leaf", b"cold", b"c\xf6ld", "invalid UTF-8"),
    ("text-truncated-utf-8", "leaf", b"request.\n", b"request\xe2\x82\n", "invalid UTF-8"),
    ("text-surrogates", "leaf", b"cold", b"\xed\xa0\xbd\xed\xb0\x8c", "invalid UTF-8"),
    ("text-overlong", "leaf", b"cold", b"c\xc0\x80ld", "invalid UTF-8"),
    ("text-beyond-unicode", "leaf", b"cold", b"\xf4\x90\x80\x80", "invalid UTF-8"),
    ("header-crlf", "leaf", b"leaf\n", b"leaf\r\n", "lines end in LF alone"),
    ("header-without-end", "leaf", b"\n\n" + PLAIN.encode(), b"", "no empty line"),
    ("header-end-with-blank", "leaf", b"\n\n", b"\n \n", "the empty line is empty"),
    ("title-two-lines", "chain", b"Cold start", b"Cold\nstart", "a title is one line"),
    ("title-201-code-points", LONG, b"e\n", b"ef\n", "a title has at most 200 code points"),
)


def edited(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data, old
    return data.replace(old, new, 1)


def opaque_json() -> list[Row]:
    good = {name: encode(node) for name, node in good_nodes().items()}
    line = b"anchor - 1-2 %016x a.py\n"
    sixty_fifth = edited(good["anchors-64"], line % 64, line % 64 + line % 65)
    pinned: list[tuple[str, str | None, bytes, str]] = [
        (name, twin, edited(good[twin], old, new), why) for name, twin, old, new, why in EDITS
    ]
    for name in NEED_INPUT:
        without = re.sub(rb"input [0-9a-f]{40}\n", b"", good[name])
        pinned.append((f"{name}-without-input", name, without, f"{name} needs an input"))
    pinned += [
        ("anchors-65", "anchors-64", sixty_fifth, "at most 64 anchors"),
        ("empty", None, b"", "not a node"),
        ("one-lf", None, b"\n", "not a node"),
        ("version-alone", None, b"mnemo-node 1\n", "not a node"),
        ("version-and-text", None, b"mnemo-node 1\n\ntext\n", "type and domain are absent"),
        ("prose", None, b"hello\n\nworld\n", "not a node"),
        ("binary", None, bytes(range(256)), "not a node"),
    ]
    rows: list[Row] = []
    for name, twin, data, why in pinned:
        assert_opaque(name, data)
        shown: Row = {"bytes_hex": data.hex(), "address": oid("blob", data)}
        rows.append({"name": name, "why": why, "twin": twin} | shown)
    for name, twin, recipe, why in (
        ("inputs-1025", "inputs-1024", counted(1025), "at most 1,024 inputs"),
        ("bytes-65537", "bytes-65536", filled(FILL + 1), "at most 65,536 bytes"),
    ):
        assert_opaque(name, cook(recipe))
        row: Row = {"name": name, "why": why, "twin": twin}
        rows.append(row | sized(recipe) | {"address": oid("blob", cook(recipe))})
    return rows


def assert_opaque(name: str, data: bytes) -> None:
    try:
        decode(data)
    except ValueError:
        return
    raise AssertionError(f"{name} is a node")


# -------------------------------------------------------------------------------- chains


def chain_id(day: str, title_address: str) -> str:
    return f"ch_{day}_{title_address[:16]}"


def chain_path(chain: str) -> str:
    day, hexes = chain[3:11], chain[12:]
    return f"{day[:4]}-{day[4:6]}/{day[6:]}/{hexes[:2]}/{chain}"


def entry_path(chain: str, position: int, blob: str) -> str:
    return f"{chain_path(chain)}/{position:04d}-{blob}"


def chain_case(name: str, day: str, node: Node, members: Mapping[int, Node]) -> Row:
    chain = chain_id(day, address(node))
    placed = {0: node} | dict(members)
    entries: list[Row] = []
    paths: Paths = {}
    for position, member in placed.items():
        blob, path = address(member), entry_path(chain, position, address(member))
        paths[path] = blob
        entry: Row = {"position": position, "name": path.rpartition("/")[2], "address": blob}
        entries.append(entry | {"mode": "100644", "bytes_hex": encode(member).hex()})
    found = trees(paths)
    row: Row = {"name": name, "day": day, "title": node.row(), "title_address": address(node)}
    row |= {"id": chain, "path": chain_path(chain), "entries": entries}
    return row | {"trees": found, "root": found[-1]["id"]}


def chain_json() -> list[Row]:
    said = [leaf(f"Claim {n}.") for n in range(8)]
    long = {1: said[1], 2: said[2], 5: said[5], 9999: said[3], 10000: said[4], 999999: said[6]}
    return [
        chain_case("gap-and-past-9999", "20261123", title("Cold start"), long),
        chain_case("title-only", "20261123", title("Cold start"), {}),
        chain_case(
            "second-of-one-title", "20261123", TYPED["chain-second-of-one-title"], {1: said[1]}
        ),
        chain_case("extension-of-a-shared-chain", "20240229", title("Leap day"), {7: said[7]}),
    ]


# --------------------------------------------------------------------------------- union


def union(*sides: Paths) -> Paths:
    """Every entry of every side, but those whose address one of the sides has purged."""
    everything = {path: blob for side in sides for path, blob in side.items()}
    tombs = {path.partition("/")[2] for path in everything if path.startswith("purged/")}
    return {
        path: blob
        for path, blob in sorted(everything.items())
        if path.startswith("purged/") or blob not in tombs
    }


def readings(paths: Paths) -> dict[str, list[str]]:
    """Each chain's addresses in the order (position, address); a node twice counts once, first."""
    found: dict[str, list[tuple[int, str]]] = {}
    for path, blob in paths.items():
        if path[0].isdigit():
            chain, name = path.split("/")[3:]
            found.setdefault(chain, []).append((int(name.partition("-")[0]), blob))
    return {
        chain: list(dict.fromkeys(blob for _, blob in sorted(members)))
        for chain, members in sorted(found.items())
    }


def world() -> tuple[dict[str, bytes], Mapping[str, str]]:
    """The blobs the cases of union and join stand on, and their addresses, by short names."""
    nodes = {"T": title("Cold start"), "U": title("Retry budget", domain="decisions")}
    nodes |= {f"n{n}": leaf(f"Claim {n}.") for n in range(1, 7)}
    blobs = {name: encode(node) for name, node in nodes.items()}
    blobs |= {"r1": b"kept one\n", "r2": b"kept two\n", "r3": b"", "r4": b"\xff\x00"}
    return blobs, {name: oid("blob", data) for name, data in blobs.items()}


def side(*words: str) -> Paths:
    """Paths from words: `T/1/n2` an entry of T's chain, `-n2` a tombstone, `links/x r1` a file."""
    at = world()[1]
    paths: Paths = {}
    for word in words:
        if word.startswith("-"):
            paths[f"purged/{at[word[1:]]}"] = EMPTY_BLOB
        elif " " in word:
            folder, name = word.split(" ")
            paths[f"{folder}-{at[name]}"] = at[name]
        else:
            chain, position, name = word.split("/")
            path = entry_path(chain_id("20261123", at[chain]), int(position), at[name])
            paths[path] = at[name]
    return dict(sorted(paths.items()))


def union_json() -> Row:
    cases = {
        "empty": (side(), side()),
        "empty-and-some": (side(), side("T/0/T", "T/1/n1")),
        "equal": (side("T/0/T", "T/1/n1"), side("T/0/T", "T/1/n1")),
        "two-chains": (side("T/0/T", "T/1/n1"), side("U/0/U", "U/1/n2")),
        "contained": (side("T/0/T", "T/1/n1", "T/2/n2"), side("T/0/T", "T/2/n2")),
        "both-extended": (
            side("T/0/T", "T/1/n1", "T/2/n2", "T/3/n3"),
            side("T/0/T", "T/1/n1", "T/2/n4", "T/3/n5", "T/4/n6"),
        ),
        "one-node-at-two-positions": (
            side("T/0/T", "T/1/n1", "T/2/n2"),
            side("T/0/T", "T/1/n3", "T/3/n1"),
        ),
        "order-is-by-number": (
            side("T/0/T", "T/9999/n1", "T/2/n2"),
            side("T/0/T", "T/10000/n3", "T/1/n4"),
        ),
        "one-node-in-two-chains": (
            side("T/0/T", "T/1/n1"),
            side("U/0/U", "U/1/n1"),
        ),
        "purged-on-one-side": (
            side("T/0/T", "T/1/n1", "-n2"),
            side("T/0/T", "T/1/n1", "T/2/n2", "T/3/n3"),
        ),
        "purged-from-every-chain": (
            side("-n1"),
            side("T/0/T", "T/1/n1", "T/4/n1", "T/5/n2", "U/0/U", "U/1/n1"),
        ),
        "purged-title": (side("-T", "T/1/n1"), side("T/0/T", "T/2/n2")),
        "purged-until-folders-vanish": (
            side("-T", "-n1", "U/0/U"),
            side("T/0/T", "T/1/n1"),
        ),
        "purged-until-only-tombstones": (side("-T", "-n1"), side("T/0/T", "T/1/n1")),
        "purged-on-both-sides": (
            side("T/0/T", "T/1/n1", "T/3/n3", "-n2"),
            side("T/0/T", "T/2/n2", "T/3/n3", "-n1", "-n4"),
        ),
        "purged-on-its-own-side": (side("T/0/T", "T/1/n1", "-n1"), side("T/0/T")),
        "reserved-folders": (
            side("T/0/T", "links/x r1", "links/ab/x r1", "links/ab/cd/y r2", "marks/z r3"),
            side("T/0/T", "links/x r1", "links/x r2", "links/ab/cd/y r4", "a/9 r1"),
        ),
        "reserved-and-purged": (
            side("T/0/T", "-r1", "-n1"),
            side("T/0/T", "T/1/n1", "links/x r1", "links/ab/cd/x r1", "links/x r2"),
        ),
    }
    rows: list[Row] = []
    for name, (a, b) in cases.items():
        result = union(a, b)
        assert result == union(b, a) == union(result, a) == union(result, b) == union(result)
        row: Row = {"name": name, "a": rowed(a), "b": rowed(b)}
        row |= {"a_root": root(a), "b_root": root(b)}
        row |= {"result": rowed(result), "root": root(result), "chains": readings(result)}
        rows.append(row)
    return {"blobs": [data.hex() for data in world()[0].values()], "cases": rows}


def rowed(paths: Paths) -> list[list[str]]:
    return [[path, blob] for path, blob in paths.items()]


# ---------------------------------------------------------------------------------- join


@dataclass(frozen=True)
class Tip:
    paths: Paths
    parents: tuple[str, ...]
    authored: str
    committed: str
    time: int

    def bytes(self) -> bytes:
        lines = [f"tree {root(self.paths)}", *(f"parent {parent}" for parent in self.parents)]
        lines += [f"author Ada <ada@example.com> {self.authored}"]
        lines += [f"committer Ben <ben@example.com> {self.committed}"]
        return "\n".join([*lines, "", "promote", ""]).encode()

    def row(self) -> Row:
        data = self.bytes()
        row: Row = {"id": oid("commit", data), "bytes_hex": data.hex()}
        return row | {"committer_time": self.time, "tree": rowed(self.paths)}


def tip(paths: Paths, time: int, *parents: str, zone: str = "+0000", late: int = 0) -> Tip:
    return Tip(paths, parents, f"{time + late} {zone}", f"{time} {zone}", time)


def join_bytes(a: Tip, b: Tip) -> bytes:
    parents = sorted(oid("commit", one.bytes()) for one in (a, b))
    person = f"git mnemo <mnemo@localhost> {max(a.time, b.time)} +0000"
    lines = [f"tree {root(union(a.paths, b.paths))}", *(f"parent {one}" for one in parents)]
    return "\n".join([*lines, f"author {person}", f"committer {person}", "", "join", ""]).encode()


def join_json() -> Row:
    noon = 1795435200  # 2026-11-23T12:00:00Z
    shared = tip(side("T/0/T", "T/1/n1"), noon)
    base = oid("commit", shared.bytes())
    left = side("T/0/T", "T/1/n1", "T/2/n2")
    right = side("T/0/T", "T/1/n1", "T/2/n3", "U/0/U", "U/1/n4")
    cases = {
        "diverged": (
            tip(left, noon + 60, base),
            tip(right, noon + 90, base),
        ),
        "diverged-other-one-later": (
            tip(left, noon + 95, base),
            tip(right, noon + 90, base),
        ),
        "no-common-ancestor": (tip(left, noon + 7), tip(side("U/0/U", "U/2/n5"), noon + 5)),
        "equal-times": (tip(left, noon), tip(right, noon)),
        "author-times-and-zones-do-not-count": (
            tip(left, noon + 10, zone="+0530", late=9000),
            tip(right, noon + 20, zone="-0800", late=-9000),
        ),
        "equal-trees": (tip(left, noon + 1), tip(left, noon + 2)),
    }
    rows: list[Row] = []
    orders = set()
    for name, (a, b) in cases.items():
        data = join_bytes(a, b)
        assert data == join_bytes(b, a)
        orders.add((oid("commit", a.bytes()) < oid("commit", b.bytes()), a.time > b.time))
        row: Row = {"name": name, "a": a.row(), "b": b.row()}
        row |= {"tree": root(union(a.paths, b.paths)), "time": max(a.time, b.time)}
        rows.append(row | {"bytes_hex": data.hex(), "id": oid("commit", data)})
    assert len(orders) > 2, "the later tip is not always the one of the larger id"
    return {
        "blobs": [data.hex() for data in world()[0].values()],
        "base": shared.row(),
        "cases": rows,
    }


# -------------------------------------------------------------------------------- hiding

# name, the view (`name:type[:input,input…]`), the withdrawn, the hidden
VIEWS: tuple[tuple[str, str, str, str], ...] = (
    ("nothing hides", "a:leaf b:leaf:a", "", ""),
    ("retract", "a:leaf b:leaf r:retract:a", "a", "a"),
    ("retract of a retract", "a:leaf r:retract:a q:retract:r", "r", "r"),
    ("three retracts", "a:leaf r:retract:a q:retract:r p:retract:q", "a q", "a q"),
    ("two retracts, one withdrawn", "a:leaf r:retract:a s:retract:a q:retract:r", "a r", "a r"),
    ("a retract that hides several", "a:leaf b:leaf c:leaf r:retract:a,c", "a c", "a c"),
    (
        "a claim and its hider withdrawn together",
        "a:leaf s:supersede:a r:retract:a,s",
        "a s",
        "a s",
    ),
    ("supersede", "a:leaf s:supersede:a", "", "a"),
    ("supersede of several", "a:leaf b:leaf s:supersede:a,b", "", "a b"),
    ("supersede twice", "a:leaf s:supersede:a t:supersede:s", "", "a s"),
    ("supersede three times", "a:leaf s:supersede:a t:supersede:s u:supersede:t", "", "a s t"),
    ("retract of a supersede", "a:leaf s:supersede:a r:retract:s", "s", "s"),
    (
        "retract of the second supersede",
        "a:leaf s:supersede:a t:supersede:s r:retract:t",
        "t",
        "a t",
    ),
    (
        "retract of the first supersede",
        "a:leaf s:supersede:a t:supersede:s r:retract:s",
        "s",
        "s",
    ),
    (
        "retract of a supersede, retracted",
        "a:leaf s:supersede:a r:retract:s q:retract:r",
        "r",
        "a r",
    ),
    (
        "two supersedes, one withdrawn",
        "a:leaf s:supersede:a t:supersede:a r:retract:s",
        "s",
        "a s",
    ),
    ("superseded retract", "a:leaf r:retract:a s:supersede:r", "a", "a r"),
    ("compressed retract", "a:leaf r:retract:a c:compress:r", "a", "a r"),
    (
        "superseded retract, the supersede withdrawn",
        "a:leaf r:retract:a s:supersede:r q:retract:s",
        "a s",
        "a s",
    ),
    ("compress", "a:leaf b:leaf c:compress:a,b", "", "a b"),
    ("hidden compress", "a:leaf c:compress:a d:compress:c", "", "a c"),
    ("superseded compress", "a:leaf c:compress:a s:supersede:c", "", "a c"),
    ("withdrawn compress", "a:leaf b:leaf c:compress:a,b r:retract:c", "c", "c"),
    (
        "compress over a superseded node",
        "a:leaf s:supersede:a c:compress:a,s r:retract:c",
        "c",
        "a c",
    ),
    ("commit replaced by a commit", "c:commit d:commit:c", "", "c"),
    ("commit replaced twice", "c:commit d:commit:c e:commit:d", "", "c d"),
    ("commits squashed", "c:commit d:commit e:commit:c,d", "", "c d"),
    ("replacing commit withdrawn", "c:commit d:commit:c r:retract:d", "d", "d"),
    ("commit over a leaf", "a:leaf c:commit:a", "", ""),
    ("commit over claims of every type", "a:leaf s:supersede:a c:commit:a,s", "", "a"),
    ("commit hidden by a supersede", "c:commit s:supersede:c", "", "c"),
    ("commit hidden by a compress", "c:commit d:compress:c", "", "c"),
    ("commit withdrawn", "c:commit r:retract:c", "c", "c"),
    (
        "titles, stash and resume are never hidden",
        "t:chain h:stash:t m:resume:h s:supersede:t,h,m c:compress:t,h,m",
        "",
        "",
    ),
    (
        "withdrawn titles, stash and resume are not hidden",
        "t:chain h:stash:t m:resume:h r:retract:t,h,m",
        "h m t",
        "",
    ),
    ("stash and resume hide nothing", "t:chain a:leaf h:stash:t,a m:resume:h,a", "", ""),
    ("a leaf hides nothing", "a:leaf b:leaf:a c:leaf:a,b", "", ""),
    ("inputs that are not in the view", "a:leaf s:supersede:x,a r:retract:y,z", "", "a"),
    ("another domain hides too", "a:leaf@issues s:supersede@decisions:a", "", "a"),
)
NEVER_HIDDEN = ("chain", "stash", "resume")


def hiding(view: Mapping[str, tuple[str, list[str]]]) -> tuple[set[str], set[str]]:
    """The withdrawn and the hidden of a view of name -> (type, inputs)."""

    def withdrawn(name: str) -> bool:
        above = (n for n, (kind, inputs) in view.items() if kind == "retract" and name in inputs)
        return any(not withdrawn(one) for one in above)

    def hides(name: str, one: str) -> bool:
        kind, inputs = view[one]
        fits = kind in ("supersede", "compress") or kind == view[name][0] == "commit"
        return fits and name in inputs and not withdrawn(one)

    gone = {name for name in view if withdrawn(name)}
    covered = {name for name in view if any(hides(name, one) for one in view)}
    return gone, {name for name in gone | covered if view[name][0] not in NEVER_HIDDEN}


def hiding_json() -> list[Row]:
    rows: list[Row] = []
    for case, words, gone, hidden in VIEWS:
        view: dict[str, tuple[str, list[str]]] = {}
        shown: list[Row] = []
        for word in words.split():
            name, kind, *inputs = word.split(":")
            kind, _, domain = kind.partition("@")
            named = inputs[0].split(",") if inputs else []
            domain = domain or ("context" if kind in ("commit", "stash", "resume") else "issues")
            view[name] = (kind, named)
            shown.append({"name": name, "type": kind, "inputs": named, "domain": domain})
        assert hiding(view) == (set(gone.split()), set(hidden.split())), case
        expected: Row = {"withdrawn": gone.split(), "hidden": hidden.split()}
        rows.append({"name": case, "nodes": shown} | expected)
    return rows


# ----------------------------------------------------------------------------- line hash


def line_hash(content: bytes) -> str | None:
    """The first 16 hex of what an anchor hashes; None where there is nothing to hash."""
    kept = [line.strip(b" \t\r\v\f") for line in content.split(b"\n")]
    data = b"".join(line + b"\n" for line in kept if line)
    return hashlib.sha256(data).hexdigest()[:16] if data else None


SAME = {
    "plain": b"def pool():\n    return one\n",
    "no-final-lf": b"def pool():\n    return one",
    "crlf": b"def pool():\r\n    return one\r\n",
    "other-indent": b"  def pool():\n\t\treturn one\n",
    "trailing-blanks": b"def pool():  \t\n    return one \n",
    "empty-lines": b"\n\ndef pool():\n\n   \n\t\n    return one\n\n",
    "vertical-tab-and-form-feed": b"\x0c\ndef pool():\x0b\n\x0b\x0c return one\x0c\n",
    "mixed-at-the-ends": b" \t\r\v\fdef pool(): \t\r\v\f\n\r\n\r\rreturn one\r\r\n",
}
DIFFERENT = {
    "one-line": b"def pool(): return one\n",
    "other-order": b"return one\ndef pool():\n",
    "blanks-inside-count": b"def  pool():\n    return one\n",
    "case-counts": b"Def pool():\n    return one\n",
    "lone-cr-does-not-split": b"def pool():\r    return one\r",
    "line-twice": b"x\nx\n",
    "one-character": b"x",
    "no-break-space-stays": "\u00a0x\u00a0\n".encode(),
    "next-line-does-not-split": "x\u0085x\u2028x\n".encode(),
    "bom-stays": b"\xef\xbb\xbfx\n",
    "nul-stays": b"\0x\0\n",
    "information-separators-stay": b"\x1cx\x1f\n",
    "invalid-utf-8": b"\xff\xfe\n\xa0x\xa0\n",
}
NOTHING = {"empty": b"", "lf": b"\n", "blank-lines": b" \n\t\n\r\n\x0b\n\x0c\n", "blanks": b" \t"}


def line_hash_json() -> list[Row]:
    assert len({line_hash(content) for content in SAME.values()}) == 1
    assert line_hash(SAME["plain"]) not in map(line_hash, DIFFERENT.values())
    assert all(line_hash(content) is None for content in NOTHING.values())
    every = SAME | DIFFERENT | NOTHING
    return [
        {
            "name": name,
            "content_hex": content.hex(),
            "hash": line_hash(content),
            "same_as": "plain" if name in SAME and name != "plain" else None,
        }
        for name, content in every.items()
    ]


# ------------------------------------------------------------------------------ trailers

UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)  # control and bidirectional characters


@dataclass(frozen=True)
class Claimed:
    address: str
    chain: str
    position: int
    at: str = "2026-11-23T09:30:00Z"
    agent: str | None = None

    def line(self) -> str:
        place = f"{self.address} {self.chain} {self.position:04d}"
        return f"Mnemo-Node: {place} {self.at} {self.agent or '-'}\n"

    def row(self) -> Row:
        row: Row = {"address": self.address, "chain": self.chain, "position": self.position}
        return row | {"at": self.at, "agent": self.agent}


@dataclass(frozen=True)
class Claim:
    chain: str
    text: str
    nodes: tuple[Claimed, ...]
    session: str = "s_a7f3c2d1"
    base: str | None = None
    head: str | None = None

    def message(self) -> str:
        first = UNSEEN.sub("", normalise(self.text).partition("\n")[0])[:72]
        lines = f"claim {self.chain}: {first}\n\nMnemo-Session: {self.session}\n"
        lines += f"Mnemo-Base: {self.base}\n" if self.base else ""
        lines += f"Mnemo-Head: {self.head}\n" if self.head else ""
        return lines + "".join(node.line() for node in self.nodes)

    def row(self) -> Row:
        row: Row = {"chain": self.chain, "text": self.text, "session": self.session}
        row |= {"base": self.base, "head": self.head}
        return row | {"nodes": [node.row() for node in self.nodes]}


def trailers_json() -> list[Row]:
    opening = title("Cold start")
    chain = chain_id("20261123", address(opening))
    other = chain_id("20261122", address(title("Retry budget")))

    def claim(text: str, **more: str) -> Claim:
        member = Claimed(address(leaf(text)), chain, 3)
        return Claim(chain, text, (member,), **more)

    lower = "abcdefghijklmnopqrstuvwxyz"
    seventy_two = (lower * 3)[:72]
    hidden = "".join(
        map(chr, [0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
    )
    controls = "".join(map(chr, [*range(1, 9), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0)]))
    texts = {
        "plain": "Retries time out.",
        "several-lines": "Retries time out.\n\nOnly on a cold start.\n",
        "not-normalised": "\ufeff\r\n \t\r\nRetries time out.\r\nAlways.\r\n",
        "exactly-72": seventy_two,
        "cut-at-72": seventy_two + "z",
        "cut-counts-code-points": "\U0001f40c" * 80,
        "cut-counts-combining": "e\u0301" * 40,
        "cut-after-cleaning": "\u202e\x1b" * 40 + seventy_two + "z",
        "control-characters": f"ab{controls}cd",
        "tab-inside": "a\tb",
        "bidirectional-characters": f"ab{hidden}cd",
        "neighbours-stay": "a\u061b\u061d\u200d\u2010\u2029\u202f\u2065\u206a\u00a0\u2028z",
        "next-line-does-not-end-the-line": "one\u0085two\nthree",
        "looks-like-a-trailer": "Mnemo-Node: nothing\n\nMnemo-Session: s_00000000",
    }
    claims = {name: claim(text) for name, text in texts.items()}
    said = "It is the pool."
    first = Claimed(address(opening), chain, 0)
    second = Claimed(address(leaf(said)), chain, 1)
    head, base = fake("c0"), fake("b5")
    claims |= {
        "base": claim(said, base=base),
        "head": claim(said, head=head),
        "base-and-head": claim(said, base=base, head=head),
        "agent": Claim(chain, said, (replace(second, agent="claude-code"),), head=head),
        "session-of-an-agent": Claim(
            chain, said, (replace(second, agent="reviewer"),), session="s_a7f3c2d1@reviewer"
        ),
        "opens-a-chain": Claim(chain, said, (first, second), base=base, head=head),
        "batch": Claim(
            chain,
            said,
            (
                replace(second, agent="scout"),
                Claimed(address(leaf("It is not.")), chain, 2, agent="scout"),
                Claimed(address(leaf("Three tries.")), other, 9999, "2026-11-22T23:59:59Z"),
                Claimed(address(leaf("Four tries.")), other, 10000, "2026-11-23T00:00:00Z"),
            ),
            base=base,
            head=head,
        ),
    }
    rows: list[Row] = []
    for name, one in claims.items():
        message = one.message()
        assert not message.startswith(f"claim {one.chain}: \n"), name
        rows.append({"name": name, "given": one.row(), "message": message})
    return rows


# ------------------------------------------------------------------------- check, write


def check() -> None:
    """Ask git for the id of every object named above, and for its spelling of every odd path."""
    with tempfile.TemporaryDirectory() as folder:
        env = {key: os.environ[key] for key in ("PATH", "SYSTEMROOT") if key in os.environ}
        env |= {"HOME": folder, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}

        def git(*words: str, data: bytes = b"") -> bytes:
            command = ["git", "-c", "core.quotePath=true", *words]
            done = subprocess.run(
                command, cwd=folder, env=env, input=data, stdout=subprocess.PIPE, check=True
            )
            return done.stdout

        git("init", "--quiet", f"--object-format={FORMAT}")
        for expected, (kind, data) in SEEN.items():
            found = git("hash-object", "-t", kind, "--stdin", data=data)
            assert found.decode().strip() == expected, (kind, data)
        for expected, entries in TREES.items():
            kinds = {"40000": "040000 tree", "100644": "100644 blob"}
            rows = "".join(f"{kinds[mode]} {blob}\t{name}\0" for mode, name, blob in entries)
            found = git("mktree", "-z", "--missing", data=rows.encode())
            assert found.decode().strip() == expected, entries
        index = b"".join(b"100644 %s\t%s\0" % (b"1" * WIDTH, path) for path in PATHS.values())
        git("update-index", "-z", "--index-info", data=index)
        written = git("ls-files").split(b"\n")[:-1]
        assert len(written) == len(PATHS)
        for line, path in zip(written, sorted(PATHS.values()), strict=True):
            assert line == (always_quoted(path).encode() if line.startswith(b'"') else path)


def main() -> None:
    given = [word for word in sys.argv[1:] if word != "--sha256"]
    folder = Path(given[0]) if given else Path(__file__).parent / ("" if WIDTH == 40 else FORMAT)
    files: dict[str, object] = {
        "nodes": nodes_json(),
        "chain": chain_json(),
        "union": union_json(),
        "join": join_json(),
        "trailers": trailers_json(),
    }
    if WIDTH == 40:  # what these say has no ids in it, or is the same for ids of any length
        files |= {
            "opaque": opaque_json(),
            "hiding": hiding_json(),
            "line_hash": line_hash_json(),
        }
    check()
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        text = json.dumps(content, indent=1, ensure_ascii=True) + "\n"
        (folder / f"{name}.json").write_text(text, encoding="ascii", newline="\n")


if __name__ == "__main__":
    main()
