"""GraphQL over HTTP, September 2026: media types, statuses, bodies."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.types import Message

from gateway.cache.texts import Texts
from gateway.documents import Documents
from gateway.endpoint import Endpoint
from gateway.identity.caller import Caller, Identify
from gateway.incoming import Headers
from gateway.limits import Bounds
from gateway.loaders import KpiLoader
from gateway.operations import Operations
from gateway.persisted import Allowed, Persisted
from gateway.places import Places
from gateway.sandbox import Sandbox, SandboxTransport
from gateway.schema import build_schema
from gateway.telemetry.reports import Reports
from gateway.telemetry.tallies import CallerTally, OperationTally
from tests.conftest import DEMO, GRAPHQL, PREFLIGHT, Gateway, now, serving

JSON = "application/json"
PARTIAL = '{ customers(ids: ["1", "x"]) { id } }'
WHOLE = "{ customers(ids: [1]) { id } }"


def media_type(response: httpx.Response) -> str:
    return response.headers["content-type"]


@pytest.mark.parametrize(
    ("accept", "query", "status", "media"),
    [
        (GRAPHQL, WHOLE, 200, GRAPHQL),
        (GRAPHQL, PARTIAL, 294, GRAPHQL),
        (GRAPHQL, "{", 400, GRAPHQL),
        (JSON, WHOLE, 200, JSON),
        (JSON, PARTIAL, 200, JSON),
        (JSON, "{", 400, GRAPHQL),
        (JSON, "{ nope }", 422, GRAPHQL),
        ("*/*", WHOLE, 200, JSON),
        ("*/*", PARTIAL, 200, JSON),
        ("text/html", WHOLE, 406, JSON),
    ],
)
async def test_status_and_media_type_follow_from_accept(
    gateway: Gateway, accept: str, query: str, status: int, media: str
) -> None:
    response = await gateway.http.post("/graphql", json={"query": query}, headers={"Accept": accept})
    assert (response.status_code, media_type(response)) == (status, f"{media}; charset=utf-8")
    assert ("data" in response.json()) == (status in {200, 294})


async def test_data_that_is_null_with_its_error_is_a_partial_success(gateway: Gateway) -> None:
    query = "query ($ids: [ID!] = [1]) { customers(ids: $ids) { id } }"
    reply = await gateway.ask(query, {"ids": None})
    assert (reply.status, reply.data, reply.codes) == (294, None, ["BAD_USER_INPUT"])


async def test_a_get_runs_a_query(gateway: Gateway) -> None:
    params = {"query": "query ($id: ID!) { customer(id: $id) { id } }", "variables": '{"id": 7}', "operationName": ""}
    response = await gateway.http.get("/graphql", params=params, headers=PREFLIGHT)
    assert response.json() == {"data": {"customer": {"id": "7"}}}


async def test_a_get_never_runs_a_mutation(gateway: Gateway) -> None:
    response = await gateway.http.get("/graphql", params={"query": "mutation { x }"}, headers=PREFLIGHT)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


async def test_a_head_never_runs_a_mutation(gateway: Gateway) -> None:
    response = await gateway.http.head("/graphql", params={"query": "mutation { x }"}, headers=PREFLIGHT)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "headers",
    [{}, {"Content-Type": "text/plain"}, {"GraphQL-Require-Preflight": ""}, {"Content-Type": "application/jsonp"}],
)
async def test_what_a_page_elsewhere_can_send_unasked_is_not_run(
    gateway: Gateway, method: str, headers: dict[str, str]
) -> None:
    response = await gateway.http.request(method, "/graphql", params={"query": WHOLE}, headers=DEMO | headers)
    assert response.status_code == 400
    if method == "GET":
        assert "GraphQL-Require-Preflight" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GraphQL-Require-Preflight", "1"),
        ("Apollo-Require-Preflight", "true"),
        ("X-Apollo-Operation-Name", "Customers"),
        ("Content-Type", "application/json; charset=utf-8"),
    ],
)
async def test_a_header_that_no_page_elsewhere_sends_unasked_lets_a_get_run(
    gateway: Gateway, name: str, value: str
) -> None:
    response = await gateway.http.get("/graphql", params={"query": WHOLE}, headers={name: value})
    assert (response.status_code, response.json()) == (200, {"data": {"customers": [{"id": "1"}]}})


async def test_several_accept_lines_are_one(gateway: Gateway) -> None:
    headers = [("Accept", "text/html"), ("Accept", GRAPHQL)]
    response = await gateway.http.post("/graphql", json={"query": WHOLE}, headers=headers)
    assert media_type(response) == f"{GRAPHQL}; charset=utf-8"


async def test_no_path_redirects(gateway: Gateway) -> None:
    assert (await gateway.http.get("/graphql/")).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "QUERY"])
async def test_another_method_is_told_which_ones_there_are(gateway: Gateway, method: str) -> None:
    response = await gateway.http.request(method, "/graphql", json={"query": WHOLE})
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, POST, OPTIONS")
    assert method in response.json()["errors"][0]["message"]


async def test_options_tell_the_methods(gateway: Gateway) -> None:
    response = await gateway.http.options("/graphql")
    assert (response.status_code, response.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")


async def test_a_head_is_a_get_without_its_body_on_the_wire(gateway: Gateway) -> None:
    assert (await gateway.http.head("/graphql", params={"query": WHOLE}, headers=PREFLIGHT)).status_code == 200


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", None])
async def test_a_post_that_is_not_json_is_refused(gateway: Gateway, media: str | None) -> None:
    headers = {"Content-Type": media} if media else {}
    response = await gateway.http.post("/graphql", content=b'{"query": "{__typename}"}', headers=headers)
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (415, "BAD_REQUEST")


async def test_a_body_within_bounds_is_read_and_a_longer_one_refused(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox), max_body_bytes=2000) as gateway:
        fitting = b'{"query": "{__typename}", "x": "' + b"x" * 1966 + b'"}'
        headers = {"Content-Type": JSON}
        assert (await gateway.http.post("/graphql", content=fitting, headers=headers)).status_code == 200
        response = await gateway.http.post("/graphql", content=fitting + b" ", headers=headers)
    assert (len(fitting), response.status_code) == (2000, 413)
    assert response.json()["errors"][0]["extensions"]["code"] == "REQUEST_LIMIT_EXCEEDED"
    assert "GATEWAY_MAX_BODY_BYTES" in response.json()["errors"][0]["message"]


async def test_a_length_may_have_zeros_before_it(gateway: Gateway) -> None:
    headers = {"Content-Type": JSON, "Content-Length": "0" * 20 + "22"}
    response = await gateway.http.post("/graphql", content=b'{"query":"{__typename}"}', headers=headers)
    assert response.status_code == 200


@pytest.mark.parametrize("length", ["102401", "9" * 5000])
async def test_a_body_that_says_it_is_too_long_is_not_read(gateway: Gateway, length: str) -> None:
    async def unread() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    headers = {"Content-Type": JSON, "Content-Length": length}
    assert (await gateway.http.post("/graphql", content=unread(), headers=headers)).status_code == 413


async def test_an_endless_body_is_left_at_the_bound(gateway: Gateway) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100_000_000:
            sent += 10_000
            yield b" " * 10_000

    response = await gateway.http.post("/graphql", content=endless(), headers={"Content-Type": JSON})
    assert response.status_code == 413
    assert sent < 200_000


async def test_a_body_that_does_not_arrive_is_not_waited_for(sandbox: Sandbox) -> None:
    async def stalled() -> AsyncIterator[bytes]:
        yield b'{"query":'
        await asyncio.sleep(60)

    async with serving(SandboxTransport(sandbox), request_timeout=0.05) as gateway:
        response = await gateway.http.post("/graphql", content=stalled(), headers={"Content-Type": JSON})
    assert response.status_code == 408


async def test_a_request_id_goes_in_out_and_upstream(gateway: Gateway, sandbox: Sandbox) -> None:
    reply = await gateway.kpis([1], headers=DEMO | {"X-Request-Id": "from-the-client"})
    assert reply.headers["x-request-id"] == "from-the-client"
    assert sandbox.calls[0].headers["x-request-id"] == "from-the-client"


async def test_nothing_of_the_callers_reaches_the_upstream_but_credential_and_request_id(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    strange = {
        "Cookie": "ss-id=alice", "X-ss-id": "alice", "X-Http-Method-Override": "DELETE", "X-Forwarded-User": "alice",
        "User-Agent": "alice", "Referer": "alice", "Accept-Language": "fr", "X-Request-Id": "7",
        "tracestate": "alice=1", "traceparent": "alice", "baggage": "userId=alice",
    }  # fmt: skip
    await gateway.kpis([1, 2], headers=DEMO | strange)
    await gateway.kpis([1], headers=DEMO | strange)
    assert {name for call in sandbox.calls for name in call.headers} == {
        "host", "accept", "accept-encoding", "x-request-id", "authorization", "content-type", "content-length",
    }  # fmt: skip


async def test_two_credentials_of_a_kind_are_refused(gateway: Gateway, sandbox: Sandbox) -> None:
    headers = [("Authorization", "Bearer demo-a"), ("Authorization", "Bearer demo-b")]
    response = await gateway.http.post("/graphql", json={"query": WHOLE}, headers=headers)
    assert (response.status_code, len(sandbox.calls)) == (400, 0)


async def test_an_answer_is_nobodys_to_keep(gateway: Gateway) -> None:
    reply = await gateway.kpis([1])
    assert reply.headers["cache-control"] == "no-store"
    assert (
        reply.headers["vary"] == "Accept, Accept-Encoding, Authorization, X-Api-Key, GraphQL-Cost, GraphQL-Cache-Tags"
    )


async def test_a_mistake_of_ours_is_json_and_its_details_are_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def upstream(_: httpx.Request) -> httpx.Response:
        raise ZeroDivisionError("hunter2")

    async with serving(httpx.MockTransport(upstream)) as gateway:
        reply = await gateway.kpis([1])
    assert reply.codes == ["INTERNAL_SERVER_ERROR"]
    assert "hunter2" not in str(reply.body)
    assert "ZeroDivisionError" in caplog.text


async def test_whatever_breaks_the_client_gets_json(caplog: pytest.LogCaptureFixture) -> None:
    def identify(_: Headers) -> Caller | None:
        raise ZeroDivisionError("hunter2")

    app = endpoint(identify)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test") as client:
        response = await client.post("/graphql", json={"query": WHOLE})
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (500, "INTERNAL_SERVER_ERROR")
    assert "hunter2" not in response.text
    assert "ZeroDivisionError" in caplog.text


async def test_a_client_that_left_costs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    sent: list[Message] = []
    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
    await endpoint(lambda _: None)(scope, receive, send)
    assert caplog.text == ""
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]


def endpoint(identify: Identify) -> Endpoint:
    def open_loader(*_: object) -> KpiLoader:
        raise AssertionError("nothing was to be run")

    documents = Documents(build_schema()._schema, introspection=False, bounds=Bounds())  # noqa: SLF001  # Strawberry has no other name
    return Endpoint(
        Operations(documents, Persisted(Allowed.OFF, Texts(None, now)), Bounds()),
        identify,
        open_loader,
        max_body_bytes=1000,
        max_operations=10,
        places=Places(1),
        timeout=1,
        reports=Reports(OperationTally(), CallerTally()),
        clock=now,
    )


async def test_what_no_route_answers_is_json_too(gateway: Gateway) -> None:
    response = await gateway.http.get("/nowhere")
    assert (response.status_code, media_type(response)) == (404, JSON)
