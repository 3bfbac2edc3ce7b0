"""Signatures of commits: made and checked by git, with the keys and programs that it is set to use.

A program that a repository's own configuration names is never run: that configuration may have come
with the repository. Those of the user's and the system's configuration are.
"""

from __future__ import annotations

import hashlib
import os
import shutil

from git_mnemo.errors import MnemoError
from git_mnemo.store import history, objects

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from git_mnemo.repository import Repository
    from git_mnemo.store.objects import Commit, Person

_PROGRAMS = {
    "gpg.program": "gpg.openpgp.program",
    "gpg.openpgp.program": "gpg.openpgp.program",
    "gpg.x509.program": "gpg.x509.program",
    "gpg.ssh.program": "gpg.ssh.program",
    "gpg.ssh.defaultkeycommand": "gpg.ssh.defaultKeyCommand",
}
"""Settings whose value is run, each with the one that has the last word."""
_USUAL = {
    "gpg.openpgp.program": "gpg",
    "gpg.x509.program": "gpgsm",
    "gpg.ssh.program": "ssh-keygen",
    "gpg.ssh.defaultKeyCommand": "",
}
_OWN_SCOPES = ("local", "worktree")
_FILES = ("gpg.ssh.allowedsignersfile", "gpg.ssh.revocationfile")
_KEYRING = ("pubring.kbx", "pubring.gpg", "trustdb.gpg", "gpg.conf")
_HEADERS = (b"\ngpgsig ", b"\ngpgsig-sha256 ")
GOOD = "G"
"""What git calls a signature that is valid, and by a key that is trusted."""


class Keys:
    """The settings of one repository that signing and checking go by, as they are now."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        asked = repository.git("config", "--null", "--show-scope", "--get-regexp", r"^gpg\.")
        fields = asked.out.decode("utf-8", "surrogateescape").split("\0")
        self._settings: dict[str, str] = {}
        self._programs = dict(_USUAL)
        self._foreign = set[str]()
        for scope, record in zip(fields[::2], fields[1::2], strict=False):
            name, _, value = record.partition("\n")
            if name not in _PROGRAMS:
                self._settings[name] = value
            elif scope in _OWN_SCOPES:
                self._foreign.add(_PROGRAMS[name])
            else:
                self._programs[_PROGRAMS[name]] = value

    def options(self) -> list[str]:
        """Options of git that keep it from running what the repository's configuration names."""
        settings = [f"{name}={self._programs[name]}" for name in sorted(self._foreign)]
        settings += ["log.showSignature=false", "i18n.commitEncoding=UTF-8"]
        return [word for setting in settings for word in ("-c", setting)]

    def good(self, oids: Iterable[str]) -> dict[str, bool]:
        """Of each commit whether its signature is good, by a trusted key. Git is asked once."""
        found = {oid: self._is_signed(oid) for oid in oids}
        signed = [oid for oid, is_signed in found.items() if is_signed]
        if not signed:
            return found
        asked = self._repository.git(
            *self.options(), "log", "--no-walk=unsorted", "--stdin", "--no-patch", "--no-notes",
            "--no-color", "--no-decorate", "--no-ext-diff", "--format=%H %G?",
            stdin="".join(f"{oid}\n" for oid in signed).encode(),
            cwd=self._repository.top or self._repository.git_dir,
        )  # fmt: skip
        if asked.code:
            raise MnemoError(
                "refused",
                f"git could not check signatures: {asked.err or 'it was killed'}.",
                "git log --show-signature -1",
                fatal=True,
            )
        told = dict(line.split(" ", 1) for line in asked.out.decode().splitlines() if " " in line)
        return found | {oid: told.get(oid) == GOOD for oid in signed}

    def mark(self) -> str:
        """A hash of all that an answer of `good` depends on, beside the commit itself."""
        digest = hashlib.blake2b(digest_size=16)
        parts = [*sorted(self._settings.items()), *sorted(self._programs.items())]
        parts += [(one, shutil.which(one) or "") for one in self._programs.values()]
        for part in parts:
            digest.update("\0".join(part).encode("utf-8", "surrogateescape") + b"\n")
        for name in _FILES:
            digest.update(self._content(self._settings.get(name, "")) + b"\n")
        home = os.environ.get("GNUPGHOME") or os.path.expanduser("~/.gnupg")
        for name in _KEYRING:
            digest.update(_state(os.path.join(home, name)))
        return digest.hexdigest()

    def _content(self, path: str) -> bytes:
        if not path:
            return b"-"
        top = self._repository.top or self._repository.git_dir
        try:
            with open(os.path.join(top, os.path.expanduser(path)), "rb") as file:
                return hashlib.blake2b(file.read(1 << 24), digest_size=16).digest()
        except OSError:
            return b"?"

    def _is_signed(self, oid: str) -> bool:
        _, data = self._repository.store.read(oid)
        header = data.partition(b"\n\n")[0]
        return any(name in header for name in _HEADERS)


def _state(path: str) -> bytes:
    try:
        known = os.stat(path)
    except OSError:
        return b"-"
    return f"{known.st_mtime_ns} {known.st_size} ".encode()


def write(repository: Repository, commit: Commit) -> str:
    """A signed commit, as `git commit -S` would sign it; its id. Refused where git cannot sign."""
    parents = [word for parent in commit.parents for word in ("-p", parent)]
    keys = Keys(repository)
    repository.store.flush()
    done = repository.git(
        *keys.options(), "commit-tree", "-S", *parents, commit.tree,
        stdin=commit.message.encode("utf-8", "surrogateescape"),
        env=_people(commit),
    )  # fmt: skip
    oid = done.out.decode().strip()
    if done.code or not oid:
        raise MnemoError(
            "refused",
            f"the promotion could not be signed: {_reason(done.err)}.",
            "git config --get-regexp '^(user.signingkey|gpg[.])'",
        )
    # The store keeps what it wrote itself until a ref holds it, even if a gc comes by.
    return repository.store.write(objects.COMMIT, repository.store.read(oid)[1])


def sign_all(repository: Repository, old: str | None, new: str) -> str:
    """The last of the commits behind `new` and not behind `old`, each signed, where `mnemo.sign`
    asks for it; else `new`. They are one line of history."""
    if not repository.is_on("mnemo.sign"):
        return new
    tip = old
    for oid in repository.store.commits_between(old, new):
        commit = history.read(repository.store, oid)
        tip = write(repository, commit._replace(parents=() if tip is None else (tip,)))
    return tip or new


def _people(commit: Commit) -> dict[str, str]:
    found: dict[str, str] = {}
    people: tuple[tuple[str, Person], ...] = (
        ("AUTHOR", commit.author), ("COMMITTER", commit.committer)
    )  # fmt: skip
    for role, person in people:
        found |= {
            f"GIT_{role}_NAME": person.name,
            f"GIT_{role}_EMAIL": person.email,
            f"GIT_{role}_DATE": f"@{person.at} {person.zone}",
        }
    return found


def _reason(said: str) -> str:
    """What of git's and the signing program's words tells most: the first line."""
    lines = [line.removeprefix("error: ").removeprefix("fatal: ") for line in said.splitlines()]
    return next((line.rstrip(".: ") for line in lines if line.strip()), "git was killed")
