"""What callers had lately of a rate, in one process: of those that came last, so that strangers fill no memory."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

from lru import LRU

from gateway.rates import Rate

MOST = 10_000  # callers


class Taken(NamedTuple):
    """What became of a wish for some of a rate.

    ``counts`` is what was had by then, this included if it was given; ``slot`` where it was counted, ``now`` when, both
    by the windows' own clock. ``beside``: the same in the process, where it is counted elsewhere too.
    """

    is_given: bool
    counts: dict[int, int]
    slot: int
    now: float
    beside: "Taken | None" = None


class Windows(Protocol):
    """Counts what callers have of a rate, each by a name."""

    def take(self, name: str, count: int) -> Taken | Awaitable[Taken]:
        """Give so much more to a caller if there is as much left, else nothing; in bounded time."""
        ...

    def give_back(self, name: str, taken: Taken, count: int) -> None:
        """Count so much of what was given no more."""
        ...


class OwnWindows:
    """``clock`` is in seconds and never goes back; ``most`` callers are told apart: after so many others one is new."""

    def __init__(self, rate: Rate, clock: Callable[[], float], most: int = MOST) -> None:
        self._rate = rate
        self._clock = clock
        self._kept: LRU[str, dict[int, int]] = LRU(most)

    def __len__(self) -> int:
        return len(self._kept)

    def take(self, name: str, count: int) -> Taken:
        now, slot, counts = self._looked_up(name)
        if sum(counts.values()) + count > self._rate.amount:
            return Taken(False, counts, slot, now)  # noqa: FBT003  # a field of a tuple
        return self._noted(name, count, now, slot, counts)

    def note(self, name: str, count: int) -> Taken:
        """Count what was given elsewhere, whatever is left here."""
        return self._noted(name, count, *self._looked_up(name))

    def give_back(self, name: str, taken: Taken, count: int) -> None:
        _, _, counts = self._looked_up(name)
        if taken.slot in counts:  # less may be there, when the caller was forgotten in between
            counts[taken.slot] = max(0, counts[taken.slot] - count)

    def has_left(self, name: str, count: int) -> bool:
        """Whether so much more would be given."""
        return sum(self._looked_up(name)[2].values()) + count <= self._rate.amount

    def _noted(self, name: str, count: int, now: float, slot: int, counts: dict[int, int]) -> Taken:
        counts[slot] = counts.get(slot, 0) + count
        self._kept[name] = counts
        return Taken(True, counts, slot, now)  # noqa: FBT003

    def _looked_up(self, name: str) -> tuple[float, int, dict[int, int]]:
        now = self._clock()
        slot = self._rate.slot(now)
        counts = self._kept.get(name)
        if counts is None:
            return now, slot, {}
        for past in [each for each in counts if self._rate.is_past(each, slot)]:
            del counts[past]
        return now, slot, counts
