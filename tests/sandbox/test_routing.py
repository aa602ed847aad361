"""The two routing tables, row by row."""

from urllib.parse import parse_qsl, unquote

import pytest

from gateway.sandbox.incoming import Incoming
from tests.sandbox.asking import OVERRIDE, Upstream

KPI = "/customer/123456/kpi"
API = "/api/GetCustomerKpi"
REPLY = "/json/reply/GetCustomerKpi"
ID = "?boosterCustomerId=123456"
VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def incoming(method: str, url: str, *headers: tuple[str, str]) -> Incoming:
    path, _, query = url.partition("?")
    return Incoming(method, unquote(path), url, parse_qsl(query), headers)


FOUND_BY_BOTH = [
    KPI,
    "/CUSTOMER/123456/Kpi",
    f"{KPI}/",
    f"{KPI}.json",
    f"{KPI}.JSON",
    API + ID,
    "/API/getcustomerkpi" + ID,
    f"{API}/{ID}",
    f"{API}.json{ID}",
    REPLY + ID,
    "/Json/Reply/getCustomerKPI" + ID,
    "/customer/1/kpi?boosterCustomerId=123456",
    f"{API}?BOOSTERCUSTOMERID=123456&unknown=1",
]


@pytest.mark.parametrize("routing", ["classic", "endpoint"])
@pytest.mark.parametrize("url", FOUND_BY_BOTH)
async def test_a_get_finds_the_operation_on_each_of_its_routes(upstream: Upstream, url: str, routing: str) -> None:
    upstream.set(routing=routing)
    answer = await upstream.get(url)
    assert answer.status_code == 200
    assert answer.json()["boosterCustomerId"] == 123456


@pytest.mark.parametrize("routing", ["classic", "endpoint"])
@pytest.mark.parametrize("suffix", ["json", "xml", "csv", "jsv", "html", "jsonl"])
@pytest.mark.parametrize("path", [KPI, API])
async def test_every_registered_format_is_a_suffix(upstream: Upstream, path: str, suffix: str, routing: str) -> None:
    upstream.set(routing=routing)
    assert (await upstream.get(f"{path}.{suffix}{ID}")).status_code == 200


@pytest.mark.parametrize("routing", ["classic", "endpoint"])
@pytest.mark.parametrize(
    "url",
    ["/", "/nope", "/customer/kpi", "/customer/1", "/customer/1/kpi/2", f"{KPI}.pdf", f"{API}.pdf", "/pdf/reply/X"],
)
async def test_an_unknown_path_is_an_empty_404(upstream: Upstream, url: str, routing: str) -> None:
    upstream.set(routing=routing)
    answer = await upstream.get(url)
    assert (answer.status_code, answer.content) == (404, b"")


VERB_TABLE = [
    # methods, URL, classic, endpoint, Allow of endpoint routing
    (["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"], KPI, 404, 405, "GET"),
    (["POST", "PUT", "PATCH", "DELETE"], f"{KPI}.json", 404, 405, "GET"),
    (["POST", "PUT", "PATCH", "DELETE"], API + ID, 200, 405, "GET"),
    (VERBS, f"{API}.json{ID}", 200, 200, None),
    (["OPTIONS"], f"{API}.json{ID}", 200, 405, "GET, POST, PUT, PATCH, DELETE"),
    (VERBS, REPLY + ID, 200, 200, None),
    (VERBS, f"{API}[]", 200, 404, None),
    (VERBS, f"{API}%5B%5D", 200, 404, None),
    (VERBS, f"{API}[].json", 200, 200, None),
    (VERBS, f"{REPLY}[]", 200, 200, None),
    (VERBS, f"{REPLY}%5b%5d", 200, 200, None),
]


@pytest.mark.parametrize(
    ("method", "url", "classic"),
    [(method, url, classic) for methods, url, classic, *_ in VERB_TABLE for method in methods],
)
async def test_classic_routing_takes_a_verb_or_knows_no_route(
    upstream: Upstream, method: str, url: str, classic: int
) -> None:
    upstream.set(csharp_method="Any")
    answer = await upstream.ask(method, url)
    assert answer.status_code == classic
    assert classic == 200 or not answer.content


@pytest.mark.parametrize(
    ("method", "url", "endpoint", "allow"),
    [(method, url, status, allow) for methods, url, _, status, allow in VERB_TABLE for method in methods],
)
async def test_endpoint_routing_says_which_verbs_it_takes(
    upstream: Upstream, method: str, url: str, endpoint: int, allow: str | None
) -> None:
    upstream.set(csharp_method="Any", routing="endpoint")
    answer = await upstream.ask(method, url)
    assert (answer.status_code, answer.headers.get("Allow")) == (endpoint, allow)
    assert endpoint == 200 or not answer.content


@pytest.mark.parametrize(
    ("url", "classic", "endpoint"),
    [
        ("/api/Nope", 405, 404),
        ("/api/Nope.json", 405, 405),
        ("/api/Nope[]", 405, 404),
        ("/json/reply/Nope", 405, 405),
        ("/json/reply/Nope[]", 405, 405),
    ],
)
async def test_an_unknown_operation_is_not_implemented(
    upstream: Upstream, url: str, classic: int, endpoint: int
) -> None:
    answer = await upstream.get(url)
    assert answer.status_code == classic
    assert answer.json()["responseStatus"] == {
        "errorCode": "NotImplementedException",
        "message": "The operation does not exist for this service",
        "errors": [],
    }
    upstream.set(routing="endpoint")
    assert (await upstream.get(url)).status_code == endpoint


@pytest.mark.parametrize(
    ("off", "url", "status"),
    [
        ("api_route", API + ID, 404),
        ("api_route", f"{API}[]", 404),
        ("api_route", "/api/Nope", 404),
        ("api_route", REPLY + ID, 200),
        ("api_route", KPI, 200),
        ("predefined_routes", API + ID, 404),
        ("predefined_routes", REPLY + ID, 404),
        ("predefined_routes", f"{REPLY}[]", 404),
        ("predefined_routes", KPI, 200),
    ],
)
async def test_routes_can_be_switched_off(upstream: Upstream, off: str, url: str, status: int) -> None:
    upstream.set(**{off: False})
    assert (await upstream.get(url)).status_code == status


@pytest.mark.parametrize(
    ("method", "url"),
    [("POST", API + ID), ("PUT", REPLY + ID), ("DELETE", f"{API}.json{ID}")],
)
async def test_a_verb_without_csharp_method_is_not_implemented(upstream: Upstream, method: str, url: str) -> None:
    answer = await upstream.ask(method, url)
    assert answer.status_code == 405
    assert f"Could not find method named {method.capitalize()}(GetCustomerKpi)" in answer.text


@pytest.mark.parametrize("url", [KPI, API + ID, REPLY + ID])
async def test_an_override_by_header_makes_a_post_a_get(upstream: Upstream, url: str) -> None:
    answer = await upstream.ask("POST", url, body=None, **OVERRIDE)
    assert answer.json()["boosterCustomerId"] == 123456


async def test_an_override_by_query_makes_a_post_a_get(upstream: Upstream) -> None:
    assert (await upstream.ask("POST", f"{KPI}?x-http-method-override=get")).status_code == 200


async def test_endpoint_routing_maps_urls_by_the_true_method(upstream: Upstream) -> None:
    upstream.set(routing="endpoint")
    assert (await upstream.ask("POST", KPI, body=None, **OVERRIDE)).status_code == 405
    assert (await upstream.ask("POST", REPLY + ID, body=None, **OVERRIDE)).status_code == 200


async def test_a_single_body_is_bound_where_the_verb_has_one(batching: Upstream) -> None:
    answer = await batching.ask("POST", REPLY, body=b'{"boosterCustomerId":123456}')
    assert answer.json()["boosterCustomerId"] == 123456
