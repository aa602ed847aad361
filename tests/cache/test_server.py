"""A real server: what is written is read, within bounds, and never what somebody else asked for."""

import asyncio
import random
from collections.abc import Sequence

import pytest

from gateway.cache.server import Server, connect
from tests.cache.valkey import Valkey
from tests.cache.waiting import idle, patiently, until

pytestmark = pytest.mark.real_time

SLOW, UP = "the shared cache fails, and is left alone: TimeoutError", "the shared cache answers again"
FULL = "the shared cache takes no writes: OutOfMemoryError"
PASSWORD = "tell-no-one-hunter7"


async def read(server: Server, *names: str) -> Sequence[bytes | None] | None:
    return await patiently(lambda: server.read(names))


async def written(server: Server, *names: str) -> None:
    """Write each name's own as its value."""
    server.write({name: (name.encode(), 60) for name in names})
    await idle()


async def test_what_is_written_is_read_in_the_order_asked_for(server: Server) -> None:
    await written(server, "a", "b", "c")
    assert await read(server, "b", "nobody", "a", "b") == [b"b", None, b"a", b"b"]


async def test_the_last_of_several_writes_counts(server: Server) -> None:
    for value in (b"1", b"2"):
        server.write({"a": (value, 60), "b": (value, 60)})
    server.write({"b": None, "nobody": None})
    await idle()
    assert await read(server, "a", "b") == [b"2", None]


async def test_what_was_written_is_overwritten_and_deleted(server: Server) -> None:
    await written(server, "a", "b")
    server.write({"a": (b"2", 60), "b": None})
    await idle()
    assert await read(server, "a", "b") == [b"2", None]


async def test_everything_ends(server: Server, valkey: Valkey, caplog: pytest.LogCaptureFixture) -> None:
    server.write({"a": (b"1", 2.5), "b": (b"1", 86_400), "gone": (b"1", 0), "never": (b"1", -5)})
    await idle()
    left = {name: valkey.inside.pttl(name) for name in ("a", "b")}
    assert 1_000 < left["a"] <= 2_500
    assert 86_390_000 < left["b"] <= 86_400_000
    await until(lambda: valkey.inside.dbsize() == 2)
    assert caplog.messages == []


async def test_thousands_of_writes_arrive(server: Server, valkey: Valkey) -> None:
    await written(server, *map(str, range(2500)))
    assert valkey.inside.dbsize() == 2500


async def test_what_waits_to_be_written_is_bounded(server: Server, valkey: Valkey) -> None:
    server.write({str(number): (b"1", 60) for number in range(9_999)})
    server.write({"last": (b"1", 60), "too many": (b"1", 60)})
    server.write({"too many too": (b"1", 60)})
    await idle()
    assert valkey.inside.dbsize() == 10_000
    assert await read(server, "last", "too many", "too many too") == [b"1", None, None]


async def test_one_task_writes_for_all(server: Server, valkey: Valkey) -> None:
    before = len(asyncio.all_tasks())
    for number in range(200):
        server.write({str(number): (b"1", 60)})
    assert len(asyncio.all_tasks()) == before + 1
    await idle()
    assert valkey.inside.dbsize() == 200


async def test_writes_go_on_where_they_were_too_many(server: Server) -> None:
    server.write({str(number): (b"1", 60) for number in range(20_000)})
    await idle()
    await written(server, "a")
    assert await read(server, "a", "9999", "10000") == [b"a", b"1", None]


async def test_nothing_is_connected_before_it_is_used(valkey: Valkey) -> None:
    before = len(valkey.inside.client_list())
    server = Server(connect(valkey.url))
    await server.aclose()
    assert len(valkey.inside.client_list()) == before


async def test_two_hundred_at_once_are_no_failure(
    server: Server, valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    before = len(valkey.inside.client_list())
    await written(server, *map(str, range(200)))
    for _ in range(3):
        reads = [server.read([str(number)]) for number in range(200)]
        for number, found in enumerate(await asyncio.gather(*reads)):
            assert found in ([str(number).encode()], None)
    await idle()
    assert len(valkey.inside.client_list()) - before < 100
    assert set(caplog.messages) <= {SLOW, UP}  # whatever the machine is: too many they are not


async def test_who_leaves_takes_nothing_with_them(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(7)  # noqa: S311  # no secret
    await written(server, *map(str, range(20)))
    for _ in range(50):
        reads = [asyncio.create_task(server.read([str(number)])) for number in range(20)]
        await asyncio.sleep(chance.uniform(0, 0.002))
        for each in chance.sample(reads, 10):
            each.cancel()
        for number, found in enumerate(await asyncio.gather(*reads, return_exceptions=True)):
            assert isinstance(found, asyncio.CancelledError) or found in ([str(number).encode()], None)
    await idle()
    assert await read(server, *map(str, range(20))) == [str(number).encode() for number in range(20)]
    assert caplog.messages == []


async def test_a_full_server_is_still_read_and_written_to_when_there_is_room(
    server: Server, valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    amiss = []
    await written(server, "a")
    for room, name in ((1, "b"), (0, "c"), (1, "d")):
        valkey.inside.config_set("maxmemory", room)
        await written(server, name)
        await written(server, f"{name} again")
        amiss.append(server.amiss())
    assert amiss == ["the shared cache takes no writes", None, "the shared cache takes no writes"]
    assert await read(server, "a", "b", "c", "c again", "d") == [b"a", None, b"c", b"c again", None]
    assert caplog.messages == [FULL, FULL]


async def test_a_full_server_forgets_what_it_is_told_to(server: Server, valkey: Valkey) -> None:
    await written(server, "a")
    valkey.inside.config_set("maxmemory", 1)
    server.write({"a": None, "b": (b"1", 60)})
    await idle()
    assert await read(server, "a", "b") == [None, None]


async def test_a_server_with_a_password_is_used_with_it(valkey: Valkey) -> None:
    valkey.inside.config_set("requirepass", PASSWORD)
    server = Server(connect(valkey.url.replace("//", f"//:{PASSWORD}@")))
    await written(server, "a")
    assert await read(server, "a") == [b"a"]
    await server.aclose()


async def test_closing_writes_what_waits_and_leaves_nothing_behind(valkey: Valkey) -> None:
    before = len(valkey.inside.client_list())
    server = Server(connect(valkey.url))
    await server.read(["a"])
    server.write({str(number): (b"1", 60) for number in range(2500)})
    await server.aclose()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert valkey.inside.dbsize() == 2500
    await until(lambda: len(valkey.inside.client_list()) == before)


async def test_nothing_is_read_or_written_after_closing(valkey: Valkey) -> None:
    before = len(valkey.inside.client_list())
    server = Server(connect(valkey.url))
    await written(server, "a")
    await server.aclose()
    server.write({"b": (b"1", 60)}, is_owed=True)
    assert await server.read(["a"]) is None
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert (valkey.inside.keys(), len(valkey.inside.client_list())) == ([b"a"], before)


@pytest.mark.parametrize(
    "url",
    [
        "http://hunter4@127.0.0.1/",
        "hunter4",
        "",
        "redis://hunter4:port/0",
        "redis://127.0.0.1:hunter4/0",
        "redis://127.0.0.1/0?hunter4=1",
        "redis://127.0.0.1/0?socket_timeout=hunter4",
        "redis://127.0.0.1/0?protocol=hunter4",
        "redis://[hunter4",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_and_not_told(url: str) -> None:
    with pytest.raises(ValueError, match=r"the address cannot be used \(\w+\)") as refusal:
        connect(url)
    assert "hunter" not in str(refusal.value)
    assert refusal.value.__suppress_context__


def test_an_address_that_asks_for_text_is_refused() -> None:
    with pytest.raises(ValueError, match="values are bytes"):
        connect("redis://127.0.0.1/0?decode_responses=true")


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1", "redis://user:password@host:1/2", "rediss://host/0", "unix:///run/valkey.sock?db=1"]
)
def test_an_address_that_can_be_used_is_taken_without_asking_it(url: str) -> None:
    connect(url)
