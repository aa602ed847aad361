"""What processes give of a rate together is no more than the rate, whatever becomes of the server they share."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from gateway.cache.server import Server, connect
from gateway.cache.shared_windows import SharedWindows
from gateway.cache.windows import OwnWindows, Taken
from gateway.rates import Rate
from gateway.telemetry.tallies import CacheTally
from tests.cache.valkey import Valkey
from tests.cache.values import Clock
from tests.cache.waiting import idle

pytestmark = pytest.mark.real_time

HOUR = Rate(100, 3600)


def opened(server: Server, rate: Rate = HOUR) -> SharedWindows:
    return SharedWindows(server, lambda name: f"customer-kpi:2:u:{name}:kpis", rate, OwnWindows(rate, Clock(0.0)))


@pytest.fixture
async def pair(valkey: Valkey) -> AsyncIterator[tuple[SharedWindows, SharedWindows]]:
    """Yield the windows of two processes."""
    servers = Server(connect(valkey.url)), Server(connect(valkey.url))
    one, other = opened(servers[0]), opened(servers[1])
    await met(one, other)
    valkey.inside.flushall()
    yield one, other
    for server in servers:
        await server.aclose()


async def take(windows: SharedWindows, name: str, count: int) -> Taken:
    taken = windows.take(name, count)
    return taken if isinstance(taken, Taken) else await taken


async def met(*windows: SharedWindows) -> None:
    """Have processes and their server meet, however slow the machine is."""
    for each in windows:
        while not (await take(each, "nobody", 0)).beside:
            await idle()


async def landed() -> None:
    """Wait until what is sent and not waited for has come back."""
    await asyncio.sleep(0)
    await idle()


async def test_two_processes_share_a_rate_and_callers_do_not(pair: tuple[SharedWindows, SharedWindows]) -> None:
    one, other = pair
    asked = [(one, 60), (other, 41), (other, 40), (one, 1), (other, 1)]
    assert [(await take(windows, "a", count)).is_given for windows, count in asked] == [True, False, True, False, False]
    assert (await take(other, "b", 100)).is_given


async def test_what_is_taken_at_once_in_any_order_is_never_more(
    pair: tuple[SharedWindows, SharedWindows], valkey: Valkey
) -> None:
    drawn = random.Random(5)  # noqa: S311  # any will do
    asked = [(drawn.choice(pair), drawn.randint(1, 9)) for _ in range(100)]
    for caller in map(str, range(100)):
        taken = await asyncio.gather(*(take(windows, caller, count) for windows, count in asked))
        given = [(count, each) for (_, count), each in zip(asked, taken, strict=True) if each.is_given]
        if all(each.beside for _, each in given):  # the machine was not too busy for an answer in time
            break
    assert 91 < sum(count for count, _ in given) <= 100
    assert sum(map(int, valkey.inside.hvals(f"customer-kpi:2:u:{caller}:kpis"))) == sum(count for count, _ in given)


async def test_what_is_given_back_is_there_for_all(pair: tuple[SharedWindows, SharedWindows], valkey: Valkey) -> None:
    one, other = pair
    taken = await take(one, "a", 100)
    one.give_back("a", taken, 30)
    assert HOUR.left(taken.counts) == 30
    await landed()
    assert (await take(other, "a", 30)).is_given
    valkey.inside.flushall()
    one.give_back("a", taken, 30)
    await landed()
    assert valkey.inside.dbsize() == 0


async def test_no_more_is_given_back_than_the_server_knows_of(
    pair: tuple[SharedWindows, SharedWindows], valkey: Valkey
) -> None:
    one, other = pair
    taken = await take(one, "a", 90)
    valkey.inside.flushall()
    assert (await take(other, "a", 5)).is_given
    one.give_back("a", taken, 80)
    await landed()
    assert list(map(int, valkey.inside.hvals("customer-kpi:2:u:a:kpis"))) == [0]
    assert not (await take(one, "a", 101)).is_given


async def test_what_is_given_back_while_the_server_is_away_makes_no_trip(server: Server, valkey: Valkey) -> None:
    windows = opened(server)
    await met(windows)
    taken = await take(windows, "a", 60)
    valkey.stop()
    await take(windows, "b", 1)
    assert server.is_away
    tasks = asyncio.all_tasks()
    windows.give_back("a", taken, 60)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == tasks
    assert (await take(windows, "a", 100)).is_given


class Answering:
    """A server that answers whatever it is asked by the same."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    async def eval(self, *_: object) -> object:
        return self.answer


@pytest.mark.parametrize(
    "answer",
    [[], None, 1, [b"OK"], [[1, 5, 1000]], [[1, 5, 1000, []]], [[1, 5, 1000, [b"5"]]], [[0, 5, 1000, [b"x", b"1"]]],
     [[1, 5, 1000, [b"5", b"7"]]] * 2],
)  # fmt: skip
async def test_what_is_no_answer_to_the_question_counts_for_nothing_and_the_server_is_left_alone(
    answer: object, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server(Answering(answer))  # type: ignore[arg-type]
    windows = opened(server)
    taken = await take(windows, "a", 7)
    assert (taken.is_given, taken.beside, server.is_away) == (True, None, True)
    assert [message.partition(":")[0] for message in caplog.messages] == ["the shared cache fails, and is left alone"]
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()


async def test_what_was_had_comes_back_and_its_name_ends(valkey: Valkey, server: Server) -> None:
    windows = opened(server, Rate(5, 1))
    await met(windows)
    assert (await take(windows, "a", 5)).is_given
    assert 0 < valkey.inside.pttl("customer-kpi:2:u:a:kpis") <= 1100
    await asyncio.sleep(0.5)
    refused = await take(opened(server, Rate(5, 1)), "a", 1)
    assert not refused.is_given
    await asyncio.sleep(0.65)
    assert (await take(opened(server, Rate(5, 1)), "a", 5)).is_given


async def test_slots_that_are_past_are_dropped_and_those_that_are_not_count(valkey: Valkey, server: Server) -> None:
    name = "customer-kpi:2:u:a:kpis"
    seconds = int(valkey.inside.time()[0])
    valkey.inside.hset(name, mapping={HOUR.slot(seconds) - 11: 90, HOUR.slot(seconds) - 9: 20})
    windows = opened(server)
    await met(windows)
    taken = await take(windows, "a", 5)
    assert sorted(taken.counts.values()) == [5, 20]
    assert len(valkey.inside.hkeys(name)) == 2


async def test_a_process_counts_for_itself_while_the_server_is_away_and_goes_on_from_what_it_gave(
    pair: tuple[SharedWindows, SharedWindows], valkey: Valkey
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
    windows = opened(server)
    valkey.stop()
    await take(windows, "a", 1)
    assert isinstance(windows.take("a", 1), Taken)


async def test_a_server_that_is_full_counts_nothing_and_says_so_once(
    valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    tally = CacheTally()
    server = Server(connect(valkey.url), tally)
    windows = opened(server)
    await met(windows)
    valkey.inside.config_set("maxmemory", 1)
    given = [(await take(windows, "a", 40)).is_given for _ in range(3)]
    assert (given, server.is_away) == ([True, True, False], False)
    assert caplog.messages == ["the shared cache counts nothing: OutOfMemoryError"]
    await landed()
    assert tally.errors[()] == 2
    valkey.inside.config_set("maxmemory", 0)
    assert (await take(windows, "b", 1)).beside
    await server.aclose()


async def test_something_else_under_a_callers_name_counts_for_nothing(server: Server, valkey: Valkey) -> None:
    valkey.inside.set("customer-kpi:2:u:a:kpis", "hunter2")
    windows = opened(server)
    assert [(await take(windows, "a", 60)).is_given for _ in range(2)] == [True, False]
