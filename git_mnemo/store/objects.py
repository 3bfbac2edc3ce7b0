"""Git's tree and commit objects as values: their bytes in, their bytes out.

Written out here, and not left to a backend, because a join must be the same bytes everywhere.
"""

from __future__ import annotations

from git_mnemo.record import NamedTuple

BLOB, TREE, COMMIT = "blob", "tree", "commit"
PACKED = {COMMIT: 1, TREE: 2, BLOB: 3}
"""The number of each kind in a pack."""

FILE_MODE = "100644"
FOLDER_MODE = "40000"


class Item(NamedTuple):
    """One line of a tree: mode in octal as git stores it (no leading zero), and object id."""

    mode: str
    oid: str


Tree = dict[str, Item]
"""A tree by name. Names that are not UTF-8 are surrogates, as `surrogateescape` decodes them."""


class Person(NamedTuple):
    """Author or committer: `at` in unix seconds, `zone` as git writes it (`+0000`)."""

    name: str
    email: str
    at: int
    zone: str = "+0000"


class Commit(NamedTuple):
    """A commit without the headers we do not use."""

    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    message: str


class Malformed(ValueError):
    """Bytes that are no tree or commit."""


def encode_tree(tree: Tree) -> bytes:
    """The bytes of a tree, in git's order: folders sort as if their name ended in a slash."""

    lines = []
    for name, (mode, oid) in tree.items():
        raw = name.encode("utf-8", "surrogateescape")
        order = raw + b"/" if mode == FOLDER_MODE else raw
        lines.append((order, b"%b %b\0%b" % (mode.encode(), raw, bytes.fromhex(oid))))
    lines.sort()
    return b"".join([line for _, line in lines])


def decode_tree(data: bytes, width: int) -> Tree:
    """The tree of its bytes; `width` is the length of an object id in hex."""
    tree: Tree = {}
    at, size = 0, width // 2
    while at < len(data):
        end = data.find(b"\0", at)
        if end < 0 or len(data) < end + 1 + size:
            raise Malformed("a tree is cut short")
        mode, _, name = data[at:end].partition(b" ")
        tree[name.decode("utf-8", "surrogateescape")] = Item(
            mode.decode("ascii", "replace"), data[end + 1 : end + 1 + size].hex()
        )
        at = end + 1 + size
    return tree


def encode_commit(commit: Commit) -> bytes:
    """The bytes of a commit with no header but the four that every commit has."""
    lines = [f"tree {commit.tree}"]
    lines += [f"parent {parent}" for parent in commit.parents]
    lines.append(f"author {encode_person(commit.author)}")
    lines.append(f"committer {encode_person(commit.committer)}")
    return ("\n".join(lines) + "\n\n" + commit.message).encode("utf-8", "surrogateescape")


def encode_person(person: Person) -> str:
    """`Name <email> seconds zone`."""
    return f"{person.name} <{person.email}> {person.at} {person.zone}"


def decode_commit(data: bytes) -> Commit:
    """The commit of its bytes; headers such as a signature are passed over."""
    header, _, message = data.decode("utf-8", "surrogateescape").partition("\n\n")
    tree = ""
    parents: list[str] = []
    people: dict[str, Person] = {}
    for line in header.split("\n"):
        name, _, value = line.partition(" ")
        if name == "tree":
            tree = value
        elif name == "parent":
            parents.append(value)
        elif name in ("author", "committer"):
            people[name] = decode_person(value)
        if name == "committer":  # to git, a `tree` or `parent` after it is a header like any other
            break
    if not tree or len(people) != 2:
        raise Malformed("a commit lacks its tree, author or committer")
    return Commit(tree, tuple(parents), people["author"], people["committer"], message)


def decode_person(value: str) -> Person:
    """The person of `Name <email> seconds zone`, forgiving what git forgives."""
    before, _, rest = value.rpartition("> ")
    name, _, email = before.partition(" <")
    seconds, _, zone = rest.partition(" ")
    digits = seconds.removeprefix("-")
    at = int(seconds) if digits.isascii() and digits.isdigit() and len(digits) < 16 else 0
    return Person(name, email, at, zone or "+0000")


def pack_header(kind: str, size: int) -> bytes:
    """What stands before an object in a pack: its kind and its size, seven bits to a byte."""
    first = PACKED[kind] << 4 | size & 15
    size >>= 4
    out = bytearray()
    while size:
        out.append(first | 0x80)
        first = size & 0x7F
        size >>= 7
    out.append(first)
    return bytes(out)
