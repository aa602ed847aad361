"""An app on a port: uvicorn with what is measured to be lean, from the first request to an orderly end."""

import asyncio
import contextlib
import gc
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from types import FrameType
from typing import cast

import uvicorn
from starlette.types import ASGIApp

from gateway.links import Link
from gateway.protocol import IDLE, BoundedProtocol

BACKLOG = 2048  # connections that nobody has accepted yet
_COLLECTED = (50_000, 1, 100)  # objects more before the collector looks, in place of 700: an operation makes few rings
_TIME_TO_WRITE = 2  # seconds, for an answer that is ready when the process is told to stop
_MOMENT = 0.1  # seconds, for requests that are on their way over a connection when it is to end
_TICKS = 10  # of uvicorn's, in a second
_CLOSE = (b"connection", b"close")


@dataclass(frozen=True, slots=True)
class End:
    """How a server ends: requests are taken for ``delay`` seconds more, what runs has ``longest``.

    ``began`` is called when the end begins.
    """

    longest: float
    delay: float = 0
    began: Callable[[], None] | None = None

    @property
    def to_finish(self) -> int:
        """Return the seconds that are left to what runs when no more is taken."""
        return ceil(self.longest) + _TIME_TO_WRITE


@dataclass(frozen=True, slots=True)
class Inherited:
    """What a worker has from who started it: the socket that all of them listen on, and a line."""

    listening: socket.socket
    link: Link


def listen(app: ASGIApp, where: tuple[str, int] | Inherited, *, end: End, ready: Callable[[str], None]) -> int:
    """Serve until told to stop, by SIGTERM or, at once, by Ctrl+C or a second signal; returns 0.

    ``ready`` is told the address, once there is an answer. A worker listens on what it has inherited; it takes no more
    at SIGHUP, when another is there to do so, and when who started it is gone.
    """
    inherited = where if isinstance(where, Inherited) else None
    host, port = where if isinstance(where, tuple) else ("", 0)
    config = uvicorn.Config(
        app,
        host,
        port,
        http=BoundedProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=IDLE,
        timeout_graceful_shutdown=end.to_finish,
    )
    server = _Server(config, end, ready, inherited.link if inherited else None)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn raises it once more when it is done
    with contextlib.suppress(KeyboardInterrupt):
        server.run([inherited.listening] if inherited else None)
    return 0


def address(listening: socket.socket) -> str:
    """Return where a socket listens, as clients name it."""
    host, port, *_ = listening.getsockname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, end: End, ready: Callable[[str], None], link: Link | None) -> None:
        super().__init__(config)
        self._end = end
        self._ready = ready
        self._link = link
        self._is_told = False
        self._is_replaced = False
        self._until: float | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.collect()
        gc.freeze()  # what is there now stays, and is looked through no more
        gc.set_threshold(*_COLLECTED)
        if self._link:
            self._link.watch(self._stop)
            signal.signal(signal.SIGHUP, self._replaced)
        self._ready(address(self.servers[0].sockets[0]))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Go on for the delay when told to stop; not when told so by hand, or twice."""
        if sig == signal.SIGTERM and not self._is_told:
            self._is_told = True
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        if self._link and counter % _TICKS == 0:
            self._link.beat()
        if self._until is None and (self._is_told or self._is_replaced or self.should_exit):
            self._begin_to_end()
        if self._until is not None and self._now() >= self._until:
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, and no more requests a moment later; let what runs finish."""
        self._accept_no_more()
        await asyncio.sleep(_MOMENT)
        await super().shutdown(sockets)

    def _begin_to_end(self) -> None:
        """Have all clients let go of their connections; say that others should be asked, if not by another's coming."""
        self._until = self._now() + self._end.delay
        if self._is_replaced:
            self._accept_no_more()
        elif self._end.began:
            self._end.began()
        self.config.encoded_headers.append(_CLOSE)
        self.server_state.default_headers = [*self.server_state.default_headers, _CLOSE]
        for connection in cast("set[BoundedProtocol]", self.server_state.connections):
            connection.let_go()

    def _accept_no_more(self) -> None:
        for server in self.servers:
            server.close()

    def _stop(self) -> None:
        self.should_exit = True

    def _replaced(self, *_: object) -> None:
        self._is_replaced = True

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
