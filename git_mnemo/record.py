"""`NamedTuple`, as `typing` has it, without loading `typing`.

Every value here is one, and `typing` with what it brings along costs a claim 8 ms, as much as
opening the repository. Type checkers see the real one. For the same reason the modules that a
claim loads import what only annotations need under `TYPE_CHECKING`, which each of them sets itself.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    from collections import namedtuple

    class _Maker(type):
        """Turns the annotations and defaults of a class into the fields of a tuple."""

        def __new__(cls, name, bases, body):
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = body.get("__annotations__", {})
            rest = {key: value for key, value in body.items() if key not in fields}
            made = namedtuple(
                name,
                fields,
                defaults=[body[field] for field in fields if field in body],
                module=body["__module__"],
            )
            return type(name, (made,), {**rest, "__slots__": ()})

    class NamedTuple(metaclass=_Maker):
        """The base to name; classes made from it are plain tuples."""
