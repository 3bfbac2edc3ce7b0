"""A browser without a window, which reads a page of ours and must ask nobody for anything."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")

LISTEN = """
window.broken = [];
addEventListener("securitypolicyviolation", (event) => broken.push(event.violatedDirective));
addEventListener("error", (event) => broken.push(String(event.message)));
"""


def missing() -> str | None:
    """Why there is no browser here; None where there is one."""
    try:
        import playwright  # noqa: F401
    except ImportError:
        return "playwright is not installed: pip install -e '.[browser]'"
    if _chromium() is None:
        return "no Chromium on PATH: apt-get install chromium-headless-shell"
    return None


def _chromium() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextlib.contextmanager
def opened(
    file: Path, *, width: int = 1200, height: int = 800, dark: bool = False, hash_: str = ""
) -> Iterator[Any]:
    """A page (of playwright) that shows a file, as soon as it is ready.

    It must not have asked for anything, and nothing may have gone against its policy.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        chromium = started.chromium.launch(
            executable_path=_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = chromium.new_page(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        asked: list[str] = []
        said: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.add_init_script(LISTEN)
        page.goto(file.as_uri() + hash_)
        page.wait_for_selector("html[data-ready]")
        yield page
        assert page.evaluate("broken") == []
        assert said == []
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
        chromium.close()
