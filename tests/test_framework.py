"""The pre-commit framework, and prek: our manifest, installed by the real programs from a clone of
this tree, and commits of a real repository."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import hooked
from tests.hooked import head, links
from tests.support import ROOT, run, run_git
from tests.verbs import SESSION, ask, claim

PATIENCE = 240
"""Seconds that setting up the hooks' environment may take; where it fails there is no test."""

PRE_COMMIT = Path(sys.executable).with_name("pre-commit")
EVENTS = {
    "post-commit", "post-rewrite", "prepare-commit-msg", "commit-msg", "pre-push", "post-merge",
    "post-checkout",
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the programs keep the environments that they set up."""
    return tmp_path_factory.mktemp("framework")


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """This tree as it stands, committed in a repository of its own."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    path = tmp_path / "published"
    listed = run_git("ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, path / name)
    run_git("init", "--quiet", str(path))
    run_git("add", "--all", "--force", cwd=path)
    run_git("commit", "--quiet", "--message", "As it stands", cwd=path)
    return path


@pytest.fixture(params=["pre-commit", "prek"])
def framework(request: pytest.FixtureRequest) -> str:
    """The program, if it is there."""
    beside = Path(sys.executable).with_name(request.param)
    found = str(beside) if beside.exists() else shutil.which(request.param)
    if found is None:
        pytest.skip(f"{request.param} is not installed")
    return found


def configured(
    framework: str, published: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repository that takes all our ids, by what docs/hooks.md says."""
    monkeypatch.setenv("PRE_COMMIT_HOME", str(home / "pre-commit"))
    monkeypatch.setenv("PREK_HOME", str(home / "prek"))
    # Of the hooks' environment, and not of this tree.
    monkeypatch.delenv("PYTHONPATH")
    hooks = "".join(f"  - id: mnemo-{event}\n" for event in sorted(EVENTS))
    Path(".pre-commit-config.yaml").write_text(
        f"default_install_hook_types: [{', '.join(sorted(EVENTS))}]\n"
        f"repos:\n- repo: {published}\n  rev: {head(published)}\n  hooks:\n{hooks}"
    )
    run_git("add", ".pre-commit-config.yaml")
    try:
        done = subprocess.run(
            [framework, "install", "--install-hooks"],
            timeout=PATIENCE, capture_output=True, text=True, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        pytest.skip(f"{Path(framework).name} took longer than {PATIENCE} s to install the hooks")
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()
        pytest.skip(f"{Path(framework).name} cannot install the hooks here: {said[-1:]}")


def test_the_manifest_has_an_id_for_each_event() -> None:
    text = (ROOT / ".pre-commit-hooks.yaml").read_text()
    assert {line.removeprefix("- id: mnemo-") for line in text.splitlines()
            if line.startswith("- id: ")} == EVENTS  # fmt: skip
    for event in EVENTS:
        assert f"  entry: mnemo-hook {event}\n  stages: [{event}]\n" in text


@pytest.mark.skipif(not PRE_COMMIT.exists(), reason="pre-commit is not installed")
def test_the_manifest_is_one() -> None:
    done = run(str(PRE_COMMIT), "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml"))
    assert done.code == 0, done


def test_real_commits(
    framework: str, repo: Path, published: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(framework, published, home, monkeypatch)
    monkeypatch.setenv("GIT_MNEMO_SESSION", SESSION)
    # No `git-mnemo` but the one that the framework installed.
    assert run("git", "commit", "--quiet", "--message", "No session yet").code == 0
    claim("One")
    done = run("git", "commit", "--quiet", "--allow-empty", "--message", "Do it")
    assert done.code == 0, done
    assert links() == {head(): {"One"}}
    done = run("git", "commit", "--quiet", "--allow-empty", "--amend", "--message", "Done")
    assert done.code == 0, done
    assert links() == {head(): {"One"}}
    run_git("config", "mnemo.trailer", "true")
    claim("Two", "--new-chain")
    (repo / "code.txt").write_text("code\n")
    run_git("add", "code.txt")
    assert run("git", "commit", "--quiet", "--message", "Do more").code == 0
    assert links()[head()] == {"Two"}
    assert run_git("log", "-1", "--format=%(trailers:key=Mnemo-Session,valueonly)") == SESSION
    ask("status")


@hooked.in_files
def test_init_leaves_the_framework_alone_and_its_lines_work(
    repo: Path, installed: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    if not PRE_COMMIT.exists():
        pytest.skip("pre-commit is not installed")
    monkeypatch.setenv("PRE_COMMIT_HOME", str(home / "local"))
    monkeypatch.setenv("GIT_MNEMO_SESSION", SESSION)
    config = repo / ".pre-commit-config.yaml"
    config.write_text("repos: []\n")
    told = run(str(installed / "git-mnemo"), "init")
    lines = [line[2:] for line in told.err.splitlines() if line.startswith("  ")]
    config.write_text("\n".join(lines) + "\n")
    run_git("add", ".")
    assert run(str(PRE_COMMIT), "install").code == 0
    run_git("commit", "--quiet", "--message", "Use the framework")
    claim("One")
    done = run("git", "commit", "--quiet", "--allow-empty", "--message", "Do it")
    assert done.code == 0, done
    assert links() == {head(): {"One"}}
    assert Path(".git/hooks/post-commit").exists()
