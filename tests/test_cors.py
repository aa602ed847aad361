"""Pages of other origins, as browsers ask for them: those that are named may, and the others learn nothing."""

from collections.abc import AsyncIterator, Mapping

import httpx
import pytest

from gateway.sandbox import Sandbox, SandboxTransport
from tests.conftest import DEMO, PREFLIGHT, Gateway, serving

APP, OTHER = "https://app.example.com", "http://localhost:3000"
STRANGERS = ["https://evil.example", "https://app.example.com.evil.example", "https://app.example.com:8443", "null"]
QUERY = {"query": "{ customer(id: 1) { id } }"}


@pytest.fixture
async def open_to(sandbox: Sandbox) -> AsyncIterator[Gateway]:
    """Yield a gateway that pages of two origins may ask."""
    async with serving(SandboxTransport(sandbox), cors_origins=f"{APP}, {OTHER}") as gateway:
        yield gateway


async def preflight(gateway: Gateway, origin: str, headers: str = "", method: str = "POST") -> httpx.Response:
    """Ask as a browser does before it sends for a page what no form could."""
    told = {"Origin": origin, "Access-Control-Request-Method": method, "Sec-Fetch-Mode": "cors"}
    asked = {"Access-Control-Request-Headers": headers} if headers else {}
    return await gateway.http.options("/graphql", headers=told | asked)


def of_cors(headers: Mapping[str, str]) -> set[str]:
    return {name for name in headers if name.startswith("access-control-")}


@pytest.mark.parametrize("origin", [APP, OTHER])
@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("POST", "content-type"),
        ("POST", "authorization,content-type,x-request-id"),
        ("POST", "accept, content-type, graphql-cost, x-api-key"),
        ("GET", "apollo-require-preflight,x-apollo-operation-name"),
        ("POST", "apollographql-client-name,apollographql-client-version,content-type"),
        ("GET", "graphql-require-preflight,traceparent"),
        ("GET", ""),
    ],
)
async def test_a_page_of_a_named_origin_may_send_what_clients_send(
    open_to: Gateway, origin: str, method: str, headers: str
) -> None:
    response = await preflight(open_to, origin, headers, method)
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (200, origin)
    allowed = response.headers["access-control-allow-headers"].lower().split(", ")
    assert {name.strip() for name in headers.split(",") if name} <= set(allowed)
    assert method in response.headers["access-control-allow-methods"].split(", ")
    assert int(response.headers["access-control-max-age"]) > 0


@pytest.mark.parametrize("origin", STRANGERS)
async def test_a_page_of_another_origin_is_refused_and_told_nothing_of_what_others_may(
    open_to: Gateway, origin: str
) -> None:
    response = await preflight(open_to, origin, "content-type")
    assert (response.status_code, of_cors(response.headers)) == (403, set())
    assert "GATEWAY_CORS_ORIGINS" in response.json()["errors"][0]["message"]
    assert not {APP, "POST", "Authorization"} & set(response.text.replace(",", " ").split())
    assert "Origin" in response.headers["vary"].split(", ")


@pytest.mark.parametrize(("method", "headers"), [("DELETE", ""), ("POST", "x-http-method-override")])
async def test_nothing_else_may_be_sent(open_to: Gateway, method: str, headers: str) -> None:
    response = await preflight(open_to, APP, headers, method)
    assert (response.status_code, of_cors(response.headers)) == (403, set())
    assert "by GET, HEAD, POST, with Accept, Authorization" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_page_may_read_the_answer_and_its_request_id(open_to: Gateway, method: str) -> None:
    headers = DEMO | PREFLIGHT | {"Origin": APP, "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "cross-site"}
    sent = {"params": QUERY} if method == "GET" else {"json": QUERY}
    response = await open_to.http.request(method, "/graphql", headers=headers, **sent)  # type: ignore[arg-type]
    assert response.json() == {"data": {"customer": {"id": "1"}}}
    assert response.headers["access-control-allow-origin"] == APP
    exposed = response.headers["access-control-expose-headers"].lower().split(", ")
    assert exposed == ["x-request-id", "retry-after", "www-authenticate", "ratelimit-policy", "ratelimit"]
    assert "access-control-allow-credentials" not in response.headers


async def test_the_page_may_read_why_it_was_refused(open_to: Gateway) -> None:
    response = await open_to.http.post("/graphql", json={"query": "{"}, headers={"Origin": APP})
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (400, APP)


@pytest.mark.parametrize("origin", STRANGERS)
async def test_no_other_page_may_read_the_answer(open_to: Gateway, origin: str) -> None:
    response = await open_to.http.post("/graphql", json=QUERY, headers={"Origin": origin})
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("headers", [{}, {"Origin": APP}, {"Origin": STRANGERS[0]}])
async def test_no_answer_for_one_origin_is_kept_for_another(open_to: Gateway, headers: dict[str, str]) -> None:
    response = await open_to.http.post("/graphql", json=QUERY, headers=headers)
    vary = response.headers["vary"].split(", ")
    assert {
        "Origin",
        "Accept",
        "Accept-Encoding",
        "Authorization",
        "X-Api-Key",
        "GraphQL-Cost",
        "GraphQL-Cache-Tags",
    } == set(vary)


async def test_options_that_are_no_preflight_tell_the_methods(open_to: Gateway) -> None:
    response = await open_to.http.options("/graphql", headers={"Origin": APP})
    assert (response.status_code, response.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")


async def test_where_no_origin_is_named_there_is_nothing_of_it(gateway: Gateway) -> None:
    asked = await preflight(gateway, APP, "content-type")
    answered = await gateway.http.post("/graphql", json=QUERY, headers={"Origin": APP})
    assert of_cors(asked.headers) | of_cors(answered.headers) == set()
    assert "Origin" not in answered.headers["vary"].split(", ")


async def test_a_page_of_a_named_origin_may_read_graphql_only(open_to: Gateway) -> None:
    assert of_cors((await open_to.http.get("/health/ready", headers={"Origin": APP})).headers) == set()
