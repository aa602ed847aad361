"""How long keys wait for others of their caller: a turn of the event loop, or until a call of theirs is back."""

import asyncio

import httpx

from gateway.upstream.planning import QUICK
from tests.upstream.asking import Held, asking, keys, numbers, one_by_one, turns
from tests.upstream.test_planning import known


async def test_a_few_keys_leave_together_with_those_of_the_same_turn() -> None:
    upstream = Held()
    async with asking(httpx.MockTransport(upstream)) as client:
        fetches = [asyncio.create_task(client.fetch(keys(number, number + 1))) for number in (1, 2, 11)]
        await turns()
        upstream.open.set()
        outcomes = await asyncio.gather(*fetches)
    assert upstream.sizes == [5]
    assert [list(numbers(each)) for each in outcomes] == [[1, 2], [2, 3], [11, 12]]


async def test_many_keys_wait_for_no_others() -> None:
    upstream = Held()
    async with asking(httpx.MockTransport(upstream)) as client:
        fetches = [asyncio.create_task(client.fetch(keys(*range(first, first + 100)))) for first in (1, 101)]
        await turns()
        upstream.open.set()
        await asyncio.gather(*fetches)
    assert upstream.sizes == [100, 100]


async def test_keys_wait_for_a_call_of_theirs_that_is_soon_back_and_leave_together() -> None:
    upstream = Held()
    async with asking(httpx.MockTransport(upstream)) as client:
        fetches = await one_by_one(*(client.fetch(keys(number)) for number in (1, 2, 3)))
        assert upstream.sizes == [1]
        upstream.open.set()
        await asyncio.gather(*fetches)
    assert upstream.sizes == [1, 2]


async def test_nobody_waits_for_a_call_that_is_not_soon_back() -> None:
    upstream = Held()
    async with asking(httpx.MockTransport(upstream), estimate=known(QUICK * 1.1)) as client:
        await one_by_one(*(client.fetch(keys(number)) for number in (1, 2)))
        assert upstream.sizes == [1, 1]


async def test_a_call_that_should_be_back_is_waited_for_no_longer() -> None:
    upstream = Held()
    async with asking(httpx.MockTransport(upstream)) as client:
        await one_by_one(client.fetch(keys(1)), client.fetch(keys(2)))
        await asyncio.sleep(QUICK * 0.9)
        assert upstream.sizes == [1]
        await asyncio.sleep(QUICK * 0.2)
        assert upstream.sizes == [1, 1]
        await one_by_one(client.fetch(keys(3)))
        await asyncio.sleep(QUICK)
        assert upstream.sizes == [1, 1, 1]


async def test_who_waits_when_the_gateway_ends_waits_no_longer_and_nothing_more_begins() -> None:
    upstream = Held()
    began = asyncio.get_running_loop().time()
    async with asking(httpx.MockTransport(upstream)) as client:
        waiting = await one_by_one(client.fetch(keys(1)), client.fetch(keys(2)))
    outcomes = [await each for each in waiting] + [await client.fetch(keys(3))]
    await asyncio.sleep(QUICK)
    assert [list(numbers(each).values()) for each in outcomes] == [["DeadlinePassed"]] * 3
    assert asyncio.get_running_loop().time() - began <= 2 * QUICK
    assert upstream.sizes == [1]


async def test_with_no_time_left_nothing_is_asked() -> None:
    upstream = Held()
    async with asking(httpx.MockTransport(upstream)) as client:
        assert numbers(await client.fetch(keys(1, 2), seconds=0)) == dict.fromkeys((1, 2), "DeadlinePassed")
        await turns()
    assert upstream.sizes == []
