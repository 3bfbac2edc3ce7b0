"""What the claiming commands do with their options, whichever way these were read."""

from __future__ import annotations

import os

from git_mnemo import code
from git_mnemo.claim import Draft, Recorded, record
from git_mnemo.cli import desk
from git_mnemo.cli.claim_options import CLAIM, parse
from git_mnemo.render.claims import recorded_json, recorded_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from git_mnemo.anchor import Anchor
    from git_mnemo.repository import Repository


def quick(arguments: Sequence[str]) -> bool:
    """Do `claim ARGUMENTS` if it is of the everyday kind; False leaves it to click."""
    parsed = parse(list(arguments), CLAIM)
    if parsed is None or len(parsed.words) != 1 or parsed.options["node"] is not None:
        return False
    claim(parsed.words[0], **parsed.options)  # type: ignore[arg-type]  # the table has the types
    return True


def claim(
    text: str,
    *,
    chain: str | None,
    new_chain: bool,
    title: str | None,
    scratch: bool,
    domain: str | None,
    inputs: Iterable[str],
    anchors: Iterable[str],
    node: str | None,
    agent: str | None,
    session: str | None,
    as_json: bool,
) -> None:
    """Record one leaf, or an existing node in another chain."""
    if chain is not None and (new_chain or title is not None or scratch):
        raise desk.usage("--chain names a chain, the others begin one: use one of them.")
    repository = desk.open_repository()
    draft = Draft(
        text=desk.text_or_stdin(text) if node is None else "",
        domain=domain,
        inputs=tuple(split(inputs)),
        anchors=lay(repository, anchors),
        chain=chain,
        title=title,
        new_chain=new_chain,
        scratch=scratch,
        node=node,
    )
    one(repository, draft, agent=agent, session=session, as_json=as_json)


def one(
    repository: Repository, draft: Draft, *, agent: str | None, session: str | None, as_json: bool
) -> None:
    """Record one draft and tell of it."""
    stamp = desk.stamp(repository, agent)
    done = record(repository, stamp, desk.wanted(session), [draft])[0]
    tell(done, as_json)


def tell(done: Recorded, as_json: bool) -> None:
    """Print what was recorded."""
    if as_json:
        desk.put_json(recorded_json(done))
        return
    put(done)
    if done.revives is not None:
        desk.note(f"this says again what {done.revives[:10]} said, which was hidden")
    elif not done.created:
        desk.note("it stood there already; nothing was written")


def put(done: Recorded) -> None:
    """Print one line for what was recorded, and what was taken out of it."""
    desk.put(recorded_text(done))
    for mark in done.redacted:
        desk.note(
            f"redacted what looks like a secret ({mark.partition(':')[0]});"
            f" if it is none: git config --add mnemo.secretsAllow {mark}"
        )


def lay(repository: Repository, spots: Iterable[str]) -> tuple[Anchor, ...]:
    """The anchors of the places the user named, seen from where the user stands."""
    return code.with_blobs(repository, read(repository, spots))


def read(repository: Repository, spots: Iterable[str]) -> tuple[Anchor, ...]:
    """The same without the ids of files."""
    return tuple(code.unnamed(repository, spot, os.getcwd()) for spot in spots)


def split(values: Iterable[str]) -> list[str]:
    """Ids given one by one, or several in one word with commas or blanks between."""
    return [id_ for value in values for id_ in value.replace(",", " ").split()]
