"""Gateways that are processes of their own, asked as those in this one are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from signal import SIGTERM

import httpx
from starlette.types import Receive, Scope, Send

from tests.conftest import Gateway
from tests.test_main import running


@asynccontextmanager
async def process(log: list[str], **settings: str) -> AsyncIterator[Gateway]:
    """Run `serve` on a free port, and tell in the end what it logged."""
    with running("serve", until="http", stop=SIGTERM, errors=log, pids=None, port="0", **settings) as (address, _):
        fresh = httpx.Limits(max_keepalive_connections=0)  # none is used just as the server closes it for idling
        async with httpx.AsyncClient(base_url=address, timeout=20, limits=fresh) as client:
            yield Gateway(client, _elsewhere)


async def _elsewhere(_: Scope, __: Receive, ___: Send) -> None:
    raise AssertionError("the app is in another process")
