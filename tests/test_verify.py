"""`verify` on real repositories: the work tree, commits, renames, and paths that lead elsewhere."""

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from git_mnemo.anchor import Anchor, quote
from tests.support import mnemo, run_git
from tests.verbs import NOW, SESSION, ask, batch, claim, git_mnemo, refused, show

POOL = """\
import time


def pool(size):
    # one pool for all
    found = Pool(size)
    return found


def close(pool):
    pool.close()
"""


def commit(message: str = "Change") -> str:
    run_git("add", "--all")
    run_git("commit", "--quiet", "--allow-empty", "--message", message)
    return run_git("rev-parse", "HEAD")


@pytest.fixture
def pool(repo: Path) -> Path:
    """A committed src/pool.py of eleven lines."""
    path = repo / "src" / "pool.py"
    path.parent.mkdir()
    path.write_text(POOL)
    commit("Pool")
    return path


def verified(*args: str, session: str | None = SESSION) -> list[dict[str, Any]]:
    """The anchors that `verify` answers; it exits 1 just where some are drifted or missing."""
    result = git_mnemo("verify", *args, "--json", session=session)
    found: list[dict[str, Any]] = json.loads(result.out)["anchors"]
    assert result.code == any(one["verdict"] in ("drifted", "missing") for one in found), result
    return found


def one(*args: str) -> dict[str, Any]:
    (found,) = verified(*args)
    return found


def verdict(*args: str) -> tuple[str, tuple[str, int | None, int | None] | None, str | None]:
    """Verdict, place and reason of the one anchor there is."""
    found = one(*args)
    now = found["now"]
    place = (now["path"], now["first"], now["last"]) if now else None
    return found["verdict"], place, found.get("reason")


# -- the work tree -----------------------------------------------------------------------------


def test_the_fields_are_those_of_the_contract(pool: Path) -> None:
    address = claim("About it", "--anchor", "src/pool.py:4-7")["address"]
    here = {"path": "src/pool.py", "first": 4, "last": 7}
    assert one() == {"address": address, **here, "verdict": "fresh", "now": here}


def test_local_changes_count(pool: Path) -> None:
    claim("About it", "--anchor", "src/pool.py:4-7")
    pool.write_text("#!/usr/bin/python3\n" + POOL)
    assert verdict() == ("moved", ("src/pool.py", 5, 8), None)
    assert verdict("--rev", "HEAD") == ("fresh", ("src/pool.py", 4, 7), None)
    pool.write_text(POOL.replace("Pool(size)", "Pool()"))
    assert verdict() == ("drifted", ("src/pool.py", 4, 7), None)
    pool.unlink()
    assert verdict() == ("missing", None, None)
    assert verdict("--rev", "HEAD") == ("fresh", ("src/pool.py", 4, 7), None)


def test_what_was_claimed_before_it_was_committed_is_followed(pool: Path) -> None:
    pool.write_text(POOL + "\n\ndef more():\n    one()\n    two()\n")
    claim("New", "--anchor", "src/pool.py:14-16")
    assert verdict() == ("fresh", ("src/pool.py", 14, 16), None)
    commit()
    pool.write_text("# head\n" + pool.read_text())
    assert verdict() == ("moved", ("src/pool.py", 15, 17), None)


def test_the_old_file_is_found_where_only_history_has_it(pool: Path) -> None:
    claim("About it", "--anchor", "src/pool.py:4-7")
    run_git("rm", "--quiet", "--cached", "src/pool.py")
    run_git("commit", "--quiet", "--message", "Gone")
    assert verdict() == ("fresh", ("src/pool.py", 4, 7), None)
    assert verdict("--rev", "HEAD") == ("missing", None, None)


@pytest.mark.parametrize("told", ["committed", "staged", "untold"])
def test_a_renamed_file_is_found_by_its_new_name(pool: Path, told: str) -> None:
    claim("About it", "--anchor", "src/pool.py:4-7")
    claim("All of it", "--anchor", "src/pool.py")
    new = pool.parent.parent / "lib" / "pool.py"
    new.parent.mkdir()
    pool.rename(new)
    if told != "untold":
        run_git("add", "--all")
    if told == "committed":
        commit("Move")
        new.write_text("#\n" + POOL)
        commit("Edit")
    first = 5 if told == "committed" else 4
    whole, lines = verified()
    assert lines["verdict"] == "moved"
    assert lines["now"] == {"path": "lib/pool.py", "first": first, "last": first + 3}
    assert whole["verdict"] == ("drifted" if told == "committed" else "moved")
    assert whole["now"] == {"path": "lib/pool.py", "first": None, "last": None}


def test_renames_are_followed_one_after_the_other(pool: Path) -> None:
    claim("About it", "--anchor", "src/pool.py:4-7")
    before = run_git("rev-parse", "HEAD")
    for name in ("a.py", "b.py", "c.py"):
        source = next(path for path in run_git("ls-files").split("\n") if path.endswith("y"))
        run_git("mv", source, name)
        commit(f"To {name}")
    run_git("mv", "c.py", "d.py")
    assert verdict() == ("moved", ("d.py", 4, 7), None)
    assert verdict("--rev", "HEAD") == ("moved", ("c.py", 4, 7), None)
    assert verdict("--rev", "HEAD~2") == ("moved", ("a.py", 4, 7), None)
    assert verdict("--rev", before) == ("fresh", ("src/pool.py", 4, 7), None)
    run_git("rm", "--quiet", "--force", "d.py")
    assert verdict() == ("missing", None, None)


def test_a_file_deleted_after_it_had_been_renamed_once_and_made_again_is_missing(
    pool: Path,
) -> None:
    claim("About it", "--anchor", "src/pool.py:4-7")
    run_git("mv", "src/pool.py", "other.py")
    commit("Rename")
    assert verdict()[0] == "moved"
    pool.parent.mkdir(exist_ok=True)
    pool.write_text(POOL)
    commit("Again")
    assert verdict()[0] == "fresh"
    pool.unlink()
    commit("Delete")
    assert verdict() == ("missing", None, None)


def test_a_file_of_the_same_name_without_the_lines_is_no_rename(pool: Path) -> None:
    claim("About it", "--anchor", "src/pool.py:4-7")
    pool.rename(pool.parent.parent / "moved")
    (pool.parent / "sub").mkdir()
    other = pool.parent / "sub" / "pool.py"
    other.write_text("nothing\n")
    assert verdict() == ("missing", None, None)
    other.write_text("\n" + POOL)
    assert verdict() == ("moved", ("src/sub/pool.py", 5, 8), None)


def test_settings_of_the_user_change_no_verdict(pool: Path) -> None:
    claim("About it", "--anchor", "src/pool.py:4-7")
    run_git("mv", "src/pool.py", "b.py")
    commit()
    for name, value in (("diff.renames", "false"), ("log.follow", "true"),
                        ("core.quotePath", "true"), ("diff.noprefix", "true"),
                        ("log.showSignature", "true"), ("color.ui", "always"),
                        ("diff.external", "false"), ("status.showUntracked", "no")):  # fmt: skip
        run_git("config", name, value)
    assert verdict() == ("moved", ("b.py", 4, 7), None)
    run_git("mv", "b.py", "c.py")
    assert verdict() == ("moved", ("c.py", 4, 7), None)


def test_a_sparse_checkout_leaves_out_files_that_are_there(pool: Path) -> None:
    claim("About it", "--anchor", "src/pool.py:4-7")
    run_git("sparse-checkout", "set", "--no-cone", "/README.md")
    assert not pool.exists()
    assert verdict() == ("fresh", ("src/pool.py", 4, 7), None)


# -- what stands at a path ---------------------------------------------------------------------


def test_what_is_no_file_any_more_is_missing_and_said(pool: Path) -> None:
    claim("About it", "--anchor", "src/pool.py:4-7")
    pool.unlink()
    pool.symlink_to("/etc/passwd")
    assert verdict() == ("missing", None, "a symbolic link stands there")
    commit()
    assert verdict("--rev", "HEAD") == ("missing", None, "a symbolic link stands there")
    pool.unlink()
    pool.mkdir()
    (pool / "file").write_text(POOL)
    assert verdict() == ("missing", None, "a folder stands there")
    commit()
    assert verdict("--rev", "HEAD")[0] in ("missing", "moved")


def test_a_folder_that_became_a_link_is_not_followed(pool: Path, tmp_path: Path) -> None:
    claim("About it", "--anchor", "src/pool.py:4-7")
    pool.parent.rename(tmp_path / "src")
    pool.parent.symlink_to(tmp_path / "src")
    assert pool.exists()
    assert verdict() == ("missing", None, "a symbolic link stands there")


def test_what_cannot_be_read_is_unknown(pool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    claim("About it", "--anchor", "src/pool.py:4-7")
    pool.write_bytes(b"a\0b")
    assert verdict() == ("unknown", None, "not a text file")
    commit()
    assert verdict("--rev", "HEAD") == ("unknown", None, "not a text file")
    pool.unlink()
    os.mkfifo(pool)
    thread = threading.Timer(20, lambda: pool.write_bytes(b""))  # never to hang
    thread.start()
    assert verdict() == ("unknown", None, "not a text file")
    thread.cancel()
    pool.unlink()
    pool.write_text(POOL)
    monkeypatch.setattr("git_mnemo.files.MOST_BYTES", 10)
    assert verdict() == ("unknown", None, "the file is too large")


def stored(*paths: str, digest: str = "0" * 16) -> None:
    """Nodes with anchors on these paths, as another machine may have made them."""
    for path in paths:
        lines = ["mnemo-node 1", "type leaf", "domain issues"]
        lines += [f"anchor - 1-1 {digest} {quote(path)}", "", f"About {quote(path)}"]
        blob = run_git("hash-object", "-w", "--stdin", input="\n".join(lines) + "\n")
        title = claim("Title", "--title", "T", "--new-chain")
        entry = f"0002-{blob}"
        month, day, fan, id_ = show(title["chain"])["path"].split("/")
        index = {"GIT_INDEX_FILE": str(Path(".git/scratch").absolute())}
        ref = f"refs/mnemo/sessions/{SESSION}"
        run_git("read-tree", ref, env=index)
        run_git("update-index", "--add", "--cacheinfo",
                f"100644,{blob},{month}/{day}/{fan}/{id_}/{entry}", env=index)  # fmt: skip
        tree = run_git("write-tree", env=index)
        message = f"claim {id_}: x\n\nMnemo-Session: {SESSION}\n"
        run_git("update-ref", ref, run_git("commit-tree", tree, "-p", ref, "-m", message))


@pytest.mark.parametrize(
    "path",
    ["../outside.py", "/etc/passwd", ".git/config", "src/.GIT/config", "src/../../outside.py",
     "a//b", "./README.md", "..", "git~1/config", ".git ./config", "a/", "x" * 5000],
)  # fmt: skip
def test_a_path_that_leads_outside_is_never_opened(
    pool: Path, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "outside.py").write_text("one\n")
    opened: list[str] = []
    real = os.open
    stored(path)

    def watched(name: Any, *args: Any, **kwargs: Any) -> int:
        opened.append(str(name))
        return real(name, *args, **kwargs)

    monkeypatch.setattr(os, "open", watched)
    assert verdict() == ("unknown", None, "path outside the work tree")
    assert not [name for name in opened if name.endswith(path)]
    assert verdict("--rev", "HEAD") == ("unknown", None, "path outside the work tree")


def test_odd_paths_of_other_machines(pool: Path) -> None:
    stored("-rf", ":(top)x", "*", "a\nb", "\udcff", "src", "no/such/file", "y" * 300)
    assert {one["verdict"] for one in verified()} == {"missing"}
    assert {one["verdict"] for one in verified("--rev", "HEAD")} == {"missing"}


def test_files_of_another_repository_are_not_ours(pool: Path) -> None:
    inner = pool.parent.parent / "inner"
    run_git("init", "--quiet", str(inner))
    (inner / "deep").mkdir()
    (inner / "deep" / "x.py").write_text("one\n")
    error = refused("claim", "X", "--anchor", "inner/deep/x.py", code="refused")
    assert "another repository" in error["message"]
    stored("inner/deep/x.py")
    assert verdict() == ("unknown", None, "path in another repository")


# -- what is verified --------------------------------------------------------------------------


def test_words_name_nodes_chains_files_and_folders(
    pool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = claim("One", "--anchor", "src/pool.py:4-7", "--new-chain")
    second = claim("Two", "--anchor", "README.md", "--new-chain")
    both = {first["address"], second["address"]}

    def named(*words: str) -> set[str]:
        return {one["address"] for one in verified(*words)}

    assert named() == both
    assert named(first["address"][:8]) == {first["address"]}
    assert named(second["chain"]) == {second["address"]}
    assert named("src/pool.py") == named("src") == named("src/") == {first["address"]}
    assert named("src", second["address"]) == both
    assert named(".") == both
    monkeypatch.chdir(pool.parent)
    assert named("pool.py") == named(".") == {first["address"]}
    assert named("../README.md") == {second["address"]}
    assert named("..") == both


def test_a_file_is_named_by_its_new_name_and_its_old_one(pool: Path) -> None:
    claim("One", "--anchor", "src/pool.py:4-7")
    run_git("mv", "src/pool.py", "new.py")
    commit()
    assert one("new.py")["now"]["path"] == "new.py"
    assert one("src/pool.py")["now"]["path"] == "new.py"
    assert verified("README.md") == []


def test_what_is_hidden_is_verified_only_by_its_address(pool: Path) -> None:
    first = claim("One", "--anchor", "src/pool.py:4-7")
    ask("retract", first["address"], "--reason", "no")
    assert verified() == []
    assert one(first["address"])["verdict"] == "fresh"


@pytest.mark.parametrize("word", ["nowhere.py", "chain:abcd", "node:abcd", "0123abcd"])
def test_a_word_that_names_nothing_is_refused(pool: Path, word: str) -> None:
    refused("verify", word, code="not-found")


def test_a_revision_that_is_none_is_refused(pool: Path) -> None:
    claim("One", "--anchor", "src/pool.py:4-7")
    for rev in ("nope", "", "-x", "HEAD:src", "--all"):
        refused("verify", f"--rev={rev}", code="not-found")


def test_the_project_is_verified_without_a_session(pool: Path) -> None:
    claim("One", "--anchor", "src/pool.py:4-7")
    ask("promote", "--all")
    ask("archive")
    assert [one["verdict"] for one in verified(session=None)] == ["fresh"]
    pool.unlink()
    assert [one["verdict"] for one in verified(session=None)] == ["missing"]


def test_a_bare_repository_is_verified_at_head(
    pool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim("One", "--anchor", "src/pool.py:4-7")
    pool.write_text("#\n" + POOL)
    commit()
    ask("promote", "--all")
    run_git("clone", "--quiet", "--mirror", ".", str(tmp_path / "bare"))
    monkeypatch.chdir(tmp_path / "bare")
    assert verdict() == ("moved", ("src/pool.py", 5, 8), None)
    assert verdict("--rev", "HEAD~1", "src") == ("fresh", ("src/pool.py", 4, 7), None)
    run_git("symbolic-ref", "HEAD", "refs/heads/none")
    assert verdict()[0] == "unknown"


def test_people_see_a_line_for_each_and_a_tally(pool: Path) -> None:
    claim("One", "--anchor", "src/pool.py:4-7")
    claim("Two", "--anchor", "README.md")
    pool.write_text(POOL.replace("found", "it"))
    result = git_mnemo("verify")
    assert result.code == 1
    assert "drifted" in result.out
    assert " src/pool.py:4-7  One\n" in result.out
    pool.write_text("#\n" + POOL)
    assert " src/pool.py:4-7 -> src/pool.py:5-8  One\n" in git_mnemo("verify").out
    assert result.err == "2 anchors: 1 fresh, 1 drifted\n"
    nothing = git_mnemo("verify", "src/pool.py", session="s_0b0b0b0b")
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "0 anchors\n")


def test_a_real_process_fails_so_that_it_can_gate(pool: Path) -> None:
    env = {"GIT_MNEMO_SESSION": SESSION, "GIT_MNEMO_NOW": str(NOW)}
    claim("One", "--anchor", "src/pool.py:4-7")
    assert mnemo("verify", env=env, cwd=pool.parent).code == 0
    pool.unlink()
    assert mnemo("verify", env=env, cwd=pool.parent.parent).code == 1


# -- beside nodes ------------------------------------------------------------------------------


def test_show_tells_the_verdict_beside_each_anchor(pool: Path) -> None:
    done = claim("One", "--anchor", "src/pool.py:4-7", "--anchor", "README.md")
    pool.write_text("#\n" + POOL)
    readme, lines = show(done["address"])["anchors"]
    if readme["path"] != "README.md":
        readme, lines = lines, readme
    assert (readme["verdict"], lines["verdict"]) == ("fresh", "moved")
    assert lines["now"] == {"path": "src/pool.py", "first": 5, "last": 8}
    member = show(done["chain"])["members"][1]
    assert {anchor["verdict"] for anchor in member["anchors"]} == {"fresh", "moved"}
    text = git_mnemo("show", done["address"]).out
    assert "about src/pool.py:4-7  [moved to src/pool.py:5-8]\n" in text
    pool.unlink()
    assert "about src/pool.py:4-7  [missing]\n" in git_mnemo("show", done["chain"]).out


def test_status_counts_the_claims_that_are_out_of_date(
    pool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim("Promoted", "--anchor", "src/pool.py:4-7", "--anchor", "src/pool.py:10-11")
    ask("promote", "--all")
    claim("One", "--anchor", "README.md")
    assert ask("status")["stale"] == 0
    assert "out of date" not in git_mnemo().out
    pool.unlink()
    assert ask("status")["stale"] == 1
    assert "\nstale       1 claim out of date: git mnemo verify\n" in git_mnemo().out
    monkeypatch.setattr("git_mnemo.standing.MOST_VERIFIED", 1)
    assert ask("status")["stale"] is None


def test_recall_ranks_a_drifted_claim_below_a_fresh_one_and_marks_it(pool: Path) -> None:
    claim("Pools are slow on a cold start", "--anchor", "src/pool.py:10-11", "--new-chain")
    claim("Pools are slow on a cold start!", "--anchor", "src/pool.py:4-7", "--new-chain")

    def found() -> list[tuple[str, str]]:
        hits = ask("recall", "pools slow cold start")["hits"]
        return [(hit["text"][-1], hit["anchors"][0]["verdict"]) for hit in hits]

    before = found()
    assert {verdict for _, verdict in before} == {"fresh"}
    best, other = (text for text, _ in before)
    pool.write_text(
        POOL.replace("pool.close()", "pass") if best == "t" else POOL.replace("# one", "# no")
    )
    assert found() == [(other, "fresh"), (best, "drifted")]
    assert "[drifted" in git_mnemo("recall", "pools slow cold start").out
    assert "[out of date]" in git_mnemo("recall", "--nodes", "pools slow cold start").out


# -- inheritance -------------------------------------------------------------------------------


def places(address: str) -> list[str]:
    return sorted(anchor["path"] for anchor in show(address)["anchors"])


def test_what_sums_up_or_replaces_is_about_what_its_inputs_are_about(pool: Path) -> None:
    one = claim("One", "--anchor", "src/pool.py:4-7")["address"]
    two = claim("Two", "--anchor", "README.md")["address"]
    assert places(ask("compress", one, two, "--text", "Both")["address"]) == [
        "README.md",
        "src/pool.py",
    ]
    better = ask("supersede", one, "Better")["address"]
    assert places(better) == ["src/pool.py"]
    assert show(better)["anchors"][0]["hash"] == show(one)["anchors"][0]["hash"]
    assert places(ask("supersede", one, "Elsewhere", "--anchor", "README.md")["address"]) == [
        "README.md"
    ]
    assert places(ask("compress", one, "--text", "More", "--anchor", "README.md")["address"]) == [
        "README.md",
        "src/pool.py",
    ]
    assert places(ask("retract", one, "--reason", "no")["address"]) == []
    assert places(claim("Rests on it", "--input", one)["address"]) == []


def test_a_batch_inherits_too(pool: Path) -> None:
    done = batch(
        {"text": "One", "anchors": ["src/pool.py:4-7"]},
        {"text": "Two", "type": "compress", "inputs": ["#1"]},
        {"text": "Three", "type": "supersede", "inputs": ["#1"], "anchors": ["README.md"]},
    )["nodes"]
    assert [places(one["address"]) for one in done[1:]] == [["src/pool.py"], ["README.md"]]


def test_no_more_is_inherited_than_a_node_holds(repo: Path) -> None:
    lines = "".join(f"line {number}\n" for number in range(100))
    (repo / "long.py").write_text(lines)
    inputs = [
        claim(f"{part}", *(f"--anchor=long.py:{line}" for line in range(part, part + 40)))[
            "address"
        ]
        for part in (1, 41)
    ]
    both = ask("compress", *inputs, "--text", "Both", "--anchor", "long.py")["address"]
    assert len(show(both)["anchors"]) == 64
    assert None in {anchor["first"] for anchor in show(both)["anchors"]}


def test_the_same_lines_are_inherited_once(pool: Path) -> None:
    before = claim("Before", "--anchor", "src/pool.py:4-7")["address"]
    pool.write_text(POOL + "# more\n")
    after = claim("After", "--anchor", "src/pool.py:4-7")["address"]
    both = ask("compress", before, after, "--text", "Both")["address"]
    assert len(show(both)["anchors"]) == 1


def test_the_same_anchors_are_the_same_node() -> None:
    assert Anchor(None, 1, 2, "0" * 16, "a")[1:] == Anchor("b", 1, 2, "0" * 16, "a")[1:]
