"""Asking the sandbox as a client would, and what it should say."""

import base64
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

import httpx

from gateway.sandbox import DEMO_TOKEN, Sandbox, SandboxTransport, Switches, create_sandbox

JSON = "application/json"
BATCH = "/json/reply/GetCustomerKpi[]"
OVERRIDE = {"X-Http-Method-Override": "GET"}

EXAMPLE = (
    '{"boosterCustomerId":123456,"totalTransaction":12,"totalSales":14,"totalReturn":2,"totalItems":17,'
    '"averageBasketAmount":2150.50,"totalSpendingAmount":25806.1,"currencyCode":"EUR"}'
)
NO_CURRENCY = (
    '{"boosterCustomerId":900002,"totalTransaction":1,"totalSales":2,"totalReturn":0,"totalItems":2,'
    '"averageBasketAmount":99.90,"totalSpendingAmount":99.9}'
)
ZEROS = (
    '{"boosterCustomerId":0,"totalTransaction":0,"totalSales":0,"totalReturn":0,"totalItems":0,'
    '"averageBasketAmount":0,"totalSpendingAmount":0}'
)


@dataclass
class Upstream:
    """One sandbox and a client on it, which signs as the demo caller unless told otherwise."""

    sandbox: Sandbox
    client: httpx.AsyncClient

    def set(self, **switches: object) -> None:
        self.sandbox.switches = Switches().changed(switches)

    async def get(
        self, url: str = "/customer/123456/kpi", *, token: str | None = DEMO_TOKEN, **headers: str
    ) -> httpx.Response:
        return await self.ask("GET", url, token=token, body=None, **headers)

    async def ask(
        self,
        method: str,
        url: str,
        *,
        token: str | None = DEMO_TOKEN,
        body: bytes | AsyncIterator[bytes] | None = None,
        **headers: str,
    ) -> httpx.Response:
        signed = {"Authorization": f"Bearer {token}"} if token else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(method, url, content=body, headers={"Accept": JSON, **signed, **named})

    async def batch(
        self,
        ids: Iterable[int],
        *,
        url: str = BATCH,
        token: str | None = DEMO_TOKEN,
        **headers: str,
    ) -> httpx.Response:
        body = "[" + ",".join(f'{{"boosterCustomerId":{each}}}' for each in ids) + "]"
        return await self.ask("POST", url, token=token, body=body.encode(), **headers)


def upstream(switches: Switches | None = None) -> Upstream:
    sandbox = create_sandbox(switches)
    client = httpx.AsyncClient(transport=SandboxTransport(sandbox), base_url="http://upstream.test")
    return Upstream(sandbox, client)


def basic(name: str, password: str = "") -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def ids(response: httpx.Response) -> list[int]:
    return [each["boosterCustomerId"] for each in response.json()]


async def pieces(parts: Sequence[bytes]) -> AsyncIterator[bytes]:
    """Send a body in chunks, of no declared length."""
    for each in parts:
        yield each
