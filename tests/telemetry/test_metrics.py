"""What a scrape says, after what has happened."""

import asyncio
import re
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from starlette.types import Message

from gateway.app import create_app
from gateway.sandbox import Sandbox, SandboxTransport
from gateway.settings import Settings, SettingsError
from gateway.telemetry import families
from gateway.telemetry.tallies import MOST_NAMES
from tests.conftest import DEMO, Gateway, serving
from tests.scrapes import Scrape, scrape

README = (Path(__file__).parent.parent.parent / "README.md").read_text()
ALL = (*families.COUNTERS, *families.HISTOGRAMS, *families.GAUGES)
NAMED = "query {name}($ids: [ID!]!) {{ customers(ids: $ids) {{ id kpi {{ totalItems }} }} }}"


async def named(gateway: Gateway, name: str, *ids: int) -> int:
    return (await gateway.ask(NAMED.format(name=name), {"ids": ids})).status


async def test_a_scrape_has_every_metric_with_its_help(gateway: Gateway) -> None:
    told = await scrape(gateway)
    helps = {name: family.documentation for name, family in told.families.items()}
    assert {each.name.removesuffix("_total"): each.help for each in ALL}.items() <= helps.items()
    assert all(family.samples for family in told.families.values())
    assert {name for name in helps if name.startswith("process_")} >= {"process_cpu_seconds", "process_open_fds"}


def test_the_readme_has_the_same_metrics() -> None:
    rows = dict(re.findall(r"^\| `(gateway_\w+(?:\{[\w,]+\})?)` \| (.+) \|$", README, re.MULTILINE))
    labelled = {f"{each.name}{{{','.join(each.labels)}}}" if each.labels else each.name: each.help for each in ALL}
    assert rows == labelled


async def test_operations_are_counted_by_name_and_what_came_of_them(gateway: Gateway, sandbox: Sandbox) -> None:
    await named(gateway, "Vips", 1, 2)
    await named(gateway, "Vips", 1, 2, 3)
    await gateway.kpis([1])
    sandbox.switches = sandbox.switches.changed({"fail": {5: 500}})
    await named(gateway, "Vips", 4, 5)
    await gateway.ask("{ customers", {})
    await named(gateway, "Vips", *range(1, 202))
    told = await scrape(gateway)
    assert told.counted("gateway_operations_total") == {
        ("OK", "Vips"): 2,
        ("OK", "anonymous"): 1,
        ("UPSTREAM_ERROR", "Vips"): 1,
        ("GRAPHQL_PARSE_FAILED", "-"): 1,
        ("REQUEST_LIMIT_EXCEEDED", "Vips"): 1,
    }
    assert told.counted("gateway_limits_refused_total") == {("max_customers",): 1}
    assert told.counted("gateway_plans_total") == {("hit",): 3, ("miss",): 3}
    assert told.counted("gateway_operation_duration_seconds_count") == {("Vips",): 4, ("anonymous",): 1, ("-",): 1}
    assert told.value("gateway_operation_kpis_count") == 5
    assert told.value("gateway_operation_kpis_sum") == 2 + 3 + 1 + 2
    assert told.value("gateway_operation_kpis_bucket", le="2.0") == 4


async def test_each_operation_of_an_array_is_counted(gateway: Gateway) -> None:
    def operation(name: str, *ids: object) -> dict[str, object]:
        return {"query": NAMED.format(name=name), "variables": {"ids": ids}}

    both = [operation("First", 1, 2), operation("Second", 2, 3, 4), operation("Third", None), "nothing"]
    await gateway.http.post("/graphql", json=both, headers=DEMO)
    told = await scrape(gateway)
    assert told.counted("gateway_operations_total") == {
        ("OK", "First"): 1,
        ("OK", "Second"): 1,
        ("BAD_USER_INPUT", "Third"): 1,
        ("BAD_REQUEST", "-"): 1,
    }
    assert told.value("gateway_operation_kpis_sum") == 2 + 3
    assert told.value("gateway_upstream_items_total") == 4


@pytest.mark.parametrize(
    ("setting", "settings", "query"),
    [
        ("max_tokens", {"max_tokens": 5}, "{ customers(ids: [1, 2, 3, 4]) { id } }"),
        ("max_depth", {"max_depth": 1}, "{ customers(ids: [1]) { id } }"),
        ("max_aliases", {"max_aliases": 0}, "{ customers(ids: [1]) { other: id } }"),
        ("max_customers", {"max_customers": 1}, "{ customers(ids: [1, 2]) { id } }"),
        ("max_kpis", {"max_kpis": 1}, "{ customers(ids: [1, 2]) { kpi { totalItems } } }"),
        ("max_body_bytes", {"max_body_bytes": 1024}, "{ customers(ids: [1]) { id } }" + " " * 1024),
        ("rate_limit_kpis", {"rate_limit_kpis": "1/minute"}, "{ customers(ids: [1, 2]) { kpi { totalItems } } }"),
        ("other", {}, "{ customers(ids: [1]) { id } }" + " query A { customers(ids: [1]) { id } }" * 20),
    ],
)
async def test_a_limit_that_refuses_is_counted_by_its_setting(
    sandbox: Sandbox, setting: str, settings: dict[str, object], query: str
) -> None:
    async with serving(SandboxTransport(sandbox), **settings) as gateway:
        await gateway.ask(query)
        assert (await scrape(gateway)).counted("gateway_limits_refused_total") == {(setting,): 1}


async def test_requests_and_operations_beyond_a_callers_rate_are_counted_each(sandbox: Sandbox) -> None:
    rates = {"rate_limit_requests": "2/minute", "rate_limit_kpis": "1/minute"}
    async with serving(SandboxTransport(sandbox), **rates) as gateway:
        beyond = {"query": "{ customers(ids: [1, 2]) { kpi { totalItems } } }"}
        await gateway.http.post("/graphql", json=[beyond] * 3, headers=DEMO)
        for _ in range(3):
            await gateway.ask("{ __typename }")
        told = await scrape(gateway)
        assert told.counted("gateway_limits_refused_total") == {("rate_limit_requests",): 2, ("rate_limit_kpis",): 3}


async def test_too_many_requests_and_too_many_operations_are_counted_too(sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"latency_call": 1})
    async with serving(SandboxTransport(sandbox), max_requests=1, max_operations=1) as gateway:
        first = asyncio.create_task(gateway.kpis([1]))
        await asyncio.sleep(0.5)
        assert (await gateway.kpis([1])).status == 503
        told = await scrape(gateway)
        assert told.value("gateway_requests_in_flight") == 1
        assert told.value("gateway_upstream_calls_in_flight") == 1
        await first
        await gateway.http.post("/graphql", json=[{"query": "{ a }"}] * 2, headers=DEMO)
        told = await scrape(gateway)
        assert told.counted("gateway_limits_refused_total") == {("max_requests",): 1, ("max_operations",): 1}
        assert told.value("gateway_requests_in_flight") == told.value("gateway_upstream_calls_in_flight") == 0


async def test_calls_are_counted_by_what_came_of_them(gateway: Gateway, sandbox: Sandbox) -> None:
    await gateway.kpis([1, 2, 3])
    sandbox.switches = sandbox.switches.changed({"fault": "503", "fault_calls": 1})
    await gateway.kpis([4])
    sandbox.switches = sandbox.switches.changed({"fault": "none", "latency_item": 0.1})
    await gateway.kpis(range(10, 20))
    told = await scrape(gateway)
    calls = told.counted("gateway_upstream_calls_total")
    assert calls.pop(("UPSTREAM_UNAVAILABLE", "single")) == 1
    assert calls.pop(("OK", "single")) == 1
    assert set(calls) == {("OK", "batch")}
    assert sum(calls.values()) + 2 == len(sandbox.calls) == told.value("gateway_upstream_call_duration_seconds_count")
    assert told.value("gateway_upstream_items_total") == 3 + 1 + 1 + 10
    assert told.value("gateway_upstream_batch_size_sum") == 13
    assert told.value("gateway_upstream_retries_total") == 1
    assert told.value("gateway_upstream_item_seconds") == pytest.approx(0.1, rel=0.5)
    assert told.counted("gateway_upstream_batching_mode") == {("post",): 1}


async def test_an_open_circuit_and_what_it_refuses_are_told(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"fault": "reset"})
    for _ in range(6):
        await gateway.kpis([1, 2])
    told = await scrape(gateway)
    assert told.counted("gateway_upstream_breaker_state") == {("open",): 1}
    refused = told.counted("gateway_upstream_refused_total")
    assert refused.keys() == {("circuit_open",)}
    assert refused["circuit_open",] >= 2
    await asyncio.sleep(5)
    assert (await scrape(gateway)).counted("gateway_upstream_breaker_state") == {("half_open",): 1}


async def test_what_waits_as_the_circuit_opens_is_refused_and_no_call(sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"fault": "reset"})
    async with serving(SandboxTransport(sandbox), upstream_batching="off", upstream_concurrency=1) as gateway:
        await gateway.kpis(range(1, 11))
        told = await scrape(gateway)
    refused = told.value("gateway_upstream_refused_total", reason="circuit_open") or 0
    assert refused >= 5
    calls = told.value("gateway_upstream_calls_total", kind="single", code="UPSTREAM_UNAVAILABLE")
    assert calls == told.value("gateway_upstream_items_total") == 5


async def test_keys_that_wait_and_a_full_queue_are_told(sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"latency_call": 1})
    async with serving(SandboxTransport(sandbox), upstream_concurrency=1, upstream_batch_size=25) as gateway:
        waiting = asyncio.gather(*(gateway.kpis(range(begin, begin + 40)) for begin in (1, 41, 81)))
        await asyncio.sleep(0.5)
        told = await scrape(gateway)
        await waiting
    assert told.value("gateway_upstream_queue") == 40 - len(sandbox.calls[0].items)
    assert told.counted("gateway_upstream_refused_total") == {("queue_full",): 80}


async def test_what_was_kept_is_told_with_its_age(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox), cache_url="memory://", cache_ttl=20) as gateway:
        await gateway.kpis([1, 2])
        await asyncio.sleep(10)
        await gateway.kpis([1, 2, 3])
        sandbox.switches = sandbox.switches.changed({"fault": "reset"})
        await asyncio.sleep(15)
        reply = await gateway.kpis([1])
        assert reply.data["customers"][0]["kpi"]
        told = await scrape(gateway)
    assert told.counted("gateway_cache_lookups_total") == {("hit",): 2, ("miss",): 2 + 1 + 1}
    assert told.value("gateway_cache_stale_served_total") == 1
    assert told.value("gateway_cache_age_seconds_sum") == pytest.approx(10 + 10 + 25, abs=3)
    assert told.value("gateway_cache_age_seconds_count") == 3


async def test_a_client_that_leaves_is_no_operation(sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"latency_call": 3})
    body = b'{"query": "{ customers(ids: [1]) { kpi { totalItems } } }"}'
    messages: list[Message] = [{"type": "http.disconnect"}, {"type": "http.request", "body": body}]

    async def receive() -> Message:
        return messages.pop()

    async def send(_: Message) -> None:
        pass

    headers = [(b"content-type", b"application/json"), (b"authorization", DEMO["Authorization"].encode())]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
    async with serving(SandboxTransport(sandbox)) as gateway:
        await gateway.app(scope, receive, send)
        await asyncio.sleep(1)
        told = await scrape(gateway)
    assert told.value("gateway_departed_total") == 1
    assert told.value("gateway_upstream_calls_abandoned_total") == 1
    assert told.counted("gateway_operations_total") == {}


@pytest.mark.parametrize(
    ("fault", "kind", "field"), [("missing", "missing", "totalItems"), ("retyped", "retyped", "totalItems")]
)
async def test_a_field_that_drifts_is_named(
    gateway: Gateway, sandbox: Sandbox, fault: str, kind: str, field: str
) -> None:
    sandbox.switches = sandbox.switches.changed({"fault": fault, "fault_on": "batch"})
    await gateway.kpis([1, 2])
    drift = (await scrape(gateway)).counted("gateway_contract_drift_total")
    assert drift == {(field, kind): 1}


async def test_a_flood_of_names_is_bounded_and_says_nothing_of_anybody(sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"canary": "hunter2", "fault": "500"})
    async with serving(SandboxTransport(sandbox)) as gateway:
        for number in range(MOST_NAMES + 50):
            await gateway.ask(f"query Flood{number} {{ customers(ids: [987654]) {{ id }} }}")
        await named(gateway, "Late", 987654)
        await gateway.kpis([987654])
        told = await scrape(gateway)
    names = told.names_of("operation")
    assert {"Flood1", "other", "anonymous"} < names
    assert len(names) == MOST_NAMES
    assert told.value("gateway_operations_total", operation="other", code="OK") == 52
    for secret in ("hunter2", "987654", "demo", "Bearer", "upstream.test"):
        assert secret not in told.text


async def test_names_of_trusted_documents_are_told_whatever_came_before(sandbox: Sandbox, tmp_path: Path) -> None:
    text = "query Trusted { customers(ids: [1]) { id } }"
    manifest = tmp_path / "manifest.json"
    manifest.write_text(f'{{"one": "{text}"}}')
    settings = {"persisted_operations": "allow", "persisted_manifest": manifest}
    async with serving(SandboxTransport(sandbox), **settings) as gateway:
        for number in range(MOST_NAMES):
            await gateway.ask(f"query Flood{number} {{ customers(ids: [1]) {{ id }} }}")
        await gateway.ask(text)
        told = await scrape(gateway)
    assert told.value("gateway_operations_total", operation="Trusted", code="OK") == 1
    assert told.counted("gateway_plans_total") == {("hit",): 1, ("miss",): MOST_NAMES}


async def test_openmetrics_for_who_wants_it_and_coded(gateway: Gateway) -> None:
    await named(gateway, "Vips", 1)
    accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
    response = await gateway.http.get("/metrics", headers={"Accept": accept, "Accept-Encoding": "gzip"})
    assert response.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["cache-control"] == "no-store"
    told = {each.name: each for each in open_metrics(response.text)}  # type: ignore[no-untyped-call]  # it says no types
    assert {each.name.removesuffix("_total") for each in ALL} <= told.keys()


async def test_a_scrape_that_takes_no_coding_gets_none(gateway: Gateway) -> None:
    response = await gateway.http.get("/metrics", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in response.headers
    assert Scrape(response.text).families.keys() >= {"gateway_operations"}


async def test_two_apps_of_a_process_count_each_for_itself(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox)) as one, serving(SandboxTransport(sandbox)) as other:
        await named(one, "Vips", 1)
        assert (await scrape(one)).counted("gateway_operations_total") == {("OK", "Vips"): 1}
        assert (await scrape(other)).counted("gateway_operations_total") == {}


async def test_off_is_off(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox), metrics=False) as gateway:
        assert (await named(gateway, "Vips", 1)) == 200
        assert (await gateway.http.get("/metrics")).status_code == 404


@pytest.mark.parametrize("folder", ["", "/nowhere/hunter"])
def test_a_place_to_share_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", folder)
    with pytest.raises(SettingsError, match=f"^PROMETHEUS_MULTIPROC_DIR is '{folder}': that is no directory$"):
        create_app(Settings.read(upstream_url="http://upstream.test"))


async def test_every_limit_has_its_count_from_the_start(gateway: Gateway) -> None:
    limits = {name for name in Settings.model_fields if name.startswith(("max_", "rate_limit_"))}
    assert (await scrape(gateway)).names_of("limit") == {*limits, "other"}
