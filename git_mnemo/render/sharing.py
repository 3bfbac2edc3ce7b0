"""What fetching and pushing answer."""

from git_mnemo.message import printable
from git_mnemo.render.claims import Json
from git_mnemo.render.text import SHORT
from git_mnemo.sync import Moved


def moved_json(one: Moved) -> Json:
    """What became of one ref; `reason` only where there is one."""
    answer: Json = {"ref": one.ref, "outcome": one.outcome, "old": one.old, "new": one.new}
    return answer if one.reason is None else answer | {"reason": one.reason}


def moved_text(one: Moved) -> str:
    """One line, as git tells of a ref."""
    old, new = ((tip or "nothing")[:SHORT] for tip in (one.old, one.new))
    span = f" {old}..{new}" if one.old != one.new else ""
    reason = f" ({printable(one.reason)})" if one.reason else ""
    return f"{one.outcome:<14} {one.ref}{span}{reason}"
