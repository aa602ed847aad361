"""A gateway and its sandbox, each behind a web server on a real socket, all in the loop of the test."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

import aiohttp
import uvicorn
from starlette.types import ASGIApp

from gateway.app import create_app
from gateway.sandbox import Sandbox, Switches, create_sandbox, over_the_wire
from gateway.settings import Settings
from gateway.upstream.client import KpiClient
from tests.served import served

T = TypeVar("T")

CANARY = "hunter2"
REQUEST_TIMEOUT = 2.0
UPSTREAM_TIMEOUT = 0.7
CONCURRENCY = 16
CONNECTIONS = CONCURRENCY + 1  # those that the gateway keeps to its upstream


@dataclass(frozen=True, slots=True)
class World:
    """``client`` is the gateway's own, ``http`` that of the callers who stay."""

    sandbox: Sandbox
    upstream: uvicorn.Server
    client: KpiClient
    address: str
    http: aiohttp.ClientSession

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def connections(self) -> int:
        """Count those that the gateway has to its upstream."""
        return len(self.upstream.server_state.connections)

    def under_way(self) -> dict[str, int]:
        """Count what the gateway waits for; nothing when all is quiet."""
        client = self.client
        counts = {
            "keys": client._wanted,  # noqa: SLF001
            "lines": len(client._lines),  # noqa: SLF001
            "turns": len(client._turns),  # noqa: SLF001
            "slots taken": CONCURRENCY - client._free,  # noqa: SLF001
        }
        return {name: count for name, count in counts.items() if count}

    def unanswered(self) -> int:
        """Count the calls that the upstream works on; but for a hanging one it does not notice who left."""
        return sum(call.duration is None for call in self.sandbox.calls)


@asynccontextmanager
async def world(
    switches: Switches,
    *,
    upstream_timeout: float = UPSTREAM_TIMEOUT,
    request_timeout: float = REQUEST_TIMEOUT,
) -> AsyncIterator[World]:
    sandbox = create_sandbox(switches.changed({"canary": CANARY}))
    async with served(over_the_wire(sandbox)) as (upstream, server):
        app, client = _gateway(upstream, upstream_timeout, request_timeout)
        async with served(app) as (address, _), callers() as http:
            yield World(sandbox, server, client, address, http)


def callers() -> aiohttp.ClientSession:
    timeout = aiohttp.ClientTimeout(total=30)
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=4)  # before the server closes an idle one
    return aiohttp.ClientSession(connector=connector, timeout=timeout)


def _gateway(upstream: str, upstream_timeout: float, request_timeout: float) -> tuple[ASGIApp, KpiClient]:
    """Return a gateway, and what in it holds the waiting keys: no name leads there from outside."""
    others = {id(each) for each in instances(KpiClient)}
    app = create_app(
        Settings.read(
            upstream_url=upstream,
            request_timeout=request_timeout,
            upstream_timeout=upstream_timeout,
            upstream_concurrency=CONCURRENCY,
            cache_url="none://",  # what is asked is asked upstream, whose switches then say what is right
        )
    )
    (client,) = (each for each in instances(KpiClient) if id(each) not in others)
    return app, client


def instances(kind: type[T]) -> list[T]:
    return [each for each in gc.get_objects() if issubclass(type(each), kind)]  # a dead proxy has no class to tell


async def until(condition: Callable[[], bool], within: float) -> bool:
    """Wait for a condition; returns whether it came true in so many seconds."""
    end = asyncio.get_running_loop().time() + within
    while not condition():
        if asyncio.get_running_loop().time() > end:
            return False
        await asyncio.sleep(0.01)
    return True
