"""The seal around every test, and the repositories tests start from."""

import signal
import threading
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pygit2
import pytest
from pygit2.enums import ConfigLevel

from tests import clones, hooked, hostile, plain, support
from tests.support import run_git

collect_ignore = ["benchmarks"]


def pytest_configure() -> None:
    """Refuse what the git of this run cannot make, instead of failing in every test."""
    if plain.REFS == "reftable" and (found := support.git_version()) < plain.REFTABLES:
        told = ".".join(map(str, found))
        raise pytest.UsageError(f"reftables take git 2.45 or later on PATH, and this is {told}")


installed = hooked.installed

# A loaded machine is not a slow test.
hypothesis.settings.register_profile("mnemo", deadline=None)
hypothesis.settings.load_profile("mnemo")

# libgit2 notes where configuration lies when it is loaded, before any test has set HOME.
for _level in (ConfigLevel.PROGRAMDATA, ConfigLevel.SYSTEM, ConfigLevel.XDG, ConfigLevel.GLOBAL):
    pygit2.settings.search_path[_level] = ""

# What is started in the background of a shell ignores Ctrl-C, and so would all that it starts.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The first commit of `repo` always has the same id.
FIRST_COMMIT_DATE = {
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
}


@pytest.fixture(autouse=True)
def seal(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own: no configuration, identity, editor or prompt from outside."""
    home = tmp_path_factory.mktemp("home")
    support.seal(monkeypatch, home)
    return home


@pytest.fixture
def git() -> Callable[..., str]:
    """`git("log", "--oneline", cwd=…)`: what git printed."""
    return run_git


@pytest.fixture
def empty_repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository without a commit; the test runs in it."""
    path = tmp_path / "repo"
    run_git("init", "--quiet", str(path))
    monkeypatch.chdir(path)
    return path


@pytest.fixture
def repo(empty_repo: Path) -> Path:
    """A repository with one commit, of README.md; the test runs in it."""
    (empty_repo / "README.md").write_text("# Example\n")
    run_git("add", "README.md")
    run_git("commit", "--quiet", "--message", "Start", env=FIRST_COMMIT_DATE)
    return empty_repo


@pytest.fixture
def hub(tmp_path: Path) -> clones.Hub:
    """A bare repository to make clones of; the test runs outside of any repository."""
    return clones.hub(tmp_path)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> hostile.Template:
    """The scene below, once for the tests of one file."""
    return hostile.Template(tmp_path_factory.mktemp("scene"))


@pytest.fixture
def scene(template: hostile.Template, hub: clones.Hub, tmp_path: Path) -> hostile.Spoilt:
    """A clone and its remote, whose project the test may spoil."""
    return template.spoilt(hub, tmp_path / "scene")
