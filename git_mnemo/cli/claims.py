"""Commands that write to a session."""

from itertools import islice
from typing import Any

import click

from git_mnemo import code, shelf
from git_mnemo.claim import Draft, record
from git_mnemo.cli import claiming, desk
from git_mnemo.cli.batch import read_drafts
from git_mnemo.cli.claim_options import AGENT, ANCHOR, CHAIN, CLAIM, DOMAIN, JSON, SESSION
from git_mnemo.cli.options import agent_option, from_table, json_option, session_option
from git_mnemo.node import COMPRESS, RETRACT, SUPERSEDE
from git_mnemo.render.claims import batch_json
from git_mnemo.render.lifecycle import shelved_json
from git_mnemo.repository import Repository

HIDING = (CHAIN, DOMAIN, ANCHOR, AGENT, SESSION, JSON)


@click.command()
@click.argument("text", required=False)
@click.option("--batch", is_flag=True, help="Read claims from stdin, a JSON object a line.")
@from_table(*CLAIM)
def claim(text: str | None, batch: bool, **options: Any) -> None:
    """Record what was found, decided or ruled out.

    TEXT goes to the session's current chain, or opens one; `-` reads it from stdin. The same text
    claimed twice is one node.

    With --batch, each line of stdin has a `text`, and may have `domain`, `chain`, `title`,
    `inputs` (addresses, or `"#3"` for line 3), `anchors` and `type`. All are written, or none.
    """
    if batch:
        named = [name for name, value in options.items() if value and name not in _BATCH]
        if text is not None or named:
            raise desk.usage("--batch takes everything from stdin, but for the session and agent.")
        _claim_batch(options["agent"], options["session"], options["as_json"])
        return
    if (text is None) == (options["node"] is None):
        raise desk.usage("give a TEXT, or --node with an address.", "git mnemo claim -h")
    claiming.claim(text or "", **options)


_BATCH = {"agent", "session", "as_json"}


def _claim_batch(agent: str | None, session: str | None, as_json: bool) -> None:
    repository = desk.open_repository()
    drafts = read_drafts(desk.read_stdin(), lambda spots: claiming.read(repository, spots))
    drafts = _with_blobs(repository, drafts)
    stamp = desk.stamp(repository, agent)
    done = record(repository, stamp, desk.wanted(session), drafts) if drafts else []
    if as_json:
        desk.put_json(batch_json(done[0].session if done else None, done))
        return
    for one in done:
        claiming.put(one)


def _with_blobs(repository: Repository, drafts: list[Draft]) -> list[Draft]:
    """The drafts with the ids of the files that they are about, asked for all at once."""
    known = iter(code.with_blobs(repository, (one for draft in drafts for one in draft.anchors)))
    return [draft._replace(anchors=tuple(islice(known, len(draft.anchors)))) for draft in drafts]


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="ADDR... [TEXT]")
@click.option("--text", metavar="TEXT", help="The claim that replaces them.")
@from_table(*HIDING)
def supersede(words: tuple[str, ...], text: str | None, **options: Any) -> None:
    """Replace claims by a new one, which hides them.

    The text is --text, or the last word after the addresses.
    """
    if text is None:
        if len(words) < 2:
            raise desk.usage("give the new text.", 'git mnemo supersede ADDR "the new claim"')
        *addresses, text = words
    else:
        addresses = list(words)
    _hide(SUPERSEDE, addresses, text, options)


@click.command()
@click.argument("addresses", nargs=-1, required=True, metavar="ADDR...")
@click.option("--text", required=True, metavar="TEXT", help="The summary.")
@from_table(*HIDING)
def compress(addresses: tuple[str, ...], text: str, **options: Any) -> None:
    """Put a summary in the place of claims, which it hides."""
    _hide(COMPRESS, addresses, text, options)


@click.command()
@click.argument("addresses", nargs=-1, required=True, metavar="ADDR...")
@click.option("--reason", required=True, metavar="TEXT", help="Why they are withdrawn.")
@from_table(*HIDING)
def retract(addresses: tuple[str, ...], reason: str, **options: Any) -> None:
    """Withdraw claims, and what they had hidden comes back."""
    _hide(RETRACT, addresses, reason, options)


def _hide(type_: str, addresses: Any, text: str, options: dict[str, Any]) -> None:
    repository = desk.open_repository()
    draft = Draft(
        text=desk.text_or_stdin(text),
        type=type_,
        domain=options["domain"],
        inputs=tuple(claiming.split(addresses)),
        anchors=claiming.lay(repository, options["anchors"]),
        chain=options["chain"],
    )
    claiming.one(
        repository,
        draft,
        agent=options["agent"],
        session=options["session"],
        as_json=options["as_json"],
    )


@click.command()
@click.argument("chain")
@click.option("--reason", metavar="TEXT", help="Why it is put aside.")
@agent_option
@session_option
@json_option
def stash(
    chain: str, reason: str | None, agent: str | None, session: str | None, as_json: bool
) -> None:
    """Put a chain aside: it is not promoted until it is popped."""
    repository = desk.open_repository()
    stamp = desk.stamp(repository, agent)
    done = shelf.stash(repository, stamp, desk.wanted(session), chain, reason)
    if as_json:
        desk.put_json(shelved_json(done, "stashed"))
    else:
        desk.put(f"stashed {done.chain}" if done.address else f"{done.chain} is stashed already")


@click.command()
@click.argument("chain")
@agent_option
@session_option
@json_option
def pop(chain: str, agent: str | None, session: str | None, as_json: bool) -> None:
    """Take a stashed chain up again."""
    repository = desk.open_repository()
    stamp = desk.stamp(repository, agent)
    done, status = shelf.pop(repository, stamp, desk.wanted(session), chain)
    if as_json:
        desk.put_json(shelved_json(done, status))
    else:
        desk.put(f"popped {done.chain}" if done.address else f"{done.chain} is not stashed")
