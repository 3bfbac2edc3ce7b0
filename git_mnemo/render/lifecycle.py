"""What promoting, archiving, restoring, shelving and gc answer."""

from git_mnemo.archive import Put, Restored
from git_mnemo.gc import Collected
from git_mnemo.message import printable
from git_mnemo.project import Promotion
from git_mnemo.render.claims import Json
from git_mnemo.render.text import ago, iso, line, many
from git_mnemo.shelf import Shelved


def promotion_json(one: Promotion, dry_run: bool) -> Json:
    """What `promote` did, or would do."""
    return {
        "promoted": [
            {
                "chain": part.chain,
                "nodes": part.claims,
                "added": [entry.address for entry in part.added],
                "commit": part.commit,
            }
            for part in one.parts
        ],
        "already": one.already,
        "old": one.old,
        "new": one.new,
        "fast_forward": True,
        "dry_run": dry_run,
    }


def archived_json(done: list[Put]) -> Json:
    """What `archive` did."""
    return {"archived": [_put_json(one) for one in done]}


def _put_json(one: Put) -> Json:
    return {
        "session": one.session,
        "ref": one.ref,
        "at": iso(one.at),
        "unpromoted": one.unpromoted,
    }


def restored_json(done: list[Restored]) -> Json:
    """What `restore` did; the first is the session asked for, `restored` are all."""
    return {
        "session": done[0].session,
        "ref": done[0].ref,
        "restored": [{"session": one.session, "ref": one.ref} for one in done],
    }


def collected_json(one: Collected, dry_run: bool) -> Json:
    """What `gc` did, or would do."""
    answer: Json = {
        "pruned": [
            {"ref": expired.ref, "tip": expired.tip, "at": iso(expired.at)}
            for expired in one.pruned
        ],
        "kept": one.kept,
        "ignored": one.ignored,
        "archived": [_put_json(put) for put in one.archived],
        "dry_run": dry_run,
    }
    return answer if one.skipped is None else answer | {"skipped": one.skipped}


def shelved_json(one: Shelved, status: str) -> Json:
    """What `stash` and `pop` answer."""
    return {"chain": one.chain, "status": status, "address": one.address}


def promotion_text(one: Promotion, dry_run: bool) -> str:
    """What `promote` did, a line for each chain."""
    verb = "would promote" if dry_run else "promoted"
    lines = [
        f"{verb} {part.chain}: {many(len(part.claims), 'claim')}  {line(part.title, 50)}".rstrip()
        for part in one.parts
    ]
    lines += [f"already in the project: {id_}" for id_ in one.already]
    return "\n".join(lines) or "nothing to promote"


def archived_text(done: list[Put]) -> str:
    """What `archive` did, and how it is undone."""
    lines = [
        f"archived {one.session} as {one.ref}"
        + (f" ({many(one.unpromoted, 'claim')} not in the project)" if one.unpromoted else "")
        for one in done
    ]
    return "\n".join(lines) or "nothing to archive"


def collected_text(one: Collected, dry_run: bool, now: int) -> str:
    """What `gc` did, a line for each ref."""
    verb = "would prune" if dry_run else "pruned"
    lines = [archived_text(one.archived)] if one.archived else []
    lines += [f"{verb} {expired.ref} (archived {ago(expired.at, now)})" for expired in one.pruned]
    lines += [f"left alone: {printable(name)} is no archive of ours" for name in one.ignored]
    lines += [f"skipped: {one.skipped}"] if one.skipped else []
    return "\n".join([*lines, f"kept {many(one.kept, 'archive')}"])
