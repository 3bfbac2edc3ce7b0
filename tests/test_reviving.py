"""Superseding, compressing, retracting, and saying again what was hidden, as users see it."""

from pathlib import Path
from typing import Any

import pytest

from tests.support import mnemo_json, run_git
from tests.verbs import NOW, OTHER, REF, SESSION, all_refs, ask, claim, refused, show, texts


def supersede(*args: str, now: int = NOW) -> dict[str, Any]:
    return ask("supersede", *args, now=now)


def compress(*args: str) -> dict[str, Any]:
    return ask("compress", *args)


def retract(*args: str, reason: str = "wrong") -> dict[str, Any]:
    return ask("retract", *args, "--reason", reason)


def hidden_by(address: str) -> list[str]:
    found = show(address)["hidden_by"]
    assert isinstance(found, list)
    return found


# -- hiding ------------------------------------------------------------------------------------


def test_a_supersede_replaces_its_input_in_its_chain(repo: Path) -> None:
    one = claim("One", "--domain", "decisions")
    claim("Elsewhere", "--new-chain")
    done = supersede(one["address"][:10], "--text", "One, better")
    assert (done["type"], done["chain"], done["position"]) == ("supersede", one["chain"], 2)
    assert hidden_by(one["address"]) == [done["address"]]
    assert texts(one["chain"]) == ["One, better"]
    shown = show(done["address"])
    assert (shown["domain"], shown["inputs"]) == ("decisions", [one["address"]])


def test_the_text_of_a_supersede_may_be_the_last_word(repo: Path) -> None:
    one, two = claim("One"), claim("Two")
    done = supersede(one["address"], two["address"], "Both")
    assert show(done["address"])["inputs"] == sorted([one["address"], two["address"]])
    assert show(done["address"])["text"] == "Both"


def test_a_compress_stands_for_its_inputs(repo: Path) -> None:
    one, two = claim("One"), claim("Two")
    done = compress(one["address"], two["address"], "--text", "Both")
    assert done["type"] == "compress"
    assert (hidden_by(one["address"]), hidden_by(two["address"])) == (
        [done["address"]],
        [done["address"]],
    )
    status = ask("status")
    assert (status["nodes"], status["active"]) == (3, 1)


def test_a_retract_withdraws_and_what_it_withdrew_hid_comes_back(repo: Path) -> None:
    one = claim("One")
    two = supersede(one["address"], "Two")
    assert texts(one["chain"]) == ["Two"]
    three = retract(two["address"], reason="Two was worse")
    assert (hidden_by(one["address"]), hidden_by(two["address"])) == ([], [three["address"]])
    assert texts(one["chain"]) == ["One", "Two was worse"]


def test_superseding_twice_does_not_bring_the_first_back(repo: Path) -> None:
    one = claim("One")
    two = supersede(one["address"], "Two")
    supersede(two["address"], "Three")
    assert texts(one["chain"]) == ["Three"]


def test_a_chain_whose_claims_are_all_hidden_is_superseded(repo: Path) -> None:
    one = claim("One")
    assert show(one["chain"])["status"] == "preliminary"
    retract(one["address"])
    assert show(one["chain"])["status"] == "superseded"


def test_an_answer_goes_to_the_chain_that_is_named(repo: Path) -> None:
    one, two = claim("One"), claim("Two", "--new-chain")
    done = supersede(one["address"], "Three", "--chain", two["chain"])
    assert (done["chain"], done["position"]) == (two["chain"], 2)


def test_what_the_project_knows_is_superseded_from_a_session(repo: Path) -> None:
    one = claim("One")
    ask("promote")
    done = ask("supersede", one["address"], "Two", session=OTHER)
    assert (done["session"], done["chain"], done["position"]) == (OTHER, one["chain"], 2)
    assert show(one["address"], session=OTHER)["hidden_by"] == [done["address"]]
    assert show(one["address"])["hidden_by"] == []  # another session is in no view


@pytest.mark.parametrize("verb", ["supersede", "compress", "retract"])
def test_a_hider_twice_is_one_node(repo: Path, verb: str) -> None:
    one = claim("One")
    option = "--reason" if verb == "retract" else "--text"
    first = ask(verb, one["address"], option, "Two")
    before = all_refs()
    again = ask(verb, one["address"], option, "Two", now=NOW + 9)
    assert again == first | {"created": False, "commit": None}
    assert all_refs() == before


def test_a_supersede_needs_a_text_and_an_input(repo: Path) -> None:
    one = claim("One")
    refused("supersede", one["address"], code="usage", status=129)
    refused("supersede", code="usage", status=129)
    refused("retract", one["address"], code="usage", status=129)
    refused("compress", "--text", "x", code="usage", status=129)


# -- saying it again ---------------------------------------------------------------------------


def test_a_retracted_claim_said_again_is_visible_and_reviving_is_told(repo: Path) -> None:
    one = claim("One")
    gone = retract(one["address"])
    again = claim("One")
    assert (again["type"], again["created"], again["revives"]) == (
        "supersede", True, one["address"],
    )  # fmt: skip
    assert show(again["address"])["inputs"] == [gone["address"]]
    assert texts(one["chain"]) == ["One"]
    assert hidden_by(again["address"]) == []


def test_a_superseded_claim_said_again_replaces_what_replaced_it(repo: Path) -> None:
    one = claim("One")
    two = supersede(one["address"], "Two")
    three = supersede(two["address"], "Three")
    again = claim("One")
    assert show(again["address"])["inputs"] == [three["address"]]
    assert texts(one["chain"]) == ["One"]


def test_a_compressed_claim_said_again_leaves_the_summary_alone(repo: Path) -> None:
    one, two = claim("One"), claim("Two")
    compress(one["address"], two["address"], "--text", "Both")
    again = claim("One")
    assert show(again["address"])["inputs"] == [one["address"]]
    assert texts(one["chain"]) == ["Both", "One"]


def test_said_again_twice_is_written_once(repo: Path) -> None:
    one = claim("One")
    retract(one["address"])
    again = claim("One")
    before = all_refs()
    third = claim("One", now=NOW + 60)
    assert (third["address"], third["created"], third["type"]) == (
        again["address"], False, "supersede",
    )  # fmt: skip
    assert all_refs() == before


@pytest.mark.parametrize("hide", [retract, lambda address: supersede(address, "Two")])
def test_hidden_and_said_again_any_number_of_times(repo: Path, hide: Any) -> None:
    address = claim("One")["address"]
    seen = {address}
    for _ in range(5):
        hide(address)
        assert hidden_by(address) != []
        again = claim("One")
        assert again["created"]
        assert again["address"] not in seen
        address = again["address"]
        seen.add(address)
        assert hidden_by(address) == []
    chain = show(address)["chains"][0]
    assert texts(chain).count("One") == 1


def test_what_is_visible_elsewhere_is_not_written_again(repo: Path) -> None:
    one = claim("One")
    other = claim("Two", "--new-chain")
    new = supersede(other["address"], "One")
    retract(one["address"])
    before = all_refs()
    again = claim("One")
    assert (again["address"], again["created"]) == (new["address"], False)
    assert (again["chain"], again["position"]) == (other["chain"], 2)
    assert again["type"] == "supersede"
    assert all_refs() == before
    assert claim("One", "--domain", "issues")["created"]  # another domain is another claim


def test_a_claim_hidden_in_the_project_is_revived_from_a_session(repo: Path) -> None:
    one = claim("One")
    gone = retract(one["address"])
    ask("promote")
    again = claim("One", session=OTHER)
    assert show(again["address"], session=OTHER)["inputs"] == [gone["address"]]
    assert again["revives"] == one["address"]


def test_what_only_another_session_hides_is_just_claimed(repo: Path) -> None:
    one = claim("One")
    retract(one["address"])
    there = claim("One", session=OTHER)
    assert (there["address"], there["type"], there["created"]) == (one["address"], "leaf", True)


def test_a_retract_whose_retract_was_retracted_stands_again(repo: Path) -> None:
    one = claim("One")
    first = retract(one["address"])
    second = retract(first["address"], reason="it was right")
    assert hidden_by(one["address"]) == []
    retract(second["address"], reason="no, wrong after all")
    assert hidden_by(one["address"]) == [first["address"]]


def test_retracting_again_after_the_retract_was_retracted_withdraws_again(repo: Path) -> None:
    one = claim("One")
    first = retract(one["address"])
    for _ in range(3):
        back = retract(hidden_by(one["address"])[0], reason="it was right")
        assert hidden_by(one["address"]) == []
        again = retract(one["address"])
        assert again["address"] != first["address"]
        assert again["created"]
        assert hidden_by(one["address"]) != []
        assert hidden_by(back["address"]) != []


def test_superseding_again_after_the_supersede_was_retracted_hides_again(repo: Path) -> None:
    one = claim("One")
    two = supersede(one["address"], "Two")
    retract(two["address"])
    assert hidden_by(one["address"]) == []
    again = supersede(one["address"], "Two")
    assert again["created"]
    assert hidden_by(one["address"]) != []
    assert texts(one["chain"]) == ["Two"]


def test_superseding_by_a_text_that_is_visible_already_hides_all_the_same(repo: Path) -> None:
    one, two = claim("One"), claim("Two")
    retract(supersede(one["address"], "Two")["address"])
    assert hidden_by(one["address"]) == []
    supersede(one["address"], "Two")
    assert hidden_by(one["address"]) != []
    assert hidden_by(two["address"]) == []


def test_a_real_process_supersedes_and_retracts(repo: Path) -> None:
    env = {"GIT_MNEMO_NOW": str(NOW), "GIT_MNEMO_SESSION": SESSION}
    one = claim("One")
    done = mnemo_json("supersede", one["address"], "-", input="From stdin\n", env=env)
    assert show(done["address"])["text"] == "From stdin"
    mnemo_json("retract", done["address"], "--reason", "no", env=env)
    mnemo_json("compress", one["address"], "--text", "Short", env=env)
    assert texts(one["chain"]) == ["no", "Short"]
    assert run_git("rev-list", "--count", REF) == "4"
