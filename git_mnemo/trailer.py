"""The trailer: `Mnemo-Session:` in the message of a commit of the code, where that is asked for.

It goes where the message goes: through rebases, picks and squashes, onto machines without hooks.
"""

from __future__ import annotations

import os

from git_mnemo import ongoing, refs, session
from git_mnemo.errors import MnemoError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from git_mnemo.repository import Repository

NAME = "Mnemo-Session"
_TEMPLATE = "template"
_SCISSORS = b" ------------------------ >8 ------------------------"


def is_on(repository: Repository) -> bool:
    """Whether the user wants the trailer."""
    return repository.config.get("mnemo.trailer", "").lower() in ("true", "yes", "on", "1")


def prepare(repository: Repository, path: str, source: str, wanted: str | None) -> None:
    """Name the session in a message that is to be edited, but not in a template: git has to see
    whether that was filled in, and so has `finish`."""
    template = _forget_template(repository)[0]
    if source != "template":
        add(repository, path, source, wanted)
        return
    os.makedirs(repository.worktree_state, exist_ok=True)
    with open(template, "wb") as file:
        file.write(_written(repository, _read(path)))


def finish(repository: Repository, path: str, wanted: str | None) -> None:
    """Name the session in a message that was edited, unless it is still the template."""
    template = _forget_template(repository)[1]
    if template is None or template != _written(repository, _read(path)):
        add(repository, path, "", wanted)


def _forget_template(repository: Repository) -> tuple[str, bytes | None]:
    """Where `prepare` notes a template, and the one that it noted last, which is taken away."""
    path = os.path.join(repository.worktree_state, _TEMPLATE)
    try:
        noted = _read(path)
        os.remove(path)
    except FileNotFoundError:
        return path, None
    return path, noted


def add(repository: Repository, path: str, source: str, wanted: str | None) -> None:
    """Name the session in the message at `path`, once; and those that a squashed message names.

    Not in merges, and not where the message is empty so far: git must still see that it is.
    """
    if source == "merge" or os.path.exists(os.path.join(repository.git_dir, "MERGE_HEAD")):
        return
    message = _read(path)
    named = sessions_in(message)
    if source == "commit" and named:
        return  # an amend, or a message taken from another commit, names its session already
    own = _session(repository, wanted)
    sessions = dict.fromkeys([*named, *([own] if own is not None else [])])
    if not sessions or _is_empty(repository, message):
        return
    if not message.endswith(b"\n"):  # which git takes for a line of trailers
        with open(path, "ab") as file:
            file.write(b"\n")
    done = repository.git(
        "-c", "trailer.separators=:", "interpret-trailers", "--in-place", "--no-divider",
        "--where=end", "--if-exists=addIfDifferent", "--if-missing=add",
        *(f"--trailer={NAME}: {id_}" for id_ in sessions), "--", path,
    )  # fmt: skip
    if done.code:
        raise MnemoError("refused", f"git interpret-trailers: {done.err}", "git status")


def sessions_in(message: bytes) -> list[str]:
    """The sessions that a message names, also where `merge --squash` indents what it quotes."""
    found = []
    for line in message.partition(_SCISSORS)[0].decode("utf-8", "replace").split("\n"):
        name, _, value = line.strip().partition(": ")
        if name == NAME and refs.is_session(value.strip()):
            found.append(value.strip())
    return list(dict.fromkeys(found))


def _session(repository: Repository, wanted: str | None) -> str | None:
    """The session that the commit is made in, if it is live."""
    state = ongoing.read(repository)
    try:
        id_ = session.named(repository, wanted) if wanted else state[0] if state else None
    except MnemoError:
        return None
    return id_ if id_ is not None and session.members(repository, id_) else None


def _is_empty(repository: Repository, message: bytes) -> bool:
    return not _written(repository, message)


def _written(repository: Repository, message: bytes) -> bytes:
    """What somebody wrote of it, without comments and blanks."""
    if _SCISSORS in message:
        message = message.partition(_SCISSORS)[0].rpartition(b"\n")[0]
    return repository.git("stripspace", "--strip-comments", stdin=message).out.strip()


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
