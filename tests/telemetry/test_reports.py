"""The line that is logged of an operation: what it took, and nothing of whom."""

import asyncio
import logging

import pytest

from gateway.sandbox import Sandbox, SandboxTransport
from tests.conftest import DEMO, Gateway, serving

QUERY = "query Vips($ids: [ID!]!) { customers(ids: $ids) { id kpi { totalItems } } }"
FIELDS = ("operation", "code", "kpis", "calls", "hits")


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[object, ...]]:
    told = [record for record in caplog.records if record.name == "gateway.operations"]
    assert {record.getMessage() for record in told} <= {"operation"}
    return [tuple(getattr(record, field) for field in FIELDS) for record in told]


@pytest.fixture(autouse=True)
def _at_info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gateway.operations")


async def test_an_operation_is_a_line(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    await gateway.ask(QUERY, {"ids": [1, 2, 3]})
    await gateway.kpis([4])
    assert lines(caplog) == [("Vips", "OK", 3, 1, 0), ("anonymous", "OK", 1, 1, 0)]
    assert all(vars(record)["ms"] > 0 for record in caplog.records if record.name == "gateway.operations")


async def test_hits_are_those_that_were_kept(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    async with serving(SandboxTransport(sandbox), cache_url="memory://") as gateway:
        await gateway.ask(QUERY, {"ids": [1, 2]})
        await gateway.ask(QUERY, {"ids": [1, 2]})
        await gateway.ask(QUERY, {"ids": [1, 2, 3]})
    assert lines(caplog) == [("Vips", "OK", 2, 1, 0), ("Vips", "OK", 2, 0, 2), ("Vips", "OK", 3, 1, 2)]


async def test_keys_count_once_however_often_they_are_asked_for(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    twice = "{ a: customers(ids: [1, 2]) { kpi { totalItems } } b: customers(ids: [2, 3]) { kpi { totalItems } } }"
    async with serving(SandboxTransport(sandbox), cache_url="memory://") as gateway:
        for _ in range(2):
            await gateway.ask(twice)
        await gateway.ask(twice.replace("[2, 3]", "[2, 4]"))
    assert [line[2:] for line in lines(caplog)] == [(3, 1, 0), (3, 0, 3), (3, 1, 2)]


async def test_what_failed_was_asked_for_too(
    gateway: Gateway, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.switches = sandbox.switches.changed({"fault": "502"})
    await gateway.ask(QUERY, {"ids": [1]})
    assert lines(caplog) == [("Vips", "UPSTREAM_UNAVAILABLE", 1, len(sandbox.calls), 0)]
    assert len(sandbox.calls) > 1


async def test_a_call_that_two_share_counts_for_both(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    await asyncio.gather(gateway.ask(QUERY, {"ids": [1]}), gateway.ask(QUERY, {"ids": [1, 2]}))
    assert sorted(lines(caplog)) == [("Vips", "OK", 1, 1, 0), ("Vips", "OK", 2, 1, 0)]


async def test_of_an_array_each_has_its_own_line_and_all_its_calls(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    array = [{"query": QUERY, "variables": {"ids": ids}} for ids in ([1, 2], [3], [])]
    await gateway.http.post("/graphql", json=array, headers=DEMO)
    assert lines(caplog) == [("Vips", "OK", 2, 1, 0), ("Vips", "OK", 1, 1, 0), ("Vips", "OK", 0, 1, 0)]


async def test_an_array_without_a_credential_has_lines_too(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    await gateway.http.post("/graphql", json=[{"query": QUERY, "variables": {"ids": [1]}}])
    assert lines(caplog) == [("Vips", "UNAUTHENTICATED", 0, 0, 0)]


async def test_what_is_refused_has_a_line_with_its_code(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    await gateway.ask("{ nothing }")
    await gateway.ask(QUERY, {"ids": [[1]]})
    await gateway.http.get("/graphql")
    assert [line[:2] for line in lines(caplog)] == [
        ("-", "GRAPHQL_VALIDATION_FAILED"), ("Vips", "BAD_USER_INPUT"), ("-", "BAD_REQUEST")
    ]  # fmt: skip


async def test_a_cost_that_is_asked_for_is_a_line_and_nothing_was_asked(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    await gateway.ask(QUERY, {"ids": [1, 2]}, {**DEMO, "GraphQL-Cost": "validate"}, "application/json")
    assert lines(caplog) == [("Vips", "OK", 0, 0, 0)]


async def test_a_preflight_is_none(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    assert (await gateway.http.options("/graphql")).status_code == 204
    assert lines(caplog) == []


async def test_nothing_is_told_above_info(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "gateway.operations")
    await gateway.kpis([1])
    assert lines(caplog) == []


async def test_no_line_says_who_or_about_whom(
    gateway: Gateway, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.switches = sandbox.switches.changed({"fail": {1234567: 500}, "canary": "hunter2"})
    await gateway.ask(QUERY.replace("totalItems", "currencyCode"), {"ids": [1234567]})
    told = [str(record.__dict__) for record in caplog.records if record.name == "gateway.operations"]
    assert len(told) == 1
    for secret in ("1234567", "hunter2", "currencyCode", "Bearer", "demo"):
        assert secret not in told[0]


async def test_a_renewal_behind_the_answer_is_no_call_of_the_operation(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(SandboxTransport(sandbox), cache_url="memory://", cache_ttl=20) as gateway:
        await gateway.ask(QUERY, {"ids": [1]})
        await asyncio.sleep(17)
        await gateway.ask(QUERY, {"ids": [1]})
        await asyncio.sleep(1)
    assert len(sandbox.calls) == 2
    assert lines(caplog)[1] == ("Vips", "OK", 1, 0, 1)
