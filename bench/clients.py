"""Clients that take little processor time themselves: bytes over sockets that are kept, answers read by httptools."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import cast
from urllib.parse import urlsplit

import httptools


class Lost(Exception):
    """A server closed a connection that was in use."""


class Client(asyncio.Protocol):
    """One connection, for one request at a time."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._parts: list[bytes] = []
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport | None = None

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Return the answer's status and body."""
        if self._transport is None or self._transport.is_closing():
            raise Lost("the connection is closed")
        answer: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        self._answer = answer
        self._transport.write(request)
        return await answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but its bases

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(Lost(f"the connection was closed: {exc}"))

    def on_body(self, body: bytes) -> None:
        self._parts.append(body)

    def on_message_complete(self) -> None:
        body, self._parts = b"".join(self._parts), []
        if self._answer and not self._answer.done():
            self._answer.set_result((self._parser.get_status_code(), body))


@asynccontextmanager
async def connected(address: str, many: int = 1) -> AsyncIterator[Sequence[Client]]:
    """Yield clients of a server's address, each with a new connection: servers close those that are idle for long."""
    host, port = urlsplit(address).netloc.split(":")
    loop = asyncio.get_running_loop()
    made = await asyncio.gather(*(loop.create_connection(Client, host, int(port)) for _ in range(many)))
    try:
        yield [client for _, client in made]
    finally:
        for transport, _ in made:
            transport.close()


def post(path: str, headers: Mapping[str, str], body: bytes) -> Callable[[str], bytes]:
    """Return what makes the request's bytes for a server's address."""
    fields = {"Content-Type": "application/json", "Accept": "application/json", **headers, "Content-Length": len(body)}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return lambda address: f"POST {path} HTTP/1.1\r\nHost: {urlsplit(address).netloc}\r\n{lines}\r\n".encode() + body
