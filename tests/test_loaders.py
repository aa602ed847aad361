"""One operation's loads: batched, shared, and nobody's trouble but their own."""

import asyncio
import contextvars
from collections.abc import Sequence
from math import inf

import pytest
from msgspec.structs import replace

from gateway.domain import CustomerId, Freshness, KpiKey, Partition, Period, Served
from gateway.errors import Forbidden, GatewayError, UpstreamUnavailable
from gateway.loaders import KpiLoader
from tests.test_domain import KPI

SERVED = Served(KPI, 50.0, Freshness.LIVE, until=70.0)


def key(number: int) -> KpiKey:
    return KpiKey(Partition("p"), CustomerId(number), Period(None, None))


class Upstream:
    """Counts batches, answers each key with a KPI or what is set for it, and can be held up."""

    def __init__(self) -> None:
        self.batches: list[list[KpiKey]] = []
        self.outcomes: dict[KpiKey, Served | GatewayError] = {}
        self.open = asyncio.Event()
        self.open.set()

    async def fetch(self, keys: Sequence[KpiKey]) -> dict[KpiKey, Served | GatewayError]:
        self.batches.append(list(keys))
        await self.open.wait()
        return {key: self.outcomes.get(key, SERVED) for key in keys}


@pytest.fixture
async def upstream() -> Upstream:
    return Upstream()


async def test_keys_of_one_tick_leave_in_one_batch_and_each_once(upstream: Upstream) -> None:
    loader = KpiLoader(upstream.fetch)
    await asyncio.gather(*(loader.load(key(number)) for number in (1, 2, 1, 3, 2)))
    assert upstream.batches == [[key(1), key(2), key(3)]]


async def test_a_loaded_key_is_not_asked_for_again(upstream: Upstream) -> None:
    loader = KpiLoader(upstream.fetch)
    assert await loader.load(key(1)) is await loader.load(key(1))
    assert len(upstream.batches) == 1


async def test_a_failure_is_raised_to_each_who_waits_and_to_no_other(upstream: Upstream) -> None:
    upstream.outcomes[key(1)] = Forbidden()
    loader = KpiLoader(upstream.fetch)
    loads = (loader.load(key(number)) for number in (1, 1, 2))
    first, second, other = await asyncio.gather(*loads, return_exceptions=True)
    assert isinstance(first, Forbidden)
    assert isinstance(second, Forbidden)
    assert other is SERVED


async def test_after_a_failure_asking_again_asks_again(upstream: Upstream) -> None:
    loader = KpiLoader(upstream.fetch)
    upstream.outcomes[key(1)] = UpstreamUnavailable()
    with pytest.raises(UpstreamUnavailable):
        await loader.load(key(1))
    upstream.outcomes.clear()
    assert await loader.load(key(1)) is SERVED


async def test_what_was_loaded_may_be_kept_until_the_first_of_it_ends(upstream: Upstream) -> None:
    loader = KpiLoader(upstream.fetch)
    assert loader.until == inf
    await loader.load(key(1))
    assert loader.until == 70.0
    upstream.outcomes = {key(2): replace(SERVED, until=60.0), key(3): replace(SERVED, until=80.0)}
    await asyncio.gather(loader.load(key(2)), loader.load(key(3)))
    assert loader.until == 60.0


async def test_cancelling_one_who_waits_cancels_no_neighbour(upstream: Upstream) -> None:
    upstream.open.clear()
    loader = KpiLoader(upstream.fetch)
    leaver, neighbour = (asyncio.create_task(loader.load(key(1))) for _ in range(2))
    await asyncio.sleep(0)
    leaver.cancel()
    await asyncio.gather(leaver, return_exceptions=True)
    upstream.open.set()
    assert await neighbour is SERVED
    assert leaver.cancelled()
    assert await loader.load(key(1)) is SERVED
    assert len(upstream.batches) == 1


async def test_a_cancelled_batch_leaves_nobody_waiting() -> None:
    async def fetch(_: Sequence[KpiKey]) -> dict[KpiKey, Served | GatewayError]:
        raise asyncio.CancelledError

    loader = KpiLoader(fetch)
    async with asyncio.timeout(1):
        outcomes = await asyncio.gather(loader.load(key(1)), loader.load(key(2)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [UpstreamUnavailable] * 2


async def test_after_its_end_a_loader_begins_nothing(upstream: Upstream) -> None:
    upstream.open.clear()
    loader = KpiLoader(upstream.fetch)
    loads = [asyncio.create_task(loader.load(key(1)))]
    await asyncio.sleep(0.01)
    loads.append(asyncio.create_task(loader.load(key(2))))
    await asyncio.sleep(0)
    loader.close()
    outcomes = await asyncio.gather(*loads, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [UpstreamUnavailable] * 2
    assert upstream.batches == [[key(1)]]


async def test_a_mistake_in_a_fetch_reaches_all_who_wait() -> None:
    async def fetch(_: Sequence[KpiKey]) -> dict[KpiKey, Served | GatewayError]:
        raise ZeroDivisionError

    loader = KpiLoader(fetch)
    outcomes = await asyncio.gather(loader.load(key(1)), loader.load(key(2)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ZeroDivisionError] * 2


async def test_a_batch_runs_in_the_operations_context_not_in_the_first_callers() -> None:
    span = contextvars.ContextVar("span", default="none")
    seen: list[str] = []

    async def fetch(keys: Sequence[KpiKey]) -> dict[KpiKey, Served | GatewayError]:
        seen.append(span.get())
        return dict.fromkeys(keys, SERVED)

    span.set("operation")
    loader = KpiLoader(fetch)

    async def field() -> None:
        span.set("field")
        await loader.load(key(1))

    await asyncio.create_task(field())
    assert seen == ["operation"]


def test_every_failure_is_an_outcome() -> None:
    """The loader tells failures from KPIs by their class: a failure of another tree would pass for a KPI."""
    assert issubclass(UpstreamUnavailable, GatewayError)
