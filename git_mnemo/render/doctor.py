"""What doctor found."""

from collections.abc import Iterable

from git_mnemo.doctor import Finding, is_well
from git_mnemo.message import printable
from git_mnemo.render.claims import Json


def examined_json(found: Iterable[Finding], fixed: Iterable[Finding]) -> Json:
    """What `doctor` answers."""
    found = list(found)
    return {
        "ok": is_well(found),
        "findings": [_finding(one) for one in found],
        "fixed": [_finding(one) for one in fixed],
    }


def _finding(one: Finding) -> Json:
    return {"severity": one.severity, "code": one.code, "what": one.what, "fix": one.fix}


def examined_text(found: Iterable[Finding], fixed: Iterable[Finding]) -> str:
    """Each finding with its cure below it, as errors are told."""
    lines = [f"fixed: {printable(one.what)}" for one in fixed]
    for one in found:
        lines += [f"{one.severity}: {printable(one.what)}", f"hint: {printable(one.fix)}"]
    return "\n".join(lines) or "all is well"
