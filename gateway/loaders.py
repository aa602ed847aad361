"""One operation: each key is loaded once, and the keys of one tick leave as one batch.

aiodataloader gives the batching; three of its habits are mended here. Its callers share a key's future, so that
cancelling one would cancel all: each waits behind a shield. A cancellation inside the batch would leave every
caller waiting for ever: it becomes an outcome. And a batch would run in the context variables of whoever came
first: it runs in those of the operation.
"""

import asyncio
import contextvars
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from aiodataloader import DataLoader

from gateway.domain import KpiKey, Served
from gateway.errors import GatewayError, UpstreamUnavailable

Fetch = Callable[[Sequence[KpiKey]], Coroutine[None, None, Mapping[KpiKey, Served | GatewayError]]]
"""Has an outcome for every key it is given, in bounded time."""


@dataclass(frozen=True, slots=True)
class _Failed:
    """An error as a value: aiodataloader would keep an exception, and warn when nobody is left to read it."""

    error: GatewayError


class KpiLoader:
    """Loads KPIs for one operation; made inside it, for its context variables are the batches'."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._context = contextvars.copy_context()
        self.until = inf
        """Until when all that was loaded may be kept (seconds since the epoch); inf when nothing was."""
        self._closed = False
        self._fetches: set[asyncio.Task[Mapping[KpiKey, Served | GatewayError]]] = set()
        self._loader: DataLoader[KpiKey, Served | _Failed] = DataLoader(self._batch)

    async def load(self, key: KpiKey) -> Served:
        """Return what is known of the key; raises the GatewayError that stood in its way."""
        outcome = await asyncio.shield(self._loader.load(key))
        if isinstance(outcome, _Failed):
            raise outcome.error
        self.until = min(self.until, outcome.until)
        return outcome

    def close(self) -> None:
        """Give up the batches under way, and begin no more: nobody waits for them any longer."""
        self._closed = True
        for fetch in self._fetches:
            fetch.cancel()

    async def _batch(self, keys: list[KpiKey]) -> list[Served | _Failed]:
        if self._closed:
            return [_Failed(UpstreamUnavailable("nobody waits for the batch"))] * len(keys)
        fetch = asyncio.create_task(self._fetch(keys), context=self._context)
        self._fetches.add(fetch)
        try:
            outcomes = await fetch
        except asyncio.CancelledError:
            outcomes = dict.fromkeys(keys, UpstreamUnavailable("the batch was cancelled"))
        finally:
            self._fetches.discard(fetch)
        return [self._settled(key, outcomes[key]) for key in keys]

    def _settled(self, key: KpiKey, outcome: Served | GatewayError) -> Served | _Failed:
        if not isinstance(outcome, GatewayError):
            return outcome
        self._loader.clear(key)  # a failure is told to those who wait, and not kept: asking again asks again
        return _Failed(outcome)
