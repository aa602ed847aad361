"""Routers of others in front of a gateway and another subgraph, all of them processes of their own."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.federation.asking import Graph
from tests.federation.supergraph import INSTALLED, TO_INSTALL, Router, routed, vips
from tests.test_main import running

# In CI always; elsewhere where they were installed once: that takes half a minute, and the network.
collect_ignore_glob = [] if "CI" in os.environ or INSTALLED.is_there else ["test_*.py"]

FAILS, FORBIDDEN = 47, 45  # customers: the first for everyone, the second to demo-b


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if collect_ignore_glob:
        terminalreporter.write_line("tests/federation is left out: `make clients` installs the routers and runs it")


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    INSTALLED.install(TO_INSTALL)


@pytest.fixture(scope="session")
def subgraphs() -> Iterator[tuple[str, str, str]]:
    """Run the sandbox, the gateway on it, and the other subgraph; yields their addresses.

    The gateway has one call at a time: how many there are is not decided by how busy this machine is.
    """
    faults = "--fail", f"{FAILS}=500", "--forbidden", f"demo-b={FORBIDDEN}"
    with ExitStack() as stack:
        sandbox, _ = stack.enter_context(running("sandbox", "--port", "0", "--csharp-method", "Any", *faults))
        gateway, _ = stack.enter_context(
            running("serve", errors=[], port="0", upstream_url=sandbox, upstream_concurrency="1")
        )
        yield sandbox, gateway, stack.enter_context(vips())


@pytest.fixture(scope="session", params=["apollo", "hive"])
def graph(request: pytest.FixtureRequest, subgraphs: tuple[str, str, str]) -> Iterator[Graph]:
    router: Router = request.param
    sandbox, gateway, others = subgraphs
    with routed(router, gateway, others) as endpoint:
        yield Graph(router, endpoint, sandbox)
