"""Many keys, few calls, an outcome for each."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from datetime import date

import httpx
import pytest

from gateway.domain import CustomerKpi, Period
from gateway.errors import Forbidden, Unauthenticated, UpstreamContract, UpstreamThrottled, UpstreamTimeout
from gateway.sandbox import SandboxTransport, Switches, create_sandbox
from gateway.upstream.batching import Mode
from gateway.upstream.planning import Estimate
from gateway.upstream.wire import Format
from tests.upstream.asking import (
    GOOD,
    UNKNOWN,
    ZEROS,
    Held,
    asking,
    customer,
    key,
    keys,
    numbers,
    one_by_one,
    shape,
)
from tests.upstream.test_planning import known


@pytest.mark.parametrize("form", Format)
async def test_one_key_is_one_get(form: Format) -> None:
    sandbox = create_sandbox()
    async with asking(SandboxTransport(sandbox), form=form) as client:
        outcomes = await client.fetch(keys(123456))
    assert shape(sandbox) == ["GET"]
    kpi = outcomes[key(123456)]
    assert isinstance(kpi, CustomerKpi)
    assert str(kpi.average_basket_amount) == "2150.50"


@pytest.mark.parametrize("form", Format)
async def test_fifty_keys_are_one_batch(form: Format) -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any"))
    async with asking(SandboxTransport(sandbox), form=form) as client:
        outcomes = await client.fetch(keys(*range(1, 51)))
    assert shape(sandbox) == ["POST 50"]
    assert Counter(numbers(outcomes).values()) == {"CustomerKpi": 50}


@pytest.mark.parametrize("form", Format)
async def test_batch_and_gets_agree_on_every_value(form: Format) -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any"))
    odd = keys(123456, 900001, 900002, 900003, 900004, 900005, 900006, 2147483647, *range(1, 20))
    wanted = [key(each.customer, Period(date(2022, 1, 1), date(2023, 6, 30))) for each in odd] + odd
    async with asking(SandboxTransport(sandbox), form=form) as client:
        together = await client.fetch(wanted)
        client.batching.mode = Mode.OFF
        assert await client.fetch(wanted) == together
    assert shape(sandbox) == [f"POST {len(wanted)}", *["GET"] * len(wanted)]


async def test_more_keys_than_a_batch_holds_are_several() -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any"))
    async with asking(SandboxTransport(sandbox), size=20) as client:
        outcomes = await client.fetch(keys(*range(1, 51)))
    assert sorted(shape(sandbox)) == ["POST 16", "POST 17", "POST 17"]
    assert len(outcomes) == 50


async def test_a_method_that_takes_gets_only_is_found_out_once() -> None:
    sandbox = create_sandbox()
    async with asking(SandboxTransport(sandbox), mode=Mode.UNKNOWN) as client:
        for _ in range(3):
            outcomes = await client.fetch(keys(*range(1, 51)))
    assert Counter(numbers(outcomes).values()) == {"CustomerKpi": 50}
    assert [call.status for call in sandbox.calls] == [405, 200, 200, 200]


async def test_without_batch_routes_gets_answer_and_the_door_is_not_tried_again() -> None:
    sandbox = create_sandbox(Switches(predefined_routes=False))
    async with asking(SandboxTransport(sandbox)) as client:
        await client.fetch(keys(1, 2, 3))
        outcomes = await client.fetch(keys(4, 5))
    assert [call.method for call in sandbox.calls] == ["POST", *["GET"] * 5]
    assert set(numbers(outcomes).values()) == {"CustomerKpi"}


async def test_one_unknown_customer_costs_its_neighbours_one_more_batch() -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any"))
    async with asking(SandboxTransport(sandbox)) as client:
        outcomes = await client.fetch(keys(1, UNKNOWN, 2, 3))
    assert outcomes.pop(key(UNKNOWN)) is None
    assert set(numbers(outcomes).values()) == {"CustomerKpi"}
    assert sorted(shape(sandbox)) == ["GET", "POST 3", "POST 4"]


async def test_two_failing_customers_fail_alone() -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any", fail={2: 500, 4: 409}))
    async with asking(SandboxTransport(sandbox)) as client:
        outcomes = await client.fetch(keys(1, 2, 3, 4, 5))
    failing = {1: "CustomerKpi", 2: "UpstreamError", 3: "CustomerKpi", 4: "UpstreamError", 5: "CustomerKpi"}
    assert numbers(outcomes) == failing
    assert max(Counter(item.customer for call in sandbox.calls for item in call.items).values()) <= 3


@pytest.mark.parametrize("csharp_method", ["Any", "Get"])
async def test_however_many_fail_each_is_asked_for_at_most_three_times(csharp_method: str) -> None:
    failing = {2, 3, 5, 7, 8}
    sandbox = create_sandbox(Switches(csharp_method=csharp_method, fail=dict.fromkeys(failing, 500)))
    async with asking(SandboxTransport(sandbox)) as client:
        outcomes = await client.fetch(keys(*range(1, 11)))
    assert {number for number, name in numbers(outcomes).items() if name == "UpstreamError"} == failing
    ran = [call for call in sandbox.calls if call.status != 405]
    assert max(Counter(item.customer for call in ran for item in call.items).values()) == 3
    assert len([call for call in ran if call.kind == "batch"]) == 2


async def test_a_customer_that_the_caller_may_not_see_is_forbidden_alone() -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any", forbidden={"demo": frozenset({2})}))
    async with asking(SandboxTransport(sandbox)) as client:
        outcomes = await client.fetch(keys(1, 2, 3))
    assert isinstance(outcomes[key(2)], Forbidden)
    assert [type(outcomes[key(number)]) for number in (1, 3)] == [CustomerKpi] * 2


@pytest.mark.parametrize("null_item", ["{}", "null"])
async def test_an_item_without_a_result_is_asked_for_alone(null_item: str) -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any", not_found="204", null_item=null_item))
    async with asking(SandboxTransport(sandbox)) as client:
        outcomes = await client.fetch(keys(UNKNOWN, 1))
    assert outcomes[key(UNKNOWN)] is None
    assert isinstance(outcomes[key(1)], CustomerKpi)
    assert shape(sandbox) == ["POST 2", "GET"]


@pytest.mark.parametrize(
    "fault", ["swapped", "short", "truncated", "nan", "infinity", "wrong-id", "zero-id", "missing", "retyped"]
)
async def test_a_batch_that_is_not_what_was_asked_for_is_discarded_and_batching_is_off(fault: str) -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any", fault=fault, fault_on="batch"))
    async with asking(SandboxTransport(sandbox)) as client:
        outcomes = await client.fetch(keys(1, 2, 3))
        assert client.batching.mode is Mode.OFF
    assert shape(sandbox) == ["POST 3", "GET", "GET", "GET"]
    assert set(numbers(outcomes).values()) == {"CustomerKpi"}


async def test_a_service_that_caches_by_address_never_gives_one_batchs_answer_to_another() -> None:
    sandbox = create_sandbox(Switches(cache_response=True))
    async with asking(SandboxTransport(sandbox)) as client:
        first = await client.fetch(keys(1, 2))
        second = await client.fetch(keys(3, 4))
    assert numbers(first | second) == dict.fromkeys((1, 2, 3, 4), "CustomerKpi")
    assert all(isinstance(kpi, CustomerKpi) and kpi.customer == key.customer for key, kpi in (first | second).items())


async def test_a_stripped_header_makes_it_slower_and_nothing_else() -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any", fault="stripped", fail={2: 500}))
    async with asking(SandboxTransport(sandbox)) as client:
        outcomes = await client.fetch(keys(1, 2, 3))
    assert numbers(outcomes) == {1: "CustomerKpi", 2: "UpstreamError", 3: "CustomerKpi"}


async def test_a_refused_credential_is_told_to_all_after_one_call() -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any"))
    async with asking(SandboxTransport(sandbox)) as client:
        outcomes = await client.fetch(keys(1, 2, 3), token="nobody")
    assert {type(outcome) for outcome in outcomes.values()} == {Unauthenticated}
    assert len(sandbox.calls) == 1


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (lambda: httpx.Response(404), UpstreamContract),
        (lambda: httpx.Response(200, html="<p>sign in</p>"), UpstreamContract),
        (lambda: httpx.Response(200, json={"boosterCustomerId": 1}), UpstreamContract),
        (lambda: httpx.Response(429, headers={"Retry-After": "7"}), UpstreamThrottled),
        (lambda: httpx.Response(504), UpstreamTimeout),
        (lambda: httpx.Response(404, json=ZEROS), type(None)),
        (lambda: httpx.Response(404, json={"message": "no Route matched with those values"}), UpstreamContract),
        (lambda: httpx.Response(200, json=GOOD, headers={"Content-Type": "text/html"}), UpstreamContract),
        (lambda: httpx.Response(204), type(None)),
    ],
)
async def test_a_single_answer_is_one_outcome(answer: Callable[[], httpx.Response], outcome: type) -> None:
    async with asking(httpx.MockTransport(lambda _: answer())) as client:
        outcomes = await client.fetch(keys(1))
    assert type(outcomes[key(1)]) is outcome


async def test_a_kpi_is_never_read_from_anything_but_a_200() -> None:
    """Errors of the service carry a KPI of zeros; a gateway between may put any status on a whole one."""
    for status in [status for status in range(201, 600) if status not in {204, 404}]:
        async with asking(httpx.MockTransport(lambda _, status=status: httpx.Response(status, json=GOOD))) as client:
            outcome = (await client.fetch(keys(1)))[key(1)]
        assert isinstance(outcome, Exception), status


@pytest.mark.parametrize("error_body", ["emptyDto", "responseStatus"])
async def test_an_unknown_customer_does_not_switch_batching_off_though_a_proxy_strips_which_it_was(
    error_body: str,
) -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any", fault="stripped", error_body=error_body))
    async with asking(SandboxTransport(sandbox)) as client:
        assert (await client.fetch(keys(1, UNKNOWN, 2)))[key(UNKNOWN)] is None
        assert shape(sandbox) == ["POST 3", "GET", "GET", "GET"]
        await client.fetch(keys(3, 4))
    assert shape(sandbox)[4:] == ["POST 2"]


async def test_two_partitions_never_share_a_call() -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any"))
    async with asking(SandboxTransport(sandbox)) as client:
        with pytest.raises(ValueError, match="two partitions"):
            await client.fetch([key(1), key(2, partition="q")])
    assert not sandbox.calls


@pytest.mark.parametrize("bad", [1, 2, 4])
async def test_whichever_item_broke_a_batch_that_does_not_say_so_the_others_are_answered(bad: int) -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any", fault="stripped", fail={bad: 500}))
    async with asking(SandboxTransport(sandbox)) as client:
        outcomes = await client.fetch(keys(1, 2, 3, 4))
    assert numbers(outcomes) == dict.fromkeys((1, 2, 3, 4), "CustomerKpi") | {bad: "UpstreamError"}


async def test_retries_have_a_budget() -> None:
    """Every third call fails, so that the circuit stays closed."""
    answers = 0

    def upstream(request: httpx.Request) -> httpx.Response:
        nonlocal answers
        answers += 1
        if answers % 3 == 0:
            return httpx.Response(503)
        return httpx.Response(200, json=GOOD | {"boosterCustomerId": customer(request)})

    failed = 0
    async with asking(httpx.MockTransport(upstream)) as client:
        for number in range(1, 301):
            failed += numbers(await client.fetch(keys(number)))[number] != "CustomerKpi"
    retries = answers - 300
    assert 300 * 0.2 - 1 <= retries <= 300 * 0.2 + 3
    assert failed > 0


async def test_calls_that_were_not_made_earn_no_retries() -> None:
    asked = 0

    def upstream(_: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return httpx.Response(503)

    async with asking(httpx.MockTransport(upstream)) as client:
        for number in range(1, 101):
            await client.fetch(keys(number))
        while_open, asked = asked, 0
        await asyncio.sleep(5)
        await client.fetch(keys(1))
    assert (while_open, asked) == (5, 1)


async def test_a_mistake_of_ours_is_told_at_once(caplog: pytest.LogCaptureFixture) -> None:
    def upstream(_: httpx.Request) -> httpx.Response:
        raise KeyError("hunter2")

    async with asking(httpx.MockTransport(upstream)) as client:
        began = asyncio.get_running_loop().time()
        assert set(numbers(await client.fetch(keys(1, 2))).values()) == {"InternalError"}
        assert asyncio.get_running_loop().time() == began
    assert "KeyError" in caplog.text


async def test_nothing_is_learnt_of_the_pace_from_what_is_no_answer() -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any", latency_call=1.0, fail={7: 404}))
    estimate = known(0.0)
    async with asking(SandboxTransport(sandbox), estimate=estimate) as client:
        before = repr(estimate)
        await client.fetch(keys(7))
        assert repr(estimate) == before
        await client.fetch(keys(8))
        assert repr(estimate) != before


async def test_no_keys_are_no_calls() -> None:
    async with asking(httpx.MockTransport(Held())) as client:
        assert await client.fetch([]) == {}


async def test_a_chunk_that_took_too_long_is_asked_again_in_halves() -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any", latency_item=0.1))
    async with asking(SandboxTransport(sandbox), timeout=1.2) as client:
        outcomes = await client.fetch(keys(*range(1, 21)))
    assert set(numbers(outcomes).values()) == {"CustomerKpi"}
    assert shape(sandbox) == ["POST 20", "POST 10", "POST 10"]


async def test_a_batch_that_is_too_large_is_halved_and_no_such_one_sent_again() -> None:
    sandbox, sizes = create_sandbox(Switches(csharp_method="Any")), list[int]()

    async def upstream(request: httpx.Request) -> httpx.Response:
        sizes.append(len(json.loads(request.content)))
        if sizes[-1] > 5:
            return httpx.Response(413)
        return await SandboxTransport(sandbox).handle_async_request(request)

    async with asking(httpx.MockTransport(upstream)) as client:
        for _ in range(2):
            outcomes = await client.fetch(keys(*range(1, 11)))
    assert set(numbers(outcomes).values()) == {"CustomerKpi"}
    assert sizes == [10, 5, 5, 5, 5]


async def test_a_service_that_breaks_down_in_a_batch_is_asked_for_one_key_before_the_others() -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any", fault="500"))
    async with asking(SandboxTransport(sandbox)) as client:
        outcomes = await client.fetch(keys(*range(1, 21)))
    assert set(numbers(outcomes).values()) == {"UpstreamError"}
    assert shape(sandbox) == ["POST 20", "GET"]


async def test_what_is_learnt_by_one_batch_the_others_wait_for() -> None:
    sandbox = create_sandbox(Switches(latency_call=0.01))
    async with asking(SandboxTransport(sandbox), mode=Mode.UNKNOWN, estimate=Estimate()) as client:
        await client.fetch(keys(*range(1, 101)))
    assert [(call.status, len(call.items)) for call in sandbox.calls][:2] == [(405, 25), (200, 25)]
    assert [call.status for call in sandbox.calls].count(405) == 1


async def test_batches_that_are_refused_as_a_whole_do_not_make_a_caller_wait_for_each_other() -> None:
    posts = Counter[str]()

    async def upstream(request: httpx.Request) -> httpx.Response:
        if not request.content:
            return httpx.Response(200, json=GOOD | {"boosterCustomerId": customer(request)})
        posts["now"] += 1
        posts["most"] = max(posts["most"], posts["now"])
        await asyncio.sleep(1)
        posts["now"] -= 1
        return httpx.Response(403)

    async with asking(httpx.MockTransport(upstream), mode=Mode.UNKNOWN) as client:
        await client.fetch(keys(1, 2))
        await asyncio.gather(*await one_by_one(client.fetch(keys(3, 4)), client.fetch(keys(5, 6))))
    assert posts["most"] == 2
