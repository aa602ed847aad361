"""A document runs, or is refused before anything is asked."""

import pytest

from gateway.sandbox import Sandbox, SandboxTransport
from tests.conftest import Gateway, serving

REFUSALS = [
    ("{", None, 400, "GRAPHQL_PARSE_FAILED"),
    ("", None, 400, "GRAPHQL_PARSE_FAILED"),
    ("{" * 50_000, None, 400, "GRAPHQL_PARSE_FAILED"),
    ("{ nope }", None, 422, "GRAPHQL_VALIDATION_FAILED"),
    ("{ customer { id } }", None, 422, "GRAPHQL_VALIDATION_FAILED"),
    ("{ customer(id: 1.5) { id } }", None, 422, "GRAPHQL_VALIDATION_FAILED"),
    ("{ customer(id: 1) { kpi(from: 20230101) { totalItems } } }", None, 422, "GRAPHQL_VALIDATION_FAILED"),
    ("mutation { x }", None, 422, "GRAPHQL_VALIDATION_FAILED"),
    ("subscription { x }", None, 422, "GRAPHQL_VALIDATION_FAILED"),
    ("{ a: __typename } { b: __typename }", None, 422, "GRAPHQL_VALIDATION_FAILED"),
    ("query A { a: __typename } query B { b: __typename }", None, 422, "OPERATION_RESOLUTION_FAILURE"),
    ("query A { a: __typename } query B { b: __typename }", "C", 422, "OPERATION_RESOLUTION_FAILURE"),
    ("query ($id: ID!) { customer(id: $id) { id } }", None, 422, "BAD_USER_INPUT"),
    ("{ __schema { queryType { name } } }", None, 422, "INTROSPECTION_DISABLED"),
    ('{ __type(name: "Query") { name } }', None, 422, "INTROSPECTION_DISABLED"),
]


@pytest.mark.parametrize(("query", "operation", "status", "code"), REFUSALS)
async def test_a_document_that_cannot_run_is_refused_without_data(
    gateway: Gateway, query: str, operation: str | None, status: int, code: str
) -> None:
    response = await gateway.http.post("/graphql", json={"query": query, "operationName": operation})
    body = response.json()
    assert response.status_code == status
    assert list(body) == ["errors"]
    assert [error["extensions"]["code"] for error in body["errors"]] == [code] * len(body["errors"])
    assert all(error["message"] for error in body["errors"])


@pytest.mark.parametrize("operation", ["A", "B"])
async def test_the_named_operation_runs(gateway: Gateway, operation: str) -> None:
    query = "query A { A: __typename } query B { B: __typename }"
    response = await gateway.http.post("/graphql", json={"query": query, "operationName": operation})
    assert response.json() == {"data": {operation: "Query"}}


async def test_typename_is_no_introspection(gateway: Gateway) -> None:
    assert (await gateway.ask("{ __typename }")).data == {"__typename": "Query"}


async def test_introspection_and_suggestions_come_together(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox), introspection=True) as gateway:
        assert (await gateway.ask("{ __schema { queryType { name } } }")).data["__schema"]["queryType"][
            "name"
        ] == "Query"
        assert "Did you mean" in (await gateway.ask("{ custome }")).errors[0]["message"]


async def test_without_introspection_no_name_is_suggested(gateway: Gateway) -> None:
    reply = await gateway.ask("{ custome }")
    assert "Did you mean" not in reply.errors[0]["message"]
