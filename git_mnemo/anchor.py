"""Anchors: the lines of code that a claim is about, as a header of its node.

An anchor is `<blob> <first>-<last> <hash> <path>`. The hash forgives white space and empty lines
and nothing else, so the same lines are found again without keeping them.
"""

from __future__ import annotations

from git_mnemo.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MOST = 64
"""Anchors of one node."""
_ROOM = 16384
"""Characters of inherited anchors; the rest of a node is for its text."""
_HEX = "0123456789abcdef"
_DIGITS = "0123456789"
LINE_BLANKS = b" \t\r\v\f"
_NAMED_ESCAPES = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}
_ESCAPED_BYTES = {ord(letter): code for code, letter in _NAMED_ESCAPES.items()}


class Anchor(NamedTuple):
    """Lines `first` to `last` of `path` (None and None: the whole file), and their hash.

    `blob` is the file's id in the commit checked out, or None where the work tree differed.
    `path` is relative to the top of the work tree; bytes that are not UTF-8 are surrogates, as
    `surrogateescape` decodes them.
    """

    blob: str | None
    first: int | None
    last: int | None
    hash: str
    path: str


def line_hash(lines: bytes) -> str | None:
    """First 16 hex of SHA-256 over the lines, stripped and without the empty ones.

    None where nothing is left to hash.
    """
    from git_mnemo.hashes import sha256  # only claims with anchors pay for it

    kept = [line.strip(LINE_BLANKS) for line in lines.split(b"\n")]
    body = b"".join(line + b"\n" for line in kept if line)
    return sha256(body).hexdigest()[:16] if body else None


def inherited(own: Iterable[Anchor], from_inputs: Iterable[Iterable[Anchor]]) -> list[Anchor]:
    """A node's own anchors, and behind them those of its inputs, as many as have room in a node.

    Of the same lines on several versions of a file, one is enough.
    """
    anchors = list(own)
    places = {anchor[1:] for anchor in anchors}
    size = sum(len(encode(anchor)) for anchor in anchors)
    for anchor in (anchor for laid in from_inputs for anchor in laid):
        size += len(encode(anchor))
        if len(anchors) >= MOST or size > _ROOM:
            break
        if anchor[1:] not in places:
            places.add(anchor[1:])
            anchors.append(anchor)
    return anchors


def encode(anchor: Anchor) -> str:
    """The header's value."""
    lines = "-" if anchor.first is None else f"{anchor.first}-{anchor.last}"
    return f"{anchor.blob or '-'} {lines} {anchor.hash} {quote(anchor.path)}"


def decode(value: str, width: int) -> Anchor | None:
    """The anchor of a header's value; None where any field breaks the format."""
    fields = value.split(" ", 3)
    if len(fields) != 4:
        return None
    blob, lines, digest, written = fields
    if blob != "-" and (len(blob) != width or blob.strip(_HEX)):
        return None
    if len(digest) != 16 or digest.strip(_HEX):
        return None
    first, last = None, None
    if lines != "-":
        numbers = lines.split("-")
        if len(numbers) != 2 or not all(map(_is_line_number, numbers)):
            return None
        first, last = int(numbers[0]), int(numbers[1])
        if first > last:
            return None
    path = unquote(written)
    return (
        None if path is None else Anchor(None if blob == "-" else blob, first, last, digest, path)
    )


def _is_line_number(text: str) -> bool:
    # 4300 digits are as many as Python reads; no file comes near.
    return 1 <= len(text) <= 4300 and not text.strip(_DIGITS) and text[0] != "0"


def quote(path: str) -> str:
    """The path as it is, or between double quotes where the format or a reader needs it."""
    if _is_plain(path):
        return path
    escaped = (_escape(byte) for byte in path.encode("utf-8", "surrogateescape"))
    return '"' + "".join(escaped) + '"'


def _is_plain(path: str) -> bool:
    return (
        path != ""
        and path[0] not in " \t"
        and path[-1] not in " \t"
        and not any(
            char < " " or "\x7f" <= char <= "\x9f" or char in '"\\' or "\ud800" <= char <= "\udfff"
            for char in path
        )
    )


def _escape(byte: int) -> str:
    if byte in _NAMED_ESCAPES:
        return "\\" + _NAMED_ESCAPES[byte]
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"


def unquote(written: str) -> str | None:
    """The path that `quote` wrote so; None for any spelling that `quote` would not write."""
    if not written.startswith('"'):
        return written if _is_plain(written) else None
    if len(written) < 3 or not written.endswith('"') or not written.isascii():
        return None
    raw = _unescape(written[1:-1])
    if raw is None:
        return None
    path = raw.decode("utf-8", "surrogateescape")
    return path if quote(path) == written else None


def _unescape(body: str) -> bytes | None:
    raw, at = bytearray(), 0
    while at < len(body):
        if body[at] != "\\":
            raw.append(ord(body[at]))
            at += 1
            continue
        letter = body[at + 1 : at + 2]
        octal = body[at + 1 : at + 4]
        if letter and ord(letter) in _ESCAPED_BYTES:
            raw.append(_ESCAPED_BYTES[ord(letter)])
            at += 2
        elif len(octal) == 3 and not octal.strip("01234567") and int(octal, 8) < 256:
            raw.append(int(octal, 8))
            at += 4
        else:
            return None
    return bytes(raw)
