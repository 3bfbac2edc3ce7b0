"""Clones of one repository on this machine: what each claims, shares and knows, in this process."""

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from git_mnemo import refs
from git_mnemo.refs import PROJECT
from git_mnemo.repository import Repository, discover
from tests import plain, soundness, verbs
from tests.support import Result, run, run_git
from tests.verbs import NOW

TRACKED = refs.tracking("origin", PROJECT)


@dataclass(frozen=True, slots=True)
class Clone:
    """One clone and the session that it claims into."""

    path: Path
    session: str

    def run(self, *args: str, now: int = NOW, stdin: bytes = b"") -> Result:
        """What `git mnemo ARGS` answers here."""
        with contextlib.chdir(self.path):
            return verbs.git_mnemo(*args, now=now, session=self.session, stdin=stdin)

    def ask(self, *args: str, now: int = NOW, stdin: bytes = b"") -> dict[str, Any]:
        """The JSON object of a command that succeeds."""
        with contextlib.chdir(self.path):
            return verbs.ask(*args, now=now, session=self.session, stdin=stdin)

    def no(self, *args: str, now: int = NOW) -> dict[str, Any]:
        """The JSON object of a command whose answer is no (exit 1), traceback free."""
        done = self.run(*args, "--json", now=now)
        assert (done.code, "Traceback" in done.err) == (1, False), done
        answer = json.loads(done.out)
        assert isinstance(answer, dict)
        return answer

    def moved(self, *args: str, now: int = NOW) -> list[dict[str, Any]]:
        """The refs that `git mnemo ARGS` tells of, in their order; it succeeds."""
        answer = self.ask(*args, now=now)
        assert set(answer) == {"remote", "refs"}
        return list(answer["refs"])

    def only(self, *args: str, now: int = NOW) -> dict[str, Any]:
        """The one ref that a command which succeeds tells of."""
        (one,) = self.moved(*args, now=now)
        return one

    def refused(self, *args: str, now: int = NOW) -> dict[str, Any]:
        """The one ref that a command tells of, whose answer is no."""
        (one,) = self.no(*args, now=now)["refs"]
        assert isinstance(one, dict)
        return one

    def git(self, *args: str, input: str | None = None) -> str:
        """What git prints here."""
        return run_git(*args, cwd=self.path, input=input)

    def ref(self, name: str = PROJECT) -> str | None:
        """Where a ref stands, or None."""
        done = run("git", "rev-parse", "--verify", "--quiet", name, cwd=self.path)
        return done.out.strip() or None

    def refs(self, prefix: str = "refs") -> dict[str, str]:
        """All refs below a prefix."""
        return refs_of(self.path, prefix)

    def claim(self, text: str, *args: str, now: int = NOW) -> dict[str, Any]:
        """What `git mnemo claim` answers."""
        return self.ask("claim", *args, "--", text, now=now)

    def learn(self, *texts: str, now: int = NOW) -> str:
        """Claim and promote, each text in a chain of its own; the project's tip."""
        lines = [json.dumps({"text": text, "title": text}) for text in texts]
        self.ask("claim", "--batch", stdin="\n".join(lines).encode(), now=now)
        return str(self.ask("promote", "--all", now=now)["new"])

    def knows(self) -> set[str]:
        """The texts of the project's claims."""
        return texts_at(self.path, PROJECT)

    def share(self, remote: str = "origin", *args: str, now: int = NOW) -> dict[str, Any]:
        """`git mnemo init --share`, with a yes, and without hooks of git."""
        return self.ask("init", "--share", remote, "--yes", "--no-hooks", *args, now=now)

    def open(self) -> Repository:
        """The clone as the package opens it."""
        with contextlib.chdir(self.path):
            return discover()

    def status(self, now: int = NOW) -> dict[str, Any]:
        """What `git mnemo status` answers."""
        return self.ask("status", now=now)


@dataclass(frozen=True, slots=True)
class Hub:
    """A bare repository with one commit on main, and the folder that its clones stand in."""

    folder: Path

    @property
    def bare(self) -> Path:
        """The bare repository."""
        return self.folder / "hub.git"

    def clone(self, name: str, *args: str, url: str | None = None) -> Clone:
        """A new clone, whose user and session go by the name."""
        path = self.folder / name
        run_git("clone", "--quiet", *args, url or str(self.bare), str(path))
        run_git("config", "user.name", name.title(), cwd=path)
        run_git("config", "user.email", f"{name}@example.com", cwd=path)
        number = sum(ord(char) << (at % 3 * 8) for at, char in enumerate(name))
        return Clone(path, f"s_{number % (1 << 32):08x}")

    def shared(self, *names: str) -> list[Clone]:
        """New clones that share through `origin`."""
        clones = [self.clone(name) for name in names]
        for one in clones:
            one.share()
        return clones

    def git(self, *args: str, input: str | None = None) -> str:
        """What git prints in the bare repository."""
        return run_git(*args, cwd=self.bare, input=input)

    def ref(self, name: str = PROJECT) -> str | None:
        """Where a ref stands on the remote, or None."""
        return refs_of(self.bare).get(name)

    def refs(self, prefix: str = "refs") -> dict[str, str]:
        """All refs of the remote below a prefix."""
        return refs_of(self.bare, prefix)

    def knows(self) -> set[str]:
        """The texts of the claims in the project on the remote."""
        return texts_at(self.bare, PROJECT)

    def hook(self, name: str, *lines: str) -> Path:
        """A shell script that the remote runs when it is pushed to."""
        path = self.bare / "hooks" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
        path.chmod(0o755)
        return path


def hub(folder: Path) -> Hub:
    """A bare repository with one commit of README.md, always the same."""
    date = {"GIT_AUTHOR_DATE": f"{NOW} +0000", "GIT_COMMITTER_DATE": f"{NOW} +0000"}
    start = folder / "start"
    run_git("init", "--quiet", str(start))
    (start / "README.md").write_text("# Example\n")
    run_git("add", "README.md", cwd=start)
    run_git("commit", "--quiet", "--message", "Start", cwd=start, env=date)
    run_git("clone", "--quiet", "--bare", str(start), str(folder / "hub.git"))
    return Hub(folder)


def refs_of(repo: Path, prefix: str = "refs") -> dict[str, str]:
    """The refs of a repository below a prefix, and what each points at."""
    listed = run_git("for-each-ref", "--format=%(refname) %(objectname)", prefix, cwd=repo)
    pairs = (line.partition(" ") for line in listed.splitlines())
    return {name: oid for name, _, oid in pairs}


def texts_at(repo: Path, tip: str) -> set[str]:
    """The texts of all entries but the titles in a commit's tree."""
    standing = [one for one in soundness.entries_of(repo, tip) if one.position]
    read = plain.read(repo, (one.address for one in standing))
    return {soundness.text_in(data) for data in read.values()}
