"""What processes share of their memories, by way of a server."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from gateway.cache.encoding import Names, decode_entry, decode_moment, encode_entry, encode_moment
from gateway.cache.memory import Memory
from gateway.cache.policy import SKEW, Entry, Policy
from gateway.cache.server import Server
from gateway.domain import CustomerId, KpiKey, Partition

NEAR = 2.0
"""For how long (seconds) a process answers from its memory what it read or wrote: what others drop lasts so long."""

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class Shared:
    """Brings what the server has into the memory, and tells it what the memory learns.

    ``clock`` is in seconds since the epoch; what another's dates further ahead than clocks may differ is not taken.
    """

    def __init__(
        self, server: Server, names: Names, memory: Memory, policy: Policy, clock: Callable[[], float]
    ) -> None:
        self._server = server
        self._names = names
        self._memory = memory
        self._policy = policy
        self._clock = clock

    def knows(self, keys: Sequence[KpiKey]) -> bool:
        """Whether all of the keys were known a moment ago."""
        return all(map(self._is_known, keys))

    async def load(self, keys: Sequence[KpiKey]) -> None:
        """Bring in what is known of the keys, all one partition's, but for what was known a moment ago."""
        unknown = [key for key in keys if not self._is_known(key)]
        if not unknown:
            return
        partition = unknown[0].partition
        vouched, dropped = self._names.vouched(partition), self._names.dropped(partition)
        refusals = {self._names.refused(partition, key.customer): key.customer for key in unknown}
        values = {self._names.value(key): key for key in unknown}
        names = [vouched, dropped, *refusals, *values]
        found = await self._server.read(names)
        if found is None:
            self._memory.meet(partition)  # it may have values there: whatever is refused now has to be told
            return
        said = dict(zip(names, found, strict=True))
        self._take_standing(partition, _read(decode_moment, vouched, said), _read(decode_moment, dropped, said))
        for name, customer in refusals.items():
            self._take_refusal(partition, customer, _read(decode_moment, name, said))
        is_lost = said[vouched] is None or self._server.takes_nothing
        for name, key in values.items():
            self._take(key, _read(partial(decode_entry, customer=key.customer), name, said), is_lost=is_lost)

    def keep(self, key: KpiKey, entry: Entry) -> None:
        name = self._names.value(key)
        life = self._policy.kept_until(entry) - self._clock()
        self._server.write({name: (encode_entry(name, entry), life)})

    def forget(self, key: KpiKey) -> None:
        self._server.write({self._names.value(key): None})

    def vouch(self, partition: Partition, at: float) -> None:
        self._write_moment(self._names.vouched(partition), at)

    def drop(self, partition: Partition, at: float) -> None:
        self._write_moment(self._names.dropped(partition), at, is_owed=True)

    def refuse(self, partition: Partition, customer: CustomerId, at: float) -> None:
        self._write_moment(self._names.refused(partition, customer), at, is_owed=True)

    async def aclose(self) -> None:
        await self._server.aclose()

    def _is_known(self, key: KpiKey) -> bool:
        kept = self._memory.find(key)
        return kept is not None and self._clock() < kept.known + NEAR

    def _write_moment(self, name: str, at: float, *, is_owed: bool = False) -> None:
        self._server.write({name: (encode_moment(name, at), self._policy.longest_use)}, is_owed=is_owed)

    def _take_standing(self, partition: Partition, vouched: float | None, dropped: float | None) -> None:
        if vouched is not None and vouched <= self._clock() + SKEW:
            self._memory.vouch(partition, vouched)
        if dropped is not None:
            self._memory.meet(partition)
            self._memory.drop(partition, min(dropped, self._clock()))

    def _take_refusal(self, partition: Partition, customer: CustomerId, at: float | None) -> None:
        if at is not None:
            self._memory.refuse(partition, customer, min(at, self._clock()))

    def _take(self, key: KpiKey, entry: Entry | None, *, is_lost: bool) -> None:
        """Keep what the server has; what it has no longer is forgotten, unless it came while the server was asked.

        ``is_lost``: it may never have come to the server, or be lost there, and so says nothing.
        """
        if entry and entry.as_of <= self._clock() + SKEW:
            self._memory.keep(key, entry, self._clock())
        elif entry is None and not is_lost and not self._is_known(key):
            self._memory.forget(key)


def _read(decode: Callable[[str, bytes], _T], name: str, said: Mapping[str, bytes | None]) -> _T | None:
    data = said[name]
    try:
        return None if data is None else decode(name, data)
    except ValueError as error:
        _log.error("the shared cache has something else than was kept in it: %s", error)
        return None
