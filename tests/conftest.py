"""The gateway on its sandbox, asked through its front door."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import hypothesis
import pytest
from starlette.types import ASGIApp

from gateway.app import create_app
from gateway.incoming import Headers
from gateway.sandbox import DEMO_TOKEN, Call, Sandbox, SandboxTransport, Switches, create_sandbox
from gateway.settings import Settings
from tests.clock import TimelessLoop

# How long a machine takes is no part of a test's verdict.
hypothesis.settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
hypothesis.settings.load_profile("untimed")


def pytest_collection_finish() -> None:
    """Have the collector look through six thousand tests no more: many tests ask it what an operation has left."""
    gc.collect()
    gc.freeze()


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Let no time pass in tests, but where sockets are real or time itself is the matter."""
    return {"real": asyncio.new_event_loop} if item.get_closest_marker("real_time") else {"timeless": TimelessLoop}


NOON = datetime(2026, 6, 15, 12, tzinfo=UTC).timestamp()
DEMO = {"Authorization": f"Bearer {DEMO_TOKEN}"}
PREFLIGHT = {"GraphQL-Require-Preflight": "1"}
GRAPHQL = "application/graphql-response+json"
FIGURES = (
    "boosterCustomerId totalTransaction totalSales totalReturn totalItems "
    "averageBasketAmount totalSpendingAmount currencyCode"
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a client got."""

    status: int
    headers: httpx.Headers
    body: Any

    @property
    def data(self) -> Any:
        return self.body["data"]

    @property
    def errors(self) -> list[dict[str, Any]]:
        errors: list[dict[str, Any]] = self.body.get("errors", [])
        return errors

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.errors]

    @property
    def at(self) -> dict[str, dict[str, Any]]:
        """The errors by their paths, written with dots."""
        return {".".join(map(str, error["path"])): error for error in self.errors}


@dataclass(frozen=True, slots=True)
class Gateway:
    """A client of a gateway, and the app that it asks."""

    http: httpx.AsyncClient
    app: ASGIApp

    async def ask(
        self,
        query: str,
        variables: Mapping[str, object] | None = None,
        headers: Mapping[str, str] = DEMO,
        accept: str = GRAPHQL,
    ) -> Reply:
        body = {"query": query, "variables": variables}
        response = await self.http.post("/graphql", json=body, headers={"Accept": accept, **headers})
        return Reply(response.status_code, response.headers, response.json())

    async def kpis(self, ids: Sequence[object], arguments: str = "", headers: Mapping[str, str] = DEMO) -> Reply:
        query = f"query ($ids: [ID!]!) {{ customers(ids: $ids) {{ id kpi{arguments} {{ {FIGURES} }} }} }}"
        return await self.ask(query, {"ids": list(ids)}, headers)


@asynccontextmanager
async def serving(
    transport: httpx.AsyncBaseTransport, jwks: httpx.AsyncBaseTransport | None = None, /, **settings: object
) -> AsyncIterator[Gateway]:
    """Run a gateway whose upstream is behind the transport, and its callers' keys behind another.

    It keeps nothing, unless the settings say so.
    """
    settings = {"upstream_url": "http://upstream.test", "cache_url": "none://", **settings}
    app = create_app(Settings.read(**settings), transport=transport, clock=now, jwks_transport=jwks)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test")
    async with app.router.lifespan_context(app), client:
        yield Gateway(client, app)


def now() -> float:
    """Tell the time of day, which passes as the loop's does."""
    return NOON + asyncio.get_running_loop().time()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests talk to this machine, whatever the environment names for others."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def headers(given: Mapping[str, str] | Sequence[tuple[str, str]]) -> Headers:
    """Return headers as the server hands them over."""
    pairs = given.items() if isinstance(given, Mapping) else given
    return Headers((name.lower().encode(), value.encode()) for name, value in pairs)


def items(calls: Sequence[Call]) -> int:
    """Count the KPIs that the upstream was asked for."""
    return sum(len(call.items) for call in calls)


@pytest.fixture
def sandbox() -> Sandbox:
    """Return a sandbox whose method takes any verb, so that plain batches work at once."""
    return create_sandbox(Switches(csharp_method="Any"))


@pytest.fixture
async def gateway(sandbox: Sandbox) -> AsyncIterator[Gateway]:
    async with serving(SandboxTransport(sandbox)) as gateway:
        yield gateway
