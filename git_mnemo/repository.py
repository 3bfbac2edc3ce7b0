"""The repository a command runs in: where it is, what its configuration says, who its user is."""

from __future__ import annotations

import os

from git_mnemo.errors import MnemoError
from git_mnemo.record import NamedTuple
from git_mnemo.store import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from git_mnemo.store.git import Started
    from git_mnemo.store.interface import Store
    from git_mnemo.store.known import Known
    from git_mnemo.store.libgit2 import Libgit2Store
    from git_mnemo.store.plumbing import PlumbingStore
    from git_mnemo.store.portable import Flow

_SETTINGS = (
    r"^((mnemo|user|committer|core|extensions|filter)\."
    r"|color\.(ui|pager|mnemo)|pager\.mnemo|log\.date$)"
)
_FILTER = "filter."
_OWN_SCOPES = ("local", "worktree")
_LISTS = ("mnemo.secretsallow", "mnemo.trustauthor")
_SAFELY = ("-c", "core.hooksPath=" + os.devnull, "-c", "core.fsmonitor=false")
_CRUD = "".join(map(chr, range(33))) + '.,:;<>"\\'
_NO_FSYNC = frozenset(
    {"none", "index", "pack", "pack-metadata", "commit-graph", "derived-metadata"}
)

AUTO, LIBGIT2, PLUMBING = "auto", "libgit2", "git"
BACKENDS = (AUTO, LIBGIT2, PLUMBING)
"""How objects and refs are reached: as fits the repository, or always by the one or the other."""

_EXTENSIONS = frozenset(
    {"extensions." + one for one in ("noop", "objectformat", "refstorage", "worktreeconfig")}
)
"""What a repository may ask for and still be one that every libgit2 opens; it refuses the rest."""

Config = dict[str, str]
"""Settings by name, section and variable in lower case; the last value counts, but for lists,
whose values stand one after the other."""


class User(NamedTuple):
    """The name and address that commits of ours carry."""

    name: str
    email: str


class Repository:
    """One git repository, its worktree that the command runs in, and its settings.

    `git_dir` is the worktree's own, `common_dir` the one that all worktrees share, `top` the top
    of the work tree (None in a bare repository). All are absolute paths.
    """

    def __init__(
        self,
        git_dir: str,
        common_dir: str,
        top: str | None,
        config: Config,
        read: Known | None = None,
    ) -> None:
        self.git_dir = git_dir
        self.common_dir = common_dir
        self.top = top
        self.config = config
        self.patience: float | None = None
        """Seconds to wait for what other processes hold; None for the usual."""
        self._read = read
        self._store: Store | None = None

    @property
    def store(self) -> Store:
        """The repository's objects and refs, opened when they are first asked for."""
        if self._store is None:
            opened = self._open()
            opened.patience = self.patience
            self._store = opened
        return self._store

    def _open(self) -> Libgit2Store | PlumbingStore:
        """The store that serves this kind of repository, or the one that `mnemo.backend` names."""
        wanted = self.config.get("mnemo.backend", AUTO).strip().lower()
        if wanted not in BACKENDS:
            raise MnemoError(
                "usage",
                f"mnemo.backend is {wanted!r}, and can be {', '.join(BACKENDS)}.",
                "git config --unset mnemo.backend",
            )
        read = self._remembered()
        if wanted == PLUMBING or (wanted == AUTO and not self._is_plain()):
            from git_mnemo.store.plumbing import PlumbingStore

            return PlumbingStore(self.git_dir, self.common_dir, self.width, read=read)
        from git_mnemo.store.libgit2 import Libgit2Store

        durable = _wants_fsync(self.config)
        return Libgit2Store(self.git_dir, self.common_dir, durable=durable, read=read)

    @property
    def width(self) -> int:
        """The length of an object id in hex: 40, or 64 with SHA-256."""
        return 64 if self.config.get("extensions.objectformat", "sha1").lower() == "sha256" else 40

    @property
    def has_reftable(self) -> bool:
        """Whether refs and their logs are not files of their own."""
        return self.config.get("extensions.refstorage", "files").lower() != "files"

    def _is_plain(self) -> bool:
        """Whether every libgit2 can open it: SHA-1 objects, refs in files, no other extension."""
        asked = {name for name in self.config if name.startswith("extensions.")}
        return self.width == 40 and not self.has_reftable and asked <= _EXTENSIONS

    def _remembered(self) -> Known:
        """What was read of the repository, here or by those that it was opened again from."""
        if self._read is None:
            from git_mnemo.store.known import Known

            self._read = Known()
        return self._read

    def again(self) -> Repository:
        """The same repository and settings, opened anew; only what was read is still known."""
        known = self._remembered()
        return Repository(self.git_dir, self.common_dir, self.top, self.config, known)

    def beside(self, git_dir: str) -> Repository:
        """Another worktree of the same repository, by its git directory."""
        there = Repository(git_dir, self.common_dir, None, self.config, self._remembered())
        there.patience = self.patience
        return there

    @property
    def worktree_state(self) -> str:
        """The folder of what this worktree alone knows: its current session."""
        return os.path.join(self.git_dir, "mnemo")

    @property
    def shared_state(self) -> str:
        """The folder of what all worktrees share: the index, the notes of gc."""
        return os.path.join(self.common_dir, "mnemo")

    def git(
        self,
        *arguments: str,
        stdin: bytes = b"",
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> git.Ran:
        """Run git on this repository, without the hooks and settings that could run programs.

        `env` is added to the environment. A git that was killed has given no answer: refused.
        """
        whole = self._environment() | dict(env or {})
        return answered(git.run([*_SAFELY, *arguments], env=whole, stdin=stdin, cwd=cwd))

    def start_git(self, *arguments: str) -> Started:
        """Start git as `git` runs it, and return at once; `store.git.finish` has its answer."""
        return git.start([*_SAFELY, *arguments], env=self._environment())

    def flow_of_git(self, *arguments: str) -> Flow:
        """Start git as `git` runs it, for an answer that is too long to be held."""
        return git.flow([*_SAFELY, *arguments], self._environment())

    def _environment(self) -> dict[str, str]:
        env = git.environment(self.git_dir)
        if self.top is not None:
            env["GIT_WORK_TREE"] = self.top
        # A repository's own filters are programs, and may have come with it: none is run.
        filters = {name: "" for name in self.config if name.startswith(_FILTER)}
        filters |= {name: "false" for name in filters if name.endswith(".required")}
        return git.configured(env, filters) if filters else env

    def is_on(self, name: str) -> bool:
        """Whether a setting (its name in lower case) says yes, as git reads it; unset is no."""
        said = self.config.get(name, "").strip().lower()
        return said in ("true", "yes", "on") or (
            said.isascii() and said.isdigit() and said.strip("0") != ""
        )

    def user(self) -> User:
        """The user's git identity, as `git commit` would find it."""
        name = _tidy(os.environ.get("GIT_COMMITTER_NAME") or self._setting("name"))
        email = _tidy(os.environ.get("GIT_COMMITTER_EMAIL") or self._setting("email"))
        return User(name, email) if name and email else self._user_by_git()

    def _setting(self, what: str) -> str:
        return self.config.get(f"committer.{what}") or self.config.get(f"user.{what}") or ""

    def _user_by_git(self) -> User:
        asked = self.git("var", "GIT_COMMITTER_IDENT")
        name, _, rest = asked.out.decode("utf-8", "replace").partition(" <")
        if asked.code or not name:
            raise MnemoError(
                "no-identity",
                "git does not know who you are, and a claim is a commit.",
                'git config --global user.name "Your Name" &&'
                " git config --global user.email you@example.com",
            )
        return User(name, rest.partition(">")[0])

    def expiry(
        self, date: str, now: int, hint: str = "git mnemo gc --expire 30.days"
    ) -> int | None:
        """The moment before which things are old, by git's date language; None for `never`.

        Refused as `dates.expiry` tells; `hint` is the command that the refusal shows.
        """
        from git_mnemo import dates  # only those who ask pay for it

        return dates.expiry(date, now, git.environment(self.git_dir), hint)


def answered(done: git.Ran) -> git.Ran:
    """What git said of its own accord. Refused where it was killed, which says nothing."""
    if done.code < 0:
        raise MnemoError("refused", "git was killed.", "git mnemo doctor", fatal=True)
    return done


class Search(NamedTuple):
    """Two git processes that say where the repository is, and what its configuration says."""

    place: git.Started
    settings: git.Started


def search(folder: str | None = None) -> Search:
    """Begin to look for the repository of a folder, or of the environment, while Python goes on."""
    there, env = ([], None) if folder is None else (["-C", folder], git.outside())
    place = git.start(
        [*there, "rev-parse", "--path-format=absolute", "--git-dir", "--git-common-dir",
         "--show-object-format", "--show-toplevel"], env=env,
    )  # fmt: skip
    settings = git.start(
        [*there, "config", "--null", "--show-scope", "--get-regexp", _SETTINGS], env=env
    )
    return Search(place, settings)


def discover(folder: str | None = None, begun: Search | None = None) -> Repository:
    """The repository that a folder is in, or that is the folder, whatever the environment says.

    Without a folder: that of the current one and the environment (`GIT_DIR` and its kind). `begun`
    is a search for it that is under way.
    """
    place, settings = begun if begun is not None else search(folder)
    found = git.finish(place)
    configured = git.finish(settings)
    # Not splitlines: a folder's name may hold what Python takes for the end of a line.
    lines = found.out.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n")
    if len(lines) < 3:  # without a work tree, only --show-toplevel fails
        raise _not_a_repository(found.err)
    if configured.code not in (0, 1):  # 1: nothing is set; going on would be without `gcExpire`
        raise MnemoError(
            "refused",
            f"git's configuration cannot be read: {configured.err or 'git was killed'}.",
            "git config --list",
            fatal=True,
        )
    config = _parse_config(configured.out)
    if len(lines) > 4 or any(line[:1] != "/" and line[1:2] != ":" for line in lines[:2]):
        raise MnemoError(
            "refused",
            "the path of this repository holds a line break, by which git ends what it answers.",
            "git rev-parse --absolute-git-dir",
            fatal=True,
        )
    git_dir, common_dir, object_format = lines[:3]
    if object_format not in ("sha1", "sha256"):
        raise MnemoError(
            "refused",
            f"this repository has {object_format} objects, which git mnemo does not know.",
            "git rev-parse --show-object-format",
            fatal=True,
        )
    top = lines[3] if len(lines) > 3 else None
    return Repository(git_dir, common_dir, top, config)


def _not_a_repository(said: str) -> MnemoError:
    lines = [line.strip() for line in said.removeprefix("fatal: ").splitlines() if line.strip()]
    if "dubious ownership" in said and len(lines) > 1:
        return MnemoError("not-a-repository", lines[0], lines[-1])
    reason = " ".join(lines) or "git found no repository here"
    hint = "git config --list" if "extension" in reason else "git init"
    return MnemoError("not-a-repository", f"{reason.rstrip('.')}.", hint)


def _parse_config(out: bytes) -> Config:
    config: Config = {}
    fields = out.decode("utf-8", "surrogateescape").split("\0")
    for scope, record in zip(fields[::2], fields[1::2], strict=False):
        name, newline, value = record.partition("\n")
        if name.startswith(_FILTER):  # those of the user's configuration are the user's
            if scope in _OWN_SCOPES:
                config |= dict.fromkeys(_whole_filter(name), "")
        elif name in _LISTS and name in config:
            config[name] += " " + value
        elif name:
            config[name] = value if newline else "true"
    return config


def _whole_filter(name: str) -> list[str]:
    """The settings of the filter that one setting belongs to."""
    driver = name.rpartition(".")[0]
    return [f"{driver}.{what}" for what in ("clean", "smudge", "process", "required")]


def _wants_fsync(config: Config) -> bool:
    """Whether `core.fsync` asks for more than packs on disk; libgit2 does not read it."""
    parts = {part.strip() for part in config.get("core.fsync", "none").split(",")}
    return any(not part.startswith("-") and part not in _NO_FSYNC for part in parts)


def shared_umask(config: Config, inherited: int) -> int:
    """The umask under which files get the rights that `core.sharedRepository` asks for.

    As git reads it: `group` and `all` add to what the user grants, an octal number replaces it.
    """
    wanted = config.get("core.sharedrepository", "").strip().lower()
    if wanted in ("group", "1", "true", "yes", "on"):
        return inherited & ~0o070
    if wanted in ("all", "world", "everybody", "2"):
        return inherited & ~0o075
    if not wanted or wanted.strip("01234567") or int(wanted, 8) & 0o600 != 0o600:
        return inherited
    files = int(wanted, 8) & 0o666
    return 0o777 & ~(files | (files & 0o444) >> 2)  # who may read a folder may enter it


def _tidy(text: str) -> str:
    """A name or address as git writes it into a commit."""
    return "".join(char for char in text.strip(_CRUD) if char not in "<>\n")
