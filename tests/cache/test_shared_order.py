"""Two processes that are told this and that, one after the other: what both find is what a single one would."""

import random
from math import inf

import pytest

from gateway.cache.policy import Entry
from gateway.cache.shared import NEAR
from gateway.domain import CustomerId, Fetched, KpiKey, Partition
from gateway.errors import Forbidden, GatewayError, Unauthenticated
from tests.cache.processes import Process, telling
from tests.cache.values import CLOSED, MINE, OPEN, POLICY, YOURS, Clock, fetched, key

pytestmark = pytest.mark.real_time

KEYS = [key(number, partition, period) for number in (1, 2) for partition in (MINE, YOURS) for period in (OPEN, CLOSED)]


class Truth:
    """All that was told, and what follows from it."""

    def __init__(self) -> None:
        self._newest: dict[KpiKey, Fetched] = {}
        self._dropped: dict[Partition, float] = {}
        self._refused: dict[tuple[Partition, CustomerId], float] = {}

    def tell(self, key: KpiKey, said: Fetched | GatewayError, now: float) -> None:
        match said:
            case Unauthenticated():
                self._dropped[key.partition] = now
            case Forbidden():
                self._refused[key.partition, key.customer] = now
            case Fetched(max_age=0):
                self._newest.pop(key, None)
            case Fetched() if self._holds(key, said) and said.as_of >= self._as_of(key):
                self._newest[key] = said

    def of(self, key: KpiKey) -> Entry | None:
        newest = self._newest.get(key)
        return POLICY.entry(newest, key.period) if newest and self._holds(key, newest) else None

    def _holds(self, key: KpiKey, said: Fetched) -> bool:
        refused = self._refused.get((key.partition, key.customer), -inf)
        return said.as_of > max(refused, self._dropped.get(key.partition, -inf))

    def _as_of(self, key: KpiKey) -> float:
        entry = self.of(key)
        return entry.as_of if entry else -inf


def answer(chance: random.Random, key: KpiKey, now: float) -> Fetched | GatewayError:
    """Draw what the upstream says: of now or of a while ago, mostly to be kept, seldom a refusal."""
    as_of = now - chance.choice([0, 0, 1, 5])
    said = fetched(key.customer, as_of, items=chance.randrange(1000), max_age=chance.choice([None, 500, 500, 0]))
    return chance.choice([said] * 6 + [Unauthenticated(), Forbidden()])


@pytest.mark.parametrize("seed", range(10))
async def test_both_find_the_newest_that_was_not_refused_and_nothing_else(
    one: Process, other: Process, clock: Clock, seed: int
) -> None:
    chance, truth = random.Random(seed), Truth()  # noqa: S311  # no secret
    for each, first in telling(*KEYS).items():
        truth.tell(each, first, clock.now)
    await one.record(telling(*KEYS))
    for _ in range(25):
        clock.now += chance.choice([NEAR, 2 * NEAR])
        teller, each = chance.choice([one, other]), chance.choice(KEYS)
        said = answer(chance, each, clock.now)
        await teller.load(each)
        truth.tell(each, said, clock.now)
        await teller.record({each: said})
        clock.now += NEAR
        for reader in (one, other):
            assert [await reader.finds(each) for each in KEYS] == [truth.of(each) for each in KEYS]
