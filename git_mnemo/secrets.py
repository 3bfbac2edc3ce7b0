"""Secrets in a text: where they stand, and the text without them.

Known formats come first, from `secret_rules`; then what is assigned to a name that says password,
token or key, where it looks drawn at random and not written by hand. Commit ids, UUIDs, hashes and
placeholders are no secrets.
"""

from __future__ import annotations

from git_mnemo.record import NamedTuple
from git_mnemo.secret_rules import NAMES, SHAPES, URL, VENDORS

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Collection, Iterator

    from git_mnemo.secret_rules import Rule

REDACT, REJECT, OFF = "redact", "reject", "off"
POLICIES = (REDACT, REJECT, OFF)

_SAID = (
    r"[A-Za-z0-9_-]{0,40}[\"'`]?\s{0,3}(?::=|=>|==?|:|\bis\b|\bwas\b)\s{0,3}"
    r"[\"'`]?([^\s\"'`,;<>(){}\[\]|\\]{8,256}+)(?![(\[\\])"
)
_LEAST_TOKEN = 16
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
_BEARER = r"(?i)(?<![a-z])(?:bearer|basic|token)\s+([a-z0-9_~+/.=-]{20,512})"
_STAND_IN = (
    r"(?i)(?:my|the|db|test|some|your|user|new|old|a)?[_-]?(?:pass(?:word)?|pwd|secret|"
    r"token|key|null|none|true|false)s?\d{0,4}"
)
_UUID = r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_SAFE_NAMES = (
    r"(?i)(?:hash|digest|sha\d*|md5|checksum|_id|name|url|uri|path|file|dir|type|ttl|"
    r"count|length|len|size|limit|expir\w*|env|var|field|column|header|prefix|pattern|regex|"
    r"policy|kind|scheme|class|version|budget|usage|tokens)$"
)
_HOLDERS = (
    "example", "changeme", "change_me", "placeholder", "your", "dummy", "redacted", "xxxx", "****",
    "....", "insert", "replace", "todo", "sample", "fake", "not-a-", "notreal", "${", "$(", "{{",
    "%(", "%s", "os.env", "process.env", "getenv", "secrets.", "vault:", "env:", "env.",
    "undefined", "1234567890", "abcdefghij",
)  # fmt: skip


class Finding(NamedTuple):
    """A secret in a text: the rule that knows it, and where it stands."""

    rule: str
    start: int
    end: int
    mark: str
    """Eight hex digits that tell this secret from others, to allow it by."""


def scan(text: str, allowed: Collection[str] = ()) -> list[Finding]:
    """The secrets in a text, in order, none within another.

    `allowed` holds rules (`aws-access-key`) and single secrets (`aws-access-key:1a2b3c4d`) that are
    let through.
    """
    found: list[Finding] = []
    for rule, start, end in _candidates(text):
        if any(start < other.end and other.start < end for other in found):
            continue
        found.append(Finding(rule, start, end, _mark(text[start:end])))
    if not found:
        return found
    return sorted(
        (one for one in found if not {one.rule, f"{one.rule}:{one.mark}"} & set(allowed)),
        key=lambda one: one.start,
    )


def redact(text: str, findings: list[Finding]) -> str:
    """The text with `[redacted:RULE]` in the place of each finding."""
    parts, at = [], 0
    for one in findings:
        parts += [text[at : one.start], f"[redacted:{one.rule}]"]
        at = one.end
    return "".join([*parts, text[at:]])


def rules() -> list[str]:
    """The ids of all rules."""
    ids = [rule.id for rule in (*SHAPES, *VENDORS)]
    return list(dict.fromkeys([*ids, "authorization-header", "assigned-secret"]))


def _candidates(text: str) -> Iterator[tuple[str, int, int]]:
    # Prose has no long words: most texts are done here. Marks are looked for in the long ones only.
    words = text.split()
    if max(map(len, words), default=0) >= _LEAST_TOKEN:
        tokens = " ".join([word for word in words if len(word) >= _LEAST_TOKEN])
        for rule in SHAPES:
            if any(word in text for word in rule.words):
                yield from _known(rule, text)
        for rule in VENDORS:
            if any(word in tokens for word in rule.words):
                yield from _known(rule, text)
    elif URL.words[0] in text:
        yield from _known(URL, text)
    lowered = _lowered(text)
    for part, names in NAMES.items():
        if part not in lowered:
            continue
        for name in names:
            at = lowered.find(name)
            while at >= 0:
                yield from _assigned(text, at)
                at = lowered.find(name, at + len(name))
    if "bearer" in lowered or "authorization" in lowered:
        for found in _compiled(_BEARER).finditer(text):
            if _is_drawn(found.group(1)):
                yield "authorization-header", *found.span(1)


def _lowered(text: str) -> str:
    """The text in lower case, of the same length: a few capitals become two letters."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(char.lower() if char.isascii() else char for char in text)


def _known(rule: Rule, text: str) -> Iterator[tuple[str, int, int]]:
    check = _CHECKS.get(rule.id)
    for found in _compiled(rule.pattern).finditer(text):
        start, end = found.span(1 if found.re.groups else 0)
        secret = text[start:end]
        if _entropy(secret) >= rule.least and (check is None or check(secret)):
            yield rule.id, start, end


def _assigned(text: str, at: int) -> Iterator[tuple[str, int, int]]:
    """What is assigned to the name with the word at `at`, where it is a secret."""
    found = _compiled(_SAID).match(text, at)
    if found is None:
        return
    name, value = _name(text, at), found.group(1).rstrip(".:!?*")
    if _compiled(_SAFE_NAMES).search(name):
        return
    check = _is_password if "pass" in name.lower() or "pwd" in name.lower() else _is_drawn
    if len(value) >= 8 and check(value):
        yield "assigned-secret", found.start(1), found.start(1) + len(value)


def _name(text: str, at: int) -> str:
    """The whole name that is assigned to, around the word at `at`."""
    start = end = at
    while start > max(0, at - 40) and text[start - 1] in _NAME:
        start -= 1
    while end < len(text) and text[end] in _NAME:
        end += 1
    return text[start:end]


def _is_password(value: str) -> bool:
    """Whether a value given as a password is one, and no placeholder, name or path."""
    if _is_harmless(value) or _compiled(r"[a-z_.]+|[A-Z_]+|[\w.-]*[./]\w+[./][\w./-]*").fullmatch(
        value
    ):
        return False
    kinds = sum(
        bool(_compiled(kind).search(value)) for kind in (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^\w.-]")
    )
    return kinds >= 2 and _entropy(value) >= 2.3 and not _is_word(value)


def _is_drawn(value: str) -> bool:
    """Whether a value looks drawn at random: long, of letters and digits, no word or path."""
    core = value.strip("=")
    return (
        len(core) >= 12
        and not _is_harmless(value)
        and bool(_compiled(r"[A-Za-z]").search(core))
        and bool(_compiled(r"[0-9]").search(core))
        and not _is_word(core)
        and not _compiled(r"[a-z0-9]+(?:[-_./:][a-z0-9]+)+|[\w.-]*/[\w./-]*").fullmatch(
            core.lower()
        )
        and _entropy(core) >= 3.0
    )


def _is_url_password(value: str) -> bool:
    """Whether what stands between `:` and `@` is a password; a short word is an example's."""
    return not _is_harmless(value) and not _compiled(r"[a-z]{1,8}|[A-Z_]+").fullmatch(value)


def _is_key(block: str) -> bool:
    """Whether a block holds a key, and is not just talked about."""
    return bool(_compiled(r"[A-Za-z0-9+/=]{24}").search(block))


_CHECKS = {"url-password": _is_url_password, "private-key": _is_key}


def _is_word(value: str) -> bool:
    """An identifier with a short number: `getToken2`, `TOKEN_V1`, `oauth2`."""
    return bool(_compiled(r"[A-Za-z_]+\d{0,3}|v?\d+(?:\.\d+)+\w*").fullmatch(value))


def _is_harmless(value: str) -> bool:
    lowered = value.lower()
    return (
        any(holder in lowered for holder in _HOLDERS)
        or bool(_compiled(r"(?i)[0-9a-f]{40}|[0-9a-f]{64}|(?:sha\d+[:-]).*").fullmatch(value))
        or bool(_compiled(_UUID).fullmatch(value))
        or bool(_compiled(_STAND_IN).fullmatch(value))
        or len(set(value)) < 5
    )


def _entropy(text: str) -> float:
    """Shannon's, in bits a character."""
    from math import log2

    counts = [text.count(char) for char in set(text)]
    return -sum(count / len(text) * log2(count / len(text)) for count in counts)


def _mark(secret: str) -> str:
    import hashlib

    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _compiled(pattern: str) -> re.Pattern[str]:
    # Most texts hold no word that announces a secret: they do not wait for `re` to load.
    import re

    return re.compile(pattern)
