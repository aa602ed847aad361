"""How many keys leave in one call, decided from what was measured: pure functions of numbers.

The upstream runs the items of a call one after another, so a call of ``n`` items takes ``per_call + n * per_item``
seconds. One big call is right when items are fast, many small ones side by side when they are slow.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, repeat
from math import ceil

UNMEASURED = 25  # items of a call, before anything was measured: they may be slow
PRICE = 0.003  # seconds that one more call must save to be worth making
QUICK = 0.010  # seconds that keys wait for another call of theirs to come back, at most
_MEMORY = 0.9  # of what was known, when something new is observed: about ten observations count
_DOUBT = 0.25  # how far sizes must differ (items, squared) before a call's own time is told from its items'
_SURE = 3.0  # observations, the older the less, before one can be strange
_STRANGE = 2.0  # times more or less than expected
_NEGLIGIBLE = 0.01  # seconds
_SET_UP = 0.1  # seconds of the first call of all that may be its connection's


@dataclass(slots=True)
class Estimate:
    """The running estimate of ``per_item`` and ``per_call`` (seconds): a straight line that forgets.

    As long as all calls are alike, their whole time is put down to their items: slow items are the safer guess, and the
    smaller calls that follow from it tell the two apart. A single strange observation counts only as far as is usual;
    two in a row begin it anew, as does the second of all, for the first includes a connection.
    """

    per_item: float = 0.0
    per_call: float = 0.0
    measured: bool = False
    _calls: int = 0
    _strange: int = 0
    _weight: float = 0.0
    _items: float = 0.0
    _seconds: float = 0.0
    _squares: float = 0.0
    _products: float = 0.0

    def observe(self, items: int, seconds: float) -> None:
        """Take in that a call of so many items took so long. A single item alone does not measure what many take."""
        seconds, memory = self._weighed(items, seconds)
        self._weight = self._weight * memory + 1
        self._items = self._items * memory + items
        self._seconds = self._seconds * memory + seconds
        self._squares = self._squares * memory + items * items
        self._products = self._products * memory + items * seconds
        self._calls += 1
        self.measured = self.measured or items > 1
        self._fit()

    def _weighed(self, items: int, seconds: float) -> tuple[float, float]:
        """Return what to make of an observation: the seconds that count, and how much of what was known still does."""
        if self._calls == 0:
            return max(seconds - _SET_UP, 0.0), 0.0
        if self._calls == 1:
            return seconds, 0.0
        if self._weight < _SURE:
            return seconds, _MEMORY
        expected = self.per_call + items * self.per_item
        usual = min(max(seconds, (expected - _NEGLIGIBLE) / _STRANGE), expected * _STRANGE + _NEGLIGIBLE)
        self._strange = self._strange + 1 if usual != seconds else 0
        return (usual, _MEMORY) if self._strange < 2 else (seconds, 0.0)

    def _fit(self) -> None:
        items, seconds = self._items / self._weight, self._seconds / self._weight
        spread = max(self._squares / self._weight - items * items, 0.0)
        together = self._products / self._weight - items * seconds
        steepest = seconds / items  # all of it is the items' time
        slope = (together + _DOUBT * steepest) / (spread + _DOUBT)
        self.per_item = min(max(slope, 0.0), steepest)
        self.per_call = max(seconds - self.per_item * items, 0.0)


def chunk_sizes(waiting: int, *, slots: int, most: int, timeout: float, estimate: Estimate) -> Iterator[int]:
    """Say how many of the ``waiting`` keys leave in each call, so that the expected wait for all is least.

    At most ``most`` in one, about ``slots`` calls side by side, none expected to take more than half of ``timeout``
    seconds; each further call has its price. Of many calls the first is half as large: it costs no time, and shows what
    of a call's time is its items'. Without an end: whoever asks stops when all keys have left.
    """
    if not estimate.measured:
        calls, most = 1, min(most, UNMEASURED)
    else:
        calls = _calls(waiting, slots, estimate.per_item)
        most = max(1, min(most, _within(timeout / 2, estimate)))
    size = ceil(waiting / max(calls, ceil(waiting / most)))
    return chain((ceil(size / 2),) if calls > 2 else (), repeat(size))


def _calls(waiting: int, slots: int, per_item: float) -> int:
    if waiting * per_item <= PRICE:  # no further call can save its price
        return 1
    return min(range(1, min(slots, waiting) + 1), key=lambda count: _wait(waiting, count, per_item))


def _wait(waiting: int, calls: int, per_item: float) -> float:
    return ceil(waiting / calls) * per_item + calls * PRICE


def _within(seconds: float, estimate: Estimate) -> int:
    """Return how many items are done in the time; as good as without an end where they take none."""
    if estimate.per_item * 1e6 <= seconds:
        return 1_000_000
    return int((seconds - estimate.per_call) / estimate.per_item)
