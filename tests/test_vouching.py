"""Who may see what is kept: a credential that the upstream answered a moment ago, and no other."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.app import create_app
from gateway.sandbox import Sandbox, SandboxTransport
from gateway.settings import Settings
from tests.caching import CLOSED, EARLIER, OPEN, ask, freshness
from tests.conftest import Gateway, items, now, serving

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


async def test_vouching_is_renewed_once_though_that_fails(gateway: Gateway, sandbox: Sandbox) -> None:
    await ask(gateway, *TEN)
    change(sandbox, fault="503")
    sandbox.calls.clear()
    await asyncio.sleep(50)
    for _ in range(20):
        assert freshness(await ask(gateway, *TEN)) == ["CACHED"] * 10
    await asyncio.sleep(3)
    assert len(sandbox.calls) <= 3  # one, and its retries


async def test_after_a_401_for_what_was_due_nothing_more_is_asked(gateway: Gateway, sandbox: Sandbox) -> None:
    await ask(gateway, *TEN)
    change(sandbox, revoked="demo")
    await asyncio.sleep(61)
    sandbox.calls.clear()
    assert freshness(await ask(gateway, *TEN, 11)) == ["UNAUTHENTICATED"] * 11
    assert [len(call.items) for call in sandbox.calls] == [1]


async def test_the_value_that_ends_first_is_asked_for_to_be_vouched_for(gateway: Gateway) -> None:
    for number in (3, 1, 2):
        await ask(gateway, number)
        await asyncio.sleep(1)
    await asyncio.sleep(61)
    assert freshness(await ask(gateway, 1, 2, 3)) == ["CACHED", "CACHED", "LIVE"]


async def test_a_clock_that_is_set_back_vouches_for_nobody_and_keeps_nothing_longer(sandbox: Sandbox) -> None:
    back = 0.0
    app = create_app(
        Settings.read(upstream_url="http://upstream.test"),
        transport=SandboxTransport(sandbox),
        clock=lambda: now() - back,
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test") as http:
        gateway = Gateway(http, app)
        await ask(gateway, *TEN)
        back = 600.0
        change(sandbox, revoked="demo")
        assert freshness(await ask(gateway, *TEN)) == ["UNAUTHENTICATED"] * 10


@pytest.mark.parametrize(("vouched", "after"), [(0, 1), (60, 61)])
async def test_a_customer_asked_for_twice_is_no_way_round(sandbox: Sandbox, vouched: int, after: int) -> None:
    async with serving(SandboxTransport(sandbox), cache_url="memory://", cache_vouched=vouched) as gateway:
        await ask(gateway, 1, 2)
        change(sandbox, revoked="demo")
        await asyncio.sleep(after)
        assert freshness(await ask(gateway, 1, 1, 2)) == ["UNAUTHENTICATED"] * 3
