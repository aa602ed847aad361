"""Spans: one an operation, one an upstream call, joined to each other and to the caller's trace; no data in them."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from math import inf
from threading import enumerate as threads

import httpx
import pytest

from gateway.app import create_app
from gateway.errors import CircuitOpen
from gateway.sandbox import Sandbox, SandboxTransport
from gateway.settings import Settings, SettingsError
from gateway.telemetry.spans import ENDING, Spans
from gateway.telemetry.traceparent import Trace, read
from gateway.upstream.breaker import Breaker, Report
from gateway.upstream.credentials import Credential, Unchanging
from gateway.upstream.over_httpx import HttpxExchange
from gateway.upstream.sender import Ask
from gateway.upstream.spans import TracedSender
from gateway.upstream.wire import Call
from tests.collector import Collector, collecting
from tests.conftest import DEMO, serving
from tests.log import logged

pytestmark = pytest.mark.real_time

ID, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GIVEN = {"traceparent": f"00-{ID}-{PARENT}-01"}
NAMED = "query Figures($ids: [ID!]!) { of: customers(ids: $ids) { id now: kpi { totalItems } } }"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address)
        yield collector


async def test_an_operation_of_fifty_customers_has_a_span_and_one_a_call_joined_to_the_callers_trace(
    sandbox: Sandbox, collector: Collector
) -> None:
    async with serving(SandboxTransport(sandbox)) as gateway:
        reply = await gateway.ask(NAMED, {"ids": [*range(1, 51)]}, DEMO | GIVEN | {"tracestate": "who=alice"})
    assert reply.errors == []
    (operation,) = collector.operations
    assert (operation.name, operation.trace, operation.parent) == ("query", ID, PARENT)
    assert operation.attributes == {
        "graphql.operation.type": "query",
        "graphql.operation.name": "Figures",
        "gateway.fields": ["customers.kpi"],
        "http.request.method": "POST",
        "http.route": "/graphql",
        "http.response.status_code": 200,
    }
    assert {(call.trace, call.parent) for call in collector.calls} == {(ID, operation.id)}
    spans = {f"00-{ID}-{call.id}-01": call for call in collector.calls}
    assert {call.headers["traceparent"] for call in sandbox.calls} == spans.keys()
    assert len(spans) == len(sandbox.calls) == len(collector.calls)
    first = sandbox.calls[0]
    assert spans[first.headers["traceparent"]].attributes == {
        "server.address": "upstream.test",
        "server.port": 80,
        "http.request.method": "POST",
        "url.template": "/json/reply/GetCustomerKpi[]",
        "http.response.status_code": 200,
        "gateway.items": len(first.items),
        "gateway.mode": "post",
        "gateway.fields": ["customers.kpi"],
    }
    assert sum(call.attributes["gateway.items"] for call in collector.calls) == 50
    assert not any(each.is_error or each.links for each in collector.seen)


async def test_who_sends_no_trace_begins_one_and_the_log_and_the_upstream_have_it(
    sandbox: Sandbox, collector: Collector
) -> None:
    sandbox.switches = sandbox.switches.changed({"fault": "500"})
    with logged() as lines:
        async with serving(SandboxTransport(sandbox)) as gateway:
            await gateway.kpis([1], headers=DEMO | {"traceparent": "00-malformed"})
    (operation,) = collector.operations
    assert operation.parent == ""
    assert {(line["trace_id"], line["span_id"]) for line in lines} == {(operation.trace, operation.id)}
    assert {read(call.headers["traceparent"]) for call in sandbox.calls} == {Trace(operation.trace, 3)}


async def test_a_call_that_operations_share_is_the_first_ones_and_linked_to_the_others(
    sandbox: Sandbox, collector: Collector
) -> None:
    async with serving(SandboxTransport(sandbox)) as gateway:
        one = gateway.ask("{ customer(id: 1) { kpi { totalItems } } }", headers=DEMO | GIVEN)
        other = gateway.ask("{ customers(ids: [2, 3]) { kpi { totalItems } } }")
        await asyncio.gather(one, other)
    (call,) = collector.calls
    first, second = sorted(collector.operations, key=lambda each: each.trace != ID)
    assert (call.trace, call.parent, call.links) == (ID, first.id, [(second.trace, second.id)])
    assert call.attributes["gateway.fields"] == ["customer.kpi", "customers.kpi"]


class Held(httpx.AsyncBaseTransport):
    """Keeps the upstream's answers back until they may come."""

    def __init__(self, upstream: httpx.AsyncBaseTransport) -> None:
        self._upstream = upstream
        self.asked, self.goes_on = asyncio.Event(), asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.set()
        await self.goes_on.wait()
        return await self._upstream.handle_async_request(request)


async def test_who_joins_a_call_under_way_is_linked_too(sandbox: Sandbox, collector: Collector) -> None:
    held = Held(SandboxTransport(sandbox))
    async with serving(held) as gateway:
        one = asyncio.create_task(gateway.kpis([1], headers=DEMO | GIVEN))
        await held.asked.wait()
        other = asyncio.create_task(gateway.kpis([1]))
        for _ in range(200):  # turns of the loop: nothing is waited for but the answer
            await asyncio.sleep(0)
        held.goes_on.set()
        await asyncio.gather(one, other)
    (call,) = collector.calls
    first, second = sorted(collector.operations, key=lambda each: each.trace != ID)
    assert (call.parent, call.links) == (first.id, [(second.trace, second.id)])


async def test_a_retry_is_a_call_of_its_own_with_its_number(sandbox: Sandbox, collector: Collector) -> None:
    sandbox.switches = sandbox.switches.changed({"fault": "503", "fault_calls": 1})
    async with serving(SandboxTransport(sandbox)) as gateway:
        assert (await gateway.kpis([1])).errors == []
    told = [
        (call.is_error, call.attributes.get("error.type"), call.attributes.get("http.request.resend_count"))
        for call in collector.calls
    ]
    assert told == [(True, "503", None), (False, None, 1)]
    assert [each.is_error for each in collector.operations] == [False]
    assert {call.name for call in collector.calls} == {"GET /customer/{boosterCustomerId}/kpi"}
    assert {call.attributes["gateway.mode"] for call in collector.calls} == {"single"}


async def test_a_batch_by_override_says_so(sandbox: Sandbox, collector: Collector) -> None:
    sandbox.switches = sandbox.switches.changed({"csharp_method": "Get"})
    async with serving(SandboxTransport(sandbox), upstream_url="https://upstream.test") as gateway:
        assert (await gateway.kpis([1, 2])).errors == []
    assert [call.attributes["gateway.mode"] for call in collector.calls][-1] == "override"
    assert {call.attributes["server.port"] for call in collector.calls} == {443}


SCANDAL = "db password hunter2 is wrong"


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (httpx.Response(500, text=SCANDAL), "500", "UPSTREAM_ERROR"),
        (httpx.Response(401, headers={"WWW-Authenticate": SCANDAL}), "401", "UNAUTHENTICATED"),
        (httpx.Response(200, json={"boosterCustomerId": SCANDAL}), None, "UPSTREAM_CONTRACT"),
        (httpx.ConnectError(SCANDAL), "UPSTREAM_UNAVAILABLE", "UPSTREAM_UNAVAILABLE"),
    ],
)
async def test_a_failure_is_an_error_of_its_kind_and_nothing_of_whom_it_was_about(
    collector: Collector, answer: httpx.Response | Exception, kind: str | None, code: str
) -> None:
    def upstream(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with serving(httpx.MockTransport(upstream)) as gateway:
        given = {"Authorization": "Bearer hunter3", "X-Request-Id": "hunter4"}
        query = 'query($from: Date) { hunter5: customer(id: "27182") { kpi(from: $from) { totalItems } } }'
        reply = await gateway.ask(query, {"from": "1999-12-31"}, given)
    assert reply.codes == [code]
    assert {(call.attributes.get("error.type"), call.is_error) for call in collector.calls} == {
        (kind, kind is not None)
    }
    (operation,) = collector.operations
    assert (operation.attributes["error.type"], operation.is_error) == (code, code.startswith("UPSTREAM"))
    told = " ".join(each.told for each in collector.seen)
    assert not [secret for secret in ("hunter", "27182", "1999", "password") if secret in told]


async def test_what_the_client_did_wrong_has_its_code_and_is_no_error_here(
    sandbox: Sandbox, collector: Collector
) -> None:
    async with serving(SandboxTransport(sandbox)) as served:
        await served.ask("{ nothing }")
        await served.http.post("/graphql", content=b"{", headers={"Content-Type": "application/json"})
        await served.http.options("/graphql")
    told = [(each.name, each.attributes.get("error.type"), each.is_error) for each in collector.operations]
    assert told == [
        ("GraphQL Operation", "GRAPHQL_VALIDATION_FAILED", False),
        ("GraphQL Operation", "BAD_REQUEST", False),
        ("GraphQL Operation", None, False),
    ]


async def test_a_customer_that_is_not_known_is_no_error(sandbox: Sandbox, collector: Collector) -> None:
    async with serving(SandboxTransport(sandbox)) as gateway:
        reply = await gateway.kpis([999_999])
    assert reply.data["customers"] == [{"id": "999999", "kpi": None}]
    assert collector.calls[0].attributes["http.response.status_code"] in {204, 404}
    assert not any(each.is_error for each in collector.seen)


async def test_an_array_is_one_operation_as_it_runs_as_one(sandbox: Sandbox, collector: Collector) -> None:
    async with serving(SandboxTransport(sandbox)) as gateway:
        asked = [
            {"query": "query A { customer(id: 1) { kpi { totalItems } } }"},
            {"query": NAMED, "variables": {"ids": [2]}},
        ]
        await gateway.http.post("/graphql", json=asked, headers=DEMO)
    (operation,) = collector.operations
    assert (operation.name, operation.attributes["gateway.operations"]) == ("GraphQL Operation", 2)
    assert [call.attributes["gateway.fields"] for call in collector.calls] == [["customer.kpi", "customers.kpi"]]


async def test_a_trace_that_is_not_sampled_goes_on_and_nothing_of_it_is_sent(
    sandbox: Sandbox, collector: Collector
) -> None:
    async with serving(SandboxTransport(sandbox)) as gateway:
        await gateway.kpis([1], headers=DEMO | {"traceparent": f"00-{ID}-{PARENT}-00"})
    assert {read(call.headers["traceparent"]) for call in sandbox.calls} == {Trace(ID, 0)}
    assert PARENT not in sandbox.calls[0].headers["traceparent"]
    assert not collector.came.is_set()


async def test_sampling_and_names_are_the_environments(
    sandbox: Sandbox, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    async with serving(SandboxTransport(sandbox)) as gateway:
        await gateway.kpis([1], headers=DEMO | GIVEN)
    assert collector.seen == []
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_on")
    async with serving(SandboxTransport(sandbox)) as gateway:
        await gateway.kpis([1], headers=DEMO | {"traceparent": f"00-{ID}-{PARENT}-00"})
    assert (len(collector.seen), collector.resource["service.name"]) == (2, "customer-kpi-gateway")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "kpis")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test,service.version=7")
    async with serving(SandboxTransport(sandbox)) as gateway:
        await gateway.kpis([1], headers=DEMO)
    told = [collector.resource[name] for name in ("service.name", "service.version", "deployment.environment.name")]
    assert told == ["kpis", "7", "test"]


async def test_a_call_that_is_not_made_has_no_span(collector: Collector) -> None:
    breaker, spans = Breaker(), Spans(["otlp_proto_http"])
    for _ in range(100):
        breaker.report(Report.FAILED, asyncio.get_running_loop().time(), probe=False)
    exchange = HttpxExchange(httpx.MockTransport(lambda _: httpx.Response(200)))
    async with spans.opened():
        sender = TracedSender(
            spans, exchange, "http://upstream.test", credentials=Unchanging(), breaker=breaker, timeout=5
        )
        with pytest.raises(CircuitOpen):
            await sender.send(Ask(Credential(()), "id", deadline=inf), Call("GET", "customer/1/kpi", "x/y"))
    assert collector.seen == []


async def test_a_call_that_is_given_up_says_so(collector: Collector) -> None:
    async with serving(Held(httpx.MockTransport(lambda _: httpx.Response(200))), request_timeout=0.2) as gateway:
        assert (await gateway.kpis([1])).codes == ["UPSTREAM_TIMEOUT"]
    assert [(call.is_error, call.attributes["error.type"]) for call in collector.calls] in [
        [(True, "cancelled")],
        [(True, "UPSTREAM_TIMEOUT")],
    ]


async def test_a_collector_that_hangs_harms_no_request_and_does_not_keep_the_process(
    sandbox: Sandbox, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "600")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
    collector.answers.clear()
    async with serving(SandboxTransport(sandbox)) as gateway:
        assert (await gateway.kpis([1])).errors == []
        assert await asyncio.to_thread(collector.came.wait, 10)
        assert (await gateway.kpis([1])).errors == []
    assert [thread for thread in threads() if thread.name == ENDING]


async def test_a_collector_that_is_away_harms_no_request(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    with logged() as lines:
        async with serving(SandboxTransport(sandbox)) as gateway:
            assert (await gateway.kpis([1])).errors == []
    assert {line["logger"].partition(".")[0] for line in lines if line["level"] != "info"} <= {"opentelemetry"}


OFF = """
import sys
from gateway.app import create_app
from gateway.settings import Settings
create_app(Settings.read(upstream_url="http://upstream.test"))
OURS = ("opentelemetry.sdk.trace", "opentelemetry.exporter", "opentelemetry.proto", "google.protobuf", "requests")
print([name for name in sys.modules if name.startswith(OURS)])
"""


def test_where_nobody_wants_spans_what_makes_them_is_not_loaded() -> None:
    """redis-py loads the interface of OpenTelemetry's metrics by itself, where it is installed."""
    told = subprocess.check_output([sys.executable, "-c", OFF], text=True)
    assert told == "[]\n"


def test_spans_that_are_wanted_and_not_installed_stop_the_start() -> None:
    without = (
        "import sys; sys.modules['opentelemetry'] = None; from gateway.__main__ import main; sys.exit(main(['serve']))"
    )
    wanted = {"OTEL_TRACES_EXPORTER": "otlp", "GATEWAY_UPSTREAM_URL": "http://upstream.test"}
    ended = subprocess.run(
        [sys.executable, "-c", without], env=os.environ | wanted, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr == "OTEL_* variables want spans: install customer-kpi-gateway[otel]\n"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("OTEL_TRACES_EXPORTER", "zipkin", "OTEL_TRACES_EXPORTER: no package here has an exporter 'zipkin'"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "OTEL_EXPORTER_OTLP_PROTOCOL is 'http/json': it is one of"),
        (
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "grpc",
            "OTEL_TRACES_EXPORTER: no package here has an exporter 'otlp_proto_grpc'",
        ),
    ],
)
def test_an_exporter_that_is_not_here_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refusal:
        create_app(Settings.read(upstream_url="http://upstream.test"))
    assert str(refusal.value).startswith(told)
