"""Anchors laid from the command line: places in real files of real work trees."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from git_mnemo.repository import Repository
from git_mnemo.store.git import Ran
from tests.support import mnemo_json, run_git
from tests.verbs import ask, batch, claim, git_mnemo, refused, show

POOL = "def pool():\n    return Pool()\n\n\ndef close():\n    pass\n"


@pytest.fixture
def pool(repo: Path) -> Path:
    """A committed src/pool.py of six lines."""
    path = repo / "src" / "pool.py"
    path.parent.mkdir()
    path.write_text(POOL)
    run_git("add", ".")
    run_git("commit", "--quiet", "--message", "Pool")
    return path


def anchored(place: str, text: str = "About it") -> dict[str, Any]:
    """The one anchor of a claim about this place."""
    done = claim(text, "--anchor", place)
    (anchor,) = show(done["address"])["anchors"]
    assert isinstance(anchor, dict)
    assert (anchor.pop("verdict"), anchor.pop("now")["path"]) == ("fresh", anchor["path"])
    return anchor


def hashed(*lines: str) -> str:
    return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()[:16]


def header(address: str) -> str:
    """The anchor line as it is stored."""
    lines = run_git("cat-file", "blob", address).splitlines()
    return next(line for line in lines if line.startswith("anchor "))


@pytest.mark.parametrize(
    ("place", "first", "last", "lines"),
    [
        ("src/pool.py", None, None, ["def pool():", "return Pool()", "def close():", "pass"]),
        ("src/pool.py:1", 1, 1, ["def pool():"]),
        ("src/pool.py:2-5", 2, 5, ["return Pool()", "def close():"]),
        ("./src/../src/pool.py:6", 6, 6, ["pass"]),
    ],
)
def test_a_place_is_a_file_a_line_or_lines(
    pool: Path, place: str, first: int | None, last: int | None, lines: list[str]
) -> None:
    assert anchored(place) == {
        "path": "src/pool.py",
        "first": first,
        "last": last,
        "hash": hashed(*lines),
        "blob": run_git("rev-parse", "HEAD:src/pool.py"),
    }


def test_the_header_is_written_to_the_letter(pool: Path) -> None:
    blob = run_git("rev-parse", "HEAD:src/pool.py")
    address = claim("One", "--anchor", "src/pool.py:1-2")["address"]
    digest = hashed("def pool():", "return Pool()")
    assert header(address) == f"anchor {blob} 1-2 {digest} src/pool.py"


def test_several_anchors_of_one_claim(pool: Path) -> None:
    done = claim("Both", "--anchor", "src/pool.py:1", "--anchor", "README.md")
    assert {one["path"] for one in show(done["address"])["anchors"]} == {"src/pool.py", "README.md"}


def test_a_place_is_seen_from_where_the_user_stands(
    pool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pool.parent)
    found = anchored("pool.py:1")
    assert (found["path"], found["blob"]) == (
        "src/pool.py",
        run_git("rev-parse", "HEAD:src/pool.py"),
    )
    assert anchored("../README.md")["path"] == "README.md"
    assert anchored(str(pool), "Absolute")["path"] == "src/pool.py"


def test_a_changed_file_has_no_blob_and_is_not_stored(pool: Path) -> None:
    assert anchored("src/pool.py")["blob"] is not None
    changed = POOL + "# changed\n"
    pool.write_text(changed)
    address = claim("Changed", "--anchor", "src/pool.py:7")["address"]
    assert header(address) == f"anchor - 7-7 {hashed('# changed')} src/pool.py"
    oid = run_git("hash-object", "--stdin", input=changed)
    assert run_git("cat-file", "-t", oid, check=False) == ""


def test_a_staged_change_is_a_change(pool: Path) -> None:
    pool.write_text(POOL + "# staged\n")
    run_git("add", ".")
    assert anchored("src/pool.py")["blob"] is None


def test_a_touched_file_and_line_ends_that_git_converts_are_no_change(pool: Path) -> None:
    run_git("config", "core.autocrlf", "true")
    pool.write_bytes(POOL.replace("\n", "\r\n").encode())
    os.utime(pool, (1, 1))
    assert anchored("src/pool.py")["blob"] == run_git("rev-parse", "HEAD:src/pool.py")


def test_an_untracked_file_and_one_before_the_first_commit_have_no_blob(empty_repo: Path) -> None:
    (empty_repo / "new.py").write_text("one\n")
    assert anchored("new.py:1") == {
        "path": "new.py",
        "first": 1,
        "last": 1,
        "hash": hashed("one"),
        "blob": None,
    }


@pytest.mark.parametrize(
    ("name", "written"),
    [
        (b'a "quoted".py', '"a \\"quoted\\".py"'),
        (b"back\\slash", '"back\\\\slash"'),
        (b"new\nline", '"new\\nline"'),
        (b"tab\there", '"tab\\there"'),
        (b"raw\xff\xfe", '"raw\\377\\376"'),
        (b" blank ", '" blank "'),
        ("zwölf 十二".encode(), "zwölf 十二"),
        (b"*[a-z]?", "*[a-z]?"),
        (b":(top)x", ":(top)x"),
        (b"a:5", "a:5"),
        (b"-dash", "-dash"),
    ],
)
def test_hostile_names(repo: Path, name: bytes, written: str) -> None:
    path = os.fsencode(repo) + b"/" + name
    Path(os.fsdecode(path)).write_bytes(b"one\ntwo\n")
    run_git("add", "--all")
    run_git("commit", "--quiet", "--message", "Odd")
    address = claim("Odd", "--anchor", os.fsdecode(name))["address"]
    blob = run_git("hash-object", "--stdin", input="one\ntwo\n")
    assert header(address) == f"anchor {blob} - {hashed('one', 'two')} {written}"
    shown = show(address)
    assert shown["opaque"] is False
    assert shown["anchors"][0]["path"] == name.decode("utf-8", "replace")
    lines = claim("Lines", "--anchor", os.fsdecode(name) + ":2")["address"]
    assert header(lines) == f"anchor {blob} 2-2 {hashed('two')} {written}"


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("src/pool.py:7", "refused"),
        ("src/pool.py:0", "refused"),
        ("src/pool.py:5-2", "refused"),
        ("src/pool.py:1-99999999999999999999", "refused"),
        ("src/pool.py:3-4", "refused"),
        ("src", "refused"),
        ("link.py", "refused"),
        ("binary", "refused"),
        ("empty", "refused"),
        ("../outside.py", "refused"),
        ("out/outside.py", "refused"),
        ("nowhere.py", "not-found"),
        ("src/pool.py:x", "not-found"),
        ("src/pool.py:", "not-found"),
        ("", "not-found"),
        (".git/config", "refused"),
    ],
)
def test_what_is_no_place_in_a_text_file_of_the_work_tree(
    pool: Path, place: str, code: str
) -> None:
    repo = pool.parent.parent
    (repo.parent / "outside.py").write_text("one\n")
    (repo / "link.py").symlink_to("src/pool.py")
    (repo / "out").symlink_to("..")
    (repo / "binary").write_bytes(b"a\0b\n")
    (repo / "empty").write_bytes(b" \n\n")
    refused("claim", "One", "--anchor", place, code=code)


def test_a_folder_that_is_a_link_inside_the_work_tree_is_followed(pool: Path) -> None:
    (pool.parent.parent / "alias").symlink_to("src")
    assert anchored("alias/pool.py:1")["path"] == "src/pool.py"


def test_a_bare_repository_has_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_git("init", "--quiet", "--bare", str(tmp_path / "bare"))
    monkeypatch.chdir(tmp_path / "bare")
    error = refused("claim", "One", "--anchor", "HEAD", code="refused")
    assert "bare repository" in error["message"]
    assert claim("One")["created"]


def test_the_same_claim_about_another_place_is_another_node(pool: Path) -> None:
    addresses = {
        claim("One", *args)["address"]
        for args in ([], ["--anchor", "src/pool.py"], ["--anchor", "src/pool.py:1"])
    }
    assert len(addresses) == 3


def test_hiders_have_anchors_too(pool: Path) -> None:
    one = claim("One")["address"]
    done = ask("supersede", one, "Two", "--anchor", "src/pool.py:1")
    assert show(done["address"])["anchors"][0]["path"] == "src/pool.py"


def test_a_place_is_shown_to_people_without_what_steers(pool: Path) -> None:
    (pool.parent / "e\x1b[31m.py").write_text("one\n")
    address = claim("One", "--anchor", "src/e\x1b[31m.py:1")["address"]
    assert "about src/e[31m.py:1\n" in git_mnemo("show", address).out


def test_a_real_process_in_a_subdirectory(pool: Path) -> None:
    done = mnemo_json("claim", "One", "--anchor", "pool.py:2", cwd=pool.parent)
    assert header(done["address"]).endswith(" 2-2 " + hashed("return Pool()") + " src/pool.py")


def test_a_batch_asks_git_for_all_files_at_once(
    pool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pool.parent / "new.py").write_text("one\n")
    Path("README.md").write_text("changed\n")
    ran: list[str] = []
    real = Repository.git

    def counted(self: Repository, *arguments: str, stdin: bytes = b"") -> Ran:
        ran.append(arguments[0])
        return real(self, *arguments, stdin=stdin)

    places = [*(f"src/pool.py:{line}" for line in (1, 2, 5, 6)), "src/new.py:1", "README.md"]
    with monkeypatch.context() as patch:
        patch.setattr(Repository, "git", counted)
        nodes = batch(*({"text": place, "anchors": [place, "src/pool.py"]} for place in places))
    assert len(ran) <= 2
    blobs = {
        (one["path"], one["blob"])
        for node in nodes["nodes"]
        for one in show(node["address"])["anchors"]
    }
    committed = run_git("rev-parse", "HEAD:src/pool.py")
    assert blobs == {("src/pool.py", committed), ("src/new.py", None), ("README.md", None)}
