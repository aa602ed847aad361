"""Many processes that answer on one listening socket: begun, replaced when they die, renewed, and ended together."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from tempfile import TemporaryDirectory, TemporaryFile

from prometheus_client.multiprocess import mark_process_dead

from gateway.serving.shares import SLOTS, Shares
from gateway.serving.worker import Given, Worker

_UNUSABLE = 2  # the status of a process whose configuration cannot be used
_MOST_FAILURES = 3  # of a worker that is never ready, in a row, while no other answers
_LONG_LIVED = 60.0  # seconds: one that lived so long is replaced at once
_LONGEST_PAUSE = 30.0  # seconds
_METRICS = "PROMETHEUS_MULTIPROC_DIR"  # where workers leave their metrics for each other
_log = logging.getLogger(__name__)


class NotReadyError(Exception):
    """A worker was never ready; ``status`` is what it ended with."""

    def __init__(self, status: int) -> None:
        super().__init__(f"a worker was not ready when it ended ({_named(status)})")
        self.status = status


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds: until a worker is ``ready``, that it may be ``silent``, that all have to ``end`` when told to.

    ``pause`` is the first before one that died early is started anew.
    """

    end: float
    ready: float = 60.0
    silent: float = 30.0
    pause: float = 0.5


def pause(first: float, failures: int) -> float:
    """Return how long (seconds) to wait before a worker is started anew, after so many that died early in a row."""
    return min(_LONGEST_PAUSE, first * 2 ** min(failures - 1, 10)) if failures else 0.0


def supervise(
    command: Sequence[str], listening: socket.socket, many: int, *, times: Times, ready: Callable[[], None]
) -> int:
    """Keep so many workers until told to stop, by SIGTERM or Ctrl+C, which is passed on, a second one too.

    SIGHUP renews them, one after the other. ``ready`` is called once all are. Returns 0 after an orderly end, 1 when
    one had to be killed, or what a worker ended with that is never ready. OSError without room for temporary files.
    """
    with TemporaryDirectory(prefix="gateway-metrics-") as folder, TemporaryFile() as counts:
        given = Given(listening, counts, {_METRICS: folder})
        return asyncio.run(_Workers(command, given, many, times).run(ready))


class _Workers:
    def __init__(self, command: Sequence[str], given: Given, many: int, times: Times) -> None:
        self._command = command
        self._given = given
        self._shares = Shares.begin(given.counts)
        self._many = many
        self._times = times
        self._free = list(range(SLOTS))
        self._places: list[Worker] = []
        self._early = [0] * many  # how many died early in a row, in each place
        self._alive: set[Worker] = set()
        self._changing = asyncio.Lock()  # of who is in a place
        self._renewal = asyncio.Event()
        self._failed = 0
        self._signal = signal.SIGTERM
        self._told = asyncio.Event()

    async def run(self, ready: Callable[[], None]) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._tell, number)
        loop.add_signal_handler(signal.SIGHUP, self._renewal.set)
        keeping = asyncio.create_task(self._keep(ready))
        told = asyncio.create_task(self._told.wait())
        try:
            await asyncio.wait([keeping, told], return_when=asyncio.FIRST_COMPLETED)
            told.cancel()
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping
        except* NotReadyError:
            pass  # it is in the log
        finally:
            await self._end(self._signal)
        return self._failed

    async def _keep(self, ready: Callable[[], None]) -> None:
        async with asyncio.TaskGroup() as group:
            first = [group.create_task(self._begin()) for _ in range(self._many)]
            self._places = await asyncio.gather(*first)
            ready()
            for place, worker in enumerate(self._places):
                self._take(place, worker, group)
            group.create_task(self._renew(group))

    async def _hold(self, place: int, worker: Worker, group: asyncio.TaskGroup) -> None:
        """Have another take a worker's place if it ends without being told to."""
        began = _now()
        status = await worker.until_ended(self._times.silent)
        self._bury(worker)
        if self._places[place] is not worker:
            return
        self._early[place] = 0 if _now() - began > _LONG_LIVED else self._early[place] + 1
        _log.error("worker %d ended (%s): another takes its place", worker.pid, _named(status))
        await asyncio.sleep(pause(self._times.pause, self._early[place]))
        async with self._changing:
            if self._places[place] is worker:  # and was not renewed meanwhile
                self._take(place, await self._begin(), group)

    def _take(self, place: int, worker: Worker, group: asyncio.TaskGroup) -> None:
        self._places[place] = worker
        group.create_task(self._hold(place, worker, group))

    async def _renew(self, group: asyncio.TaskGroup) -> None:
        """Have each worker's place taken, when told to, before it goes; the rest stay where that does not work."""
        while True:
            await self._renewal.wait()
            self._renewal.clear()
            try:
                for place in range(self._many):
                    async with self._changing:
                        other, old = await self._started(), self._places[place]
                        self._take(place, other, group)
                        old.tell(signal.SIGHUP)
            except NotReadyError as error:
                _log.error("%s: the others stay", error)

    async def _begin(self) -> Worker:
        """Return a worker that is ready; NotReadyError when no other answers, and there is no hope."""
        failures = 0
        while True:
            try:
                return await self._started()
            except NotReadyError as error:
                failures += 1
                is_hopeless = error.status == _UNUSABLE or failures >= _MOST_FAILURES
                if is_hopeless and not any(worker.is_ready for worker in self._places):
                    self._failed = max(error.status, 1)
                    _log.critical("%s, and there is no other: the gateway ends", error)
                    raise
                _log.error("%s: it is tried again", error)
            await asyncio.sleep(pause(self._times.pause, failures))

    async def _started(self) -> Worker:
        slot = self._free.pop()
        try:
            worker = await Worker.begin(self._command, self._given, slot)
        except OSError as error:
            self._free.append(slot)
            _log.error("no worker can be started: %s", error.strerror)
            raise NotReadyError(1) from None
        self._alive.add(worker)
        if await worker.until_ready(self._times.ready):
            return worker
        status = await worker.wait()
        self._bury(worker)
        raise NotReadyError(status)

    async def _end(self, number: signal.Signals) -> None:
        """Tell all to end, and wait until they have."""
        for worker in self._alive:
            worker.tell(number)
        statuses = await asyncio.gather(*(worker.wait(self._times.end) for worker in self._alive))
        if -signal.SIGKILL in statuses:
            self._failed = self._failed or 1
            _log.error("workers did not end in %g seconds, and were killed", self._times.end)

    def _tell(self, number: signal.Signals) -> None:
        if self._told.is_set():
            for worker in self._alive:
                worker.tell(number)
        else:
            self._signal = number
            self._told.set()

    def _bury(self, worker: Worker) -> None:
        self._alive.discard(worker)
        self._shares.forget(worker.slot)
        self._free.append(worker.slot)
        mark_process_dead(worker.slot, self._given.variables[_METRICS])  # type: ignore[no-untyped-call]  # it says no types for it


def _named(status: int) -> str:
    return signal.Signals(-status).name if status < 0 else f"status {status}"


def _now() -> float:
    return asyncio.get_running_loop().time()
