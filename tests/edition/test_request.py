"""URL, serialization, and what a request is."""

import json
from typing import Any

import pytest

from gateway.sandbox import Sandbox
from tests.conftest import DEMO, GRAPHQL, Gateway
from tests.edition.conftest import Get, Post

URL, FORMAT, TYPES = "URL", "Serialization Format", "Media Types"
edition = pytest.mark.edition

NAMED = "query A { customer(id: 1) { id } } query null { customer(id: 2) { id } }"
ASKS = ["{ __typename }", "{ customer(id: 1) { kpi { totalItems } } }", "{ customers(ids: [1, 2]) { id } }"]


@edition(URL, "MUST", "GraphQL requests to a schema are enabled")
@edition(URL, "MUST", "Each schema is served at a URL")
async def test_the_schema_is_served_at_its_url(post: Post) -> None:
    assert (await post({"query": "{ __typename }"})).json() == {"data": {"__typename": "Query"}}


@edition(URL, "SHOULD", "A request that is forbidden gets the relevant 4xx or 5xx")
@edition(URL, "SHOULD NOT", "Whether it is forbidden does not depend on what a well-formed request asks")
@pytest.mark.parametrize("query", ASKS)
async def test_who_is_forbidden_is_told_by_the_status_whatever_is_asked(gateway: Gateway, query: str) -> None:
    two = [("Authorization", "Bearer demo-a"), ("Authorization", "Bearer demo-b")]
    response = await gateway.http.post("/graphql", json={"query": query}, headers=two)
    assert response.status_code == 400


@edition(FORMAT, "MUST", "JSON is supported")
async def test_json_is_read_and_written(post: Post) -> None:
    response = await post('{"query": "{ __typename }"}')
    assert json.loads(response.content) == {"data": {"__typename": "Query"}}


@edition(
    TYPES, "MUST", "UTF-8 is assumed where a media type of GraphQL names no encoding, in Content-Type and in Accept"
)
@edition("POST", "MUST", "UTF-8 is assumed of a body whose Content-Type names no encoding")
@pytest.mark.parametrize("accept", [GRAPHQL, "application/json"])
async def test_utf8_is_assumed(post: Post, accept: str) -> None:
    response = await post('{"query": "{ customer(id: \\"Größe 東京\\") { id } }"}'.encode(), accept=accept)
    assert "Größe 東京" in json.loads(response.content.decode("utf-8"))["errors"][0]["message"]
    assert response.headers["content-type"] == f"{accept}; charset=utf-8"


@edition("Request", "MUST", "Requests are supported by POST")
@edition("POST", "MUST", "A body in UTF-8, declared as application/json, is supported")
@pytest.mark.parametrize("type_", ["application/json", "application/json; charset=utf-8", "application/JSON"])
async def test_a_post_of_json_is_answered(post: Post, type_: str) -> None:
    response = await post({"query": "{ __typename }"}, {"Content-Type": type_})
    assert (response.status_code, response.json()) == (200, {"data": {"__typename": "Query"}})


@edition("POST", "SHOULD", "A POST without Content-Type is rejected with the appropriate 4xx")
async def test_a_post_without_a_content_type_is_rejected(post: Post) -> None:
    assert (await post('{"query": "{ __typename }"}', {"Content-Type": ""})).status_code == 415


@edition("GET", "MUST", "Parameters are read from the URL's query, form-urlencoded")
async def test_a_get_is_read_from_the_query_as_forms_write_it(get: Get) -> None:
    response = await get(
        "query=query(%24id%3A+ID%21)%20%7B+customer(id:%24id)%7Bid%7D+%7D&variables=%7B%22id%22%3A7%7D"
    )
    assert response.json() == {"data": {"customer": {"id": "7"}}}


@edition("GET", "MUST", "`variables` and `extensions`, if not empty, are strings of JSON")
@pytest.mark.parametrize(("name", "text"), [("variables", "{id: 7}"), ("extensions", "x"), ("variables", "undefined")])
async def test_what_a_get_says_is_not_json_is_not_guessed(get: Get, name: str, text: str) -> None:
    assert (await get({"query": "{ __typename }", name: text})).status_code == 400
    assert (await get({"query": "{ __typename }", name: "{}"})).status_code == 200


@edition("GET", "assertion", "`operationName` names the operation, `null` being a name like others")
@pytest.mark.parametrize(("name", "customer"), [("A", "1"), ("null", "2")])
async def test_a_get_names_its_operation(get: Get, name: str, customer: str) -> None:
    response = await get({"query": NAMED, "operationName": name})
    assert response.json() == {"data": {"customer": {"id": customer}}}


@edition("GET", "assertion", "An optional parameter that is empty is the same as none")
async def test_what_is_empty_in_a_get_is_absent(get: Get) -> None:
    response = await get({"query": "{ __typename }", "operationName": "", "variables": "", "extensions": ""})
    assert response.json() == {"data": {"__typename": "Query"}}


@edition("GET", "MUST NOT", "A GET executes no mutation: a 4xx, and nothing is run")
@edition("GET", "RECOMMENDED", "A mutation by GET is a 405")
@edition("Status Codes", "SHOULD", "A mutation by GET is a 405")
@pytest.mark.parametrize("params", [{"query": "mutation { x }"}, {"query": "query A { a } mutation B { b }"}])
async def test_a_get_executes_no_mutation(get: Get, sandbox: Sandbox, params: dict[str, str]) -> None:
    response = await get(params | ({"operationName": "B"} if "query A" in params["query"] else {}))
    assert (response.status_code, response.headers["allow"], len(sandbox.calls)) == (405, "POST", 0)
    assert "data" not in response.json()


@edition("JSON Encoding", "MUST", "Properties that are not understood are ignored")
async def test_unknown_properties_are_ignored(post: Post) -> None:
    response = await post({"query": "{ __typename }", "id": 7, "query2": "{", "extensions": {"unknown": [1]}})
    assert (response.status_code, response.json()) == (200, {"data": {"__typename": "Query"}})


@edition("JSON Encoding", "assertion", "An optional parameter that is null is the same as none")
async def test_what_is_null_in_a_body_is_absent(post: Post) -> None:
    nothing: dict[str, Any] = dict.fromkeys(("operationName", "variables", "extensions"))
    assert (await post({"query": "{ __typename }", **nothing})).json() == {"data": {"__typename": "Query"}}


@edition(
    "Status Codes", "SHOULD", "A client that may not issue its request gets a 401 or 403: none is forbidden to ask here"
)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nobody-knows-it"}])
async def test_who_may_see_what_is_judged_at_each_field_and_asking_is_forbidden_to_nobody(
    gateway: Gateway, headers: dict[str, str]
) -> None:
    reply = await gateway.ask("{ customer(id: 1) { id kpi { totalItems } } }", headers=headers)
    assert (reply.status, reply.data) == (294, {"customer": {"id": "1", "kpi": None}})
    assert reply.codes == ["UNAUTHENTICATED"]
    assert (await gateway.ask("{ customer(id: 1) { id kpi { totalItems } } }", headers=DEMO)).status == 200
