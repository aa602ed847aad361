"""Who waits for which keys, in a line for each caller: what gathers, and what has its turn. Nothing is sent here.

A fetch's keys are moved together wherever that is possible: there may be hundreds.
"""

import asyncio
import contextvars
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from gateway.domain import Fetched, KpiKey, Partition
from gateway.errors import GatewayError
from gateway.telemetry.reports import Usage
from gateway.upstream.sender import Ask
from gateway.upstream.settling import Chunk


class Fetch:
    """One operation's keys, and the outcomes so far; ``done`` when there is one for each, or no more time."""

    __slots__ = ("ask", "context", "done", "keys", "outcomes")

    def __init__(self, ask: Ask, keys: Sequence[KpiKey]) -> None:
        self.ask = ask
        self.keys = dict.fromkeys(keys)
        self.outcomes: dict[KpiKey, Fetched | GatewayError] = {}
        self.context = contextvars.copy_context()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def is_whole(self) -> bool:
        return len(self.outcomes) == len(self.keys)

    def end(self) -> None:
        """Let nobody wait any longer."""
        if not self.done.done():
            self.done.set_result(None)


@dataclass(eq=False, slots=True)
class Flight:
    """A chunk that is being asked for, by a task of its own; without a slot when it waits before it is asked again."""

    chunk: Chunk
    began: float  # by the loop's clock
    task: asyncio.Task[None] | None = None
    has_slot: bool = True


@dataclass(eq=False, slots=True)
class Line:
    """One caller's keys: each is wanted by one fetch or more, and gathers, has its turn, or is in flight."""

    partition: Partition
    wanted: dict[KpiKey, tuple[Fetch, ...]] = field(default_factory=dict)
    gathered: dict[KpiKey, None] = field(default_factory=dict)
    ready: deque[Chunk] = field(default_factory=deque)
    flights: set[Flight] = field(default_factory=set)
    busy: int = 0  # calls under way
    batches: int = 0  # those of them that are of several keys

    def join(self, fetch: Fetch) -> int:
        """Let a fetch wait for its keys; those that others wait for already are not asked for again.

        Returns how many are new.
        """
        before, alone = len(self.wanted), (fetch,)
        if self.wanted.keys().isdisjoint(fetch.keys):
            self.wanted |= dict.fromkeys(fetch.keys, alone)
            self.gathered |= fetch.keys
        else:
            self.gathered |= dict.fromkeys(key for key in fetch.keys if key not in self.wanted)
            self.wanted |= {key: self.wanted.get(key, ()) + alone for key in fetch.keys}
        return len(self.wanted) - before

    def settle(self, outcomes: Mapping[KpiKey, Fetched | GatewayError]) -> int:
        """Give the outcomes to all who wait for their keys; returns for how many keys anybody did."""
        before = len(self.wanted)
        told: dict[Fetch, None] = {}
        for key, outcome in outcomes.items():
            for fetch in self.wanted.pop(key, ()):
                fetch.outcomes[key] = outcome
                told[fetch] = None
        for key in outcomes if self.gathered else ():
            self.gathered.pop(key, None)
        for fetch in told:
            if fetch.is_whole:
                fetch.end()
        return before - len(self.wanted)

    def leave(self, fetch: Fetch) -> int:
        """Let a fetch wait no longer. What only it wanted is given up, and its calls are cancelled.

        Returns how many keys are given up.
        """
        if fetch.is_whole:
            return 0
        alone = [key for key in fetch.keys if self.wanted.get(key) == (fetch,)]
        for key in alone:
            del self.wanted[key]
            self.gathered.pop(key, None)
        for key in self.wanted.keys() & fetch.keys:
            self.wanted[key] = tuple(other for other in self.wanted[key] if other is not fetch)
        for flight in self.flights if alone else ():
            if flight.task and not self.is_wanted(flight.chunk):
                flight.task.cancel()
        return len(alone)

    def depart(self, chunk: Chunk) -> Flight:
        flight = Flight(chunk, asyncio.get_running_loop().time())
        self.flights.add(flight)
        self.busy += 1
        self.batches += len(chunk.keys) > 1
        return flight

    def give_back(self, flight: Flight) -> None:
        """Let a flight have its slot no longer."""
        flight.has_slot = False
        self.busy -= 1
        self.batches -= len(flight.chunk.keys) > 1

    def drop(self) -> None:
        """Send nothing more, and let nobody wait."""
        self.gathered.clear()
        self.ready.clear()
        for fetch in {fetch for fetches in self.wanted.values() for fetch in fetches}:
            fetch.end()

    def is_wanted(self, chunk: Chunk) -> bool:
        return any(key in self.wanted for key in (*chunk.keys, *chunk.behind))

    def gather(self, size: int) -> Chunk:
        """Take the next so many of the gathered keys, in the order they came."""
        keys = tuple(islice(self.gathered, size))
        if len(keys) == len(self.gathered):
            self.gathered.clear()
        for key in keys if self.gathered else ():
            del self.gathered[key]
        return Chunk(keys)

    def next_ready(self) -> Chunk | None:
        """Take the next chunk that is asked for again, without the keys that nobody waits for by now."""
        chunk = self.ready.popleft()
        keys, behind = self._still_wanted(chunk.keys), self._still_wanted(chunk.behind)
        for key in (*keys, *behind):
            self.gathered.pop(key, None)
        if not keys:  # whoever was to go first has left
            keys, behind = behind[:1], behind[1:]
        return Chunk(keys, chunk.asked, behind) if keys else None

    def _still_wanted(self, keys: tuple[KpiKey, ...]) -> tuple[KpiKey, ...]:
        return tuple(key for key in keys if key in self.wanted)

    def fetches(self, chunk: Chunk) -> Iterator[Fetch]:
        """Return who waits for a chunk's keys, with repetition."""
        return (fetch for key in (*chunk.keys, *chunk.behind) for fetch in self.wanted.get(key, ()))

    def usages(self, chunk: Chunk) -> set[Usage]:
        """Return those of who waits for a chunk's keys, each once."""
        fetches = chain.from_iterable({self.wanted.get(key, ()) for key in (*chunk.keys, *chunk.behind)})
        return {fetch.ask.usage for fetch in fetches if fetch.ask.usage}

    @property
    def waiting(self) -> int:
        """How many keys have no call yet, or not again."""
        return len(self.gathered) + sum(len(chunk.keys) + len(chunk.behind) for chunk in self.ready)

    def contexts(self, chunk: Chunk) -> Iterator[contextvars.Context]:
        """Return the contexts of who waits for a chunk's keys."""
        return (fetch.context for fetch in dict.fromkeys(self.fetches(chunk)))

    def deadline(self, chunk: Chunk) -> float:
        """Return how long a chunk's keys are waited for; the past when nobody waits."""
        return max((fetch.ask.deadline for fetch in self.fetches(chunk)), default=0.0)
