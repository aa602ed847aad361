"""What processes give of a rate together is no more than the rate, whatever becomes of the server they share."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from gateway.cache.server import Server, connect
from gateway.cache.shared_tallies import SharedTallies
from gateway.cache.tallies import Taken, Tallies
from gateway.rates import Rate
from tests.cache.valkey import Valkey
from tests.cache.values import Clock
from tests.cache.waiting import idle

pytestmark = pytest.mark.real_time

HOUR = Rate(100, 3600)


def tallies(server: Server, rate: Rate = HOUR) -> SharedTallies:
    return SharedTallies(server, lambda name: f"customer-kpi:2:u:{name}:kpis", rate, Tallies(rate, Clock(0.0)))


@pytest.fixture
async def pair(valkey: Valkey) -> AsyncIterator[tuple[SharedTallies, SharedTallies]]:
    """Yield the tallies of two processes."""
    servers = Server(connect(valkey.url)), Server(connect(valkey.url))
    one, other = tallies(servers[0]), tallies(servers[1])
    await met(one, other)
    valkey.inside.flushall()
    yield one, other
    for server in servers:
        await server.aclose()


async def take(tally: SharedTallies, name: str, count: int) -> Taken:
    taken = tally.take(name, count)
    return taken if isinstance(taken, Taken) else await taken


async def met(*tallies: SharedTallies) -> None:
    """Have processes and their server meet, however slow the machine is."""
    for tally in tallies:
        while not (await take(tally, "nobody", 0)).beside:
            await idle()


async def test_two_processes_share_a_rate_and_callers_do_not(pair: tuple[SharedTallies, SharedTallies]) -> None:
    one, other = pair
    asked = [(one, 60), (other, 41), (other, 40), (one, 1), (other, 1)]
    assert [(await take(tally, "a", count)).is_given for tally, count in asked] == [True, False, True, False, False]
    assert (await take(other, "b", 100)).is_given


async def test_what_is_taken_at_once_in_any_order_is_never_more(
    pair: tuple[SharedTallies, SharedTallies], valkey: Valkey
) -> None:
    drawn = random.Random(5)  # noqa: S311  # any will do
    asked = [(drawn.choice(pair), drawn.randint(1, 9)) for _ in range(100)]
    for caller in map(str, range(100)):
        taken = await asyncio.gather(*(take(tally, caller, count) for tally, count in asked))
        given = [(count, each) for (_, count), each in zip(asked, taken, strict=True) if each.is_given]
        if all(each.beside for _, each in given):  # the machine was not too busy for an answer in time
            break
    assert 91 < sum(count for count, _ in given) <= 100
    assert sum(map(int, valkey.inside.hvals(f"customer-kpi:2:u:{caller}:kpis"))) == sum(count for count, _ in given)


async def test_what_is_given_back_is_there_for_all(pair: tuple[SharedTallies, SharedTallies], valkey: Valkey) -> None:
    one, other = pair
    taken = await take(one, "a", 100)
    one.give_back("a", taken, 30)
    assert HOUR.left(taken.counts) == 30
    await idle()
    assert (await take(other, "a", 30)).is_given
    valkey.inside.flushall()
    one.give_back("a", taken, 30)
    await idle()
    assert valkey.inside.dbsize() == 0


async def test_what_was_had_comes_back_and_its_name_ends(valkey: Valkey, server: Server) -> None:
    tally = tallies(server, Rate(5, 1))
    await met(tally)
    assert (await take(tally, "a", 5)).is_given
    assert 0 < valkey.inside.pttl("customer-kpi:2:u:a:kpis") <= 1100
    await asyncio.sleep(0.5)
    refused = await take(tallies(server, Rate(5, 1)), "a", 1)
    assert not refused.is_given
    await asyncio.sleep(0.65)
    assert (await take(tallies(server, Rate(5, 1)), "a", 5)).is_given


async def test_slots_that_are_past_are_dropped_and_those_that_are_not_count(valkey: Valkey, server: Server) -> None:
    name = "customer-kpi:2:u:a:kpis"
    seconds = int(valkey.inside.time()[0])
    valkey.inside.hset(name, mapping={HOUR.slot(seconds) - 11: 90, HOUR.slot(seconds) - 9: 20})
    tally = tallies(server)
    await met(tally)
    taken = await take(tally, "a", 5)
    assert sorted(taken.counts.values()) == [5, 20]
    assert len(valkey.inside.hkeys(name)) == 2


async def test_a_process_counts_for_itself_while_the_server_is_away_and_goes_on_from_what_it_gave(
    pair: tuple[SharedTallies, SharedTallies], valkey: Valkey
) -> None:
    one, other = pair
    assert (await take(one, "a", 70)).is_given
    valkey.stop()
    assert (await take(one, "a", 40)).is_given is False
    local = await take(one, "a", 30)
    assert (local.is_given, local.beside) == (True, None)
    one.give_back("a", local, 5)
    valkey.start()
    await idle()
    assert (await take(one, "a", 6)).is_given is False
    assert (await take(one, "a", 5)).is_given
    assert (await take(other, "a", 95)).is_given
    assert (await take(other, "a", 1)).is_given is False


async def test_nobody_waits_for_a_server_that_is_known_to_be_away(server: Server, valkey: Valkey) -> None:
    tally = tallies(server)
    valkey.stop()
    await take(tally, "a", 1)
    assert isinstance(tally.take("a", 1), Taken)


async def test_a_server_that_is_full_counts_nothing_and_says_so_once(
    server: Server, valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    tally = tallies(server)
    await met(tally)
    valkey.inside.config_set("maxmemory", 1)
    given = [(await take(tally, "a", 40)).is_given for _ in range(3)]
    assert (given, server.is_away) == ([True, True, False], False)
    assert caplog.messages == ["the shared cache counts nothing: OutOfMemoryError"]
    valkey.inside.config_set("maxmemory", 0)
    assert (await take(tally, "b", 1)).beside


async def test_something_else_under_a_callers_name_counts_for_nothing(server: Server, valkey: Valkey) -> None:
    valkey.inside.set("customer-kpi:2:u:a:kpis", "hunter2")
    tally = tallies(server)
    assert [(await take(tally, "a", 60)).is_given for _ in range(2)] == [True, False]
