"""Work that many operations share: each customer and period is asked for once, however many want it at once."""

import asyncio
import random

import pytest

from gateway.sandbox import Sandbox, SandboxTransport
from tests.caching import CLOSED
from tests.conftest import Gateway, items, serving

FIFTY = list(range(1, 51))
QUERY = f"query ($ids: [ID!]!) {{ customers(ids: $ids) {{ kpi{CLOSED} {{ totalItems }} }} }}"


async def one_of_many(gateway: Gateway, token: str, wait: float) -> list[int]:
    await asyncio.sleep(wait)
    reply = await gateway.ask(QUERY, {"ids": FIFTY}, {"Authorization": f"Bearer {token}"})
    assert reply.errors == []
    return [customer["kpi"]["totalItems"] for customer in reply.data["customers"]]


@pytest.mark.parametrize("callers", [1, 10])
async def test_a_thousand_operations_for_the_same_fifty_customers_are_fifty_items_a_caller(
    sandbox: Sandbox, callers: int
) -> None:
    """They come at any moment of the calls' way: before, while, and after the answer is there."""
    sandbox.switches = sandbox.switches.changed({"latency_call": 0.05, "latency_item": 0.001})
    chance = random.Random(4)  # noqa: S311  # no secret
    async with serving(SandboxTransport(sandbox), cache_url="memory://") as gateway:
        figures = await asyncio.gather(
            *(one_of_many(gateway, f"demo-{number % callers}", chance.uniform(0, 0.3)) for number in range(1000))
        )
    assert items(sandbox.calls) == 50 * callers
    assert figures.count(figures[0]) == 1000
