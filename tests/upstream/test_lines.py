"""Slots and lines: who waits, whose turn it is, and what becomes of what nobody wants any longer."""

import asyncio
import gc

import httpx
import pytest

from gateway.domain import KpiKey, Outcome
from gateway.errors import QueueFull
from gateway.sandbox import SandboxTransport, Switches, create_sandbox
from gateway.upstream.batching import Mode
from gateway.upstream.client import Limits
from gateway.upstream.lines import Line
from gateway.upstream.planning import QUICK
from tests.upstream.asking import (
    GOOD,
    ONE_SLOT,
    Held,
    asking,
    customer,
    key,
    keys,
    numbers,
    one_by_one,
    shape,
    turns,
)


async def test_keys_that_find_no_free_slot_gather_across_operations_and_leave_together() -> None:
    upstream = Held()
    async with asking(httpx.MockTransport(upstream), limits=ONE_SLOT) as client:
        fetches = await one_by_one(*(client.fetch(keys(number, number + 1)) for number in range(1, 11)))
        assert upstream.sizes == [2]
        upstream.open.set()
        outcomes = await asyncio.gather(*fetches)
    assert upstream.sizes == [2, 9]
    assert [list(numbers(each).values()) for each in outcomes] == [["CustomerKpi"] * 2] * 10


async def test_keys_of_two_callers_never_gather_and_take_turns() -> None:
    upstream = Held()
    async with asking(httpx.MockTransport(upstream), limits=ONE_SLOT) as client:
        fetches = await one_by_one(
            *(client.fetch([key(number, partition=name)], token=name) for number in (1, 2, 3) for name in ("a", "b"))
        )
        upstream.open.set()
        await asyncio.gather(*fetches)
    assert list(zip(upstream.sizes, upstream.tokens, strict=True)) == [
        (1, "Bearer a"),
        (3, "Bearer b"),
        (2, "Bearer a"),
    ]


async def test_one_caller_leaves_room_for_another() -> None:
    upstream = Held()
    limits = Limits(slots=4, wanted=1000)
    async with asking(httpx.MockTransport(upstream), limits=limits, mode=Mode.OFF) as client:
        fetches = [asyncio.create_task(client.fetch(keys(*range(1, 21))))]
        await turns()
        assert upstream.tokens == ["Bearer demo"] * 3
        fetches.append(asyncio.create_task(client.fetch([key(1, partition="b")], token="b")))
        await turns()
        assert upstream.tokens[3:] == ["Bearer b"]
        upstream.open.set()
        await asyncio.gather(*fetches)
    assert len(upstream.sizes) == 21


async def test_a_key_that_is_asked_for_is_not_asked_for_again() -> None:
    upstream = Held()
    async with asking(httpx.MockTransport(upstream)) as client:
        fetches = await one_by_one(client.fetch(keys(1, 2)), client.fetch(keys(2, 3)))
        upstream.open.set()
        first, second = await asyncio.gather(*fetches)
    assert upstream.sizes == [2, 1]
    assert first[key(2)] is second[key(2)]


async def test_beyond_what_may_be_wanted_a_fetch_is_refused_at_once() -> None:
    upstream = Held()
    async with asking(httpx.MockTransport(upstream), limits=Limits(slots=1, wanted=8)) as client:
        fetches = [asyncio.create_task(client.fetch(keys(1, 2, 3, 4, 5)))]
        await turns()
        refused = [
            await client.fetch([key(number, partition=name) for number in range(11, 11 + wanted)])
            for name, wanted in (
                ("p", 2),  # more than three quarters of it would be one caller's
                ("q", 4),  # more than there may be
            )
        ]
        assert [{type(outcome) for outcome in each.values()} for each in refused] == [{QueueFull}] * 2
        fetches += [asyncio.create_task(client.fetch(each)) for each in (keys(1, 5), [key(1, partition="q")])]
        await turns()
        assert not any(fetch.done() for fetch in fetches)
        upstream.open.set()
        outcomes = await asyncio.gather(*fetches)
        assert {name for each in outcomes for name in numbers(each).values()} == {"CustomerKpi"}
        assert set(numbers(await client.fetch(keys(*range(6, 30)))).values()) == {"CustomerKpi"}


async def test_those_who_left_do_not_count_among_the_wanted() -> None:
    async with asking(httpx.MockTransport(Held()), limits=Limits(slots=1, wanted=8)) as client:
        for number in range(10):
            leaver = asyncio.create_task(client.fetch(keys(number + 1, number + 2)))
            await turns()
            leaver.cancel()
            await turns()
        last = asyncio.create_task(client.fetch(keys(1, 2, 3)))
        await turns()
        assert not last.done()
        last.cancel()


async def test_one_who_leaves_takes_only_what_nobody_else_wants() -> None:
    upstream = Held()
    async with asking(httpx.MockTransport(upstream)) as client:
        leaver = asyncio.create_task(client.fetch(keys(1, 2)))
        await turns()
        other = asyncio.create_task(client.fetch(keys(2)))
        await turns()
        leaver.cancel()
        await turns()
        assert upstream.left == 0
        upstream.open.set()
        assert numbers(await other) == {2: "CustomerKpi"}


async def test_what_nobody_wants_any_longer_is_cancelled_and_its_slot_is_free() -> None:
    upstream = Held()
    async with asking(httpx.MockTransport(upstream), limits=ONE_SLOT) as client:
        leavers = await one_by_one(client.fetch(keys(1)), client.fetch(keys(2)))
        for leaver in leavers:
            leaver.cancel()
        await turns()
        assert (upstream.sizes, upstream.left) == ([1], 1)
        upstream.open.set()
        assert numbers(await client.fetch(keys(2))) == {2: "CustomerKpi"}


async def test_a_fetch_ends_by_its_deadline_and_one_that_has_more_time_goes_on_with_the_same_call() -> None:
    upstream = Held()
    async with asking(httpx.MockTransport(upstream), timeout=60) as client:
        hasty = asyncio.create_task(client.fetch(keys(1, 2), seconds=1))
        await turns()
        patient = asyncio.create_task(client.fetch(keys(2), seconds=30))
        assert set(numbers(await hasty).values()) == {"DeadlinePassed"}
        upstream.open.set()
        assert numbers(await patient) == {2: "CustomerKpi"}
    assert upstream.sizes == [2]


async def test_what_has_arrived_by_the_deadline_is_not_lost() -> None:
    sandbox = create_sandbox(Switches(predefined_routes=False))

    async def upstream(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.1 if customer(request) == 1 else 10)
        return await SandboxTransport(sandbox).handle_async_request(request)

    async with asking(httpx.MockTransport(upstream), mode=Mode.OFF, timeout=60) as client:
        outcomes = await client.fetch(keys(1, 2), seconds=1)
    assert numbers(outcomes) == {1: "CustomerKpi", 2: "DeadlinePassed"}


async def test_the_end_of_the_gateway_is_the_end_of_what_is_under_way_and_nothing_more_begins() -> None:
    upstream = Held()
    async with asking(httpx.MockTransport(upstream), limits=ONE_SLOT) as client:
        waiting = await one_by_one(*(client.fetch(keys(number), seconds=1) for number in (1, 2, 3)))
    await turns()
    assert (upstream.sizes, upstream.left) == ([1], 1)
    assert {name for each in await asyncio.gather(*waiting) for name in numbers(each).values()} == {"DeadlinePassed"}


async def test_one_who_leaves_in_the_tick_in_which_his_call_begins_keeps_no_slot() -> None:
    """A task that is cancelled before its first step runs nothing of its own."""
    leavers: list[asyncio.Task[dict[KpiKey, Outcome]]] = []

    async def upstream(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.01)
        for leaver in leavers:
            leaver.cancel()
        return httpx.Response(200, json=GOOD | {"boosterCustomerId": customer(request)})

    async with asking(httpx.MockTransport(upstream), limits=ONE_SLOT) as client:
        first = asyncio.create_task(client.fetch([key(1, partition="a")]))
        await turns()
        leavers.append(asyncio.create_task(client.fetch([key(1, partition="b")])))
        await turns()
        await first
        leavers.clear()
        assert numbers(await client.fetch([key(2, partition="c")], seconds=1)) == {2: "CustomerKpi"}


async def test_a_caller_who_comes_again_as_his_last_operation_ends_has_his_turn() -> None:
    upstream = Held()
    async with asking(httpx.MockTransport(upstream), limits=ONE_SLOT) as client:
        fetches = [asyncio.create_task(client.fetch([key(1, partition=name)], token=name)) for name in ("a", "b")]
        await turns()
        for _ in range(30):  # one for each moment at which the first may be about to end
            fetches.append(asyncio.create_task(client.fetch([key(len(fetches), partition="a")], token="a")))
            upstream.open.set()
            await asyncio.sleep(0)
            upstream.open.clear()
            await asyncio.sleep(0)
        upstream.open.set()
        began = asyncio.get_running_loop().time()
        outcomes = await asyncio.gather(*fetches)
        assert asyncio.get_running_loop().time() == began
    assert {name for each in outcomes for name in numbers(each).values()} == {"CustomerKpi"}


@pytest.mark.parametrize("moment", range(12))
async def test_at_whatever_moment_a_caller_comes_again_his_keys_are_shared(moment: int) -> None:
    upstream = Held()
    async with asking(httpx.MockTransport(upstream)) as client:
        fetches = [asyncio.create_task(client.fetch(keys(1)))]
        await turns()
        upstream.open.set()
        await turns(moment)
        upstream.open.clear()
        for _ in range(2):
            fetches.append(asyncio.create_task(client.fetch(keys(2))))
            await turns()
        upstream.open.set()
        await asyncio.gather(*fetches)
    assert upstream.sizes == [1, 1]


def kept() -> int:
    gc.collect()
    return len([each for each in gc.get_objects() if type(each) is Line])


async def test_nothing_is_kept_of_callers_who_left_before_they_had_their_turn() -> None:
    async with asking(httpx.MockTransport(Held()), limits=ONE_SLOT) as client:
        blocking = asyncio.create_task(client.fetch(keys(9)))
        await turns()
        counts: list[int] = []
        for number in range(5):
            leaver = asyncio.create_task(client.fetch([key(1, partition=str(number))]))
            await turns()
            leaver.cancel()
            await turns()
            counts.append(kept())
        assert counts[-1] == counts[0]
        blocking.cancel()


async def test_callers_with_more_than_one_call_to_make_take_turns() -> None:
    upstream = Held()
    async with asking(httpx.MockTransport(upstream), limits=ONE_SLOT, mode=Mode.OFF) as client:
        fetches = [
            asyncio.create_task(client.fetch([key(number, partition=name) for number in (1, 2, 3)], token=name))
            for name in "ab"
        ]
        await turns()
        upstream.open.set()
        await asyncio.gather(*fetches)
    assert [token[-1] for token in upstream.tokens] == list("aababb")  # the first was there before the other came


async def test_a_key_given_up_in_flight_and_wanted_again_has_the_answer_of_that_flight() -> None:
    upstream = Held()
    async with asking(httpx.MockTransport(upstream), limits=ONE_SLOT) as client:
        leaver, stayer = (asyncio.create_task(client.fetch(wanted)) for wanted in (keys(1, 2), keys(2)))
        await turns()
        leaver.cancel()
        await turns()
        again = asyncio.create_task(client.fetch(keys(1)))
        await turns()
        upstream.open.set()
        assert [numbers(each) for each in await asyncio.gather(stayer, again)] == [
            {2: "CustomerKpi"},
            {1: "CustomerKpi"},
        ]
    assert upstream.sizes == [2]


async def test_a_key_given_up_and_wanted_again_before_it_is_asked_again_is_asked_once() -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any", fail={3: 409}, latency_call=1.0))
    async with asking(SandboxTransport(sandbox), limits=ONE_SLOT) as client:
        leaver, stayer = (asyncio.create_task(client.fetch(wanted)) for wanted in (keys(1, 2, 3), keys(2, 3)))
        await turns()
        blocking = asyncio.create_task(client.fetch([key(9, partition="q")]))
        await asyncio.sleep(1.5)  # the batch has failed, and another caller has his turn
        leaver.cancel()
        await turns()
        again = asyncio.create_task(client.fetch(keys(1)))
        outcomes = [numbers(each) for each in await asyncio.gather(stayer, again, blocking)]
    assert outcomes == [{2: "CustomerKpi", 3: "UpstreamError"}, {1: "CustomerKpi"}, {9: "CustomerKpi"}]
    assert [sorted(item.customer for item in call.items) for call in sandbox.calls] == [[1, 2, 3], [9], [3], [1, 2]]


async def test_a_retry_that_is_too_late_for_one_is_made_for_another() -> None:
    answers = [httpx.Response(503)]

    async def upstream(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.97)
        return answers.pop() if answers else httpx.Response(200, json=GOOD | {"boosterCustomerId": customer(request)})

    async with asking(httpx.MockTransport(upstream)) as client:
        patient, hasty = (asyncio.create_task(client.fetch(keys(1), seconds=seconds)) for seconds in (10, 1))
        assert [numbers(each) for each in await asyncio.gather(patient, hasty)] == [
            {1: "CustomerKpi"},
            {1: "DeadlinePassed"},
        ]


async def test_what_was_given_up_and_is_wanted_again_is_asked_for_again() -> None:
    upstream = Held()
    async with asking(httpx.MockTransport(upstream), limits=Limits(slots=1, wanted=100)) as client:
        blocking = asyncio.create_task(client.fetch(keys(9)))
        await turns()
        for _ in range(2):
            leaver = asyncio.create_task(client.fetch(keys(1, 2)))
            await turns()
            leaver.cancel()
            await turns()
        again = asyncio.create_task(client.fetch(keys(1)))
        await turns()
        upstream.open.set()
        assert [numbers(each) for each in await asyncio.gather(blocking, again)] == [
            {9: "CustomerKpi"},
            {1: "CustomerKpi"},
        ]
    assert upstream.sizes == [1, 1]


async def test_while_one_waits_to_ask_again_its_slot_is_anothers() -> None:
    answers = [httpx.Response(429, headers={"Retry-After": "3"})]
    seen: list[int] = []

    async def upstream(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.1)
        seen.append(customer(request))
        return answers.pop() if answers else httpx.Response(200, json=GOOD | {"boosterCustomerId": seen[-1]})

    async with asking(httpx.MockTransport(upstream), limits=ONE_SLOT) as client:
        patient = asyncio.create_task(client.fetch(keys(1)))
        await turns()
        other = await client.fetch([key(2, partition="q")], seconds=1)
        assert not patient.done()
        assert numbers(await patient) == {1: "CustomerKpi"}
    assert (seen, list(numbers(other).values())) == ([1, 2, 1], ["CustomerKpi"])


async def test_one_who_left_while_waiting_to_ask_again_is_not_asked_for() -> None:
    seen: list[int] = []

    def upstream(request: httpx.Request) -> httpx.Response:
        seen.append(customer(request))
        return httpx.Response(429, headers={"Retry-After": "3"})

    async with asking(httpx.MockTransport(upstream)) as client:
        leaver = asyncio.create_task(client.fetch(keys(1)))
        await asyncio.sleep(1)
        leaver.cancel()
        await asyncio.sleep(5)
    assert seen == [1]


async def test_those_behind_a_key_whose_waiter_left_are_asked_for_all_the_same() -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any", latency_call=1.0))
    broken = [httpx.Response(500)]

    async def upstream(request: httpx.Request) -> httpx.Response:
        if broken and request.content:
            return broken.pop()
        return await SandboxTransport(sandbox).handle_async_request(request)

    async with asking(httpx.MockTransport(upstream), limits=ONE_SLOT) as client:
        blocking = asyncio.create_task(client.fetch([key(9, partition="q")]))
        await turns()
        leaver, stayer = (asyncio.create_task(client.fetch(wanted)) for wanted in (keys(1), keys(2, 3)))
        await asyncio.sleep(1.5)  # the batch broke down, and its first key is asked for
        assert shape(sandbox) == ["GET", "GET"]
        leaver.cancel()
        assert set(numbers(await stayer).values()) == {"CustomerKpi"}
        await blocking
    assert [call.status for call in sandbox.calls] == [200] * 4


async def test_a_hanging_single_call_does_not_keep_the_first_batch_from_leaving() -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any", fault="hang", fault_calls=1))
    async with asking(SandboxTransport(sandbox), mode=Mode.UNKNOWN, timeout=60) as client:
        hanging = asyncio.create_task(client.fetch(keys(1)))
        await turns()
        began = asyncio.get_running_loop().time()
        assert set(numbers(await client.fetch(keys(2, 3))).values()) == {"CustomerKpi"}
        assert asyncio.get_running_loop().time() <= began + QUICK
        hanging.cancel()
