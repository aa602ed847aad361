"""Processes whose clocks differ: what is dated too far ahead is not taken, but a refusal counts."""

from math import inf

import pytest

from gateway.cache.shared import NEAR
from gateway.errors import Forbidden, Unauthenticated
from tests.cache.processes import Process, process, telling
from tests.cache.valkey import Valkey
from tests.cache.values import CLOSED, NOON, OPEN, POLICY, YOURS, Clock, fetched, key

pytestmark = pytest.mark.real_time


@pytest.mark.parametrize(("ahead", "is_taken"), [(0.5, True), (1.9, True), (2.1, False), (3600.0, False)])
async def test_what_a_clock_that_is_further_ahead_than_clocks_may_differ_dates_is_not_taken(
    one: Process, valkey: Valkey, clock: Clock, ahead: float, is_taken: bool
) -> None:
    async with process(valkey.url, Clock(NOON + ahead)) as early:
        await early.record(telling(key(1, period=OPEN), as_of=NOON + ahead))
    assert (await one.finds(key(1, period=OPEN)) is not None) is is_taken
    assert one.vouched() == (NOON + ahead if is_taken else -inf)
    clock.now += ahead
    assert await one.finds(key(1, period=OPEN))


async def test_what_is_not_taken_leaves_what_was_known_before_it(one: Process, valkey: Valkey, clock: Clock) -> None:
    await one.record(telling(key(1)))
    async with process(valkey.url, Clock(NOON + 3600)) as early:
        await early.record(telling(key(1), as_of=NOON + 3600))
    clock.now += NEAR
    assert await one.finds(key(1)) == POLICY.entry(fetched(1), CLOSED)


async def test_refusals_by_a_clock_that_is_ahead_are_of_now(one: Process, valkey: Valkey, clock: Clock) -> None:
    await one.record(telling(key(1), key(2, YOURS)))
    async with process(valkey.url, Clock(NOON + 3600)) as early:
        await early.load(key(1))
        await early.load(key(2, YOURS))
        await early.record({key(1): Forbidden(), key(2, YOURS): Unauthenticated()})
    clock.now += NEAR
    assert [await one.finds(each) for each in (key(1), key(2, YOURS))] == [None, None]
    clock.now += 0.001
    await one.record(telling(key(1), key(2, YOURS), as_of=clock.now))
    assert one.has(key(1))
    assert one.has(key(2, YOURS))


async def test_a_401_drops_what_a_process_whose_clock_is_a_little_ahead_kept(
    one: Process, other: Process, valkey: Valkey, clock: Clock
) -> None:
    async with process(valkey.url, Clock(NOON + 1.5)) as early:
        await early.record(telling(key(1), as_of=NOON + 1.5))
        assert await one.finds(key(1))
        clock.now = NOON + 0.5
        await one.record({key(1): Unauthenticated()})
        clock.now = NOON + 5
        await other.load(key(1))
        assert (one.vouched(), one.has(key(1)), other.vouched(), other.has(key(1))) == (-inf, None, -inf, None)
