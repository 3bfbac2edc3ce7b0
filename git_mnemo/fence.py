"""Memory as an agent is shown it: plain text between two marks that the text cannot contain.

Whatever was recorded is data that somebody wrote, perhaps elsewhere, perhaps to be obeyed.
"""

from __future__ import annotations

from git_mnemo.hashes import blake2b
from git_mnemo.message import printable

NAME = "git-mnemo-memory"
_INSTEAD = "git mnemo memory"


def plain(text: str) -> str:
    """The text without control, bidirectional and invisible characters, on one line."""
    return " ".join(printable(" ".join(text.split())).split())


def cut(text: str, width: int) -> str:
    """The text in at most `width` characters, ended behind a sentence or a word if need be."""
    if len(text) <= width:
        return text
    kept = text[: width - 1]
    sentence = max(kept.rfind(mark) for mark in (". ", "! ", "? "))
    if sentence > width // 2:
        return kept[: sentence + 1] + "…"
    return (kept.rpartition(" ")[0] or kept) + "…"


def wrap(body: str, seed: str) -> str:
    """The body between marks with eight hex digits that depend on it and on `seed`.

    Nobody who wrote a part of the body knows them, and the name of the marks is not in it.
    """
    body = body.replace(NAME, _INSTEAD)
    mark = ""
    while not mark or mark in body:
        mark = blake2b(
            f"{mark}\0{seed}\0{body}".encode("utf-8", "replace"), digest_size=4
        ).hexdigest()
    return f"<{NAME} {mark}>\n{body}\n</{NAME} {mark}>"


OVERHEAD = 2 * (len(NAME) + 12) + 2
"""Characters that `wrap` adds, at most."""
