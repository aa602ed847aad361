"""What processes share of their memories, by way of a server."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from gateway.cache import encoding
from gateway.cache.encoding import Names
from gateway.cache.memory import Memory, Standing
from gateway.cache.policy import Entry, Policy
from gateway.cache.server import Server
from gateway.domain import CustomerId, KpiKey, Partition

NEAR = 2.0
"""For how long (seconds) a process answers from its memory what it read or wrote: what others drop lasts so long."""

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class Shared:
    """Brings what the server has into the memory, and tells it what the memory learns.

    ``clock`` is in seconds since the epoch; another's, which may be ahead, makes nothing live longer.
    """

    def __init__(
        self, server: Server, names: Names, memory: Memory, policy: Policy, clock: Callable[[], float]
    ) -> None:
        self._server = server
        self._names = names
        self._memory = memory
        self._policy = policy
        self._clock = clock

    async def load(self, keys: Sequence[KpiKey]) -> None:
        """Bring in what is known of the keys, all one partition's, but for what was known a moment ago."""
        unknown = [key for key in keys if not self._is_known(key)]
        if not unknown:
            return
        partition = unknown[0].partition
        standing = self._names.standing(partition)
        refusals = {self._names.refusal(partition, key.customer): key.customer for key in unknown}
        values = {self._names.value(key): key for key in unknown}
        names = [standing, *refusals, *values]
        found = await self._server.read(names)
        if found is None:
            return
        said = dict(zip(names, found, strict=True))
        self._take_standing(partition, _read(encoding.decode_standing, standing, said))
        for name, customer in refusals.items():
            self._take_refusal(partition, customer, _read(encoding.decode_refusal, name, said))
        for name, key in values.items():
            self._take(key, _read(partial(encoding.decode_entry, customer=key.customer), name, said))

    def keep(self, key: KpiKey, entry: Entry) -> None:
        name = self._names.value(key)
        life = self._policy.kept_until(entry) - self._clock()
        self._server.write({name: (encoding.encode_entry(name, entry), life)})

    def forget(self, key: KpiKey) -> None:
        self._server.write({self._names.value(key): None})

    def stand(self, partition: Partition, standing: Standing) -> None:
        """Tell when a partition was last vouched for, and last dropped."""
        name = self._names.standing(partition)
        value = encoding.encode_standing(name, standing.vouched, standing.dropped)
        self._server.write({name: (value, self._policy.longest_use)})

    def refuse(self, partition: Partition, customer: CustomerId, at: float) -> None:
        name = self._names.refusal(partition, customer)
        self._server.write({name: (encoding.encode_refusal(name, at), self._policy.longest_use)})

    async def aclose(self) -> None:
        await self._server.aclose()

    def _is_known(self, key: KpiKey) -> bool:
        kept = self._memory.find(key)
        return kept is not None and self._clock() < kept.known + NEAR

    def _take_standing(self, partition: Partition, said: tuple[float, float] | None) -> None:
        if said:
            vouched, dropped = (min(at, self._clock()) for at in said)
            self._memory.vouch(partition, vouched)
            self._memory.drop(partition, dropped)

    def _take_refusal(self, partition: Partition, customer: CustomerId, at: float | None) -> None:
        if at is not None:
            self._memory.refuse(partition, customer, min(at, self._clock()))

    def _take(self, key: KpiKey, entry: Entry | None) -> None:
        """Keep what the server has; what it has no longer is forgotten, unless it came while the server was asked."""
        if entry:
            self._memory.keep(key, entry.not_after(self._clock()), self._clock())
        elif not self._is_known(key):
            self._memory.forget(key)


def _read(decode: Callable[[str, bytes], _T], name: str, said: Mapping[str, bytes | None]) -> _T | None:
    data = said[name]
    try:
        return None if data is None else decode(name, data)
    except ValueError as error:
        _log.error("the shared cache has something else than was kept in it: %s", error)
        return None
