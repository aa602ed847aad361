"""Exchanges over any httpx transport: the sandbox in the same process, and what tests put in the upstream's place.

No client stands over the transport that could keep cookies, follow redirects, read the environment or add headers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import httpx

from gateway.errors import GatewayError, InternalError, UpstreamContract, UpstreamTimeout, UpstreamUnavailable
from gateway.upstream.exchange import Answer, Request, read_body


class HttpxExchange:
    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def send(self, request: Request) -> Answer:
        with _translated():
            response = await self._transport.handle_async_request(_httpx(request))
            try:
                pieces = aiter(cast("httpx.AsyncByteStream", response.stream))
                coding = response.headers.get("content-encoding", "")
                body = await read_body(pieces, response.status_code, coding)
                return Answer(response.status_code, dict(response.headers), body)
            finally:
                await response.aclose()

    async def aclose(self) -> None:
        await self._transport.aclose()


def _httpx(request: Request) -> httpx.Request:
    headers = [(name.encode(), value.encode()) for name, value in request.headers]
    return httpx.Request(request.method, request.url, content=request.content, headers=headers)


_OURS: dict[type[Exception], type[GatewayError]] = {
    httpx.TimeoutException: UpstreamTimeout,
    httpx.ConnectTimeout: UpstreamUnavailable,
    httpx.TransportError: UpstreamUnavailable,
    httpx.DecodingError: UpstreamContract,
    httpx.TooManyRedirects: UpstreamContract,
    # What follows would be a mistake of ours, not a failure of the upstream.
    httpx.UnsupportedProtocol: InternalError,
    httpx.LocalProtocolError: InternalError,
    httpx.HTTPError: InternalError,
    httpx.InvalidURL: InternalError,
    httpx.CookieConflict: InternalError,
    httpx.StreamError: InternalError,
}


def translate(error: Exception) -> GatewayError:
    """Return our failure for one of httpx's: the nearest of its classes that is mapped.

    What it says goes to the log; of a protocol error only the name, for that one quotes the upstream.
    """
    ours = next(_OURS[base] for base in type(error).__mro__ if base in _OURS)
    name = type(error).__name__
    return ours(name if isinstance(error, httpx.ProtocolError) else f"{name}: {error}")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except tuple(_OURS) as error:
        raise translate(error) from error
