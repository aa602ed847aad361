"""One connection, without a socket: what its transport is told, and when nobody may use it any more."""

import asyncio
import gzip

import pytest

from gateway.errors import UpstreamContract, UpstreamUnavailable
from gateway.upstream.connection import Connection
from gateway.upstream.exchange import Answer
from gateway.upstream.ways import way_to
from tests.upstream.sockets import EMPTY, OK

WAY = way_to("http://upstream.test")


class Transport(asyncio.Transport):
    """Remembers what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.unsent = 0
        self.closed = ""

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return bool(self.closed)

    def close(self) -> None:
        self.closed = self.closed or "at its time"

    def abort(self) -> None:
        self.closed = self.closed or "at once"


def made() -> tuple[Connection, Transport]:
    connection, transport = Connection(WAY), Transport()
    connection.connection_made(transport)
    return connection, transport


async def asked() -> tuple[Connection, Transport, asyncio.Task[Answer]]:
    connection, transport = made()
    asking = asyncio.create_task(connection.ask(b"question"))
    await asyncio.sleep(0)
    return connection, transport, asking


async def test_a_request_is_written_at_once_and_its_answer_leaves_the_connection_free() -> None:
    connection, transport, asking = await asked()
    assert not connection.is_free
    for at in range(len(EMPTY)):
        connection.data_received(EMPTY[at : at + 1])
    assert (await asking).status == 200
    assert (transport.written, connection.is_free, transport.closed) == ([b"question"], True, "")


async def test_a_connection_that_was_never_made_is_not_free() -> None:
    connection = Connection(WAY)
    connection.close()
    connection.abort()
    assert not connection.is_free
    with pytest.raises(UpstreamUnavailable):
        await connection.ask(b"question")


async def test_a_connection_that_is_closing_is_not_written_to() -> None:
    connection, transport = made()
    connection.close()
    with pytest.raises(UpstreamUnavailable):
        await connection.ask(b"question")
    assert (transport.written, transport.closed) == ([], "at its time")


async def test_what_comes_while_nobody_waits_closes_the_connection() -> None:
    connection, transport = made()
    connection.data_received(EMPTY)
    assert (connection.is_free, transport.closed) == (False, "at once")


async def test_what_comes_before_an_answer_is_taken_closes_the_connection() -> None:
    connection, transport, asking = await asked()
    connection.data_received(EMPTY)
    connection.data_received(b"more")
    connection.eof_received()
    assert (await asking).status == 200
    assert (connection.is_free, transport.closed) == (False, "at once")


async def test_an_answer_beyond_its_bounds_closes_the_connection() -> None:
    connection, transport, asking = await asked()
    connection.data_received(OK + b"Content-Encoding: br\r\n\r\n")
    connection.connection_lost(None)
    with pytest.raises(UpstreamContract):
        await asking
    assert (connection.is_free, transport.closed) == (False, "at once")


async def test_who_is_cancelled_as_the_answer_comes_closes_the_connection() -> None:
    connection, transport, asking = await asked()
    connection.data_received(EMPTY)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (connection.is_free, transport.closed) == (False, "at once")


async def test_who_is_cancelled_closes_the_connection() -> None:
    connection, transport, asking = await asked()
    asking.cancel()
    connection.data_received(EMPTY)
    with pytest.raises(asyncio.CancelledError):
        await asking
    connection.connection_lost(None)
    assert (connection.is_free, transport.closed) == (False, "at once")


@pytest.mark.parametrize(
    ("error", "said"),
    [(None, "the connection was closed"), (ConnectionResetError("hunter2"), "ConnectionResetError")],
)
async def test_a_lost_connection_is_an_unavailable_upstream(error: Exception | None, said: str) -> None:
    connection, _, asking = await asked()
    connection.data_received(OK)
    connection.eof_received()
    connection.connection_lost(error)
    with pytest.raises(UpstreamUnavailable) as failure:
        await asking
    assert (str(failure.value), failure.value.__cause__, connection.lost.done()) == (said, None, True)


async def test_an_answer_that_the_end_completes_is_not_completed_by_a_closing_of_ours() -> None:
    connection, _, asking = await asked()
    connection.data_received(OK + b"\r\n[")
    connection.abort()
    connection.connection_lost(None)
    with pytest.raises(UpstreamUnavailable):
        await asking


async def test_an_answer_is_completed_by_the_connections_end() -> None:
    connection, _, asking = await asked()
    connection.data_received(OK + b"\r\n[]")
    connection.eof_received()
    connection.connection_lost(None)
    assert (await asking).body == b"[]"
    assert not connection.is_free


async def test_the_end_of_a_connection_that_nobody_waits_for_is_only_its_end() -> None:
    connection, _ = made()
    connection.eof_received()
    connection.connection_lost(None)
    assert (connection.is_free, connection.lost.done()) == (False, True)


async def test_an_answer_that_comes_before_its_request_has_left_closes_the_connection() -> None:
    connection, transport, asking = await asked()
    transport.unsent = 1
    connection.data_received(EMPTY)
    assert (await asking).status == 200
    assert (connection.is_free, transport.closed) == (False, "at once")


async def test_a_gzip_that_the_end_cuts_off_is_a_breach() -> None:
    connection, _, asking = await asked()
    connection.data_received(OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"[]")[:-8])
    connection.eof_received()
    with pytest.raises(UpstreamContract, match="cut off"):
        await asking


async def test_an_end_that_nobody_waits_for_is_none() -> None:
    connection, transport = made()
    connection.eof_received()
    assert transport.written == []
