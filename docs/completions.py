"""The completions of bash, zsh and fish, from the commands and the templates beside this file.

The words are in the files, ids are asked of git: no completion starts Python.
"""

from collections.abc import Iterator
from pathlib import Path

import click

from git_mnemo.agents import table

TEMPLATES = Path(__file__).resolve().parent / "templates"
PLUMBING = {"hook", "agent-hook"}
"""What programs call: not offered."""
AGENTS = tuple(sorted(table.MODULES))
DOMAINS = ("architecture", "context", "decisions", "dependencies", "history", "issues", "patterns",
           "tasks")  # fmt: skip

OPTION_KINDS = {
    "--session": "session",
    "--chain": "chain",
    "--input": "node",
    "--node": "node",
    "--remote": "remote",
    "--share": "remote",
    "--rev": "revision",
    "--path": "file",
    "--file": "file",
    "--out": "file",
    "--anchor": "file",
    "--repo": "file",
    "--git-dir": "file",
    "-C": "file",
    "--domain": f"[{' '.join(DOMAINS)}]",
    "--agents": f"[{' '.join((*AGENTS, 'found'))}]",
}
ARGUMENT_KINDS = {
    "supersede": "node",
    "compress": "node",
    "retract": "node",
    "purge": "node",
    "show": "any",
    "log": "any",
    "graph": "any",
    "promote": "chain",
    "stash": "chain",
    "pop": "chain",
    "session resume": "session",
    "archive": "session",
    "restore": "archived",
    "fetch": "remote",
    "sync": "remote",
    "why": "file",
    "verify": "file",
    "import": "file",
    "agent install": f"[{' '.join(AGENTS)}]",
    "agent uninstall": f"[{' '.join(AGENTS)}]",
    "agent status": f"[{' '.join(AGENTS)}]",
}
Commands = list[tuple[str, click.Command]]


def files(group: click.Group, commands: Commands) -> Iterator[tuple[str, str]]:
    """Each file's name and text."""
    shown = [(name, one) for name, one in commands if name.split(" ")[0] not in PLUMBING]
    yield "git-mnemo.bash", _bash(group, shown)
    yield "_git-mnemo", _zsh(group, shown)
    yield "git-mnemo.fish", _fish(group, shown)


def _options(command: click.Command) -> list[click.Option]:
    return [one for one in command.params if isinstance(one, click.Option) and not one.hidden]


def _kind(option: click.Option) -> str:
    """What an option takes: a kind of id, words between brackets, or nothing that is known."""
    if isinstance(option.type, click.Choice):
        return f"[{' '.join(map(str, option.type.choices))}]"
    found = (OPTION_KINDS[name] for name in option.opts if name in OPTION_KINDS)
    return "" if option.is_flag else next(found, "")


def _below(name: str, commands: Commands) -> list[str]:
    return [other.split(" ")[1] for other, _ in commands if other.startswith(f"{name} ")]


def _argument(name: str, commands: Commands) -> str:
    below = _below(name, commands)
    return f"[{' '.join(below)}]" if below else ARGUMENT_KINDS.get(name, "")


def _first(text: str | None) -> str:
    """The first sentence of a help, without its full stop."""
    return " ".join((text or "").split("\n\n")[0].split()).split(". ")[0].rstrip(".")


def _filled(template: str, **parts: list[str]) -> str:
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    for name, lines in parts.items():
        text = text.replace(f"@{name.upper()}@", "\n".join(lines))
    return text


# -- bash --------------------------------------------------------------------------------------


def _bash(group: click.Group, commands: Commands) -> str:
    options, kinds = [], []
    for name, command in [("", group), *commands]:
        listed = [
            long + ("" if one.is_flag else "=")
            for one in _options(command)
            for long in one.opts
            if long.startswith("--")
        ]
        options.append(f'\t"{name}") echo "{" ".join([*listed, "--help"])}" ;;')
        kinds += [
            f'\t"{f"{name} {word}".strip()}") echo "{_kind(one)}" ;;'
            for one in _options(command)
            if _kind(one)
            for word in one.opts
        ]
        if name and _argument(name, commands):
            kinds.append(f'\t"{name}") echo "{_argument(name, commands)}" ;;')
    below = [f'\t"{name}") command="{name}" ;;' for name, _ in commands if " " in name]
    top = [name for name, _ in commands if " " not in name]
    return _filled(
        "git-mnemo.bash", commands=[" ".join(top)], options=options, kinds=kinds, below=below
    )


# -- zsh ---------------------------------------------------------------------------------------


def _zsh(group: click.Group, commands: Commands) -> str:
    top = [(name, command) for name, command in commands if " " not in name]
    cases = []
    for name, command in top:
        below = _below(name, commands)
        if below:
            cases += [f"        ({name})", *_zsh_below(name, command, commands)]
        else:
            cases += [f"        ({name}) _arguments -s : \\"]
            cases += [*_zsh_specs(name, command, 10), "          ;;"]
    return _filled(
        "_git-mnemo",
        commands=[f"    {_single(f'{name}:{_first(one.help)}')}" for name, one in top],
        top=[f"    {spec} \\" for one in _options(group) for spec in _zsh_option(one)],
        cases=cases,
    )


def _zsh_below(name: str, command: click.Command, commands: Commands) -> list[str]:
    lines = [f"          if (( CURRENT == 2 )); then compadd {' '.join(_below(name, commands))}",
             "          else case $words[2] in"]  # fmt: skip
    for other, one in commands:
        if other.startswith(f"{name} "):
            word = other.split(" ")[1]
            lines += [f"            ({word}) shift words; (( CURRENT-- )); _arguments -s : \\"]
            lines += [*_zsh_specs(other, one, 14), "              ;;"]
    return [*lines, "          esac; fi ;;"]


def _zsh_specs(name: str, command: click.Command, indent: int) -> list[str]:
    specs = [spec for one in _options(command) for spec in _zsh_option(one)]
    kind = ARGUMENT_KINDS.get(name, "")
    specs += [_single(f"*: :{_zsh_action(kind)}")] if kind else []
    specs += ["'--help[show the help]'"]
    lines = [f"{' ' * indent}{spec} \\" for spec in specs]
    return [*lines[:-1], lines[-1].removesuffix(" \\")]


def _zsh_option(option: click.Option) -> list[str]:
    text = _first(option.help).replace("[", "(").replace("]", ")").replace(":", ",")
    what = (option.metavar or "value").split("[")[0]
    value = "" if option.is_flag else f":{what}:{_zsh_action(_kind(option))}"
    many = "*" if option.multiple else ""
    return [
        _single(f"{many}{word}{'=' if value and word.startswith('--') else ''}[{text}]{value}")
        for word in option.opts
    ]


def _zsh_action(kind: str) -> str:
    if kind.startswith("["):
        return f"({kind[1:-1]})"
    if kind == "file":
        return "_files"
    # A blank in front: zsh adds no arguments of its own then.
    return f" __git-mnemo_candidates {kind}" if kind else " "


def _single(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


# -- fish --------------------------------------------------------------------------------------


def _fish(group: click.Group, commands: Commands) -> str:
    lines = []
    for name, command in commands:
        parent, _, word = name.rpartition(" ")
        only = _fish_at(parent).replace("mnemo_at", "mnemo_only")
        lines.append(f"{only} -f -a {word} -d {_fish_quoted(_first(command.help))}")
        at = _fish_at(name)
        kind = ARGUMENT_KINDS.get(name, "")
        if kind and kind != "file":
            lines.append(f"{at} -f -a {_fish_words(kind)}")
        lines += [f"{at} {_fish_option(one)}" for one in _options(command)]
    lines += [f"{_fish_at('')} {_fish_option(one)}" for one in _options(group)]
    return _filled("git-mnemo.fish", completions=lines)


def _fish_at(name: str) -> str:
    return f"complete -c git -n '{f'__git_mnemo_at {name}'.rstrip()}'"


def _fish_option(option: click.Option) -> str:
    names = " ".join(
        f"-l {word[2:]}" if word.startswith("--") else f"-s {word[1:]}" for word in option.opts
    )
    takes, kind = "", _kind(option)
    if not option.is_flag:
        takes = " -r" if kind == "file" else " -x"
        takes += f" -a {_fish_words(kind)}" if kind and kind != "file" else ""
    return f"{names}{takes} -d {_fish_quoted(_first(option.help))}"


def _fish_words(kind: str) -> str:
    if kind.startswith("["):
        return _fish_quoted(kind[1:-1])
    return _fish_quoted(f"(__git_mnemo_candidates {kind})")


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
