"""Translating: lines of an export from a repository whose ids are of another length.

A node says which nodes it rests on by their ids, so none keeps its bytes: each is made again once
all that it rests on has been. What names objects of the other repository cannot come along.
"""

import hashlib
from collections.abc import Iterable, Iterator

from git_mnemo import chain, node
from git_mnemo.errors import MnemoError
from git_mnemo.formats.line import Line
from git_mnemo.ledger import Ledger
from git_mnemo.node import COMMIT, NEEDS_INPUT, Node

_HASHES = {40: hashlib.sha1, 64: hashlib.sha256}

_WHY = {
    "commit": "name commits of the other repository",
    "opaque": "are opaque",
    "rootless": "rest on nothing but what was purged or is left out",
    "large": "are too large with longer ids",
}


class Translation:
    """The ids of another repository, and what they became here. One for each import."""

    def __init__(self, width: int, ledger: Ledger) -> None:
        self._width = width
        self._ledger = ledger
        self._chains: dict[str, str] = {}
        self._waiting: dict[str, list[tuple[Line, Node]]] = {}
        self._left: dict[str, int] = {}
        self._bereft = 0

    @property
    def left_out(self) -> int:
        """How many lines did not become any here."""
        return sum(self._left.values())

    def told(self) -> Iterator[str]:
        """What was left out, a sentence for each reason."""
        for why, count in sorted(self._left.items()):
            yield f"nodes that {_WHY[why]} are left out: {count:,}"
        if self._bereft:
            yield f"nodes without some inputs, which were purged or are left out: {self._bereft:,}"

    def lines(self, lines: Iterable[Line]) -> Iterator[Line]:
        """The lines as they are here. A line of the other repository comes after all that it
        names, whatever the order; every other one comes as it is."""
        for line in lines:
            if line.address is None and line.purged is None:
                yield line  # of no repository
                continue
            try:
                yield from self._line(line)
            except MnemoError as error:
                error.details.setdefault("line", line.number)
                raise
        while titleless := [key for key in self._waiting if chain.is_chain_id(key)]:
            for id_ in titleless:
                self._chains[id_] = id_  # nothing has its title: the import gives it one
                yield from self._released(self._waiting.pop(id_))
        for needed, waiting in self._waiting.items():
            raise MnemoError(
                "not-found",
                f"node {needed}, which the line rests on, is not imported with it.",
                line=min(line.number for line, _ in waiting),
            )

    def _line(self, line: Line) -> Iterator[Line]:
        named = line.address or line.purged
        if named is None or len(named) == self._width:
            yield line
        elif line.purged is not None:
            yield from self._became(line.purged, None)
        else:
            found = self._checked(line, named)
            if found is None or found.type == COMMIT:
                self._leave_out("opaque" if found is None else "commit")
                yield from self._became(named, None)
            else:
                yield from self._released([(line, found)])

    def _checked(self, line: Line, address: str) -> Node | None:
        """What the line says there, where it must come to its address; None where it is opaque."""
        width = len(address)
        data = line.raw if line.raw is not None else node.encode(_built(line))
        found = node.decode(data, width)
        if _HASHES[width](b"blob %d\0%s" % (len(data), data)).hexdigest() != address:
            raise MnemoError("invalid-node", f"the line says {address}, and its content does not.")
        if found is None and line.raw is None:
            raise MnemoError("invalid-node", "this is no node: a field breaks the format.")
        if line.position is not None:
            assert line.chain is not None  # the format's module saw to that
            if (line.position == 0) != (address[:16] == line.chain[12:]):
                raise MnemoError(
                    "invalid-node", "position 0 is for the node that the chain is named after."
                )
        return found

    def _released(self, ready: list[tuple[Line, Node]]) -> Iterator[Line]:
        """The lines that wait for nothing more, and those that waited for these."""
        ready = ready[::-1]
        while ready:
            line, found = ready.pop()
            needed = self._needed(line, found)
            if needed is not None:
                self._waiting.setdefault(needed, []).append((line, found))
                continue
            assert line.address is not None  # only such lines are translated
            made = self._made(line, found)
            self._ledger.translate(line.address, made.address if made is not None else None)
            if made is not None:
                yield made
            names = [line.address]
            if line.position == 0 and line.chain is not None:
                names.append(line.chain)
            for name in names:
                ready += reversed(self._waiting.pop(name, []))

    def _became(self, address: str, here: str | None) -> Iterator[Line]:
        self._ledger.translate(address, here)
        yield from self._released(self._waiting.pop(address, []))

    def _needed(self, line: Line, found: Node) -> str | None:
        """The first input, or the chain, that the line names and that has not come yet."""
        for needed in found.inputs:
            if not self._ledger.is_translated(needed):
                return needed
        if line.position and line.chain not in self._chains:
            return line.chain
        return None

    def _made(self, line: Line, found: Node) -> Line | None:
        """The line as it is here; None where it cannot be."""
        inputs = [self._ledger.translated(needed) for needed in found.inputs]
        kept = [address for address in inputs if address is not None]
        if not kept and found.type in NEEDS_INPUT:
            self._leave_out("rootless")
            return None
        try:
            built = node.build(
                found.type, found.text, domain=found.domain, inputs=kept, key=found.key,
                anchors=(anchor._replace(blob=None) for anchor in found.anchors),
            )._replace(extra=found.extra)  # fmt: skip
            data = node.encode(built)
        except MnemoError:  # it was a node before: all that can be wrong is its size
            self._leave_out("large")
            return None
        self._bereft += len(kept) < len(inputs)
        address = _HASHES[self._width](b"blob %d\0%s" % (len(data), data)).hexdigest()
        return line._replace(
            address=address,
            inputs=built.inputs,
            anchors=built.anchors,
            chain=self._chain(line, address),
            raw=data,
        )

    def _chain(self, line: Line, address: str) -> str | None:
        if line.chain is None or line.position is None:
            return line.chain
        if line.position == 0:
            self._chains[line.chain] = line.chain[:12] + address[:16]
        return self._chains[line.chain]

    def _leave_out(self, why: str) -> None:
        self._left[why] = self._left.get(why, 0) + 1


def _built(line: Line) -> Node:
    anchors = [anchor for anchor in line.anchors if not isinstance(anchor, str)]
    if len(anchors) < len(line.anchors):
        raise MnemoError("invalid-node", "an anchor of an export is an object.")
    return node.build(
        line.type,
        line.text,
        domain=node.DEFAULT_DOMAIN if line.domain is None else line.domain,
        inputs=line.inputs,
        anchors=anchors,
        key=line.key,
        commit=line.commit,
    )
