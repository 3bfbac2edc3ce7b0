"""Servers of git on this machine, for as long as a `with`: git daemon, smart HTTP, sshd."""

import base64
import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support import run_git

LOCAL = "127.0.0.1"
NAME, PASSWORD = "ada", "s3cret"


def needs_http() -> None:
    """Skip the test where git was built without it."""
    if not os.path.exists(os.path.join(run_git("--exec-path"), "git-remote-http")):
        pytest.skip("this git was built without HTTP")


def free_port() -> int:
    with socket.create_server((LOCAL, 0)) as taken:
        return int(taken.getsockname()[1])


@contextlib.contextmanager
def started(port: int, *command: str) -> Iterator[None]:
    """The server of a command, from the moment it takes connections on the port."""
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port, child)
        yield
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait_for(port: int, child: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and child.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((LOCAL, port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError(f"the server did not come up: {child.args!r}")


@contextlib.contextmanager
def daemon(folder: Path) -> Iterator[str]:
    """`git daemon` over the repositories of a folder, pushing allowed; the URL of the folder."""
    port = free_port()
    program = os.path.join(run_git("--exec-path"), "git-daemon")  # not `git`, which only starts it
    with started(
        port, program, f"--listen={LOCAL}", f"--port={port}", "--reuseaddr", "--export-all",
        "--enable=receive-pack", "--informative-errors", f"--base-path={folder}", str(folder),
    ):  # fmt: skip
        yield f"git://{LOCAL}:{port}"


# -- HTTP --------------------------------------------------------------------------------------


class Backend(BaseHTTPRequestHandler):
    """Hands each request to `git http-backend`, if name and password are right."""

    root: Path

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        chunked = self.headers.get("Transfer-Encoding", "") == "chunked"
        size = int(self.headers.get("Content-Length") or 0)
        self._answer(self._chunks() if chunked else self.rfile.read(size))

    def _chunks(self) -> bytes:
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _answer(self, body: bytes) -> None:
        expected = "Basic " + base64.b64encode(f"{NAME}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != expected:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="memory"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        env = os.environ | {
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REMOTE_USER": NAME,
            "REMOTE_ADDR": LOCAL,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        command = ["git", "http-backend"]
        done = subprocess.run(command, input=body, capture_output=True, env=env, check=False)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        lines = [line.partition(": ") for line in head.decode("latin-1").split("\r\n")]
        status = [value for name, _, value in lines if name == "Status"]
        self.send_response(int(status[0].split()[0]) if status else 200)
        for name, _, value in lines:
            if name != "Status":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextlib.contextmanager
def http(folder: Path) -> Iterator[str]:
    """Smart HTTP with a password over the repositories of a folder; `host:port`."""
    needs_http()
    handler = type("Handler", (Backend,), {"root": folder})
    server = ThreadingHTTPServer((LOCAL, 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"{LOCAL}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


# -- ssh ---------------------------------------------------------------------------------------


def sshd() -> str | None:
    """The program, where it is installed."""
    found = shutil.which("sshd", path=os.environ["PATH"] + ":/usr/sbin:/sbin:/usr/local/sbin")
    return found if found and shutil.which("ssh-keygen") else None


@contextlib.contextmanager
def ssh(program: str, folder: Path) -> Iterator[tuple[str, str]]:
    """A loopback sshd for this user and one key; its URL, and the ssh command that reaches it."""
    port = free_port()
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.makedirs("/run/sshd", exist_ok=True)  # what a root's sshd asks for before it starts
    for name in ("host", "user"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    shutil.copy(folder / "user.pub", folder / "authorized")
    (folder / "config").write_text(
        f"Port {port}\nListenAddress {LOCAL}\nHostKey {folder}/host\nPidFile {folder}/pid\n"
        f"AuthorizedKeysFile {folder}/authorized\nStrictModes no\nUsePAM no\n"
        "PasswordAuthentication no\n"
    )
    client = (
        f"ssh -F /dev/null -i {folder}/user -o IdentitiesOnly=yes -o BatchMode=yes"
        f" -o StrictHostKeyChecking=no -o UserKnownHostsFile={folder}/known"
    )
    with started(port, program, "-D", "-e", "-f", str(folder / "config")):
        yield f"ssh://{getpass.getuser()}@{LOCAL}:{port}", client


def stand_in(folder: Path) -> str:
    """A program that git takes for ssh, and that runs here what a host would run there."""
    path = folder / "ssh"
    path.write_text('#!/bin/sh\nfor word; do :; done\nexec sh -c "$word"\n')
    path.chmod(0o755)
    return str(path)
