"""Servers on real sockets, as bad as a test wants them, and the network that asks them."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from gateway.upstream.exchange import Answer, Request
from gateway.upstream.network import Network

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Run a server on a real socket; yields its address."""

    serving: list[asyncio.Task[None]] = []
    writers: list[asyncio.StreamWriter] = []

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the other side had enough, or the test is over
        finally:
            await closed(writer)

    async def closed(writer: asyncio.StreamWriter) -> None:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        serving.append(asyncio.create_task(once(reader, writer)))

    async with await asyncio.start_server(begin, "127.0.0.1", 0, ssl=tls) as server:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        for writer in writers:
            if not writer.is_closing():  # it came last, and was cancelled before it had begun
                await closed(writer)


def sending(*pieces: bytes, again: bytes = b"") -> Serve:
    """Answer with the pieces, then with ``again`` for as long as anybody listens, or with silence."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
        while again:
            writer.write(again)
            await writer.drain()
            await asyncio.sleep(0.01)
        await reader.read()

    return serve


def answering(answer: bytes) -> Serve:
    """Answer each request of a connection with the same."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(answer)

    return serve


OK = b"HTTP/1.1 200 OK\r\n"
EMPTY = OK + b"Content-Length: 0\r\n\r\n"


def get(base: str) -> Request:
    return Request("GET", f"{base}/customer/1/kpi", (("Accept", "application/json"), ("Authorization", "Bearer demo")))


@asynccontextmanager
async def network(connections: int = 4, connect_timeout: float = 3, idle: float = 4) -> AsyncIterator[Network]:
    opened = Network(connections=connections, connect_timeout=connect_timeout, idle=idle)
    try:
        yield opened
    finally:
        await opened.aclose()


async def within(seconds: float, exchange: Network, base: str) -> Answer:
    async with asyncio.timeout(seconds):
        return await exchange.send(get(base))
