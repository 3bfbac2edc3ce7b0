"""The manual and the completions: where they are, and finding them a place where shells look.

Installers that know of such files put them beside the program (`<prefix>/share`); one that does not
leaves `git mnemo --help` without an answer, since git asks `man` for it.
"""

import contextlib
import os
import shutil
from pathlib import Path

from git_mnemo.repository import Repository

PLACES = {
    "man": "man/man1",
    "completions/git-mnemo.bash": "bash-completion/completions/git-mnemo",
    "completions/_git-mnemo": "zsh/site-functions/_git-mnemo",
    "completions/git-mnemo.fish": "fish/vendor_completions.d/git-mnemo.fish",
}
"""What there is, by where it stands here; and below a `share` folder."""

_RECORD = "manual"
"""The file of the state folder that lists the links this clone made."""


def shipped() -> Path:
    """The folder with our own copy: in the package, or beside it in a clone of the source."""
    package = Path(__file__).resolve().parent
    return package / "share" if (package / "share").is_dir() else package.parent / "docs"


def page(words: list[str]) -> Path | None:
    """The manual page of a command, or of git mnemo; None where there is none."""
    name = "-".join(["git-mnemo", *words[:1]])
    found = shipped() / "man" / f"{name}.1"
    return found if name.replace("-", "").isalnum() and found.is_file() else None


def missing() -> dict[Path, Path]:
    """The links that would let shells find it all, each with its target; empty where the installer
    did it, or where that place is not the user's own."""
    program = shutil.which("git-mnemo")
    if os.name != "posix" or program is None:
        return {}
    share = Path(program).parent.parent / "share"
    if (share / "man/man1/git-mnemo.1").is_file() or not _is_at_home(share):
        return {}
    wanted = {}
    for name, place in PLACES.items():
        source = shipped() / name
        below = sorted(source.glob("*.1")) if source.is_dir() else [source]
        for one in below:
            link = share / place / one.name if source.is_dir() else share / place
            if not os.path.lexists(link) or (link.is_symlink() and not link.exists()):
                wanted[link] = one
    return wanted


def _is_at_home(folder: Path) -> bool:
    home = os.environ.get("HOME")
    return bool(home) and Path(home).resolve() in folder.resolve().parents  # type: ignore[arg-type]


def link(repository: Repository) -> list[str]:
    """Make the links that are missing, and note them; what cannot be written is left out."""
    made = []
    for place, target in missing().items():
        with contextlib.suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.is_symlink():
                place.unlink()
            place.symlink_to(target)
            made.append(str(place))
    if made:
        os.makedirs(repository.shared_state, exist_ok=True)
        noted = [*_noted(repository), *made]
        with open(_record(repository), "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write("\n".join(dict.fromkeys(noted)) + "\n")
    return made


def linked(repository: Repository) -> list[str]:
    """The links that this clone made and that still stand."""
    return [one for one in _noted(repository) if os.path.islink(one) and _is_ours(one)]


def _noted(repository: Repository) -> list[str]:
    try:
        with open(_record(repository), encoding="utf-8", errors="surrogateescape") as file:
            return file.read().split("\n")[:-1]
    except OSError:
        return []


def _record(repository: Repository) -> str:
    return os.path.join(repository.shared_state, _RECORD)


def _is_ours(place: str) -> bool:
    """Whether a link leads to such a file of some git mnemo: nothing else is ever removed."""
    return os.path.basename(os.readlink(place)).lstrip("_").startswith("git-mnemo")


def unlink(repository: Repository) -> None:
    """Take the links away again."""
    for one in linked(repository):
        with contextlib.suppress(OSError):
            os.remove(one)
    with contextlib.suppress(OSError):
        os.remove(_record(repository))
