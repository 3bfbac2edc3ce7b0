"""A memory worth looking at: that of a small payment service, always the same.

`python -m tests.showpiece FILE` writes the picture of its page that the README shows.
"""

import os
import sys
import tempfile
from pathlib import Path

from tests import browser
from tests.support import ROOT, mnemo, run_git, sealed_environment

LINES = Path(__file__).with_suffix(".jsonl")
"""The memory, as lines to import: nine chains of November 2026."""

POOL = """\
class Pool:
    size = 8

    def take(self):
        return self.free.pop()

    def give(self, connection):
        self.free.append(connection)

    def close(self):
        for connection in self.free:
            connection.close()
"""
RETRY = """\
ATTEMPTS = 3


def retry(call):
    for attempt in range(ATTEMPTS):
        try:
            return call()
        except TimeoutError:
            backoff(attempt)
"""
LEDGER = """\
def post(entry, key):
    if seen(key):
        return stored(key)
    return store(entry, key)
"""
FILES = {"src/pool.py": POOL, "src/retry.py": RETRY, "src/ledger.py": LEDGER}
CHAINS = 9


def build(folder: Path) -> None:
    """A repository with this memory, in which one file has changed since."""
    run_git("init", "--quiet", str(folder))
    for name, content in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    run_git("add", ".", cwd=folder)
    run_git("commit", "--quiet", "--message", "Payments", cwd=folder)
    done = mnemo("import", "-", input=LINES.read_text(), cwd=folder)
    assert done.code == 0, done
    (folder / "src" / "retry.py").write_text(
        "ATTEMPTS = 5\n\n\ndef retry(call):\n    return call()\n"
    )


def picture(file: Path) -> None:
    """Write the picture of the page."""
    with tempfile.TemporaryDirectory() as scratch:
        sealed = sealed_environment(Path(scratch))
        os.environ.clear()
        os.environ.update(sealed)
        folder = Path(scratch) / "payments"
        build(folder)
        env = {"GIT_MNEMO_NOW": "1795426200"}
        out = Path(scratch) / "page.html"
        done = mnemo("export", "--format", "html", "--out", str(out), cwd=folder, env=env)
        assert done.code == 0, done
        with browser.opened(out, width=1280, height=800) as page:
            page.locator(".row", has_text="Retries time out").click()
            page.screenshot(path=str(file))


if __name__ == "__main__":
    picture(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images" / "export.png")
