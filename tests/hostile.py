"""A remote whose project somebody spoilt by hand, and the clone that meets it."""

import copy
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from git_mnemo import chain, node
from git_mnemo.refs import PROJECT
from tests import plain
from tests.clones import Clone, Hub
from tests.support import run_git
from tests.verbs import NOW

FILE, FOLDER, PROGRAM, LINK, MODULE = "100644", "40000", "100755", "120000", "160000"
GONE = ("1234567890" * 7)[: plain.WIDTH]

Leaf = tuple[str, str]
"""Mode and object id of one line of a tree."""

Nested = dict[str, "Leaf | Nested"]
"""A tree by name; a folder is a dictionary, or a line of mode 40000."""


@dataclass
class Spoilt:
    """The clone `ben`, and his remote with one good chain of two claims that he has.

    `root` is the good tree, to be changed; `folder` the part of it that is the good chain's.
    """

    hub: Hub
    ben: Clone
    good: str
    path: tuple[str, str, str, str]
    root: Nested = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root = _nested(self.hub.bare, self.good)
        self.before = copy.deepcopy(self.root)

    def at(self, *names: str) -> Nested:
        """A folder of the tree, made where there is none."""
        found = self.root
        for name in names:
            below = found.setdefault(name, {})
            assert isinstance(below, dict)
            found = below
        return found

    @property
    def folder(self) -> Nested:
        """The good chain's folder."""
        return self.at(*self.path)

    @property
    def names(self) -> list[str]:
        """The names of the good chain's entries: its title's, and two more."""
        return sorted(self.folder)

    @property
    def addresses(self) -> list[str]:
        """Their addresses."""
        return [name.partition("-")[2] for name in self.names]

    def blob(self, data: bytes) -> str:
        """A blob on the remote."""
        return self.raw("blob", data)

    def leaf(self, text: str) -> str:
        """A node on the remote."""
        return self.blob(node.encode(node.build("leaf", text)))

    def raw(self, kind: str, data: bytes) -> str:
        """An object of any bytes, which git would not write itself."""
        return plain.write(self.hub.bare / "objects", kind, data)

    def tree(self, nested: Nested) -> str:
        """A tree as it is told, in git's order."""
        lines: list[tuple[bytes, bytes]] = []
        for name, what in nested.items():
            mode, oid = what if isinstance(what, tuple) else (FOLDER, self.tree(what))
            raw = name.encode("utf-8", "surrogateescape")
            line = mode.encode() + b" " + raw + b"\0" + bytes.fromhex(oid)
            lines.append((raw + b"/" if mode.lstrip("0") == FOLDER else raw, line))
        return self.lines(*(line for _, line in sorted(lines)))

    def lines(self, *lines: bytes) -> str:
        """A tree of these lines, in this order."""
        return self.raw("tree", b"".join(lines))

    def opened(self, title: str, day: str = "20261123") -> tuple[tuple[str, ...], str]:
        """The path of a new chain in which only its title stands, and the title's address."""
        address = self.blob(node.encode(node.build("chain", title, key="k")))
        folders = chain.folders(chain.chain_id(day, address))
        self.at(*folders)[f"0000-{address}"] = (FILE, address)
        return folders, address

    def commit(
        self,
        tree: str,
        *parents: str,
        author: str = "Mallory <mallory@example.com>",
        at: int = NOW + 100,
        message: str = "promote\n",
        headers: str = "",
    ) -> str:
        """A commit on the remote, by Mallory."""
        old = "".join(f"parent {parent}\n" for parent in parents)
        who = f"author {author} {at} +0000\ncommitter {author} {at} +0000\n"
        text = f"tree {tree}\n{old}{who}{headers}\n{message}"
        return self.raw("commit", text.encode("utf-8", "surrogateescape"))

    def publish(self, tip: str) -> None:
        """Let the remote's project stand there, without asking git whether it can."""
        if plain.REFS != "files":
            self.hub.git("update-ref", PROJECT, tip)
            return
        path = self.hub.bare / PROJECT
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{tip}\n")


def _nested(repo: Path, tip: str) -> Nested:
    found: Nested = {}
    for line in run_git("ls-tree", "-r", "-z", "--full-tree", tip, cwd=repo).split("\0")[:-1]:
        told, _, path = line.partition("\t")
        mode, _, oid = told.split(" ")
        *folders, name = path.split("/")
        below = found
        for folder in folders:
            deeper = below.setdefault(folder, {})
            assert isinstance(deeper, dict)
            below = deeper
        below[name] = mode, oid
    return found


Change = Callable[[Spoilt], object]
"""Changes `root`, or gives the id of the tip to publish."""


class Template:
    """Hub and clone, made once for all cases and copied for each; their URLs are relative."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._good: tuple[Clone, str, tuple[str, str, str, str]] | None = None

    def spoilt(self, start: Hub, folder: Path) -> Spoilt:
        """A copy of the scene; `start` is the hub that the first call makes it from."""
        if self._good is None:
            self._good = _stage(start)
            shutil.copytree(start.bare, self._folder / "hub.git")
            shutil.copytree(start.folder / "ben", self._folder / "ben")
        shutil.copytree(self._folder, folder)
        ben, good, path = self._good
        return Spoilt(Hub(folder), Clone(folder / "ben", ben.session), good, path)


def _stage(hub: Hub) -> tuple[Clone, str, tuple[str, str, str, str]]:
    ada, ben = hub.clone("ada"), hub.clone("ben")
    for one in (ada, ben):
        run_git("remote", "set-url", "origin", "../hub.git", cwd=one.path)
    opened = ada.claim("A first claim.", "--new-chain", "--title", "The good chain")["chain"]
    ada.claim("A second claim.", "--chain", opened)
    tip = ada.ask("promote")["new"]
    for one in (ada, ben):
        one.share()
    ben.claim("Ben thinks.")
    return ben, str(tip), chain.folders(opened)
