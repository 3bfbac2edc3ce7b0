"""recall: questions in plain words."""

import json
import os
from typing import NamedTuple

import click

from git_mnemo.cli import desk
from git_mnemo.cli.options import json_option, session_option
from git_mnemo.errors import MnemoError
from git_mnemo.recall import BUDGET, SINCE, Question, Recall, Scope, path_from_top
from git_mnemo.render import recall as render


class _Asked(NamedTuple):
    """One line of a batch."""

    text: str
    qid: object
    limit: int | None


@click.command()
@click.argument("query", nargs=-1, metavar="[QUERY]...")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="At most N chains (3), or N claims with --nodes (10).",
)
@click.option(
    "--budget",
    type=click.IntRange(min=0),
    default=BUDGET,
    metavar="CHARS",
    help=f"Characters for all chains together ({BUDGET}).",
)
@click.option(
    "--path",
    "paths",
    multiple=True,
    metavar="FILE",
    help="What is about this file first; without a query, that alone. Repeatable.",
)
@click.option("--domain", metavar="D", help="Only claims of this domain.")
@click.option("--since", metavar="DATE", help="Only what was claimed since then, as git reads it.")
@click.option("--all", "everything", is_flag=True, help="Hidden, stashed and archived ones, too.")
@click.option("--project-only", is_flag=True, help="Only the project.")
@click.option("--session-only", is_flag=True, help="Only the session.")
@click.option("--nodes", is_flag=True, help="A list of claims, and no chains.")
@click.option("--batch", is_flag=True, help="Questions from stdin, one a line; answers as JSON.")
@session_option
@json_option
def recall(
    query: tuple[str, ...],
    limit: int | None,
    budget: int,
    paths: tuple[str, ...],
    domain: str | None,
    since: str | None,
    everything: bool,
    project_only: bool,
    session_only: bool,
    nodes: bool,
    batch: bool,
    session: str | None,
    as_json: bool,
) -> int:
    """Find the reasoning that answers a question, in the project and the session.

    QUERY is plain words, in any order; nothing in it is syntax, and an error message may be pasted
    as it is (`-` reads it from stdin). Chains come best first, each as a line of reasoning around
    what matched. Nothing found: no output, exit status 1; with --json or --batch, empty lists.

    With --batch, each line of stdin is a question: plain text, or a JSON object with `query`, and
    `qid` and `limit` where wanted. Each answer is one JSON object on a line.
    """
    if not batch and not query and not paths:
        raise desk.usage("nothing is asked for.", "git mnemo recall why retries time out")
    if batch and query:
        raise desk.usage("--batch reads its questions from stdin.", "git mnemo recall --batch")
    repository = desk.open_repository()
    now = desk.now()
    scope = Scope(
        session=desk.wanted(session),
        paths=tuple(path_from_top(repository, path, os.getcwd()) for path in paths),
        domain=domain,
        since=repository.expiry(since, now, SINCE) if since is not None else None,
        everything=everything,
        project_only=project_only,
        session_only=session_only,
    )
    memory = Recall(repository, scope, now, desk.counting("encoding: {} claims"))
    if batch:
        for asked in _questions(desk.read_stdin()):
            question = Question(asked.text, asked.limit or limit, budget, flat=nodes)
            desk.put_json(render.answer_json(asked.text, memory.ask(question), asked.qid))
        desk.note_encoder(memory.trouble)
        return 0
    text = _readable(desk.read_stdin()) if query == ("-",) else " ".join(query)
    answer = memory.ask(Question(text, limit, budget, flat=nodes))
    desk.note_encoder(memory.trouble)
    if as_json:
        desk.put_json(render.answer_json(text, answer))
        return 0
    if nodes:
        for hit in answer.hits[: limit or None]:
            desk.put(render.hit_text(hit, now))
        return 0 if answer.hits else 1
    if answer.chains:
        desk.put(render.chains_text(answer.chains, now))
    elif answer.hits:
        raise MnemoError(
            "refused",
            f"nothing of what was found fits into {budget:,} characters.",
            f"git mnemo recall --budget {BUDGET} WORDS",
        )
    return 0 if answer.chains else 1


def _questions(raw: bytes) -> list[_Asked]:
    """The questions of a batch, one for each line; an empty line asks for nothing."""
    lines = _readable(raw).split("\n")
    asked = lines[:-1] if not lines[-1] else lines
    return [_question(line.removesuffix("\r"), number) for number, line in enumerate(asked, 1)]


def _question(line: str, number: int) -> _Asked:
    try:
        fields = json.loads(line) if line.startswith("{") else None
    except (ValueError, RecursionError):
        fields = None  # plain text that begins with a brace
    if not isinstance(fields, dict):
        return _Asked(line, None, None)
    text, limit = fields.get("query"), fields.get("limit")
    if not isinstance(text, str):
        raise _bad(number, "`query` is missing, or is no text.")
    if limit is not None and (type(limit) is not int or limit < 1):
        raise _bad(number, "`limit` is no number from 1 on.")
    return _Asked(text, fields.get("qid"), limit)


def _bad(number: int, what: str) -> MnemoError:
    return MnemoError("usage", what, 'echo \'{"query": "words"}\' | git mnemo recall --batch',
                      line=number)  # fmt: skip


def _readable(raw: bytes) -> str:
    """What was typed or pasted, whatever its bytes are."""
    return raw.decode("utf-8", "replace")
