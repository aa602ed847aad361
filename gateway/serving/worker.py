"""A worker process as the one that started it sees it: begun, heard from, told to end, ended."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Self

_BEATS = 4096  # bytes that are read at once
_TO_END = 5.0  # seconds, for a process whose line has ended
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Given:
    """What all workers are given: the socket they listen on, the file of ``shares``, variables of the environment."""

    listening: socket.socket
    counts: BinaryIO
    variables: Mapping[str, str]


class Worker:
    """A process that has the listening socket and one end of a line, on which it is heard from each second."""

    def __init__(self, process: asyncio.subprocess.Process, line: socket.socket, slot: int) -> None:
        self._process = process
        self._line = line
        self.slot = slot
        self.is_ready = False

    @classmethod
    async def begin(cls, command: Sequence[str], given: Given, slot: int) -> Self:
        """Start the command with what is ``serving.Inherited`` as its last arguments.

        It has a session of its own: Ctrl+C in a terminal is for who started it to pass on, once.
        """
        line, its = socket.socketpair()
        line.settimeout(0)
        with its:
            descriptors = (given.listening.fileno(), its.fileno(), given.counts.fileno())
            process = await asyncio.create_subprocess_exec(
                *(*command, *map(str, descriptors), str(slot)),
                pass_fds=descriptors,
                start_new_session=True,
                env={**os.environ, **given.variables},
            )
        return cls(process, line, slot)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def until_ready(self, longest: float) -> bool:
        """Wait for so many seconds at most until it takes requests; returns whether it does."""
        try:
            self.is_ready = await self._is_heard(longest)
        except TimeoutError:
            self.tell(signal.SIGKILL)
        return self.is_ready

    async def until_ended(self, longest_silence: float) -> int:
        """Wait until it ends; one that is silent for so long (seconds) stands still, and is killed.

        Returns its status, or less than zero: the signal that ended it.
        """
        try:
            while await self._is_heard(longest_silence):
                pass
        except TimeoutError:
            _log.error("worker %d stands still, and is killed", self.pid)
            self.tell(signal.SIGKILL)
        self.is_ready = False
        return await self.wait()

    async def wait(self, longest: float = _TO_END) -> int:
        """Wait for so many seconds until it has ended, and then kill it; returns what ``until_ended`` does."""
        try:
            async with asyncio.timeout(longest):
                return await self._process.wait()
        except TimeoutError:
            self.tell(signal.SIGKILL)
            return await self._process.wait()
        finally:
            self._line.close()

    def tell(self, number: signal.Signals) -> None:
        """Send a signal, if it still lives; Ctrl+C to one that does not heed it yet would be a traceback."""
        if self._process.returncode is None:
            is_early = number == signal.SIGINT and not self.is_ready
            self._process.send_signal(signal.SIGTERM if is_early else number)

    async def _is_heard(self, longest: float) -> bool:
        """Return whether it says that it is well, or has ended its line; TimeoutError when it says nothing."""
        async with asyncio.timeout(longest):
            return bool(await asyncio.get_running_loop().sock_recv(self._line, _BEATS))
