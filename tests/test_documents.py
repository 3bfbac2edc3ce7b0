"""What the documents say: transcripts are run, references are compared, links are followed."""

import difflib
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from git_mnemo.cli.main import MODULES, git_mnemo
from tests import hooked, plain
from tests.support import ROOT, mnemo, mnemo_json, run_git
from tests.transcripts import commands, documents, run, sealed, unexpected

REGENERATE = "python -m tests.regenerate_documents"
PAGES = [
    *documents(),
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    ROOT / "tests" / "vectors" / "README.md",
]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


# -- transcripts -------------------------------------------------------------------------------


def with_transcripts() -> list[Path]:
    return [path for path in documents() if "```console" in path.read_text()]


def test_the_documents_with_transcripts_are_found() -> None:
    found = {name_of(path) for path in with_transcripts()}
    assert {"README.md", "docs/format.md"} <= found


@plain.only_sha1
@pytest.mark.parametrize("path", with_transcripts(), ids=name_of)
def test_every_command_prints_what_the_document_says(path: Path, tmp_path: Path) -> None:
    lines = path.read_text().split("\n")
    asked = commands(lines)
    answers = run(lines, tmp_path)
    assert len(answers) == len(asked), f"the shell stopped after {asked[len(answers) - 1].text!r}"
    wrong = []
    for command, ran in zip(asked, answers, strict=True):
        where = f"{name_of(path)}:{command.first}"
        if unexpected(command, ran):
            wrong.append(f"{where}: exit status {ran.status}: $ {command.text}")
        said = _of_any_git(line.rstrip() for line in lines[command.first : command.last])
        printed = _of_any_git(ran.lines)
        if said != printed:
            differences = difflib.unified_diff(
                said, printed, f"{where} says of $ {command.text}", "it prints", lineterm=""
            )
            wrong.append("\n".join(differences))
    assert not wrong, "\n".join([*wrong, f"where what is printed is right: {REGENERATE}"])


def _of_any_git(lines: Iterable[str]) -> list[str]:
    """The lines, but a hook is named by its event alone where this git does not keep it in a file,
    as the git of the documents does."""
    if hooked.IN_FILES:
        return list(lines)
    return [re.sub(r"^wrote (\S+/\.git/hooks/|git config hook\.mnemo-)", "wrote hook ", line)
            for line in lines]  # fmt: skip


def test_a_transcript_that_is_wrong_is_noticed(tmp_path: Path) -> None:
    lines = ["```console", "$ echo one", "two", "$ false", "```"]
    first, second = commands(lines)
    one, nothing = run(lines, tmp_path)
    assert one.lines == ["one"] != lines[first.first : first.last]
    assert nothing.status == 1
    assert unexpected(second, nothing)
    assert not unexpected(first, one)


def test_the_demo_runs_to_its_end(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", str(ROOT / "docs" / "demo.sh")],
        env=sealed(tmp_path),
        capture_output=True,
        check=False,
        text=True,
    )
    assert (done.returncode, "error" in done.stderr) == (0, False), done.stderr
    for part in ("hidden by supersede", "refs/mnemo/project", "is live", "kept 1 archive"):
        assert part in done.stdout


def test_the_demo_stops_at_the_first_failure(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "demo.sh").read_text()
    broken = tmp_path / "demo.sh"
    broken.write_text(text.replace("promote --all", "promote --nothing"))
    done = subprocess.run(
        ["sh", str(broken)], env=sealed(tmp_path), capture_output=True, check=False, text=True
    )
    assert done.returncode == 129
    assert "the demo stops here" in done.stderr


# -- references --------------------------------------------------------------------------------


def test_the_reference_and_the_man_pages_are_up_to_date(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "docs" / "generate.py"), str(tmp_path)], check=True)
    written = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    folders = [ROOT / "docs" / name for name in ("man", "completions")]
    kept = {path.relative_to(ROOT / "docs") for folder in folders for path in folder.iterdir()}
    assert written == kept | {Path("cli.md")}
    stale = [
        str(name)
        for name in sorted(written)
        if (tmp_path / name).read_text() != (ROOT / "docs" / name).read_text()
    ]
    assert not stale, f"run `make docs`: {', '.join(stale)}"


def every_command(group: click.Group = git_mnemo) -> Iterator[tuple[str, click.Command]]:
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            for below, other in every_command(command):
                yield f"{name} {below}", other


@pytest.mark.parametrize(
    ("name", "command"), [("", git_mnemo), *every_command()], ids=lambda value: str(value)
)
def test_every_command_and_every_option_has_help(name: str, command: click.Command) -> None:
    assert command.help, name
    assert command.help.split("\n\n")[0].rstrip().endswith("."), command.help
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, f"{name} {option.opts[0]}"
            assert option.help.endswith("."), f"{name} {option.opts[0]}: {option.help}"
            assert option.is_flag or option.metavar, f"{name} {option.opts[0]} has no metavar"


def test_the_changelog_mentions_every_command() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    missing = [name for name in MODULES if f"`{name}" not in text and f"mnemo {name}" not in text]
    assert not missing


def test_the_manual_is_in_the_wheel() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    shared = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert shared.pop("docs/man") == "share/man/man1"
    assert {ROOT / name for name in shared} == set((ROOT / "docs" / "completions").iterdir())
    assert settings["project"]["readme"] == "README.md"


# -- JSON --------------------------------------------------------------------------------------


Json = dict[str, Any]
SERVERS = {"mcp"}
"""Commands that speak a protocol, and print no JSON of their own."""


def fields_of(told: Json) -> tuple[set[str], set[str]]:
    """The fields that are always there, and those that may be."""
    always = {name for name in told if not name.endswith("?")}
    return always, {name.rstrip("?") for name in told if name not in always}


def agrees(value: Json, told: Json) -> bool:
    always, perhaps = fields_of(told)
    return always <= value.keys() <= always | perhaps


def without(value: Json, *more: str) -> Json:
    """The object without the fields that it must have beside those of its kind."""
    return {name: part for name, part in value.items() if name not in more}


def test_json_has_the_fields_that_the_reference_names(repo: Path, tmp_path: Path) -> None:
    told = tomllib.loads((ROOT / "docs" / "reference.toml").read_text())
    seen: dict[str, Json] = {}

    def do(name: str, *arguments: str, input: str | None = None) -> Json:
        answer = mnemo_json(*name.split(), *arguments, input=input)
        seen[name] = answer
        return answer

    do("init")
    first = do("claim", "One", "--anchor", "README.md")
    do("claim --batch", input='{"text": "Two"}\n{"text": "Three"}\n')
    second = do("supersede", str(first["address"]), "One, better")
    do("retract", str(second["address"]), "--reason", "not better")
    do("compress", str(first["address"]), "--text", "One, shorter")
    assert "revives" in do("claim", "One", "--anchor", "README.md")
    do("stash", str(first["chain"]))
    do("pop", str(first["chain"]))
    status = do("status")
    do("promote")
    chain = do("show", str(first["chain"]))
    node = mnemo_json("show", str(first["address"]))
    (one,) = do("chains")["chains"]
    do("graph")
    shown = mnemo_json("show", str(first["session"]))
    recalled = do("recall", "one")
    do("export", "--out", "out.jsonl")
    do("import", "out.jsonl")
    do("verify")
    do("why", "README.md")
    do("reindex")
    for name in ("session", "session start", "session list"):
        do(name)
    do("session resume", str(first["session"]))
    run_git("init", "--quiet", "--bare", str(tmp_path / "hub"))
    run_git("remote", "add", "hub", str(tmp_path / "hub"))
    mnemo_json("init", "--share", "hub", "--yes")
    for name in ("fetch", "pull", "push", "sync"):
        do(name)
    seen["log"] = _first_line(mnemo("log", "--json").out)
    do("agent install", "codex")
    do("agent status")
    do("agent preview")
    do("agent uninstall", "codex")
    seen |= {"agent": {}, "agent-hook": {}}
    do("archive")
    do("restore", str(first["session"]))
    do("gc", "--dry-run")
    do("doctor")
    do("fsck")
    do("purge", str(second["address"]), "--yes")
    assert mnemo("hook", "post-commit").out == ""
    seen |= {"hook": {}, "help": {}}
    do("uninstall")

    objects = {name: part["json"] for name, part in told["objects"].items()}
    assert agrees(one, objects["chain"])
    assert chain.keys() - {"members"} == one.keys()
    assert agrees(node, objects["node"])
    assert all(agrees(member, objects["node"]) for member in chain["members"])
    (found,) = recalled["chains"]
    assert agrees(without(found, "score", "members", "left_out"), objects["chain"])
    assert all(agrees(without(hit, "score", "chain"), objects["node"]) for hit in recalled["hits"])
    assert recalled["hits"]
    for member in found["members"]:
        assert agrees(without(member, "score", "cut"), objects["node"])
    assert shown.keys() - {"chains"} == objects["session"].keys() - {"archived_at?", "chains"}
    assert all(agrees(part, objects["chain"]) for part in status["chains"])
    assert {"claim --batch", *dict(every_command())} == told["commands"].keys()
    assert told["commands"].keys() - SERVERS == seen.keys()
    for name, answer in seen.items():
        page = told["commands"][name]
        page = told["commands"][page["like"]] if "like" in page else page
        if "json" in page:
            assert agrees(answer, page["json"]), f"{name}: {sorted(answer)}"
        elif name.startswith("session"):
            assert agrees(answer, objects["session"]), f"{name}: {sorted(answer)}"


def _first_line(text: str) -> Json:
    line: Json = json.loads(text.split("\n")[0])
    return line


# -- links -------------------------------------------------------------------------------------

LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")


def without_code(text: str) -> str:
    text = re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^    .*$", "", text, flags=re.M))


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as the usual renderers of Markdown make them."""
    text = re.sub(r"^(`{3,}).*?^\1$", "", path.read_text(), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_link_leads_somewhere(path: Path) -> None:
    broken = []
    for target in LINK.findall(without_code(path.read_text())):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        page = (path.parent / file).resolve() if file else path
        if not page.exists() or (anchor and anchor not in anchors(page)):
            broken.append(target)
    assert not broken


def test_links_are_found() -> None:
    found = LINK.findall(without_code((ROOT / "README.md").read_text()))
    assert "docs/format.md" in found
