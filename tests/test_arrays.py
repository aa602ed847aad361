"""Several operations in one request: an array in, an array out, and what they load is shared."""

import logging
from typing import Any

import pytest

from gateway.operations import Operations
from gateway.sandbox import Sandbox, SandboxTransport
from tests.conftest import DEMO, GRAPHQL, Gateway, items, serving

JSON = "application/json"


def one(*ids: object, alias: str = "customers") -> dict[str, Any]:
    query = f"query ($ids: [ID!]!) {{ {alias}: customers(ids: $ids) {{ kpi {{ totalItems }} }} }}"
    return {"query": query, "variables": {"ids": list(ids)}}


async def send(gateway: Gateway, *operations: object, accept: str = f"{GRAPHQL}, {JSON};q=0.9", **headers: str) -> Any:
    return await gateway.http.post("/graphql", json=list(operations), headers=DEMO | {"Accept": accept} | headers)


async def test_each_has_its_own_result_and_all_share_their_calls(gateway: Gateway, sandbox: Sandbox) -> None:
    response = await send(gateway, one(1, 2), one(2, 3, alias="b"), {"query": "{ __typename }"}, one(3, 1))
    assert (response.status_code, response.headers["content-type"]) == (200, f"{JSON}; charset=utf-8")
    first, second, third, fourth = response.json()
    assert (first.keys(), second["data"].keys(), third) == ({"data"}, {"b"}, {"data": {"__typename": "Query"}})
    assert first["data"]["customers"][1] == second["data"]["b"][0]
    assert fourth["data"]["customers"] == [second["data"]["b"][1], first["data"]["customers"][0]]
    assert items(sandbox.calls) == 3
    assert len(sandbox.calls) <= 2
    assert response.headers["cache-control"] == "no-store"


async def test_what_is_wrong_with_one_harms_no_other(gateway: Gateway) -> None:
    response = await send(gateway, one(1), {"query": "{"}, 7, {}, one("x"), {"query": "{ nope }"}, one(True))
    good, syntax, number, empty, partial, invalid, variable = response.json()
    assert response.status_code == 200
    assert "errors" not in good
    codes = [each["errors"][0]["extensions"]["code"] for each in (syntax, number, empty, invalid, variable)]
    assert codes == [
        "GRAPHQL_PARSE_FAILED",
        "BAD_REQUEST",
        "BAD_REQUEST",
        "GRAPHQL_VALIDATION_FAILED",
        "BAD_USER_INPUT",
    ]
    assert all("data" not in each for each in (syntax, number, empty, invalid, variable))
    assert (partial["data"], partial["errors"][0]["path"]) == ({"customers": [None]}, ["customers", 0])


async def test_a_fault_of_ours_in_one_harms_no_other_and_is_logged(
    gateway: Gateway, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = Operations.begin

    def failing(self: Operations, parameters: Any, *given: Any, **named: Any) -> Any:
        if parameters.query == "{ a: __typename }":
            raise LookupError("hunter2")
        return begin(self, parameters, *given, **named)

    monkeypatch.setattr(Operations, "begin", failing)
    with caplog.at_level(logging.ERROR):
        response = await send(gateway, {"query": "{ a: __typename }"}, {"query": "{ __typename }"})
    ours, other = response.json()
    assert ours["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert other == {"data": {"__typename": "Query"}}
    assert "hunter2" not in response.text
    assert "hunter2" in caplog.text


async def test_documents_of_an_array_share_the_tokens_and_one_that_comes_again_counts_once(sandbox: Sandbox) -> None:
    documents = [f"{{ {name}: __typename @include(if: true) }}" for name in ("a", "b", "c")]
    first, second, third = ({"query": text} for text in documents)
    async with serving(SandboxTransport(sandbox), max_tokens=24) as gateway:
        for _ in range(2):  # they are kept the second time
            answers = (await send(gateway, first, first, second, third, first)).json()
    assert [each.get("data", each.get("errors", [{}])[0].get("message")) for each in answers] == [
        {"a": "Query"},
        {"a": "Query"},
        {"b": "Query"},
        "The document, with those before it, has more than 24 tokens and comments: at most 24 (GATEWAY_MAX_TOKENS).",
        {"a": "Query"},
    ]


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("query A { a: nope }", [False, False, True]),
        ("query A { a: __typename } query B { b: __typename }", [False, True, False]),
    ],
)
async def test_a_document_that_must_be_read_again_counts_again(
    sandbox: Sandbox, text: str, refused: list[bool]
) -> None:
    async with serving(SandboxTransport(sandbox), max_tokens=20) as gateway:
        answers = (await send(gateway, *({"query": text, "operationName": name} for name in "ABA"))).json()
    assert ["(GATEWAY_MAX_TOKENS)" in str(each) for each in answers] == refused


async def test_operations_of_an_array_share_the_objects(gateway: Gateway) -> None:
    answers = (await send(gateway, *[one(*range(1, 201))] * 4)).json()
    assert ["data" in each for each in answers] == [True, True, False, False]
    assert "1200 customers and KPIs, each wherever it stands: at most 1000" in answers[2]["errors"][0]["message"]


async def test_one_operation_of_an_array_may_introspect(sandbox: Sandbox) -> None:
    asked = {"query": "{ __schema { queryType { name } } }"}
    async with serving(SandboxTransport(sandbox), introspection=True) as gateway:
        for _ in range(2):
            answers = (await send(gateway, one(1), asked, asked, one(2))).json()
            assert ["data" in each for each in answers] == [True, True, False, True]
            assert answers[2]["errors"][0]["message"] == "2 operations with introspection: at most 1."


@pytest.mark.parametrize(
    ("operations", "code", "told"),
    [
        ([], "BAD_REQUEST", "without any operation"),
        ([one(1)] * 4, "REQUEST_LIMIT_EXCEEDED", "4 operations in an array: at most 3 (GATEWAY_MAX_OPERATIONS)"),
    ],
)
async def test_an_array_of_none_or_of_too_many_is_refused_as_a_whole(
    sandbox: Sandbox, operations: list[Any], code: str, told: str
) -> None:
    async with serving(SandboxTransport(sandbox), max_operations=3) as gateway:
        response = await send(gateway, *operations)
    (error,) = response.json()["errors"]
    assert (response.status_code, response.headers["content-type"]) == (422, f"{GRAPHQL}; charset=utf-8")
    assert (error["extensions"]["code"], told in error["message"]) == (code, True)
    assert len(sandbox.calls) == 0


async def test_an_array_is_json_and_nothing_else(gateway: Gateway, sandbox: Sandbox) -> None:
    response = await send(gateway, one(1), accept=GRAPHQL)
    assert response.status_code == 406
    assert len(sandbox.calls) == 0


async def test_a_mutation_in_an_array_is_told_by_validation(gateway: Gateway) -> None:
    (result,) = (await send(gateway, {"query": "mutation { x }"})).json()
    assert result["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_costs_are_each_ones_own(gateway: Gateway, sandbox: Sandbox) -> None:
    response = await send(gateway, one(1, 2), one(2), **{"GraphQL-Cost": "report"})
    first, second = (each["extensions"]["cost"] for each in response.json())
    assert (first["requested"], second["requested"]) == (2, 1)
    response = await send(gateway, one(4, 5), {"query": "{"}, **{"GraphQL-Cost": "validate"})
    cost, refused = response.json()
    assert cost == {"extensions": {"cost": {"requested": 2, "limit": 500}}}
    assert refused["errors"][0]["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"
    assert items(sandbox.calls) == 2
