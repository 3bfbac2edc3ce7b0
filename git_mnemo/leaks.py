"""Leaks: secrets in what a push would send, whoever wrote it and with whatever version."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator

from git_mnemo import guarding, secrets
from git_mnemo.repository import Repository
from git_mnemo.store import history, layout, objects, trees

SCANNERS = ("betterleaks", "gitleaks")
"""Programs that give a second opinion where one is installed; both read text from stdin."""

_PATIENCE = 60
_LEAK = 1


def reason(repository: Repository, known: str | None, tip: str) -> str | None:
    """Why `tip` must not be sent to where `known` stands, with the commands that help; or None.

    Looked at is what the tree of `tip` adds.
    """
    if guarding.policy(repository) == secrets.OFF:
        return None
    allowed = guarding.allowed(repository)
    for address, text in _added(repository, known, tip):
        found = secrets.scan(text, allowed)
        if found:
            mark = f"{found[0].rule}:{found[0].mark}"
            return (
                f"node {address[:10]} holds what looks like a secret ({found[0].rule}):"
                f" git mnemo purge {address[:10]}, or if it is none,"
                f" git config --add mnemo.secretsAllow {mark}"
            )
    return _second_opinion(repository, (text for _, text in _added(repository, known, tip)))


def _added(repository: Repository, known: str | None, tip: str) -> Iterator[tuple[str, str]]:
    store = repository.store
    before = known if known is not None and history.is_commit(store, known) else None
    roots = (history.tree_of(store, before), history.tree_of(store, tip))
    for path, _, is_ in trees.diff(store, *roots):
        if is_ is not None and layout.is_month(path[0]):
            kind, data = store.read(is_.oid)
            if kind == objects.BLOB:
                yield is_.oid, data.decode("utf-8", "replace")


def _second_opinion(repository: Repository, texts: Iterable[str]) -> str | None:
    """What another scanner says; one that fails to run says nothing."""
    program = next(filter(None, map(shutil.which, SCANNERS)), None)
    if program is None:
        return None
    # In a file, and not in memory: a first push may send a million texts.
    with tempfile.TemporaryFile() as file:
        file.writelines(text.encode("utf-8", "replace") + b"\n" for text in texts)
        if not file.tell():
            return None
        file.seek(0)
        try:
            done = subprocess.run(
                [program, "stdin", "--no-banner", "--redact", f"--exit-code={_LEAK}"],
                stdin=file,
                capture_output=True,
                check=False,
                timeout=_PATIENCE,
                cwd=repository.shared_state if os.path.isdir(repository.shared_state) else None,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
    if done.returncode != _LEAK or not done.stdout + done.stderr:
        return None
    name = os.path.basename(program)
    return f"{name} sees a secret in it: git config mnemo.secrets off, if it is none"
