"""The line between a worker and the process that started it, as the worker has it.

A byte a second from its event loop says that it is well; the line's end, that who started it is gone.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable


class Link:
    """The end of a socket pair that the process was given as ``descriptor``; OSError if that is no socket."""

    def __init__(self, descriptor: int) -> None:
        self._line = socket.socket(fileno=descriptor)
        self._line.set_inheritable(False)
        self._line.settimeout(0)

    def watch(self, gone: Callable[[], None]) -> None:
        """Have ``gone`` called, once, when the other end is closed: nothing ever comes but that."""

        def ended() -> None:
            loop.remove_reader(self._line)
            gone()

        loop = asyncio.get_running_loop()
        loop.add_reader(self._line, ended)

    def beat(self) -> None:
        """Say that all is well; a line that is full, or has ended, needs no telling."""
        with contextlib.suppress(OSError):
            self._line.send(b".")
