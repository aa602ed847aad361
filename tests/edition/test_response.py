"""A response: its body, its media type, and how validation and execution come to it."""

import httpx
import pytest

from gateway.sandbox import Sandbox
from tests.conftest import DEMO, GRAPHQL, PREFLIGHT, Gateway
from tests.edition.conftest import Get, Post

JSON = "application/json"
BOTH = f"{GRAPHQL}, {JSON};q=0.9"
WHOLE, PARTIAL = "{ customer(id: 1) { id } }", '{ customers(ids: [1, "x"]) { id } }'
edition = pytest.mark.edition


def media(response: httpx.Response) -> str:
    return response.headers["content-type"].partition(";")[0]


@edition("Response", "assertion", "A well-formed request gets a well-formed response")
@edition("Body", "MUST", "The body is an execution result or a request error result, encoded directly")
@pytest.mark.parametrize(
    "query", [WHOLE, PARTIAL, "{", "{ nope }", "query A { a } query B { b }", "query ($a: ID!) { a }"]
)
@pytest.mark.parametrize("accept", [GRAPHQL, JSON])
async def test_the_body_is_a_result(post: Post, query: str, accept: str) -> None:
    body = (await post({"query": query}, accept=accept)).json()
    assert set(body) in ({"data"}, {"data", "errors"}, {"errors"})
    assert all(isinstance(error["message"], str) for error in body.get("errors", ()))
    assert body.get("errors") != []


@edition("Response", "assertion", "HTTP itself (RFC 9110) is complied with")
@pytest.mark.parametrize("accept_encoding", ["identity", "gzip", "zstd"])
async def test_a_head_is_a_get_without_its_body(gateway: Gateway, accept_encoding: str) -> None:
    url = f"/graphql?query={{customers(ids:{list(range(1, 99))}){{id}}}}"
    headers = DEMO | PREFLIGHT | {"Accept-Encoding": accept_encoding, "X-Request-Id": "1"}
    get, head = [await gateway.http.request(method, url, headers=headers) for method in ("GET", "HEAD")]
    assert (head.status_code, head.headers) == (get.status_code, get.headers)
    assert get.status_code == 200


@edition("Body", "MUST", "Content-Type names the media type")
@edition("Body", "SHOULD", "Content-Type names the encoding")
@edition("Body", "MUST", "application/graphql-response+json is supported")
@pytest.mark.parametrize("query", [WHOLE, PARTIAL, "{", "{ nope }"])
async def test_the_media_type_and_its_encoding_are_named(post: Post, query: str) -> None:
    response = await post({"query": query})
    assert response.headers["content-type"] == "application/graphql-response+json; charset=utf-8"


@edition("Body", "MUST", "Accept is respected: the type of the highest priority that is supported")
@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (BOTH, GRAPHQL),
        (f"{JSON};q=0.9, {GRAPHQL}", GRAPHQL),
        (f"{JSON}, {GRAPHQL};q=0.9", JSON),
        (f"text/html, {JSON};q=0.5, {GRAPHQL};q=0.1", JSON),
        (f"{GRAPHQL};q=0, {JSON};q=0.1", JSON),
        (f"image/*, {GRAPHQL};q=0.1", GRAPHQL),
        (f"*/*;q=0.5, {GRAPHQL}", GRAPHQL),
        ("application/*", JSON),
        ("*/*", JSON),
    ],
)
async def test_accept_decides_between_the_types_by_their_quality(post: Post, accept: str, chosen: str) -> None:
    assert media(await post({"query": WHOLE}, accept=accept)) == chosen


@edition("Body", "MUST", "With nothing acceptable: a 406 and nothing more, or the server's choice")
@edition("Body", "SHOULD", "With nothing acceptable: a 406")
@edition("Status Codes", "SHOULD", "An Accept with no supported type, and without application/json, is a 406")
@pytest.mark.parametrize("accept", ["text/html", "image/*, text/plain", f"{GRAPHQL};q=0", f"{JSON};charset=utf-16"])
async def test_who_accepts_none_of_the_types_gets_a_406_and_nothing_is_run(
    post: Post, sandbox: Sandbox, accept: str
) -> None:
    response = await post({"query": "{ customer(id: 1) { kpi { totalItems } } }"}, accept=accept)
    assert (response.status_code, media(response), len(sandbox.calls)) == (406, JSON, 0)


@edition("Body", "SHOULD", "For a client of application/json alone all is the same, but that a 2xx is application/json")
@pytest.mark.parametrize("query", [WHOLE, PARTIAL, "{", "{ nope }", "query A { a } query B { b }"])
async def test_a_legacy_client_gets_the_same_and_only_a_2xx_is_relabelled(post: Post, query: str) -> None:
    new, legacy = [await post({"query": query}, accept=accept) for accept in (GRAPHQL, JSON)]
    assert (legacy.status_code // 100, legacy.json()) == (new.status_code // 100, new.json())
    assert media(legacy) == (JSON if legacy.is_success else GRAPHQL)
    assert new.is_success or legacy.status_code == new.status_code


RULES = {
    "executable definitions": "type X { a: Int } query { __typename }",
    "operation type exists": "mutation { x }",
    "operation names are unique": "query A { __typename } query A { __typename }",
    "an anonymous operation is alone": "{ __typename } query A { __typename }",
    "fields are of their type": "{ nope }",
    "fields can be merged": "{ a: customer(id: 1) { id } a: customer(id: 2) { id } }",
    "an object has a selection": "{ customer(id: 1) }",
    "a leaf has none": "{ customer(id: 1) { id { x } } }",
    "arguments are known": "{ customer(id: 1, x: 1) { id } }",
    "arguments are unique": "{ customer(id: 1, id: 2) { id } }",
    "arguments are there": "{ customer { id } }",
    "fragment names are unique": "{ ...F } fragment F on Query { __typename } fragment F on Query { __typename }",
    "a fragment's type exists": "{ ... on Nope { id } }",
    "a fragment is on objects": "{ ...F } fragment F on ID { x }",
    "fragments are used": "{ __typename } fragment F on Query { __typename }",
    "fragments are defined": "{ ...F }",
    "fragments form no cycle": "{ ...F } fragment F on Query { ...G } fragment G on Query { ...F }",
    "a fragment is possible": "{ customer(id: 1) { ... on Query { __typename } } }",
    "values are of their type": "{ customers(ids: {}) { id } }",
    "input fields are unique": "{ _entities(representations: [{a: 1, a: 2}]) { __typename } }",
    "directives are defined": "{ __typename @nope }",
    "directives are where they may be": "query @skip(if: true) { __typename }",
    "directives are unique": "{ __typename @skip(if: true) @skip(if: true) }",
    "variables are unique": "query ($a: ID!, $a: ID!) { customer(id: $a) { id } }",
    "variables are of input types": "query ($a: Customer) { customer(id: $a) { id } }",
    "variables are defined": "{ customer(id: $a) { id } }",
    "variables are used": "query ($a: ID!) { __typename }",
    "variables fit": "query ($a: Int) { customers(ids: $a) { id } }",
}


@edition("Validation", "SHOULD", "All validation rules of GraphQL are applied")
@pytest.mark.parametrize("document", RULES.values(), ids=RULES.keys())
async def test_every_rule_of_validation_is_applied(post: Post, document: str) -> None:
    response = await post({"query": document})
    assert (response.status_code, "data" in response.json()) == (422, False)


@edition("Execution", "assertion", "Execution is GraphQL's ExecuteRequest")
async def test_an_operation_is_executed_as_graphql_says(get: Get, post: Post) -> None:
    query = "query A($yes: Boolean!) { b: __typename, a: customer(id: 1) { ...F } ...F2 @skip(if: $yes) } "
    query += "fragment F on Customer { id __typename } fragment F2 on Query { no: __typename }"
    body = {"query": query, "operationName": "A", "variables": {"yes": True}}
    expected = '{"data":{"b":"Query","a":{"id":"1","__typename":"Customer"}}}'
    assert (await post(body)).text == expected
    assert (await get({"query": query, "operationName": "A", "variables": '{"yes": true}'})).text == expected
