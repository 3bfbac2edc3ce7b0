"""Node: one claim, and the exact bytes that it is stored as.

The bytes are a contract between versions and machines: the address of a node is the blob id of
`encode(node)`, and changing one of them changes every address after it. `decode` never repairs:
what `encode` would not write is opaque, and is carried along without being understood.
"""

from __future__ import annotations

from git_mnemo import anchor as anchors_
from git_mnemo.errors import MnemoError
from git_mnemo.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from git_mnemo.anchor import Anchor

LEAF, COMPRESS, SUPERSEDE, RETRACT = "leaf", "compress", "supersede", "retract"
CHAIN, COMMIT, STASH, RESUME = "chain", "commit", "stash", "resume"
CLAIMS = frozenset({LEAF, COMPRESS, SUPERSEDE, RETRACT})
"""The types that say something; the others keep the books of a chain."""

TYPES = CLAIMS | {CHAIN, COMMIT, STASH, RESUME}
NEEDS_INPUT = frozenset({COMPRESS, SUPERSEDE, RETRACT, RESUME})

MAX_BYTES = 65536
MAX_INPUTS = 1024
MAX_ANCHORS = anchors_.MOST
MAX_TITLE = 200
DEFAULT_DOMAIN = "context"

_MAGIC = "mnemo-node 1"
_LOWER = "abcdefghijklmnopqrstuvwxyz"
_NAME = _LOWER + "0123456789-"
_KEY = _NAME + _LOWER.upper() + "_.@"
_HEX = "0123456789abcdef"
_BOM = "\ufeff"

# Most headers name a type and a domain and no more, and there are few such.
_plain: dict[bytes, tuple[str, str]] = {}
_PLAIN_MOST = 100


class Node(NamedTuple):
    """What a node says. `inputs` are addresses; `extra` holds whole header lines unknown to us."""

    type: str
    domain: str
    text: str
    key: str | None = None
    commit: str | None = None
    inputs: tuple[str, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    extra: tuple[str, ...] = ()


# -- text --------------------------------------------------------------------------------------


def normalise(text: str) -> str:
    """The text as a node holds it: LF only, no BOM or blank lines in front, no blanks at the end.

    Everything between stays untouched. Refuses text that is empty, holds NUL, or that UTF-8 cannot
    write.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    # An index, and not the rest of the text each time: blank lines may be as many as one likes.
    start = 0
    while True:
        if text.startswith(_BOM, start):
            start += 1
            continue
        end = text.find("\n", start)
        if end >= 0 and not text[start:end].strip(" \t"):
            start = end + 1
        else:
            break
    text = text[start:].rstrip(" \t\n")
    if not text:
        raise MnemoError("invalid-node", "the text is empty.", 'git mnemo claim "what you found"')
    if "\0" in text:
        raise MnemoError("invalid-node", "the text holds a NUL byte: it is not text.")
    if not text.isascii() and not _is_utf8(text):
        raise MnemoError("invalid-node", "the text is not valid UTF-8.")
    return text


def text_of_bytes(raw: bytes) -> str:
    """The text in bytes that came from outside, as strict UTF-8."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MnemoError(
            "invalid-node", f"the text is not valid UTF-8: {error.reason} at byte {error.start}."
        ) from None


def title_of(text: str) -> str:
    """The title a chain gets from the text that opens it: its first line, cut to 72.

    Where that leaves only blanks, the blanks in front are dropped before the cut.
    """
    first = text.partition("\n")[0]
    return first[:72].rstrip(" \t") or first.lstrip(" \t")[:72].rstrip(" \t")


def is_domain(text: str) -> bool:
    """Whether `text` is a domain: `[a-z][a-z0-9-]{0,31}`."""
    return 1 <= len(text) <= 32 and text[0] in _LOWER and not text.strip(_NAME)


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


# -- building ----------------------------------------------------------------------------------


def build(
    type_: str,
    text: str,
    *,
    domain: str = DEFAULT_DOMAIN,
    inputs: Iterable[str] = (),
    anchors: Iterable[Anchor] = (),
    key: str | None = None,
    commit: str | None = None,
) -> Node:
    """A valid node of any text, with the text normalised and the lists in canonical order.

    Refuses what the format refuses, each with a message of its own.
    """
    node = Node(
        type_,
        domain,
        normalise(text),
        key,
        commit,
        tuple(sorted(set(inputs))) if inputs else (),
        tuple(sorted(set(anchors), key=_anchors_bytes)) if anchors else (),
    )
    _refuse_invalid(node)
    return node


def _anchors_bytes(anchor: Anchor) -> bytes:
    return anchors_.encode(anchor).encode("utf-8")


def _refuse_invalid(node: Node) -> None:
    if not is_domain(node.domain):
        raise MnemoError(
            "invalid-node",
            f"{node.domain!r} is not a domain: lower-case letters, digits and hyphens, at most 32.",
            "git mnemo claim --domain decisions TEXT",
        )
    if node.type == CHAIN and ("\n" in node.text or len(node.text) > MAX_TITLE):
        raise MnemoError("invalid-node", f"a title is one line of at most {MAX_TITLE} characters.")
    if node.type in NEEDS_INPUT and not node.inputs:
        raise MnemoError("invalid-node", f"a {node.type} node needs the address of an input.")
    _refuse_more(len(node.inputs), MAX_INPUTS, "inputs")
    _refuse_more(len(node.anchors), MAX_ANCHORS, "anchors")
    if not node.anchors and 4 * len(node.text) + 100 * len(node.inputs) < MAX_BYTES // 2:
        return  # a character has at most four bytes, and the rest of the header is short
    size = len(encode(node))
    if size > MAX_BYTES:
        raise MnemoError(
            "too-large",
            f"the claim is {size:,} bytes; a node holds at most {MAX_BYTES:,}.",
            "git mnemo claim --batch, with the text in parts",
        )


def _refuse_more(count: int, most: int, what: str) -> None:
    if count > most:
        raise MnemoError("too-large", f"a node has at most {most:,} {what}, not {count:,}.")


# -- bytes -------------------------------------------------------------------------------------


def encode(node: Node) -> bytes:
    """The canonical bytes: the magic line, headers in their one order, an empty line, the text."""
    lines = [_MAGIC, f"type {node.type}", f"domain {node.domain}"]
    if node.key is not None:
        lines.append(f"key {node.key}")
    if node.commit is not None:
        lines.append(f"commit {node.commit}")
    if node.inputs:
        lines += sorted({f"input {address}" for address in node.inputs})
    if node.anchors:
        lines += _bytewise(f"anchor {anchors_.encode(anchor)}" for anchor in node.anchors)
    if node.extra:
        lines += _bytewise(node.extra)
    return ("\n".join(lines) + "\n\n" + node.text + "\n").encode("utf-8")


def beginning(type_: str) -> bytes:
    """The bytes that every node of a type begins with."""
    return f"{_MAGIC}\ntype {type_}\n".encode()


def _bytewise(lines: Iterable[str]) -> list[str]:
    return sorted(set(lines), key=lambda line: line.encode("utf-8"))


def decode(data: bytes, width: int = 40) -> Node | None:
    """The node that these bytes are, or None where they are opaque.

    `width` is the length of an object id in hex: 40, or 64 in a SHA-256 repository.
    """
    if len(data) > MAX_BYTES or b"\0" in data:
        return None
    header, blank, raw = data.partition(b"\n\n")
    if not blank or raw[-1:] != b"\n":
        return None
    plain = _plain.get(header)
    try:
        text = raw[:-1].decode("utf-8")
        if plain is not None:
            # As most are: one look at either end tells what each of the rules asks for.
            normal = "\r" not in text and " " < text[:1] != _BOM and text[-1:] > " "
            return Node(*plain, text) if normal or _is_normal(text) else None
        node = _of_lines(header.decode("utf-8").split("\n"), text, width)
    except UnicodeDecodeError:
        return None
    # Order, repeats and odd spacing need no rules of their own: they do not survive this.
    if node is None or not _keeps_rules(node) or encode(node) != data:
        return None
    if not any(node[3:]) and len(_plain) < _PLAIN_MOST:
        _plain[header] = node.type, node.domain
    return node


def _of_lines(lines: list[str], text: str, width: int) -> Node | None:
    single: dict[str, str] = {}
    inputs: list[str] = []
    anchors: list[Anchor] = []
    extra: list[str] = []
    if lines[0] != _MAGIC:
        return None
    for line in lines[1:]:
        name, _, value = line.partition(" ")
        if not _is_name(name) or not _is_value(value):
            return None
        if name == "input":
            if not _is_oid(value, width):
                return None
            inputs.append(value)
        elif name == "anchor":
            anchor = anchors_.decode(value, width)
            if anchor is None:
                return None
            anchors.append(anchor)
        elif name in ("type", "domain", "key", "commit"):
            if name in single:
                return None
            single[name] = value
        else:
            extra.append(line)
    if "type" not in single or "domain" not in single:
        return None
    commit = single.get("commit")
    if commit is not None and not _is_oid(commit, width):
        return None
    return Node(
        single["type"],
        single["domain"],
        text,
        single.get("key"),
        commit,
        tuple(inputs),
        tuple(anchors),
        tuple(extra),
    )


def _keeps_rules(node: Node) -> bool:
    return (
        node.type in TYPES
        and is_domain(node.domain)
        and (node.key is not None) == (node.type == CHAIN)
        and (node.key is None or is_key(node.key))
        and (node.commit is not None) == (node.type == COMMIT)
        and (node.type not in NEEDS_INPUT or bool(node.inputs))
        and len(node.inputs) <= MAX_INPUTS
        and len(node.anchors) <= MAX_ANCHORS
        and (node.type != CHAIN or ("\n" not in node.text and len(node.text) <= MAX_TITLE))
        and _is_normal(node.text)
    )


def _is_normal(text: str) -> bool:
    first, newline, _ = text.partition("\n")
    return (
        text != ""
        and "\r" not in text
        and text[0] != _BOM
        and text[-1] not in " \t\n"
        and not (newline and not first.strip(" \t"))
    )


def is_key(text: str) -> bool:
    """Whether `text` can tell chains of one title apart: `[A-Za-z0-9_.@-]{1,64}`."""
    return 1 <= len(text) <= 64 and not text.strip(_KEY)


def _is_name(name: str) -> bool:
    return name != "" and name[0] in _LOWER and not name.strip(_NAME)


def _is_value(value: str) -> bool:
    return (
        value != ""
        and value[0] not in " \t"
        and value[-1] not in " \t"
        # What is printable holds no control character; the rest is looked at one by one.
        and (
            value.isprintable() or not any(char < " " or "\x7f" <= char <= "\x9f" for char in value)
        )
    )


def _is_oid(text: str, width: int) -> bool:
    return len(text) == width and not text.strip(_HEX)
