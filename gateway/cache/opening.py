"""Which cache an address means: memory://, redis:// (rediss://, unix://), or none://."""

from collections.abc import Callable

from gateway.cache.encoding import Names
from gateway.cache.ledger import Ledger
from gateway.cache.memory import Memory
from gateway.cache.policy import NOTHING_KEPT, Policy
from gateway.cache.server import Server, connect
from gateway.cache.shared import Shared


def open_ledger(url: str, policy: Policy, *, size: int, names: Names, clock: Callable[[], float]) -> Ledger:
    """Return the cache at the address, ``size`` values of it in this process. Nothing is connected before it is used.

    ``names`` are those of the upstream in a shared cache; ``clock`` is in seconds since the epoch.
    """
    if url.startswith("none:"):
        return Ledger(NOTHING_KEPT, Memory(1), None, clock)
    memory = Memory(size)
    if url.startswith("memory:"):
        return Ledger(policy, memory, None, clock)
    return Ledger(policy, memory, Shared(Server(connect(url)), names, memory, policy, clock), clock)
