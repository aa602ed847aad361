"""GraphiQL's page in Chromium."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, sync_playwright

from building.page import build
from tests.graphiql.chromium import PROGRAM, launch
from tests.graphiql.visit import Visit
from tests.test_main import running

# In CI always; elsewhere where there is a Chromium.
collect_ignore_glob = [] if "CI" in os.environ or PROGRAM else ["test_*.py"]


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
    with sync_playwright() as playwright, launch(playwright, address) as browser:
        yield browser


@pytest.fixture
def visit(browser: BrowserContext, address: str) -> Iterator[Visit]:
    """Come to the page for the first time. Whatever goes wrong in it, or leaves our origin, fails the test."""
    with browser.new_page() as page:
        visit = Visit(page, address)
        yield visit
        assert (visit.complaints, visit.foreign) == ([], [])
