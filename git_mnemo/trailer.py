"""The trailer: `Mnemo-Session:` in the message of a commit of the code, where that is asked for.

It goes where the message goes: through rebases, picks and squashes, onto machines without hooks.
"""

from __future__ import annotations

import os

from git_mnemo import refs, session
from git_mnemo.errors import MnemoError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from git_mnemo.repository import Repository

NAME = "Mnemo-Session"
_SCISSORS = b" ------------------------ >8 ------------------------"


def is_on(repository: Repository) -> bool:
    """Whether the user wants the trailer."""
    return repository.config.get("mnemo.trailer", "").lower() in ("true", "yes", "on", "1")


def add(repository: Repository, path: str, source: str, wanted: str | None) -> None:
    """Name the session in the message at `path`, once; and those that a squashed message names.

    Not in merges, and not where the message is empty so far: git must still see that it is.
    """
    if source == "merge" or os.path.exists(os.path.join(repository.git_dir, "MERGE_HEAD")):
        return
    with open(path, "rb") as file:
        message = file.read()
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
    state = session.read_state(repository)
    try:
        id_ = session.named(repository, wanted) if wanted else state[0] if state else None
    except MnemoError:
        return None
    return id_ if id_ is not None and session.members(repository, id_) else None


def _is_empty(repository: Repository, message: bytes) -> bool:
    written = (
        message.partition(_SCISSORS)[0].rpartition(b"\n")[0] if _SCISSORS in message else message
    )
    return not repository.git("stripspace", "--strip-comments", stdin=written).out.strip()
