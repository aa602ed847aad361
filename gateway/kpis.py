"""KPIs for one caller: what is kept and may be shown, else the upstream's, and what is kept again when that fails.

A kept value is shown only to a caller whose credential the upstream answered a moment ago. Where it did not, something
is asked for first: what must be asked for anyway, or one of the kept values.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from math import inf
from operator import attrgetter

from gateway.background import Background
from gateway.cache.ledger import Ledger
from gateway.cache.memory import Kept
from gateway.cache.policy import Entry
from gateway.domain import Fetched, Freshness, KpiKey, Partition, Served
from gateway.errors import (
    DeadlinePassed,
    GatewayError,
    Unauthenticated,
    UpstreamThrottled,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from gateway.telemetry.tallies import CacheTally
from gateway.upstream.sender import Ask

Results = Mapping[KpiKey, Fetched | GatewayError]
FetchLive = Callable[[Ask, Sequence[KpiKey]], Coroutine[None, None, Results]]
"""Asks the upstream, by the deadline; what it says is in the ledger before it is returned."""

_OF_ALL = (Unauthenticated, UpstreamTimeout, UpstreamUnavailable, UpstreamThrottled)
"""Failures that the other keys would most likely meet too."""

_OF_UPSTREAM = (UpstreamTimeout, UpstreamUnavailable)
_PARTITION = attrgetter("partition")
_LIVE, _CACHED = Freshness.LIVE, Freshness.CACHED
_ROUNDING = 0.001  # seconds: an answer's date is reckoned back from its arrival


class Kpis:
    """``clock`` is in seconds since the epoch; ``timeout`` (seconds) bounds what is fetched behind the answers."""

    def __init__(  # noqa: PLR0913  # the parts that it stands between
        self,
        fetch: FetchLive,
        ledger: Ledger,
        background: Background,
        *,
        clock: Callable[[], float],
        timeout: float,
        tally: CacheTally | None = None,
    ) -> None:
        self._tally = tally or CacheTally()
        self._fetch = fetch
        self._ledger = ledger
        self._policy = ledger.policy
        self._background = background
        self._clock = clock
        self._timeout = timeout

    def at_once(self, ask: Ask, keys: Sequence[KpiKey]) -> dict[KpiKey, Served] | None:
        """Return what is to be shown of the keys if nobody has to be asked, else None. All are one caller's."""
        if not keys or not self._ledger.is_current(keys):
            return None
        alive = self._alive(keys)
        if self._to_ask(keys, alive, self._clock(), is_first=True):
            return None
        self._renew(ask, alive)
        return self._shown(alive)

    async def fetch(self, ask: Ask, keys: Sequence[KpiKey]) -> dict[KpiKey, Served | GatewayError]:
        """Return for every key, by the deadline, what is to be shown of it or what went wrong.

        All keys are one caller's, and ``ask`` is that caller's: ValueError for a second partition among them.
        """
        if len(set(map(_PARTITION, keys))) > 1:
            raise ValueError("keys of two partitions in one batch")
        if not self._ledger.is_current(keys):
            await self._ledger.load(keys)
        results: dict[KpiKey, Fetched | GatewayError] = {}
        rest: Sequence[KpiKey] = keys
        began = self._clock()
        while asked := self._to_ask(rest, alive := self._alive(rest), began, is_first=not results):
            failure = next((result for result in results.values() if isinstance(result, _OF_ALL)), None)
            results |= dict.fromkeys(asked, failure) if failure else await self._fetch(ask, asked)
            if len(results) == len(keys):
                return self._told(results)
            rest = [key for key in keys if key not in results]
        self._renew(ask, alive)
        return self._told(results) | self._shown(alive)

    def _alive(self, keys: Sequence[KpiKey]) -> dict[KpiKey, Kept]:
        found = self._ledger.find(keys)
        if not found:
            return found
        now = self._clock()
        return {key: kept for key, kept in found.items() if kept.entry.is_alive(now)}

    def _to_ask(
        self, keys: Sequence[KpiKey], alive: Mapping[KpiKey, Kept], began: float, *, is_first: bool
    ) -> Sequence[KpiKey]:
        """Return which of the keys must be asked for next, so that the others may be shown."""
        if not alive:
            return keys
        if missing := [key for key in keys if key not in alive] if len(alive) < len(keys) else ():
            return missing
        if not keys or self._is_vouched(keys[0].partition, began):
            return ()
        if is_first:
            return [_first_to_end(alive)]
        return keys  # what was asked for first vouches for nobody: each is asked for itself

    def _told(self, results: Results) -> dict[KpiKey, Served | GatewayError]:
        """Return what was fetched; for a passing failure what is kept, if it may stand in."""
        self._tally.missed(len(results))
        found = self._ledger.find(results.keys())
        if not found:
            return {**results}
        vouched_until = self._vouched_until(next(iter(results)).partition)
        return {
            key: Served(result.kpi, result.as_of, _LIVE, _until(result, found.get(key), vouched_until))
            if isinstance(result, Fetched)
            else self._instead(key, result, found.get(key))
            for key, result in results.items()
        }

    def _instead(self, key: KpiKey, failure: GatewayError, kept: Kept | None) -> Served | GatewayError:
        if kept and failure.retryable and self._may_stand_in(key, kept.entry, failure):
            self._tally.stood_in(kept.entry.as_of, self._clock())
            return Served(kept.entry.kpi, kept.entry.as_of, Freshness.STALE, until=0.0)
        return failure

    def _may_stand_in(self, key: KpiKey, entry: Entry, failure: GatewayError) -> bool:
        """Whoever is not vouched for sees it only if nothing they ask for too much of can be the reason."""
        now, vouched = self._clock(), self._ledger.vouched(key.partition)
        is_upstreams = isinstance(failure, _OF_UPSTREAM) and not isinstance(failure, DeadlinePassed)
        return (is_upstreams or self._policy.is_vouched(vouched, now)) and self._policy.may_stand_in(
            entry, vouched, now
        )

    def _is_vouched(self, partition: Partition, began: float) -> bool:
        """Whether the caller was answered a moment ago, or since the operation began, however long that took."""
        vouched = self._ledger.vouched(partition)
        return self._policy.is_vouched(vouched, self._clock()) or vouched >= began - _ROUNDING

    def _vouched_until(self, partition: Partition) -> float:
        return self._policy.vouched_until(self._ledger.vouched(partition))

    def _shown(self, alive: Mapping[KpiKey, Kept]) -> dict[KpiKey, Served]:
        if not alive:
            return {}
        vouched_until = self._vouched_until(next(iter(alive)).partition)
        entries = [kept.entry for kept in alive.values()]
        self._tally.shown([entry.as_of for entry in entries], self._clock())
        shown = [Served(entry.kpi, entry.as_of, _CACHED, min(entry.end, vouched_until)) for entry in entries]
        return dict(zip(alive, shown, strict=True))

    def _renew(self, ask: Ask, shown: Mapping[KpiKey, Kept]) -> None:
        """Fetch behind the answer what is ageing of the values shown, or one of them if the vouching for them is.

        Each once, whatever comes of it.
        """
        if not shown:
            return
        now, standing = self._clock(), next(iter(shown.values())).standing
        keys = [key for key, kept in shown.items() if kept.renewal <= now]
        if not keys and standing.is_new and self._policy.is_vouching_ageing(standing.vouched, now):
            keys = [_first_to_end(shown)]
        if keys and self._start_renewal(ask, keys):
            standing.begin_renewal()
            for key in keys:
                shown[key].renewal = inf

    def _start_renewal(self, ask: Ask, keys: Sequence[KpiKey]) -> bool:
        """Fetch the keys, until an end of its own; returns whether that is not too much just now."""

        async def renewal() -> None:
            until = asyncio.get_running_loop().time() + self._timeout
            await self._fetch(replace(ask, deadline=until, usage=None), keys)

        return self._background.start(renewal)


def _until(fetched: Fetched, kept: Kept | None, vouched_until: float) -> float:
    """Return until when a caller may keep what was fetched: as long as it is kept here."""
    return min(kept.entry.end, vouched_until) if kept and kept.entry.as_of == fetched.as_of else 0.0


def _first_to_end(kept: Mapping[KpiKey, Kept]) -> KpiKey:
    return min(kept, key=lambda key: kept[key].entry.end)
