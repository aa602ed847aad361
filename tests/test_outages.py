"""An upstream in trouble: asked little, answered for in time, and well again by itself."""

import asyncio
from collections import Counter

import pytest

from gateway.sandbox import Sandbox, SandboxTransport, Switches, create_sandbox
from gateway.upstream.breaker import RECOVERY
from tests.conftest import Gateway, serving

TWENTY = range(1, 21)
MOST = 12  # calls for twenty customers
OUTAGES = {
    "429": "UPSTREAM_THROTTLED",
    "502": "UPSTREAM_UNAVAILABLE",
    "503": "UPSTREAM_UNAVAILABLE",
    "504": "UPSTREAM_TIMEOUT",
    "hang": "UPSTREAM_TIMEOUT",
    "reset": "UPSTREAM_UNAVAILABLE",
    "refuse": "UPSTREAM_UNAVAILABLE",
    "500": "UPSTREAM_ERROR",
}
AUTHS: dict[str, dict[str, object]] = {
    "forward": {},
    "bearer": {"upstream_auth": "bearer", "upstream_token": "demo", "allow_anonymous": True},
}
UPSTREAMS = {
    "unknown": Switches(csharp_method="Any"),
    "unknown, by method override": Switches(),
    "fast": Switches(csharp_method="Any"),
    "slow": Switches(csharp_method="Any", latency_item=0.02),
    "slow, by method override": Switches(latency_item=0.02),
    "very slow": Switches(csharp_method="Any", latency_item=0.2),
    "without batches": Switches(predefined_routes=False),
}


async def known(gateway: Gateway, sandbox: Sandbox, name: str) -> None:
    """Let the gateway get to know its upstream, but for those that it shall not know."""
    if not name.startswith("unknown"):
        for _ in range(4):
            await gateway.kpis(TWENTY)
    sandbox.calls.clear()


def now() -> float:
    return asyncio.get_running_loop().time()


@pytest.mark.parametrize("fault", OUTAGES)
@pytest.mark.parametrize("upstream", UPSTREAMS)
@pytest.mark.parametrize("auth", AUTHS)
async def test_an_outage_is_one_typed_error_a_kpi_in_time_and_few_calls(upstream: str, fault: str, auth: str) -> None:
    sandbox = create_sandbox(UPSTREAMS[upstream])
    async with serving(SandboxTransport(sandbox), **AUTHS[auth]) as gateway:
        await known(gateway, sandbox, upstream)
        sandbox.switches = sandbox.switches.changed({"fault": fault})
        began = now()
        reply = await gateway.kpis(TWENTY)
        assert now() - began <= 15
        assert len(sandbox.calls) <= MOST
        assert len(reply.codes) == 20
        assert set(reply.codes) <= {OUTAGES[fault], "UPSTREAM_UNAVAILABLE"}
        assert all(error["extensions"]["retryable"] for error in reply.errors)


@pytest.mark.parametrize("fault", OUTAGES)
@pytest.mark.parametrize("upstream", UPSTREAMS)
async def test_after_an_outage_answers_are_whole_as_soon_as_a_probe_may_go(upstream: str, fault: str) -> None:
    sandbox = create_sandbox(UPSTREAMS[upstream])
    async with serving(SandboxTransport(sandbox)) as gateway:
        await known(gateway, sandbox, upstream)
        sandbox.switches = sandbox.switches.changed({"fault": fault})
        for _ in range(10):
            await gateway.kpis(TWENTY)
        sandbox.switches = UPSTREAMS[upstream]
        await asyncio.sleep(RECOVERY)
        assert (await gateway.kpis(TWENTY)).errors == []


async def test_while_the_circuit_is_open_answers_come_at_once_and_say_when_to_ask_again(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    sandbox.switches = sandbox.switches.changed({"fault": "503"})
    for _ in range(5):
        await gateway.kpis(TWENTY)
    sandbox.calls.clear()
    began = now()
    reply = await gateway.kpis(TWENTY)
    assert (now() - began, len(sandbox.calls)) == (0, 0)
    assert set(reply.codes) == {"UPSTREAM_UNAVAILABLE"}
    assert all(1 <= error["extensions"]["retryAfter"] <= RECOVERY for error in reply.errors)


async def test_while_a_probe_is_under_way_others_are_refused_at_once_and_its_own_operation_waits_for_it(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    sandbox.switches = sandbox.switches.changed({"fault": "503"})
    for _ in range(5):
        await gateway.kpis(TWENTY)
    await asyncio.sleep(RECOVERY)
    sandbox.switches = Switches(predefined_routes=False, latency_call=1.0)
    probing = asyncio.create_task(gateway.kpis(TWENTY))
    await asyncio.sleep(0.5)
    began = now()
    reply = await gateway.kpis([30])
    assert (now() - began, reply.codes, reply.errors[0]["extensions"]["retryAfter"]) == (0, ["UPSTREAM_UNAVAILABLE"], 1)
    assert (await probing).errors == []


@pytest.mark.parametrize(
    ("fault", "strikes", "sizes"),
    [
        *((fault, 2, [20, 20, 20]) for fault in ("429", "502", "503", "reset", "refuse")),
        ("504", 1, [20, 10, 10]),
    ],
)
async def test_a_fault_that_passes_is_not_seen(
    gateway: Gateway, sandbox: Sandbox, fault: str, strikes: int, sizes: list[int]
) -> None:
    sandbox.switches = sandbox.switches.changed({"fault": fault, "fault_calls": strikes})
    began = now()
    assert (await gateway.kpis(TWENTY)).errors == []
    assert ([len(call.items) for call in sandbox.calls], now() - began < 1) == (sizes, True)


async def test_one_customers_own_breakdown_takes_nobody_else_down(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"fail": {7: 500}})
    for _ in range(10):
        assert (await gateway.kpis([7])).codes == ["UPSTREAM_ERROR"]
    reply = await gateway.kpis(TWENTY)
    assert list(reply.at) == ["customers.6.kpi"]


@pytest.mark.parametrize("error_body", ["emptyDto", "responseStatus"])
@pytest.mark.parametrize("status", [400, 403, 404, 409, 500, 503])
async def test_the_item_that_failed_has_its_own_verdict_and_the_others_are_answered(
    gateway: Gateway, sandbox: Sandbox, status: int, error_body: str
) -> None:
    sandbox.switches = sandbox.switches.changed({"fail": {7: status}, "error_body": error_body})
    reply = await gateway.kpis(TWENTY)
    assert [index for index, each in enumerate(reply.data["customers"]) if each["kpi"] is None] == [6]
    asked = Counter(item.customer for call in sandbox.calls for item in call.items)
    assert max(asked.values()) <= 3
    assert len(sandbox.calls) <= 5


async def test_an_operation_has_its_time_and_each_call_the_smaller_one(sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"fault": "hang", "fault_calls": 1})
    async with serving(SandboxTransport(sandbox), upstream_timeout=60, request_timeout=2) as gateway:
        began = now()
        assert (await gateway.kpis([1])).codes == ["UPSTREAM_TIMEOUT"]
        assert now() - began == pytest.approx(2)


async def test_a_service_that_hangs_is_left_alone_though_operations_have_less_time_than_calls(sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"fault": "hang"})
    async with serving(SandboxTransport(sandbox), upstream_timeout=60, request_timeout=2) as gateway:
        for _ in range(5):
            await gateway.kpis([1])
        assert (await gateway.kpis([1])).codes == ["UPSTREAM_UNAVAILABLE"]


async def test_no_more_is_taken_on_than_there_is_room_for_and_who_comes_later_has_his_turn() -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any", latency_call=1.0))
    async with serving(
        SandboxTransport(sandbox), upstream_concurrency=1, upstream_batch_size=1, upstream_batching="off"
    ) as gateway:
        waiting = asyncio.create_task(gateway.kpis(range(1, 71)))
        await asyncio.sleep(0.5)
        reply = await gateway.kpis(range(71, 77), headers={"Authorization": "Bearer demo-b"})
        refused = await gateway.kpis(range(1, 101), headers={"Authorization": "Bearer demo-c"})
        waiting.cancel()
    assert reply.errors == []
    assert set(refused.codes) == {"UPSTREAM_THROTTLED"}
    assert refused.errors[0]["message"] == "Too many calls to the KPI service are waiting already."
    assert refused.errors[0]["extensions"]["retryAfter"] == 1


async def test_a_slow_service_is_answered_for_though_one_big_batch_would_take_too_long() -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any", latency_item=0.3))
    async with serving(SandboxTransport(sandbox)) as gateway:
        assert (await gateway.kpis(range(1, 51))).errors == []
        assert (await gateway.kpis(range(1, 51))).errors == []


async def test_a_credential_that_only_one_caller_lacks_harms_no_other(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"revoked": "demo-old"})
    for _ in range(10):
        reply = await gateway.kpis(TWENTY, headers={"Authorization": "Bearer demo-old"})
        assert set(reply.codes) == {"UNAUTHENTICATED"}
    assert (await gateway.kpis(TWENTY)).errors == []
