"""Chains put aside and taken up again."""

from pathlib import Path

import pytest

from git_mnemo import refs
from tests.support import mnemo_json, run_git
from tests.verbs import (
    NOW,
    OTHER,
    OTHER_REF,
    REF,
    SESSION,
    all_refs,
    ask,
    claim,
    message,
    refused,
    show,
    tree,
)


def kinds(chain: str) -> list[str]:
    return [one["type"] for one in show(chain)["members"]]


def test_a_stash_is_a_node_of_the_chain(repo: Path) -> None:
    one = claim("One")
    done = ask("stash", one["chain"], "--reason", "not now", "--agent", "claude", now=NOW + 1)
    assert done == {
        "chain": one["chain"],
        "status": "stashed",
        "address": show(one["chain"])["members"][2]["address"],
    }
    title, _, stash = show(one["chain"])["members"]
    assert (stash["type"], stash["text"], stash["domain"]) == ("stash", "not now", "context")
    assert stash["inputs"] == [title["address"]]
    assert message() == (
        f"stash {one['chain']}: not now\n\n"
        f"Mnemo-Session: {SESSION}\n"
        f"Mnemo-Head: {run_git('rev-parse', 'HEAD')}\n"
        f"Mnemo-Node: {done['address']} {one['chain']} 0002 2026-11-23T09:30:01Z claude\n"
    )
    assert show(one["chain"])["status"] == "stashed"


def test_a_pop_answers_the_stash(repo: Path) -> None:
    one = claim("One")
    stash = ask("stash", one["chain"])
    done = ask("pop", one["chain"])
    assert (done["chain"], done["status"]) == (one["chain"], "preliminary")
    resume = show(done["address"])
    assert (resume["type"], resume["text"], resume["inputs"]) == (
        "resume", "resumed", [stash["address"]],
    )  # fmt: skip
    assert show(stash["address"])["text"] == "stashed"
    assert message().startswith(f"pop {one['chain']}: resumed\n")


def test_a_chain_can_be_stashed_again_and_each_stash_is_its_own_node(repo: Path) -> None:
    one = claim("One")
    addresses = []
    for _ in range(3):
        addresses.append(ask("stash", one["chain"])["address"])
        assert show(one["chain"])["status"] == "stashed"
        addresses.append(ask("pop", one["chain"])["address"])
        assert show(one["chain"])["status"] == "preliminary"
    assert len(set(addresses)) == 6
    assert kinds(one["chain"]) == ["chain", "leaf", *["stash", "resume"] * 3]
    title = show(one["chain"])["members"][0]["address"]
    assert show(addresses[2])["inputs"] == sorted([title, addresses[1]])


@pytest.mark.parametrize("verb", ["stash", "pop"])
def test_twice_is_once(repo: Path, verb: str) -> None:
    one = claim("One")
    ask("stash", one["chain"])
    if verb == "pop":
        ask("pop", one["chain"])
    before = all_refs()
    done = ask(verb, one["chain"], now=NOW + 60)
    assert done["address"] is None
    assert done["status"] == ("stashed" if verb == "stash" else "preliminary")
    assert all_refs() == before


def test_the_next_claim_after_a_stash_opens_a_chain(repo: Path) -> None:
    one = claim("One")
    ask("stash", one["chain"])
    two = claim("Two")
    assert two["chain"] != one["chain"]
    ask("pop", one["chain"])
    assert claim("Three")["chain"] == two["chain"]


def test_after_a_pop_the_chain_is_current_again_where_nothing_was_claimed_since(
    repo: Path,
) -> None:
    one = claim("One")
    ask("stash", one["chain"])
    ask("pop", one["chain"])
    assert claim("Two")["chain"] == one["chain"]


def test_a_chain_of_the_project_is_stashed_by_a_session(repo: Path) -> None:
    one = claim("One")
    project = ask("promote")["new"]
    ask("stash", one["chain"], session=OTHER)
    assert [path.rpartition("/")[2][:5] for path in tree(OTHER_REF)] == ["0000-", "0002-"]
    assert show(one["chain"], session=OTHER)["status"] == "stashed"
    assert show(one["chain"])["status"] == "active"
    assert run_git("rev-parse", refs.PROJECT) == project
    assert [c["id"] for c in ask("chains", "--stashed", session=OTHER)["chains"]] == [one["chain"]]
    assert ask("pop", one["chain"], session=OTHER)["status"] == "preliminary"


def test_a_scratch_chain_is_taken_up_like_any_other(repo: Path) -> None:
    one = claim("Maybe", "--scratch")
    assert kinds(one["chain"]) == ["chain", "leaf", "stash"]
    assert ask("pop", one["chain"])["status"] == "preliminary"
    assert claim("Surely")["chain"] == one["chain"]
    assert ask("promote", "--all")["promoted"][0]["chain"] == one["chain"]


def test_a_chain_can_be_named_shortly_and_must_be_known(repo: Path) -> None:
    one = claim("One")
    assert ask("stash", one["chain"][12:18])["chain"] == one["chain"]
    refused("stash", "01234567", code="not-found")
    refused("pop", one["address"], code="not-found")  # a node is no chain
    refused("stash", "nonsense", code="invalid-id", status=129)


def test_a_stash_goes_to_the_session_the_worktree_went_on_with_last(repo: Path) -> None:
    one = claim("One", session=None)
    ask("stash", one["chain"], session=None, now=NOW + 10**6)
    sessions = run_git("for-each-ref", "--format=%(refname)", refs.SESSIONS + "*").splitlines()
    assert sessions == [refs.session_ref(one["session"])]


def test_real_processes(repo: Path) -> None:
    env = {"GIT_MNEMO_NOW": str(NOW), "GIT_MNEMO_SESSION": SESSION}
    one = claim("One")
    assert mnemo_json("stash", one["chain"], env=env)["status"] == "stashed"
    assert mnemo_json("pop", one["chain"], env=env)["status"] == "preliminary"
    assert run_git("log", "--format=%s", REF).splitlines() == [
        f"pop {one['chain']}: resumed",
        f"stash {one['chain']}: stashed",
        f"claim {one['chain']}: One",
    ]
