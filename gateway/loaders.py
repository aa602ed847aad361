"""One operation: each key is loaded once, and the keys of one tick leave as one batch.

aiodataloader gives the batching, of whole groups of keys: one future a group, not one a key. Three of its habits are
mended here. Its callers share a group's future, so that cancelling one would cancel all: each waits behind a shield. A
cancellation of the batch would leave every caller waiting for ever: it becomes their failure. And a batch would run in
the context variables of whoever came first, after a task that does nothing but begin it: it is begun here, in those of
the operation.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from functools import cached_property, partial
from itertools import chain
from math import inf
from operator import attrgetter
from typing import Protocol

from aiodataloader import DataLoader, dispatch_queue_batch
from aiodataloader import Loader as Queued

from gateway.domain import Freshness, KpiKey, Served
from gateway.errors import GatewayError, UpstreamUnavailable, failures

Outcomes = Mapping[KpiKey, Served | GatewayError]
Fetch = Callable[[Sequence[KpiKey]], Coroutine[None, None, Outcomes]]
"""Has an outcome for every key it is given, in bounded time."""

AtOnce = Callable[[Sequence[KpiKey]], Mapping[KpiKey, Served] | None]
"""Has what is known of all keys without asking anybody, or None."""

Loaded = list[Served | GatewayError]
"""What is known of each of some keys, or what stood in its way."""


class Loader(Protocol):
    """Loads KPIs for an operation."""

    def load_all(self, keys: Sequence[KpiKey]) -> Loaded | Awaitable[Loaded]:
        """Begin to load the keys; it is there at once when nobody has to be asked."""
        ...


_Group = tuple[KpiKey, ...]
_UNTIL = attrgetter("until")


class KpiLoader:
    """Loads KPIs for one operation; made inside it, for its context variables are the batches'."""

    def __init__(self, fetch: Fetch, at_once: AtOnce = lambda _: None) -> None:
        self._fetch = fetch
        self._at_once = at_once
        self._until = inf
        self._shown: list[Mapping[KpiKey, Served]] = []
        self._context = contextvars.copy_context()

    @property
    def until(self) -> float:
        """Until when all that was loaded may be kept (seconds since the epoch); inf when nothing was."""
        return min(self._until, self._groups.until) if "_groups" in self.__dict__ else self._until

    async def load(self, key: KpiKey) -> Served:
        """Return what is known of the key; raises the GatewayError that stood in its way."""
        loaded = self.load_all([key])
        (outcome,) = loaded if isinstance(loaded, list) else await loaded
        if isinstance(outcome, GatewayError):
            raise outcome
        return outcome

    def load_all(self, keys: Sequence[KpiKey]) -> Loaded | Awaitable[Loaded]:
        """Begin to load the keys; it is there at once when nobody has to be asked."""
        if known := self._at_once(keys):
            self._until = min(self._until, *(each.until for each in known.values()))
            self._shown.append(known)
            return [known[key] for key in keys]
        return asyncio.shield(self._groups.load(tuple(keys)))

    def spent(self) -> tuple[int, int]:
        """Return how many KPIs were asked for, each once, and how many of them came from what is kept."""
        if "_groups" not in self.__dict__ and len(self._shown) == 1:
            return len(self._shown[0]), len(self._shown[0])
        hits = set(chain.from_iterable(self._shown))
        asked = set(hits)
        if "_groups" in self.__dict__:
            asked |= self._groups.asked
            hits |= self._groups.hits
        return len(asked), len(hits)

    def close(self) -> None:
        """Give up the batches under way, and begin no more: nobody waits for them any longer."""
        if "_groups" in self.__dict__:
            self._groups.close()

    @cached_property
    def _groups(self) -> "_Groups":
        """Made when something has to be asked for."""
        return _Groups(self._fetch, self._context)


class _Groups(DataLoader[_Group, Loaded]):
    """Begins batches in the context given, each as one task, and can give them up.

    Nothing in it leads back to it once it is done with, so that it is gone with its operation, and its KPIs with it.
    """

    def __init__(self, fetch: Fetch, context: contextvars.Context) -> None:
        super().__init__()
        self.until = inf
        self._fetch = fetch
        self._context = context
        self._closed = False
        self._known: dict[KpiKey, Served | GatewayError] = {}  # failures as long as a batch takes to be told
        self._failed: set[KpiKey] = set()
        self._batches: set[asyncio.Task[None]] = set()

    @property
    def asked(self) -> set[KpiKey]:
        """What was asked for, whatever came of it."""
        return self._failed | self._known.keys()

    @property
    def hits(self) -> set[KpiKey]:
        """What of it was kept, and is taken for new."""
        return {
            key for key, each in self._known.items() if isinstance(each, Served) and each.freshness is Freshness.CACHED
        }

    def do_resolve_reject(self, key: _Group, future: asyncio.Future[Loaded]) -> None:
        self._queue.append(Queued(key, future))
        if len(self._queue) == 1:
            self.loop.call_soon(self._begin)

    def close(self) -> None:
        self._closed = True
        for batch in self._batches:
            batch.cancel()

    async def batch_load_fn(self, groups: list[_Group]) -> list[Loaded]:
        keys = [key for key in dict.fromkeys(chain.from_iterable(groups)) if key not in self._known]
        outcomes = await self._outcomes(keys) if keys else {}
        self._known |= outcomes
        loaded = [list(map(self._known.__getitem__, group)) for group in groups]
        if failed := failures(outcomes):
            self._forget(failed, groups)
        self.until = min([self.until, *map(_UNTIL, self._known.values())])
        return loaded

    async def _outcomes(self, keys: Sequence[KpiKey]) -> Outcomes:
        if self._closed:
            return dict.fromkeys(keys, UpstreamUnavailable("nobody waits for the batch"))
        return await self._fetch(keys)

    def _forget(self, failed: Iterable[KpiKey], groups: Sequence[_Group]) -> None:
        """Keep no failure: it was told to those who wait."""
        self._failed.update(failed)
        for key in failed:
            del self._known[key]
        for group in groups:
            self.clear(group)

    def _begin(self) -> None:
        queue, self._queue = self._queue, []
        batch = self.loop.create_task(dispatch_queue_batch(self, queue), context=self._context)
        self._batches.add(batch)
        batch.add_done_callback(partial(self._ended, queue))

    def _ended(self, queue: list[Queued], batch: asyncio.Task[None]) -> None:
        self._batches.discard(batch)
        for key, future in queue if batch.cancelled() else ():
            self.clear(key)
            future.set_result([UpstreamUnavailable("the batch was cancelled")] * len(key))
