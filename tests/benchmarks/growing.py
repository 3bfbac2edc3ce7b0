"""Repositories with memories that grow: one of code, the same with a memory, and their remotes."""

import shutil
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from git_mnemo import refs
from git_mnemo.refs import PROJECT
from tests.benchmarks import projects
from tests.benchmarks.projects import CHAIN, make_chain, text
from tests.benchmarks.scratch import mnemo
from tests.support import run_git

FILES, COMMITS = 300, 200
OWN = f"s_{0xFFFFFFFF:08x}"
"""The session that is claimed into."""

_NUMBERS = count(100_000_000)
_HOUR = 3600


def fresh() -> str:
    """A claim that was never made."""
    return text(next(_NUMBERS))


def session_id() -> str:
    """An id that no session has."""
    return f"s_{next(_NUMBERS):08x}"


@dataclass(frozen=True, slots=True)
class World:
    """A repository of code, `plain` without a memory and `full` with one of `nodes` nodes, a
    session and an archive for each thousand, and `there`, which shares it with `full`.

    Each has a bare remote of its kind, beside it; `full` is made by `write` and `share`.
    """

    folder: Path
    nodes: int
    given: Path | None = None
    """A bare repository to take the project and its index from, instead of writing it."""

    @property
    def plain(self) -> Path:
        """The clone without a memory."""
        return self.folder / "plain"

    @property
    def full(self) -> Path:
        """The clone with one."""
        return self.folder / "full"

    @property
    def there(self) -> Path:
        """Another clone that shares it."""
        return self.folder / "there"

    def hub(self, name: str) -> Path:
        """The remote of `plain` or of `full`."""
        return self.folder / f"{name}.git"

    def url(self, name: str) -> str:
        """Its URL, for a transport as between two machines."""
        return f"file://{self.hub(name)}"

    def write(self) -> None:
        """Make the code, and the memory beside it."""
        self.folder.mkdir()
        _code(self.plain)
        shutil.copytree(self.plain, self.full)
        if self.given is not None:
            _take(self.given, self.full)
        else:
            projects.write(self.full, projects.over_a_year(self.nodes // CHAIN, int(time.time())))
        _sessions(self.full, max(1, self.nodes // 1000))
        for name in ("plain", "full"):
            self._give_remote(name)

    def _give_remote(self, name: str) -> None:
        here, hub = self.folder / name, self.hub(name)
        run_git("init", "--quiet", "--bare", str(hub))
        shutil.rmtree(hub / "objects")
        shutil.copytree(here / ".git" / "objects", hub / "objects")
        run_git("update-ref", "refs/heads/main", run_git("rev-parse", "HEAD", cwd=here), cwd=hub)
        run_git("remote", "add", "origin", self.url(name), cwd=here)
        run_git("fetch", "--quiet", "origin", cwd=here)
        if name == "full":
            run_git("update-ref", PROJECT, run_git("rev-parse", PROJECT, cwd=here), cwd=hub)

    def share(self) -> None:
        """Let `full` share what it has, which is on the remote already; give it a session."""
        mnemo(self.full, "claim", "--session", OWN, fresh())
        mnemo(self.full, "init", "--share", "origin", "--yes", "--no-hooks")
        if self.given is None:
            run_git("clone", "--quiet", "--branch", "main", self.url("full"), str(self.there))
        else:
            shutil.copytree(self.full, self.there)

    def publish(self, name: str) -> None:
        """Let the remote have a commit of code that its clone has not."""
        hub = self.hub(name)
        new = run_git("commit-tree", "-p", "main", "-m", fresh(), "main^{tree}", cwd=hub)
        run_git("update-ref", "refs/heads/main", new, cwd=hub)


def _take(given: Path, into: Path) -> None:
    """Copy the project of a bare repository, with the index over it where there is one."""
    git_dir = into / ".git"
    shutil.copytree(given / "objects", git_dir / "objects", dirs_exist_ok=True)
    if (given / "mnemo").exists():
        shutil.copytree(given / "mnemo", git_dir / "mnemo")
    run_git("update-ref", PROJECT, run_git("rev-parse", PROJECT, cwd=given), cwd=into)


def _code(path: Path) -> None:
    """Some files, and a history in which each commit changes one of them."""
    run_git("init", "--quiet", str(path))
    with projects.importer(path) as out:
        for number in range(COMMITS):
            changed = range(FILES) if not number else [number % FILES]
            out.write(b"commit refs/heads/main\ncommitter Ada <ada@example.com> %d +0000\n" %
                      (1_700_000_000 + number))  # fmt: skip
            out.write(b"data 6\nChange\n")
            for file in changed:
                data = "\n".join(text(file * COMMITS + number).split()).encode()
                name = f"src/{file % 20}/{file}.py".encode()
                out.write(b"M 100644 inline %s\ndata %d\n%s\n" % (name, len(data), data))
    run_git("reset", "--quiet", "--hard", "refs/heads/main", cwd=path)


def _sessions(path: Path, number: int) -> None:
    """So many sessions with a chain of three nodes each, and as many archives."""
    now = int(time.time()) - 48 * _HOUR
    with projects.importer(path) as out:
        for one in range(number):
            for archived in (False, True):
                id_ = session_id()
                ref = refs.archive_ref(id_, now + one) if archived else refs.session_ref(id_)
                chain = make_chain(20_000_000 + one * 2 + archived, now + one, nodes=3)
                projects.commit(out, [chain], ref, "claim", id_)
