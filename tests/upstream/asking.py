"""Asking by a client of its own: what it costs, and an upstream that is held."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx

from gateway.domain import CustomerId, Fetched, KpiKey, Outcome, Partition, Period
from gateway.sandbox import Sandbox
from gateway.upstream.asking import Asker, Learnt
from gateway.upstream.batching import Batching, Mode
from gateway.upstream.breaker import Breaker
from gateway.upstream.client import KpiClient, Limits
from gateway.upstream.credentials import Credential, Unchanging
from gateway.upstream.over_httpx import HttpxExchange
from gateway.upstream.planning import Estimate
from gateway.upstream.sender import Ask, Sender
from gateway.upstream.settling import Reading
from gateway.upstream.wire import Format
from tests.upstream.test_planning import known

T = TypeVar("T")

OPEN = Period(None, None)
UNKNOWN = 5000
GOOD = {
    "boosterCustomerId": 1, "totalTransaction": 1, "totalSales": 1, "totalReturn": 0, "totalItems": 1,
    "averageBasketAmount": 1, "totalSpendingAmount": 1,
}  # fmt: skip
ZEROS = dict.fromkeys(GOOD, 0)


def key(number: int, period: Period = OPEN, partition: str = "p") -> KpiKey:
    return KpiKey(Partition(partition), CustomerId(number), period)


def keys(*numbers: int) -> list[KpiKey]:
    return [key(number) for number in numbers]


class Asking:
    """A client, and what it has learnt of batching."""

    def __init__(self, client: KpiClient, batching: Batching) -> None:
        self._client = client
        self.batching = batching

    async def fetch(self, wanted: Sequence[KpiKey], token: str = "demo", seconds: float = 5) -> dict[KpiKey, Outcome]:
        deadline = asyncio.get_running_loop().time() + seconds
        ask = Ask(Credential((("Authorization", f"Bearer {token}"),)), "id", deadline)
        fetched = await self._client.fetch(ask, wanted)
        return {key: result.kpi if isinstance(result, Fetched) else result for key, result in fetched.items()}


@asynccontextmanager
async def asking(  # noqa: PLR0913  # each has a default
    transport: httpx.AsyncBaseTransport,
    *,
    form: Format = Format.JSON,
    size: int = 100,
    limits: Limits = Limits(slots=16, wanted=1000),  # noqa: B008  # frozen
    timeout: float = 2,  # noqa: ASYNC109  # a setting
    mode: Mode = Mode.POST,
    estimate: Estimate | None = None,
) -> AsyncIterator[Asking]:
    """Ask over the transport, by a client that knows already that batches are taken, and fast."""
    batching, exchange = Batching(mode), HttpxExchange(transport)
    sender = Sender(exchange, "http://upstream.test", credentials=Unchanging(), breaker=Breaker(), timeout=timeout)
    asker = Asker(sender, Reading(form, own=False), Learnt(batching, estimate or known(0.0)), batch_size=size)
    client = KpiClient(asker, limits, lambda _: None)
    yield Asking(client, batching)
    await client.aclose()


def shape(sandbox: Sandbox) -> list[str]:
    """Write the calls as a reader counts them: ``GET``, or ``POST 50`` with its items."""
    return [f"{call.method} {len(call.items)}" if call.kind == "batch" else call.method for call in sandbox.calls]


def numbers(outcomes: dict[KpiKey, Outcome]) -> dict[int, str]:
    return {key.customer: type(outcome).__name__ for key, outcome in outcomes.items()}


class Held:
    """An upstream that counts what is under way, and answers with a KPI a key when it is let go."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.tokens: list[str] = []
        self.left = 0
        self.open = asyncio.Event()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content) if request.content else [{"boosterCustomerId": customer(request)}]
        self.sizes.append(len(asked))
        self.tokens.append(request.headers["authorization"])
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.left += 1
            raise
        kpis = [GOOD | {"boosterCustomerId": item["boosterCustomerId"]} for item in asked]
        return httpx.Response(200, json=kpis if request.content else kpis[0])


def customer(request: httpx.Request) -> int:
    return int(request.url.path.split("/")[2])


async def turns(count: int = 20) -> None:
    """Let everything happen that needs no time."""
    for _ in range(count):
        await asyncio.sleep(0)


async def one_by_one(*coroutines: Coroutine[Any, Any, T]) -> list[asyncio.Task[T]]:
    """Begin each in a turn of the event loop of its own."""
    tasks: list[asyncio.Task[T]] = []
    for coroutine in coroutines:
        tasks.append(asyncio.create_task(coroutine))
        await turns()
    return tasks


ONE_SLOT = Limits(slots=1, wanted=1000)
