"""What claiming answers. Apart from the rest, because a claim pays for every import."""

from __future__ import annotations

from git_mnemo.render.text import SHORT, line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from git_mnemo.claim import Recorded

Json = dict[str, object]


def recorded_json(one: Recorded) -> Json:
    """What `claim`, `supersede`, `compress` and `retract` answer."""
    answer: Json = {
        "session": one.session,
        "chain": one.chain,
        "address": one.address,
        "position": one.position,
        "commit": one.commit,
        "type": one.type,
        "created": one.created,
    }
    if one.revives is not None:
        answer["revives"] = one.revives
    if one.redacted:
        answer["redacted"] = list(one.redacted)
    return answer


def batch_json(session: str | None, done: list[Recorded]) -> Json:
    """What `claim --batch` answers."""
    commit = next((one.commit for one in reversed(done) if one.commit), None)
    return {"session": session, "commit": commit, "nodes": [recorded_json(one) for one in done]}


def recorded_text(one: Recorded) -> str:
    """One claim, as `git commit` tells of a commit."""
    said = line(one.text.lstrip("\ufeff \t\r\n"))
    return f"[{one.chain} {one.address[:SHORT]}] {said}".rstrip()
