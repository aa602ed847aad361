"""What the upstream said is taken down here, once, and looked up here: the one face of the cache."""

from collections.abc import Callable, Collection, Mapping, Sequence
from math import inf

from gateway.cache.memory import Kept, Memory
from gateway.cache.policy import Policy
from gateway.cache.shared import Shared
from gateway.domain import Fetched, KpiKey, Partition
from gateway.errors import Forbidden, GatewayError, Unauthenticated


class Ledger:
    """``shared`` is None where the process keeps for itself; ``clock`` is in seconds since the epoch."""

    def __init__(self, policy: Policy, memory: Memory, shared: Shared | None, clock: Callable[[], float]) -> None:
        self.policy = policy
        self._memory = memory
        self._shared = shared
        self._clock = clock

    def is_current(self, keys: Sequence[KpiKey]) -> bool:
        """Whether nothing has to be brought in before the keys are looked up."""
        return self._shared is None or self._shared.knows(keys)

    async def load(self, keys: Sequence[KpiKey]) -> None:
        """Bring in what other processes know of the keys, all one partition's, in bounded time."""
        if self._shared:
            await self._shared.load(keys)

    def find(self, keys: Collection[KpiKey]) -> dict[KpiKey, Kept]:
        """Return what is kept of the keys, all one partition's, alive or not."""
        return self._memory.find_all(keys)

    def vouched(self, partition: Partition) -> float:
        """Return when the upstream last answered the partition's credential; -inf when it did not, or refused it."""
        standing = self._memory.standing(partition)
        return standing.vouched if standing else -inf

    def record(self, results: Mapping[KpiKey, Fetched | GatewayError]) -> None:
        """Take down what the upstream said of keys: values are kept, refusals drop what was kept before."""
        if self.policy.keeps_nothing:
            return
        for key, result in results.items():
            match result:
                case Fetched():
                    self._keep(key, result)
                case Unauthenticated():
                    self._drop(key.partition)
                case Forbidden():
                    self._refuse(key)

    async def aclose(self) -> None:
        if self._shared:
            await self._shared.aclose()

    def _keep(self, key: KpiKey, fetched: Fetched) -> None:
        if self._memory.vouch(key.partition, fetched.as_of) and self._shared:
            self._shared.vouch(key.partition, fetched.as_of)
        entry = self.policy.entry(fetched, key.period)
        if entry is None:
            self._memory.forget(key)
            if self._shared:
                self._shared.forget(key)
        elif self._memory.keep(key, entry, self._clock()) and self._shared:
            self._shared.keep(key, entry)

    def _drop(self, partition: Partition) -> None:
        now = self._not_before(partition)
        if self._memory.drop(partition, now) and self._shared:
            self._shared.drop(partition, now)

    def _refuse(self, key: KpiKey) -> None:
        now = self._not_before(key.partition)
        if self._memory.refuse(key.partition, key.customer, now) and self._shared:
            self._shared.refuse(key.partition, key.customer, now)
            self._shared.forget(key)

    def _not_before(self, partition: Partition) -> float:
        """Return the time of a refusal: now, or when a clock that is ahead had the caller vouched for."""
        return max(self._clock(), self.vouched(partition))
