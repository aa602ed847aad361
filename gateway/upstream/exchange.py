"""One exchange as values: a request out, an answer in; and the interface of whatever carries it.

There are two: ``network`` is the data path, ``over_httpx`` takes any httpx transport. Both raise the GatewayError of a
failed exchange, and may be cancelled at any moment.
"""

import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from gateway.errors import UpstreamContract

MAX_ANSWER_BYTES = 8 * 1024 * 1024  # a batch of a thousand KPIs is a fortieth of it
_GZIP = 31  # zlib's name for the format

Headers = tuple[tuple[str, str], ...]
"""Names and values, in ASCII."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, and nothing else is: ``url`` is whole and encoded. Headers are never printed."""

    method: str
    url: str
    headers: Headers = field(repr=False)
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the whole body, decompressed, within bounds. Headers by any casing of their names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Exchange(Protocol):
    """Carries requests; at most so many connections. Opened and closed by the app's lifespan."""

    async def send(self, request: Request) -> Answer:
        """Return the answer, whatever its status; UpstreamTimeout, -Unavailable or -Contract when there is none.

        It bounds the answer's size and the time for connecting; the time for the whole is the caller's to bound.
        """
        ...

    async def aclose(self) -> None: ...


async def read_body(pieces: AsyncIterator[bytes], status: int, coding: str) -> bytes:
    """Read a body, decompressed, no further than its bound; UpstreamContract beyond it or for another coding."""
    if coding.lower() not in {"", "identity", "gzip"}:
        raise UpstreamContract("a coding that was not asked for", upstream_status=status)
    inflate = zlib.decompressobj(_GZIP) if coding.lower() == "gzip" else None
    body = bytearray()
    try:
        async for piece in pieces:
            body += inflate.decompress(piece, MAX_ANSWER_BYTES + 1 - len(body)) if inflate else piece
            if len(body) > MAX_ANSWER_BYTES:
                raise UpstreamContract("the answer is too large", upstream_status=status)
    except zlib.error as error:
        raise UpstreamContract("the answer is no gzip", upstream_status=status) from error
    return bytes(body)
