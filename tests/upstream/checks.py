"""Checks of an upstream that is the sandbox, or that somebody meddles with."""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from gateway.domain import CustomerId
from gateway.sandbox import Sandbox, SandboxTransport, Switches, create_sandbox
from gateway.settings import Settings
from gateway.upstream.checking import Check
from gateway.upstream.credentials import Credential
from gateway.upstream.sender import Ask
from gateway.wiring import open_upstream

CANARY = "db-password-hunter2"
TOKEN = "demo-hunter3"
MOST_CALLS = 12
KPI = {
    "boosterCustomerId": 1, "totalTransaction": 1, "totalSales": 1, "totalReturn": 0, "totalItems": 1,
    "averageBasketAmount": 1, "totalSpendingAmount": 1, "currencyCode": "EUR",
}  # fmt: skip

Meddle = Callable[[httpx.Request], httpx.Response | None]


class Meddling(httpx.AsyncBaseTransport):
    """The sandbox, but for the calls that somebody else answers."""

    def __init__(self, sandbox: Sandbox, meddle: Meddle) -> None:
        self._behind = SandboxTransport(sandbox)
        self._meddle = meddle

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self._meddle(request) or await self._behind.handle_async_request(request)


async def told(
    sandbox: Sandbox,
    *customers: int,
    meddle: Meddle = lambda _: None,
    authorization: str = f"Bearer {TOKEN}",
    **settings: Any,
) -> list[str]:
    """Check an upstream. Whatever comes of it, no secret is told, and it was cheap."""
    setting = Settings.read(**{"upstream_url": "http://upstream.test", **settings})
    upstream = open_upstream(setting, Meddling(sandbox, meddle))
    check = Check(
        upstream.sender,
        upstream.credentials,
        upstream.reading,
        ask=Ask(Credential((("Authorization", authorization),)), "check-1", math.inf),
        customers=[CustomerId(customer) for customer in customers or (1, 2)],
        batching=setting.upstream_batching == "auto",
    )
    lines = [str(finding) async for finding in check.findings()]
    await upstream.aclose()
    assert not [line for line in lines if re.search("hunter|upstream.test", line)]
    assert len(sandbox.calls) <= MOST_CALLS
    return [re.sub(r"[0-9.]+ ms", "? ms", line) for line in lines]


def troubles(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if not line.startswith("ok")]


def upstream(**switches: Any) -> Sandbox:
    return create_sandbox(Switches(**{"csharp_method": "Any", "canary": CANARY, **switches}))


def answering(method: str, form: str, answer: httpx.Response) -> Meddle:
    """Answer all calls of a method that ask for a format."""

    def meddle(request: httpx.Request) -> httpx.Response | None:
        return answer if (request.method, request.headers["accept"]) == (method, f"application/{form}") else None

    return meddle
