"""What is owed to a server that cannot take it: it is written when it can be, as it was last wanted."""

import asyncio

import pytest

from gateway.cache.server import Server
from tests.cache.test_server import FULL, read, written
from tests.cache.valkey import Valkey
from tests.cache.waiting import idle, until

pytestmark = pytest.mark.real_time


async def test_what_is_owed_to_a_server_that_is_away_is_written_when_it_is_back(server: Server, valkey: Valkey) -> None:
    valkey.stop()
    server.write({"a": (b"1", 60)}, is_owed=True)
    await server.read(["a"])
    server.write({"b": (b"1", 60)}, is_owed=True)
    server.write({"c": (b"1", 60)})
    valkey.start()
    await idle()
    assert await read(server, "a", "b", "c") == [b"1", b"1", None]


async def test_what_is_owed_to_a_full_server_is_written_when_there_is_room(
    server: Server, valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    await written(server, "a")
    valkey.inside.config_set("maxmemory", 1)
    server.write({"b": (b"1", 60)})
    server.write({"c": (b"1", 60)}, is_owed=True)
    await until(lambda: bool(caplog.messages))
    assert server.takes_nothing
    assert await read(server, "a", "b", "c") == [b"a", None, None]
    valkey.inside.config_set("maxmemory", 0)
    await idle()
    assert await read(server, "a", "b", "c") == [b"a", None, b"1"]
    assert (len(caplog.messages), server.takes_nothing) == (1, False)


async def test_what_is_owed_is_written_as_it_was_last_wanted(
    server: Server, valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    await written(server, "connected")
    valkey.inside.config_set("maxmemory", 1)
    valkey.pause()
    server.write({"a": (b"1", 60)}, is_owed=True)
    await asyncio.sleep(0.01)
    server.write({"a": (b"2", 60)}, is_owed=True)  # while the other is under way
    valkey.resume()
    await until(lambda: caplog.messages == [FULL])
    valkey.inside.config_set("maxmemory", 0)
    await idle()
    assert await read(server, "a") == [b"2"]


async def test_what_waits_is_overwritten_though_no_more_may_wait(server: Server) -> None:
    server.write({str(number): (b"1", 60) for number in range(10_000)})
    server.write({"5": None, "6": (b"2", 60)})
    await idle()
    assert await read(server, "5", "6") == [None, b"2"]


async def test_connections_that_the_server_closed_while_idle_are_no_outage(
    server: Server, valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    await written(server, "a")
    assert await read(server, "a") == [b"a"]
    valkey.inside.client_kill_filter(_type="normal", skipme=True)  # as its `timeout` does, or a load balancer
    await asyncio.sleep(0.1)
    assert await read(server, "a") == [b"a"]
    assert caplog.messages == []
