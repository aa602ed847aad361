"""The status of a response follows from what is in it, or from why there is nothing."""

import httpx
import pytest

from gateway.identity.caller import Caller
from gateway.incoming import Headers
from gateway.sandbox import Sandbox
from tests.conftest import DEMO, GRAPHQL, Gateway
from tests.edition.conftest import Post
from tests.test_endpoint import endpoint

STATUS, EXAMPLES = "Status Codes", "Examples of status codes"
KPI = "customer(id: 1) { kpi { totalItems } }"
edition = pytest.mark.edition


@edition(STATUS, "SHOULD", "What prevents a GraphQL response altogether is told by a 4xx or 5xx")
@edition(STATUS, "MUST NOT", "Such an answer does not carry application/graphql-response+json")
@pytest.mark.parametrize(
    ("path", "accept", "status"), [("/graph", GRAPHQL, 404), ("/graphql/", GRAPHQL, 404), ("/graphql", "text/csv", 406)]
)
async def test_what_is_no_graphql_response_does_not_say_that_it_is_one(
    gateway: Gateway, path: str, accept: str, status: int
) -> None:
    response = await gateway.http.post(path, json={"query": "{ __typename }"}, headers={"Accept": accept})
    assert response.status_code == status
    assert GRAPHQL not in response.headers["content-type"]


@edition(STATUS, "MUST", "With data that is not null the status is a 2xx")
@edition(STATUS, "SHOULD", "With data and without errors it is a 200")
@pytest.mark.parametrize("query", ["{ __typename }", f"{{ {KPI} }}", "{ customer(id: 999999) { kpi { totalItems } } }"])
async def test_data_without_errors_is_a_200(post: Post, query: str) -> None:
    response = await post({"query": query})
    assert (response.status_code, set(response.json())) == (200, {"data"})


@edition(STATUS, "SHOULD", "With data, even if it is null, and errors it is a 294")
@edition(EXAMPLES, "SHOULD", "Errors of fields are no failure of the request: a success (200; as 294 it says more)")
@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ('{ customers(ids: [1, "x"]) { id } }', None),
        ('{ customer(id: "x") { id } }', None),
        ("query ($ids: [ID!] = [1]) { customers(ids: $ids) { id } }", {"ids": None}),
    ],
)
async def test_data_with_errors_is_a_294_or_for_a_legacy_client_a_200(
    post: Post, query: str, variables: dict[str, None] | None
) -> None:
    body = {"query": query, "variables": variables}
    new, legacy = [await post(body, accept=accept) for accept in (GRAPHQL, "application/json")]
    assert (new.status_code, legacy.status_code) == (294, 200)
    assert set(new.json()) == {"data", "errors"}
    assert (new.json()["data"] is None) == (variables is not None)


async def refused(post: Post, sandbox: Sandbox, body: object) -> int:
    """Return the status of what is told in words of GraphQL, for whoever asks, and is not executed."""
    statuses = set()
    for accept in (GRAPHQL, "application/json"):
        response = await post(body, accept=accept)
        assert (set(response.json()), len(sandbox.calls)) == ({"errors"}, 0)
        assert response.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"
        statuses.add(response.status_code)
    (status,) = statuses
    return status


@edition(STATUS, "MUST", "Without data the status is a 4xx or 5xx")
@pytest.mark.parametrize(
    "body", ["NONSENSE", {}, {"query": "{"}, {"query": "{ nope }"}, {"query": f"query A {{ {KPI} }} {{ x }}"}]
)
async def test_what_has_no_data_is_no_success(post: Post, sandbox: Sandbox, body: object) -> None:
    assert 400 <= await refused(post, sandbox, body) < 500


@edition(STATUS, "SHOULD", "A body that is not JSON is a 400")
@pytest.mark.parametrize("body", ["NONSENSE", '{"query":', "", "{'query': '{ __typename }'}", b"\xff"])
async def test_a_body_that_is_not_json_is_a_400(post: Post, sandbox: Sandbox, body: str | bytes) -> None:
    assert await refused(post, sandbox, body) == 400


@edition(STATUS, "SHOULD", "What is not a well-formed request is a 422")
@pytest.mark.parametrize(
    "body",
    [
        {"qeury": "{ __typename }"},
        {"query": "query Q ($i: Int!) { q(i: $i) }", "variables": [7]},
        {"query": {"a": 1}},
        {"query": "{ __typename }", "operationName": 7},
        {"query": "{ __typename }", "extensions": "x"},
        7,
    ],
)
async def test_what_is_not_a_well_formed_request_is_a_422(post: Post, sandbox: Sandbox, body: object) -> None:
    assert await refused(post, sandbox, body) == 422


@edition(STATUS, "SHOULD", "A document that cannot be parsed is a 400")
@pytest.mark.parametrize("query", ["{", "", "quest { __typename }", f'{{ {KPI} x(a: "' + '\\u000") }'])
async def test_a_document_that_cannot_be_parsed_is_a_400(post: Post, sandbox: Sandbox, query: str) -> None:
    assert await refused(post, sandbox, {"query": query}) == 400


@edition(STATUS, "SHOULD", "A document that is not valid is a 422")
@edition(EXAMPLES, "SHOULD", "A document that is not valid is a 422, and is not executed")
async def test_a_document_that_is_not_valid_is_a_422(post: Post, sandbox: Sandbox) -> None:
    assert await refused(post, sandbox, {"query": f"{{ {KPI} nope }}"}) == 422


@edition(STATUS, "SHOULD", "An operation that cannot be determined is a 422")
@edition(EXAMPLES, "SHOULD NOT", "A document whose operation cannot be determined is not executed")
@pytest.mark.parametrize(
    ("query", "name"),
    [(f"query A {{ {KPI} }} query B {{ {KPI} }}", None), (f"query A {{ {KPI} }}", "B"), (f"{{ {KPI} }}", "A")],
)
async def test_an_operation_that_cannot_be_determined_is_a_422(
    post: Post, sandbox: Sandbox, query: str, name: str | None
) -> None:
    assert await refused(post, sandbox, {"query": query, "operationName": name}) == 422


@edition(STATUS, "SHOULD", "Variables that cannot be coerced are a 422")
@edition(EXAMPLES, "SHOULD NOT", "An operation whose variables cannot be coerced is not executed")
@pytest.mark.parametrize("variables", [{}, {"i": None}, {"i": [{}]}, {"i": True}])
async def test_variables_that_cannot_be_coerced_are_a_422(
    post: Post, sandbox: Sandbox, variables: dict[str, object]
) -> None:
    query = f"query ($i: [ID!]!) {{ {KPI} customers(ids: $i) {{ id }} }}"
    assert await refused(post, sandbox, {"query": query, "variables": variables}) == 422


@edition(STATUS, "SHOULD", "A method that is not supported is a 405")
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "QUERY", "TRACE"])
async def test_a_method_that_is_not_supported_is_a_405(gateway: Gateway, method: str) -> None:
    response = await gateway.http.request(method, "/graphql", json={"query": "{ __typename }"})
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, POST, OPTIONS")


@edition(STATUS, "SHOULD", "A Content-Type that is not supported is a 415")
@pytest.mark.parametrize(
    "type_",
    [
        "text/plain",
        "application/graphql",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        GRAPHQL,
    ],
)
async def test_a_content_type_that_is_not_supported_is_a_415(post: Post, type_: str) -> None:
    assert (await post('{"query": "{ __typename }"}', {"Content-Type": type_})).status_code == 415


@edition(STATUS, "assertion", "Where the server is the reason of the failure it is a 5xx")
async def test_a_failure_of_the_servers_own_is_a_500() -> None:
    def broken(_: Headers) -> Caller | None:
        raise ZeroDivisionError

    transport = httpx.ASGITransport(endpoint(broken))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
        response = await client.post("/graphql", json={"query": "{ __typename }"})
    assert (response.status_code, set(response.json())) == (500, {"errors"})


@edition(STATUS, "SHOULD", "A short and stout vessel says 418: this is none")
async def test_it_is_no_teapot(gateway: Gateway) -> None:
    assert (await gateway.http.request("BREW", "/graphql", headers=DEMO)).status_code == 405
