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
        if len(fields) >= len(_TEMPLATES):
            raise TypeError(f"{name} has more fields than there is a constructor for")
        template = _TEMPLATES[len(fields)].__code__
        code = template.replace(co_name=name, co_qualname=name, co_varnames=("cls", *fields))
        return _Function(code, globals(), name, tuple(defaults.values()))

    # Compiled with this module, and not for each class: only what the arguments are called differs.
    _make = tuple.__new__
    _TEMPLATES = (
        lambda cls: _make(cls, ()),
        lambda cls, a: _make(cls, (a,)),
        lambda cls, a, b: _make(cls, (a, b)),
        lambda cls, a, b, c: _make(cls, (a, b, c)),
        lambda cls, a, b, c, d: _make(cls, (a, b, c, d)),
        lambda cls, a, b, c, d, e: _make(cls, (a, b, c, d, e)),
        lambda cls, a, b, c, d, e, f: _make(cls, (a, b, c, d, e, f)),
        lambda cls, a, b, c, d, e, f, g: _make(cls, (a, b, c, d, e, f, g)),
        lambda cls, a, b, c, d, e, f, g, h: _make(cls, (a, b, c, d, e, f, g, h)),
        lambda cls, a, b, c, d, e, f, g, h, i: _make(cls, (a, b, c, d, e, f, g, h, i)),
        lambda cls, a, b, c, d, e, f, g, h, i, j: _make(cls, (a, b, c, d, e, f, g, h, i, j)),
        lambda cls, a, b, c, d, e, f, g, h, i, j, k: _make(cls, (a, b, c, d, e, f, g, h, i, j, k)),
    )
    _Function = type(_constructor)

    class NamedTuple(metaclass=_Maker):
        """The base to name; classes made from it are plain tuples."""
