"""A Redis or Valkey server that is asked in bounded time, and may be away. Knows names and bytes, not what they mean.

Whoever reads waits for a moment (``reading``) and then goes on without. What is written is written behind the
answers. A server that cannot be reached is left alone until it answers a task that pings it.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextvars import Context
from itertools import islice
from types import NoneType
from typing import Any, NamedTuple, TypeVar

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.maint_notifications import MaintNotificationsConfig

from gateway.cache.reading import Reads
from gateway.telemetry.tallies import CacheTally

PING = 0.5  # seconds between two
_LONGEST_TRIP = 1.0  # seconds for connecting, or for one command: nobody waits for it
_LAST_WORDS = 3.0  # seconds, for what waits to be written when the gateway ends
_CONNECTIONS = 16  # more than the trips that are under way at once
_MOST_WAITING = 10_000  # writes
_MOST_AT_ONCE = 1000  # writes of one trip

_PROBE = "customer-kpi:probe"  # a name under which there is nothing

_T = TypeVar("_T")
_Q = TypeVar("_Q", bound=Hashable)
_log = logging.getLogger(__name__)

Value = tuple[bytes, float] | None
"""A value and the seconds it is kept for; None deletes it."""


class _Write(NamedTuple):
    value: Value
    is_owed: bool


def connect(url: str) -> Redis:
    """Return a client of the server at a redis://, rediss:// or unix:// address; nothing is connected yet.

    ValueError for an address that cannot be used; it says why, and not what the address is.
    """
    try:
        redis = Redis.from_url(
            url,
            socket_timeout=_LONGEST_TRIP,
            socket_connect_timeout=_LONGEST_TRIP,
            max_connections=_CONNECTIONS,
            retry=Retry(NoBackoff(), 0),
            maint_notifications_config=MaintNotificationsConfig(enabled=False),  # else a closed one is used once more
        )
        redis.connection_pool.make_connection()  # type: ignore[no-untyped-call]
    except (ValueError, TypeError, AttributeError, RedisError) as error:
        raise ValueError(f"the address cannot be used ({type(error).__name__})") from None
    if redis.connection_pool.connection_kwargs.get("decode_responses"):
        raise ValueError("the address cannot be used (decode_responses: values are bytes)")
    return redis


def _checked(found: object, count: int) -> Sequence[bytes | None]:
    """TypeError for what is no answer to a question for so many values."""
    if not isinstance(found, list) or len(found) != count or set(map(type, found)) - {bytes, NoneType}:
        raise TypeError("an answer to another question")
    return found


class Server:
    def __init__(self, redis: Redis, tally: CacheTally | None = None) -> None:
        self._redis = redis
        self._tally = tally or CacheTally()
        self._waiting: dict[str, _Write] = {}
        self._kinds: list[Reads[Any, Any]] = []
        self._reads: Reads[str, bytes | None] = self.reads(lambda _, names: self._get(names))
        self._closed = False
        self._writer: asyncio.Task[None] | None = None
        self._pinger: asyncio.Task[None] | None = None
        self._refuses = False

    @property
    def is_up(self) -> bool:
        """Whether it is asked: it has not failed since it last answered."""
        return self._pinger is None

    @property
    def takes_nothing(self) -> bool:
        """Whether it refused the last writes: what it has says nothing of what it should have."""
        return self._refuses

    def amiss(self) -> str | None:
        """Return, for an operator, what is wrong with the server; None when nothing is known to be."""
        if self._pinger:
            return "the shared cache fails, and is left alone"
        return "the shared cache takes no writes" if self._refuses else None

    @property
    def is_away(self) -> bool:
        """Whether it is left alone just now."""
        return self._pinger is not None or self._closed

    async def read(self, names: Sequence[str]) -> Sequence[bytes | None] | None:
        """Return what is under the names; None when that cannot be known in time."""
        return None if self.is_away else await self._reads.read(names)

    def reads(self, ask: Callable[[Redis, Sequence[_Q]], Awaitable[Sequence[_T] | None]]) -> Reads[_Q, _T]:
        """Return what asks it questions of another kind: each moment's together, and in bounded time."""
        reads: Reads[_Q, _T] = Reads(lambda questions: self._trip(ask(self._redis, questions)))
        self._kinds.append(reads)
        return reads

    def refused(self) -> None:
        """Count that it answered a question of another kind with a refusal."""
        self._tally.failed()

    def write(self, values: Mapping[str, Value], *, is_owed: bool = False) -> None:
        """Write behind whatever else goes on; what is too much is not written.

        While the server is away, or full, only what is owed to it waits: what must not be lost, if that can be.
        """
        if self._closed or (self._pinger and not is_owed):
            return
        for name, value in values.items():
            if name in self._waiting or len(self._waiting) < _MOST_WAITING:
                self._waiting[name] = _Write(value, is_owed)
        self._begin()

    async def aclose(self) -> None:
        """Write what waits, for as long as some trips may take, and close the connections."""
        self._closed = True
        if self._writer:
            await asyncio.wait({self._writer}, timeout=_LAST_WORDS)
        for reads in self._kinds:
            await reads.aclose()
        tasks = [task for task in (self._writer, self._pinger) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._redis.aclose()

    async def _get(self, names: Sequence[str]) -> Sequence[bytes | None]:
        found = await self._redis.mget(names)
        return _checked(found, len(names))

    def _begin(self) -> None:
        if self._waiting and not self._writer and not self._pinger:
            self._writer = asyncio.create_task(self._write(), context=Context())

    async def _write(self) -> None:
        try:
            while self._waiting and not self._pinger:
                batch = {name: self._waiting.pop(name) for name in list(islice(self._waiting, _MOST_AT_ONCE))}
                results = await self._trip(self._pipeline(batch).execute(raise_on_error=False))
                if owed := self._not_taken(batch, results):
                    self._waiting = owed | self._waiting
                    await asyncio.sleep(PING)
        finally:
            self._writer = None

    def _pipeline(self, batch: Mapping[str, _Write]) -> Pipeline:
        pipeline = self._redis.pipeline(transaction=False)
        for name, write in batch.items():
            if write.value is None:
                pipeline.unlink(name)
            else:
                value, life = write.value
                pipeline.set(name, value, px=max(1, int(life * 1000)))
        return pipeline

    def _not_taken(self, batch: Mapping[str, _Write], results: Sequence[object] | None) -> dict[str, _Write]:
        """Return what the server still has to take; says so once when it takes nothing: it is full, or a replica."""
        refusal = next((result for result in results or () if isinstance(result, RedisError)), None)
        if refusal:
            self._tally.failed()
        if refusal and not self._refuses:
            _log.error("the shared cache takes no writes: %s", type(refusal).__name__)
        self._refuses = refusal is not None
        return {name: write for name, write in batch.items() if write.is_owed} if refusal or results is None else {}

    async def _trip(self, command: Awaitable[_T]) -> _T | None:
        """Go to the server; None when that fails, and then it is left alone."""
        try:
            return await command
        except Exception as error:  # noqa: BLE001  # whatever it is, a cache is no reason for a query to fail
            self._leave_alone(error)
            return None

    def _leave_alone(self, error: Exception) -> None:
        self._tally.failed()
        self._waiting = {name: write for name, write in self._waiting.items() if write.is_owed}
        if not self._pinger:
            _log.error("the shared cache fails, and is left alone: %s", type(error).__name__)
            self._pinger = asyncio.create_task(self._ping(), context=Context())

    async def _ping(self) -> None:
        """Try the command that matters, on connections of its own, until it works."""
        works = False
        while not works:
            await asyncio.sleep(PING)
            with contextlib.suppress(RedisError, OSError, TypeError):
                await self._redis.connection_pool.disconnect()
                await self._get([_PROBE])
                works = True
        self._pinger = None
        _log.warning("the shared cache answers again")
        self._begin()
