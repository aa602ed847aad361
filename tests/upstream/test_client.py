"""Many keys, few calls, an outcome for each."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date

import httpx
import pytest

from gateway.domain import CustomerId, CustomerKpi, KpiKey, Outcome, Partition, Period
from gateway.errors import Forbidden, QueueFull, Unauthenticated, UpstreamContract, UpstreamThrottled, UpstreamTimeout
from gateway.sandbox import Sandbox, SandboxTransport, Switches, create_sandbox
from gateway.upstream.asking import Asker, Learnt
from gateway.upstream.batching import Batching, Mode
from gateway.upstream.breaker import Breaker
from gateway.upstream.client import KpiClient, Limits
from gateway.upstream.credentials import Credential, Unchanging
from gateway.upstream.over_httpx import HttpxExchange
from gateway.upstream.planning import Estimate
from gateway.upstream.sender import Ask, Sender
from gateway.upstream.settling import Reading
from gateway.upstream.wire import Format
from tests.upstream.test_planning import known

OPEN = Period(None, None)
UNKNOWN = 5000
GOOD = {
    "boosterCustomerId": 1, "totalTransaction": 1, "totalSales": 1, "totalReturn": 0, "totalItems": 1,
    "averageBasketAmount": 1, "totalSpendingAmount": 1,
}  # fmt: skip
ZEROS = dict.fromkeys(GOOD, 0)


def key(number: int, period: Period = OPEN, partition: str = "p") -> KpiKey:
    return KpiKey(Partition(partition), CustomerId(number), period)


def keys(*numbers: int) -> list[KpiKey]:
    return [key(number) for number in numbers]


class Asking:
    """A client, and what it has learnt of batching."""

    def __init__(self, client: KpiClient, batching: Batching) -> None:
        self._client = client
        self.batching = batching

    async def fetch(self, wanted: Sequence[KpiKey], token: str = "demo", seconds: float = 5) -> dict[KpiKey, Outcome]:
        deadline = asyncio.get_running_loop().time() + seconds
        ask = Ask(Credential((("Authorization", f"Bearer {token}"),)), "id", deadline)
        return await self._client.fetch(ask, wanted)


@asynccontextmanager
async def asking(  # noqa: PLR0913  # each has a default
    transport: httpx.AsyncBaseTransport,
    *,
    form: Format = Format.JSON,
    size: int = 100,
    limits: Limits = Limits(slots=16, share=12, waiting=1000),  # noqa: B008  # frozen
    timeout: float = 2,  # noqa: ASYNC109  # a setting
    mode: Mode = Mode.POST,
    estimate: Estimate | None = None,
) -> AsyncIterator[Asking]:
    """Ask over the transport, by a client that knows already that batches are taken, and fast."""
    batching, exchange = Batching(mode), HttpxExchange(transport)
    sender = Sender(exchange, "http://upstream.test", credentials=Unchanging(), breaker=Breaker(), timeout=timeout)
    asker = Asker(sender, Reading(form, own=False), Learnt(batching, estimate or known(0.0)), batch_size=size)
    client = KpiClient(asker, limits)
    yield Asking(client, batching)
    await client.aclose()


def shape(sandbox: Sandbox) -> list[str]:
    """Write the calls as a reader counts them: ``GET``, or ``POST 50`` with its items."""
    return [f"{call.method} {len(call.items)}" if call.kind == "batch" else call.method for call in sandbox.calls]


def numbers(outcomes: dict[KpiKey, Outcome]) -> dict[int, str]:
    return {key.customer: type(outcome).__name__ for key, outcome in outcomes.items()}


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


async def test_two_partitions_never_share_a_call() -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any"))
    async with asking(SandboxTransport(sandbox)) as client:
        with pytest.raises(ValueError, match="two partitions"):
            await client.fetch([key(1), key(2, partition="q")])
    assert not sandbox.calls


class Held:
    """An upstream that counts what is under way, and answers with a KPI a key when it is let go."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.tokens: list[str] = []
        self.left = 0
        self.open = asyncio.Event()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content) if request.content else [{"boosterCustomerId": _customer(request)}]
        self.sizes.append(len(asked))
        self.tokens.append(request.headers["authorization"])
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.left += 1
            raise
        kpis = [GOOD | {"boosterCustomerId": item["boosterCustomerId"]} for item in asked]
        return httpx.Response(200, json=kpis if request.content else kpis[0])


def _customer(request: httpx.Request) -> int:
    return int(request.url.path.split("/")[2])


async def turns(count: int = 20) -> None:
    """Let everything happen that needs no time."""
    for _ in range(count):
        await asyncio.sleep(0)


def one_slot(waiting: int = 1000) -> Limits:
    return Limits(slots=1, share=1, waiting=waiting)


async def test_keys_that_find_no_free_slot_gather_across_operations_and_leave_together() -> None:
    upstream = Held()
    async with asking(httpx.MockTransport(upstream), limits=one_slot()) as client:
        fetches = [asyncio.create_task(client.fetch(keys(number, number + 1))) for number in range(1, 11)]
        await turns()
        assert upstream.sizes == [2]
        upstream.open.set()
        outcomes = await asyncio.gather(*fetches)
    assert upstream.sizes == [2, 9]
    assert [list(numbers(each).values()) for each in outcomes] == [["CustomerKpi"] * 2] * 10


async def test_keys_of_two_callers_never_gather_and_take_turns() -> None:
    upstream = Held()
    async with asking(httpx.MockTransport(upstream), limits=one_slot()) as client:
        fetches = [
            asyncio.create_task(client.fetch([key(number, partition=name)], token=name))
            for number in (1, 2, 3)
            for name in ("a", "b")
        ]
        await turns()
        upstream.open.set()
        await asyncio.gather(*fetches)
    assert list(zip(upstream.sizes, upstream.tokens, strict=True)) == [
        (1, "Bearer a"),
        (3, "Bearer b"),
        (2, "Bearer a"),
    ]


async def test_one_caller_leaves_room_for_another() -> None:
    upstream = Held()
    limits = Limits(slots=4, share=3, waiting=1000)
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
        fetches = [asyncio.create_task(client.fetch(keys(1, 2))), asyncio.create_task(client.fetch(keys(2, 3)))]
        await turns()
        upstream.open.set()
        first, second = await asyncio.gather(*fetches)
    assert upstream.sizes == [2, 1]
    assert first[key(2)] is second[key(2)]


async def test_beyond_what_may_wait_a_fetch_is_refused_at_once() -> None:
    upstream = Held()
    async with asking(httpx.MockTransport(upstream), limits=one_slot(waiting=3)) as client:
        first = asyncio.create_task(client.fetch(keys(1, 2, 3)))
        await turns()
        refused = await client.fetch(keys(4, 5))
        assert {type(outcome) for outcome in refused.values()} == {QueueFull}
        upstream.open.set()
        await first
        assert set(numbers(await client.fetch(keys(4, 5))).values()) == {"CustomerKpi"}


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
    async with asking(httpx.MockTransport(upstream), limits=one_slot()) as client:
        leavers = [asyncio.create_task(client.fetch(keys(number))) for number in (1, 2)]
        await turns()
        for leaver in leavers:
            leaver.cancel()
        await turns()
        assert (upstream.sizes, upstream.left) == ([1], 1)
        upstream.open.set()
        assert numbers(await client.fetch(keys(2))) == {2: "CustomerKpi"}


async def test_a_fetch_ends_by_its_deadline_and_one_that_has_more_time_goes_on() -> None:
    upstream = Held()
    async with asking(httpx.MockTransport(upstream), timeout=60) as client:
        hasty = asyncio.create_task(client.fetch(keys(1, 2), seconds=1))
        await turns()
        patient = asyncio.create_task(client.fetch(keys(2), seconds=30))
        assert set(numbers(await hasty).values()) == {"UpstreamTimeout"}
        upstream.open.set()
        assert numbers(await patient) == {2: "CustomerKpi"}


async def test_the_end_of_the_gateway_is_the_end_of_what_is_under_way() -> None:
    upstream = Held()
    async with asking(httpx.MockTransport(upstream)) as client:
        waiting = asyncio.create_task(client.fetch(keys(1, 2), seconds=1))
        await turns()
    assert upstream.left == 1
    assert set(numbers(await waiting).values()) == {"UpstreamTimeout"}


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
    sandbox = create_sandbox(Switches(csharp_method="Any"))

    async def upstream(request: httpx.Request) -> httpx.Response:
        if len(request.content) > 200:
            return httpx.Response(413)
        return await SandboxTransport(sandbox).handle_async_request(request)

    async with asking(httpx.MockTransport(upstream)) as client:
        for _ in range(2):
            outcomes = await client.fetch(keys(*range(1, 11)))
    assert set(numbers(outcomes).values()) == {"CustomerKpi"}
    assert shape(sandbox) == ["POST 5"] * 4


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
