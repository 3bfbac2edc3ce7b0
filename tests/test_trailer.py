"""The trailer `Mnemo-Session:` in messages of commits of the code, where it was asked for."""

from pathlib import Path

import pytest

from tests.hooked import head, init, program
from tests.support import Result, run, run_git
from tests.verbs import OTHER, SESSION, ask, claim, git_mnemo

LINE = f"Mnemo-Session: {SESSION}\n"


def message(
    text: str, *source: str, event: str = "prepare-commit-msg", session: str | None = SESSION
) -> str:
    """What becomes of a message."""
    path = Path(".git/COMMIT_EDITMSG")
    path.write_text(text)
    done = git_mnemo("hook", event, str(path), *source, session=session)
    assert (done.code, done.out, done.err) == (0, "", "")
    return path.read_text()


@pytest.fixture
def live(repo: Path) -> Path:
    """A repository with a live session, and the trailer turned on."""
    run_git("config", "mnemo.trailer", "true")
    claim("One")
    return repo


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Subject\n", f"Subject\n\n{LINE}"),
        ("Subject", f"Subject\n\n{LINE}"),
        ("Subject\n\nBody: it is.\n\nSigned-off-by: A <a@b>\n",
         f"Subject\n\nBody: it is.\n\nSigned-off-by: A <a@b>\n{LINE}"),
        (f"Subject\n\n{LINE}", f"Subject\n\n{LINE}"),
        (f"Subject\n\n{LINE}Cc: A <a@b>\n", f"Subject\n\n{LINE}Cc: A <a@b>\n"),
        ("Subject\n\n---\nno patch\n", f"Subject\n\n---\nno patch\n\n{LINE}"),
        ("Subject\n# comment\n", f"Subject\n\n{LINE}# comment\n"),
        ("Subject\n\n# -- >8 --\n", f"Subject\n\n{LINE}\n# -- >8 --\n"),
    ],
)  # fmt: skip
def test_it_stands_with_the_trailers_and_once(live: Path, before: str, after: str) -> None:
    assert message(before, "message") == after
    assert message(after, "message") == after


def test_off_is_off(live: Path) -> None:
    run_git("config", "mnemo.trailer", "false")
    assert message("Subject\n", "message") == "Subject\n"


def test_without_a_live_session_there_is_none_to_name(live: Path) -> None:
    assert message("Subject\n", "message", session=OTHER) == "Subject\n"
    assert message("Subject\n", "message", session=None) == "Subject\n"
    assert message("Subject\n", "message", session="nonsense") == "Subject\n"


def test_a_merge_names_none(live: Path) -> None:
    assert message("Merge\n", "merge") == "Merge\n"
    (live / ".git" / "MERGE_HEAD").write_text(head())
    assert message("Merge\n", "message") == "Merge\n"


def test_an_amend_keeps_the_session_that_it_names(live: Path) -> None:
    text = f"Subject\n\nMnemo-Session: {OTHER}\n"
    assert message(text, "commit", "HEAD") == text
    assert message("Subject\n", "commit", "HEAD") == f"Subject\n\n{LINE}"


def test_a_squash_names_what_it_squashes_and_itself(live: Path) -> None:
    text = f"Squashed commit of the following:\n\n    First\n\n    Mnemo-Session: {OTHER}\n"
    assert message(text, "squash") == f"{text}\nMnemo-Session: {OTHER}\n{LINE}"
    again = message(text, "squash")
    assert message(again, "message") == again


def test_an_empty_message_stays_empty_so_that_git_sees_it(live: Path) -> None:
    for text in ("", "\n", "\n# Please enter\n", "\n# ------------------------ >8 -----"
                 "-------------------\ndiff --git\n"):  # fmt: skip
        assert message(text) == text
        assert message(text, event="commit-msg") == text


def test_the_users_own_settings_of_trailers_do_not_matter(live: Path) -> None:
    run_git("config", "trailer.ifexists", "doNothing")
    run_git("config", "trailer.where", "start")
    run_git("config", "trailer.separators", "=#")
    assert message("Subject\n", "message") == f"Subject\n\n{LINE}"


def test_other_comment_characters(live: Path) -> None:
    run_git("config", "core.commentChar", ";")
    assert message("Subject\n; comment\n", "message") == f"Subject\n\n{LINE}; comment\n"
    assert message("\n; comment\n") == "\n; comment\n"


def test_a_template_that_nobody_filled_in_is_no_message(
    live: Path, installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "template").write_text("Why:\n\n# what for\n")
    init()
    monkeypatch.setenv("GIT_MNEMO_SESSION", SESSION)
    commit = ["git", "commit", "--quiet", "--allow-empty", "--template", str(tmp_path / "template")]
    before = head()
    for more in ([], ["--signoff"], ["--verbose"]):
        monkeypatch.setenv("GIT_EDITOR", "true")
        done = run(*commit, *more)
        assert (done.code, head()) == (1, before)
        assert "you did not edit the message" in done.err
    monkeypatch.setenv("GIT_EDITOR", "sed -i 's/Why:/Why: so/'")
    assert run(*commit) == Result(0, "", "")
    assert run_git("log", "-1", "--format=%B") == f"Why: so\n\n{LINE}".rstrip()
    assert not Path(".git/mnemo/template").exists()


def test_real_commits(
    live: Path, installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    init()
    monkeypatch.setenv("GIT_MNEMO_SESSION", SESSION)

    def named() -> str:
        return run_git("log", "-1", "--format=%(trailers:key=Mnemo-Session,valueonly)").strip()

    assert run("git", "commit", "-q", "--allow-empty", "-m", "By option").code == 0
    assert named() == SESSION
    editor = tmp_path / "editor"
    program(editor, "sed -i '1s/^/In an editor/' \"$1\"")
    monkeypatch.setenv("GIT_EDITOR", str(editor))
    assert run("git", "commit", "-q", "--verbose", "--allow-empty").code == 0
    assert named() == SESSION
    assert run_git("log", "-1", "--format=%s") == "In an editor"
    before = head()
    monkeypatch.setenv("GIT_EDITOR", "true")
    empty = run("git", "commit", "-q", "--allow-empty")
    assert (empty.code, head()) == (1, before)
    assert "empty commit message" in empty.err
    assert run("git", "commit", "-q", "--amend", "--allow-empty", "--no-edit").code == 0
    assert run_git("log", "-1", "--format=%B").count("Mnemo-Session") == 1
    ask("archive")
    assert run("git", "commit", "-q", "--allow-empty", "-m", "Without").code == 0
    assert named() == ""
