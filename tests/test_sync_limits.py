"""What a sync does not do unasked, and what it leaves behind when it is cut short."""

import itertools
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from git_mnemo import network, sync
from git_mnemo.network import Pushed
from git_mnemo.refs import PROJECT
from git_mnemo.repository import Repository
from tests import soundness
from tests.clones import TRACKED, Clone, Hub
from tests.hostile import FILE, Spoilt
from tests.hostile_cases import AB
from tests.support import mnemo, run
from tests.verbs import NOW


@pytest.fixture
def pair(hub: Hub) -> tuple[Clone, Clone]:
    ada, ben = hub.shared("ada", "ben")
    return ada, ben


# -- much that would be hidden -----------------------------------------------------------------


def hides(clone: Clone, chain: str, count: int, now: int = NOW) -> None:
    """Promote a compress that hides the first `count` claims of the chain."""
    members = clone.ask("show", chain)["members"]
    leaves = [one["address"] for one in members if one["type"] == "leaf" and not one["hidden_by"]]
    clone.ask("compress", *leaves[:count], "--text", f"In short, {now}.", now=now)
    clone.ask("promote", "--all", now=now)


def know(pair: tuple[Clone, Clone], count: int) -> str:
    """Let both know one chain of so many claims; its id."""
    ada, ben = pair
    ada.ask("claim", "--batch", stdin=b"".join(
        b'{"text": "Claim %d.", "title": "Many"}\n' % number for number in range(count)
    ))  # fmt: skip
    chain = ada.ask("promote")["promoted"][0]["chain"]
    ada.only("sync")
    ben.only("sync")
    return str(chain)


@pytest.mark.parametrize(
    ("known", "hidden", "asks"),
    [(30, 20, False), (30, 21, True), (209, 21, True), (210, 21, False)],
)
def test_a_join_that_hides_much_asks(
    pair: tuple[Clone, Clone], known: int, hidden: int, asks: bool
) -> None:
    ada, ben = pair
    chain = know(pair, known)
    hides(ada, chain, hidden, NOW + 1)
    tip = ada.only("sync")["new"]
    if not asks:
        assert ben.only("sync")["new"] == tip
        return
    before = ben.ref()
    for verb in ("pull", "sync"):
        told = ben.refused(verb)
        assert (told["outcome"], told["old"], told["new"]) == ("refused", before, before)
        assert f"it would hide {hidden} of {known} claims" in told["reason"]
        assert "git mnemo sync --yes" in told["reason"]
    assert (ben.ref(), ben.ref(TRACKED)) == (before, tip)
    assert ben.only("sync", "--yes")["new"] == tip


def test_what_is_hidden_already_does_not_count_as_visible(pair: tuple[Clone, Clone]) -> None:
    ada, ben = pair
    chain = know(pair, 240)
    hides(ada, chain, 20, NOW + 1)
    hides(ada, chain, 20, NOW + 2)
    ada.only("sync")
    assert ben.only("sync", "--yes")["outcome"] == "fast-forwarded"
    hides(ada, chain, 21, NOW + 3)
    ada.only("sync")
    assert "it would hide 21 of 202 claims" in ben.refused("sync")["reason"]


def test_it_asks_where_our_push_was_beaten(pair: tuple[Clone, Clone]) -> None:
    ada, ben = pair
    hides(ada, know(pair, 30), 25, NOW + 1)
    tip = ada.only("sync")["new"]
    ben.learn("Mine.", now=NOW + 2)
    told = ben.refused("push")
    assert told["outcome"] == "refused"
    assert "it would hide 25 of 31 claims" in told["reason"]
    assert ben.status()["queued"] == [PROJECT]
    assert ben.only("push", "--yes")["old"] == tip


def test_a_yes_to_sharing_is_no_yes_to_that(pair: tuple[Clone, Clone]) -> None:
    ada, ben = pair
    hides(ada, know(pair, 30), 25, NOW + 1)
    tip = ada.only("sync")["new"]
    before = ben.ref()
    ben.ask("uninstall")
    (told,) = ben.no("init", "--share", "origin", "--yes")["refs"]
    assert (told["outcome"], told["new"]) == ("refused", before)
    assert "it would hide 25 of 30 claims (git mnemo sync --yes joins it)" in told["reason"]
    assert ben.ref() == before
    code, out = on_a_terminal(ben, b"y\ny\n", "init", "--share", "origin")
    assert (code, ben.ref()) == (0, tip), out
    assert out.count(b"Join it?") == 1


def on_a_terminal(clone: Clone, reply: bytes, *args: str) -> tuple[int, bytes]:
    """Status and output of `git mnemo ARGS` where somebody types `reply`."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "git_mnemo", *args],
        stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=clone.path,
    )  # fmt: skip
    os.close(theirs)
    os.write(ours, reply)
    out, _ = child.communicate(timeout=60)
    os.close(ours)
    return child.returncode, out


@pytest.mark.parametrize(("reply", "code"), [(b"y\n", 0), (b"n\n", 1)])
def test_on_a_terminal_somebody_is_asked(
    pair: tuple[Clone, Clone], reply: bytes, code: int
) -> None:
    ada, ben = pair
    hides(ada, know(pair, 30), 25, NOW + 1)
    tip = ada.only("sync")["new"]
    status, out = on_a_terminal(ben, reply, "sync")
    assert status == code, out
    assert b"it would hide 25 of 30 claims" in out
    assert (ben.ref() == tip) == (code == 0)


# -- tombstones --------------------------------------------------------------------------------


def purged(scene: Spoilt, address: str) -> str:
    """A well-formed tip in which that node is purged."""
    for name in list(scene.folder):
        if name.endswith(address):
            del scene.folder[name]
    scene.at("purged")[address] = (FILE, scene.blob(b""))
    return scene.commit(scene.tree(scene.root), scene.good)


@pytest.mark.parametrize("ours", [True, False], ids=["of-a-node-here", "of-a-node-nowhere"])
def test_a_purge_that_is_new_here_is_refused(scene: Spoilt, ours: bool) -> None:
    before = scene.ben.refs("refs/mnemo")
    tip = purged(scene, scene.addresses[2] if ours else AB)
    scene.publish(tip)
    told = scene.ben.refused("sync")
    assert (told["outcome"], told["new"]) == ("refused", scene.good)
    assert "purge" in told["reason"]
    assert scene.ben.refs("refs/mnemo") == before
    assert scene.ben.ref(TRACKED) == tip


def test_a_purge_that_is_known_here_is_no_hindrance(scene: Spoilt) -> None:
    known = purged(scene, AB)
    scene.publish(known)
    scene.ben.run("fetch")
    scene.ben.git("update-ref", PROJECT, known)
    scene.opened("More")
    tip = scene.commit(scene.tree(scene.root), known)
    scene.publish(tip)
    assert scene.ben.only("sync")["new"] == tip


# -- several at once ---------------------------------------------------------------------------


def test_syncs_of_one_clone_at_once(hub: Hub, pair: tuple[Clone, Clone]) -> None:
    ada, ben = pair
    for number in range(3):
        ada.learn(f"Ada, number {number}.", now=NOW + number)
        ben.learn(f"Ben, number {number}.", now=NOW + number)
        ben.only("sync")
        children = [
            subprocess.Popen(
                [sys.executable, "-m", "git_mnemo", "sync", "--sessions"],
                cwd=ada.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )
            for _ in range(3)
        ]  # fmt: skip
        said = [child.communicate(timeout=120)[0] for child in children]
        assert [child.returncode for child in children] == [0, 0, 0], said
        assert ada.ref() == hub.ref() == ada.ref(TRACKED)
        assert ada.knows() == hub.knows()
        assert ada.status()["queued"] == []
    assert len(hub.knows()) == 6
    soundness.check(ada.path)
    soundness.no_litter(ada.path)


# -- a server that never answers ---------------------------------------------------------------


class Silence:
    """A server that takes connections and says nothing; `ended` when the other side hangs up."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.called, self.ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        try:
            taken, _ = self._socket.accept()
        except OSError:
            return
        with taken:
            taken.settimeout(60)
            self.called.set()
            try:
                while taken.recv(65536):
                    pass
            except OSError:
                pass
        self.ended.set()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


@pytest.fixture
def silence() -> Iterator[Silence]:
    server = Silence()
    yield server
    server.close()


@pytest.fixture
def waiting(hub: Hub, silence: Silence) -> Clone:
    """A clone whose shared remote is the silent server, with something to push."""
    (ada,) = hub.shared("ada")
    url = f"git://127.0.0.1:{silence.port}/hub.git"
    ada.git("remote", "set-url", "origin", url)
    ada.git("config", "mnemo.remoteUrl", url)
    ada.learn("Waiting.")
    return ada


@pytest.mark.parametrize("verb", ["sync", "push", "fetch"])
def test_after_the_time_limit_nothing_is_left(waiting: Clone, silence: Silence, verb: str) -> None:
    waiting.git("config", "mnemo.timeout", "1")
    before = waiting.refs()
    begun = time.monotonic()
    done = mnemo(verb, cwd=waiting.path)
    assert time.monotonic() - begun < 30
    assert done.code == 1, done
    assert done.err == (
        "error: origin did not answer within 1 seconds.\nhint: git config mnemo.timeout 600\n"
    )
    assert silence.ended.wait(10)
    left_alone(waiting, before)
    assert waiting.status()["queued"] == ([] if verb == "fetch" else [PROJECT])


@pytest.mark.parametrize(
    ("sent", "to_all"),
    [
        (signal.SIGINT, True),
        (signal.SIGINT, False),
        (signal.SIGTERM, True),
        (signal.SIGTERM, False),
        (signal.SIGHUP, True),
        (signal.SIGHUP, False),
    ],
    ids=[
        "ctrl-c",
        "interrupted-alone",
        "ended-with-its-group",
        "ended-alone",
        "hung-up-with-its-group",
        "hung-up-alone",
    ],
)
def test_interrupted_it_takes_git_along(
    waiting: Clone, silence: Silence, sent: signal.Signals, to_all: bool
) -> None:
    before = waiting.refs()
    child = subprocess.Popen(
        [sys.executable, "-m", "git_mnemo", "sync"], cwd=waiting.path, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        preexec_fn=lambda: signal.signal(sent, signal.SIG_DFL),  # whatever the tests ignore
    )  # fmt: skip
    assert silence.called.wait(30)
    if to_all:
        os.killpg(child.pid, sent)
    else:
        child.send_signal(sent)
    out, _ = child.communicate(timeout=30)
    assert child.returncode == (130 if sent == signal.SIGINT else -sent), out
    assert b"Traceback" not in out
    assert silence.ended.wait(10)
    left_alone(waiting, before)


def test_who_is_not_to_be_hung_up_goes_on(waiting: Clone, silence: Silence) -> None:
    """As `nohup` starts it."""
    waiting.git("config", "mnemo.timeout", "3")
    script = "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
    script += "os.execv(sys.executable, [sys.executable, '-m', 'git_mnemo', 'sync'])"
    child = subprocess.Popen(
        [sys.executable, "-c", script], cwd=waiting.path,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert silence.called.wait(30)
    child.send_signal(signal.SIGHUP)
    _, err = child.communicate(timeout=30)
    assert (child.returncode, b"did not answer" in err) == (1, True), err


def left_alone(clone: Clone, before: dict[str, str]) -> None:
    assert clone.refs() == before
    soundness.check(clone.path)
    soundness.no_litter(clone.path)
    packs = clone.path / ".git" / "objects" / "pack"
    assert not list(packs.glob("tmp_*"))
    assert run("git", "status", "--porcelain", cwd=clone.path).out == ""


def test_what_may_not_hide_anything_is_not_counted(pair: tuple[Clone, Clone]) -> None:
    ada, ben = pair
    chain = know(pair, 30)
    ben.git("config", "mnemo.trust", "authors")
    ben.git("config", "mnemo.trustAuthor", "ben@example.com")
    hides(ada, chain, 25, NOW + 1)
    ada.only("sync")
    ben.git("config", "--add", "mnemo.trustAuthor", "ada@example.com")
    assert "it would hide 25 of 30 claims" in ben.refused("sync")["reason"]
    # Ada's claims vouched for by Ben, and she is not trusted: her retracts hide nothing of them.
    members = ben.ask("show", chain)["members"]
    for one in members[1:]:
        ben.ask("claim", "--node", one["address"], *(
            ["--new-chain", "--title", "Checked"] if one is members[1] else []
        ))  # fmt: skip
    ben.ask("promote", "--all")
    ben.git("config", "--unset-all", "mnemo.trustAuthor")
    ben.git("config", "mnemo.trustAuthor", "ben@example.com")
    assert ben.only("sync")["outcome"] in ("joined", "pushed")
    visible = [one for one in ben.ask("show", chain)["members"][1:] if not one["hidden_by"]]
    assert len(visible) >= 30


# -- very much for a remote that has nothing ---------------------------------------------------


@pytest.fixture
def pushes(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> tuple[Clone, list[str]]:
    """A clone that learnt eight things, and what it pushes of them: three or so at once."""
    ada = hub.clone("ada")
    for number in range(8):
        ada.learn(f"Claim {number}.", now=NOW + number)
    pushed: list[str] = []
    push = network.push

    def noted(repository: Repository, remote: str, specs: Sequence[str]) -> list[Pushed]:
        pushed.extend(spec.partition(":")[0] for spec in specs)
        return push(repository, remote, specs)

    monkeypatch.setattr(network, "push", noted)
    monkeypatch.setattr(sync, "PART", 3)
    return ada, pushed


def test_a_first_push_of_much_goes_in_parts(hub: Hub, pushes: tuple[Clone, list[str]]) -> None:
    ada, pushed = pushes
    ada.share()
    assert (len(pushed), pushed[-1]) == (3, ada.ref())
    for before, after in itertools.pairwise(pushed):
        ada.git("merge-base", "--is-ancestor", before, after)
    assert hub.ref() == ada.ref(TRACKED) == ada.ref()
    assert ada.status()["queued"] == []
    ada.learn("One more.")
    ada.only("push")
    assert pushed[3:] == [ada.ref()]
    ben = hub.clone("ben")
    ben.share()
    ben.only("sync")
    assert ben.knows() == ada.knows()


def test_a_first_push_that_is_cut_off_goes_on(hub: Hub, pushes: tuple[Clone, list[str]]) -> None:
    ada, pushed = pushes
    hook = hub.hook("pre-receive", "test ! -e once && touch once")
    assert ada.run("init", "--share", "origin", "--yes", "--no-hooks").code == 1
    assert hub.ref() == ada.ref(TRACKED) == pushed[0]
    hook.unlink()
    ada.only("push")
    assert hub.ref() == ada.ref(TRACKED) == ada.ref()
