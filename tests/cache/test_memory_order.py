"""The memory of one process, whatever it is told in whatever order and however late: a model of it says the same."""

from dataclasses import dataclass, field
from math import inf

import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from gateway.cache.memory import Memory
from gateway.cache.policy import Entry
from gateway.domain import CustomerId, KpiKey, Partition
from tests.cache.test_memory import entry
from tests.cache.values import CLOSED, MINE, OPEN, YOURS


@dataclass
class Known:
    """What the model knows of a partition that was vouched for once."""

    answered: list[int] = field(default_factory=list)
    drops: list[int] = field(default_factory=list)
    refusals: list[tuple[int, int]] = field(default_factory=list)

    @property
    def dropped(self) -> float:
        return max(self.drops, default=-inf)

    def covers(self, customer: int, as_of: float) -> bool:
        refused = max((at for number, at in self.refusals if number == customer), default=-inf)
        return as_of > self.dropped and as_of > refused


moments = st.integers(1, 12)
some_partitions = st.sampled_from([MINE, YOURS])
some_customers = st.sampled_from([1, 2]).map(CustomerId)
some_keys = st.builds(KpiKey, some_partitions, some_customers, st.sampled_from([OPEN, CLOSED]))


class AnyOrder(RuleBasedStateMachine):
    """Whatever comes in whatever order, what is found is the newest that came, and newer than each refusal of it."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = Memory(100)
        self.known: dict[Partition, Known] = {}
        self.newest: dict[KpiKey, Entry] = {}
        self.count = 0

    @rule(partition=some_partitions, at=moments)
    def vouch(self, partition: Partition, at: int) -> None:
        known = self.known.setdefault(partition, Known())
        says_more = at > max(self.vouched(known), known.dropped)
        known.answered.append(at)
        assert self.memory.vouch(partition, at) is says_more

    @rule(key=some_keys, as_of=moments)
    def keep(self, key: KpiKey, as_of: int) -> None:
        self.count += 1
        new, known, older = entry(key.customer, as_of, items=self.count), self.known.get(key.partition), self.alive(key)
        is_kept = known is not None and known.covers(key.customer, as_of) and not (older and older.as_of > as_of)
        assert self.memory.keep(key, new, as_of) is is_kept
        if is_kept:
            self.newest[key] = new

    @rule(key=some_keys)
    def forget(self, key: KpiKey) -> None:
        self.memory.forget(key)
        self.newest.pop(key, None)

    @rule(partition=some_partitions, at=moments)
    def drop(self, partition: Partition, at: int) -> None:
        known = self.known.get(partition)
        assert self.memory.drop(partition, at) is (known is not None)
        if known:
            known.drops.append(at)
            known.answered = [each for each in known.answered if each > known.dropped]

    @rule(partition=some_partitions, customer=some_customers, at=moments)
    def refuse(self, partition: Partition, customer: CustomerId, at: int) -> None:
        known = self.known.get(partition)
        assert self.memory.refuse(partition, customer, at) is (known is not None)
        if known:
            known.refusals.append((customer, at))

    @rule(key=some_keys)
    def find(self, key: KpiKey) -> None:
        kept = self.memory.find(key)
        assert (kept.entry if kept else None) == self.alive(key)

    @rule(partition=some_partitions)
    def look_at_the_standing(self, partition: Partition) -> None:
        standing, known = self.memory.standing(partition), self.known.get(partition)
        assert (standing is None) is (known is None)
        if standing and known:
            assert (standing.vouched, standing.dropped) == (self.vouched(known), known.dropped)

    def alive(self, key: KpiKey) -> Entry | None:
        new, known = self.newest.get(key), self.known.get(key.partition)
        return new if new and known and known.covers(key.customer, new.as_of) else None

    @staticmethod
    def vouched(known: Known) -> float:
        return max((each for each in known.answered if each > known.dropped), default=-inf)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = hypothesis.settings(hypothesis.settings.default, max_examples=60, stateful_step_count=40)
