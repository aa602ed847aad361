"""What an operation costs is counted before anything is asked, told to who wants it, and refused where it is much."""

from typing import Any

import pytest
from graphql import ExecutionResult
from hypothesis import given
from hypothesis import strategies as st

from gateway.cache.texts import Texts
from gateway.costs import Counter, Recorder, Wish, wish
from gateway.documents import Documents
from gateway.domain import CustomerId, Freshness, KpiKey, Partition, Period, Served
from gateway.errors import Forbidden, RequestRefused
from gateway.limits import Allowance, Bounds
from gateway.operations import Cost, Operations, Terms
from gateway.persisted import Allowed, Persisted
from gateway.requests import Parameters
from gateway.sandbox import Sandbox, SandboxTransport
from tests.conftest import DEMO, GRAPHQL, Gateway, items, serving
from tests.plan.operations import Asked, operations
from tests.plan.test_agreement import OURS, SCALARS
from tests.plan.upstream import Upstream
from tests.plan.world import World

KPIS = "query ($ids: [ID!]!) { customers(ids: $ids) { kpi { totalItems } } }"
TWO_PERIODS = """query ($ids: [ID!]!, $more: Boolean = true) {
  customers(ids: $ids) {
    all: kpi { totalItems }
    same: kpi(to: null) { totalSales }
    year: kpi(from: "2023-01-01") @include(if: $more) { totalItems }
  }
}"""
BOUNDS = Bounds(tokens=100_000, depth=100, aliases=1000, customers=1000, kpis=10**6)


async def costs(gateway: Gateway, query: str, ids: list[int], asked: str = "validate", **variables: object) -> Any:
    reply = await gateway.ask(
        query, {"ids": ids, **variables}, DEMO | {"GraphQL-Cost": asked}, accept="application/json"
    )
    return reply.body["extensions"]["cost"] if reply.status == 200 else reply


async def test_the_cost_alone_is_counted_and_nothing_is_asked(gateway: Gateway, sandbox: Sandbox) -> None:
    assert await costs(gateway, KPIS, [1, 2, 2, 3]) == {"requested": 3, "limit": 500}
    assert await costs(gateway, TWO_PERIODS, [1, 2]) == {"requested": 4, "limit": 500}
    assert await costs(gateway, TWO_PERIODS, [1, 2], more=False) == {"requested": 2, "limit": 500}
    assert await costs(gateway, "query ($ids: [ID!]!) { customers(ids: $ids) { id } }", [1]) == {
        "requested": 0,
        "limit": 500,
    }
    assert len(sandbox.calls) == 0


async def test_the_cost_alone_is_no_graphql_response(gateway: Gateway) -> None:
    asked = {"query": "{ customer(id: 1) { kpi { totalItems } } }"}
    headers = {"GraphQL-Cost": "validate"}
    for accept in ("application/json", f"{GRAPHQL}, application/json;q=0.9"):
        response = await gateway.http.post("/graphql", json=asked, headers=headers | {"Accept": accept})
        assert (response.status_code, response.headers["content-type"]) == (200, "application/json; charset=utf-8")
        assert response.json() == {"extensions": {"cost": {"requested": 1, "limit": 500}}}
    response = await gateway.http.post("/graphql", json=asked, headers=headers | {"Accept": GRAPHQL})
    assert response.status_code == 406


async def test_a_cost_is_told_beside_the_answer_with_what_was_kept(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox), cache_url="memory://") as gateway:
        await gateway.ask(KPIS, {"ids": [1, 2]})
        reply = await gateway.ask(KPIS, {"ids": [1, 2, 3]}, DEMO | {"GraphQL-Cost": "report"})
        assert [customer["kpi"] is None for customer in reply.data["customers"]] == [False, False, False]
        assert reply.body["extensions"]["cost"] == {"requested": 3, "limit": 500, "fromCache": 2, "upstream": 1}
        reply = await gateway.ask(KPIS, {"ids": [1, 2]}, DEMO | {"GraphQL-Cost": "report"})
        assert reply.body["extensions"]["cost"] == {"requested": 2, "limit": 500, "fromCache": 2, "upstream": 0}


async def test_who_shows_no_credential_is_told_what_it_would_cost(gateway: Gateway) -> None:
    reply = await gateway.ask(KPIS, {"ids": [1, 2]}, {"GraphQL-Cost": "report"})
    assert set(reply.codes) == {"UNAUTHENTICATED"}
    assert reply.body["extensions"]["cost"] == {"requested": 2, "limit": 500, "fromCache": 0, "upstream": 0}


async def test_an_unknown_wish_is_refused(gateway: Gateway) -> None:
    reply = await gateway.ask(KPIS, {"ids": [1]}, DEMO | {"GraphQL-Cost": "reprot"})
    assert (reply.status, reply.codes) == (400, ["BAD_REQUEST"])
    assert "validate or report" in reply.errors[0]["message"]


async def test_more_than_may_be_asked_for_is_refused_before_anything_is(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox), max_kpis=5) as gateway:
        refused = await gateway.ask(TWO_PERIODS, {"ids": [1, 2, 3]})
        assert (refused.status, refused.codes, "data" in refused.body) == (422, ["REQUEST_LIMIT_EXCEEDED"], False)
        assert refused.errors[0]["message"] == (
            "6 KPIs, each customer and period counted once: at most 5 (GATEWAY_MAX_KPIS)."
        )
        assert len(sandbox.calls) == 0
        assert await costs(gateway, TWO_PERIODS, [1, 2, 3]) == {"requested": 6, "limit": 5}
        assert (await gateway.ask(TWO_PERIODS, {"ids": [1, 2, 1, 2]})).errors == []
    assert items(sandbox.calls) == 4


async def test_a_customer_that_cannot_be_costs_nothing(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox), max_kpis=2) as gateway:
        reply = await gateway.ask(KPIS, {"ids": ["1", "x", "007", "2"]})
    assert (reply.status, reply.codes) == (294, ["BAD_USER_INPUT"] * 2)


async def test_what_only_graphql_core_carries_is_counted_too(sandbox: Sandbox) -> None:
    query = "query ($ids: [ID!]!) { __schema { __typename } customers(ids: $ids) { kpi { totalItems } } }"
    async with serving(SandboxTransport(sandbox), introspection=True, max_kpis=1) as gateway:
        assert await costs(gateway, query, [1, 2]) == {"requested": 2, "limit": 1}
        assert (await gateway.ask(query, {"ids": [1, 2]})).codes == ["REQUEST_LIMIT_EXCEEDED"]


@given(operations(OURS, SCALARS, depths=(3, 4, 5)), st.integers(0, 2**16))
async def test_the_cost_is_what_is_asked_for_and_never_more_than_the_document_can_reach(
    asked: Asked, seed: int
) -> None:
    documents = Documents(OURS, introspection=True, bounds=BOUNDS)
    running = Operations(documents, Persisted(Allowed.OFF, Texts(None, lambda: 0.0)), BOUNDS)
    parameters = Parameters(asked.text, asked.name, asked.variables)
    cost = await begun(running, parameters, None, Wish.VALIDATE)
    assert isinstance(cost, Cost)
    upstream = Upstream(World(seed, 0, 0))
    answer = await begun(running, parameters, upstream.context(), None)
    assert isinstance(answer, ExecutionResult)
    assert cost.requested == len(upstream.keys())
    reach = documents.operation(asked.text, asked.name, Allowance(BOUNDS), queries_only=False).reach
    if cost.requested:
        assert Bounds(customers=1000, kpis=cost.requested - 1).may_exceed(reach, asked.variables)


async def begun(running: Operations, parameters: Parameters, context: Any, asked: Wish | None) -> Any:
    result = running.begin(parameters, context, Terms(running.allowance(), asked))
    return result if isinstance(result, ExecutionResult | Cost) else await result


def key(customer: int) -> KpiKey:
    return KpiKey(Partition("p"), CustomerId(customer), Period.of(None, None))


def test_counting_loads_nothing() -> None:
    counter = Counter()
    loaded = counter.load_all([key(1), key(1), key(2)])
    assert [isinstance(each, Served) and each.kpi for each in loaded] == [None] * 3
    assert counter.keys == {key(1), key(2)}


async def test_recording_tells_each_key_once_and_a_failure_as_asked() -> None:
    outcomes = {
        key(1): Served(None, 1.0, Freshness.CACHED),
        key(2): Served(None, 1.0, Freshness.STALE),
        key(3): Forbidden(),
    }

    class Loading:
        def load_all(self, keys: Any) -> Any:
            loaded = [outcomes[each] for each in keys]
            return loaded if len(keys) == 1 else later(loaded)

    async def later(loaded: Any) -> Any:
        return loaded

    recorder = Recorder(Loading())
    assert recorder.load_all([key(1)]) == [outcomes[key(1)]]
    loaded: Any = recorder.load_all([key(1), key(2), key(3)])
    assert await loaded == list(outcomes.values())
    assert recorder.report() == {"fromCache": 1, "upstream": 2}


def test_a_wish_is_one_of_two() -> None:
    assert (wish("validate"), wish("report"), wish("")) == (Wish.VALIDATE, Wish.REPORT, None)
    with pytest.raises(RequestRefused):
        wish("Validate!")
