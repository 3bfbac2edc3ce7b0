"""Inputs that stand elsewhere: copied in with all that makes them understood, or refused."""

from pathlib import Path

import pytest

from git_mnemo import refs
from tests import plain
from tests.support import run_git
from tests.verbs import (
    DAY,
    NOW,
    OTHER,
    OTHER_REF,
    REF,
    SESSION,
    all_refs,
    ask,
    batch,
    claim,
    message,
    refused,
    show,
    tree,
)


def names(chain: str, ref: str = REF) -> list[str]:
    """The addresses of a chain's entries in one ref's own tree."""
    return [path[-plain.WIDTH :] for path in tree(ref) if f"/{chain}/" in path]


def title(chain: str, session: str = OTHER) -> str:
    address = show(chain, session=session)["members"][0]["address"]
    assert isinstance(address, str)
    return address


def test_an_input_of_another_session_comes_with_its_chains_title(repo: Path) -> None:
    there = claim("There", "--agent", "codex", session=OTHER)
    claim("Not needed", session=OTHER)
    done = claim("Here", "--input", there["address"], now=NOW + 60)
    head = title(there["chain"])
    assert names(there["chain"]) == [head, there["address"]]
    assert names(done["chain"])[-1] == done["address"]
    assert message().startswith(f"claim {done['chain']}: Here\n")
    # Who claimed it there, and when, is told here as it was told there.
    lines = message().splitlines()
    assert f"Mnemo-Node: {head} {there['chain']} 0000 2026-11-23T09:30:00Z codex" in lines
    assert (
        f"Mnemo-Node: {there['address']} {there['chain']} 0001 2026-11-23T09:30:00Z codex" in lines
    )
    assert lines[-1].endswith(f"{done['address']} {done['chain']} 0001 2026-11-23T09:31:00Z -")


def test_what_the_input_needs_comes_too_and_what_it_does_not_stays(repo: Path) -> None:
    far = claim("Far", "--title", "Far", session=OTHER)
    near = claim("Near", "--title", "Near", "--input", far["address"], session=OTHER)
    claim("Unneeded", "--title", "Unneeded", session=OTHER)
    claim("Here", "--input", near["address"][:16])
    assert names(far["chain"]) == [title(far["chain"]), far["address"]]
    assert names(near["chain"]) == [title(near["chain"]), near["address"]]
    assert len(tree()) == 6


def test_the_chains_stash_and_resume_come_too_so_that_it_stays_stashed(repo: Path) -> None:
    there = claim("There", session=OTHER)
    ask("stash", there["chain"], session=OTHER)
    ask("pop", there["chain"], session=OTHER)
    claim("Later", "--chain", there["chain"], session=OTHER)
    ask("stash", there["chain"], "--reason", "again", session=OTHER)
    claim("Here", "--input", there["address"])
    kinds = [one["type"] for one in show(there["chain"])["members"]]
    assert kinds == ["chain", "leaf", "stash", "resume", "stash"]
    assert show(there["chain"])["status"] == "stashed"


def test_an_input_of_an_archive_is_copied_in(repo: Path) -> None:
    there = claim("There", session=OTHER)
    ask("archive", session=OTHER)
    done = claim("Here", "--input", there["address"][:8], now=NOW + DAY)
    assert show(done["address"])["inputs"] == [there["address"]]
    assert names(there["chain"])[-1] == there["address"]
    assert run_git("for-each-ref", refs.SESSIONS + "*", "--format=%(refname)") == REF


def test_what_is_copied_in_leaves_the_current_chain_alone(repo: Path) -> None:
    here = claim("Here")
    there = claim("There", session=OTHER)
    done = claim("More", "--input", there["address"])
    assert done["chain"] == here["chain"]
    assert claim("And more")["chain"] == here["chain"]


def test_an_input_of_the_project_is_not_copied(repo: Path) -> None:
    there = claim("There", session=OTHER)
    ask("promote", session=OTHER)
    claim("Here", "--input", there["address"])
    assert names(there["chain"]) == []


def test_an_answer_to_another_sessions_node_stands_beside_it(repo: Path) -> None:
    there = claim("There", session=OTHER)
    before = run_git("rev-parse", OTHER_REF)
    done = ask("supersede", there["address"], "Better")
    assert (done["chain"], done["session"]) == (there["chain"], SESSION)
    assert show(there["address"])["hidden_by"] == [done["address"]]
    assert run_git("rev-parse", OTHER_REF) == before


def test_a_node_of_another_session_can_be_put_into_a_chain_here(repo: Path) -> None:
    claim("Here")
    there = claim("There", session=OTHER)
    done = ask("claim", "--node", there["address"])
    assert done["address"] == there["address"]
    assert there["address"] in names(done["chain"])


def test_a_batch_brings_inputs_in_once(repo: Path) -> None:
    there = claim("There", session=OTHER)
    done = batch(
        {"text": "One", "inputs": [there["address"]]}, {"text": "Two", "inputs": [there["address"]]}
    )
    assert len(tree()) == 5
    assert len({one["commit"] for one in done["nodes"]}) == 1


def test_a_prefix_of_two_nodes_is_ambiguous_and_names_both(repo: Path) -> None:
    addresses: dict[str, str] = {}
    for number in range(2000):
        text = f"Finding {number}"
        data = f"mnemo-node 1\ntype leaf\ndomain context\n\n{text}\n"
        address = plain.oid_of("blob", data.encode())
        if address[:4] in addresses:
            other = addresses[address[:4]]
            break
        addresses[address[:4]] = text
    else:
        pytest.fail("no two addresses begin alike")
    done = batch({"text": text}, {"text": other})["nodes"]
    error = refused("claim", "So", "--input", address[:4], code="ambiguous")
    assert error["candidates"] == sorted(one["address"] for one in done)
    longer = next(n for n in range(5, 41) if len({one["address"][:n] for one in done}) == 2)
    assert claim("So", "--input", address[:longer])["created"]


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [
        ("0" * 40, "not-found", 1),
        ("01234567", "not-found", 1),
        ("abc", "invalid-id", 129),
        ("xyzw", "invalid-id", 129),
        ("a" * 65, "invalid-id", 129),
        ("ch_20261123_0123456789abcdef", "not-found", 1),
    ],
)
def test_an_input_that_is_nowhere_is_refused(repo: Path, text: str, code: str, status: int) -> None:
    claim("One")
    refused("claim", "Two", "--input", text, code=code, status=status)


def test_an_object_that_is_no_node_is_no_input(repo: Path) -> None:
    claim("One")
    for name in ("HEAD", "HEAD^{tree}", "HEAD:README.md"):
        error = refused("claim", "Two", "--input", run_git("rev-parse", name), code="not-found")
        assert "is an object of this repository, but a node of no session" in error["message"]


def test_a_node_whose_session_is_gone_is_no_input(repo: Path) -> None:
    there = claim("There", session=OTHER)
    claim("Here")
    run_git("update-ref", "-d", OTHER_REF)
    refused("claim", "More", "--input", there["address"], code="not-found")
    assert all_refs().count("refs/mnemo/") == 1
