"""Which cache an address means: memory://, redis:// (rediss://, unix://), or none://."""

from collections.abc import Callable
from typing import NamedTuple

from gateway.cache.encoding import Names
from gateway.cache.ledger import Ledger
from gateway.cache.memory import Memory
from gateway.cache.policy import NOTHING_KEPT, Policy
from gateway.cache.server import Server, connect
from gateway.cache.shared import Shared
from gateway.telemetry.tallies import CacheTally


class Place(NamedTuple):
    """A server that many processes share, and the names that values of an upstream have there."""

    server: Server
    names: Names


def open_place(url: str, names: Names, tally: CacheTally | None = None) -> Place | None:
    """Return the place that the address means, None for one within the process; ValueError where it cannot be used."""
    return None if url.startswith(("none:", "memory:")) else Place(Server(connect(url), tally), names)


def open_ledger(url: str, policy: Policy, place: Place | None, *, size: int, clock: Callable[[], float]) -> Ledger:
    """Return the cache at the address, ``size`` values of it in this process; it closes the place's server.

    Nothing is connected before it is used. ``clock`` is in seconds since the epoch.
    """
    if url.startswith("none:"):
        return Ledger(NOTHING_KEPT, Memory(1), None, clock)
    memory = Memory(size)
    shared = Shared(place.server, place.names, memory, policy, clock) if place else None
    return Ledger(policy, memory, shared, clock)
