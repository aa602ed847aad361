"""Gateways that share a Valkey server share what their callers have had, and none of them needs it for that."""

import asyncio
import itertools
from collections.abc import Iterator

import pytest

from gateway.sandbox import Sandbox
from tests.cache.valkey import Valkey, running
from tests.conftest import DEMO, Gateway, Reply
from tests.together import settled, sharing

pytestmark = pytest.mark.real_time

RATES = {"rate_limit_requests": "100/hour", "rate_limit_kpis": "10/hour"}
KPIS = "query ($ids: [ID!]!) { customers(ids: $ids) { kpi { totalItems } } }"


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    with running() as valkey:
        yield valkey


async def ask(gateway: Gateway, *ids: int, token: str = "demo") -> Reply:
    return await gateway.ask(KPIS, {"ids": list(ids)}, {"Authorization": f"Bearer {token}"})


async def test_gateways_share_what_a_caller_has_had(valkey: Valkey, sandbox: Sandbox) -> None:
    """With another caller again for as long as the machine is too busy for the server's answer to come in time."""
    callers = (f"demo-{number}" for number in itertools.count())

    async def in_turn() -> list[int]:
        token = next(callers)
        asked = [
            (one, [1, 1, 2, 3, 4, 5, 6]),
            (other, [1, 2, 3, 4, 5]),
            (other, [1, 2, 3, 4]),
            (one, [7]),
            (other, [7]),
        ]
        return [(await ask(gateway, *ids, token=token)).status for gateway, ids in asked]

    async with sharing(valkey, sandbox, **RATES) as one, sharing(valkey, sandbox, **RATES) as other:
        wanted = [200, 429, 200, 429, 429]
        assert await settled(in_turn, wanted) == wanted


async def test_a_gateway_counts_for_itself_while_the_server_is_away_and_waits_for_it_no_more(
    valkey: Valkey, sandbox: Sandbox
) -> None:
    async with sharing(valkey, sandbox, **RATES) as one:
        assert (await ask(one, *range(1, 8))).status == 200
        valkey.stop()
        assert (await ask(one, 1, 2, 3, 4)).status == 429
        began = asyncio.get_running_loop().time()
        replies = [await ask(one, 1), await ask(one, 2, 3), await ask(one, 4)]
        assert asyncio.get_running_loop().time() - began < 1
        assert [each.status for each in replies] == [200, 200, 429]
        valkey.start()
        assert (await ask(one, 5)).status == 429


async def test_no_name_in_the_server_holds_a_credential_or_an_address(valkey: Valkey, sandbox: Sandbox) -> None:
    async with sharing(valkey, sandbox, **RATES) as one:
        for headers in (DEMO, {}):
            for _ in range(3):
                await one.ask("{ __typename }", headers=headers)
    names = [name.decode() for name in valkey.inside.scan_iter()]
    assert len(names) == 2
    assert all(name.startswith("customer-kpi:") and name.endswith(":requests:3600") for name in names)
    assert [name for name in names if "demo" in name or "127.0.0.1" in name or "/" in name] == []
    assert all(valkey.inside.ttl(name) <= 3960 for name in names)
