"""GraphiQL's page in Chromium, which can reach nothing but the gateway."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, ViewportSize, sync_playwright

from building.page import build
from tests.graphiql.visit import Visit
from tests.test_main import running

CHROMIUM = shutil.which("chromium")
SIZE = ViewportSize(width=1280, height=800)
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

# In CI always; elsewhere where there is a Chromium.
collect_ignore_glob = [] if "CI" in os.environ or CHROMIUM else ["test_*.py"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if collect_ignore_glob:
        terminalreporter.write_line("tests/graphiql are left out: they need a chromium on the path")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    build()
    with running("serve", "--sandbox", until="  -d ", errors=[], port="0") as (address, _):
        yield address


@pytest.fixture(scope="module")
def browser(address: str) -> Iterator[BrowserContext]:
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS) as chromium,
    ):
        yield chromium.new_context(viewport=SIZE, base_url=address)


@pytest.fixture
def visit(browser: BrowserContext, address: str) -> Iterator[Visit]:
    """Come to the page for the first time. Whatever goes wrong in it, or leaves our origin, fails the test."""
    with browser.new_page() as page:
        visit = Visit(page, address)
        yield visit
        assert (visit.complaints, visit.foreign) == ([], [])
