"""Connections are opened: TCP, through a proxy's tunnel where there is one, and TLS."""

import asyncio
import re
import ssl
from functools import cached_property
from typing import cast

from gateway.errors import UpstreamUnavailable
from gateway.upstream.connection import Connection
from gateway.upstream.receiving import MAX_HEAD_BYTES
from gateway.upstream.ways import Way

_GRANTED = re.compile(rb"HTTP/1\.[01] 2[0-9][0-9][ \r]")


class Connecting:
    """Opens connections, each within ``timeout`` seconds."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout

    async def open(self, way: Way) -> Connection:
        """Return a connection; UpstreamUnavailable without the reason's words, which would quote the address."""
        connection = Connection(way)
        try:
            async with asyncio.timeout(self._timeout):
                if way.tunnel:
                    await self._open_tunnel(way, connection)
                else:
                    await self._connect(way, connection)
        except (OSError, UnicodeError) as error:
            connection.abort()
            raise UpstreamUnavailable(type(error).__name__) from None
        except BaseException:
            connection.abort()
            raise
        return connection

    async def _connect(self, way: Way, protocol: asyncio.Protocol) -> asyncio.Transport:
        """Try the addresses of a name one after the other.

        Side by side (RFC 8305) uvloop cannot, and asyncio's way of it leaves sockets open when it is cancelled.
        """
        loop = asyncio.get_running_loop()
        tls = self._tls if way.is_tls else None
        transport, _ = await loop.create_connection(lambda: protocol, way.host, way.port, ssl=tls)
        return transport

    async def _open_tunnel(self, way: Way, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        tunnel = _Tunnel(way.tunnel, loop.create_future())
        transport = await self._connect(way, tunnel)
        try:
            await tunnel.opened
            inner = await loop.start_tls(transport, connection, self._tls, server_hostname=way.name)
        except BaseException:
            transport.abort()
            raise
        connection.connection_made(cast("asyncio.Transport", inner))

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        return context


class _Tunnel(asyncio.Protocol):
    """Asks a proxy for a tunnel, and reads its answer's head; ``opened`` is done when the tunnel is there, or never."""

    def __init__(self, request: bytes, opened: asyncio.Future[None]) -> None:
        self._request = request
        self._head = b""
        self.opened = opened

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        self._head += data
        end = self._head.find(b"\r\n\r\n")
        if end < 0 and len(self._head) <= MAX_HEAD_BYTES:
            return
        if _GRANTED.match(self._head) and end + 4 == len(self._head):
            self._settle(None)
        else:
            self._settle(UpstreamUnavailable("the proxy opens no tunnel"))

    def connection_lost(self, _error: Exception | None) -> None:
        self._settle(UpstreamUnavailable("the proxy closed the connection"))

    def _settle(self, failure: UpstreamUnavailable | None) -> None:
        if self.opened.done():
            return
        if failure:
            self.opened.set_exception(failure)
        else:
            self.opened.set_result(None)
