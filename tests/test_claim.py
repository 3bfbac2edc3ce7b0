"""Claims: where they go, what is written for them, and what is not written twice."""

from pathlib import Path

import pytest

from git_mnemo import chain, node, refs
from git_mnemo.claim import Draft, record
from tests.support import mnemo, mnemo_json, run_git
from tests.verbs import (
    DAY,
    HOUR,
    NOW,
    OTHER,
    REF,
    SESSION,
    all_refs,
    ask,
    claim,
    git_mnemo,
    here,
    message,
    refused,
    show,
    stamp,
    texts,
    tree,
)

TITLE = node.encode(node.build("chain", "The pool is cold", key=SESSION))
LEAF = node.encode(node.build("leaf", "The pool is cold"))


def blob(data: bytes) -> str:
    """The id git gives these bytes."""
    return run_git("hash-object", "--stdin", input=data.decode())


def head() -> str:
    return run_git("rev-parse", "HEAD")


# -- what is written ---------------------------------------------------------------------------


def test_the_first_claim_is_one_commit_whose_every_byte_is_known(repo: Path) -> None:
    title, leaf = blob(TITLE), blob(LEAF)
    id_ = f"ch_20261123_{title[:16]}"
    done = claim("The pool is cold")
    tip = run_git("rev-parse", REF)
    assert done == {
        "session": SESSION,
        "chain": id_,
        "address": leaf,
        "position": 1,
        "commit": tip,
        "type": "leaf",
        "created": True,
    }
    folder = f"2026-11/23/{title[:2]}/{id_}"
    assert tree() == [f"{folder}/0000-{title}", f"{folder}/0001-{leaf}"]
    assert run_git("cat-file", "blob", leaf) == LEAF.decode().rstrip("\n")
    assert run_git("cat-file", "commit", tip) == (
        f"tree {run_git('rev-parse', f'{tip}^{{tree}}')}\n"
        f"author Ada Example <ada@example.com> {NOW} +0000\n"
        f"committer Ada Example <ada@example.com> {NOW} +0000\n"
        "\n"
        f"claim {id_}: The pool is cold\n"
        "\n"
        f"Mnemo-Session: {SESSION}\n"
        f"Mnemo-Head: {head()}\n"
        f"Mnemo-Node: {title} {id_} 0000 2026-11-23T09:30:00Z -\n"
        f"Mnemo-Node: {leaf} {id_} 0001 2026-11-23T09:30:00Z -"
    )


def test_the_next_claim_follows_in_the_same_chain(repo: Path) -> None:
    first = claim("One")
    second = claim("Two", "--agent", "Claude", now=NOW + 60)
    assert (second["chain"], second["position"]) == (first["chain"], 2)
    assert run_git("rev-parse", f"{REF}^") == first["commit"]
    assert message() == (
        f"claim {first['chain']}: Two\n"
        "\n"
        f"Mnemo-Session: {SESSION}\n"
        f"Mnemo-Head: {head()}\n"
        f"Mnemo-Node: {second['address']} {first['chain']} 0002 2026-11-23T09:31:00Z claude\n"
    )


def test_the_base_is_the_project_at_the_first_commit_of_a_session(repo: Path) -> None:
    claim("Known")
    project = ask("promote")["new"]
    claim("Still thinking")
    assert "Mnemo-Base" not in message()
    claim("Elsewhere", session=OTHER)
    assert f"\nMnemo-Base: {project}\nMnemo-Head: {head()}\n" in message(refs.session_ref(OTHER))


def test_without_a_commit_no_head_is_named(empty_repo: Path) -> None:
    claim("Before anything")
    assert "Mnemo-Head" not in message()
    assert "Mnemo-Session: " in message()


def test_the_subject_is_the_first_line_cut_and_rid_of_what_steers(repo: Path) -> None:
    done = claim("\x1b[31mred\u202e " + "x" * 100 + "\nsecond line")
    quoted = ("[31mred " + "x" * 100)[:72]
    assert message().startswith(f"claim {done['chain']}: {quoted}\n\n")


def test_a_text_is_normalised_before_it_becomes_a_node(repo: Path) -> None:
    done = claim("\ufeff \r\n\r\nOne\r\ntwo \r\n\t")
    assert done["address"] == blob(node.encode(node.build("leaf", "One\ntwo")))
    assert show(done["address"])["text"] == "One\ntwo"


@pytest.mark.parametrize("text", ["type leaf\n\nkey x", "mnemo-node 1\ntype chain\n\nMine"])
def test_a_text_like_a_header_stays_text(repo: Path, text: str) -> None:
    done = claim(text)
    assert show(done["address"]) | {"type": "leaf", "text": text} == show(done["address"])


# -- where it goes -----------------------------------------------------------------------------


def test_a_title_is_the_first_line_cut_to_72_without_blanks_at_its_end(repo: Path) -> None:
    done = claim("a" * 70 + "  and more\nsecond line")
    assert show(done["chain"])["title"] == "a" * 70


@pytest.mark.parametrize(
    ("args", "title"),
    [
        (["--new-chain"], "Two"),
        (["--title", "Cold starts"], "Cold starts"),
        (["--new-chain", "--title", "Cold starts"], "Cold starts"),
    ],
)
def test_a_new_chain_is_opened_and_becomes_current(repo: Path, args: list[str], title: str) -> None:
    first = claim("One")
    second = claim("Two", *args)
    assert second["chain"] != first["chain"]
    assert (second["position"], show(second["chain"])["title"]) == (1, title)
    assert claim("Three")["chain"] == second["chain"]


def test_a_chain_can_be_named_whole_or_short_and_becomes_current(repo: Path) -> None:
    first, second = claim("One"), claim("Two", "--new-chain")
    assert claim("Three", "--chain", first["chain"])["position"] == 2
    assert claim("Four")["chain"] == first["chain"]
    short = second["chain"][12:18]
    assert claim("Five", "--chain", short)["chain"] == second["chain"]
    assert claim("Six", "--chain", f"chain:{short}")["position"] == 3


def test_a_chain_that_is_nowhere_is_refused(repo: Path) -> None:
    claim("One")
    refused("claim", "Two", "--chain", "ch_20260101_0123456789abcdef", code="not-found")
    refused("claim", "Two", "--chain", "0123456789ab", code="not-found")


def test_the_days_folder_is_the_clocks(repo: Path) -> None:
    assert claim("Late", now=NOW + 14 * HOUR + 1799)["chain"].startswith("ch_20261123_")
    assert claim("Later", "--new-chain", now=NOW + 15 * HOUR)["chain"].startswith("ch_20261124_")


def test_chains_of_one_title_are_told_apart_by_their_keys(repo: Path) -> None:
    ids = [claim(text, "--title", "Pool")["chain"] for text in ("One", "Two", "Three")]
    assert len(set(ids)) == 3
    keys = [show(id_)["members"][0]["key"] for id_ in ids]
    assert keys == [SESSION, f"{SESSION}.2", f"{SESSION}.3"]
    titles = [blob(node.encode(node.build("chain", "Pool", key=key))) for key in keys]
    assert [id_[12:] for id_ in ids] == [title[:16] for title in titles]


def test_a_key_that_the_project_has_is_not_taken_again(repo: Path) -> None:
    first = claim("One", "--title", "Pool")
    ask("promote")
    ask("archive")
    run_git("update-ref", "-d", refs.archive_ref(SESSION, NOW))
    second = claim("Two", "--title", "Pool", now=NOW + DAY)
    assert show(first["chain"])["members"][0]["key"] == SESSION
    assert show(second["chain"])["members"][0]["key"] == f"{SESSION}.2"


def test_a_claim_that_extends_the_projects_chain_brings_its_title_and_no_more(repo: Path) -> None:
    first = claim("One")
    ask("promote")
    second = claim("Two", "--chain", first["chain"], session=OTHER)
    assert second["position"] == 2
    names = [path.rpartition("/")[2] for path in tree(refs.session_ref(OTHER))]
    title = show(first["chain"])["members"][0]["address"]
    assert names == [f"0000-{title}", f"0002-{second['address']}"]


def test_scratch_is_a_chain_born_stashed_and_never_current(repo: Path) -> None:
    first = claim("One")
    second = claim("Maybe", "--scratch")
    assert second["chain"] != first["chain"]
    assert show(second["chain"])["status"] == "stashed"
    third = claim("Back to work")
    assert third["chain"] not in (first["chain"], second["chain"])
    assert ask("promote", "--all")["promoted"][0]["chain"] != second["chain"]


def test_a_domain_is_the_claims_and_its_titles(repo: Path) -> None:
    done = claim("Ruled out", "--domain", "decisions")
    shown = show(done["chain"])
    assert shown["domain"] == "decisions"
    assert [one["domain"] for one in shown["members"]] == ["decisions", "decisions"]
    other = claim("Why", "--domain", "issues")
    assert show(other["address"])["domain"] == "issues"
    assert claim("Ruled out")["address"] != done["address"]


@pytest.mark.parametrize("domain", ["Decisions", "", "-x", "a" * 33, "dé"])
def test_what_is_no_domain_is_refused(repo: Path, domain: str) -> None:
    claim("x")
    refused("claim", "One", "--domain", domain, code="invalid-node")


# -- twice -------------------------------------------------------------------------------------


def test_the_same_claim_again_writes_nothing(repo: Path) -> None:
    first = claim("One")
    before = all_refs()
    again = claim("One", now=NOW + 60)
    assert again == first | {"created": False, "commit": None}
    assert all_refs() == before


def test_the_same_claim_goes_into_another_chain_as_the_same_node(repo: Path) -> None:
    first = claim("One")
    second = claim("One", "--new-chain", "--title", "Other")
    assert (second["address"], second["created"]) == (first["address"], True)
    assert show(first["address"])["chains"] == sorted([first["chain"], second["chain"]])


def test_two_agents_saying_the_same_make_one_address(repo: Path) -> None:
    first = claim("One", "--agent", "a")
    second = claim("One", "--agent", "b", session=OTHER)
    assert (second["address"], second["created"]) == (first["address"], True)


# -- inputs and nodes --------------------------------------------------------------------------


def test_inputs_are_named_whole_or_short_one_by_one_or_together(repo: Path) -> None:
    one, two, three = (claim(text)["address"] for text in ("One", "Two", "Three"))
    done = claim("So", "--input", one[:10], "--input", f"node:{two}, {three}")
    assert show(done["address"])["inputs"] == sorted([one, two, three])
    assert show(one)["hidden_by"] == []


def test_a_node_that_exists_is_put_into_another_chain(repo: Path) -> None:
    one = claim("One")
    two = claim("Two", "--new-chain")
    done = ask("claim", "--node", one["address"][:12])
    assert done == one | {
        "chain": two["chain"],
        "position": 2,
        "commit": run_git("rev-parse", REF),
    }
    again = ask("claim", "--node", one["address"], "--chain", two["chain"])
    assert (again["created"], again["position"]) == (False, 2)
    assert texts(two["chain"]) == ["Two", "One"]


def test_only_claims_are_put_into_other_chains(repo: Path) -> None:
    done = claim("One")
    title = show(done["chain"])["members"][0]["address"]
    refused("claim", "--node", title, code="refused")


def test_a_session_is_asked_for_as_option_before_the_environment(repo: Path) -> None:
    assert claim("One", "--session", OTHER)["session"] == OTHER
    assert claim("One")["session"] == SESSION


# -- the verb itself, and the wiring -----------------------------------------------------------


def test_drafts_are_recorded_together_or_not_at_all(repo: Path) -> None:
    done = record(here(), stamp(), SESSION, [Draft("One"), Draft("Two")])
    assert [one.position for one in done] == [1, 2]
    assert {one.commit for one in done} == {run_git("rev-parse", REF)}
    assert run_git("rev-list", "--count", REF) == "1"


def test_what_is_told_to_people_is_one_line(repo: Path) -> None:
    result = git_mnemo("claim", "The pool\nis cold")
    id_ = run_git("ls-tree", "-r", "--name-only", REF).split("/")[3]
    address = tree()[1].rpartition("-")[2]
    assert result.out == f"[{id_} {address[:10]}] The pool\n"
    assert git_mnemo("claim", "The pool\nis cold").err == (
        "it stood there already; nothing was written\n"
    )


def test_a_real_process_claims_from_arguments_and_stdin(repo: Path) -> None:
    env = {"GIT_MNEMO_NOW": str(NOW), "GIT_MNEMO_SESSION": SESSION, "GIT_MNEMO_AGENT": "Codex"}
    first = mnemo_json("claim", "The pool is cold", env=env)
    assert first["address"] == blob(LEAF)
    second = mnemo("claim", "-", input="From\nstdin\n", env=env)
    assert (second.code, second.err) == (0, "")
    assert texts(first["chain"]) == ["The pool is cold", "From\nstdin"]
    assert message().rstrip().endswith(" 0002 2026-11-23T09:30:00Z codex")


def test_a_chain_longer_than_four_digits_still_counts(repo: Path) -> None:
    done = claim("One")
    repository = here()
    root = run_git("rev-parse", f"{REF}^{{tree}}")
    path = "/".join(chain.folders(done["chain"]))
    listed = run_git("ls-tree", f"{root}:{path}").replace("0001-", "9999-")
    assert "9999-" in listed
    tree_id = run_git("mktree", input=listed + "\n")
    for folder in reversed(path.split("/")):
        tree_id = run_git("mktree", input=f"040000 tree {tree_id}\t{folder}\n")
    text = message()
    commit = run_git("commit-tree", tree_id, "-m", text.replace(" 0001 ", " 9999 "))
    run_git("update-ref", REF, commit)
    more = record(repository, stamp(NOW + 60), SESSION, [Draft("Two")])[0]
    assert more.position == 10000
    assert tree()[-1].rpartition("/")[2] in (f"10000-{more.address}", f"9999-{done['address']}")
    assert texts(done["chain"]) == ["One", "Two"]
