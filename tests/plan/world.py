"""Chance, from a seed and a place's key: the same however often, and in whatever order, it is asked."""

import asyncio
import inspect
from collections import Counter
from collections.abc import Coroutine
from hashlib import blake2b
from typing import Any

PAUSES = (None, 0.0, 0.0, 0.01, 0.5)


class World:
    """``faults`` and ``waits`` are per cent. Keeps what was called, and what was given out to be awaited."""

    def __init__(self, seed: int = 0, faults: int = 0, waits: int = 0) -> None:
        self.seed = seed
        self.faults = faults
        self.waits = waits
        self.calls: Counter[str] = Counter()
        self._given: list[Coroutine[Any, Any, Any]] = []

    def draw(self, key: str, below: int) -> int:
        digest = blake2b(f"{self.seed} {key}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) % below

    def fails(self, key: str) -> bool:
        return self.faults > self.draw(f"{key} fails", 100)

    def waits_at(self, key: str) -> bool:
        return self.waits > self.draw(f"{key} waits", 100)

    async def pause(self, key: str) -> None:
        """Let some time pass, or only a turn of the loop, or nothing."""
        seconds = PAUSES[self.draw(f"{key} pauses", len(PAUSES))]
        if seconds is not None:
            await asyncio.sleep(seconds)

    def given(self, coroutine: Coroutine[Any, Any, Any]) -> Coroutine[Any, Any, Any]:
        """Note a coroutine that somebody else has to await."""
        self._given.append(coroutine)
        return coroutine

    def unfinished(self) -> list[str]:
        """Name the coroutines that were not awaited to their end; those that never began are done away with."""
        left = [each for each in self._given if inspect.getcoroutinestate(each) != inspect.CORO_CLOSED]
        for each in left:
            if inspect.getcoroutinestate(each) == inspect.CORO_CREATED:
                each.close()
        return list(map(str, left))
