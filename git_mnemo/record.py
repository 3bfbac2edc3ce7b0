"""`NamedTuple`, as `typing` has it, without loading `typing` and without compiling a line.

Every value here is one. `typing` with what it brings along costs a claim 8 ms, as much as opening
the repository, and each `collections.namedtuple` a tenth of one, because it writes the source of a
constructor and compiles it. Type checkers see the real one. For the same reason the modules that a
claim loads import what only annotations need under `TYPE_CHECKING`, which each of them sets itself.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    try:
        from _collections import _tuplegetter as _getter
    except ImportError:  # another Python
        from operator import itemgetter

        def _getter(at, doc):
            return property(itemgetter(at), doc=doc)

    class _Maker(type):
        """Turns the annotations and defaults of a class into the fields of a tuple."""

        def __new__(cls, name, bases, body):
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = tuple(body.get("__annotations__", ()))
            defaults = {field: body.pop(field) for field in fields if field in body}
            getters = {field: _getter(at, field) for at, field in enumerate(fields)}
            made = {"__new__": _constructor(name, fields, defaults), "__match_args__": fields,
                    "_fields": fields, "_field_defaults": defaults, "__slots__": ()}  # fmt: skip
            return type(name, (_Fields,), {**body, **getters, **made})

    class _Fields(tuple):
        """What every record can do."""

        __slots__ = ()

        @classmethod
        def _make(cls, values):
            return cls(*values)

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))

        def _replace(self, **changes):
            return type(self)(**{**self._asdict(), **changes})

        def __getnewargs__(self):
            return tuple(self)

        def __repr__(self):
            told = ", ".join(f"{name}={value!r}" for name, value in self._asdict().items())
            return f"{type(self).__name__}({told})"

    def _constructor(name, fields, defaults):
        count, make = len(fields), tuple.__new__
        last = tuple(defaults.values())
        least = count - len(last)

        def __new__(cls, *values, **named):
            given = len(values)
            if given != count or named:
                if not named and least <= given < count:
                    values += last[given - least :]
                else:
                    values = _filled(name, fields, defaults, values, named)
            return make(cls, values)

        return __new__

    def _filled(name, fields, defaults, values, named):
        """The values of all fields, from those given in order, by name, and by default."""
        rest = fields[len(values) :]
        known = {**defaults, **named}
        if len(values) > len(fields) or any(field not in known for field in rest):
            raise TypeError(f"{name} has the fields {', '.join(fields)}; {len(values)} were given")
        if not named.keys() <= set(rest):
            raise TypeError(
                f"{name}: {', '.join(named.keys() - set(rest))} given twice, or no field"
            )
        return (*values, *(known[field] for field in rest))

    class NamedTuple(metaclass=_Maker):
        """The base to name; classes made from it are plain tuples."""
