"""A request as the server hands it over (ASGI): its headers by name, its body up to a bound, its client's leaving.

Starlette has all of this too, in objects that cost more than the rest of a small operation.
"""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive

_T = TypeVar("_T")
_PATIENCE = 0.05
"""Seconds: who leaves an operation that takes no longer is not noticed."""


class Headers:
    """Values by name; names are in lower case, as ASGI has them."""

    __slots__ = ("_last", "_raw")

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        self._raw = list(raw)
        self._last = dict(self._raw)

    def get(self, name: bytes) -> str:
        """Return the value, of several lines as one list, as HTTP has it; empty when there is none."""
        if len(self._last) == len(self._raw):
            return self._last.get(name, b"").decode("latin-1")
        return b", ".join(value for each, value in self._raw if each == name).decode("latin-1")

    def only(self, name: bytes) -> str | None:
        """Return the value, empty when there is none; None when there are several that differ."""
        if len(self._last) < len(self._raw) and len({value for each, value in self._raw if each == name}) > 1:
            return None
        return self._last.get(name, b"").decode("latin-1")


async def read_body(receive: Receive, limit: int) -> bytes | None:
    """Return the body, or None as soon as it is longer than ``limit`` bytes; ClientDisconnect when it breaks off."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if not message.get("more_body", False):
            return bytes(body)


async def while_connected(receive: Receive, work: Awaitable[_T]) -> _T:
    """Await the work for as long as the client is there to read of it; ClientDisconnect when it leaves, work cancelled.

    Nobody else cancels anything. That the client is there still is looked for only when the work takes a while.
    """
    watches: list[asyncio.Task[None]] = []
    try:
        async with asyncio.timeout(None) as patience:
            timer = asyncio.get_running_loop().call_later(
                _PATIENCE, lambda: watches.append(asyncio.create_task(_departure(receive, patience)))
            )
            try:
                return await work
            finally:
                timer.cancel()
                for watch in watches:
                    watch.cancel()
    except TimeoutError:
        if not patience.expired():  # it is the work's own
            raise
        raise ClientDisconnect from None


async def _departure(receive: Receive, patience: asyncio.Timeout) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    patience.reschedule(0)
