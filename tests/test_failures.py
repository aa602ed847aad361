"""What goes wrong is one error at its path; neighbours stay whole."""

import asyncio
import base64
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from gateway.sandbox import Sandbox, SandboxTransport, Switches
from tests.conftest import Gateway, Reply, serving
from tests.test_domain import BAD_DAYS, BAD_IDS, OTHER_DIGITS

NESTED = b'{"new":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def told(reply: Reply, path: str) -> Mapping[str, Any]:
    """Return what the error at the path says beside its message."""
    extensions: Mapping[str, Any] = reply.at[path]["extensions"]
    return extensions


async def test_each_bad_id_is_an_error_at_its_place_and_asks_nothing(gateway: Gateway, sandbox: Sandbox) -> None:
    bad = [*BAD_IDS, *OTHER_DIGITS]
    reply = await gateway.kpis([*bad, "1"])
    assert reply.data["customers"][:-1] == [None] * len(bad)
    assert reply.data["customers"][-1]["kpi"]["boosterCustomerId"] == 1
    assert list(reply.at) == [f"customers.{index}" for index in range(len(bad))]
    assert set(reply.codes) == {"BAD_USER_INPUT"}
    assert [item.customer for call in sandbox.calls for item in call.items] == [1]


@pytest.mark.parametrize("id_", [0, -1, 2147483648, "../1", "9?x=5"])
async def test_a_single_bad_id_is_null_with_its_error(gateway: Gateway, sandbox: Sandbox, id_: object) -> None:
    reply = await gateway.ask("query ($id: ID!) { customer(id: $id) { id kpi { totalItems } } }", {"id": id_})
    assert (reply.data, reply.codes, list(reply.at)) == ({"customer": None}, ["BAD_USER_INPUT"], ["customer"])
    assert not sandbox.calls


@pytest.mark.parametrize("argument", ["from", "to"])
@pytest.mark.parametrize("day", BAD_DAYS)
async def test_an_impossible_day_is_an_error_at_its_kpi_and_asks_nothing(
    gateway: Gateway, sandbox: Sandbox, argument: str, day: str
) -> None:
    kpis = f"bad: kpi({argument}: $day) {{ totalItems }} kpi {{ totalItems }}"
    query = f"query ($day: Date) {{ customer(id: 1) {{ {kpis} }} }}"
    reply = await gateway.ask(query, {"day": day})
    assert reply.data["customer"]["bad"] is None
    assert reply.data["customer"]["kpi"]["totalItems"] >= 0
    assert told(reply, "customer.bad") == {"code": "BAD_USER_INPUT", "retryable": False, "customerId": "1"}
    assert len(sandbox.calls) == 1


async def test_from_after_to_is_an_error_at_its_kpi_and_asks_nothing(gateway: Gateway, sandbox: Sandbox) -> None:
    reply = await gateway.ask('{ customer(id: 1) { id kpi(from: "2024-12-31", to: "2024-01-01") { totalItems } } }')
    assert reply.data == {"customer": {"id": "1", "kpi": None}}
    assert reply.at["customer.kpi"]["message"] == "`from` (2024-12-31) is after `to` (2024-01-01)."
    assert not sandbox.calls


@pytest.mark.parametrize("headers", [{}, {"Cookie": "ss-id=demo"}, {"Authorization": ""}])
async def test_without_a_credential_each_kpi_is_unauthenticated(
    gateway: Gateway, sandbox: Sandbox, headers: Mapping[str, str]
) -> None:
    reply = await gateway.kpis([1, 2], headers=headers)
    assert reply.data["customers"] == [{"id": "1", "kpi": None}, {"id": "2", "kpi": None}]
    assert list(reply.at) == ["customers.0.kpi", "customers.1.kpi"]
    assert set(reply.codes) == {"UNAUTHENTICATED"}
    assert not sandbox.calls


async def test_a_bad_argument_is_told_even_to_nobody(gateway: Gateway) -> None:
    reply = await gateway.ask('{ customer(id: 1) { kpi(from: "x") { totalItems } } }', headers={})
    assert reply.codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer nobody"}, {"X-Api-Key": "nobody"}])
@pytest.mark.parametrize("auth", ["attribute", "declarative", "jwt"])
@pytest.mark.parametrize("ids", [[1], [1, 2]])
async def test_a_credential_that_the_upstream_refuses_is_unauthenticated(
    gateway: Gateway, sandbox: Sandbox, headers: Mapping[str, str], auth: str, ids: list[int]
) -> None:
    sandbox.switches = sandbox.switches.changed({"auth": auth})
    reply = await gateway.kpis(ids, headers=headers)
    assert set(reply.codes) == {"UNAUTHENTICATED"}
    assert {error["extensions"]["upstreamStatus"] for error in reply.errors} == {401}


async def test_an_api_key_is_passed_on(gateway: Gateway) -> None:
    assert (await gateway.kpis([1], headers={"X-Api-Key": "demo"})).errors == []


async def test_a_failing_customer_fails_alone(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"fail": {2: 500}, "forbidden": {"demo": [4]}})
    reply = await gateway.kpis([1, 2, 3, 4], '(from: "2024-01-01")')
    assert [customer["kpi"] is None for customer in reply.data["customers"]] == [False, True, False, True]
    where = {"customerId": "2", "from": "2024-01-01"}
    assert told(reply, "customers.1.kpi") == {
        "code": "UPSTREAM_ERROR", "retryable": True, "upstreamStatus": 500, **where,
    }  # fmt: skip
    assert told(reply, "customers.3.kpi")["code"] == "FORBIDDEN"


TIME_FOR = {"hang": 0.05}  # seconds; the others answer
FAULTS = [
    ("429", "UPSTREAM_THROTTLED", True),
    ("500", "UPSTREAM_ERROR", True),
    ("502", "UPSTREAM_UNAVAILABLE", True),
    ("503", "UPSTREAM_UNAVAILABLE", True),
    ("504", "UPSTREAM_TIMEOUT", True),
    ("206", "UPSTREAM_CONTRACT", False),
    ("html-200", "UPSTREAM_CONTRACT", False),
    ("login-302", "UNAUTHENTICATED", False),
    ("truncated", "UPSTREAM_CONTRACT", False),
    ("nan", "UPSTREAM_CONTRACT", False),
    ("infinity", "UPSTREAM_CONTRACT", False),
    ("missing", "UPSTREAM_CONTRACT", False),
    ("retyped", "UPSTREAM_CONTRACT", False),
    ("wrong-id", "UPSTREAM_CONTRACT", False),
    ("zero-id", "UPSTREAM_CONTRACT", False),
    ("hang", "UPSTREAM_TIMEOUT", True),
    ("reset", "UPSTREAM_UNAVAILABLE", True),
    ("refuse", "UPSTREAM_UNAVAILABLE", True),
]


@pytest.mark.parametrize(("fault", "code", "retryable"), FAULTS)
@pytest.mark.parametrize("ids", [[1], [1, 2]])
async def test_each_fault_of_the_upstream_is_one_typed_error_a_kpi(
    sandbox: Sandbox,
    fault: str,
    code: str,
    retryable: bool,
    ids: list[int],
) -> None:
    sandbox.switches = sandbox.switches.changed({"fault": fault, "hang": 3})
    async with serving(SandboxTransport(sandbox), upstream_timeout=TIME_FOR.get(fault, 5)) as gateway:
        reply = await gateway.kpis(ids)
    assert (reply.status, reply.codes) == (294, [code] * len(ids))
    assert reply.data["customers"] == [{"id": str(id_), "kpi": None} for id_ in ids]
    assert {error["extensions"]["retryable"] for error in reply.errors} == {retryable}


@pytest.mark.parametrize(("status", "code"), [("429", "UPSTREAM_THROTTLED"), ("503", "UPSTREAM_UNAVAILABLE")])
@pytest.mark.parametrize("ids", [[1], [1, 2]])
async def test_how_long_to_wait_is_passed_on_when_it_is_longer_than_the_operation_may_be(
    gateway: Gateway, sandbox: Sandbox, status: str, code: str, ids: list[int]
) -> None:
    sandbox.switches = sandbox.switches.changed({"fault": status, "retry_after": "20"})
    reply = await gateway.kpis(ids)
    assert told(reply, "customers.0.kpi") == {
        "code": code, "retryable": True, "retryAfter": 20, "upstreamStatus": int(status), "customerId": "1",
    }  # fmt: skip
    assert len(sandbox.calls) == 1


@pytest.mark.parametrize("retry_after", ["3", "date:3"])
async def test_what_may_be_asked_again_in_time_is_asked_when_the_upstream_wants_it(
    gateway: Gateway, sandbox: Sandbox, retry_after: str
) -> None:
    sandbox.switches = sandbox.switches.changed({"fault": "429", "retry_after": retry_after, "fault_calls": 1})
    began = asyncio.get_running_loop().time()
    assert (await gateway.kpis([1, 2])).errors == []
    assert 2 <= asyncio.get_running_loop().time() - began < 4
    assert len(sandbox.calls) == 2


async def test_to_wait_no_time_is_passed_on_too(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"fault": "429", "retry_after": "0"})
    assert told(await gateway.kpis([1]), "customers.0.kpi")["retryAfter"] == 0


async def test_an_error_says_where_in_the_document_and_which_period(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"fault": "503"})
    reply = await gateway.kpis([1], '(from: "2024-01-01", to: "2024-06-30")')
    concerns = {name: told(reply, "customers.0.kpi")[name] for name in ("customerId", "from", "to")}
    assert concerns == {"customerId": "1", "from": "2024-01-01", "to": "2024-06-30"}
    assert [list(location) for location in reply.errors[0]["locations"]] == [["line", "column"]]


async def test_a_batch_that_cannot_be_trusted_is_an_error_in_the_log(
    gateway: Gateway, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    for fault in ("swapped", "short", "html-200"):
        sandbox.switches = sandbox.switches.changed({"fault": fault, "fault_on": "batch"})
        async with serving(SandboxTransport(sandbox)) as fresh:
            assert (await fresh.kpis([1, 2, 3])).errors == []
    alarms = [record for record in caplog.records if "batching is off" in record.message]
    assert [record.levelname for record in alarms] == ["ERROR"] * 3
    assert (await gateway.kpis([1, 2])).errors == []


async def test_a_stranger_cannot_switch_batching_off_for_others(gateway: Gateway, sandbox: Sandbox) -> None:
    unknown_key = base64.b64encode(b"stranger:").decode()
    reply = await gateway.kpis(range(1, 11), headers={"Authorization": f"Basic {unknown_key}"})
    assert (set(reply.codes), len(sandbox.calls)) == ({"UNAUTHENTICATED"}, 1)
    assert (await gateway.kpis(range(1, 11))).errors == []
    assert len(sandbox.calls) == 2


async def test_an_address_that_is_wrong_is_an_error_not_null(caplog: pytest.LogCaptureFixture) -> None:
    def elsewhere(_: httpx.Request) -> httpx.Response:
        return httpx.Response(404, json={"message": "no Route matched with those values"})

    async with serving(httpx.MockTransport(elsewhere)) as gateway:
        reply = await gateway.kpis([1, 2])
    assert reply.codes == ["UPSTREAM_CONTRACT"] * 2
    assert "batching by POST is closed" in caplog.text


async def test_one_answer_that_nobody_can_read_harms_no_neighbour() -> None:
    def upstream(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/customer/2/"):
            return httpx.Response(200, content=NESTED, headers={"Content-Type": "application/json"})
        if request.url.path.startswith("/customer/3/"):
            raise ZeroDivisionError
        return httpx.Response(204)

    async with serving(httpx.MockTransport(upstream), upstream_batching="off") as gateway:
        reply = await gateway.kpis([1, 2, 3])
    assert {path: error["extensions"]["code"] for path, error in reply.at.items()} == {
        "customers.1.kpi": "UPSTREAM_CONTRACT",
        "customers.2.kpi": "INTERNAL_SERVER_ERROR",
    }


async def test_an_operation_ends_by_its_deadline(sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"latency_call": 3.0})
    async with serving(SandboxTransport(sandbox), request_timeout=0.05) as gateway:
        reply = await gateway.kpis([1, 2])
    assert reply.codes == ["UPSTREAM_TIMEOUT"] * 2


async def test_an_upstream_that_recovers_is_asked_again(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"fault": "503", "fault_calls": 3})
    assert (await gateway.kpis([1])).codes == ["UPSTREAM_UNAVAILABLE"]
    assert (await gateway.kpis([1])).errors == []


async def test_two_callers_never_see_each_others_rights(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"forbidden": {"demo-a": [1], "demo-b": [2]}})
    a = await gateway.kpis([1, 2], headers={"Authorization": "Bearer demo-a"})
    b = await gateway.kpis([1, 2], headers={"Authorization": "Bearer demo-b"})
    assert [customer["kpi"] is None for customer in a.data["customers"]] == [True, False]
    assert [customer["kpi"] is None for customer in b.data["customers"]] == [False, True]
    assert (a.codes, b.codes) == (["FORBIDDEN"], ["FORBIDDEN"])


async def test_batching_that_is_closed_to_many_calls_at_once_is_told_once(
    gateway: Gateway, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    await gateway.kpis([1, 2, 3])
    sandbox.switches = Switches(csharp_method="Get", latency_call=0.1)
    callers = ({"Authorization": f"Bearer demo-{name}"} for name in ("a", "b", "c"))
    replies = await asyncio.gather(*(gateway.kpis([4, 5, 6], headers=each) for each in callers))
    assert [reply.errors for reply in replies] == [[], [], []]
    assert [call.status for call in sandbox.calls].count(405) == 3
    assert caplog.text.count("batching by POST is closed") == 1
