"""Drawings: chains, what their nodes rest on, and texts that would like to be more than text."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.verbs import OTHER, SESSION, ask, batch, claim, git_mnemo

HOSTILE = [
    'quote " and "] --> x["y"]', "brackets ] ) } > ]]", "<script>alert(1)</script> <b>&amp;</b>",
    '%%{init: {"securityLevel": "loose"}}%%', 'click n1 "javascript:alert(1)"', "end",
    "back\\slash \\", '\\"]; evil', "`markdown`", "$$x^2$$ #quot; #35; ;", "style x:y#35;",
    "a\nclick b href c", "subgraph one", "\\N \\G \\l", 'x"; URL="javascript:1', "ﬂ°°60¶ß",
    "--> |x|", "</S>>];", "emoji 🚀 接続",
]  # fmt: skip


def graph(*args: str, session: str | None = SESSION) -> str:
    result = git_mnemo("graph", *args, session=session)
    assert (result.code, result.err) == (0, ""), result
    return result.out


def test_chains_are_drawn_with_what_they_rest_on(repo: Path) -> None:
    one = claim("One", "--title", "First")
    two = claim("Two")
    three = ask("supersede", one["address"], "Three")
    four = claim("Four", "--title", "Second", "--input", two["address"])
    text = graph()
    assert f"x 1. {one['address'][:10]}  ~~One~~\n* 2. {two['address'][:10]}  Two\n" in text
    assert f"* 3. {three['address'][:10]} supersede  Three\n|\\_ supersedes 1\n" in text
    assert (
        f"* 1. {four['address'][:10]}  Four\n"
        f"|\\_ rests on {two['address'][:10]} in {one['chain']}  Two\n"
    ) in text


def test_of_one_chain_node_or_session(repo: Path) -> None:
    one = claim("One", "--title", "First")
    two = claim("Two", "--title", "Second", "--input", one["address"])
    claim("Three", "--title", "Third")
    far = claim("Far", "--title", "Far away", session=OTHER)
    alone = graph(two["chain"])
    assert ("Second" in alone, "First" in alone, "One" in alone) == (True, False, True)
    around = graph(one["address"])
    assert [title in around for title in ("First", "Second", "Third")] == [True, True, False]
    assert [title in graph(SESSION) for title in ("First", "Third", "Far")] == [True, True, False]
    assert "Far away" in graph(OTHER)
    assert "Far away" in graph(far["chain"])
    ask("archive", OTHER)
    assert "Far away" in graph(far["address"])
    assert "Far away" in graph(OTHER)


def test_in_json(repo: Path) -> None:
    one = claim("One", "--title", "First")
    two = ask("supersede", one["address"], "Two")
    three = claim("Three", "--title", "Second", "--input", two["address"])
    ask("stash", one["chain"])
    told = ask("graph")
    assert {"from": two["address"], "to": one["address"], "type": "supersede"} in told["edges"]
    assert {"from": three["address"], "to": two["address"], "type": "leaf"} in told["edges"]
    assert len(told["edges"]) == 2, "a stash names a title, which is not drawn"
    nodes = {node["address"]: node for node in told["nodes"]}
    assert nodes[one["address"]]["hidden_by"] == [two["address"]]
    assert {chain["id"]: len(chain["members"]) for chain in told["chains"]} == {
        one["chain"]: 3, three["chain"]: 1,
    }  # fmt: skip
    (other,) = ask("graph", three["chain"])["elsewhere"]
    assert other == {"address": two["address"], "chain": one["chain"], "text": "Two"}


def test_a_large_project_is_drawn_in_part(repo: Path) -> None:
    batch(*({"text": f"Finding {number}", "title": f"T{number // 12}"} for number in range(720)))
    ask("promote", "--all")
    ask("archive")
    told = git_mnemo("graph", "-n", "3", session=None)
    assert (told.out.count("\no ") + 1, told.err) == (
        3, "57 chains not drawn: git mnemo graph ID, or --limit N\n",
    )  # fmt: skip
    assert len(ask("graph", "--limit", "60", session=None)["nodes"]) == 500


def of_hostile_texts() -> None:
    last: str | None = None
    for text in HOSTILE:
        title = text.partition("\n")[0]
        inputs = ["--input", last] if last else []
        last = claim(text, "--title", title, *inputs)["address"]
        claim("Better than " + text, "--domain", "issues")
    assert last is not None
    ask("retract", last, "--reason", HOSTILE[-2])


MERMAID = re.compile(
    r"""flowchart\ TB
    | \ \ subgraph\ c\d+\["LABEL"\]
    | \ \ \ \ n[0-9a-f]{40,64}\["LABEL"\](:::hidden)?
    | \ \ end
    | \ \ n[0-9a-f]{40,64}\ ---\ n[0-9a-f]{40,64}
    | \ \ n[0-9a-f]{40,64}\(\["LABEL"\]\):::elsewhere
    | \ \ n[0-9a-f]{40,64}\ -\.->\|[a-z\ ]+\|\ n[0-9a-f]{40,64}
    | \ \ classDef\ (hidden|elsewhere)\ [a-z0-9:,.\ -]+
    """.replace("LABEL", r"(?:\w|[\ ,.…]|\#\d+;)+"),
    re.X,
)


def test_no_text_leaves_its_label_in_mermaid(repo: Path) -> None:
    of_hostile_texts()
    drawn = graph("--format", "mermaid")
    wrong = [line for line in drawn.splitlines() if not MERMAID.fullmatch(line)]
    assert wrong == []
    assert drawn.count('["') > 2 * len(HOSTILE)
    assert ":::hidden" in drawn
    assert "ﬂ" not in drawn
    assert "#60;script#62;" in drawn
    decoded = re.sub(r"#(\d+);", lambda found: chr(int(found[1])), drawn)
    assert all(text.partition("\n")[0] in decoded for text in HOSTILE), "nothing is lost"


DOT_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
DOT_STRUCK = re.compile(r"<<S>(?:[^<>&]|&(?:amp|lt|gt|quot);)*</S>>")
DOT_PLAIN = re.compile(r"[\[\]{};=,> a-z-]*")


def test_no_text_leaves_its_label_in_dot(repo: Path) -> None:
    of_hostile_texts()
    drawn = graph("--format", "dot")
    for line in drawn.splitlines():
        left = DOT_STRING.sub("", DOT_STRUCK.sub("", line))
        assert DOT_PLAIN.fullmatch(left), line
        assert set(re.findall(r"(\w+)=", left)) <= {
            "label", "style", "color", "fontcolor", "dir", "weight", "constraint", "rankdir",
            "fontname", "fontsize", "shape",
        }  # fmt: skip
    assert "<<S>" in drawn


@pytest.mark.skipif(shutil.which("dot") is None, reason="there is no graphviz")
def test_graphviz_reads_it(repo: Path) -> None:
    of_hostile_texts()
    drawn = graph("--format", "dot")
    done = subprocess.run(
        ["dot", "-Tsvg"], input=drawn.encode(), capture_output=True, check=True, timeout=60
    )
    assert done.stderr == b""
    svg = done.stdout.decode()
    assert "<script" not in svg
    assert "javascript:" not in re.sub(r">[^<]*<", "><", svg), "not in any attribute"
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in svg.replace("&#45;", "-")


def test_what_is_not_there_and_what_needs_a_newer_version(repo: Path) -> None:
    assert graph(session=None) == ""
    assert git_mnemo("graph", "0123").code == 1
    assert git_mnemo("graph", "--format", "png").code == 129
