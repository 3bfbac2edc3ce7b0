"""recall with an encoder: what it finds, what it keeps, and what it costs who has none."""

import os
import re
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from git_mnemo import api, ranking
from git_mnemo.index import FILE
from git_mnemo.ranking import Hit
from git_mnemo.recall import SMALL
from tests import encoders
from tests.support import Result, run, run_git
from tests.test_startup import AT_EXIT, loaded
from tests.verbs import DAY, NOW, OTHER, SESSION, ask, batch, claim, git_mnemo

EXTRA = ("numpy", "onnxruntime", "tokenizers")
MISSING = [name for name in EXTRA if find_spec(name) is None]
extra = pytest.mark.skipif(
    bool(MISSING), reason=f"the extra git-mnemo[semantic] is not installed: {', '.join(MISSING)}"
)
# Read before the seal of the tests takes it away.
REAL = os.environ.get("GIT_MNEMO_TEST_ENCODER")
RECALL = AT_EXIT + "from git_mnemo.__main__ import run\nrun(sys.argv[1:])"
ENV = {"GIT_MNEMO_NOW": str(NOW), "GIT_MNEMO_SESSION": SESSION}


def hits(question: str, *args: str, **more: Any) -> list[str]:
    return [one["text"] for one in ask("recall", *args, question, **more)["hits"]]


def configure(folder: Path | str) -> None:
    run_git("config", "mnemo.encoder", str(folder))


@pytest.fixture
def encoder(repo: Path, tmp_path: Path) -> Path:
    """The small encoder, named to the repository."""
    folder = encoders.write(tmp_path / "encoder")
    configure(folder)
    return folder


@pytest.fixture(params=["scanned", "indexed"])
def large(repo: Path, request: pytest.FixtureRequest) -> None:
    """A project that is searched by the index, or nothing but what a test claims."""
    if request.param == "indexed":
        pad(SMALL + 10)


def pad(number: int) -> None:
    texts = (f"Padding number {one}." for one in range(number))
    batch(*({"text": text, "title": "Padding"} for text in texts), now=NOW - 40 * DAY,
          session="s_0a0a0a0a")  # fmt: skip
    ask("promote", "--all", session="s_0a0a0a0a")


def vectors(repo: Path) -> dict[str, tuple[str, bytes]]:
    """What is kept: address to the encoder and the vector."""
    database = sqlite3.connect(repo / ".git" / "mnemo" / FILE)
    try:
        rows = database.execute("SELECT address, encoder, value FROM vector").fetchall()
    finally:
        database.close()
    return {raw.hex(): (made_by, value) for raw, made_by, value in rows}


# -- without it --------------------------------------------------------------------------------


def test_without_the_setting_nothing_of_it_is_loaded(repo: Path) -> None:
    claim("The car is red.", "--new-chain")
    ours = loaded(RECALL, "recall", "--nodes", "car")
    assert "git_mnemo.recall" in ours
    assert not ours & {*EXTRA, "git_mnemo.encoder", "git_mnemo.semantic"}


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("nowhere", "'nowhere' is no folder and no installed package"),
        ("json", "holds no model.onnx with a tokenizer.json"),
        ("empty", "holds no model.onnx with a tokenizer.json"),
        pytest.param("damaged", "damaged/model.onnx cannot be used: ", marks=extra),
        pytest.param("foreign", "foreign/model.onnx cannot be used: ", marks=extra),
    ],
)
def test_an_encoder_that_cannot_be_used_is_named_once_and_recall_goes_on(
    repo: Path, named: str, why: str
) -> None:
    (repo / "empty").mkdir()
    encoders.write(repo / "damaged").joinpath("model.onnx").write_bytes(b"no model")
    encoders.write(repo / "foreign").joinpath("tokenizer.json").write_text("{}")
    claim("The car is red.", "--new-chain")
    plain = git_mnemo("recall", "--json", "car")
    configure(named)
    told = git_mnemo("recall", "--json", "car")
    assert (told.code, told.out) == (plain.code, plain.out)
    assert plain.err == ""
    check_trouble(told, why)
    check_trouble(git_mnemo("recall", "--batch", stdin=b"car\nred\n"), why)
    check_trouble(git_mnemo("reindex"), why)
    with pytest.warns(UserWarning, match="^without mnemo.encoder: .*" + re.escape(why)):
        api.open().recall("car")


def check_trouble(result: Result, why: str) -> None:
    (line,) = result.err.splitlines()
    assert line.startswith("without mnemo.encoder: ")
    assert line.endswith(".")
    assert why in line


def test_without_the_extra_the_line_says_what_to_install(encoder: Path, tmp_path: Path) -> None:
    claim("The car is red.", "--new-chain")
    hide = "import sys\nsys.modules['onnxruntime'] = sys.modules['numpy'] = None\n"
    program = hide + "from git_mnemo.__main__ import run\nrun(sys.argv[1:])"
    done = run(sys.executable, "-c", program, "recall", "--nodes", "car", env=ENV)
    assert "The car is red." in done.out
    assert done.err == (
        "without mnemo.encoder: the package numpy is missing: pip install 'git-mnemo[semantic]'.\n"
    )


# -- mixing ------------------------------------------------------------------------------------


def test_both_scores_count_as_parts_of_their_best() -> None:
    by_words = [Hit("c", "both", 8.0, 1), Hit("c", "word", 4.0, 2)]
    by_meaning = [Hit("c", "sense", 0.5, 3), Hit("c", "both", 0.25, 1)]
    mixed = {hit.address: hit.score for hit in ranking.mixed(by_words, by_meaning)}
    assert mixed == pytest.approx({"both": 0.6 + 0.2, "word": 0.3, "sense": 0.4})
    assert ranking.mixed([], []) == []
    assert ranking.mixed([], by_meaning[:1]) == [Hit("c", "sense", 0.4, 3)]


# -- with it -----------------------------------------------------------------------------------


@extra
def test_what_says_the_same_in_other_words_is_found(large: None, encoder: Path) -> None:
    claim("The car is sluggish.", "--new-chain")
    claim("A banana is yellow.", "--new-chain")
    assert hits("automobile") == ["The car is sluggish."]
    ask("promote", "--all")
    assert hits("automobile") == ["The car is sluggish."]
    assert hits("automobile", "--project-only", session=OTHER) == ["The car is sluggish."]
    assert hits("nothing of it") == []
    claim("The automobile stands still.", "--new-chain")
    assert hits("automobile") == ["The automobile stands still.", "The car is sluggish."]


@extra
def test_all_that_limits_and_replaces_words_does_so_with_meaning(
    large: None, encoder: Path
) -> None:
    old = claim("The car is sluggish.", "--new-chain", "--domain", "d", now=NOW - 9 * DAY)
    aside = claim("Any car will do.", "--new-chain")
    ask("promote", "--all")
    ask("stash", aside["chain"])
    assert hits("automobile", "--domain", "d") == ["The car is sluggish."]
    assert hits("automobile", "--domain", "other") == []
    assert hits("automobile", "--since", "2.days") == []
    ask("supersede", old["address"], "--text", "It was sold.")
    assert hits("automobile") == ["It was sold."]
    assert hits("automobile", "--all")[:1] != ["It was sold."]
    assert set(hits("automobile", "--all")) >= {"The car is sluggish.", "Any car will do."}


@extra
def test_what_stands_around_a_claim_helps_to_find_it(large: None, encoder: Path) -> None:
    # What means nothing is as near as what it stands beside, so that the next one means something.
    for text in ("The car stopped.", "It was red.", "One more.", "Again.", "Far away."):
        claim(text, *(["--new-chain"] if text.startswith("The car") else []))
    assert sorted(hits("automobile")) == sorted(
        ["The car stopped.", "It was red.", "One more.", "Again."]
    )
    assert hits("automobile")[0] == "The car stopped."


@extra
def test_vectors_are_made_once_for_each_encoder_and_go_with_their_nodes(
    encoder: Path, repo: Path
) -> None:
    pad(SMALL + 10)
    kept = claim("The car is sluggish.", "--new-chain")
    gone = claim("A red fruit.", "--new-chain")
    ask("promote", "--all")
    session = claim("My automobile.", "--new-chain")
    with encoded() as texts:
        assert set(hits("automobile")) == {"My automobile.", "The car is sluggish."}
        assert len(texts) > SMALL + 10
    before = vectors(repo)
    assert len(before) == SMALL + 12
    assert kept["address"] in before
    assert session["address"] not in before
    with encoded() as texts:
        hits("automobile")
        assert sorted(texts) == ["My automobile.", "automobile"]

    encoders.write(encoder, encoders.MEANINGS[::-1])  # other vectors, of the same length
    assert set(hits("automobile")) == {"My automobile.", "The car is sluggish."}
    after = vectors(repo)
    assert after.keys() == before.keys()
    assert not {made_by for made_by, _ in after.values()} & {one for one, _ in before.values()}

    purged = git_mnemo("purge", gone["address"], "--yes")
    assert purged.code == 0, purged
    assert vectors_or_none(repo) in (None, {})
    hits("automobile")
    assert vectors(repo).keys() == before.keys() - {gone["address"]}


@extra
def test_reindex_encodes_the_project_and_what_leaves_it_is_forgotten(
    encoder: Path, repo: Path
) -> None:
    address = claim("The car is sluggish.", "--new-chain")["address"]
    ask("promote", "--all")
    assert git_mnemo("reindex").err == ""
    assert vectors(repo).keys() == {address}
    run_git("update-ref", "-d", "refs/mnemo/project")
    git_mnemo("status")
    assert vectors(repo) == {}


@extra
def test_where_nothing_can_be_kept_the_answers_are_the_same(encoder: Path, repo: Path) -> None:
    pad(SMALL + 10)
    claim("The car is sluggish.", "--new-chain")
    ask("promote", "--all")
    state = repo / ".git" / "mnemo"
    for path in state.glob(FILE + "*"):
        path.unlink()
    (state / FILE).mkdir()
    assert hits("automobile") == ["The car is sluggish."]


@pytest.mark.skipif(REAL is None, reason="GIT_MNEMO_TEST_ENCODER names no sentence encoder")
@extra
def test_a_real_encoder_finds_what_shares_no_word(repo: Path) -> None:
    assert REAL is not None
    configure(REAL)
    for text in ("Logins are refused after the upgrade.", "The build takes an hour.",
                 "Bananas ripen in paper bags."):  # fmt: skip
        claim(text, "--new-chain")
    assert hits("users cannot sign in")[0] == "Logins are refused after the upgrade."
    assert hits("compilation is slow")[0] == "The build takes an hour."


def vectors_or_none(repo: Path) -> dict[str, tuple[str, bytes]] | None:
    """What is kept; None where there is no index."""
    return vectors(repo) if (repo / ".git" / "mnemo" / FILE).exists() else None


@contextmanager
def encoded() -> Iterator[list[str]]:
    """All texts that are encoded in the block, as they come."""
    from git_mnemo.encoder import Encoder

    texts: list[str] = []
    true = Encoder.encode

    def encode(self: Encoder, given: Sequence[str]) -> Any:
        texts.extend(given)
        return true(self, given)

    with mock.patch.object(Encoder, "encode", encode):
        yield texts
