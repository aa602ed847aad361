"""What an operator sees: the tallies of an app, how things stand in its parts, and its metrics."""

from collections.abc import Mapping, Sequence
from enum import Enum

from gateway import __version__
from gateway.cache.server import Server
from gateway.errors import Code
from gateway.identity.tokens import Reason
from gateway.places import Places
from gateway.telemetry.metrics import Reading
from gateway.telemetry.tallies import CallerTally, OperationTally, Tallies, UpstreamTally
from gateway.upstream.batching import Mode
from gateway.upstream.breaker import State
from gateway.upstream.client import KpiClient
from gateway.upstream.shape import DECLARED
from gateway.wiring import Upstream

_OF_CALLS = (
    Code.UNAUTHENTICATED,
    Code.FORBIDDEN,
    *(code for code in Code if code.startswith("UPSTREAM_")),
)


def tallies(limits: Sequence[str]) -> Tallies:
    """Return tallies in which all that can happen has happened no time yet; ``limits``: the settings that refuse."""
    return Tallies(OperationTally(limits), UpstreamTally(_OF_CALLS, DECLARED), callers=CallerTally(Reason))


def readings(places: Places, client: KpiClient, upstream: Upstream, server: Server | None) -> Mapping[str, Reading]:
    """Return what the gauges read, by their names."""
    learnt = upstream.learnt
    return {
        "gateway_info": lambda: {__version__: 1.0},
        "gateway_requests_in_flight": lambda: places.taken,
        "gateway_upstream_item_seconds": lambda: learnt.estimate.per_item,
        "gateway_upstream_batching_mode": lambda: _one_of(Mode, learnt.batching.mode),
        "gateway_upstream_breaker_state": lambda: _one_of(State, upstream.sender.circuit()),
        "gateway_upstream_calls_in_flight": lambda: client.under_way,
        "gateway_upstream_queue": lambda: client.waiting,
        "gateway_cache_backend_up": lambda: float(server is None or server.is_up),
    }


def _one_of(states: type[Enum], current: Enum) -> Mapping[str, float]:
    return {state.name.lower(): float(state is current) for state in states}
