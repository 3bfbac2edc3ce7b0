"""What a terminal gets: colours, columns and the pager, by real processes behind a pty."""

import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from git_mnemo.errors import MnemoError
from git_mnemo.render import dates, styled
from git_mnemo.render.text import ago
from tests.support import run, run_git
from tests.verbs import DAY, HOUR, NOW, SESSION, ask, batch, claim, git_mnemo

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
COMMAND = (sys.executable, "-m", "git_mnemo")


def watched(
    *args: str,
    env: Mapping[str, str] | None = None,
    columns: int = 80,
    key: str = "",
    command: tuple[str, ...] = COMMAND,
) -> tuple[int, str]:
    """The exit status of a command and all that its terminal got; `key` is typed once it waits."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    fixed = {"GIT_MNEMO_NOW": str(NOW), "GIT_MNEMO_SESSION": SESSION, "TERM": "xterm"}
    process = subprocess.Popen(
        [*command, *args], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        env={**os.environ, **fixed, **(env or {})},
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(theirs)
    said = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if not select.select([ours], [], [], 1)[0]:
            if process.poll() is not None:
                break
            if key and said:
                os.write(ours, key.encode())
            continue
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        said += part
    os.close(ours)
    if process.poll() is None and time.monotonic() >= deadline:
        process.kill()
    return process.wait(), said.decode("utf-8", "surrogateescape").replace("\r\n", "\n")


def bare(text: str) -> str:
    return COLOUR.sub("", text)


CAT = {"GIT_PAGER": "cat"}


# -- colours -----------------------------------------------------------------------------------


def test_a_terminal_gets_colours_and_a_pipe_does_not(repo: Path) -> None:
    one = claim("One")
    for command in (["status"], ["chains"], ["log"], ["show", one["chain"]], ["graph"]):
        code, seen = watched(*command, env=CAT)
        assert (code, bool(COLOUR.search(seen))) == (0, True), command
        assert one["chain"][12:20] in seen or one["address"][:10] in seen
        assert "\x1b" not in git_mnemo(*command).out
        assert COLOUR.search(git_mnemo(*command, "--color").out)


@pytest.mark.parametrize(
    ("settings", "env", "args", "expected"),
    [
        ([], {}, [], True),
        ([("color.ui", "false")], {}, [], False),
        ([("color.ui", "never"), ("color.mnemo", "auto")], {}, [], True),
        ([("color.mnemo", "false")], {}, [], False),
        ([("color.mnemo", "false")], {}, ["--color"], True),
        ([], {"NO_COLOR": "1"}, [], False),
        ([], {"NO_COLOR": "1"}, ["--color"], True),
        ([], {}, ["--no-color"], False),
        ([], {"TERM": "dumb"}, [], False),
        ([("color.ui", "always")], {"TERM": "dumb"}, [], True),
    ],
)
def test_colours_are_as_git_decides(
    repo: Path,
    settings: list[tuple[str, str]],
    env: dict[str, str],
    args: list[str],
    expected: bool,
) -> None:
    claim("One")
    for name, value in settings:
        run_git("config", name, value)
    _, seen = watched("status", *args, env={**CAT, **env})
    assert bool(COLOUR.search(seen)) is expected
    if not args and "NO_COLOR" not in env and "TERM" not in env:
        asked = watched(
            "config", "--get-colorbool", "color.mnemo", env=CAT, command=("git",)
        )  # whether git itself, too, would use them here
        assert (asked[0] == 0) is expected


def test_colours_into_a_pipe_where_the_configuration_says_always(repo: Path) -> None:
    claim("One")
    run_git("config", "color.ui", "always")
    assert COLOUR.search(git_mnemo("log").out)
    assert "\x1b" not in git_mnemo("log", "--json").out


def test_no_text_brings_a_colour_along(repo: Path) -> None:
    nasty = "\x1b[31mred\x1b[m \x1b]0;t\x07 \x9b2J \u202eback"
    one = claim(nasty, "--title", "T" + nasty)
    allowed = {f"\x1b[{code}m" for code in styled.PALETTE.values()} | {"\x1b[m"}
    for command in (["status"], ["chains"], ["log"], ["show", one["chain"]], ["graph"]):
        said = git_mnemo(*command, "--color").out
        assert set(COLOUR.findall(said)) <= allowed
        assert not set(bare(said)) & set("\x1b\x07\x9b\u202e")
        assert "\x1b[31mred" not in said
    assert "[31mred" in bare(said)


def test_what_is_hidden_is_struck_out(repo: Path) -> None:
    one = claim("One")
    ask("supersede", one["address"], "Two")
    gone = styled.PALETTE[styled.GONE]
    for command in (["show", one["chain"]], ["graph"], ["log", "--hidden"]):
        assert f"\x1b[{gone}mOne\x1b[m" in git_mnemo(*command, "--color").out, command
        assert "~~One~~" in git_mnemo(*command).out, command
        assert "~~Two~~" not in git_mnemo(*command).out, command
    assert "~~One~~" not in git_mnemo("log").out


# -- columns -----------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [80, 120])
def test_no_line_is_wider_than_the_terminal(repo: Path, columns: int) -> None:
    texts = ["接続プールの設計 " * 12, "🚀 " * 90, "word " * 60, "e\u0301" * 150]
    for text in texts:
        claim(text, "--new-chain", "--agent", "an-agent-with-a-long-name")
    for command in (["status"], ["chains"], ["log"], ["graph"]):
        _, seen = watched(*command, env=CAT, columns=columns)
        wide = [line for line in bare(seen).split("\n") if styled.cells(line) > columns]
        assert wide == [], command
        assert any(styled.cells(line) > columns - 20 for line in seen.split("\n"))
    assert texts[2].strip()[:190] in git_mnemo("log").out, "a pipe has more of it"


def test_text_is_broken_between_words_and_code_is_not(repo: Path) -> None:
    text = "word " * 40 + "\n    code " + "x" * 120
    one = claim(text)
    _, seen = watched("show", one["chain"], env=CAT)
    lines = bare(seen).split("\n")
    assert f"      {'word ' * 14}word" in lines
    assert any("code " + "x" * 60 in line for line in lines)
    assert f"      {'word ' * 39}word\n" in git_mnemo("show", one["chain"]).out


def test_cells_and_cuts() -> None:
    assert [styled.cells(text) for text in ("ab", "接続", "🚀", "e\u0301", "❤\ufe0f")] == [
        2,
        4,
        2,
        1,
        2,
    ]
    assert styled.cut("接続プール", 6) == "接続…"
    assert styled.cut("one two\nthree", None) == "one two"
    assert list(styled.wrapped("one two three", 20)) == ["one two three"]


# -- the pager ---------------------------------------------------------------------------------


def long_log(count: int = 60, width: int = 8) -> None:
    batch(*({"text": f"Finding {number} {'x' * width}"} for number in range(count)))


def test_the_pager_is_git_s(repo: Path) -> None:
    claim("One")
    pager = "sed s/^/paged:/"
    run_git("config", "core.pager", pager)
    assert watched("log")[1].startswith("paged:")
    assert watched("show", SESSION)[1].startswith("paged:")
    assert "paged:" not in watched("status")[1]
    assert "paged:" not in watched("log", "--json")[1]
    assert "paged:" not in git_mnemo("log").out
    assert "paged:" not in watched("log", env=CAT)[1]
    env = {"GIT_PAGER": "sed s/^/other:/"}
    assert watched("log", env=env)[1].startswith("other:"), "as git: the environment goes first"
    run_git("config", "pager.mnemo.log", "false")
    assert "paged:" not in watched("log")[1]
    assert "paged:" in watched("chains")[1]
    run_git("config", "pager.mnemo", "false")
    run_git("config", "pager.mnemo.log", "sed s/^/mine:/")
    run_git("config", "pager.mnemo.status", "true")
    assert watched("log")[1].startswith("mine:")
    assert "paged:" not in watched("chains")[1]
    assert "paged:session" in bare(watched("status", "--no-color")[1])


def test_a_pager_that_is_not_there_is_done_without(repo: Path) -> None:
    claim("One")
    code, seen = watched("log", env={"GIT_PAGER": "no-such-pager"})
    assert (code, "no-such-pager" in seen, "One" in bare(seen)) == (0, True, True)


def test_git_pages_by_itself(repo: Path) -> None:
    claim("One " * 30)
    code, seen = watched("log", env={"GIT_PAGER": "cat", "GIT_PAGER_IN_USE": "true"})
    assert (code, bool(COLOUR.search(seen))) == (0, True)
    piped = run(*COMMAND, "log", env={"GIT_PAGER_IN_USE": "true", "TERM": "xterm", "COLUMNS": "70"})
    assert COLOUR.search(piped.out)
    assert all(styled.cells(line) <= 70 for line in bare(piped.out).split("\n"))


def test_who_leaves_the_pager_early_hears_nothing(repo: Path) -> None:
    long_log(1000, 150)
    code, seen = watched("log", env={"GIT_PAGER": "head -n 1"}, columns=200)
    assert (code, seen.count("\n")) == (141, 1)


@pytest.mark.skipif(shutil.which("less") is None, reason="there is no less")
def test_less_and_q(repo: Path) -> None:
    long_log()
    code, seen = watched("log", key="q", env={"GIT_PAGER": "less"})
    assert code == 0
    assert "Traceback" not in seen
    assert "Finding 59" in bare(seen)
    assert "Finding 1 " not in bare(seen), "the second screen was never asked for"
    code, seen = watched("log", "-n", "2", env={"GIT_PAGER": "less"})
    assert (code, bare(seen).count("Finding")) == (0, 2), "what fits is not waited for"


def test_a_pipe_may_be_closed_early(repo: Path) -> None:
    long_log(1000, 150)
    for command in ("log", "graph"):
        line = f"{' '.join(COMMAND)} {command} | head -n 1; echo ${{PIPESTATUS[0]}}"
        done = run("bash", "-c", line, env={"GIT_MNEMO_SESSION": SESSION})
        first, status = done.out.splitlines()
        assert (bool(first), status, done.err) == (True, "141", "")


# -- dates -------------------------------------------------------------------------------------


def test_dates_are_written_as_git_does(repo: Path) -> None:
    at = NOW - 40 * DAY - 5 * HOUR
    for zone in ("UTC", "America/St_Johns", "Asia/Kolkata"):
        env = {"TZ": zone, "GIT_AUTHOR_DATE": f"{at} +0000", "GIT_COMMITTER_DATE": f"{at} +0000"}
        run_git("commit", "--allow-empty", "--quiet", "-m", "x", env=env)
        claim("In " + zone, now=at)
        for name in ("iso-local", "iso-strict-local", "short-local", "rfc-local", "local", "unix",
                     "default-local", "raw-local", "format-local:%d.%m. %H:%M"):  # fmt: skip
            theirs = run_git("log", "-1", f"--date={name}", "--format=%cd", env=env)
            ours = run(*COMMAND, "log", "-n", "1", f"--date={name}", env=env).out
            assert ours.startswith((theirs, theirs.replace("+00:00", "Z"))), (name, theirs, ours)


def test_dates_by_configuration_and_by_our_own_choice(repo: Path) -> None:
    claim("One", now=NOW - 3 * DAY)
    assert git_mnemo("log").out.startswith("2026-11-20T09:30:00Z ")
    assert git_mnemo("log", "--date=relative").out.startswith("3 days ago ")
    assert bare(watched("log", env=CAT)[1]).startswith("3 days ago  ")
    run_git("config", "log.date", "short")
    assert git_mnemo("log").out.startswith("2026-11-20 ")
    assert bare(watched("log", env=CAT)[1]).startswith("2026-11-20 ")
    run_git("config", "log.date", "auto:short")
    assert git_mnemo("log").out.startswith("2026-11-20T09:30:00Z ")
    wrong = git_mnemo("log", "--date=nonsense")
    assert (wrong.code, wrong.out) == (129, "")
    assert wrong.err.startswith("error: 'nonsense' is no way to write dates.")


def test_how_long_ago() -> None:
    spans = [(30, "just now"), (90, "1 minute ago"), (HOUR, "1 hour ago"),
             (13 * DAY, "13 days ago"), (14 * DAY, "2 weeks ago"), (75 * DAY, "2 months ago"),
             (800 * DAY, "2 years ago"), (-50, "just now")]  # fmt: skip
    assert [ago(NOW - span, NOW) for span, _ in spans] == [text for _, text in spans]
    human = dates.reading("human", NOW, is_terminal=True)
    assert human is not None
    assert [human(NOW - HOUR), human(NOW - 2 * DAY), human(NOW - 400 * DAY)] == [
        "1 hour ago", "Sat 09:30", "Oct 19 2025",
    ]  # fmt: skip
    with pytest.raises(MnemoError):
        dates.reading("sometime", NOW, is_terminal=True)


# -- lean --------------------------------------------------------------------------------------


def test_a_pipe_loads_nothing_of_the_terminal(repo: Path) -> None:
    claim("One")
    program = "import sys; from git_mnemo.__main__ import run; run(['log']); print(*sys.modules)"
    told = run(sys.executable, "-c", program).out.split()
    assert "git_mnemo.cli.pages" in told
    assert not {"git_mnemo.cli.terminal", "git_mnemo.render.dates"} & set(told)
