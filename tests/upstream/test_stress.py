"""Callers come, leave and give up at any moment, and the upstream answers anything: what holds all the same."""

import asyncio
import json
import random
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import CustomerKpi, KpiKey, Outcome
from gateway.upstream.batching import Mode
from gateway.upstream.client import Limits
from tests.upstream.asking import GOOD, ZEROS, Asking, Held, asking, customer, key, keys, turns

SLOTS = 4
OPERATIONS = 60


class Moody:
    """An upstream that answers in its own time, well or badly, until it is told to be good."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.held: Held | None = None

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.held:
            return await self.held(request)
        items = json.loads(request.content) if request.content else [{"boosterCustomerId": customer(request)}]
        await asyncio.sleep(self._chance.choice([0, 0.001, 0.01, 0.1, 3]))
        bad = [
            httpx.Response(503),
            httpx.Response(429, headers={"Retry-After": self._chance.choice(["0", "1"])}),
            httpx.Response(500),
            httpx.Response(413),
            httpx.Response(405),
            httpx.Response(200, json=[]),
            httpx.Response(404, json=ZEROS, headers={"X-AutoBatch-Completed": str(self._chance.randrange(len(items)))}),
        ]
        kpis: list[Any] = [GOOD | item for item in items]
        good = httpx.Response(200, json=kpis if request.content else kpis[0])
        return good if self._chance.random() < 0.6 else self._chance.choice(bad)


async def operation(client: Asking, chance: random.Random) -> None:
    """Ask at some moment for some keys of some caller, with little time or much."""
    await asyncio.sleep(chance.random() * 5)
    name, seconds = chance.choice("abc"), chance.choice([0.01, 1, 5])
    wanted = [key(chance.randrange(1, 30), partition=name) for _ in range(chance.randrange(1, 15))]
    began = asyncio.get_running_loop().time()
    outcomes = await client.fetch(wanted, token=name, seconds=seconds)
    assert asyncio.get_running_loop().time() - began <= seconds + 0.001
    assert set(outcomes) == set(wanted)
    assert all(_is_right(each, outcome) for each, outcome in outcomes.items())


def _is_right(wanted: KpiKey, outcome: Outcome) -> bool:
    return not isinstance(outcome, CustomerKpi) or outcome.customer == wanted.customer


async def flood(client: Asking, chance: random.Random) -> None:
    tasks = [asyncio.create_task(operation(client, chance)) for _ in range(OPERATIONS)]
    for task in tasks:
        if chance.random() < 0.4:
            asyncio.get_running_loop().call_later(chance.random() * 6, task.cancel)
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [each for each in ended if isinstance(each, Exception)] == []


async def assert_every_slot_is_free(client: Asking, upstream: Moody) -> None:
    """Hold as many calls as there may be, of several callers, then let them be answered."""
    upstream.held = Held()
    fetches = [asyncio.create_task(client.fetch([key(1, partition=str(number))])) for number in range(2 * SLOTS)]
    await turns()
    assert len(upstream.held.sizes) == SLOTS
    upstream.held.open.set()
    outcomes = await asyncio.gather(*fetches)
    assert {type(outcome) for each in outcomes for outcome in each.values()} == {CustomerKpi}


async def assert_all_of_the_queue_is_free(client: Asking) -> None:
    outcomes = await client.fetch(keys(*range(1, 150)))
    assert {type(outcome) for outcome in outcomes.values()} == {CustomerKpi}


@given(st.integers(0, 2**32), st.sampled_from(Mode))
async def test_whatever_happens_each_key_has_its_outcome_in_time_and_afterwards_all_is_free(
    seed: int, mode: Mode
) -> None:
    chance = random.Random(seed)  # noqa: S311  # hypothesis has chosen it
    upstream, mistakes = Moody(chance), []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: mistakes.append(context))
    limits = Limits(SLOTS, wanted=150)
    async with asking(httpx.MockTransport(upstream), limits=limits, mode=mode, timeout=1) as client:
        await flood(client, chance)
        await asyncio.sleep(10)
        await client.fetch(keys(1))  # if it was open, the circuit closes
        upstream.held = Held()
        upstream.held.open.set()
        await asyncio.sleep(10)
        await client.fetch(keys(1))
        await assert_every_slot_is_free(client, upstream)
        await assert_all_of_the_queue_is_free(client)
    assert mistakes == []


@pytest.mark.parametrize(("callers", "slots"), [(1, 1), (1, 2), (4, 2), (8, 4)])
async def test_many_callers_who_come_again_at_once_are_all_answered_and_nobody_hangs(callers: int, slots: int) -> None:
    async def upstream(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(chance.choice([0, 0, 0.001]))
        return httpx.Response(200, json=GOOD | {"boosterCustomerId": customer(request)})

    async def caller(client: Asking, name: str) -> None:
        for number in range(1, 60):
            outcomes = await client.fetch([key(number, partition=name)], token=name, seconds=60)
            assert {type(outcome) for outcome in outcomes.values()} == {CustomerKpi}
            await asyncio.sleep(0)

    chance = random.Random(callers)  # noqa: S311  # repeatable
    limits = Limits(slots, wanted=1000)
    async with asking(httpx.MockTransport(upstream), limits=limits, mode=Mode.OFF) as client:
        began = asyncio.get_running_loop().time()
        await asyncio.gather(*(caller(client, str(number % callers)) for number in range(2 * callers)))
        assert asyncio.get_running_loop().time() - began < 5
