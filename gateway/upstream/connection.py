"""One connection: a request is written, its answer wakes who waits for it. After a failure it is never used again."""

import asyncio
from typing import NamedTuple, cast

from gateway.errors import GatewayError, UpstreamUnavailable
from gateway.upstream.exchange import Answer
from gateway.upstream.receiving import Incoming
from gateway.upstream.ways import Way


class _Exchange(NamedTuple):
    incoming: Incoming
    answer: asyncio.Future[Answer]


class Connection(asyncio.Protocol):
    """Carries one exchange at a time along ``way``. ``since``: when the last one was over, in the loop's time.

    ``lost`` is done when the connection is no more.
    """

    def __init__(self, way: Way) -> None:
        self._loop = asyncio.get_running_loop()
        self.way = way
        self.since = 0.0
        self.lost: asyncio.Future[None] = self._loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._is_clean = True
        self._exchange: _Exchange | None = None

    @property
    def is_free(self) -> bool:
        """Whether another request may be written."""
        return self._is_clean and self._transport is not None and not self._transport.is_closing()

    async def ask(self, request: bytes) -> Answer:
        """Return the answer to a request; a connection whose exchange fails, or is cancelled, is closed."""
        if self._transport is None or not self.is_free:
            raise UpstreamUnavailable("the connection was closed")
        self._is_clean = False
        incoming = Incoming()
        self._exchange = _Exchange(incoming, self._loop.create_future())
        self._transport.write(request)
        try:
            return await self._exchange.answer
        except BaseException:  # a cancellation may meet an answer that has just come
            self._is_clean = False
            raise
        finally:
            self._exchange = None
            incoming.close()
            if not self._is_clean:
                self.abort()

    def close(self) -> None:
        """Close it while nobody waits for an answer."""
        if self._transport:
            self._transport.close()

    def abort(self) -> None:
        """Close it at once; who waits for an answer gets none."""
        self._is_clean = False
        if self._transport:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._exchange is None or self._exchange.answer.done():  # nobody asked for it
            self.abort()
            return
        try:
            whole = self._exchange.incoming.feed(data)
        except GatewayError as error:
            self._exchange.answer.set_exception(error)
            self.abort()
        else:
            if whole:
                self._is_clean = self._exchange.incoming.keeps_alive and self._is_sent()
                self._exchange.answer.set_result(whole)

    def eof_received(self) -> None:
        if self._exchange is None or self._exchange.answer.done():
            return
        try:
            whole = self._exchange.incoming.end()
        except GatewayError as error:
            self._exchange.answer.set_exception(error)
        else:
            if whole:
                self._exchange.answer.set_result(whole)

    def _is_sent(self) -> bool:
        """Whether all of the request has left: an answer may come before."""
        return self._transport is not None and self._transport.get_write_buffer_size() == 0

    def connection_lost(self, error: Exception | None) -> None:
        self._is_clean, self._transport = False, None
        self.lost.set_result(None)
        if self._exchange and not self._exchange.answer.done():
            reason = type(error).__name__ if error else "the connection was closed"
            self._exchange.answer.set_exception(UpstreamUnavailable(reason))
