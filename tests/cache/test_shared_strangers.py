"""What is in the server and is not what was kept there: of another name, upstream or version, or nonsense."""

import re
from itertools import permutations
from math import inf

import pytest

from gateway.cache.encoding import VERSION, Names
from gateway.cache.shared import NEAR
from gateway.domain import CustomerId, KpiKey
from gateway.errors import Forbidden, Unauthenticated
from tests.cache.processes import NAMES, Process, process, telling
from tests.cache.valkey import Valkey
from tests.cache.values import MINE, NOON, OPEN, POLICY, YOURS, Clock, fetched, key

pytestmark = pytest.mark.real_time

WRONG = "the shared cache has something else than was kept in it: a kept value"


def all_names(*keys: KpiKey) -> list[str]:
    kinds = [(NAMES.value(each), NAMES.vouched(each.partition)) for each in keys]
    return [name for names in kinds for name in names] + [NAMES.refused(each.partition, each.customer) for each in keys]


async def test_values_under_each_others_names_are_never_taken(
    one: Process, valkey: Valkey, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    keys = [key(1), key(2), key(1, period=OPEN), key(1, YOURS), key(2, YOURS)]
    await one.record(telling(*keys))
    await one.record({key(1): Forbidden(), key(2, YOURS): Forbidden()})
    kept = {name: valkey.inside.get(name) for name in all_names(*keys)}
    for name, from_name in permutations([name for name, value in kept.items() if value], 2):
        valkey.inside.mset({name: value for name, value in kept.items() if value})
        valkey.inside.set(name, kept[from_name])
        async with process(valkey.url, clock) as fresh:
            for each in keys:
                entry = await fresh.finds(each)
                assert entry is None or entry == POLICY.entry(fetched(each.customer), each.period)
                assert name != NAMES.value(each) or entry is None
        assert {message.startswith(WRONG) for message in caplog.messages} == {True}


GARBAGE = [b"", b"\x00", b"hunter5", b"\xc0", b"{}", b"\xff" * 1000, b"\x95\xc4\x08" + b"x" * 20]


@pytest.mark.parametrize("garbage", GARBAGE)
async def test_garbage_is_a_miss_and_a_line_in_the_log(
    one: Process, other: Process, valkey: Valkey, caplog: pytest.LogCaptureFixture, garbage: bytes
) -> None:
    await one.record(telling(key(1), key(2)))
    valkey.inside.set(NAMES.value(key(1)), garbage)
    await other.load(key(1), key(2))
    assert (other.has(key(1)), other.has(key(2))) == (None, one.has(key(2)))
    assert {re.sub(" (cannot|is of).*", "", message) for message in caplog.messages} == {WRONG}
    assert len(caplog.messages) <= valkey.inside.info("commandstats")["cmdstat_mget"]["calls"]  # one, if in time


@pytest.mark.parametrize("garbage", GARBAGE)
async def test_a_mark_that_is_garbage_is_none(
    one: Process, valkey: Valkey, caplog: pytest.LogCaptureFixture, garbage: bytes
) -> None:
    await one.record(telling(key(1)))
    for name, vouched in ((NAMES.refused(MINE, CustomerId(1)), NOON), (NAMES.vouched(MINE), -inf)):
        valkey.inside.set(name, garbage)
        async with process(valkey.url) as other:
            assert (await other.finds(key(1)) is not None) is (vouched == NOON)
            assert other.vouched() == vouched
    assert {message.startswith(WRONG) for message in caplog.messages} == {True}


async def test_another_kind_of_thing_under_a_name_is_a_miss(one: Process, valkey: Valkey) -> None:
    await one.record(telling(key(2)))
    valkey.inside.rpush(NAMES.value(key(1)), "hunter5")
    await one.load(key(1), key(2))
    assert one.has(key(1)) is None
    await one.record(telling(key(1)))
    assert one.has(key(1))


@pytest.mark.parametrize("names", [Names.of(["http://another.test", "forward"]), Names.of(["http://upstream.test"])])
async def test_values_of_another_upstream_are_not_found(
    one: Process, valkey: Valkey, clock: Clock, names: Names
) -> None:
    async with process(valkey.url, clock, names=names) as elsewhere:
        await one.record(telling(key(1)))
        assert await elsewhere.finds(key(1)) is None
        await elsewhere.record({key(1): Unauthenticated(), key(2): fetched(2)})
        clock.now += NEAR
        assert [await one.finds(key(number)) is not None for number in (1, 2)] == [True, False]
        assert one.vouched() == NOON


async def test_values_of_another_version_are_not_found(one: Process, other: Process, valkey: Valkey) -> None:
    await one.record(telling(key(1)))
    for name in list(valkey.inside.scan_iter()):
        valkey.inside.rename(name, name.replace(b"customer-kpi:%d:" % VERSION, b"customer-kpi:%d:" % (VERSION + 1)))
    assert valkey.inside.dbsize() == 2
    assert await other.finds(key(1)) is None
    assert other.vouched() == -inf
