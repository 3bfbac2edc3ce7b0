"""What `why` answers."""

from collections.abc import Iterator

from git_mnemo.blame import Told
from git_mnemo.provenance import Question, Reasons
from git_mnemo.render.anchors import anchors_text, path_text
from git_mnemo.render.claims import Json
from git_mnemo.render.memory import marks, node_json
from git_mnemo.render.recall import chains_text, retold_json
from git_mnemo.render.text import SHORT, ago, line
from git_mnemo.showing import NodeInfo


def reasons_json(one: Reasons) -> Json:
    """`commit` is the one asked about, or that of the line; `commits` are all looked at."""
    question = one.question
    return {
        "path": None if question.path is None else path_text(question.path),
        "line": question.first,
        "last": question.last,
        "commit": one.commit,
        "nodes": [node_json(found) for found in one.nodes],
        "chains": [retold_json(told) for told in one.chains],
        "commits": [told.commit for told in one.commits],
        "truncated": one.truncated,
    }


def reasons_text(one: Reasons, now: int) -> str:
    """The claims about these lines, then the chains, each part after an empty line."""
    parts = ["\n".join([*_commits_text(one.question, one.commits, now)])]
    parts += [_node_text(found) for found in one.nodes]
    parts.append(chains_text(tuple(one.chains), now))
    return "\n\n".join(part for part in parts if part)


def _commits_text(question: Question, commits: list[Told], now: int) -> Iterator[str]:
    """The commit asked about, or those of the lines; those of a whole file are too many."""
    if question.path is None or question.first is not None:
        for told in commits:
            said = f"{line(told.subject)} ({line(told.author, 40)}, {ago(told.at, now)})"
            yield f"commit {told.commit[:SHORT]} {said}"


def _node_text(one: NodeInfo) -> str:
    found = one.node
    assert found is not None  # an opaque node has no anchors
    places = [f"    about {place}" for place in anchors_text(found.anchors, one.verdicts)]
    return "\n".join([f"{one.address[:SHORT]} {line(found.text)}{marks(one)}", *places])
