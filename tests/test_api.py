"""The Python API: the same verbs, from any folder, by any number of threads."""

import doctest
import inspect
import os
import stat
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import git_mnemo
from git_mnemo import Claim, Memory, MnemoError, message, refs
from git_mnemo.render.anchors import verified_json
from git_mnemo.render.claims import recorded_json
from git_mnemo.render.lifecycle import promotion_json
from git_mnemo.render.memory import chain_json, event_json, session_json, shown_json, status_json
from git_mnemo.render.reasons import reasons_json
from git_mnemo.render.recall import answer_json
from tests.support import ROOT, run, run_git
from tests.test_startup import AT_EXIT, HEAVY, loaded
from tests.verbs import ADA, NOW, OTHER, SESSION, ask, claim, texts, tree
from tests.verbs import git_mnemo as run_mnemo

THREADS, EACH = 6, 8


def open_(path: Path | str | None = None, session: str | None = SESSION) -> Memory:
    return git_mnemo.open(path, session=session, clock=lambda: NOW)


def failure(act: Callable[[], object]) -> MnemoError:
    with pytest.raises(MnemoError) as caught:
        act()
    return caught.value


# -- loading and finding -----------------------------------------------------------------------


def test_importing_loads_nothing_until_a_name_is_asked_for() -> None:
    bare = loaded(AT_EXIT)
    assert (loaded(AT_EXIT + "import git_mnemo") - bare) & {*HEAVY, "git_mnemo.api"} == set()
    assert "git_mnemo.api" in loaded(AT_EXIT + "import git_mnemo; git_mnemo.open")


def test_the_command_line_loads_nothing_of_mcp() -> None:
    program = (
        AT_EXIT
        + "import git_mnemo.cli.main as m; [m.git_mnemo.get_command(None, n) for n in m.MODULES]"
    )
    ours = {name.split(".")[0] for name in loaded(program)}
    assert "click" in ours
    assert ours & {"pydantic", "mcp", "mcp_types", "anyio", "asyncio"} == set()


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="recollect"):
        git_mnemo.recollect  # noqa: B018
    assert all(hasattr(git_mnemo, name) for name in git_mnemo.__all__)


def test_the_repository_is_that_of_the_path_whatever_the_process_stands_in(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    run_git("init", "--quiet", str(other))
    (repo / "below").mkdir()
    monkeypatch.chdir(other)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    memory = open_(repo / "below")
    assert memory.top == str(repo)
    memory.claim("Said from elsewhere.", anchors="../README.md")
    assert run_git("--git-dir", str(repo / ".git"), "for-each-ref", refs.SESSIONS)
    assert not run_git("for-each-ref")
    open_().claim("Said here.")  # without a path, the environment counts
    assert run_git("for-each-ref", refs.SESSIONS)


def test_a_memory_stays_with_its_repository_when_the_process_goes_elsewhere(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = open_()
    monkeypatch.chdir(tmp_path)
    run_git("config", "user.name", "Grace Example", cwd=repo)  # makes it look for it again
    memory.claim("Said later.", anchors="README.md")
    assert memory.top == str(repo)
    assert run_git("log", "-1", "--format=%an", refs.session_ref(SESSION), cwd=repo) == (
        "Grace Example"
    )


@pytest.mark.parametrize("what", ["missing", "a file", "no repository"])
def test_what_is_no_repository_is_refused(tmp_path: Path, what: str) -> None:
    path = tmp_path / "x"
    if what == "a file":
        path.write_text("")
    elif what == "no repository":
        path.mkdir()
    error = failure(lambda: open_(path))
    assert (error.code, bool(error.hint)) == ("not-a-repository", True)


def test_a_bare_repository_and_a_git_directory(repo: Path, tmp_path: Path) -> None:
    run_git("clone", "--quiet", "--bare", str(repo), str(tmp_path / "bare.git"))
    for path in (tmp_path / "bare.git", repo / ".git"):
        memory = open_(path)
        assert memory.top is None
        assert memory.claim("Said in a git directory.").created
        with pytest.raises(MnemoError, match="bare"):
            memory.claim("x", anchors="README.md")


# -- the verbs ---------------------------------------------------------------------------------


def test_the_values_are_those_that_the_command_line_prints(repo: Path) -> None:
    memory = open_(repo)
    first = memory.claim("One.", domain="issues", anchors="README.md:1", title="T")
    assert recorded_json(first) | {"created": False, "commit": None} == claim(
        "One.", "--domain", "issues", "--anchor", "README.md:1", "--chain", first.chain
    )
    second = memory.supersede(first.address, "One, better.")
    assert texts(first.chain) == ["One, better."]
    memory.batch([Claim("Two.", title="U"), Claim("Three.", inputs=("#1",), title="U")])
    third = memory.claim("Four.")
    memory.compress([third.address[:8]], "Less.")
    assert memory.retract(third.address, "wrong").type == "retract"
    assert status_json(memory.status()) == ask("status")
    assert [chain_json(one) for one in memory.chains()] == ask("chains")["chains"]
    shown = memory.show(first.address[:8])
    assert shown_json(shown) == ask("show", first.address)
    assert session_json(memory.session()) == ask("session")
    assert [session_json(one) for one in memory.sessions()] == ask("session", "list")["sessions"]
    told = run_mnemo("log", "--json", "-n", "3").out.splitlines()
    assert len(memory.log(limit=3)) == len(told) == 3
    assert event_json(memory.log(second.address)[0])["event"] == "claim"
    plan = memory.promote(all=True, dry_run=True)
    assert promotion_json(plan, True) == ask("promote", "--all", "--dry-run")
    assert [part.chain for part in memory.promote(first.chain).parts] == [first.chain]
    assert {one.id for one in memory.chains("project")} == {first.chain}


def test_what_is_exported_can_be_imported(repo: Path, tmp_path: Path) -> None:
    memory = open_(repo)
    first = memory.claim("One.", anchors="README.md")
    memory.promote()
    memory.claim("Two.", title="Other")
    assert [one.id for one in memory.latest()] == [first.chain]
    lines = memory.export_lines()
    assert "".join(lines) == run_mnemo("export").out
    run_git("init", "--quiet", str(tmp_path / "other"))
    other = open_(tmp_path / "other")
    assert other.import_lines(lines, dry_run=True).nodes == 1
    assert other.import_lines(lines).nodes == 1
    assert other.import_lines([line.encode() for line in lines]).nodes == 0
    assert other.show(first.address).node is not None
    laid = '{"text": "Said there.", "anchors": ["README.md"]}'
    assert memory.import_lines([laid], into_session=True).nodes == 1
    assert failure(lambda: other.import_lines(["no JSON"])).details["line"] == 1


def test_a_secret_is_taken_out_or_refused(repo: Path) -> None:
    memory, secret = open_(repo), "AKIA" + "Q7ZT4M2XK5PLW3RB"
    done = memory.claim(f"The key is {secret}.")
    assert (len(done.redacted), secret in done.text) == (1, False)
    assert secret not in str(memory.show(done.address))
    named = git_mnemo.open(repo, agent=secret)
    assert failure(lambda: named.claim("One.")).code == "secret"
    run_git("config", "mnemo.secrets", "reject")
    assert failure(lambda: memory.claim(f"The key is {secret}!")).code == "secret"


def test_memory_is_asked_as_by_the_command_line(repo: Path) -> None:
    memory = open_(repo)
    first = memory.claim("Retries time out on a cold start.", anchors="README.md:1")
    memory.claim("Ruled out: a longer timeout.", title="Other", domain="decisions")
    answer = memory.recall("time out on a cold start", limit=1)
    assert answer_json("time out on a cold start", answer) == ask(
        "recall", "time out on a cold start", "--limit", "1"
    )
    assert [hit.info.address for hit in memory.recall(paths="README.md").hits] == [first.address]
    assert [one.info.domain for one in memory.recall("timeout", domain="decisions").chains] == [
        "decisions"
    ]
    assert memory.recall("zebra").chains == ()
    assert reasons_json(memory.why("README.md:1")) == ask("why", "README.md:1")
    assert verified_json(memory.verify()) == ask("verify")
    (repo / "README.md").write_text("Changed.\n")
    assert [one.verdict.name for one in memory.verify(first.address)] == ["drifted"]


def test_a_session_ends_and_comes_back(repo: Path) -> None:
    memory = open_(repo)
    done = memory.claim("One.")
    assert memory.stash(done.chain, "later").address
    assert failure(memory.promote).code in ("stashed", "not-found")
    assert memory.pop(done.chain).chain == done.chain
    assert memory.put(done.address, chain=memory.claim("Two.", new_chain=True).chain).created
    (put,) = memory.archive()
    assert put.session == SESSION
    error = failure(lambda: memory.claim("Three."))
    assert (error.code, error.hint) == ("refused", f"git mnemo restore {SESSION}")
    assert memory.gc(dry_run=True).kept == 1
    assert memory.restore(SESSION)[0].session == SESSION
    assert memory.claim("Three.").session == SESSION
    assert memory.archive_idle() == []


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda memory: memory.claim(""), "invalid-node"),
        (lambda memory: memory.claim("x", chain="8a1b", title="T"), "usage"),
        (lambda memory: memory.claim("x" * 70_000), "too-large"),
        (lambda memory: memory.supersede("8a1b2c3d", "x"), "not-found"),
        (lambda memory: memory.show("../../etc"), "invalid-id"),
        (lambda memory: memory.chains("odd"), "usage"),
        (lambda memory: memory.promote("8a1b2c3d", all=True), "usage"),
        (lambda memory: memory.restore("s_00000000"), "not-found"),
        (lambda memory: memory.sync(), "refused"),
        (lambda memory: memory.recall(" "), "usage"),
        (lambda memory: memory.recall("x", since="not a date"), "usage"),
        (lambda memory: memory.recall("x", since="1960-01-01"), "usage"),
        (lambda memory: memory.why("missing.py"), "not-found"),
    ],
)
def test_what_fails_is_a_mnemo_error(
    repo: Path, act: Callable[[Memory], object], code: str
) -> None:
    memory = open_(repo)
    memory.claim("There is a session.")
    assert failure(lambda: act(memory)).code == code


METHODS = [
    name for name in dir(Memory) if not name.startswith("_") and callable(getattr(Memory, name))
]


@pytest.mark.parametrize("name", METHODS)
def test_what_does_not_fit_is_refused_by_its_name_and_nothing_is_done(
    repo: Path, name: str
) -> None:
    memory = open_(repo)
    act = getattr(memory, name)
    parameters = inspect.signature(act).parameters.values()
    needed = {
        one.name: ["x"] if one.name == "lines" else "x"
        for one in parameters
        if one.default is one.empty
    }
    before = run_git("for-each-ref")
    for one in parameters:
        for bad in (object(), b"x", -1):
            error = failure(partial(act, **{**needed, one.name: bad}))
            assert (error.code, error.hint) == ("usage", "python -m pydoc git_mnemo.api")
            assert error.message.startswith(f"`{one.name}` is to be ")
    assert run_git("for-each-ref") == before


def test_how_a_memory_is_opened_is_looked_at(repo: Path) -> None:
    odd: list[dict[str, Any]] = [
        {"path": b"x"}, {"path": "a\0b"}, {"path": Path("a\0b")}, {"session": 5}, {"agent": ["x"]},
        {"user": "Ada"}, {"user": ("Ada",)}, {"user": ("Ada", None)}, {"user": ("\ud800", "a@b")},
        {"clock": 5}, {"host": "codex"},
    ]  # fmt: skip
    for arguments in odd:
        (name,) = arguments
        error = failure(partial(git_mnemo.open, **arguments))
        assert (error.code, error.message.split(" ")[0]) == ("usage", f"`{name}`")
    assert git_mnemo.open(repo, clock=lambda: NOW).claim("By a path.", inputs=iter(())).created


def test_claims_of_a_batch_are_looked_at_one_by_one(repo: Path) -> None:
    memory = open_(repo)
    odd: list[Any] = ["x", 5, Claim(5), Claim("x", inputs="abc"), Claim("x", anchors=["a"])]  # type: ignore[arg-type]
    for one in odd:
        error = failure(partial(memory.batch, iter([Claim("Right."), one])))
        assert error.code == "usage"
        assert error.message.startswith("2 of `claims` is to be Claim")
    for name in ("a\0b", "\ud800"):
        assert failure(partial(memory.verify, rev=name)).code == "usage"
        assert failure(partial(memory.why, name)).code == "usage"
    assert failure(lambda: memory.claim("x", anchors=["a", 5])).message.startswith("2 of `anchors`")  # type: ignore[list-item]
    assert memory.sessions() == []


def test_a_bad_line_of_a_batch_is_named_and_nothing_is_written(repo: Path) -> None:
    lines = [Claim("One."), Claim("Two.", anchors=("missing.py",))]
    assert failure(lambda: open_(repo).batch(lines)).details["line"] == 2
    assert failure(lambda: open_(repo).batch([Claim("One."), Claim("")])).details["line"] == 2
    assert not run_git("for-each-ref", refs.SESSIONS)
    assert open_(repo).batch([]) == []


def test_time_agent_and_identity_can_be_given(repo: Path) -> None:
    memory = git_mnemo.open(
        repo, session=OTHER, agent="Claude Code", user=("Bea", "bea@example.com"), clock=lambda: 60
    )
    memory.claim("One.")
    told = run_git("log", "-1", "--format=%cn %ce %ct", refs.session_ref(OTHER))
    assert told == "Bea bea@example.com 60"
    said = message.parse(run_git("log", "-1", "--format=%B", refs.session_ref(OTHER)))
    assert {line.agent for line in said.nodes} == {"claude-code"}
    open_(repo).claim("Two.")
    assert run_git("log", "-1", "--format=%cn", refs.session_ref(SESSION)) == ADA[0]


def test_without_an_identity_a_claim_is_refused_and_looking_is_not(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = open_(repo)
    run_git("config", "--global", "--remove-section", "user")
    run_git("config", "--global", "user.useConfigOnly", "true")
    error = failure(lambda: memory.claim("One."))
    assert (error.code, "user.name" in (error.hint or "")) == ("no-identity", True)
    assert memory.status().nodes == 0


# -- sessions ----------------------------------------------------------------------------------


def test_a_session_of_its_own(repo: Path) -> None:
    own, other = open_(repo, git_mnemo.NEW), open_(repo, git_mnemo.NEW)
    ids = {own.claim("One.").session, own.claim("Two.").session, other.claim("One.").session}
    assert len(ids) == 2
    assert own.session().id == own.status().session
    assert not (repo / ".git" / "mnemo" / "session").exists()


def test_a_session_of_its_own_that_was_archived_is_followed_by_another(repo: Path) -> None:
    memory = open_(repo, git_mnemo.NEW)
    first = memory.claim("One.").session
    assert git_mnemo.open(repo).archive(first)
    second = memory.claim("Two.").session
    assert second != first
    run_git("update-ref", "-d", refs.session_ref(second))
    assert memory.claim("Three.").session == second  # deleted, not archived: it begins again


# -- living long -------------------------------------------------------------------------------


def test_a_gc_a_repack_and_other_writers_between_calls_do_no_harm(repo: Path) -> None:
    memory = open_(repo)
    for number in range(4):
        memory.claim(f"Claim {number} of the server.")
        claim(f"Claim {number} of the command line.")
        if number == 1:
            memory.promote()
            run_git("gc", "--quiet", "--prune=now")
        elif number == 2:
            run_git("repack", "-ad", "--quiet")
            run_git("pack-refs", "--all")
    assert memory.status().nodes == 8
    run_git("update-ref", refs.session_ref(SESSION), f"{refs.session_ref(SESSION)}~3")
    assert memory.status().nodes == 5
    assert memory.claim("Claim 1 of the command line, again.").created
    run_git("fsck", "--strict", "--no-dangling")


def test_a_change_of_the_configuration_is_noticed(repo: Path) -> None:
    memory = open_(repo)
    memory.claim("One.")
    run_git("config", "user.name", "Grace Example")
    memory.claim("Two.")
    names = run_git("log", "--format=%an", refs.session_ref(SESSION)).splitlines()
    assert names == ["Grace Example", ADA[0]]


def test_a_repository_that_went_away_is_refused(repo: Path, tmp_path: Path) -> None:
    memory = open_(repo)
    memory.claim("One.")
    (repo / ".git").rename(tmp_path / "moved")
    assert failure(lambda: memory.claim("Two.")).code == "not-a-repository"
    assert not (repo / ".git").exists()
    (tmp_path / "moved").rename(repo / ".git")
    assert memory.claim("Two.").created


def in_threads(act: Callable[[int], None]) -> list[Exception]:
    """What went wrong where so many threads act at the same time."""
    wrong: list[Exception] = []
    barrier = threading.Barrier(THREADS)

    def one(number: int) -> None:
        try:
            barrier.wait()
            act(number)
        except Exception as error:  # noqa: BLE001
            wrong.append(error)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def test_many_threads_share_a_memory_and_lose_nothing(repo: Path) -> None:
    shared = open_(repo)

    def work(number: int) -> None:
        memory = shared if number % 2 else open_(repo)
        for turn in range(EACH):
            done = memory.claim(f"Claim {turn} of thread {number}.")
            if turn % 3 == 0:
                memory.promote(done.chain)
                assert memory.show(done.address).node is not None

    assert in_threads(work) == []
    assert shared.status().nodes == THREADS * EACH
    shared.promote(all=True)
    assert shared.status().project_nodes == THREADS * EACH
    run_git("fsck", "--strict", "--no-dangling")


def test_threads_that_open_for_the_first_time_at_once(empty_repo: Path) -> None:
    program = """
import threading, git_mnemo
threads = [threading.Thread(target=git_mnemo.open, args=(".",)) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
    done = run(sys.executable, "-c", program)
    assert (done.code, done.err) == (0, "")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_a_shared_repository_gets_its_rights_and_the_umask_stays(repo: Path) -> None:
    run_git("config", "core.sharedRepository", "group")
    before = os.umask(0o077)
    try:
        open_(repo).claim("One.")
        assert os.umask(0o077) == 0o077
    finally:
        os.umask(before)
    tip = run_git("rev-parse", refs.session_ref(SESSION))
    folder = repo / ".git" / "objects" / tip[:2]
    assert stat.S_IMODE(folder.stat().st_mode) & 0o070 == 0o070


# -- what others wrote -------------------------------------------------------------------------


def test_folders_and_files_come_in_as_the_command_line_reads_them(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repo / "adr").mkdir()
    (repo / "adr" / "0001-pool.md").write_text(
        "# Use one pool\n\n## Decision\n\nThe pool is made once.\n"
    )
    (repo / "adr" / "0002-binary.md").write_bytes(b"\xff\xfe\0")
    monkeypatch.chdir("/")  # a path is seen from the folder that was opened
    memory = open_(repo)
    (would,) = memory.import_from("adr", format="adr", dry_run=True)
    assert (would.nodes, would.ref, memory.chains()) == (1, refs.PROJECT, [])
    (done,) = memory.import_from(Path("adr"), format="adr")
    assert (done.nodes, done.chains, done.ref) == (1, 1, refs.PROJECT)
    assert any("0002-binary" in text for text in done.warnings)
    assert [chain.title for chain in memory.chains()] == ["Use one pool"]
    monkeypatch.chdir(repo)
    again = ask("import", "adr", "--format", "adr")
    assert (again["nodes"], again["skipped"]) == (
        0,
        memory.import_from("adr", format="adr")[0].skipped,
    )
    (mine,) = open_(repo, OTHER).import_from(repo / "adr" / "0001-pool.md", into_session=True)
    assert (mine.ref, mine.nodes) == (refs.session_ref(OTHER), 0)
    for path, format_, code in (
        ("adr", "word", "usage"), ("nowhere.jsonl", None, "not-found"), ("-", None, "not-found"),
    ):  # fmt: skip
        error = failure(partial(memory.import_from, path, format=format_))
        assert error.code == code
        assert error.hint


def test_history_comes_into_a_session(repo: Path) -> None:
    because = "Retries doubled the load, because every client waited for the same time.\n" * 3
    run_git("commit", "--quiet", "--allow-empty", "-m", f"Add jitter to retries\n\n{because}")
    told = open_(repo, None).import_history(dry_run=True)
    assert told.nodes > 0
    assert told.ref == ask("import", "--from-history", "--dry-run", session=None)["ref"]
    done = open_(repo).import_history("HEAD", limit=1)
    assert (done.ref, done.nodes) == (refs.session_ref(SESSION), told.nodes)
    assert "Add jitter" in str(open_(repo).chains()[0].title)
    assert failure(lambda: open_(repo).import_history(limit=0)).code == "usage"
    assert failure(lambda: open_(repo).import_history("nowhere")).code == "not-found"


# -- the page ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "least"), [("docs/python.md", 11), ("docs/tutorials/from-a-program.md", 5)]
)
def test_the_pages_say_what_python_answers(
    repo: Path, monkeypatch: pytest.MonkeyPatch, name: str, least: int
) -> None:
    from tests.transcripts import POOL

    (repo / "src").mkdir()
    (repo / "src" / "pool.py").write_text(POOL)
    run_git("add", "src")
    run_git("commit", "--quiet", "--message", "Add the pool")
    monkeypatch.setenv("GIT_MNEMO_NOW", str(NOW))
    monkeypatch.setenv("GIT_MNEMO_SESSION", SESSION)
    page = (ROOT / name).read_text()
    text = page.replace("```", "")  # so that a fence is no line of what is expected
    examples = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    assert len(examples.examples) >= least
    out: list[str] = []
    failed = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(examples, out=out.append)
    assert not failed.failed, "".join(out)
    assert tree(refs.PROJECT)
