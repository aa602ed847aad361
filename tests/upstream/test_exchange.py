"""One call: what leaves, what may come back, how long it may take, and how it fails."""

import asyncio
import gzip
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from gateway.errors import (
    GatewayError,
    InternalError,
    UpstreamContract,
    UpstreamError,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from gateway.upstream.credentials import Credential
from gateway.upstream.exchange import MAX_ANSWER_BYTES, Answer, Ask, Call, Exchange, translate
from gateway.upstream.transport import NetworkTransport

GET = Call("GET", "customer/1/kpi", "application/json", {}, {})


def ask(seconds: float = 5) -> Ask:
    deadline = asyncio.get_running_loop().time() + seconds
    return Ask(Credential((("Authorization", "Bearer demo"),)), "id-7", deadline)


@asynccontextmanager
async def exchanging(
    transport: httpx.AsyncBaseTransport | None = None,
    *,
    base: str = "http://upstream.test/v1",
    concurrency: int = 4,
    timeout: float = 5,  # noqa: ASYNC109  # a setting
) -> AsyncIterator[Exchange]:
    """Exchange over the transport, or over the network."""
    async with transport or NetworkTransport(connections=concurrency) as opened:
        yield Exchange(opened, base, concurrency=concurrency, timeout=timeout)


async def test_nothing_leaves_but_what_is_listed() -> None:
    seen: list[httpx.Request] = []

    def upstream(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, headers={"Set-Cookie": "ss-id=alice; Path=/"})

    call = Call("POST", "json/reply/X[]", "application/json", {"_": "1"}, {"Content-Type": "application/json"}, b"[]")
    async with exchanging(httpx.MockTransport(upstream)) as exchange:
        await exchange.send(ask(), call)
        await exchange.send(ask(), call)
    assert seen[1].url == "http://upstream.test/v1/json/reply/X[]?_=1"
    assert seen[1].headers.raw == [
        (b"Host", b"upstream.test"),
        (b"Accept", b"application/json"),
        (b"Accept-Encoding", b"gzip"),
        (b"X-Request-Id", b"id-7"),
        (b"Authorization", b"Bearer demo"),
        (b"Content-Type", b"application/json"),
        (b"Content-Length", b"2"),
    ]


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    def upstream(_: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"Location": "http://elsewhere.test/"})

    async with exchanging(httpx.MockTransport(upstream)) as exchange:
        assert (await exchange.send(ask(), GET)).status == 302


async def test_a_compressed_answer_is_read() -> None:
    def upstream(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(gzip.compress(b"[]")))

    async with exchanging(httpx.MockTransport(upstream)) as exchange:
        assert (await exchange.send(ask(), GET)).body == b"[]"


@pytest.mark.parametrize(
    ("header", "media"),
    [("application/JSON ; charset=utf-8", "application/json"), ("", ""), ("text/html", "text/html")],
)
def test_a_media_type_is_told_without_its_parameters(header: str, media: str) -> None:
    assert Answer(200, {"content-type": header}, b"").media_type == media


def all_of(error: type[Exception]) -> list[type[Exception]]:
    return [error, *(each for child in error.__subclasses__() for each in all_of(child))]


HTTPX = [
    each
    for root in (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError)
    for each in all_of(root)
]


def instance(error: type[Exception]) -> Exception:
    made = error.__new__(error)
    made.args = ("hunter2",)
    return made


@pytest.mark.parametrize("error", HTTPX)
def test_each_of_httpxs_failures_is_one_of_ours(error: type[Exception]) -> None:
    assert isinstance(translate(instance(error)), UpstreamError | InternalError)


def test_httpx_has_no_failure_outside_the_four_trees() -> None:
    public = {each for each in vars(httpx).values() if isinstance(each, type) and issubclass(each, Exception)}
    assert public <= set(HTTPX)


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (httpx.ReadTimeout, UpstreamTimeout),
        (httpx.ConnectTimeout, UpstreamTimeout),
        (httpx.PoolTimeout, UpstreamTimeout),
        (httpx.ConnectError, UpstreamUnavailable),
        (httpx.ReadError, UpstreamUnavailable),
        (httpx.RemoteProtocolError, UpstreamUnavailable),
        (httpx.ProxyError, UpstreamUnavailable),
        (httpx.DecodingError, UpstreamContract),
        (httpx.LocalProtocolError, InternalError),
        (httpx.UnsupportedProtocol, InternalError),
        (httpx.ResponseNotRead, InternalError),
    ],
)
def test_the_nearest_failure_is_chosen(error: type[Exception], ours: type[GatewayError]) -> None:
    assert type(translate(instance(error))) is ours


async def test_a_failed_call_is_raised_as_ours() -> None:
    def upstream(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("hunter2", request=request)

    async with exchanging(httpx.MockTransport(upstream)) as exchange:
        with pytest.raises(UpstreamUnavailable) as failure:
            await exchange.send(ask(), GET)
    assert "hunter2" not in failure.value.public


async def test_a_bomb_is_not_inflated_to_its_end() -> None:
    bomb = gzip.compress(bytes(20 * MAX_ANSWER_BYTES))
    assert len(bomb) < MAX_ANSWER_BYTES / 40

    def upstream(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(bomb))

    async with exchanging(httpx.MockTransport(upstream)) as exchange:
        tracemalloc.start()
        with pytest.raises(UpstreamContract, match="too large"):
            await exchange.send(ask(), GET)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 4 * MAX_ANSWER_BYTES


@pytest.mark.parametrize(("encoding", "body"), [("gzip", b"no gzip"), ("br", b"[]"), ("deflate", b"[]")])
async def test_an_answer_in_another_coding_is_a_breach(encoding: str, body: bytes) -> None:
    def upstream(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": encoding}, stream=httpx.ByteStream(body))

    async with exchanging(httpx.MockTransport(upstream)) as exchange:
        with pytest.raises(UpstreamContract):
            await exchange.send(ask(), GET)


class Watched(httpx.AsyncByteStream):
    """A body that tells whether it was closed."""

    closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield bytes(1024 * 1024)

    async def aclose(self) -> None:
        self.closed = True


async def test_an_answer_is_closed_even_when_it_is_not_read() -> None:
    body = Watched()
    async with exchanging(httpx.MockTransport(lambda _: httpx.Response(200, stream=body))) as exchange:
        with pytest.raises(UpstreamContract):
            await exchange.send(ask(), GET)
    assert body.closed


async def test_an_answer_beyond_bounds_is_not_read_to_its_end() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1024 * 1024
            yield bytes(1024 * 1024)

    def upstream(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=endless())

    async with exchanging(httpx.MockTransport(upstream)) as exchange:
        with pytest.raises(UpstreamContract):
            await exchange.send(ask(), GET)
    assert sent <= MAX_ANSWER_BYTES + 2 * 1024 * 1024


async def test_after_the_deadline_nothing_is_sent() -> None:
    calls = 0

    def upstream(_: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        return httpx.Response(200)

    async with exchanging(httpx.MockTransport(upstream)) as exchange:
        with pytest.raises(UpstreamTimeout):
            await exchange.send(ask(seconds=-1), GET)
        assert (calls, (await exchange.send(ask(), GET)).status) == (0, 200)


async def test_no_more_calls_are_under_way_than_allowed_and_waiting_for_one_ends() -> None:
    under_way: set[object] = set()
    most = 0

    async def upstream(request: httpx.Request) -> httpx.Response:
        nonlocal most
        under_way.add(request)
        most = max(most, len(under_way))
        await asyncio.sleep(0.1)
        under_way.discard(request)
        return httpx.Response(200)

    async with exchanging(httpx.MockTransport(upstream), concurrency=2) as exchange:
        calls = [exchange.send(ask(seconds=0.15), GET) for _ in range(10)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert most == 2
    assert {type(outcome) for outcome in outcomes} == {Answer, UpstreamTimeout}
