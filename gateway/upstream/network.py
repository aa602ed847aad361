"""The network: the data path's exchange, over connections of our own, which are kept and used again.

A call may be cancelled at any moment: its connection is closed, and whoever waits for one has its turn. There are no
cookies, no redirects and no second attempts: retries are counted elsewhere.
"""

import asyncio
from collections import deque
from contextlib import suppress

from gateway.errors import InternalError, UpstreamUnavailable
from gateway.upstream.connecting import Connecting
from gateway.upstream.connection import Connection
from gateway.upstream.exchange import Answer, Request
from gateway.upstream.ways import Way, way_to
from gateway.upstream.writing import split, written

CONNECT_TIMEOUT = 3.0  # seconds for a connection, TLS included
IDLE = (
    4.0  # seconds until a connection is used no more: many servers close theirs at five, just as a probe would use it
)


class Network:
    """Keeps at most so many connections, whatever their origins; serves the loop of its first request.

    Of the environment it takes what is customary: ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` name the certificate
    authorities that are trusted, ``HTTPS_PROXY``, ``HTTP_PROXY`` and ``NO_PROXY`` the way.
    """

    def __init__(self, *, connections: int, connect_timeout: float = CONNECT_TIMEOUT, idle: float = IDLE) -> None:
        self._connections = connections
        self._idle = idle
        self._connecting = Connecting(connect_timeout)
        self._ways: dict[str, Way] = {}
        self._busy = 0
        self._waiting: deque[asyncio.Future[None]] = deque()  # only while all are busy
        self._open: set[Connection] = set()
        self._kept: list[Connection] = []  # what was used last is at the end
        self._sweeper: asyncio.TimerHandle | None = None
        self._closed = False

    async def send(self, request: Request) -> Answer:
        origin, target = split(request.url)
        way = self._ways.get(origin) or self._found(origin)
        content = written(request, target, way)
        await self._begin()
        try:
            connection = self._taken(way) or await self._opened(way)
            answer = await connection.ask(content)
            self._keep(connection)
            return answer
        finally:
            self._end()

    async def aclose(self) -> None:
        """Close all connections; calls that are under way fail."""
        self._closed = True
        if self._sweeper:
            self._sweeper.cancel()
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_exception(_closed())
        for connection in self._open:
            connection.abort()
        if self._open:
            await asyncio.wait([connection.lost for connection in self._open])

    def _found(self, origin: str) -> Way:
        """Return the way to an origin, which is read from the environment once."""
        try:
            way = self._ways[origin] = way_to(origin)
        except ValueError as error:
            raise InternalError(str(error)) from None
        return way

    async def _begin(self) -> None:
        """Wait for the turn to use a connection: who came first has it first."""
        if self._closed:
            raise _closed()
        if self._busy < self._connections:
            self._busy += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                with suppress(ValueError):  # it may have been passed over already
                    self._waiting.remove(turn)
            elif not turn.exception():
                self._end()  # the turn came, and nobody was there any more
            raise

    def _end(self) -> None:
        """Give the turn to the next who waits, if anybody does."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._busy -= 1

    def _taken(self, way: Way) -> Connection | None:
        """Return the connection along the way that was used last, unless that is too long ago."""
        oldest = asyncio.get_running_loop().time() - self._idle
        for connection in reversed(self._kept):
            if connection.since <= oldest:
                break
            if connection.way is way and connection.is_free:
                self._kept.remove(connection)
                return connection
        return None

    async def _opened(self, way: Way) -> Connection:
        if self._busy + len(self._kept) > self._connections:
            self._kept.pop(0).close()
        connection = await self._connecting.open(way)
        self._open.add(connection)
        connection.lost.add_done_callback(lambda _: self._forget(connection))
        if self._closed:
            connection.abort()
        return connection

    def _forget(self, connection: Connection) -> None:
        self._open.discard(connection)
        if connection in self._kept:
            self._kept.remove(connection)

    def _keep(self, connection: Connection) -> None:
        if not connection.is_free:
            return
        loop = asyncio.get_running_loop()
        connection.since = loop.time()
        self._kept.append(connection)
        if self._sweeper is None:
            self._sweeper = loop.call_later(self._idle, self._sweep)

    def _sweep(self) -> None:
        """Close what was not used for too long, and come again when the next one is due."""
        loop = asyncio.get_running_loop()
        self._sweeper = None
        while self._kept and self._kept[0].since <= loop.time() - self._idle:
            self._kept.pop(0).close()
        if self._kept:
            self._sweeper = loop.call_at(self._kept[0].since + self._idle, self._sweep)


def _closed() -> UpstreamUnavailable:
    return UpstreamUnavailable("the network is closed")
