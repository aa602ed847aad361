"""A caller has its rate of requests and of KPIs, is told how it stands, and takes nothing from others."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.sandbox import Sandbox, SandboxTransport, Switches, create_sandbox
from gateway.settings import Settings, SettingsError
from tests.conftest import DEMO, PREFLIGHT, Gateway, Reply, items, serving

KPIS = "query ($ids: [ID!]!) { customers(ids: $ids) { kpi { totalItems } } }"
TWICE = """query ($ids: [ID!]!, $more: Boolean = true) { customers(ids: $ids) {
  all: kpi { totalItems } same: kpi { totalSales } year: kpi(from: "2023-01-01") @include(if: $more) { totalItems }
} }"""
OTHER = {"Authorization": "Bearer demo-2"}
NOTHING = "{ __typename }"


@pytest.fixture
async def five(sandbox: Sandbox) -> AsyncIterator[Gateway]:
    """Yield a gateway of five KPIs a minute."""
    async with serving(SandboxTransport(sandbox), rate_limit_kpis="5/minute") as gateway:
        yield gateway


@pytest.fixture
async def two(sandbox: Sandbox) -> AsyncIterator[Gateway]:
    """Yield a gateway of two requests a minute."""
    async with serving(SandboxTransport(sandbox), rate_limit_requests="2/minute") as gateway:
        yield gateway


async def ask(gateway: Gateway, *ids: object, headers: Mapping[str, str] = DEMO, query: str = KPIS) -> Reply:
    return await gateway.ask(query, {"ids": list(ids)}, headers)


def left(reply: Reply | httpx.Response) -> str:
    return str(reply.headers["ratelimit"])


async def test_a_caller_has_its_rate_of_kpis_and_is_told_when_there_are_more(five: Gateway, sandbox: Sandbox) -> None:
    assert left(await ask(five, 1, 2, 3)) == '"kpis";r=2;t=62'
    refused = await ask(five, 4, 5, 6)
    assert (refused.status, refused.codes, "data" in refused.body) == (429, ["RATE_LIMIT_EXCEEDED"], False)
    assert refused.errors[0]["extensions"] == {"code": "RATE_LIMIT_EXCEEDED", "retryable": True, "retryAfter": 62}
    assert refused.errors[0]["message"] == (
        "3 kpis are more than a caller has left of 5/minute (GATEWAY_RATE_LIMIT_KPIS). Ask again in 62 seconds."
    )
    assert (refused.headers["retry-after"], left(refused)) == ("62", '"kpis";r=2;t=62')
    assert refused.headers["ratelimit-policy"] == '"kpis";q=5;w=60;qu="kpis"'
    assert refused.headers["cache-control"] == "no-store"
    assert items(sandbox.calls) == 3
    assert (await ask(five, 4, 5)).status == 200
    await asyncio.sleep(62)
    assert left(await ask(five, 1, 2, 3, 4, 5)).startswith('"kpis";r=0;')


async def test_a_caller_has_its_rate_of_requests_and_the_body_of_the_next_is_not_read(two: Gateway) -> None:
    assert [left(await two.ask(NOTHING)) for _ in range(2)] == ['"requests";r=1;t=62', '"requests";r=0;t=62']

    async def body() -> AsyncIterator[bytes]:
        raise AssertionError
        yield b""

    response = await two.http.post("/graphql", content=body(), headers=DEMO)
    assert (response.status_code, response.headers["retry-after"]) == (429, "62")
    assert response.json()["errors"][0]["extensions"]["code"] == "RATE_LIMIT_EXCEEDED"
    assert response.headers["ratelimit-policy"] == '"requests";q=2;w=60'


async def test_what_one_caller_had_is_nothing_to_another(five: Gateway) -> None:
    assert [(await ask(five, 1, 2, 3)).status for _ in range(2)] == [200, 429]
    assert [(await ask(five, 1, 2, 3, headers=OTHER)).status for _ in range(2)] == [200, 429]


async def test_each_customer_and_period_is_charged_once_and_what_cannot_be_asked_for_is_not(five: Gateway) -> None:
    assert left(await ask(five, 1, 1, 1, query=TWICE)).startswith('"kpis";r=3;')
    assert left(await ask(five, "x", "007", 2, 2)).startswith('"kpis";r=2;')


async def test_what_can_reach_more_than_is_left_and_asks_for_less_is_answered(five: Gateway) -> None:
    assert left(await ask(five, 1, 1, 1, 1, 1, 1, 1, query=TWICE)).startswith('"kpis";r=3;')
    assert left(await ask(five, 2, 2, 2, 2)).startswith('"kpis";r=2;')


async def test_an_operation_that_could_never_be_given_is_told_so(five: Gateway) -> None:
    refused = await ask(five, *range(1, 7))
    assert refused.errors[0]["extensions"] == {"code": "RATE_LIMIT_EXCEEDED", "retryable": False}
    assert refused.errors[0]["message"].endswith("(GATEWAY_RATE_LIMIT_KPIS). Ask for less.")
    assert (refused.status, "retry-after" in refused.headers) == (429, False)


async def test_what_is_too_much_for_any_caller_is_charged_to_none(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox), rate_limit_kpis="5/minute", max_kpis=2) as gateway:
        assert (await ask(gateway, 1, 2, 3)).codes == ["REQUEST_LIMIT_EXCEEDED"]
        assert left(await ask(gateway, 1, 2)).startswith('"kpis";r=3;')


async def test_kpis_that_are_kept_are_charged_too(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox), rate_limit_kpis="5/minute", cache_url="memory://") as gateway:
        assert left(await ask(gateway, 1, 2)).startswith('"kpis";r=3;')
        assert left(await ask(gateway, 2, 2, 2)).startswith('"kpis";r=2;')
        assert [(await ask(gateway, 1, 2)).status for _ in range(2)] == [200, 429]
    assert items(sandbox.calls) == 2


async def test_the_cost_alone_is_not_charged_and_a_cost_beside_the_answer_is(five: Gateway) -> None:
    told = DEMO | {"GraphQL-Cost": "validate"}
    for _ in range(3):
        response = await five.ask(KPIS, {"ids": [1, 2, 3]}, told, accept="application/json")
        assert response.body["extensions"]["cost"]["requested"] == 3
    assert left(await ask(five, 1, 2, 3, headers=DEMO | {"GraphQL-Cost": "report"})).startswith('"kpis";r=2;')
    assert (await ask(five, 1, 2, 3, headers=DEMO | {"GraphQL-Cost": "report"})).status == 429


async def test_who_shows_no_credential_is_charged_for_no_kpi(five: Gateway) -> None:
    for cost in ({}, {"GraphQL-Cost": "report"}, {}, {"GraphQL-Cost": "report"}):
        reply = await ask(five, 1, 2, 3, headers=cost)
        assert (set(reply.codes), "ratelimit" in reply.headers) == ({"UNAUTHENTICATED"}, False)


async def test_each_operation_of_an_array_is_charged_for_itself_and_one_that_is_refused_harms_no_other(
    five: Gateway,
) -> None:
    each = [{"query": KPIS, "variables": {"ids": ids}} for ids in ([1, 2, 3], [4, 5, 6], [7, 8])]
    response = await five.http.post("/graphql", json=[*each, {"query": NOTHING}], headers=DEMO)
    first, second, third, fourth = response.json()
    assert (response.status_code, left(response)) == (200, '"kpis";r=0;t=62')
    assert second["errors"][0]["extensions"]["code"] == "RATE_LIMIT_EXCEEDED"
    assert [each.keys() for each in (first, second, third, fourth)] == [{"data"}, {"errors"}, {"data"}, {"data"}]


async def test_a_get_counts_as_a_post_and_an_array_as_one_request(two: Gateway) -> None:
    query = {"query": NOTHING}
    response = await two.http.post("/graphql", json=[query, query, query], headers=DEMO)
    assert left(response).startswith('"requests";r=1;')
    responses = [await two.http.get("/graphql", params=query, headers=DEMO | PREFLIGHT) for _ in range(2)]
    assert [each.status_code for each in responses] == [200, 429]


async def test_where_only_requests_have_a_rate_kpis_are_charged_to_nobody(two: Gateway) -> None:
    assert left(await ask(two, *range(1, 50))) == '"requests";r=1;t=62'


async def test_refusals_are_charged_as_requests_and_tell_how_it_stands(two: Gateway) -> None:
    assert left(await two.ask("{")).startswith('"requests";r=1;')
    response = await two.http.put("/graphql", headers=DEMO)
    assert (response.status_code, response.headers["ratelimit-policy"]) == (405, '"requests";q=2;w=60')
    assert "ratelimit" not in response.headers


async def test_both_rates_are_told_of(sandbox: Sandbox) -> None:
    rates = {"rate_limit_requests": "9/2 hours", "rate_limit_kpis": "50/second"}
    async with serving(SandboxTransport(sandbox), **rates) as gateway:
        reply = await ask(gateway, 1)
    assert reply.headers["ratelimit-policy"] == '"requests";q=9;w=7200, "kpis";q=50;w=1;qu="kpis"'
    assert left(reply) == '"requests";r=8;t=7640, "kpis";r=49;t=2'


async def test_without_rates_nothing_is_told(gateway: Gateway) -> None:
    assert [name for name in (await ask(gateway, 1)).headers if name.startswith("ratelimit")] == []


async def test_a_page_may_read_how_it_stands(sandbox: Sandbox) -> None:
    origin = "https://app.example.com"
    async with serving(SandboxTransport(sandbox), rate_limit_requests="1/hour", cors_origins=origin) as gateway:
        preflights = [
            await gateway.http.options("/graphql", headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
            for _ in range(3)
        ]
        assert {each.status_code for each in preflights} == {200}
        replies = [await gateway.ask(NOTHING, headers=DEMO | {"Origin": origin}) for _ in range(2)]
    assert [each.status for each in replies] == [200, 429]
    for reply in replies:
        exposed = set(reply.headers["access-control-expose-headers"].lower().split(", "))
        assert exposed >= {"ratelimit-policy", "ratelimit", "retry-after"}


def at(gateway: Gateway, address: str) -> Gateway:
    """Ask the same gateway from another address."""
    transport = httpx.ASGITransport(gateway.app, client=(address, 4000))
    return Gateway(httpx.AsyncClient(transport=transport, base_url="http://gateway.test"), gateway.app)


async def test_without_a_credential_requests_are_counted_by_the_clients_address(two: Gateway) -> None:
    stranger, neighbour = at(two, "192.0.2.1"), at(two, "192.0.2.2")
    assert [(await stranger.ask(NOTHING, headers={})).status for _ in range(3)] == [200, 200, 429]
    assert (await neighbour.ask(NOTHING, headers={})).status == 200
    assert (await stranger.ask(NOTHING)).status == 200


async def test_where_all_are_one_caller_each_is_counted_by_its_address(sandbox: Sandbox) -> None:
    own = {"upstream_auth": "bearer", "upstream_token": "demo", "allow_anonymous": True}
    async with serving(SandboxTransport(sandbox), rate_limit_kpis="2/minute", **own) as gateway:
        first, second = at(gateway, "2001:db8::1"), at(gateway, "2001:db8:0:1::1")
        for client, credential in ((first, DEMO), (first, OTHER), (second, {})):
            await ask(client, 1, headers=credential)
        assert [(await ask(client, 1)).status for client in (first, second)] == [429, 200]


async def test_one_network_of_ipv6_is_one_client_and_ipv4_is_told_apart_however_it_is_written(two: Gateway) -> None:
    of_one = ("2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff:ffff:ffff:ffff")
    replies = [await at(two, address).ask(NOTHING, headers={}) for address in of_one]
    assert [each.status for each in replies] == [200, 200, 429]
    of_others = ("2001:db8:0:1::1", "::ffff:192.0.2.1", "::ffff:192.0.2.2", "192.0.2.1", "fe80::1%eth0", "a socket")
    replies = [await at(two, address).ask(NOTHING, headers={}) for address in of_others]
    assert [left(each)[:14] for each in replies] == [
        '"requests";r=1', '"requests";r=1', '"requests";r=1', '"requests";r=0', '"requests";r=1', '"requests";r=1',
    ]  # fmt: skip


async def test_a_connection_without_an_address_is_counted_too(two: Gateway) -> None:
    async def over_a_socket(scope: Any, receive: Any, send: Any) -> None:
        await two.app({**scope, "client": None}, receive, send)

    client = httpx.AsyncClient(transport=httpx.ASGITransport(over_a_socket), base_url="http://gateway.test")
    replies = [await client.post("/graphql", json={"query": NOTHING}) for _ in range(3)]
    assert [each.status_code for each in replies] == [200, 200, 429]


@settings(max_examples=12)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["demo", "demo-1", "demo-2"]),
            st.lists(st.integers(1, 6), min_size=1, max_size=6),
            st.sampled_from([0, 0, 1, 7, 31, 61]),
        ),
        max_size=12,
    )
)
async def test_no_caller_is_answered_more_kpis_than_its_rate_in_any_minute(
    asked: list[tuple[str, list[int], int]],
) -> None:
    had: dict[str, list[tuple[float, int]]] = {}
    sandbox = create_sandbox(Switches(csharp_method="Any"))
    async with serving(SandboxTransport(sandbox), rate_limit_kpis="8/minute") as gateway:
        for token, ids, pause in asked:
            await asyncio.sleep(pause)
            now = asyncio.get_running_loop().time()
            reply = await ask(gateway, *ids, headers={"Authorization": f"Bearer {token}"})
            before = sum(count for when, count in had.get(token, ()) if now - when < 66)
            if reply.status == 200:
                had.setdefault(token, []).append((now, len(set(ids))))
            else:
                assert before + len(set(ids)) > 8
    for times in had.values():
        assert all(sum(n for when, n in times if 0 <= when - start < 60) <= 8 for start, _ in times)


@pytest.mark.parametrize("name", ["rate_limit_requests", "rate_limit_kpis"])
def test_a_bad_rate_stops_the_start_by_its_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"GATEWAY_{name.upper()}", "5/fortnight")
    with pytest.raises(SettingsError, match=rf"^GATEWAY_{name.upper()} is '5/fortnight': a rate is a number"):
        Settings.read()
