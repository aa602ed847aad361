"""The network: the data path's exchange, over aiohttp's connections.

aiohttp's pool survives what httpx's own does not: a call may be cancelled at any moment (encode/httpcore#1093).
Nothing else of aiohttp is used: no cookies, redirects or decompression, no headers of its own, and no second attempt
of its own, for retries are counted elsewhere.
"""

import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.request import getproxies, proxy_bypass

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from gateway.errors import InternalError, UpstreamError, UpstreamUnavailable
from gateway.upstream.exchange import Answer, Request, read_body

CONNECT_TIMEOUT = 3.0  # seconds for a connection, TLS included
IDLE = (
    4.0  # seconds until a connection is used no more: many servers close theirs at five, just as a probe would use it
)
_HTTP_PROXY = re.compile("https?://[^/]")
_DEFAULT_HEADERS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class Network:
    """Keeps at most so many connections; made inside the loop that it serves, or lazily by its first request.

    Of the environment it takes what is customary: ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` name the certificate
    authorities that are trusted, ``HTTPS_PROXY``, ``HTTP_PROXY`` and ``NO_PROXY`` the way.
    """

    def __init__(self, *, connections: int, connect_timeout: float = CONNECT_TIMEOUT, idle: float = IDLE) -> None:
        self._connections = connections
        self._idle = idle
        self._connect_timeout = connect_timeout
        self._session: aiohttp.ClientSession | None = None
        self._proxies: dict[tuple[str, str | None], str | None] = {}

    async def send(self, request: Request) -> Answer:
        url = URL(request.url, encoded=True)
        with _translated():
            async with self._opened().request(
                request.method,
                url,
                headers=request.headers,
                data=request.content,
                allow_redirects=False,
                proxy=self._proxy(url),
            ) as response:
                coding = response.headers.get("content-encoding", "")
                body = await read_body(response.content.iter_any(), response.status, coding)
                return Answer(response.status, _by_name(response.headers), body)

    async def aclose(self) -> None:
        if self._session:
            await self._session.close()

    def _proxy(self, url: URL) -> str | None:
        """Return the proxy that the environment names for the address, which is read once for each host."""
        place = (url.scheme, url.host)
        if place not in self._proxies:
            self._proxies[place] = proxy_for(url)
        return self._proxies[place]

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._connections, keepalive_timeout=self._idle, ssl=ssl.create_default_context()
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._connect_timeout),
                auto_decompress=False,
                skip_auto_headers=_DEFAULT_HEADERS,
                middlewares=(_once,),
            )
        return self._session


def _by_name(headers: CIMultiDictProxy[str]) -> Mapping[str, str]:
    """Return the headers by name; a name that is there more than once has one value, as HTTP has it."""
    return CIMultiDict((name, ", ".join(headers.getall(name))) for name in headers)


def proxy_for(url: URL) -> str | None:
    """Return the address of the proxy that the environment names for ``url``, or None.

    ValueError, without the address, for one that is not an HTTP proxy's.
    """
    proxy = None if proxy_bypass(url.host or "") else getproxies().get(url.scheme)
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    if proxy and not _HTTP_PROXY.match(proxy):
        raise ValueError(f"{url.scheme.upper()}_PROXY is not the address of an HTTP proxy: http://host:port is wanted")
    return proxy


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating what a lost connection ended: it does so for the failures that it knows."""
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise translate(error) from error


_OURS: dict[type[Exception], type[UpstreamError | InternalError]] = {
    aiohttp.InvalidURL: InternalError,
    aiohttp.ClientError: UpstreamUnavailable,
}


def translate(error: Exception) -> UpstreamError | InternalError:
    """Return our failure for one of aiohttp's: the nearest of its classes that is mapped, and only its name.

    What it says would quote the upstream's address or words.
    """
    ours = next(_OURS[base] for base in type(error).__mro__ if base in _OURS)
    return ours(type(error).__name__)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except aiohttp.ClientError as error:
        raise translate(error) from error
