"""Each installer, from an sdist and from a wheel, in a home of its own: installed, used, removed.

It asks the package index that pip is set up for, which is why it is no test of the suite.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 300


class Installer(NamedTuple):
    """The command lines that install a file and take git mnemo away again, with `{home}`, `{tools}`
    and `{file}` in them; and the folder of programs."""

    name: str
    before: list[list[str]]
    install: list[str]
    remove: list[str]
    programs: str


INSTALLERS = [
    Installer(
        "pip",
        [[sys.executable, "-m", "venv", "{home}/venv"]],
        ["{home}/venv/bin/python", "-m", "pip", "install", "--quiet", "{file}"],
        ["{home}/venv/bin/python", "-m", "pip", "uninstall", "--quiet", "--yes", "git-mnemo"],
        "venv/bin",
    ),
    Installer(
        "pipx",
        [],
        ["{tools}/bin/pipx", "install", "--quiet", "{file}"],
        ["{tools}/bin/pipx", "uninstall", "git-mnemo"],
        ".local/bin",
    ),
    Installer(
        "uv tool",
        [],
        ["{tools}/bin/uv", "tool", "install", "--quiet", "--python", sys.executable, "{file}"],
        ["{tools}/bin/uv", "tool", "uninstall", "--quiet", "git-mnemo"],
        ".local/bin",
    ),
]


class Failed(Exception):
    """A command did not do what it should; the text says what it said."""


def run(command: list[str], environment: Mapping[str, str], cwd: Path) -> str:
    """What a command printed, once it succeeded."""
    done = subprocess.run(
        command, env=environment, cwd=cwd, stdin=subprocess.DEVNULL, text=True,
        capture_output=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    if done.returncode:
        raise Failed(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def environment_of(home: Path, programs: str) -> dict[str, str]:
    """A user who has nothing but a home, and the package index that is set up for pip."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("PIP_", "SSL_", "UV_")) or name.lower().endswith("_proxy")
    }
    identity = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Ada Example"), ("EMAIL", "ada@example.com"))
    }
    # The certificates that pip was told of, or else the system's, are those of uv and pipx, too.
    kept.setdefault("UV_SYSTEM_CERTS", "1")
    if "PIP_CERT" in kept:
        kept.setdefault("SSL_CERT_FILE", kept["PIP_CERT"])
    path = os.pathsep.join([str(home / programs), "/usr/local/bin", "/usr/bin", "/bin"])
    return {**kept, **identity, "HOME": str(home), "PATH": path, "LC_ALL": "C.UTF-8"}


def use(environment: Mapping[str, str], folder: Path) -> None:
    """A day of work in a fresh repository, with the hooks of init."""
    repository = folder / "repository"
    repository.mkdir()

    def git(*words: str) -> str:
        return run(["git", *words], environment, repository)

    git("init", "--quiet")
    git("mnemo", "init")
    git("commit", "--quiet", "--allow-empty", "--message", "Start")
    git("mnemo", "claim", "Retries time out: each request opens a connection.")
    git("commit", "--quiet", "--allow-empty", "--message", "One pool")
    _expect(git("mnemo", "why", "HEAD"), "Retries time out")
    _expect(git("mnemo", "recall", "why do retries time out?"), "Retries time out")
    _expect(git("mnemo", "help", "claim"), "Usage: git mnemo claim")
    if shutil.which("man"):
        _expect(git("mnemo", "--help"), "GIT-MNEMO(1)")
    git("mnemo", "uninstall", "--all", "--yes")
    _expect(git("for-each-ref", "refs/mnemo") or "nothing", "nothing")


def _expect(said: str, wanted: str) -> None:
    if wanted not in said:
        raise Failed(f"{wanted!r} is not in:\n{said}")


def tried(installer: Installer, file: Path, tools: Path, folder: Path) -> None:
    """Install, use, remove; nothing of it stays on PATH."""
    home = folder / "home"
    home.mkdir(parents=True)
    environment = environment_of(home, installer.programs)
    words = {"home": str(home), "tools": str(tools), "file": str(file)}
    for command in [*installer.before, installer.install]:
        run([word.format(**words) for word in command], environment, folder)
    use(environment, folder)
    run([word.format(**words) for word in installer.remove], environment, folder)
    left = shutil.which("git-mnemo", path=str(home / installer.programs))
    if left:
        raise Failed(f"{left} is still there")


def main() -> int:
    """Try them all; how many failed."""
    failed = done = 0
    with tempfile.TemporaryDirectory(prefix="git-mnemo-") as temporary:
        scratch = Path(temporary)
        run([sys.executable, "-m", "build", "--outdir", str(scratch / "dist")], os.environ, ROOT)
        files = sorted((scratch / "dist").iterdir())
        run([sys.executable, "-m", "venv", str(scratch / "tools")], os.environ, scratch)
        run([str(scratch / "tools" / "bin" / "pip"), "install", "--quiet", "pipx", "uv"],
            os.environ, scratch)  # fmt: skip
        for installer in INSTALLERS:
            for file in files:
                start = time.monotonic()
                what = "wheel" if file.suffix == ".whl" else "sdist"
                try:
                    tried(installer, file, scratch / "tools", scratch / installer.name / what)
                    done += 1
                    print(f"{installer.name} from a {what}: {time.monotonic() - start:.0f} s")
                except (Failed, subprocess.TimeoutExpired) as error:
                    failed += 1
                    print(f"{installer.name} from a {what} FAILED: {error}")
                sys.stdout.flush()
    print(f"{done} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
