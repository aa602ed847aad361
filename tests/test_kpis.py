"""The main job through the front door: what came out, and how often the upstream was asked."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from gateway.sandbox import Sandbox, SandboxTransport, Switches
from tests.conftest import Gateway, items, serving

YEAR = '(from: "2024-01-01", to: "2024-12-31")'
FIFTY = [str(number) for number in range(1, 51)]


async def test_fifty_customers_cost_one_upstream_call_once_the_service_is_known(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    for _ in range(2):
        reply = await gateway.kpis(FIFTY, YEAR)
        assert (reply.status, reply.errors) == (200, [])
        assert [customer["id"] for customer in reply.data["customers"]] == FIFTY
    assert [len(call.items) for call in sandbox.calls] == [25, 25, 50]


async def test_a_get_only_upstream_costs_one_call_more_the_first_time(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.switches = Switches()
    for _ in range(2):
        assert (await gateway.kpis(FIFTY, YEAR)).errors == []
    assert [(call.status, len(call.items)) for call in sandbox.calls] == [(405, 25), (200, 25), (200, 25), (200, 50)]


async def test_fifty_customers_of_a_slow_service_are_asked_for_side_by_side(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"latency_item": 0.02})
    assert (await gateway.kpis(FIFTY, YEAR)).errors == []
    began = asyncio.get_running_loop().time()
    assert (await gateway.kpis(FIFTY, YEAR)).errors == []
    assert asyncio.get_running_loop().time() - began < 50 * 0.02 / 4


async def test_the_same_customer_and_period_under_five_aliases_is_one_item(gateway: Gateway, sandbox: Sandbox) -> None:
    aliases = " ".join(f"k{number}: kpi{YEAR} {{ totalItems }}" for number in range(5))
    reply = await gateway.ask(f"{{ customer(id: 3) {{ {aliases} }} again: customers(ids: [3, 3]) {{ {aliases} }} }}")
    assert reply.errors == []
    assert items(sandbox.calls) == 1


async def test_two_periods_are_two_items_of_one_call(gateway: Gateway, sandbox: Sandbox) -> None:
    query = '{ customer(id: 3) { a: kpi(from: "2023-01-01") { totalItems } b: kpi(to: "2022-12-31") { totalItems } } }'
    assert (await gateway.ask(query)).errors == []
    assert (len(sandbox.calls), items(sandbox.calls)) == (1, 2)


async def test_two_periods_that_adjoin_add_up(gateway: Gateway) -> None:
    query = """{ customers(ids: [3, 4, 7, 9]) {
        all: kpi { ...F } before: kpi(to: "2023-06-30") { ...F } after: kpi(from: "2023-07-01") { ...F }
    } } fragment F on CustomerKpi { totalTransaction totalSales totalReturn totalItems }"""
    reply = await gateway.ask(query)
    for customer in reply.data["customers"]:
        summed = {name: customer["before"][name] + customer["after"][name] for name in customer["all"]}
        assert summed == customer["all"]


EXAMPLE = {
    "boosterCustomerId": 123456,
    "totalTransaction": 12,
    "totalSales": 14,
    "totalReturn": 2,
    "totalItems": 17,
    "averageBasketAmount": "2150.50",
    "totalSpendingAmount": "25806.1",
    "currencyCode": "EUR",
}


@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize(
    ("id_", "figures"),
    [
        (123456, EXAMPLE),
        (900001, {"totalSpendingAmount": "10000000000000000", "averageBasketAmount": "2500000000000000.00"}),
        (900002, {"currencyCode": None, "averageBasketAmount": "99.90", "totalSpendingAmount": "99.9"}),
        (900003, {"averageBasketAmount": "0.00", "totalSpendingAmount": "0"}),
        (900004, {"averageBasketAmount": "0.00001", "totalSpendingAmount": "0.00001"}),
        (2147483647, {"totalTransaction": 2147483647}),
    ],
)
@pytest.mark.parametrize("neighbours", [[], ["1", "2"]])
async def test_every_value_is_the_upstreams(
    sandbox: Sandbox, form: str, id_: int, figures: Mapping[str, Any], neighbours: list[str]
) -> None:
    async with serving(SandboxTransport(sandbox), upstream_format=form) as gateway:
        reply = await gateway.kpis([id_, *neighbours])
    assert reply.errors == []
    kpi = reply.data["customers"][0]["kpi"]
    assert {name: kpi[name] for name in figures} == figures
    assert len(sandbox.calls) == 1


async def test_no_dates_mean_no_date_parameters(gateway: Gateway, sandbox: Sandbox) -> None:
    await gateway.ask("{ customer(id: 1) { kpi { totalItems } } }")
    await gateway.ask("{ customer(id: 1) { kpi(from: null, to: null) { totalItems } } }")
    await gateway.kpis([1, 2])
    assert [call.path for call in sandbox.calls[:2]] == ["/customer/1/kpi"] * 2
    assert {(item.first, item.last) for call in sandbox.calls for item in call.items} == {(None, None)}


async def test_days_are_passed_on_as_they_are(gateway: Gateway, sandbox: Sandbox) -> None:
    await gateway.ask('{ customer(id: 1) { kpi(from: "2022-01-01", to: "2023-11-01") { totalItems } } }')
    assert sandbox.calls[0].path == "/customer/1/kpi?transactionDateFrom=2022-01-01&transactionDateTo=2023-11-01"


@pytest.mark.parametrize("not_found", ["404", "204"])
@pytest.mark.parametrize("error_body", ["emptyDto", "responseStatus"])
@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize("ids", [[5000], [5000, 1], [1, 5000, 2]])
async def test_an_unknown_customer_is_null_without_an_error(
    sandbox: Sandbox, not_found: str, error_body: str, form: str, ids: list[int]
) -> None:
    sandbox.switches = sandbox.switches.changed({"not_found": not_found, "error_body": error_body})
    async with serving(SandboxTransport(sandbox), upstream_format=form) as gateway:
        reply = await gateway.kpis(ids)
    assert (reply.status, reply.errors) == (200, [])
    assert {customer["id"]: customer["kpi"] is None for customer in reply.data["customers"]} == {
        str(id_): id_ == 5000 for id_ in ids
    }


async def test_zeros_of_a_200_are_a_value(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"not_found": "zeros-200"})
    reply = await gateway.kpis([5000])
    kpi = reply.data["customers"][0]["kpi"]
    assert (reply.errors, kpi["boosterCustomerId"], kpi["totalTransaction"]) == ([], 5000, 0)


async def test_what_needs_no_kpi_asks_nothing(gateway: Gateway, sandbox: Sandbox) -> None:
    reply = await gateway.ask("{ customers(ids: [1, 2]) { id __typename } }")
    assert reply.data["customers"] == [{"id": id_, "__typename": "Customer"} for id_ in ("1", "2")]
    assert not sandbox.calls


async def test_with_batching_off_each_kpi_is_a_get(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox), upstream_batching="off") as gateway:
        assert (await gateway.kpis([1, 2, 3])).errors == []
    assert [call.method for call in sandbox.calls] == ["GET"] * 3


async def test_no_more_calls_of_one_caller_are_under_way_than_three_quarters_of_what_is_allowed() -> None:
    under_way = Counter[str]()

    async def upstream(_: httpx.Request) -> httpx.Response:
        under_way["now"] += 1
        under_way["most"] = max(under_way["most"], under_way["now"])
        await asyncio.sleep(0)
        under_way["now"] -= 1
        return httpx.Response(204)

    async with serving(httpx.MockTransport(upstream), upstream_batching="off", upstream_concurrency=4) as gateway:
        assert (await gateway.kpis(FIFTY)).errors == []
    assert under_way["most"] == 3


async def test_the_transport_is_closed_with_the_gateway() -> None:
    closed: list[bool] = []

    class Transport(httpx.MockTransport):
        async def aclose(self) -> None:
            closed.append(True)

    async with serving(Transport(lambda _: httpx.Response(204))):
        assert not closed
    assert closed == [True]


async def test_a_batch_is_never_larger_than_allowed(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox), upstream_batch_size=20) as gateway:
        assert (await gateway.kpis(FIFTY)).errors == []
    assert [len(call.items) for call in sandbox.calls] == [17, 17, 16]
