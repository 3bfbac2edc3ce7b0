"""Hooks: putting the shim where git calls it, and taking it away again, byte for byte.

Git 2.54 and later read hooks from the configuration, beside whatever else there is. For older git
a marked block goes into the hook's script, at its top, where no `exit` is before it. What belongs
to somebody else (a hook manager, a hook that is no shell script, a folder outside the git
directory) is left alone, and the user gets the line to add there.
"""

import contextlib
import os
from importlib.resources import files
from typing import NamedTuple

from git_mnemo import trailer
from git_mnemo.errors import MnemoError
from git_mnemo.hookfiles import (
    EVENTS,
    INSTALLED,
    LEFT,
    OFF,
    READY,
    THERE,
    UNCHANGED,
    UPDATED,
    WITH_STDIN,
    Folder,
    State,
    find,
    owner,
    replace,
)
from git_mnemo.repository import Repository

_CONFIG_SINCE = (2, 54)


class Installed(NamedTuple):
    """The hooks by event, and the lines to add by hand where somebody else owns them."""

    hooks: dict[str, State]
    by_hand: list[str]


def wanted(repository: Repository) -> list[str]:
    """The events that are of use as this clone is configured."""
    on = ["post-commit", "post-rewrite"]
    on += ["prepare-commit-msg", "commit-msg"] if trailer.is_on(repository) else []
    on += ["pre-push"] if repository.config.get("mnemo.remote") else []
    return on


def install(repository: Repository, *, dry_run: bool = False) -> Installed:
    """Let git call the shim for every event that is of use, and for no other. Idempotent."""
    on = wanted(repository)
    done = dict.fromkeys(EVENTS, State(OFF))
    if not dry_run:
        _write_shim(repository)
    folder = Folder(repository)
    place = _Config(repository) if _has_config_hooks(repository) else folder
    for event in EVENTS:
        done[event] = place.put(event, dry_run) if event in on else place.drop(event, dry_run)
    if isinstance(place, _Config) and not dry_run:
        folder.clear()  # those of an older git, which would run beside
    left = [event for event, one in done.items() if one.state.startswith(LEFT)]
    return Installed(done, _by_hand(repository, left) if left else [])


def standing(repository: Repository) -> list[str]:
    """What `remove` would take away: files with a block of ours, settings, the shim."""
    found = Folder(repository).ours()
    found += [f"git config hook.mnemo-{event}" for event in _Config(repository).ours()]
    return found + ([shim(repository)] if os.path.exists(shim(repository)) else [])


def remove(repository: Repository) -> None:
    """Take everything away that `install` wrote, and nothing else."""
    Folder(repository).clear()
    config = _Config(repository)
    for event in config.ours():
        config.drop(event, False)
    with contextlib.suppress(FileNotFoundError):
        os.remove(shim(repository))


# -- the shim ----------------------------------------------------------------------------------


def shim(repository: Repository) -> str:
    """Where this clone keeps its copy of the shim."""
    return os.path.join(repository.shared_state, "hook")


def shim_source() -> bytes:
    """The shim as it was shipped: in the package, or in the tree that the package lies in."""
    package = files("git_mnemo")
    for place in (package / "mnemo-hook", package / ".." / "hooks" / "mnemo-hook"):
        if place.is_file():
            return place.read_bytes()
    raise MnemoError("refused", "hooks/mnemo-hook is missing.", "pip install --force git-mnemo")


def _write_shim(repository: Repository) -> None:
    source = shim_source()
    path = shim(repository)
    with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
        if file.read() == source:
            return
    os.makedirs(repository.shared_state, exist_ok=True)
    replace(path, source, 0o777)


# -- in the configuration ----------------------------------------------------------------------


def _has_config_hooks(repository: Repository) -> bool:
    told = repository.git("version").out.decode("ascii", "replace").split(" ")
    numbers = (told[2] if len(told) > 2 else "").split(".")[:2]
    return len(numbers) == 2 and all(n.isdigit() for n in numbers) and (
        (int(numbers[0]), int(numbers[1])) >= _CONFIG_SINCE
    )  # fmt: skip


class _Config:
    """Hooks as settings: `hook.mnemo-<event>.event` and `.command`."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def put(self, event: str, dry_run: bool) -> State:
        folder = self._repository.shared_state.replace("'", "'\\''")
        ready = f"{WITH_STDIN[event]} && {THERE}" if event in WITH_STDIN else READY
        # By where git runs it, so that a repository can be moved, or copied. Git sets GIT_DIR in
        # linked worktrees and submodules; where it should not, it is where it was.
        here = (
            "mnemo_dir=${GIT_DIR:-.git};"
            ' test ! -f "$mnemo_dir/commondir" || mnemo_dir=${mnemo_dir%/worktrees/*};'
            f" mnemo_state=$mnemo_dir/mnemo; {THERE} || mnemo_state='{folder}'"
        )
        command = f'{here}; {ready} || exit 0; "$mnemo_state/hook" {event}'
        known = self._get(event, "command")
        state = INSTALLED if known is None else UNCHANGED if known == command else UPDATED
        if state == UNCHANGED:
            return State(state)
        if not dry_run:
            self._git(f"hook.mnemo-{event}.event", event)
            self._git(f"hook.mnemo-{event}.command", command)
        return State(state, f"git config hook.mnemo-{event}")

    def drop(self, event: str, dry_run: bool) -> State:
        if not dry_run and self._get(event, "event") is not None:
            self._git("--remove-section", f"hook.mnemo-{event}")
        return State(OFF)

    def ours(self) -> list[str]:
        return [event for event in EVENTS if self._get(event, "event") is not None]

    def _get(self, event: str, name: str) -> str | None:
        asked = self._repository.git("config", "--local", "--null", f"hook.mnemo-{event}.{name}")
        return asked.out.decode("utf-8", "surrogateescape")[:-1] if asked.code == 0 else None

    def _git(self, *arguments: str) -> None:
        done = self._repository.git("config", "--local", *arguments)
        if done.code:
            raise MnemoError("refused", f"git config: {done.err}", "git config -l", fatal=True)


# -- lines for those who keep their hooks themselves -------------------------------------------


def _by_hand(repository: Repository, events: list[str]) -> list[str]:
    """What to add by hand, in the words of whoever manages the hooks.

    Such a file is shared, and no hook may fail for those who do not have git mnemo.
    """
    whose = owner(repository, find(repository)) or ""
    if whose.startswith(("pre-commit", "prek")):
        types = ", ".join(["pre-commit", *events])
        yaml = [f"default_install_hook_types: [{types}]", "repos:", "- repo: local", "  hooks:"]
        for event in events:
            message = event in ("prepare-commit-msg", "commit-msg")
            yaml += [
                f"  - id: mnemo-{event}",
                "    name: git mnemo",
                "    language: system",
                f"    entry: sh -c '{_call(event)}' sh",
                f"    stages: [{event}]",
                "    always_run: true",
                f"    pass_filenames: {str(message).lower()}",
            ]
        return yaml
    if whose.startswith("lefthook"):
        lines = []
        for event in events:
            lines += [f"{event}:", "  jobs:", f"    - run: {_call(event, '{0}')}"]
            lines += ["      use_stdin: true"] if event in WITH_STDIN else []
        return lines
    return [f"in the {event} hook: {_call(event)}" for event in events]


def _call(event: str, arguments: str = '"$@"') -> str:
    """A line of shell that calls git mnemo, if it is there, and succeeds."""
    return f"command -v git-mnemo >/dev/null && git-mnemo hook {event} {arguments} || true"
