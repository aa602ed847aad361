"""Who may see what is kept: a credential that the upstream answered a moment ago, and no other."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.sandbox import Sandbox, SandboxTransport
from tests.caching import CLOSED, EARLIER, OPEN, ask, freshness
from tests.conftest import Gateway, items, serving

TEN = range(1, 11)


@pytest.fixture
async def gateway(sandbox: Sandbox) -> AsyncIterator[Gateway]:
    async with serving(SandboxTransport(sandbox), cache_url="memory://") as gateway:
        yield gateway


def change(sandbox: Sandbox, **switches: object) -> None:
    sandbox.switches = sandbox.switches.changed(switches)


async def test_whoever_was_answered_a_moment_ago_sees_what_is_kept(gateway: Gateway) -> None:
    await ask(gateway, *TEN)
    await asyncio.sleep(59)
    assert freshness(await ask(gateway, *TEN)) == ["CACHED"] * 10


async def test_a_caller_not_vouched_for_costs_one_item_and_gets_the_rest_from_the_cache(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    await ask(gateway, *TEN)
    sandbox.calls.clear()
    await asyncio.sleep(61)
    assert freshness(await ask(gateway, *TEN)) == ["LIVE"] + ["CACHED"] * 9
    assert items(sandbox.calls) == 1
    assert freshness(await ask(gateway, *TEN)) == ["CACHED"] * 10


async def test_a_key_that_is_due_anyway_vouches_for_the_rest(gateway: Gateway, sandbox: Sandbox) -> None:
    await ask(gateway, *TEN)
    sandbox.calls.clear()
    await asyncio.sleep(61)
    assert freshness(await ask(gateway, *TEN, 11)) == ["CACHED"] * 10 + ["LIVE"]
    assert items(sandbox.calls) == 1


async def test_a_revoked_caller_sees_nothing_after_cache_vouched_and_others_notice_nothing(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    for token in ("demo-1", "demo-2"):
        await ask(gateway, *TEN, token=token)
    change(sandbox, revoked="demo-1")
    await asyncio.sleep(61)
    for _ in range(2):
        assert freshness(await ask(gateway, *TEN, token="demo-1")) == ["UNAUTHENTICATED"] * 10
    assert freshness(await ask(gateway, *TEN, token="demo-2")) == ["LIVE"] + ["CACHED"] * 9


async def test_a_401_drops_what_the_caller_has_at_once(gateway: Gateway, sandbox: Sandbox) -> None:
    await ask(gateway, *TEN)
    change(sandbox, revoked="demo")
    await asyncio.sleep(1)
    assert freshness(await ask(gateway, *TEN)) == ["CACHED"] * 10
    assert freshness(await ask(gateway, *TEN, 11)) == ["UNAUTHENTICATED"] * 11
    change(sandbox, revoked="")
    await asyncio.sleep(1)
    assert freshness(await ask(gateway, *TEN)) == ["LIVE"] * 10


async def test_a_403_drops_all_periods_of_that_customer_and_no_others(gateway: Gateway, sandbox: Sandbox) -> None:
    for period in (CLOSED, EARLIER):
        await ask(gateway, 1, 2, period=period)
    change(sandbox, forbidden="demo=1")
    await asyncio.sleep(1)
    assert freshness(await ask(gateway, 1, 2, period=OPEN)) == ["FORBIDDEN", "LIVE"]
    for period in (CLOSED, EARLIER):
        assert freshness(await ask(gateway, 1, 2, period=period)) == ["FORBIDDEN", "CACHED"]


async def test_a_403_vouches_for_nobody(gateway: Gateway, sandbox: Sandbox) -> None:
    await ask(gateway, *TEN)
    change(sandbox, roleless="demo")
    await asyncio.sleep(61)
    assert freshness(await ask(gateway, *TEN)) == ["FORBIDDEN"] * 10


async def test_one_customers_failure_keeps_nobody_from_being_vouched_for(gateway: Gateway, sandbox: Sandbox) -> None:
    await ask(gateway, *TEN)
    change(sandbox, fail={1: 409, 11: 409})
    await asyncio.sleep(61)
    assert freshness(await ask(gateway, *TEN, 11)) == ["UPSTREAM_ERROR"] + ["LIVE"] * 9 + ["UPSTREAM_ERROR"]


async def test_vouching_is_renewed_behind_the_answer_when_it_nears_its_end(gateway: Gateway, sandbox: Sandbox) -> None:
    await ask(gateway, *TEN)
    sandbox.calls.clear()
    for _ in range(10):
        await asyncio.sleep(50)
        assert freshness(await ask(gateway, *TEN)) == ["CACHED"] * 10
    await asyncio.sleep(1)
    assert items(sandbox.calls) == 10


async def test_a_revoked_caller_is_found_out_behind_the_answer_too(gateway: Gateway, sandbox: Sandbox) -> None:
    await ask(gateway, *TEN)
    change(sandbox, revoked="demo")
    await asyncio.sleep(50)
    assert freshness(await ask(gateway, *TEN)) == ["CACHED"] * 10
    await asyncio.sleep(1)
    assert freshness(await ask(gateway, *TEN)) == ["UNAUTHENTICATED"] * 10


async def test_never_vouched_for_at_all_every_operation_asks_one(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox), cache_url="memory://", cache_vouched=0) as gateway:
        await ask(gateway, *TEN)
        for _ in range(2):
            await asyncio.sleep(1)
            assert sorted(map(str, freshness(await ask(gateway, *TEN)))) == ["CACHED"] * 9 + ["LIVE"]
