"""What processes share by way of a server: each finds what another was told, and for no longer than it holds."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from math import inf

import pytest

from gateway.cache.policy import Entry
from gateway.cache.purging import purge
from gateway.cache.shared import NEAR
from gateway.domain import CustomerId, Fetched
from gateway.errors import Forbidden, Unauthenticated
from gateway.identity.caller import forwarding
from tests.cache.processes import NAMES, Process, process, telling
from tests.cache.valkey import Valkey
from tests.cache.values import CLOSED, MINE, NOON, OPEN, POLICY, Clock, fetched, key, kpi
from tests.cache.waiting import idle
from tests.conftest import headers

pytestmark = pytest.mark.real_time

SECRET = "hunter2-secret-token"


async def test_a_process_finds_what_another_was_told_and_for_whom_it_was_vouched(one: Process, other: Process) -> None:
    await one.record(telling(key(1), key(2)))
    assert (other.has(key(1)), other.vouched()) == (None, -inf)
    await other.load(key(1), key(2), key(3))
    assert [other.has(key(number)) for number in (1, 2, 3)] == [one.has(key(1)), one.has(key(2)), None]
    assert other.has(key(1)) == Entry(kpi(1), NOON, NOON + POLICY.closed_ttl)
    assert other.vouched() == NOON


async def test_a_process_that_begins_later_finds_what_there_was(one: Process, valkey: Valkey, clock: Clock) -> None:
    await one.record(telling(key(1)))
    await one.ledger.aclose()
    async with process(valkey.url, clock) as late:
        assert await late.finds(key(1)) == Entry(kpi(1), NOON, NOON + POLICY.closed_ttl)


Lose = Callable[[Process, Valkey], Awaitable[object]]


async def empty(_: Process, valkey: Valkey) -> None:
    await purge(valkey.url, NAMES, None)


async def empty_of_one(_: Process, valkey: Valkey) -> None:
    await purge(valkey.url, NAMES, CustomerId(1))


async def refuse_credential(one: Process, _: Valkey) -> None:
    await one.record({key(9): Unauthenticated()})


async def refuse_customer(one: Process, _: Valkey) -> None:
    await one.record({key(1): Forbidden()})


async def keep_no_longer(one: Process, _: Valkey) -> None:
    await one.record({key(1): Fetched(kpi(1), NOON, max_age=0)})


@pytest.mark.parametrize("lose", [empty, empty_of_one, refuse_credential, refuse_customer, keep_no_longer])
async def test_what_one_loses_another_has_for_a_moment_longer_at_most(
    one: Process, other: Process, valkey: Valkey, clock: Clock, lose: Lose
) -> None:
    await one.record(telling(key(1)))
    assert await other.finds(key(1))
    await lose(one, valkey)
    for after, is_found in ((0, True), (NEAR - 0.01, True), (NEAR, False), (NEAR + 1, False)):
        clock.now = NOON + after
        assert (await other.finds(key(1)) is not None) is is_found


@pytest.mark.parametrize("lose", [refuse_credential, refuse_customer])
async def test_who_asks_for_something_else_learns_of_a_refusal_at_once(
    one: Process, other: Process, valkey: Valkey, lose: Lose
) -> None:
    await one.record(telling(key(1), key(1, period=OPEN)))
    assert await other.finds(key(1))
    await lose(one, valkey)
    assert await other.finds(key(1, period=OPEN)) is None
    assert other.has(key(1)) is None


async def test_a_refused_credential_is_vouched_for_nowhere(one: Process, other: Process) -> None:
    await one.record(telling(key(1)))
    assert await other.finds(key(1))
    await one.record({key(9): Unauthenticated()})
    await other.load(key(2))
    assert (one.vouched(), other.vouched()) == (-inf, -inf)
    await other.record(telling(key(3), as_of=NOON))
    assert (other.vouched(), other.has(key(3))) == (-inf, None)


async def test_a_credential_that_another_process_saw_taken_again_begins_with_nothing(
    one: Process, other: Process, clock: Clock
) -> None:
    await one.record(telling(key(1), key(2)))
    await one.record({key(9): Unauthenticated()})
    await other.load(key(1))
    clock.now += 10
    await other.record(telling(key(2), as_of=clock.now))
    clock.now += NEAR
    assert [await one.finds(key(number)) is not None for number in (1, 2)] == [False, True]
    assert one.vouched() == NOON + 10


async def test_the_server_is_not_asked_again_for_what_was_known_a_moment_ago(
    one: Process, other: Process, valkey: Valkey, clock: Clock
) -> None:
    await one.record(telling(key(1)))
    await other.load(key(1))
    before = reads(valkey)
    for seconds in (0, 1.0, NEAR - 0.01):
        clock.now = NOON + seconds
        for each in (one, other):
            assert await each.finds(key(1))
    assert reads(valkey) == before
    clock.now = NOON + NEAR
    await other.ledger.load([key(1), key(1)])
    await idle()
    assert reads(valkey) == before + 1


def reads(valkey: Valkey) -> int:
    count: int = valkey.inside.info("commandstats").get("cmdstat_mget", {}).get("calls", 0)
    return count


async def test_it_is_known_whether_the_server_has_to_be_asked(one: Process, other: Process, clock: Clock) -> None:
    await one.record(telling(key(1)))
    assert [each.ledger.is_current([key(1)]) for each in (one, other)] == [True, False]
    await other.load(key(1))
    assert [other.ledger.is_current(keys) for keys in ([key(1)], [key(1), key(2)], [])] == [True, False, True]
    clock.now += NEAR
    assert [each.ledger.is_current([key(1)]) for each in (one, other)] == [False, False]


async def test_no_server_is_asked_for_nothing(one: Process, valkey: Valkey) -> None:
    before = reads(valkey)
    await one.ledger.load([])
    assert reads(valkey) == before


async def test_many_keys_are_asked_for_at_once(other: Process, valkey: Valkey, clock: Clock) -> None:
    keys = [key(number, period=period) for number in range(1, 41) for period in (OPEN, CLOSED)]
    async with process(valkey.url, clock) as one:
        await one.record(telling(*keys))
    before = reads(valkey)
    await other.ledger.load(keys)
    await idle()
    assert reads(valkey) == before + 1
    await other.load(*keys)
    assert [other.has(each) for each in keys] == [POLICY.entry(fetched(each.customer), each.period) for each in keys]


async def test_the_newer_value_wins_wherever_it_is(one: Process, other: Process, clock: Clock, valkey: Valkey) -> None:
    clock.now = NOON + 5
    await one.record(telling(key(1), as_of=NOON + 1))
    valkey.inside.config_set("maxmemory", 1)
    await one.record(telling(key(1), as_of=NOON + 2))
    valkey.inside.config_set("maxmemory", 0)
    clock.now += NEAR
    newer, older = await one.finds(key(1)), await other.finds(key(1))
    assert newer
    assert older
    assert (newer.as_of, older.as_of) == (NOON + 2, NOON + 1)


async def test_what_is_told_while_the_server_is_asked_is_not_forgotten(one: Process) -> None:
    await one.record({key(9): fetched(9)})
    for number in range(1, 20):
        loading = asyncio.create_task(one.ledger.load([key(number)]))
        await asyncio.sleep(0)
        one.ledger.record(telling(key(number)))
        await loading
        assert one.has(key(number))


async def test_a_value_is_known_anew_when_the_server_has_it_still(
    one: Process, other: Process, valkey: Valkey, clock: Clock
) -> None:
    await one.record(telling(key(1)))
    for _ in range(3):
        await other.load(key(1))
        before = reads(valkey)
        await other.load(key(1))
        assert reads(valkey) == before
        clock.now += NEAR


async def test_a_refused_customers_value_leaves_the_server(one: Process, valkey: Valkey) -> None:
    await one.record(telling(key(1), key(2)))
    await one.record({key(1): Forbidden()})
    assert valkey.inside.exists(NAMES.value(key(1)), NAMES.value(key(2))) == 1


async def test_a_drop_counts_where_it_is_all_that_is_known_of_a_caller(
    one: Process, other: Process, valkey: Valkey, clock: Clock
) -> None:
    await one.record(telling(key(1)))
    clock.now = NOON + 5
    await one.record({key(1): Unauthenticated()})
    valkey.inside.delete(NAMES.vouched(MINE))
    await other.load(key(1))
    await other.record(telling(key(1), as_of=NOON + 4))
    assert (other.has(key(1)), other.vouched()) == (None, -inf)


async def test_everything_in_the_server_has_its_end(one: Process, valkey: Valkey, clock: Clock) -> None:
    clock.now += 10
    await one.record(
        {**telling(key(1), key(2, period=OPEN)), key(3): Fetched(None, NOON, max_age=100, may_stand_in=False)}
    )
    await one.record({key(4): Forbidden()})
    left = {name.decode(): valkey.inside.pttl(name) / 1000 for name in valkey.inside.scan_iter()}
    assert left == {
        NAMES.value(key(1)): pytest.approx(POLICY.closed_ttl + POLICY.stale - 10, abs=1),
        NAMES.value(key(2, period=OPEN)): pytest.approx(POLICY.ttl + POLICY.stale - 10, abs=1),
        NAMES.value(key(3)): pytest.approx(90, abs=1),
        NAMES.vouched(MINE): pytest.approx(POLICY.longest + POLICY.stale, abs=1),
        NAMES.refused(MINE, CustomerId(4)): pytest.approx(POLICY.longest + POLICY.stale, abs=1),
    }


async def test_no_credential_is_in_the_server_or_the_log(
    one: Process, other: Process, valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    caller = forwarding(b"k" * 32)(headers({"Authorization": f"Bearer {SECRET}"}))
    assert caller
    mine = key(1, caller.partition)
    await one.record(telling(mine))
    assert await other.finds(mine)
    await one.record({mine: Forbidden(), key(2, caller.partition): Unauthenticated()})
    valkey.stop()
    await other.ledger.load([key(3, caller.partition)])
    valkey.start()
    await one.record(telling(mine))
    kept = b"".join(name + (valkey.inside.get(name) or b"") for name in valkey.inside.scan_iter())
    assert caplog.messages
    assert not re.search("hunter2|secret", kept.decode(errors="replace") + caplog.text)
