"""Gateways that share what they keep by way of a Valkey server; asked until it is as it is to be in the end."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from gateway.sandbox import Sandbox, SandboxTransport
from tests.cache.valkey import Valkey
from tests.caching import CLOSED, ask, freshness
from tests.chaos.world import until
from tests.conftest import Gateway, Reply, serving

SECRET = "hunter2 hunter2 hunter2 hunter2 hunter2"
SOON = 10.0  # seconds, on a machine with much else to do
T = TypeVar("T")


def sharing(valkey: Valkey, sandbox: Sandbox, **settings: object) -> AbstractAsyncContextManager[Gateway]:
    """Run a gateway whose callers are vouched for as long as a test lasts."""
    settings = {"cache_url": valkey.url, "cache_secret": SECRET, "cache_vouched": 3600, **settings}
    return serving(SandboxTransport(sandbox), **settings)


async def seen(gateway: Gateway, *ids: int, period: str = CLOSED, token: str = "demo") -> list[str | None]:
    return freshness(await ask(gateway, *ids, period=period, token=token))


async def fetched(gateway: Gateway, valkey: Valkey, *ids: int, token: str = "demo") -> Reply:
    """Let a gateway ask for a caller who is new, and the server know what it was told."""
    known = valkey.inside.dbsize()
    reply = await ask(gateway, *ids, token=token)
    assert await until(lambda: valkey.inside.dbsize() > known + len(ids), SOON)
    return reply


async def settled(question: Callable[[], Awaitable[T]], wanted: object) -> T:
    """Ask until the answer is the one that is wanted, or for too long; returns the last one."""
    for _ in range(int(SOON * 10)):
        if (answer := await question()) == wanted:
            break
        await asyncio.sleep(0.1)
    return answer
