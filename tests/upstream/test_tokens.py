"""OAuth2 client credentials: one fetch for all, renewed before its end, and never hammered."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs

import httpx
import pytest

from gateway.errors import CredentialRefused, GatewayError, UpstreamUnavailable
from gateway.upstream.credentials import Credential
from gateway.upstream.exchange import Headers
from gateway.upstream.over_httpx import HttpxExchange
from gateway.upstream.tokens import ClientCredentials, token_request

NOBODY = Credential(())


class Endpoint:
    """Gives token after token, counts them, and may be slow or ill."""

    def __init__(self, expires_in: object = 3600) -> None:
        self.seen: list[httpx.Request] = []
        self.expires_in = expires_in
        self.answer: httpx.Response | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        await self.open.wait()
        body = {"access_token": f"t{len(self.seen)}", "token_type": "bearer", "expires_in": self.expires_in}
        return self.answer or httpx.Response(200, json=body)


@asynccontextmanager
async def shown(
    endpoint: Endpoint,
    *,
    timeout: float = 5,  # noqa: ASYNC109  # a setting
    no_sooner: float = 60,
) -> AsyncIterator[ClientCredentials]:
    exchange = HttpxExchange(httpx.MockTransport(endpoint))
    request = token_request("https://login.test/token", "gate way", "s:cret", "kpi.read")
    credentials = ClientCredentials(exchange, request, timeout=timeout, no_sooner=no_sooner)
    yield credentials
    await credentials.aclose()


def soon() -> float:
    return asyncio.get_running_loop().time() + 5


def bearer(text: str) -> Headers:
    return (("Authorization", f"Bearer {text}"),)


async def test_a_token_is_asked_for_as_the_standard_has_it() -> None:
    endpoint = Endpoint()
    async with shown(endpoint) as credentials:
        assert await credentials.headers(NOBODY, soon()) == bearer("t1")
    request = endpoint.seen[0]
    assert (request.method, str(request.url)) == ("POST", "https://login.test/token")
    assert parse_qs(request.content.decode()) == {"grant_type": ["client_credentials"], "scope": ["kpi.read"]}
    assert request.headers["authorization"] == "Basic " + base64.b64encode(b"gate+way:s%3Acret").decode()


def test_without_a_scope_none_is_asked_for() -> None:
    assert token_request("https://login.test/", "id", "secret", None).content == b"grant_type=client_credentials"


async def test_one_fetch_serves_all_who_wait_and_all_who_come_after() -> None:
    endpoint = Endpoint()
    async with shown(endpoint) as credentials:
        first = await asyncio.gather(*(credentials.headers(NOBODY, soon()) for _ in range(20)))
        assert {*first, await credentials.headers(NOBODY, soon())} == {bearer("t1")}
    assert len(endpoint.seen) == 1


async def test_one_who_leaves_cancels_the_fetch_for_nobody() -> None:
    endpoint = Endpoint()
    endpoint.open.clear()
    async with shown(endpoint) as credentials:
        leaver, other = (asyncio.create_task(credentials.headers(NOBODY, soon())) for _ in range(2))
        await asyncio.sleep(0)
        leaver.cancel()
        await asyncio.gather(leaver, return_exceptions=True)
        endpoint.open.set()
        assert await other == bearer("t1")


async def test_in_the_last_fifth_of_its_life_a_token_is_renewed_behind_the_calls() -> None:
    endpoint = Endpoint(expires_in=1)
    async with shown(endpoint, no_sooner=0) as credentials:
        await credentials.headers(NOBODY, soon())
        await asyncio.sleep(0.85)
        endpoint.open.clear()
        assert await credentials.headers(NOBODY, soon()) == bearer("t1")
        assert await credentials.headers(NOBODY, soon()) == bearer("t1")
        endpoint.open.set()
        await asyncio.sleep(0.01)
        assert await credentials.headers(NOBODY, soon()) == bearer("t2")
    assert len(endpoint.seen) == 2


async def test_a_token_that_has_ended_is_not_shown() -> None:
    endpoint = Endpoint(expires_in=0)  # lives a second all the same
    async with shown(endpoint) as credentials:
        await credentials.headers(NOBODY, soon())
        await asyncio.sleep(1.01)
        assert await credentials.headers(NOBODY, soon()) == bearer("t2")


async def test_a_refused_token_is_replaced_unless_it_is_quite_new() -> None:
    endpoint = Endpoint()
    async with shown(endpoint, no_sooner=0.1) as credentials:
        await credentials.headers(NOBODY, soon())
        assert await credentials.renewed(bearer("t1"), soon()) is None
        await asyncio.sleep(0.11)
        renewed = await asyncio.gather(*(credentials.renewed(bearer("t1"), soon()) for _ in range(5)))
        assert set(renewed) == {bearer("t2")}
        assert await credentials.renewed(bearer("t1"), soon()) == bearer("t2")
    assert len(endpoint.seen) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(401, json={"error": "invalid_client", "error_description": "hunter2"}), CredentialRefused),
        (httpx.Response(400), CredentialRefused),
        (httpx.Response(403), CredentialRefused),
        (httpx.Response(302, headers={"Location": "/login?hunter2"}), CredentialRefused),
        (httpx.Response(404), CredentialRefused),
        (httpx.Response(503), UpstreamUnavailable),
        (httpx.Response(429), UpstreamUnavailable),
        (httpx.Response(200, text="hunter2"), CredentialRefused),
        (httpx.Response(200, json={"access_token": 7}), CredentialRefused),
        (httpx.Response(200, json={"access_token": "two words"}), CredentialRefused),
        (httpx.Response(200, json={"access_token": "t", "token_type": "mac"}), CredentialRefused),
    ],
)
async def test_no_token_is_one_typed_failure_that_quotes_nothing(
    answer: httpx.Response, error: type[GatewayError], caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = Endpoint()
    endpoint.answer = answer
    async with shown(endpoint) as credentials:
        for _ in range(3):
            with pytest.raises(error) as failure:
                await credentials.headers(NOBODY, soon())
    assert len(endpoint.seen) == 1, "a failed fetch is not repeated at once"
    assert "no token" in caplog.text
    assert "hunter2" not in caplog.text + str(failure.value)
    assert failure.value.upstream_status is None, "clients know of no such service"


@pytest.mark.parametrize("expires_in", ["3600", 3600.5, "nan", "inf", None, -5])
async def test_a_life_may_be_written_in_several_ways_and_always_ends(expires_in: object) -> None:
    async with shown(Endpoint(expires_in)) as credentials:
        assert await credentials.headers(NOBODY, soon()) == bearer("t1")
        await asyncio.sleep(3601)
        assert await credentials.headers(NOBODY, soon()) == bearer("t2")


async def test_after_a_failure_a_token_is_fetched_again_later() -> None:
    endpoint = Endpoint()
    endpoint.answer = httpx.Response(503)
    async with shown(endpoint, no_sooner=0) as credentials:
        with pytest.raises(UpstreamUnavailable):
            await credentials.headers(NOBODY, soon())
        endpoint.answer = None
        assert await credentials.headers(NOBODY, soon()) == bearer("t2")


async def test_an_old_failure_is_told_to_nobody_while_a_fetch_is_under_way() -> None:
    endpoint = Endpoint()
    endpoint.answer = httpx.Response(503)
    async with shown(endpoint, no_sooner=1) as credentials:
        with pytest.raises(UpstreamUnavailable):
            await credentials.headers(NOBODY, soon())
        await asyncio.sleep(2)
        endpoint.answer = None
        assert await asyncio.gather(*(credentials.headers(NOBODY, soon()) for _ in range(5))) == [bearer("t2")] * 5


async def test_after_a_fetch_that_succeeded_an_old_failure_is_forgotten() -> None:
    endpoint = Endpoint(expires_in=1)
    endpoint.answer = httpx.Response(503)
    async with shown(endpoint, no_sooner=1.5) as credentials:
        with pytest.raises(UpstreamUnavailable):
            await credentials.headers(NOBODY, soon())
        await asyncio.sleep(2)
        endpoint.answer = None
        for token in ("t2", "t3"):
            assert await credentials.headers(NOBODY, soon()) == bearer(token)
            await asyncio.sleep(1.1)


async def test_a_token_that_one_customer_refuses_is_kept_for_the_others_while_there_is_no_other() -> None:
    endpoint = Endpoint()
    async with shown(endpoint, no_sooner=1) as credentials:
        await credentials.headers(NOBODY, soon())
        await asyncio.sleep(2)
        endpoint.answer = httpx.Response(503)
        with pytest.raises(UpstreamUnavailable):
            await credentials.renewed(bearer("t1"), soon())
        assert await credentials.headers(NOBODY, soon()) == bearer("t1")


async def test_a_failing_renewal_behind_the_calls_is_not_repeated_with_each_of_them() -> None:
    endpoint = Endpoint(expires_in=100)
    async with shown(endpoint, no_sooner=10) as credentials:
        await credentials.headers(NOBODY, soon())
        await asyncio.sleep(85)
        endpoint.answer = httpx.Response(503)
        for _ in range(20):
            assert await credentials.headers(NOBODY, soon()) == bearer("t1")
            await asyncio.sleep(0.01)
    assert len(endpoint.seen) == 2


async def test_a_fetch_ends_in_its_time_and_a_wait_for_it_in_the_callers() -> None:
    endpoint = Endpoint()
    endpoint.open.clear()
    async with shown(endpoint, timeout=0.1) as credentials, asyncio.timeout(3):
        with pytest.raises(UpstreamUnavailable, match="no token"):
            await credentials.headers(NOBODY, asyncio.get_running_loop().time() + 0.01)
        with pytest.raises(UpstreamUnavailable, match="token endpoint"):
            await credentials.headers(NOBODY, soon())


async def test_a_fetch_under_way_ends_with_the_gateway() -> None:
    endpoint = Endpoint()
    endpoint.open.clear()
    async with shown(endpoint) as credentials:
        waiting = asyncio.create_task(credentials.headers(NOBODY, soon()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await credentials.aclose()
        await asyncio.gather(waiting, return_exceptions=True)
    assert waiting.done()
