"""An app on a port: uvicorn with what is measured to be lean, from the first request to an orderly end."""

import asyncio
import contextlib
import gc
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import ceil
from types import FrameType
from typing import cast

import uvicorn
from starlette.types import ASGIApp

from gateway.serving.accepting import Acceptor, Share
from gateway.serving.links import Link
from gateway.serving.protocol import IDLE, BoundedProtocol
from gateway.serving.shares import Shares

_COLLECTED = (50_000, 1, 100)  # objects more before the collector looks, in place of 700: an operation makes few rings
_BACKLOG = 2048  # connections that nobody has accepted yet
_TIME_TO_WRITE = 2  # seconds, for an answer that is ready when the process is told to stop
_TIME_TO_CLOSE = 10  # seconds, for what waits to be written to the cache, and the rest
_MOMENT = 0.1  # seconds, for a request that is on its way over a connection that is to end
_A_SECOND = 10  # of uvicorn's ticks
_CLOSE = (b"connection", b"close")


@dataclass(frozen=True, slots=True)
class End:
    """How a server ends: requests are taken for ``delay`` seconds more, and what runs then has ``longest``.

    ``began`` is called when the end begins.
    """

    longest: float
    delay: float = 0
    began: Callable[[], None] | None = None

    @property
    def to_finish(self) -> int:
        """Return the seconds that what runs has when no more is taken."""
        return ceil(self.longest) + _TIME_TO_WRITE

    @property
    def in_all(self) -> float:
        """Return the most seconds from the first signal to the end of the process."""
        return self.delay + self.to_finish + _TIME_TO_CLOSE


@dataclass(frozen=True, slots=True)
class Inherited:
    """What a worker has from who started it.

    Descriptors of the socket that all listen on, of a line, and of the memory in which they tell how many connections
    they have; and which place in that is its own.
    """

    listening: int
    line: int
    counts: int
    slot: int


def listen(app: ASGIApp, where: tuple[str, int], *, end: End, ready: Callable[[str], None]) -> int:
    """Serve at a host and port until told to stop: by SIGTERM, or at once by Ctrl+C or a second signal; returns 0.

    ``ready`` is told the address, once there is an answer.
    """
    host, port = where
    return _run(_Listening(_config(app, host, port, end), end, ready), None)


def work(app: ASGIApp, inherited: Inherited, end: End) -> int:
    """Serve as one of many, and stop as ``listen`` does.

    Nor is more taken at SIGHUP, when another is there to do so, and when who started it is gone.
    """
    return _run(_Worker(_config(app, "", 0, end), end, inherited), [socket.socket(fileno=inherited.listening)])


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens there; OSError where that cannot be."""
    family, *_, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    return socket.create_server(where[:2], family=family, backlog=_BACKLOG)


def address(listening: socket.socket) -> str:
    """Return where a socket listens, as clients name it."""
    host, port, *_ = listening.getsockname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _config(app: ASGIApp, host: str, port: int, end: End) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host,
        port,
        http=BoundedProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_keep_alive=IDLE,
        timeout_graceful_shutdown=end.to_finish,
    )


def _run(server: uvicorn.Server, sockets: list[socket.socket] | None) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn raises it once more when it is done
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets)
    return 0


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, end: End) -> None:
        super().__init__(config)
        self._end = end
        self._is_told = False
        self._until: float | None = None  # requests are taken no longer than that

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.collect()
        gc.freeze()  # what is there now stays, and is looked through no more
        gc.set_threshold(*_COLLECTED)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Go on for the delay when told to stop; not when told so by hand, or twice."""
        if sig == signal.SIGTERM and not self._is_told:
            self._is_told = True
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        if self._until is None and (self._is_told or self.should_exit):
            if self._end.began:
                self._end.began()
            self._let_go()
        if self._until is not None and _now() >= self._until:
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, and a moment later no more requests; let what runs finish."""
        self._accept_no_more()
        await asyncio.sleep(_MOMENT)
        await super().shutdown(sockets)

    def _let_go(self) -> None:
        """Have each connection end with its next answer, for as long as there is to the end."""
        self._until = _now() + self._end.delay
        self.config.encoded_headers.append(_CLOSE)
        self.server_state.default_headers = [*self.server_state.default_headers, _CLOSE]
        for connection in cast("set[BoundedProtocol]", self.server_state.connections):
            connection.let_go()

    def _accept_no_more(self) -> None:
        for server in self.servers:
            server.close()


class _Listening(_Server):
    def __init__(self, config: uvicorn.Config, end: End, ready: Callable[[str], None]) -> None:
        super().__init__(config, end)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready(address(self.servers[0].sockets[0]))


class _Worker(_Server):
    """Says each second that it is well, from the loop that answers; the first time, that it takes requests."""

    def __init__(self, config: uvicorn.Config, end: End, inherited: Inherited) -> None:
        super().__init__(config, end)
        self._link = Link(inherited.line)
        self._share = Share(Shares(inherited.counts), inherited.slot, self.server_state.connections)
        self._acceptors: list[Acceptor] = []
        self._is_replaced = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup([])
        protocol = partial(BoundedProtocol, self.config, self.server_state, self.lifespan.state)
        self._acceptors = [Acceptor(listening, protocol, self._share) for listening in sockets or ()]
        self.servers = cast("list[asyncio.base_events.Server]", self._acceptors)  # as far as uvicorn asks of them
        self._link.watch(self._stop)
        signal.signal(signal.SIGHUP, self._replaced)

    async def on_tick(self, counter: int) -> bool:
        for acceptor in self._acceptors:
            acceptor.tell()
        if counter % _A_SECOND == 0:
            self._link.beat()
        if self._until is None and self._is_replaced:
            self._accept_no_more()  # and stay ready: who asks is to ask the others, over another connection
            self._let_go()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, and say that it is well meanwhile, for as long as that may take and no longer."""
        beating = asyncio.create_task(self._beat_on())
        asyncio.get_running_loop().call_later(self._end.in_all, beating.cancel)
        await super().shutdown(sockets)
        beating.cancel()

    async def _beat_on(self) -> None:
        while True:
            self._link.beat()
            await asyncio.sleep(1)

    def _stop(self) -> None:
        self.should_exit = True

    def _replaced(self, *_: object) -> None:
        self._is_replaced = True


def _now() -> float:
    return asyncio.get_running_loop().time()
