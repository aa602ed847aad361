"""An issuer's keys through outages, rotations and crowds: who is refused, and how often keys are asked for."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from gateway.errors import CallerRefused
from gateway.identity.bearers import Bearers
from gateway.identity.issuer import EVERY, FIRST, FLOOR, KEPT, PATIENCE, Issuer
from gateway.identity.jwks import END, fetch
from gateway.identity.keys import Keys, UnusableKeysError, read
from gateway.identity.tokens import Rules
from gateway.sandbox import SandboxTransport, Switches, create_sandbox
from tests.conftest import NOON, Gateway, Reply, headers, now, serving
from tests.issuing import AUDIENCE, ISSUER, JWKS_URL, JWT, Publisher, bearing, pair, public, token

HOUR = 3600.0
AWAY = httpx.ConnectError("nobody is there")


@asynccontextmanager
async def guarded(publisher: httpx.AsyncBaseTransport) -> AsyncIterator[Gateway]:
    """Run a gateway that knows its callers by their tokens, before an upstream that answers anyone."""
    upstream = SandboxTransport(create_sandbox(Switches(csharp_method="Any", auth="none")))
    async with serving(upstream, publisher, **JWT) as gateway:
        yield gateway


async def ask(gateway: Gateway, text: str | None = None) -> Reply:
    return await gateway.kpis([1], headers=bearing(text or token(exp=int(NOON) + 10**6)))


async def test_an_outage_of_an_hour_refuses_nobody_whose_key_is_known(caplog: pytest.LogCaptureFixture) -> None:
    publisher = Publisher()
    async with guarded(publisher) as gateway:
        assert (await ask(gateway)).status == 200
        publisher.answer = AWAY
        for minute in range(0, 60, 5):
            await asyncio.sleep(5 * 60)
            new = token(exp=int(NOON) + 10**6, jti=minute)
            assert [(await ask(gateway)).status, (await ask(gateway, new)).status] == [200, 200]
        assert 0.8 * HOUR / FLOOR < len(publisher.asked) <= 2 + HOUR / FLOOR
        assert {record.message for record in caplog.records} == {
            "the keys of GATEWAY_JWKS_URL: ConnectError; the last go on"
        }


async def test_nobody_can_be_known_until_there_are_keys_and_the_caller_is_told_when_to_ask_again() -> None:
    publisher = Publisher()
    publisher.answer = AWAY
    async with guarded(publisher) as gateway:
        reply = await ask(gateway)
        assert (reply.status, reply.codes, reply.headers["retry-after"]) == (503, ["UPSTREAM_UNAVAILABLE"], "1")
        assert (reply.errors[0]["extensions"]["retryable"], "www-authenticate" in reply.headers) == (True, False)
        await asyncio.sleep(4 * FIRST)
        assert (await ask(gateway)).headers["retry-after"] == "3"
        publisher.answer = None
        await asyncio.sleep(3)
        assert (await ask(gateway)).status == 200


async def test_a_gateway_is_not_ready_until_it_can_tell_callers_and_stays_so_through_an_outage() -> None:
    publisher = Publisher()
    publisher.answer = AWAY
    async with guarded(publisher) as gateway:
        await asyncio.sleep(FIRST / 2)
        response = await gateway.http.get("/health/ready")
        assert (response.status_code, response.json()["reasons"]) == (
            503, ["there are no keys of GATEWAY_JWKS_URL to verify callers' tokens with"],
        )  # fmt: skip
        publisher.answer = None
        await asyncio.sleep(FIRST)
        assert (await gateway.http.get("/health/ready")).json() == {"status": "ready", "reasons": []}
        publisher.answer = AWAY
        await asyncio.sleep(HOUR)
        assert (await gateway.http.get("/health/ready")).status_code == 200


async def test_who_never_had_keys_goes_on_to_ask_for_them_every_half_minute() -> None:
    began: list[float] = []

    async def fetch() -> Keys:
        began.append(asyncio.get_running_loop().time())
        raise UnusableKeysError("away")

    issuer = Issuer(fetch)
    issuer.watch()
    await asyncio.sleep(HOUR)
    await issuer.aclose()
    pauses = [later - earlier for earlier, later in itertools.pairwise(began)]
    assert (pauses[:3], set(pauses[5:])) == ([FIRST, 2 * FIRST, 4 * FIRST], {FLOOR})


async def test_who_shows_no_token_is_told_so_also_without_keys() -> None:
    publisher = Publisher()
    publisher.answer = AWAY
    async with guarded(publisher) as gateway:
        assert (await gateway.kpis([1], headers={})).status == 401


async def test_a_request_that_comes_before_the_first_keys_waits_for_them() -> None:
    async with guarded(Slow(2)) as gateway:
        assert (await ask(gateway)).status == 200


async def test_no_request_waits_long_for_keys_and_no_fetch_goes_on_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with guarded(Slow(HOUR)) as gateway:
        assert (await ask(gateway)).status == 503
        assert loop.time() == began + PATIENCE
        await asyncio.sleep(END)
        assert "no answer within 5 seconds; there are none" in caplog.text


async def test_a_new_token_of_a_known_key_waits_for_no_fetch() -> None:
    publisher, loop = Slow(0), asyncio.get_running_loop()
    async with guarded(publisher) as gateway:
        assert (await ask(gateway)).status == 200
        publisher.seconds = HOUR
        await asyncio.sleep(FLOOR)
        began = loop.time()
        assert (await ask(gateway, token(jti="new"))).status == 200
        assert (loop.time() - began, publisher.asked) == (0, 1)


async def test_a_new_key_is_known_at_once_when_a_token_names_it() -> None:
    publisher = Publisher()
    async with guarded(publisher) as gateway:
        assert (await ask(gateway)).status == 200
        publisher.keys.append(public(pair("RSA", 2), "k2"))
        await asyncio.sleep(FLOOR)
        assert (await ask(gateway, token({"kid": "k2"}, pair("RSA", 2)))).status == 200
        assert len(publisher.asked) == 2


async def test_a_thousand_tokens_of_unknown_keys_make_one_fetch() -> None:
    publisher = Slow(0.1)
    issuer = Issuer(lambda: fetch(JWKS_URL, lambda: httpx.AsyncClient(transport=publisher)))
    identify = Bearers(issuer, Rules(ISSUER, AUDIENCE), key=b"a key", own=None, clock=now)
    assert await issuer.renewed()
    await asyncio.sleep(FLOOR)
    texts = [token({"kid": f"k{number}"}) for number in (0, 2, 3, 4)] * 250
    crowd = [identify(headers(bearing(text))) for text in texts]
    refused = await asyncio.gather(*(each for each in crowd if isinstance(each, Awaitable)), return_exceptions=True)
    assert [each.status for each in refused if isinstance(each, CallerRefused)] == [401] * 1000
    assert publisher.asked == 2


async def test_rubbish_makes_no_more_fetches_than_one_in_half_a_minute() -> None:
    publisher = Publisher()
    async with guarded(publisher) as gateway:
        for number in range(60):
            assert (await ask(gateway, token({"kid": f"r{number}"}))).status == 401
            await asyncio.sleep(5)
        assert len(publisher.asked) <= 1 + 300 / FLOOR


async def test_whether_a_key_is_unknown_cannot_be_said_while_the_latest_cannot_be_had() -> None:
    publisher = Publisher()
    async with guarded(publisher) as gateway:
        assert (await ask(gateway)).status == 200
        publisher.answer = AWAY
        await asyncio.sleep(FLOOR)
        replies = [await ask(gateway, token({"kid": "k2"})) for _ in range(2)]
        assert [(reply.status, reply.headers["retry-after"]) for reply in replies] == [(503, "30"), (503, "30")]
        assert (await ask(gateway, token({}, pair("RSA", 2)))).status == 401
        assert len(publisher.asked) == 2


async def test_keys_are_renewed_behind_the_requests_and_a_withdrawn_one_stops_counting() -> None:
    publisher = Publisher()
    async with guarded(publisher) as gateway:
        assert (await ask(gateway)).status == 200
        publisher.keys = [public(pair("RSA", 2), "k2")]
        await asyncio.sleep(EVERY + 1)
        assert len(publisher.asked) == 2
        assert (await ask(gateway)).status == 401


async def test_keys_that_could_not_be_renewed_for_a_day_count_no_more(caplog: pytest.LogCaptureFixture) -> None:
    async def fetch() -> Keys:
        if loop.time() > began:
            raise UnusableKeysError("away")
        return await keys()

    caplog.set_level("CRITICAL")
    loop = asyncio.get_running_loop()
    began = loop.time()
    issuer = Issuer(fetch)
    issuer.watch()
    await asyncio.sleep(KEPT - 1)
    assert issuer.has_keys
    await asyncio.sleep(2)
    assert not issuer.has_keys
    await issuer.aclose()


@pytest.mark.parametrize("fault", [UnusableKeysError("hunter2"), ZeroDivisionError("hunter2")])
async def test_whatever_goes_wrong_there_is_a_next_fetch_and_each_is_told(fault: Exception) -> None:
    answers = iter([fault, fault, None, fault])

    async def fetch() -> Keys:
        if failed := next(answers):
            raise failed
        return await keys()

    told: list[str] = []
    issuer = Issuer(fetch, told.append)
    assert not issuer.has_keys
    assert "GATEWAY_JWKS_URL" in (issuer.amiss() or "")
    issuer.watch()
    await asyncio.sleep(3.5 * FIRST)
    assert (told, issuer.has_keys) == (["failed", "failed", "ok"], True)
    assert issuer.amiss() is None
    before = issuer.keys
    await asyncio.sleep(EVERY + 1)
    assert (told[3:], issuer.keys) == (["failed"], before)
    await issuer.aclose()


async def test_keys_that_are_published_again_are_the_same_object() -> None:
    issuer = Issuer(keys)
    assert await issuer.renewed()
    before = issuer.keys
    await asyncio.sleep(FLOOR)
    assert await issuer.renewed()
    assert issuer.keys is before


@pytest.mark.parametrize("work", [Issuer.watch, Issuer.renewed])
async def test_nothing_is_left_when_it_is_closed(work: Callable[[Issuer], Awaitable[bool] | None]) -> None:
    issuer = Issuer(lambda: asyncio.sleep(HOUR, Keys()))
    begun = work(issuer)
    waiting = asyncio.ensure_future(begun) if begun else None
    await asyncio.sleep(1)
    await issuer.aclose()
    if waiting:
        assert await waiting is False
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def keys() -> Keys:
    return read(httpx.Response(200, json={"keys": Publisher().keys}).content)


class Slow(httpx.AsyncBaseTransport):
    """Publishes keys after so many seconds, and counts."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.asked = 0

    async def handle_async_request(self, _: httpx.Request) -> httpx.Response:
        self.asked += 1
        await asyncio.sleep(self.seconds)
        return httpx.Response(200, json={"keys": Publisher().keys})
