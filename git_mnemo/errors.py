"""The one error that users see, and the few kinds of it that somebody branches on.

Every other exception that reaches a surface is a bug of ours.
"""

from __future__ import annotations

STATUS = {
    "not-found": 1,
    "ambiguous": 1,
    "invalid-node": 1,
    "too-large": 1,
    "secret": 1,
    "stashed": 1,
    "conflict": 1,
    "refused": 1,
    "network": 1,
    "not-a-repository": 128,
    "no-identity": 128,
    "corrupt": 128,
    "invalid-id": 129,
    "usage": 129,
    "bug": 3,
}
"""Exit status of each error code: 1 the answer is no, 128 fatal, 129 usage, 3 a bug of ours."""

WRITABLE = "df . && ls -ld .git"
"""The command that tells why a repository cannot be written."""


class MnemoError(Exception):
    """An expected failure: what went wrong, and the command that helps.

    `code` is one of `STATUS`; `hint` is a command to type, or None; `details` are more fields for
    the JSON form, such as the `line` of a batch or the `candidates` of an ambiguous id.
    """

    def __init__(
        self,
        code: str,
        message: str,
        hint: str | None = None,
        *,
        fatal: bool = False,
        **details: object,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.details = details
        self.status = 128 if fatal else STATUS[code]


class RefMoved(MnemoError):
    """A ref was not at the old value of a plan any more: read it again and plan again."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "conflict",
            f"{name} kept moving while this command tried to move it.",
            "git mnemo status",
        )
        self.name = name


class MissingObject(MnemoError):
    """An object that a ref needs is not in the repository."""

    def __init__(self, oid: str) -> None:
        super().__init__("corrupt", f"object {oid} is missing from the repository.", "git fsck")
        self.oid = oid


def of_system(error: OSError) -> MnemoError:
    """What the system refused, as an error of ours."""
    where = f"{error.filename}: " if error.filename else ""
    return MnemoError(
        "refused", f"{where}{error.strerror or error}.", "df . && ls -ld .git", fatal=True
    )


def of_bug(error: Exception) -> MnemoError:
    """An exception that nobody expected, named as the bug that it is."""
    return MnemoError(
        "bug",
        f"this is a bug of git mnemo: {type(error).__name__}: {error}",
        "GIT_MNEMO_TRACE=1 git mnemo …, and report what it prints",
    )
