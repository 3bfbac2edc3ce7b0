"""SQLite, without what `sqlite3` adds in Python: dates, which take as long as opening an index.

Type checkers see `sqlite3`, and so does who asks where the compiled module is not to be had alone.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3 as sqlite3
else:
    try:
        import _sqlite3 as sqlite3
    except ImportError:
        import sqlite3 as sqlite3
