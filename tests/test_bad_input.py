"""Whatever is wrong is told: the right status, what happened, what to type. Nothing moves."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from git_mnemo import refs
from git_mnemo.cli import desk
from tests.support import mnemo, run, run_git
from tests.verbs import (
    NOW,
    OTHER,
    OTHER_REF,
    REF,
    SESSION,
    all_refs,
    ask,
    claim,
    git_mnemo,
    refused,
    show,
)

ENV = {"GIT_MNEMO_NOW": str(NOW), "GIT_MNEMO_SESSION": SESSION}
EVERY = [
    ["status"],
    [],
    ["claim", "x"],
    ["claim", "--batch"],
    ["supersede", "abcd", "x"],
    ["chains"],
    ["show", "abcd"],
    ["log"],
    ["export"],
    ["import", "-"],
    ["stash", "abcd"],
    ["pop", "abcd"],
    ["promote"],
    ["session"],
    ["session", "start"],
    ["session", "list"],
    ["session", "resume", SESSION],
    ["archive"],
    ["restore", SESSION],
    ["gc"],
    ["init"],
    ["uninstall"],
    ["reindex"],
]


# -- where ------------------------------------------------------------------------------------


@pytest.mark.parametrize("args", EVERY, ids=" ".join)
def test_outside_of_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    error = refused(*args, code="not-a-repository", status=128) if args else None
    assert error is None or error["hint"] == "git init"
    assert git_mnemo(*args).code == 128
    assert list(tmp_path.iterdir()) == []


def test_a_git_directory_that_is_not_there(repo: Path) -> None:
    error = refused("status", code="not-a-repository", status=128, env={"GIT_DIR": "/nowhere"})
    assert "/nowhere" in error["message"]


def test_a_repository_of_somebody_else_names_gits_way_out(repo: Path) -> None:
    env = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    error = refused("status", code="not-a-repository", status=128, env=env)
    assert "dubious ownership" in error["message"]
    assert error["hint"].startswith("git config --global --add safe.directory ")


def test_a_repository_of_sha_256_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_git("init", "--quiet", "--object-format=sha256", str(tmp_path / "new"))
    monkeypatch.chdir(tmp_path / "new")
    assert len(claim("One")["address"]) == 64
    run_git("config", "mnemo.backend", "libgit2")
    assert refused("claim", "x", code="refused", status=128)["message"].startswith("libgit2")
    run_git("config", "mnemo.backend", "nonsense")
    refused("claim", "x", code="usage", status=129)


# -- who ---------------------------------------------------------------------------------------


def test_without_an_identity_nothing_is_claimed_and_both_commands_are_told(repo: Path) -> None:
    one = claim("One")
    run_git("config", "--global", "--unset", "user.name")
    run_git("config", "--global", "--unset", "user.email")
    run_git("config", "--global", "user.useConfigOnly", "true")
    for args in (["claim", "x"], ["promote"], ["stash", one["chain"]]):
        error = refused(*args, code="no-identity", status=128)
        assert "git config --global user.name " in error["hint"]
        assert "git config --global user.email " in error["hint"]
    assert git_mnemo("status").code == 0
    env = {"GIT_COMMITTER_NAME": "Eve", "GIT_COMMITTER_EMAIL": "eve@example.com"}
    ask("claim", "Two", env=env)
    assert run_git("log", "-1", "--format=%an <%ae>", REF) == "Eve <eve@example.com>"


# -- texts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "invalid-node"),
        (b" \n\t\r\n", "invalid-node"),
        (b"\xef\xbb\xbf", "invalid-node"),
        (b"a\0b", "invalid-node"),
        (b"\xff\xfe", "invalid-node"),
        (b"caf\xe9", "invalid-node"),
        (b"\xed\xa0\x80", "invalid-node"),
        (b"x" * 65536, "too-large"),
        (b"x" * 5_000_000, "too-large"),
    ],
)
def test_what_is_no_text_is_refused(repo: Path, raw: bytes, code: str) -> None:
    refused("claim", "-", stdin=raw, code=code)
    one = claim("One")
    refused("supersede", one["address"], "-", stdin=raw, code=code)
    refused("retract", one["address"], "--reason", "-", stdin=raw, code=code)


def test_as_much_text_as_fits(repo: Path) -> None:
    room = 65536 - len("mnemo-node 1\ntype leaf\ndomain context\n\n\n")
    refused("claim", "-", stdin=b"x" * (room + 1), code="too-large")
    done = ask("claim", "-", "--title", "Long", stdin=b"x" * room)
    assert int(run_git("cat-file", "-s", done["address"])) == 65536


@pytest.mark.parametrize(
    "args", [["claim", "\udcff"], ["claim", ""], ["claim", "x", "--title", ""]]
)
def test_arguments_that_are_no_text(repo: Path, args: list[str]) -> None:
    refused(*args, code="invalid-node")


@pytest.mark.parametrize("title", ["two\nlines", "t" * 201, "\0", " "])
def test_what_is_no_title(repo: Path, title: str) -> None:
    refused("claim", "x", "--title", title, code="invalid-node")


def test_more_than_a_node_holds(repo: Path) -> None:
    many = ["--anchor=README.md:1"] + [f"--anchor=f{number}" for number in range(64)]
    for number in range(64):
        (repo / f"f{number}").write_text("x\n")
    refused("claim", "x", *many, code="too-large")
    assert claim("x", *many[1:])["created"]


def test_header_like_and_crlf_text_is_just_text(repo: Path) -> None:
    text = "domain issues\r\ninput " + "a" * 40 + "\r\n\r\nmnemo-node 1\r\nkey x"
    done = claim(text)
    told = show(done["address"])
    assert (told["text"], told["domain"], told["inputs"]) == (
        text.replace("\r\n", "\n"),
        "context",
        [],
    )


# -- ids ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", [["supersede", "--text", "x"], ["retract", "--reason", "x"]])
@pytest.mark.parametrize(
    ("id_", "code", "status"),
    [("nonsense", "invalid-id", 129), ("abc", "invalid-id", 129), ("", "invalid-node", 1),
     ("0" * 40, "not-found", 1), ("0123", "not-found", 1), ("../../x", "invalid-id", 129),
     ("chain:0123", "invalid-id", 129), ("ch_", "invalid-id", 129)],
)  # fmt: skip
def test_ids_that_name_nothing(
    repo: Path, verb: list[str], id_: str, code: str, status: int
) -> None:
    claim("One")
    refused(*verb, id_, code=code, status=status)


# -- refs that hold something else -------------------------------------------------------------


def strange_commits() -> dict[str, str]:
    """Commits (and worse) whose trees are no memory."""
    blob = run_git("hash-object", "-w", "--stdin", input="x")
    readme = run_git("mktree", input=f"100644 blob {blob}\tREADME.md\n")
    month = run_git("mktree", input=f"100644 blob {blob}\t2026-11\n")
    deep = run_git("mktree", input=f"040000 tree {readme}\t2026-11\n")
    bad = run_git("mktree", input=f"040000 tree {readme}\t2026-13\n")
    return {
        "blob": blob,
        "tree": readme,
        **{
            name: run_git("commit-tree", tree, "-m", name)
            for name, tree in (("code", readme), ("file", month), ("deep", deep), ("13", bad))
        },
    }


KINDS = ["blob", "tree", "code", "file", "deep", "13"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ref", [refs.PROJECT, REF])
def test_a_ref_of_ours_that_points_at_something_else(repo: Path, kind: str, ref: str) -> None:
    claim("Good")
    run_git("update-ref", ref, strange_commits()[kind])
    for args in (["status"], ["chains"], ["promote", "--all"]):
        error = refused(*args, code="corrupt", status=128)
        assert error["hint"]
    result = git_mnemo("claim", "One")
    assert result.code in (0, 128)
    assert "Traceback" not in result.err


@pytest.mark.parametrize("kind", KINDS)
def test_another_sessions_ref_that_points_at_something_else_stops_nobody(
    repo: Path, kind: str
) -> None:
    run_git("update-ref", OTHER_REF, strange_commits()[kind])
    run_git("update-ref", refs.archive_ref(OTHER, NOW), strange_commits()[kind])
    one = claim("One")
    assert ask("status")["nodes"] == 1
    assert show(one["chain"])["nodes"] == 1
    ask("promote")
    ask("chains")
    ask("session")
    assert git_mnemo("log").code == 0
    ask("chains", "--archived")
    ask("archive")
    ask("restore", SESSION)
    ask("gc", "--dry-run", "--expire", "now", now=NOW + 5)
    ask("gc", "--auto", now=NOW + 5)
    ask("archive", "--idle", session=None)
    refused("promote", "--all", "--session", OTHER, code="corrupt", status=128)
    if kind != "deep":  # a claim reads the folders it writes to, and no more
        refused("claim", "x", "--session", OTHER, code="corrupt", status=128)


def test_a_version_that_we_do_not_know_is_carried_along(repo: Path) -> None:
    done = claim("One")
    blob = run_git("hash-object", "-w", "--stdin", input="mnemo-node 9\n\nx\n")
    run_git("read-tree", REF, env={"GIT_INDEX_FILE": "by-hand"})
    chain = done["chain"]
    path = f"2026-11/23/{chain[12:14]}/{chain}/0002-{blob}"
    index = {"GIT_INDEX_FILE": "by-hand"}
    run_git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", env=index)
    tree = run_git("write-tree", env=index)
    run_git("update-ref", REF, run_git("commit-tree", tree, "-p", REF, "-m", "x"))
    assert ask("status")["opaque"] == 1
    ask("promote")
    run_git("cat-file", "-e", f"{refs.PROJECT}:{path}")


# -- command lines -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "args",
    [["nonsense"], ["--nonsense"], ["claim"], ["claim", "a", "b"], ["claim", "x", "--nonsense"],
     ["claim", "x", "--title"], ["claim", "x", "--chain", "0123", "--new-chain"],
     ["claim", "x", "--chain", "0123", "--scratch"], ["claim", "x", "--node", "0123"], ["show"],
     ["log", "-n", "0"], ["stash"], ["session", "nonsense"], ["session", "resume"], ["restore"],
     ["gc", "--expire"], ["promote", "--nonsense"]],
    ids=" ".join,
)  # fmt: skip
def test_a_command_line_that_is_wrong(repo: Path, args: list[str]) -> None:
    error = refused(*args, code="usage", status=129)
    assert error["message"]


def test_help_and_version_are_no_errors(repo: Path) -> None:
    for args in (["-h"], ["--help"], ["claim", "-h"], ["session", "list", "--help"], ["--version"]):
        result = git_mnemo(*args)
        assert (result.code, result.err) == (0, "")
        assert "git mnemo" in result.out


def test_a_bug_is_named_as_one_and_shown_when_asked_for(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(desk, "open_repository", broken)
    error = refused("status", code="bug", status=3)
    assert "ZeroDivisionError: oh" in error["message"]
    assert "GIT_MNEMO_TRACE=1" in error["hint"]
    with pytest.raises(ZeroDivisionError):
        git_mnemo("status", env={"GIT_MNEMO_TRACE": "1"})


def test_what_is_text_is_no_option_even_in_an_error(repo: Path) -> None:
    result = git_mnemo("claim", "--domain", "No", "--", "--json")
    assert (result.code, result.out) == (1, "")


# -- real processes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "status", "code"),
    [(["show", "0123"], 1, "not-found"), (["claim", "x", "--title"], 129, "usage"),
     (["claim", ""], 1, "invalid-node"), (["gc", "--expire", "nonsense"], 129, "usage")],
)  # fmt: skip
def test_statuses_of_real_processes(repo: Path, args: list[str], status: int, code: str) -> None:
    result = mnemo(*args[:1], "--json", *args[1:], env=ENV)
    assert result.code == status
    assert json.loads(result.out)["error"]["code"] == code
    assert result.err.startswith("error: ")
    assert result.err.count("error: ") == 1
    assert "Traceback" not in result.err


def start(*args: str, **options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "git_mnemo", *args],
        env={**os.environ, **ENV},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


@pytest.mark.parametrize("args", [["claim", "-"], ["claim", "--batch"]])
def test_ctrl_c_while_stdin_is_read(repo: Path, args: list[str]) -> None:
    before = all_refs()
    worker = start(*args, stdout=subprocess.PIPE)
    assert worker.stdin is not None
    worker.stdin.write(b'{"text": "half')
    worker.stdin.flush()
    deadline = time.monotonic() + 20
    while not _reads_stdin(worker.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    worker.send_signal(signal.SIGINT)
    out, err = worker.communicate(timeout=20)
    assert (worker.returncode, out) == (130, b"")
    assert b"Traceback" not in err
    assert b"interrupted" in err
    assert all_refs() == before


def _reads_stdin(pid: int) -> bool:
    """Whether the process waits in a read of a pipe; a second passed where nobody can say."""
    try:
        return "pipe" in Path(f"/proc/{pid}/wchan").read_text()
    except OSError:
        time.sleep(1)
        return True


@pytest.mark.parametrize("args", [["log"], ["log", "--json"], ["status"], ["claim", "More"]])
def test_a_reader_that_goes_away(repo: Path, args: list[str]) -> None:
    raw = b"".join(b'{"text": "Finding %d"}\n' % number for number in range(300))
    ask("claim", "--batch", stdin=raw)
    reading, writing = os.pipe()
    os.close(reading)
    try:
        worker = start(*args, stdout=writing)
        _, err = worker.communicate(timeout=30)
    finally:
        with contextlib.suppress(OSError):
            os.close(writing)
    assert worker.returncode in (0, 141)
    assert err == b""


def test_log_into_head(repo: Path) -> None:
    raw = b"".join(b'{"text": "Finding %d"}\n' % number for number in range(900))
    ask("claim", "--batch", stdin=raw)
    result = run("sh", "-c", f"'{sys.executable}' -m git_mnemo log | head -n 1", env=ENV)
    assert (result.code, result.err) == (0, "")
    assert result.out.endswith(" Finding 899\n")


def test_a_git_that_is_not_there(repo: Path) -> None:
    result = mnemo("status", env={**ENV, "PATH": str(repo)})
    assert result.code == 128
    assert result.err.startswith("error: the git program is not on PATH.")


# -- what starts us ----------------------------------------------------------------------------


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed_is_silence(repo: Path, closed: str) -> None:
    """And no file, pipe or ref that is opened gets its number and what is said there."""
    for words in ("claim 'Closed streams are silence.'", "promote --all", "recall streams",
                  "import lines.jsonl", "reindex", "status"):  # fmt: skip
        (repo / "lines.jsonl").write_text('{"text": "One line."}\n', encoding="utf-8")
        done = subprocess.run(
            ["sh", "-c", f"'{sys.executable}' -m git_mnemo {words} {closed}"],
            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, (words, done)
        assert "this is a bug" not in done.stderr
    assert "Closed streams are silence." in mnemo("recall", "closed streams").out
    assert mnemo("doctor").code == 0


def test_who_ignores_its_children_does_not_have_us_ignore_ours(repo: Path) -> None:
    for words in (("claim", "Children are waited for."), ("promote", "--all"), ("status",)):
        done = subprocess.run(
            [sys.executable, "-m", "git_mnemo", *words], capture_output=True, text=True,
            check=False, preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN),
        )  # fmt: skip
        assert (done.returncode, done.stderr.count("error:")) == (0, 0), done
