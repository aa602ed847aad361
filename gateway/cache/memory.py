"""The cache of one process: bounded, and without a value for whoever was refused it.

Each value hangs on the standing of its partition. What is dropped is not searched for: the standing remembers when, and
older values count no longer.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from math import inf

from lru import LRU

from gateway.cache.policy import Entry
from gateway.domain import CustomerId, KpiKey, Partition

_MOST_REFUSED = 10_000  # customers of one partition


@dataclass(eq=False, slots=True)
class Standing:
    """What a partition's credential was last told by the upstream, in seconds since the epoch.

    ``vouched``: the last answer that it got; ``dropped``: the last refusal of the credential itself; ``refused``: of
    single customers.
    """

    vouched: float = -inf
    dropped: float = -inf
    refused: dict[CustomerId, float] = field(default_factory=dict)
    renewed: float = -inf

    @property
    def is_new(self) -> bool:
        """Whether nothing was done yet to have it vouched for anew."""
        return self.vouched > self.renewed

    def begin_renewal(self) -> None:
        self.renewed = self.vouched

    @property
    def is_clean(self) -> bool:
        """Whether nothing was ever dropped."""
        return self.dropped == -inf and not self.refused

    def covers(self, customer: CustomerId, as_of: float) -> bool:
        """Whether a customer's value of that time was not dropped since."""
        return as_of > self.dropped and as_of > self.refused.get(customer, -inf)


@dataclass(eq=False, slots=True)
class Kept:
    """A value, the standing it hangs on, and when it was last known to be the newest.

    ``renewal`` is when it is to be fetched anew, and inf once that was begun.
    """

    entry: Entry
    standing: Standing
    known: float
    renewal: float


class Memory:
    """Holds at most ``size`` values, and as many partitions; what was not used for longest goes first."""

    def __init__(self, size: int) -> None:
        self._values: LRU[KpiKey, Kept] = LRU(size)
        self._standings: LRU[Partition, Standing] = LRU(size)

    def find(self, key: KpiKey) -> Kept | None:
        return self.find_all([key]).get(key)

    def find_all(self, keys: Collection[KpiKey]) -> dict[KpiKey, Kept]:
        """Return what is kept of the keys, all one partition's."""
        if not keys or not len(self._values):
            return {}
        standing = self._standings.get(next(iter(keys)).partition)
        is_clean = standing is not None and standing.is_clean
        found: dict[KpiKey, Kept] = {}
        for key in keys:
            kept = self._values.get(key)
            if kept is None:
                continue
            if kept.standing is standing and (is_clean or standing.covers(key.customer, kept.entry.as_of)):
                found[key] = kept
            else:
                del self._values[key]
        return found

    def standing(self, partition: Partition) -> Standing | None:
        """Return what is known of a partition; None when nothing was ever kept for it."""
        return self._standings.get(partition)

    def meet(self, partition: Partition) -> Standing:
        """Return the partition's standing, from now on a known one."""
        standing = self._standings.get(partition)
        if standing is None:
            standing = self._standings[partition] = Standing()
        return standing

    def vouch(self, partition: Partition, at: float) -> bool:
        """Take down that the credential was answered at that time; returns whether that says more than was known."""
        standing = self.meet(partition)
        if at <= max(standing.vouched, standing.dropped):
            return False
        standing.vouched = at
        return True

    def keep(self, key: KpiKey, entry: Entry, now: float) -> bool:
        """Keep a value of a partition that was vouched for; returns whether it is the newest."""
        standing = self._standings.get(key.partition)
        if standing is None or not standing.covers(key.customer, entry.as_of):
            return False
        older = self.find(key)
        if older and older.entry.as_of > entry.as_of:
            return False
        renewal = older.renewal if older and older.entry.as_of == entry.as_of else entry.renewal
        self._values[key] = Kept(entry, standing, now, renewal)
        return True

    def forget(self, key: KpiKey) -> None:
        self._values.pop(key, None)

    def drop(self, partition: Partition, at: float) -> bool:
        """Drop all that a partition has of that time and earlier; returns whether anything was known of it."""
        standing = self._standings.get(partition)
        if standing is None:
            return False
        standing.dropped = max(standing.dropped, at)
        if standing.vouched <= at:
            standing.vouched = -inf
        return True

    def refuse(self, partition: Partition, customer: CustomerId, at: float) -> bool:
        """Drop what a partition has of a customer, of that time and earlier; returns as ``drop``."""
        standing = self._standings.get(partition)
        if standing is None:
            return False
        standing.refused[customer] = max(standing.refused.pop(customer, -inf), at)
        if len(standing.refused) > _MOST_REFUSED:  # the longest known is forgotten, and all that is as old with it
            oldest = next(iter(standing.refused))
            standing.dropped = max(standing.dropped, standing.refused.pop(oldest))
        return True
