"""What is taken down and looked up: the same for one process that keeps for itself and for two that share a server."""

from collections.abc import AsyncIterator
from math import inf

import pytest

from gateway.cache.policy import Entry
from gateway.cache.shared import NEAR
from gateway.domain import Fetched, KpiKey, Period
from gateway.errors import (
    CircuitOpen,
    CredentialRefused,
    Forbidden,
    GatewayError,
    InternalError,
    Unauthenticated,
    UpstreamContract,
    UpstreamError,
    UpstreamTimeout,
)
from tests.cache.processes import Backend, sharing
from tests.cache.valkey import Valkey
from tests.cache.values import CLOSED, MINE, NOON, OPEN, POLICY, YOURS, fetched, key, kpi

pytestmark = pytest.mark.real_time


@pytest.fixture(params=["memory", "valkey"])
async def backend(request: pytest.FixtureRequest) -> AsyncIterator[Backend]:
    url = "memory://"
    if request.param == "valkey":
        valkey: Valkey = request.getfixturevalue("valkey")
        url = valkey.url
    async with sharing(url) as backend:
        yield backend


async def found(backend: Backend, *keys: KpiKey) -> list[KpiKey]:
    return [each for each in keys if await backend.finds(each)]


async def test_what_was_answered_is_found(backend: Backend) -> None:
    await backend.record({key(1): fetched(1), key(2): fetched(2)})
    assert await backend.finds(key(1)) == Entry(kpi(1), NOON, NOON + POLICY.closed_ttl)
    assert await backend.finds(key(2)) == Entry(kpi(2), NOON, NOON + POLICY.closed_ttl)


async def test_that_a_customer_does_not_exist_is_found(backend: Backend) -> None:
    await backend.record({key(1): Fetched(None, NOON)})
    assert await backend.finds(key(1)) == Entry(None, NOON, NOON + POLICY.ttl)


async def test_nothing_is_found_under_another_key(backend: Backend) -> None:
    await backend.record({key(1): fetched(1), key(2, YOURS): fetched(2)})
    others = [key(2), key(1, YOURS), key(1, period=OPEN), key(1, period=Period(CLOSED.first, None)), key(11)]
    assert await found(backend, *others) == []


async def test_what_the_upstream_says_of_keeping_is_found_with_it(backend: Backend) -> None:
    await backend.record({key(1): Fetched(kpi(1), NOON, max_age=75.5, may_stand_in=False)})
    assert await backend.finds(key(1)) == Entry(kpi(1), NOON, NOON + 75.5, may_stand_in=False)


async def test_what_has_ended_is_found_for_as_long_as_it_may_stand_in(backend: Backend) -> None:
    await backend.record({key(1, period=OPEN): fetched(1)})
    backend.clock.now = NOON + POLICY.ttl + POLICY.stale - NEAR - 1
    entry = await backend.finds(key(1, period=OPEN))
    assert entry
    assert not entry.is_alive(backend.clock.now)


@pytest.mark.parametrize("order", [(1, 2), (2, 1), (2, 2)])
async def test_the_newest_answer_wins(backend: Backend, order: tuple[int, ...]) -> None:
    for age in order:
        await backend.record({key(1): fetched(1, NOON + age, items=age)})
    entry = await backend.finds(key(1))
    assert entry
    assert entry.kpi == kpi(1, items=2)


async def test_a_newer_answer_is_found_in_the_place_of_one_that_was_found_before(backend: Backend) -> None:
    for age in (1, 2):
        await backend.record({key(1): fetched(1, NOON + age, items=age)})
        entry = await backend.finds(key(1))
        assert entry
        assert entry.kpi == kpi(1, items=age)


async def test_nobody_is_vouched_for_who_was_not_answered(backend: Backend) -> None:
    await backend.record({key(1): fetched(1), key(2, YOURS): UpstreamTimeout()})
    assert await found(backend, key(1), key(2, YOURS)) == [key(1)]
    assert (backend.vouched(), backend.vouched(YOURS)) == (NOON, -inf)


async def test_the_last_answer_vouches_whatever_its_key_and_whether_it_is_kept(backend: Backend) -> None:
    await backend.record({key(1): fetched(1), key(2): Fetched(None, NOON + 5), key(3): fetched(3, NOON + 9, max_age=0)})
    await backend.finds(key(1))
    assert backend.vouched() == NOON + 9


async def test_an_answer_vouches_for_no_other_caller(backend: Backend) -> None:
    for at, partition in ((1, MINE), (2, YOURS)):
        await backend.record({key(1, partition): fetched(1, NOON + at)})
        await backend.finds(key(1, partition))
    assert [backend.vouched(partition) for partition in (MINE, YOURS)] == [NOON + 1, NOON + 2]


async def test_a_refused_credential_drops_everything_it_had_and_nothing_of_another(backend: Backend) -> None:
    everything = [key(1), key(2, period=OPEN), key(1, YOURS)]
    await backend.record({each: fetched(each.customer) for each in everything})
    assert await found(backend, *everything) == everything
    await backend.record({key(3): Unauthenticated()})
    assert await found(backend, *everything) == [key(1, YOURS)]
    assert [backend.vouched(partition) for partition in (MINE, YOURS)] == [-inf, NOON]


async def test_a_credential_that_is_taken_again_begins_with_nothing(backend: Backend) -> None:
    await backend.record({key(1): fetched(1), key(2): fetched(2)})
    await backend.record({key(1): Unauthenticated()})
    assert await found(backend, key(1), key(2)) == []
    again = backend.clock.now
    await backend.record({key(2): fetched(2, again)})
    assert await found(backend, key(1), key(2)) == [key(2)]
    assert backend.vouched() == again


async def test_what_was_asked_before_the_credential_was_refused_is_not_kept(backend: Backend) -> None:
    refused = backend.clock.now
    await backend.record({key(1): fetched(1, NOON)})
    await backend.record({key(1): Unauthenticated()})
    await backend.record({key(2): fetched(2, refused), key(3): fetched(3, refused - 1)})
    assert await found(backend, key(1), key(2), key(3)) == []
    assert backend.vouched() == -inf


async def test_a_refused_customer_is_dropped_with_all_periods_and_nobody_else(backend: Backend) -> None:
    everything = [key(1), key(1, period=OPEN), key(2), key(1, YOURS)]
    await backend.record({each: fetched(each.customer) for each in everything})
    assert await found(backend, *everything) == everything
    await backend.record({key(1): Forbidden()})
    assert await found(backend, *everything) == [key(2), key(1, YOURS)]
    assert backend.vouched() == NOON


async def test_what_was_asked_of_a_customer_before_it_was_refused_is_not_kept(backend: Backend) -> None:
    refused = backend.clock.now
    await backend.record({key(1): fetched(1, NOON)})
    await backend.record({key(1): Forbidden()})
    await backend.record({key(1): fetched(1, refused), key(2): fetched(2, refused)})
    assert await found(backend, key(1), key(2)) == [key(2)]
    await backend.record({key(1): fetched(1, refused + 0.001)})
    assert await found(backend, key(1)) == [key(1)]


@pytest.mark.parametrize("max_age", [0.0, -1.0])
async def test_an_answer_that_is_not_to_be_kept_takes_the_older_one_with_it(backend: Backend, max_age: float) -> None:
    everything = [key(1), key(1, period=OPEN), key(2)]
    await backend.record({each: fetched(each.customer) for each in everything})
    assert await found(backend, *everything) == everything
    await backend.record({key(1): fetched(1, NOON + 1, max_age=max_age)})
    assert await found(backend, *everything) == [key(1, period=OPEN), key(2)]


FAILURES = [
    UpstreamError(),
    UpstreamTimeout(),
    CircuitOpen(),
    UpstreamContract(),
    CredentialRefused(),
    InternalError(),
]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
async def test_a_failure_changes_nothing(backend: Backend, failure: GatewayError) -> None:
    await backend.record({key(1): fetched(1)})
    before = await backend.finds(key(1))
    await backend.record({key(1): failure, key(2): failure})
    assert before
    assert await backend.finds(key(1)) == before
    assert await backend.finds(key(2)) is None
    assert backend.vouched() == NOON


async def test_refusals_of_strangers_leave_nothing(backend: Backend) -> None:
    await backend.record({key(1): Unauthenticated(), key(1, YOURS): Forbidden()})
    assert await found(backend, key(1), key(1, YOURS)) == []
    assert (backend.vouched(), backend.vouched(YOURS)) == (-inf, -inf)
