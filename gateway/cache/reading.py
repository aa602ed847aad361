"""Reads of one moment go to the server together: what is asked for while trips are under way gathers for the next."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextvars import Context
from typing import Generic, TypeVar

PATIENCE = 0.05
_LOOKS = 5
_MOST_TRIPS = 4  # under way
_MOST_NAMES = 5000  # of one trip; what is more waits for the next
_MANY_LATE = 20  # trips that nobody waited for, one after the other

_Q = TypeVar("_Q", bound=Hashable)
_A = TypeVar("_A")
Get = Callable[[Sequence[_Q]], Awaitable[Sequence[_A] | None]]
"""Asks the server for what is under names, or other questions; None when that fails."""

_log = logging.getLogger(__name__)


class _Trip(Generic[_Q, _A]):
    def __init__(self) -> None:
        self.names: dict[_Q, None] = {}
        self.found: Mapping[_Q, _A] | None = None
        self.done = asyncio.Event()


class Reads(Generic[_Q, _A]):
    def __init__(self, get: Get[_Q, _A]) -> None:
        self._get = get
        self._gathering: _Trip[_Q, _A] | None = None
        self._trips: set[asyncio.Task[None]] = set()
        self._late = 0

    async def read(self, names: Sequence[_Q]) -> Sequence[_A] | None:
        """Return what is under the names; None when that is not known within ``PATIENCE`` seconds."""
        trip = self._joined(names)
        if trip is None:
            return None
        for _ in range(_LOOKS):  # an answer that came while the process was busy is there by the next look
            try:
                async with asyncio.timeout(PATIENCE / _LOOKS):
                    await trip.done.wait()
            except TimeoutError:
                continue
            return None if trip.found is None else [trip.found[name] for name in names]
        return None

    def send(self, names: Sequence[_Q]) -> None:
        """Ask, and wait for no answer."""
        self._joined(names)

    def _joined(self, names: Sequence[_Q]) -> _Trip[_Q, _A] | None:
        """Return the trip that gathers, with these names; None when it is full."""
        trip = self._gathering
        if trip is None:
            trip = self._gathering = _Trip()
            asyncio.get_running_loop().call_soon(self._depart)
        if len(trip.names) > _MOST_NAMES:
            return None
        trip.names.update(dict.fromkeys(names))
        return trip

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

    async def _travel(self, trip: _Trip[_Q, _A]) -> None:
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
