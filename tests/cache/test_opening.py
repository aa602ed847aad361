"""Which cache an address means."""

from typing import Any

import pytest

from gateway.cache.ledger import Ledger
from gateway.cache.opening import open_ledger, open_place
from tests.cache.processes import NAMES, Results, process
from tests.cache.valkey import Valkey
from tests.cache.values import POLICY, Clock, fetched, key

RESULTS: Results = {key(number): fetched(number) for number in (1, 2, 3)}


def opened(url: str, size: int = 100) -> Ledger:
    return open_ledger(url, POLICY, open_place(url, NAMES), size=size, clock=Clock())


def found(ledger: Any) -> list[int]:
    return [number for number in (1, 2, 3) if ledger.find([key(number)])]


async def test_none_keeps_nothing_and_vouches_for_everyone() -> None:
    ledger = opened("none://")
    ledger.record(RESULTS)
    await ledger.load(list(RESULTS))
    assert found(ledger) == []
    assert ledger.policy.vouched is None


async def test_memory_keeps_so_many_values_for_the_process_alone() -> None:
    one, another = opened("memory://", size=2), opened("memory://")
    one.record(RESULTS)
    await another.load(list(RESULTS))
    assert another.is_current(list(RESULTS))
    assert (found(one), found(another)) == ([2, 3], [])
    assert one.policy is POLICY
    await one.aclose()


@pytest.mark.real_time
async def test_an_address_of_a_server_keeps_for_all_who_name_it(valkey: Valkey) -> None:
    async with process(valkey.url, size=2) as one, process(valkey.url) as another:
        await one.record(RESULTS)
        await another.load(*RESULTS)
        assert (found(one.ledger), found(another.ledger)) == ([2, 3], [1, 2, 3])
        assert one.ledger.policy is POLICY


@pytest.mark.real_time
async def test_no_server_is_asked_before_it_is_needed(valkey: Valkey) -> None:
    before = len(valkey.inside.client_list())
    async with process(valkey.url):
        assert len(valkey.inside.client_list()) == before


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "redis://127.0.0.1:port", ""])
def test_another_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="the address cannot be used"):
        opened(url)
