"""One call: a request out, an answer in, under a deadline and within bounds; httpx's failures become ours here."""

import asyncio
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import httpx

from gateway.errors import (
    GatewayError,
    InternalError,
    UpstreamContract,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from gateway.upstream.credentials import Credential

_GZIP = 31  # zlib's name for the format
MAX_ANSWER_BYTES = 8 * 1024 * 1024  # a batch of a thousand KPIs is a fortieth of it


@dataclass(frozen=True, slots=True)
class Ask:
    """On whose behalf calls are made, and until when (the loop's clock, seconds)."""

    credential: Credential
    request_id: str
    deadline: float


@dataclass(frozen=True, slots=True)
class Call:
    """What is sent: ``path`` is relative to the service's base address."""

    method: str
    path: str
    accept: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the whole body, within bounds."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Exchange:
    """Sends calls, at most ``concurrency`` at once; one attempt ends within ``timeout`` seconds, whatever happens.

    ``transport`` is all of httpx that is used: no client stands over it that could keep cookies, follow redirects
    or add headers.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport, base_url: str, *, concurrency: int, timeout: float) -> None:
        self._transport = transport
        self._base_url = httpx.URL(base_url.rstrip("/") + "/")
        self._slots = asyncio.Semaphore(concurrency)
        self._timeout = timeout

    async def send(self, ask: Ask, call: Call) -> Answer:
        """Return the upstream's answer, whatever its status; raises the GatewayError of a failed call."""
        try:
            async with asyncio.timeout_at(ask.deadline):
                await self._slots.acquire()
        except TimeoutError:
            raise UpstreamTimeout("every slot for calls was taken") from None
        try:
            return await self._attempt(ask, call)
        finally:
            self._slots.release()

    async def _attempt(self, ask: Ask, call: Call) -> Answer:
        now = asyncio.get_running_loop().time()
        if ask.deadline <= now:
            raise UpstreamTimeout("no time was left for the call")
        end = min(ask.deadline, now + self._timeout)
        request = _request(self._base_url, ask, call, end - now)
        try:
            async with asyncio.timeout_at(end):
                with _translated():
                    return await self._received(request)
        except TimeoutError:
            raise UpstreamTimeout("the answer did not come in time") from None

    async def _received(self, request: httpx.Request) -> Answer:
        response = await self._transport.handle_async_request(request)
        try:
            return Answer(response.status_code, response.headers, await _body(response))
        finally:
            await response.aclose()


async def _body(response: httpx.Response) -> bytes:
    """Read the body, decompressed, and no further than its bound; UpstreamContract beyond it or for another coding."""
    encoding = response.headers.get("content-encoding", "identity").lower()
    if encoding not in {"identity", "gzip"}:
        raise UpstreamContract("a coding that was not asked for", upstream_status=response.status_code)
    inflate = zlib.decompressobj(_GZIP) if encoding == "gzip" else None
    body = bytearray()
    async for piece in cast("httpx.AsyncByteStream", response.stream):
        body += inflate.decompress(piece, MAX_ANSWER_BYTES + 1 - len(body)) if inflate else piece
        if len(body) > MAX_ANSWER_BYTES:
            raise UpstreamContract("the answer is too large", upstream_status=response.status_code)
    return bytes(body)


def _request(base_url: httpx.URL, ask: Ask, call: Call, seconds: float) -> httpx.Request:
    """Make the request from nothing but what is listed here."""
    return httpx.Request(
        call.method,
        base_url.join(call.path),
        params=call.params or None,
        content=call.content,
        headers=[
            (b"Accept", call.accept.encode()),
            (b"Accept-Encoding", b"gzip"),
            (b"X-Request-Id", ask.request_id.encode()),
            *((name.encode(), value.encode()) for name, value in ask.credential.headers),
            *((name.encode(), value.encode()) for name, value in call.headers.items()),
        ],
        extensions={"timeout": httpx.Timeout(seconds).as_dict()},
    )


_OURS: dict[type[Exception], type[GatewayError]] = {
    httpx.TimeoutException: UpstreamTimeout,
    httpx.TransportError: UpstreamUnavailable,
    httpx.DecodingError: UpstreamContract,
    zlib.error: UpstreamContract,
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
    """Return our failure for one of httpx's or zlib's: the nearest of its classes that is mapped.

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
