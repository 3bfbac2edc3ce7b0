"""`why`: from a file, a line or a commit to the reasoning tied to it."""

from pathlib import Path
from typing import Any

import pytest

from git_mnemo import node
from git_mnemo.writing import Writing, into_session
from tests.support import mnemo, run_git
from tests.test_verify import POOL, commit
from tests.verbs import (
    DAY,
    HOUR,
    NOW,
    SESSION,
    ask,
    claim,
    git_mnemo,
    here,
    refused,
    show,
    stamp,
    texts,
)


@pytest.fixture
def pool(repo: Path) -> Path:
    """A committed src/pool.py of eleven lines."""
    path = repo / "src" / "pool.py"
    path.parent.mkdir()
    path.write_text(POOL)
    commit("Pool")
    return path


def why(what: str, *args: str, session: str | None = SESSION) -> dict[str, Any]:
    return ask("why", what, *args, session=session)


def said(answer: dict[str, Any]) -> list[str]:
    """The texts of the anchored nodes, in order."""
    return [one["text"] for one in answer["nodes"]]


def chains(answer: dict[str, Any]) -> list[str]:
    return [one["title"] for one in answer["chains"]]


def link(chain: str, commit_id: str, subject: str, *replaced: str) -> str:
    """Enter a commit node into a chain of the session, as the hooks do; its address."""

    def act(writing: Writing) -> str:
        new = node.build(node.COMMIT, subject, commit=commit_id, inputs=replaced)
        address = writing.write(new)
        writing.append(chain, address)
        return address

    return into_session(here(), stamp(), SESSION, "link", act)[0]


# -- anchored nodes ----------------------------------------------------------------------------


def test_a_line_is_answered_by_what_is_about_it_and_then_about_its_file(pool: Path) -> None:
    claim("The file", "--anchor", "src/pool.py")
    claim("The function", "--anchor", "src/pool.py:4-7", now=NOW + HOUR)
    claim("The other", "--anchor", "src/pool.py:10-11", now=NOW + HOUR + 60)
    claim("The readme", "--anchor", "README.md")
    answer = why("src/pool.py:5")
    assert said(answer) == ["The function", "The file"]
    assert (answer["path"], answer["line"]) == ("src/pool.py", 5)
    assert answer["commit"] == run_git("rev-parse", "HEAD")
    assert answer["nodes"][0]["anchors"][0]["verdict"] == "fresh"
    assert chains(answer) == ["The file"]
    assert "The other" in [one["text"] for one in answer["chains"][0]["members"]]
    assert said(why("src/pool.py:9-12")) == ["The other", "The file"]


def test_a_file_is_answered_by_what_still_stands_and_is_new_first(pool: Path) -> None:
    claim("Old", "--anchor", "src/pool.py:10-11")
    claim("Newer", "--anchor", "src/pool.py:4-7", now=NOW + 60)
    claim("Newest", "--anchor", "src/pool.py:1-5", now=NOW + 120)
    answer = why("src/pool.py")
    assert said(answer) == ["Newest", "Newer", "Old"]
    assert (answer["line"], answer["commit"]) == (None, None)
    assert answer["commits"] == [run_git("rev-parse", "HEAD")]
    pool.write_text(POOL.replace("import time", "import os"))
    assert said(why("src/pool.py")) == ["Newer", "Old", "Newest"]


def test_lines_that_moved_are_answered_where_they_are_now(pool: Path) -> None:
    claim("The function", "--anchor", "src/pool.py:4-7")
    pool.write_text("#\n" * 20 + POOL)
    answer = why("src/pool.py:25")
    assert said(answer) == ["The function"]
    assert answer["nodes"][0]["anchors"][0]["verdict"] == "moved"
    assert answer["commit"] == run_git("rev-parse", "HEAD")
    refused("why", "src/pool.py:5", code="not-found")


def test_a_drifted_claim_answers_after_one_that_holds_and_is_marked(pool: Path) -> None:
    claim("The body", "--anchor", "src/pool.py:6-7", now=NOW + 60)
    claim("The whole", "--anchor", "src/pool.py:4-7")
    pool.write_text(POOL.replace("# one pool for all", "# two pools"))
    answer = why("src/pool.py:6")
    assert said(answer) == ["The body", "The whole"]
    verdicts = [one["anchors"][0]["verdict"] for one in answer["nodes"]]
    assert verdicts == ["fresh", "drifted"]
    assert "[drifted" in git_mnemo("why", "src/pool.py:6").out


@pytest.mark.parametrize("committed", [True, False])
def test_a_renamed_file_is_answered_under_its_new_name(pool: Path, committed: bool) -> None:
    claim("The function", "--anchor", "src/pool.py:4-7")
    run_git("mv", "src/pool.py", "new.py")
    if committed:
        commit("Rename")
    assert said(why("new.py:5")) == said(why("new.py")) == ["The function"]
    assert said(why("src/pool.py")) == ["The function"]


def test_a_file_that_is_gone_is_answered_too(pool: Path) -> None:
    claim("The function", "--anchor", "src/pool.py:4-7")
    pool.unlink()
    assert said(why("src/pool.py")) == said(why("src/pool.py:5")) == ["The function"]
    commit("Delete")
    assert said(why("src/pool.py")) == ["The function"]


def test_what_is_hidden_does_not_answer(pool: Path) -> None:
    one = claim("Wrong", "--anchor", "src/pool.py:4-7")["address"]
    assert said(why("src/pool.py:5")) == ["Wrong"]
    ask("supersede", one, "Right")
    assert said(why("src/pool.py:5")) == ["Right"]


def test_the_project_answers_without_a_session(pool: Path) -> None:
    claim("The function", "--anchor", "src/pool.py:4-7")
    ask("promote", "--all")
    ask("archive")
    assert said(why("src/pool.py:5", session=None)) == ["The function"]


def test_the_path_is_seen_from_where_the_user_stands(
    pool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim("The function", "--anchor", "src/pool.py:4-7")
    monkeypatch.chdir(pool.parent)
    answer = why("pool.py:5")
    assert (answer["path"], said(answer)) == ("src/pool.py", ["The function"])
    assert answer["commit"] == run_git("rev-parse", "HEAD")
    assert said(why("../src/pool.py")) == ["The function"]


# -- commits -----------------------------------------------------------------------------------


def test_the_commit_of_a_line_leads_to_the_chains_linked_to_it(pool: Path) -> None:
    before = run_git("rev-parse", "HEAD")
    first = claim("Why there is a pool", "--new-chain")["chain"]
    link(first, before, "Pool")
    pool.write_text(POOL.replace("Pool(size)", "Pool(size + 1)"))
    after = commit("One more")
    second = claim("Why there is one more", "--new-chain")["chain"]
    link(second, after, "One more")
    assert chains(why("src/pool.py:5")) == ["Why there is a pool"]
    answer = why("src/pool.py:6")
    assert (chains(answer), answer["commit"]) == (["Why there is one more"], after)
    assert answer["commits"] == [after]
    assert chains(why("src/pool.py")) == ["Why there is one more", "Why there is a pool"]
    assert chains(why(after[:9])) == ["Why there is one more"]
    assert chains(why("HEAD~1")) == ["Why there is a pool"]
    ask("promote", "--all")
    ask("archive")
    assert chains(why("src/pool.py:6", session=None)) == ["Why there is one more"]


def test_lines_moved_up_and_local_edits_do_not_confuse_the_blame(pool: Path) -> None:
    chain = claim("Why there is a pool")["chain"]
    link(chain, run_git("rev-parse", "HEAD"), "Pool")
    pool.write_text("# mine\n" + POOL)
    assert chains(why("src/pool.py:5")) == ["Why there is a pool"]
    error = refused("why", "src/pool.py:1", code="not-found")
    assert error["hint"] == 'git mnemo claim --anchor src/pool.py:1 "why it is so"'


def test_a_rewritten_commit_leads_to_the_chains_of_what_it_replaced(pool: Path) -> None:
    before = run_git("rev-parse", "HEAD")
    chain = claim("Why there is a pool")["chain"]
    old = link(chain, before, "Pool")
    run_git("commit", "--quiet", "--amend", "--message", "A pool")
    refused("why", "src/pool.py:5", code="not-found")
    link(chain, run_git("rev-parse", "HEAD"), "A pool", old)
    assert chains(why("src/pool.py:5")) == ["Why there is a pool"]
    assert chains(why(before)) == ["Why there is a pool"]


def test_a_rewritten_commit_in_another_chain_is_followed_back(pool: Path) -> None:
    before = run_git("rev-parse", "HEAD")
    old = link(claim("Before", "--new-chain")["chain"], before, "Pool")
    run_git("commit", "--quiet", "--amend", "--message", "A pool")
    after = run_git("rev-parse", "HEAD")
    link(claim("After", "--new-chain")["chain"], after, "A pool", old)
    assert chains(why(after)) == ["After", "Before"]
    assert chains(why(before)) == ["Before", "After"]


@pytest.mark.parametrize("where", ["live", "archived", "promoted"])
def test_a_trailer_leads_to_the_chains_of_its_session(pool: Path, where: str) -> None:
    claim("Why there is one more", session="s_00000001")
    claim("Unrelated", session="s_00000002")
    pool.write_text(POOL.replace("Pool(size)", "Pool(size + 1)"))
    commit("One more\n\nText.\n\nMnemo-Session: s_00000001\nMnemo-Session: s_99999999\n\n# more")
    if where == "promoted":
        ask("promote", "--all", session="s_00000001")
        ask("archive", session="s_00000001")
        run_git("for-each-ref", "--format=delete %(refname)", "refs/mnemo/archive")
        name = run_git("for-each-ref", "--format=%(refname)", "refs/mnemo/archive/")
        run_git("update-ref", "-d", name)
    if where == "archived":
        ask("archive", session="s_00000001")
    for what in ("src/pool.py:6", "src/pool.py", "HEAD"):
        answer = why(what)
        assert chains(answer) == ["Why there is one more"]
        status = {"live": "preliminary", "archived": "archived", "promoted": "active"}[where]
        assert answer["chains"][0]["status"] == status
    refused("why", "src/pool.py:5", code="not-found")


def test_agents_of_the_session_of_a_trailer_count(pool: Path) -> None:
    claim("Why it is so", session="s_00000001@claude")
    commit("More\n\nMnemo-Session: s_00000001")
    assert chains(why("HEAD")) == ["Why it is so"]


def test_anchors_come_first_then_commits_then_trailers(pool: Path) -> None:
    claim("By trailer", session="s_00000001")
    pool.write_text(POOL + "more()\n")
    commit("More\n\nMnemo-Session: s_00000001")
    linked = claim("By commit", "--new-chain")["chain"]
    link(linked, run_git("rev-parse", "HEAD"), "More")
    claim("By anchor", "--new-chain", "--anchor", "src/pool.py:12")
    answer = why("src/pool.py:12")
    assert chains(answer) == ["By anchor", "By commit", "By trailer"]
    assert answer["truncated"] is False
    fewer = why("src/pool.py:12", "--limit", "2")
    assert (chains(fewer), fewer["truncated"]) == (["By anchor", "By commit"], True)


def test_chains_are_whole_within_a_budget(pool: Path) -> None:
    claim("First " + "x" * 500, "--anchor", "src/pool.py:4-7")
    for number in range(20):
        claim(f"{number} " + "x" * 500)
    whole = why("src/pool.py:5", "--budget", "20000")
    assert len(whole["chains"][0]["members"]) == 21
    assert whole["truncated"] is False
    part = why("src/pool.py:5", "--budget", "2000")
    assert part["truncated"] is True
    assert 2 <= len(part["chains"][0]["members"]) < 7
    assert "First" in part["chains"][0]["members"][0]["text"]
    assert part["chains"][0]["left_out"] > 14


# -- questions ---------------------------------------------------------------------------------


def test_what_names_nothing_is_refused(pool: Path, tmp_path: Path) -> None:
    claim("The function", "--anchor", "src/pool.py:4-7")
    for nothing in ("nowhere.py", "nowhere.py:3", "../outside.py", "HEAD~99"):
        told = refused("why", nothing, code="not-found")
        assert told["message"] == f"{nothing!r} is no file of the work tree, and no commit."
    told = refused("why", "README.md", code="not-found")
    assert told["hint"] == 'git mnemo claim --anchor README.md "why it is so"'
    refused("why", "HEAD", code="not-found")
    refused("why", "src", code="refused")
    refused("why", "src/pool.py:12", code="refused")
    refused("why", "src/pool.py:0", code="refused")
    refused("why", "src/pool.py:3-2", code="refused")
    refused("why", "", code="not-found")
    refused("why", "src/pool.py", "--limit", "0", code="usage", status=129)


def test_a_file_wins_over_a_commit_of_its_name(pool: Path) -> None:
    (pool.parent.parent / "HEAD").write_text("one\n")
    claim("The file", "--anchor", "HEAD")
    assert said(why("HEAD")) == ["The file"]
    link(claim("The commit", "--new-chain")["chain"], run_git("rev-parse", "HEAD"), "Pool")
    assert chains(why("HEAD^0")) == ["The commit"]


def test_a_bare_repository_answers_at_head(
    pool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim("The function", "--anchor", "src/pool.py:4-7")
    ask("promote", "--all")
    run_git("mv", "src/pool.py", "new.py")
    commit("Rename")
    run_git("clone", "--quiet", "--mirror", ".", str(tmp_path / "bare"))
    monkeypatch.chdir(tmp_path / "bare")
    answer = why("new.py:5", session=None)
    assert said(answer) == ["The function"]
    assert answer["commit"] == run_git("rev-parse", "HEAD~1")
    assert said(why("src/pool.py", session=None)) == ["The function"]


def test_a_repository_without_a_commit_has_anchors_to_answer_from(empty_repo: Path) -> None:
    (empty_repo / "new.py").write_text("one\n")
    claim("New", "--anchor", "new.py")
    assert said(why("new.py:1")) == said(why("new.py")) == ["New"]


def test_people_read_the_commit_the_claims_and_the_chains(pool: Path) -> None:
    pool.write_text(POOL + "more()\n")
    commit("More \x1b[31mred")
    claim("It is \u202eso", "--anchor", "src/pool.py:12")
    text = git_mnemo("why", "src/pool.py:12", now=NOW + DAY).out
    assert text.startswith(f"commit {run_git('rev-parse', 'HEAD')[:10]} More [31mred (Ada Example")
    assert "\n    about src/pool.py:12\n" in text
    assert "\nchain ch_" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_real_process_in_a_subdirectory(pool: Path) -> None:
    env = {"GIT_MNEMO_SESSION": SESSION, "GIT_MNEMO_NOW": str(NOW)}
    claim("The function", "--anchor", "src/pool.py:4-7")
    found = mnemo("why", "pool.py:5", env=env, cwd=pool.parent)
    assert (found.code, "The function" in found.out) == (0, True)
    nothing = mnemo("why", "pool.py:1", env=env, cwd=pool.parent)
    assert (nothing.code, nothing.out) == (1, "")


def test_the_helpers_see_what_they_should(pool: Path) -> None:
    chain = claim("One")["chain"]
    address = link(chain, run_git("rev-parse", "HEAD"), "Pool")
    assert show(address)["commit"] == run_git("rev-parse", "HEAD")
    assert texts(chain)[0] == "One"
