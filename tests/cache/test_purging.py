"""Emptying a shared cache: what goes, what stays, and what is said when it cannot be done."""

import asyncio
from collections.abc import Callable

import pytest

from gateway.cache.encoding import VERSION, Names
from gateway.cache.purging import PurgeError, purge
from gateway.cache.shared import NEAR
from gateway.domain import CustomerId, KpiKey
from gateway.errors import Forbidden
from tests.cache.processes import NAMES, Process, process, telling
from tests.cache.valkey import Valkey
from tests.cache.values import OPEN, YOURS, Clock, key
from tests.cache.waiting import timed

pytestmark = pytest.mark.real_time

ELSEWHERE = Names.of(["http://another.test", "forward"])
KEYS = [key(1), key(1, period=OPEN), key(1, YOURS), key(2), key(11), key(12)]


@pytest.fixture
async def elsewhere(one: Process, valkey: Valkey) -> Process:
    """Fill the server, for two upstreams; returns a process of the other one."""
    await one.record(telling(*KEYS))
    await one.record({key(1): Forbidden(), key(3): Forbidden()})
    async with process(valkey.url, names=ELSEWHERE) as elsewhere:
        await elsewhere.record(telling(*KEYS))
    return elsewhere


def names(valkey: Valkey) -> set[str]:
    return {name.decode() for name in valkey.inside.scan_iter()}


def of(upstream: Names, *keys: KpiKey) -> set[str]:
    return {upstream.value(each) for each in keys} | {upstream.vouched(each.partition) for each in keys}


@pytest.mark.usefixtures("elsewhere")
async def test_everything_of_an_upstream_goes_and_nothing_of_another(valkey: Valkey) -> None:
    valkey.inside.set("session:1", "somebody else's")
    assert await purge(valkey.url, NAMES, None) == len(KEYS) - 1  # one was refused
    assert {name for name in names(valkey) if "/" in name} == {ELSEWHERE.value(each) for each in KEYS}
    assert "session:1" in names(valkey)


@pytest.mark.usefixtures("elsewhere")
async def test_everything_of_a_customer_goes_and_nothing_of_another(valkey: Valkey) -> None:
    assert await purge(valkey.url, NAMES, CustomerId(1)) == 2
    mine = {NAMES.value(each) for each in KEYS if each.customer != 1}
    assert {name for name in names(valkey) if "/" in name} == mine | {ELSEWHERE.value(each) for each in KEYS}


@pytest.mark.usefixtures("elsewhere")
async def test_what_a_process_knows_goes_in_a_moment(one: Process, valkey: Valkey, clock: Clock) -> None:
    assert await one.finds(key(2))
    await purge(valkey.url, NAMES, CustomerId(2))
    clock.now += NEAR
    assert [await one.finds(key(number)) is not None for number in (2, 11)] == [False, True]


async def test_what_other_versions_kept_goes_too(valkey: Valkey) -> None:
    valkey.inside.mset({NAMES.value(key(1)).replace(f":{VERSION}:", f":{version}:", 1): b"old" for version in range(3)})
    assert await purge(valkey.url, NAMES, CustomerId(1)) == 3
    assert valkey.inside.dbsize() == 0


async def test_thousands_go(valkey: Valkey) -> None:
    valkey.inside.mset({NAMES.value(key(number)): b"1" for number in range(1, 2501)})
    assert await purge(valkey.url, NAMES, None) == 2500
    assert valkey.inside.dbsize() == 0


@pytest.mark.parametrize("customer", [None, CustomerId(1)])
async def test_of_an_empty_cache_nothing_goes(valkey: Valkey, customer: CustomerId | None) -> None:
    assert await purge(valkey.url, NAMES, customer) == 0


@pytest.mark.parametrize(
    ("away", "why"), [(Valkey.stop, "ConnectionError"), (Valkey.pause, "TimeoutError")], ids=["killed", "held"]
)
async def test_a_server_that_is_away_is_told_within_a_moment(
    valkey: Valkey, away: Callable[[Valkey], None], why: str
) -> None:
    async def purging() -> str:
        with pytest.raises(PurgeError) as failure:
            await purge(valkey.url.replace("//", "//:hunter6@"), NAMES, None)
        return str(failure.value)

    away(valkey)
    told, seconds = await timed(purging())
    assert told == f"the shared cache cannot be purged: {why}"
    assert seconds < 5
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("user", ["", ":another@"])
async def test_a_server_that_refuses_is_told(valkey: Valkey, user: str) -> None:
    valkey.inside.config_set("requirepass", "hunter7")
    with pytest.raises(PurgeError, match=r"the shared cache cannot be purged: Auth\w+$"):
        await purge(valkey.url.replace("//", f"//{user}"), NAMES, None)


@pytest.mark.parametrize("url", ["http://hunter8", "redis://127.0.0.1:hunter8", "memory://"])
async def test_an_address_that_cannot_be_used_is_refused_and_not_told(url: str) -> None:
    with pytest.raises(ValueError, match="the address cannot be used") as refusal:
        await purge(url, NAMES, None)
    assert "hunter" not in str(refusal.value)


async def test_no_connection_is_left(valkey: Valkey) -> None:
    before = len(valkey.inside.client_list())
    await purge(valkey.url, NAMES, None)
    assert len(valkey.inside.client_list()) == before
