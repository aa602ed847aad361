"""The client's end of a connection whose other end is the gateway's protocol, without a socket between them."""

import asyncio
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from gateway.serving.protocol import IDLE, BoundedProtocol


class Transport:
    """Notes what it is given, and tells the protocol of its end as asyncio's do; a stuck one has nobody reading."""

    def __init__(self, *, stuck: bool = False) -> None:
        self.writes: list[bytes] = []
        self.protocol: asyncio.Protocol | None = None
        self.closed = self.ended = self.has_eof = self.is_paused = False
        self._stuck = stuck

    def write(self, data: bytes) -> None:
        assert not self.closed
        assert not self.has_eof
        self.writes.append(data)
        if self._stuck and self.protocol:
            self.protocol.pause_writing()

    def write_eof(self) -> None:
        self.has_eof = True

    def close(self) -> None:
        self.closed = True
        if not self._stuck:
            self.abort()

    def abort(self) -> None:
        self.closed = True
        if self.protocol and not self.ended:
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)
        self.ended = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False

    def get_extra_info(self, name: str) -> Any:
        return {"sockname": ("127.0.0.1", 80), "peername": ("127.0.0.1", 1)}.get(name)


class Connection:
    """Sends pieces to an app, and has what came back."""

    def __init__(self, app: ASGIApp, *, stuck: bool = False) -> None:
        config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none", timeout_keep_alive=IDLE)
        self.transport = Transport(stuck=stuck)
        self.protocol = BoundedProtocol(config, ServerState(), {}, asyncio.get_running_loop())
        wire: Any = self.transport
        self.protocol.connection_made(wire)
        self.transport.protocol = self.protocol

    async def send(self, *pieces: bytes, pause: float = 0) -> None:
        """Send pieces, with a pause (seconds) after each, for as long as the connection is there."""
        for piece in pieces:
            if not self.transport.ended:
                self.protocol.data_received(piece)
            await asyncio.sleep(pause)
        await asyncio.sleep(0.001)  # for whoever has something to do at once

    @property
    def came(self) -> bytes:
        return b"".join(self.transport.writes)

    @property
    def statuses(self) -> list[int]:
        """The statuses of the answers that came."""
        return [int(part[:3]) for part in self.came.split(b"HTTP/1.1 ")[1:]]
