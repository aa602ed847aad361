"""One operation: each key is loaded once, and the keys of one tick leave as one batch.

aiodataloader gives the batching, of whole groups of keys: one future a group, not one a key. Three of its habits are
mended here. Its callers share a group's future, so that cancelling one would cancel all: each waits behind a shield. A
cancellation inside the batch would leave every caller waiting for ever: it becomes an outcome. And a batch would run in
the context variables of whoever came first: it runs in those of the operation.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from itertools import chain
from math import inf

from aiodataloader import DataLoader

from gateway.domain import KpiKey, Served
from gateway.errors import GatewayError, UpstreamUnavailable

Outcomes = Mapping[KpiKey, Served | GatewayError]
Fetch = Callable[[Sequence[KpiKey]], Coroutine[None, None, Outcomes]]
"""Has an outcome for every key it is given, in bounded time."""

AtOnce = Callable[[Sequence[KpiKey]], Mapping[KpiKey, Served] | None]
"""Has what is known of all keys without asking anybody, or None."""

_Group = tuple[KpiKey, ...]


class KpiLoader:
    """Loads KPIs for one operation; made inside it, for its context variables are the batches'."""

    def __init__(self, fetch: Fetch, at_once: AtOnce = lambda _: None) -> None:
        self.until = inf
        """Until when all that was loaded may be kept (seconds since the epoch); inf when nothing was."""
        self._fetch = fetch
        self._at_once = at_once
        self._context = contextvars.copy_context()
        self._closed = False
        self._known: dict[KpiKey, Served] = {}
        self._fetches: set[asyncio.Task[Outcomes]] = set()
        self._loader: DataLoader[_Group, list[Served | GatewayError]] = DataLoader(self._batch)

    async def load(self, key: KpiKey) -> Served:
        """Return what is known of the key; raises the GatewayError that stood in its way."""
        loaded = self.load_all([key])
        (outcome,) = loaded if isinstance(loaded, list) else await loaded
        if isinstance(outcome, GatewayError):
            raise outcome
        return outcome

    def load_all(self, keys: Sequence[KpiKey]) -> list[Served | GatewayError] | Awaitable[list[Served | GatewayError]]:
        """Begin to load the keys; returns what is known of each, or the GatewayError that stood in its way.

        It is there at once when nobody has to be asked.
        """
        if known := self._at_once(keys):
            self.until = min(self.until, *(each.until for each in known.values()))
            return [known[key] for key in keys]
        return asyncio.shield(self._loader.load(tuple(keys)))

    def close(self) -> None:
        """Give up the batches under way, and begin no more: nobody waits for them any longer."""
        self._closed = True
        for fetch in self._fetches:
            fetch.cancel()

    async def _batch(self, groups: list[_Group]) -> list[list[Served | GatewayError]]:
        keys = [key for key in dict.fromkeys(chain.from_iterable(groups)) if key not in self._known]
        outcomes = await self._outcomes(keys) if keys else {}
        failures = {key: outcome for key, outcome in outcomes.items() if isinstance(outcome, GatewayError)}
        served = {key: outcome for key, outcome in outcomes.items() if not isinstance(outcome, GatewayError)}
        self._known |= served
        self.until = min(self.until, *(each.until for each in served.values()), inf)
        for group in groups if failures else ():  # a failure is told to those who wait, and not kept
            self._loader.clear(group)
        return [[failures.get(key) or self._known[key] for key in group] for group in groups]

    async def _outcomes(self, keys: Sequence[KpiKey]) -> Outcomes:
        if self._closed:
            return dict.fromkeys(keys, UpstreamUnavailable("nobody waits for the batch"))
        fetch = asyncio.create_task(self._fetch(keys), context=self._context)
        self._fetches.add(fetch)
        try:
            return await fetch
        except asyncio.CancelledError:
            return dict.fromkeys(keys, UpstreamUnavailable("the batch was cancelled"))
        finally:
            self._fetches.discard(fetch)
