"""What is shown when the upstream fails, and what is renewed before it has to be asked for."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.sandbox import Sandbox, SandboxTransport
from tests.caching import CLOSED, EARLIER, OPEN, ask, figures, freshness
from tests.conftest import Gateway, items, serving

DOWN = ["502", "503", "504", "429", "reset", "refuse", "hang"]
OWN = {"upstream_auth": "bearer", "upstream_token": "demo", "allow_anonymous": True}


@pytest.fixture
async def gateway(sandbox: Sandbox) -> AsyncIterator[Gateway]:
    async with serving(SandboxTransport(sandbox), cache_url="memory://") as gateway:
        yield gateway


def change(sandbox: Sandbox, **switches: object) -> None:
    sandbox.switches = sandbox.switches.changed(switches)


@pytest.mark.parametrize("fault", DOWN)
async def test_the_last_known_figures_stand_in_marked_as_such_and_the_others_fail(
    gateway: Gateway, sandbox: Sandbox, fault: str
) -> None:
    known = await ask(gateway, 1, 2, period=OPEN)
    change(sandbox, fault=fault)
    await asyncio.sleep(31)
    reply = await ask(gateway, 1, 2, 3, period=OPEN)
    assert freshness(reply)[:2] == ["STALE"] * 2
    assert figures(reply)[:2] == figures(known)
    assert [kpi["kpi"]["asOf"] for kpi in reply.data["customers"][:2]] == ["2026-06-15T12:16:40.000Z"] * 2
    assert freshness(reply)[2] in {"UPSTREAM_UNAVAILABLE", "UPSTREAM_TIMEOUT", "UPSTREAM_THROTTLED"}
    assert reply.headers["cache-control"] == "no-store"


async def test_when_the_upstream_is_back_figures_are_live_within_the_breakers_recovery_time(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    await ask(gateway, 1, 2, period=OPEN)
    change(sandbox, fault="503")
    await asyncio.sleep(31)
    for _ in range(3):
        assert freshness(await ask(gateway, 1, 2, 3, period=OPEN)) == ["STALE", "STALE", "UPSTREAM_UNAVAILABLE"]
    change(sandbox, fault="none")
    await asyncio.sleep(5.1)
    assert freshness(await ask(gateway, 1, 2, 3, period=OPEN)) == ["LIVE"] * 3


async def test_a_value_that_is_alive_is_no_more_than_cached_while_the_upstream_is_down(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    await ask(gateway, 1, 2)
    change(sandbox, fault="503")
    await asyncio.sleep(30)
    assert freshness(await ask(gateway, 1, 2, 3)) == ["CACHED", "CACHED", "UPSTREAM_UNAVAILABLE"]


async def test_who_is_vouched_for_no_longer_sees_values_that_are_alive_as_stale_ones(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    await ask(gateway, 1, 2)
    change(sandbox, fault="503")
    for wait, seen in ((61, "STALE"), (230, "STALE"), (10, "UPSTREAM_UNAVAILABLE")):
        await asyncio.sleep(wait)
        assert freshness(await ask(gateway, 1, 2)) == [seen] * 2


async def test_with_the_gateways_own_credential_a_value_stands_in_for_as_long_as_cache_stale_says(
    sandbox: Sandbox,
) -> None:
    async with serving(SandboxTransport(sandbox), cache_url="memory://", cache_stale=100, **OWN) as gateway:
        await ask(gateway, 1, 2, period=OPEN)
        change(sandbox, fault="503")
        for wait, seen in ((31, "STALE"), (98, "STALE"), (2, "UPSTREAM_UNAVAILABLE")):
            await asyncio.sleep(wait)
            assert freshness(await ask(gateway, 1, 2, period=OPEN)) == [seen] * 2


@pytest.mark.parametrize("fault", ["truncated", "wrong-id", "html-200"])
async def test_a_breach_of_contract_is_not_hidden_by_what_is_kept(
    gateway: Gateway, sandbox: Sandbox, fault: str
) -> None:
    await ask(gateway, 1, period=OPEN)
    change(sandbox, fault=fault)
    await asyncio.sleep(31)
    assert freshness(await ask(gateway, 1, period=OPEN)) == ["UPSTREAM_CONTRACT"]


async def test_a_revoked_caller_sees_nothing_stale(gateway: Gateway, sandbox: Sandbox) -> None:
    await ask(gateway, 1, 2)
    change(sandbox, revoked="demo")
    await asyncio.sleep(61)
    await ask(gateway, 1, 2)
    change(sandbox, fault="503")
    assert freshness(await ask(gateway, 1, 2)) == ["UPSTREAM_UNAVAILABLE"] * 2


async def test_an_unknown_customer_stands_in_too(gateway: Gateway, sandbox: Sandbox) -> None:
    await ask(gateway, 5000)
    change(sandbox, fault="503")
    await asyncio.sleep(31)
    reply = await ask(gateway, 5000)
    assert (figures(reply), reply.errors) == ([None], [])
    assert reply.headers["cache-control"] == "no-store"


async def test_in_the_last_fifth_of_its_life_a_value_is_renewed_once_behind_the_answer(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    change(sandbox, latency_call=1)
    await ask(gateway, 1, 2, period=OPEN)
    await asyncio.sleep(24)
    began = asyncio.get_running_loop().time()
    replies = await asyncio.gather(*(ask(gateway, 1, 2, period=OPEN) for _ in range(20)))
    assert asyncio.get_running_loop().time() == began
    assert [freshness(reply) for reply in replies] == [["CACHED"] * 2] * 20
    await asyncio.sleep(10)
    assert freshness(await ask(gateway, 1, 2, period=OPEN)) == ["CACHED"] * 2
    assert items(sandbox.calls) == 4


async def test_a_renewal_that_fails_is_not_repeated_and_the_value_lives_on_to_its_end(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    await ask(gateway, 1, 2, period=OPEN)
    change(sandbox, fail={1: 409, 2: 409})
    await asyncio.sleep(25)
    sandbox.calls.clear()
    for _ in range(4):
        assert freshness(await ask(gateway, 1, 2, period=OPEN)) == ["CACHED"] * 2
        await asyncio.sleep(1)
    assert items(sandbox.calls) == 4  # a batch, and each for its own verdict
    await asyncio.sleep(2)
    assert freshness(await ask(gateway, 1, 2, period=OPEN)) == ["UPSTREAM_ERROR"] * 2


async def test_each_value_is_renewed_whoever_else_is_being_renewed(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox), cache_url="memory://", **OWN) as gateway:
        for number in range(1, 21):
            await ask(gateway, number, period=OPEN)
        change(sandbox, latency_call=2)
        await asyncio.sleep(25)
        for number in range(1, 21):
            assert freshness(await ask(gateway, number, period=OPEN)) == ["CACHED"]
        await asyncio.sleep(10)
        assert freshness(await ask(gateway, *range(1, 21), period=OPEN)) == ["CACHED"] * 20
    assert items(sandbox.calls) == 40


async def test_a_renewal_has_a_time_of_its_own(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox), cache_url="memory://", request_timeout=3) as gateway:
        await ask(gateway, 1, 2, period=OPEN)
        change(sandbox, latency_call=2.5)
        await asyncio.sleep(24)
        slow = asyncio.create_task(ask(gateway, 1, 2, 3, period=OPEN))
        await asyncio.sleep(1)
        assert freshness(await ask(gateway, 1, 2, period=OPEN)) == ["CACHED"] * 2
        await slow
        await asyncio.sleep(5)
        assert freshness(await ask(gateway, 1, 2, period=OPEN)) == ["CACHED"] * 2


async def test_a_caller_who_is_revoked_gets_nothing_stale_by_asking_for_too_much(sandbox: Sandbox) -> None:
    """A failure that asking too much can bring about says nothing of the upstream."""
    async with serving(
        SandboxTransport(sandbox),
        cache_url="memory://",
        upstream_batch_size=1,
        upstream_concurrency=1,
        max_customers=300,
    ) as gateway:
        await ask(gateway, *range(1, 11))
        change(sandbox, revoked="demo", latency_call=1)
        await asyncio.sleep(200)
        much = asyncio.create_task(ask(gateway, *range(1000, 1300)))
        await asyncio.sleep(0.1)
        assert set(freshness(await ask(gateway, *range(1, 11)))) <= {"UPSTREAM_THROTTLED", "UNAUTHENTICATED"}
        assert set(freshness(await much)) <= {"UNAUTHENTICATED", "UPSTREAM_TIMEOUT"}


async def test_who_leaves_does_not_end_the_renewal(gateway: Gateway, sandbox: Sandbox) -> None:
    await ask(gateway, 1, 2, period=OPEN)
    change(sandbox, latency_call=1)
    await asyncio.sleep(25)
    task = asyncio.create_task(ask(gateway, 1, 2, 3, period=OPEN))
    await asyncio.sleep(0.5)
    task.cancel()
    await asyncio.sleep(2)
    assert freshness(await ask(gateway, 1, 2, period=OPEN)) == ["CACHED"] * 2


async def test_renewals_end_with_the_gateway(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox), cache_url="memory://") as gateway:
        await ask(gateway, 1, 2, period=OPEN)
        change(sandbox, fault="hang")
        await asyncio.sleep(25)
        assert freshness(await ask(gateway, 1, 2, period=OPEN)) == ["CACHED"] * 2
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ([(OPEN, 0)], 30),
        ([(CLOSED, 0)], 60),  # as long as the caller is vouched for
        ([(OPEN, 0), (OPEN, 10)], 20),
        ([(CLOSED, 0), (CLOSED, 30)], 30),
        ([(EARLIER, 0), (CLOSED, 50)], 60),
    ],
)
async def test_an_answer_may_be_kept_for_the_least_life_in_it(
    gateway: Gateway, asked: list[tuple[str, float]], said: int
) -> None:
    for period, wait in asked:
        await asyncio.sleep(wait)
        reply = await ask(gateway, 1, 2, period=period)
    assert reply.headers["cache-control"] == f"private, max-age={said}"


async def test_an_answer_of_many_ages_may_be_kept_for_the_shortest(gateway: Gateway) -> None:
    await ask(gateway, 1, period=OPEN)
    await asyncio.sleep(12)
    reply = await ask(gateway, 1, 2, period=OPEN)
    assert reply.headers["cache-control"] == "private, max-age=18"


@pytest.mark.parametrize(
    "query",
    ["{ customer(id: 1) { id } }", '{ customers(ids: [1, "x"]) { kpi { totalItems } } }', "{ __typename }", "{"],
)
async def test_an_answer_with_errors_or_without_kpis_is_not_kept(gateway: Gateway, query: str) -> None:
    assert (await gateway.ask(query)).headers["cache-control"] == "no-store"
