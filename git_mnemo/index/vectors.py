"""Vectors of the project's claims, kept in the file of the index as an encoder made them.

They go with the file, and with the nodes they belong to. Where it cannot be read or written,
nothing is kept, and they are made again.
"""

from collections.abc import Mapping

from git_mnemo.index import tables
from git_mnemo.index.engine import sqlite3


def kept(path: str, encoder: str, size: int) -> dict[str, bytes]:
    """The vectors, of `size` bytes each, by address, that the encoder of this fingerprint made."""
    database = tables.connect(path)
    try:
        rows = database.execute(
            "SELECT address, value FROM vector WHERE encoder = ? AND length(value) = ?",
            (encoder, size),
        )
        return {raw.hex(): value for raw, value in rows}
    except sqlite3.DatabaseError:
        return {}
    finally:
        database.close()


def keep(path: str, encoder: str, made: Mapping[str, bytes]) -> None:
    """Keep vectors by address, each in the place of another encoder's; only of project nodes."""
    database = tables.connect(path)
    raw = [(bytes.fromhex(address), value) for address, value in made.items()]
    try:
        database.execute("BEGIN IMMEDIATE")
        database.executemany(
            "INSERT OR REPLACE INTO vector (address, encoder, value)"
            " SELECT address, ?2, ?3 FROM node WHERE address = ?1",
            [(address, encoder, value) for address, value in raw],
        )
        database.execute("COMMIT")
    except sqlite3.DatabaseError:
        pass
    finally:
        database.close()
