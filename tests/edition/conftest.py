"""Requests as the edition has them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx
import pytest

from tests.conftest import DEMO, GRAPHQL, PREFLIGHT, Gateway

Post = Callable[..., Awaitable[httpx.Response]]
Get = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def post(gateway: Gateway) -> Post:
    """Return what POSTs a body: text as it is, anything else as JSON."""

    async def send(body: Any, headers: Mapping[str, str] = {}, accept: str = GRAPHQL) -> httpx.Response:
        told = {**DEMO, "Accept": accept, "Content-Type": "application/json", **headers}
        sent = {"content": body} if isinstance(body, str | bytes) else {"json": body}
        return await gateway.http.post(
            "/graphql", headers={name: value for name, value in told.items() if value}, **sent
        )

    return send


@pytest.fixture
def get(gateway: Gateway) -> Get:
    """Return what GETs with parameters, or a query string as it is."""

    async def send(query: str | Mapping[str, str], accept: str = GRAPHQL) -> httpx.Response:
        params = httpx.QueryParams(query)
        url = f"/graphql?{query}" if isinstance(query, str) else f"/graphql?{params}"
        return await gateway.http.get(url, headers=DEMO | PREFLIGHT | {"Accept": accept})

    return send
