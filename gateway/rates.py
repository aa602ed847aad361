"""How much a caller may have in how long: a rate as settings write it, and what is left of it.

What was had is counted in tenths of the time, each of which counts until all of it is past. So nobody has more than the
rate within its time, whenever that begins; what was had comes back a tenth late at most.
"""

import re
from collections.abc import Mapping
from itertools import accumulate
from math import ceil
from typing import NamedTuple

SLOTS = 10
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_NOTATION = re.compile(rf"([0-9]{{1,9}})\s*(?:/|\s+per\s+)\s*([0-9]{{0,6}})\s*({'|'.join(_SECONDS)})s?")
_LONGEST = 86_400

Counts = Mapping[int, int]
"""What was had, by the slots it was had in; none is older than what still counts."""


class Rate(NamedTuple):
    """So much in so many seconds."""

    amount: int
    seconds: int

    def __str__(self) -> str:
        unit, length = next(each for each in reversed(_SECONDS.items()) if self.seconds % each[1] == 0)
        times = self.seconds // length
        return f"{self.amount}/{unit}" if times == 1 else f"{self.amount}/{times} {unit}s"

    def slot(self, now: float) -> int:
        """Return the slot of a moment (seconds)."""
        return int(now * SLOTS // self.seconds)

    def end(self, slot: int) -> float:
        """Return when what was had in the slot counts no more (seconds)."""
        return (slot + SLOTS + 1) * self.seconds / SLOTS

    def is_past(self, slot: int, now_slot: int) -> bool:
        return slot < now_slot - SLOTS

    def left(self, counts: Counts) -> int:
        return max(0, self.amount - sum(counts.values()))

    def wait(self, counts: Counts, now: float, count: int = 1) -> int | None:
        """Return in how many seconds so much more may be had, 0 for at once; None for what is more than the rate."""
        if count > self.amount:
            return None
        excess = sum(counts.values()) + count - self.amount
        if excess <= 0:
            return 0
        slots = sorted(counts)
        freed = accumulate(counts[slot] for slot in slots)
        slot = next(slot for slot, count in zip(slots, freed, strict=True) if count >= excess)
        return max(1, ceil(self.end(slot) - now))


def read(text: str) -> Rate:
    """Return the rate that is written: ``600/minute``, ``5000 per 10 minutes``; ValueError for what is none."""
    found = _NOTATION.fullmatch(text.strip().lower())
    amount, times, unit = found.groups() if found else ("0", "", "second")
    rate = Rate(int(amount), (int(times) if times else 1) * _SECONDS[unit])
    if not rate.amount or not 0 < rate.seconds <= _LONGEST:
        raise ValueError("a rate is a number, a slash and a time of at most a day: 600/minute, 50/second, 9000/2 hours")
    return rate


def notation(text: str) -> str:
    """Return the text of a rate; ValueError where it is none."""
    read(text)
    return text
