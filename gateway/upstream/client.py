"""KPIs from the upstream: keys gather in a line for each caller, and leave in chunks, as many as slots are free.

A few keys wait for those that come in the same turn of the event loop, and leave with them; many leave at once. Those
that find no free slot leave together with those that come after them: calls grow under load without a timer.
Each chunk is asked for by a task of its own, which ends when nobody wants its keys any longer.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter

from gateway.domain import Fetched, KpiKey, Partition
from gateway.errors import DeadlinePassed, GatewayError, QueueFull
from gateway.telemetry.tallies import UpstreamTally
from gateway.upstream.asking import Asker
from gateway.upstream.lines import Fetch, Flight, Line
from gateway.upstream.planning import QUICK
from gateway.upstream.sender import Ask
from gateway.upstream.settling import Chunk

_PARTITION = attrgetter("partition")

Outcomes = dict[KpiKey, Fetched | GatewayError]
Record = Callable[[Mapping[KpiKey, Fetched | GatewayError]], None]
"""Is told what came of keys at the moment it is known, before anybody who waits; not of refusals and missed deadlines.

Who asks a moment later finds the keys either in flight or recorded, never neither.
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many calls at once (``slots``), and keys that may be wanted, waiting or asked for, of all callers.

    ``share`` is the part of both that one caller may have, but for a single fetch that finds nothing else wanted.
    """

    slots: int
    wanted: int
    share: float = 0.75

    @property
    def slots_of_one(self) -> int:
        return max(1, int(self.slots * self.share))


class KpiClient:
    def __init__(self, asker: Asker, limits: Limits, record: Record, tally: UpstreamTally | None = None) -> None:
        self._tally = tally or UpstreamTally()
        self._asker = asker
        self._limits = limits
        self._record = record
        self._closed = False
        self._free = limits.slots
        self._wanted = 0
        self._lines: dict[Partition, Line] = {}
        self._turns: dict[Line, None] = {}  # those with keys to send, in the order of their turns
        self._gathering: dict[Line, asyncio.Handle] = {}  # those that wait for more keys, and what ends that

    @property
    def under_way(self) -> int:
        """How many calls are."""
        return self._limits.slots - self._free

    @property
    def waiting(self) -> int:
        """How many keys wait for a call, of all callers."""
        return sum(line.waiting for line in self._lines.values())

    async def fetch(self, ask: Ask, keys: Sequence[KpiKey]) -> Outcomes:
        """Return for every key, by the deadline, what was fetched or what went wrong.

        All keys are one caller's, and ``ask`` is that caller's: ValueError for a second partition among them.
        """
        if len(set(map(_PARTITION, keys))) > 1:
            raise ValueError("keys of two partitions in one batch")
        if not keys:
            return {}
        if self._closed or ask.deadline <= asyncio.get_running_loop().time():
            return dict.fromkeys(keys, DeadlinePassed("there is no time left"))
        fetch, line = Fetch(ask, keys), self._lines.get(keys[0].partition) or Line(keys[0].partition)
        if refusal := self._refusal(line, fetch):
            return dict.fromkeys(fetch.keys, refusal)
        return await self._outcomes(line, fetch)

    async def aclose(self) -> None:
        """Give up what is under way, begin nothing more, and wait until all has ended."""
        self._closed = True
        for end in self._gathering.values():
            end.cancel()
        self._gathering.clear()
        tasks = [flight.task for line in self._lines.values() for flight in line.flights if flight.task]
        for line in self._lines.values():
            line.drop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _refusal(self, line: Line, fetch: Fetch) -> GatewayError | None:
        """Return why the keys are not taken on, if so."""
        new = len(fetch.keys.keys() - line.wanted.keys()) if line.wanted else len(fetch.keys)
        of_one = len(line.wanted) + new > self._limits.wanted * self._limits.share if line.wanted else False
        if new and self._wanted and (of_one or self._wanted + new > self._limits.wanted):
            self._tally.refused("queue_full", new)
            return QueueFull("the queue is full", retry_after=1)
        if refusal := self._asker.refusal():
            self._tally.refused("circuit_open", new)
        return refusal

    async def _outcomes(self, line: Line, fetch: Fetch) -> Outcomes:
        self._lines[line.partition] = line
        self._wanted += line.join(fetch)
        self._gather(line)
        end = asyncio.get_running_loop().call_at(fetch.ask.deadline, fetch.end)
        try:
            await fetch.done
        finally:
            end.cancel()
            self._wanted -= line.leave(fetch)
            self._take_turns(line)
            self._forget(line)
        if fetch.is_whole:
            return fetch.outcomes
        return dict.fromkeys(fetch.keys, DeadlinePassed("the operation's time was up")) | fetch.outcomes

    def _gather(self, line: Line) -> None:
        """Send what a line has: at once if it fills a call, else with what comes in the same turn of the event loop.

        And if a call of the line is soon back, with what comes until then: one more would not be worth it.
        """
        if len(line.gathered) >= self._asker.batch_size:
            self._pump(line)
        elif line not in self._gathering:
            loop = asyncio.get_running_loop()
            back = min((flight.began + QUICK for flight in line.flights if self._is_quick(flight)), default=0.0)
            if back > loop.time():
                self._gathering[line] = loop.call_at(back, self._pump, line)
            else:
                self._gathering[line] = loop.call_soon(self._pump, line)

    def _is_quick(self, flight: Flight) -> bool:
        return flight.has_slot and self._asker.is_quick(len(flight.chunk.keys))

    def _pump(self, changed: Line) -> None:
        """Send chunks while slots are free, of one line after the other; one that has more waits for its next turn."""
        if end := self._gathering.pop(changed, None):
            end.cancel()
        self._take_turns(changed)
        while self._free and (line := next(filter(self._may_send, self._turns), None)):
            del self._turns[line]
            self._send_from(line)
            self._take_turns(line)

    def _take_turns(self, line: Line) -> None:
        """Give a line its turn among the others when it has keys to send, else none."""
        if line.ready or line.gathered:
            self._turns.setdefault(line)
        else:
            self._turns.pop(line, None)

    def _may_send(self, line: Line) -> bool:
        """Whether a line may have a call more: one is enough while it shows what becomes of the others."""
        if line.busy >= self._limits.slots_of_one or (line.busy and self._asker.is_probing()):
            return False
        return bool(line.ready or line.gathered) and not (line.batches and self._asker.is_learning())

    def _send_from(self, line: Line) -> None:
        """Send what of a line may leave now: first what is asked for again, the rest in chunks of planned sizes."""
        sizes: Iterator[int] | None = None
        while self._free and self._may_send(line):
            if line.ready:
                chunk = line.next_ready()
            else:
                sizes = sizes or self._asker.plan(len(line.gathered), self._limits.slots_of_one)
                chunk = line.gather(next(sizes))
            if chunk:
                self._send(line, chunk)

    def _send(self, line: Line, chunk: Chunk) -> None:
        """Take a slot and ask for the chunk, for as long as anybody waits for it, under the name of who was first."""
        first = next(line.fetches(chunk))
        for usage in line.usages(chunk):
            usage.calls += 1
        flight = line.depart(chunk)
        self._free -= 1
        ask = replace(first.ask, serves=partial(line.contexts, chunk)) if first.ask.serves else first.ask
        flight.task = asyncio.create_task(self._fly(line, flight, ask), context=first.context)
        flight.task.add_done_callback(lambda _: self._landed(line, flight))

    async def _fly(self, line: Line, flight: Flight, ask: Ask) -> None:
        """Hold a slot for the call, and none while waiting to ask again."""
        settlement = await self._asker.ask(flight.chunk, ask, lambda: line.deadline(flight.chunk))
        self._give_back(line, flight)
        outcomes = settlement.fetched()
        self._record(outcomes)
        self._wanted -= line.settle(outcomes)
        if settlement.pause:
            self._pump(line)
            await asyncio.sleep(settlement.pause)
        line.ready.extend(settlement.again)

    def _landed(self, line: Line, flight: Flight) -> None:
        """Clear away after a flight, however it ended: one that was cancelled at once has run nothing of its own."""
        self._give_back(line, flight)
        line.flights.discard(flight)
        flight.task = None  # it has the frames that it was cancelled in, and they have the flight
        self._pump(line)
        self._forget(line)

    def _give_back(self, line: Line, flight: Flight) -> None:
        if flight.has_slot:
            line.give_back(flight)
            self._free += 1

    def _forget(self, line: Line) -> None:
        """Keep no line that nobody waits in, unless another has taken its place."""
        if not line.wanted and not line.flights and self._lines.get(line.partition) is line:
            del self._lines[line.partition]
