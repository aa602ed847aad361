"""Apps on real sockets, in the loop of the test, spoken to in bytes."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx
import uvicorn
from starlette.types import ASGIApp

from gateway.serving.protocol import BoundedProtocol


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the test: several servers run in one process."""
        yield


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[tuple[str, uvicorn.Server]]:
    """Serve an app on a free port; yields its address."""
    config = uvicorn.Config(
        app, http=BoundedProtocol, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=4
    )
    server = _Server(config)
    with socket.create_server(("127.0.0.1", 0), backlog=500) as listening:
        running = asyncio.create_task(server.serve([listening]))
        try:
            yield "http://{}:{}".format(*listening.getsockname()), server
        finally:
            server.should_exit = True
            await running


async def exchange(address: str, *pieces: bytes) -> httpx.Response:
    """Send pieces over a connection of their own; returns the first answer."""
    reader, writer = await asyncio.open_connection(*address.removeprefix("http://").split(":"))
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        lines = [(name, value) for name, _, value in (line.partition(": ") for line in head[1:] if line)]
        body = await reader.readexactly(int(dict(lines)["content-length"]))
    finally:
        writer.close()
    return httpx.Response(int(head[0].split()[1]), headers=lines, content=body)
