"""Which failures are worth a second call, how long to wait for it, and how many there may be: all of them are reads."""

from dataclasses import dataclass

from gateway.errors import CircuitOpen, GatewayError, UpstreamThrottled, UpstreamTimeout, UpstreamUnavailable

SHARE = 0.2  # of all calls; so an outage is not doubled
RESERVE = 3.0  # retries that a gateway without a past may make
_MOST_SAVED = 10.0
_FIRST_PAUSE = 0.2  # seconds at most, before the first retry; the next waits up to twice as long


@dataclass(slots=True)
class Budget:
    """Each call pays in a fifth of a retry, each retry takes one out."""

    saved: float = RESERVE

    def pay_in(self) -> None:
        self.saved = min(self.saved + SHARE, _MOST_SAVED)

    def take(self, retries: int) -> bool:
        """Return whether there was enough, and take it."""
        if self.saved < retries:
            return False
        self.saved -= retries
        return True


def is_passing(error: GatewayError) -> bool:
    """Whether another call may fare better: the upstream was out of reach, too slow, or overloaded."""
    kinds = (UpstreamTimeout, UpstreamUnavailable, UpstreamThrottled)
    return isinstance(error, kinds) and error.retryable and not isinstance(error, CircuitOpen)


def pause(error: GatewayError, asked: int, chance: float) -> float:
    """Return the seconds to wait after call number ``asked``: as the upstream says, else ``chance`` (0 to 1) has part.

    A random half of a wait that doubles, so that callers who failed together do not come back together.
    """
    jittered: float = _FIRST_PAUSE * 2 ** (asked - 1) * (1 + chance) / 2
    return jittered if error.retry_after is None else error.retry_after + jittered
