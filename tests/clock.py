"""The clock seam: an event loop whose time passes only where somebody sleeps, and then at once.

Timers fire in their order and nothing takes any time, so that what is decided by how long a call took is the same on
every machine. Not for real sockets: what they do takes no time of this loop's.
"""

import asyncio
import selectors
from typing import Any


class _Impatient(selectors.DefaultSelector):
    """Does not wait for what is not there yet, but lets the loop's time pass instead."""

    loop: "TimelessLoop"

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            return super().select(None)
        ready = super().select(0)
        if not ready:
            self.loop.now += timeout
        return ready


class TimelessLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.now = 1000.0
        selector: Any = _Impatient()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.now
