"""The options of the claiming commands, as data: click and the quick way in read the same table."""

from __future__ import annotations

from git_mnemo.record import NamedTuple


class Option(NamedTuple):
    """One option. `name` is the field it fills; `kind` is `one` value, `many`, or a `flag`."""

    flag: str
    name: str
    kind: str
    metavar: str
    help: str


SESSION = Option("--session", "session", "one", "ID", "The session to write to.")
AGENT = Option("--agent", "agent", "one", "NAME", "The agent that claims.")
JSON = Option("--json", "as_json", "flag", "", "Print one JSON object.")
CHAIN = Option("--chain", "chain", "one", "ID", "The chain to add to.")
DOMAIN = Option("--domain", "domain", "one", "NAME", "What it is about, such as decisions.")
ANCHOR = Option(
    "--anchor", "anchors", "many", "PATH[:FIRST[-LAST]]", "Lines of code it is about; repeatable."
)
INPUT = Option("--input", "inputs", "many", "ADDR", "A node it rests on; repeatable.")

CLAIM = (
    CHAIN,
    Option("--new-chain", "new_chain", "flag", "", "Begin a new chain."),
    Option("--title", "title", "one", "TITLE", "The new chain's title."),
    Option("--scratch", "scratch", "flag", "", "Begin a chain that is stashed from the start."),
    DOMAIN,
    INPUT,
    ANCHOR,
    Option("--node", "node", "one", "ADDR", "Put this node into a chain, instead of a text."),
    AGENT,
    SESSION,
    JSON,
)


class Parsed(NamedTuple):
    """A command line of `claim`: positional words, and the options by field name."""

    words: list[str]
    options: dict[str, object]


def parse(arguments: list[str], table: tuple[Option, ...]) -> Parsed | None:
    """A command line read by the table; None for anything unusual, which is click's business."""
    known = {option.flag: option for option in table}
    options: dict[str, object] = {option.name: _empty(option) for option in table}
    words: list[str] = []
    rest = iter(arguments)
    for word in rest:
        if word == "--":
            words += rest
            break
        if not word.startswith("-") or word == "-":
            words.append(word)
            continue
        flag, equals, value = word.partition("=")
        option = known.get(flag)
        if option is None or (option.kind == "flag" and equals):
            return None
        if option.kind == "flag":
            options[option.name] = True
            continue
        given = value if equals else next(rest, None)
        if given is None:
            return None
        before = options[option.name]
        options[option.name] = (*before, given) if isinstance(before, tuple) else given
    return Parsed(words, options)


def _empty(option: Option) -> object:
    return {"one": None, "many": (), "flag": False}[option.kind]
