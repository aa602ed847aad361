"""What is kept and for how long: through the front door, and how often the upstream was asked."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.background import Background
from gateway.cache.ledger import Ledger
from gateway.cache.memory import Memory
from gateway.cache.policy import NOTHING_KEPT
from gateway.domain import CustomerId, Fetched, KpiKey, Partition, Period
from gateway.errors import GatewayError
from gateway.kpis import Kpis
from gateway.sandbox import Sandbox, SandboxTransport
from gateway.upstream.credentials import Credential
from gateway.upstream.sender import Ask
from tests.caching import CLOSED, EARLIER, OPEN, ask, figures, freshness
from tests.conftest import Gateway, items, now, serving

SETTLING = '(to: "2026-06-10")'  # five days before NOON
LIVE, CACHED = ["LIVE"] * 2, ["CACHED"] * 2


@pytest.fixture
async def gateway(sandbox: Sandbox) -> AsyncIterator[Gateway]:
    """Return a gateway that keeps what it fetched, of callers that are vouched for all day."""
    async with serving(SandboxTransport(sandbox), cache_url="memory://", cache_vouched=3600) as gateway:
        yield gateway


async def test_what_was_fetched_is_live_and_then_cached_with_the_same_figures(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    first = await ask(gateway, 1, 2)
    await asyncio.sleep(5)
    second = await ask(gateway, 1, 2)
    assert (freshness(first), freshness(second)) == (LIVE, CACHED)
    assert figures(first) == figures(second)
    assert [customer["kpi"]["asOf"] for customer in second.data["customers"]] == ["2026-06-15T12:16:40.000Z"] * 2
    assert items(sandbox.calls) == 2


@pytest.mark.parametrize(("period", "life"), [(OPEN, 30), ('(from: "2024-01-01")', 30), (SETTLING, 30), (CLOSED, 3600)])
async def test_a_value_lives_as_long_as_its_period_lets_it(
    gateway: Gateway, sandbox: Sandbox, period: str, life: int
) -> None:
    seen = []
    for wait in (0, life * 0.75, life * 0.26):
        await asyncio.sleep(wait)
        seen.append(freshness(await ask(gateway, 1, 2, period=period)))
    assert seen == [LIVE, CACHED, LIVE]
    assert items(sandbox.calls) == 4


async def test_an_unknown_customer_lives_as_an_open_period(gateway: Gateway, sandbox: Sandbox) -> None:
    for wait, count in ((0, 1), (20, 1), (11, 2)):
        await asyncio.sleep(wait)
        reply = await ask(gateway, 5000)
        assert (figures(reply), reply.errors, items(sandbox.calls)) == ([None], [], count)


@pytest.mark.parametrize("status", [403, 404, 409, 500])
async def test_an_error_is_not_kept(gateway: Gateway, sandbox: Sandbox, status: int) -> None:
    sandbox.switches = sandbox.switches.changed({"fail": {1: status}})
    await ask(gateway, 1, 2)
    sandbox.switches = sandbox.switches.changed({"fail": {}})
    await asyncio.sleep(31)
    assert freshness(await ask(gateway, 1, 2)) == ["LIVE", "CACHED"]


async def test_periods_of_one_customer_are_kept_apart(gateway: Gateway) -> None:
    first = [figures(await ask(gateway, 1, period=period)) for period in (OPEN, CLOSED, EARLIER)]
    again = [await ask(gateway, 1, period=period) for period in (OPEN, CLOSED, EARLIER)]
    assert [figures(reply) for reply in again] == first
    assert [freshness(reply) for reply in again] == [["CACHED"]] * 3
    assert len(set(map(str, first))) == 3


async def test_callers_share_nothing(gateway: Gateway, sandbox: Sandbox) -> None:
    for token in ("demo", "demo-2"):
        assert freshness(await ask(gateway, 1, 2, token=token)) == LIVE
    assert items(sandbox.calls) == 4


async def test_with_the_gateways_own_credential_everyone_is_one_caller(sandbox: Sandbox) -> None:
    own = {"upstream_auth": "bearer", "upstream_token": "demo", "allow_anonymous": True, "cache_url": "memory://"}
    async with serving(SandboxTransport(sandbox), **own) as gateway:
        assert freshness(await ask(gateway, 1, 2, token="a")) == LIVE
        await asyncio.sleep(600)
        assert freshness(await ask(gateway, 1, 2, token="b")) == CACHED
    assert items(sandbox.calls) == 2


async def test_with_no_cache_every_operation_asks(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox), cache_url="none://") as gateway:
        replies = [await ask(gateway, 1, 2) for _ in range(3)]
    assert [freshness(reply) for reply in replies] == [LIVE] * 3
    assert {reply.headers["cache-control"] for reply in replies} == {"no-store"}
    assert items(sandbox.calls) == 6


async def test_what_was_not_used_for_longest_goes_first(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox), cache_url="memory://", cache_entries=3) as gateway:
        for number in (1, 2, 3, 1, 4):
            await ask(gateway, number)
        assert freshness(await ask(gateway, 1, 3, 4)) == ["CACHED"] * 3
        assert freshness(await ask(gateway, 2)) == ["LIVE"]


class Saying:
    """An upstream that says how long its answers may be kept."""

    def __init__(self, sandbox: Sandbox, headers: dict[str, str]) -> None:
        self._sandbox = SandboxTransport(sandbox)
        self.headers = headers

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        response = await self._sandbox.handle_async_request(request)
        response.headers.update(self.headers)
        return response


@pytest.mark.parametrize(
    ("headers", "period", "life"),
    [
        ({"Cache-Control": "max-age=100"}, OPEN, 100),
        ({"Cache-Control": "max-age=100"}, CLOSED, 100),
        ({"Cache-Control": "private, max-age=100.5", "Age": "40.5"}, CLOSED, 60),
        ({"Cache-Control": "private"}, CLOSED, 3600),
    ],
)
async def test_the_upstreams_own_word_wins(sandbox: Sandbox, headers: dict[str, str], period: str, life: int) -> None:
    transport = httpx.MockTransport(Saying(sandbox, headers))
    async with serving(transport, cache_url="memory://", cache_vouched=3600) as gateway:
        seen = []
        for wait in (0, life * 0.75, life * 0.26):
            await asyncio.sleep(wait)
            seen.append(freshness(await ask(gateway, 1, 2, period=period)))
    assert seen == [LIVE, CACHED, LIVE]


@pytest.mark.parametrize("said", ["no-store", "no-cache, max-age=60", "max-age=0", "max-age=soon"])
async def test_what_the_upstream_wants_not_kept_is_not_kept_nor_what_was_kept_before(
    sandbox: Sandbox, said: str
) -> None:
    upstream = Saying(sandbox, {})
    async with serving(httpx.MockTransport(upstream), cache_url="memory://") as gateway:
        await ask(gateway, 1, 2, period=OPEN)
        upstream.headers = {"Cache-Control": said}
        await asyncio.sleep(31)
        replies = [await ask(gateway, 1, 2, period=OPEN) for _ in range(2)]
        sandbox.switches = sandbox.switches.changed({"fault": "503"})
        last = await ask(gateway, 1, 2, period=OPEN)
    assert [freshness(reply) for reply in replies] == [LIVE] * 2
    assert {reply.headers["cache-control"] for reply in replies} == {"no-store"}
    assert freshness(last) == ["UPSTREAM_UNAVAILABLE"] * 2


async def test_keys_of_two_callers_are_never_fetched_together_and_none_are_nothing() -> None:
    async def fetch(*_: object) -> dict[KpiKey, Fetched | GatewayError]:
        raise AssertionError("nothing was to be asked")

    kpis = Kpis(fetch, Ledger(NOTHING_KEPT, Memory(1), None, now), Background(1), clock=now, timeout=1)
    keys = [KpiKey(Partition(caller), CustomerId(1), Period(None, None)) for caller in ("one", "another")]
    ask = Ask(Credential(()), "id", deadline=1)
    with pytest.raises(ValueError, match="two partitions"):
        await kpis.fetch(ask, keys)
    assert await kpis.fetch(ask, []) == {}
