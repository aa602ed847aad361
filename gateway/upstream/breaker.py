"""The circuit breaker: an upstream that fails is left alone for a while, then asked once. What decides takes ``now``.

It counts over a window, lets a single probe through, and knows calls that say nothing: cancelled ones.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from math import ceil

from gateway.errors import CircuitOpen

WINDOW = 30.0  # seconds of the past that count
IN_A_ROW = 5  # failures without an answer between them open it
AT_LEAST = 10  # or half of so many calls
RECOVERY = 5.0  # seconds open, before one call is let through
_REMEMBERED = 100  # calls


class Report(Enum):
    """What a call says of the upstream's health."""

    ANSWERED = auto()
    FAILED = auto()
    NOTHING = auto()  # it was cancelled, or had no time to be answered


class State(StrEnum):
    """What the circuit is."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(slots=True)
class Breaker:
    """Closed, open, or half open: then a single probe decides. Times are the loop's clock, in seconds."""

    _calls: deque[tuple[float, bool]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    _opened: float | None = None
    _probing: bool = False

    @property
    def is_open(self) -> bool:
        return self._opened is not None

    def is_half_open(self, now: float) -> bool:
        """Whether a probe may go, or is under way."""
        return self._opened is not None and now >= self._opened + RECOVERY

    def state(self, now: float) -> State:
        if self._opened is None:
            return State.CLOSED
        return State.HALF_OPEN if self.is_half_open(now) else State.OPEN

    def refusal(self, now: float) -> CircuitOpen | None:
        """Return why a call may not be made now, with ``retry_after``; None for one that may."""
        if self._opened is None or (self.is_half_open(now) and not self._probing):
            return None
        return CircuitOpen("the circuit is open", retry_after=max(1, ceil(self._opened + RECOVERY - now)))

    def admit(self, now: float) -> bool:
        """Return whether the call is the probe; raises CircuitOpen for one that may not be made."""
        if refusal := self.refusal(now):
            raise refusal
        self._probing = self.is_open
        return self._probing

    def report(self, report: Report, now: float, *, probe: bool) -> None:
        """Take in what came of an admitted call; what began before the circuit opened is late news."""
        if probe:
            self._probing = False
            self._opened = {Report.ANSWERED: None, Report.FAILED: now, Report.NOTHING: self._opened}[report]
            self._calls.clear()
        elif self._opened is None and report is not Report.NOTHING:
            self._calls.append((now, report is Report.FAILED))
            if report is Report.FAILED and self._is_failing(now):
                self._opened = now

    def _is_failing(self, now: float) -> bool:
        recent = [failed for when, failed in self._calls if when > now - WINDOW]
        in_a_row = len(recent) >= IN_A_ROW and all(recent[-IN_A_ROW:])
        return in_a_row or (len(recent) >= AT_LEAST and 2 * sum(recent) >= len(recent))
