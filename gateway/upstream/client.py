"""KPIs from the upstream: keys gather in a line for each caller, and leave in chunks, as many as slots are free.

Keys that find no free slot leave together with those that come after them: calls grow under load without a timer.
Each chunk is asked for by a task of its own, which ends when nobody wants its keys any longer.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gateway.domain import KpiKey, Outcome, Partition
from gateway.errors import GatewayError, QueueFull, UpstreamTimeout
from gateway.upstream.asking import Asker
from gateway.upstream.lines import Fetch, Flight, Line
from gateway.upstream.sender import Ask
from gateway.upstream.settling import Chunk

Outcomes = dict[KpiKey, Outcome]


@dataclass(frozen=True, slots=True)
class Limits:
    """``slots``: calls at once. ``share``: those of them that one caller may have.

    ``waiting``: keys that are waited for, of all callers, from which on further ones are refused.
    """

    slots: int
    share: int
    waiting: int


class KpiClient:
    def __init__(self, asker: Asker, limits: Limits) -> None:
        self._asker = asker
        self._limits = limits
        self._free = limits.slots
        self._waiting = 0
        self._lines: dict[Partition, Line] = {}
        self._turns: dict[Partition, Line] = {}  # those with keys to send, in the order of their turns

    async def fetch(self, ask: Ask, keys: Sequence[KpiKey]) -> Outcomes:
        """Return an outcome for every key, by the deadline: its KPI, None for an unknown customer, or what went wrong.

        All keys are one caller's, and ``ask`` is that caller's: ValueError for a second partition among them.
        """
        if len({key.partition for key in keys}) > 1:
            raise ValueError("keys of two partitions in one batch")
        if refusal := self._refusal():
            return dict.fromkeys(keys, refusal)
        return await self._outcomes(Fetch(ask, keys), keys[0].partition) if keys else {}

    async def aclose(self) -> None:
        """Give up what is under way, and wait until it has ended."""
        tasks = [flight.task for line in self._lines.values() for flight in line.flights if flight.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _refusal(self) -> GatewayError | None:
        """Return why no further keys are taken on, if so."""
        if self._waiting >= self._limits.waiting:
            return QueueFull("the queue is full", retry_after=1)
        return self._asker.refusal()

    async def _outcomes(self, fetch: Fetch, partition: Partition) -> Outcomes:
        line = self._lines.setdefault(partition, Line(partition))
        self._waiting += line.join(fetch)
        self._pump(line)
        try:
            async with asyncio.timeout_at(fetch.ask.deadline):
                await fetch.done
        except TimeoutError:
            late = UpstreamTimeout("the operation's time was up")
            return dict.fromkeys(fetch.keys, late) | fetch.outcomes
        finally:
            self._waiting -= line.leave(fetch)
            self._take_turns(line)
            self._forget(line)
        return fetch.outcomes

    def _pump(self, changed: Line) -> None:
        """Send chunks while slots are free, of one line after the other; one that has more waits for its next turn."""
        self._take_turns(changed)
        while self._free and (line := next(filter(self._may_send, self._turns.values()), None)):
            del self._turns[line.partition]
            self._send_from(line)
            self._take_turns(line)

    def _take_turns(self, line: Line) -> None:
        """Give a line its turn among the others when it has keys to send, else none."""
        if line.ready or line.gathered:
            self._turns.setdefault(line.partition, line)
        else:
            self._turns.pop(line.partition, None)

    def _may_send(self, line: Line) -> bool:
        if line.busy >= self._limits.share or (line.busy and self._asker.is_trying()):
            return False
        return bool(line.ready or line.gathered)

    def _send_from(self, line: Line) -> None:
        """Send what of a line may leave now: first what is asked for again, the rest in chunks of planned sizes."""
        sizes: Iterator[int] | None = None
        while self._free and self._may_send(line):
            if line.ready:
                chunk = line.next_ready()
            else:
                sizes = sizes or self._asker.plan(len(line.gathered), self._limits.share)
                chunk = line.gather(next(sizes))
            if chunk:
                self._send(line, chunk)

    def _send(self, line: Line, chunk: Chunk) -> None:
        """Take a slot and ask for the chunk, for as long as anybody waits for it, under the name of who was first."""
        first = next(line.fetches(chunk))
        ask = replace(first.ask, deadline=line.deadline(chunk))
        self._free -= 1
        line.busy += 1
        flight = Flight(chunk)
        flight.task = asyncio.create_task(self._fly(line, flight, ask), context=first.context)
        line.flights.add(flight)

    async def _fly(self, line: Line, flight: Flight, ask: Ask) -> None:
        try:
            await self._asked(line, flight.chunk, ask)
        finally:
            line.flights.discard(flight)
            self._pump(line)
            self._forget(line)

    async def _asked(self, line: Line, chunk: Chunk, ask: Ask) -> None:
        """Hold a slot for the call, and none while waiting to ask again."""
        try:
            settlement = await self._asker.ask(chunk, ask, lambda: line.deadline(chunk))
        finally:
            line.busy -= 1
            self._free += 1
        for key, outcome in settlement.outcomes.items():
            self._waiting -= line.settle(key, outcome)
        if settlement.pause:
            self._pump(line)
            await asyncio.sleep(settlement.pause)
        line.ready.extend(settlement.again)

    def _forget(self, line: Line) -> None:
        if not line.wanted and not line.flights:
            self._lines.pop(line.partition, None)
            self._turns.pop(line.partition, None)
