"""What can be looked for: a term, and the words that are none.

Apart from `words`, which needs `re` and takes long to load.
"""

from __future__ import annotations

from git_mnemo.record import NamedTuple

LONGEST = 63
"""Characters of a word that can be asked for; what is longer is data, not a word."""

# Negations and words of order (not, no, until, before, off) are no stop words here: in what is
# said about software they carry the meaning.
_FUNCTION = (
    "a about again all also am an and any are as at be because been being both but by can could did"
    " do does doing down during each few for from further had has have having he her here hers him"
    " his how i if in into is it its itself just me more most my now of on once only or other our"
    " over own s same she should so some such t than that the their them then there these they this"
    " those through to too up very was we were what when where which while who whom why will with"
    " would you your yours"
)
STOP = frozenset(_FUNCTION.split())


class Term(NamedTuple):
    """Something to look for: words that follow each other, or the beginning of one."""

    text: str
    is_prefix: bool = False
