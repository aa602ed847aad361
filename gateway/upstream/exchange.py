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
    """What came back: the whole body, decompressed, within bounds.

    Headers by their names in lower case; one that came several times has one value, as HTTP has it.
    """

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


class Body:
    """A body that comes in pieces, decompressed, no further than its bound.

    UpstreamContract beyond the bound, for another coding, and for what is no gzip, less than one or more.
    """

    def __init__(self, status: int, coding: str) -> None:
        self.status = status
        self._room = MAX_ANSWER_BYTES
        self._pieces: list[bytes] = []
        if coding.lower() not in {"", "identity", "gzip"}:
            raise UpstreamContract("a coding that was not asked for", upstream_status=status)
        self._inflate = zlib.decompressobj(_GZIP) if coding.lower() == "gzip" else None

    def take(self, piece: bytes) -> None:
        if self._inflate:
            piece = self._inflated(self._inflate, piece)
        self._room -= len(piece)
        if self._room < 0:
            raise UpstreamContract("the answer is too large", upstream_status=self.status)
        self._pieces.append(piece)

    def whole(self) -> bytes:
        if self._inflate and self._pieces and not self._inflate.eof:
            raise UpstreamContract("the answer's gzip is cut off", upstream_status=self.status)
        return b"".join(self._pieces)

    def _inflated(self, inflate: "zlib._Decompress", piece: bytes) -> bytes:
        if inflate.eof:
            raise UpstreamContract("more than a gzip", upstream_status=self.status)
        try:
            inflated = inflate.decompress(piece, self._room + 1)
        except zlib.error as error:
            raise UpstreamContract("the answer is no gzip", upstream_status=self.status) from error
        if inflate.unused_data:
            raise UpstreamContract("more than a gzip", upstream_status=self.status)
        return inflated


async def read_body(pieces: AsyncIterator[bytes], status: int, coding: str) -> bytes:
    """Read a body to its end, or to its bound."""
    body = Body(status, coding)
    async for piece in pieces:
        body.take(piece)
    return body.whole()
