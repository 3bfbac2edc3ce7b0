"""git mnemo in this process: its verbs and its command line, with a clock that stands still.

A process costs a tenth of a second; most cases are about what a command does and not about its
start. `tests/support.py` has the real processes.
"""

import contextlib
import io
import json
import os
import sys
from collections.abc import Mapping
from typing import Any, cast
from unittest import mock

from git_mnemo import refs
from git_mnemo.__main__ import run
from git_mnemo.cli.boundary import guard
from git_mnemo.message import Stamp
from git_mnemo.repository import Repository, discover
from tests.support import Result, run_git

NOW = 1795426200
"""2026-11-23T09:30:00Z"""
HOUR, DAY = 3600, 86400
SESSION, OTHER = "s_a7f3c2d1", "s_0b0b0b0b"
REF, OTHER_REF = refs.session_ref(SESSION), refs.session_ref(OTHER)
ADA = ("Ada Example", "ada@example.com")


def stamp(now: int = NOW, agent: str | None = None, head: str | None = None) -> Stamp:
    return Stamp(now, *ADA, agent, head)


def here() -> Repository:
    return discover()


def git_mnemo(
    *args: str,
    stdin: bytes = b"",
    now: int = NOW,
    session: str | None = SESSION,
    env: Mapping[str, str] | None = None,
) -> Result:
    """What `git mnemo ARGS` answers in the current folder; `session` is GIT_MNEMO_SESSION."""
    set_ = {"GIT_MNEMO_NOW": str(now), **(env or {})}
    if session is not None:
        set_["GIT_MNEMO_SESSION"] = session
    out, err = (
        io.TextIOWrapper(io.BytesIO(), "utf-8", newline="", write_through=True) for _ in range(2)
    )
    with (
        mock.patch.dict(os.environ, set_),
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin))),
        contextlib.chdir("."),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = guard(run, list(args))
    return Result(code, *(_text(stream) for stream in (out, err)))


def _text(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    stream.reconfigure(errors="surrogateescape")
    return stream.read()


def ask(
    *args: str,
    stdin: bytes = b"",
    now: int = NOW,
    session: str | None = SESSION,
    env: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The JSON object that a command prints; it must succeed."""
    end = args.index("--") if "--" in args else len(args)
    words = (*args[:end], "--json", *args[end:])
    result = git_mnemo(*words, stdin=stdin, now=now, session=session, env=env)
    assert result.code == 0, f"git mnemo {args}: {result}"
    return cast(dict[str, Any], json.loads(result.out))


def claim(
    text: str, *args: str, now: int = NOW, session: str | None = SESSION, stdin: bytes = b""
) -> dict[str, Any]:
    """What `git mnemo claim` answers."""
    return ask("claim", *args, "--", text, now=now, session=session, stdin=stdin)


def batch(*lines: dict[str, Any], now: int = NOW, session: str | None = SESSION) -> dict[str, Any]:
    """What `git mnemo claim --batch` answers."""
    raw = "".join(json.dumps(line) + "\n" for line in lines).encode()
    return ask("claim", "--batch", stdin=raw, now=now, session=session)


def refused(
    *args: str,
    code: str,
    status: int = 1,
    stdin: bytes = b"",
    now: int = NOW,
    session: str | None = SESSION,
    env: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The error object of a command that must fail so, in text and in JSON, and move no ref."""
    before = all_refs()
    end = args.index("--") if "--" in args else len(args)
    if 1 < end == len(args) and args[-1].startswith("--"):
        end -= 1  # an option that lacks its value must go on lacking it
    json_words = (*args[:end], "--json", *args[end:])
    given: dict[str, Any] = {"stdin": stdin, "now": now, "session": session, "env": env}
    text, as_json = git_mnemo(*args, **given), git_mnemo(*json_words, **given)
    assert (text.code, text.out) == (status, ""), f"{args}: {text}"
    assert (as_json.code, as_json.err) == (status, text.err)
    assert "Traceback" not in text.err
    error = cast(dict[str, Any], json.loads(as_json.out)["error"])
    assert error["code"] == code, error
    lines = text.err.splitlines()
    assert lines[0].startswith("error: ")
    assert lines[0].endswith(error["message"].split("\n")[0])
    assert (f"hint: {error['hint']}" in text.err) == (error["hint"] is not None)
    assert all_refs() == before
    return error


def all_refs() -> str:
    """Every ref of the repository and what it points at; nothing outside of one."""
    return run_git("for-each-ref", "--format=%(refname) %(objectname)", check=False)


def tree(ref: str = REF) -> list[str]:
    """The paths in the tree of a ref."""
    return run_git("ls-tree", "-r", "--name-only", ref).splitlines()


def message(ref: str = REF) -> str:
    """A commit's whole message, the newline at its end too."""
    return run_git("cat-file", "commit", ref).partition("\n\n")[2] + "\n"


def show(id_: str, *args: str, session: str | None = SESSION) -> dict[str, Any]:
    """What `git mnemo show` answers."""
    return ask("show", id_, *args, session=session)


def texts(chain: str, *args: str) -> list[str]:
    """The texts of a chain's visible claims, in order, as `show` tells."""
    members = show(chain, *args)["members"]
    return [one["text"] for one in members if one["position"] and not one["hidden_by"]]
