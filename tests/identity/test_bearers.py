"""Callers known by a token: who is let in, what of the token goes on, and for how long it is known."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from gateway.domain import Partition
from gateway.errors import CallerRefused
from gateway.identity.bearers import Bearers
from gateway.identity.caller import Caller
from gateway.identity.issuer import FLOOR, Issuer
from gateway.identity.jwks import fetch
from gateway.identity.tokens import LEEWAY, Rules
from gateway.sandbox import SandboxTransport, Switches, create_sandbox
from tests.conftest import DEMO, NOON, PREFLIGHT, Gateway, headers, now, serving
from tests.issuing import (
    ABSENT,
    AUDIENCE,
    CLAIMS,
    ISSUER,
    JWKS_URL,
    JWT,
    OWN,
    SCOPE,
    Publisher,
    bearing,
    pair,
    public,
    signed,
    token,
)
from tests.scrapes import scrape

ALGORITHMS = {
    **{f"{kind}{bits}": "RSA" for kind in ("RS", "PS") for bits in (256, 384, 512)},
    "ES256": "P-256",
    "ES384": "P-384",
    "ES512": "P-521",
    "EdDSA": "Ed25519",
    "Ed25519": "Ed25519",
}


@dataclass
class Upstream(httpx.AsyncBaseTransport):
    """Answers anyone, and remembers the credentials that it was shown."""

    shown: list[tuple[str | None, str | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._sandbox = SandboxTransport(create_sandbox(Switches(csharp_method="Any", auth="none")))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.shown.append((request.headers.get("authorization"), request.headers.get("x-api-key")))
        return await self._sandbox.handle_async_request(request)


@asynccontextmanager
async def guarded(*keys: dict[str, Any], **settings: object) -> AsyncIterator[tuple[Gateway, Upstream, Publisher]]:
    """Run a gateway that knows its callers by their tokens."""
    upstream, publisher = Upstream(), Publisher(*keys)
    async with serving(upstream, publisher, **JWT, **settings) as gateway:
        yield gateway, upstream, publisher


async def status(gateway: Gateway, text: str) -> int:
    return (await gateway.kpis([1], headers=bearing(text))).status


async def test_a_token_is_believed_by_each_algorithm_that_is_taken() -> None:
    kinds = sorted(set(ALGORITHMS.values()))
    async with guarded(*(public(pair(kind), kind) for kind in kinds)) as (gateway, upstream, publisher):
        for algorithm, kind in ALGORITHMS.items():
            text = signed(CLAIMS, {"alg": algorithm, "kid": kind}, pair(kind), algorithm)
            assert (algorithm, await status(gateway, text)) == (algorithm, 200)
        assert (len(upstream.shown), len(publisher.asked)) == (len(ALGORITHMS), 1)


async def test_a_good_token_is_believed_whatever_else_it_says() -> None:
    texts = [
        token(aud=["billing", AUDIENCE]),
        token(exp=NOON + 1000.5),
        token(exp=int(NOON) + 1001 - LEEWAY),
        token(nbf=int(NOON) + 1000 + LEEWAY),
        token(iat=int(NOON) + 1000 + LEEWAY),
        token(iat=ABSENT, scope=ABSENT),
        token({"typ": "at+JWT", "x5t": "AAAA", "nonce": "a member of the issuer's own", "b64": True}),
        token({"jku": "https://evil.example/keys", "jwk": public(pair("RSA", 2)), "x5c": ["A" * 4000]}),
        token({"kid": ABSENT}),
        token(sub="\ud800"),
        token(roles={"of": [1, None, {"the": "issuer's own"}]}),
    ]
    async with guarded() as (gateway, upstream, publisher):
        assert [await status(gateway, text) for text in texts] == [200] * len(texts)
        assert upstream.shown == [(f"Bearer {text}", None) for text in texts]
        assert [str(request.url) for request in publisher.asked] == [JWKS_URL]


async def test_a_scheme_is_read_as_http_has_it() -> None:
    async with guarded() as (gateway, _, _):
        for scheme in ("bearer", "BEARER", "Bearer  "):
            reply = await gateway.kpis([1], headers={"Authorization": f"{scheme} {token()}"})
            assert (scheme, reply.status) == (scheme, 200)


async def test_a_token_without_a_kid_is_of_the_only_key_that_can_be_meant() -> None:
    text = token({"kid": ABSENT})
    async with guarded(public(pair("RSA"), None), public(pair("P-256"))) as (gateway, _, _):
        assert await status(gateway, text) == 200
    async with guarded(public(pair("RSA")), public(pair("RSA", 2), "k2")) as (gateway, _, _):
        assert await status(gateway, text) == 401


async def test_a_caller_is_known_by_the_verified_token_alone() -> None:
    text = token()
    async with guarded() as (gateway, upstream, _):
        await gateway.kpis([1], headers={**bearing(text), "X-Api-Key": "demo"})
        assert upstream.shown == [(f"Bearer {text}", None)]


async def test_with_a_credential_of_the_gateways_own_the_token_is_not_passed_on_and_all_share_what_is_kept() -> None:
    async with guarded(**OWN, cache_url="memory://") as (gateway, upstream, _):
        assert await status(gateway, token()) == 200
        assert await status(gateway, token(sub="bob")) == 200
        assert upstream.shown == [("Bearer demo", None)]
        assert (await gateway.kpis([1], headers=DEMO)).status == 401


async def test_where_tokens_are_passed_on_nobody_shares_not_even_the_same_caller_with_a_token_renewed() -> None:
    async with guarded(cache_url="memory://") as (gateway, upstream, _):
        texts = [token(), token(sub="bob"), token(jti="renewed")]
        for text in (*texts, *texts):
            assert await status(gateway, text) == 200
        assert upstream.shown == [(f"Bearer {text}", None) for text in texts]


async def test_scopes_are_read_as_issuers_write_them() -> None:
    granted: list[dict[str, object]] = [
        {"scope": f"{SCOPE} kpi:export openid"},
        {"scope": [SCOPE, "kpi:export"]},
        {"scope": ABSENT, "scp": f"kpi:export  {SCOPE}"},
        {"scope": ABSENT, "scp": ["kpi:export", SCOPE]},
        {"scope": SCOPE, "scp": ["kpi:export"]},
    ]
    async with guarded(jwt_scope=f"{SCOPE} kpi:export") as (gateway, _, _):
        assert [await status(gateway, token(**claims)) for claims in granted] == [200] * len(granted)


async def test_who_lacks_a_scope_is_told_which_are_needed() -> None:
    lacking = [ABSENT, "", SCOPE, f"{SCOPE} kpi:exports", f"{SCOPE},kpi:export", "KPI:READ KPI:EXPORT"]
    async with guarded(jwt_scope=f"{SCOPE} kpi:export") as (gateway, upstream, _):
        for scope in lacking:
            reply = await gateway.kpis([1], headers=bearing(token(scope=scope)))
            assert (scope, reply.status, reply.codes, upstream.shown) == (scope, 403, ["FORBIDDEN"], [])
    challenge = f'Bearer realm="graphql", error="insufficient_scope", scope="{SCOPE} kpi:export"'
    assert reply.headers["www-authenticate"] == challenge
    assert reply.errors[0]["message"] == f"The token lacks a scope: {SCOPE} kpi:export is needed."


async def test_a_token_that_was_believed_is_not_any_more_when_it_has_expired() -> None:
    text = token(exp=int(NOON) + 1060)
    async with guarded() as (gateway, _, _):
        assert [await status(gateway, text) for _ in range(2)] == [200, 200]
        await asyncio.sleep(60 + LEEWAY - 1)
        assert await status(gateway, text) == 200
        await asyncio.sleep(1)
        assert await status(gateway, text) == 401


async def test_a_token_that_was_believed_is_not_any_more_when_its_key_is_withdrawn() -> None:
    async with guarded() as (gateway, _, publisher):
        assert await status(gateway, token()) == 200
        publisher.keys = [public(pair("RSA", 2), "k2")]
        await asyncio.sleep(FLOOR)
        assert await status(gateway, token({"kid": "k2"}, pair("RSA", 2))) == 200
        assert await status(gateway, token()) == 401


async def test_another_key_under_the_same_name_does_not_believe_what_the_first_did() -> None:
    async with guarded() as (gateway, _, publisher):
        assert await status(gateway, token()) == 200
        publisher.keys = [public(pair("RSA", 2)), public(pair("RSA", 3), "k3")]
        await asyncio.sleep(FLOOR)
        assert await status(gateway, token({"kid": "k3"}, pair("RSA", 3))) == 200
        assert await status(gateway, token()) == 401


async def test_a_page_may_read_what_is_wanted_of_it_and_may_ask_whether_it_may_without_a_token() -> None:
    page = {"Origin": "https://app.example.com"}
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    async with guarded(cors_origins=page["Origin"]) as (gateway, _, _):
        preflight = await gateway.http.options("/graphql", headers=page | asked)
        refused = await gateway.ask("{ __typename }", headers=page)
    assert (preflight.status_code, refused.status) == (200, 401)
    assert "WWW-Authenticate" in refused.headers["access-control-expose-headers"]
    assert refused.headers["access-control-allow-origin"] == page["Origin"]


async def test_all_of_graphql_needs_a_token_and_its_page_and_health_do_not() -> None:
    async with guarded(graphiql=True, introspection=True) as (gateway, _, _):
        query = "{ __schema { queryType { name } } }"
        assert (await gateway.ask(query, headers=bearing(token()))).status == 200
        assert (await gateway.ask(query, headers={})).status == 401
        assert (await gateway.http.get("/graphql", params={"query": query}, headers=PREFLIGHT)).status_code == 401
        assert (await gateway.http.post("/graphql", json=[{"query": query}])).status_code == 401
        assert (await gateway.http.options("/graphql")).status_code == 204
        browser = {"Accept": "text/html"}  # files are read in threads, while this loop's time flies
        for path, given in {"/health/live": {}, "/graphiql/start.json": {}, "/": browser, "/graphql": browser}.items():
            assert (await gateway.http.get(path, headers=given)).status_code != 401


async def test_a_refusal_has_the_media_type_that_its_client_takes() -> None:
    async with guarded() as (gateway, _, _):
        for accept in ("application/json", "application/graphql-response+json"):
            reply = await gateway.ask("{ __typename }", headers={}, accept=accept)
            assert (reply.status, reply.body.keys()) == (401, {"errors"})
            assert reply.headers["cache-control"] == "no-store"


def bearers(
    issuer: Issuer, own: Partition | None = None, key: bytes = b"a key", of: str = ISSUER, most: int = 100
) -> Bearers:
    return Bearers(issuer, Rules(of, AUDIENCE), key=key, own=own, clock=now, most=most)


def publishing(publisher: Publisher) -> Issuer:
    return Issuer(lambda: fetch(JWKS_URL, lambda: httpx.AsyncClient(transport=publisher)))


async def named(identify: Bearers, text: str) -> Caller:
    caller = identify(headers(bearing(text)))
    return await caller if isinstance(caller, Awaitable) else caller


async def test_a_caller_is_named_by_issuer_and_subject_and_by_nothing_else_of_a_token() -> None:
    issuer = publishing(Publisher())
    alice, renewed, bob = token(), token(jti="renewed", scope="x"), token(sub="bob")
    for own in (None, Partition("own")):
        callers = [await named(bearers(issuer, own), text) for text in (alice, renewed, bob)]
        assert callers[0].who == callers[1].who != callers[2].who
        assert callers[0] == await named(bearers(issuer, own), alice)
        assert "alice" not in repr(callers)
        assert callers[0].who != (await named(bearers(issuer, own, b"another key"), alice)).who
        elsewhere = await named(bearers(issuer, own, of="https://other.test/"), token(iss="https://other.test/"))
        assert callers[0].who != elsewhere.who


async def test_what_a_token_may_see_is_named_by_a_key_that_others_do_not_have() -> None:
    issuer = publishing(Publisher())
    callers = [await named(bearers(issuer, key=key), token()) for key in (b"a key", b"another key", b"a key")]
    assert callers[0].partition == callers[2].partition != callers[1].partition


@pytest.mark.parametrize("own", [{}, OWN])
async def test_who_is_let_in_has_a_rate_of_its_own_whatever_its_token_or_its_address(own: dict[str, object]) -> None:
    async with guarded(**own, rate_limit_requests="2/minute") as (gateway, _, _):
        elsewhere = httpx.ASGITransport(gateway.app, client=("192.0.2.1", 4000))
        other = Gateway(httpx.AsyncClient(transport=elsewhere, base_url="http://gateway.test"), gateway.app)
        assert [await status(gateway, token()), await status(other, token(jti="renewed"))] == [200, 200]
        assert [await status(gateway, token()), await status(gateway, token(sub="bob"))] == [429, 200]
        assert [await status(gateway, token(exp=1)) for _ in range(3)] == [401] * 3


async def test_who_is_not_let_in_is_counted_by_the_reason_and_so_are_fetches_of_keys() -> None:
    async with guarded(jwt_scope=SCOPE) as (gateway, _, publisher):
        for text in (token(exp=1), token(exp=1), token(scope="x"), token({"kid": "k2"}), token()):
            await status(gateway, text)
        await gateway.ask("{ __typename }", headers={})
        publisher.answer = httpx.ConnectError("away")
        await asyncio.sleep(FLOOR)
        assert await status(gateway, token({"kid": "k2"})) == 503
        told = await scrape(gateway)
    assert told.counted("gateway_callers_refused_total") == {
        ("expired",): 2,
        ("scope",): 1,
        ("key",): 1,
        ("missing",): 1,
        ("no_keys",): 1,
    }
    assert told.counted("gateway_jwks_refreshes_total") == {("ok",): 1, ("failed",): 1}


async def test_so_many_tokens_are_known_and_those_that_are_not_believed_are_none_of_them() -> None:
    identify = bearers(publishing(Publisher(public(pair("Ed25519")))), most=3)
    for number in range(9):
        await named(
            identify, signed({**CLAIMS, "jti": number}, {"alg": "EdDSA", "kid": "k1"}, pair("Ed25519"), "EdDSA")
        )
    assert len(identify) == 3
    strangers = bearers(publishing(Publisher(public(pair("Ed25519")))))
    for text in (token({"alg": "EdDSA"}), token(exp=1), "x"):
        with pytest.raises(CallerRefused):
            await named(strangers, text)
    assert len(strangers) == 0
