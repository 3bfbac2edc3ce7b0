"""Text as Markdown that says exactly that text: nothing in it is markup, to GitHub or to Obsidian.

What begins markup is written as a character reference or behind a backslash: HTML, links, tags,
comments, formulas, and what plug-ins look for in the source (Dataview's `::` and `=`, Templater's
`<%`). An address that stands in the text may still be made a link to itself by whoever renders it.
"""

import json
import re
import unicodedata

from git_mnemo.message import printable

_REFERENCES = {char: f"&#{ord(char)};" for char in "<>&#^%$@="}
_BACKSLASH = {char: "\\" + char for char in "\\`*_{}[]|~!"}
_ESCAPES = str.maketrans(_REFERENCES | _BACKSLASH)
_NUMBERED = re.compile(r"^(\d{1,9})([.)])")
_LONGEST = 60
_MOST_BYTES = 120


def line(text: str) -> str:
    """One line, escaped; blanks in front are kept as such, and those behind are not."""
    cleaned = printable(text.replace("\t", "    ")).rstrip()
    said = cleaned.lstrip(" ")
    indent = "&nbsp;" * (len(cleaned) - len(said))
    escaped = said.translate(_ESCAPES).replace("::", "&#58;&#58;").replace("://", "&#58;//")
    escaped = re.sub(r"(?i)\bwww\.", lambda found: found[0][:-1] + "&#46;", escaped)
    escaped = _NUMBERED.sub(r"\1\\\2", escaped)
    return indent + (f"\\{escaped}" if escaped[:1] in ("-", "+") else escaped)


def quoted(text: str, *, struck: bool = False) -> str:
    """A text as a quotation, line by line; struck where it holds no longer."""
    lines = [line(one) for one in text.split("\n")]
    kept = [f"~~{one}~~" if struck and one else one for one in lines]
    said = []
    for at, one in enumerate(kept):
        broken = bool(one) and at + 1 < len(kept) and bool(kept[at + 1])
        said.append((f"> {one}" + ("\\" if broken else "")).rstrip())
    return "\n".join(said)


def link(text: str, target: str) -> str:
    """A link to a file of ours, whose path `file_name` made."""
    return f"[{line(text) or '-'}](<{target}>)"


def code(text: str) -> str:
    """A path or an id, as text of one width where it can be."""
    shown = printable(text)
    plain = shown and not set(shown) & set("`|<>$=%[]{}^#\\") and "::" not in shown
    return f"`{shown}`" if plain and shown == shown.strip() else line(shown)


def front_matter(fields: dict[str, object]) -> str:
    """YAML that every parser reads alike: each value is JSON, and no text can end it."""
    said = [f"{name}: {_value(value)}" for name, value in fields.items()]
    return "\n".join(["---", *said, "---", ""])


def _value(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    for mark in "<>%`\ufffe\uffff":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


def file_name(day: str, title: str, id_: str) -> str:
    """A name that every file system takes, that tells chains apart however it folds case.

    It begins with a day, so it is no device of Windows, and ends with what is left of the id.
    """
    folded = unicodedata.normalize("NFKC", printable(title)).lower()
    kept = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in folded)
    slug = ""
    for char in "-".join(kept.split())[:_LONGEST]:
        # Counted as a file system may store it that takes characters apart.
        if len(unicodedata.normalize("NFD", slug + char).encode()) > _MOST_BYTES:
            break
        slug += char
    words = [day, unicodedata.normalize("NFC", slug).strip("-"), id_[12:]]
    return "-".join(filter(None, words)) + ".md"
