"""A stand-in for what is behind the loader: customers with figures, customers without, and such that fail."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from gateway.context import Context
from gateway.domain import Freshness, KpiKey, Partition, Served
from gateway.errors import (
    CircuitOpen,
    CredentialRefused,
    Forbidden,
    GatewayError,
    UpstreamContract,
    UpstreamThrottled,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from gateway.identity.caller import Caller
from gateway.loaders import KpiLoader
from gateway.upstream.credentials import Credential
from tests.plan.world import World
from tests.test_domain import KPI

FAILURES: list[GatewayError] = [
    UpstreamTimeout("hunter2"),
    UpstreamUnavailable("hunter2", retry_after=3),
    UpstreamThrottled("hunter2", upstream_status=429),
    UpstreamContract("hunter2"),
    CircuitOpen("hunter2", retry_after=9),
    CredentialRefused("hunter2"),
    Forbidden("hunter2"),
]


class Upstream:
    """Notes what it is asked for at once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.batches: list[set[KpiKey]] = []

    def context(self) -> Context:
        return Context(Caller(Partition("p"), Credential(()), "p"), KpiLoader(self._fetch))

    def keys(self) -> set[KpiKey]:
        return set().union(*self.batches)

    async def _fetch(self, keys: Sequence[KpiKey]) -> Mapping[KpiKey, Served | GatewayError]:
        assert len(set(keys)) == len(keys)
        self.batches.append(set(keys))
        await self._world.pause(str(keys[0]))
        return {key: self._outcome(key) for key in keys}

    def _outcome(self, key: KpiKey) -> Served | GatewayError:
        if self._world.fails(str(key)):
            return FAILURES[self._world.draw(f"{key} how", len(FAILURES))]
        kpi = replace(KPI, customer=key.customer) if self._world.draw(str(key), 3) else None
        return Served(kpi, 50.0 + key.customer, Freshness.LIVE, until=70.0)
