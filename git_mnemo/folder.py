"""A folder that we write and write again: what others put there stays, and what is theirs is safe.

A file in it lists what we wrote, with hashes. What is there and not as we wrote it is never
overwritten or removed; what we wrote last time and not this time is removed.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from typing import NamedTuple

from git_mnemo.errors import MnemoError

LIST = ".git-mnemo-export.json"
"""The file that lists what we wrote; the folder without it is not ours."""

HINT = "git mnemo export --format markdown --out another-folder"
_MOST = 64 * 1024 * 1024

Hashes = dict[str, list[str]]
"""Of each file by its path in the folder, the hashes of what we may have left there."""


class _Plan(NamedTuple):
    draft: str
    target: str
    new: dict[str, str]
    old: Hashes


def write(path: str, files: Iterable[tuple[str, str]]) -> int:
    """Make the folder hold these files, `a/b.md` and text, and of older ones of ours none.

    All of it is first written beside the folder; a folder that is not ours or a file that was
    changed is refused before anything in it is touched. How many files.
    """
    target = os.path.realpath(path)
    old = _listed(target, path)
    draft = f"{target}.{os.getpid()}.part"
    try:
        try:
            os.mkdir(draft)
            new = {name: _put(draft, name, text) for name, text in files}
            plan = _Plan(draft, target, new, old)
            _check(plan, path)
            _apply(plan)
        except OSError as error:
            raise MnemoError("refused", f"{path}: {error.strerror}.", HINT) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return len(new)


def _put(draft: str, name: str, text: str) -> str:
    file = os.path.join(draft, *name.split("/"))
    os.makedirs(os.path.dirname(file), exist_ok=True)
    raw = text.encode()
    with open(file, "xb") as stream:
        stream.write(raw)
    return hashlib.sha256(raw).hexdigest()


def _listed(target: str, shown: str) -> Hashes:
    """What we wrote there before; refuses a folder that holds anything and has no list of ours."""
    if not os.path.lexists(target):
        return {}
    if not os.path.isdir(target):
        raise MnemoError("refused", f"{shown} is no folder.", HINT)
    file = os.path.join(target, LIST)
    if not os.path.lexists(file):
        if os.listdir(target):
            raise MnemoError("refused", f"{shown} holds files that are not of an export.", HINT)
        return {}
    try:
        if os.path.islink(file) or os.path.getsize(file) > _MOST:
            raise ValueError
        with open(file, "rb") as stream:
            said = json.loads(stream.read())["files"]
        listed = {str(name): [str(one) for one in hashes] for name, hashes in said.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise MnemoError("refused", f"{shown}/{LIST} cannot be read.", HINT) from None
    return {name: hashes for name, hashes in listed.items() if _is_inside(name)}


def _is_inside(name: str) -> bool:
    """Whether a path of a list, which anybody may have written, is one that we would write."""
    parts = name.split("/")
    return (
        name.endswith(".md")
        and len(parts) <= 2
        and all(part and not part.startswith(".") and part.isprintable() for part in parts)
        and not any(char in name for char in '\\:*?"<>|')
    )


def _check(plan: _Plan, shown: str) -> None:
    """Refuse where a file that we would write or remove is not as we left it."""
    for name in sorted({*plan.new, *plan.old}):
        file = os.path.join(plan.target, *name.split("/"))
        above = os.path.dirname(file)
        if above != plan.target and os.path.lexists(above) and _is_strange(above):
            raise MnemoError("refused", f"{shown}/{name.split('/')[0]} is no folder.", HINT)
        if not os.path.lexists(file) or (name not in plan.new and _is_gone(file)):
            continue
        kept = [*plan.old.get(name, ()), plan.new.get(name, "")]
        if os.path.islink(file) or not os.path.isfile(file) or _hash(file) not in kept:
            raise MnemoError(
                "refused", f"{shown}/{name} was changed, or is not of an export.", HINT
            )


def _is_strange(folder: str) -> bool:
    return os.path.islink(folder) or not os.path.isdir(folder)


def _is_gone(file: str) -> bool:
    return not os.path.exists(file) and not os.path.islink(file)


def _hash(file: str) -> str:
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _apply(plan: _Plan) -> None:
    """Move the files in; a list of both is there meanwhile, so that a kill leaves what is ours."""
    final: Hashes = {name: [hash_] for name, hash_ in plan.new.items()}
    if not os.path.lexists(plan.target):
        _list(plan.draft, final)
        os.rename(plan.draft, plan.target)
        return
    both = {name: [*plan.old.get(name, ())] for name in {*plan.new, *plan.old}}
    for name, hash_ in plan.new.items():
        both[name].append(hash_)
    _list(plan.target, both)
    for name in plan.new:
        file = os.path.join(plan.target, *name.split("/"))
        os.makedirs(os.path.dirname(file), exist_ok=True)
        os.replace(os.path.join(plan.draft, *name.split("/")), file)
    for name in plan.old.keys() - plan.new.keys():
        file = os.path.join(plan.target, *name.split("/"))
        if os.path.lexists(file):
            os.remove(file)
    _list(plan.target, final)


def _list(folder: str, files: Hashes) -> None:
    draft = os.path.join(folder, f"{LIST}.{os.getpid()}.part")
    with open(draft, "w", encoding="utf-8", newline="\n") as stream:
        json.dump({"version": 1, "files": dict(sorted(files.items()))}, stream, indent=0)
        stream.write("\n")
    os.replace(draft, os.path.join(folder, LIST))
