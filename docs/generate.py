"""Writes cli.md, man/ and completions/ from the commands, and from reference.toml for the rest.

python docs/generate.py            # beside itself
python docs/generate.py FOLDER     # elsewhere, to compare
"""

import inspect
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import completions

from git_mnemo.cli.main import git_mnemo

HERE = Path(__file__).resolve().parent
HELP = ("-h", "Show a short help; also behind a command.")
Table = dict[str, Any]


class Page(NamedTuple):
    """What is told of one command; `name` is what stands after `git mnemo`."""

    name: str
    usage: str
    paragraphs: list[str]
    options: list[tuple[str, str]]
    json: Table


# -- reading -----------------------------------------------------------------------------------


def pages(told: Table) -> list[Page]:
    """All commands, in the order of the help, each followed by its own commands."""
    return [_page(name, command, told) for name, command in commands(git_mnemo)]


def commands(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    """The commands of a group and of the groups in it, by their whole names."""
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None, name
        yield prefix + name, command
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix}{name} ")


def _page(name: str, command: click.Command, told: Table) -> Page:
    json = told["commands"].get(name, {})
    paragraphs = _paragraphs(command.help or "")
    paragraphs += [json["alone"]] if "alone" in json else []
    return Page(name, usage(name, command), paragraphs, options(command), json)


def usage(name: str, command: click.Command) -> str:
    """The command line, in one line."""
    words = ["git mnemo", *([name] if name else []), "[OPTIONS]"]
    words += [_metavar(one) for one in command.params if isinstance(one, click.Argument)]
    words += ["COMMAND [ARGS]..."] if isinstance(command, click.Group) else []
    return " ".join(words)


def _metavar(argument: click.Argument) -> str:
    name = argument.metavar or (argument.name or "").upper()
    return name if argument.required or name.startswith("[") else f"[{name}]"


def options(command: click.Command) -> list[tuple[str, str]]:
    """Each option as it is typed, and its help."""
    return [
        (", ".join(sorted(one.opts, key=len)) + _value(one), one.help or "")
        for one in command.params
        if isinstance(one, click.Option)
    ]


def _value(option: click.Option) -> str:
    return "" if option.is_flag else f" {option.metavar or 'VALUE'}"


def _paragraphs(text: str) -> list[str]:
    parts = inspect.cleandoc(text).strip().split("\n\n")
    return [" ".join(part.split()) for part in parts]


# -- Markdown ----------------------------------------------------------------------------------


def markdown(told: Table) -> str:
    """The whole reference on one page."""
    lines = ["# The commands", "", "Written by `docs/generate.py`; do not edit.", ""]
    lines += ["    " + usage("", git_mnemo), ""]
    for paragraph in _paragraphs(git_mnemo.help or ""):
        lines += [paragraph, ""]
    lines += _options([*options(git_mnemo), HELP])
    listed = pages(told)
    lines += [f"- [{page.name}](#{slug(f'git mnemo {page.name}')}): {page.paragraphs[0]}"
              for page in listed]  # fmt: skip
    for section in told["section"]:
        lines += ["", f"## {section['title']}", ""]
        lines += [section["text"].strip(), ""] if "text" in section else []
        lines += [f"- `{term}`: {text}" for term, text in section.get("terms", {}).items()]
    lines += ["", "## Objects in JSON", ""]
    lines += ["A field whose name ends in `?` is not always there."]
    for name, told_object in told["objects"].items():
        lines += ["", f"### {name}", "", told_object["text"], "", *_fields(told_object["json"])]
    for page in listed:
        lines += ["", f"## git mnemo {page.name}", "", "    " + page.usage, ""]
        for paragraph in page.paragraphs:
            lines += [paragraph, ""]
        lines += _options(page.options)
        lines += _json(page.json)
        if page.name == "claim":
            lines += ["With `--batch`:", "", *_fields(told["commands"]["claim --batch"]["json"])]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


def slug(heading: str) -> str:
    """The anchor that a heading gets."""
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return kept.replace(" ", "-")


def _options(listed: list[tuple[str, str]]) -> list[str]:
    if not listed:
        return []
    rows = [f"| `{_cell(option)}` | {_cell(text)} |" for option, text in listed]
    return ["| option | does |", "| --- | --- |", *rows, ""]


def _json(json: Table) -> list[str]:
    if "like" in json:
        return [f"JSON: as of [{json['like']}](#{slug('git mnemo ' + json['like'])}).", ""]
    told = [f"JSON: {json['text'][0].lower()}{json['text'][1:]}", ""] if "text" in json else []
    return [*told, *(_fields(json["json"]) if "json" in json else [])]


def _fields(fields: Table) -> list[str]:
    rows = [f"| `{name}` | {_cell(text)} |" for name, text in fields.items()]
    return ["| JSON | what |", "| --- | --- |", *rows, ""]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


# -- man pages ---------------------------------------------------------------------------------


def man_pages(told: Table) -> Iterator[tuple[str, str]]:
    """The pages by file name: one of git mnemo, one of each command."""
    listed = pages(told)
    top = [page for page in listed if " " not in page.name]
    yield "git-mnemo.1", _overview(told, top)
    for page in top:
        below = [other for other in listed if other.name.startswith(page.name + " ")]
        yield f"git-mnemo-{page.name}.1", _man(page, below, told)


def _overview(told: Table, listed: list[Page]) -> str:
    first, *rest = _paragraphs(git_mnemo.help or "")
    lines = [*_title("git-mnemo", first), ".SH SYNOPSIS", _usage(usage("", git_mnemo))]
    lines += [".SH DESCRIPTION", *_text([first, *rest]), ".SH OPTIONS"]
    lines += _tagged([*options(git_mnemo), HELP])
    lines += [".SH COMMANDS"]
    lines += _tagged([(f"git-mnemo-{page.name}(1)", page.paragraphs[0]) for page in listed])
    for section in told["section"]:
        lines += [f".SH {section['title'].upper()}", *_text(_paragraphs(section.get("text", "")))]
        lines += _tagged(list(section.get("terms", {}).items()))
    lines += [".SH SEE ALSO", ".BR git (1),", ".BR gitglossary (7)"]
    return "\n".join(lines) + "\n"


def _man(page: Page, below: list[Page], told: Table) -> str:
    lines = [*_title(f"git-mnemo-{page.name}", page.paragraphs[0]), ".SH SYNOPSIS"]
    lines += [_usage(page.usage)]
    for other in below:
        lines += [".br", _usage(other.usage)]
    lines += [".SH DESCRIPTION", *_text(page.paragraphs), ".SH OPTIONS", *_tagged(page.options)]
    for other in below:
        lines += [f".SH {roff(other.name.upper())}", *_text(other.paragraphs)]
        lines += _tagged(other.options)
    lines += [".SH JSON", *_man_json(page.json)]
    if page.name == "claim":
        lines += _text(["With `--batch`:"]) + _man_json(told["commands"]["claim --batch"])
    lines += [".SH SEE ALSO", ".BR git\\-mnemo (1)"]
    return "\n".join(lines) + "\n"


def _man_json(json: Table) -> list[str]:
    if "like" in json:
        return _text([f"As of `git mnemo {json['like']}`."])
    lines = _text([json["text"]]) if "text" in json else []
    return lines + _tagged(list(json.get("json", {}).items()))


def _title(name: str, first: str) -> list[str]:
    what = first.rstrip(".")
    return [
        f'.TH {roff(name.upper())} 1 "" "git mnemo" "git mnemo manual"',
        ".SH NAME",
        f"{roff(name)} \\- {roff(what[0].lower() + what[1:])}",
    ]


def _usage(text: str) -> str:
    command, bracket, rest = text.partition(" [")
    return f"\\fB{roff(command)}\\fR{roff(bracket + rest)}"


def _text(paragraphs: list[str]) -> list[str]:
    lines = []
    for paragraph in filter(None, paragraphs):
        lines += [".PP", roff(paragraph)]
    return lines


def _tagged(listed: list[tuple[str, str]]) -> list[str]:
    lines = []
    for term, text in listed:
        lines += [".TP", f"\\fB{roff(term)}\\fR", roff(text)]
    return lines


def roff(text: str) -> str:
    """The text for roff, with `code` bold, *words* italic, and links reduced to their text."""
    text = re.sub(r"\[([^\]]+)\]\(#[^)]*\)", r"\1", text)
    text = text.replace("\\", "\\e").replace("-", "\\-")
    text = re.sub(r"`([^`]*)`", r"\\fB\1\\fR", text)
    text = re.sub(r"(?<![\w.])\*([\w ]+)\*", r"\\fI\1\\fR", text)
    return "\\&" + text if text[:1] in (".", "'") else text


# -- writing -----------------------------------------------------------------------------------


def main(folder: Path) -> None:
    """Write all files below `folder`; a page of a command that is gone goes too."""
    told = tomllib.loads((HERE / "reference.toml").read_text())
    _write(folder / "man", dict(man_pages(told)))
    _write(folder / "completions", dict(completions.files(git_mnemo, list(commands(git_mnemo)))))
    (folder / "cli.md").write_text(markdown(told))


def _write(folder: Path, texts: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for stale in {path.name for path in folder.iterdir()} - texts.keys():
        (folder / stale).unlink()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
