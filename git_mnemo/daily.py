"""What a hook starts by itself, at most once a day: idle sessions are archived, old archives go."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from git_mnemo.repository import Repository

DAY = 86400
_TRIED = "tried"


def start_if_due(repository: Repository, now: int) -> bool:
    """Start the daily run, detached, unless one was started within a day; whether it was."""
    path = os.path.join(repository.shared_state, _TRIED)
    last = _read(path)
    if last is not None and last <= now < last + DAY:
        return False
    draft = f"{path}.{os.getpid()}"
    with open(draft, "w", encoding="ascii") as file:
        file.write(f"{now}\n")
    os.replace(draft, path)
    # It starts a process in a way that costs as much as Python itself.
    from git_mnemo import detached

    detached.start(repository, ["gc", "--auto"])
    return True


def _read(path: str) -> int | None:
    try:
        with open(path, "rb") as file:
            text = file.read(32).strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
