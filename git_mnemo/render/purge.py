"""What purging asks and answers."""

from collections.abc import Iterable

from git_mnemo.purge import Purged
from git_mnemo.render.claims import Json
from git_mnemo.render.text import SHORT, line, many
from git_mnemo.repository import Repository
from git_mnemo.store import layout


def asked_text(repository: Repository, addresses: Iterable[str]) -> str:
    """The question before a purge: every node with what it says."""
    lines = []
    for address in addresses:
        found = (
            layout.node_at(repository.store, address) if repository.store.exists(address) else None
        )
        said = line(found.text) if found is not None else "(not known here)"
        lines.append(f"  {address[:SHORT]}  {said}")
    return "\n".join(["these nodes will be taken out of every history:", *lines, "Purge them?"])


def purged_json(done: Iterable[Purged]) -> Json:
    """What `purge` answers."""
    done = list(done)
    answer: Json = {
        "purged": sorted({address for one in done for address in one.addresses}),
        "rewrote": [
            {"ref": move.name, "old": move.old, "new": move.new, "remote": one.remote}
            for one in done
            for move in one.rewrote
        ],
    }
    failed = [one.failed for one in done if one.failed]
    return answer | {"reason": "; ".join(failed)} if failed else answer


def purged_text(one: Purged) -> str:
    """The nodes and refs of a purge, and what is left for the user to do."""
    where = f" on {one.remote}" if one.remote else ""
    lines = [f"purged {address}" for address in one.addresses]
    lines += [
        f"rewrote {move.name}{where} {(move.old or 'nothing')[:SHORT]}..{(move.new or '')[:SHORT]}"
        for move in one.rewrote
    ]
    if one.failed:
        lines.append(f"error: {one.failed}")
    if not lines:
        return f"nothing to purge{where}"
    if one.remote:
        lines.append(f"{one.remote} keeps the objects until its own gc; other clones follow with:")
        lines.append("    git mnemo purge --accept")
    else:
        lines.append(f"git keeps {many(len(one.addresses), 'object')} until: git gc --prune=now")
        lines.append("revoke whatever was a secret: it may have been copied")
    return "\n".join(lines)
