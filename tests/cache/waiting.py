"""Waiting for what goes on behind the answers, on a machine that may be slow."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from gateway.cache.reading import PATIENCE

_T = TypeVar("_T")
_ENOUGH = 10.0  # seconds: more than anything takes


async def idle() -> None:
    """Wait until nothing else goes on: what was to be written is, and what failed is over."""
    async with asyncio.timeout(_ENOUGH):
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(_ENOUGH):
        while not condition():  # noqa: ASYNC110  # nothing tells when a server has noticed
            await asyncio.sleep(0.01)


async def patiently(read: Callable[[], Awaitable[_T]]) -> _T:
    """Read, and once more for as long as the machine was too slow for it."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(_ENOUGH):
        while True:
            began = loop.time()
            found = await read()
            if loop.time() - began < 0.9 * PATIENCE:
                return found
            await idle()


async def timed(awaitable: Awaitable[_T]) -> tuple[_T, float]:
    began = asyncio.get_running_loop().time()
    return await awaitable, asyncio.get_running_loop().time() - began
