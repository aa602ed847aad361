"""What gateways share by way of a Valkey server, over its real sockets, and that none of them needs it."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest

from gateway.manifest import digest
from gateway.sandbox import Sandbox
from tests.cache.valkey import Valkey, running
from tests.caching import CLOSED, EARLIER, OPEN, ask, freshness
from tests.chaos.leftovers import files, logged, tasks
from tests.chaos.world import until
from tests.conftest import Gateway, Reply, items
from tests.together import SOON, fetched, seen, settled, sharing

pytestmark = pytest.mark.real_time

Pair = tuple[Gateway, Gateway]


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    with running() as valkey:
        yield valkey


@pytest.fixture
async def pair(valkey: Valkey, sandbox: Sandbox) -> AsyncIterator[Pair]:
    async with sharing(valkey, sandbox) as one, sharing(valkey, sandbox) as other:
        yield one, other


def change(sandbox: Sandbox, **switches: object) -> None:
    sandbox.switches = sandbox.switches.changed(switches)


def as_ofs(reply: Reply) -> list[str]:
    return [customer["kpi"]["asOf"] for customer in reply.data["customers"]]


async def test_what_one_gateway_fetched_another_shows_as_cached_without_asking(
    pair: Pair, valkey: Valkey, sandbox: Sandbox
) -> None:
    first = await fetched(pair[0], valkey, 1, 2, 3)
    second = await ask(pair[1], 1, 2, 3)
    assert (freshness(first), freshness(second)) == (["LIVE"] * 3, ["CACHED"] * 3)
    assert as_ofs(second) == as_ofs(first)
    assert items(sandbox.calls) == 3


@pytest.mark.parametrize(
    "settings", [{"cache_secret": "another one, as long as it has to be"}, {"upstream_url": "http://other.test"}]
)
async def test_gateways_with_another_secret_or_of_another_upstream_share_nothing(
    valkey: Valkey, sandbox: Sandbox, settings: dict[str, str]
) -> None:
    async with sharing(valkey, sandbox) as one, sharing(valkey, sandbox, **settings) as other:
        await fetched(one, valkey, 1, 2)
        await fetched(other, valkey, 1, 2)
        assert items(sandbox.calls) == 4
        assert await seen(one, 1, 2) == await seen(other, 1, 2) == ["CACHED"] * 2


@pytest.mark.parametrize(
    ("refusal", "left"),
    [({"revoked": "demo"}, ["UNAUTHENTICATED"] * 2), ({"forbidden": "demo=1+3"}, ["FORBIDDEN", "CACHED"])],
)
async def test_what_is_refused_to_one_gateway_another_drops_in_seconds(
    pair: Pair, valkey: Valkey, sandbox: Sandbox, refusal: dict[str, str], left: list[str]
) -> None:
    await fetched(pair[0], valkey, 1, 2)
    assert await seen(pair[1], 1, 2) == ["CACHED"] * 2
    change(sandbox, **refusal)
    await ask(pair[0], 1, 3, period=EARLIER)
    assert await settled(lambda: seen(pair[1], 1, 2), left) == left


async def test_a_revoked_caller_sees_nothing_after_cache_vouched_through_either_and_others_notice_nothing(
    valkey: Valkey, sandbox: Sandbox
) -> None:
    async with sharing(valkey, sandbox, cache_vouched=1) as one, sharing(valkey, sandbox, cache_vouched=1) as other:
        for gateway, period, token in itertools.product((one, other), (OPEN, CLOSED, EARLIER), ("demo-1", "demo-2")):
            assert set(await seen(gateway, 1, 2, 3, period=period, token=token)) <= {"LIVE", "CACHED"}
        change(sandbox, revoked="demo-1")
        await asyncio.sleep(1)
        for gateway, period in itertools.product((one, other), (OPEN, CLOSED, EARLIER)):
            assert await seen(gateway, 1, 2, 3, period=period, token="demo-1") == ["UNAUTHENTICATED"] * 3
            assert "CACHED" in await seen(gateway, 1, 2, 3, period=period, token="demo-2")


@asynccontextmanager
async def load(pair: Pair) -> AsyncIterator[list[str | None]]:
    """Let eight clients ask one gateway or the other all the time; yields what they see."""
    chance, all_seen, is_over = random.Random(1), list[str | None](), asyncio.Event()  # noqa: S311  # repeatable

    async def client() -> None:
        while not is_over.is_set():
            ids, token = chance.sample(range(1, 100), 3), chance.choice(("demo-1", "demo-2"))
            all_seen.extend(await seen(chance.choice(pair), *ids, period=chance.choice((OPEN, CLOSED)), token=token))

    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(client())
        yield all_seen
        is_over.set()


async def shares_again(pair: Pair) -> bool:
    """Say, in the end, whether one gateway is shown what the other fetched."""
    numbers = itertools.count(100)

    async def is_shared() -> bool:
        number = next(numbers)
        assert await seen(pair[0], number) == ["LIVE"]
        await asyncio.sleep(0.05)
        return await seen(pair[1], number) == ["CACHED"]

    return await settled(is_shared, wanted=True)


async def test_when_the_server_is_killed_under_load_no_query_fails_and_once_it_is_back_values_are_shared_again(
    pair: Pair, valkey: Valkey
) -> None:
    async with load(pair) as all_seen:
        for happens in (valkey.stop, valkey.start, lambda: None):
            await asyncio.sleep(0.8)
            happens()
        assert await shares_again(pair)
    assert set(all_seen) == {"LIVE", "CACHED"}
    assert len(all_seen) > 50


async def test_nobody_waits_until_it_is_found_out_that_the_server_stands_still(pair: Pair, valkey: Valkey) -> None:
    await fetched(pair[0], valkey, 1)
    with logged() as log:
        valkey.pause()
        assert await seen(pair[0], 1, 2) == ["CACHED", "LIVE"]
        assert log.errors == []
        assert await until(lambda: len(log.errors) == 1, SOON)
        assert [await seen(pair[0], number) for number in range(3, 13)] == [["LIVE"]] * 10
    valkey.resume()
    assert await shares_again(pair)


async def test_a_gateway_that_starts_without_the_server_serves_and_uses_it_once_it_is_there(
    pair: Pair, valkey: Valkey
) -> None:
    """Nothing is connected before it is used."""
    valkey.stop()
    assert [await seen(pair[0], 1) for _ in range(2)] == [["LIVE"], ["CACHED"]]
    assert await seen(pair[1], 1) == ["LIVE"]
    valkey.start()
    assert await shares_again(pair)


async def test_a_server_that_refuses_the_password_is_one_line_in_the_log_without_it(
    valkey: Valkey, sandbox: Sandbox
) -> None:
    url = valkey.url.replace("//", "//gateway:hunter3@")
    with logged() as log:
        async with sharing(valkey, sandbox, cache_url=url) as gateway:
            assert [await seen(gateway, 1) for _ in range(3)] == [["LIVE"], ["CACHED"], ["CACHED"]]
            await asyncio.sleep(0.7)
            assert await seen(gateway, 1, 2) == ["CACHED", "LIVE"]
    assert len(log.errors) == 1
    assert "hunter" not in log.errors[0]


async def test_no_credential_is_in_a_name_a_value_or_the_log(pair: Pair, valkey: Valkey, sandbox: Sandbox) -> None:
    with logged() as log:
        for period in (OPEN, CLOSED):
            await ask(pair[0], 1, 2, 5000, period=period, token="demo-hunter2")
        change(sandbox, forbidden="demo-hunter2=1", fail={2: 500})
        await ask(pair[0], 1, 2, 3, period=EARLIER, token="demo-hunter2")
        assert await until(lambda: valkey.inside.dbsize() >= 9, SOON)
        inside = {name: valkey.inside.get(name) for name in valkey.inside.scan_iter()}
        valkey.stop()
        await ask(pair[1], 1, token="demo-hunter2")
    assert len(log.lines) > 2
    assert "hunter2" not in f"{inside} {log.lines}"


@pytest.mark.parametrize("happens", [lambda _: None, Valkey.stop, Valkey.pause], ids=["nothing", "stop", "pause"])
async def test_nothing_is_left_when_a_gateway_ends(
    valkey: Valkey, sandbox: Sandbox, happens: Callable[[Valkey], None]
) -> None:
    before = tasks(), files()
    async with sharing(valkey, sandbox) as gateway:
        await seen(gateway, *range(1, 20))
        happens(valkey)
        await asyncio.gather(*(seen(gateway, number) for number in range(15, 40)))
    assert await until(lambda: (tasks(), files()) == before, SOON), (before, tasks(), files())


async def test_a_document_that_one_gateway_was_given_another_answers_by_its_hash(pair: Pair, valkey: Valkey) -> None:
    body = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest("{ __typename }")}}}

    async def by_hash() -> object:
        return (await pair[1].http.post("/graphql", json=body)).json().get("data")

    assert await by_hash() is None
    assert (await pair[0].http.post("/graphql", json={"query": "{ __typename }", **body})).status_code == 200
    assert await settled(by_hash, {"__typename": "Query"}) == {"__typename": "Query"}
    valkey.stop()
    assert await by_hash() == {"__typename": "Query"}
