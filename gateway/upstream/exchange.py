"""One call: a request out, an answer in, under a deadline and within bounds; httpx's failures become ours here."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from gateway.errors import (
    GatewayError,
    InternalError,
    UpstreamContract,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from gateway.upstream.credentials import Credential

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
    """Sends calls, at most ``concurrency`` at once; one attempt takes at most ``timeout`` seconds.

    A call in flight is never cancelled: httpx's pool would lose the connection. It ends by its own time-outs and
    by the clock between two pieces of a body; waiting for a free slot ends by the deadline.
    """

    def __init__(self, client: httpx.AsyncClient, *, concurrency: int, timeout: float) -> None:
        self._client = client
        self._slots = asyncio.Semaphore(concurrency)
        self._timeout = timeout

    async def send(self, ask: Ask, call: Call) -> Answer:
        """Return the upstream's answer, whatever its status; raises the GatewayError of a failed call."""
        clock = asyncio.get_running_loop().time
        await self._free_slot(ask.deadline)
        try:
            remaining = min(self._timeout, ask.deadline - clock())
            if remaining <= 0:
                raise UpstreamTimeout("no time was left for the call")
            with _translated():
                return await self._receive(_request(self._client, ask, call, remaining), clock() + remaining)
        finally:
            self._slots.release()

    async def _free_slot(self, deadline: float) -> None:
        try:
            async with asyncio.timeout_at(deadline):
                await self._slots.acquire()
        except TimeoutError:
            raise UpstreamTimeout("every slot for calls was taken") from None

    async def _receive(self, request: httpx.Request, end: float) -> Answer:
        clock = asyncio.get_running_loop().time
        response = await self._client.send(request, stream=True)
        try:
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > MAX_ANSWER_BYTES:
                    raise UpstreamContract("the answer is too large", upstream_status=response.status_code)
                if clock() > end:
                    raise UpstreamTimeout("the answer trickles")
        finally:
            await response.aclose()
        return Answer(response.status_code, response.headers, bytes(body))


def _request(client: httpx.AsyncClient, ask: Ask, call: Call, seconds: float) -> httpx.Request:
    """Make the request from nothing but what is listed here: no default, no cookie, no header of the caller's."""
    return httpx.Request(
        call.method,
        client.base_url.join(call.path),
        params=call.params or None,
        content=call.content,
        headers=[
            (b"Accept", call.accept.encode()),
            (b"Accept-Encoding", b"gzip"),
            (b"X-Request-Id", ask.request_id.encode()),
            *((name.encode(), value.encode("latin-1")) for name, value in ask.credential.headers),
            *((name.encode(), value.encode()) for name, value in call.headers.items()),
        ],
        extensions={"timeout": httpx.Timeout(seconds).as_dict()},
    )


_OURS: dict[type[Exception], type[GatewayError]] = {
    httpx.TimeoutException: UpstreamTimeout,
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
