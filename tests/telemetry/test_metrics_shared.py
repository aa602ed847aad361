"""What a scrape says of a cache that processes share."""

from collections.abc import Iterator
from functools import partial

import pytest

from gateway.sandbox import Sandbox
from tests.cache.valkey import Valkey, running
from tests.caching import ask
from tests.conftest import Gateway
from tests.scrapes import scrape
from tests.together import fetched, settled, sharing

pytestmark = pytest.mark.real_time


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    with running() as valkey:
        yield valkey


async def state(gateway: Gateway) -> tuple[bool, bool]:
    """Return whether the cache is told to be up, and whether anything of it has failed."""
    told = await scrape(gateway)
    return told.value("gateway_cache_backend_up") == 1, bool(told.value("gateway_cache_backend_errors_total"))


async def test_a_server_that_is_away_is_told_and_that_it_is_back(sandbox: Sandbox, valkey: Valkey) -> None:
    async with sharing(valkey, sandbox) as gateway:
        await fetched(gateway, valkey, 1)
        assert await state(gateway) == (True, False)
        valkey.stop()
        await ask(gateway, 2)
        assert await state(gateway) == (False, True)
        valkey.start()
        assert await settled(partial(state, gateway), (True, True)) == (True, True)


async def test_a_server_that_takes_no_writes_has_failed_and_is_up(sandbox: Sandbox, valkey: Valkey) -> None:
    async with sharing(valkey, sandbox) as gateway:
        valkey.inside.config_set("maxmemory", 1)
        await ask(gateway, 1)
        assert await settled(partial(state, gateway), (True, True)) == (True, True)
