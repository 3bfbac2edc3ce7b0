"""Guarding: what is done about a secret in a text, before the text becomes an object."""

from __future__ import annotations

from git_mnemo import secrets
from git_mnemo.errors import MnemoError
from git_mnemo.record import NamedTuple
from git_mnemo.secrets import OFF, POLICIES, REDACT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from git_mnemo.repository import Repository


class Clean(NamedTuple):
    """A text that may be written, and `rule:mark` of each secret that was taken out of it."""

    text: str
    redacted: tuple[str, ...]


def clean(repository: Repository, text: str) -> Clean:
    """The text as `mnemo.secrets` lets it be written: as it is, or with its secrets redacted.

    Refuses it (`secret`) under `reject`.
    """
    wanted = policy(repository)
    if wanted == OFF:
        return Clean(text, ())
    found = _found(repository, text)
    if not found:
        return Clean(text, ())
    if wanted != REDACT:
        raise refusal("the text holds", found[0])
    return Clean(secrets.redact(text, found), tuple(f"{one.rule}:{one.mark}" for one in found))


def check(repository: Repository, text: str, what: str) -> None:
    """Refuse (`secret`) what holds a secret and cannot do without it, such as a path."""
    if policy(repository) == OFF:
        return
    found = _found(repository, text)
    if found:
        raise refusal(f"{what} holds", found[0])


def _found(repository: Repository, text: str) -> list[secrets.Finding]:
    """The secrets in a text. What is allowed is asked for by the few texts that have any."""
    return secrets.scan(text) and secrets.scan(text, allowed(repository))


def allowed(repository: Repository) -> frozenset[str]:
    """The rules and single secrets that the user lets through."""
    return frozenset(repository.config.get("mnemo.secretsallow", "").replace(",", " ").split())


def refusal(what: str, found: secrets.Finding) -> MnemoError:
    """The error for a secret that must not be written."""
    mark = f"{found.rule}:{found.mark}"
    return MnemoError(
        "secret",
        f"{what} what looks like a secret ({found.rule}): nothing was written.",
        f"git config --add mnemo.secretsAllow {mark}",
        rule=found.rule,
        mark=found.mark,
    )


def policy(repository: Repository) -> str:
    """What `mnemo.secrets` says: redact, reject or off."""
    said = repository.config.get("mnemo.secrets", REDACT).strip().lower()
    if said not in POLICIES:
        raise MnemoError(
            "usage",
            f"mnemo.secrets is {said!r}, and can be {', '.join(POLICIES)}.",
            "git config mnemo.secrets redact",
        )
    return said
