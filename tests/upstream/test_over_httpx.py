"""Exchanges over an httpx transport: what it gets, and how its failures are ours."""

from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.errors import GatewayError, InternalError, UpstreamContract, UpstreamError, UpstreamTimeout
from gateway.errors import UpstreamUnavailable as Unavailable
from gateway.upstream.exchange import Request
from gateway.upstream.over_httpx import HttpxExchange, translate

GET = Request("GET", "http://upstream.test/customer/1/kpi", (("Accept", "application/json"),))


async def test_the_transport_gets_what_is_listed_and_no_cookie_comes_back() -> None:
    seen: list[httpx.Request] = []

    def upstream(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, headers={"Set-Cookie": "ss-id=alice; Path=/"})

    exchange = HttpxExchange(httpx.MockTransport(upstream))
    for _ in range(2):
        await exchange.send(Request("POST", "http://upstream.test/v1/X[]?_=1", (("A", "b"),), b"[]"))
    assert seen[1].url == "http://upstream.test/v1/X[]?_=1"
    assert seen[1].headers.raw == [(b"Host", b"upstream.test"), (b"A", b"b"), (b"Content-Length", b"2")]
    assert seen[1].content == b"[]"


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    exchange = HttpxExchange(
        httpx.MockTransport(lambda _: httpx.Response(302, headers={"Location": "http://elsewhere.test/"}))
    )
    assert (await exchange.send(GET)).status == 302


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
        (httpx.ConnectTimeout, Unavailable),
        (httpx.PoolTimeout, UpstreamTimeout),
        (httpx.ConnectError, Unavailable),
        (httpx.ReadError, Unavailable),
        (httpx.RemoteProtocolError, Unavailable),
        (httpx.ProxyError, Unavailable),
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

    with pytest.raises(Unavailable) as failure:
        await HttpxExchange(httpx.MockTransport(upstream)).send(GET)
    assert "hunter2" not in failure.value.public


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
    exchange = HttpxExchange(httpx.MockTransport(lambda _: httpx.Response(200, stream=body)))
    with pytest.raises(UpstreamContract):
        await exchange.send(GET)
    assert body.closed
