"""Servers that are none, or none of ours: each is left alone, and nobody waits for long."""

import asyncio

import pytest

from gateway.cache.server import Server, connect
from tests.cache.test_server import PASSWORD
from tests.cache.valkey import Valkey
from tests.cache.waiting import patiently, timed, until
from tests.upstream.sockets import Serve, listening

pytestmark = pytest.mark.real_time

SOON = 0.5  # ten times the patience: for slow machines


@pytest.mark.parametrize("user", ["", ":another@", f"somebody:{PASSWORD}@"])
async def test_a_server_that_wants_another_password_is_left_alone(
    valkey: Valkey, user: str, caplog: pytest.LogCaptureFixture
) -> None:
    valkey.inside.config_set("requirepass", PASSWORD)
    server = Server(connect(valkey.url.replace("//", f"//{user}")))
    for _ in range(3):
        assert await patiently(lambda: server.read(["a"])) is None
        server.write({"a": (b"1", 60)})
    await server.aclose()
    assert len(caplog.messages) == 1
    assert "hunter" not in caplog.text


def saying(words: bytes) -> Serve:
    """Answer whatever comes with the same words."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            writer.write(words)

    return serve


NOT_A_CACHE = {
    "another protocol": saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "errors": saying(b"-ERR hunter3\r\n" * 9),
    "half an answer": saying(b"$100\r\nhunter3"),
    "nonsense": saying(b"\0" * 100),
    "an answer in too many lists": saying(b"*1\r\n" * 100_000),
    "nothing": saying(b""),
    "a word": saying(b"+OK\r\n"),
    "a number": saying(b":1\r\n"),
    "too few values": saying(b"*0\r\n"),
    "too many values": saying(b"*2\r\n$1\r\na\r\n$1\r\na\r\n"),
    "a map": saying(b"%1\r\n$1\r\na\r\n$1\r\nb\r\n"),
    "another kind of value": saying(b"*1\r\n:5\r\n"),
}


@pytest.mark.parametrize("serve", NOT_A_CACHE.values(), ids=NOT_A_CACHE)
async def test_what_is_no_such_server_is_left_alone(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    async with listening(serve) as base:
        server = Server(connect(base.replace("http", "redis")))
        for _ in range(3):
            found, seconds = await timed(server.read(["a"]))
            assert (found, seconds < SOON) == (None, True)
        await until(lambda: len(caplog.messages) == 1)
        await server.aclose()
    assert "hunter" not in caplog.text
