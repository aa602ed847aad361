"""Connections taken so that all who listen on the same socket have as many of them.

Left to itself the kernel wakes all, and the first to come takes what there is: of 16 connections one worker of two may
have 16, and keep them for as long as a proxy does.
"""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass

from gateway.serving.shares import Shares

_COURTESY = 0.005  # seconds that a connection is left for whoever has fewer
_EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_PAUSE = 1.0  # seconds in which nothing more is taken by who has no room for it
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Share:
    """Whose connections they are: a slot among the ``shares``, and what the worker has just now."""

    shares: Shares
    slot: int
    held: Collection[object]


class Acceptor:
    """Takes one connection a turn of the event loop; a moment later than others where one of them has fewer."""

    def __init__(self, listening: socket.socket, protocol: Callable[[], asyncio.Protocol], share: Share) -> None:
        self._listening = listening
        self._protocol = protocol
        self._share = share
        self._loop = asyncio.get_running_loop()
        self._begun: set[asyncio.Task[object]] = set()
        self._waiting: asyncio.TimerHandle | None = None
        self._is_closed = False
        listening.settimeout(0)
        self.tell()
        self._watch()

    def tell(self) -> int:
        """Tell the others how many there are here, and return it: to be done now and then, for connections end."""
        many = len(self._share.held) + len(self._begun)
        if not self._is_closed:
            self._share.shares.tell(self._share.slot, many)
        return many

    def close(self) -> None:
        """Take no more; the socket itself is still there for others."""
        self._is_closed = True
        self._share.shares.forget(self._share.slot)
        self._loop.remove_reader(self._listening)
        if self._waiting:
            self._waiting.cancel()

    async def wait_closed(self) -> None:
        """Wait for those that are being taken up."""
        await asyncio.gather(*self._begun, return_exceptions=True)

    def _watch(self) -> None:
        self._waiting = None
        self._loop.add_reader(self._listening, self._come)

    def _come(self) -> None:
        if self._share.shares.is_least(self.tell()):
            self._take()
        else:
            self._pause(_COURTESY, self._take_what_is_left)

    def _take_what_is_left(self) -> None:
        self._watch()
        self._take()

    def _take(self) -> None:
        try:
            accepted, _ = self._listening.accept()
        except OSError as error:  # another was quicker, or the client has gone
            if error.errno in _EXHAUSTED:
                _log.error("no connection can be taken: %s", error.strerror)
                self._pause(_PAUSE, self._watch)
            return
        task = self._loop.create_task(self._loop.connect_accepted_socket(self._protocol, accepted))
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)
        self.tell()

    def _pause(self, seconds: float, then: Callable[[], None]) -> None:
        self._loop.remove_reader(self._listening)
        self._waiting = self._loop.call_later(seconds, then)
