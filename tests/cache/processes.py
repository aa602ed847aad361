"""Processes that keep what they were told: each for itself, or by way of one server."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from gateway.cache.encoding import Names
from gateway.cache.ledger import Ledger
from gateway.cache.opening import open_ledger, open_place
from gateway.cache.policy import Entry, Policy
from gateway.cache.shared import NEAR
from gateway.domain import Fetched, KpiKey, Partition
from gateway.errors import GatewayError
from tests.cache.values import MINE, NOON, POLICY, Clock, fetched
from tests.cache.waiting import idle, patiently

NAMES = Names.of(["http://upstream.test", "forward"])

Results = Mapping[KpiKey, Fetched | GatewayError]


def telling(*keys: KpiKey, as_of: float = NOON) -> Results:
    """Return good answers, each for its key."""
    return {each: fetched(each.customer, as_of) for each in keys}


@dataclass(eq=False)
class Process:
    """A ledger, and the clock of its process."""

    ledger: Ledger
    clock: Clock

    async def record(self, results: Results) -> None:
        """Take down, and have told the others."""
        self.ledger.record(results)
        await idle()

    async def load(self, *keys: KpiKey) -> None:
        await patiently(lambda: self.ledger.load(keys))

    def has(self, key: KpiKey) -> Entry | None:
        kept = self.ledger.find([key])
        return kept[key].entry if kept else None

    async def finds(self, key: KpiKey) -> Entry | None:
        await self.load(key)
        return self.has(key)

    def vouched(self, partition: Partition = MINE) -> float:
        return self.ledger.vouched(partition)


@asynccontextmanager
async def process(
    url: str, clock: Clock | None = None, *, policy: Policy = POLICY, names: Names = NAMES, size: int = 100
) -> AsyncIterator[Process]:
    clock = clock or Clock()
    ledger = open_ledger(url, policy, open_place(url, names), size=size, clock=clock)
    yield Process(ledger, clock)
    await ledger.aclose()


@dataclass(frozen=True)
class Backend:
    """Where one tells what it was answered, and another looks it up once it has to ask: both may be one."""

    teller: Process
    reader: Process
    clock: Clock

    async def record(self, results: Results) -> None:
        await self.teller.record(results)

    async def finds(self, key: KpiKey) -> Entry | None:
        self.clock.now += NEAR
        return await self.reader.finds(key)

    def vouched(self, partition: Partition = MINE) -> float:
        return self.reader.vouched(partition)


@asynccontextmanager
async def sharing(url: str) -> AsyncIterator[Backend]:
    """Run two processes that keep at the address, ten seconds past noon; one where it is nobody else's."""
    clock = Clock(NOON + 10)
    async with process(url, clock) as teller, process(url, clock) as other:
        yield Backend(teller, teller if url.startswith("memory:") else other, clock)
