"""recall: what is found, in which order, and what is told of it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from git_mnemo import recall as recalling
from git_mnemo.index.scan import Line, Scan
from git_mnemo.recall import SMALL
from tests.support import run_git
from tests.verbs import DAY, NOW, OTHER, ask, batch, claim, git_mnemo, refused

Json = dict[str, Any]
PADDING = "s_0a0a0a0a"


def recall(*args: str, **more: Any) -> Json:
    return ask("recall", *args, **more)


def hits(*args: str, **more: Any) -> list[str]:
    """The texts that a question finds, best first."""
    return [one["text"] for one in recall(*args, **more)["hits"]]


def shown(*args: str, **more: Any) -> list[list[str]]:
    """The texts of the members of each chain that a question finds."""
    return [[one["text"] for one in chain["members"]] for chain in recall(*args, **more)["chains"]]


@pytest.fixture(params=["scanned", "indexed"])
def large(repo: Path, request: pytest.FixtureRequest) -> None:
    """A project that is searched by the index, or nothing but what a test claims."""
    if request.param == "indexed":
        texts = (f"Padding number {number}." for number in range(SMALL + 10))
        batch(*({"text": text, "title": "Padding"} for text in texts), now=NOW - 40 * DAY,
              session=PADDING)  # fmt: skip
        ask("promote", "--all", session=PADDING)


# -- what is found -----------------------------------------------------------------------------


def test_project_and_session_are_one_list(large: None) -> None:
    claim("The parser drops trailing commas.", "--new-chain")
    ask("promote", "--all")
    ask("archive")
    claim("The parser keeps comments.", "--new-chain", session=OTHER)
    assert set(hits("parser", session=OTHER)) == {
        "The parser drops trailing commas.", "The parser keeps comments.",
    }  # fmt: skip
    assert hits("parser", "--project-only", session=OTHER) == ["The parser drops trailing commas."]
    assert hits("parser", "--session-only", session=OTHER) == ["The parser keeps comments."]
    error = refused("recall", "--project-only", "--session-only", "x", code="usage", status=129)
    assert "only" in error["message"]


def test_of_equals_the_own_session_comes_first_then_the_newest(large: None) -> None:
    for number, when in enumerate((3, 1, 2)):
        claim(f"Sockets leak, case {number}.", "--new-chain", now=NOW - when * DAY)
    ask("promote", "--all")
    ask("archive")
    assert hits("sockets leak", session=OTHER) == [
        "Sockets leak, case 1.", "Sockets leak, case 2.", "Sockets leak, case 0.",
    ]  # fmt: skip
    claim("Sockets leak, case 4.", "--new-chain", session=OTHER, now=NOW - 9 * DAY)
    assert "Sockets leak, case 4." in hits("sockets leak", session=OTHER)


def test_what_was_replaced_is_found_as_what_replaced_it(large: None) -> None:
    old = claim("Uploads go through the gateway.", "--new-chain")
    ask("promote", "--all")
    new = ask("supersede", old["address"], "--text", "They are sent to the bucket.")
    assert hits("uploads gateway") == ["They are sent to the bucket."]
    assert hits("uploads gateway", "--all")[0] == "Uploads go through the gateway."
    ask("promote", "--all")
    assert hits("uploads gateway") == ["They are sent to the bucket."]
    (chain,) = recall("uploads gateway")["chains"]
    struck = [bool(one["hidden_by"]) for one in chain["members"]]
    assert struck == [True, False]
    assert "~~Uploads go through the gateway.~~" in git_mnemo("recall", "uploads gateway").out
    ask("retract", new["address"], "--reason", "The bucket was never made.")
    assert "Uploads go through the gateway." in hits("uploads gateway")


def test_what_is_stashed_or_archived_is_found_with_all_only(large: None) -> None:
    chain = claim("Maybe zebra stripes.", "--new-chain")["chain"]
    assert hits("zebra")
    ask("stash", chain)
    assert hits("zebra") == []
    assert hits("zebra", "--all") == ["Maybe zebra stripes."]
    ask("pop", chain)
    assert hits("zebra") == ["Maybe zebra stripes."]
    ask("archive")
    assert hits("zebra", session=None) == []
    (found,) = recall("zebra", "--all", session=None)["chains"]
    assert found["status"] == "archived"


def test_filters_by_domain_and_date(large: None) -> None:
    claim("Ports are fixed at 8080.", "--domain", "decisions", "--new-chain", now=NOW - 20 * DAY)
    claim("Ports clash in tests.", "--domain", "issues", "--new-chain", now=NOW - DAY)
    for promoted in (False, True):
        assert hits("ports", "--domain", "decisions") == ["Ports are fixed at 8080."]
        assert hits("ports", "--since", "1.week") == ["Ports clash in tests."]
        assert hits("ports", "--since", "never", "--domain", "patterns") == []
        if not promoted:
            ask("promote", "--all")


def test_chains_about_a_file_come_first_among_equals(large: None, repo: Path) -> None:
    (repo / "src").mkdir()
    for name in ("a.py", "b.py"):
        (repo / "src" / name).write_text("one\ntwo\n")
    claim("Locks are taken twice.", "--anchor", "src/a.py:1", "--new-chain")
    claim("Locks are taken late!", "--anchor", "src/b.py:2", "--new-chain")
    ask("promote", "--all")
    ask("archive")
    assert hits("locks taken", "--path", "src/a.py", session=OTHER)[0] == "Locks are taken twice."
    assert hits("locks taken", "--path", "src/b.py", session=OTHER)[0] == "Locks are taken late!"
    (repo / "elsewhere").mkdir()
    assert hits("--path", "src/b.py", session=OTHER) == ["Locks are taken late!"]
    assert hits("--path", "src/c.py", session=OTHER) == []
    assert hits("b.py", session=OTHER)[:1] == ["Locks are taken late!"]


def test_what_has_drifted_comes_after_what_holds(large: None, repo: Path) -> None:
    for name in ("a.py", "b.py"):
        (repo / name).write_text("one = 1\ntwo = 2\nthree = 3\nfour = 4\n")
    claim("Retries are counted here.", "--anchor", "a.py:1-4", "--new-chain", now=NOW - DAY)
    claim("Retries are counted late.", "--anchor", "b.py:1-4", "--new-chain", now=NOW - 2 * DAY)
    ask("promote", "--all")
    assert hits("retries counted")[0] == "Retries are counted here."
    (repo / "a.py").write_text("nothing\nof it\nis left\n")
    found = recall("retries counted")
    assert found["hits"][0]["text"] == "Retries are counted late."
    assert found["hits"][1]["anchors"][0]["verdict"] == "drifted"
    assert "[drifted" in git_mnemo("recall", "retries counted").out


def test_a_claim_is_found_by_what_stands_near_it(large: None) -> None:
    texts = ["Flamingo pipeline.", "It is slow.", "Caching did not help."]
    batch(*({"text": text, "title": "Speed"} for text in texts))
    for promoted in (False, True):
        found = hits("flamingo")
        assert found[0] == texts[0]
        assert set(found) == set(texts)
        if not promoted:
            ask("promote", "--all")


def test_a_chain_that_grew_is_found_by_its_new_neighbours(large: None) -> None:
    """Rows of the index are taken out and put in again when the claims around them change."""
    first = claim("Old quagga claim.", "--new-chain")
    ask("promote", "--all")
    for text in ("Something else.", "Ibex at the end.", "More.", "And more."):
        claim(text, "--chain", first["chain"])
    ask("promote", "--all")
    assert "Old quagga claim." in hits("ibex")
    assert set(hits("quagga")) == {"Old quagga claim.", "Something else.", "Ibex at the end.",
                                   "More."}  # fmt: skip
    before = hits("quagga ibex more")
    ask("reindex")
    assert hits("quagga ibex more") == before


@pytest.mark.parametrize("title", ["Orchard", None])
def test_of_a_long_chain_what_stands_around_the_sessions_claims_is_read(
    repo: Path, monkeypatch: pytest.MonkeyPatch, title: str | None
) -> None:
    titled = {"title": title} if title else {}
    first = batch({"text": "Quince is sour.", **titled})["nodes"][0]["chain"]
    batch(*({"text": f"Fruit f{number} rots.", "chain": first} for number in range(30)))
    batch(*({"text": f"Padding number {number}.", "title": "Padding"} for number in range(SMALL)))
    ask("promote", "--all")
    claim("Last comes the medlar.", "--chain", first)
    read: list[int] = []

    def counted(lines: list[Line], *more: Any) -> Scan:
        read.append(sum(len(line.claims) for line in lines))
        return Scan(lines, *more)

    monkeypatch.setattr(recalling, "Scan", counted)
    assert [number for number in range(30) if "Last comes the medlar." in hits(f"f{number}")] == [
        27, 28, 29,
    ]  # fmt: skip
    assert ("Last comes the medlar." in hits("orchard")) == (title is not None)
    assert "Last comes the medlar." not in hits("quince")
    assert set(read) == {4}


# -- what may be asked -------------------------------------------------------------------------

ODD = [
    '"unbalanced', "AND", "NEAR(a b)", "a* OR (", "-x", "col:umn", "^a", "'; DROP TABLE said; --",
    "{text}: pool", "👍", "👍 pool", "***", "\u202epool", "a\nb\tpool", "\ud800".encode(
        "utf-8", "surrogatepass").decode("utf-8", "replace"), "ﷺ", "x" * 5000, "pool \x07",
]  # fmt: skip


@pytest.mark.parametrize("query", ODD, ids=lambda query: repr(query)[:20])
def test_nothing_in_a_question_is_syntax(large: None, query: str) -> None:
    claim("One pool for all.", "--new-chain")
    assert recall("--", query)["query"] == query
    found = hits("--", query)
    assert found == (["One pool for all."] if "pool" in query else [])


def test_a_paste_of_a_hundred_thousand_characters_finds_what_is_rare_in_it(large: None) -> None:
    claim("The quokka handler swallows SIGTERM.", "--new-chain")
    ask("promote", "--all")
    words = " ".join(f"padding number noise{number}" for number in range(4500))
    paste = f"{words[:60000]} quokka swallowed {words[60000:]}"
    assert len(paste) > 100_000
    found = json.loads(git_mnemo("recall", "--json", "-", stdin=paste.encode()).out)
    assert found["hits"][0]["text"] == "The quokka handler swallows SIGTERM."


@pytest.mark.parametrize("word", ["x", "Ab", "a1", "_"])
def test_a_paste_of_one_very_long_word_is_answered(repo: Path, word: str) -> None:
    """Where each place in it were looked at as a beginning, this took an hour."""
    claim("One pool for all, and its max_idle_count.")
    ask("promote")
    paste = f"{word * 500_000} __max_idle"
    command = [sys.executable, "-m", "git_mnemo", "recall", "--nodes", "-"]
    done = subprocess.run(
        command, input=paste.encode(), capture_output=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"max_idle_count" in done.stdout


@pytest.mark.parametrize(
    ("text", "queries"),
    [
        ("データベース接続が切れる。", ["接続", "データベース", "切"]),
        ("내부오류가 발생했습니다", ["내부오류"]),
        ("การเชื่อมต่อล้มเหลว", ["เชื่อมต่อ"]),
        ("Größenänderung schlägt fehl", ["größenänderung", "GROSSENANDERUNG".lower(), "schlagt"]),
        ("HTTPServer.handleRequest fails", ["handle request", "http server", "HTTPServer"]),
        ("set max_retry_count in conf", ["max_retry_count", "retry count", "maxRetryCount"]),
    ],
)
def test_other_scripts_and_names_of_code_are_found(
    large: None, text: str, queries: list[str]
) -> None:
    claim("Nothing to do with it.", "--new-chain")
    claim(text, "--new-chain")
    for promoted in (False, True):
        for query in queries:
            if "ß" not in query and "ß" in text and "schlagt" not in query:
                continue
            assert hits(query) == [text], query
        if not promoted:
            ask("promote", "--all")


def test_nothing_found_is_silence(repo: Path) -> None:
    done = git_mnemo("recall", "nothing")
    assert (done.code, done.out, done.err) == (1, "", "")
    assert recall("nothing") == {"query": "nothing", "chains": [], "hits": [], "truncated": False}
    refused("recall", code="usage", status=129)
    refused("recall", "--batch", "x", code="usage", status=129)


def test_found_but_without_room_is_not_silence(repo: Path) -> None:
    claim("One pool for all.")
    assert recall("--budget", "5", "pool")["truncated"]
    done = git_mnemo("recall", "--budget", "5", "pool")
    assert (done.code, done.out) == (1, "")
    assert "nothing of what was found fits into 5 characters" in done.err
    assert git_mnemo("recall", "--budget", "5", "nothing").err == ""


def test_a_date_that_is_none_is_refused_with_a_question(repo: Path) -> None:
    told = refused("recall", "--since", "neverland", "pool", code="usage", status=129)
    assert told["hint"].startswith("git mnemo recall --since ")


def test_a_batch_answers_each_line(large: None) -> None:
    claim("Alpha comes first.", "--new-chain")
    claim("Beta comes second.", "--new-chain")
    asked = b'alpha\n{"query": "beta", "qid": 7}\n\n{"query": "comes", "limit": 1}\n{broken beta\n'
    done = git_mnemo("recall", "--batch", stdin=asked)
    answers = [json.loads(line) for line in done.out.splitlines()]
    assert [one["query"] for one in answers] == ["alpha", "beta", "", "comes", "{broken beta"]
    assert [one.get("qid") for one in answers] == [None, 7, None, None, None]
    assert [len(one["chains"]) for one in answers] == [1, 1, 0, 1, 1]
    assert answers[2]["hits"] == []
    assert all(one["chains"] == [] for one in map(json.loads, git_mnemo(
        "recall", "--batch", "--nodes", stdin=asked).out.splitlines()))  # fmt: skip
    error = refused("recall", "--batch", stdin=b'alpha\n{"text": "x"}\n', code="usage", status=129)
    assert error["line"] == 2


# -- what is told ------------------------------------------------------------------------------


def test_chains_come_as_reasoning_within_the_budget(large: None) -> None:
    lines = [f"Step {number} of the tapir work. It took long." for number in range(40)]
    lines[20] = "Here the tapir bit us. " + "Nobody knew why. " * 80 + "The end of it."
    batch(*({"text": line, "title": "Tapir"} for line in lines))
    claim("Another tapir.", "--new-chain")
    for budget in (0, 200, 400, 800, 3000):
        for agent in (True, False):
            done = git_mnemo("recall", "--budget", str(budget), "tapir bit us")
            assert len(done.out) <= budget, agent
            for line in done.out.splitlines():
                if line.startswith("     ") and "about" not in line:
                    assert line.rstrip(" …").endswith("."), line
    found = recall("--budget", "800", "tapir bit us")
    first = found["chains"][0]
    assert found["truncated"]
    assert first["title"] == "Tapir"
    assert first["left_out"] + len(first["members"]) == 40
    places = [one["position"] for one in first["members"]]
    assert places == sorted(places)
    (alone,) = recall("--budget", "700", "--limit", "1", "bit us nobody end")["chains"]
    cut = next(one for one in alone["members"] if one["cut"])
    assert cut["text"].startswith("Here the tapir bit us.")
    assert cut["score"] > 0
    assert len(found["hits"]) == 10
    assert len(recall("--limit", "15", "--nodes", "tapir")["hits"]) == 15
    assert not recall("--budget", "100000", "another")["truncated"]


def test_what_a_person_reads(repo: Path) -> None:
    (repo / "pool.py").write_text("one\ntwo\n")
    claim("Zebras pool.", "--anchor", "pool.py:1-2", "--title", "Pools", "--agent", "scout")
    claim("They do.", "--domain", "decisions")
    done = git_mnemo("recall", "zebras", now=NOW + 3 * DAY)
    lines = done.out.splitlines()
    assert lines[0].endswith("  Pools")
    assert lines[1].startswith("preliminary, context, by scout")
    assert lines[1].endswith(", 3 days ago")
    assert next(line.strip() for line in lines[2:] if line.startswith("     ")) == "Zebras pool."
    assert any(line.strip().startswith("about pool.py:1-2") for line in lines)
    flat = git_mnemo("recall", "--nodes", "zebras", "--limit", "1").out
    assert flat.count("\n") == 1
    assert "Zebras pool." in flat


def test_limits(large: None) -> None:
    for number in range(12):
        claim(f"Lemur {number}.", "--new-chain")
    assert len(recall("lemur")["chains"]) == 3
    assert len(recall("lemur", "--limit", "5")["chains"]) == 5
    assert len(recall("lemur", "--limit", "1")["hits"]) == 10
    assert len(git_mnemo("recall", "--nodes", "lemur").out.splitlines()) == 10
    assert len(git_mnemo("recall", "--nodes", "--limit", "2", "lemur").out.splitlines()) == 2


def test_it_works_in_a_bare_repository_and_without_an_index(repo: Path, tmp_path: Path) -> None:
    claim("The gnu is bare.", "--new-chain")
    ask("promote", "--all")
    run_git("clone", "--quiet", "--mirror", str(repo), str(tmp_path / "bare"))
    assert hits("gnu", env={"GIT_DIR": str(tmp_path / "bare")}, session=None) == [
        "The gnu is bare."
    ]


def test_words_that_are_everywhere_order_what_the_rare_ones_found(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a project so large that not all places of its words are read."""
    texts = (f"Padding {number} {'' if number % 20 else 'gusts'}." for number in range(SMALL + 40))
    batch(*({"text": text, "title": "Padding"} for text in texts))
    for text in ("Walrus tusks grow.", "Walrus gusts blow.", "Walrus tusks break.", "Some gusts."):
        claim(text, "--new-chain")
    ask("promote", "--all")
    ask("archive")
    in_full = hits("walrus gusts", session=OTHER)
    assert in_full[0] == "Walrus gusts blow."
    assert "Some gusts." in in_full
    monkeypatch.setattr("git_mnemo.index.search.READ", 10)
    monkeypatch.setattr("git_mnemo.index.search.LOOKED_AT", 3)
    found = hits("walrus gusts", session=OTHER)
    assert found[0] == "Walrus gusts blow."
    assert sorted(found[1:]) == ["Walrus tusks break.", "Walrus tusks grow."]
    only_common = hits("gusts", session=OTHER)
    assert len(only_common) == 3
    assert all("gusts" in one for one in only_common)
