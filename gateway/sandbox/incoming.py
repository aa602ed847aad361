"""A request as a value: read once from the wire, pure from there on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

MOST_BYTES = 30_000_000

_OVERRIDE = "x-http-method-override"
_BODILESS = {"GET", "HEAD", "DELETE", "OPTIONS"}


@dataclass(frozen=True)
class Incoming:
    method: str
    path: str
    url: str
    query: Sequence[tuple[str, str]] = ()
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    oversized: bool = False

    @cached_property
    def verb(self) -> str:
        """Return the method after an override by header or query."""
        override = self.header(_OVERRIDE) or self.parameter(_OVERRIDE)
        return (override or self.method).upper()

    @property
    def counted_body(self) -> bytes:
        """Return the body that binding sees: with a verb like GET only one of a declared length."""
        if self.verb in _BODILESS and (self.header("content-length") or "0") == "0":
            return b""
        return self.body

    def header(self, name: str) -> str | None:
        return next(iter(self.lines(name)), None)

    def lines(self, name: str) -> list[str]:
        return [value for each, value in self.headers if each == name]

    def parameter(self, name: str) -> str | None:
        return next((value for each, value in self.query if each.lower() == name), None)


async def read(request: Request) -> Incoming:
    try:
        body = await _read_body(request)
    except ClientDisconnect as error:
        raise ConnectionResetError("the client left") from error
    return Incoming(
        method=request.method,
        path=request.scope["path"],
        url=raw_url(request),
        query=parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True),
        headers=request.headers.items(),
        body=body or b"",
        oversized=body is None,
    )


async def _read_body(request: Request) -> bytes | None:
    """Read no further than ASP.NET does; return None for a body that is longer."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)


async def departure(receive: Receive) -> None:
    """Wait until the client has left."""
    while (await receive())["type"] != "http.disconnect":
        continue


def raw_url(request: Request) -> str:
    """Return path and query exactly as they came."""
    path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope["query_string"]
    return (path + b"?" + query if query else path).decode("latin-1")
