"""Debian's Chromium, or another that is on the path, which can reach nothing but this machine."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, Playwright, ViewportSize

PROGRAM = shutil.which("chromium")
_SIZE = ViewportSize(width=1280, height=800)
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",  # where it is small, pages end in the middle
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


@contextmanager
def launch(playwright: Playwright, address: str) -> Iterator[BrowserContext]:
    """Run it, with a profile of its own."""
    with playwright.chromium.launch(executable_path=PROGRAM, args=_ARGUMENTS) as chromium:
        yield chromium.new_context(viewport=_SIZE, base_url=address)
