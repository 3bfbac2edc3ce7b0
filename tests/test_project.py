"""What holds for the project as a whole: its rows, its sizes, its one spelling of things."""

import ast
import graphlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ROOT, run_git

PACKAGE = ROOT / "git_mnemo"

# The rows, from the top. A module imports only from rows above its own; where a row's name ends
# with "*", its modules may import each other too. A package (store, cli) is one entry, and its
# modules may import each other. Nothing here may import in a circle.
ROWS: list[tuple[str, str]] = [
    (
        "values *",
        "record errors moment refs node chain anchor relocation"
        " message hiding formats"
        " secrets secret_rules suspicion"
        " words excerpt ranking"
        " fence"
        " event digest terse_json relevance terms hashes",
    ),
    (
        "world *",
        "store repository place code files renames blame"
        " network signatures folder"
        " index ledger marks loose headlog rewritten detached hookfiles"
        " around clock dates manual ongoing"
        " encoder semantic",
    ),
    (
        "use cases: what others read *",
        "view trust origin trace notes session guarding writing"
        " join scrub validate quarantine"
        " anchored verdicts"
        " binding",
    ),
    (
        "use cases: seeing *",
        "sharing leaks listing standing showing logbook drawing"
        " telling"
        " verifying provenance"
        " knowledge",
    ),
    (
        "use cases: doing",
        "claim shelf project archive"
        " recall",
    ),
    ("use cases: by itself", "gc sync linking trailer daily briefing"),
    ("use cases: after git", "rewriting publishing hooks"),
    (
        "use cases: between clones",
        "handing purge"
        " setup following",
    ),
    ("use cases: over all", "doctor"),
    (
        "use cases: in and out *",
        "target screening making reading translating importing"
        " exporting gathering sources bringing",
    ),
    ("surfaces: coding agents", "agents"),
    ("surfaces: what they share *", "caller calling checking render"),
    ("surfaces: programs *", "looking api"),
    ("surfaces: agents *", "tools resources wire"),
    ("surfaces: MCP", "mcp_server"),
    ("surfaces: people", "cli"),
    ("surfaces: start", "__main__"),
]  # fmt: skip

# A value does no I/O and knows no clock and no environment.
NOT_IN_VALUES = {"os", "subprocess", "time", "sqlite3", "tempfile", "socket", "pygit2", "click"}

MOST_LINES = 400
SMELLS = {"utils", "util", "helpers", "helper", "common"}

FOREIGN_TEXT = {
    "a package registry": re.compile(r"py[p]i\.org|pythonhosted\.o[r]g|n[p]mjs\.|crates\.i[o]\b"),
    "a path of one machine": re.compile(
        r"(?<![\w.~/-])/(?:ro[o]t|ho[m]e|wo[r]k|Us[e]rs|tmp/[w])(?![\w-])"
    ),
}


def row_of(entry: str) -> int | None:
    for row, (_, entries) in enumerate(ROWS):
        if entry in entries.split():
            return row
    return None


def sources() -> dict[str, Path]:
    """Every module of the package, by its dotted name without `git_mnemo.`, the root as ``""``."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = path
    assert found, "no package found"
    return found


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def imported(path: Path) -> Iterator[str]:
    """Absolute dotted names of all a file imports, those inside functions included."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            base += [node.module] if node.module else []
            yield from (".".join([*base, alias.name]) for alias in node.names)


def own_imports(path: Path, modules: dict[str, Path]) -> set[str]:
    """The modules of the package a file imports; `from git_mnemo.refs import X` is `refs`."""
    found = set()
    for name in imported(path):
        first, *parts = name.split(".")
        if first == "git_mnemo":
            while ".".join(parts) not in modules:
                parts.pop()
            found.add(".".join(parts))
    return found - {""}


def test_every_module_has_a_row() -> None:
    entries = {name.split(".")[0] for name in sources()} - {""}
    unknown = sorted(entry for entry in entries if row_of(entry) is None)
    assert not unknown, f"add to a row of ROWS in tests/test_project.py: {', '.join(unknown)}"


def test_every_module_imports_only_from_rows_above() -> None:
    modules = sources()
    sideways = []
    for name, path in modules.items():
        entry, row = name.split(".")[0], row_of(name.split(".")[0])
        for target in sorted(own_imports(path, modules)):
            other, above = target.split(".")[0], row_of(target.split(".")[0])
            if name == "":
                if target != "api":
                    sideways.append(f"git_mnemo/__init__.py imports {target}: only api, when asked")
            elif row is None or above is None or other == entry:
                continue
            elif above > row or (above == row and not ROWS[row][0].endswith("*")):
                sideways.append(f"{name} ({ROWS[row][0]}) imports {target} ({ROWS[above][0]})")
    assert not sideways, "\n".join(sideways)


def test_nothing_imports_in_a_circle() -> None:
    modules = sources()
    graph = {name: own_imports(path, modules) - {name} for name, path in modules.items()}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail("a circle: " + " -> ".join(error.args[1]))


def test_values_touch_nothing() -> None:
    values = ROWS[0][1].split()
    found = [
        f"{name} imports {target}"
        for name, path in sources().items()
        if name.split(".")[0] in values
        for target in imported(path)
        if target.split(".")[0] in NOT_IN_VALUES
    ]
    assert not found


def test_pygit2_has_one_importer() -> None:
    importers = [
        name
        for name, path in sources().items()
        if any(target.split(".")[0] == "pygit2" for target in imported(path))
    ]
    assert len(importers) == 1, importers
    assert importers[0].split(".")[0] == "store"


def test_files_are_short_and_named_for_what_they_hold() -> None:
    for path in PACKAGE.rglob("*.py"):
        lines = len(path.read_text().splitlines())
        assert lines <= MOST_LINES, f"{path.relative_to(ROOT)} has {lines} lines"
        assert path.stem not in SMELLS, path.relative_to(ROOT)
        assert path.parent.name not in SMELLS, path.relative_to(ROOT)


def test_the_version_is_in_one_place() -> None:
    match = re.search(r'^__version__ = "(.+)"$', (PACKAGE / "__init__.py").read_text(), re.M)
    assert match, "no __version__ in git_mnemo/__init__.py"
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert settings["project"]["dynamic"] == ["version"]
    assert settings["tool"]["hatch"]["version"]["path"] == "git_mnemo/__init__.py"
    places = [
        path.relative_to(ROOT)
        for path in [*PACKAGE.rglob("*.py"), ROOT / "pyproject.toml"]
        if f'"{match[1]}"' in path.read_text()
    ]
    assert places == [Path("git_mnemo/__init__.py")]


def spoken_refs(module: ast.Module) -> Iterator[int]:
    """Lines with a ref name in a string, but for docstrings and the help texts of options."""
    prose = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Expr):
            prose.add(id(node.value))
        elif isinstance(node, ast.keyword) and node.arg in {"help", "short_help", "epilog"}:
            prose.update(id(part) for part in ast.walk(node.value))
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and id(node) not in prose:
            text = node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value
            if isinstance(text, str) and "refs/mnemo" in text:
                yield node.lineno


def test_a_ref_is_spelled_in_refs_py_only() -> None:
    modules = sources()
    assert list(spoken_refs(tree(modules.pop("refs")))), "refs.py spells no ref"
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in modules.values()
        for line in spoken_refs(tree(path))
    ]
    assert not found, f"build these with refs.py: {', '.join(found)}"


def test_nothing_names_the_machine_it_was_written_on() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    listed = run_git("ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    found = []
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        content = path.read_bytes() if path.is_file() else b""
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
            found += [
                f"{name}:{number}: {what}"
                for what, pattern in FOREIGN_TEXT.items()
                if pattern.search(line)
            ]
    assert listed, "git lists no file"
    assert not found, "\n".join(found)
