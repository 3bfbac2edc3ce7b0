"""The folder that `export --format markdown` writes: what it says, and what it leaves alone."""

import json
import re
from pathlib import Path

import pytest

from git_mnemo.render import markdown
from tests.hostile_texts import ESCAPES, HARMLESS, INJECTIONS
from tests.verbs import ask, claim, git_mnemo, refused

EXPORT = ("export", "--format", "markdown")
MARKUP = (
    "<script>alert(1)</script>",
    "<% tp.system.prompt() %> and `= this.file.name` and key:: value",
    "[[Other note]] ![[embed]] [x](javascript:alert(1)) ![i](https://evil.example/x)",
    "#tag %%comment%% ^block $x$ ~~y~~ **b** __c__ | table |",
    "---\ntitle: other\n---\n# Heading\n\n    code\n\n```dataview\nLIST\n```\n> quote",
    "1. one\n2) two\n- three\n+ four\n* five\n===\n&lt;b&gt;",
    "\\[a\\](b) https://evil.example www.evil.example eve@evil.example",
)


def written(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*.md")
        if path.is_file()
    }


def test_a_chain_is_a_file_with_all_that_is_known(repo: Path) -> None:
    one = claim("One", "--anchor", "README.md:1", "--domain", "issues", "--agent", "helper")
    two = claim("Two", "--title", "CON: a/b\\c?", "--input", one["address"])
    ask("supersede", one["address"], "One, better", "--chain", one["chain"])
    ask("promote", "--all")
    (repo / "README.md").write_text("other\n")
    answer = ask(*EXPORT, "--out", "out")
    assert answer == {"out": "out", "format": "markdown", "files": 6, "chains": 2, "nodes": 3}
    files = written(repo / "out")
    first = f"2026-11-23-one-{one['chain'][12:]}.md"
    second = f"2026-11-23-con-a-b-c-{two['chain'][12:]}.md"
    assert files.keys() == {
        "README.md", "by-date.md", "by-domain.md", "by-file.md",
        f"chains/{first}", f"chains/{second}",
    }  # fmt: skip
    page = files[f"chains/{first}"]
    front = dict(line.split(": ", 1) for line in page.split("---\n")[1].splitlines())
    assert json.loads(front["agents"]) == ["Ada Example", "helper"]
    assert json.loads(front["files"]) == ["README.md"]
    assert (json.loads(front["id"]), json.loads(front["status"])) == (one["chain"], "active")
    assert "> ~~One~~\n" in page
    assert "- hidden by supersede [" in page
    assert "- about `README.md:1-1` **drifted**" in page
    target = f"{first}#{one['address'][:10]}"
    assert f"(<{target}>)" in files[f"chains/{second}"]
    assert f"\n## {one['address'][:10]}\n" in page
    assert "## README.md" in files["by-file.md"]
    for text in files.values():
        for found in re.findall(r"\]\(<?([^)>#]+)", text):
            base = repo / "out" if found.startswith("chains/") else None
            kept = [repo / "out" / found, repo / "out" / "chains" / found]
            assert any(path.is_file() for path in ([base / found] if base else kept)), found


@pytest.mark.parametrize("text", [*MARKUP, *HARMLESS, *(one for one, _ in INJECTIONS.values())])
def test_no_text_is_markup(text: str) -> None:
    for line in markdown.quoted(text).split("\n"):
        assert line[:1] == ">"
        said = line[1:].removeprefix(" ")
        assert said[:1] not in ("-", "+", "*", "#", ">", "=", " ", "`", "~", "|")
        assert not re.match(r"\d+[.)]", said)
        bare = re.sub(r"\\(?:[^\w\s]|_|$)|&(?:#\d+|nbsp);", "", said)
        assert not set(bare) & set("<>`*_[]{}|~$%^#=@&\\"), bare
        assert not re.search(r"::|://|\bwww\.", bare)


@pytest.mark.parametrize("title", [*MARKUP, *ESCAPES.values(), "ß" * 200, "é" * 200, "अनु" * 99, ""])
def test_names_and_front_matter_are_safe_whatever_a_title_is(title: str) -> None:
    name = markdown.file_name("2026-11-23", title, "ch_20261123_8a1b2c3d4e5f6a7b")
    assert name.startswith("2026-11-23-")
    assert name.endswith("8a1b2c3d4e5f6a7b.md")
    assert len(name.encode()) < 200
    assert not set(name) & set('/\\:*?"<>|%#^[]\x00 \x1b\u202e\n')
    front = markdown.front_matter({"title": title.encode("utf-8", "replace").decode()})
    assert front.count("\n---\n") == 1
    assert "<%" not in front


def test_an_export_again_keeps_to_what_is_ours(repo: Path) -> None:
    one = claim("One")
    ask("promote")
    assert ask(*EXPORT, "--out", "out")["chains"] == 1
    before = written(repo / "out")
    assert ask(*EXPORT, "--out", "out")["chains"] == 1
    assert written(repo / "out") == before
    ours = next(iter((repo / "out" / "chains").iterdir()))
    (repo / "out" / "mine.md").write_text("mine")
    ask("purge", one["address"], "--yes")
    claim("Other", "--title", "Other")
    ask("promote", "--all")
    ask(*EXPORT, "--out", "out")
    assert (repo / "out" / "mine.md").read_text() == "mine"
    assert "One" not in "".join(written(repo / "out" / "chains").values()) or not ours.exists()
    other = next(path for path in (repo / "out" / "chains").iterdir() if "other" in path.name)
    other.write_text("changed by hand")
    kept = written(repo / "out")
    error = refused(*EXPORT, "--out", "out", code="refused")
    assert "was changed" in error["message"]
    assert written(repo / "out") == kept
    assert not list(repo.glob("*.part"))


def test_what_is_not_ours_is_never_touched(repo: Path, tmp_path: Path) -> None:
    claim("One")
    ask("promote")
    refused("export", "--format", "markdown", code="usage", status=129)
    (repo / "full").mkdir()
    (repo / "full" / "x").write_text("mine")
    for out in ("full", "README.md", ".git", ".git/notes"):
        refused(*EXPORT, "--out", out, code="refused")
    assert [path.name for path in (repo / "full").iterdir()] == ["x"]
    outside = tmp_path / "outside.md"
    outside.write_text("theirs")
    ask(*EXPORT, "--out", "out")
    listed = repo / "out" / ".git-mnemo-export.json"
    said = json.loads(listed.read_text())
    said["files"] |= {"../../outside.md": ["x"], "/etc/passwd": ["x"], "chains/../../x.md": ["x"]}
    listed.write_text(json.dumps(said))
    ask(*EXPORT, "--out", "out")
    assert outside.read_text() == "theirs"
    for path in (repo / "out" / "chains").iterdir():
        path.unlink()
    (repo / "out" / "chains").rmdir()
    (repo / "out" / "chains").symlink_to(tmp_path)
    refused(*EXPORT, "--out", "out", code="refused")
    assert outside.read_text() == "theirs"
    listed.write_text("{")
    refused(*EXPORT, "--out", "out", code="refused")
    assert git_mnemo(*EXPORT, "--out", "new").code == 0
