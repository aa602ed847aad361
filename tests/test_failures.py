"""What goes wrong is one error at its path; neighbours stay whole, and nothing of the upstream is in it."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import httpx
import pytest

from gateway.sandbox import Sandbox, SandboxTransport
from tests.conftest import Gateway, Reply, serving
from tests.test_domain import BAD_DAYS, BAD_IDS, OTHER_DIGITS

SCANDAL = "db password hunter2 is wrong"


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
async def test_how_long_to_wait_is_passed_on(
    gateway: Gateway, sandbox: Sandbox, status: str, code: str, ids: list[int]
) -> None:
    sandbox.switches = sandbox.switches.changed({"fault": status, "retry_after": "7"})
    reply = await gateway.kpis(ids)
    assert told(reply, "customers.0.kpi") == {
        "code": code, "retryable": True, "retryAfter": 7, "upstreamStatus": int(status), "customerId": "1",
    }  # fmt: skip


async def test_an_operation_ends_by_its_deadline(sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"latency_call": 3.0})
    async with serving(SandboxTransport(sandbox), request_timeout=0.05) as gateway:
        reply = await gateway.kpis([1, 2])
    assert reply.codes == ["UPSTREAM_TIMEOUT"] * 2


async def test_an_upstream_that_recovers_is_asked_again(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"fault": "503", "fault_calls": 1})
    assert (await gateway.kpis([1])).codes == ["UPSTREAM_UNAVAILABLE"]
    assert (await gateway.kpis([1])).errors == []


def everything(reply: Reply) -> str:
    return json.dumps(reply.body) + repr(reply.headers.raw)


@pytest.mark.parametrize("fault", [fault for fault, *_ in FAULTS])
@pytest.mark.parametrize("debug", [False, True])
async def test_no_text_of_the_upstream_reaches_a_client(
    sandbox: Sandbox,
    fault: str,
    debug: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    changes = {"canary": SCANDAL, "fault": fault, "debug_mode": debug, "hang": 3, "error_body": "responseStatus"}
    sandbox.switches = sandbox.switches.changed(changes)
    async with serving(SandboxTransport(sandbox), upstream_timeout=TIME_FOR.get(fault, 5)) as gateway:
        replies = [await gateway.kpis(ids) for ids in ([1], [1, 2], [5000, 1])]
    assert all(reply.errors for reply in replies)
    assert not [reply for reply in replies if "hunter2" in everything(reply)]
    assert "hunter2" not in caplog.text


STATUSES = [200, 201, 204, 206, 301, 302, 400, 401, 403, 404, 405, 409, 410, 429, 500, 502, 503, 504]
MEDIA = ["application/json", "application/xml", "text/html", "text/plain", ""]
BODIES = [SCANDAL, json.dumps({"responseStatus": {"message": SCANDAL}}), f"[{json.dumps(SCANDAL)}]", ""]


def answers() -> Iterable[tuple[int, str, str]]:
    return ((status, media, body) for status in STATUSES for media in MEDIA for body in BODIES)


def answering(status: int, media: str, body: str) -> httpx.Response:
    headers = {"Content-Type": media, "X-Powered-By": SCANDAL, "Location": SCANDAL, "WWW-Authenticate": SCANDAL}
    return httpx.Response(
        status, headers=headers, content=body.encode(), extensions={"reason_phrase": SCANDAL.encode()}
    )


async def test_whatever_the_upstream_says_a_client_never_reads_it(caplog: pytest.LogCaptureFixture) -> None:
    said = list(answers())
    told = iter(said)
    async with serving(httpx.MockTransport(lambda _: answering(*next(told)))) as gateway:
        for answer in said:
            reply = await gateway.kpis([1])
            assert "hunter2" not in everything(reply), answer
            assert reply.data["customers"] == [{"id": "1", "kpi": None}], answer
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize("status", STATUSES)
async def test_whatever_the_upstream_says_to_a_batch_a_client_never_reads_it(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    answer = answering(status, "application/json", BODIES[2])
    async with serving(httpx.MockTransport(lambda _: answer)) as gateway:
        reply = await gateway.kpis([1, 2])
    assert "hunter2" not in everything(reply)
    assert [customer["kpi"] for customer in reply.data["customers"]] == [None, None]
    assert "hunter2" not in caplog.text


async def test_two_callers_never_see_each_others_rights(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"forbidden": {"demo-a": [1], "demo-b": [2]}})
    a = await gateway.kpis([1, 2], headers={"Authorization": "Bearer demo-a"})
    b = await gateway.kpis([1, 2], headers={"Authorization": "Bearer demo-b"})
    assert [customer["kpi"] is None for customer in a.data["customers"]] == [True, False]
    assert [customer["kpi"] is None for customer in b.data["customers"]] == [False, True]
    assert (a.codes, b.codes) == (["FORBIDDEN"], ["FORBIDDEN"])
