"""The network: httpx's transport interface over aiohttp's connections.

httpx's own pool loses a connection when a call on it is cancelled (encode/httpcore#1093), until none is left, so that
no call could be given an end from outside. aiohttp's closes that connection and opens another. Nothing else of aiohttp
is used: no cookies, redirects or decompression, no proxies or credentials of the environment, no headers of its own.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import aiohttp
import httpx
from yarl import URL

_DEFAULT_HEADERS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class NetworkTransport(httpx.AsyncBaseTransport):
    """Keeps at most so many connections; made inside the loop that it serves, or lazily by its first request."""

    def __init__(self, *, connections: int) -> None:
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with _as_httpx():
            response = await self._opened().request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=[(name.decode(), value.decode()) for name, value in request.headers.raw],
                data=request.content or None,
                allow_redirects=False,
            )
        return httpx.Response(response.status, headers=list(response.raw_headers), stream=_Body(response))

    async def aclose(self) -> None:
        if self._session:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),  # the exchange has the clock
                auto_decompress=False,
                skip_auto_headers=_DEFAULT_HEADERS,
            )
        return self._session


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx():
            async for piece in self._response.content.iter_any():
                yield piece

    async def aclose(self) -> None:
        """Give the connection back when the body was read to its end, else close it."""
        self._response.release()


_HTTPX: dict[type[Exception], type[httpx.TransportError]] = {
    aiohttp.ServerTimeoutError: httpx.ReadTimeout,
    aiohttp.ClientConnectorError: httpx.ConnectError,
    aiohttp.ClientResponseError: httpx.RemoteProtocolError,
    aiohttp.InvalidURL: httpx.UnsupportedProtocol,
    aiohttp.ClientError: httpx.ReadError,
}


def as_httpx(error: Exception) -> httpx.TransportError:
    """Return httpx's failure for one of aiohttp's: the nearest of its classes that is mapped."""
    ours = next(_HTTPX[base] for base in type(error).__mro__ if base in _HTTPX)
    return ours(type(error).__name__)


@contextmanager
def _as_httpx() -> Iterator[None]:
    try:
        yield
    except aiohttp.ClientError as error:
        raise as_httpx(error) from error
