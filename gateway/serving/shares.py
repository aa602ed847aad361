"""How many connections each worker has: told by each to all, in memory that they share."""

import mmap
from typing import BinaryIO, Self

SLOTS = 256  # workers at once: as many as may be, and those that they replaced and that finish what runs
_NOBODY = 2**32 - 1


class Shares:
    """The memory behind a file's descriptor, a number a slot; each slot is written to by one worker."""

    def __init__(self, descriptor: int) -> None:
        self._counts = memoryview(mmap.mmap(descriptor, 4 * SLOTS)).cast("I")

    @classmethod
    def begin(cls, file: BinaryIO) -> Self:
        """Return those of nobody yet, in an empty file."""
        file.truncate(4 * SLOTS)
        shares = cls(file.fileno())
        for slot in range(SLOTS):
            shares.forget(slot)
        return shares

    def tell(self, slot: int, many: int) -> None:
        self._counts[slot] = many

    def forget(self, slot: int) -> None:
        """Have a slot be nobody's: who had it takes no more connections."""
        self._counts[slot] = _NOBODY

    def is_least(self, many: int) -> bool:
        """Whether nobody has fewer."""
        return many <= min(self._counts)
