"""Making nodes of the lines of an import."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from git_mnemo import node
from git_mnemo.anchor import Anchor, inherited
from git_mnemo.errors import MnemoError
from git_mnemo.formats.line import TITLE_OF_CHAIN, Line
from git_mnemo.ledger import Ledger
from git_mnemo.node import CHAIN, COMPRESS, LEAF, STASH, SUPERSEDE, Node
from git_mnemo.repository import Repository
from git_mnemo.store import layout
from git_mnemo.store.packing import PackedStore
from git_mnemo.target import Target
from git_mnemo.view import SHORTEST, pick

Lay = Callable[[str], Anchor]

MOST_WARNINGS = 100

_HEX = "0123456789abcdef"


class Source(NamedTuple):
    """The lines' name, the repository, and how a place in its code becomes an anchor."""

    name: str
    repository: Repository
    lay: Lay


class Made(NamedTuple):
    """The node of a line; `node` is None where it is opaque."""

    address: str
    data: bytes
    node: Node | None

    @property
    def domain(self) -> str:
        """Its domain; the usual one where it is opaque."""
        return self.node.domain if self.node is not None else node.DEFAULT_DOMAIN

    @property
    def is_title(self) -> bool:
        """Whether it names a chain."""
        return self.node is not None and self.node.type == CHAIN


class Warnings:
    """What was passed over, and what may surprise; only the first hundred in words."""

    def __init__(self) -> None:
        self._said: list[str] = []
        self._unsaid = 0

    def add(self, text: str) -> None:
        """Say it, if it was not said."""
        if text in self._said:
            return
        if len(self._said) < MOST_WARNINGS:
            self._said.append(text)
        else:
            self._unsaid += 1

    def told(self) -> list[str]:
        """All of them, in order."""
        more = [f"and {self._unsaid:,} more warnings"] if self._unsaid else []
        return self._said + more


class Nodes:
    """Makes nodes of lines, whose inputs may be lines before them; writes nothing."""

    def __init__(self, source: Source, store: PackedStore, ledger: Ledger, target: Target) -> None:
        self._source = source
        self._store = store
        self._ledger = ledger
        self._target = target
        self._laid: dict[str, Anchor | str] = {}
        self.warnings = Warnings()

    def own(self, line: Line) -> Made:
        """The node of a line of our own export, which must come to the address it names."""
        assert line.address is not None
        width = self._store.width
        data = line.raw if line.raw is not None else node.encode(self._built(line, line.inputs))
        if len(data) > node.MAX_BYTES:
            raise MnemoError("too-large", f"a node holds at most {node.MAX_BYTES:,} bytes.")
        address, found = self._store.address(data), node.decode(data, width)
        if address != line.address:
            raise MnemoError(
                "invalid-node", f"the line says {line.address}, and its content is {address}."
            )
        if found is None and line.raw is None:
            raise MnemoError("invalid-node", "this is no node: a field breaks the format.")
        made = Made(address, data, found)
        if line.position is None and made.is_title:
            raise MnemoError("invalid-node", "a title needs its `chain`, and `position` 0 there.")
        if line.position is not None:
            assert line.chain is not None  # the format's module saw to that
            if (line.position == 0) != (address[:16] == line.chain[12:]):
                raise MnemoError(
                    "invalid-node", "position 0 is for the node that the chain is named after."
                )
        for needed in found.inputs if found is not None else ():
            self._ledger.need(needed, line.number)
        return made

    def _built(self, line: Line, inputs: Iterable[str]) -> Node:
        own = line.address is not None
        return node.build(
            line.type,
            line.text,
            domain=node.DEFAULT_DOMAIN if line.domain is None else line.domain,
            inputs=inputs,
            anchors=self._anchors(line),
            key=line.key if own else None,
            commit=line.commit,
        )

    def claim(self, line: Line) -> Made:
        """The node of a line that somebody wrote, or another tool."""
        inputs = [self._input(text, line) for text in line.inputs]
        if line.type not in (LEAF, STASH):
            line = self._inherited(line, [self._node_of(address) for address in inputs])
        built = self._built(line, inputs)
        data = node.encode(built)
        if built.anchors and node.decode(data, self._store.width) is None:
            raise MnemoError("invalid-node", "the `blob` of an anchor is no id of this repository.")
        return Made(self._store.address(data), data, built)

    def _inherited(self, line: Line, inputs: list[Node | None]) -> Line:
        """The line with what a claim has from its inputs: the domain, and what they are about."""
        if line.domain is None and inputs and inputs[0] is not None:
            line = line._replace(domain=inputs[0].domain)
        if line.type == COMPRESS or (line.type == SUPERSEDE and not line.anchors):
            laid = inherited(self._anchors(line), (one.anchors for one in inputs if one))
            line = line._replace(anchors=tuple(laid))
        return line

    def _anchors(self, line: Line) -> list[Anchor]:
        laid = [one if isinstance(one, Anchor) else self._laid_at(one) for one in line.anchors]
        for one in laid:
            if isinstance(one, str):
                self.warnings.add(f"line {line.number}: without an anchor: {one}")
        return [one for one in laid if isinstance(one, Anchor)]

    def _laid_at(self, spot: str) -> Anchor | str:
        """The anchor, or why there is none: what was said of a file stays true without it."""
        if spot not in self._laid:
            try:
                self._laid[spot] = self._source.lay(spot)
            except MnemoError as error:
                self._laid[spot] = error.message
        return self._laid[spot]

    def _input(self, text: str, line: Line) -> str:
        if line.type == STASH and text == TITLE_OF_CHAIN:
            title = self._ledger.title_of(f"chain\0{line.chain}")
            assert title is not None  # lines of its claims came before it
            return title
        other = self._line_of(text)
        if other is not None:
            address = self._ledger.address_of(other)
            if address is not None:
                return address
        id_ = text.removeprefix("node:").strip().lower()
        if len(id_) == self._store.width and not id_.strip(_HEX):
            self._ledger.need(id_, line.number)
            return id_
        if len(id_) < SHORTEST or len(id_) > self._store.width or id_.strip(_HEX):
            raise MnemoError("not-found", f"{text[:80]!r} is no line before this one, and no node.")
        low, high = (id_.ljust(self._store.width, fill) for fill in "0f")
        found = {*self._ledger.addresses_from(low, high), *self._target.addresses_from(id_)}
        return pick("node", text, sorted(found))

    def _line_of(self, text: str) -> int | None:
        if text.startswith("#"):
            digits = text[1:]
            number = digits.isascii() and digits.isdigit() and len(digits) < 16
            return int(digits) if number else None
        found = self._ledger.identified(text)
        return found[0] if found is not None else None

    def _node_of(self, address: str) -> Node | None:
        """An input's node; None where it is not here yet, or opaque, or purged."""
        data = self._ledger.spooled(address)
        if data is not None:
            return node.decode(data, self._store.width)
        if address in self._target.purged or not self._store.exists(address):
            return None
        return layout.node_at(self._store, address)
