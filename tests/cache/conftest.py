"""One Valkey server for all of these tests, empty for each, and what they run on it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from gateway.cache.server import Server, connect
from tests.cache.processes import Process, process
from tests.cache.valkey import Valkey, running
from tests.cache.values import Clock


@pytest.fixture(scope="session")
def _valkey() -> Iterator[Valkey]:
    with running() as valkey:
        yield valkey


@pytest.fixture
def valkey(_valkey: Valkey) -> Valkey:
    """Return a server that runs and is empty."""
    _valkey.reset()
    return _valkey


@pytest.fixture
async def server(valkey: Valkey) -> AsyncIterator[Server]:
    """Return the server as it is asked."""
    server = Server(connect(valkey.url))
    yield server
    await server.aclose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def one(valkey: Valkey, clock: Clock) -> AsyncIterator[Process]:
    """Return a process that keeps in the server."""
    async with process(valkey.url, clock) as one:
        yield one


@pytest.fixture
async def other(valkey: Valkey, clock: Clock) -> AsyncIterator[Process]:
    """Return another one, with the same clock."""
    async with process(valkey.url, clock) as other:
        yield other
