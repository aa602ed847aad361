"""Reads of one moment go to the server together: what is asked for while trips are under way gathers for the next."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import Context

PATIENCE = 0.05
_LOOKS = 5
_MOST_TRIPS = 4  # under way
_MOST_NAMES = 5000  # of one trip; what is more waits for the next
_MANY_LATE = 20  # trips that nobody waited for, one after the other

Get = Callable[[Sequence[str]], Awaitable[Sequence[bytes | None] | None]]
"""Asks the server for what is under names; None when that fails."""

_log = logging.getLogger(__name__)


class _Trip:
    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        self.found: Mapping[str, bytes | None] | None = None
        self.done = asyncio.Event()


class Reads:
    def __init__(self, get: Get) -> None:
        self._get = get
        self._gathering: _Trip | None = None
        self._trips: set[asyncio.Task[None]] = set()
        self._late = 0

    async def read(self, names: Sequence[str]) -> Sequence[bytes | None] | None:
        """Return what is under the names; None when that is not known within ``PATIENCE`` seconds."""
        trip = self._gathering
        if trip is None:
            trip = self._gathering = _Trip()
            asyncio.get_running_loop().call_soon(self._depart)
        if len(trip.names) > _MOST_NAMES:
            return None
        trip.names.update(dict.fromkeys(names))
        for _ in range(_LOOKS):  # an answer that came while the process was busy is there by the next look
            try:
                async with asyncio.timeout(PATIENCE / _LOOKS):
                    await trip.done.wait()
            except TimeoutError:
                continue
            return None if trip.found is None else [trip.found[name] for name in names]
        return None

    async def aclose(self) -> None:
        """Give up what is under way."""
        self._gathering = None
        trips = list(self._trips)
        for trip in trips:
            trip.cancel()
        await asyncio.gather(*trips, return_exceptions=True)

    def _depart(self) -> None:
        """Let the trip that gathers go, if there are not too many under way: then it goes when one comes back."""
        if self._gathering and len(self._trips) < _MOST_TRIPS:
            trip, self._gathering = self._gathering, None
            task = asyncio.create_task(self._travel(trip), context=Context())
            self._trips.add(task)
            task.add_done_callback(self._landed)

    def _landed(self, task: "asyncio.Task[None]") -> None:
        self._trips.discard(task)
        self._depart()

    async def _travel(self, trip: _Trip) -> None:
        loop = asyncio.get_running_loop()
        names, began = list(trip.names), loop.time()
        found = await self._get(names)
        trip.found = None if found is None else dict(zip(names, found, strict=True))
        trip.done.set()
        self._note(is_late=found is not None and loop.time() - began > PATIENCE)

    def _note(self, *, is_late: bool) -> None:
        """Say so once when the server is too slow to be of use."""
        self._late = self._late + 1 if is_late else 0
        if self._late == _MANY_LATE:
            _log.error("the shared cache takes longer than %g ms, and nobody waits for it", PATIENCE * 1000)
