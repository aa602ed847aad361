"""A server that goes away and comes back, under processes that go on."""

import asyncio
from math import inf

import pytest

from gateway.cache.shared import NEAR
from gateway.errors import Forbidden, Unauthenticated
from tests.cache.processes import Process, Results, process, telling
from tests.cache.valkey import Valkey
from tests.cache.values import Clock, key
from tests.cache.waiting import idle, timed, until

pytestmark = pytest.mark.real_time

SOON = 0.5  # ten times the patience: for slow machines
SLOW = "the shared cache fails, and is left alone: TimeoutError"
DOWN, UP = "the shared cache fails, and is left alone: ConnectionError", "the shared cache answers again"


async def test_a_server_that_is_away_costs_nobody_a_failure_or_a_wait(
    one: Process, valkey: Valkey, caplog: pytest.LogCaptureFixture, clock: Clock
) -> None:
    await one.record(telling(key(1)))
    valkey.stop()
    clock.now += NEAR
    for number in range(2, 50):
        _, seconds = await timed(one.ledger.load([key(1), key(number)]))
        assert seconds < SOON
        one.ledger.record(telling(key(number)))
    assert [number for number in range(1, 50) if one.has(key(number))] == list(range(1, 50))
    assert caplog.messages == [DOWN]


async def test_a_server_that_comes_back_is_used_by_all_without_a_new_start(
    one: Process, other: Process, valkey: Valkey, caplog: pytest.LogCaptureFixture, clock: Clock
) -> None:
    await one.record(telling(key(1)))
    assert await other.finds(key(1))
    valkey.stop()
    clock.now += NEAR
    for each in (one, other):
        assert await each.finds(key(1))
    valkey.start()
    await idle()
    await one.record(telling(key(2)))
    assert await other.finds(key(2))
    assert sorted(caplog.messages) == [UP, UP, DOWN, DOWN]


async def test_a_server_that_stands_still_costs_a_moment(one: Process, valkey: Valkey, clock: Clock) -> None:
    await one.record(telling(key(1)))
    clock.now += NEAR
    valkey.pause()
    _, seconds = await timed(one.ledger.load([key(1), key(2)]))
    assert seconds < SOON
    assert one.has(key(1))
    valkey.resume()
    await one.record(telling(key(2)))
    assert await one.finds(key(2))


async def test_what_the_server_lost_stays_in_the_memories(one: Process, valkey: Valkey, clock: Clock) -> None:
    await one.record(telling(key(1)))
    valkey.inside.flushall()
    clock.now += NEAR
    assert await one.finds(key(1))


async def test_what_a_full_server_never_took_stays_in_the_memories(one: Process, valkey: Valkey, clock: Clock) -> None:
    await one.record(telling(key(1)))
    valkey.inside.config_set("maxmemory", 1)
    await one.record(telling(key(2)))
    clock.now += NEAR
    assert await one.finds(key(1))
    assert await one.finds(key(2))


REFUSALS: list[Results] = [{key(1): Unauthenticated()}, {key(1): Forbidden()}]


@pytest.mark.parametrize("refusal", REFUSALS, ids=["401", "403"])
async def test_a_refusal_while_the_server_stands_still_reaches_the_others_when_it_goes_on(
    one: Process, other: Process, valkey: Valkey, caplog: pytest.LogCaptureFixture, refusal: Results
) -> None:
    await one.record(telling(key(1)))
    assert await other.finds(key(1))
    valkey.pause()
    await one.ledger.load([key(2)])
    await until(lambda: caplog.messages == [SLOW])
    one.ledger.record(refusal)
    valkey.resume()
    await idle()
    one.clock.now += NEAR  # both have the same
    assert await other.finds(key(1)) is None


async def test_a_refusal_by_one_who_could_not_ask_the_server_reaches_the_others(
    one: Process, other: Process, valkey: Valkey, clock: Clock
) -> None:
    await one.record(telling(key(1)))
    valkey.pause()
    await other.ledger.load([key(1)])
    other.ledger.record({key(1): Unauthenticated()})
    valkey.resume()
    await idle()
    clock.now += NEAR
    assert (await one.finds(key(1)), one.vouched()) == (None, -inf)


async def test_closing_leaves_nothing_behind(valkey: Valkey) -> None:
    async with process(valkey.url) as one:
        one.ledger.record(telling(*map(key, range(1, 100))))
        await one.ledger.load([key(200)])
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert valkey.inside.dbsize() == 100
    await until(lambda: len(valkey.inside.client_list()) == 1)
