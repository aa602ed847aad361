"""A server that is away, stands still, or is none: nobody waits for long, nothing fails, and it is found again."""

import asyncio
import time
from collections.abc import Callable

import pytest

from gateway.cache.reading import PATIENCE
from gateway.cache.server import PING, Server, connect
from tests.cache.test_server import read, written
from tests.cache.valkey import Valkey
from tests.cache.waiting import idle, timed, until

pytestmark = pytest.mark.real_time

SOON = 0.5  # ten times the patience: for slow machines
DOWN, UP = "the shared cache fails, and is left alone: ConnectionError", "the shared cache answers again"
SLOW = "the shared cache fails, and is left alone: TimeoutError"


async def test_a_server_that_is_killed_is_left_alone_until_it_answers(
    server: Server, valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    await written(server, "a")
    valkey.stop()
    for _ in range(50):
        found, seconds = await timed(server.read(["a"]))
        assert (found, seconds < SOON) == (None, True)
        server.write({"b": (b"1", 60)})
    assert caplog.messages == [DOWN]
    valkey.start()
    await idle()
    assert caplog.messages == [DOWN, UP]
    await written(server, "c")
    assert await read(server, "a", "b", "c") == [None, None, b"c"]


async def test_an_outage_is_told_once_however_many_meet_it(
    server: Server, valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    valkey.stop()
    server.write({"a": (b"1", 60)})
    found = await asyncio.gather(*(server.read(["a"]) for _ in range(20)))
    assert (found, caplog.messages) == ([None] * 20, [DOWN])
    valkey.start()
    await idle()
    assert caplog.messages == [DOWN, UP]


async def test_nobody_waits_for_a_server_that_is_known_to_be_away(server: Server, valkey: Valkey) -> None:
    valkey.stop()
    await server.read(["a"])
    reading = asyncio.create_task(server.read(["a"]))
    await asyncio.sleep(0)
    assert reading.done()
    assert reading.result() is None


async def test_a_server_that_is_away_from_the_start_is_found_when_it_comes(
    server: Server, valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    valkey.stop()
    server.write({"a": (b"1", 60)})
    await until(lambda: bool(caplog.messages))
    await asyncio.sleep(2.5 * PING)
    assert await server.read(["a"]) is None
    assert caplog.messages == [DOWN]
    valkey.start()
    await idle()
    await written(server, "b")
    assert await read(server, "a", "b") == [None, b"b"]
    assert caplog.messages == [DOWN, UP]


async def test_a_server_that_was_restarted_is_used_again_by_the_same_client(server: Server, valkey: Valkey) -> None:
    for name in ("a", "b", "c"):
        await written(server, name)
        assert await read(server, "a", "b", "c") == [name.encode() if name == each else None for each in "abc"]
        valkey.stop()
        valkey.start()
        await server.read(["a"])  # may fail, and then the server is left alone for a moment
        await idle()


async def test_a_server_that_stands_still_is_waited_for_a_moment_and_then_left_alone(
    server: Server, valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    await written(server, "a")
    valkey.pause()
    found, seconds = await timed(server.read(["a"]))
    assert (found, seconds < SOON) == (None, True)
    _, seconds = await timed(until(lambda: caplog.messages == [SLOW]))
    assert seconds < 3
    valkey.resume()
    await idle()
    assert await read(server, "a") == [b"a"]
    assert caplog.messages == [SLOW, UP]


async def test_an_answer_is_waited_for_though_the_process_was_busy_for_longer_than_its_patience(server: Server) -> None:
    await written(server, "a")
    reading = asyncio.create_task(server.read(["a"]))
    await asyncio.sleep(0)
    time.sleep(2 * PATIENCE)  # noqa: ASYNC251  # what holds up the loop is the matter
    assert await reading == [b"a"]


async def test_no_connection_of_before_an_outage_is_used_after_it(
    server: Server, valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    async def several_at_once() -> None:
        valkey.pause()
        reading = []
        for number in range(4):
            reading.append(asyncio.create_task(server.read([str(number)])))
            await asyncio.sleep(0.001)
        valkey.resume()
        await asyncio.gather(*reading)
        await idle()

    await several_at_once()
    valkey.stop()
    await server.read(["a"])
    valkey.start()
    await idle()
    await several_at_once()
    assert caplog.messages == [DOWN, UP]


async def test_what_waits_to_be_written_when_a_server_is_left_alone_never_is(
    server: Server, valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    await written(server, "a")
    valkey.pause()
    server.write({str(number): (b"1", 60) for number in range(5000)})
    await until(lambda: caplog.messages == [SLOW])
    valkey.resume()
    await idle()
    assert valkey.inside.dbsize() <= 1001  # what had left already


async def test_a_server_that_stood_still_for_a_moment_is_asked_on(
    server: Server, valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    """What comes too late for one reader is never taken for what another asked for."""
    await written(server, "a", "b")
    valkey.pause()
    assert await server.read(["a"]) is None
    valkey.resume()
    assert await read(server, "b") == [b"b"]
    await idle()
    assert caplog.messages == []


async def test_only_so_many_wait_for_a_server_that_stands_still(
    server: Server, valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    await written(server, "a")
    before = len(valkey.inside.client_list())
    valkey.pause()
    assert await asyncio.gather(*(server.read(["a"]) for _ in range(200))) == [None] * 200
    valkey.resume()
    await idle()
    assert len(valkey.inside.client_list()) - before < 100
    assert await read(server, "a") == [b"a"]
    assert set(caplog.messages) <= {SLOW, UP}


async def test_closing_gives_up_what_is_read(valkey: Valkey) -> None:
    server = Server(connect(valkey.url))
    await written(server, "a")
    assert await read(server, "a") == [b"a"]
    valkey.pause()
    reading = [asyncio.create_task(server.read(["a"])) for _ in range(3)]
    await asyncio.sleep(0.001)
    _, seconds = await timed(server.aclose())
    assert (await asyncio.gather(*reading), seconds < SOON) == ([None] * 3, True)
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("away", [Valkey.stop, Valkey.pause])
async def test_closing_takes_a_moment_where_the_server_is_away(valkey: Valkey, away: Callable[[Valkey], None]) -> None:
    server = Server(connect(valkey.url))
    await written(server, "a")
    away(valkey)
    await server.read(["a"])
    server.write({"b": (b"1", 60)})
    _, seconds = await timed(server.aclose())
    assert seconds < 3
    assert asyncio.all_tasks() == {asyncio.current_task()}
