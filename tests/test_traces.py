"""Inline traces (ftv1): beside the answer for who asks and may, as a router reads them; nothing at all for others."""

import sys
import time
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import gateway.ftv1
import gateway.plan.timing
import gateway.traces
from gateway.sandbox import Sandbox, SandboxTransport
from gateway.traces import InlineTrace, Span, Start
from tests.conftest import DEMO, FIGURES, Gateway, serving
from tests.reports import read, walked

ASKING = DEMO | {"apollo-federation-include-trace": "ftv1"}
WHOLE = f"query ($ids: [ID!]!) {{ customers(ids: $ids) {{ id kpi {{ {FIGURES} }} }} }}"
MODULES = {str(Path(str(module.__file__))) for module in (gateway.ftv1, gateway.traces, gateway.plan.timing)}


@pytest.fixture
async def tracing(sandbox: Sandbox) -> AsyncIterator[Gateway]:
    """Yield a gateway that answers the router's wish."""
    async with serving(SandboxTransport(sandbox), ftv1=True, introspection=True, cache_url="memory://") as gateway:
        yield gateway


def nodes(body: Any) -> dict[str, Any]:
    """Return the nodes of an answer's trace by their paths, written with dots."""
    return {".".join(map(str, at)): node for at, node in walked(read(body["extensions"]["ftv1"]).root)}


@contextmanager
def calls() -> Iterator[list[str]]:
    """Note which functions of what makes traces are called."""
    called: list[str] = []

    def note(frame: Any, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename in MODULES:
            called.append(frame.f_code.co_name)

    sys.setprofile(note)
    try:
        yield called
    finally:
        sys.setprofile(None)


async def test_an_answer_has_the_trace_of_its_fields_beside_it(tracing: Gateway) -> None:
    before = time.time_ns()
    reply = await tracing.ask("{ customers(ids: [1]) { __typename id figures: kpi { totalItems } } }", headers=ASKING)
    trace, found = read(reply.body["extensions"]["ftv1"]), nodes(reply.body)
    assert {at: (node.parent_type, node.type, node.original_field_name) for at, node in found.items()} == {
        "": ("", "", ""),
        "customers": ("Query", "[Customer]!", ""),
        "customers.0": ("", "", ""),
        "customers.0.id": ("Customer", "ID!", ""),
        "customers.0.figures": ("Customer", "CustomerKpi", "kpi"),
        "customers.0.figures.totalItems": ("CustomerKpi", "Int!", ""),
    }
    times = [at for node in found.values() if node.type for at in (node.start_time, node.end_time)]
    assert 0 < min(times) < max(times) <= trace.duration_ns
    assert before <= trace.start_time.ToNanoseconds() <= time.time_ns()
    assert trace.end_time.ToNanoseconds() == trace.start_time.ToNanoseconds() + trace.duration_ns
    assert not trace.is_incomplete


async def test_a_fields_time_ends_when_its_values_are_there_and_before_what_is_in_them(tracing: Gateway) -> None:
    reply = await tracing.ask(WHOLE, {"ids": [1, 2]}, ASKING)
    found = nodes(reply.body)
    kpi, inside = found["customers.1.kpi"], found["customers.1.kpi.totalItems"]
    assert kpi.start_time < kpi.end_time <= inside.start_time <= inside.end_time
    assert kpi.start_time == found["customers.0.kpi"].start_time


async def test_a_failure_is_at_its_node_by_its_code_and_names_nobody(tracing: Gateway, sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"fail": {777: 500}, "canary": "hunter2"})
    reply = await tracing.ask(WHOLE, {"ids": [1, "alice@example.com", 777]}, ASKING)
    found = nodes(reply.body)
    assert {at: [error.message for error in node.error] for at, node in found.items() if node.error} == {
        "customers.1": ["BAD_USER_INPUT"],
        "customers.2.kpi": ["UPSTREAM_ERROR"],
    }
    (error,) = found["customers.2.kpi"].error
    assert [(place.line, place.column) for place in error.location] == [
        (place["line"], place["column"]) for place in reply.at["customers.2.kpi"]["locations"]
    ]
    assert '"path":["customers",2,"kpi"]' in error.json
    assert '"extensions":{"code":"UPSTREAM_ERROR","retryable":' in error.json
    whole = b64decode(reply.body["extensions"]["ftv1"])
    assert not [text for text in (b"alice", b"777", b"hunter2") if text in whole]
    assert "alice@example.com" in reply.at["customers.1"]["message"]


@pytest.mark.parametrize("given", [{}, {"apollo-federation-include-trace": "ftv2"}])
async def test_who_does_not_ask_pays_nothing(tracing: Gateway, given: dict[str, str]) -> None:
    for _ in range(2):  # plans that are kept are not those that were timed
        with calls() as called:
            reply = await tracing.ask(WHOLE, {"ids": [1, 2]}, DEMO | given)
        assert (called, "extensions" in reply.body) == ([], False)
        with calls() as called:
            traced = await tracing.ask(WHOLE, {"ids": [1, 2]}, ASKING)
        assert {"begin", "end", "written"} <= set(called)
        assert [each["id"] for each in traced.data["customers"]] == ["1", "2"]


async def test_nobody_gets_a_trace_unless_the_setting_says_so(gateway: Gateway) -> None:
    with calls() as called:
        reply = await gateway.ask(WHOLE, {"ids": [1]}, ASKING)
    assert (called, "extensions" in reply.body) == ([], False)


async def test_the_answer_is_the_same_with_a_trace_and_kept_as_long_but_for_nobody_else(tracing: Gateway) -> None:
    await tracing.ask(WHOLE, {"ids": [1, 2, "x"]})
    plain, traced = [await tracing.ask(WHOLE, {"ids": [1, 2]}, headers) for headers in (DEMO, ASKING)]
    assert (traced.status, traced.data) == (plain.status, plain.data)
    assert traced.headers["cache-control"] == plain.headers["cache-control"] != "no-store"
    assert traced.headers["vary"] == f"{plain.headers['vary']}, apollo-federation-include-trace"


async def test_entities_have_traces(tracing: Gateway) -> None:
    query = "query ($of: [_Any!]!) { _entities(representations: $of) { ... on Customer { kpi { asOf } } } }"
    of = [{"__typename": "Customer", "id": "1"}, {"__typename": "Nobody"}]
    found = nodes((await tracing.ask(query, {"of": of}, ASKING)).body)
    assert found["_entities"].type == "[_Entity]!"
    assert found["_entities.0.kpi.asOf"].parent_type == "CustomerKpi"
    assert found["_entities.1"].error[0].message == "BAD_USER_INPUT"


async def test_what_plans_do_not_carry_has_a_trace_without_fields(tracing: Gateway) -> None:
    query = '{ __schema { queryType { name } } customer(id: "x") { id } }'
    reply = await tracing.ask(query, headers=ASKING)
    assert {at: (node.type, len(node.error)) for at, node in nodes(reply.body).items()} == {
        "": ("", 0),
        "customer": ("", 1),
    }
    assert read(reply.body["extensions"]["ftv1"]).duration_ns > 0


async def test_each_operation_of_an_array_has_its_own(tracing: Gateway) -> None:
    asked = [{"query": "{ customer(id: 1) { id } }"}, {"query": "{"}, {"query": "{ of: customer(id: 2) { id } }"}]
    bodies = (await tracing.http.post("/graphql", json=asked, headers=ASKING)).json()
    assert ["extensions" in body for body in bodies] == [True, False, True]
    assert [set(nodes(bodies[each])) for each in (0, 2)] == [{"", "customer", "customer.id"}, {"", "of", "of.id"}]


async def test_a_cost_stands_beside_it_and_the_cost_alone_has_none(tracing: Gateway) -> None:
    reported = await tracing.ask(WHOLE, {"ids": [1, 2]}, ASKING | {"GraphQL-Cost": "report"})
    assert reported.body["extensions"]["cost"]["requested"] == 2
    assert nodes(reported.body)["customers.1.kpi"].end_time
    headers = ASKING | {"GraphQL-Cost": "validate"}
    alone = await tracing.ask(WHOLE, {"ids": [1, 2]}, headers, accept="application/json")
    assert alone.body == {"extensions": {"cost": {"requested": 2, "limit": 500}}}


async def test_a_request_that_is_refused_has_none(tracing: Gateway) -> None:
    assert "extensions" not in (await tracing.ask("{ nope }", headers=ASKING)).body


async def test_two_hundred_customers_are_a_trace_of_so_many_bytes(tracing: Gateway) -> None:
    reply = await tracing.ask(WHOLE, {"ids": list(range(1, 201))}, ASKING)
    assert len(nodes(reply.body)) == 1 + 1 + 200 * (3 + len(FIGURES.split()))
    assert len(reply.body["extensions"]["ftv1"]) < 140_000


@pytest.mark.parametrize(("objects", "is_incomplete"), [(20_000, False), (40_000, True)])
def test_a_tree_that_would_be_too_long_is_left_out(objects: int, is_incomplete: bool) -> None:
    trace, data = InlineTrace(Start(0, 0), lambda: 7), [{"number": 1} for _ in range(objects)]
    span = Span("number", "number", "Int!", "Thing", is_leaf=True)
    trace.begin(span, data)
    trace.end(span)
    read_back = read(trace.written(data, ()))
    assert (read_back.is_incomplete, len(read_back.root.child)) == (is_incomplete, 0 if is_incomplete else objects)
    assert read_back.duration_ns == 7
