"""Real clients against gateways that are processes of their own."""

import os
from collections.abc import Iterator

import httpx
import pytest

from tests.clients.workshop import INSTALLED, Workshop
from tests.test_main import running

# In CI always; elsewhere where they were installed once: that takes a minute, and the network.
collect_ignore_glob = [] if "CI" in os.environ or INSTALLED.is_there else ["test_*.py"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if collect_ignore_glob:
        terminalreporter.write_line("tests/clients are left out: `make clients` installs the clients and runs them")


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """Run a gateway on its sandbox, where customer 666 fails, and one whose upstream is not there."""
    INSTALLED.install("the clients (a minute, 300 MB)")
    with (
        running("serve", "--sandbox", until="  -d ", errors=[], port="0") as (sandboxed, _),
        running("serve", errors=[], port="0", upstream_url="http://127.0.0.1:1") as (down, _),
    ):
        httpx.patch(f"{sandboxed}/_sandbox/switches", json={"fail": {"666": 500}}).raise_for_status()
        yield Workshop(tmp_path_factory.mktemp("clients"), {"OPEN": sandboxed, "DOWN": down})
