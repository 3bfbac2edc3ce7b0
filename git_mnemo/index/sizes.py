"""Sizes: how many words each row has, those of the claims around it included, by its number."""

import sys
from array import array
from collections.abc import Iterable, Mapping

from git_mnemo.index.engine import sqlite3

BLOCK, LONGEST = 4096, 65535
"""Rows whose sizes are kept together, and the largest of them: what is longer counts as much."""


def put(database: sqlite3.Connection, sizes: Mapping[int, int]) -> int:
    """Keep these sizes; by how much the sum of all has grown."""
    grown = 0
    blocks: dict[int, array[int]] = {}
    for number, size in sizes.items():
        block, at = divmod(number, BLOCK)
        if block not in blocks:
            row = database.execute("SELECT words FROM size WHERE block = ?", (block,)).fetchone()
            blocks[block] = _unpacked(row[0] if row is not None else bytes(2 * BLOCK))
        kept = blocks[block]
        size = size if size < LONGEST else LONGEST
        grown += size - kept[at]
        kept[at] = size
    values = [(block, _in_order(kept).tobytes()) for block, kept in blocks.items()]
    database.executemany("INSERT OR REPLACE INTO size VALUES (?, ?)", values)
    return grown


def joined(blocks: Iterable[tuple[int, bytes]], beyond: int) -> "array[int]":
    """The sizes of all rows, of blocks in order; 0 where there is no row, as at `beyond` more."""
    sizes = array("H")
    for block, packed in blocks:
        sizes.frombytes(bytes(2 * (block * BLOCK - len(sizes))))
        sizes += _unpacked(packed)
    sizes.frombytes(bytes(2 * beyond))
    return sizes


def _unpacked(block: bytes) -> "array[int]":
    return _in_order(array("H", block))


def _in_order(sizes: "array[int]") -> "array[int]":
    if sys.byteorder == "big":
        sizes.byteswap()
    return sizes
